//! Every trait that a public type has.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::iter::FusedIterator;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::channel::{
    IntoIter, Iter, ReadyTimeoutError, Receiver, RecvError, RecvTimeoutError, Select,
    SelectTimeoutError, SelectedOperation, SendError, SendTimeoutError, Sender, TryIter,
    TryReadyError, TryRecvError, TrySelectError, TrySendError, bounded, unbounded,
};

fn is_end<E: Clone + Debug + Send + Sync + UnwindSafe + RefUnwindSafe>() {}
fn is_value<V: Copy + Eq + Debug>() {}
fn is_error<E: Copy + Eq + Error + Display + Send + Sync>() {}
fn is_iterator<I: Iterator<Item = u8> + Debug + Send + Sync>() {}
fn is_fused<I: FusedIterator>() {}

#[test]
fn types_have_the_traits_that_programs_ask_for() {
    is_end::<Sender<String>>();
    is_end::<Receiver<String>>();
    is_error::<SendError<u8>>();
    is_error::<TrySendError<u8>>();
    is_error::<SendTimeoutError<u8>>();
    is_error::<RecvError>();
    is_error::<TryRecvError>();
    is_error::<RecvTimeoutError>();
    is_error::<TrySelectError>();
    is_error::<SelectTimeoutError>();
    is_value::<TryReadyError>();
    is_value::<ReadyTimeoutError>();
    is_iterator::<Iter<'static, u8>>();
    is_iterator::<TryIter<'static, u8>>();
    is_iterator::<IntoIter<u8>>();
    is_fused::<Iter<'static, u8>>();
    is_fused::<IntoIter<u8>>();
    fn is_select<S: Clone + Default + Debug + Send + Sync>() {}
    is_select::<Select<'static>>();
    fn is_debug<D: Debug>() {}
    is_debug::<SelectedOperation<'static>>();
    // A message that is nothing may still be sent on its own thread.
    let (sender, receiver) = unbounded::<std::rc::Rc<u8>>();
    sender
        .send(std::rc::Rc::new(1))
        .expect("the receiver lives");
    assert_eq!(*receiver.recv().expect("it was sent"), 1);
}

#[test]
fn types_print_as_they_do() {
    let (sender, receiver) = bounded::<u8>(1);
    assert_eq!(format!("{sender:?}"), "Sender { .. }");
    assert_eq!(format!("{receiver:?}"), "Receiver { .. }");
    assert_eq!(format!("{:?}", receiver.iter()), "Iter { .. }");
    assert_eq!(format!("{:?}", receiver.try_iter()), "TryIter { .. }");
    assert_eq!(
        format!("{:?}", receiver.clone().into_iter()),
        "IntoIter { .. }"
    );
    let mut select = Select::new();
    select.send(&sender);
    assert_eq!(format!("{select:?}"), "Select { .. }");
    let operation = select.select();
    assert_eq!(format!("{operation:?}"), "SelectedOperation { .. }");
    assert_eq!(operation.send(&sender, 1), Ok(()));
}
