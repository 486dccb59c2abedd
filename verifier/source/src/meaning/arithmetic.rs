//! Literals, operators and conversions on values (spec, "Constant expressions", "Conversions").

use super::names::Symbol;
use super::value::{Const, Value};
use crate::go::literal::{rune, unquote_text};
use crate::go::syntax::{Literal, Op};

pub(super) fn literal(kind: Literal, text: &str) -> Option<Const> {
    match kind {
        Literal::Int => int(text).map(Const::Int),
        Literal::Rune => rune(text).map(|n| Const::Int(n.into())),
        Literal::Text => unquote_text(text).map(Const::Text),
        Literal::Float | Literal::Imaginary => None,
    }
}

/// A whole number that is written as a literal of another kind, as in `1e6`: a conversion to a type of whole numbers keeps it.
pub(super) fn whole_number(kind: Literal, text: &str) -> Option<Const> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number: f64 = text.replace('_', "").parse().ok().filter(|_| kind == Literal::Float)?;
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(Const::Int(number as i128))
}

/// An integer literal (spec, "Integer literals").
fn int(text: &str) -> Option<i128> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0b") => (&text[2..], 2),
        Some("0o") => (&text[2..], 8),
        _ if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        _ => (text.as_str(), 10),
    };
    i128::from_str_radix(digits, radix).ok()
}

pub(super) fn each(value: Value, f: impl Fn(&Const) -> Option<Const>) -> Option<Value> {
    match value {
        Value::Any(all) => all.iter().map(f).collect::<Option<Vec<_>>>().map(Value::Any),
        unknown @ Value::Unknown(_) => Some(unknown),
    }
}

pub(super) fn both(left: Value, right: Value, f: impl Fn(&Const, &Const) -> Option<Const>) -> Option<Value> {
    match (left, right) {
        (Value::Any(left), Value::Any(right)) => {
            let mut out = Value::Any(Vec::new());
            for a in &left {
                for b in &right {
                    out = out.or(Value::one(f(a, b)?));
                }
            }
            Some(out)
        }
        (Value::Unknown(reason), _) | (_, Value::Unknown(reason)) => Some(Value::Unknown(reason)),
    }
}

/// Whether the result of an operation that can wrap around is beyond what every type of numbers holds.
pub(super) fn overflows(op: Op, value: &Value) -> bool {
    let Value::Any(all) = value else { return false };
    let wraps = matches!(op, Op::Add | Op::Sub | Op::Mul | Op::Shl);
    wraps && all.iter().any(|value| matches!(value, Const::Int(n) if !(0..=127).contains(n)))
}

/// A value as a type of numbers holds it (spec, "Conversions between numeric types"); a number that becomes a text is not followed.
pub(super) fn converted(ty: &Symbol, value: &Const) -> Option<Const> {
    let (Const::Int(n), "") = (value, &*ty.path) else { return Some(value.clone()) };
    let held = match &*ty.name {
        "int8" => i128::from(*n as i8),
        "int16" => i128::from(*n as i16),
        "int32" | "rune" => i128::from(*n as i32),
        "int64" => i128::from(*n as i64),
        "uint8" | "byte" => i128::from(*n as u8),
        "uint16" => i128::from(*n as u16),
        "uint32" => i128::from(*n as u32),
        "uint64" => i128::from(*n as u64),
        "string" | "bool" => return None,
        // 32 or 64 bits, as the platform has it.
        _ => i128::from(i32::try_from(*n).ok()?),
    };
    Some(Const::Int(held))
}

pub(super) fn unary(op: Op, value: &Const) -> Option<Const> {
    match (op, value) {
        (Op::Add, Const::Int(n)) => Some(Const::Int(*n)),
        (Op::Sub, Const::Int(n)) => n.checked_neg().map(Const::Int),
        (Op::Not, Const::Bool(b)) => Some(Const::Bool(!b)),
        _ => None,
    }
}

/// Functions that make one value of several: the built-in `min` and `max` (spec, "Min and max"), `cmp.Or` (Go 1.22), and what cuts texts.
pub(super) fn joins(function: &Symbol) -> Option<fn(&Const, &Const) -> Option<Const>> {
    fn number(a: &Const, b: &Const, choose: fn(i128, i128) -> i128) -> Option<Const> {
        match (a, b) {
            (Const::Int(a), Const::Int(b)) => Some(Const::Int(choose(*a, *b))),
            _ => None,
        }
    }
    fn first(a: &Const, b: &Const) -> Option<Const> {
        match a {
            Const::Int(0) | Const::Bool(false) | Const::Nil => Some(b.clone()),
            Const::Text(text) if text.is_empty() => Some(b.clone()),
            Const::Int(_) | Const::Bool(true) | Const::Text(_) => Some(a.clone()),
            Const::Symbol(_) => None,
        }
    }
    fn cut(a: &Const, b: &Const, by: for<'t> fn(&'t str, &str) -> Option<&'t str>) -> Option<Const> {
        match (a, b) {
            (Const::Text(a), Const::Text(b)) => Some(Const::Text(by(a, b).unwrap_or(a).to_owned())),
            _ => None,
        }
    }
    match (&*function.path, &*function.name) {
        ("strings", "TrimPrefix") => Some(|a, b| cut(a, b, |a, b| a.strip_prefix(b))),
        ("strings", "TrimSuffix") => Some(|a, b| cut(a, b, |a, b| a.strip_suffix(b))),
        ("", "min") => Some(|a, b| number(a, b, i128::min)),
        ("", "max") => Some(|a, b| number(a, b, i128::max)),
        ("cmp", "Or") => Some(first),
        _ => None,
    }
}

pub(super) fn binary(op: Op, a: &Const, b: &Const) -> Option<Const> {
    let (a, b) = match (a, b) {
        (Const::Text(a), Const::Text(b)) if op == Op::Add => return Some(Const::Text(format!("{a}{b}"))),
        (Const::Int(a), Const::Int(b)) => (*a, *b),
        _ => return None,
    };
    let shift = u32::try_from(b).ok().filter(|n| *n < 100);
    let out = match op {
        Op::Add => a.checked_add(b),
        Op::Sub => a.checked_sub(b),
        Op::Mul => a.checked_mul(b),
        Op::Div => a.checked_div(b),
        Op::Rem => a.checked_rem(b),
        Op::Shl => shift.and_then(|n| a.checked_mul(1i128.checked_shl(n)?)),
        Op::Shr => shift.map(|n| a >> n),
        Op::And => Some(a & b),
        Op::Or => Some(a | b),
        Op::Xor => Some(a ^ b),
        Op::AndNot => Some(a & !b),
        _ => None,
    };
    out.map(Const::Int)
}
