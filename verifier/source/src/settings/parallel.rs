//! GNU `parallel`: the arguments that it puts behind its command, or into it (parallel(1), version 20241222).

use super::assignments::pairs;
use super::commands::{Run, Shown};
use super::evaluate::State;
use super::shell::plain;
use assize_facts::reason;

/// More commands than this are none that anybody wrote.
const MOST: usize = 200;

/// Options that take the next word.
const VALUED: &[&str] = &[
    "-j",
    "-n",
    "-N",
    "-L",
    "-S",
    "-s",
    "-d",
    "-C",
    "-P",
    "--jobs",
    "--max-procs",
    "--delay",
    "--joblog",
    "--retries",
    "--results",
    "--tmpdir",
    "--timeout",
    "--load",
    "--halt",
    "--colsep",
    "--delimiter",
    "--max-args",
    "--workdir",
    "--wd",
    "--sshlogin",
    "--env",
    "--tagstring",
    "--memfree",
    "--nice",
    "--basefile",
    "--return",
    "--block",
    "--recstart",
    "--recend",
    "--shuf",
    "--tempdir",
];

/// A call.
struct Call<'w> {
    /// What stands in the command for an argument.
    mark: &'w str,
    command: &'w [String],
    sources: Vec<Source<'w>>,
}

/// Where arguments come from.
enum Source<'w> {
    /// `::: a b`
    Words(&'w [String]),
    /// `-a FILE`, `:::: FILE`
    File(&'w str),
}

impl<'w> Call<'w> {
    fn read(words: &'w [String]) -> Call<'w> {
        let (mut mark, mut sources, mut at) = ("{}", Vec::new(), 1);
        while let Some(word) = words.get(at).filter(|word| word.starts_with('-') && word.len() > 1) {
            at += 1;
            let next = words.get(at).map_or("", String::as_str);
            match word.split_once('=').unwrap_or((word, "")) {
                ("--", _) => break,
                ("-I" | "-a" | "--arg-file" | "--replace", "") => {
                    at += 1;
                    match word.as_str() {
                        "-I" => mark = next,
                        "--replace" => at -= 1,
                        _ => sources.push(Source::File(next)),
                    }
                }
                ("-I" | "--replace", own) => mark = own,
                ("-a" | "--arg-file", own) => sources.push(Source::File(own)),
                (option, "") if VALUED.contains(&option) => at += 1,
                (option, _) => {
                    mark = option.strip_prefix("-I").unwrap_or(mark);
                    sources.extend(option.strip_prefix("-a").filter(|file| !file.is_empty()).map(Source::File));
                }
            }
        }
        let rest = words.get(at..).unwrap_or_default();
        let is_mark = |word: &String| matches!(word.as_str(), ":::" | ":::+" | "::::" | "::::+");
        let end = rest.iter().position(is_mark).unwrap_or(rest.len());
        let (command, mut left) = rest.split_at(end);
        while let Some((kind, behind)) = left.split_first() {
            let end = behind.iter().position(is_mark).unwrap_or(behind.len());
            let (own, more) = behind.split_at(end);
            match kind.starts_with("::::") {
                true => sources.extend(own.iter().map(|file| Source::File(file))),
                false => sources.push(Source::Words(own)),
            }
            left = more;
        }
        Call { mark, command, sources }
    }
}

impl State<'_> {
    pub(super) fn parallel(&mut self, words: &[String], own: &[(String, String)], shown: &Shown<'_>, run: &Run<'_>) {
        let call = Call::read(words);
        let mut all: Vec<Vec<String>> = vec![vec![]];
        let lists: Vec<Vec<String>> = match call.sources.as_slice() {
            [] => self.lines(self.input(run.document, run.from, run.list)).into_iter().collect(),
            sources => {
                let list = |source: &Source<'_>| match source {
                    Source::Words(words) => words.iter().map(|word| plain(word)).collect(),
                    Source::File(file) => self.lines(self.input(None, Some(file), run.list)).unwrap_or_default(),
                };
                sources.iter().map(list).collect()
            }
        };
        for list in lists.iter().filter(|list| !list.is_empty()) {
            if all.len() * list.len() > MOST {
                let why = reason!("more-than-is-followed", text = plain(&words.join(" ")));
                return self.unread(run.line, why, None);
            }
            let with = |before: &Vec<String>| {
                list.iter().map(|one| [&before[..], std::slice::from_ref(one)].concat()).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(with).collect();
        }
        for given in all {
            let command = call.with(&given);
            // It hands its command to a shell as one text.
            if call.command.iter().any(|word| plain(word).contains([' ', ';'])) || call.command.is_empty() {
                let text = command.iter().map(|word| plain(word)).collect::<Vec<_>>().join(" ");
                self.exported_apart(own, shown, run, |state| state.script(run.line, &text));
            } else {
                self.run([pairs(own), command].concat(), run);
            }
        }
    }

    fn lines(&self, given: Option<Result<String, String>>) -> Option<Vec<String>> {
        match given? {
            Ok(text) => Some(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()),
            Err(command) => self.is_of_tree(&command).then(|| vec![command]),
        }
    }
}

impl Call<'_> {
    /// The command with its arguments: in the places of their marks, or behind it.
    fn with(&self, given: &[String]) -> Vec<String> {
        let whole = given.join(" ");
        let numbered: Vec<(String, &String)> = (1..).map(|n| format!("{{{n}}}")).zip(given).collect();
        let marks = [self.mark, "{.}", "{/}", "{//}", "{/.}"];
        let is_marked = |word: &String| {
            marks.iter().any(|mark| word.contains(mark)) || numbered.iter().any(|(mark, _)| word.contains(mark))
        };
        if !self.command.iter().any(is_marked) {
            return [self.command, given].concat();
        }
        let filled = |word: &String| {
            let word = marks.iter().fold(word.clone(), |word, mark| word.replace(mark, &whole));
            numbered.iter().fold(word, |word, (mark, one)| word.replace(mark, one))
        };
        self.command.iter().map(filled).collect()
    }
}
