//! Assignments of shell commands: by themselves, by declarations and options, before a command, in files of settings.

use super::commands::{Run, Shown};
use super::evaluate::State;
use super::flags::VARIABLES;
use super::shell::plain;
use super::state::{Held, Sure};
use assize_facts::reason;
use std::rc::Rc;

impl State<'_> {
    /// `declare -n NAME=OF`: what NAME is given, OF has.
    fn name_anew(&mut self, name: &str, of: &str, run: &Run<'_>) {
        self.refers.insert(name.to_owned());
        self.shell.hold(&format!("&{name}"), Held { value: Some(of.into()), seen: vec![], sure: run.sure });
    }

    /// The variable that a name means, where it is another name of one.
    pub(super) fn variable_meant(&self, name: &str, list: u64) -> Option<Rc<str>> {
        let held = if self.refers.contains(name) { self.shell.held(&format!("&{name}"), list) } else { &[] };
        held.last().and_then(|held| held.value.clone()).filter(|of| &**of != name)
    }

    pub(super) fn assign(&mut self, run: &Run<'_>, name: &str, value: &str, shown: &Shown<'_>, export: bool) {
        if let Some(of) = self.variable_meant(name.trim_end_matches('+'), run.list) {
            let added = if name.ends_with('+') { "+" } else { "" };
            return self.assign_own(run, &format!("{of}{added}"), value, shown, export);
        }
        self.assign_own(run, name, value, shown, export);
    }

    fn assign_own(&mut self, run: &Run<'_>, name: &str, value: &str, shown: &Shown<'_>, export: bool) {
        let (name, value) = match name.strip_suffix('+') {
            Some(name) => {
                let before =
                    self.shell.held(name, run.list).iter().rev().find_map(|h| h.value.clone()).unwrap_or_default();
                (name, format!("{before} {value}"))
            }
            None => (name, value.to_owned()),
        };
        self.set(run.line, name, Some(value), Some(shown), export, run.sure);
    }

    /// A line of a file of settings.
    pub(super) fn written(&mut self, run: &Run<'_>, line: &str, shown: &Shown<'_>) {
        let line = line.trim();
        // Of several lines, which is for a file of settings too much.
        if let Some((name, _)) = line.split_once("<<").filter(|(name, _)| VARIABLES.contains(name)) {
            let why = reason!("value-from-outside", name = name);
            return self.unread(run.line, why, Some(shown));
        }
        let Some((name, value)) = line.split_once('=') else { return };
        let value = value.trim_matches(['"', '\'']);
        // What a step gives has the step's name before its own.
        let step = run.into.and_then(|into| into.split_once("GITHUB_OUTPUT_")?.1.split_once("__"));
        match step {
            Some((step, _)) => self.hand_on(&format!("STEP_{step}_{}", name.replace('-', "_")), value),
            None if VARIABLES.contains(&name) => self.write(run.line, name, value, Some(shown)),
            None => self.hand_on(name, value),
        }
    }

    /// Assignments before a command hold for it alone; the caller keeps what was there.
    pub(super) fn exported_for(&mut self, own: &[(String, String)], shown: &Shown<'_>, run: &Run<'_>) {
        for (name, value) in own {
            self.set(run.line, name, Some(value.clone()), Some(shown), true, Sure::Always);
        }
    }

    pub(super) fn exported_apart(
        &mut self,
        own: &[(String, String)],
        shown: &Shown<'_>,
        run: &Run<'_>,
        what: impl FnOnce(&mut Self),
    ) {
        let before = self.shell.mark();
        self.exported_for(own, shown, run);
        what(self);
        self.shell.back(before);
    }

    pub(super) fn declaration(&mut self, words: &[String], shown: &Shown<'_>, run: &Run<'_>) {
        let export = words[0] == "export" || words.iter().any(|w| w.starts_with('-') && w.contains('x'));
        // Another name for a variable (bash, `declare -n`).
        let is_name = words.iter().any(|w| w.starts_with('-') && w.contains('n'))
            && matches!(&*words[0], "declare" | "typeset" | "local");
        for word in words[1..].iter().filter(|w| !w.starts_with('-')) {
            match assigned(word) {
                Some((name, of)) if is_name => self.name_anew(name, of, run),
                Some((name, value)) => self.assign(run, name, value, shown, export),
                None if word.starts_with('$') => self.unread_of_tree(run, word),
                None if export => self.shell.export(word),
                None => {}
            }
        }
    }

    pub(super) fn options(&mut self, words: &[String]) {
        let has = |on: &str, name: &str| {
            let short = |w: &String| w.starts_with(on) && !w.starts_with("--") && w.contains('a');
            words.iter().any(short) || words.windows(2).any(|w| w[0] == format!("{on}o") && w[1] == name)
        };
        if has("-", "allexport") {
            self.shell.export_all(true);
        }
        if has("+", "allexport") {
            self.shell.export_all(false);
        }
        if let Some(at) = words.iter().position(|w| w == "--") {
            drop(self.parameters(&words[at + 1..]));
        }
    }

    /// `shift 2`. Where it is not sure whether or how often it is done, a flag that would change most comes to be the first: behind another word it
    /// would be none.
    pub(super) fn shift(&mut self, words: &[String], run: &Run<'_>) {
        let count = words.get(1).map_or(Some(1), |word| word.parse::<usize>().ok());
        let [one] = self.shell.held("@", run.list) else { return };
        let Some(all) = one.value.clone() else { return };
        let all: Vec<&str> = super::expand::parts(&all);
        let count = count.filter(|_| run.sure != Sure::Maybe);
        let risky = || all.iter().position(|word| super::builds::is_risky(word));
        if let Some(count) = count.or_else(risky) {
            let left: Vec<String> = all.into_iter().skip(count).map(plain).collect();
            drop(self.parameters(&left));
        }
    }

    /// `for x in a b`: any of them.
    pub(super) fn loop_variable(&mut self, words: &[String], run: &Run<'_>) {
        let Some(name) = words.get(1) else { return };
        for (at, value) in words.iter().skip(3).enumerate() {
            let sure = if at == 0 { Sure::Always } else { Sure::Maybe };
            match VARIABLES.contains(&name.as_str()) {
                true => self.set(run.line, name, Some(value.clone()), None, false, sure),
                false => self.shell.hold(name, Held { value: Some(value.as_str().into()), seen: vec![], sure }),
            }
        }
    }
}

/// Whether the output goes to the environment of later steps, or to where the Go command looks for settings.
pub(super) fn is_for_settings(words: &[String], run: &Run<'_>) -> bool {
    let is_one = |w: &String| {
        ["GITHUB_ENV", "GITHUB_OUTPUT_", "GOENV"].iter().any(|name| w.contains(name))
            || w.ends_with("/go.env")
            || w.ends_with("go/env")
    };
    let tee = words.first().is_some_and(|w| w == "tee");
    run.command.into.as_ref().is_some_and(is_one) || (tee && words.iter().any(is_one))
}

pub(super) fn pairs(own: &[(String, String)]) -> Vec<String> {
    own.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// `NAME=value`, `NAME+=value`: the name (with its `+`) and the value.
pub(super) fn assigned(word: &str) -> Option<(&str, &str)> {
    let at = memchr::memchr(b'=', word.as_bytes())?;
    let (name, value) = (&word[..at], &word[at + 1..]);
    // `NAME[0]=value`: one of its words.
    let name = name.strip_suffix(']').and_then(|name| name.split_once('[')).map_or(name, |(name, _)| name);
    let bare = name.strip_suffix('+').unwrap_or(name);
    let sound = !bare.is_empty()
        && !bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    sound.then_some((name, value))
}

/// Assignments before a command, and the command.
pub(super) fn prefix(words: &[String]) -> (Vec<(String, String)>, &[String]) {
    let mut own = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match assigned(word) {
            Some((name, value)) => own.push((name.to_owned(), value.to_owned())),
            None => return (own, &words[at..]),
        }
    }
    (own, &[])
}
