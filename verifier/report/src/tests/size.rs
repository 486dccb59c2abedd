//! A case of ten thousand findings: every format with every count, at a cost that grows no faster than the case.
//!
//! Cost is counted, not timed: this allocator counts for each thread how often and how much was asked for, and how much was held at most.
//! `tests/bench/reports.sh` times a released build.

use super::sample::{Sample, finding, small};
use crate::{Format, render};
use assize_facts::Lang;
use assize_judge::{GapResult, Outcome, Text};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

const MANY: usize = 10_000;

/// What one format may hold at a time, in bytes: the promise for the whole program is 300 MB.
const MOST_HELD: isize = 200 << 20;

struct Counting;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn note(asked: usize, held: isize) {
    // A thread that ends has no counters any more, and nobody asks for them.
    let _ = ASKED.try_with(|count| count.set(count.get() + asked));
    let _ = HELD.try_with(|bytes| {
        bytes.set(bytes.get() + held);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(bytes.get())));
    });
}

// SAFETY: everything is handed on to the system's allocator as it came; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as isize);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(0, -(layout.size() as isize));
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as isize - layout.size() as isize);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often memory was asked for, and how much was held at most beyond what was held before.
fn cost<T>(work: impl FnOnce() -> T) -> (T, usize, isize) {
    let (asked, held) = (ASKED.get(), HELD.get());
    PEAK.set(held);
    let made = work();
    (made, ASKED.get() - asked, PEAK.get() - held)
}

/// So many violations of one check, each with lines of source, and so many gaps of one cause at places of their own.
fn large(many: usize, holes: usize) -> Sample {
    let mut sample = small();
    let check = &mut sample.result.clauses[1].checks[0];
    check.findings = (0..many).map(|index| finding(Outcome::Violated, index, "accepts TLS 1.0")).collect();
    let open = &mut sample.result.clauses[3].checks[0];
    let first = open.gaps[0].clone();
    open.gaps = (0..holes)
        .map(|index| GapResult {
            fingerprint: format!("fp:{:032x}", 1_000_000 + index),
            place: format!("src/file-{index}.go"),
            message: Text { en: format!("file {index} does not parse"), zh: format!("文件 {index} 无法解析") },
            ..first.clone()
        })
        .collect();
    let mut sheets: Vec<_> = sample.sheets.iter().cloned().collect();
    for sheet in sheets.iter_mut().filter(|s| s.kind == "source.tls_configs") {
        let first = sheet.items[0].clone();
        sheet.items = vec![first; many];
    }
    sample.sheets = assize_judge::Sheets::new(sheets);
    sample
}

fn written(format: Format, sample: &Sample) -> String {
    let languages = &[Lang::En];
    match format {
        Format::Human => super::human::shown(sample, languages),
        _ => render(format, &sample.case(languages)).unwrap_or_default(),
    }
}

#[test]
fn the_cost_of_every_format_grows_with_the_findings_and_no_faster() {
    let (half, whole) = (large(MANY / 2, 1), large(MANY, 1));
    let (few, more) = (large(1, MANY / 20), large(1, MANY / 10));
    for format in Format::ALL {
        let (_, before, _) = cost(|| written(*format, &half));
        let (text, asked, held) = cost(|| written(*format, &whole));
        assert!(asked <= before * 21 / 10 + 1000, "{format:?}: {before} became {asked}");
        assert!(held <= MOST_HELD, "{format:?} held {held} bytes");
        let ((_, before, _), (_, asked, _)) = (cost(|| written(*format, &few)), cost(|| written(*format, &more)));
        assert!(asked <= before * 21 / 10 + 1000, "{format:?}, gaps: {before} became {asked}");
        assert!(text.len() < 64 << 20, "{format:?} has {} bytes", text.len());
    }
}

#[test]
fn every_one_of_ten_thousand_findings_and_gaps_is_there() {
    let sample = large(MANY, MANY);
    for (format, mark) in [(Format::Json, "\"outcome\": \"violated\""), (Format::Sarif, "\"outcome\": \"violated\"")] {
        assert!(written(format, &sample).matches(mark).count() >= MANY, "{format:?}");
    }
    let page = written(Format::Html, &sample);
    assert!(page.matches("<li class=\"violated\">").count() >= MANY);
    assert!(page.matches("<li class=\"gap\">").count() >= MANY);
}

#[test]
fn markdown_stays_below_what_a_forge_takes() {
    let sample = large(MANY, MANY);
    let text = render(Format::Markdown, &sample.case(super::sample::BOTH)).expect("text");
    assert!(text.chars().count() < 65_536);
    assert!(text.contains("… and 9980 more"), "{text}");
}
