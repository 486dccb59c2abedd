//! The source lines of a finding, its span underlined, from what was recorded with the fact.

use crate::text::source_line;
use assize_facts::Origin;
use assize_judge::Sheets;

/// The recorded origin of `kind#index`.
pub fn origin_of<'a>(sheets: &'a Sheets, fact: &str) -> Option<&'a Origin> {
    let (kind, index) = fact.rsplit_once('#')?;
    let index: usize = index.parse().ok()?;
    Some(&sheets.iter().find(|s| s.kind == kind)?.items.get(index)?.origin)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_is_underlined_below_tabs_and_wide_letters() {
        let origin = Origin {
            line: Some(9),
            column: Some(2),
            end_line: Some(9),
            end_column: Some(5),
            excerpt: Some("\t漢x=1".into()),
            ..Origin::default()
        };
        assert_eq!(lines(&origin), [" 9 │     漢x=1", "   │     ^^^"]);
    }

    #[test]
    fn a_span_over_several_lines_is_marked_to_the_end_of_its_first() {
        let origin = Origin {
            line: Some(1),
            column: Some(3),
            end_line: Some(2),
            end_column: Some(2),
            excerpt: Some("a bcd\n}".into()),
            ..Origin::default()
        };
        assert_eq!(lines(&origin), ["1 │ a bcd", "  │   ^^^", "2 │ }"]);
    }
}
