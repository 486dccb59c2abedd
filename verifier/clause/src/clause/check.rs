//! Reading one `[[check]]`.

use super::applies::applies_when;
use super::{Check, CheckBody, Dependencies, Form, Weight};
use crate::matcher::names::{Names, Use, reference};
use crate::matcher::read::field_tests;
use crate::query::with_captures;
use crate::read::{Node, Reader, Span, Table, Value, did_you_mean};
use crate::wording::{Piece, pieces};
use crate::{Bilingual, FieldTest, Operand, ParameterType};
use assize_facts::{KindSchema, Layer, kinds};
use std::collections::BTreeMap;

/// What the rules between checks look at; there also for a check that could not be read whole.
pub(super) struct Outline {
    pub id: Option<(String, Span)>,
    pub weight: Option<Weight>,
    pub claim: Option<(String, Span)>,
    pub group: Option<(String, Span)>,
    pub weight_span: Span,
}

pub(super) fn check(names: &Names<'_>, table: &Table<'_>) -> (Outline, Option<Check>) {
    let outline = outline(table);
    let line = table.line();
    let head = head(table);
    let body = Body::read(names, table, outline.weight);
    let fail = message(names, table, "fail", body.schema);
    let mend = message(names, table, "mend", body.schema);
    let dependencies = dependencies(table, body.schema);
    let applies_when = match table.get("applies_when") {
        Some(node) => applies_when(names, node).map(Some),
        None => Some(None),
    };
    let check = (|| {
        let (form, kind) = head?;
        let layer = body.layer?;
        Some(Check {
            id: outline.id.clone()?.0,
            layer,
            form,
            kind,
            with: body.with,
            selects: body.selects,
            body: match form {
                Form::Each => CheckBody::Expect(body.expect),
                Form::None | Form::Some => CheckBody::Selection,
            },
            minimum: body.minimum,
            minimum_parameter: body.minimum_parameter,
            weight: outline.weight?,
            claim: outline.claim.clone().map(|(claim, _)| claim),
            group: outline.group.clone().map(|(group, _)| group),
            dependencies,
            applies_when: applies_when?,
            fail,
            mend,
            line,
        })
    })();
    (outline, check)
}

fn outline(table: &Table<'_>) -> Outline {
    let name = |key| table.text(key).and_then(|(text, span)| named(table.reader(), key, text, span));
    table.need("id", "a name for the check, as in `negotiated-minimum`");
    let weight = match table.get("weight") {
        None => Some(Weight::Decisive),
        Some(_) => table.word("weight", Weight::WORDS, Weight::parse),
    };
    Outline {
        id: name("id"),
        weight,
        claim: name("claim"),
        group: name("group"),
        weight_span: table.key_span("weight"),
    }
}

/// A name in small letters, digits and hyphens.
fn named(reader: &Reader, key: &str, text: &str, span: &Span) -> Option<(String, Span)> {
    let good = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') && !text.is_empty();
    if !good {
        let mistake = reader.at(span, format!("`{text}` cannot be a check's `{key}`"));
        reader.report(mistake.help("small letters, digits and hyphens"));
        return None;
    }
    Some((text.to_string(), span.clone()))
}

/// The form and the kind's name.
fn head(table: &Table<'_>) -> Option<(Form, String)> {
    let given: Vec<&str> = Form::WORDS.iter().copied().filter(|form| table.get(form).is_some()).collect();
    match given.as_slice() {
        [form] => Some((Form::parse(form)?, table.string(form)?)),
        [] => {
            table.missing("each", "what is examined: `each = KIND`, `none = KIND` or `some = KIND`");
            None
        }
        [_, second, ..] => {
            let mistake = table.reader().at(&table.key_span(second), "a check has one form");
            table.reader().report(mistake.help("`each`, `none` or `some`: make two checks of it"));
            None
        }
    }
}

/// A kind's schema, or a mistake that names the nearest.
pub(super) fn kind_schema(reader: &Reader, kind: &str, span: &Span) -> Option<&'static KindSchema> {
    let schema = kinds::schema(kind);
    if schema.is_none() {
        let mistake = reader.at(span, format!("there is no kind of fact `{kind}`"));
        reader.report(match did_you_mean(kind, kinds::all().iter().map(|k| k.name)) {
            Some(help) => mistake.help(help),
            None => mistake,
        });
    }
    schema
}

/// The parts that depend on the kind.
struct Body {
    schema: Option<&'static KindSchema>,
    layer: Option<Layer>,
    with: BTreeMap<String, Operand>,
    selects: Vec<FieldTest>,
    expect: Vec<FieldTest>,
    minimum: u64,
    minimum_parameter: Option<String>,
}

impl Body {
    fn read(names: &Names<'_>, table: &Table<'_>, weight: Option<Weight>) -> Body {
        let given = Form::WORDS.iter().find_map(|form| Some((Form::parse(form)?, table.get(form)?)));
        let form = given.map(|(form, _)| form);
        let schema = given.and_then(|(_, node)| kind_schema(names.reader, node.text()?, &node.span));
        let schema = schema.map(|schema| with_captures(table, schema));
        let mut with = with(names, table, schema);
        query(table, schema, &mut with);
        policy(table);
        let (minimum, minimum_parameter) = minimum(names, table, form, weight);
        Body {
            schema,
            layer: layer(table, schema),
            with,
            selects: fields(names, table, "where", schema),
            expect: expect(names, table, form, schema),
            minimum,
            minimum_parameter,
        }
    }
}

fn fields(names: &Names<'_>, table: &Table<'_>, key: &'static str, schema: Option<&KindSchema>) -> Vec<FieldTest> {
    match (table.get(key), schema) {
        (Some(node), Some(schema)) => field_tests(names, node, schema),
        (Some(node), None) => {
            names.touch(node);
            vec![]
        }
        (None, _) => vec![],
    }
}

fn expect(names: &Names<'_>, table: &Table<'_>, form: Option<Form>, schema: Option<&KindSchema>) -> Vec<FieldTest> {
    let node = table.get("expect");
    match form {
        Some(Form::Each) => {
            let is_empty = node.is_some_and(|n| matches!(&n.value, Value::Table(entries) if entries.is_empty()));
            if is_empty || (node.is_none() && table.get("rego").is_none()) {
                table.missing("expect", "what every selected item must have: `expect = { field = … }`");
            }
        }
        Some(form @ (Form::None | Form::Some)) if node.is_some() => {
            let message = format!("`{}` has no `expect`: being selected decides", form.word());
            let mistake = table.reader().at(&table.key_span("expect"), message);
            table.reader().report(mistake.help("put the fields into `where`"));
        }
        Some(Form::None | Form::Some) | None => {}
    }
    fields(names, table, "expect", schema)
}

fn layer(table: &Table<'_>, schema: Option<&KindSchema>) -> Option<Layer> {
    let words = Layer::ALL.map(Layer::name);
    table.need("layer", "one of: `source`, `binary`, `runtime`")?;
    let layer = table.word("layer", &words, Layer::parse)?;
    if let (Some(schema), Some((_, span))) = (schema, table.text("layer"))
        && !schema.layers.contains(&layer)
    {
        let all: Vec<&str> = schema.layers.iter().map(|l| l.name()).collect();
        let message = format!("`{}` is not a fact of the layer `{}`", schema.name, layer.name());
        table.reader().report(table.reader().at(span, message).help(crate::read::one_of(&all)));
        return None;
    }
    Some(layer)
}

fn with(names: &Names<'_>, table: &Table<'_>, schema: Option<&KindSchema>) -> BTreeMap<String, Operand> {
    match (table.get("with"), schema) {
        (Some(node), Some(schema)) => arguments(names, node, schema),
        (Some(node), None) => {
            names.touch(node);
            BTreeMap::new()
        }
        (None, _) => BTreeMap::new(),
    }
}

/// What a collector is told.
pub(super) fn arguments(names: &Names<'_>, node: &Node, schema: &KindSchema) -> BTreeMap<String, Operand> {
    let Some(table) = Table::of(names.reader, node, "`with`") else { return BTreeMap::new() };
    let mut all = BTreeMap::new();
    for entry in table.entries() {
        if !schema.arguments.contains(&entry.key.as_str()) {
            names.touch(&entry.node);
            let message = format!("`{}` takes no argument `{}`", schema.name, entry.key);
            let mistake = names.reader.at(&entry.key_span, message);
            names.reader.report(match did_you_mean(&entry.key, schema.arguments.iter().copied()) {
                Some(help) => mistake.help(help),
                None => mistake.help("it takes none at all"),
            });
        } else if let Some(operand) = argument(names, &entry.node) {
            all.insert(entry.key.clone(), operand);
        }
    }
    all
}

fn argument(names: &Names<'_>, node: &Node) -> Option<Operand> {
    let Some(name) = node.text().and_then(reference) else { return Some(Operand::Value(node.json())) };
    if let Some((whose, rest)) = name.split_once('.') {
        // The collector has the delivery before it; what it is told is the buyer's alone.
        if whose == "contract" && crate::matcher::names::CONTRACT_NAMES.contains(&rest) {
            return Some(Operand::Contract(rest.into()));
        }
        let mistake = names.reader.at(&node.span, format!("a collector cannot be told `{{{name}}}`"));
        names.reader.report(mistake.help("parameters and the contract's own words can be told"));
        return None;
    }
    names.declared(name, node)?;
    names.used(name, Use::Other);
    Some(Operand::Parameter(name.into()))
}

fn query(table: &Table<'_>, schema: Option<&KindSchema>, with: &mut BTreeMap<String, Operand>) {
    let query = table.text("query");
    match (query, schema) {
        (Some((text, _)), Some(schema)) if schema.arguments.contains(&"query") => {
            with.insert("query".into(), Operand::Value(text.into()));
        }
        (Some(_), Some(schema)) => {
            let mistake = table.reader().at(&table.key_span("query"), format!("`{}` takes no query", schema.name));
            table.reader().report(mistake.help("queries are for `source.matches`"));
        }
        (None, Some(schema)) if schema.name == crate::query::MATCHES && !with.contains_key("query") => {
            table.missing("query", "`source.matches` needs a tree-sitter query");
        }
        _ => {}
    }
}

fn policy(table: &Table<'_>) {
    let rego = table.get("rego").is_some();
    if rego {
        let mistake = table.reader().at(&table.key_span("rego"), "Rego policies are not built yet");
        table.reader().report(mistake.help("say it with `expect` and matchers"));
    }
    if table.get("without").is_some() && !rego {
        let mistake = table.reader().at(&table.key_span("without"), "`without` withholds fields from a `rego` policy");
        table.reader().report(mistake.help("there is none here"));
    }
}

fn minimum(names: &Names<'_>, table: &Table<'_>, form: Option<Form>, weight: Option<Weight>) -> (u64, Option<String>) {
    let Some(node) = table.get("minimum") else { return (1, None) };
    let reader = table.reader();
    if form == Some(Form::Some) {
        let mistake = reader.at(&table.key_span("minimum"), "`some` has no `minimum`: one item is enough");
        reader.report(mistake);
    }
    if let Some(name) = node.text().and_then(reference) {
        if let Some(parameter) = names.declared(name, node) {
            names.used(name, Use::Minimum);
            if parameter.ty != ParameterType::Int {
                let message = format!("the parameter `{name}` is {}, and a minimum is int", parameter.ty);
                reader.report(reader.at(&node.span, message));
            }
        }
        return (1, Some(name.into()));
    }
    match table.int("minimum") {
        Some((0, span)) if form == Some(Form::Each) && weight == Some(Weight::Decisive) => {
            let mistake = reader.at(span, "a decisive check that may examine nothing proves nothing");
            reader.report(
                mistake.help("`none` with the opposite condition counts what was examined; or say `applies_when`"),
            );
            (1, None)
        }
        Some((0, span)) if form == Some(Form::None) => {
            reader.report(reader.at(span, "zero hits in zero subjects prove nothing").help("at least 1"));
            (1, None)
        }
        Some((number, span)) => match u64::try_from(number) {
            Ok(number) => (number, None),
            Err(_) => {
                reader.report(reader.at(span, "a minimum cannot be negative"));
                (1, None)
            }
        },
        None => (1, None),
    }
}

fn dependencies(table: &Table<'_>, schema: Option<&KindSchema>) -> Dependencies {
    let Some(_) = table.get("dependencies") else { return Dependencies::Supporting };
    let word = table.word("dependencies", Dependencies::WORDS, Dependencies::parse);
    if let Some(schema) = schema
        && schema.field("owner").is_none()
    {
        let message = format!("items of `{}` have no owner", schema.name);
        let mistake = table.reader().at(&table.key_span("dependencies"), message);
        table.reader().report(mistake.help("`dependencies` says what an item of a dependency means; leave it out"));
    }
    word.unwrap_or(Dependencies::Supporting)
}

/// A message with places for fields of the item and for parameters.
fn message(names: &Names<'_>, table: &Table<'_>, key: &'static str, schema: Option<&KindSchema>) -> Option<Bilingual> {
    let both = table.both(key)?;
    let node = table.get(key)?;
    for (lang, text) in [("en", &both.en), ("zh", &both.zh)] {
        let span = node.get(lang).map_or(&node.span, |n| &n.span);
        places(names, text, span, schema);
    }
    Some(both)
}

fn places(names: &Names<'_>, text: &str, span: &Span, schema: Option<&KindSchema>) {
    let reader = names.reader;
    let (all, error) = pieces(text);
    if let Some(error) = error {
        reader.report(reader.at(span, error));
    }
    for piece in all {
        let Piece::Place(name) = piece else { continue };
        let place = reader.inside(span, &format!("{{{name}}}"));
        match (name.strip_prefix("item."), schema) {
            (Some(field), Some(schema)) if schema.field(field).is_none() => {
                let mistake = reader.at(&place, format!("`{}` has no field `{field}`", schema.name));
                let help = did_you_mean(field, schema.fields.iter().map(|f| f.name));
                reader.report(mistake.help(help.unwrap_or_default()));
            }
            (Some(_), _) => {}
            (None, _) if names.is_declared(name) => {}
            (None, _) => {
                let mistake = reader.at(&place, format!("nothing is called `{name}`"));
                let help = "`{item.FIELD}` or a parameter; `{{` is a brace";
                let parameters = names.parameters.iter().map(|p| p.name.as_str());
                let near = did_you_mean(name, parameters).filter(|said| said.starts_with("did"));
                reader.report(mistake.help(near.unwrap_or_else(|| help.into())));
            }
        }
    }
}
