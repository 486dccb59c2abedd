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

fn table() -> &'static BTreeMap<String, Both> {
    static TABLE: OnceLock<BTreeMap<String, Both>> = OnceLock::new();
    TABLE.get_or_init(|| toml::from_str(include_str!("../words/report.toml")).expect("our own table of words"))
}

/// The words of a key with its arguments filled in. A key without words is our own mistake, found by the tests.
pub fn say(lang: Lang, key: &str, args: &[(&str, &str)]) -> String {
    let both = table().get(key).unwrap_or_else(|| panic!("no words for {key}"));
    let mut text = match lang {
        Lang::En => both.en.clone(),
        Lang::Zh => both.zh.clone(),
    };
    for (name, value) in args {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// The words of what a check examined: those of `subject.<what>`, else the name itself.
pub fn subject(lang: Lang, what: &str) -> String {
    match assize_facts::words().get(&format!("subject.{what}")) {
        Some(words) if lang == Lang::Zh => words.zh.clone(),
        Some(words) => words.en.clone(),
        None => what.to_string(),
    }
}
