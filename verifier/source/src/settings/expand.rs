//! Shell variables as far as the script itself decides them.

use super::shell::{LITERAL, QUOTED};

/// Everything that a variable may hold here, as far as it is known.
pub(super) trait Values {
    fn values(&self, name: &str) -> Vec<String>;
}

/// A word with what is known put in: one word where it is quoted, several where not. What is not known stays written.
pub(super) fn words(word: &str, values: &dyn Values) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut rest = word;
    while let Some(at) = rest.find(['$', QUOTED]) {
        let mark = if rest[at..].starts_with('$') { '$' } else { QUOTED };
        push(&mut out, &rest[..at]);
        rest = &rest[at + mark.len_utf8()..];
        let Some((name, default, length)) = reference(rest) else {
            push(&mut out, "$");
            continue;
        };
        let (written, after) = rest.split_at(length);
        rest = after;
        let known = values.values(name);
        let text = match (known.as_slice(), default) {
            ([], Some(default)) => default.to_owned(),
            ([], None) => {
                push(&mut out, &format!("${written}"));
                continue;
            }
            ([one], _) => one.clone(),
            // Where any of several may come, all of them count; as one value it is not known.
            (several, _) if mark == '$' || written.contains("[@]") || matches!(name, "@" | "*") => several.join(" "),
            _ => {
                push(&mut out, &format!("${written}"));
                continue;
            }
        };
        let apart = mark == '$' || written.contains("[@]") || name == "@";
        split(&mut out, &text, apart);
    }
    push(&mut out, rest);
    // `$X` that holds nothing is no word; `"$X"` is an empty one.
    let bare = word.starts_with('$') && !word.contains(QUOTED);
    out.retain(|w| !(bare && w.is_empty()));
    out
}

/// A word as one text.
pub(super) fn text(word: &str, values: &dyn Values) -> String {
    words(&word.replace('$', &QUOTED.to_string()), values).join(" ")
}

fn push(out: &mut [String], text: &str) {
    if let Some(last) = out.last_mut() {
        last.push_str(&text.replace(LITERAL, "$"));
    }
}

fn split(out: &mut Vec<String>, text: &str, apart: bool) {
    if !apart {
        return push(out, text);
    }
    let mut parts = text.split_whitespace();
    push(out, parts.next().unwrap_or_default());
    out.extend(parts.map(|part| part.replace(LITERAL, "$")));
}

/// `NAME`, `{NAME}`, `{NAME:-default}`, `{NAME[@]}`: the name, the default, and how long it is.
fn reference(text: &str) -> Option<(&str, Option<&str>, usize)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(inner) = text.strip_prefix('{') {
        let end = inner.find('}')?;
        let body = &inner[..end];
        let name_end = body.find(|c| !is_name(c)).unwrap_or(body.len());
        let (mut name, after) = body.split_at(name_end);
        if name.is_empty() && matches!(body, "@" | "*") {
            name = body;
        }
        let default = [":-", ":=", "-", "="].iter().find_map(|mark| after.strip_prefix(mark));
        let plain = after.is_empty() || after == "[@]" || after == "[*]" || default.is_some() || name == body;
        return (plain && !name.is_empty()).then_some((name, default, end + 2));
    }
    if text.starts_with(['@', '*']) || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((&text[..1], None, 1));
    }
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    (end > 0).then_some((&text[..end], None, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Values for Fixed {
        fn values(&self, name: &str) -> Vec<String> {
            let of = |all: &[&str]| all.iter().map(|v| (*v).to_string()).collect();
            match name {
                "ONE" => of(&["a b"]),
                "TWO" => of(&["x", "y z"]),
                "NONE" => of(&[""]),
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
            ("a$".into(), "a$"),
        ] {
            assert_eq!(words(&word, &Fixed).join("|"), expected, "{word}");
        }
        assert!(words("$NONE", &Fixed).is_empty() && words(&quoted("$NONE"), &Fixed).len() == 1);
    }
}
