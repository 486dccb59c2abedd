//! Matchers: what a field must be. Trees checked against the field's type at load; the judge evaluates them.

pub(crate) mod fill;
pub(crate) mod names;
pub(crate) mod read;
mod value;

pub(crate) use value::literal;

use assize_facts::{Reason, Type};
use regex::Regex;
use serde_json::Value as Json;

/// One field of `where`, `expect` or `applies_when`, and what it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldTest {
    pub field: String,
    /// The field's type in the kind's schema; operands fit it.
    pub ty: Type,
    pub matcher: Matcher,
    /// 1-based line in the clause file.
    pub line: u32,
}

/// The right side of a matcher.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// In recorded form: durations are milliseconds, versions their names.
    Value(Json),
    /// `"{name}"`; gone after `Clause::agree`.
    Parameter(String),
    /// `"{contract.NAME}"`; gone once a contract is loaded.
    Contract(String),
    /// `"{deliverable.NAME}"`; filled by `Contract::fill` when the delivery is known.
    Deliverable(DeliverableRef),
    /// The delivery does not say it: the matcher's outcome is unknown, with this reason.
    Missing(Reason),
}

/// What a clause may ask of the delivery's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliverableRef {
    Name,
    Version,
}

/// A matcher on one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Matcher {
    Equals(Operand),
    AtLeast(Operand),
    AtMost(Operand),
    Below(Operand),
    Above(Operand),
    /// Lists that a parameter brings are spliced in.
    OneOf(Vec<Operand>),
    NoneOf(Vec<Operand>),
    /// The regular expression is found in the text (anchor it with `^` and `$`).
    Matches(Pattern),
    Not(Box<Matcher>),
    /// `all`: every element of a list; holds for an empty one.
    Every(Box<Matcher>),
    /// `any`: at least one element of a list.
    Any(Box<Matcher>),
    /// A list has this element, or a text this part.
    Contains(Operand),
    /// The number of elements of a list, or of code points of a text.
    Length(Box<Matcher>),
    /// Whether an optional field has a value.
    Present(bool),
    Within(Within),
    /// Several matchers on the same field: all must hold.
    AllOf(Vec<Matcher>),
}

/// `within`.
#[derive(Clone, Debug, PartialEq)]
pub enum Within {
    /// `within = "5s"`: no further from zero than this, on numbers and durations.
    Distance(Operand),
    /// `within = [low, high]`: both ends included.
    Between(Operand, Operand),
}

/// A regular expression; compiled as soon as its text is known.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub text: Operand,
    pub(crate) regex: Option<Regex>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl Pattern {
    /// Whether the expression is found; `None` where its text is not filled.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        Some(self.regex.as_ref()?.is_match(text))
    }
}

impl Operand {
    /// The value where it is filled.
    pub fn value(&self) -> Option<&Json> {
        match self {
            Operand::Value(value) => Some(value),
            Operand::Parameter(_) | Operand::Contract(_) | Operand::Deliverable(_) | Operand::Missing(_) => None,
        }
    }
}
