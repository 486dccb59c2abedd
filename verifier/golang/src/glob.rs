//! Go's `path.Match`: `*` and `?` within an element, `[a-z]` and `[^a-z]`, `\` to quote (path/match.go, Go 1.26).

/// Whether the whole name matches; a malformed pattern matches nothing.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some(parts) = parse(pattern) else { return false };
    let name: Vec<char> = name.chars().collect();
    run(&parts, &name)
}

enum Part {
    /// Any run without `/`.
    Star,
    /// One character but `/`.
    Any,
    One(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Part::Star => false,
            Part::Any => c != '/',
            Part::One(wanted) => c == *wanted,
            Part::Class { negated, ranges } => ranges.iter().any(|(lo, hi)| (*lo..=*hi).contains(&c)) != *negated,
        }
    }
}

/// Greedy matching that goes back to the last star only, which suffices because stars stop at `/` alone.
fn run(parts: &[Part], name: &[char]) -> bool {
    let (mut part, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        match parts.get(part) {
            Some(Part::Star) => {
                star = Some((part, at));
                part += 1;
                continue;
            }
            Some(one) if name.get(at).is_some_and(|&c| one.takes(c)) => {
                (part, at) = (part + 1, at + 1);
                continue;
            }
            None if at == name.len() => return true,
            None | Some(Part::Any | Part::One(_) | Part::Class { .. }) => {}
        }
        // The star takes one more, unless that is a slash.
        match star {
            Some((back, from)) if name.get(from).is_some_and(|&c| c != '/') => {
                star = Some((back, from + 1));
                (part, at) = (back + 1, from + 1);
            }
            _ => return false,
        }
    }
}

fn parse(pattern: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Star,
            '?' => Part::Any,
            '\\' => Part::One(chars.next()?),
            '[' => class(&mut chars)?,
            c => Part::One(c),
        });
    }
    Some(parts)
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Part> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while ranges.is_empty() || chars.peek() != Some(&']') {
        let low = class_char(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { class_char(chars)? } else { low };
        ranges.push((low, high));
    }
    chars.next();
    Some(Part::Class { negated, ranges })
}

/// A character of a class; `-` and `]` have to be quoted.
fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, wanted) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true),
            ("ab[e-g]", "abc", false),
            ("ab[^c]", "abc", false),
            ("ab[^e-g]", "abc", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "ab", false),
            ("a?b", "a☺b", true),
            ("a[^a]b", "a☺b", true),
            ("a???b", "a☺b", false),
            ("[a-ζ]*", "α", true),
            ("a?b", "a/b", false),
            ("a*b", "a/b", false),
            ("[\\]a]", "]", true),
            ("[\\-]", "-", true),
            ("[x\\-]", "z", false),
            ("[]a]", "]", false),
            ("[-]", "-", false),
            ("[", "a", false),
            ("[^bc", "a", false),
            ("a\\", "a", false),
            ("*x", "xxx", true),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_are_not_exponential() {
        assert!(!matches(&"a*".repeat(2000), &("a".repeat(4000) + "/b")));
    }
}
