//! Where in a stretch of memory the long items of a queue lie.

/// The bytes that an item has of the arena, from `begin` up to `end`: none, where the one before
/// ends, if it is short.
///
/// Positions are counted on and on; where they lie in the arena is their remainder by its size. An
/// item lies in one piece: its `end` is in the same lap as its `begin`, or ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) begin: u64,
    pub(super) end: u64,
}

/// The spans of the first and the last item that are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    pub(super) first: Span,
    pub(super) last: Span,
}

/// Where an item of `length` bytes goes in an arena of `size`, if there is room beside those that
/// are there.
///
/// Items leave in the order in which they came, so that what is taken lies between the first one's
/// begin and the last one's end. If that is nothing the item goes to the front of the arena, where
/// memory has been used already.
pub(super) fn place(size: u64, live: Option<Live>, length: u64) -> Option<Span> {
    let span = |begin| Span {
        begin,
        end: begin + length,
    };
    let Some(Live { first, last }) = live else {
        return fits(length, size).then_some(span(0));
    };
    if length == 0 {
        return Some(span(last.end));
    }
    if first.begin == last.end {
        return fits(length, size).then(|| span(last.end.next_multiple_of(size)));
    }
    let left_of_lap = last.end.next_multiple_of(size) - last.end;
    let begin = if fits(length, left_of_lap) {
        last.end
    } else {
        last.end.next_multiple_of(size)
    };
    let placed = span(begin);
    fits(placed.end - first.begin, size).then_some(placed)
}

fn fits(length: u64, room: u64) -> bool {
    room.checked_sub(length).is_some()
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// Where an item goes beside these.
    fn place_beside(size: u64, items: &VecDeque<Span>, length: u64) -> Option<Span> {
        let live = match (items.front(), items.back()) {
            (Some(first), Some(last)) => Some(Live {
                first: *first,
                last: *last,
            }),
            _ => None,
        };
        place(size, live, length)
    }

    fn span(begin: u64, end: u64) -> Span {
        Span { begin, end }
    }

    #[test]
    fn the_arena_is_used_to_its_last_byte() {
        assert_eq!(place_beside(10, &[].into(), 10), Some(span(0, 10)));
        assert_eq!(place_beside(10, &[].into(), 11), None);
        assert_eq!(place_beside(10, &[span(0, 4)].into(), 6), Some(span(4, 10)));
        assert_eq!(place_beside(10, &[span(0, 4)].into(), 7), None);
        // On at the front, up to the first.
        assert_eq!(
            place_beside(10, &[span(4, 8)].into(), 4),
            Some(span(10, 14))
        );
        assert_eq!(place_beside(10, &[span(4, 8)].into(), 5), None);
        assert_eq!(place_beside(10, &[span(4, 8)].into(), 0), Some(span(8, 8)));
        assert_eq!(
            place_beside(10, &[span(4, 10)].into(), 4),
            Some(span(10, 14))
        );
        // Beside short ones only, all of it.
        assert_eq!(
            place_beside(10, &[span(6, 6)].into(), 10),
            Some(span(10, 20))
        );
        assert_eq!(place_beside(10, &[span(6, 6)].into(), 11), None);
    }

    proptest! {
        #[test]
        fn items_never_overlap(
            steps in proptest::collection::vec(prop_oneof![
                2 => (0..12_u64).prop_map(Some),
                1 => Just(None),
            ], 0..200),
        ) {
            const SIZE: u64 = 24;
            let mut items: VecDeque<Span> = VecDeque::new();
            for step in steps {
                let Some(length) = step else {
                    items.pop_front();
                    continue;
                };
                let Some(new) = place_beside(SIZE, &items, length) else {
                    prop_assert!(length > 0 && !items.is_empty());
                    continue;
                };
                prop_assert_eq!(new.end - new.begin, length);
                let bytes = |span: &Span| (span.begin..span.end).map(|at| at % SIZE);
                prop_assert!(bytes(&new).is_sorted(), "it lies in one piece");
                for byte in bytes(&new) {
                    let is_taken = items.iter().any(|item| bytes(item).any(|at| at == byte));
                    prop_assert!(!is_taken);
                }
                items.push_back(new);
            }
        }
    }
}
