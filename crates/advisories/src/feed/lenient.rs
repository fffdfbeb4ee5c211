//! JSON that forgives: what is of another type than it should be is remembered as such, and the
//! rest of the document is still read.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::osv::{Text, Word};

/// An object as pairs, in their order; or a text; or something else, of which nothing is kept.
#[derive(Debug)]
pub(super) struct Pairs<'a, V> {
    pub(super) list: Vec<(Text<'a>, V)>,
    /// Whether it was an object.
    pub(super) is_one: bool,
    /// The text, if it was one instead.
    pub(super) text: Word<'a>,
}

impl<V> Default for Pairs<'_, V> {
    fn default() -> Self {
        Self { list: Vec::new(), is_one: false, text: Word::default() }
    }
}

impl<V> Pairs<'_, V> {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.list.iter().find(|(known, _)| known.get() == key).map(|(_, value)| value)
    }
}

/// A list of texts, or one text; whatever else stands there is the empty list.
#[derive(Debug, Default)]
pub(super) struct Words<'a>(pub(super) Vec<Word<'a>>);

/// What can be made of whatever stands in a document.
trait Forgiving<'de>: Default {
    fn of_text(text: Cow<'de, str>) -> Self;

    fn of_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn of_seq<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl<'de, V: Deserialize<'de>> Forgiving<'de> for Pairs<'de, V> {
    fn of_text(text: Cow<'de, str>) -> Self {
        Self { text: Word::of(text), ..Self::default() }
    }

    fn of_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut list = Vec::new();
        while let Some(pair) = map.next_entry::<Text<'de>, V>()? {
            list.push(pair);
        }
        Ok(Self { list, is_one: true, ..Self::default() })
    }
}

impl<'de> Forgiving<'de> for Words<'de> {
    fn of_text(text: Cow<'de, str>) -> Self {
        Self(vec![Word::of(text)])
    }

    fn of_seq<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        let mut list = Vec::new();
        while let Some(word) = seq.next_element::<Word<'de>>()? {
            list.push(word);
        }
        Ok(Self(list))
    }
}

/// Takes anything.
struct Anything<T>(PhantomData<T>);

impl<'de, T: Forgiving<'de>> Visitor<'de> for Anything<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::of_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<T, A::Error> {
        T::of_seq(seq)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<T, E> {
        Ok(T::of_text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::of_text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Pairs<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything::<Pairs<'de, V>>(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Words<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything::<Words<'de>>(PhantomData))
    }
}
