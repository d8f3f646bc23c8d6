//! The module `_random`: the Mersenne Twister, which gives CPython's numbers for a seed.

use crate::posix::entropy;
use selvedge_interp::object::float::Float;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, int, singletons,
};
use selvedge_interp::references;
use selvedge_interp::{PyResult, Thread, Value, operations, prepare_type};
use selvedge_sync::seam::{Mutex, OnceLock};

/// Words of state.
const SIZE: usize = 624;
/// How far ahead of a word the one is that is mixed into it.
const AHEAD: usize = 397;

/// The generator of Matsumoto and Nishimura.
struct Twister {
    state: [u32; SIZE],
    next: usize,
}

impl Twister {
    fn of_number(seed: u32) -> Self {
        let mut state = [seed; SIZE];
        for at in 1..SIZE {
            let before = state[at - 1] ^ (state[at - 1] >> 30);
            state[at] = before.wrapping_mul(1_812_433_253).wrapping_add(at as u32);
        }
        Self { state, next: SIZE }
    }

    fn of_words(words: &[u32]) -> Self {
        let mut twister = Self::of_number(19_650_218);
        let state = &mut twister.state;
        let (mut at, mut word) = (1, 0);
        let wrap = |state: &mut [u32; SIZE], at: &mut usize| {
            *at += 1;
            if *at >= SIZE {
                state[0] = state[SIZE - 1];
                *at = 1;
            }
        };
        for _ in 0..SIZE.max(words.len()) {
            let before = state[at - 1] ^ (state[at - 1] >> 30);
            state[at] = (state[at] ^ before.wrapping_mul(1_664_525))
                .wrapping_add(words[word])
                .wrapping_add(word as u32);
            wrap(state, &mut at);
            word = (word + 1) % words.len();
        }
        for _ in 1..SIZE {
            let before = state[at - 1] ^ (state[at - 1] >> 30);
            state[at] = (state[at] ^ before.wrapping_mul(1_566_083_941)).wrapping_sub(at as u32);
            wrap(state, &mut at);
        }
        state[0] = 0x8000_0000;
        twister
    }

    fn refill(&mut self) {
        for at in 0..SIZE {
            let mixed = self.state[at] & 0x8000_0000 | self.state[(at + 1) % SIZE] & 0x7fff_ffff;
            let twist = if mixed & 1 == 0 { 0 } else { 0x9908_b0df };
            self.state[at] = self.state[(at + AHEAD) % SIZE] ^ (mixed >> 1) ^ twist;
        }
        self.next = 0;
    }

    fn word(&mut self) -> u32 {
        if self.next >= SIZE {
            self.refill();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }

    /// A number from 0 to 1, exclusive, of 53 bits.
    fn float(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) * (1.0 / 9_007_199_254_740_992.0)
    }
}

/// A `Random`.
#[repr(C)]
pub(crate) struct Random {
    object: Object,
    twister: Mutex<Twister>,
}

/// The type `_random.Random`.
pub(crate) static RANDOM_TYPE: Type = Type::builtin(
    "Random",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(|thread, _, args| {
            let seed = args.positional().first().copied();
            let twister = Mutex::new(seeded(thread, seed)?);
            Ok(allocate(Random {
                object: Object::new(&RANDOM_TYPE),
                twister,
            }))
        }),
        ..Slots::of::<Random>()
    },
    METHODS,
)
.in_module("_random")
.subclassable();

// SAFETY: `Random` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Random {
    const TYPE: &'static Type = &RANDOM_TYPE;

    references!();
}

static METHODS: &[NativeDef] = &[
    NativeDef::method("getrandbits", bits),
    NativeDef::method("getstate", |thread, args| {
        let [this] = args.exactly(thread, "getstate")?;
        let twister = random_of(&this).twister.lock();
        let words = twister.state.iter();
        let words = words.map(|word| int::from_i64(i64::from(*word)));
        let next = int::from_usize(twister.next);
        Ok(Tuple::from_refs(words.chain([next]).collect()))
    }),
    NativeDef::method("random", |thread, args| {
        let [this] = args.exactly(thread, "random")?;
        Ok(Float::from_f64(random_of(&this).twister.lock().float()))
    }),
    NativeDef::method("seed", |thread, args| {
        let (this, rest) = args.split_receiver();
        let seed = rest.between(thread, "seed", 0, 1)?.first().copied();
        let new = seeded(thread, seed)?;
        *random_of(&this).twister.lock() = new;
        Ok(singletons::none())
    }),
    NativeDef::method("setstate", set_state),
];

fn random_of(value: &Value) -> &Random {
    downcast::<Random>(value).expect("methods are called with instances")
}

/// A generator for a seed: an integer's magnitude, or any other value's hash.
fn seeded(thread: &mut Thread, seed: Option<Value>) -> PyResult<Twister> {
    let words = match seed.filter(|seed| !singletons::is_none(*seed)) {
        None => entropy(thread, SIZE * size_of::<u32>())?
            .chunks_exact(size_of::<u32>())
            .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            .collect(),
        Some(seed) => match int::magnitude(seed) {
            Some(words) => words,
            None => {
                let hash = operations::hash(thread, seed)?;
                vec![hash as u32, (hash >> 32) as u32]
            }
        },
    };
    // Leading zeros are no part of the number; 0 is one word.
    let last = words.iter().rposition(|word| *word != 0);
    Ok(match last {
        Some(last) => Twister::of_words(&words[..=last]),
        None => Twister::of_words(&[0]),
    })
}

/// `getrandbits(k)`
fn bits(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this, count] = args.exactly(thread, "getrandbits")?;
    let count = operations::index(thread, count)?;
    let Ok(mut left) = usize::try_from(count) else {
        return Err(thread.value_error("number of bits must be non-negative"));
    };
    let mut twister = random_of(&this).twister.lock();
    let mut words = Vec::with_capacity(left.div_ceil(32));
    while left > 0 {
        let word = twister.word();
        words.push(if left < 32 { word >> (32 - left) } else { word });
        left = left.saturating_sub(32);
    }
    Ok(int::of_magnitude(&words))
}

fn set_state(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this, state] = args.exactly(thread, "setstate")?;
    if downcast::<Tuple>(&state).is_none() {
        return Err(thread.type_error("state vector must be a tuple"));
    }
    let items = operations::collect(thread, state)?;
    if items.len() != SIZE + 1 {
        return Err(thread.value_error("state vector is the wrong size"));
    }
    let mut words = [0; SIZE];
    for (word, item) in words.iter_mut().zip(&items) {
        *word = operations::index(thread, **item)? as u32;
    }
    match usize::try_from(operations::index(thread, *items[SIZE])?) {
        Ok(next) if next <= SIZE => {
            *random_of(&this).twister.lock() = Twister { state: words, next };
            Ok(singletons::none())
        }
        _ => Err(thread.value_error("invalid state")),
    }
}

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    static PREPARED: OnceLock<()> = OnceLock::new();
    PREPARED.get_or_init(|| prepare_type(&RANDOM_TYPE));
    let new = Module::new(thread, "_random", &[]);
    let module = downcast::<Module>(&new).expect("just made");
    module.set(thread, "Random", RANDOM_TYPE.value().to_ref());
    Ok(new)
}
