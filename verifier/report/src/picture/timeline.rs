//! The timeline of a run: what was done when, and how long it took.

use super::{Svg, WIDTH};
use crate::case::Case;
use crate::words::{say, word};
use assize_facts::Lang;
use assize_judge::Step;

const ROW: u32 = 40;

/// Empty where the record has no steps, as those of older packs.
pub fn timeline(case: &Case, lang: Lang) -> String {
    let steps = &case.record.steps;
    let end = steps.iter().map(|step| step.begin.saturating_add(step.took)).max().unwrap_or(0);
    if end == 0 {
        return String::new();
    }
    let mut svg = Svg::new();
    for (row, step) in steps.iter().enumerate() {
        let y = ROW * row as u32;
        svg.text(0, y + 14, "start", "", &words(step, lang));
        let scale = |ms: u64| (u128::from(ms) * u128::from(WIDTH) / u128::from(end)) as u32;
        let (from, width) = (scale(step.begin), scale(step.took).max(2));
        svg.rect(from.min(WIDTH - 2), y + 20, width.min(WIDTH - from.min(WIDTH - 2)), 10, "bar");
    }
    svg.finish(&say(lang, "picture-timeline", &[]))
}

/// The step with its begin and length in seconds.
pub fn words(step: &Step, lang: Lang) -> String {
    let name = word(lang, "step-", &step.name);
    say(lang, "step", &[("name", &name), ("begin", &seconds(step.begin)), ("took", &seconds(step.took))])
}

fn seconds(ms: u64) -> String {
    format!("{}.{}", ms / 1000, ms % 1000 / 100)
}
