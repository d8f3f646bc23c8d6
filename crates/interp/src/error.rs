//! Raising: a failed operation returns [`Raised`], and the exception is in the thread.

use crate::object::Type;
use crate::object::exception::{self, Exception};
use crate::object::str::Str;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// Says that an exception is set in the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised(());

/// A result that may be an exception. For a [`Ref`] it is one word, 0 for the exception.
pub type PyResult<T = Ref> = Result<T, Raised>;

const _: () = assert!(size_of::<PyResult>() == 8);

impl Thread<'_> {
    /// Sets `exception` as raised. It replaces one that is set already.
    pub fn raise(&mut self, exception: Ref) -> Raised {
        if let (Some(raised), Some(handled)) = (
            crate::object::downcast::<Exception>(&exception),
            self.handled(),
        ) {
            raised.set_context_of(&handled);
        }
        self.raised = Some(exception);
        Raised(())
    }

    /// Sets `exception` as raised, leaving its context as it is.
    pub(crate) fn raise_again(&mut self, exception: Ref) -> Raised {
        self.raised = Some(exception);
        Raised(())
    }

    /// Raises an exception of type `ty` with one argument, the text.
    #[cold]
    pub fn raise_text(&mut self, ty: &'static Type, text: impl AsRef<str>) -> Raised {
        self.raise_with(ty, &[*Str::new(text.as_ref())])
    }

    /// Raises an exception of type `ty` with these arguments.
    #[cold]
    pub fn raise_with(&mut self, ty: &'static Type, arguments: &[Value]) -> Raised {
        let exception = Exception::new(ty, arguments);
        self.raise(exception)
    }

    /// Sets attributes of the exception that is set, which its type has.
    #[cold]
    pub(crate) fn describe_raised(&mut self, members: &[(&str, Value)]) {
        let Some(raised) = self.raised.clone() else {
            return;
        };
        if let Some(exception) = crate::object::downcast::<Exception>(&raised) {
            for (name, value) in members {
                exception.set_member(self, name, value.to_ref());
            }
        }
    }

    /// Raises `TypeError`.
    #[cold]
    pub fn type_error(&mut self, text: impl AsRef<str>) -> Raised {
        self.raise_text(&exception::TYPE_ERROR, text)
    }

    /// Raises `ValueError`.
    #[cold]
    pub fn value_error(&mut self, text: impl AsRef<str>) -> Raised {
        self.raise_text(&exception::VALUE_ERROR, text)
    }

    /// Takes the exception that is set, to handle it.
    ///
    /// # Panics
    /// If none is set: a [`Raised`] says that one is.
    pub fn take_raised(&mut self) -> Ref {
        self.raised.take().expect("an exception is set")
    }

    /// Whether the exception that is set is an instance of `ty`.
    pub fn raised_is(&self, ty: &'static Type) -> bool {
        self.raised
            .as_ref()
            .is_some_and(|exception| exception.ty().is_subtype(ty))
    }

    /// Forgets the exception that is set, if it is an instance of `ty`; otherwise raises it on.
    ///
    /// # Errors
    /// The exception that was set, if it is of another type.
    pub fn swallow(&mut self, raised: Raised, ty: &'static Type) -> PyResult<()> {
        if self.raised_is(ty) {
            self.raised = None;
            Ok(())
        } else {
            Err(raised)
        }
    }
}
