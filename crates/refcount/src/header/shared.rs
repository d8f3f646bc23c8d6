//! The shared word of a header, and the counting that is not done inline.
//!
//! | bits | meaning |
//! | --- | --- |
//! | 31..2 | signed count of references that the owner did not count, less those it counted and others released |
//! | 1..0 | state |
//!
//! | state | meaning | left for | by whom | models |
//! | --- | --- | --- | --- | --- |
//! | `PRIVATE` | at 0, the owner may free without a read-modify-write | `PUBLISHED` | a holder, `publish` | `weak_upgrade_*` |
//! | | | `QUEUED` | a non-owner whose decrement found 0, or contention | `queued_once_*` |
//! | | | `MERGED` | the owner at local 0 | `owner_and_other_*` |
//! | `PUBLISHED` | may be counted by those who hold no reference | `QUEUED`, `MERGED` | as above | `weak_upgrade_*` |
//! | `QUEUED` | one of the references is a queue's | `MERGED` | the owner, or for it whoever proved it away | `detached_*`, `retired_*` |
//! | `MERGED` | all references are counted here; at 0 dead | `PUBLISHED` | `revive`, by the one who may destroy | `revived_*` |
//!
//! In every state a count beyond ±`STUCK_FROM` means immortal: it is put back to `STUCK` by
//! whoever sees it, so it never wraps and never reaches 0.

use super::{Header, IMMORTAL_WORD, LIMIT, NOBODYS_WORD, Released};
use crate::Token;
use selvedge_sync::seam::atomic::Ordering;
use std::cell::Cell;

const STATE_BITS: u32 = 2;
const ONE: u32 = 1 << STATE_BITS;
const STATE: u32 = ONE - 1;

const PRIVATE: u32 = 0;
const PUBLISHED: u32 = 1;
const QUEUED: u32 = 2;
const MERGED: u32 = 3;

/// From here on, in either direction, a count has left the range that references can explain.
const STUCK_FROM: i32 = 1 << 27;
/// Where the count of an immortal object is put: as far from `STUCK_FROM` as from wrapping, so
/// that it takes more threads than can exist to carry it across either before one puts it back.
const STUCK_AT: i32 = 1 << 28;
/// How far it may drift before somebody pays for putting it back.
const DRIFT: u32 = 1 << 26;

/// How many exchanges of a decrement may fail before it queues the object to help the others.
const PATIENCE: u32 = 1;

pub(super) const PRIVATE_ZERO: u32 = PRIVATE;
pub(super) const MERGED_ONE: u32 = ONE | MERGED;
pub(super) const STUCK: u32 = Word::of(STUCK_AT, MERGED).0;

/// A value of the shared word.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Word(u32);

impl Word {
    const fn of(count: i32, state: u32) -> Self {
        Self((count as u32) << STATE_BITS | state)
    }

    const fn count(self) -> i32 {
        self.0 as i32 >> STATE_BITS
    }

    const fn state(self) -> u32 {
        self.0 & STATE
    }

    const fn is_stuck(self) -> bool {
        self.count() >= STUCK_FROM || self.count() < -STUCK_FROM
    }

    /// Immortal, and so far from the middle that it wants to be put back.
    const fn has_drifted(self) -> bool {
        self.is_stuck() && (self.count() - STUCK_AT).unsigned_abs() > DRIFT
    }

    /// Dead, or possibly so without a trace in this word.
    const fn may_be_dead(self) -> bool {
        self.0 == PRIVATE_ZERO || self.0 == MERGED
    }
}

impl Header {
    /// Replaces the shared word by `next` of it, unless that is `None`; returns the word before
    /// and whether it was replaced.
    #[inline(always)]
    fn update(&self, success: Ordering, next: impl Fn(Word) -> Option<Word>) -> Result<Word, Word> {
        self.shared
            // The failed loads decide nothing on their own: relaxed.
            .fetch_update(success, Ordering::Relaxed, |word| {
                next(Word(word)).map(|word| word.0)
            })
            .map(Word)
            .map_err(Word)
    }

    #[inline(always)]
    pub(super) fn incref_shared(&self) {
        // Relaxed: the caller holds or borrows a reference, so the object cannot die meanwhile.
        let before = Word(self.shared.fetch_add(ONE, Ordering::Relaxed));
        if before.has_drifted() {
            self.put_back();
        }
    }

    #[inline(never)]
    pub(super) fn decref_shared(&self) -> Released {
        // Relaxed: only chooses the way; what counts is the value replaced below.
        let seen = Word(self.shared.load(Ordering::Relaxed));
        // From these two states the word never returns to the two below while references exist,
        // so the subtraction cannot be the one that has to queue.
        // mutant: equivalent, bound: the exchange below does for a queued object what the
        // subtraction does, only more slowly.
        if seen.state() >= QUEUED {
            return self.subtract_one();
        }
        if (1..STUCK_FROM).contains(&seen.count()) {
            let less = seen.0.wrapping_sub(ONE);
            // Release: our use of the object happens before its destruction.
            let done =
                self.shared
                    .compare_exchange(seen.0, less, Ordering::Release, Ordering::Relaxed);
            if done.is_ok() {
                return Released::Alive;
            }
        }
        self.decref_contended()
    }

    /// Gives up a reference the owner counted, or one over which others contend.
    ///
    /// An exchange is needed as long as a decrement might have to queue the object, and where
    /// several threads contend an exchange is much dearer than a subtraction. So after a few
    /// failures the object is queued although it need not be: from then on all subtract.
    #[cold]
    #[inline(never)]
    fn decref_contended(&self) -> Released {
        let failures = Cell::new(0);
        // Release: as in `decref_shared`.
        let before = self.update(Ordering::Release, |word| {
            let tries = failures.replace(failures.get() + 1);
            let queue = word.state() < QUEUED
                && (word.count() == 0 || tries >= PATIENCE && !word.is_stuck());
            Some(if queue {
                Word::of(word.count(), QUEUED)
            } else {
                Word(word.0.wrapping_sub(ONE))
            })
        });
        let (Ok(before) | Err(before)) = before;
        // The last word seen is the one replaced.
        let queued = before.state() < QUEUED
            && (before.count() == 0 || failures.get() > PATIENCE && !before.is_stuck());
        if queued {
            Released::Queue
        } else {
            self.released(before)
        }
    }

    /// Gives up a reference to an object that is queued or merged.
    fn subtract_one(&self) -> Released {
        // Release: as in `decref_shared`.
        let before = Word(self.shared.fetch_sub(ONE, Ordering::Release));
        self.released(before)
    }

    /// What it means that a plain decrement found `before`.
    #[inline(always)]
    fn released(&self, before: Word) -> Released {
        if before.0 == MERGED_ONE {
            // Acquire: the others' use of the object happens before its destruction. It reads
            // the end of the release sequence that every decrement belongs to.
            self.shared.load(Ordering::Acquire);
            return Released::Last;
        }
        if before.has_drifted() {
            self.put_back();
        }
        Released::Alive
    }

    /// Puts a count out of range to the middle of the immortal range.
    #[cold]
    #[inline(never)]
    fn put_back(&self) {
        // Relaxed: an immortal object's count says nothing about its use.
        let _ = self.update(Ordering::Relaxed, |word| {
            word.is_stuck().then(|| Word::of(STUCK_AT, word.state()))
        });
    }

    /// The owner's count has dropped to zero: merges, unless there is nothing to merge with.
    #[inline(never)]
    pub(super) fn release_last_local(&self) -> Released {
        // Acquire: pairs with the release of non-owners' decrements, whose use of the object
        // happens before its destruction.
        if self.shared.load(Ordering::Acquire) == PRIVATE_ZERO {
            return Released::Last;
        }
        self.merge(0)
    }

    /// Gives up the caller's reference if it is certainly the last, as
    /// [`decref`](Self::decref) with [`Released::Last`]; otherwise changes nothing.
    ///
    /// # Safety
    /// As for [`decref`](Self::decref).
    pub(crate) unsafe fn take_last(&self, me: Token) -> bool {
        let local = Self::local_of(self.word(), me);
        // mutant: equivalent, bound: an owner whose count is at the limit has more than the last
        // reference, and its object is not merged.
        if local > LIMIT {
            // Acquire: as the reader of all decrements before. Nobody reads what comes before the
            // last.
            let taken = self.shared.compare_exchange(
                MERGED_ONE,
                MERGED,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            return taken.is_ok();
        }
        if local != 1 {
            return false;
        }
        // Acquire: pairs with the release of non-owners' decrements.
        let seen = Word(self.shared.load(Ordering::Acquire));
        let last = seen.0 == PRIVATE_ZERO
            || seen == Word::of(0, PUBLISHED)
                // Acquire: as above, for those who have obtained and released one since; fails if
                // somebody has one now. Who finds the object dead reads nothing of it.
                && self
                    .shared
                    .compare_exchange(seen.0, MERGED, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok();
        if last {
            // Nobody else counts a dead object.
            self.set_word(me.as_word());
        }
        last
    }

    /// Gives the object up to everybody, with `local` references that only the local count knew;
    /// negative if the caller gives up references at the same time.
    fn merge(&self, local: i64) -> Released {
        // Before the shared word says merged: from then on another may free the memory. Everybody
        // but the caller sees a foreign owner before and after.
        self.set_word(NOBODYS_WORD);
        let merged = |word: Word| {
            let sum = word.count() as i64 + local;
            if word.is_stuck() || sum >= STUCK_FROM as i64 {
                Word(STUCK)
            } else {
                Word::of(sum as i32, MERGED)
            }
        };
        // AcqRel: the owner's use happens before a destruction by others, and the other way.
        match self.update(Ordering::AcqRel, |word| Some(merged(word))) {
            Ok(word) | Err(word) if merged(word) == Word(MERGED) => Released::Last,
            Ok(word) | Err(word) => {
                if merged(word) == Word(STUCK) {
                    // Nobody can free it any more.
                    self.set_word(IMMORTAL_WORD);
                }
                Released::Alive
            }
        }
    }

    /// Gives up the queue's reference, and merges if the object is still `owner`'s.
    ///
    /// # Safety
    /// The caller took the object off a queue, or was told to queue it, and acts for `owner`.
    pub(crate) unsafe fn merge_queued(&self, owner: Token) -> Released {
        let local = Self::local_of(self.word(), owner);
        if local <= LIMIT {
            self.merge(local as i64 - 1)
        } else {
            self.subtract_one()
        }
    }

    #[inline(never)]
    pub(super) fn try_incref_shared(&self) -> bool {
        // Acquire: whatever made the object countable for us happens before our use of it.
        let before = self.update(Ordering::Acquire, |word| {
            (!word.may_be_dead()).then(|| Word(word.0.wrapping_add(ONE)))
        });
        if before.is_ok_and(Word::has_drifted) {
            self.put_back();
        }
        before.is_ok()
    }

    /// Lets those who hold no reference try to obtain one: before a weak reference is made, or
    /// the object is stored where others read without a lock. The caller holds a reference. From
    /// here on the owner pays a read-modify-write to free the object.
    #[inline]
    pub fn publish(&self) {
        // Relaxed: an object that is published already stays so, and who obtains a reference reads
        // that from the word itself.
        if Word(self.shared.load(Ordering::Relaxed)).state() == PRIVATE {
            self.publish_private();
        }
    }

    #[cold]
    #[inline(never)]
    fn publish_private(&self) {
        // Release: the object as it is now happens before a successful `try_incref`.
        let _ = self.update(Ordering::Release, |word| {
            (word.state() == PRIVATE).then_some(Word(word.0 | PUBLISHED))
        });
    }

    /// Never counts nor frees the object again. The caller holds a reference.
    ///
    /// While another owns it, that owner keeps counting plainly until its count drops to zero,
    /// and only then notices.
    #[cold]
    pub fn make_immortal(&self) {
        // Relaxed: immortality announces nothing.
        let _ = self.update(Ordering::Relaxed, |word| {
            Some(Word::of(STUCK_AT, word.state()))
        });
        if self.owner() == Token::NOBODY {
            // Nobody counts here but an owner in the midst of merging, and it can only delay the
            // discovery.
            self.set_word(IMMORTAL_WORD);
        }
    }

    /// The caller acts for the owner, whose count is about to overflow.
    #[cold]
    #[inline(never)]
    pub(super) fn make_owned_immortal(&self) {
        self.set_word(NOBODYS_WORD);
        self.make_immortal();
    }

    /// Makes counting do nothing from here on: for one of many objects that are destroyed
    /// together and drop their references to each other. The caller is alone with the object.
    pub(crate) fn stop_counting(&self) {
        // Nobody else counts it.
        self.set_word(IMMORTAL_WORD);
    }

    /// Whether the object will never be freed.
    pub fn is_immortal(&self) -> bool {
        // Relaxed: once immortal, always immortal; a caller that must know has synchronised.
        Self::looks_immortal(self.word()) || Word(self.shared.load(Ordering::Relaxed)).is_stuck()
    }

    /// Whether all references are counted locally.
    pub(super) fn shared_is_unused(&self) -> bool {
        // Acquire: those whose references are gone have used the object before.
        let word = Word(self.shared.load(Ordering::Acquire));
        word.count() == 0 && word.state() != QUEUED
    }

    pub(super) fn is_merged_one(&self) -> bool {
        // Acquire: as above.
        self.shared.load(Ordering::Acquire) == MERGED_ONE
    }

    /// How many references there are: exact if the caller acts for the owner and no other thread
    /// holds any, otherwise a figure that was about right. An immortal object has `usize::MAX`.
    pub fn count(&self) -> usize {
        if self.is_immortal() {
            return usize::MAX;
        }
        // Relaxed: the figure is approximate where it matters.
        let local = self.word() as u32 as i64;
        let shared = Word(self.shared.load(Ordering::Relaxed)).count() as i64;
        usize::try_from(local + shared).unwrap_or(0)
    }

    pub(super) fn revive_shared(&self, owned: bool) {
        let word = if owned {
            Word::of(0, PUBLISHED)
        } else {
            Word(MERGED_ONE)
        };
        // Release: what the destroyer did so far happens before a successful `try_incref`.
        self.shared.store(word.0, Ordering::Release);
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::super::LIMIT;
    use super::*;
    use crate::Owners;

    fn shared_of(header: &Header) -> Word {
        Word(header.shared.load(Ordering::Relaxed))
    }

    #[test]
    fn count_sticks_outside_of_what_references_can_explain() {
        for state in [PRIVATE, PUBLISHED, QUEUED, MERGED] {
            let is_stuck = |count| Word::of(count, state).is_stuck();
            assert!(!is_stuck(STUCK_FROM - 1) && is_stuck(STUCK_FROM));
            assert!(!is_stuck(-STUCK_FROM) && is_stuck(-STUCK_FROM - 1));
        }
    }

    #[test]
    fn stuck_count_drifts_a_while_before_it_is_put_back() {
        let drift = DRIFT.cast_signed();
        let has_drifted = |count| Word::of(count, MERGED).has_drifted();
        assert!(!has_drifted(STUCK_AT + drift) && has_drifted(STUCK_AT + drift + 1));
        assert!(!has_drifted(STUCK_AT - drift) && has_drifted(STUCK_AT - drift - 1));
        assert!(!has_drifted(0));
    }

    #[test]
    fn merged_count_that_sticks_is_immortal_for_all_to_see() {
        for (local, sticks) in [(STUCK_FROM - 1, false), (STUCK_FROM, true)] {
            let owner = Owners::new().register();
            let header = Header::new(owner.token(), core::ptr::null());
            header.set_word(owner.token().as_word() + u64::from(local.cast_unsigned()));
            assert_eq!(header.merge(i64::from(local)), Released::Alive);
            assert_eq!(shared_of(&header).is_stuck(), sticks);
            // So that nobody pays for counting it.
            assert_eq!(Header::looks_immortal(header.word()), sticks);
        }
    }

    #[test]
    fn counting_plainly_is_refused_where_it_takes_more() {
        let owners = Owners::new();
        let (owner, other) = (owners.register(), owners.register());
        let (me, stranger) = (owner.token(), other.token());
        let header = Header::new(me, core::ptr::null());
        let local = || Header::local_of(header.word(), me);
        assert!(header.incref_local(me));
        assert_eq!(local(), 2);
        // SAFETY: the references are ours, and both tokens as well.
        unsafe {
            assert!(header.decref_local(me));
            assert!(!header.decref_local(me), "the last one");
            assert!(!header.decref_local(stranger));
        }
        assert!(!header.incref_local(stranger));
        assert_eq!(local(), 1);
        header.set_word(me.as_word() + LIMIT - 1);
        assert!(header.incref_local(me));
        assert!(!header.incref_local(me), "at the limit");
        assert_eq!(local(), LIMIT);
        // SAFETY: as above.
        assert!(unsafe { header.decref_local(me) });
        header.set_word(me.as_word() + 1);
        // SAFETY: as above.
        assert_eq!(unsafe { header.decref(me) }, Released::Last);
        let immortal = Header::immortal(core::ptr::null());
        assert!(!immortal.incref_local(me));
    }

    #[test]
    fn object_made_immortal_is_no_longer_counted() {
        let header = Header::new(Token::NOBODY, core::ptr::null());
        header.make_immortal();
        let before = shared_of(&header);
        header.incref(Token::STRANGER);
        assert!(shared_of(&header) == before && Header::looks_immortal(header.word()));
    }

    #[test]
    fn overflow_takes_the_object_from_its_owner() {
        let owner = Owners::new().register();
        let header = full(owner.token());
        header.incref(owner.token());
        assert!(Header::looks_immortal(header.word()));
        assert_eq!(header.owner(), Token::NOBODY);
    }

    /// A header at the limit of its owner's count.
    fn full(me: Token) -> Header {
        let header = Header::new(me, core::ptr::null());
        header.set_word(me.as_word() + LIMIT);
        header
    }

    #[test]
    fn upgrade_may_overflow_too() {
        let owner = Owners::new().register();
        let header = full(owner.token());
        assert!(header.try_incref(owner.token()));
        assert!(Header::looks_immortal(header.word()));
    }

    #[test]
    fn full_count_is_merged_from_the_queue() {
        let owner = Owners::new().register();
        let header = full(owner.token());
        // SAFETY: one of the many references, and the queue's; nobody frees this object.
        unsafe {
            assert_eq!(header.decref(Token::STRANGER), Released::Queue);
            assert_eq!(header.merge_queued(owner.token()), Released::Alive);
        }
        assert_eq!(header.owner(), Token::NOBODY);
    }

    #[test]
    fn object_that_stopped_counting_outlives_all_counting() {
        let owner = Owners::new().register();
        let header = Header::new(owner.token(), core::ptr::null());
        header.stop_counting();
        for _ in 0..3 {
            header.incref(owner.token());
        }
        for _ in 0..6 {
            // SAFETY: nobody frees this object.
            let released = unsafe { header.decref(owner.token()) };
            assert_eq!(released, Released::Alive);
        }
    }
}
