//! Private keys that a service prints line by line: which lines are inside one.

use assize_facts::{KeyLine, Neutral};
use std::collections::BTreeSet;

/// A key has fewer lines; one that is begun and never ended does not hide the rest of a log.
const LONGEST: usize = 200;

/// Numbers of the lines between the first and the last of a private key.
pub(crate) fn inside_keys<'a>(lines: impl Iterator<Item = (u64, &'a [u8])>) -> BTreeSet<u64> {
    let mut inside = BTreeSet::new();
    let mut left = 0;
    for (number, text) in lines {
        match Neutral::key_line(text) {
            Some(KeyLine::Begins) => left = LONGEST,
            Some(KeyLine::Ends) => left = 0,
            None if left > 0 => {
                inside.insert(number);
                left -= 1;
            }
            None => {}
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_beginning_and_end_is_inside() {
        let text = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nQQ==\n-----END RSA PRIVATE KEY-----\nb\n-----BEGIN CERTIFICATE-----\nMIIB";
        let inside = inside_keys((1..).zip(text.lines().map(str::as_bytes)));
        assert_eq!(inside, BTreeSet::from([3, 4]));
        let endless = format!("-----BEGIN PRIVATE KEY-----\n{}", "x\n".repeat(500));
        assert_eq!(inside_keys((1..).zip(endless.lines().map(str::as_bytes))).len(), LONGEST);
    }
}
