//! What a clause file may refer to: its parameters, and what uses each.

use crate::read::{Node, Reader, Span, Value, did_you_mean};
use crate::{Parameter, ParameterValue};
use assize_facts::Type;
use regex::{Regex, RegexBuilder};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What a matcher may ask of the contract itself.
pub(crate) const CONTRACT_NAMES: &[&str] = &["buyer", "id", "language", "signed_on", "supplier", "time_zone"];

/// How a parameter is used, which decides what values it can have beyond its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Use {
    /// Compared with a field of this type.
    Compared(Type),
    /// As a regular expression.
    Pattern,
    /// As the least number of items.
    Minimum,
    /// Told to a collector, or asked by `applies_when`.
    Other,
}

pub(crate) struct Names<'a> {
    pub reader: &'a Reader,
    pub parameters: &'a [Parameter],
    /// Every name that the file declares, also where the declaration could not be read.
    declared: Vec<&'a str>,
    uses: RefCell<BTreeMap<String, Vec<Use>>>,
}

impl<'a> Names<'a> {
    pub fn new(reader: &'a Reader, parameters: &'a [Parameter], declared: Vec<&'a str>) -> Names<'a> {
        Names { reader, parameters, declared, uses: RefCell::default() }
    }

    pub fn parameter(&self, name: &str) -> Option<&'a Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// A parameter that must be declared.
    pub fn declared(&self, name: &str, node: &Node) -> Option<&'a Parameter> {
        let found = self.parameter(name);
        if found.is_none() {
            self.unknown_parameter(name, &self.reader.inside(&node.span, name));
        }
        found
    }

    pub fn unknown_parameter(&self, name: &str, span: &Span) {
        if self.declared.contains(&name) {
            return;
        }
        let mistake = self.reader.at(span, format!("no parameter `{name}` is declared"));
        let help = did_you_mean(name, self.parameters.iter().map(|p| p.name.as_str()));
        self.reader.report(mistake.help(help.unwrap_or_else(|| format!("declare it: `[parameters.{name}]`"))));
    }

    pub fn is_declared(&self, name: &str) -> bool {
        self.declared.contains(&name)
    }

    pub fn used(&self, name: &str, how: Use) {
        self.uses.borrow_mut().entry(name.into()).or_default().push(how);
    }

    /// Counts every reference below a node as a use, where a mistake keeps it from being read: one slip must not be told as two.
    pub fn touch(&self, node: &Node) {
        match &node.value {
            Value::Text(text) => {
                if let Some(name) = reference(text) {
                    self.used(name, Use::Other);
                }
            }
            Value::List(nodes) => nodes.iter().for_each(|n| self.touch(n)),
            Value::Table(entries) => entries.iter().for_each(|e| self.touch(&e.node)),
            Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Date(_) | Value::Bad => {}
        }
    }

    pub fn into_uses(self) -> BTreeMap<String, Vec<Use>> {
        self.uses.into_inner()
    }
}

/// The name in a string that is exactly `"{name}"`.
pub(crate) fn reference(text: &str) -> Option<&str> {
    let name = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    let rest = bytes.all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    (first && rest).then_some(name)
}

/// A regular expression within bounds: a clause file is the buyer's, but a compiled monster helps nobody.
pub(crate) fn compile(text: &str) -> Result<Regex, String> {
    const COMPILED: usize = 1 << 20;
    RegexBuilder::new(text).size_limit(COMPILED).dfa_size_limit(COMPILED).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(limit) => format!("compiled it is larger than {limit} bytes"),
        // The crate draws the place on lines of its own; its last line is the sentence.
        other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_string(),
    })
}

/// Why a value, though of its parameter's type, cannot be used as the clause uses it.
pub(crate) fn refusal(value: &ParameterValue, how: &Use) -> Option<String> {
    let texts = value.elements().iter().filter_map(|v| match v {
        ParameterValue::Text(text) => Some(text),
        _ => None,
    });
    match how {
        Use::Compared(ty) => texts.filter_map(|text| not_a_word(text, ty)).next(),
        Use::Pattern => texts.filter_map(|text| compile(text).err()).next(),
        Use::Minimum => match value {
            ParameterValue::Int(number) if *number >= 1 => None,
            _ => Some("at least 1 must be examined".into()),
        },
        Use::Other => None,
    }
}

fn not_a_word(text: &str, ty: &Type) -> Option<String> {
    match ty.present() {
        Type::Enum(words) if !words.contains(&text) => {
            let help = did_you_mean(text, words.iter().copied()).unwrap_or_default();
            Some(format!("the field is never `{text}`: {help}"))
        }
        Type::Digest if crate::read::digest(text).is_none() => {
            Some(format!("`{text}` is not `sha256:` and 64 hexadecimal digits"))
        }
        Type::List(inner) => not_a_word(text, inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_name_in_braces_is_a_reference() {
        for (text, name) in [
            ("{min_version}", Some("min_version")),
            ("{deliverable.version}", Some("deliverable.version")),
            ("{min_version} ", None),
            ("[0-9]{4}", None),
            ("{4}", None),
            ("{}", None),
            ("{a}{b}", None),
            ("{A}", None),
        ] {
            assert_eq!(reference(text), name, "{text}");
        }
    }
}
