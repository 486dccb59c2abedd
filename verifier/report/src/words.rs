//! The table of words of all reports, in both languages.

use assize_facts::Lang;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Both {
    en: String,
    zh: String,
}

/// The tables, one file per part of the reports; a test compares this list with the folder.
const TABLES: &[(&str, &str)] = &[
    ("annex.toml", include_str!("../words/annex.toml")),
    ("explain.toml", include_str!("../words/explain.toml")),
    ("page.toml", include_str!("../words/page.toml")),
    ("report.toml", include_str!("../words/report.toml")),
];

fn table() -> &'static BTreeMap<String, Both> {
    static TABLE: OnceLock<BTreeMap<String, Both>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut all = BTreeMap::new();
        for (name, text) in TABLES {
            let table: BTreeMap<String, Both> =
                toml::from_str(text).unwrap_or_else(|e| panic!("our own table of words {name}: {e}"));
            for (key, both) in table {
                assert!(all.insert(key.clone(), both).is_none(), "{name}: {key} has words twice");
            }
        }
        all
    })
}

/// The words of a key with its arguments filled in. A key without words is our own mistake, found by the tests.
pub fn say(lang: Lang, key: &str, args: &[(&str, &str)]) -> String {
    let both = table().get(key).unwrap_or_else(|| panic!("no words for {key}"));
    fill(if lang == Lang::Zh { &both.zh } else { &both.en }, args)
}

/// The words of a value that a record brings, as `layer-` and `source`; a value that no table knows stands for itself.
pub fn word(lang: Lang, prefix: &str, value: &str) -> String {
    let key = format!("{prefix}{value}");
    if table().contains_key(&key) { say(lang, &key, &[]) } else { crate::text::plain(value) }
}

/// Fills every place once: what an argument brings is never taken for a place.
fn fill(template: &str, args: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| open + at) else { break };
        out.push_str(&rest[..open]);
        let name = &rest[open + 1..close];
        match args.iter().find(|(n, _)| *n == name) {
            Some((_, value)) => out.push_str(value),
            None => out.push_str(&rest[open..=close]),
        }
        rest = &rest[close + 1..];
    }
    out + rest
}

/// The words of what a check examined: those of `subject.<what>`, else the name itself.
pub fn subject(lang: Lang, what: &str) -> String {
    match assize_facts::words().get(&format!("subject.{what}")) {
        Some(words) if lang == Lang::Zh => words.zh.clone(),
        Some(words) => words.en.clone(),
        None => what.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
    }

    #[test]
    fn both_languages_have_words_with_the_same_places() {
        for (key, both) in table() {
            assert!(!both.en.trim().is_empty() && !both.zh.trim().is_empty(), "{key}");
            assert_eq!(places(&both.en), places(&both.zh), "{key}");
        }
    }

    #[test]
    fn every_table_of_the_folder_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/words");
        let names =
            fs::read_dir(folder).expect("the words").flatten().map(|e| e.file_name().to_string_lossy().into_owned());
        let found: BTreeSet<String> = names.collect();
        assert_eq!(found, TABLES.iter().map(|(name, _)| (*name).to_string()).collect());
    }

    /// Keys that are put together of a prefix and the word of a value.
    const MADE: &[&str] = &[
        "verdict-",
        "clause-",
        "obligation-",
        "layer-",
        "weight-",
        "identity-",
        "link-",
        "waiver-",
        "outcome-",
        "node-",
        "step-",
        "party-",
        "item-",
    ];

    #[test]
    fn every_word_is_used_by_some_code() {
        let mut code = String::new();
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).expect("the code").flatten().map(|e| e.path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    code.push_str(&fs::read_to_string(path).expect("a source file"));
                }
            }
        }
        let made = |key: &str| MADE.iter().any(|prefix| key.starts_with(prefix));
        let idle: Vec<&String> =
            table().keys().filter(|key| !made(key) && !code.contains(&format!("\"{key}\""))).collect();
        assert!(idle.is_empty(), "words that no code says: {idle:?}");
    }

    #[test]
    fn an_argument_is_never_taken_for_a_place() {
        assert_eq!(fill("{a} {b} {c}", &[("a", "{b}"), ("b", "2")]), "{b} 2 {c}");
    }
}
