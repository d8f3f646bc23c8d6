//! What a function written in Rust is called with.

use crate::error::PyResult;
use crate::object::str::name_text;
use crate::thread::Thread;
use crate::value::Value;

/// The arguments of a call, borrowed: positional ones, then those with names.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    values: &'a [Value],
    names: &'a [Value],
}

impl<'a> Args<'a> {
    /// Positional arguments.
    pub const fn new(values: &'a [Value]) -> Self {
        Self { values, names: &[] }
    }

    /// Arguments, the last of them named by `names`.
    ///
    /// # Panics
    /// If there are more names than values.
    pub fn with_names(values: &'a [Value], names: &'a [Value]) -> Self {
        assert!(names.len() <= values.len(), "every name has a value");
        Self { values, names }
    }

    /// The positional arguments.
    #[inline]
    pub fn positional(&self) -> &'a [Value] {
        &self.values[..self.values.len() - self.names.len()]
    }

    /// All values: positional ones, then those with names.
    pub fn values(&self) -> &'a [Value] {
        self.values
    }

    /// The names of the last values.
    pub fn names(&self) -> &'a [Value] {
        self.names
    }

    /// The arguments with names, each with its name.
    pub fn keywords(&self) -> impl Iterator<Item = (Value, Value)> + use<'a> {
        let first = self.values.len() - self.names.len();
        self.names
            .iter()
            .copied()
            .zip(self.values[first..].iter().copied())
    }

    /// Calls `f` with `first` and these arguments behind it.
    #[inline(always)]
    pub(crate) fn behind<R>(&self, first: Value, f: impl FnOnce(&Args<'_>) -> R) -> R {
        /// As many need no memory of their own.
        const FEW: usize = 6;
        let (mut few, mut many) = ([first; FEW], Vec::new());
        let all = if self.values.len() < FEW {
            let all = &mut few[..=self.values.len()];
            all[1..].copy_from_slice(self.values);
            all
        } else {
            many.push(first);
            many.extend_from_slice(self.values);
            &mut many[..]
        };
        f(&Args::with_names(all, self.names))
    }

    /// The arguments without the first, which is the receiver of a method.
    ///
    /// # Panics
    /// If there is no positional argument.
    pub fn split_receiver(&self) -> (Value, Args<'a>) {
        assert!(
            !self.positional().is_empty(),
            "a method is called with its receiver"
        );
        (
            self.values[0],
            Args {
                values: &self.values[1..],
                names: self.names,
            },
        )
    }

    /// Checks that no argument has a name.
    ///
    /// # Errors
    /// `TypeError` if one has.
    #[inline]
    pub fn no_keywords(&self, thread: &mut Thread, function: &str) -> PyResult<()> {
        if self.names.is_empty() {
            Ok(())
        } else {
            Err(thread.type_error(format!("{function}() takes no keyword arguments")))
        }
    }

    /// The arguments, if they are `N` positional ones.
    ///
    /// # Errors
    /// `TypeError` otherwise.
    #[inline]
    pub fn exactly<const N: usize>(
        &self,
        thread: &mut Thread,
        function: &str,
    ) -> PyResult<[Value; N]> {
        self.no_keywords(thread, function)?;
        if let Ok(values) = <[Value; N]>::try_from(self.values) {
            return Ok(values);
        }
        let got = self.values.len();
        Err(thread.type_error(match N {
            0 => format!("{function}() takes no arguments ({got} given)"),
            1 => format!("{function}() takes exactly one argument ({got} given)"),
            _ => format!("{function} expected {N} arguments, got {got}"),
        }))
    }

    /// The positional arguments, if there are `min` to `max` of them and none has a name.
    ///
    /// # Errors
    /// `TypeError` otherwise.
    pub fn between(
        &self,
        thread: &mut Thread,
        function: &str,
        min: usize,
        max: usize,
    ) -> PyResult<&'a [Value]> {
        self.no_keywords(thread, function)?;
        let got = self.values.len();
        if got < min {
            let (limit, plural) = (
                if min == max { "" } else { "at least " },
                if min == 1 { "" } else { "s" },
            );
            return Err(thread.type_error(format!(
                "{function} expected {limit}{min} argument{plural}, got {got}"
            )));
        }
        if got > max {
            let (limit, plural) = (
                if min == max { "" } else { "at most " },
                if max == 1 { "" } else { "s" },
            );
            return Err(thread.type_error(format!(
                "{function} expected {limit}{max} argument{plural}, got {got}"
            )));
        }
        Ok(self.values)
    }

    /// The arguments by parameter: `parameters` may be given by position or by name, the first
    /// `required` of them must be.
    ///
    /// # Errors
    /// `TypeError` for an argument too many, too few, twice, or of unknown name.
    pub fn bind<const N: usize>(
        &self,
        thread: &mut Thread,
        function: &str,
        parameters: [&str; N],
        required: usize,
    ) -> PyResult<[Option<Value>; N]> {
        let positional = self.positional();
        if positional.len() > N {
            let got = positional.len();
            return Err(thread.type_error(format!(
                "{function}() takes at most {N} arguments ({got} given)"
            )));
        }
        let mut bound = [None; N];
        for (slot, value) in bound.iter_mut().zip(positional) {
            *slot = Some(*value);
        }
        for (name, value) in self.keywords() {
            let text = name_text(&name);
            let Some(index) = parameters.iter().position(|parameter| *parameter == text) else {
                return Err(thread.type_error(format!(
                    "{function}() got an unexpected keyword argument '{text}'"
                )));
            };
            if bound[index].replace(value).is_some() {
                return Err(thread.type_error(format!(
                    "argument for {function}() given by name ('{text}') and position ({})",
                    index + 1
                )));
            }
        }
        match bound[..required].iter().position(Option::is_none) {
            None => Ok(bound),
            Some(index) => Err(thread.type_error(format!(
                "{function}() missing required argument '{}' (pos {})",
                parameters[index],
                index + 1
            ))),
        }
    }
}
