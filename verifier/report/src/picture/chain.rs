//! The identity chain: source, binary, image, process and endpoint, and which of them were shown to be the same.

use super::Svg;
use crate::case::Case;
use crate::words::{say, word};
use assize_facts::Lang;
use assize_judge::{IdentityLink, Outcome};

const BOX: (u32, u32) = (112, 30);
const LEFT: u32 = 8;
const RIGHT: u32 = 200;
/// From one box of the column to the next.
const STEP: u32 = 72;

pub fn chain(case: &Case, lang: Lang) -> String {
    let mut svg = Svg::new();
    for (row, node) in ["source", "binary", "process", "endpoint"].into_iter().enumerate() {
        boxed(&mut svg, LEFT, 4 + STEP * row as u32, node, lang, "box");
    }
    for (row, name) in ["source-binary", "binary-process", "process-endpoint"].into_iter().enumerate() {
        down(&mut svg, 4 + STEP * row as u32 + BOX.1, link(case, name), lang);
    }
    image(&mut svg, link(case, "binary-image"), lang);
    svg.finish(&say(lang, "picture-chain", &[]))
}

fn link<'a>(case: &Case<'a>, name: &str) -> Option<&'a IdentityLink> {
    case.result.identity.iter().find(|link| link.link == name)
}

fn boxed(svg: &mut Svg, x: u32, y: u32, node: &str, lang: Lang, class: &str) {
    svg.rect(x, y, BOX.0, BOX.1, class);
    svg.text(x + BOX.0 / 2, y + 20, "middle", "", &word(lang, "node-", node));
}

fn down(svg: &mut Svg, y: u32, link: Option<&IdentityLink>, lang: Lang) {
    let outcome = outcome(link);
    let x = LEFT + BOX.0 / 2;
    svg.line((x, y), (x, y + STEP - BOX.1), edge(outcome));
    svg.text(x + 12, y + 26, "start", class(outcome), &words(outcome, lang));
}

/// Beside the binary, since not every delivery has one.
fn image(svg: &mut Svg, link: Option<&IdentityLink>, lang: Lang) {
    let outcome = outcome(link);
    let y = 4 + STEP;
    let dashed = if outcome == Outcome::NotApplicable { "box dashed" } else { "box" };
    svg.line((LEFT + BOX.0, y + BOX.1 / 2), (RIGHT, y + BOX.1 / 2), edge(outcome));
    boxed(svg, RIGHT, y, "image", lang, dashed);
    svg.text(RIGHT + BOX.0 / 2, y + BOX.1 + 20, "middle", class(outcome), &words(outcome, lang));
}

/// A link that the result does not have was not shown.
fn outcome(link: Option<&IdentityLink>) -> Outcome {
    link.map_or(Outcome::Undetermined, |link| link.outcome)
}

fn edge(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Satisfied | Outcome::Violated => "edge",
        Outcome::Undetermined | Outcome::NotApplicable => "edge dashed",
    }
}

fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Satisfied => "good",
        Outcome::Violated => "bad",
        Outcome::Undetermined => "open",
        Outcome::NotApplicable => "faint",
    }
}

fn words(outcome: Outcome, lang: Lang) -> String {
    let mark = match outcome {
        Outcome::Satisfied => "✓",
        Outcome::Violated => "✗",
        Outcome::Undetermined => "?",
        Outcome::NotApplicable => "–",
    };
    format!("{mark} {}", word(lang, "identity-", outcome.word()))
}
