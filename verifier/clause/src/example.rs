//! Examples beside a clause: recorded facts in TOML and the outcome that each check must have.

use crate::clause::words;
use crate::matcher::names::refusal;
use crate::parameter::number;
use crate::read::{Node, Reader, Span, Table, Value, did_you_mean};
use crate::{Clause, Mistakes, ParameterValue};
use assize_facts::{Field, Gap, Item, KindSchema, Origin, Reason, Scope, Sheet, Type, kinds, reason, words};
use serde_json::Value as Json;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The file's name.
    pub file: String,
    /// What the clause as a whole must be: the name of the folder.
    pub verdict: CheckOutcome,
    /// Overrides of the clause's defaults.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// What the delivery says of itself.
    pub deliverable_name: Option<String>,
    pub deliverable_version: Option<String>,
    pub sheets: Vec<Sheet>,
    /// Outcomes by check.
    pub expect: BTreeMap<String, CheckOutcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    Pass,
    Fail,
    Inconclusive,
    NotApplicable,
}

words!(CheckOutcome { Pass = "pass", Fail = "fail", Inconclusive = "inconclusive", NotApplicable = "not-applicable" });

impl Example {
    /// Reads an example of a clause. `verdict` is the name of its folder.
    pub fn parse(file: &str, bytes: &[u8], clause: &Clause, verdict: CheckOutcome) -> Result<Example, Mistakes> {
        let (reader, root) = Reader::open(file, bytes)?;
        let example = example(&reader, &root, clause, verdict);
        reader.finish().or(example)
    }
}

fn example(reader: &Reader, root: &Node, clause: &Clause, verdict: CheckOutcome) -> Example {
    let table = Table::root(reader, root);
    let deliverable = table.table("deliverable");
    let said = |key| deliverable.as_ref().and_then(|t| t.string(key));
    let example = Example {
        file: reader.file().into(),
        verdict,
        parameters: overrides(&table, clause),
        deliverable_name: said("name"),
        deliverable_version: said("version"),
        sheets: table.tables("sheet").iter().filter_map(sheet).collect(),
        expect: expect(&table, clause),
    };
    twice(reader, &table, &example.sheets);
    example
}

/// Parameters that a contract or an example gives.
pub(crate) fn overrides(table: &Table<'_>, clause: &Clause) -> BTreeMap<String, ParameterValue> {
    let Some(given) = table.table("parameters") else { return BTreeMap::new() };
    let reader = table.reader();
    let mut all = BTreeMap::new();
    for entry in given.entries() {
        let Some(parameter) = clause.parameters.iter().find(|p| p.name == entry.key) else {
            let message = format!("the clause `{}` has no parameter `{}`", clause.id, entry.key);
            let help = did_you_mean(&entry.key, clause.parameters.iter().map(|p| p.name.as_str()));
            let help = help.unwrap_or_else(|| "it has none at all".into());
            reader.report(reader.at(&entry.key_span, message).help(help));
            continue;
        };
        let Some(value) = parameter.ty.read(reader, &entry.node) else { continue };
        if !crate::clause::among(reader, &value, &entry.node, &parameter.choices, &parameter.name) {
            continue;
        }
        let uses = clause.uses.get(&parameter.name).into_iter().flatten();
        if let Some(why) = uses.filter_map(|how| refusal(&value, how)).next() {
            reader.report(reader.at(&entry.node.span, format!("a check cannot use this value: {why}")));
            continue;
        }
        all.insert(entry.key.clone(), value);
    }
    all
}

fn expect(table: &Table<'_>, clause: &Clause) -> BTreeMap<String, CheckOutcome> {
    let Some(expect) = table.table("expect") else { return BTreeMap::new() };
    let mut all = BTreeMap::new();
    for entry in expect.entries() {
        known_check(table.reader(), clause, &entry.key, &entry.key_span);
        if let Some(outcome) = expect.word(&entry.key, CheckOutcome::WORDS, CheckOutcome::parse) {
            all.insert(entry.key.clone(), outcome);
        }
    }
    all
}

/// Reports a check that the clause does not have.
pub(crate) fn known_check(reader: &Reader, clause: &Clause, id: &str, span: &Span) {
    if !clause.checks.iter().any(|c| c.id == id) {
        let mistake = reader.at(span, format!("the clause `{}` has no check `{id}`", clause.id));
        let help = did_you_mean(id, clause.checks.iter().map(|c| c.id.as_str()));
        reader.report(mistake.help(help.unwrap_or_default()));
    }
}

fn twice(reader: &Reader, table: &Table<'_>, sheets: &[Sheet]) {
    for (index, sheet) in sheets.iter().enumerate() {
        if sheets[..index].iter().any(|s| s.kind == sheet.kind && s.with == sheet.with) {
            let message = format!("the sheet `{}` is there twice with the same arguments", sheet.kind);
            reader.report(reader.at(&table.key_span("sheet"), message));
        }
    }
}

fn sheet(table: &Table<'_>) -> Option<Sheet> {
    let reader = table.reader();
    let count = table.int("examined");
    let with = table.table("with").map(|t| t.entries().iter().map(|e| (e.key.clone(), e.node.json())).collect());
    let (items, gaps) = (table.tables("item"), table.tables("gap"));
    let (kind, span) = table.need_text("kind", "the kind of fact")?;
    let Some(schema) = kinds::schema(kind) else {
        for item in &items {
            item.entries();
        }
        for gap in &gaps {
            gap.entries();
        }
        let mistake = reader.at(span, format!("there is no kind of fact `{kind}`"));
        let help = did_you_mean(kind, kinds::all().iter().map(|k| k.name));
        reader.report(mistake.help(help.unwrap_or_default()));
        return None;
    };
    let count = match count {
        None => {
            table.need("examined", "how many subjects were examined");
            0
        }
        Some((count, span)) => u64::try_from(count).unwrap_or_else(|_| {
            reader.report(reader.at(span, "a count cannot be negative"));
            0
        }),
    };
    Some(Sheet {
        kind: kind.into(),
        with: with.unwrap_or_default(),
        scope: Scope { count },
        gaps: gaps.iter().filter_map(gap).collect(),
        items: items.iter().map(|table| item(table, schema)).collect(),
    })
}

fn gap(table: &Table<'_>) -> Option<Gap> {
    let place = table.string("place").unwrap_or_default();
    let owner = table.string("owner");
    let args = table.table("args");
    let (code, span) = table.need_text("code", "the code of the reason")?;
    let mut reason = known_reason(table.reader(), code, span);
    reason.args = args.iter().flat_map(|t| t.entries()).map(|e| (e.key.clone(), plain(&e.node.json()))).collect();
    Some(Gap { reason, place, owner })
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A reason by its code; one without words would reach a reader as a bare code.
fn known_reason(reader: &Reader, code: &str, span: &Span) -> Reason {
    if !words().contains_key(code) {
        let mistake = reader.at(span, format!("no reason has the code `{code}`"));
        let help = did_you_mean(code, words().keys().map(String::as_str));
        reader.report(mistake.help(help.unwrap_or_default()));
    }
    Reason::new(code)
}

fn item(table: &Table<'_>, schema: &'static KindSchema) -> Item {
    let mut fields: BTreeMap<String, Field> = schema
        .fields
        .iter()
        .filter(|f| !is_origin(f.name))
        .map(|f| (f.name.to_string(), neutral(f.name, &f.ty)))
        .collect();
    let mut origin = Origin::default();
    for entry in table.entries() {
        let reader = table.reader();
        let Some(declared) = schema.field(&entry.key) else {
            let mistake = reader.at(&entry.key_span, format!("`{}` has no field `{}`", schema.name, entry.key));
            let help = did_you_mean(&entry.key, schema.fields.iter().map(|f| f.name));
            reader.report(mistake.help(help.unwrap_or_default()));
            continue;
        };
        if is_origin(declared.name) {
            place(&mut origin, &entry.key, &entry.node.json());
        } else if let Some(field) = field(reader, &entry.node, &declared.ty) {
            fields.insert(entry.key.clone(), field);
        }
    }
    Item { fields: fields.into_iter().collect(), origin }
}

/// The fields that an item has by its place (`facts::kinds::origin_fields`).
fn is_origin(name: &str) -> bool {
    kinds::origin_fields().iter().any(|f| f.name == name)
}

fn place(origin: &mut Origin, key: &str, value: &Json) {
    let (text, count) = (value.as_str().map(String::from), value.as_u64().and_then(|n| u32::try_from(n).ok()));
    match key {
        "file" => origin.file = text.map(Into::into),
        "line" => origin.line = count,
        "column" => origin.column = count,
        "url" => origin.url = text,
        "symbol" => origin.symbol = text,
        _ => {}
    }
}

fn field(reader: &Reader, node: &Node, ty: &Type) -> Option<Field> {
    let Value::Table(_) = node.value else { return recorded(reader, node, ty).map(Field::Known) };
    let table = Table::of(reader, node, "an uncertain field")?;
    let (unknown, possible) = (table.text("unknown"), table.get("possible"));
    match (unknown, possible) {
        (Some((code, span)), None) => Some(Field::Unknown(known_reason(reader, code, span))),
        (None, Some(Node { value: Value::List(nodes), .. })) if nodes.len() >= 2 => {
            let all: Vec<_> = nodes.iter().map(|n| recorded(reader, n, ty)).collect();
            all.into_iter().collect::<Option<_>>().map(Field::Possible)
        }
        _ => {
            let mistake = reader.at(&node.span, "neither unknown nor one of several");
            reader.report(mistake.help("`{ unknown = \"code\" }`, or `{ possible = [a, b] }` with two or more"));
            None
        }
    }
}

/// A value in recorded form. `\"null\"` is not a value: an optional field that is left out is null.
fn recorded(reader: &Reader, node: &Node, ty: &Type) -> Option<Json> {
    // A duration may also be given as it is recorded, in milliseconds.
    match (ty.present(), &node.value) {
        (Type::Duration, Value::Int(ms)) => Some(Json::from(*ms)),
        (Type::Duration, Value::Float(ms)) => Some(number(*ms)),
        // Facts hold what was seen, which may be no proper value of the type: a garbled version, an unregistered group.
        (Type::TlsGroup | Type::GoVersion | Type::Digest | Type::Time, Value::Text(text)) => {
            Some(Json::from(text.as_str()))
        }
        _ => crate::matcher::literal(reader, node, ty),
    }
}

/// What a field has that an example leaves out.
fn neutral(name: &str, ty: &Type) -> Field {
    Field::Known(match ty {
        Type::Bool => Json::Bool(false),
        Type::Int | Type::Number | Type::Duration => Json::from(0),
        Type::Text => Json::from(""),
        Type::List(_) => Json::Array(vec![]),
        Type::Optional(_) => Json::Null,
        // Most items are the supplier's own code; a dependency's says so.
        Type::Enum(words) if name == "owner" && words.contains(&"main") => Json::from("main"),
        // These have no neutral value: a check that looks at one must be given it.
        Type::Enum(_) | Type::TlsVersion | Type::TlsGroup | Type::GoVersion | Type::Time | Type::Digest => {
            return Field::Unknown(reason!("left-out-of-example", field = name));
        }
    })
}
