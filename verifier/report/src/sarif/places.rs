//! Where a result was seen: delivered files as artefacts, everything else as a logical place.

use crate::case::Case;
use crate::escape;
use crate::text::plain;
use assize_judge::{FindingResult, Location};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The deliverable's folder, to which every path is relative.
pub const BASE: &str = "DELIVERABLE";

/// Kinds that are observed, not read: their `file` is a stream or a path of the sandbox.
const OBSERVED: &[&str] = &["log.", "process.", "endpoint.", "load.", "runtime."];

/// The place of a finding; empty where it is about no single one.
pub fn of(case: &Case, finding: &FindingResult) -> Vec<Value> {
    let Some(location) = &finding.location else { return Vec::new() };
    let observed = finding.fact.as_deref().is_some_and(|fact| OBSERVED.iter().any(|kind| fact.starts_with(kind)));
    let file = location.file.as_deref().filter(|_| !observed);
    let mut place = Map::new();
    if let Some(uri) = file.and_then(escape::uri) {
        place.insert("physicalLocation".into(), physical(case, finding, location, &uri));
    }
    let logical = logical(location, observed);
    if !logical.is_empty() {
        place.insert("logicalLocations".into(), logical.into());
    }
    if place.is_empty() { Vec::new() } else { vec![place.into()] }
}

/// As [`of`], and for consumers that refuse a result without a file: the declaration of the delivery stands for the whole.
pub fn or_whole(case: &Case, finding: &FindingResult) -> Vec<Value> {
    let mut places = of(case, finding);
    if places.first().is_some_and(|p| p.get("physicalLocation").is_some()) {
        return places;
    }
    let whole = if case.digest_of("deliverable.toml").is_some() { "deliverable.toml" } else { "." };
    let physical = json!({ "artifactLocation": { "uri": whole, "uriBaseId": BASE }, "region": { "startLine": 1 } });
    match places.first_mut() {
        Some(place) => place["physicalLocation"] = physical,
        None => places.push(json!({ "physicalLocation": physical })),
    }
    places
}

fn physical(case: &Case, finding: &FindingResult, location: &Location, uri: &str) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri, "uriBaseId": BASE } });
    if let Some(line) = location.line.filter(|line| *line > 0) {
        physical["region"] = region(line, location);
        if let Some(excerpt) = case.origin(finding).and_then(|origin| origin.excerpt.as_deref()) {
            physical["contextRegion"] = context(line, excerpt);
        }
    } else if let Some(offset) = location.offset {
        physical["region"] = json!({ "byteOffset": offset });
    }
    physical
}

fn region(line: u32, location: &Location) -> Value {
    let mut region = json!({ "startLine": line });
    let numbers =
        [("startColumn", location.column), ("endLine", location.end_line), ("endColumn", location.end_column)];
    for (name, number) in numbers {
        if let Some(number) = number.filter(|n| *n > 0) {
            region[name] = number.into();
        }
    }
    region
}

/// The recorded lines, each made plain; columns of the region count in the file, not in this text.
fn context(line: u32, excerpt: &str) -> Value {
    let lines: Vec<String> = excerpt.lines().map(|line| plain(&line.replace('\t', "    "))).collect();
    let last = line as usize + lines.len().saturating_sub(1);
    json!({ "startLine": line, "endLine": last, "snippet": { "text": lines.join("\n") } })
}

fn logical(location: &Location, observed: bool) -> Vec<Value> {
    let pid = location.pid.map(|pid| format!("pid {pid}"));
    let places = [
        (location.symbol.as_deref(), "function"),
        (location.url.as_deref(), "resource"),
        (pid.as_deref(), "process"),
        (location.file.as_deref().filter(|_| observed), "stream"),
    ];
    let named = places.into_iter().filter_map(|(name, kind)| Some((name?, kind)));
    named.map(|(name, kind)| json!({ "fullyQualifiedName": plain(name), "kind": kind })).collect()
}

/// Every delivered file that a result names, with its digest where the inventory has it.
pub fn artifacts(case: &Case) -> Vec<Value> {
    let findings = case.result.clauses.iter().flat_map(|c| &c.checks).flat_map(|c| &c.findings);
    let files: BTreeSet<&str> = findings.filter_map(|f| f.location.as_ref()?.file.as_deref()).collect();
    files.into_iter().filter_map(|file| artifact(case, file)).collect()
}

fn artifact(case: &Case, file: &str) -> Option<Value> {
    let digest = case.digest_of(file)?.trim_start_matches("sha256:");
    let uri = escape::uri(file)?;
    Some(json!({ "location": { "uri": uri, "uriBaseId": BASE }, "hashes": { "sha-256": digest } }))
}
