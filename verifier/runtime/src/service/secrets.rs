//! Values of `[run] secret`: given by the operator or random, handed to the service, and taken out of whatever is recorded.

use crate::random;
use assize_facts::{Reason, RunSpec, reason};
use std::collections::BTreeMap;

/// Shorter values would be "found" everywhere.
const SHORTEST: usize = 4;
/// Random bytes of a value that nobody gave.
const RANDOM: usize = 18;

/// Names and values; never shown.
pub(crate) struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Every declared secret has a value afterwards.
    pub fn new(run: &RunSpec, given: &BTreeMap<String, Vec<u8>>) -> Result<Secrets, Reason> {
        let one = |name: &String| {
            let failed = |detail: &str| reason!("secret-unusable", name = name, detail = detail);
            let value = match given.get(name) {
                Some(value) if value.contains(&0) => return Err(failed("it holds a zero byte")),
                Some(value) => String::from_utf8(value.clone()).map_err(|_| failed("it is not UTF-8"))?,
                None => random::hex(RANDOM).map_err(|e| failed(&e.to_string()))?,
            };
            Ok((name.clone(), value))
        };
        Ok(Secrets(run.secret.iter().map(one).collect::<Result<_, Reason>>()?))
    }

    pub fn none() -> Secrets {
        Secrets(BTreeMap::new())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter()
    }

    /// The text without the secrets in it.
    pub fn redact(&self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for value in self.0.values().map(String::as_bytes).filter(|v| v.len() >= SHORTEST) {
            let mut out = Vec::with_capacity(text.len());
            let mut rest = text.as_slice();
            while let Some(at) = rest.windows(value.len()).position(|w| w == value) {
                out.extend_from_slice(&rest[..at]);
                out.extend_from_slice(b"[secret]");
                rest = &rest[at + value.len()..];
            }
            out.extend_from_slice(rest);
            text = out;
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_random_unless_given_and_never_shown() {
        let run = RunSpec { secret: vec!["A".into(), "B".into()], ..RunSpec::default() };
        let given = BTreeMap::from([("A".to_string(), b"hunter2".to_vec())]);
        let Ok(secrets) = Secrets::new(&run, &given) else { panic!("usable secrets") };
        assert_eq!(secrets.redact(b"x hunter2hunter2 y"), b"x [secret][secret] y");
        let random: Vec<_> = secrets.iter().filter(|(name, _)| *name == "B").map(|(_, value)| value.len()).collect();
        assert_eq!(random, [2 * RANDOM]);
        let bad = BTreeMap::from([("A".to_string(), vec![b'a', 0])]);
        assert!(Secrets::new(&run, &bad).is_err());
    }
}
