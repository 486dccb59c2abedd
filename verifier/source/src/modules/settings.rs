//! `module.checksum_settings`: settings that keep the checksum database from being asked, against what go.sum lacks.

use super::graph::Graph;
use super::index::Effective;
use assize_facts::kinds::inventory::ToldBy;
use assize_facts::kinds::module::ChecksumSetting;
use assize_facts::{Fact, Field, Gap, Item, Known, Reason, Sheet, reason};
use assize_golang::module::matches_prefix_patterns;
use assize_golang::sum::Summed;
use std::collections::BTreeSet;

pub(super) fn sheet(graph: &Graph, settings: Option<&Sheet>, private: &str) -> Sheet {
    let Some(settings) = settings else {
        return Sheet::missing(ChecksumSetting::KIND, reason!("build-settings-not-collected"));
    };
    let mut sheet = Sheet::of::<ChecksumSetting>();
    sheet.scope = settings.scope.clone();
    sheet.gaps.extend(settings.gaps.iter().map(|gap| Gap { owner: None, ..gap.clone() }));
    let unsummed = unsummed(graph, private);
    for item in &settings.items {
        if let Some(fact) = setting(item, &unsummed) {
            sheet.push(fact, item.origin.clone());
        }
    }
    sheet
}

/// Public modules for which go.sum lacks a sum, so that a build that may complete it would ask the database.
fn unsummed(graph: &Graph, private: &str) -> BTreeSet<String> {
    // A build from vendor/ asks nobody.
    if graph.vendor.is_some() {
        return BTreeSet::new();
    }
    let mut out = BTreeSet::new();
    for require in graph.mains.iter().flat_map(|m| &m.go_mod.require) {
        let Effective::Module(module) = graph.effective(&require.module) else { continue };
        let summed = [Summed::Zip, Summed::GoMod].iter().all(|of| !graph.sums_of(&module, *of).is_empty());
        if !summed && !graph.is_excluded(&require.module) && !matches_prefix_patterns(private, &module.path) {
            out.insert(module.path);
        }
    }
    out
}

/// What a setting exempts.
enum Reach<'a> {
    Everything,
    Patterns(&'a str),
    Nothing,
}

fn setting(item: &Item, unsummed: &BTreeSet<String>) -> Option<ChecksumSetting> {
    const MOST: usize = 50;
    let name = item.text("setting")?;
    if !matches!(name, "GOSUMDB" | "GONOSUMDB" | "GOPRIVATE" | "GONOSUMCHECK" | "-insecure") {
        return None;
    }
    let value = known_text(item.fields.get("value"));
    let reaches = match &value {
        Known::Value(value) => {
            let reached = match reach(name, value.as_deref().unwrap_or_default()) {
                Reach::Everything => unsummed.iter().cloned().collect(),
                Reach::Patterns(p) => unsummed.iter().filter(|m| matches_prefix_patterns(p, m)).cloned().collect(),
                Reach::Nothing => Vec::new(),
            };
            Known::Value(reached)
        }
        // Whatever the value, nothing is left to be exempted.
        _ if unsummed.is_empty() => Known::Value(Vec::new()),
        Known::Possible(_) => Known::Unknown(reason!("setting-value-unknown", setting = name)),
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
    };
    Some(ChecksumSetting {
        setting: name.into(),
        value,
        delivered: known_bool(item.fields.get("delivered")),
        told_by: item.text("told_by").and_then(ToldBy::parse),
        reaches_any: reaches.clone().map(|all: Vec<String>| !all.is_empty()),
        reaches: reaches.map(|all| all.into_iter().take(MOST).collect()),
    })
}

/// `go help module-private`, `go help environment`.
fn reach<'a>(name: &str, value: &'a str) -> Reach<'a> {
    match (name, value) {
        ("GONOSUMCHECK" | "GONOSUMDB" | "GOPRIVATE", "") => Reach::Nothing,
        ("GONOSUMDB" | "GOPRIVATE", patterns) => Reach::Patterns(patterns),
        ("GONOSUMCHECK", _) | ("-insecure", _) => Reach::Everything,
        // The second is Google's mirror of the same database for China.
        ("GOSUMDB", "" | "sum.golang.org" | "sum.golang.google.cn") => Reach::Nothing,
        // `off`, or another database that the buyer has not agreed to.
        ("GOSUMDB", _) => Reach::Everything,
        _ => Reach::Nothing,
    }
}

fn known_text(field: Option<&Field>) -> Known<Option<String>> {
    match field {
        Some(Field::Known(value)) => Known::Value(value.as_str().map(String::from)),
        Some(Field::Possible(values)) => Known::Possible(values.iter().map(|v| v.as_str().map(String::from)).collect()),
        Some(Field::Unknown(reason)) => Known::Unknown(reason.clone()),
        None => Known::Unknown(not_recorded()),
    }
}

fn known_bool(field: Option<&Field>) -> Known<bool> {
    match field {
        Some(Field::Known(value)) => value.as_bool().map_or_else(|| Known::Unknown(not_recorded()), Known::Value),
        Some(Field::Possible(_)) => Known::Possible(vec![true, false]),
        Some(Field::Unknown(reason)) => Known::Unknown(reason.clone()),
        None => Known::Unknown(not_recorded()),
    }
}

fn not_recorded() -> Reason {
    reason!("build-settings-not-collected")
}
