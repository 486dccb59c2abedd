//! A case of ten thousand findings: every format in time, with every count.

use super::sample::{Sample, finding, small};
use crate::{Format, render};
use assize_facts::Lang;
use assize_judge::Outcome;
use std::time::{Duration, Instant};

const MANY: usize = 10_000;

pub fn large() -> Sample {
    let mut sample = small();
    let check = &mut sample.result.clauses[1].checks[0];
    check.findings = (0..MANY).map(|index| finding(Outcome::Violated, index, "accepts TLS 1.0")).collect();
    let mut sheets: Vec<_> = sample.sheets.iter().cloned().collect();
    for sheet in sheets.iter_mut().filter(|s| s.kind == "source.tls_configs") {
        let first = sheet.items[0].clone();
        sheet.items = vec![first; MANY];
    }
    sample.sheets = assize_judge::Sheets::new(sheets);
    sample
}

/// Two seconds are the promise of a released build; this one is not optimised, and its machine is shared.
#[test]
fn ten_thousand_findings_are_written_in_seconds() {
    let sample = large();
    for format in Format::ALL {
        let started = Instant::now();
        let Some(text) = render(*format, &sample.case(&[Lang::En])) else { continue };
        let took = started.elapsed();
        assert!(took < Duration::from_secs(10), "{format:?} took {took:?}");
        assert!(text.len() < 64 << 20, "{format:?} has {} bytes", text.len());
    }
}

#[test]
fn markdown_stays_below_what_a_forge_takes() {
    let sample = large();
    let text = render(Format::Markdown, &sample.case(super::sample::BOTH)).expect("text");
    assert!(text.chars().count() < 65_536);
    assert!(text.contains("… and 9980 more"), "{text}");
}
