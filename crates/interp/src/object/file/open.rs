//! The builtin function `open`.

use super::*;

/// `open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, …)`
///
/// # Errors
/// `ValueError` for a mode that makes no sense, and `OSError` as the system says.
pub(crate) fn open(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let names = [
        "file",
        "mode",
        "buffering",
        "encoding",
        "errors",
        "newline",
        "closefd",
        "opener",
    ];
    let bound = args.bind(thread, "open", names, 1)?;
    let [
        path,
        mode,
        buffering,
        encoding,
        errors,
        newline,
        closes,
        opener,
    ] = bound;
    let path = path.expect("required");
    let given = |value: Option<Value>| value.filter(|value| !singletons::is_none(*value));
    let mode = match mode {
        Some(mode) => operations::text(thread, mode, "open() argument 'mode'")?,
        None => "r".into(),
    };
    let has = |c: char| mode.contains(c);
    if let Some(wrong) = mode
        .chars()
        .find(|c| !"rwxabt+".contains(*c))
        .or_else(|| mode.chars().find(|c| mode.matches(*c).count() > 1))
    {
        debug_assert!(has(wrong));
        return Err(thread.value_error(format!("invalid mode: '{mode}'")));
    }
    if has('t') && has('b') {
        return Err(thread.value_error("can't have text and binary mode at once"));
    }
    if "rwxa".chars().filter(|c| has(*c)).count() != 1 {
        return Err(thread.value_error("must have exactly one of create/read/write/append mode"));
    }
    if has('b') && given(encoding).is_some() {
        return Err(thread.value_error("binary mode doesn't take an encoding argument"));
    }
    let buffering = match buffering {
        Some(buffering) => operations::index(thread, buffering)?,
        None => -1,
    };
    let closes = match closes {
        Some(closes) => operations::truth(thread, closes)?,
        None => true,
    };
    let line_end = match given(newline) {
        Some(newline) => Some(operations::text(
            thread,
            newline,
            "open() argument 'newline'",
        )?),
        None => None,
    };
    let is_plain = buffering == -1
        && closes
        && given(opener).is_none()
        && line_end.is_none_or(|end| end == "\n" && !has('b'));
    if !is_plain || path.ty().is_subtype(&int::INT_TYPE) {
        let none = singletons::none_value();
        let or_none = |value: Option<Value>| value.unwrap_or(none);
        let (mode, buffering) = (Str::new(&mode), int::from_i64(buffering));
        let arguments = [
            path,
            *mode,
            *buffering,
            or_none(encoding),
            or_none(errors),
            or_none(newline),
            *singletons::bool(closes),
            or_none(opener),
        ];
        let streams = crate::import_module(thread, "_io")?;
        return operations::call_method(thread, *streams, "_open", &arguments);
    }
    let (readable, writable) = (has('r') || has('+'), !has('r') || has('+'));
    let mut options = std::fs::OpenOptions::new();
    options
        .read(readable)
        .write(writable && !has('a'))
        .append(has('a'));
    options
        .create(has('w') || has('a'))
        .truncate(has('w'))
        .create_new(has('x'));
    let named = if class::has_special(path.ty(), thread, "__fspath__") {
        operations::call_method(thread, path, "__fspath__", &[])?
    } else {
        path.to_ref()
    };
    let shown = match (downcast::<Str>(&named), bytes_of(&named)) {
        (Some(text), _) => text.to_utf8_lossy().into_owned(),
        (None, Some(data)) => String::from_utf8_lossy(&data).into_owned(),
        (None, None) => {
            let name = path.ty().name();
            return Err(thread.type_error(format!(
                "expected str, bytes or os.PathLike object, not {name}"
            )));
        }
    };
    let opened = thread.detach(|| {
        let file = options.open(&shown)?;
        // The system opens folders too.
        if file.metadata()?.is_dir() {
            Err(std::io::Error::from_raw_os_error(21))
        } else {
            Ok(file)
        }
    });
    let opened = opened.map_err(|error| output::raise_file(thread, &error, path))?;
    let universal = given(newline).is_none();
    let text = (!has('b')).then(|| Text {
        encoding: given(encoding).map_or_else(|| Str::new("UTF-8"), Value::to_ref),
        errors: given(errors).map_or_else(|| Str::new("strict"), Value::to_ref),
        universal,
    });
    let ty = match (&text, readable, writable) {
        (Some(_), ..) => &TEXT_FILE_TYPE,
        (None, true, true) => &RANDOM_TYPE,
        (None, true, false) => &READER_TYPE,
        (None, ..) => &WRITER_TYPE,
    };
    let state = Mutex::new(State {
        file: Some(opened),
        ahead: Vec::new(),
        next: 0,
        pending: Vec::new(),
    });
    Ok(allocate(File {
        object: Object::new(ty),
        name: path.to_ref(),
        mode,
        text,
        readable,
        writable,
        state,
    }))
}
