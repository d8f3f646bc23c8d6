//! Strings: hash, length, width of a code point, then the code points inline.
//!
//! Every code point takes 1, 2 or 4 bytes, whichever the largest needs, so an index is O(1). Lone
//! surrogates are code points like others.

use super::{
    Base, Object, PAGED, Payload, Slots, Type, allocate_bytes, allocate_in_slot, downcast_exact,
    finish_in_slot, free_bytes, free_in_slot, resize_bytes,
};
use crate::references;
use crate::thread::current_token;
use crate::value::{Ref, Value};
use core::alloc::Layout;
use core::hash::{BuildHasher, Hasher};
use core::ptr::NonNull;
use selvedge_compiler::Text;
use selvedge_sync::seam::OnceLock;
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use std::borrow::Cow;
use std::hash::RandomState;

mod affix;
mod case;
pub(crate) mod classes;
pub(crate) mod encode;
mod layout;
mod letters;
pub mod methods;
pub(crate) mod search;
mod split;
mod translate;

/// A string.
#[repr(C)]
pub struct Str {
    object: Object,
    /// 0 until somebody asked.
    hash: AtomicU64,
    /// In code points.
    len: usize,
    width: Width,
    ascii: bool,
    /// Aligned for every width.
    data: [u64; 0],
}

/// Bytes a code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Width {
    /// Up to U+00FF.
    One = 1,
    /// Up to U+FFFF.
    Two = 2,
    /// All.
    Four = 4,
}

impl Width {
    /// What code points up to `widest` take.
    fn of(widest: u32) -> Self {
        match widest {
            0..=0xff => Width::One,
            0x100..=0xffff => Width::Two,
            _ => Width::Four,
        }
    }
}

/// The type `str`.
pub static STR_TYPE: Type = Type::builtin(
    "str",
    Base::One(&super::class::OBJECT_TYPE),
    Slots {
        dealloc: Str::dealloc,
        ..methods::SLOTS
    },
    methods::METHODS,
)
.subclassable();

// SAFETY: `Str` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Str {
    const TYPE: &'static Type = &STR_TYPE;

    references!();
}

/// The code points of a string, in the width they are stored in.
#[derive(Clone, Copy, Debug)]
pub enum CodePoints<'a> {
    /// Latin-1 or ASCII.
    One(&'a [u8]),
    /// Up to U+FFFF, lone surrogates among them.
    Two(&'a [u16]),
    /// All.
    Four(&'a [u32]),
}

impl CodePoints<'_> {
    /// The code point at `index`.
    ///
    /// # Panics
    /// If `index` is out of range.
    #[inline]
    pub fn at(&self, index: usize) -> u32 {
        match self {
            CodePoints::One(points) => u32::from(points[index]),
            CodePoints::Two(points) => u32::from(points[index]),
            CodePoints::Four(points) => points[index],
        }
    }

    /// How many code points there are.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            CodePoints::One(points) => points.len(),
            CodePoints::Two(points) => points.len(),
            CodePoints::Four(points) => points.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code points in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + Clone {
        (0..self.len()).map(move |index| self.at(index))
    }
}

/// What kind a code point is.
pub mod kinds {
    use super::classes;

    /// Whether `str.isalnum` holds.
    pub fn is_alnum(point: u32) -> bool {
        classes::is_alnum(point)
    }

    /// Whether `str.isdecimal` holds.
    pub fn is_decimal(point: u32) -> bool {
        classes::is_decimal(point)
    }

    /// Whether a line ends with it.
    pub fn is_line_end(point: u32) -> bool {
        classes::is_line_end(point)
    }

    /// Whether `str.isspace` holds.
    pub fn is_space(point: u32) -> bool {
        classes::is_space(point)
    }
}

impl Str {
    /// The code points from `start` to `end` as a string of their own.
    ///
    /// # Panics
    /// If there are none there.
    pub fn part(&self, start: usize, end: usize) -> Ref {
        match self.code_points() {
            CodePoints::One(points) if self.ascii => Self::from_narrow(&points[start..end], true),
            points => {
                let points: Vec<u32> = (start..end).map(|at| points.at(at)).collect();
                Self::from_code_points(&points)
            }
        }
    }

    /// A string of this text.
    pub fn new(text: &str) -> Ref {
        if text.is_ascii() {
            return Self::from_narrow(text.as_bytes(), true);
        }
        let widest = text.chars().map(u32::from).max().unwrap_or(0);
        let count = text.chars().count();
        Self::build(count, widest, text.chars().map(u32::from))
    }

    /// A new string of these code points, which nobody else has.
    pub fn from_code_points(points: &[u32]) -> Ref {
        let widest = points.iter().copied().max().unwrap_or(0);
        Self::build(points.len(), widest, points.iter().copied())
    }

    /// A new string of these code points that is an instance of `class`, which derives from `str`.
    pub(crate) fn of_class(class: &'static Type, points: &[u32]) -> Ref {
        let (len, widest) = (points.len(), points.iter().copied().max().unwrap_or(0));
        let width = Width::of(widest);
        let memory = allocate_in_slot(Layout::new::<Self>(), len * width as usize).cast::<Self>();
        let fixed = Self::fixed(Object::with_flags(class, PAGED), len, width, widest < 0x80);
        // SAFETY: freshly allocated with room and alignment for a `Str` of so many points.
        unsafe {
            memory.write(fixed);
            Self::fill(NonNull::new_unchecked(memory), points.iter().copied());
        }
        finish_in_slot(memory)
    }

    /// The string of one code point.
    #[inline]
    pub fn from_code_point(point: u32) -> Ref {
        match u8::try_from(point) {
            Ok(byte) => letters::letter(byte),
            Err(_) => Self::from_code_points(&[point]),
        }
    }

    /// The string of a constant.
    pub fn from_text(text: &Text) -> Ref {
        match text {
            Text::Utf8(text) => Self::new(text),
            Text::CodePoints(points) => Self::from_code_points(points),
        }
    }

    fn from_narrow(bytes: &[u8], ascii: bool) -> Ref {
        if let [byte] = bytes {
            return letters::letter(*byte);
        }
        let new = Self::reserve(bytes.len(), Width::One, ascii);
        // SAFETY: `reserve` made room for this many bytes, and nobody else knows the string yet.
        unsafe {
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), Self::data_of(new), bytes.len());
        }
        Ref::from_object(new.as_ptr())
    }

    fn build(len: usize, widest: u32, points: impl Iterator<Item = u32>) -> Ref {
        let new = Self::reserve(len, Width::of(widest), widest < 0x80);
        // SAFETY: `reserve` made room for `len` code points of this width, aligned for it.
        unsafe { Self::fill(new, points) };
        Ref::from_object(new.as_ptr())
    }

    /// Writes the code points of a string that nobody else knows yet.
    ///
    /// # Safety
    /// The fixed part of `new` is written, and behind it is room for as many points as it says.
    unsafe fn fill(new: NonNull<Self>, points: impl Iterator<Item = u32>) {
        // SAFETY: by contract.
        unsafe {
            let (len, width) = (new.as_ref().len, new.as_ref().width);
            let data = Self::data_of(new);
            for (index, point) in points.take(len).enumerate() {
                match width {
                    Width::One => data.add(index).write(point as u8),
                    Width::Two => data.cast::<u16>().add(index).write(point as u16),
                    Width::Four => data.cast::<u32>().add(index).write(point),
                }
            }
        }
    }

    fn fixed(object: Object, len: usize, width: Width, ascii: bool) -> Self {
        Self {
            object,
            hash: AtomicU64::new(0),
            len,
            width,
            ascii,
            data: [],
        }
    }

    fn reserve(len: usize, width: Width, ascii: bool) -> NonNull<Self> {
        let memory = allocate_bytes(Layout::new::<Self>(), len * width as usize).cast::<Self>();
        let fixed = Self::fixed(Object::new(&STR_TYPE), len, width, ascii);
        // SAFETY: freshly allocated with room and alignment for a `Str`.
        unsafe {
            memory.write(fixed);
            NonNull::new_unchecked(memory)
        }
    }

    /// # Safety
    /// `string` came from `reserve`.
    unsafe fn data_of(string: NonNull<Self>) -> *mut u8 {
        // SAFETY: by contract; the field's address is that of the bytes behind the fixed part.
        unsafe { (&raw mut (*string.as_ptr()).data).cast() }
    }

    unsafe fn dealloc(object: *mut Object) {
        let string = object.cast::<Self>();
        // SAFETY: the last reference is gone; the sizes are those of the allocation.
        unsafe {
            if (*object).header.flags() & PAGED != 0 {
                return free_in_slot(object.cast());
            }
            let extra = (*string).len * (*string).width as usize;
            free_bytes(string.cast(), Layout::new::<Self>(), extra);
        }
    }

    /// How many code points.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether all code points are ASCII.
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        // SAFETY: the data is behind the fixed part, this many bytes of it, and never changes.
        unsafe {
            core::slice::from_raw_parts(
                (&raw const self.data).cast(),
                self.len * self.width as usize,
            )
        }
    }

    /// The code points.
    #[inline]
    pub fn code_points(&self) -> CodePoints<'_> {
        let data = &raw const self.data;
        // SAFETY: the data is `len` code points of this width, aligned to 8 by the fixed part.
        unsafe {
            match self.width {
                Width::One => CodePoints::One(core::slice::from_raw_parts(data.cast(), self.len)),
                Width::Two => CodePoints::Two(core::slice::from_raw_parts(data.cast(), self.len)),
                Width::Four => CodePoints::Four(core::slice::from_raw_parts(data.cast(), self.len)),
            }
        }
    }

    /// The text, where it is stored as UTF-8 already.
    #[inline]
    pub fn as_ascii(&self) -> Option<&str> {
        // SAFETY: ASCII is UTF-8.
        self.ascii
            .then(|| unsafe { core::str::from_utf8_unchecked(self.bytes()) })
    }

    /// The text, or `None` if it has lone surrogates.
    pub fn to_utf8(&self) -> Option<Cow<'_, str>> {
        if let Some(text) = self.as_ascii() {
            return Some(Cow::Borrowed(text));
        }
        self.code_points()
            .iter()
            .map(char::from_u32)
            .collect::<Option<String>>()
            .map(Cow::Owned)
    }

    /// The text, with U+FFFD for lone surrogates.
    pub fn to_utf8_lossy(&self) -> Cow<'_, str> {
        if let Some(text) = self.as_ascii() {
            return Cow::Borrowed(text);
        }
        let replaced = |point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
        Cow::Owned(self.code_points().iter().map(replaced).collect())
    }

    /// The hash: never 0, the same for equal strings, other in every process.
    #[inline]
    pub fn hash(&self) -> u64 {
        // Relaxed: whoever computes it computes the same.
        match self.hash.load(Ordering::Relaxed) {
            0 => self.compute_hash(),
            hash => hash,
        }
    }

    #[cold]
    fn compute_hash(&self) -> u64 {
        static SEED: OnceLock<RandomState> = OnceLock::new();
        let mut hasher = SEED.get_or_init(RandomState::new).build_hasher();
        hasher.write(self.bytes());
        let hash = hasher.finish().max(1);
        self.hash.store(hash, Ordering::Relaxed);
        hash
    }

    /// Whether both have the same code points.
    #[inline]
    pub fn equals(&self, other: &Str) -> bool {
        // The narrowest width is always taken, so that equal strings have equal bytes.
        self.len == other.len && self.width == other.width && self.bytes() == other.bytes()
    }

    /// The order of the code points.
    pub fn compare(&self, other: &Str) -> core::cmp::Ordering {
        match (self.code_points(), other.code_points()) {
            (CodePoints::One(left), CodePoints::One(right)) => left.cmp(right),
            (left, right) => left.iter().cmp(right.iter()),
        }
    }

    /// Both, one after the other.
    pub fn concat(&self, other: &Str) -> Ref {
        if self.width == Width::One && other.width == Width::One {
            let new = Self::reserve(self.len + other.len, Width::One, self.ascii && other.ascii);
            // SAFETY: `reserve` made room for both, and nobody else knows the string yet.
            unsafe {
                let data = Self::data_of(new);
                core::ptr::copy_nonoverlapping(self.bytes().as_ptr(), data, self.len);
                core::ptr::copy_nonoverlapping(
                    other.bytes().as_ptr(),
                    data.add(self.len),
                    other.len,
                );
            }
            return Ref::from_object(new.as_ptr());
        }
        Self::join_all(&[self, other])
    }

    /// Appends `other` to a string that nobody else sees; returns it, which may have moved, or
    /// gives it back if it would have to be wider.
    ///
    /// # Errors
    /// The string as it was.
    pub(crate) fn append(this: Ref, other: &Str) -> Result<Ref, Ref> {
        let Some(old) = downcast_exact::<Str>(&this) else {
            return Err(this);
        };
        let alone = old.object.header.is_unique(current_token()) && !core::ptr::eq(old, other);
        if !alone || old.width != other.width {
            return Err(this);
        }
        let (before, more) = (old.bytes().len(), other.bytes().len());
        let string = this.into_value().pointer().cast::<Self>().cast_mut();
        // SAFETY: allocated by `reserve` for as many bytes; nobody else has it, so it may move and
        // change. `other` is another string.
        unsafe {
            let string = resize_bytes(string.cast(), Layout::new::<Self>(), before, before + more)
                .cast::<Self>();
            let end = (&raw mut (*string).data).cast::<u8>().add(before);
            core::ptr::copy_nonoverlapping(other.bytes().as_ptr(), end, more);
            (*string).len += other.len;
            (*string).ascii &= other.ascii;
            // Relaxed: nobody else is here.
            (*string).hash.store(0, Ordering::Relaxed);
            Ok(Ref::from_object(string))
        }
    }

    /// All, one after the other.
    pub fn join_all(parts: &[&Str]) -> Ref {
        let len = parts.iter().map(|part| part.len).sum();
        if parts.iter().all(|part| part.width == Width::One) {
            return Self::join_narrow(len, parts);
        }
        let widest = parts.iter().map(|part| part.widest()).max().unwrap_or(0);
        Self::build(
            len,
            widest,
            parts.iter().flat_map(|part| part.code_points().iter()),
        )
    }

    /// All, one after the other, each of them narrow.
    fn join_narrow(len: usize, parts: &[&Str]) -> Ref {
        let new = Self::reserve(len, Width::One, parts.iter().all(|part| part.ascii));
        // SAFETY: `reserve` made room for all, and nobody else knows the string yet.
        unsafe {
            let mut data = Self::data_of(new);
            for part in parts {
                core::ptr::copy_nonoverlapping(part.bytes().as_ptr(), data, part.len);
                data = data.add(part.len);
            }
        }
        Ref::from_object(new.as_ptr())
    }

    /// An upper bound of the code points that asks for the same width.
    fn widest(&self) -> u32 {
        match self.width {
            Width::One if self.ascii => 0x7f,
            Width::One => 0xff,
            Width::Two => 0xffff,
            Width::Four => u32::MAX,
        }
    }

    /// The string itself if it is exactly a `str`, else a copy that is.
    pub(crate) fn exact(&self, this: Value) -> Ref {
        if *self.object.ty() == STR_TYPE {
            this.to_ref()
        } else {
            self.code_points().to_str()
        }
    }

    /// What `repr` shows.
    fn repr_ref(&self) -> Ref {
        Self::new(&self.repr())
    }

    /// The string as `repr` shows it.
    pub fn repr(&self) -> String {
        use core::fmt::Write;
        let points = self.code_points();
        let has = |quote: char| points.iter().any(|point| point == u32::from(quote));
        let quote = if has('\'') && !has('"') { '"' } else { '\'' };
        let mut out = String::with_capacity(self.len + 2);
        out.push(quote);
        for point in points.iter() {
            let result = match char::from_u32(point) {
                Some('\n') => out.write_str("\\n"),
                Some('\r') => out.write_str("\\r"),
                Some('\t') => out.write_str("\\t"),
                Some(c) if c == quote || c == '\\' => write!(out, "\\{c}"),
                Some(c) if classes::is_printable(point) => out.write_char(c),
                _ if point <= 0xff => write!(out, "\\x{point:02x}"),
                _ if point <= 0xffff => write!(out, "\\u{point:04x}"),
                _ => write!(out, "\\U{point:08x}"),
            };
            result.expect("writing to a String does not fail");
        }
        out.push(quote);
        out
    }
}

/// The text of a string value.
///
/// # Panics
/// If `value` is no string: for names, which the compiler made strings.
pub(crate) fn name_text(value: &Value) -> Cow<'_, str> {
    super::downcast::<Str>(value)
        .expect("a name is a string")
        .to_utf8_lossy()
}
