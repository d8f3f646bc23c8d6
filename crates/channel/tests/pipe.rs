//! Pipes between processes, and within one.
#![cfg(all(unix, not(selvedge_loom)))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "clippy sees through the seam's re-exports"
)]

#[path = "../../../tests/support/children.rs"]
#[allow(dead_code, reason = "other tests kill by it")]
mod children;

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use children::{command, kill, passed};
use selvedge_channel::process::{Connection, RecvError, SendError, pipe};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::thread;

/// Long enough that only what will never happen has not happened by then.
const LONG: Option<Duration> = Some(Duration::from_secs(30));
const SHORT: Option<Duration> = Some(Duration::from_millis(20));
const NOW: Option<Duration> = Some(Duration::ZERO);
/// More than the system holds of what nobody has received.
const HUGE: usize = 16 << 20;

/// A connection, and the bare socket at its other end.
fn half_bare() -> (Connection, UnixStream) {
    let (one, other) = UnixStream::pair().unwrap();
    (Connection::duplex(one.into()), other)
}

#[test]
fn values_and_bytes_go_both_ways_in_order() {
    let (mut here, mut there) = pipe(true).unwrap();
    for number in 0..100_u64 {
        here.send(&(number, "text"), NOW).unwrap();
        there.send_bytes(&number.to_le_bytes(), NOW).unwrap();
    }
    here.send_bytes(b"", NOW).unwrap();
    for number in 0..100_u64 {
        let value: (u64, String) = there.recv(LONG).unwrap();
        assert_eq!(value, (number, "text".to_owned()));
        assert_eq!(here.recv_bytes(8, LONG).unwrap(), number.to_le_bytes());
    }
    assert_eq!(there.recv_bytes(0, LONG).unwrap(), b"");
}

#[test]
fn a_simplex_pipe_goes_one_way() {
    let (mut receiving, mut sending) = pipe(false).unwrap();
    assert!(receiving.is_readable() && !receiving.is_writable());
    assert!(!sending.is_readable() && sending.is_writable());
    assert!(matches!(
        receiving.send(&1, NOW),
        Err(SendError::NotWritable)
    ));
    assert!(matches!(receiving.flush(NOW), Err(SendError::NotWritable)));
    assert!(matches!(
        sending.recv::<u8>(NOW),
        Err(RecvError::NotReadable)
    ));
    assert!(matches!(sending.poll(NOW), Err(RecvError::NotReadable)));
    sending.send(&1, NOW).unwrap();
    assert_eq!(receiving.recv::<i32>(LONG).unwrap(), 1);
}

#[test]
fn a_huge_message_passes_while_both_ends_work() {
    let (mut here, mut there) = pipe(true).unwrap();
    let message: Vec<u8> = (0..HUGE).map(|index| (index / 1000) as u8).collect();
    let sent = message.clone();
    let sender = thread::spawn(move || {
        here.send_bytes(&sent, LONG).unwrap();
        here.send_bytes(b"after", LONG).unwrap();
    });
    let mut buffer = vec![0; HUGE + 1];
    assert_eq!(there.recv_bytes_into(&mut buffer, LONG).unwrap(), HUGE);
    assert!(buffer[..HUGE] == message);
    assert_eq!(there.recv_bytes(9, LONG).unwrap(), b"after");
    sender.join().unwrap();
}

#[test]
fn the_halves_work_in_two_threads() {
    let (here, mut there) = pipe(true).unwrap();
    let (incoming, outgoing) = here.split();
    let (mut incoming, mut outgoing) = (incoming.unwrap(), outgoing.unwrap());
    let receiver = thread::spawn(move || incoming.recv::<u32>(LONG).unwrap());
    outgoing.send(&1_u32, NOW).unwrap();
    assert_eq!(there.recv::<u32>(LONG).unwrap(), 1);
    there.send(&2_u32, NOW).unwrap();
    assert_eq!(receiver.join().unwrap(), 2);
    drop(outgoing);
    assert!(matches!(there.recv::<u32>(LONG), Err(RecvError::Closed)));
}

#[test]
fn a_receive_that_times_out_loses_nothing() {
    let (mut here, mut bare) = half_bare();
    let started = Instant::now();
    assert!(matches!(here.recv_bytes(9, SHORT), Err(RecvError::Timeout)));
    assert!(started.elapsed() >= SHORT.unwrap());
    let frame = [&3_u64.to_le_bytes()[..], b"abc"].concat();
    for byte in &frame[..frame.len() - 1] {
        bare.write_all(&[*byte]).unwrap();
        assert!(matches!(here.recv_bytes(9, NOW), Err(RecvError::Timeout)));
    }
    bare.write_all(b"c").unwrap();
    assert_eq!(here.recv_bytes(9, LONG).unwrap(), b"abc");
}

#[test]
fn a_receive_waits_for_what_comes_later() {
    let (mut here, mut there) = pipe(true).unwrap();
    let sender = thread::spawn(move || {
        thread::sleep(SHORT.unwrap());
        there.send(&7, NOW).unwrap();
    });
    assert_eq!(here.recv::<i32>(None).unwrap(), 7);
    sender.join().unwrap();
}

#[test]
fn a_send_that_times_out_sends_nothing_or_the_whole_message() {
    let (mut here, mut there) = pipe(true).unwrap();
    let huge = vec![7; HUGE];
    assert!(matches!(
        here.send_bytes(&huge, SHORT),
        Err(SendError::Unfinished)
    ));
    assert!(matches!(here.flush(SHORT), Err(SendError::Unfinished)));
    // Nothing of this one is sent.
    assert!(matches!(
        here.send_bytes(b"lost", SHORT),
        Err(SendError::Timeout)
    ));
    let sender = thread::spawn(move || {
        here.send_bytes(b"next", LONG).unwrap();
        here.flush(NOW).unwrap();
        here
    });
    assert!(there.recv_bytes(u64::MAX, LONG).unwrap() == huge);
    assert_eq!(there.recv_bytes(4, LONG).unwrap(), b"next");
    let mut here = sender.join().unwrap();

    assert!(matches!(
        here.send_bytes(&huge, SHORT),
        Err(SendError::Unfinished)
    ));
    let sender = thread::spawn(move || here.flush(LONG));
    assert!(there.recv_bytes(u64::MAX, LONG).unwrap() == huge);
    sender.join().unwrap().unwrap();
}

#[test]
fn a_message_that_is_too_long_stays() {
    let (mut here, mut there) = pipe(true).unwrap();
    here.send_bytes(b"abc", NOW).unwrap();
    assert!(matches!(
        there.recv_bytes(2, LONG),
        Err(RecvError::TooLong(3))
    ));
    let mut buffer = [0; 3];
    let told = there.recv_bytes_into(&mut buffer[..2], LONG);
    assert!(matches!(told, Err(RecvError::TooLong(3))));
    assert_eq!(there.recv_bytes_into(&mut buffer, LONG).unwrap(), 3);
    assert_eq!(&buffer, b"abc");
}

#[test]
fn what_was_sent_before_the_end_is_received() {
    let (mut here, mut there) = pipe(true).unwrap();
    here.send(&1, NOW).unwrap();
    // Unread, so that the system reports a reset, not an end.
    there.send(&1, NOW).unwrap();
    here.close();
    assert_eq!(there.recv::<i32>(LONG).unwrap(), 1);
    assert!(matches!(there.recv::<i32>(LONG), Err(RecvError::Closed)));
    assert!(matches!(there.recv::<i32>(LONG), Err(RecvError::Closed)));
    assert!(matches!(there.send(&1, LONG), Err(SendError::Closed)));
}

#[test]
fn an_end_within_a_message_is_told() {
    for length in [1, 8, 9] {
        let (mut here, mut bare) = half_bare();
        let frame = [&3_u64.to_le_bytes()[..], b"abc"].concat();
        bare.write_all(&frame[..length]).unwrap();
        if length == 8 {
            assert!(matches!(here.recv_bytes(9, NOW), Err(RecvError::Timeout)));
        }
        drop(bare);
        assert!(matches!(
            here.recv_bytes(9, LONG),
            Err(RecvError::Truncated)
        ));
    }
}

#[test]
fn a_value_of_another_type_is_told_and_passed_over() {
    let (mut here, mut there) = pipe(true).unwrap();
    here.send_bytes(&[0xff; 3], NOW).unwrap();
    here.send("next", NOW).unwrap();
    assert!(matches!(
        there.recv::<String>(LONG),
        Err(RecvError::Garbled(_))
    ));
    assert_eq!(there.recv::<String>(LONG).unwrap(), "next");
}

#[test]
fn poll_tells_whether_a_receive_would_find_something() {
    let (mut here, mut there) = pipe(true).unwrap();
    assert!(!here.poll(NOW).unwrap());
    assert!(!here.poll(SHORT).unwrap());
    there.send(&1, NOW).unwrap();
    there.send(&2, NOW).unwrap();
    assert!(here.poll(LONG).unwrap());
    assert_eq!(here.recv::<i32>(LONG).unwrap(), 1);
    // The second came along with the first, and the socket is empty.
    assert!(here.poll(NOW).unwrap());
    assert_eq!(here.recv::<i32>(LONG).unwrap(), 2);
    assert!(!here.poll(NOW).unwrap());
    drop(there);
    assert!(here.poll(NOW).unwrap());
}

#[test]
fn errors_say_what_happened() {
    use std::error::Error as _;
    let (mut here, there) = pipe(false).unwrap();
    let error = here.send(&1, NOW).unwrap_err();
    assert_eq!(error.to_string(), "this end of the pipe only receives");
    assert!(error.source().is_none());
    drop(there);
    let error = here.recv::<u8>(NOW).unwrap_err();
    assert_eq!(error.to_string(), "the other end of the pipe is closed");
    let error = RecvError::from(std::io::Error::other("bad"));
    assert_eq!(
        (error.to_string(), error.source().is_some()),
        ("bad".into(), true)
    );
}

#[test]
#[ignore = "the child's part: a_child_answers_and_its_end_is_told runs it"]
fn child_answers() {
    let mut parent = Connection::duplex(passed(0));
    let flags = rustix_flags(&parent);
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    while let Ok(number) = parent.recv::<u64>(LONG) {
        parent.send(&(number + 1), LONG).unwrap();
    }
}

fn rustix_flags(end: &Connection) -> rustix::io::FdFlags {
    rustix::io::fcntl_getfd(end.as_fd()).unwrap()
}

#[test]
fn a_child_answers_and_its_end_is_told() {
    let (mut here, there) = pipe(true).unwrap();
    let mut command = command("child_answers", &[&there]);
    let child = command.spawn().unwrap();
    // The parent's own copies would keep the end open.
    drop((command, there));
    for number in 0..100_u64 {
        here.send(&number, LONG).unwrap();
        assert_eq!(here.recv::<u64>(LONG).unwrap(), number + 1);
    }
    kill(child);
    assert!(matches!(here.recv::<u64>(LONG), Err(RecvError::Closed)));
    assert!(matches!(here.send(&1_u64, LONG), Err(SendError::Closed)));
}

#[test]
fn a_child_ends_with_its_parents_end() {
    let (here, there) = pipe(true).unwrap();
    let mut child = command("child_answers", &[&there]).spawn().unwrap();
    drop((here, there));
    assert!(child.wait().unwrap().success());
}

/// How many descriptors this process has open.
#[cfg(target_os = "linux")]
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn descriptors_come_in_the_order_of_messages() {
    use selvedge_channel::process::queue::ByteQueue;
    let (mut here, mut there) = pipe(true).unwrap();
    let queues = [1, 2, 3].map(|capacity| ByteQueue::new(capacity).unwrap());
    let long = vec![7; 100_000];
    here.send_bytes(b"before", NOW).unwrap();
    for queue in &queues {
        here.send_fd(queue, NOW).unwrap();
        here.send_bytes(&long, NOW).unwrap();
    }
    drop(here);
    assert_eq!(there.recv_bytes(6, LONG).unwrap(), b"before");
    for queue in &queues {
        let same = ByteQueue::from_fd(there.recv_fd(LONG).unwrap()).unwrap();
        assert_eq!(same.capacity(), queue.capacity());
        queue.send(b"through", NOW).unwrap();
        assert_eq!(same.recv(NOW).unwrap(), b"through");
        assert_eq!(there.recv_bytes(u64::MAX, LONG).unwrap(), long);
    }
    assert!(matches!(there.recv_fd(LONG), Err(RecvError::Closed)));
}

#[test]
fn a_message_without_a_descriptor_comes_back() {
    let (mut here, mut there) = pipe(true).unwrap();
    assert!(matches!(there.recv_fd(SHORT), Err(RecvError::Timeout)));
    here.send_bytes(b"selvedge", NOW).unwrap();
    match there.recv_fd(LONG) {
        Err(RecvError::NoDescriptor(message)) => assert_eq!(message, b"selvedge"),
        other => panic!("{other:?}"),
    }
    // Made up: there is no such descriptor, and those that come are not lost by it.
    for number in [0_u64, 5, u64::MAX] {
        let made_up = [&b"selvedge"[..], &number.to_le_bytes()].concat();
        here.send_bytes(&made_up, NOW).unwrap();
        let told = there.recv_fd(LONG).unwrap_err();
        assert!(matches!(told, RecvError::DescriptorLost));
        assert!(!told.to_string().is_empty());
    }
    here.send_fd(&there, NOW).unwrap();
    assert!(there.recv_fd(LONG).is_ok());
    let (receiving, sending) = pipe(false).unwrap();
    let (mut receiving, mut sending) = (receiving, sending);
    let file = UnixStream::pair().unwrap().0;
    assert!(matches!(
        receiving.send_fd(&file, NOW),
        Err(SendError::NotWritable)
    ));
    assert!(matches!(sending.recv_fd(NOW), Err(RecvError::NotReadable)));
}

#[test]
fn a_descriptor_that_was_received_is_not_inherited() {
    let (mut here, mut there) = pipe(true).unwrap();
    here.send_fd(UnixStream::pair().unwrap().0, NOW).unwrap();
    let got = there.recv_fd(LONG).unwrap();
    let flags = rustix::io::fcntl_getfd(&got).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
}

#[test]
fn a_descriptor_whose_message_was_received_otherwise_is_passed_over() {
    let (mut here, mut there) = pipe(true).unwrap();
    let (first, mut watched) = UnixStream::pair().unwrap();
    let (second, mut kept) = UnixStream::pair().unwrap();
    here.send_fd(&first, NOW).unwrap();
    here.send_fd(&second, NOW).unwrap();
    drop((first, second));
    assert_eq!(there.recv_bytes(u64::MAX, LONG).unwrap().len(), 16);
    let mut got = UnixStream::from(there.recv_fd(LONG).unwrap());
    got.write_all(b"x").unwrap();
    let mut byte = [0];
    std::io::Read::read_exact(&mut kept, &mut byte).unwrap();
    assert_eq!(&byte, b"x");
    // The first is closed, so its other end is at its end.
    let end = std::io::Read::read(&mut watched, &mut byte).unwrap();
    assert_eq!(end, 0);
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "a child's part: it counts what it has open"]
fn child_has_no_room_and_leaks_nothing() {
    let (mut here, mut there) = pipe(true).unwrap();
    let file = UnixStream::pair().unwrap().0;
    let before = open_files();
    for _ in 0..10 {
        here.send_fd(&file, NOW).unwrap();
        drop(there.recv_fd(LONG).unwrap());
        here.send_fd(&file, NOW).unwrap();
        there.recv_bytes(u64::MAX, LONG).unwrap();
    }
    drop(there);
    assert_eq!(open_files(), before - 1, "what waited is closed");

    let (mut here, mut there) = pipe(true).unwrap();
    let mut taken = Vec::new();
    while let Ok(more) = file.try_clone() {
        taken.push(more);
    }
    here.send_fd(&file, NOW).unwrap();
    assert!(matches!(
        there.recv_fd(LONG),
        Err(RecvError::DescriptorLost)
    ));
    taken.clear();
    here.send_fd(&file, NOW).unwrap();
    let got = there.recv_fd(LONG).unwrap();
    assert!(
        rustix::io::fcntl_getfd(&got)
            .unwrap()
            .contains(rustix::io::FdFlags::CLOEXEC)
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_without_room_is_told_and_leaks_nothing() {
    let mut child = command("child_has_no_room_and_leaks_nothing", &[]);
    assert!(child.spawn().unwrap().wait().unwrap().success());
}

#[test]
#[ignore = "a child's part"]
fn child_hands_a_socket_over() {
    let mut parent = Connection::duplex(passed(0));
    let (one, mut other) = UnixStream::pair().unwrap();
    parent.send_fd(one, LONG).unwrap();
    other.write_all(b"from the child").unwrap();
}

#[test]
fn another_process_hands_a_descriptor_over() {
    let (mut here, there) = pipe(true).unwrap();
    let mut child = command("child_hands_a_socket_over", &[&there])
        .spawn()
        .unwrap();
    drop(there);
    let mut got = UnixStream::from(here.recv_fd(LONG).unwrap());
    assert!(child.wait().unwrap().success());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut got, &mut text).unwrap();
    assert_eq!(text, "from the child");
}
