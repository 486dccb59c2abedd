//! The nearest valid word to one that is not.

/// "did you mean …?", or the whole list where nothing is near and it is short.
pub(crate) fn did_you_mean<'a>(word: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut valid: Vec<&str> = valid.into_iter().collect();
    valid.sort_unstable();
    valid.dedup();
    match nearest(word, &valid) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if valid.is_empty() => None,
        None => Some(one_of(&valid)),
    }
}

/// "one of: …", cut where the list is long.
pub(crate) fn one_of(valid: &[&str]) -> String {
    const MOST: usize = 24;
    let shown: Vec<String> = valid.iter().take(MOST).map(|v| format!("`{v}`")).collect();
    let rest = valid.len().saturating_sub(MOST);
    match (valid.len(), rest) {
        (1, _) => format!("the only one is {}", shown.concat()),
        (_, 0) => format!("one of: {}", shown.join(", ")),
        _ => format!("one of: {}, and {rest} more", shown.join(", ")),
    }
}

fn nearest<'a>(word: &str, valid: &[&'a str]) -> Option<&'a str> {
    let plain = plain(word);
    if let Some(same) = valid.iter().find(|v| self::plain(v) == plain) {
        return Some(same);
    }
    // A word of the wrong length is never near, and hostile words can be long.
    const LONGEST: usize = 64;
    if plain.is_empty() || plain.len() > LONGEST {
        return None;
    }
    // In a word of one or two letters every other is near.
    let most = plain.chars().count() / 3;
    let (distance, near) = valid.iter().map(|v| (distance(&plain, &self::plain(v)), *v)).min()?;
    let part = || {
        let mut parts = valid.iter().filter(|v| plain.len() >= 3 && self::plain(v).contains(&plain));
        parts.next().copied().filter(|_| parts.next().is_none())
    };
    if distance <= most { Some(near) } else { part() }
}

/// Case, `-` and `_` are what people mix up first.
fn plain(word: &str) -> String {
    word.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// Optimal string alignment: insertions, deletions, changes, and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_named() {
        for (word, near) in [
            ("expct", "expect"),
            ("Expect", "expect"),
            ("minimun", "minimum"),
            ("hwere", "where"),
            ("at-least", "at_least"),
            ("min", "minimum"),
        ] {
            let said = did_you_mean(word, ["at_least", "expect", "minimum", "where"]);
            assert_eq!(said.as_deref(), Some(format!("did you mean `{near}`?").as_str()), "{word}");
        }
    }

    #[test]
    fn a_word_far_from_all_gets_the_list() {
        assert_eq!(did_you_mean("zebra", ["where", "expect"]).as_deref(), Some("one of: `expect`, `where`"));
        assert_eq!(did_you_mean("zebra", ["expect"]).as_deref(), Some("the only one is `expect`"));
        assert_eq!(did_you_mean("zebra", []), None);
        assert_eq!(did_you_mean(&"x".repeat(100_000), ["a"]).as_deref(), Some("the only one is `a`"));
    }

    #[test]
    fn distance_counts_a_swap_once() {
        assert_eq!(distance("abcd", "abdc"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
