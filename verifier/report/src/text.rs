//! Text that a deliverable shaped, made harmless before a person reads it.

/// Longest piece of foreign text in one place of a report, in characters.
const LONGEST: usize = 600;

/// Control characters, escape sequences and direction overrides shown as `\u{…}`, and very long text cut, so that a name can neither erase a line
/// of the terminal nor turn a sentence around (Unicode Technical Report 36, bidirectional text spoofing).
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        if is_hostile(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

fn is_hostile(c: char) -> bool {
    let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}');
    // The last two are no characters at all, and XML 1.0 cannot hold them even escaped.
    c.is_control() || invisible || matches!(c, '\u{e0000}'..='\u{e007f}' | '\u{fffe}' | '\u{ffff}')
}

/// Tabs become spaces first, for lines of source.
pub fn source_line(text: &str) -> String {
    plain(&text.replace('\t', "    "))
}

/// As [`plain`], and never cut: for the wording of a clause, which is part of what was agreed.
pub fn whole(text: &str) -> String {
    text.chars().map(|c| if is_hostile(c) { ' ' } else { c }).collect()
}

/// Words over as many lines as they need, by display width.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    textwrap::wrap(text, width.max(20)).into_iter().map(|line| line.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_overrides_lose_their_power() {
        assert_eq!(plain("a\x1b[2Kb"), "a\\u{1b}[2Kb");
        assert_eq!(plain("x\u{202e}gnp"), "x\\u{202e}gnp");
        assert_eq!(plain("两行\n"), "两行\\u{a}");
        assert_eq!(plain(&"x".repeat(1_000_000)).chars().count(), 601);
    }
}
