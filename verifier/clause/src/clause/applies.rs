//! Reading `applies_when`.

use super::AppliesWhen;
use super::check::{arguments, kind_schema};
use crate::matcher::names::{Names, Use};
use crate::matcher::read::{field_tests, matcher};
use crate::read::{Entry, Node, Table, Value, did_you_mean};
use crate::{ItemKind, Matcher, Operand, Parameter, ParameterValue};

const FORMS: &str = "`{ some = KIND, where = { … } }`, `{ contract = \"items\" }`, `{ parameter = NAME, one_of = [ … ] }`, \
                     or several of them under `any` or `all`";

pub(super) fn applies_when(names: &Names<'_>, node: &Node) -> Option<AppliesWhen> {
    let table = Table::of(names.reader, node, "`applies_when`")?;
    if node.get("parameter").is_some() {
        return parameter(names, &table);
    }
    if node.get("some").is_some() {
        return some(names, &table);
    }
    if node.get("contract").is_some() {
        return contract(&table);
    }
    let (any, all) = (table.get("any"), table.get("all"));
    match (any, all) {
        (Some(list), None) => Some(AppliesWhen::Any(several(names, list)?)),
        (None, Some(list)) => Some(AppliesWhen::All(several(names, list)?)),
        _ => {
            table.entries();
            names.touch(node);
            let mistake = names.reader.at(&node.span, "`applies_when` says nothing that can hold");
            names.reader.report(mistake.help(FORMS));
            None
        }
    }
}

fn several(names: &Names<'_>, node: &Node) -> Option<Vec<AppliesWhen>> {
    match &node.value {
        Value::List(nodes) if !nodes.is_empty() => {
            let all: Vec<_> = nodes.iter().map(|n| applies_when(names, n)).collect();
            all.into_iter().collect()
        }
        _ => {
            names.reader.report(names.reader.at(&node.span, "a list of conditions is expected").help(FORMS));
            None
        }
    }
}

fn some(names: &Names<'_>, table: &Table<'_>) -> Option<AppliesWhen> {
    let (with, selects) = (table.get("with"), table.get("where"));
    let (kind, span) = table.text("some")?;
    let Some(schema) = kind_schema(names.reader, kind, span) else {
        with.into_iter().chain(selects).for_each(|node| names.touch(node));
        return None;
    };
    let schema = crate::query::with_captures(table, schema);
    let with = with.map(|node| arguments(names, node, schema)).unwrap_or_default();
    let selects = selects.map(|node| field_tests(names, node, schema)).unwrap_or_default();
    Some(AppliesWhen::Some { kind: kind.into(), with, selects })
}

fn contract(table: &Table<'_>) -> Option<AppliesWhen> {
    let kind = table.word("kind", ItemKind::WORDS, |word| ItemKind::parse(word).map(|k| k.word().to_string()));
    table.word("contract", &["items"], |word| (word == "items").then_some(()))?;
    Some(AppliesWhen::ContractItems { kind })
}

fn parameter(names: &Names<'_>, table: &Table<'_>) -> Option<AppliesWhen> {
    let entries: Vec<Entry> = table.entries().iter().filter(|e| e.key != "parameter").cloned().collect();
    let node = table.get("parameter")?;
    let (name, span) = table.text("parameter")?;
    let declared = names.declared(name, node)?;
    names.used(name, Use::Other);
    if entries.is_empty() {
        let mistake = names.reader.at(span, format!("what must `{name}` be?"));
        names.reader.report(mistake.help("add a matcher, as in `one_of = [ … ]`"));
        return None;
    }
    let condition = Node { value: Value::Table(entries), span: table.span().clone() };
    let ty = declared.ty.field_type();
    let matcher = matcher(names, &condition, &ty)?;
    choices_only(names, declared, &matcher, &condition);
    Some(AppliesWhen::Parameter { name: name.into(), ty, value: None, matcher })
}

/// A word that the parameter can never be makes a condition that never holds: a slip that would go unseen.
fn choices_only(names: &Names<'_>, parameter: &Parameter, matcher: &Matcher, node: &Node) {
    if parameter.choices.is_empty() {
        return;
    }
    let words: Vec<String> = parameter.choices.iter().map(|c| c.json().to_string()).collect();
    for word in literals(matcher).into_iter().filter(|word| !words.contains(word)) {
        let span = names.reader.inside(&node.span, &word);
        let mistake = names.reader.at(&span, format!("`{}` is never {word}", parameter.name));
        let shown: Vec<String> = parameter.choices.iter().map(choice).collect();
        let help = did_you_mean(word.trim_matches('"'), shown.iter().map(String::as_str));
        names.reader.report(mistake.help(help.unwrap_or_default()));
    }
}

fn choice(value: &ParameterValue) -> String {
    value.json().to_string().trim_matches('"').to_string()
}

fn literals(matcher: &Matcher) -> Vec<String> {
    let value = |o: &Operand| o.value().map(ToString::to_string);
    match matcher {
        Matcher::Equals(o) | Matcher::Contains(o) => value(o).into_iter().collect(),
        Matcher::OneOf(all) | Matcher::NoneOf(all) => all.iter().filter_map(value).collect(),
        Matcher::Not(inner) | Matcher::Every(inner) | Matcher::Any(inner) => literals(inner),
        Matcher::AllOf(all) => all.iter().flat_map(literals).collect(),
        Matcher::AtLeast(_)
        | Matcher::AtMost(_)
        | Matcher::Below(_)
        | Matcher::Above(_)
        | Matcher::Matches(_)
        | Matcher::Length(_)
        | Matcher::Present(_)
        | Matcher::Within(_) => vec![],
    }
}
