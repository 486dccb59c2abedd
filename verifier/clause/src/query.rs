//! Queries of `source.matches`: their captures are fields that matchers may name. What a query means is another room's knowledge; the
//! program hands its reader over at the start.

use crate::matcher::names::reference;
use crate::read::{Reader, Span, Table};
use assize_facts::{FieldSchema, KindSchema, Type};
use std::sync::OnceLock;

/// The fields that a query makes; or the byte offset in it of what is wrong, with a sentence.
pub type QueryReader = fn(&str) -> Result<Vec<String>, (usize, String)>;

static READER: OnceLock<QueryReader> = OnceLock::new();

/// Says who reads queries; the first to say so is heard.
pub fn read_queries_with(reader: QueryReader) {
    let _ = READER.set(reader);
}

pub(crate) const MATCHES: &str = "source.matches";

/// The kind's schema with the captures of its query as fields of text that may be absent. The query stands in the table itself, or
/// among the arguments of `with`.
pub(crate) fn with_captures(table: &Table<'_>, schema: &'static KindSchema) -> &'static KindSchema {
    if schema.name != MATCHES {
        return schema;
    }
    let told = table.get("with").and_then(|with| with.get("query"));
    let Some(node) = table.get("query").or(told) else { return schema };
    let (Some(text), span) = (node.text(), &node.span) else { return schema };
    let Some(names) = read(table.reader(), text, span) else { return schema };
    let mut extended = schema.clone();
    for name in names {
        if extended.field(&name).is_some() || crate::matcher::read::MATCHERS.contains(&name.as_str()) {
            let place = table.reader().inside(span, &format!("@{name}"));
            let mistake = table.reader().at(&place, format!("a capture cannot be called `{name}`"));
            table.reader().report(mistake.help("items have a field, or checks a matcher, of this name"));
            continue;
        }
        extended.fields.push(FieldSchema {
            // Fields are named for the whole run; clause files are few and read once.
            name: Box::leak(name.into_boxed_str()),
            ty: Type::Optional(Box::new(Type::Text)),
            may_be_unknown: true,
            doc: "What the query captured.".into(),
        });
    }
    Box::leak(Box::new(extended))
}

/// The query's fields; what is wrong with it is reported.
fn read(reader: &Reader, text: &str, span: &Span) -> Option<Vec<String>> {
    if reference(text).is_some() {
        let mistake = reader.at(span, "a query cannot be a parameter: its captures are the fields that matchers name");
        reader.report(mistake.help("write the query itself"));
        return None;
    }
    let Some(read) = READER.get() else {
        let mistake = reader.at(span, "queries cannot be read here");
        reader.report(mistake.help("the program that loads clauses has to bring a reader of queries"));
        return None;
    };
    match read(text) {
        Ok(names) => Some(names),
        Err((at, message)) => {
            reader.report(reader.at(&place(reader, span, text, at), message));
            None
        }
    }
}

/// Where in the file a place of the query is: told where the file has the query as it is, between any quotes.
fn place(reader: &Reader, span: &Span, text: &str, at: usize) -> Span {
    let whole = reader.inside(span, text);
    let start = whole.start + at;
    match whole.len() == text.len() && at < text.len() {
        true => {
            let word = text[at..].find(|c: char| c.is_whitespace() || "()[]".contains(c)).filter(|n| *n > 0);
            start..start + word.unwrap_or(1)
        }
        false => span.clone(),
    }
}
