//! A queue of frames from one producer to one consumer, in memory that two processes may share.
//!
//! | word | changed by | meaning |
//! | --- | --- | --- |
//! | `written` | the producer | how many blocks have been written since the beginning |
//! | `read` | the consumer | how many of them are free again |
//! | `wanted` | the consumer: up before it sleeps, 0 when it is awake; the producer: 0 when it wakes it | 0: no wake-up is wanted; else: wake me when `written` has come this far |
//!
//! A frame appears at once and whole, by one store to `written`: a producer that is killed at any
//! moment leaves no part of a frame. Neither side ever waits for the other in here, and there is
//! nothing that a dead one could leave locked.
//!
//! Covering models: `process_models.rs`.

use core::mem::size_of;
use selvedge_sync::seam::atomic::{AtomicU64, Ordering, fence};
use selvedge_sync::seam::cell::UnsafeCell;

/// How many bytes a block has: a cache line, so that a short frame is one.
pub const BLOCK: usize = 64;

/// A length comes before the bytes of a frame.
const PREFIX: usize = size_of::<u32>();

/// A word in a cache line of its own.
#[repr(C, align(64))]
struct Word(AtomicU64);

/// A ring of `N` blocks. In production, all bytes zero is an empty one.
#[repr(C)]
pub struct Ring<const N: usize> {
    written: Word,
    read: Word,
    wanted: Word,
    blocks: [UnsafeCell<[u8; BLOCK]>; N],
}

// SAFETY: a block is written by the producer while it is free and read by the consumer while it
// is written, as the two cursors say; `push` and `pop` require that there is one of each.
unsafe impl<const N: usize> Sync for Ring<N> {}

/// The frame does not fit into what is free of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

/// What the producer wrote is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Whether the consumer sleeps and is to be woken, by whatever it sleeps on.
#[must_use = "a consumer that is not woken sleeps for ever"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted(pub bool);

/// How many blocks a frame of `length` bytes takes.
pub const fn blocks(length: usize) -> u64 {
    (length + PREFIX).div_ceil(BLOCK) as u64
}

impl<const N: usize> Ring<N> {
    /// An empty ring.
    #[expect(
        clippy::new_without_default,
        reason = "a ring is made in place, or in a model"
    )]
    pub fn new() -> Self {
        let word = || Word(AtomicU64::new(0));
        Self {
            written: word(),
            read: word(),
            wanted: word(),
            blocks: core::array::from_fn(|_| UnsafeCell::new([0; BLOCK])),
        }
    }

    fn block(&self, at: u64) -> &UnsafeCell<[u8; BLOCK]> {
        &self.blocks[(at % N as u64) as usize]
    }
}

impl<const N: usize> core::fmt::Debug for Ring<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Ring").finish_non_exhaustive()
    }
}

/// The producer's own place in a ring.
#[derive(Debug, Default)]
pub struct Producer {
    written: u64,
}

/// The consumer's own place in a ring.
#[derive(Debug, Default)]
pub struct Consumer {
    read: u64,
}

impl Producer {
    /// How many blocks are free.
    pub fn room<const N: usize>(&self, ring: &Ring<N>) -> u64 {
        // Acquire: what the consumer copied out of a block comes before what is written over it.
        let read = ring.read.0.load(Ordering::Acquire);
        // A consumer that writes nonsense makes a ring that is always full.
        (N as u64).saturating_sub(self.written.wrapping_sub(read))
    }

    /// Appends a frame, and says whether the consumer is to be woken.
    ///
    /// # Errors
    /// If there is no room for it.
    ///
    /// # Safety
    /// This is the one producer that was ever used with this ring.
    pub unsafe fn push<const N: usize>(
        &mut self,
        ring: &Ring<N>,
        frame: &[u8],
    ) -> Result<Wanted, NoRoom> {
        let needed = blocks(frame.len());
        if needed > self.room(ring) {
            return Err(NoRoom);
        }
        let length = (frame.len() as u32).to_le_bytes();
        let (first, rest) = frame.split_at(frame.len().min(BLOCK - PREFIX));
        ring.block(self.written).with_mut(|block| {
            // SAFETY: the block is free, so the consumer does not look at it, and this is the one
            // producer.
            let block = unsafe { &mut *block };
            block[..PREFIX].copy_from_slice(&length);
            block[PREFIX..PREFIX + first.len()].copy_from_slice(first);
        });
        for (part, at) in rest.chunks(BLOCK).zip(self.written + 1..) {
            ring.block(at).with_mut(|block| {
                // SAFETY: as above.
                unsafe { (&mut *block)[..part.len()].copy_from_slice(part) };
            });
        }
        self.written += needed;
        // Release: the frame comes before the cursor that speaks of it.
        ring.written.0.store(self.written, Ordering::Release);
        Ok(self.wanted(ring))
    }

    /// Whether the consumer sleeps, and has got what it wants.
    fn wanted<const N: usize>(&self, ring: &Ring<N>) -> Wanted {
        // With the fence in `doze`: either this sees what is wanted, or the consumer sees the
        // frame.
        fence(Ordering::SeqCst);
        // Relaxed: the fence orders it, and nothing is read because of it.
        let wanted = ring.wanted.0.load(Ordering::Relaxed);
        if wanted == 0 || self.written < wanted {
            return Wanted(false);
        }
        // Relaxed: as above. If it wipes out a newer wish, the wake-up makes up for it: the
        // consumer looks again.
        ring.wanted.0.store(0, Ordering::Relaxed);
        Wanted(true)
    }
}

impl Consumer {
    /// Takes the first frame out of the ring, into `frame`; returns whether there was one.
    ///
    /// # Errors
    /// If there was something else.
    ///
    /// # Safety
    /// This is the one consumer that was ever used with this ring.
    pub unsafe fn pop<const N: usize>(
        &mut self,
        ring: &Ring<N>,
        frame: &mut Vec<u8>,
    ) -> Result<bool, Malformed> {
        // Acquire: the frame comes before the cursor that speaks of it.
        let there = ring
            .written
            .0
            .load(Ordering::Acquire)
            .wrapping_sub(self.read);
        if there == 0 {
            return Ok(false);
        }
        frame.clear();
        // SAFETY: the block is written, so the producer leaves it alone, and this is the one
        // consumer.
        let first = ring.block(self.read).with(|block| unsafe { *block });
        let (length, first) = first.split_at(PREFIX);
        let length = length
            .iter()
            .rev()
            .fold(0, |high, low| high << 8 | *low as usize);
        let taken = blocks(length);
        if taken > there.min(N as u64) {
            return Err(Malformed);
        }
        frame.extend_from_slice(&first[..length.min(first.len())]);
        for at in self.read + 1..self.read + taken {
            let part = (length - frame.len()).min(BLOCK);
            ring.block(at).with(|block| {
                // SAFETY: as above.
                frame.extend_from_slice(unsafe { &(&*block)[..part] });
            });
        }
        self.read += taken;
        // Release: the copying out comes before the blocks are free.
        ring.read.0.store(self.read, Ordering::Release);
        Ok(true)
    }

    /// Whether `more` blocks have been written that were not read.
    pub fn sees<const N: usize>(&self, ring: &Ring<N>, more: u64) -> bool {
        // Relaxed: `pop` reads it again.
        ring.written.0.load(Ordering::Relaxed) >= self.read + more
    }

    /// Says that the consumer, which has just found the ring empty, is about to sleep until
    /// `more` blocks have been written. Returns whether it may: otherwise they are there.
    #[must_use = "a consumer that sleeps although it may not is not woken"]
    pub fn doze<const N: usize>(&self, ring: &Ring<N>, more: u64) -> bool {
        let wanted = self.read + more;
        // Relaxed: the fence orders it.
        ring.wanted.0.store(wanted, Ordering::Relaxed);
        // See `Producer::wanted`.
        fence(Ordering::SeqCst);
        let there = self.sees(ring, more);
        if there {
            self.rise(ring);
        }
        !there
    }

    /// Says that the consumer is awake.
    pub fn rise<const N: usize>(&self, ring: &Ring<N>) {
        // mutant: equivalent, store: a wake-up that is not wanted any more does nothing.
        // Relaxed: nothing is read because of it.
        ring.wanted.0.store(0, Ordering::Relaxed);
    }
}

/// Which of the requests that were sent may begin: a word that says "those before have begun, or
/// were recalled".
///
/// The sender numbers its requests from 0. The one who runs them claims each before it begins it;
/// the sender may recall what it has sent and nobody has begun. Whoever moves the word past a
/// request has it.
#[derive(Debug)]
#[repr(C)]
pub struct Claims(AtomicU64);

impl Claims {
    /// Nothing has begun.
    #[expect(
        clippy::new_without_default,
        reason = "claims are made in place, or in a model"
    )]
    pub fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Claims request `number`; returns false if it was recalled.
    #[must_use = "a request that was recalled is not to be run"]
    pub fn claim(&self, number: u64) -> bool {
        // Relaxed: what a request holds came with its frame.
        self.0
            .compare_exchange(number, number + 1, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// Recalls all requests that have not begun, of `sent` ones; returns the number of the first.
    pub fn recall(&self, sent: u64) -> u64 {
        // Relaxed: the sender has kept what it recalls.
        self.0.fetch_max(sent, Ordering::Relaxed).min(sent)
    }

    /// How many have begun or were recalled.
    pub fn begun(&self) -> u64 {
        // Relaxed: a number, read when the other side has ended.
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn frames_of_any_length_pass_in_order() {
        let ring = Ring::<8>::new();
        let (mut producer, mut consumer) = (Producer::default(), Consumer::default());
        let mut received = Vec::new();
        for length in (0..=8 * BLOCK - PREFIX).chain([0, 300, 1]) {
            let frame: Vec<u8> = (0..length).map(|n| (n + length) as u8).collect();
            // SAFETY: one producer and one consumer.
            unsafe {
                assert_eq!(producer.push(&ring, &frame), Ok(Wanted(false)));
                assert_eq!(consumer.pop(&ring, &mut received), Ok(true));
                assert_eq!(received, frame);
                assert_eq!(consumer.pop(&ring, &mut received), Ok(false));
            }
        }
    }

    #[test]
    fn full_ring_refuses() {
        let ring = Ring::<2>::new();
        let (mut producer, mut consumer) = (Producer::default(), Consumer::default());
        let mut received = Vec::new();
        // SAFETY: one producer and one consumer.
        unsafe {
            assert_eq!(producer.push(&ring, &[0; 2 * BLOCK]), Err(NoRoom));
            assert_eq!(producer.push(&ring, &[1]), Ok(Wanted(false)));
            assert_eq!(producer.room(&ring), 1);
            assert_eq!(producer.push(&ring, &[2]), Ok(Wanted(false)));
            assert_eq!(producer.push(&ring, &[3]), Err(NoRoom));
            assert_eq!(consumer.pop(&ring, &mut received), Ok(true));
            assert_eq!(producer.push(&ring, &[4]), Ok(Wanted(false)));
        }
    }

    #[test]
    fn nonsense_is_no_frame() {
        let ring = Ring::<2>::new();
        let mut consumer = Consumer::default();
        // A length that is longer than what was written, then one longer than the ring.
        for (written, length) in [(1, BLOCK as u8), (9, 2 * BLOCK as u8)] {
            // SAFETY: nobody else has the ring.
            ring.block(0)
                .with_mut(|block| unsafe { (*block)[0] = length });
            ring.written.0.store(written, Ordering::Relaxed);
            // SAFETY: one consumer.
            let popped = unsafe { consumer.pop(&ring, &mut Vec::new()) };
            assert_eq!(popped, Err(Malformed));
        }
    }

    #[test]
    fn room_is_none_when_the_reader_writes_nonsense() {
        let ring = Ring::<2>::new();
        ring.read.0.store(5, Ordering::Relaxed);
        assert_eq!(Producer::default().room(&ring), 0);
    }

    #[test]
    fn sleeper_is_woken_when_it_has_what_it_wants() {
        let ring = Ring::<8>::new();
        let (mut producer, consumer) = (Producer::default(), Consumer::default());
        assert!(consumer.doze(&ring, 2));
        // SAFETY: one producer.
        unsafe {
            assert_eq!(producer.push(&ring, &[]), Ok(Wanted(false)));
            assert_eq!(producer.push(&ring, &[]), Ok(Wanted(true)));
            assert_eq!(producer.push(&ring, &[]), Ok(Wanted(false)));
        }
        assert!(!consumer.doze(&ring, 3));
    }

    #[test]
    fn what_has_begun_is_not_recalled() {
        let claims = Claims::new();
        assert!(claims.claim(0));
        assert_eq!(claims.recall(3), 1);
        assert!(!claims.claim(1));
        assert!(!claims.claim(2));
        assert!(claims.claim(3));
        assert_eq!(claims.recall(4), 4);
        assert_eq!(claims.begun(), 4);
    }
}
