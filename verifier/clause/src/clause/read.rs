//! Reading a clause file.

use super::applies::applies_when;
use super::check::check;
use super::rules::rules;
use super::{Check, Clause, Obligation};
use crate::matcher::names::{Names, Use, refusal};
use crate::read::{Entry, Node, Reader, Span, Table, Value, did_you_mean};
use crate::wording::{Piece, pieces};
use crate::{Bilingual, Mistakes, Parameter, ParameterType, ParameterValue, WaiverLevel};
use assize_facts::{Digest, Sha256};
use serde_json::json;
use std::collections::BTreeSet;

impl Clause {
    /// Reads `clause.toml`. `folder` is the name of its folder, which must be the clause's id; `None` where it has none.
    pub fn parse(file: &str, bytes: &[u8], folder: Option<&str>) -> Result<Clause, Mistakes> {
        let (reader, root) = Reader::open(file, bytes)?;
        let clause = clause(&reader, &root, folder, Sha256::of(bytes));
        let mistakes = reader.finish();
        match (clause, mistakes.is_empty()) {
            (Some(clause), true) => Ok(clause),
            (None, true) => Err(crate::Mistake::whole(format!("{file} could not be read as a clause")).into()),
            (_, false) => Err(mistakes),
        }
    }
}

fn clause(reader: &Reader, root: &Node, folder: Option<&str>, digest: Digest) -> Option<Clause> {
    let table = Table::root(reader, root);
    let id = id(&table, folder);
    let chapter = table.need_text("chapter", "the chapter of the contract, as in \"4.3\"").map(|(c, _)| c.to_string());
    table.need("obligation", "one of: `must`, `should`, `may`");
    let obligation = table.word("obligation", Obligation::WORDS, Obligation::parse);
    table.need("waiver_level", "one of: `L1`, `L2`, `L3`");
    let waiver_level = table.word("waiver_level", WaiverLevel::WORDS, WaiverLevel::parse);
    let (title, text) = (table.need_both("title"), table.need_both("text"));
    let parameters = parameters(&table);
    let declared = root.get("parameters").map(Node::entries).unwrap_or_default();
    let names = Names::new(reader, &parameters, declared.iter().map(|e| e.key.as_str()).collect());
    let applies = match table.get("applies_when") {
        Some(node) => applies_when(&names, node).map(Some),
        None => Some(None),
    };
    let checks = checks(&names, &table);
    let conflicts = super::conflict::conflicts(&names, &table);
    let uses = names.into_uses();
    wording(&table, &parameters, &uses.keys().map(String::as_str).collect());
    fitting_defaults(&table, &parameters, &uses);
    Some(Clause {
        id: id?,
        chapter: chapter?,
        obligation: obligation?,
        waiver_level: waiver_level?,
        title: title?,
        text: text?,
        applies_when: applies?,
        checks: checks?,
        file: reader.file().into(),
        source: reader.text(),
        digest,
        law: law(root),
        uses,
        conflicts,
        parameters,
    })
}

/// What the wording digest holds of the law itself: as written, so that every word of it counts.
fn law(root: &Node) -> serde_json::Value {
    let checks = root.get("check").map_or(json!([]), Node::json);
    match root.get("applies_when") {
        Some(condition) => json!({ "checks": checks, "applies_when": condition.json() }),
        None => json!({ "checks": checks }),
    }
}

fn id(table: &Table<'_>, folder: Option<&str>) -> Option<String> {
    let (text, span) = table.need_text("id", "the clause's name, which is also its folder's")?;
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    if text.is_empty() || !text.bytes().all(good) || text.starts_with(['.', '-']) {
        let mistake = table.reader().at(span, format!("`{text}` cannot be a clause's id"));
        table.reader().report(mistake.help("small letters, digits, hyphens and points"));
        return None;
    }
    if let Some(folder) = folder
        && folder != text
    {
        let mistake = table.reader().at(span, format!("the clause is called `{text}`, and its folder `{folder}`"));
        table.reader().report(mistake.help("the two are the same"));
    }
    Some(text.to_string())
}

fn checks(names: &Names<'_>, table: &Table<'_>) -> Option<Vec<Check>> {
    let tables = table.tables("check");
    if tables.is_empty() && table.get("check").is_some() {
        return None;
    }
    let (outlines, checks): (Vec<_>, Vec<_>) = tables.iter().map(|t| check(names, t)).unzip();
    rules(table.reader(), &outlines, &table.key_span("id"));
    checks.into_iter().collect()
}

fn parameters(table: &Table<'_>) -> Vec<Parameter> {
    let Some(all) = table.table("parameters") else { return vec![] };
    all.entries().iter().filter_map(|entry| parameter(table.reader(), entry)).collect()
}

fn parameter(reader: &Reader, entry: &Entry) -> Option<Parameter> {
    let name = &entry.key;
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !name.bytes().all(good) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        let mistake = reader.at(&entry.key_span, format!("`{name}` cannot be a parameter's name"));
        reader.report(mistake.help("small letters, digits and `_`, a letter first"));
    }
    let table = Table::of(reader, &entry.node, format!("[parameters.{name}]"))?;
    let choices = table.list("choices", "a list of the values it may have");
    let default = table.need("default", "the value where a contract gives none");
    let doc = table.both("doc");
    let ty = parameter_type(&table)?;
    let choices: Vec<_> = choices.iter().filter_map(|node| ty.element().read(reader, node)).collect();
    let node = default?;
    let default = ty.read(reader, node)?;
    among(reader, &default, node, &choices, name);
    Some(Parameter { name: name.clone(), ty, default, choices, doc })
}

fn parameter_type(table: &Table<'_>) -> Option<ParameterType> {
    let (text, span) = table.need_text("type", "as in `text`, `duration`, `list<tls-group>`")?;
    let ty = ParameterType::parse(text);
    if ty.is_none() {
        let names = ParameterType::names();
        let mistake = table.reader().at(span, format!("there is no parameter type `{text}`"));
        let help = did_you_mean(text, names.iter().map(String::as_str));
        table.reader().report(mistake.help(help.unwrap_or_default()));
    }
    ty
}

/// Whether a value is among the choices; a mistake is reported at the part that is not.
pub(crate) fn among(
    reader: &Reader,
    value: &ParameterValue,
    node: &Node,
    choices: &[ParameterValue],
    name: &str,
) -> bool {
    let outside = value.elements().iter().enumerate().find(|(_, v)| !choices.is_empty() && !choices.contains(v));
    let Some((index, wrong)) = outside else { return true };
    let place = match &node.value {
        Value::List(nodes) => nodes.get(index).map_or(&node.span, |n| &n.span),
        _ => &node.span,
    };
    let plain = |v: &ParameterValue| v.json().to_string().trim_matches('"').to_string();
    let words: Vec<String> = choices.iter().map(plain).collect();
    let mistake = reader.at(place, format!("`{}` is not a choice of the parameter `{name}`", plain(wrong)));
    let help = did_you_mean(&plain(wrong), words.iter().map(String::as_str));
    reader.report(mistake.help(help.unwrap_or_default()));
    false
}

/// Places of title and text against parameters and their uses.
fn wording(table: &Table<'_>, parameters: &[Parameter], used: &BTreeSet<&str>) {
    let mut said = BTreeSet::new();
    let entries = table.get("parameters").map(Node::entries).unwrap_or_default();
    let declared: Vec<&str> = entries.iter().map(|e| e.key.as_str()).collect();
    for key in ["title", "text"] {
        let mut each = Vec::new();
        for lang in ["en", "zh"] {
            let Some(node) = table.get(key).and_then(|n| n.get(lang)) else { continue };
            let Some(text) = node.text() else { continue };
            each.push(places(table.reader(), text, &node.span, &declared, parameters, used));
        }
        if let [en, zh] = each.as_slice()
            && en != zh
        {
            let message = format!("the two languages of `{key}` name different parameters");
            let only: Vec<String> = en.symmetric_difference(zh).map(|name| format!("`{{{name}}}`")).collect();
            let mistake = table.reader().at(&table.key_span(key), message);
            table.reader().report(mistake.help(format!("only in one of them: {}", only.join(", "))));
        }
        said.extend(each.into_iter().flatten());
    }
    unused(table, parameters, used, &said);
}

fn places(
    reader: &Reader,
    text: &str,
    span: &Span,
    declared: &[&str],
    parameters: &[Parameter],
    used: &BTreeSet<&str>,
) -> BTreeSet<String> {
    let (all, error) = pieces(text);
    if let Some(error) = error {
        reader.report(reader.at(span, error));
    }
    let places: BTreeSet<String> = all
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Place(name) => Some(name.to_string()),
            Piece::Text(_) | Piece::Brace(_) => None,
        })
        .collect();
    for name in &places {
        let place = reader.inside(span, &format!("{{{name}}}"));
        if !declared.contains(&name.as_str()) {
            let mistake = reader.at(&place, format!("no parameter `{name}` is declared"));
            let help = did_you_mean(name, declared.iter().copied());
            reader.absent(mistake.help(help.unwrap_or_else(|| format!("declare it: `[parameters.{name}]`"))));
        } else if !used.contains(name.as_str()) && parameters.iter().any(|p| p.name == *name) {
            let mistake = reader.at(&place, format!("the wording promises `{name}`, and no check uses it"));
            reader.absent(mistake.help(format!("write `\"{{{name}}}\"` where a check compares with it")));
        }
    }
    places
}

fn unused(table: &Table<'_>, parameters: &[Parameter], used: &BTreeSet<&str>, said: &BTreeSet<String>) {
    let Some(node) = table.get("parameters") else { return };
    for entry in node.entries() {
        let idle = !used.contains(entry.key.as_str()) && !said.contains(&entry.key);
        if idle && parameters.iter().any(|p| p.name == entry.key) {
            let mistake = table.reader().at(&entry.key_span, format!("nothing uses the parameter `{}`", entry.key));
            table.reader().absent(mistake.help("leave it out, or refer to it in a check"));
        }
    }
}

/// Defaults must be usable as the checks use them.
fn fitting_defaults(table: &Table<'_>, parameters: &[Parameter], uses: &std::collections::BTreeMap<String, Vec<Use>>) {
    for parameter in parameters {
        let node = table.get("parameters").and_then(|n| n.get(&parameter.name));
        let Some(node) = node else { continue };
        for (key, value) in parameter.choices.iter().map(|c| ("choices", c)).chain([("default", &parameter.default)]) {
            let uses = uses.get(&parameter.name).into_iter().flatten();
            let Some(why) = uses.filter_map(|how| refusal(value, how)).next() else { continue };
            let span = node.get(key).map_or(&node.span, |n| &n.span);
            table.reader().report(table.reader().at(span, format!("a check cannot use this value: {why}")));
            break;
        }
    }
}

impl Clause {
    /// The parameters with their defaults, overridden by what a contract gives.
    pub(crate) fn defaults(&self) -> std::collections::BTreeMap<String, ParameterValue> {
        self.parameters.iter().map(|p| (p.name.clone(), p.default.clone())).collect()
    }

    /// The title in the words of its defaults.
    pub fn shown_title(&self) -> Bilingual {
        self.title.with_parameters(&self.defaults())
    }
}
