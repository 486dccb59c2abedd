//! What references and functions of makefiles become (GNU make, chapters 6 and 8).

use super::expand::parts;
use super::make_rules::AUTOMATIC;
use super::make_text::{arguments, is_substituted, matching, put_in};
use super::makefile::{DEPTH, LONGEST, MOST, Make, OWN};
use super::shell::quoted;
use crate::hashed::HashMap;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// More ways to put the values of a recipe together are not looked at.
const MOST_WAYS: usize = 128;

/// What references become that hang neither on the target that is made nor on where they stand.
#[derive(Default)]
pub(super) struct Lasting {
    /// Names that some target has a value of its own for, make's among them; `None` while files are being read.
    of_targets: Option<BTreeSet<String>>,
    /// As parts of words, and as words of their own.
    known: [RefCell<HashMap<String, String>>; 2],
    bytes: Cell<usize>,
    /// What is put in hangs on its place.
    hangs: Cell<bool>,
}

impl Lasting {
    pub fn apart_from(of_targets: impl Iterator<Item = String>) -> Lasting {
        let own = AUTOMATIC.iter().flat_map(|name| ["", "D", "F"].map(|more| format!("{name}{more}")));
        Lasting { of_targets: Some(of_targets.chain(own).collect()), ..Lasting::default() }
    }

    fn is_of_targets(&self, name: &str) -> bool {
        self.of_targets.as_ref().is_some_and(|names| names.contains(name))
    }

    fn known(&self, inner: &str, part: bool) -> Option<String> {
        self.known[usize::from(!part)].borrow().get(inner).cloned()
    }

    /// Something is put in; gives what was found of that around it.
    fn begin(&self) -> bool {
        self.hangs.replace(false)
    }

    fn hangs_on_its_place(&self) {
        self.hangs.set(true);
    }

    fn end(&self, around: bool, (inner, part): (&str, bool), out: &str) {
        // No makefile that a person wrote has more.
        const MOST: usize = 4 << 20;
        let bytes = self.bytes.get() + inner.len() + out.len();
        if self.of_targets.is_some() && !self.hangs.get() && bytes < MOST {
            self.known[usize::from(!part)].borrow_mut().insert(inner.to_owned(), out.to_owned());
            self.bytes.set(bytes);
        }
        self.hangs.set(around || self.hangs.get());
    }
}

impl Make<'_> {
    /// `$(NAME)` and `${NAME}` by their values; what is not known stays as it is written, `$$` is the shell's dollar.
    pub(super) fn expanded(&self, text: &str, depth: u32) -> String {
        if depth == DEPTH {
            self.spent.set(0);
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let (open, close) = match rest.as_bytes().first() {
                Some(b'(') => ('(', ')'),
                Some(b'{') => ('{', '}'),
                Some(b'$') => {
                    out.push('$');
                    rest = &rest[1..];
                    continue;
                }
                // One letter needs no brackets.
                Some(letter) if letter.is_ascii() && self.is_known(&rest[..1]) => {
                    let part = out.ends_with(|c: char| !c.is_whitespace());
                    out.push_str(&self.reference(&rest[..1], depth, part));
                    rest = &rest[1..];
                    continue;
                }
                _ => {
                    out.push('$');
                    continue;
                }
            };
            let Some(end) = matching(rest, open, close) else {
                out.push('$');
                continue;
            };
            // As a part of a word only one value can stand.
            let part = out.ends_with(|c: char| !c.is_whitespace());
            out.push_str(&self.reference(&rest[1..end], depth, part));
            rest = &rest[end + 1..];
        }
        out + rest
    }

    fn reference(&self, inner: &str, depth: u32, part: bool) -> String {
        if let Some(known) = self.lasting.known(inner, part) {
            return known;
        }
        let around = self.lasting.begin();
        let out = self.put_in_place_of(inner, depth, part);
        self.lasting.end(around, (inner, part), &out);
        out
    }

    fn put_in_place_of(&self, inner: &str, depth: u32, part: bool) -> String {
        self.spent.set(self.spent.get() + 1);
        if depth == 0 || self.spent.get() > MOST {
            self.lasting.hangs_on_its_place();
            return unread(inner);
        }
        if self.inside.borrow().iter().any(|name| name == inner) {
            self.lasting.hangs_on_its_place();
            return String::new();
        }
        if self.lasting.is_of_targets(inner) {
            self.lasting.hangs_on_its_place();
        }
        let specific = self.specific.borrow().get(inner).cloned();
        if let Some(values) = specific {
            return self.any_of(inner, values.iter().map(String::as_str), depth, part);
        }
        if let Some(values) = self.variables.get(inner) {
            return self.any_of(inner, values.iter().map(|(_, value)| value.as_str()), depth, part);
        }
        if inner == "MAKEFILE_LIST" {
            return self.files_read();
        }
        if let Some((_, value)) = OWN.iter().find(|(name, _)| *name == inner) {
            return (*value).to_owned();
        }
        if inner.contains(":-") {
            return format!("${{{inner}}}");
        }
        match inner.split_once(char::is_whitespace) {
            Some(("lastword", rest)) if rest.trim() == "$(MAKEFILE_LIST)" => {
                self.files_read().rsplit(' ').next().unwrap_or_default().to_owned()
            }
            Some(("firstword", rest)) if rest.trim() == "$(MAKEFILE_LIST)" => self.tree.own_name().to_owned(),
            // Words, of which each end of a line is an end of one.
            Some(("strip" | "sort" | "firstword" | "lastword", rest)) => {
                self.expanded(rest, depth - 1).split_whitespace().collect::<Vec<_>>().join(" ")
            }
            Some(("or" | "and", rest)) => {
                let sides: Vec<String> =
                    arguments(rest).into_iter().map(|side| self.expanded(side, depth - 1)).collect();
                sides.join(" ").trim().to_owned()
            }
            // Either side may come.
            Some(("if", rest)) => {
                let sides: Vec<&str> = arguments(rest).into_iter().skip(1).collect();
                self.expanded(&sides.join(" "), depth - 1)
            }
            Some((
                name @ ("addprefix" | "addsuffix" | "join" | "let" | "intcmp" | "subst" | "patsubst" | "filter"
                | "filter-out" | "foreach" | "value" | "word" | "wordlist" | "dir" | "notdir" | "basename"
                | "abspath" | "realpath" | "wildcard"),
                rest,
            )) => self.made(name, &arguments(rest), depth - 1),
            // They print, and stand for nothing.
            Some(("info" | "warning" | "error" | "eval", _)) => String::new(),
            // As a line of its own it is the command that does the same.
            Some(("file", rest)) if rest.trim_start().starts_with('>') => {
                let parts = arguments(rest);
                let [to, text] = parts.as_slice() else { return String::new() };
                let text = self.expanded(text.trim_start(), depth - 1);
                if text.len() > LONGEST {
                    return unread("file");
                }
                format!("echo {} {}", quoted(&text), self.expanded(to.trim(), depth - 1))
            }
            Some(("file", rest)) if rest.trim_start().starts_with('<') => {
                format!("$(cat {})", self.expanded(rest.trim_start().trim_start_matches('<'), depth - 1).trim())
            }
            // What it prints is not known; what it does is the shell's to say.
            Some(("shell", rest)) => {
                let script = self.expanded(rest, depth - 1);
                folder_printed(&script).unwrap_or_else(|| format!("$({script})"))
            }
            Some(("call", rest)) => {
                let mut parts = arguments(rest).into_iter();
                let name = parts.next().unwrap_or_default().trim();
                let Some((_, value)) = self.variables.get(name).and_then(|v| v.last()) else {
                    return format!("${{{inner}}}");
                };
                let filled = parts
                    .enumerate()
                    .fold(value.clone(), |text, (at, part)| put_in(&text, &(at + 1).to_string(), part));
                self.expanded(&filled, depth - 1)
            }
            // `$(NAME:.c=.o)`: as it is without what is put in place of its endings, beside what is.
            None if is_substituted(inner).is_some_and(|name| self.variables.contains_key(name)) => {
                let name = is_substituted(inner).unwrap_or_default();
                let (from, to) = inner[name.len() + 1..].split_once('=').unwrap_or_default();
                let words = self.reference(name, depth - 1, part);
                let each =
                    |word: &str| word.strip_suffix(from).map_or_else(|| word.to_owned(), |stem| format!("{stem}{to}"));
                words.split_whitespace().map(each).collect::<Vec<_>>().join(" ")
            }
            // `$($(NAME))`, `$(FLAGS_$(OS))`: any of the names that come of it.
            None if inner.contains(['$']) && depth > 1 => {
                let names = self.expanded(inner, depth - 1);
                let of = |name: &str| match self.is_known(name) {
                    true => self.reference(name, depth - 1, part),
                    false => format!("${{{name}}}"),
                };
                parts(&names).into_iter().map(of).collect::<Vec<_>>().join(" ")
            }
            // A command that `:=` put in place already.
            _ if inner.contains(char::is_whitespace) && !inner.contains('{') => format!("$({inner})"),
            // The recipe's shell may know it.
            _ => format!("${{{inner}}}"),
        }
    }

    fn is_known(&self, name: &str) -> bool {
        if self.lasting.is_of_targets(name) {
            self.lasting.hangs_on_its_place();
        }
        self.variables.contains_key(name) || self.specific.borrow().contains_key(name)
    }

    /// All values that a variable may have; as a part of a word only one can stand.
    fn any_of<'v>(&self, name: &str, values: impl Iterator<Item = &'v str>, depth: u32, part: bool) -> String {
        self.inside.borrow_mut().push(name.to_owned());
        let mut all: Vec<String> = Vec::new();
        for value in values {
            let value = self.expanded(value, depth - 1);
            if !all.contains(&value) {
                all.push(value);
            }
        }
        self.inside.borrow_mut().pop();
        let length: usize = all.iter().map(String::len).sum();
        match () {
            () if length > LONGEST => unread(name),
            () if part && all.len() > 1 => {
                self.lasting.hangs_on_its_place();
                self.one_of(name, all)
            }
            () => all.join(" "),
        }
    }

    /// The value that stands in a word, in the way that is looked at; without one that is left open.
    fn one_of(&self, name: &str, mut all: Vec<String>) -> String {
        let Some(way) = self.way.get() else { return format!("${{{name}}}") };
        let mut several = self.several.borrow_mut();
        let at = several.iter().position(|(known, _)| known == name).unwrap_or(several.len());
        if at == several.len() {
            several.push((name.to_owned(), all.len()));
        }
        let before: usize = several[..at].iter().map(|(_, count)| *count).product();
        all.swap_remove(way / before % all.len())
    }

    /// What a recipe's text may be, by the values of the variables in its words; and whether those are all.
    pub(super) fn ways(&self, text: &str) -> (Vec<String>, bool) {
        self.several.borrow_mut().clear();
        let (mut all, mut way, mut count) = (Vec::new(), 0, 1);
        while way < count.min(MOST_WAYS) {
            self.way.set(Some(way));
            let filled = self.expanded(text, DEPTH);
            if !all.contains(&filled) {
                all.push(filled);
            }
            count = self.several.borrow().iter().map(|(_, count)| *count).product();
            way += 1;
        }
        self.way.set(None);
        (all, count <= MOST_WAYS)
    }

    /// What a function makes of its arguments (GNU make, chapter 8); what one leaves out is left in, for it may be what is built.
    fn made(&self, name: &str, parts: &[&str], depth: u32) -> String {
        let part = |at: usize| self.expanded(parts.get(at).copied().unwrap_or_default(), depth);
        let each = |text: String, make: &dyn Fn(&str) -> String| {
            text.split_whitespace().map(make).collect::<Vec<_>>().join(" ")
        };
        match name {
            "addprefix" => {
                let prefix = part(0);
                each(part(1), &|word| format!("{prefix}{word}"))
            }
            "addsuffix" => {
                let suffix = part(0);
                each(part(1), &|word| format!("{word}{suffix}"))
            }
            "subst" => part(2).replace(&part(0), &part(1)),
            "patsubst" => {
                let (from, to) = (part(0), part(1));
                let stem = |word: &str| match from.split_once('%') {
                    Some((before, behind)) => {
                        word.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind)).map(str::to_owned)
                    }
                    None => (word == from).then(String::new),
                };
                each(part(2), &|word| stem(word).map_or_else(|| word.to_owned(), |stem| to.replace('%', &stem)))
            }
            "foreach" => {
                let (variable, body) = (part(0), parts.get(2).copied().unwrap_or_default());
                let turns: Vec<String> = part(1)
                    .split_whitespace()
                    .map(|word| self.expanded(&put_in(body, variable.trim(), word), depth))
                    .collect();
                turns.join(" ")
            }
            "value" => parts
                .first()
                .and_then(|name| self.variables.get(name.trim())?.last())
                .map(|(_, v)| v.clone())
                .unwrap_or_default(),
            "wordlist" => each(part(2), &str::to_owned),
            "join" => {
                let (first, second) = (part(0), part(1));
                let (first, mut second) = (first.split_whitespace(), second.split_whitespace());
                let joined: Vec<String> =
                    first.map(|word| format!("{word}{}", second.next().unwrap_or_default())).collect();
                joined.into_iter().chain(second.map(str::to_owned)).collect::<Vec<_>>().join(" ")
            }
            // Of several names the last has the words that are left.
            "let" => {
                let (names, values) = (part(0), part(1));
                let names: Vec<&str> = names.split_whitespace().collect();
                let words: Vec<&str> = values.split_whitespace().collect();
                let value = |at: usize| match at + 1 == names.len() {
                    true => words.get(at..).unwrap_or_default().join(" "),
                    false => words.get(at).copied().unwrap_or_default().to_owned(),
                };
                let body = parts.get(2).copied().unwrap_or_default().to_owned();
                let filled = names.iter().enumerate().fold(body, |text, (at, name)| put_in(&text, name, &value(at)));
                self.expanded(&filled, depth)
            }
            // Any of its sides may come.
            "intcmp" => (2..parts.len().max(2)).map(part).collect::<Vec<_>>().join(" "),
            "abspath" | "realpath" => part(0),
            "dir" => each(part(0), &|word| word.rfind('/').map_or("./", |end| &word[..=end]).to_owned()),
            "notdir" => each(part(0), &|word| word.rsplit('/').next().unwrap_or(word).to_owned()),
            "basename" => each(part(0), &|word| match word.rsplit_once('.') {
                Some((stem, ending)) if !ending.contains('/') => stem.to_owned(),
                _ => word.to_owned(),
            }),
            // As it is written where nothing of the tree is meant.
            "wildcard" => each(part(0), &|pattern| match self.tree.matching(pattern) {
                found if found.is_empty() && pattern.contains('$') => pattern.to_owned(),
                found => found.join(" "),
            }),
            _ => each(part(1), &str::to_owned),
        }
    }
}

/// Stands for what is too long or too deep to be put in: as a word of a build it may be any flag.
fn unread(name: &str) -> String {
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
    format!("$(unread {name})")
}

/// The folder that a command of one's own prints, relative to the makefile's.
fn folder_printed(script: &str) -> Option<String> {
    // Quotes around a whole word, as around a path, are the shell's.
    let bare = |word| ["\"", "'"].iter().find_map(|q| str::strip_prefix(word, q)?.strip_suffix(q)).unwrap_or(word);
    let words: Vec<&str> = script.split_whitespace().map(bare).collect();
    match words.as_slice() {
        ["pwd"] | ["pwd", "-P" | "-L"] | ["/bin/pwd"] => Some(".".into()),
        _ if words.iter().any(|word| word.contains(['$', '`', '|', ';', '"', '\''])) => None,
        ["dirname", path] => Some(path.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned()),
        ["realpath", path] | ["readlink", "-f", path] => Some((*path).to_owned()),
        ["cd", path, "&&", "pwd"] | ["cd", path, "&&", "pwd", "-P" | "-L"] => Some((*path).to_owned()),
        _ => None,
    }
}
