//! Making exceptions of their arguments, and the attributes that some types take from them.

use super::*;

pub(super) fn construct(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let new = Exception::new(ty, args.positional());
    let this = exception(&new);
    set_by_name(thread, ty, this, args)?;
    fill_members(thread, ty, this, args.positional());
    class::initialise(thread, ty, &new, args)?;
    Ok(new)
}

/// Sets the attributes that some types take from arguments with names.
fn set_by_name(
    thread: &mut Thread,
    ty: &'static Type,
    this: &Exception,
    args: &Args<'_>,
) -> PyResult<()> {
    if args.names().is_empty() {
        return Ok(());
    }
    let by_name: &[&str] = match member_names(ty) {
        ["name", ..] => member_names(ty),
        ["msg", "name", rest @ ..] if rest.len() == 2 => &["name", "path", "name_from"],
        _ => &[],
    };
    let has_init = class::has_own_init(thread, ty);
    for (name, value) in args.keywords() {
        let name = name_text(&name);
        if by_name.contains(&&*name) {
            this.set_member(thread, &name, value.to_ref());
        } else if !has_init {
            return Err(thread.type_error(if by_name.is_empty() {
                format!("{}() takes no keyword arguments", ty.name())
            } else {
                format!(
                    "{}() got an unexpected keyword argument '{name}'",
                    ty.name()
                )
            }));
        }
    }
    Ok(())
}

/// Sets the attributes that some types take from their arguments.
fn fill_members(thread: &mut Thread, ty: &'static Type, this: &Exception, arguments: &[Value]) {
    let Some((owner, _)) = members(ty) else {
        return;
    };
    if core::ptr::eq(owner, &raw const SYSTEM_EXIT) {
        match arguments {
            [] => {}
            [code] => this.set_member(thread, "code", code.to_ref()),
            many => this.set_member(thread, "code", Tuple::from_values(many)),
        }
    } else if core::ptr::eq(owner, &raw const IMPORT_ERROR) {
        if let [message] = arguments {
            this.set_member(thread, "msg", message.to_ref());
        }
    } else if core::ptr::eq(owner, &raw const SYNTAX_ERROR) {
        if let Some(message) = arguments.first() {
            this.set_member(thread, "msg", message.to_ref());
        }
        if let Some(place) = arguments.get(1).and_then(downcast::<Tuple>) {
            let names = [
                "filename",
                "lineno",
                "offset",
                "text",
                "end_lineno",
                "end_offset",
            ];
            for (name, value) in names.iter().zip(place.items()) {
                this.set_member(thread, name, value.to_ref());
            }
        }
    } else if core::ptr::eq(owner, &raw const UNICODE_ERROR)
        && (ty.is_subtype(&UNICODE_DECODE_ERROR) || ty.is_subtype(&UNICODE_ENCODE_ERROR))
        && arguments.len() == 5
    {
        let names = ["encoding", "object", "start", "end", "reason"];
        for (name, value) in names.iter().zip(arguments) {
            this.set_member(thread, name, value.to_ref());
        }
    }
}

/// The subclass of `OSError` for an error number, as Linux numbers them.
fn os_error_type(number: i64) -> &'static Type {
    match number {
        11 | 114 | 115 => &BLOCKING_IO_ERROR,
        10 => &CHILD_PROCESS_ERROR,
        32 | 108 => &BROKEN_PIPE_ERROR,
        103 => &CONNECTION_ABORTED_ERROR,
        111 => &CONNECTION_REFUSED_ERROR,
        104 => &CONNECTION_RESET_ERROR,
        17 => &FILE_EXISTS_ERROR,
        2 => &FILE_NOT_FOUND_ERROR,
        4 => &INTERRUPTED_ERROR,
        21 => &IS_A_DIRECTORY_ERROR,
        20 => &NOT_A_DIRECTORY_ERROR,
        1 | 13 => &PERMISSION_ERROR,
        3 => &PROCESS_LOOKUP_ERROR,
        110 => &TIMEOUT_ERROR,
        _ => &OS_ERROR,
    }
}

pub(super) fn construct_os_error(
    thread: &mut Thread,
    ty: &'static Type,
    args: &Args<'_>,
) -> PyResult {
    let arguments = args.positional();
    let number = arguments.first().and_then(|number| number.as_int());
    let ty = match number {
        Some(number) if ty == &OS_ERROR && arguments.len() >= 2 => os_error_type(number),
        _ => ty,
    };
    let kept = if (2..=5).contains(&arguments.len()) {
        &arguments[..2]
    } else {
        arguments
    };
    let new = Exception::new(ty, kept);
    let this = exception(&new);
    if kept.len() == 2 {
        this.set_member(thread, "errno", kept[0].to_ref());
        this.set_member(thread, "strerror", kept[1].to_ref());
        if let Some(filename) = arguments.get(2) {
            this.set_member(thread, "filename", filename.to_ref());
        }
        if let Some(filename) = arguments.get(4) {
            this.set_member(thread, "filename2", filename.to_ref());
        }
    }
    class::initialise(thread, ty, &new, args)?;
    Ok(new)
}

pub(super) fn os_error_str(thread: &mut Thread, value: Value) -> PyResult {
    let this = exception(&value);
    let (Some(number), Some(text)) = (
        this.member(thread, "errno"),
        this.member(thread, "strerror"),
    ) else {
        return str(thread, value);
    };
    let (number, text) = (
        operations::str_text(thread, *number)?,
        operations::str_text(thread, *text)?,
    );
    let mut shown = format!("[Errno {number}] {text}");
    if let Some(filename) = this.member(thread, "filename") {
        shown.push_str(": ");
        shown.push_str(&operations::repr_text(thread, *filename)?);
        if let Some(filename) = this.member(thread, "filename2") {
            shown.push_str(" -> ");
            shown.push_str(&operations::repr_text(thread, *filename)?);
        }
    }
    Ok(Str::new(&shown))
}
