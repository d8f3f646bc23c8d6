//! Numbers that processes share, with real processes.
#![cfg(all(target_os = "linux", not(selvedge_loom)))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "clippy sees through the seam's re-exports"
)]

#[path = "../../../tests/support/children.rs"]
mod children;

use std::io::ErrorKind;
use std::os::fd::AsFd as _;

use children::{command, kill, passed, rounds};
use selvedge_sync::process::{
    AccessError, AcquireError, Array, Event, HolderDied, Locking, Number, Numbers, Plain, Region,
    Shared, Typecode, Value,
};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, thread};

/// Long enough that only what will never happen has not happened by then.
const LONG: Option<Duration> = Some(Duration::from_secs(30));

#[test]
fn every_type_keeps_its_limits() {
    fn keeps<T: Plain + PartialEq + core::fmt::Debug>(numbers: [T; 3]) {
        for locking in [Locking::RLock, Locking::None] {
            let array = Array::new(&numbers, locking).unwrap();
            let same = Array::<T>::from_fd(array.try_clone_fd().unwrap()).unwrap();
            assert_eq!(same.read(0..3).unwrap(), numbers);
            assert_eq!(same.lock().is_some(), locking == Locking::RLock);
            same.set(0, numbers[2]).unwrap();
            same.write(1, &[numbers[0], numbers[1]]).unwrap();
            let turned = [numbers[2], numbers[0], numbers[1]];
            assert_eq!(array.view().iter().collect::<Vec<_>>(), turned);
            assert_eq!(array.len(), 3);
            assert!(!array.is_empty());
        }
    }
    keeps([i8::MIN, -1, i8::MAX]);
    keeps([u8::MIN, 1, u8::MAX]);
    keeps([i16::MIN, -1, i16::MAX]);
    keeps([u16::MIN, 1, u16::MAX]);
    keeps([i32::MIN, -1, i32::MAX]);
    keeps([u32::MIN, 1, u32::MAX]);
    keeps([i64::MIN, -1, i64::MAX]);
    keeps([u64::MIN, 1, u64::MAX]);
    keeps([f32::MIN, -0.5, f32::INFINITY]);
    keeps([f64::MIN, -0.5, f64::INFINITY]);
}

#[test]
fn letters_name_types_of_the_size_that_they_have_in_c() {
    let sizes = [
        ('b', 1),
        ('B', 1),
        ('u', 4),
        ('h', 2),
        ('H', 2),
        ('i', 4),
        ('I', 4),
        ('l', size_of::<core::ffi::c_long>()),
        ('L', size_of::<core::ffi::c_long>()),
        ('q', 8),
        ('Q', 8),
        ('f', 4),
        ('d', 8),
    ];
    for (letter, size) in sizes {
        let code = Typecode::from_letter(letter).unwrap();
        assert_eq!((code.letter(), code.size()), (letter, size));
        let numbers = Numbers::new(code, 2, Locking::RLock).unwrap();
        let same = Numbers::from_fd(numbers.try_clone_fd().unwrap()).unwrap();
        assert_eq!((same.typecode(), same.len()), (code, 2));
        assert!(same.lock().is_some() && !same.is_empty());
        let zero = numbers.get(1).unwrap();
        assert!(zero == Number::Integer(0) || zero == Number::Float(0.0));
        same.set(1, Number::Integer(97)).unwrap();
        let got = numbers.get(1).unwrap();
        assert!(got == Number::Integer(97) || got == Number::Float(97.0));
        // SAFETY: nobody else has the numbers, and both are within.
        unsafe { assert_eq!(numbers.bytes().read(), 0) };
        assert_eq!(numbers.get(2), Err(AccessError::OutOfRange));
        let beyond = numbers.set(2, Number::Integer(1));
        assert_eq!(beyond, Err(AccessError::OutOfRange));
    }
    assert_eq!(Typecode::from_letter('x'), None);
}

#[test]
fn what_does_not_fit_loses_its_highest_bits() {
    let stored = |letter, number| {
        let code = Typecode::from_letter(letter).unwrap();
        let numbers = Numbers::new(code, 1, Locking::None).unwrap();
        assert!(numbers.lock().is_none());
        numbers.set(0, number).unwrap();
        numbers.get(0).unwrap()
    };
    assert_eq!(stored('b', Number::Integer(300)), Number::Integer(44));
    assert_eq!(stored('b', Number::Integer(200)), Number::Integer(-56));
    assert_eq!(stored('B', Number::Integer(-1)), Number::Integer(255));
    let most = i128::from(u64::MAX);
    assert_eq!(stored('Q', Number::Integer(most)), Number::Integer(most));
    assert_eq!(stored('q', Number::Integer(most)), Number::Integer(-1));
    assert_eq!(stored('i', Number::Float(-2.9)), Number::Integer(-2));
    assert_eq!(stored('d', Number::Float(0.1)), Number::Float(0.1));
    let rounded = Number::Float(f64::from(0.1_f32));
    assert_eq!(stored('f', Number::Float(0.1)), rounded);
}

#[test]
fn parts_are_within() {
    let array = Array::new(&[1_u16, 2, 3, 4], Locking::RLock).unwrap();
    let out = AccessError::OutOfRange;
    assert_eq!(array.get(3), Ok(4));
    assert_eq!(array.get(4), Err(out));
    assert_eq!(array.set(4, 0), Err(out));
    assert_eq!(array.read(4..4), Ok(vec![]));
    for range in [3..5, 5..5] {
        assert_eq!(array.read(range), Err(out));
    }
    #[allow(
        clippy::reversed_empty_ranges,
        reason = "that it is refused is what is tested"
    )]
    let reversed = array.read(2..1);
    assert_eq!(reversed, Err(out));
    assert_eq!(array.write(3, &[9, 9]), Err(out));
    assert_eq!(array.write(usize::MAX, &[9]), Err(out));
    assert_eq!(array.read(0..4), Ok(vec![1, 2, 3, 4]));
    let part = array.view().part(1..3).unwrap();
    assert_eq!((part.len(), part.is_empty()), (2, false));
    assert!(part.set(1, 7) && !part.set(2, 7));
    assert_eq!((part.get(1), part.get(2)), (Some(7), None));
    assert_eq!(array.get(2), Ok(7));
    // SAFETY: nobody else has the array.
    unsafe { assert_eq!(part.as_ptr().read(), 2) };
    let none = Array::<u8>::new(&[], Locking::None).unwrap();
    assert!(none.is_empty() && none.view().is_empty());
    assert_eq!(none.read(0..0), Ok(vec![]));
}

#[test]
fn what_is_not_such_an_array_is_told() {
    let numbers = Array::new(&[1_i32, 2], Locking::None).unwrap();
    let file = || numbers.try_clone_fd().unwrap();
    let told = [
        Array::<u32>::from_fd(file()).map(drop),
        Array::<f32>::from_fd(file()).map(drop),
        Array::<i64>::from_fd(file()).map(drop),
        Value::<i32>::from_fd(file()).map(drop),
    ];
    for told in told {
        assert_eq!(told.unwrap_err().kind(), ErrorKind::InvalidData);
    }
    for length in [1, 64, 4096] {
        let region = Region::anonymous(length).unwrap();
        let file = region.try_clone_fd().unwrap();
        let kind = Numbers::from_fd(file).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::InvalidData);
    }
    let code = Typecode::from_letter('d').unwrap();
    let huge = Numbers::new(code, usize::MAX, Locking::None);
    assert_eq!(huge.unwrap_err().kind(), ErrorKind::InvalidInput);
    let long = Numbers::new(Typecode::Long, 1, Locking::None).unwrap();
    let like = Array::<core::ffi::c_long>::from_fd(long.try_clone_fd().unwrap());
    assert!(like.is_ok());
}

#[test]
fn names_lead_to_arrays() {
    let name = format!("selvedge-test-numbers-{}", std::process::id());
    let array = Array::create(&name, &[1.5_f64, 2.5], Locking::RLock).unwrap();
    let taken = Array::create(&name, &[0_u8], Locking::RLock);
    assert_eq!(taken.unwrap_err().kind(), ErrorKind::AlreadyExists);
    let opened = Array::<f64>::open(&name).unwrap();
    opened.set(1, 0.25).unwrap();
    assert_eq!(array.get(1), Ok(0.25));
    drop(array);
    let gone = Array::<f64>::open(&name).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[test]
fn an_access_waits_for_who_holds_the_lock() {
    let value = Arc::new(Value::new(1_i64, Locking::RLock).unwrap());
    value.lock().unwrap().acquire(None).unwrap();
    let other = {
        let value = Arc::clone(&value);
        thread::spawn(move || value.update(|number| number * 10))
    };
    // The holder goes on.
    assert_eq!(value.update(|number| number + 1), Ok(1));
    value.lock().unwrap().release().unwrap();
    assert_eq!(other.join().unwrap(), Ok(2));
    assert_eq!(value.get(), Ok(20));
    assert_eq!(value.view().get(0), Some(20));
    assert!(!value.lock().unwrap().is_held());
}

#[test]
fn a_change_that_panics_leaves_the_lock() {
    let value = Value::new(1_u8, Locking::RLock).unwrap();
    let change = std::panic::AssertUnwindSafe(|| value.update(|_| panic!("on purpose")));
    assert!(std::panic::catch_unwind(change).is_err());
    assert!(!value.lock().unwrap().is_held());
    assert_eq!(value.get(), Ok(1));
}

const TURNS: i64 = 5000;

#[test]
#[ignore = "a child's part"]
fn child_adds() {
    let value = Value::<i64>::from_fd(passed(0)).unwrap();
    let array = Array::<f64>::from_fd(passed(1)).unwrap();
    for turn in 0..TURNS {
        value.update(|number| number + 1).unwrap();
        let lock = array.lock().unwrap();
        lock.acquire(LONG).unwrap();
        let at = (turn % 3) as usize;
        array.set(at, array.get(at).unwrap() + 0.5).unwrap();
        lock.release().unwrap();
    }
}

#[test]
fn processes_add_up_under_the_lock() {
    let value = Value::new(0_i64, Locking::RLock).unwrap();
    let array = Array::new(&[0.0_f64; 3], Locking::RLock).unwrap();
    let files: [&dyn std::os::fd::AsFd; 2] = [&value, &array];
    let children = [(); 2].map(|()| command("child_adds", &files).spawn().unwrap());
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(value.get(), Ok(2 * TURNS));
    let sum: f64 = array.read(0..3).unwrap().iter().sum();
    assert!((sum - TURNS as f64).abs() < 0.25, "{sum}");
}

#[test]
#[ignore = "a child's part"]
fn child_holds_until_killed() {
    let value = Value::<u32>::from_fd(passed(0)).unwrap();
    let held = Shared::<Event>::from_fd(passed(1)).unwrap();
    value.lock().unwrap().acquire(None).unwrap();
    held.set();
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn a_killed_holder_is_named_and_the_numbers_recovered() {
    for _ in 0..rounds(3) {
        let value = Value::new(7_u32, Locking::RLock).unwrap();
        let held = Shared::new(Event::new()).unwrap();
        let files: [&dyn std::os::fd::AsFd; 2] = [&value.as_fd(), &held];
        let child = command("child_holds_until_killed", &files).spawn().unwrap();
        assert!(held.wait(LONG));
        let died = HolderDied { pid: kill(child) };
        let told = AccessError::Lock(AcquireError::HolderDied(died));
        assert_eq!(value.get(), Err(told));
        assert!(told.to_string().contains(&died.pid.to_string()));
        assert_eq!(value.set(8), Err(told));
        let lock = value.lock().unwrap();
        assert_eq!(lock.recover(), Some(died));
        assert_eq!(value.update(|number| number + 1), Ok(7));
        lock.release().unwrap();
        assert_eq!(value.get(), Ok(8));
    }
}

#[test]
fn numbers_are_whole_without_a_lock() {
    let value = Arc::new(Value::new(0_u64, Locking::None).unwrap());
    let writer = {
        let value = Arc::clone(&value);
        thread::spawn(move || {
            for turn in 0..100_000 {
                value.set(if turn % 2 == 0 { u64::MAX } else { 0 }).unwrap();
            }
        })
    };
    for _ in 0..100_000 {
        assert!(matches!(value.get(), Ok(0 | u64::MAX)));
    }
    writer.join().unwrap();
}
