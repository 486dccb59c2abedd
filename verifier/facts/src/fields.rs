//! The fields of an item, by name: of a million items most say what the one before them said, and that is held once.

use crate::Field;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::RefCell;
use std::ops::Index;
use std::sync::Arc;

/// The names of a kind's fields in order, shared by its items.
type Names = Arc<Vec<Box<str>>>;

/// Fields in order of their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    names: Names,
    values: Box<[Arc<Field>]>,
}

impl Fields {
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.position(name).ok().and_then(|at| self.values.get(at)).map(Arc::as_ref)
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_ok()
    }

    /// Puts a field in place of the one with that name, or beside the others.
    pub fn insert(&mut self, name: impl Into<Box<str>>, field: Field) {
        let name = name.into();
        match self.position(&name) {
            Ok(at) => self.values[at] = Arc::new(field),
            Err(at) => {
                let mut names = (*self.names).clone();
                names.insert(at, name);
                let mut values = std::mem::take(&mut self.values).into_vec();
                values.insert(at, Arc::new(field));
                (self.names, self.values) = (shared(names), values.into());
            }
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(Box::as_ref)
    }

    pub fn values(&self) -> impl Iterator<Item = &Field> {
        self.values.iter().map(Arc::as_ref)
    }

    /// For changes in place of the fields that they concern; what was shared with other items is copied first where it is changed.
    pub(crate) fn change(&mut self, concerns: impl Fn(&Field) -> bool, change: impl Fn(&mut Field)) {
        for value in self.values.iter_mut().filter(|value| concerns(value)) {
            let mut copy = Field::clone(value);
            change(&mut copy);
            if copy != **value {
                *value = Arc::new(copy);
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.keys().zip(self.values())
    }

    /// Holds what another item says too only once.
    pub(crate) fn share(&mut self, other: &Fields) {
        if self.names == other.names {
            self.names = Arc::clone(&other.names);
            for (own, other) in self.values.iter_mut().zip(&other.values) {
                // 0 and -0 are equal and are not written alike.
                let number = matches!(&**own, Field::Known(value) if value.is_f64());
                if !number && own == other {
                    *own = Arc::clone(other);
                }
            }
        }
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|n| (**n).cmp(name))
    }
}

thread_local! {
    /// The names that were met last: the next item has the same, nearly always.
    static LAST: RefCell<Names> = RefCell::default();
}

fn shared(names: Vec<Box<str>>) -> Names {
    LAST.with_borrow_mut(|last| {
        if **last != names {
            *last = Arc::new(names);
        }
        Arc::clone(last)
    })
}

impl<N: Into<Box<str>>> FromIterator<(N, Field)> for Fields {
    /// Of two fields with one name the later counts.
    fn from_iter<I: IntoIterator<Item = (N, Field)>>(all: I) -> Fields {
        let mut all: Vec<(Box<str>, Arc<Field>)> = all.into_iter().map(|(n, f)| (n.into(), Arc::new(f))).collect();
        all.reverse();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all.dedup_by(|a, b| a.0 == b.0);
        let (names, values): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        Fields { names: shared(names), values: values.into() }
    }
}

impl<N: Into<Box<str>>> Extend<(N, Field)> for Fields {
    fn extend<I: IntoIterator<Item = (N, Field)>>(&mut self, more: I) {
        more.into_iter().for_each(|(name, field)| self.insert(name, field));
    }
}

impl Index<&str> for Fields {
    type Output = Field;

    /// Panics where there is no such field, as a map does.
    fn index(&self, name: &str) -> &Field {
        self.get(name).unwrap_or_else(|| panic!("no field {name}"))
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("fields by name")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields, M::Error> {
                let mut all = Vec::new();
                while let Some(pair) = map.next_entry::<Box<str>, Field>()? {
                    all.push(pair);
                }
                Ok(all.into_iter().collect())
            }
        }
        deserializer.deserialize_map(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(all: &[(&str, i64)]) -> Fields {
        all.iter().map(|(name, value)| (*name, Field::Known(json!(value)))).collect()
    }

    #[test]
    fn they_are_what_a_map_is() {
        let mut one = fields(&[("b", 1), ("a", 2), ("b", 3)]);
        assert_eq!(serde_json::to_string(&one).expect("plain data"), r#"{"a":2,"b":3}"#);
        one.insert("ab", Field::Known(json!("x")));
        one.insert("a", Field::Possible(vec![json!(1), json!(2)]));
        let text = r#"{"a":{"possible":[1,2]},"ab":"x","b":3}"#;
        assert_eq!(serde_json::to_string(&one).expect("plain data"), text);
        assert_eq!(
            serde_json::from_str::<Fields>(r#"{"b":3,"ab":"x","a":0,"a":{"possible":[1,2]}}"#).expect("it reads"),
            one
        );
        assert_eq!(one.keys().collect::<Vec<_>>(), ["a", "ab", "b"]);
        assert!(one.contains_key("ab") && one.get("c").is_none() && one.get("").is_none());
        assert_eq!(one["b"], Field::Known(json!(3)));
        assert_eq!(Fields::default(), fields(&[]));
    }

    #[test]
    fn what_is_shared_is_changed_alone() {
        let one = fields(&[("a", 1), ("b", 2)]);
        let mut two = fields(&[("a", 1), ("b", 3)]);
        two.share(&one);
        assert!(Arc::ptr_eq(&one.values[0], &two.values[0]) && Arc::ptr_eq(&one.names, &two.names));
        two.change(|_| true, |field| *field = Field::Known(json!(7)));
        two.insert("c", Field::Known(json!(8)));
        assert_eq!(one, fields(&[("a", 1), ("b", 2)]));
        assert_eq!(two, fields(&[("a", 7), ("b", 7), ("c", 8)]));
    }
}
