//! A check in words: what it looks at, what it selects, what it asks of it, and what its outcome counts for.

use crate::words::{say, subject, word};
use assize_clause::{
    AppliesWhen, Check, CheckBody, DeliverableRef, Dependencies, FieldTest, Form, Matcher, Operand, Weight, Within,
    value_shown,
};
use assize_facts::{KindSchema, Lang, Type, kinds};
use std::fmt::Write;

/// The sentences of one check.
pub struct Explained {
    /// What it looks at, what must hold, and how much must have been examined.
    pub sentences: Vec<String>,
    /// What an item must have to be selected.
    pub selected: Vec<Test>,
    /// What a selected item must have.
    pub asked: Vec<Test>,
}

/// One field with what is asked of it.
pub struct Test {
    pub field: String,
    pub words: String,
}

/// A check in the words of a language.
pub fn explained(check: &Check, lang: Lang) -> Explained {
    let mut sentences = vec![looks_at(check, lang), form(check, lang), weight(check, lang)];
    sentences.extend(check.claim.as_ref().map(|claim| say(lang, "explain-claim", &[("claim", claim)])));
    sentences.extend(check.group.as_ref().map(|group| say(lang, "explain-group", &[("group", group)])));
    sentences.extend(check.applies_when.as_ref().map(|when| {
        let when = condition(when, lang);
        say(lang, "explain-applies", &[("when", &when)])
    }));
    sentences.extend(dependencies(check, lang));
    if let Some(fail) = &check.fail {
        sentences.push(say(lang, "explain-fail", &[("message", fail.get(lang))]));
    }
    let asked = match &check.body {
        CheckBody::Expect(expected) => tests(expected, lang),
        CheckBody::Selection => Vec::new(),
    };
    Explained { sentences, selected: tests(&check.selects, lang), asked }
}

/// As text of some lines, the first with the check's name; fields with what their kind's reference says of them.
pub fn explain(check: &Check, lang: Lang) -> String {
    let explained = explained(check, lang);
    let layer = word(lang, "layer-", check.layer.name());
    let mut text = format!("{} ({layer})\n", check.id);
    for sentence in &explained.sentences {
        let _ = writeln!(text, "  {sentence}");
    }
    let schema = kinds::schema(&check.kind);
    for (key, tests) in [("explain-selected", &explained.selected), ("explain-asked", &explained.asked)] {
        if tests.is_empty() {
            continue;
        }
        let _ = writeln!(text, "  {}", say(lang, key, &[]));
        for test in tests {
            let _ = writeln!(text, "    {} {}   # {}", test.field, test.words, reference(schema, &test.field));
        }
    }
    text
}

fn reference<'a>(schema: Option<&'a KindSchema>, field: &str) -> &'a str {
    schema.and_then(|s| s.field(field)).map_or("", |f| f.doc.as_str())
}

fn looks_at(check: &Check, lang: Lang) -> String {
    let what = subject(lang, &check.kind);
    say(lang, "explain-looks", &[("kind", &check.kind), ("what", uncounted(lang, &what))])
}

/// Measure words with which the Chinese names of what is examined begin: they stand after a number, and only there.
const MEASURES: &[char] = &['个', '条', '处', '项', '次', '行', '份', '件', '类', '种', '组', '段'];

/// A name as it stands without a number before it.
fn uncounted(lang: Lang, what: &str) -> &str {
    match lang {
        Lang::En => what,
        Lang::Zh => what.strip_prefix(MEASURES).unwrap_or(what).trim_start(),
    }
}

fn form(check: &Check, lang: Lang) -> String {
    let key = match check.form {
        Form::Each => "explain-each",
        Form::None => "explain-none",
        Form::Some => "explain-some",
    };
    say(lang, key, &[("minimum", &check.minimum.to_string())])
}

fn weight(check: &Check, lang: Lang) -> String {
    let key = match check.weight {
        Weight::Decisive => "explain-decisive",
        Weight::Supporting => "explain-supporting",
        Weight::Note => "explain-note",
    };
    say(lang, key, &[])
}

fn dependencies(check: &Check, lang: Lang) -> Option<String> {
    let key = match check.dependencies {
        Dependencies::Supporting => return None,
        Dependencies::Decisive => "explain-dependencies-decisive",
        Dependencies::Build => "explain-dependencies-build",
        Dependencies::Ignored => "explain-dependencies-ignored",
    };
    Some(say(lang, key, &[]))
}

/// When something applies, as a part of a sentence.
pub fn condition(when: &AppliesWhen, lang: Lang) -> String {
    let joined = |all: &[AppliesWhen], key: &str| {
        let parts: Vec<String> = all.iter().map(|when| condition(when, lang)).collect();
        parts.join(&say(lang, key, &[]))
    };
    match when {
        AppliesWhen::Some { kind, selects, .. } => {
            let tests: Vec<String> = selects.iter().map(|t| format!("{} {}", t.field, matcher(t, lang))).collect();
            let with = if tests.is_empty() {
                String::new()
            } else {
                say(lang, "when-with", &[("tests", &tests.join(&say(lang, "word-and", &[])))])
            };
            say(lang, "when-some", &[("what", uncounted(lang, &subject(lang, kind))), ("with", &with)])
        }
        AppliesWhen::ContractItems { kind: Some(kind) } => say(lang, "when-items-of", &[("kind", kind)]),
        AppliesWhen::ContractItems { kind: None } => say(lang, "when-items", &[]),
        AppliesWhen::Parameter { name, ty, matcher, .. } => {
            format!("{name} {}", matched(matcher, ty, lang))
        }
        AppliesWhen::Any(all) => joined(all, "word-or"),
        AppliesWhen::All(all) => joined(all, "word-and"),
    }
}

fn tests(all: &[FieldTest], lang: Lang) -> Vec<Test> {
    all.iter().map(|test| Test { field: test.field.clone(), words: matcher(test, lang) }).collect()
}

fn matcher(test: &FieldTest, lang: Lang) -> String {
    matched(&test.matcher, &test.ty, lang)
}

fn operand(operand: &Operand, ty: &Type, lang: Lang) -> String {
    match operand {
        Operand::Value(value) => value_shown(value, Some(ty), lang),
        Operand::Parameter(name) => format!("{{{name}}}"),
        Operand::Contract(name) => format!("{{contract.{name}}}"),
        Operand::Deliverable(DeliverableRef::Name) => say(lang, "operand-name", &[]),
        Operand::Deliverable(DeliverableRef::Version) => say(lang, "operand-version", &[]),
        Operand::Missing(reason) => reason.render(lang),
    }
}

fn matched(of: &Matcher, ty: &Type, lang: Lang) -> String {
    let value = |key: &str, shown: String| say(lang, key, &[("value", &shown)]);
    let one = |key: &str, o: &Operand| value(key, operand(o, ty, lang));
    let list = |key: &str, all: &[Operand]| {
        let shown: Vec<String> = all.iter().map(|o| operand(o, ty, lang)).filter(|words| !words.is_empty()).collect();
        value(key, if shown.is_empty() { say(lang, "explain-nothing", &[]) } else { shown.join(", ") })
    };
    let inner = |key: &str, of: &Matcher| value(key, matched(of, ty, lang));
    match of {
        Matcher::Equals(o) => one("match-equals", o),
        Matcher::AtLeast(o) => one("match-at-least", o),
        Matcher::AtMost(o) => one("match-at-most", o),
        Matcher::Below(o) => one("match-below", o),
        Matcher::Above(o) => one("match-above", o),
        Matcher::OneOf(all) => list("match-one-of", all),
        Matcher::NoneOf(all) => list("match-none-of", all),
        Matcher::Matches(pattern) => one("match-pattern", &pattern.text),
        Matcher::Not(of) => inner("match-not", of),
        Matcher::Every(of) => inner("match-every", of),
        Matcher::Any(of) => inner("match-any", of),
        Matcher::Contains(o) => one("match-contains", o),
        Matcher::Length(of) => inner("match-length", of),
        Matcher::Present(true) => say(lang, "match-present", &[]),
        Matcher::Present(false) => say(lang, "match-absent", &[]),
        Matcher::Within(Within::Distance(o)) => one("match-distance", o),
        Matcher::Within(Within::Between(low, high)) => {
            let args = [("low", operand(low, ty, lang)), ("high", operand(high, ty, lang))];
            say(lang, "match-between", &args.each_ref().map(|(name, value)| (*name, value.as_str())))
        }
        Matcher::AllOf(all) => {
            let parts: Vec<String> = all.iter().map(|of| matched(of, ty, lang)).collect();
            parts.join(&say(lang, "word-and", &[]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_clause::Library;

    /// Everything that the library says, so that no sentence lacks its words in either language.
    #[test]
    fn every_check_of_the_library_is_explained_in_both_languages() {
        for clause in Library::standard().clauses.values() {
            let agreed = clause.as_proposed("standard");
            for check in clause.checks.iter().chain(&agreed.checks) {
                let [en, zh] = [Lang::En, Lang::Zh].map(|lang| explain(check, lang));
                assert!(en.lines().count() >= 4 && zh.lines().count() == en.lines().count(), "{en}\n{zh}");
                assert!(zh.contains('检') || zh.contains('查'), "{zh}");
            }
        }
    }
}
