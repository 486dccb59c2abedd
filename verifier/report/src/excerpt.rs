//! The source lines of a finding, its span underlined, from what was recorded with the fact.

use crate::text::source_line;
use assize_facts::Origin;

/// The lines of an excerpt with their numbers, and carets under the span; empty where nothing was recorded.
pub fn lines(origin: &Origin) -> Vec<String> {
    let (Some(excerpt), Some(first)) = (&origin.excerpt, origin.line) else { return Vec::new() };
    let width = (first as usize + excerpt.lines().count()).to_string().len();
    let mut out = Vec::new();
    for (offset, line) in excerpt.lines().enumerate() {
        out.push(format!("{:>width$} │ {}", first as usize + offset, source_line(line)));
        if offset == 0
            && let Some(marks) = underline(origin, line)
        {
            out.push(format!("{:>width$} │ {marks}", ""));
        }
    }
    out
}

/// Carets below the first line's part of the span. Columns count code points; a tab is shown as four.
fn underline(origin: &Origin, line: &str) -> Option<String> {
    let start = origin.column? as usize - 1;
    let length = line.chars().count();
    let same_line = origin.end_line.is_none() || origin.end_line == origin.line;
    let end = match origin.end_column {
        Some(end) if same_line => end as usize - 1,
        _ => length,
    };
    let shown = |count: usize| -> usize { line.chars().take(count).map(|c| if c == '\t' { 4 } else { 1 }).sum() };
    let (from, to) = (shown(start.min(length)), shown(end.clamp(start, length.max(start))));
    Some(format!("{}{}", " ".repeat(from), "^".repeat((to - from).max(1))))
}

/// A line of an excerpt, taken apart at the span.
#[derive(Debug, PartialEq, Eq)]
pub struct Marked {
    pub number: usize,
    pub before: String,
    pub span: String,
    pub after: String,
}

/// The lines of an excerpt with the span marked on each of them.
pub fn marked(origin: &Origin) -> Vec<Marked> {
    let (Some(excerpt), Some(first)) = (&origin.excerpt, origin.line) else { return Vec::new() };
    let last = origin.end_line.unwrap_or(first).max(first) as usize;
    let line = |(offset, text): (usize, &str)| {
        let number = first as usize + offset;
        let length = text.chars().count();
        // Lines after the first are marked from their first letter, not from their indentation.
        let indent = text.chars().take_while(|c| c.is_whitespace()).count();
        let from = if offset == 0 { origin.column.map_or(length, |c| c as usize - c.min(1) as usize) } else { indent };
        let to = match origin.end_column {
            Some(end) if number == last => (end as usize).saturating_sub(1),
            _ => length,
        };
        let from = from.min(length);
        let to = if number > last { from } else { to.clamp(from, length) };
        let part = |from: usize, to: usize| source_line(&text.chars().skip(from).take(to - from).collect::<String>());
        Marked { number, before: part(0, from), span: part(from, to), after: part(to, length) }
    };
    excerpt.lines().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_is_underlined_below_tabs_and_wide_letters() {
        let origin = Origin::span("", (9, 2), (9, 5), "\t漢x=1".into());
        assert_eq!(lines(&origin), [" 9 │     漢x=1", "   │     ^^^"]);
    }

    #[test]
    fn a_span_over_several_lines_is_marked_to_the_end_of_its_first() {
        let origin = Origin::span("", (1, 3), (2, 2), "a bcd\n}".into());
        assert_eq!(lines(&origin), ["1 │ a bcd", "  │   ^^^", "2 │ }"]);
    }

    #[test]
    fn every_line_of_a_span_is_marked() {
        let origin = Origin::span("", (7, 3), (8, 4), "a bcd\n\tef)\nrest".into());
        let shown: Vec<[String; 3]> = marked(&origin).into_iter().map(|l| [l.before, l.span, l.after]).collect();
        assert_eq!(shown, [["a ", "bcd", ""], ["    ", "ef", ")"], ["", "", "rest"]]);
        // A record that was edited may claim anything.
        let mut origin = origin.with(|further| {
            (further.end_line, further.end_column) = (Some(1), Some(0));
        });
        origin.column = Some(0);
        assert_eq!(marked(&origin)[0].before, "");
    }
}
