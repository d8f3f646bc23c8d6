//! One thread's part of a collection.

use super::Embedder;
use super::ahead::Ahead;
use super::crew::Crew;
use super::figures::Figures;
use super::scratch::Scratch;
use crate::Header;
use core::ptr::NonNull;

/// How many objects are done together: roots that are followed one by one would each wait for
/// memory, and shares of one object each for a mutex.
const BATCH: usize = 256;

/// An object that somebody will look into.
#[derive(Clone, Copy)]
pub(super) struct Reached(NonNull<Header>);

// SAFETY: reached in a stopped world, in which any worker may look at any object.
unsafe impl Send for Reached {}

/// One thread that collects, alone or, if the work is `SHARED`, as one of a crew.
pub(super) struct Worker<'a, E: Embedder, const SHARED: bool> {
    guide: &'a E::Guide,
    figures: &'a Figures,
    crew: &'a Crew<Reached>,
    me: usize,
    /// Reached, and not looked into.
    pending: Vec<Reached>,
    /// Reached, and on their way from memory.
    objects: Ahead<Reached>,
    /// Referred to, with figures that are on their way from memory.
    children: Ahead<(Reached, &'a Scratch)>,
}

impl<'a, E: Embedder, const SHARED: bool> Worker<'a, E, SHARED> {
    /// The worker with this number. All of a crew do the same, each in its own thread.
    ///
    /// # Safety
    /// As long as it exists the world is stopped, and no other of this number does; none but this
    /// one if not `SHARED`.
    pub(super) unsafe fn new(
        guide: &'a E::Guide,
        figures: &'a Figures,
        crew: &'a Crew<Reached>,
        me: usize,
    ) -> Self {
        Self {
            guide,
            figures,
            crew,
            me,
            pending: Vec::new(),
            objects: Ahead::new(),
            children: Ahead::new(),
        }
    }

    /// Finds what is reached from outside: by references that are counted and not from inside, and
    /// by those that `roots` shows. Returns how many objects this one has looked at.
    pub(super) fn find(&mut self, roots: impl FnOnce(&mut dyn FnMut(&Header))) -> usize {
        let (figures, me, workers) = (self.figures, self.me, self.crew.workers());
        let mut examined = 0;
        figures.each_tracked(me, workers, |object, figure| {
            figure.set(Figures::of_count(object.count()));
            examined += 1;
        });
        // Nothing is taken off a figure that has not been set,
        self.wait_for_all();
        figures.each_tracked(me, workers, |object, _| self.subtract_children(object));
        self.finish_subtracting();
        // and no figure says "root" before everything is taken off.
        self.wait_for_all();
        roots(&mut |root| self.meet(root));
        figures.each_examined(me, workers, |object, figure| self.begin_at(object, figure));
        self.finish_reaching();
        examined
    }

    /// Takes off the references that the object holds, of what it refers to.
    pub(super) fn subtract_children(&mut self, object: &Header) {
        E::traverse(self.guide, object, &mut |child| {
            if let Some((_, figure)) = self.fetch(child) {
                Figures::subtract::<SHARED>(figure);
            }
        });
    }

    /// Does what is left of subtracting.
    pub(super) fn finish_subtracting(&mut self) {
        while let Some((_, figure)) = self.children.pop() {
            Figures::subtract::<SHARED>(figure);
        }
    }

    /// Reaches a root of the embedder's.
    pub(super) fn meet(&mut self, root: &Header) {
        if let Some(due) = self.fetch(root) {
            self.reach(due);
        }
    }

    /// Reaches the object if it has references from outside; what it leads to, sooner or later.
    pub(super) fn begin_at(&mut self, object: NonNull<Header>, figure: &Scratch) {
        if Figures::is_root(figure.get()) && Figures::reach(figure) {
            self.pending.push(Reached(object));
            // mutant: equivalent, bound: how many are done together decides about time only.
            if self.pending.len() >= BATCH {
                self.follow();
            }
        }
    }

    /// Does what is left of reaching, also what others leave.
    pub(super) fn finish_reaching(&mut self) {
        self.follow();
        while let Some(share) = self.take() {
            self.pending = share;
            self.follow();
        }
    }

    fn wait_for_all(&self) {
        let left = self.take();
        debug_assert!(left.is_none(), "nobody leaves work before marking");
    }

    fn take(&self) -> Option<Vec<Reached>> {
        if SHARED { self.crew.take() } else { None }
    }

    /// Has the child's figure fetched. Returns one that has been.
    #[inline(always)]
    fn fetch(&mut self, child: &Header) -> Option<(Reached, &'a Scratch)> {
        let figure = self.figures.figure(child)?;
        let found = (Reached(NonNull::from(child)), figure);
        self.children.push(found, figure)
    }

    #[inline(always)]
    fn reach(&mut self, (object, figure): (Reached, &Scratch)) {
        if Figures::reach(figure) {
            self.pending.push(object);
        }
    }

    /// Reaches whatever can be reached from what is pending, which was.
    fn follow(&mut self) {
        loop {
            while let Some(object) = self.pending.pop_if(|_| !self.objects.is_full()) {
                self.objects.push(object, object.0.as_ptr());
            }
            // mutant: equivalent, bound: as above.
            if SHARED && self.pending.len() >= 2 * BATCH && self.crew.is_waiting() {
                // The older half, which leads to more.
                let newer = self.pending.split_off(self.pending.len() / 2);
                self.crew.give(core::mem::replace(&mut self.pending, newer));
            }
            if let Some(Reached(object)) = self.objects.pop() {
                // SAFETY: objects live while the world is stopped.
                E::traverse(self.guide, unsafe { object.as_ref() }, &mut |child| {
                    if let Some(due) = self.fetch(child) {
                        self.reach(due);
                    }
                });
            } else if let Some(due) = self.children.pop() {
                self.reach(due);
            } else {
                return;
            }
        }
    }
}
