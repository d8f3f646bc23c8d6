//! The decoder, fed in pieces of any size and with bytes of any kind.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Gives `bytes` in pieces of these sizes, again and again, and then fails with `Closed`. Before
/// each piece, fails with `Timeout` if it is of an odd size.
struct Source<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    next: usize,
    timed_out: bool,
}

impl<'a> Source<'a> {
    fn new(bytes: &'a [u8], sizes: &[usize]) -> Self {
        Self {
            bytes,
            sizes: sizes.to_vec(),
            next: 0,
            timed_out: false,
        }
    }

    fn receive(&mut self, into: &mut Vec<u8>, room: usize) -> Result<(), RecvError> {
        assert!(room > 0, "there is room for what is asked for");
        assert!(into.capacity() - into.len() >= room, "and memory");
        if self.bytes.is_empty() {
            return Err(RecvError::Closed);
        }
        let size = self.sizes[self.next % self.sizes.len()];
        if size % 2 == 1 && !self.timed_out {
            self.timed_out = true;
            return Err(RecvError::Timeout);
        }
        self.timed_out = false;
        self.next += 1;
        let (piece, rest) = self.bytes.split_at(size.min(room).min(self.bytes.len()));
        into.extend_from_slice(piece);
        self.bytes = rest;
        Ok(())
    }
}

/// Every message in `bytes`, and the error that ends them.
fn decode(bytes: &[u8], sizes: &[usize]) -> (Vec<Vec<u8>>, RecvError) {
    let (mut decoder, mut source) = (Decoder::default(), Source::new(bytes, sizes));
    let mut messages = Vec::new();
    loop {
        match decoder.next(u64::MAX, |into, room| source.receive(into, room)) {
            Ok(message) => messages.push(message.into_vec()),
            Err(RecvError::Timeout) => {}
            Err(error) => return (messages, error),
        }
    }
}

fn encode(messages: &[Vec<u8>]) -> Vec<u8> {
    let frame = |message: &Vec<u8>| [&head(message)[..], message].concat();
    messages.iter().flat_map(frame).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn messages_come_whole_however_the_bytes_come(
        lengths in vec(prop_oneof![0..40_usize, BUFFER - 20..BUFFER + 20, Just(3 * STEP)], 0..6),
        sizes in vec(prop_oneof![1..9_usize, 1000..2 * BUFFER], 1..5),
    ) {
        let fill = |(index, length): (usize, &usize)| vec![index as u8; *length];
        let messages: Vec<_> = lengths.iter().enumerate().map(fill).collect();
        // Pieces of a few bytes would take the long ones for ever.
        let sizes = if messages.iter().any(|message| message.len() > BUFFER) {
            sizes.iter().map(|size| size.max(&1000)).copied().collect()
        } else {
            sizes
        };
        let (decoded, error) = decode(&encode(&messages), &sizes);
        prop_assert!(decoded == messages);
        prop_assert!(matches!(error, RecvError::Closed));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_messages_or_the_beginning_of_one(
        bytes in vec(prop_oneof![3 => Just(0_u8), 1 => any::<u8>()], 0..300),
        sizes in vec(1..9_usize, 1..5),
    ) {
        let (decoded, _) = decode(&bytes, &sizes);
        let encoded = encode(&decoded);
        prop_assert!(bytes.starts_with(&encoded));
        if let Some(head) = bytes[encoded.len()..].first_chunk() {
            prop_assert!(u64::from_le_bytes(*head) > (bytes.len() - encoded.len() - HEAD) as u64);
        }
    }
}

#[test]
fn a_garbled_length_claims_little_memory() {
    let mut decoder = Decoder::default();
    let bytes = [&u64::MAX.to_le_bytes()[..], &[7; 100]].concat();
    let mut source = Source::new(&bytes, &[200]);
    let error = decoder.next(u64::MAX, |into, room| source.receive(into, room));
    assert!(matches!(error, Err(RecvError::Closed)));
    assert!(decoder.long.capacity() <= 2 * STEP);
    assert!(!decoder.is_between_messages());
}

#[test]
fn a_message_that_is_too_long_is_still_there() {
    for length in [10, BUFFER, 2 * BUFFER] {
        let mut decoder = Decoder::default();
        let bytes = encode(&[vec![7; length], vec![8]]);
        let mut source = Source::new(&bytes, &[1 << 20]);
        let mut next = |most| {
            let message = decoder.next(most, |into, room| source.receive(into, room));
            message.map(Message::into_vec)
        };
        let length = length as u64;
        assert!(matches!(next(length - 1), Err(RecvError::TooLong(told)) if told == length));
        assert_eq!(next(length).unwrap(), vec![7; length as usize]);
        assert_eq!(next(1).unwrap(), [8]);
    }
}

#[test]
fn only_what_the_buffer_cannot_hold_is_long() {
    for (length, long) in [(BUFFER - HEAD, false), (BUFFER - HEAD + 1, true)] {
        let mut decoder = Decoder::default();
        let bytes = encode(&[vec![7; length]]);
        let mut source = Source::new(&bytes, &[1 << 20]);
        let message = decoder.next(u64::MAX, |into, room| source.receive(into, room));
        assert_eq!(matches!(message, Ok(Message::Long(_))), long);
    }
}

#[test]
fn ready_means_that_nothing_more_has_to_come() {
    let bytes = encode(&[vec![1], vec![2, 3], vec![4; 2 * BUFFER]]);
    let mut decoder = Decoder::default();
    assert!(!decoder.is_ready() && decoder.is_between_messages());
    // The first message, and all but the last byte of the second.
    let mut source = Source::new(&bytes, &[18]);
    let first = decoder.next(9, |into, room| source.receive(into, room));
    assert_eq!(first.unwrap().bytes(), [1]);
    assert!(!decoder.is_ready() && !decoder.is_between_messages());
    decoder
        .fill_buffer(&mut |into, room| source.receive(into, room.min(1)))
        .unwrap();
    assert!(decoder.is_ready());
    let second = decoder.next(9, |_, _| unreachable!("it is ready"));
    assert_eq!(second.unwrap().bytes(), [2, 3]);
    assert!(decoder.is_between_messages());
    decoder
        .fill_buffer(&mut |into, room| source.receive(into, room))
        .unwrap();
    assert!(!decoder.is_ready() && !decoder.is_between_messages());
}
