//! Small values that several files write the same way: durations, digests, lists in words.

use assize_facts::Digest;

/// `"5s"`, `"300ms"`, `"2m"`, `"1h30m"`, `"7d"`, `"1.5s"` in milliseconds. Units only descend, as people say them.
pub(crate) fn duration_ms(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut total = 0.0;
    let mut last = f64::INFINITY;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_lowercase() && c != 'µ').unwrap_or(rest.len());
        let unit = unit_ms(&rest[..letters])?;
        if unit >= last {
            return None;
        }
        (total, last) = (total + number * unit, unit);
        rest = &rest[letters..];
    }
    // A century: longer is a slip, and stays exact far beyond.
    const LONGEST: f64 = 100.0 * 366.0 * 86_400_000.0;
    (last.is_finite() && total <= LONGEST).then_some(total)
}

fn unit_ms(unit: &str) -> Option<f64> {
    Some(match unit {
        "us" | "µs" => 0.001,
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    })
}

/// `sha256:` and 64 lower-case hexadecimal digits.
pub(crate) fn digest(text: &str) -> Option<Digest> {
    let hex = text.strip_prefix("sha256:")?;
    let good = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    good.then(|| Digest(text.into()))
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list_words(words: &[String], comma: &str, and: &str) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{}{and}{last}", first.join(comma)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_milliseconds() {
        for (text, ms) in [
            ("5s", 5_000.0),
            ("300ms", 300.0),
            ("2m", 120_000.0),
            ("1h30m", 5_400_000.0),
            ("7d", 604_800_000.0),
            ("1.5s", 1_500.0),
            ("0s", 0.0),
            ("20us", 0.02),
        ] {
            assert_eq!(duration_ms(text), Some(ms), "{text}");
        }
    }

    #[test]
    fn other_spellings_are_no_durations() {
        for text in ["", "5", "s", "5 s", "-5s", "5S", "5m2h", "5s5s", "1e3s", ".s", "1..2s", "999999999d", "5sec"] {
            assert_eq!(duration_ms(text), None, "{text}");
        }
    }

    #[test]
    fn a_digest_is_lower_case_and_whole() {
        let good = format!("sha256:{}", "0a".repeat(32));
        assert!(digest(&good).is_some());
        assert!(digest(&good.to_uppercase()).is_none());
        assert!(digest(&good[..70]).is_none());
        assert!(digest(&good[7..]).is_none());
    }
}
