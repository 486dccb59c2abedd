//! Text in both languages of a contract, with places that parameters and items fill.

use crate::parameter::ParameterValue;
use crate::read::list_words;
use assize_facts::{Field, Item, KindSchema, Lang, Reason, Type, words};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// One text in both languages; neither is ever missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bilingual {
    pub en: String,
    pub zh: String,
}

impl Bilingual {
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }

    /// Made by the same rule for each language.
    pub fn each(make: impl Fn(Lang) -> String) -> Bilingual {
        Bilingual { en: make(Lang::En), zh: make(Lang::Zh) }
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    /// `{name}`.
    Place(&'a str),
    /// `{{` or `}}`.
    Brace(char),
}

/// Takes a template apart; a lone brace is a mistake, after which nothing is read.
pub(crate) fn pieces(text: &str) -> (Vec<Piece<'_>>, Option<String>) {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        let brace = if rest[at..].starts_with('{') { '{' } else { '}' };
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            pieces.push(Piece::Brace(brace));
            rest = after;
            continue;
        }
        let end = if brace == '{' { rest.find(['{', '}']).filter(|end| rest[*end..].starts_with('}')) } else { None };
        let Some(end) = end else {
            return (pieces, Some(format!("a lone `{brace}`; write `{brace}{brace}` for the character itself")));
        };
        pieces.push(Piece::Place(&rest[..end]));
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    (pieces, None)
}

/// Fills every place that `value` knows; others stay. A template that cannot be taken apart is refused at load.
pub(crate) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let (pieces, None) = pieces(template) else { return template.to_string() };
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Brace(brace) => out.push(brace),
            Piece::Place(name) => out.push_str(&value(name).unwrap_or_else(|| format!("{{{name}}}"))),
        }
    }
    out
}

/// Fills parameters, and keeps the text a template for the item's places.
fn fill_parameters(template: &str, parameters: &BTreeMap<String, ParameterValue>, lang: Lang) -> String {
    let (pieces, None) = pieces(template) else { return template.to_string() };
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Brace(brace) => out.extend([brace, brace]),
            Piece::Place(name) => match parameters.get(name) {
                // What a parameter brings is text, never a place.
                Some(value) => out.push_str(&value.shown(lang).replace('{', "{{").replace('}', "}}")),
                None => out.push_str(&format!("{{{name}}}")),
            },
        }
    }
    out
}

impl Bilingual {
    /// The wording with its parameters.
    pub(crate) fn with_parameters(&self, parameters: &BTreeMap<String, ParameterValue>) -> Bilingual {
        Bilingual::each(|lang| fill(self.get(lang), |name| Some(parameters.get(name)?.shown(lang))))
    }

    /// A message with its parameters, still with places for an item.
    pub(crate) fn message_with_parameters(&self, parameters: &BTreeMap<String, ParameterValue>) -> Bilingual {
        Bilingual::each(|lang| fill_parameters(self.get(lang), parameters, lang))
    }

    /// A message with the fields of an item.
    pub fn for_item(&self, item: &Item, schema: &KindSchema) -> Bilingual {
        Bilingual::each(|lang| {
            fill(self.get(lang), |name| Some(item_field(item, schema, name.strip_prefix("item.")?, lang)))
        })
    }
}

/// A field of an item as a person reads it; those of the origin included.
pub fn item_field(item: &Item, schema: &KindSchema, name: &str, lang: Lang) -> String {
    let origin = &item.origin;
    let from_origin = match name {
        "file" => origin.file.as_deref().map(String::from),
        "line" => origin.line.map(|n| n.to_string()),
        "column" => origin.column.map(|n| n.to_string()),
        "url" => origin.url.clone(),
        "symbol" => origin.symbol.clone(),
        _ => None,
    };
    let ty = schema.field(name).map(|f| &f.ty);
    let in_words = || in_words(name, item.fields.get(name)?, lang);
    match item.fields.get(name) {
        Some(field) => in_words().unwrap_or_else(|| field_shown(field, ty, lang)),
        None => from_origin.unwrap_or_else(|| none(lang).into()),
    }
}

/// The sentence for a word of an enumeration, where the table of words has one.
fn in_words(name: &str, field: &Field, lang: Lang) -> Option<String> {
    let word = match field {
        Field::Known(Json::String(word)) => word,
        Field::Known(Json::Null) => "none",
        _ => return None,
    };
    let code = format!("shown.{name}.{word}");
    words().contains_key(&code).then(|| Reason::new(code).render(lang))
}

/// A recorded field as a person reads it.
pub fn field_shown(field: &Field, ty: Option<&Type>, lang: Lang) -> String {
    match field {
        Field::Known(value) => value_shown(value, ty, lang),
        Field::Possible(values) => {
            let all: Vec<String> = values.iter().map(|v| value_shown(v, ty, lang)).collect();
            match lang {
                Lang::En => list_words(&all, ", ", " or "),
                Lang::Zh => list_words(&all, "、", " 或 "),
            }
        }
        Field::Unknown(reason) => match lang {
            Lang::En => format!("unknown ({})", reason.render(lang)),
            Lang::Zh => format!("未知({})", reason.render(lang)),
        },
    }
}

fn none(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "none",
        Lang::Zh => "无",
    }
}

/// A recorded value as a person reads it: durations with units, lists as in speech.
pub fn value_shown(value: &Json, ty: Option<&Type>, lang: Lang) -> String {
    const MOST: usize = 20;
    match value {
        Json::Null => none(lang).into(),
        Json::Bool(yes) => ParameterValue::Bool(*yes).shown(lang),
        Json::Number(number) => match (ty.map(Type::present), number.as_f64()) {
            (Some(Type::Duration), Some(ms)) if ms >= 0.0 => ParameterValue::Duration(ms).shown(lang),
            (Some(Type::Duration), Some(ms)) => format!("-{}", ParameterValue::Duration(-ms).shown(lang)),
            _ => number.to_string(),
        },
        Json::String(text) => text.clone(),
        Json::Array(values) if values.is_empty() => none(lang).into(),
        Json::Array(values) => {
            let inner = match ty.map(Type::present) {
                Some(Type::List(inner)) => Some(inner.as_ref()),
                _ => None,
            };
            let mut all: Vec<String> = values.iter().take(MOST).map(|v| value_shown(v, inner, lang)).collect();
            if values.len() > MOST {
                let rest = values.len() - MOST;
                all.push(if lang == Lang::En { format!("{rest} more") } else { format!("另外 {rest} 个") });
            }
            match lang {
                Lang::En => list_words(&all, ", ", " and "),
                Lang::Zh => list_words(&all, "、", " 和 "),
            }
        }
        // No field is an object; what an edited record brings is shown as it is.
        Json::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_facts::{Fields, Origin, kinds, reason};
    use serde_json::json;

    #[test]
    fn a_template_comes_apart() {
        let all = pieces("a {b} {{c}} {item.d}");
        assert_eq!(
            all.0,
            [
                Piece::Text("a "),
                Piece::Place("b"),
                Piece::Text(" "),
                Piece::Brace('{'),
                Piece::Text("c"),
                Piece::Brace('}'),
                Piece::Text(" "),
                Piece::Place("item.d"),
            ]
        );
        for bad in ["{", "a } b", "{a", "{a {b}", "}"] {
            assert!(pieces(bad).1.is_some(), "{bad}");
        }
    }

    #[test]
    fn a_parameter_with_braces_brings_no_place() {
        let parameters = BTreeMap::from([("p".to_string(), ParameterValue::Text("{item.owner} }".into()))]);
        let text = Bilingual { en: "{p}: {item.owner} {{}}".into(), zh: "{p}".into() };
        let message = text.message_with_parameters(&parameters);
        let item =
            Item { fields: Fields::from_iter([("owner", Field::Known(json!("{p}")))]), origin: Origin::default() };
        let schema = kinds::schema("source.tls_configs").expect("a kind");
        assert_eq!(message.for_item(&item, schema).en, "{item.owner} }: {p} {}");
    }

    #[test]
    fn an_item_is_shown_with_what_is_known_of_it() {
        let schema = kinds::schema("source.tls_configs").expect("a kind");
        let item = Item {
            fields: Fields::from_iter([
                ("min_version", Field::Possible(vec![json!("1.2"), json!("1.3")])),
                ("max_version", Field::Known(Json::Null)),
                ("role", Field::Unknown(reason!("no-possible-value"))),
            ]),
            origin: Origin::line("src/a.go", 7),
        };
        let text = Bilingual {
            en: "{item.file}:{item.line} {item.min_version}, {item.max_version}, {item.role}".into(),
            zh: "{item.min_version},{item.max_version},{item.role}".into(),
        };
        let said = text.for_item(&item, schema);
        assert_eq!(said.en, "src/a.go:7 1.2 or 1.3, none, unknown (no value is possible)");
        assert_eq!(said.zh, "1.2 或 1.3,无,未知(没有可能的取值)");
    }

    #[test]
    fn a_word_that_has_a_sentence_is_shown_by_it() {
        let schema = kinds::schema("inventory.build_settings").expect("a kind");
        let told = |value: Json| Item {
            fields: Fields::from_iter([("told_by", Field::Known(value)), ("tool", Field::Known(json!("shell")))]),
            origin: Origin::line("build.sh", 2),
        };
        let text = Bilingual { en: "{item.tool}: {item.told_by}".into(), zh: "{item.told_by}".into() };
        let said = text.for_item(&told(json!("only-program")), schema);
        assert_eq!(said.en, "shell: the build makes the only program in the source");
        assert_eq!(said.zh, "该构建生成源码中唯一的程序");
        assert_eq!(text.for_item(&told(json!("{other}")), schema).en, "shell: {other}");
        assert!(text.for_item(&told(Json::Null), schema).en.ends_with("was not recorded"));
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let value: Json = (0..25).map(Json::from).collect();
        assert!(value_shown(&value, None, Lang::En).ends_with(", 19 and 5 more"));
    }
}
