//! Shell variables as far as the script itself decides them.

use super::shell::{BLANK, ELEMENT, QUOTED, as_element, plain};
use std::borrow::Cow;
use std::rc::Rc;

/// Everything that a variable may hold here, as far as it is known.
pub(super) trait Values {
    fn values(&self, name: &str) -> Vec<Rc<str>>;

    /// What a command prints that stands in the place of a word.
    fn printed(&self, _command: &str) -> Option<String> {
        None
    }
}

/// The reader's marks are of the private use area, whose characters begin with this byte.
const FIRST_OF_MARK: u8 = 0xee;

/// Deeper nested defaults are not read.
const DEEPEST: u32 = 8;

/// Whether nothing of a word stands for something else.
pub(super) fn is_written_out(word: &str) -> bool {
    memchr::memchr2(b'$', FIRST_OF_MARK, word.as_bytes()).is_none()
}

/// A word with what is known put in: one word where it is quoted, several where not. What is not known stays written.
pub(super) fn words(word: &str, values: &dyn Values) -> Vec<String> {
    if is_written_out(word) {
        return vec![word.to_owned()];
    }
    let mut out = vec![String::with_capacity(2 * word.len())];
    put(&mut out, word, values, DEEPEST);
    // `$X` that holds nothing is no word; `"$X"` is an empty one.
    let bare = word.starts_with('$') && !word.contains(QUOTED);
    out.retain(|w| !(bare && w.is_empty()));
    out
}

/// A word as one text.
pub(super) fn text(word: &str, values: &dyn Values) -> String {
    words(&as_one(word), values).join(" ")
}

/// The words of an array, each as one.
pub(super) fn elements(value: &str, values: &dyn Values) -> String {
    let each = value.split(ELEMENT).skip(1).flat_map(|word| words(word, values));
    each.filter(|word| !word.is_empty()).map(|word| as_element(&word)).collect::<Vec<_>>().join(" ")
}

/// A text in which all stays one word.
fn as_one(text: &str) -> Cow<'_, str> {
    match text.contains('$') {
        true => text.replace('$', QUOTED.encode_utf8(&mut [0; 4])).into(),
        false => text.into(),
    }
}

/// Whether one of the reader's marks may be there.
fn has_mark(text: &str) -> bool {
    memchr::memchr(FIRST_OF_MARK, text.as_bytes()).is_some()
}

/// Every word that may stand in place of one that is a single reference with several values.
pub(super) fn each(word: &str, values: &dyn Values) -> Vec<String> {
    let Some(at) = word.find('$') else { return vec![word.to_owned()] };
    let (before, rest) = (&word[..at], &word[at + 1..]);
    match reference(rest) {
        Some(Reference { name, how: How::Plain, length }) if !rest[length..].contains('$') => {
            let all = values.values(name);
            match all.is_empty() {
                true => vec![word.to_owned()],
                false => all.iter().map(|value| format!("{before}{value}{}", &rest[length..])).collect(),
            }
        }
        _ => vec![word.to_owned()],
    }
}

fn put(out: &mut Vec<String>, word: &str, values: &dyn Values, depth: u32) {
    let mut rest = word;
    while let Some(at) = reference_at(rest) {
        let quoted = !rest[at..].starts_with('$');
        push(out, &rest[..at]);
        rest = &rest[at + if quoted { QUOTED.len_utf8() } else { 1 }..];
        let command = rest.starts_with('(').then(|| inside(rest)).flatten();
        if let Some((command, text)) = command.and_then(|c| Some((c, values.printed(c)?))) {
            split(out, &text, !quoted);
            rest = &rest[command.len() + 2..];
            continue;
        }
        let Some(Reference { name, how, length }) = reference(rest) else {
            push(out, "$");
            continue;
        };
        let (written, after) = rest.split_at(length);
        rest = after;
        let known = values.values(name);
        let all = name == "@" || length > name.len() && written.contains("[@]");
        let apart = !quoted || all;
        // Without quotes each word of an array is parted again; as one text they are what they are.
        let known = if quoted && all { known } else { known.into_iter().map(parted).collect() };
        // `${!NAME}`: what is called so.
        let known = match how {
            How::Called => known.iter().flat_map(|name| values.values(name)).collect(),
            _ => known,
        };
        match (how, known.as_slice()) {
            (How::Else(other), []) | (How::Instead(other), [_, ..]) if depth > 0 => {
                if !apart {
                    put(out, &as_one(other), values, depth - 1);
                    continue;
                }
                for (at, part) in parts(other).into_iter().enumerate() {
                    out.extend((at > 0).then(String::new));
                    put(out, part, values, depth - 1);
                }
            }
            (How::Plain | How::Called | How::Else(_), [one]) => split(out, one, apart),
            // By itself it may be any of them.
            (How::Element, [one]) if !one.contains(|c: char| c.is_whitespace() || c == '$') => push(out, one),
            (How::Element, all @ [_, ..]) if !quoted && rest.is_empty() && out.last().is_some_and(String::is_empty) => {
                split(out, &all.join(" "), true);
            }
            // Where any of several may come, all of them count; as one value it is not known.
            (How::Plain | How::Called | How::Else(_), several @ [_, ..]) if apart || name == "*" => {
                split(out, &several.join(" "), apart);
            }
            _ => {
                push(out, "$");
                push(out, written);
            }
        }
    }
    push(out, rest);
}

/// Where the next reference begins.
fn reference_at(text: &str) -> Option<usize> {
    memchr::memchr2_iter(b'$', FIRST_OF_MARK, text.as_bytes())
        .find(|at| text.as_bytes()[*at] == b'$' || text[*at..].starts_with(QUOTED))
}

fn push(out: &mut [String], text: &str) {
    if let Some(last) = out.last_mut() {
        match has_mark(text) {
            true => last.push_str(&plain(text)),
            false => last.push_str(text),
        }
    }
}

/// The words of an array as one text.
fn parted(value: Rc<str>) -> Rc<str> {
    if has_mark(&value) { value.replace(BLANK, " ").into() } else { value }
}

fn split(out: &mut Vec<String>, text: &str, apart: bool) {
    if !apart {
        return push(out, text);
    }
    let mut parts = parts(text).into_iter();
    push(out, parts.next().unwrap_or_default());
    out.extend(parts.map(plain));
}

/// Words between blanks; a command or a value that is put in keeps its blanks.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let (mut all, mut from, mut open) = (vec![], 0, 0_u32);
    let bytes = text.as_bytes();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'{' if open > 0 || (at > 0 && bytes[at - 1] == b'$') => open += 1,
            b')' | b'}' => open = open.saturating_sub(1),
            _ if byte.is_ascii_whitespace() && open == 0 => {
                all.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    all.push(&text[from..]);
    all.retain(|part| !part.is_empty());
    all
}

struct Reference<'t> {
    name: &'t str,
    how: How<'t>,
    /// How long it is, without the dollar.
    length: usize,
}

#[derive(Clone, Copy)]
enum How<'t> {
    Plain,
    /// `${NAME:-other}`: where it is not set.
    Else(&'t str),
    /// `${NAME:+other}`: where it is set.
    Instead(&'t str),
    /// `${NAME[0]}`: one of its words.
    Element,
    /// `${!NAME}`: the variable that it names.
    Called,
    /// `${NAME%x}`: not carried out.
    Changed,
}

/// `NAME`, `{NAME}`, `{NAME:-default}`, `{NAME[@]}`.
fn reference(text: &str) -> Option<Reference<'_>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.starts_with('{') {
        let end = closing(text)?;
        let body = &text[1..end];
        if let Some(name) = body.strip_prefix('!').filter(|name| !name.is_empty() && name.chars().all(is_name)) {
            return Some(Reference { name, how: How::Called, length: end + 1 });
        }
        let name_end = body.find(|c| !is_name(c)).unwrap_or(body.len());
        let (mut name, mut after) = body.split_at(name_end);
        if name.is_empty() && body.starts_with(['@', '*']) {
            (name, after) = body.split_at(1);
        }
        let after = ["[@]", "[*]"].iter().find_map(|mark| after.strip_prefix(mark)).unwrap_or(after);
        if !name.is_empty() && after.starts_with('[') && after.ends_with(']') {
            return Some(Reference { name, how: How::Element, length: end + 1 });
        }
        let other = |marks: [&str; 2]| marks.iter().find_map(|mark| after.strip_prefix(mark));
        let how = match (other([":-", "-"]).or_else(|| other([":=", "="])), other([":+", "+"])) {
            _ if after.is_empty() && !name.is_empty() => How::Plain,
            _ if name.is_empty() => How::Changed,
            (Some(default), _) => How::Else(default),
            (None, Some(instead)) => How::Instead(instead),
            (None, None) => How::Changed,
        };
        return Some(Reference { name, how, length: end + 1 });
    }
    if text.starts_with(['@', '*']) || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(Reference { name: &text[..1], how: How::Plain, length: 1 });
    }
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    (end > 0).then_some(Reference { name: &text[..end], how: How::Plain, length: end })
}

/// What stands in the brackets with which the text begins.
fn inside(text: &str) -> Option<&str> {
    let mut open = 0_i32;
    let end = text.bytes().position(|byte| {
        open += i32::from(byte == b'(') - i32::from(byte == b')');
        open == 0
    });
    end.map(|end| &text[1..end])
}

/// Whether a word is a variable whose value is changed as it is put in (`${NAME#x}`), and the value may be what is asked for.
pub(super) fn is_changed(word: &str, values: &dyn Values, may: impl Fn(&str) -> bool) -> bool {
    let rest = word.strip_prefix('$').and_then(reference);
    rest.is_some_and(|r| matches!(r.how, How::Changed) && values.values(r.name).iter().any(|value| may(value)))
}

/// Where the brace closes with which the text begins.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_i32;
    for (at, byte) in text.bytes().enumerate() {
        open += i32::from(byte == b'{') - i32::from(byte == b'}');
        if open == 0 {
            return Some(at);
        }
    }
    None
}

/// `${NAME:=value}` and `${NAME=value}`, wherever they stand.
pub(super) fn given_by_default(words: &[String]) -> impl Iterator<Item = (&str, &str)> {
    words.iter().filter_map(|word| {
        let inner = &word[memchr::memchr(b'{', word.as_bytes())? + 1..];
        let (name, value) = inner.split_once('=')?;
        let name = name.strip_suffix(':').unwrap_or(name);
        let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        sound.then(|| (name, value.split('}').next().unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::shell::LITERAL;
    use super::*;

    struct Fixed;

    impl Values for Fixed {
        fn values(&self, name: &str) -> Vec<Rc<str>> {
            let of = |all: &[&str]| all.iter().map(|v| Rc::from(*v)).collect();
            match name {
                "ONE" => of(&["a b"]),
                "TWO" => of(&["x", "y z"]),
                "NONE" => of(&[""]),
                "COMMAND" => of(&["$(echo a | b) ${C d} e"]),
                _ => vec![],
            }
        }
    }

    #[test]
    fn what_the_script_decides_is_put_in() {
        let quoted = |text: &str| text.replace('$', &QUOTED.to_string());
        for (word, expected) in [
            ("$ONE".to_string(), "a|b"),
            (quoted("$ONE"), "a b"),
            (quoted("-x=${ONE}c"), "-x=a bc"),
            ("${TWO}".into(), "x|y|z"),
            (quoted("$TWO"), "$TWO"),
            (quoted("${TWO[@]}"), "x|y|z"),
            ("$OTHER/x".into(), "$OTHER/x"),
            ("${OTHER:-d e}".into(), "d|e"),
            ("$NONE".into(), ""),
            (quoted("$NONE"), ""),
            (format!("{LITERAL}ONE"), "$ONE"),
            ("${ONE%x}".into(), "${ONE%x}"),
            ("${OTHER:-${ONE}}".into(), "a|b"),
            (quoted("${OTHER:-x${ONE}}"), "xa b"),
            ("${ONE:+-n}".into(), "-n"),
            ("${OTHER:+-n}".into(), "${OTHER:+-n}"),
            ("${TWO[@]:+${TWO[@]}}".into(), "x|y|z"),
            ("$COMMAND".into(), "$(echo a | b)|${C d}|e"),
            ("a$".into(), "a$"),
        ] {
            assert_eq!(words(&word, &Fixed).join("|"), expected, "{word}");
        }
        assert!(words("$NONE", &Fixed).is_empty() && words(&quoted("$NONE"), &Fixed).len() == 1);
    }
}
