//! How recorded values of a type compare: numbers, versions, instants.

use assize_facts::{TlsVersion, Type};
use assize_golang::release;
use serde_json::Value as Json;
use std::cmp::Ordering;

/// The order of two values of a type; `None` where one of them is not of the type, or the type has no order.
pub fn compare(ty: &Type, a: &Json, b: &Json) -> Option<Ordering> {
    match ty.present() {
        Type::Int | Type::Number | Type::Duration => numbers(a, b),
        Type::TlsVersion => Some(TlsVersion::parse(a.as_str()?)?.cmp(&TlsVersion::parse(b.as_str()?)?)),
        Type::GoVersion => go_versions(a.as_str()?, b.as_str()?),
        Type::Time => instants(a.as_str()?, b.as_str()?),
        Type::Bool | Type::Text | Type::Enum(_) | Type::TlsGroup | Type::Digest | Type::List(_) => None,
        Type::Optional(inner) => compare(inner, a, b),
    }
}

/// Whether two values of a type are the same; `None` where one of them is not of the type.
pub fn equal(ty: &Type, a: &Json, b: &Json) -> Option<bool> {
    match ty.present() {
        Type::Bool => Some(a.as_bool()? == b.as_bool()?),
        Type::Text | Type::Enum(_) | Type::TlsGroup | Type::Digest => Some(a.as_str()? == b.as_str()?),
        Type::List(inner) => lists(inner, a.as_array()?, b.as_array()?),
        ordered => Some(compare(ordered, a, b)? == Ordering::Equal),
    }
}

fn lists(inner: &Type, a: &[Json], b: &[Json]) -> Option<bool> {
    let pairs: Option<Vec<bool>> = a.iter().zip(b).map(|(a, b)| equal(inner, a, b)).collect();
    Some(pairs?.into_iter().all(|same| same) && a.len() == b.len())
}

fn numbers(a: &Json, b: &Json) -> Option<Ordering> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn go_versions(a: &str, b: &str) -> Option<Ordering> {
    let known = |text: &str| release::parse(text).is_some();
    (known(a) && known(b)).then(|| release::compare(a, b))
}

/// Instants. A day that a contract names was made into instants of its time zone when the contract was loaded.
fn instants(a: &str, b: &str) -> Option<Ordering> {
    let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
    Some(instant(a)?.cmp(&instant(b)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ordered(ty: Type, ascending: &[Json]) {
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(compare(&ty, a, b), Some(i.cmp(&j)), "{a} and {b}");
            }
        }
    }

    #[test]
    fn values_stand_in_order() {
        ordered(Type::TlsVersion, &["SSL3.0", "1.0", "1.1", "1.2", "1.3"].map(Json::from));
        ordered(
            Type::GoVersion,
            &["1.9.2", "1.20", "1.20.1", "1.21", "1.21rc2", "1.21.0", "1.26.8", "1.27beta1", "2"].map(Json::from),
        );
        ordered(
            Type::Optional(Box::new(Type::Number)),
            &[json!(-1), json!(0.5), json!(1), json!(9007199254740993_i64)],
        );
        ordered(
            Type::Time,
            &["2026-01-01T00:00:00+02:00", "2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z"].map(Json::from),
        );
    }

    #[test]
    fn another_type_compares_with_nothing() {
        assert_eq!(compare(&Type::TlsVersion, &json!("1.4"), &json!("1.3")), None);
        assert_eq!(compare(&Type::GoVersion, &json!("devel"), &json!("1.3")), None);
        assert_eq!(compare(&Type::Text, &json!("a"), &json!("b")), None);
        assert_eq!(equal(&Type::Bool, &json!("true"), &json!(true)), None);
        assert_eq!(equal(&Type::List(Box::new(Type::Int)), &json!([1, 2]), &json!([1, 2.0])), Some(true));
        assert_eq!(equal(&Type::List(Box::new(Type::Int)), &json!([1, 2]), &json!([1])), Some(false));
    }
}
