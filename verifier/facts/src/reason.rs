//! Reasons are codes with arguments; their words come from one table per area (`words/*.toml`) and are rendered late, in the reader's language.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

/// Why something is unknown, was not seen, or decided a verdict.
///
/// A pointer long: whatever may be unknown has room for one, and hardly anything is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(Box<Parts>);

/// What a reason consists of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Reason")]
pub struct Parts {
    pub code: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, String>,
}

impl Deref for Reason {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Reason {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl Reason {
    pub fn new(code: impl Into<String>) -> Reason {
        Reason(Box::new(Parts { code: code.into(), args: BTreeMap::new() }))
    }

    pub fn into_code(self) -> String {
        self.0.code
    }

    /// Adds an argument; hostile text is cut to a sane length here, and neutralised where it is shown.
    pub fn with(mut self, name: &str, value: impl ToString) -> Reason {
        const LONGEST: usize = 400;
        let mut value = value.to_string();
        if value.chars().count() > LONGEST {
            value = value.chars().take(LONGEST).chain(['…']).collect();
        }
        self.args.insert(name.into(), value);
        self
    }

    /// The words in a language; a code without words shows itself and its arguments.
    pub fn render(&self, lang: Lang) -> String {
        match words().get(&self.code) {
            Some(words) => words.say(lang, &self.args),
            None => format!("{} {:?}", self.code, self.args),
        }
    }

    /// What would close the gap, in a language, where the table says so.
    pub fn mend(&self, lang: Lang) -> Option<String> {
        let mend = words().get(&self.code)?.mend.as_ref()?;
        Some(fill(if lang == Lang::Zh { &mend.zh } else { &mend.en }, &self.args))
    }
}

/// `reason!("parse-error", file = path, detail = error)`.
#[macro_export]
macro_rules! reason {
    ($code:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::Reason::new($code)$(.with(stringify!($name), &$value))*
    };
}

/// A language of the wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lang {
    En,
    Zh,
}

impl Lang {
    pub fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }
}

/// One sentence in both languages.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Both {
    pub en: String,
    pub zh: String,
}

/// The words of a reason code: the sentence, and what would mend it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub en: String,
    pub zh: String,
    pub mend: Option<Both>,
}

impl Words {
    fn say(&self, lang: Lang, args: &BTreeMap<String, String>) -> String {
        fill(if lang == Lang::Zh { &self.zh } else { &self.en }, args)
    }
}

fn fill(template: &str, args: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let after = &rest[open + 1..];
        let Some(close) = after.find('}') else {
            rest = &rest[open..];
            break;
        };
        match args.get(&after[..close]) {
            Some(value) => out.push_str(value),
            None => out.push_str(&rest[open..open + close + 2]),
        }
        rest = &after[close + 1..];
    }
    out + rest
}

/// The tables, one file per area; a test compares this list with the folder.
pub(crate) const TABLES: &[(&str, &str)] = &[
    ("binary.toml", include_str!("../words/binary.toml")),
    ("data.toml", include_str!("../words/data.toml")),
    ("delivery.toml", include_str!("../words/delivery.toml")),
    ("image.toml", include_str!("../words/image.toml")),
    ("judge.toml", include_str!("../words/judge.toml")),
    ("module.toml", include_str!("../words/module.toml")),
    ("rebuild.toml", include_str!("../words/rebuild.toml")),
    ("runtime.toml", include_str!("../words/runtime.toml")),
    ("shown.toml", include_str!("../words/shown.toml")),
    ("source.toml", include_str!("../words/source.toml")),
    ("subjects.toml", include_str!("../words/subjects.toml")),
    ("tls.toml", include_str!("../words/tls.toml")),
];

/// All words by code.
pub fn words() -> &'static BTreeMap<String, Words> {
    static ALL: OnceLock<BTreeMap<String, Words>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = BTreeMap::new();
        for (name, text) in TABLES {
            let table: BTreeMap<String, Words> =
                toml::from_str(text).unwrap_or_else(|e| panic!("our own word table {name}: {e}"));
            for (code, words) in table {
                assert!(all.insert(code.clone(), words).is_none(), "{name}: {code} has words twice");
            }
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/words");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder of words")
            .map(|e| e.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        found.sort();
        let listed: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
        assert_eq!(found, listed);
        assert!(!words().is_empty());
    }

    #[test]
    fn arguments_are_filled_and_unknown_ones_stay() {
        let args = BTreeMap::from([("a".to_string(), "1".to_string())]);
        assert_eq!(fill("x {a} {b} {", &args), "x 1 {b} {");
    }
}
