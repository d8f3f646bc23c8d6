//! Making the elements of a vector on several workers, each in its place.
//!
//! The vector's memory is cut into pieces, which are shared out by forks; one worker fills a piece
//! from its beginning. If one panics, what the pieces have got so far is dropped: nothing leaks.

use core::mem::MaybeUninit;
use selvedge_sync::seam::Arc;

use super::crew::Crew;
use super::fork;
use super::worker::WorkerFactory;

/// How many pieces there are for each worker: so many that one whose elements take longer than
/// others leaves the other workers little to wait for, and a fork is paid for by a piece.
const PIECES: usize = 16;

/// What `make` returns for 0, 1 and so on up to, not including, `length`.
pub(super) fn collect<F, R>(
    crew: &Arc<Crew<F>>,
    length: usize,
    make: &(impl Fn(usize) -> R + Sync),
) -> Vec<R>
where
    F: WorkerFactory,
    R: Send,
{
    let mut elements = Vec::with_capacity(length);
    let room = &mut elements.spare_capacity_mut()[..length];
    let longest = length.div_ceil(crew.max_workers() * PIECES).max(1);
    let rooms = room.chunks_mut(longest).zip((0..).step_by(longest));
    let mut pieces: Vec<_> = rooms
        .map(|(room, first)| Piece {
            room,
            first,
            filled: 0,
        })
        .collect();
    fork::install(crew, || fill(crew, &mut pieces, make));
    let filled: usize = pieces.into_iter().map(Piece::release).sum();
    assert_eq!(filled, length, "every piece was filled to its end");
    // SAFETY: so many elements were written, which is all there are, and none was dropped.
    unsafe { elements.set_len(length) };
    elements
}

/// Fills all `pieces`, halves of them at the same time.
fn fill<F, R>(crew: &Arc<Crew<F>>, pieces: &mut [Piece<'_, R>], make: &(impl Fn(usize) -> R + Sync))
where
    F: WorkerFactory,
    R: Send,
{
    if let [piece] = pieces {
        piece.fill(make);
    } else if !pieces.is_empty() {
        let (left, right) = pieces.split_at_mut(pieces.len() / 2);
        fork::join(crew, || fill(crew, left, make), || fill(crew, right, make));
    }
}

/// A piece of a vector that is being filled.
struct Piece<'room, R> {
    room: &'room mut [MaybeUninit<R>],
    /// The index of its first element in the whole.
    first: usize,
    /// How many elements are there, from the first on.
    filled: usize,
}

impl<R> Piece<'_, R> {
    fn fill(&mut self, make: impl Fn(usize) -> R) {
        let mut count = Count {
            filled: 0,
            total: &mut self.filled,
        };
        for (slot, index) in self.room.iter_mut().zip(self.first..) {
            slot.write(make(index));
            count.filled += 1;
        }
    }

    /// Leaves the elements to the vector; returns how many there are.
    fn release(mut self) -> usize {
        core::mem::take(&mut self.filled)
    }
}

/// Counts elements where nothing else can look, so that the count may stay in a register, and
/// writes it down in the end, also when that is a panic.
struct Count<'piece> {
    filled: usize,
    total: &'piece mut usize,
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        *self.total = self.filled;
    }
}

impl<R> Drop for Piece<'_, R> {
    fn drop(&mut self) {
        for element in &mut self.room[..self.filled] {
            // SAFETY: written, and not left to the vector.
            unsafe { element.assume_init_drop() };
        }
    }
}
