//! An operation that was selected and has to be completed.

use core::fmt;

use crate::chan::Grant;
use crate::error::{RecvError, SendError};
use crate::{Receiver, Sender};

/// What an operation was decided with: a [`Sending`] or a [`Receiving`].
pub(super) trait Outcome {
    /// Gives it back to the channel.
    fn discard(self: Box<Self>);
}

/// A send that was granted.
pub(super) struct Sending<'a, T> {
    pub(super) sender: &'a Sender<T>,
    pub(super) grant: Grant<T>,
}

/// A receive that was done.
pub(super) struct Receiving<'a, T> {
    pub(super) receiver: &'a Receiver<T>,
    /// Where in the line the receiver stood.
    pub(super) order: u64,
    pub(super) result: Result<T, RecvError>,
}

impl<T> Outcome for Sending<'_, T> {
    fn discard(self: Box<Self>) {
        self.sender.renounce(self.grant);
    }
}

impl<T> Outcome for Receiving<'_, T> {
    fn discard(self: Box<Self>) {
        // The message may be one that must not be dropped here: a select may have been sent to
        // another thread than its messages may.
        if let Ok(message) = self.result {
            self.receiver.give_back(self.order, message);
        }
    }
}

/// An operation that was selected: complete it with [`send`](Self::send) or
/// [`recv`](Self::recv), which will not wait.
///
/// # Panics
/// If it is dropped without having been completed. The message of a receive goes back to its
/// channel first, to be received before all others, and a send gives up its place.
///
/// Unlike the [`Select`](crate::Select) that it comes from, it stays on its thread:
///
/// ```compile_fail,E0277
/// fn needs_send<T: Send>() {}
/// needs_send::<selvedge_channel::Select<'_>>();
/// needs_send::<selvedge_channel::SelectedOperation<'_>>();
/// ```
#[must_use = "a selected operation has to be completed"]
pub struct SelectedOperation<'a> {
    index: usize,
    /// The address of the end that the operation was added with.
    end: *const (),
    /// Of the end's type of message and of the end's kind of operation.
    outcome: Option<Box<dyn Outcome + 'a>>,
}

impl<'a> SelectedOperation<'a> {
    pub(super) fn new(index: usize, end: *const (), outcome: Box<dyn Outcome + 'a>) -> Self {
        Self {
            index,
            end,
            outcome: Some(outcome),
        }
    }

    /// The index that the operation was added with.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Completes a send.
    ///
    /// # Errors
    /// If the channel is closed or has no receiver left.
    ///
    /// # Panics
    /// If `sender` is not the one that the operation was added with.
    pub fn send<T>(self, sender: &Sender<T>, message: T) -> Result<(), SendError<T>> {
        let outcome = self.into_outcome(core::ptr::from_ref(sender).cast());
        // SAFETY: the end at this address, borrowed since it was added, is a `Sender<T>`: its
        // outcome is a `Sending<T>`.
        let Sending { grant, .. } = *unsafe { Box::from_raw(outcome.cast::<Sending<'_, T>>()) };
        sender.complete(grant, message)
    }

    /// Completes a receive.
    ///
    /// # Errors
    /// If the channel is empty and is closed or has no sender left.
    ///
    /// # Panics
    /// If `receiver` is not the one that the operation was added with.
    pub fn recv<T>(self, receiver: &Receiver<T>) -> Result<T, RecvError> {
        let outcome = self.into_outcome(core::ptr::from_ref(receiver).cast());
        // SAFETY: the end at this address, borrowed since it was added, is a `Receiver<T>`: its
        // outcome is a `Receiving<T>`.
        unsafe { Box::from_raw(outcome.cast::<Receiving<'_, T>>()) }.result
    }

    fn into_outcome(mut self, end: *const ()) -> *mut (dyn Outcome + 'a) {
        assert!(self.end == end, "the operation was added with another end");
        let outcome = self.outcome.take();
        Box::into_raw(outcome.expect("an operation is completed once"))
    }
}

impl Drop for SelectedOperation<'_> {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome.take() {
            outcome.discard();
            assert!(
                selvedge_sync::seam::thread::panicking(),
                "a selected operation was dropped without being completed"
            );
        }
    }
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("SelectedOperation { .. }")
    }
}
