//! What each format says of the small case.

use super::sample::{BOTH, small};
use crate::{Format, render};
use assize_facts::Lang;
use assize_judge::{Outcome, RunResult};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub fn text(format: Format, languages: &[Lang]) -> String {
    let sample = small();
    render(format, &sample.case(languages)).expect("a text format")
}

fn log(format: Format) -> Value {
    serde_json::from_str(&text(format, BOTH)).expect("JSON")
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("results")
}

fn count(result: &RunResult, outcome: Outcome) -> usize {
    result.clauses.iter().flat_map(|c| &c.checks).flat_map(|c| &c.findings).filter(|f| f.outcome == outcome).count()
}

#[test]
fn sarif_says_of_every_finding_how_it_stands() {
    let log = log(Format::Sarif);
    let said: Vec<String> = results(&log)
        .iter()
        .map(|r| {
            let suppressed = if r.get("suppressions").is_some() { " suppressed" } else { "" };
            let word = |key: &str| r[key].as_str().unwrap_or("-").to_string();
            let of = r["properties"]["of"].as_str().unwrap_or("-");
            format!("{} {} {} {of}{suppressed}", word("ruleId"), word("kind"), word("level"))
        })
        .collect();
    let expected = [
        "kept pass none finding",
        "broken fail error finding",
        "broken fail error finding",
        "broken informational none finding",
        "advised fail warning finding",
        "open open none finding",
        "open open none gap",
        "open review none finding",
        "forgiven fail error finding suppressed",
        "idle notApplicable none clause",
        "left open none clause",
    ];
    assert_eq!(said, expected);
}

#[test]
fn sarif_failures_holds_only_what_a_clause_fails_for_and_every_result_has_a_file() {
    let log = log(Format::SarifFailures);
    let rules: Vec<&str> = results(&log).iter().filter_map(|r| r["ruleId"].as_str()).collect();
    assert_eq!(rules, ["broken", "broken", "advised"]);
    for result in results(&log) {
        assert!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].is_string(), "{result}");
    }
}

#[test]
fn sarif_points_at_lines_and_knows_the_file_and_its_digest() {
    let log = log(Format::Sarif);
    let place = &results(&log)[1]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/main.go");
    let region = serde_json::json!({ "startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 5 });
    assert_eq!(place["region"], region);
    assert!(place["contextRegion"]["snippet"]["text"].as_str().is_some_and(|t| t.contains("MinVersion")));
    let artifact = &log["runs"][0]["artifacts"][0];
    assert_eq!(artifact["location"]["uri"], "src/main.go");
    assert_eq!(artifact["hashes"]["sha-256"], "ab".repeat(32));
}

#[test]
fn sarif_has_the_wording_in_the_second_language_as_a_translation() {
    let log = log(Format::Sarif);
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][1]["fullDescription"]["text"], "The service keeps 1.3 at broken.");
    assert_eq!(run["translations"][0]["language"], "zh-CN");
    assert_eq!(run["translations"][0]["rules"][1]["fullDescription"]["text"], "服务在 broken 处保持 1.3。");
    assert!(text(Format::Sarif, &[Lang::Zh]).contains("\"language\": \"zh-CN\""));
    assert!(!text(Format::Sarif, &[Lang::Zh]).contains("translations"));
}

#[test]
fn counts_of_findings_are_those_of_the_result() {
    let sample = small();
    let log = log(Format::Sarif);
    for outcome in [Outcome::Satisfied, Outcome::Violated, Outcome::Undetermined] {
        let found = results(&log).iter().filter(|r| r["properties"]["outcome"] == outcome.word()).count();
        assert_eq!(found, count(&sample.result, outcome), "SARIF: {outcome:?}");
        assert_eq!(junit_sum(outcome.word()), count(&sample.result, outcome), "JUnit: {outcome:?}");
    }
    let outcomes = oscal_values("outcome");
    for outcome in [Outcome::Violated, Outcome::Undetermined] {
        let found = outcomes.iter().filter(|o| *o == outcome.word()).count();
        assert_eq!(found, count(&sample.result, outcome), "OSCAL: {outcome:?}");
    }
    assert_eq!(outcomes.iter().filter(|o| *o == "gap").count(), 1);
    let satisfied: usize = oscal_values("satisfied").iter().filter_map(|n| n.parse::<usize>().ok()).sum();
    assert_eq!(satisfied, count(&sample.result, Outcome::Satisfied));
    let gaps = results(&log).iter().filter(|r| r["properties"]["of"] == "gap").count();
    assert_eq!((gaps, junit_sum("gaps")), (1, 1));
    let table: Vec<[usize; 3]> = text(Format::Markdown, &[Lang::En]).lines().filter_map(table_row).collect();
    let sum = |column: usize| table.iter().map(|row| row[column]).sum::<usize>();
    // What is only noted, and what is waived, do not stand among the violations.
    assert_eq!((sum(0), sum(1), sum(2)), (4, 2, 2));
    let bad = count(&sample.result, Outcome::Violated) + count(&sample.result, Outcome::Undetermined) + gaps;
    assert_eq!(sum(0) + sum(1) + sum(2), bad);
}

/// Properties of a name in all observations of OSCAL.
fn oscal_values(name: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(&text(Format::Oscal, BOTH)).expect("JSON");
    let seen = document["assessment-results"]["results"][0]["observations"].as_array().expect("observations").clone();
    let props = seen.iter().flat_map(|o| o["props"].as_array()).flatten();
    props.filter(|p| p["name"] == name).filter_map(|p| Some(p["value"].as_str()?.to_string())).collect()
}

fn junit_sum(name: &str) -> usize {
    let text = text(Format::Junit, &[Lang::En]);
    let document = roxmltree::Document::parse(&text).expect("XML");
    let properties = document.descendants().filter(|n| n.has_tag_name("property"));
    let wanted = properties.filter(|n| n.attribute("name").is_some_and(|n| n.ends_with(&format!("/{name}"))));
    wanted.filter_map(|n| n.attribute("value")?.parse::<usize>().ok()).sum()
}

/// The last three cells of a row of the table of clauses.
fn table_row(line: &str) -> Option<[usize; 3]> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let numbers: Vec<usize> = cells.iter().rev().take(3).rev().map_while(|cell| cell.parse().ok()).collect();
    numbers.try_into().ok()
}

#[test]
fn junit_has_a_case_per_clause_and_counts_that_add_up() {
    let text = text(Format::Junit, &[Lang::En]);
    let document = roxmltree::Document::parse(&text).expect("XML");
    let mut said = BTreeMap::new();
    for suite in document.descendants().filter(|n| n.has_tag_name("testsuite")) {
        let number = |name: &str| suite.attribute(name).and_then(|n| n.parse::<usize>().ok()).expect("a number");
        let cases: Vec<_> = suite.children().filter(|n| n.has_tag_name("testcase")).collect();
        let of = |tag: &str| cases.iter().filter(|c| c.children().any(|n| n.has_tag_name(tag))).count();
        assert_eq!((number("tests"), number("failures")), (cases.len(), of("failure")));
        assert_eq!((number("errors"), number("skipped")), (of("error"), of("skipped")));
        for case in cases {
            let child = case.children().find(|n| n.is_element());
            let word = child.map(|n| format!("{} {}", n.tag_name().name(), n.attribute("type").unwrap_or("")));
            let name = case.attribute("name").and_then(|n| n.split(' ').next()).expect("a name").to_string();
            said.insert(name, word.unwrap_or_default());
        }
    }
    let said: Vec<(&str, &str)> = said.iter().map(|(name, word)| (name.as_str(), word.trim())).collect();
    let expected = [
        ("advised", "failure clause.violated"),
        ("broken", "failure clause.violated"),
        ("forgiven", "skipped"),
        ("idle", "skipped"),
        ("kept", ""),
        ("left", "error clause.inconclusive"),
        ("open", "error clause.inconclusive"),
    ];
    assert_eq!(said, expected);
    assert!(text.contains("accepts 1.1 [src/main.go:3 accepts 1.1] look fp:"), "{text}");
    assert!(text.contains("waived: forgiven: waived (must) until the next release (the buyer, 2026-12-31)"));
}

#[test]
fn oscal_has_a_finding_per_clause_that_applies_and_never_calls_what_is_open_satisfied() {
    let document: Value = serde_json::from_str(&text(Format::Oscal, &[Lang::En])).expect("JSON");
    let document = &document["assessment-results"];
    assert_eq!(document["metadata"]["oscal-version"], "1.2.2");
    let result = &document["results"][0];
    let word = |value: &Value| value.as_str().unwrap_or("-").to_string();
    let said: Vec<String> = result["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|f| {
            let (target, risks) = (&f["target"], f["related-risks"].as_array().map_or(0, Vec::len));
            let status = &target["status"];
            format!("{} {} {} {risks}", word(&target["target-id"]), word(&status["state"]), word(&status["reason"]))
        })
        .collect();
    let expected = [
        "kept satisfied pass 0",
        "broken not-satisfied fail 0",
        "advised not-satisfied fail 0",
        "open not-satisfied other 0",
        "forgiven not-satisfied fail 1",
        "left not-satisfied other 0",
    ];
    assert_eq!(said, expected);
    let controls = &result["reviewed-controls"]["control-selections"][0];
    assert_eq!(controls["exclude-controls"], serde_json::json!([{ "control-id": "idle" }]));
    assert_eq!(result["risks"][0]["status"], "deviation-approved");
    let import = word(&document["import-ap"]["href"]);
    assert_eq!(import.trim_start_matches('#'), document["back-matter"]["resources"][0]["uuid"]);
}

#[test]
fn no_identifier_of_oscal_stands_twice_and_every_reference_leads_somewhere() {
    let document: Value = serde_json::from_str(&text(Format::Oscal, BOTH)).expect("JSON");
    let (mut ids, mut references) = (Vec::new(), Vec::new());
    let mut rest = vec![&document];
    while let Some(value) = rest.pop() {
        for (key, inner) in value.as_object().into_iter().flatten() {
            match (key.as_str(), inner.as_str()) {
                ("uuid", Some(id)) => ids.push(id),
                (key, Some(id)) if key.ends_with("-uuid") => references.push(id),
                _ => rest.push(inner),
            }
        }
        rest.extend(value.as_array().into_iter().flatten());
    }
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    assert!(references.len() > 20 && references.iter().all(|id| unique.contains(id)));
}

#[test]
fn markdown_says_the_verdict_first_and_folds_the_rest() {
    let text = text(Format::Markdown, &[Lang::En]);
    assert!(text.starts_with("## ❌ REJECTED\n\n`auth-api 1.4.2` against contract `PO-1` (A delivery)\n"), "{text}");
    assert!(text.contains("| `broken` Promise broken (must) | ❌ FAIL | 2 | 0 | 1 |"), "{text}");
    assert!(text.contains("<details><summary>❌ broken: FAIL</summary>\n\n> The service keeps 1.3 at broken."));
    assert!(text.contains("- a file does not parse\n"));
    assert!(text.contains("Evidence pack: `sha256:efef"));
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn every_format_has_a_name_and_is_found_by_it() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.name()), Some(*format));
    }
    assert_eq!(Format::parse("xml"), None);
}

#[test]
fn the_same_case_gives_the_same_bytes() {
    for format in Format::ALL.iter().filter(|f| !matches!(f, Format::Human | Format::Pdf)) {
        assert_eq!(text(*format, BOTH), text(*format, BOTH), "{format:?}");
    }
}
