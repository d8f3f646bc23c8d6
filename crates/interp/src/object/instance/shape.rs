//! Shapes: which slot of an instance holds which attribute.
//!
//! A class's shapes are a tree. Its root has the slots that `__slots__` names; each child has one
//! attribute more than its parent. See the README beside this module.

use crate::cache::next_version;
use crate::object::downcast_exact;
use crate::object::str::Str;
use crate::value::{Ref, Value, release};
use selvedge_sync::seam::atomic::{AtomicPtr, AtomicU32, Ordering};

/// How many slots a shape may have: an instance with more attributes keeps them in a dictionary.
const MAX_SLOTS: usize = 60;

/// How many children a shape may have: instances that differ more than this keep their attributes
/// in dictionaries.
const MAX_CHILDREN: usize = 16;

/// Which attributes are in which slots.
pub(crate) struct Shape {
    /// Names this shape together with what look-up in its class finds. 0 until a cache asked, and
    /// again from when the class or one of its bases changed.
    version: AtomicU32,
    parent: *const Shape,
    /// The name of each slot, interned; unbound for those that `__slots__` names. The last one's
    /// reference is this shape's, the others' are its ancestors'.
    names: Box<[Value]>,
    /// Whether there is one slot more, which holds the dictionary that has all other attributes.
    has_dict: bool,
    /// The oldest child, and the next younger child of the same parent.
    child: AtomicPtr<Shape>,
    sibling: AtomicPtr<Shape>,
}

impl Shape {
    /// The shape of instances that have `members` slots and nothing else, or nothing else but a
    /// dictionary.
    pub(crate) fn root(members: usize, has_dict: bool) -> Self {
        Self {
            version: AtomicU32::new(0),
            parent: core::ptr::null(),
            names: vec![Value::UNBOUND; members].into_boxed_slice(),
            has_dict,
            child: AtomicPtr::default(),
            sibling: AtomicPtr::default(),
        }
    }

    /// How many slots are used.
    #[inline(always)]
    pub(crate) fn used(&self) -> usize {
        self.names.len() + usize::from(self.has_dict)
    }

    /// The names of the slots, unbound for those that `__slots__` names.
    pub(crate) fn names(&self) -> &[Value] {
        &self.names
    }

    /// Whether attributes are in a dictionary, in the last slot.
    #[inline(always)]
    pub(crate) fn has_dict(&self) -> bool {
        self.has_dict
    }

    /// The shape with one attribute less; nothing for a root.
    pub(crate) fn parent(&self) -> Option<&Shape> {
        // SAFETY: ancestors live as long as the class, and so as long as this shape.
        unsafe { self.parent.as_ref() }
    }

    /// The slot of the attribute `name`.
    pub(crate) fn slot_of(&self, name: Value) -> Option<usize> {
        if let Some(slot) = self.names.iter().position(|known| known.is(name)) {
            return Some(slot);
        }
        let text = downcast_exact::<Str>(&name)?;
        self.names.iter().position(|known| {
            downcast_exact::<Str>(known)
                .is_some_and(|known| known.hash() == text.hash() && known.equals(text))
        })
    }

    /// The version, 0 if there is none: such a shape is in no cache.
    #[inline(always)]
    pub(crate) fn version(&self) -> u32 {
        // Relaxed: versions change only while nobody else runs Python code of this interpreter.
        self.version.load(Ordering::Relaxed)
    }

    /// The version, made if there is none; 0 if versions have run out.
    pub(crate) fn make_version(&self) -> u32 {
        make_version(&self.version)
    }

    /// Takes the versions of this shape and of all that derive from it.
    pub(crate) fn forget_versions(&self) {
        // Relaxed: see `version`.
        self.version.store(0, Ordering::Relaxed);
        for child in self.children() {
            child.forget_versions();
        }
    }

    fn children(&self) -> impl Iterator<Item = &Shape> {
        let next = |link: &AtomicPtr<Shape>| {
            // Acquire: a child is complete before it is linked.
            // SAFETY: children live as long as the class, and so as long as this shape.
            unsafe { link.load(Ordering::Acquire).as_ref() }
        };
        core::iter::successors(next(&self.child), move |child| next(&child.sibling))
    }

    /// The child with number `number`, counted from the oldest.
    #[inline(always)]
    pub(crate) fn child(&self, number: usize) -> Option<&Shape> {
        self.children().nth(number)
    }

    /// The number of the child that has `name` too.
    pub(crate) fn child_number(&self, name: Value) -> Option<usize> {
        self.children().position(|child| child.adds(name))
    }

    fn adds(&self, name: Value) -> bool {
        self.names.last().is_some_and(|last| last.is(name))
    }

    /// The shape that has `name`, interned, behind this one's slots; nothing if there are too many
    /// slots or too many different children.
    ///
    /// # Safety
    /// Nobody else adds shapes to the class `owner`, whose shape this is, at the same time.
    pub(crate) unsafe fn with(&self, name: &Ref) -> Option<&Shape> {
        if let Some(known) = self.children().find(|child| child.adds(**name)) {
            return Some(known);
        }
        if self.names.len() >= MAX_SLOTS || self.children().count() >= MAX_CHILDREN {
            return None;
        }
        let mut names = Vec::with_capacity(self.names.len() + 1);
        names.extend_from_slice(&self.names);
        names.push(name.clone().into_value());
        let child = Box::into_raw(Box::new(Self {
            version: AtomicU32::new(0),
            parent: self,
            names: names.into_boxed_slice(),
            has_dict: false,
            child: AtomicPtr::default(),
            sibling: AtomicPtr::default(),
        }));
        let youngest = self.children().last();
        let link = youngest.map_or(&self.child, |youngest| &youngest.sibling);
        // Release: see `children`.
        link.store(child, Ordering::Release);
        // SAFETY: made above; freed with this shape.
        unsafe { child.as_ref() }
    }
}

impl Drop for Shape {
    fn drop(&mut self) {
        // Relaxed: nobody else is here, says the exclusive borrow.
        let mut child = self.child.load(Ordering::Relaxed);
        while !child.is_null() {
            // SAFETY: made by `with`, and reachable from its parent only.
            let dead = unsafe { Box::from_raw(child) };
            child = dead.sibling.load(Ordering::Relaxed);
        }
        if !self.parent.is_null()
            && let Some(name) = self.names.last()
        {
            // SAFETY: the reference is this shape's.
            unsafe { release(*name) };
        }
    }
}

/// The version in `place`, made if there is none; 0 if versions have run out.
pub(crate) fn make_version(place: &AtomicU32) -> u32 {
    // Relaxed, also below: a version is a number that means nothing but itself.
    let known = place.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    let new = next_version();
    place
        .compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed)
        .map_or_else(|other| other, |_| new)
}

/// What a class says about its instances' slots.
pub(crate) struct Layout {
    root: Shape,
    dict: Shape,
    /// How many slots `__slots__` names, those of the bases included.
    members: usize,
    /// Whether instances may have attributes besides.
    has_dict: bool,
    /// For how many slots a new instance has room.
    capacity: AtomicU32,
}

impl Layout {
    /// A layout with `members` slots, in which there is room for `expected` attributes besides.
    pub(crate) fn new(members: usize, has_dict: bool, expected: usize) -> Self {
        let layout = Self {
            root: Shape::root(members, false),
            dict: Shape::root(members, true),
            members,
            has_dict,
            capacity: AtomicU32::new(members as u32),
        };
        if has_dict {
            layout.expect(members + expected.max(1));
        }
        layout
    }

    /// The shape of an instance without attributes.
    #[inline(always)]
    pub(crate) fn root(&self) -> &Shape {
        &self.root
    }

    /// The shape of an instance whose attributes are in a dictionary.
    pub(crate) fn dict(&self) -> &Shape {
        &self.dict
    }

    /// How many slots `__slots__` names, those of the bases included.
    pub(crate) fn members(&self) -> usize {
        self.members
    }

    /// Whether instances may have attributes besides.
    pub(crate) fn has_dict(&self) -> bool {
        self.has_dict
    }

    /// For how many slots a new instance has room.
    #[inline(always)]
    pub(crate) fn capacity(&self) -> usize {
        // Relaxed: a guess.
        self.capacity.load(Ordering::Relaxed) as usize
    }

    /// Gives instances that are made from here on room for `slots` slots.
    pub(crate) fn expect(&self, slots: usize) {
        let slots = slots.min(MAX_SLOTS + 1) as u32;
        // Relaxed: a guess.
        self.capacity.fetch_max(slots, Ordering::Relaxed);
    }

    /// Takes the versions of all shapes.
    pub(crate) fn forget_versions(&self) {
        self.root.forget_versions();
        self.dict.forget_versions();
    }
}
