//! Coverage: which layers of each clause were examined, by how many checks, and how they ended.

use super::{Svg, WIDTH, short};
use crate::case::Case;
use crate::words::{say, word};
use assize_clause::Weight;
use assize_facts::Lang;
use assize_judge::{ClauseResult, Verdict};

const LAYERS: [&str; 3] = ["source", "binary", "runtime"];
const ROW: u32 = 24;
const NAMES: u32 = 148;
/// More clauses than this make no picture that anyone reads.
const MOST: usize = 60;

pub fn coverage(case: &Case, lang: Lang) -> String {
    let mut svg = Svg::new();
    let column = (WIDTH - NAMES) / 3;
    for (index, layer) in LAYERS.into_iter().enumerate() {
        let x = NAMES + column * index as u32 + column / 2;
        svg.text(x, 16, "middle", "faint", &word(lang, "layer-", layer));
    }
    for (row, clause) in case.result.clauses.iter().take(MOST).enumerate() {
        let y = 24 + ROW * row as u32;
        svg.text(0, y + 16, "start", "", &short(&clause.id, 20));
        for (index, layer) in LAYERS.into_iter().enumerate() {
            let x = NAMES + column * index as u32;
            svg.rect(x + 2, y + 2, column - 4, ROW - 4, "box");
            let (words, class) = cell(clause, layer);
            svg.text(x + column / 2, y + 16, "middle", class, &words);
        }
    }
    svg.finish(&say(lang, "picture-coverage", &[]))
}

/// Mark and number of checks that are more than notes; empty where the clause has none in the layer.
fn cell(clause: &ClauseResult, layer: &str) -> (String, &'static str) {
    let checks = clause.checks.iter().filter(|c| c.layer == layer && c.weight != Weight::Note.word());
    let verdicts: Vec<Verdict> = checks.map(|c| c.verdict).collect();
    let has = |verdict: Verdict| verdicts.contains(&verdict);
    let (mark, class) = match () {
        () if has(Verdict::Fail) => ("✗", "bad"),
        () if has(Verdict::Inconclusive) || has(Verdict::Waived) => ("?", "open"),
        () if has(Verdict::Pass) => ("✓", "good"),
        () if has(Verdict::NotApplicable) => ("–", "faint"),
        () => return (String::new(), "faint"),
    };
    (format!("{mark} {}", verdicts.len()), class)
}
