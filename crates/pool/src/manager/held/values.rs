//! Objects that hold values and never make anybody wait.

use std::collections::BTreeMap;

use crate::manager::wire::{Answer, Bytes, MapCall, Refusal, Reply, SequenceCall};

/// A list; an array, which keeps its length; a value, which is an array of one.
pub(super) struct Sequence {
    values: Vec<Bytes>,
    grows: bool,
}

impl Sequence {
    pub(super) fn growing(values: Vec<Bytes>) -> Self {
        Self {
            values,
            grows: true,
        }
    }

    pub(super) fn fixed(values: Vec<Bytes>) -> Self {
        Self {
            values,
            grows: false,
        }
    }

    pub(super) fn call(&mut self, call: &SequenceCall) -> Reply {
        match call {
            SequenceCall::Length => Ok(Answer::Count(self.values.len() as u64)),
            SequenceCall::Get(index) => self.at(*index).map(|value| Answer::Value(value.clone())),
            SequenceCall::Set(index, value) => {
                let place = self.at(*index)?;
                Ok(Answer::Value(core::mem::replace(place, value.clone())))
            }
            SequenceCall::Exchange(index, expected, value) => {
                let place = self.at(*index)?;
                let is_there = place == expected;
                if is_there {
                    place.clone_from(value);
                }
                Ok(Answer::Is(is_there))
            }
            SequenceCall::All => Ok(Answer::Values(self.values.clone())),
            SequenceCall::Find(value) => {
                let found = self.values.iter().position(|other| other == value);
                Ok(found.map_or(Answer::Nothing, |index| Answer::Count(index as u64)))
            }
            _ if !self.grows => Err(Refusal::Misfit),
            SequenceCall::Extend(values) => {
                self.values.extend_from_slice(values);
                Ok(Answer::Done)
            }
            SequenceCall::Insert(index, value) => {
                let index = usize::try_from(*index).map_err(|_| Refusal::OutOfRange)?;
                if index > self.values.len() {
                    return Err(Refusal::OutOfRange);
                }
                self.values.insert(index, value.clone());
                Ok(Answer::Done)
            }
            SequenceCall::Remove(index) => {
                self.at(*index)?;
                Ok(Answer::Value(self.values.remove(*index as usize)))
            }
            SequenceCall::Pop => Ok(self.values.pop().map_or(Answer::Nothing, Answer::Value)),
            SequenceCall::Clear => {
                self.values.clear();
                Ok(Answer::Done)
            }
        }
    }

    fn at(&mut self, index: u64) -> Result<&mut Bytes, Refusal> {
        let index = usize::try_from(index).ok();
        let place = index.and_then(|index| self.values.get_mut(index));
        place.ok_or(Refusal::OutOfRange)
    }
}

/// A dictionary or a namespace, ordered by the bytes of the keys.
#[derive(Default)]
pub(super) struct Map(BTreeMap<Bytes, Bytes>);

impl Map {
    pub(super) fn call(&mut self, call: &MapCall) -> Answer {
        let found = |value: Option<Bytes>| value.map_or(Answer::Nothing, Answer::Value);
        match call {
            MapCall::Length => Answer::Count(self.0.len() as u64),
            MapCall::Get(key) => found(self.0.get(key).cloned()),
            MapCall::Insert(key, value) => found(self.0.insert(key.clone(), value.clone())),
            MapCall::SetDefault(key, value) => {
                let entry = self.0.entry(key.clone());
                Answer::Value(entry.or_insert_with(|| value.clone()).clone())
            }
            MapCall::Remove(key) => found(self.0.remove(key)),
            MapCall::Keys => Answer::Values(self.0.keys().cloned().collect()),
            MapCall::All => {
                let pairs = self.0.iter().flat_map(|(key, value)| [key, value]);
                Answer::Values(pairs.cloned().collect())
            }
            MapCall::Clear => {
                self.0.clear();
                Answer::Done
            }
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    fn bytes<const N: usize>(values: [u8; N]) -> Vec<Bytes> {
        values.iter().map(|value| vec![*value]).collect()
    }

    #[test]
    fn list_does_what_it_is_asked() {
        let mut list = Sequence::growing(bytes([1, 2]));
        let mut call = |call| list.call(&call);
        assert_eq!(call(SequenceCall::Length), Ok(Answer::Count(2)));
        assert_eq!(call(SequenceCall::Extend(bytes([3]))), Ok(Answer::Done));
        assert_eq!(call(SequenceCall::Insert(3, vec![4])), Ok(Answer::Done));
        assert_eq!(
            call(SequenceCall::Insert(5, vec![4])),
            Err(Refusal::OutOfRange)
        );
        assert_eq!(call(SequenceCall::Get(3)), Ok(Answer::Value(vec![4])));
        assert_eq!(call(SequenceCall::Get(4)), Err(Refusal::OutOfRange));
        assert_eq!(
            call(SequenceCall::Set(0, vec![9])),
            Ok(Answer::Value(vec![1]))
        );
        assert_eq!(call(SequenceCall::Find(vec![3])), Ok(Answer::Count(2)));
        assert_eq!(call(SequenceCall::Find(vec![1])), Ok(Answer::Nothing));
        assert_eq!(call(SequenceCall::Remove(1)), Ok(Answer::Value(vec![2])));
        assert_eq!(call(SequenceCall::Remove(3)), Err(Refusal::OutOfRange));
        assert_eq!(call(SequenceCall::Pop), Ok(Answer::Value(vec![4])));
        assert_eq!(call(SequenceCall::All), Ok(Answer::Values(bytes([9, 3]))));
        assert_eq!(call(SequenceCall::Clear), Ok(Answer::Done));
        assert_eq!(call(SequenceCall::Pop), Ok(Answer::Nothing));
    }

    #[test]
    fn array_keeps_its_length() {
        let mut array = Sequence::fixed(bytes([1]));
        for call in [
            SequenceCall::Extend(bytes([3])),
            SequenceCall::Insert(0, vec![3]),
            SequenceCall::Remove(0),
            SequenceCall::Pop,
            SequenceCall::Clear,
        ] {
            assert_eq!(array.call(&call), Err(Refusal::Misfit));
        }
        let exchange = |old, new| SequenceCall::Exchange(0, vec![old], vec![new]);
        assert_eq!(array.call(&exchange(7, 8)), Ok(Answer::Is(false)));
        assert_eq!(array.call(&exchange(1, 2)), Ok(Answer::Is(true)));
        assert_eq!(
            array.call(&SequenceCall::All),
            Ok(Answer::Values(bytes([2])))
        );
    }

    #[test]
    fn map_does_what_it_is_asked() {
        let mut map = Map::default();
        let mut call = |call| map.call(&call);
        let (a, b) = (|| vec![1], || vec![2]);
        assert_eq!(call(MapCall::Insert(b(), a())), Answer::Nothing);
        assert_eq!(call(MapCall::Insert(b(), b())), Answer::Value(a()));
        assert_eq!(call(MapCall::SetDefault(b(), a())), Answer::Value(b()));
        assert_eq!(call(MapCall::SetDefault(a(), a())), Answer::Value(a()));
        assert_eq!(call(MapCall::Keys), Answer::Values(vec![a(), b()]));
        assert_eq!(call(MapCall::All), Answer::Values(vec![a(), a(), b(), b()]));
        assert_eq!(call(MapCall::Get(b())), Answer::Value(b()));
        assert_eq!(call(MapCall::Remove(b())), Answer::Value(b()));
        assert_eq!(call(MapCall::Get(b())), Answer::Nothing);
        assert_eq!(call(MapCall::Remove(b())), Answer::Nothing);
        assert_eq!(call(MapCall::Length), Answer::Count(1));
        assert_eq!(call(MapCall::Clear), Answer::Done);
        assert_eq!(call(MapCall::Length), Answer::Count(0));
    }
}
