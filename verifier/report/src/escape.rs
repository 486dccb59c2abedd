//! Text made harmless for one format each, after [`plain`](crate::text::plain) took away what is hostile everywhere.

use crate::text::plain;
use std::borrow::Cow;

/// For the content and the quoted attributes of HTML and XML.
pub fn xml(text: &str) -> String {
    escape_xml(&plain(text))
}

/// As [`xml`], for text that is already plain.
pub fn escape_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// For running Markdown of GitHub, GitLab and OSCAL: no emphasis, link, code, table cell, formula, HTML, mention or reference comes of it.
pub fn markdown(text: &str) -> String {
    escape_markdown(&plain(text))
}

/// As [`markdown`], for text that is already plain.
pub fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    // A list item or heading begins only at the start of a line.
    let mut at_start = true;
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            // A comment keeps words apart where the forge looks for names, numbers and addresses after Markdown is done.
            '@' => out.push_str("@<!-- -->"),
            '#' if next.is_some_and(|n| n.is_ascii_digit()) => out.push_str("#<!-- -->"),
            '!' if next.is_some_and(|n| n.is_ascii_digit()) => out.push_str("!<!-- -->"),
            ':' if next == Some('/') => out.push_str(":<!-- -->"),
            '.' if before == 'w' || before == 'W' => out.push_str("<!-- -->."),
            '#' | '-' | '+' | '=' if at_start => out.extend(['\\', c]),
            '.' | ')' if at_start && before.is_ascii_digit() => out.extend(['\\', c]),
            _ => out.push(c),
        }
        at_start = at_start && c.is_ascii_digit();
        before = c;
    }
    out
}

/// Foreign text as a code span that nothing in it can end, also inside a table.
pub fn code(text: &str) -> String {
    let text = plain(text).replace('|', "\\|");
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // CommonMark 0.31.2 §6.1: one space at each end is taken away again, unless there is nothing but spaces.
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// For a message of SARIF: `{0}` is a place to fill and `[a](b)` a link there (SARIF 2.1.0 §3.11.5 and §3.11.6).
pub fn sarif(text: &str) -> String {
    plain(text).replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

/// For the markup of OSCAL (CommonMark with `{{ insert }}`, sub- and superscript): every sign that could mean something is escaped.
pub fn oscal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in plain(text).chars() {
        let means = matches!(
            c,
            '\\' | '`'
                | '*'
                | '_'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
                | '&'
                | '~'
                | '^'
                | '#'
                | '|'
                | '$'
                | '!'
                | '+'
                | '='
        );
        if means {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A relative path as a URI reference (RFC 3986): everything but unreserved characters and `/` in percent form.
/// `None` where it is too long to be anyone's honest name, or leads out of its folder.
pub fn uri(path: &str) -> Option<Cow<'_, str>> {
    const LONGEST: usize = 4096;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'/');
    if path.is_empty() || path.len() > LONGEST || path.split('/').any(|part| part == "..") {
        return None;
    }
    // `//x` would name a host and `/x` the root of the reader's disk.
    let path = path.trim_start_matches('/');
    if path.bytes().all(plain) {
        return Some(Cow::Borrowed(path));
    }
    let mut out = String::with_capacity(path.len() * 2);
    for b in path.bytes() {
        if plain(b) { out.push(char::from(b)) } else { out.push_str(&format!("%{b:02X}")) }
    }
    Some(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_of_others_stays_text() {
        let table = [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("[x](https://e.example)", "\\[x\\](https:<!-- -->//e.example)"),
            ("@everyone fixes #12", "@<!-- -->everyone fixes #<!-- -->12"),
            ("a|b`c`", "a\\|b\\`c\\`"),
            ("- item", "\\- item"),
            ("12. item", "12\\. item"),
            ("# heading", "\\# heading"),
            ("www.e.example", "www<!-- -->.e.example"),
            ("-mod=mod", "\\-mod=mod"),
            ("line\n```", "line\\\\u{a}\\`\\`\\`"),
        ];
        for (text, expected) in table {
            assert_eq!(markdown(text), expected);
        }
    }

    #[test]
    fn a_code_span_is_fenced_by_more_ticks_than_it_holds() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`|"), "`` `\\| ``");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn places_and_links_of_sarif_stay_text() {
        assert_eq!(sarif("{0} [x](y) \x1b"), "{{0}} [x] (y) \\u{{1b}}");
    }

    #[test]
    fn a_path_becomes_a_relative_reference() {
        assert_eq!(uri("src/a.go").as_deref(), Some("src/a.go"));
        assert_eq!(uri("//host/a b#?:%.go").as_deref(), Some("host/a%20b%23%3F%3A%25.go"));
        assert_eq!(uri("漢").as_deref(), Some("%E6%BC%A2"));
        assert_eq!((uri(""), uri("a/../../b"), uri(&"x".repeat(5000))), (None, None, None));
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(xml("<a b='\"&\">\u{0}\u{ffff}"), "&lt;a b=&#39;&quot;&amp;&quot;&gt;\\u{0}\\u{ffff}");
    }
}
