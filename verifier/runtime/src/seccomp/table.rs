//! What the processes of a service may still do: every system call of every numbering, by what happens to it.

use super::calls::Arch;
use super::policy::{Chain, Ruling, rule};
use assize_facts::Known;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How many characters a line has.
const WIDTH: usize = 120;

/// The table as text: for each numbering the calls by their weakest action, `*` where arguments decide, the open ones first.
pub(super) fn table(chains: &BTreeSet<Chain>, architectures: &[Arch]) -> String {
    let mut text = String::from(
        "What this process may still do: the weakest answer that any thread gets for any arguments (* arguments decide).\n",
    );
    for arch in architectures {
        let mut by_action: BTreeMap<(usize, String), Vec<String>> = BTreeMap::new();
        let names = arch.names();
        for name in &names {
            let ruling = rule(chains, &arch.ways(name));
            let star = if ruling.argument_dependent { "*" } else { "" };
            by_action.entry(title(&ruling)).or_default().push(format!("{name}{star}"));
        }
        let _ = write!(text, "\n{}: {} calls\n", arch.name(), names.len());
        for ((_, action), calls) in by_action {
            let _ = write!(text, "\n  {action} ({}):\n{}", calls.len(), folded(&calls));
        }
    }
    text
}

/// The word for what happens, and its place: what is possible comes first.
fn title(ruling: &Ruling) -> (usize, String) {
    match (&ruling.action, ruling.denied()) {
        (Known::Value(action), Known::Value(false)) => (0, format!("possible, {}", action.word())),
        (Known::Value(action), Known::Value(true)) => (2, format!("denied, {}", action.word())),
        (Known::Value(action), _) => (1, format!("another process decides, {}", action.word())),
        _ => (1, "not determined".into()),
    }
}

fn folded(words: &[String]) -> String {
    let mut text = String::from("   ");
    let mut width = 3;
    for word in words {
        if width + word.len() + 1 > WIDTH {
            text.push_str("\n   ");
            width = 3;
        }
        text.push(' ');
        text.push_str(word);
        width += word.len() + 1;
    }
    text.push('\n');
    text
}
