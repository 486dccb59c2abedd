//! The texts of makefiles: logical lines, brackets, arguments of functions, what recipes bring along.

use super::expand::parts;
use super::makefile::How;

/// Lines with continuations joined; a recipe keeps what begins it. The shell joins a recipe's lines without a blank (GNU make, 5.1.1).
pub(super) fn logical_lines(text: &str, prefix: char) -> Vec<(u32, String)> {
    let mut all: Vec<(u32, String)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let mut whole = line.to_owned();
        let is_recipe = line.starts_with(['\t', prefix]);
        while whole.ends_with('\\') {
            whole.pop();
            let Some((_, more)) = lines.next() else { break };
            match is_recipe {
                true => whole.push_str(more.strip_prefix(['\t', prefix]).unwrap_or(more)),
                false => {
                    whole.push(' ');
                    whole.push_str(more.trim_start());
                }
            }
        }
        all.push((number as u32 + 1, whole));
    }
    all
}

/// A line outside of recipes without its comment: that begins at a `#` which stands in no bracket, and is none of the recipe
/// behind a rule's `;`.
pub(super) fn without_comment(line: &str) -> &str {
    let (mut depth, mut before) = (0, ' ');
    let is_rule = line.find(':').is_some_and(|at| !line[at..].trim_start_matches(':').starts_with('='))
        && line.find('=').is_none_or(|equals| line.find(':').is_some_and(|colon| colon < equals));
    for (at, c) in line.char_indices() {
        match c {
            '(' | '{' if before == '$' || depth > 0 => depth += 1,
            ')' | '}' if depth > 0 => depth -= 1,
            ';' if depth == 0 && is_rule => return line,
            '#' if depth == 0 && before != '\\' => return &line[..at],
            _ => {}
        }
        before = c;
    }
    line
}

/// `NAME = value`, `:=`, `::=`, `?=`, `+=`.
pub(super) fn assignment(line: &str) -> Option<(String, String, How)> {
    let (left, value) = line.split_once('=')?;
    let how = match left.chars().last() {
        Some('+') => How::Add,
        Some('?') => How::Weak,
        Some(':') => How::Now,
        Some('!') => How::Shell,
        _ => How::Set,
    };
    let name = left.trim_end_matches(['+', '?', ':', '!']).trim();
    let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    sound.then(|| (name.to_owned(), value.trim().to_owned(), how))
}

/// `$(NAME) = value`, `FLAGS_$(OS) := value`: the name of the variable, and the rest of the line.
pub(super) fn named_by_variable(line: &str) -> Option<(&str, &str)> {
    let (mut depth, mut before) = (0, ' ');
    for (at, c) in line.char_indices() {
        match c {
            '(' | '{' if before == '$' || depth > 0 => depth += 1,
            ')' | '}' if depth > 0 => depth -= 1,
            '=' if depth == 0 => {
                let end = line[..at].trim_end_matches([':', '+', '?', '!']).trim_end().len();
                let is_name = line[..end].contains('$') && parts(&line[..end]).len() == 1;
                return is_name.then(|| line.split_at(end));
            }
            ':' if depth == 0 && !line[at..].trim_start_matches(':').starts_with('=') => return None,
            _ => {}
        }
        before = c;
    }
    None
}

/// Where the bracket closes with which the text begins.
pub(super) fn matching(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == open) - i32::from(c == close);
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// A recipe's text without what make takes off its lines: the tab of those that a variable holds, and `@`, `-` and `+`, which a variable may
/// bring too (`$(Q)go build`). Each line of a variable is one of the recipe's (GNU make, 5.8); continued ones are one line already.
pub(super) fn commands(script: &str) -> String {
    let line = |(number, line): (usize, &str)| {
        let begins = if number == 0 { line.trim_start() } else { line.strip_prefix('\t').unwrap_or(line) };
        match begins.starts_with(['@', '-', '+']) || number == 0 || line.starts_with('\t') {
            true => begins.trim_start_matches(['@', '-', '+', ' ']).to_owned(),
            false => line.to_owned(),
        }
    };
    script.split('\n').enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// A text with a value for `$(NAME)`, `${NAME}` and, of one letter or digit, `$N`.
pub(super) fn put_in(text: &str, name: &str, value: &str) -> String {
    let part = |text: &str| {
        let filled = text.replace(&format!("$({name})"), value).replace(&format!("${{{name}}}"), value);
        if name.len() == 1 { filled.replace(&format!("${name}"), value) } else { filled }
    };
    // `$$1` is the shell's.
    text.split("$$").map(part).collect::<Vec<_>>().join("$$")
}

/// The arguments of a function: commas in brackets are theirs.
pub(super) fn arguments(text: &str) -> Vec<&str> {
    let (mut all, mut from, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            ',' if depth == 0 => {
                all.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    all.push(&text[from..]);
    all
}

/// The variable of `NAME:from=to`.
pub(super) fn is_substituted(inner: &str) -> Option<&str> {
    let (name, rest) = inner.split_once(':')?;
    (rest.contains('=') && !name.contains('$')).then_some(name)
}

/// Whether a name with references in it may become another, by what stands before the first and behind the last of them.
pub(super) fn may_become(text: &str, name: &str) -> bool {
    let (before, rest) = text.split_once('$').unwrap_or((text, ""));
    let last = rest.rsplit('$').next().unwrap_or(rest);
    let behind = last.rfind([')', '}']).map_or("", |end| &last[end + 1..]);
    name.len() >= before.len() + behind.len() && name.starts_with(before) && name.ends_with(behind)
}

/// Whether a target says something of those behind it, and nobody makes it (GNU make 4.4, 4.8 Special Built-in Target Names).
pub(super) fn is_special(target: &str) -> bool {
    const NAMES: [&str; 16] = [
        ".DELETE_ON_ERROR",
        ".EXPORT_ALL_VARIABLES",
        ".IGNORE",
        ".INTERMEDIATE",
        ".LOW_RESOLUTION_TIME",
        ".NOTINTERMEDIATE",
        ".NOTPARALLEL",
        ".ONESHELL",
        ".PHONY",
        ".POSIX",
        ".PRECIOUS",
        ".SECONDARY",
        ".SECONDEXPANSION",
        ".SILENT",
        ".SUFFIXES",
        ".WAIT",
    ];
    NAMES.contains(&target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_become_what_fits_around_its_references() {
        for (text, name, wanted) in [
            ("app$(S)", "app", true),
            ("app$(S)", "app-debug", true),
            ("app$(S)", "fuzz", false),
            ("$(S)", "fuzz", true),
            ("a-$(S)-b", "a-x-b", true),
            ("a-$(S)-b", "a-x-c", false),
            ("a-$(S$(T))b", "a-b", true),
            ("ab$(S)b", "ab", false),
            ("$S", "x", true),
        ] {
            assert_eq!(may_become(text, name), wanted, "{text} {name}");
        }
    }
}
