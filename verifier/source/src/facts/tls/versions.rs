//! The versions that the fields of a configuration mean.

use super::fields::Fields;
use crate::meaning::{Const, Value};
use assize_facts::kinds::source::TlsRole;
use assize_facts::{Known, TlsVersion, reason};

/// Go takes 0 for its default, and anything below 1.0 for 1.0 (crypto/tls, `supportedVersions`).
pub(super) fn min_version(fields: &Fields, role: &Known<TlsRole>, defaults: &[TlsVersion]) -> Known<TlsVersion> {
    let all = match &fields.min {
        Value::Unknown(reason) => return Known::Unknown(reason.clone()),
        Value::Any(all) => all,
    };
    let mut out: Vec<TlsVersion> = Vec::new();
    for value in all {
        match value {
            Const::Int(0) => {
                if !matches!(role, Known::Value(TlsRole::Client)) {
                    out.extend(defaults);
                }
                if !matches!(role, Known::Value(TlsRole::Server)) {
                    out.push(TlsVersion::Tls12);
                }
            }
            Const::Int(number) => match version(*number) {
                Some(version) => out.push(version),
                None => return Known::Unknown(reason!("tls-version-unknown", number = number)),
            },
            Const::Text(_) | Const::Bool(_) | Const::Nil | Const::Symbol(_) => {
                return Known::Unknown(reason!("tls-config-not-followed"));
            }
        }
    }
    out.sort();
    out.dedup();
    match out.len() {
        0 => Known::Unknown(reason!("tls-config-not-followed")),
        1 => out.remove(0).into(),
        _ => Known::Possible(out),
    }
}

/// What is accepted where the configuration may be used with a floor of 1.3 only, or, surely, never with another.
pub(super) fn raised(stated: Known<TlsVersion>, surely: bool) -> Known<TlsVersion> {
    let mut all = match (stated, surely) {
        (_, true) => return TlsVersion::Tls13.into(),
        (Known::Value(one), false) => vec![one],
        (Known::Possible(all), false) => all,
        (unknown @ Known::Unknown(_), false) => return unknown,
    };
    all.push(TlsVersion::Tls13);
    all.sort();
    all.dedup();
    if all.len() == 1 { TlsVersion::Tls13.into() } else { Known::Possible(all) }
}

fn version(number: i128) -> Option<TlsVersion> {
    match number & 0xffff {
        1..=0x0301 => Some(TlsVersion::Tls10),
        0x0302 => Some(TlsVersion::Tls11),
        0x0303 => Some(TlsVersion::Tls12),
        0x0304 => Some(TlsVersion::Tls13),
        _ => None,
    }
}

pub(super) fn min_stated(fields: &Fields) -> Known<bool> {
    fields.min.clone().known(
        || reason!("tls-config-not-followed"),
        |value| match value {
            Const::Int(number) => Some(number != 0),
            Const::Text(_) | Const::Bool(_) | Const::Nil | Const::Symbol(_) => None,
        },
    )
}

pub(super) fn max_version(fields: &Fields) -> Known<Option<TlsVersion>> {
    fields.max.clone().known(
        || reason!("tls-config-not-followed"),
        |value| match value {
            Const::Int(0) => Some(None),
            Const::Int(number) if number > 0x0304 => Some(Some(TlsVersion::Tls13)),
            Const::Int(number) => version(number).map(Some),
            Const::Text(_) | Const::Bool(_) | Const::Nil | Const::Symbol(_) => None,
        },
    )
}

pub(super) fn callback(fields: &Fields) -> Known<bool> {
    fields.callback.clone().known(
        || reason!("tls-config-not-followed"),
        |value| match value {
            Const::Bool(set) => Some(set),
            Const::Int(_) | Const::Text(_) | Const::Nil | Const::Symbol(_) => None,
        },
    )
}
