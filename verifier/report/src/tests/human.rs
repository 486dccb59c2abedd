//! The report for a terminal: the verdict and its reason before anything else, nothing said twice, and short where all is well.

use super::sample::{BOTH, Sample, small};
use crate::{Options, human};
use assize_clause::Library;
use assize_facts::{Lang, kinds};
use assize_judge::{ContractVerdict, Verdict};

pub fn shown(sample: &Sample, languages: &[Lang]) -> String {
    human(&sample.case(languages), &Options { colour: false, width: 100 })
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn the_first_screen_has_the_verdict_and_for_each_broken_clause_what_to_read_first() {
    let text = shown(&small(), &[Lang::En]);
    let screen = lines(&text)[..25].join("\n");
    let expected = "\
REJECTED  auth-api 1.4.2 against contract PO-1 (A delivery)
  Clauses that must be kept: 1 failed, 2 could not be decided, 1 passed, 1 waived, 1 not
  applicable.
  All clauses: 2 failed, 2 could not be decided, 1 passed, 1 waived, 1 not applicable.
  judged for 2026-11-24T12:00:00Z; sandbox: namespaces; assize 0.1.0
  The contract lists no items: the scope is what the supplier declared.

Clauses
  ✗ broken    Promise broken — FAIL (must)
              accepts 1.0 (and 1 more)
  ? open      Promise open — could not be decided (must)
  ? left      Promise left — could not be decided (must)
              left out of this run
  ✗ advised   Promise advised — FAIL (should)
              accepts 1.2
  ≈ forgiven  Promise forgiven — waived (must)
              Approved by the buyer, level L2, until 2026-12-31
  ✓ kept      Promise kept — pass (must)
  – idle      Promise idle — not applicable (must)

Identity
  ✓ source → binary: same
  – binary → image: does not apply (no image is part of the delivery)
  ? binary → process: not shown (not-collected)
  ✗ process → endpoint: NOT the same";
    assert_eq!(screen, expected);
}

#[test]
fn a_broken_clause_shows_its_findings_with_the_source_underlined_and_how_to_mend_it() {
    let text = shown(&small(), &[Lang::En]);
    let part = text.split("✗ 4.1 broken").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("the clause's part");
    let expected = "  Promise broken — FAIL (must)
  The service keeps 1.3 at broken.
  ✗ look · source · TLS configurations examined: 2
      accepts 1.0
        src/main.go:2 accepts 1.0  fp:00000000000000000000000000000002
        2 │     MinVersion: tls.VersionTLS10, // <script>alert(1)</script>
          │     ^^^
        What to do: set it
      accepts 1.1
        src/main.go:3 accepts 1.1  fp:00000000000000000000000000000003
        3 │     MinVersion: tls.VersionTLS10, // <script>alert(1)</script>
          │     ^^^
        What to do: set it
  notes: only noted";
    assert_eq!(part, expected);
}

#[test]
fn an_incomplete_report_begins_with_what_is_missing_and_what_would_close_it() {
    let mut sample = small();
    sample.result.verdict = ContractVerdict::Incomplete;
    sample.result.clauses.retain(|c| c.verdict != Verdict::Fail);
    let text = shown(&sample, &[Lang::En]);
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}\n{text}"));
    assert!(at("What could not be seen, by cause\n  ? a file does not parse\n") < at("\nClauses\n"));
    assert!(text.contains("    keeps open: open\n    to close it: mend the file\n"), "{text}");
    // Of what was never asked for there is a line and no part.
    assert!(!text.contains("? 4.3 left"), "{text}");
}

#[test]
fn checks_that_wait_for_the_same_thing_say_it_once() {
    let mut sample = small();
    let open = sample.result.clauses.iter_mut().find(|c| c.id == "open").expect("the clause");
    let first = open.checks[0].clone();
    open.checks = (0..5).map(|n| assize_judge::CheckResult { id: format!("check-{n}"), ..first.clone() }).collect();
    let text = shown(&sample, &[Lang::En]);
    let part = text.split("? 4.2 open").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("the clause's part");
    assert_eq!(part.matches("a file does not parse").count(), 1, "{part}");
    assert!(part.contains("? source · TLS configurations examined: 1 — check-0, check-1, check-2, check-3, check-4\n"));
}

#[test]
fn names_are_never_broken_at_a_hyphen() {
    let mut sample = small();
    let kept = &mut sample.result.clauses[0];
    let first = kept.checks[0].clone();
    kept.checks =
        (10..30).map(|n| assize_judge::CheckResult { id: format!("one-of-many-{n}"), ..first.clone() }).collect();
    let text = shown(&sample, &[Lang::En]);
    assert!(text.lines().all(|line| !line.ends_with('-')), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
}

#[test]
fn both_languages_are_two_reports() {
    let text = shown(&small(), BOTH);
    assert!(text.find("REJECTED") < text.find("拒绝验收"));
    assert!(text.contains("必须条款：违反 1 条，无法判定 2 条，通过 1 条，豁免 1 条，不适用 1 条。"), "{text}");
}

#[test]
fn whatever_a_check_examines_has_words_in_both_languages() {
    for clause in Library::standard().clauses.values() {
        for check in &clause.as_proposed("standard").checks {
            let counted = kinds::schema(&check.kind).map(|schema| schema.subjects.to_string());
            for what in [Some(check.kind.clone()), counted].into_iter().flatten() {
                let words = assize_facts::words().contains_key(&format!("subject.{what}"));
                assert!(words, "{}: {}: {what}", clause.id, check.id);
            }
        }
    }
}

#[test]
fn a_clause_that_had_too_little_to_judge_says_why_there_was_so_little() {
    let mut sample = small();
    let open = sample.result.clauses.iter_mut().find(|c| c.id == "open").expect("the clause");
    open.reason = Some("too-few-selected".into());
    let text = shown(&sample, &[Lang::En]);
    assert!(
        text.contains("Promise open — could not be decided (must)\n              a file does not parse\n"),
        "{text}"
    );
}
