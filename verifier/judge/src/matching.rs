//! Matchers on recorded fields: what is not known, or only known to be one of several, stays unknown unless it cannot matter.

use crate::Truth;
use crate::order::{compare, equal};
use assize_clause::{FieldTest, Matcher, Operand, Within};
use assize_facts::{Field, Item, Reason, Type, reason};
use serde_json::Value as Json;
use std::cmp::Ordering;

/// Whether an item satisfies all tests.
pub fn satisfies(item: &Item, tests: &[FieldTest]) -> Truth {
    Truth::all(tests.iter().map(|test| holds(item, test)))
}

/// Whether an item satisfies one test.
pub fn holds(item: &Item, test: &FieldTest) -> Truth {
    match field(item, &test.field) {
        Field::Known(value) => matches(&test.matcher, &value, &test.ty),
        Field::Possible(values) => Truth::agreed(values.iter().map(|value| matches(&test.matcher, value, &test.ty))),
        Field::Unknown(reason) => Truth::Unknown(reason),
    }
}

/// A field of an item, those of its origin included. A field that the record lacks is unknown.
pub fn field(item: &Item, name: &str) -> Field {
    if let Some(field) = item.fields.get(name) {
        return field.clone();
    }
    let origin = &item.origin;
    match name {
        "file" => Field::Known(origin.file.as_deref().into()),
        "line" => Field::Known(origin.line.into()),
        "column" => Field::Known(origin.column.into()),
        "url" => Field::Known(origin.url.clone().into()),
        "symbol" => Field::Known(origin.symbol.clone().into()),
        _ => Field::Unknown(reason!("field-not-recorded", field = name)),
    }
}

/// Whether a known value is as a matcher asks. A value that is absent (`null`) satisfies only what asks for absence, or for not being something.
pub fn matches(matcher: &Matcher, value: &Json, ty: &Type) -> Truth {
    match matcher {
        Matcher::Not(inner) => matches(inner, value, ty).negate(),
        Matcher::AllOf(all) => Truth::all(all.iter().map(|one| matches(one, value, ty))),
        Matcher::Present(wanted) => Truth::from(value.is_null() != *wanted),
        Matcher::NoneOf(operands) => one_of(operands, value, ty).negate(),
        Matcher::OneOf(operands) => one_of(operands, value, ty),
        _ if value.is_null() => Truth::False,
        Matcher::Equals(operand) => with(operand, |wanted| same(ty, value, wanted)),
        Matcher::AtLeast(operand) => in_order(ty, value, operand, Ordering::is_ge),
        Matcher::AtMost(operand) => in_order(ty, value, operand, Ordering::is_le),
        Matcher::Below(operand) => in_order(ty, value, operand, Ordering::is_lt),
        Matcher::Above(operand) => in_order(ty, value, operand, Ordering::is_gt),
        Matcher::Matches(pattern) => with(&pattern.text, |_| {
            value.as_str().and_then(|text| pattern.is_match(text)).map_or_else(unexpected, Truth::from)
        }),
        Matcher::Every(inner) => elements(value, ty, |all, ty| Truth::all(all.iter().map(|v| matches(inner, v, ty)))),
        Matcher::Any(inner) => elements(value, ty, |all, ty| Truth::any(all.iter().map(|v| matches(inner, v, ty)))),
        Matcher::Contains(operand) => with(operand, |wanted| contains(ty, value, wanted)),
        Matcher::Length(inner) => match length(value) {
            Some(length) => matches(inner, &Json::from(length), &Type::Int),
            None => unexpected(),
        },
        Matcher::Within(Within::Distance(operand)) => with(operand, |limit| match (value.as_f64(), limit.as_f64()) {
            (Some(value), Some(limit)) => Truth::from(value.abs() <= limit),
            _ => unexpected(),
        }),
        Matcher::Within(Within::Between(low, high)) => {
            in_order(ty, value, low, Ordering::is_ge).and(|| in_order(ty, value, high, Ordering::is_le))
        }
    }
}

fn one_of(operands: &[Operand], value: &Json, ty: &Type) -> Truth {
    if value.is_null() {
        return Truth::False;
    }
    Truth::any(operands.iter().map(|operand| with(operand, |wanted| same(ty, value, wanted))))
}

/// Applies a test to an operand; one that the delivery does not fill leaves everything open.
fn with(operand: &Operand, test: impl FnOnce(&Json) -> Truth) -> Truth {
    match operand {
        Operand::Value(value) => test(value),
        Operand::Missing(reason) => Truth::Unknown(reason.clone()),
        Operand::Parameter(name) | Operand::Contract(name) => Truth::Unknown(reason!("not-filled", name = name)),
        Operand::Deliverable(_) => Truth::Unknown(reason!("not-filled", name = "deliverable")),
    }
}

fn same(ty: &Type, value: &Json, wanted: &Json) -> Truth {
    equal(ty, value, wanted).map_or_else(unexpected, Truth::from)
}

fn in_order(ty: &Type, value: &Json, operand: &Operand, test: fn(Ordering) -> bool) -> Truth {
    with(operand, |wanted| compare(ty, value, wanted).map(test).map_or_else(unexpected, Truth::from))
}

fn elements(value: &Json, ty: &Type, test: impl FnOnce(&[Json], &Type) -> Truth) -> Truth {
    match (ty.present(), value) {
        (Type::List(inner), Json::Array(all)) => test(all, inner),
        _ => unexpected(),
    }
}

fn contains(ty: &Type, value: &Json, wanted: &Json) -> Truth {
    match (ty.present(), value, wanted) {
        (Type::List(inner), Json::Array(all), _) => Truth::any(all.iter().map(|v| same(inner, v, wanted))),
        (_, Json::String(text), Json::String(part)) => Truth::from(text.contains(part.as_str())),
        _ => unexpected(),
    }
}

fn length(value: &Json) -> Option<u64> {
    match value {
        Json::Array(all) => Some(all.len() as u64),
        Json::String(text) => Some(text.chars().count() as u64),
        _ => None,
    }
}

/// A record whose value is not of its field's type proves nothing, whatever is asked of it.
fn unexpected() -> Truth {
    Truth::Unknown(reason_unexpected())
}

fn reason_unexpected() -> Reason {
    reason!("unexpected-value")
}
