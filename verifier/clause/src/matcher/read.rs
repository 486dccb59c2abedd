//! From `where`, `expect` and their like to matchers that fit the kind's schema.

use super::{DeliverableRef, FieldTest, Matcher, Operand, Pattern, Within};
use crate::matcher::names::{CONTRACT_NAMES, Names, Use, compile, reference};
use crate::matcher::value::literal;
use crate::read::{Entry, Node, Span, Value, did_you_mean};
use crate::{Parameter, ParameterType};
use assize_facts::{KindSchema, Type};

/// The names of matchers; no field of a fact bears one.
pub(crate) const MATCHERS: &[&str] = &[
    "above", "all", "any", "at_least", "at_most", "below", "contains", "length", "matches", "none_of", "not", "one_of",
    "present", "within",
];

/// Reads a table of fields. A mistake is reported and its field left out.
pub(crate) fn field_tests(names: &Names<'_>, node: &Node, schema: &KindSchema) -> Vec<FieldTest> {
    let Value::Table(entries) = &node.value else {
        names.reader.report(
            names.reader.at(&node.span, "fields and what they must be are a table").help("`{ field = value }`"),
        );
        return vec![];
    };
    entries.iter().filter_map(|entry| field_test(names, entry, schema)).collect()
}

fn field_test(names: &Names<'_>, entry: &Entry, schema: &KindSchema) -> Option<FieldTest> {
    let reader = names.reader;
    let Some(field) = schema.field(&entry.key) else {
        names.touch(&entry.node);
        let message = format!("`{}` has no field `{}`", schema.name, entry.key);
        let mistake = reader.at(&entry.key_span, message);
        let help = if MATCHERS.contains(&entry.key.as_str()) {
            Some(format!("`{0}` is a matcher; write `FIELD = {{ {0} = … }}`", entry.key))
        } else {
            did_you_mean(&entry.key, schema.fields.iter().map(|f| f.name))
        };
        reader.report(match help {
            Some(help) => mistake.help(help),
            None => mistake,
        });
        return None;
    };
    let matcher = matcher(names, &entry.node, &field.ty)?;
    Some(FieldTest { field: entry.key.clone(), ty: field.ty.clone(), matcher, line: reader.line(&entry.key_span) })
}

/// A matcher for a value of a type: a table of matchers, or a plain value.
pub(crate) fn matcher(names: &Names<'_>, node: &Node, ty: &Type) -> Option<Matcher> {
    match &node.value {
        Value::Table(entries) if entries.is_empty() => {
            names.reader.report(names.reader.at(&node.span, "an empty table matches nothing in particular"));
            None
        }
        Value::Table(entries) => {
            let all: Vec<_> = entries.iter().map(|entry| named(names, entry, ty)).collect();
            let mut all: Vec<Matcher> = all.into_iter().collect::<Option<_>>()?;
            if all.len() == 1 { all.pop() } else { Some(Matcher::AllOf(all)) }
        }
        Value::List(_) if !matches!(ty.present(), Type::List(_)) => {
            let mistake = names.reader.at(&node.span, format!("the field is {}, not a list", shown(ty)));
            names.reader.report(mistake.help("`one_of = [ … ]` takes any of several"));
            names.touch(node);
            None
        }
        _ => Some(Matcher::Equals(operand(names, node, ty)?)),
    }
}

/// One named matcher.
fn named(names: &Names<'_>, entry: &Entry, ty: &Type) -> Option<Matcher> {
    let node = &entry.node;
    match entry.key.as_str() {
        "at_least" => Some(Matcher::AtLeast(ordered(names, entry, ty)?)),
        "at_most" => Some(Matcher::AtMost(ordered(names, entry, ty)?)),
        "below" => Some(Matcher::Below(ordered(names, entry, ty)?)),
        "above" => Some(Matcher::Above(ordered(names, entry, ty)?)),
        "one_of" => Some(Matcher::OneOf(several(names, entry, ty)?)),
        "none_of" => Some(Matcher::NoneOf(several(names, entry, ty)?)),
        "matches" => Some(Matcher::Matches(pattern(names, entry, ty)?)),
        "not" => Some(Matcher::Not(Box::new(matcher(names, node, ty)?))),
        "all" => Some(Matcher::Every(elements(names, entry, ty)?)),
        "any" => Some(Matcher::Any(elements(names, entry, ty)?)),
        "contains" => Some(Matcher::Contains(part(names, entry, ty)?)),
        "length" => length(names, entry, ty),
        "present" => present(names, entry, ty),
        "within" => within(names, entry, ty),
        unknown => {
            names.touch(node);
            let message = format!("there is no matcher `{unknown}`");
            let mistake = names.reader.at(&entry.key_span, message);
            names.reader.report(match did_you_mean(unknown, MATCHERS.iter().copied()) {
                Some(help) => mistake.help(help),
                None => mistake,
            });
            None
        }
    }
}

/// Reports that a matcher does not fit the type.
fn unfit<T>(names: &Names<'_>, entry: &Entry, ty: &Type, help: &str) -> Option<T> {
    names.touch(&entry.node);
    let message = format!("`{}` does not fit a field of type {}", entry.key, shown(ty));
    names.reader.report(names.reader.at(&entry.key_span, message).help(help));
    None
}

/// A type in a message; the words of a long enumeration would drown it.
fn shown(ty: &Type) -> String {
    match ty {
        Type::Enum(words) if words.len() > 6 => format!("{} | … ({} words)", words[..4].join(" | "), words.len()),
        Type::Optional(inner) => format!("optional {}", shown(inner)),
        Type::List(inner) => format!("list<{}>", shown(inner)),
        other => other.to_string(),
    }
}

fn ordered(names: &Names<'_>, entry: &Entry, ty: &Type) -> Option<Operand> {
    if !ty.is_ordered() {
        return unfit(names, entry, ty, "only numbers, durations, times and versions have an order");
    }
    operand(names, &entry.node, ty)
}

fn several(names: &Names<'_>, entry: &Entry, ty: &Type) -> Option<Vec<Operand>> {
    if matches!(ty.present(), Type::List(_)) {
        let help = format!("for each element: `all = {{ {0} = … }}` or `any = {{ {0} = … }}`", entry.key);
        return unfit(names, entry, ty, &help);
    }
    match &entry.node.value {
        Value::List(nodes) if nodes.is_empty() => {
            names.reader.report(names.reader.at(&entry.node.span, format!("`{}` of nothing", entry.key)));
            None
        }
        Value::List(nodes) => {
            let all: Vec<_> = nodes.iter().map(|node| one_or_spliced(names, node, ty)).collect();
            all.into_iter().collect()
        }
        Value::Text(text) if reference(text).is_some() => Some(vec![one_or_spliced(names, &entry.node, ty)?]),
        Value::Bad => None,
        _ => {
            let message = format!("`{}` takes a list", entry.key);
            names
                .reader
                .report(names.reader.at(&entry.node.span, message).help("`[ … ]`, or a parameter that is a list"));
            None
        }
    }
}

/// A value of the type, or a parameter that is a list of such values.
fn one_or_spliced(names: &Names<'_>, node: &Node, ty: &Type) -> Option<Operand> {
    let list = Type::List(Box::new(ty.present().clone()));
    let brings_list = |name| names.parameter(name).is_some_and(|p| matches!(p.ty.field_type(), Type::List(_)));
    dateless(names, node, if node.text().and_then(reference).is_some_and(brings_list) { &list } else { ty })
}

/// An operand that is no whole day: a day is a stretch of time, it can be compared, not listed.
fn dateless(names: &Names<'_>, node: &Node, ty: &Type) -> Option<Operand> {
    let operand = operand(names, node, ty)?;
    let is_day = match &operand {
        Operand::Value(value) => ty.present() == &Type::Time && value.as_str().is_some_and(|t| t.len() == 10),
        Operand::Parameter(name) => names.parameter(name).is_some_and(|p| *p.ty.element() == ParameterType::Date),
        Operand::Contract(name) => name == "signed_on" && ty.present() == &Type::Time,
        Operand::Deliverable(_) | Operand::Missing(_) => false,
    };
    if is_day {
        let mistake = names.reader.at(&node.span, "a whole day cannot be listed among instants");
        names.reader.report(mistake.help("compare with `at_least`, `below` or `within = [first, last]`"));
        return None;
    }
    Some(operand)
}

fn is_textual(ty: &Type) -> bool {
    matches!(
        ty.present(),
        Type::Text | Type::Enum(_) | Type::TlsGroup | Type::TlsVersion | Type::GoVersion | Type::Digest | Type::Time
    )
}

fn pattern(names: &Names<'_>, entry: &Entry, ty: &Type) -> Option<Pattern> {
    if !is_textual(ty) {
        return unfit(names, entry, ty, "a regular expression is looked for in texts");
    }
    let Value::Text(text) = &entry.node.value else {
        names.reader.report(names.reader.at(&entry.node.span, "a regular expression is a string"));
        return None;
    };
    if let Some(name) = reference(text)
        && !name.contains('.')
    {
        let parameter = names.declared(name, &entry.node)?;
        names.used(name, Use::Pattern);
        return is_text_parameter(names, parameter, &entry.node)
            .then(|| Pattern { text: Operand::Parameter(name.into()), regex: None });
    }
    match compile(text) {
        Ok(regex) => Some(Pattern { text: Operand::Value(text.as_str().into()), regex: Some(regex) }),
        Err(error) => {
            let mistake = names.reader.at(&entry.node.span, "the regular expression cannot be used");
            names.reader.report(mistake.label(error).help("syntax: that of the Rust crate `regex`"));
            None
        }
    }
}

fn is_text_parameter(names: &Names<'_>, parameter: &Parameter, node: &Node) -> bool {
    let good = parameter.ty.field_type() == Type::Text;
    if !good {
        let message = format!("the parameter `{}` is {}, not text", parameter.name, parameter.ty);
        names.reader.report(names.reader.at(&node.span, message));
    }
    good
}

fn elements(names: &Names<'_>, entry: &Entry, ty: &Type) -> Option<Box<Matcher>> {
    match ty.present() {
        Type::List(inner) => Some(Box::new(matcher(names, &entry.node, inner)?)),
        _ => unfit(names, entry, ty, "`all` and `any` speak of the elements of a list"),
    }
}

fn part(names: &Names<'_>, entry: &Entry, ty: &Type) -> Option<Operand> {
    match ty.present() {
        Type::List(inner) => dateless(names, &entry.node, inner),
        Type::Text => operand(names, &entry.node, &Type::Text),
        _ => unfit(names, entry, ty, "`contains` asks a list for an element, or a text for a part"),
    }
}

fn length(names: &Names<'_>, entry: &Entry, ty: &Type) -> Option<Matcher> {
    match ty.present() {
        Type::List(_) | Type::Text => Some(Matcher::Length(Box::new(matcher(names, &entry.node, &Type::Int)?))),
        _ => unfit(names, entry, ty, "lists and texts have a length"),
    }
}

fn present(names: &Names<'_>, entry: &Entry, ty: &Type) -> Option<Matcher> {
    if !matches!(ty, Type::Optional(_)) {
        return unfit(names, entry, ty, "this field always has a value");
    }
    match entry.node.value {
        Value::Bool(yes) => Some(Matcher::Present(yes)),
        _ => {
            names.reader.report(names.reader.at(&entry.node.span, "`present` is `true` or `false`"));
            None
        }
    }
}

fn within(names: &Names<'_>, entry: &Entry, ty: &Type) -> Option<Matcher> {
    if !ty.is_ordered() {
        return unfit(names, entry, ty, "only numbers, durations, times and versions have an order");
    }
    match &entry.node.value {
        Value::List(nodes) => match nodes.as_slice() {
            [low, high] => {
                let (low, high) = (operand(names, low, ty), operand(names, high, ty));
                Some(Matcher::Within(Within::Between(low?, high?)))
            }
            _ => {
                names.reader.report(names.reader.at(&entry.node.span, "`within` takes two ends: `[low, high]`"));
                None
            }
        },
        _ if matches!(ty.present(), Type::Int | Type::Number | Type::Duration) => {
            Some(Matcher::Within(Within::Distance(operand(names, &entry.node, ty)?)))
        }
        _ => unfit(names, entry, ty, "a distance from zero is for numbers and durations; here write `[low, high]`"),
    }
}

/// A literal of the type, or a reference to something of it.
pub(crate) fn operand(names: &Names<'_>, node: &Node, ty: &Type) -> Option<Operand> {
    let Some(name) = node.text().and_then(reference) else {
        return literal(names.reader, node, ty).map(Operand::Value);
    };
    match name.split_once('.') {
        Some(("deliverable", rest)) => deliverable(names, node, rest, ty),
        Some(("contract", rest)) => contract(names, node, rest, ty),
        _ => parameter(names, node, name, ty),
    }
}

fn parameter(names: &Names<'_>, node: &Node, name: &str, ty: &Type) -> Option<Operand> {
    let parameter = names.declared(name, node)?;
    names.used(name, Use::Compared(ty.clone()));
    if !fits(&parameter.ty.field_type(), ty.present()) {
        let message = format!("the parameter `{name}` is {}, and the field {}", parameter.ty, shown(ty));
        let mistake = names.reader.at(&node.span, message);
        names.reader.report(match parameter.ty.field_type() {
            Type::List(_) => mistake.help("`one_of` takes a list"),
            _ => mistake.help("the two cannot be compared"),
        });
        return None;
    }
    Some(Operand::Parameter(name.into()))
}

/// Whether a parameter's type can be compared with a field's.
fn fits(parameter: &Type, field: &Type) -> bool {
    match (parameter, field) {
        (Type::List(a), Type::List(b)) => fits(a, b.present()),
        (Type::Int, Type::Number) | (Type::Number, Type::Int) => true,
        (Type::Text, Type::Enum(_) | Type::Digest) => true,
        (a, b) => a == b,
    }
}

fn deliverable(names: &Names<'_>, node: &Node, rest: &str, ty: &Type) -> Option<Operand> {
    let place = match rest {
        "name" => DeliverableRef::Name,
        "version" => DeliverableRef::Version,
        _ => return unknown(names, node, "deliverable", rest, &["name", "version"]),
    };
    text_field(names, node, ty)?;
    Some(Operand::Deliverable(place))
}

fn contract(names: &Names<'_>, node: &Node, rest: &str, ty: &Type) -> Option<Operand> {
    if !CONTRACT_NAMES.contains(&rest) {
        return unknown(names, node, "contract", rest, CONTRACT_NAMES);
    }
    if rest == "signed_on" && *ty.present() == Type::Time {
        return Some(Operand::Contract(rest.into()));
    }
    text_field(names, node, ty)?;
    Some(Operand::Contract(rest.into()))
}

fn text_field(names: &Names<'_>, node: &Node, ty: &Type) -> Option<()> {
    if *ty.present() == Type::Text {
        return Some(());
    }
    let message = format!("this name stands for a text, and the field is {}", shown(ty));
    names.reader.report(names.reader.at(&node.span, message));
    None
}

fn unknown<T>(names: &Names<'_>, node: &Node, whose: &str, rest: &str, valid: &[&str]) -> Option<T> {
    let span: Span = names.reader.inside(&node.span, rest);
    let mistake = names.reader.at(&span, format!("the {whose} has no `{rest}` to compare with"));
    names.reader.report(match did_you_mean(rest, valid.iter().copied()) {
        Some(help) => mistake.help(help),
        None => mistake,
    });
    None
}
