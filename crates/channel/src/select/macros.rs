//! `select!` and `select_biased!`.
//!
//! The arms are taken one by one into a list of cases `[kind end index (end expression) (message)
//! (pattern) (body)]`, whose names `end` and `index` are new in each step, and at most one default.
//! The operation is kept from being dropped until it is completed, so that no borrow of the ends
//! reaches into the bodies.

/// Waits for the first of several operations and runs its arm.
///
/// An arm is `recv(receiver) -> pattern => body`, with a `Result<T, RecvError>`,
/// `send(sender, message) -> pattern => body`, with a `Result<(), SendError<T>>`, `default => body`,
/// run if every operation would have to wait, or `default(timeout) => body`, run if none can be
/// done in time. If several operations could be done, one is picked at random. The message is
/// evaluated once its operation is picked.
///
/// ```
/// use selvedge_channel::{bounded, select, unbounded};
///
/// let (numbers, number) = unbounded();
/// let (words, _word) = bounded(0);
/// numbers.send(3).unwrap();
/// let text = select! {
///     recv(number) -> result => format!("received {}", result.unwrap()),
///     send(words, "hello") -> result => {
///         result.unwrap();
///         String::from("sent")
///     }
/// };
/// assert_eq!(text, "received 3");
///
/// select! {
///     recv(number) -> _ => unreachable!(),
///     default => {}
/// }
/// ```
#[macro_export]
macro_rules! select {
    ($($arms:tt)*) => {
        $crate::__select!(@arms (new) () () $($arms)*)
    };
}

/// Like [`select!`], picking the first arm whose operation can be done.
#[macro_export]
macro_rules! select_biased {
    ($($arms:tt)*) => {
        $crate::__select!(@arms (new_biased) () () $($arms)*)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    (@arms $new:tt () ()) => {
        compile_error!("a select has at least one arm")
    };
    (@arms ($new:ident) ($([$kind:ident $end:ident $index:ident ($from:expr) $message:tt ($result:pat) ($body:expr)])*) ($($default:tt)*)) => {{
        $(let $end: &$crate::__select!(@type $kind) = &$from;)*
        #[allow(unused_mut, reason = "a select of a default alone adds nothing")]
        let mut select = $crate::Select::$new();
        $(let $index = select.$kind($end);)*
        match $crate::__select!(@run select $($default)*) {
            Some(operation) => {
                $(if operation.index() == $index {
                    let $result = $crate::__select!(@complete $kind operation $end $message);
                    $body
                } else)* {
                    unreachable!("the operation is one of the arms'")
                }
            }
            None => $crate::__select!(@otherwise $($default)*),
        }
    }};

    // Arms. A block needs no comma after it.
    (@arms $new:tt $cases:tt $default:tt recv($from:expr $(,)?) -> $result:pat => $body:expr, $($rest:tt)*) => {
        $crate::__select!(@case $new $cases $default [recv ($from) () ($result) ($body)] $($rest)*)
    };
    (@arms $new:tt $cases:tt $default:tt recv($from:expr $(,)?) -> $result:pat => $body:expr) => {
        $crate::__select!(@case $new $cases $default [recv ($from) () ($result) ($body)])
    };
    (@arms $new:tt $cases:tt $default:tt recv($from:expr $(,)?) -> $result:pat => $body:block $($rest:tt)*) => {
        $crate::__select!(@case $new $cases $default [recv ($from) () ($result) ($body)] $($rest)*)
    };
    (@arms $new:tt $cases:tt $default:tt send($to:expr, $message:expr $(,)?) -> $result:pat => $body:expr, $($rest:tt)*) => {
        $crate::__select!(@case $new $cases $default [send ($to) ($message) ($result) ($body)] $($rest)*)
    };
    (@arms $new:tt $cases:tt $default:tt send($to:expr, $message:expr $(,)?) -> $result:pat => $body:expr) => {
        $crate::__select!(@case $new $cases $default [send ($to) ($message) ($result) ($body)])
    };
    (@arms $new:tt $cases:tt $default:tt send($to:expr, $message:expr $(,)?) -> $result:pat => $body:block $($rest:tt)*) => {
        $crate::__select!(@case $new $cases $default [send ($to) ($message) ($result) ($body)] $($rest)*)
    };
    (@arms $new:tt $cases:tt () default $(())? => $body:expr, $($rest:tt)*) => {
        $crate::__select!(@arms $new $cases (() ($body)) $($rest)*)
    };
    (@arms $new:tt $cases:tt () default $(())? => $body:expr) => {
        $crate::__select!(@arms $new $cases (() ($body)))
    };
    (@arms $new:tt $cases:tt () default $(())? => $body:block $($rest:tt)*) => {
        $crate::__select!(@arms $new $cases (() ($body)) $($rest)*)
    };
    (@arms $new:tt $cases:tt () default($timeout:expr $(,)?) => $body:expr, $($rest:tt)*) => {
        $crate::__select!(@arms $new $cases (($timeout) ($body)) $($rest)*)
    };
    (@arms $new:tt $cases:tt () default($timeout:expr $(,)?) => $body:expr) => {
        $crate::__select!(@arms $new $cases (($timeout) ($body)))
    };
    (@arms $new:tt $cases:tt () default($timeout:expr $(,)?) => $body:block $($rest:tt)*) => {
        $crate::__select!(@arms $new $cases (($timeout) ($body)) $($rest)*)
    };
    (@arms $new:tt $cases:tt $default:tt default $($rest:tt)*) => {
        compile_error!("a select has at most one `default` arm")
    };
    (@arms $new:tt $cases:tt $default:tt $($rest:tt)*) => {
        compile_error!(concat!(
            "expected `recv(receiver) -> pattern => body`, `send(sender, message) -> pattern => body`, ",
            "`default => body` or `default(timeout) => body`, found `",
            stringify!($($rest)*),
            "`"
        ))
    };

    (@case $new:tt ($($cases:tt)*) $default:tt [$kind:ident $end:tt $message:tt $result:tt $body:tt] $($rest:tt)*) => {
        $crate::__select!(@arms $new ($($cases)* [$kind end index $end $message $result $body]) $default $($rest)*)
    };

    (@type recv) => { $crate::Receiver<_> };
    (@type send) => { $crate::Sender<_> };

    (@run $select:ident) => { Some(::core::mem::ManuallyDrop::new($select.select())) };
    (@run $select:ident () $body:tt) => { $select.try_select().ok().map(::core::mem::ManuallyDrop::new) };
    (@run $select:ident ($timeout:expr) $body:tt) => { $select.select_timeout($timeout).ok().map(::core::mem::ManuallyDrop::new) };

    (@otherwise) => { unreachable!("a select without a default has no limit") };
    (@otherwise $timeout:tt ($body:expr)) => { $body };

    (@complete recv $operation:ident $end:ident ()) => { ::core::mem::ManuallyDrop::into_inner($operation).recv($end) };
    (@complete send $operation:ident $end:ident ($message:expr)) => { ::core::mem::ManuallyDrop::into_inner($operation).send($end, $message) };
}
