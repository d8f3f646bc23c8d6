//! Objects that hold values.
#![allow(
    clippy::missing_errors_doc,
    reason = "the module's own documentation says for all proxies what their errors are"
)]

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{decode_all, encode_all, proxies};
use crate::manager::client::{Object, Proxy as _, decode, encode};
use crate::manager::error::ManagerError;
use crate::manager::wire::{Answer, Call, MapCall, SequenceCall};

proxies! {
    /// A list in the server.
    List<T>;
    /// A list of a fixed length in the server.
    Array<T>;
    /// One value in the server.
    Value<T>;
    /// A dictionary in the server. Keys are equal if their bytes are, and have the order of these;
    /// so a key should not be of a type that writes equal values in different ways, as a hash map.
    Dict<K, V>;
    /// Values of different types in the server, by their names.
    Namespace;
}

fn sequence(object: &Object, call: SequenceCall) -> Result<Answer, ManagerError> {
    object.call(Call::Sequence(call))
}

fn map(object: &Object, call: MapCall) -> Result<Answer, ManagerError> {
    object.call(Call::Map(call))
}

impl<T: Serialize + DeserializeOwned> List<T> {
    fn call(&self, call: SequenceCall) -> Result<Answer, ManagerError> {
        sequence(self.object(), call)
    }

    /// How many values there are.
    pub fn len(&self) -> Result<usize, ManagerError> {
        self.call(SequenceCall::Length)?.count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> Result<bool, ManagerError> {
        Ok(self.len()? == 0)
    }

    /// The value at `index`.
    pub fn get(&self, index: usize) -> Result<T, ManagerError> {
        self.call(SequenceCall::Get(index as u64))?.value()
    }

    /// Puts `value` at `index`; returns what was there.
    pub fn set(&self, index: usize, value: &T) -> Result<T, ManagerError> {
        let value = encode(value)?;
        self.call(SequenceCall::Set(index as u64, value))?.value()
    }

    /// Adds a value at the end.
    pub fn append(&self, value: &T) -> Result<(), ManagerError> {
        self.extend([value])
    }

    /// Adds values at the end, with no other in between.
    pub fn extend<'a>(&self, values: impl IntoIterator<Item = &'a T>) -> Result<(), ManagerError>
    where
        T: 'a,
    {
        self.call(SequenceCall::Extend(encode_all(values)?))?.done()
    }

    /// Adds a value before the one at `index`.
    pub fn insert(&self, index: usize, value: &T) -> Result<(), ManagerError> {
        let value = encode(value)?;
        self.call(SequenceCall::Insert(index as u64, value))?.done()
    }

    /// Takes the value at `index` out.
    pub fn remove(&self, index: usize) -> Result<T, ManagerError> {
        self.call(SequenceCall::Remove(index as u64))?.value()
    }

    /// Takes the last value out, if there is one.
    pub fn pop(&self) -> Result<Option<T>, ManagerError> {
        self.call(SequenceCall::Pop)?.optional()
    }

    /// Where the first value is that has the same bytes as this one.
    pub fn index_of(&self, value: &T) -> Result<Option<usize>, ManagerError> {
        self.call(SequenceCall::Find(encode(value)?))?.found()
    }

    /// All values, as they are at one moment.
    pub fn to_vec(&self) -> Result<Vec<T>, ManagerError> {
        decode_all(&self.call(SequenceCall::All)?.values()?)
    }

    /// Drops all values.
    pub fn clear(&self) -> Result<(), ManagerError> {
        self.call(SequenceCall::Clear)?.done()
    }
}

impl<T: Serialize + DeserializeOwned> Array<T> {
    /// How many values there are.
    pub fn len(&self) -> Result<usize, ManagerError> {
        sequence(self.object(), SequenceCall::Length)?.count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> Result<bool, ManagerError> {
        Ok(self.len()? == 0)
    }

    /// The value at `index`.
    pub fn get(&self, index: usize) -> Result<T, ManagerError> {
        sequence(self.object(), SequenceCall::Get(index as u64))?.value()
    }

    /// Puts `value` at `index`; returns what was there.
    pub fn set(&self, index: usize, value: &T) -> Result<T, ManagerError> {
        let call = SequenceCall::Set(index as u64, encode(value)?);
        sequence(self.object(), call)?.value()
    }

    /// All values, as they are at one moment.
    pub fn to_vec(&self) -> Result<Vec<T>, ManagerError> {
        decode_all(&sequence(self.object(), SequenceCall::All)?.values()?)
    }
}

impl<T: Serialize + DeserializeOwned> Value<T> {
    /// The value.
    pub fn get(&self) -> Result<T, ManagerError> {
        sequence(self.object(), SequenceCall::Get(0))?.value()
    }

    /// Puts another in its place; returns what was there.
    pub fn set(&self, value: &T) -> Result<T, ManagerError> {
        let call = SequenceCall::Set(0, encode(value)?);
        sequence(self.object(), call)?.value()
    }

    /// Puts `new` in its place if it has the bytes of `expected`; returns whether it had.
    pub fn compare_exchange(&self, expected: &T, new: &T) -> Result<bool, ManagerError> {
        let call = SequenceCall::Exchange(0, encode(expected)?, encode(new)?);
        sequence(self.object(), call)?.is()
    }

    /// Puts in its place what `change` makes of it, which is called again if another client was
    /// faster; returns what was there.
    pub fn update(&self, mut change: impl FnMut(&T) -> T) -> Result<T, ManagerError> {
        loop {
            let old = self.get()?;
            if self.compare_exchange(&old, &change(&old))? {
                return Ok(old);
            }
        }
    }
}

impl<K, V> Dict<K, V>
where
    K: Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
{
    fn call(&self, call: MapCall) -> Result<Answer, ManagerError> {
        map(self.object(), call)
    }

    /// How many keys there are.
    pub fn len(&self) -> Result<usize, ManagerError> {
        self.call(MapCall::Length)?.count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> Result<bool, ManagerError> {
        Ok(self.len()? == 0)
    }

    /// What `key` stands for.
    pub fn get(&self, key: &K) -> Result<Option<V>, ManagerError> {
        self.call(MapCall::Get(encode(key)?))?.optional()
    }

    /// Has `key` stand for `value`; returns what it stood for.
    pub fn insert(&self, key: &K, value: &V) -> Result<Option<V>, ManagerError> {
        let call = MapCall::Insert(encode(key)?, encode(value)?);
        self.call(call)?.optional()
    }

    /// What `key` stands for; `value` from now on, if it stood for nothing.
    pub fn set_default(&self, key: &K, value: &V) -> Result<V, ManagerError> {
        let call = MapCall::SetDefault(encode(key)?, encode(value)?);
        self.call(call)?.value()
    }

    /// Takes `key` out; returns what it stood for.
    pub fn remove(&self, key: &K) -> Result<Option<V>, ManagerError> {
        self.call(MapCall::Remove(encode(key)?))?.optional()
    }

    /// All keys, as they are at one moment.
    pub fn keys(&self) -> Result<Vec<K>, ManagerError> {
        decode_all(&self.call(MapCall::Keys)?.values()?)
    }

    /// All keys and what they stand for, as they are at one moment.
    pub fn items(&self) -> Result<Vec<(K, V)>, ManagerError> {
        let values = self.call(MapCall::All)?.values()?;
        let (pairs, _) = values.as_chunks::<2>();
        let pairs = pairs.iter();
        pairs
            .map(|[key, value]| Ok((decode(key)?, decode(value)?)))
            .collect()
    }

    /// Drops all keys.
    pub fn clear(&self) -> Result<(), ManagerError> {
        self.call(MapCall::Clear)?.done()
    }
}

impl Namespace {
    /// What `name` stands for.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ManagerError> {
        map(self.object(), MapCall::Get(encode(name)?))?.optional()
    }

    /// Has `name` stand for `value`.
    pub fn set<T: Serialize>(&self, name: &str, value: &T) -> Result<(), ManagerError> {
        let call = MapCall::Insert(encode(name)?, encode(value)?);
        map(self.object(), call).map(drop)
    }

    /// Takes `name` out; returns whether it stood for something.
    pub fn remove(&self, name: &str) -> Result<bool, ManagerError> {
        let answer = map(self.object(), MapCall::Remove(encode(name)?))?;
        Ok(answer != Answer::Nothing)
    }

    /// All names, as they are at one moment.
    pub fn names(&self) -> Result<Vec<String>, ManagerError> {
        decode_all(&map(self.object(), MapCall::Keys)?.values()?)
    }
}
