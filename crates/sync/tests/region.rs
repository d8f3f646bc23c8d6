//! Memory that processes share: its life, its names, and who gets it.
#![cfg(all(unix, not(selvedge_loom)))]

use std::io::ErrorKind;
use std::os::fd::AsFd as _;
use std::process::{Command, Stdio};

use selvedge_sync::process::{Region, inherit, inherited};

fn write(region: &Region, at: usize, byte: u8) {
    assert!(at < region.length());
    // SAFETY: within the region, which only this test's threads and child reach, in turn.
    unsafe { region.as_ptr().add(at).write_volatile(byte) };
}

fn read(region: &Region, at: usize) -> u8 {
    assert!(at < region.length());
    // SAFETY: as in `write`.
    unsafe { region.as_ptr().add(at).read_volatile() }
}

fn name(of: &str) -> String {
    format!("selvedge-test-{of}-{}", std::process::id())
}

#[test]
fn a_region_is_zeroed_and_shared_by_its_descriptor() {
    let region = Region::anonymous(10_000).unwrap();
    let same = Region::from_fd(region.try_clone_fd().unwrap()).unwrap();
    assert_eq!((region.length(), same.length()), (10_000, 10_000));
    assert_eq!((read(&same, 0), read(&same, 9_999)), (0, 0));
    write(&region, 9_999, 7);
    drop(region);
    assert_eq!(read(&same, 9_999), 7);
}

#[test]
fn a_name_opens_a_region_until_its_creator_drops_it() {
    let name = name("name");
    assert_eq!(Region::open(&name).unwrap_err().kind(), ErrorKind::NotFound);
    let region = Region::create(&name, 100).unwrap();
    let taken = Region::create(&name, 100).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    let other = Region::open(&name).unwrap();
    write(&region, 99, 7);
    drop(region);
    assert_eq!(read(&other, 99), 7);
    assert_eq!(Region::open(&name).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_name_that_is_left_stays_until_it_is_removed() {
    let name = name("left");
    let mut region = Region::create(&name, 1).unwrap();
    assert_eq!(region.leave_name().as_ref(), Some(&name));
    assert_eq!(region.leave_name(), None);
    drop(region);
    drop(Region::open(&name).unwrap());
    Region::remove(&name).unwrap();
    assert_eq!(
        Region::remove(&name).unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn what_cannot_be_made_leaves_no_name() {
    let name = name("none");
    assert!(Region::create(&name, 0).is_err());
    assert!(Region::create(&name, usize::MAX).is_err());
    assert_eq!(Region::open(&name).unwrap_err().kind(), ErrorKind::NotFound);
    for bad in ["", "a/b", "a\0b"] {
        assert_eq!(
            Region::create(bad, 1).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_length_of_a_region_stays() {
    use rustix::fs::{SealFlags, fcntl_add_seals, ftruncate};
    let region = Region::anonymous(8192).unwrap();
    for length in [0, 4096, 16384] {
        assert!(ftruncate(&region, length).is_err(), "{length}");
    }
    assert!(fcntl_add_seals(&region, SealFlags::FUTURE_WRITE).is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn a_named_region_is_its_users_own() {
    use rustix::fs::fstat;
    let region = Region::create(&name("mode"), 1).unwrap();
    assert_eq!(fstat(&region).unwrap().st_mode & 0o777, 0o600);
}

#[test]
#[ignore = "the child's part: a_child_inherits_a_region runs it"]
fn child_writes() {
    let number = std::env::var("REGION").unwrap().parse().unwrap();
    // SAFETY: the parent had this child inherit it, and it is taken once.
    let region = Region::from_fd(unsafe { inherited(number).unwrap() }).unwrap();
    let flags = rustix::io::fcntl_getfd(region.as_fd()).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    assert_eq!(read(&region, 0), 1);
    write(&region, 1, 2);
}

#[test]
fn a_child_inherits_a_region() {
    let region = Region::anonymous(2).unwrap();
    write(&region, 0, 1);
    let mut command = Command::new(std::env::current_exe().unwrap());
    let number = inherit(&mut command, &region).unwrap();
    let status = command
        .args(["--exact", "child_writes", "--ignored"])
        .env("REGION", number.to_string())
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    assert_eq!(read(&region, 1), 2);
}
