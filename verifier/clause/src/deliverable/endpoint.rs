//! `[[endpoint]]` and `[[request]]`: where the service is asked, and what its clients do.

use super::{OPERATOR, Places, Unique, name, relative_path};
use crate::read::{Span, Table, did_you_mean};
use assize_facts::{EndpointSpec, RequestSpec};
use std::collections::BTreeMap;

const SCHEMES: &[&str] = &["https", "http", "tcp", "tls", "grpc", "grpcs"];
const ENDPOINT_ROLES: &[&str] = &["tls", "health", "load", "metrics", "pprof"];
const REQUEST_ROLES: &[&str] = &["load", "critical", "slow", "error"];

pub(crate) fn endpoints(table: &Table<'_>, places: &mut Places<'_>) -> Vec<EndpointSpec> {
    let tables = table.tables("endpoint");
    let mut seen = Unique::new(table.reader(), "an endpoint");
    tables.into_iter().filter_map(|t| endpoint(&t.hints(OPERATOR), places, &mut seen)).collect()
}

fn endpoint(table: &Table<'_>, places: &mut Places<'_>, seen: &mut Unique<'_>) -> Option<EndpointSpec> {
    let path = |key| table.text(key).and_then(|(text, span)| relative_path(table.reader(), text, span));
    let name = name(table, seen);
    let roles = roles(table, ENDPOINT_ROLES);
    let (ca, client_cert, client_key) = (path("ca"), path("client_cert"), path("client_key"));
    if client_cert.is_some() != client_key.is_some() {
        let (here, lacking) =
            if client_cert.is_some() { ("client_cert", "client_key") } else { ("client_key", "client_cert") };
        table.reader().absent(table.reader().at(&table.key_span(here), format!("`{here}` needs `{lacking}`")));
    }
    let server_name = table.string("server_name");
    let headers = headers(table);
    let url = table.need_text("url", "where it is, as in `https://127.0.0.1:{port.public}`");
    let url = url.and_then(|(text, span)| places.url(text, span, SCHEMES));
    Some(EndpointSpec { name: name?, url: url?, roles, ca, server_name, client_cert, client_key, headers })
}

fn roles(table: &Table<'_>, valid: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (text, span) in table.texts("roles") {
        if !valid.contains(&text) {
            let mistake = table.reader().at(span, format!("there is no role `{text}`"));
            table.reader().report(mistake.help(did_you_mean(text, valid.iter().copied()).unwrap_or_default()));
        } else if !all.iter().any(|r| r == text) {
            all.push(text.to_string());
        }
    }
    all
}

fn headers(table: &Table<'_>) -> BTreeMap<String, String> {
    let Some(given) = table.table("headers") else { return BTreeMap::new() };
    let mut all = BTreeMap::new();
    for entry in given.entries() {
        // RFC 9110 §5.6.2: a field name is a token.
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if entry.key.is_empty() || !entry.key.bytes().all(token) {
            table
                .reader()
                .report(table.reader().at(&entry.key_span, format!("`{}` is not a header's name", entry.key)));
        }
        let Some((text, span)) = given.entry_text(entry) else { continue };
        if text.chars().any(|c| c.is_control() && c != '\t') {
            table
                .reader()
                .report(table.reader().at(span, "a header's value has no line breaks and no control characters"));
        }
        all.insert(entry.key.clone(), text.to_string());
    }
    all
}

/// Reads `[[request]]`; endpoints that another file declares are not looked up.
pub(crate) fn requests(table: &Table<'_>, places: &Places<'_>) -> Vec<RequestSpec> {
    let tables = table.tables("request");
    let mut seen = Unique::new(table.reader(), "a request");
    tables.iter().filter_map(|t| request(t, places, &mut seen)).collect()
}

fn request(table: &Table<'_>, places: &Places<'_>, seen: &mut Unique<'_>) -> Option<RequestSpec> {
    let name = name(table, seen);
    let endpoint = endpoint_of(table, places);
    let uses = uses(table, places);
    let (body, headers, roles) = (table.string("body"), headers(table), roles(table, REQUEST_ROLES));
    let (method, status) = (method(table), status(table));
    let (path, span) = table.need_text("path", "what is asked for, as in \"/greeting\"")?;
    if !path.starts_with('/') || path.chars().any(|c| c.is_control() || c.is_whitespace() || c == '#') {
        let mistake = table.reader().at(span, format!("`{path}` is not a path that can be asked for"));
        table.reader().report(mistake.help("it starts with `/` and has no spaces"));
        return None;
    }
    Some(RequestSpec {
        name: name?,
        endpoint: endpoint?,
        method,
        path: path.into(),
        status,
        body,
        headers,
        roles,
        uses,
    })
}

/// The endpoint asked; where there is exactly one, it need not be said.
fn endpoint_of(table: &Table<'_>, places: &Places<'_>) -> Option<String> {
    let names = places.names("endpoint");
    if let (None, Some(names)) = (table.get("endpoint"), names)
        && let (Some(only), 1) = (names.first(), names.len())
    {
        return Some(only.to_string());
    }
    let (text, span) = table.need_text("endpoint", "the name of an `[[endpoint]]`")?;
    match names {
        Some(names) => among(table, text, span, "endpoint", |t| names.contains(t), names.iter().copied())?,
        None if places.agreed => {}
        None => among(table, text, span, "endpoint", |_| false, [])?,
    }
    Some(text.to_string())
}

fn uses(table: &Table<'_>, places: &Places<'_>) -> Vec<String> {
    let texts = table.texts("uses");
    texts
        .into_iter()
        .filter_map(|(text, span)| {
            if places.runs || !places.agreed {
                let known = |text: &str| places.dependencies().any(|name| name == text);
                among(table, text, span, "dependency", known, places.dependencies())?;
            }
            Some(text.to_string())
        })
        .collect()
}

fn among<'n>(
    table: &Table<'_>,
    text: &str,
    span: &Span,
    what: &str,
    known: impl Fn(&str) -> bool,
    valid: impl IntoIterator<Item = &'n str>,
) -> Option<()> {
    if known(text) {
        return Some(());
    }
    let mistake = table.reader().at(span, format!("no {what} is called `{text}`"));
    let help = did_you_mean(text, valid);
    table.reader().absent(mistake.help(help.unwrap_or_else(|| "none is declared".into())));
    None
}

fn method(table: &Table<'_>) -> String {
    let Some((text, span)) = table.text("method") else { return "GET".into() };
    let good = !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    if !good {
        let mistake = table.reader().at(span, format!("`{text}` is not a method"));
        table.reader().report(mistake.help("in capitals, as in \"GET\""));
    }
    text.to_string()
}

fn status(table: &Table<'_>) -> u16 {
    let Some((number, span)) = table.int("status") else { return 200 };
    match u16::try_from(number) {
        Ok(status @ 100..=599) => status,
        _ => {
            table
                .reader()
                .report(table.reader().at(span, format!("{number} is not an HTTP status")).help("100 to 599"));
            200
        }
    }
}
