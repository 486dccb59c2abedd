//! What a set of filters does with one call: the weakest answer over all ways to make it, all arguments and all threads.

use super::action::action;
use super::bpf::{FIRST_ARGUMENT, Program};
use super::calls::{Arch, Way, siblings};
use super::explore::{Answers, explore};
use assize_facts::kinds::process::FilterAction;
use assize_facts::{Known, reason};
use std::collections::BTreeSet;

/// The filters of a thread, newest first; in strict mode everything but four calls kills.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Chain<'a> {
    pub filters: Vec<&'a Program>,
    pub strict: bool,
}

/// What was found out about one call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ruling {
    pub action: Known<FilterAction>,
    pub argument_dependent: bool,
    /// Arguments that bring the weakest answer about, where they matter.
    pub example: String,
    /// Whether every chain rules alike.
    pub alike: bool,
}

impl Ruling {
    pub fn denied(&self) -> Known<bool> {
        match &self.action {
            Known::Value(action) => match action.denies() {
                Some(denied) => Known::Value(denied),
                None => Known::Unknown(reason!("decided-elsewhere", action = action.word())),
            },
            Known::Unknown(reason) => Known::Unknown(reason.clone()),
            Known::Possible(_) => Known::Unknown(reason!("arguments-undetermined", detail = "several answers")),
        }
    }
}

/// Rules on a call over several chains.
pub(crate) fn rule(chains: &BTreeSet<Chain>, ways: &[Way]) -> Ruling {
    let each: Vec<Ruling> = chains.iter().flat_map(|chain| ways.iter().map(|way| of_chain(chain, way))).collect();
    let of = |chain: &Chain| ways.iter().map(|way| of_chain(chain, way).action).collect::<Vec<_>>();
    let first = chains.first().map(of);
    let alike = chains.iter().all(|chain| Some(of(chain)) == first);
    let mut weakest = Ruling {
        action: Known::Value(FilterAction::KillProcess),
        argument_dependent: false,
        example: String::new(),
        alike,
    };
    for ruling in each {
        weakest.argument_dependent |= ruling.argument_dependent;
        if weaker(&ruling.action, &weakest.action) {
            weakest.action = ruling.action;
            weakest.example = ruling.example;
        }
    }
    weakest
}

/// An answer that allows is the weakest; what is not known comes next, since it may allow.
fn weaker(a: &Known<FilterAction>, b: &Known<FilterAction>) -> bool {
    let rank = |k: &Known<FilterAction>| match k {
        Known::Value(FilterAction::Allow) => (2, FilterAction::Allow),
        Known::Value(action) => (0, *action),
        Known::Unknown(_) | Known::Possible(_) => (1, FilterAction::Allow),
    };
    rank(a) > rank(b)
}

fn of_chain(chain: &Chain, way: &Way) -> Ruling {
    if chain.strict {
        return Ruling {
            action: Known::Value(FilterAction::KillThread),
            argument_dependent: false,
            example: String::new(),
            alike: true,
        };
    }
    weakest(&explore(&chain.filters, way))
}

fn weakest(answers: &Answers) -> Ruling {
    let shown = answers.shown.iter().map(|(value, data)| (action(*value), data)).max_by_key(|(action, _)| *action);
    let classes: BTreeSet<FilterAction> = answers.shown.keys().map(|v| action(*v)).collect();
    let argument_dependent = classes.len() > 1;
    let example = match shown {
        Some((_, data)) if argument_dependent => {
            let words = data[FIRST_ARGUMENT..].chunks_exact(2).map(|w| u64::from(w[0]) | u64::from(w[1]) << 32);
            words
                .enumerate()
                .filter(|(_, v)| *v != 0)
                .map(|(n, v)| format!("a{n}={v:#x}"))
                .collect::<Vec<_>>()
                .join(" ")
        }
        _ => String::new(),
    };
    let weakest = shown.map(|(action, _)| action);
    let open = answers.open.iter().map(|v| action(*v)).max();
    let action = match (weakest, answers.cut) {
        (Some(FilterAction::Allow), _) => Known::Value(FilterAction::Allow),
        (_, Some(cut)) => Known::Unknown(reason!("arguments-undetermined", detail = cut)),
        (Some(weakest), None) if open.is_none_or(|open| open <= weakest) => Known::Value(weakest),
        _ => {
            let open = open.map_or("nothing", FilterAction::word);
            Known::Unknown(reason!("arguments-undetermined", detail = format!("perhaps {open}")))
        }
    };
    Ruling { action, argument_dependent, example, alike: true }
}

/// Calls of the same family that are not listed and not denied.
pub(crate) fn open_siblings(chains: &BTreeSet<Chain>, arch: Arch, name: &str, listed: &[String]) -> Vec<String> {
    let open = |sibling: &&str| {
        let ways = arch.ways(sibling);
        !listed.iter().any(|l| l == sibling) && !ways.is_empty() && rule(chains, &ways).denied() != Known::Value(true)
    };
    let mut all: Vec<String> = siblings(name).filter(open).map(str::to_string).collect();
    all.sort();
    all
}
