//! What references and functions of makefiles become (GNU make, chapters 6 and 8).

use super::make_text::{arguments, is_substituted, matching, put_in};
use super::makefile::{DEPTH, LONGEST, MOST, Make, OWN};

impl Make {
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
                Some(letter) if letter.is_ascii_alphabetic() && self.variables.contains_key(&rest[..1]) => {
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
        self.spent.set(self.spent.get() + 1);
        if depth == 0 || self.spent.get() > MOST {
            return format!("${{{inner}}}");
        }
        if self.inside.borrow().iter().any(|name| name == inner) {
            return String::new();
        }
        if let Some(values) = self.variables.get(inner) {
            self.inside.borrow_mut().push(inner.to_owned());
            let mut all: Vec<String> = Vec::new();
            for (_, value) in values {
                let value = self.expanded(value, depth - 1);
                if !all.contains(&value) {
                    all.push(value);
                }
            }
            self.inside.borrow_mut().pop();
            let length: usize = all.iter().map(String::len).sum();
            if length > LONGEST {
                return format!("${{{inner}}}");
            }
            return if part && all.len() > 1 { format!("${{{inner}}}") } else { all.join(" ") };
        }
        if let Some((_, value)) = OWN.iter().find(|(name, _)| *name == inner) {
            return (*value).to_owned();
        }
        if inner.contains(":-") {
            return format!("${{{inner}}}");
        }
        match inner.split_once(char::is_whitespace) {
            Some(("strip" | "sort" | "firstword" | "lastword" | "or" | "and", rest)) => {
                self.expanded(rest, depth - 1).replace(',', " ").trim().to_owned()
            }
            // Either side may come.
            Some(("if", rest)) => {
                let sides: Vec<&str> = arguments(rest).into_iter().skip(1).collect();
                self.expanded(&sides.join(" "), depth - 1)
            }
            Some((
                name @ ("addprefix" | "addsuffix" | "subst" | "patsubst" | "filter" | "filter-out" | "foreach"
                | "value" | "word" | "wordlist"),
                rest,
            )) => self.made(name, &arguments(rest), depth - 1),
            // What it prints is not known; what it does is the shell's to say.
            Some(("shell", rest)) => format!("$({})", self.expanded(rest, depth - 1)),
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
            // `$($(NAME))`.
            None if inner.starts_with("$(") && depth > 1 => {
                let name = self.expanded(inner, depth - 1);
                match self.variables.contains_key(&name) {
                    true => self.reference(&name, depth - 1, part),
                    false => format!("${{{name}}}"),
                }
            }
            // The recipe's shell may know it.
            _ => format!("${{{inner}}}"),
        }
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
            "wordlist" => part(2),
            _ => part(1),
        }
    }
}
