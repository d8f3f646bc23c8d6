//! Tasks declared as functions.
//!
//! A macro rather than an attribute: it needs no second crate that is run by the compiler. And the
//! worker is told its tasks in `main` rather than finding them by itself: what collects items from
//! all over a program rests on sections of the linker, and quietly loses those of a library that
//! nothing else refers to.

/// Declares [`Call`](crate::process::Call)s as functions: each becomes a function that returns a
/// call, which is a type of the same name. Arguments and result are anything that `serde` can write
/// and read, up to twelve arguments; the tasks' names are the functions' paths.
///
/// ```no_run
/// use selvedge_pool::process::ProcessExecutor;
/// use selvedge_pool::{Executor, task, tasks};
///
/// task! {
///     /// The product of two numbers.
///     pub fn product(a: u64, b: u64) -> u64 {
///         a * b
///     }
///
///     fn shout(text: String) -> String {
///         text.to_uppercase()
///     }
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     tasks![product, shout].serve_if_worker();
///     let pool = ProcessExecutor::new(2);
///     let (product, shout) = (pool.submit(product(6, 7))?, pool.submit(shout("hi".into()))?);
///     assert_eq!((product.join()?, shout.join()?), (42, "HI".to_owned()));
///     Ok(())
/// }
/// ```
#[macro_export]
macro_rules! task {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $output:ty)?
        $body:block
    )+) => {$(
        $(#[$attribute])*
        #[allow(non_camel_case_types, reason = "a call reads as that of the function it was")]
        #[must_use = "a call does nothing before it is submitted"]
        $visibility struct $name {
            arguments: ($($type,)*),
        }

        $(#[$attribute])*
        $visibility fn $name($($argument: $type),*) -> $name {
            $name {
                arguments: ($($argument,)*),
            }
        }

        impl $crate::process::reexport::Serialize for $name {
            fn serialize<S: $crate::process::reexport::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::process::reexport::Serialize::serialize(&self.arguments, serializer)
            }
        }

        impl<'de> $crate::process::reexport::Deserialize<'de> for $name {
            fn deserialize<D: $crate::process::reexport::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let arguments = $crate::process::reexport::Deserialize::deserialize(deserializer)?;
                Ok(Self { arguments })
            }
        }

        impl $crate::process::Call for $name {
            const NAME: &str = concat!(module_path!(), "::", stringify!($name));
            type Output = $crate::task!(@output $($output)?);
            fn call(self) -> Self::Output {
                let ($($argument,)*) = self.arguments;
                $body
            }
        }
    )+};
    (@output) => { () };
    (@output $output:ty) => { $output };
}

/// The [`Tasks`](crate::process::Tasks) of a worker: a list of types that are
/// [`Call`](crate::process::Call)s.
///
/// # Panics
/// If two of them have one name.
#[macro_export]
macro_rules! tasks {
    ($($call:ty),* $(,)?) => {
        $crate::process::Tasks::new()$(.with::<$call>())*
    };
}
