//! A check in words: what it looks at, what it selects, what it asks of it, and what its outcome counts for.

use assize_clause::{Check, CheckBody, FieldTest, Form, Matcher, Operand, Weight, Within, value_shown};
use assize_facts::{KindSchema, Lang, kinds};
use std::fmt::Write;

/// Some lines, the first with the check's name.
pub fn check(check: &Check, lang: Lang) -> String {
    let schema = kinds::schema(&check.kind);
    let doc = schema.map_or("", |s| s.doc.as_str());
    let weight = match check.weight {
        Weight::Decisive => "decides the clause",
        Weight::Supporting => "supports: decides only together with another layer",
        Weight::Note => "is a note: never changes a verdict",
    };
    let mut text = format!("{} ({}; {weight})\n", check.id, check.layer.name());
    let form = match check.form {
        Form::Each => format!("every one selected must be as said, at least {} of them", check.minimum),
        Form::None => format!("none may be selected, with at least {} examined", check.minimum),
        Form::Some => format!("at least one must be there, with at least {} examined", check.minimum),
    };
    let _ = writeln!(text, "  looks at {}: {doc}\n  {form}", check.kind);
    list(&mut text, "selected are those with", &check.selects, schema, lang);
    if let CheckBody::Expect(expected) = &check.body {
        list(&mut text, "each must have", expected, schema, lang);
    }
    if let Some(fail) = &check.fail {
        let _ = writeln!(text, "  where not: \"{}\"", fail.get(lang));
    }
    if let Some(claim) = &check.claim {
        let _ = writeln!(text, "  says the same as other checks that claim {claim}");
    }
    text
}

fn list(text: &mut String, lead: &str, tests: &[FieldTest], schema: Option<&KindSchema>, lang: Lang) {
    if tests.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {lead}");
    for test in tests {
        let doc = schema.and_then(|s| s.field(&test.field)).map_or("", |f| f.doc.as_str());
        let _ = writeln!(text, "    {} {}   # {doc}", test.field, matcher(&test.matcher, test, lang));
    }
}

fn operand(operand: &Operand, test: &FieldTest, lang: Lang) -> String {
    match operand {
        Operand::Value(value) => value_shown(value, Some(&test.ty), lang),
        Operand::Parameter(name) => format!("{{{name}}}"),
        Operand::Contract(name) => format!("{{contract.{name}}}"),
        Operand::Deliverable(which) => format!("the delivered {which:?}").to_lowercase(),
        Operand::Missing(reason) => reason.render(lang),
    }
}

fn operands(all: &[Operand], test: &FieldTest, lang: Lang) -> String {
    all.iter().map(|o| operand(o, test, lang)).collect::<Vec<_>>().join(", ")
}

fn matcher(of: &Matcher, test: &FieldTest, lang: Lang) -> String {
    let one = |o: &Operand| operand(o, test, lang);
    match of {
        Matcher::Equals(value) => format!("is {}", one(value)),
        Matcher::AtLeast(value) => format!("is at least {}", one(value)),
        Matcher::AtMost(value) => format!("is at most {}", one(value)),
        Matcher::Below(value) => format!("is below {}", one(value)),
        Matcher::Above(value) => format!("is above {}", one(value)),
        Matcher::OneOf(all) => format!("is one of {}", operands(all, test, lang)),
        Matcher::NoneOf(all) => format!("is none of {}", operands(all, test, lang)),
        Matcher::Matches(pattern) => format!("matches {}", one(&pattern.text)),
        Matcher::Not(inner) => format!("not: {}", matcher(inner, test, lang)),
        Matcher::Every(inner) => format!("has only elements of which each {}", matcher(inner, test, lang)),
        Matcher::Any(inner) => format!("has an element that {}", matcher(inner, test, lang)),
        Matcher::Contains(value) => format!("contains {}", one(value)),
        Matcher::Length(inner) => format!("has a length that {}", matcher(inner, test, lang)),
        Matcher::Present(true) => "is there".into(),
        Matcher::Present(false) => "is absent".into(),
        Matcher::Within(Within::Distance(value)) => format!("is within {}", one(value)),
        Matcher::Within(Within::Between(low, high)) => format!("is from {} to {}", one(low), one(high)),
        Matcher::AllOf(all) => all.iter().map(|m| matcher(m, test, lang)).collect::<Vec<_>>().join(" and "),
    }
}
