//! Shell text as a tree of commands: words without quotes, subshells, functions; enough of POSIX (XCU 2) and bash to see which program is called with what.

use super::reader::Reader;
use std::rc::Rc;

/// A dollar inside of double quotes: what it stands for stays one word.
pub(super) const QUOTED: char = '\u{E000}';
/// A dollar that stands for itself.
pub(super) const LITERAL: char = '\u{E001}';

/// A blank inside of one of the words that an array or `$@` holds.
pub(super) const BLANK: char = '\u{E002}';
/// Stands before each of the words of an array as they are written.
pub(super) const ELEMENT: char = '\u{E003}';

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Line of its first word, from 0.
    pub line: u32,
    pub words: Vec<String>,
    /// Inside of `if`, a loop or `case`: it may be passed over.
    pub conditional: bool,
    /// After `&&`: it may be passed over, and then what follows in the list is too. After `||`: it usually is.
    pub joined: Option<Joined>,
    /// Which list of commands it belongs to.
    pub list: u32,
    /// The file that its output goes to.
    pub into: Option<String>,
    /// The file that its input comes from, or the commands in its place (`<(…)`).
    pub from: Option<String>,
    /// Its here-document, or what another command gives it; `$(…)` where that hands on a file.
    pub document: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    And,
    Or,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Command(Command),
    /// `( … )`, and what stands in place of a word: settings and folders end with it.
    Subshell(Vec<Node>),
    Function {
        name: String,
        /// Shared by all shells that define it.
        body: Rc<Vec<Node>>,
    },
}

impl Node {
    /// The commands of a subshell or a function.
    pub fn inside(&self) -> &[Node] {
        match self {
            Node::Command(_) => &[],
            Node::Subshell(inner) => inner,
            Node::Function { body, .. } => body,
        }
    }
}

pub(super) struct Script {
    pub nodes: Rc<Vec<Node>>,
    /// It is longer or deeper than is read.
    pub cut: bool,
}

pub(super) fn read(script: &str) -> Script {
    Reader::read(script)
}

/// The words of one line.
pub(super) fn words(line: &str) -> Vec<String> {
    let first = Rc::unwrap_or_clone(read(line).nodes).into_iter().find_map(|node| match node {
        Node::Command(command) => Some(command.words),
        Node::Subshell(_) | Node::Function { .. } => None,
    });
    first.unwrap_or_default().into_iter().map(|w| plain(&w)).collect()
}

/// A word as it is shown, or read again.
pub(super) fn plain(word: &str) -> String {
    let shown = |c: char| match c {
        QUOTED | LITERAL => '$',
        BLANK | ELEMENT => ' ',
        other => other,
    };
    // The marks begin with a byte that most words have not.
    if word.as_bytes().contains(&0xEE) { word.chars().map(shown).collect() } else { word.to_owned() }
}

/// A word as one of those that an array or `$@` holds.
pub(super) fn as_element(word: &str) -> String {
    word.replace(|c: char| c.is_ascii_whitespace(), BLANK.encode_utf8(&mut [0; 4]))
}

/// The words that a list in braces makes of one: `a{b,c}d` (bash, Brace Expansion).
pub(super) fn listed(word: &str) -> Option<Vec<String>> {
    const MOST: usize = 100;
    let (mut done, mut left) = (Vec::new(), vec![word.to_owned()]);
    while let Some(word) = left.pop() {
        let list = word.find('{').filter(|at| !word[..*at].ends_with(['$', QUOTED])).and_then(|from| {
            let end = from + word[from..].find('}')?;
            let inner = word[from + 1..end].contains(',').then(|| &word[from + 1..end])?;
            Some((&word[..from], inner, &word[end + 1..]))
        });
        match list {
            Some((before, inner, behind)) if done.len() + left.len() < MOST => {
                left.extend(inner.split(',').rev().map(|one| format!("{before}{one}{behind}")));
            }
            _ => done.push(word),
        }
    }
    (done.len() > 1).then_some(done)
}

/// The program that the first line of a text names, where that is no shell.
pub(super) fn interpreter(text: &str) -> Option<&str> {
    let mut words = text.lines().next()?.strip_prefix("#!")?.split_whitespace();
    let name = words.find(|word| !word.ends_with("/env") && !word.starts_with('-'))?.rsplit('/').next()?;
    (!name.ends_with("sh")).then_some(name)
}

/// A word as it may stand in shell text.
pub(super) fn quoted(word: &str) -> String {
    match word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c)) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Gives a group's redirection to what stands in it.
pub(super) fn give(node: &mut Node, of_group: &Command) {
    match node {
        Node::Command(command) => {
            let give = |to: &mut Option<String>, from: &Option<String>| {
                if to.is_none() {
                    to.clone_from(from);
                }
            };
            give(&mut command.into, &of_group.into);
            give(&mut command.from, &of_group.from);
            give(&mut command.document, &of_group.document);
        }
        Node::Subshell(inner) => inner.iter_mut().for_each(|node| give(node, of_group)),
        Node::Function { .. } => {}
    }
}

/// What a command gives the next one of a pipe: its words, or the command itself where it hands on a file or what it was given.
pub(super) fn printed(node: &Node) -> Option<String> {
    let Node::Command(command) = node else { return None };
    let (program, rest) = command.words.split_first()?;
    let whole = || command.words.iter().map(|word| quoted(&plain(word))).collect::<Vec<_>>().join(" ");
    let given = command.document.as_deref().and_then(|d| d.strip_prefix("$(")?.strip_suffix(')'));
    let behind = |name: &str| rest.iter().position(|w| w == name).and_then(|at| rest.get(at + 1)).cloned();
    match program.as_str() {
        "echo" => Some(super::written::echoed(rest)),
        "printf" if rest.first().is_none_or(|word| word != "-v") => Some(super::written::formatted(rest)),
        "curl" | "wget" | "aria2c" | "fetch" => Some(format!("$({})", whole())),
        // The name that is looked for, in the place of the files.
        "find" => behind("-name").or_else(|| behind("-path")),
        "grep" if rest.iter().any(|w| w.starts_with("--include=")) => {
            rest.iter().find_map(|w| w.strip_prefix("--include=")).map(str::to_owned)
        }
        "cat" | "grep" | "egrep" | "sed" | "awk" | "cut" | "tr" | "head" | "tail" | "sort" | "uniq" | "xargs"
        | "envsubst" => {
            let from = command.from.as_deref().map_or(String::new(), |from| format!(" < {}", quoted(&plain(from))));
            match given {
                Some(given) => Some(format!("$({given} | {})", whole())),
                None if rest.is_empty() && from.is_empty() => None,
                None => Some(format!("$({}{from})", whole())),
            }
        }
        _ => None,
    }
}
