//! Names without regard to case, as the Go command compares them (golang.org/x/mod/zip `strToFold`, cmd/internal/str `ToFold`, Go 1.26).

/// A text that is the same for all texts which differ in case alone.
pub fn to_fold(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.chars().map(folded).collect(),
    }
}

/// One of the letters that simple case folding takes for the same (`unicode.SimpleFold`): the small one of the capital one. The two dotted
/// and dotless letters of Turkish are by themselves there.
fn folded(letter: char) -> char {
    let single = |mut all: Box<dyn Iterator<Item = char>>, letter: char| match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => letter,
    };
    match letter {
        '\u{130}' | '\u{131}' => letter,
        _ => {
            let capital = single(Box::new(letter.to_uppercase()), letter);
            single(Box::new(capital.to_lowercase()), capital)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_differ_in_case_alone_are_one() {
        for (a, b, same) in [
            ("README", "readme", true),
            ("K", "\u{212a}", true),
            ("s", "\u{17f}", true),
            ("\u{b5}", "\u{3bc}", true),
            ("ß", "\u{1e9e}", true),
            ("Å", "\u{212b}", true),
            ("σ", "ς", true),
            ("ǅ", "ǆ", true),
            ("i", "\u{131}", false),
            ("i", "\u{130}", false),
            ("ss", "ß", false),
            ("a/b", "a_b", false),
        ] {
            assert_eq!(to_fold(a) == to_fold(b), same, "{a} {b}");
        }
    }
}
