//! Values of `[run] secret`: given by the operator or random, handed to the service, and taken out of whatever is recorded.

use crate::random;
use assize_facts::{Neutral, Reason, RunSpec, SHORTEST_SECRET, Secret, reason};
use std::collections::BTreeMap;

/// Random bytes of a value that nobody gave.
const RANDOM: usize = 18;

/// Names and values; never shown.
pub(crate) struct Secrets {
    all: Vec<Secret>,
    neutral: Neutral,
}

impl Secrets {
    /// Every declared secret has a value afterwards.
    pub fn new(run: &RunSpec, given: &BTreeMap<String, Vec<u8>>, salt: &[u8]) -> Result<Secrets, Reason> {
        let one = |name: &String| {
            let failed = |detail: &str| reason!("secret-unusable", name = name, detail = detail);
            let value = match given.get(name) {
                Some(value) if value.contains(&0) => return Err(failed("it holds a zero byte")),
                Some(value) if value.trim_ascii().len() < SHORTEST_SECRET => {
                    return Err(failed("it is so short that it could not be told from other text in the record"));
                }
                Some(value) => String::from_utf8(value.clone()).map_err(|_| failed("it is not UTF-8"))?,
                None => random::hex(RANDOM).map_err(|e| failed(&e.to_string()))?,
            };
            Ok(Secret { name: name.clone(), value })
        };
        Ok(Secrets::of(run.secret.iter().map(one).collect::<Result<_, Reason>>()?, salt))
    }

    /// What the operator gave, for a service that has it already.
    pub fn given(given: &BTreeMap<String, Vec<u8>>, salt: &[u8]) -> Secrets {
        let text = |(name, value): (&String, &Vec<u8>)| {
            Some(Secret { name: name.clone(), value: String::from_utf8(value.clone()).ok()? })
        };
        Secrets::of(given.iter().filter_map(text).collect(), salt)
    }

    fn of(all: Vec<Secret>, salt: &[u8]) -> Secrets {
        Secrets { neutral: Neutral::new(salt, salt, &all), all }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.all.iter()
    }

    /// What takes them out of a text.
    pub fn neutral(&self) -> &Neutral {
        &self.neutral
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_random_unless_given_and_never_shown() {
        let run = RunSpec { secret: vec!["A".into(), "B".into()], ..RunSpec::default() };
        let given = |value: &[u8]| BTreeMap::from([("A".to_string(), value.to_vec())]);
        let Ok(secrets) = Secrets::new(&run, &given(b"hunter2"), b"salt") else { panic!("usable secrets") };
        let text = String::from_utf8_lossy(&secrets.neutral().bytes(b"x hunter2hunter2 y")).into_owned();
        assert!(!text.contains("hunter2") && text.matches("[secret A, 7 bytes, ").count() == 2, "{text}");
        let random: Vec<_> = secrets.iter().filter(|s| s.name == "B").map(|s| s.value.len()).collect();
        assert_eq!(random, [2 * RANDOM]);
        for bad in [&b"long enough \0"[..], b"abc", b"abc\n"] {
            assert!(Secrets::new(&run, &given(bad), b"salt").is_err(), "{bad:?}");
        }
    }
}
