//! The recorded form: a sheet holds the items of one kind, what was examined, and what was not and why.

use crate::{Fact, Fields, KindSchema, Origin, Reason};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One recorded fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub fields: Fields,
    #[serde(default)]
    pub origin: Origin,
}

impl Item {
    /// Holds what another item says too only once.
    pub fn share(&mut self, other: &Item) {
        self.fields.share(&other.fields);
        self.origin.share(&other.origin);
    }

    /// A known field as text; `None` also where it is unknown or not text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.known()?.as_str()
    }

    pub fn bool(&self, name: &str) -> Option<bool> {
        self.fields.get(name)?.known()?.as_bool()
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.fields.get(name)?.known()?.as_i64()
    }

    /// A known list of texts.
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        self.fields.get(name)?.known()?.as_array().map(|all| all.iter().filter_map(|v| v.as_str()).collect())
    }
}

/// Something that was not seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    pub reason: Reason,
    /// Where, for a person (`src/x.go:14`); empty where it is the whole kind.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// `dependency` where only a dependency's part is missing; checks that ignore dependencies ignore the gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// How many subjects were examined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    pub count: u64,
}

/// Items, scope and gaps of one kind, for one set of arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub kind: String,
    /// What the collector was told (`with`), as canonical text per argument.
    pub with: BTreeMap<String, serde_json::Value>,
    pub scope: Scope,
    pub gaps: Vec<Gap>,
    pub items: Vec<Item>,
}

/// A sheet without its items, as it is recorded beside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetHead {
    pub kind: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub with: BTreeMap<String, serde_json::Value>,
    pub scope: Scope,
    pub gaps: Vec<Gap>,
}

impl Sheet {
    /// An empty sheet of a kind of fact.
    pub fn of<F: Fact>() -> Sheet {
        Sheet::named(F::KIND)
    }

    pub fn named(kind: &str) -> Sheet {
        Sheet { kind: kind.into(), with: BTreeMap::new(), scope: Scope::default(), gaps: Vec::new(), items: Vec::new() }
    }

    /// An empty sheet whose kind could not be collected at all.
    pub fn missing(kind: &str, reason: Reason) -> Sheet {
        let mut sheet = Sheet::named(kind);
        sheet.gap(reason, "");
        sheet
    }

    /// Records a fact.
    pub fn push<F: Fact>(&mut self, fact: F, origin: Origin) {
        debug_assert_eq!(self.kind, F::KIND);
        self.add(Item { fields: fact.fields(), origin });
    }

    /// Adds an item behind the others.
    pub fn add(&mut self, mut item: Item) {
        if let Some(last) = self.items.last() {
            item.share(last);
        }
        self.items.push(item);
    }

    /// Every item refers to an exhibit.
    pub fn refer(&mut self, path: &str) {
        for at in 0..self.items.len() {
            let (before, rest) = self.items.split_at_mut(at);
            let Some(item) = rest.first_mut() else { continue };
            item.origin.exhibits.push(path.into());
            if let Some(last) = before.last() {
                item.origin.share(&last.origin);
            }
        }
    }

    pub fn examined(&mut self, count: u64) {
        self.scope.count += count;
    }

    pub fn gap(&mut self, reason: Reason, place: impl Into<String>) {
        self.gaps.push(Gap { reason, place: place.into(), owner: None });
    }

    /// Orders gaps and drops repeats, so that two runs over the same input give the same bytes. Collectors keep their items ordered themselves.
    pub fn settle(&mut self) {
        self.gaps.sort();
        self.gaps.dedup();
    }

    pub fn head(&self) -> SheetHead {
        SheetHead {
            kind: self.kind.clone(),
            with: self.with.clone(),
            scope: self.scope.clone(),
            gaps: self.gaps.clone(),
        }
    }

    pub fn from_parts(head: SheetHead, items: Vec<Item>) -> Sheet {
        Sheet { kind: head.kind, with: head.with, scope: head.scope, gaps: head.gaps, items }
    }

    /// The file name of its record: `<kind>.jsonl`, with a digest of the arguments where there are any.
    pub fn stem(&self) -> String {
        if self.with.is_empty() {
            return self.kind.clone();
        }
        let text = serde_json::to_string(&self.with).unwrap_or_default();
        format!("{}@{}", self.kind, &crate::sha256_hex(text.as_bytes())[..12])
    }

    /// Checks that the items have exactly the fields of the schema: a record that was edited or is of another version is refused.
    pub fn check(&self, schema: &KindSchema) -> Result<(), String> {
        for (index, item) in self.items.iter().enumerate() {
            for field in &schema.fields {
                if !crate::fact::ORIGIN_FIELDS.contains(&field.name) && !item.fields.contains_key(field.name) {
                    return Err(format!("{}#{index} lacks the field {}", self.kind, field.name));
                }
            }
            for name in item.fields.keys() {
                if schema.field(name).is_none() {
                    return Err(format!("{}#{index} has the unknown field {name}", self.kind));
                }
            }
        }
        Ok(())
    }
}
