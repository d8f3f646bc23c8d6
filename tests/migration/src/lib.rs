//! A library written against `crossbeam-channel`, which it re-exports as libraries do.

pub use crossbeam_channel as channel;

use crossbeam_channel::{Receiver, SendError, Sender};

/// Sends each number to a worker, which squares them; the squares come out of the receiver.
///
/// # Errors
/// If the worker is gone.
pub fn squares(numbers: &[u32]) -> Result<Receiver<u32>, SendError<u32>> {
    let (sender, tasks): (Sender<u32>, Receiver<u32>) = channel::unbounded();
    let (results, receiver) = channel::bounded(numbers.len());
    for number in numbers {
        sender.send(*number)?;
    }
    drop(sender);
    for task in tasks {
        results.send(task * task)?;
    }
    Ok(receiver)
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    #[test]
    fn library_works() {
        let squares = super::squares(&[1, 2, 3]).expect("the worker is this thread");
        assert_eq!(squares.iter().sum::<u32>(), 14);
    }
}
