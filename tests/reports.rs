//! Reports end to end: every format of a real run, the same again from its pack, with the counts of the result.

use crate::run::{assize, command, finish, folder, sample};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Formats that are written to files here, with a name for each.
const FORMATS: &[&str] = &["json", "sarif", "sarif-failures", "junit", "oscal", "markdown", "html"];

fn outputs(place: &Path) -> Vec<OsString> {
    let file = |format: &&str| format!("--format={format}={}", place.join(format).display()).into();
    FORMATS.iter().map(file).collect()
}

fn verified(place: &Path) {
    let sample = sample("incomplete-handover");
    let mut args: Vec<OsString> = vec!["verify".into(), sample.clone().into(), "--contract".into()];
    args.extend([sample.join("contract.toml").into(), "--layer=source,binary".into(), "--lang=both".into()]);
    args.extend(["--pack".into(), place.join("pack").into()]);
    args.extend(outputs(place));
    let ran = assize(args);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert_eq!(ran.stdout, "", "every format has a file of its own");
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a report")).expect("JSON")
}

#[test]
fn a_pack_gives_every_report_again_to_the_byte() {
    let place = folder(&[]);
    verified(place.path());
    let again = folder(&[]);
    let mut args: Vec<OsString> = vec!["evidence".into(), "show".into(), place.path().join("pack").into()];
    args.push("--lang=both".into());
    args.extend(outputs(again.path()));
    let ran = assize(args);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    for format in FORMATS {
        let both = [place.path(), again.path()].map(|p| fs::read_to_string(p.join(format)).expect("a report"));
        assert!(both[0] == both[1], "{format} differs");
        assert!(!both[0].is_empty());
    }
}

#[test]
fn counts_of_findings_are_those_of_the_result() {
    let place = folder(&[]);
    verified(place.path());
    let result = json(&place.path().join("json"));
    let checks = || result["clauses"].as_array().into_iter().flatten().flat_map(|c| c["checks"].as_array()).flatten();
    let findings = |outcome: &str| {
        let all = checks().flat_map(|c| c["findings"].as_array()).flatten();
        all.filter(|f| f["outcome"] == outcome).count()
    };
    let sarif = json(&place.path().join("sarif"));
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let junit = fs::read_to_string(place.path().join("junit")).expect("a report");
    for outcome in ["satisfied", "violated", "undetermined"] {
        let said = results.iter().filter(|r| r["properties"]["outcome"] == outcome).count();
        assert_eq!(said, findings(outcome), "SARIF: {outcome}");
        assert_eq!(properties(&junit, outcome), findings(outcome), "JUnit: {outcome}");
    }
    let gaps: usize = checks().filter_map(|c| c["gaps"].as_array()).map(Vec::len).sum();
    assert!(gaps > 0, "the sample has gaps");
    assert_eq!(results.iter().filter(|r| r["properties"]["of"] == "gap").count(), gaps);
    assert_eq!(properties(&junit, "gaps"), gaps);
    // Nothing is broken here that a clause fails for, so no pipeline goes red.
    assert_eq!(json(&place.path().join("sarif-failures"))["runs"][0]["results"], Value::Array(Vec::new()));
}

/// The sum over all clauses of a count among the properties of JUnit's suites.
fn properties(junit: &str, name: &str) -> usize {
    let marked = format!("/{name}\" value=\"");
    junit.split(&marked).skip(1).filter_map(|rest| rest.split('"').next()?.parse::<usize>().ok()).sum()
}

#[test]
fn a_format_that_is_none_and_two_on_standard_output_are_not_done() {
    for formats in [vec!["--format=xml"], vec!["--format=json", "--format=sarif"], vec!["--format=json="]] {
        let mut args = vec!["verify", "."];
        args.extend(&formats);
        let ran = assize(args);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(3), ""), "{formats:?}");
    }
    let ran = assize(["verify", "--format=pdf", "."]);
    assert_eq!(ran.status, Some(3), "a PDF needs a file: {}", ran.all());
    let ran = assize(["verify", "--format=xml", "."]);
    assert!(ran.stderr.contains("sarif-failures"), "the formats are listed: {}", ran.stderr);
}

/// Printing is tried by `tests/reports.sh`, which has a browser.
#[test]
fn a_pdf_without_a_browser_is_refused_before_any_work() {
    let place = folder(&[]);
    let pdf = format!("--format=pdf={}", place.path().join("x.pdf").display());
    let mut without = command(["verify", "sample-deliverables/incomplete-handover", &pdf]);
    without.env("PATH", place.path());
    let ran = finish(without, Duration::from_secs(20));
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(3), ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("html=FILE") && !place.path().join("x.pdf").exists(), "{}", ran.stderr);
}
