//! `xargs`: what it puts behind its command, or into it (GNU findutils 4.10).

use super::assignments::pairs;
use super::commands::Run;
use super::evaluate::State;
use super::shell::plain;
use assize_facts::reason;

/// More lines than this are none that anybody wrote.
const MOST: usize = 200;

/// A call.
struct Call<'w> {
    /// What stands in the command for a line.
    mark: Option<&'w str>,
    file: Option<&'w str>,
    command: &'w [String],
}

impl<'w> Call<'w> {
    fn read(words: &'w [String]) -> Call<'w> {
        let (mut mark, mut file, mut at) = (None, None, 1);
        while let Some(word) = words.get(at).filter(|word| word.starts_with('-') && word.len() > 1) {
            at += 1;
            let mut next = || {
                at += 1;
                words.get(at - 1).map_or("", String::as_str)
            };
            match word.split_once('=').unwrap_or((word, "")) {
                ("--", _) => break,
                ("--replace", "") => mark = Some("{}"),
                ("--replace", own) => mark = Some(own),
                ("--arg-file", "") => file = Some(next()),
                ("--arg-file", own) => file = Some(own),
                ("--delimiter" | "--max-args" | "--max-procs" | "--max-chars" | "--process-slot-var", "") => {
                    next();
                }
                (long, _) if long.starts_with("--") => {}
                _ => {
                    // Letters without a value may stand before one that has its own.
                    let from = word.find(|c: char| "IaidnPLsEel".contains(c)).unwrap_or(word.len());
                    let (letter, own) = word.split_at(word.len().min(from + 1));
                    match (letter.chars().next_back(), own) {
                        (Some('i'), "") => mark = Some("{}"),
                        (Some('i'), own) => mark = Some(own),
                        (Some('I'), own) => mark = Some(if own.is_empty() { next() } else { own }),
                        (Some('a'), own) => file = Some(if own.is_empty() { next() } else { own }),
                        (Some('d' | 'n' | 'P' | 'L' | 's' | 'E'), "") => drop(next()),
                        _ => {}
                    }
                }
            }
        }
        Call { mark, file, command: words.get(at..).unwrap_or_default() }
    }
}

impl State<'_> {
    pub(super) fn xargs(&mut self, words: &[String], own: &[(String, String)], run: &Run<'_>) {
        let Call { mark, file, command } = Call::read(words);
        if command.is_empty() {
            return;
        }
        let given = match file {
            Some(file) => self.input(None, Some(file), run.list),
            None => self.input(run.document, run.from, run.list),
        };
        let text = match given {
            Some(Ok(text)) => text,
            Some(Err(command)) if self.is_of_tree(&command) => command,
            Some(Err(_)) | None => {
                // Of which packages it is told is not known.
                let builds = |words: &[String]| matches!(words, [go, verb, ..] if go.ends_with("go") && matches!(verb.as_str(), "build" | "install"));
                let given = if builds(command) { vec!["$PACKAGES".to_owned()] } else { vec![] };
                return self.run([pairs(own), command.to_vec(), given].concat(), run);
            }
        };
        let Some(mark) = mark.filter(|mark| !mark.is_empty()) else {
            let given: Vec<String> = match text.starts_with("$(") {
                true => vec![text],
                false => text.split_whitespace().map(str::to_owned).collect(),
            };
            return self.run([pairs(own), command.to_vec(), given].concat(), run);
        };
        let lines: Vec<&str> = text.lines().map(str::trim_start).filter(|line| !line.is_empty()).collect();
        if lines.len() > MOST {
            let why = reason!("more-than-is-followed", text = plain(&words.join(" ")));
            return self.unread(run.line, why, None);
        }
        for line in lines {
            let command = command.iter().map(|word| word.replace(mark, line)).collect();
            self.run([pairs(own), command].concat(), run);
        }
    }
}
