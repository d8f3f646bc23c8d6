//! The object layer as an embedder uses it: objects of its own layout, weak references,
//! finalisers, freezing.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

use selvedge_refcount::{
    Collected, Collector, Embedder, Header, Kind, LocalHeap, Owner, Owners, Qsbr, Released, Space,
    Token,
};
use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

/// A pair: two counted references, each perhaps null.
#[repr(C)]
struct Pair {
    header: Header,
    links: [Cell<Option<NonNull<Pair>>>; 2],
}

const FINALISED: u16 = 1;

/// What happened, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Cleared(usize),
    Finalised,
    Freed,
}

struct Machine {
    heap: LocalHeap,
    owner: Owner,
    events: RefCell<Vec<Event>>,
    /// What finalisers make reachable again.
    rescue: Cell<Option<NonNull<Pair>>>,
    saved: Cell<bool>,
    /// How often the world stands still at the moment.
    stops: Rc<Cell<u32>>,
    roots: RefCell<Vec<NonNull<Pair>>>,
    /// The beginnings and ends of collections.
    phases: RefCell<Vec<Option<Collected>>>,
}

impl Machine {
    fn new() -> Self {
        Self {
            heap: Space::new().heap(),
            owner: Owners::new().register(),
            events: RefCell::default(),
            rescue: Cell::new(None),
            saved: Cell::new(false),
            stops: Rc::default(),
            roots: RefCell::default(),
            phases: RefCell::default(),
        }
    }

    fn me(&self) -> Token {
        self.owner.token()
    }

    fn pair(&self, flags: u16) -> NonNull<Pair> {
        let slot = self.heap.allocate(Layout::new::<Pair>(), Kind::Walked);
        let pair = slot.unwrap().cast::<Pair>();
        let header = Header::new(self.me(), std::ptr::null());
        header.set_flags(flags);
        let links = [const { Cell::new(None) }; 2];
        // SAFETY: allocated for it.
        unsafe {
            pair.write(Pair { header, links });
            pair.as_ref().header.track();
        }
        pair
    }

    fn link(&self, from: NonNull<Pair>, index: usize, to: NonNull<Pair>) {
        // SAFETY: the tests link live objects.
        unsafe {
            to.as_ref().header.incref(self.me());
            from.as_ref().links[index].set(Some(to));
        }
    }

    fn drop_ref(&self, pair: NonNull<Pair>) {
        // SAFETY: the tests give up references they hold.
        unsafe {
            if pair.as_ref().header.decref(self.me()) == Released::Last {
                pair.as_ref().header.untrack();
                self.clear(pair);
                self.events.borrow_mut().push(Event::Freed);
                self.heap.free(pair.cast());
            }
        }
    }

    fn clear(&self, pair: NonNull<Pair>) {
        for index in 0..2 {
            // SAFETY: the caller's object.
            if let Some(child) = unsafe { pair.as_ref() }.links[index].take() {
                self.drop_ref(child);
            }
        }
    }

    fn events(&self) -> Vec<Event> {
        self.events.take()
    }

    fn used(&self) -> usize {
        // SAFETY: the tests have one thread.
        unsafe { self.heap.space().used() }
    }
}

struct Standstill(Rc<Cell<u32>>);

impl Drop for Standstill {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

// SAFETY: one thread; each link is a counted reference.
unsafe impl Embedder for Machine {
    type Stopped = Standstill;
    type Guide = ();

    fn guide(&self) -> &() {
        &()
    }

    fn stop(&self) -> Standstill {
        self.stops.set(self.stops.get() + 1);
        Standstill(Rc::clone(&self.stops))
    }

    fn token(&self) -> Token {
        self.me()
    }

    fn traverse((): &(), object: &Header, visit: &mut impl FnMut(&Header)) {
        // SAFETY: all objects are pairs.
        let pair = unsafe { &*std::ptr::from_ref(object).cast::<Pair>() };
        for child in pair.links.iter().filter_map(Cell::get) {
            // SAFETY: links keep what they point to.
            visit(unsafe { &child.as_ref().header });
        }
    }

    fn visit_roots(&self, visit: &mut impl FnMut(&Header)) {
        for root in &*self.roots.borrow() {
            // SAFETY: the tests list live objects.
            visit(unsafe { &root.as_ref().header });
        }
    }

    fn clear_weak(&self, garbage: &[NonNull<Header>]) {
        self.events.borrow_mut().push(Event::Cleared(garbage.len()));
    }

    fn begins(&self) {
        self.phases.borrow_mut().push(None);
    }

    fn ends(&self, done: &Collected) {
        self.phases.borrow_mut().push(Some(*done));
    }

    fn has_finaliser(&self, object: &Header) -> bool {
        object.flags() & FINALISED != 0
    }

    fn finalise(&self, _object: &Header) {
        self.events.borrow_mut().push(Event::Finalised);
        if let Some(pair) = self.rescue.take() {
            // SAFETY: garbage, which the collector keeps.
            unsafe { pair.as_ref() }.header.incref(self.me());
            self.saved.set(true);
        }
    }

    unsafe fn release(&self, object: NonNull<Header>) {
        self.drop_ref(object.cast());
    }

    unsafe fn dispose(&self, garbage: Vec<NonNull<Header>>) {
        for &object in &garbage {
            self.clear(object.cast());
        }
        for object in garbage {
            self.drop_ref(object.cast());
        }
    }
}

fn ring(machine: &Machine, flags: u16) -> [NonNull<Pair>; 2] {
    let pairs = [machine.pair(flags), machine.pair(0)];
    machine.link(pairs[0], 0, pairs[1]);
    machine.link(pairs[1], 0, pairs[0]);
    pairs
}

#[test]
fn weak_references_are_cleared_before_finalisers_run() {
    let machine = Machine::new();
    let collector = Collector::new(machine.heap.space().clone());
    for pair in ring(&machine, FINALISED) {
        machine.drop_ref(pair);
    }
    let done = collector.collect(&machine);
    assert_eq!((done.garbage, done.resurrected), (2, 0));
    let expected = [
        Event::Cleared(2),
        Event::Finalised,
        Event::Cleared(2),
        Event::Freed,
        Event::Freed,
    ];
    assert_eq!(machine.events(), expected);
    assert_eq!(machine.used(), 0);
}

#[test]
fn resurrected_objects_keep_what_they_reach_and_are_finalised_once() {
    let machine = Machine::new();
    let collector = Collector::new(machine.heap.space().clone());
    let [first, second] = ring(&machine, FINALISED);
    let lost = ring(&machine, 0);
    machine.rescue.set(Some(second));
    for pair in [first, second] {
        machine.drop_ref(pair);
    }
    for pair in lost {
        machine.drop_ref(pair);
    }
    let done = collector.collect(&machine);
    assert_eq!((done.garbage, done.resurrected), (2, 2));
    assert!(machine.saved.get());
    assert_eq!(machine.used(), 2);
    machine.events();
    machine.drop_ref(second);
    assert_eq!(collector.collect(&machine).garbage, 2);
    assert!(!machine.events().contains(&Event::Finalised));
    assert_eq!(machine.used(), 0);
}

#[test]
fn uncounted_roots_keep_what_they_reach() {
    let machine = Machine::new();
    let collector = Collector::new(machine.heap.space().clone());
    let pairs = ring(&machine, 0);
    for pair in pairs {
        machine.drop_ref(pair);
    }
    machine.roots.borrow_mut().push(pairs[0]);
    assert_eq!(collector.collect(&machine).garbage, 0);
    machine.roots.borrow_mut().clear();
    assert_eq!(collector.collect(&machine).garbage, 2);
    assert_eq!(machine.used(), 0);
}

#[test]
fn embedder_is_told_of_collections_and_shown_what_they_look_at() {
    let machine = Machine::new();
    let collector = Collector::new(machine.heap.space().clone());
    let [kept, other] = ring(&machine, 0);
    let mut seen = Vec::new();
    collector.each(&machine, |object| seen.push(NonNull::from(object).cast()));
    seen.sort_unstable();
    let mut expected = vec![kept, other];
    expected.sort_unstable();
    assert_eq!(seen, expected);
    assert!(machine.phases.borrow().is_empty());
    for pair in [kept, other] {
        machine.drop_ref(pair);
    }
    let done = [collector.collect(&machine), collector.collect(&machine)];
    let phases = [None, Some(done[0]), None, Some(done[1])];
    assert_eq!(*machine.phases.borrow(), phases);
    let pause = done[0].pause.max(done[1].pause);
    let totals = collector.totals();
    assert_eq!(
        (totals.collections, totals.garbage, totals.pause),
        (2, 2, pause)
    );
    collector.each(&machine, |_| panic!("nothing is left"));
}

#[test]
fn frozen_objects_are_not_looked_at() {
    let machine = Machine::new();
    let collector = Collector::new(machine.heap.space().clone());
    let [kept, _] = ring(&machine, 0);
    assert_eq!(collector.freeze(&machine), Some(2));
    assert_eq!(collector.freeze(&machine), Some(0));
    assert_eq!(machine.stops.get(), 0, "the world goes on");
    let child = machine.pair(0);
    machine.link(kept, 1, child);
    machine.drop_ref(child);
    let done = collector.collect(&machine);
    assert_eq!((done.examined, done.garbage), (1, 0));
    assert_eq!(collector.frozen(&machine), 2);
    assert_eq!(collector.unfreeze(&machine), Some(2));
    assert_eq!(collector.frozen(&machine), 0);
    assert_eq!(collector.collect(&machine).examined, 3);
}

#[test]
fn immortal_and_untracked_objects_are_no_trouble() {
    static NONE: Immortal = Immortal(Header::immortal(std::ptr::null()));
    struct Immortal(Header);
    // SAFETY: never counted.
    unsafe impl Sync for Immortal {}
    let machine = Machine::new();
    let collector = Collector::new(machine.heap.space().clone());
    let pairs = ring(&machine, 0);
    let none = NonNull::from(&NONE.0).cast();
    machine.link(pairs[0], 1, none);
    assert!(NONE.0.is_immortal() && NONE.0.count() == usize::MAX);
    for pair in pairs {
        machine.drop_ref(pair);
    }
    assert_eq!(collector.collect(&machine).garbage, 2);
    assert!(NONE.0.try_incref(machine.me()) && NONE.0.try_incref(Token::STRANGER));
}

#[test]
fn immortal_object_keeps_what_it_refers_to() {
    let machine = Machine::new();
    let collector = Collector::new(machine.heap.space().clone());
    let keeper = machine.pair(0);
    // SAFETY: alive, and from here on for ever.
    unsafe { keeper.as_ref() }.header.make_immortal();
    let kept = ring(&machine, 0);
    machine.link(keeper, 0, kept[0]);
    for pair in kept {
        machine.drop_ref(pair);
    }
    assert_eq!(collector.collect(&machine).garbage, 0);
}

#[test]
fn next_collection_is_due_when_the_heap_has_doubled() {
    let machine = Machine::new();
    let collector = Collector::new(machine.heap.space().clone());
    collector.set_threshold(10);
    let pairs: Vec<_> = (0..5_000).map(|_| machine.pair(0)).collect();
    assert!(collector.is_due());
    assert_eq!(collector.collect(&machine).examined, 5_000);
    let more: Vec<_> = (0..2_000).map(|_| machine.pair(0)).collect();
    assert!(!collector.is_due(), "2,000 beside 5,000 that live");
    let most: Vec<_> = (0..4_000).map(|_| machine.pair(0)).collect();
    assert!(collector.is_due());
    for pair in pairs.into_iter().chain(more).chain(most) {
        machine.drop_ref(pair);
    }
}

#[test]
fn allocations_are_not_counted_too_few() {
    let space = Space::new();
    let heap = space.heap();
    let layout = Layout::new::<Pair>();
    // SAFETY: one thread.
    let pages = || unsafe { space.page_count() };
    let mut slots = Vec::new();
    while pages() < 3 {
        slots.push(heap.allocate(layout, Kind::Walked).unwrap());
    }
    let in_a_page = (slots.len() - 1) / 2;
    while slots.len() < 3 * in_a_page {
        slots.push(heap.allocate(layout, Kind::Walked).unwrap());
    }
    assert_eq!(pages(), 3);
    for slot in slots.drain(..in_a_page) {
        // SAFETY: allocated above.
        unsafe { heap.free(slot) };
    }
    space.reset_allocated();
    for _ in 0..in_a_page {
        heap.allocate(layout, Kind::Walked).unwrap();
    }
    assert_eq!((pages(), space.allocated()), (3, in_a_page));
    heap.allocate(Layout::new::<[u64; 1000]>(), Kind::Walked)
        .unwrap();
    assert_eq!(space.allocated(), in_a_page + 1, "a large one");
}

#[test]
fn slots_at_hand_are_those_of_the_current_page() {
    let space = Space::new();
    let heap = space.heap();
    let layout = Layout::new::<Pair>();
    assert_eq!(heap.at_hand(layout, Kind::Walked), None, "no page yet");
    let first = heap.allocate(layout, Kind::Walked).unwrap();
    let counted = space.allocated();
    let at_hand = || heap.at_hand(layout, Kind::Walked);
    let more = std::iter::from_fn(at_hand).count();
    assert_eq!(more + 1, counted, "those that were counted together");
    assert_eq!(heap.at_hand(layout, Kind::Plain), None);
    // SAFETY: allocated above.
    unsafe { heap.free(first) };
    assert_eq!(at_hand(), Some(first));
    let large = Layout::new::<[u64; 1000]>();
    assert_eq!(heap.at_hand(large, Kind::Walked), None);
}

#[test]
fn next_heap_takes_over_the_pages() {
    let space = Space::new();
    for taken in 1..4 {
        let heap = space.heap();
        heap.allocate(Layout::new::<Pair>(), Kind::Plain).unwrap();
        // SAFETY: one thread.
        unsafe { assert_eq!((space.used(), space.page_count()), (taken, 1)) };
    }
}

#[test]
fn alignment_is_served_up_to_half_a_page() {
    let space = Space::new();
    let heap = space.heap();
    for align in [64, 128, 16 * 1024] {
        let layout = Layout::from_size_align(100, align).unwrap();
        let slot = heap.allocate(layout, Kind::Plain).unwrap();
        assert!(slot.addr().get().is_multiple_of(align));
    }
    let layout = Layout::from_size_align(100, 32 * 1024).unwrap();
    assert!(heap.allocate(layout, Kind::Plain).is_err());
}

#[test]
fn counts_near_overflow_make_immortal() {
    let machine = Machine::new();
    let header = Header::new(machine.me(), std::ptr::null());
    for _ in 0..(1_u32 << 31) - 2 {
        header.incref(machine.me());
    }
    assert!(!header.is_immortal());
    header.incref(machine.me());
    assert!(header.is_immortal());
    let shared = Header::new(Token::NOBODY, std::ptr::null());
    for _ in 0..=(1_u32 << 27) {
        shared.incref(Token::STRANGER);
    }
    assert!(shared.is_immortal());
    // SAFETY: an immortal object has references to spare.
    let released = unsafe { shared.decref(Token::STRANGER) };
    assert_eq!(released, Released::Alive);
}

#[test]
fn revived_object_dies_again() {
    let machine = Machine::new();
    let header = Header::new(machine.me(), std::ptr::null());
    // SAFETY: one reference each time, and the object is the test's.
    unsafe {
        assert_eq!(header.decref(machine.me()), Released::Last);
        assert!(!header.try_incref(machine.me()) && !header.try_incref(Token::STRANGER));
        header.revive(machine.me());
        assert!(header.try_incref(Token::STRANGER));
        assert_eq!(header.decref(machine.me()), Released::Alive);
        assert_eq!(header.decref(Token::STRANGER), Released::Last);
        // Merged by its owner, it has none; who revives it is its owner then.
        assert_eq!(header.owner(), Token::NOBODY);
        header.revive(machine.me());
        assert_eq!(header.owner(), machine.me());
        assert_eq!(header.decref(machine.me()), Released::Last);
    }
}

#[test]
fn flags_are_set_and_cleared_one_by_one() {
    let header = Header::new(Token::NOBODY, std::ptr::null());
    assert_eq!(header.set_flags(0b0110), 0);
    assert_eq!(header.set_flags(0b0011), 0b0110);
    assert_eq!(header.clear_flags(0b0100), 0b0111);
    assert_eq!(header.flags(), 0b0011);
}

#[test]
fn owner_that_has_drained_waits_for_nothing() {
    let owners = Owners::new();
    let owner = owners.register();
    let header = Header::new(owner.token(), std::ptr::null());
    // SAFETY: gives up its one reference, and queues it as told.
    unsafe {
        assert_eq!(header.decref(Token::STRANGER), Released::Queue);
        assert_eq!(owners.queue(&raw const header), Released::Alive);
    }
    assert!(owner.is_waiting());
    // SAFETY: this thread acts for the owner; nothing is to be freed.
    assert_eq!(unsafe { owner.drain(|_| ()) }, 1);
    assert!(!owner.is_waiting());
}

#[test]
fn offline_reader_holds_nothing_up() {
    let domain = Qsbr::new();
    let reader = domain.reader();
    domain.defer(1);
    assert_eq!(domain.reclaim(), []);
    reader.offline();
    assert_eq!(domain.reclaim(), [1]);
    reader.online();
    domain.defer(2);
    assert_eq!((domain.reclaim().len(), domain.waiting()), (0, 1));
    drop(reader);
    assert_eq!(domain.reclaim(), [2]);
}

#[test]
fn pages_are_given_back_and_torn_down() {
    let machine = Machine::new();
    let pairs: Vec<_> = (0..100_000).map(|_| machine.pair(0)).collect();
    // SAFETY: one thread.
    let pages = || unsafe { machine.heap.space().page_count() };
    let most = pages();
    for &pair in pairs.iter().rev() {
        machine.drop_ref(pair);
    }
    assert_eq!(machine.used(), 0);
    assert!(pages() <= 34 && most > 100, "{most} then {}", pages());
    machine.pair(0);
    assert_eq!(machine.used(), 1);
}

#[test]
fn slots_freed_by_others_come_back() {
    let space = Space::new();
    let heap = space.heap();
    let layout = Layout::new::<[u64; 6]>();
    let mut most = 0;
    for _ in 0..50 {
        let slots: Vec<usize> = (0..5000)
            .map(|_| heap.allocate(layout, Kind::Plain).unwrap().addr().get())
            .collect();
        std::thread::scope(|scope| {
            for half in slots.chunks(2500) {
                let space = &space;
                scope.spawn(move || {
                    let heap = space.heap();
                    for &slot in half {
                        let slot = NonNull::new(std::ptr::with_exposed_provenance_mut(slot));
                        // SAFETY: allocated above, freed once.
                        unsafe { heap.free(slot.unwrap()) };
                    }
                });
            }
        });
        // SAFETY: the threads are gone.
        most = most.max(unsafe { space.page_count() });
    }
    // SAFETY: as above.
    unsafe {
        assert_eq!(space.used(), 0);
        assert!(most <= 10 + 5000 * 48 / 32_000, "{most} pages");
    }
}
