//! `[run]`: how acceptance starts the service, and what it needs.

use super::{Places, Unique, environment, line, name, relative_path, variable};
use crate::matcher::names::compile;
use crate::read::{Span, Table, did_you_mean, duration_ms};
use assize_facts::{DependencySpec, RunSpec};

/// Reads `[run]`; binaries that another file declares are not looked up.
pub(crate) fn run(table: Table<'_>, places: &mut Places<'_>) -> Option<RunSpec> {
    places.runs = true;
    let binary = binary(&table, places);
    let args = told(&table, "args", places);
    let env = environment(&table, "env", |text, span| places.told(text, span));
    let files = files(&table);
    let templates = templates(&table, &files);
    places.templates = !templates.is_empty();
    Some(RunSpec {
        args,
        files,
        templates,
        secret: secret(&table, &env),
        env,
        ready: ready(&table, places),
        ready_within_ms: ready_within(&table),
        user: line(&table, "user"),
        logs: logs(&table),
        service: line(&table, "service"),
        dependencies: dependencies(&table, places),
        agreed: false,
        binary: binary?,
    })
}

fn binary(table: &Table<'_>, places: &Places<'_>) -> Option<String> {
    let (text, span) = table.need_text("binary", "the name of the `[[binary]]` that is started")?;
    if let Some(names) = places.names("binary")
        && !names.contains(text)
    {
        let mistake = table.reader().at(span, format!("no binary is called `{text}`"));
        let help = did_you_mean(text, names.iter().copied());
        table.reader().report(mistake.help(help.unwrap_or_default()));
        return None;
    }
    Some(text.to_string())
}

fn told(table: &Table<'_>, key: &'static str, places: &mut Places<'_>) -> Vec<String> {
    let texts = table.texts(key);
    for (text, span) in &texts {
        if text.contains('\0') {
            table.reader().report(table.reader().at(span, "an argument cannot hold a NUL"));
        }
        places.told(text, span);
    }
    texts.into_iter().map(|(text, _)| text.to_string()).collect()
}

fn paths(table: &Table<'_>, key: &'static str) -> Vec<(String, Span)> {
    let texts = table.texts(key);
    texts
        .into_iter()
        .filter_map(|(text, span)| Some((relative_path(table.reader(), text, span)?, span.clone())))
        .collect()
}

/// Files are copied by their last name, so two of one name would clash.
fn files(table: &Table<'_>) -> Vec<String> {
    let all = paths(table, "files");
    let mut seen = Unique::new(table.reader(), "a file under {work}");
    for (path, span) in &all {
        seen.add(path.rsplit('/').next().unwrap_or(path), span);
    }
    all.into_iter().map(|(path, _)| path).collect()
}

fn templates(table: &Table<'_>, files: &[String]) -> Vec<String> {
    let all = paths(table, "templates");
    for (path, span) in &all {
        let copied = files.iter().any(|file| path == file || path.starts_with(&format!("{file}/")));
        if !copied {
            let mistake = table.reader().at(span, format!("`{path}` is not copied, so it cannot be filled in"));
            let help = did_you_mean(path, files.iter().map(String::as_str));
            table.reader().report(mistake.help(help.unwrap_or_else(|| "add it to `files`".into())));
        }
    }
    all.into_iter().map(|(path, _)| path).collect()
}

fn secret(table: &Table<'_>, env: &std::collections::BTreeMap<String, String>) -> Vec<String> {
    let mut all = Vec::new();
    for (text, span) in table.texts("secret") {
        if env.contains_key(text) {
            let mistake = table.reader().at(span, format!("`{text}` is in `env` too, for everyone to read"));
            table.reader().report(mistake.help("leave it out of `env`: it gets a random value, or the operator's"));
        } else if variable(table.reader(), text, span) {
            all.push(text.to_string());
        }
    }
    all
}

const READY: &str =
    "`https://127.0.0.1:{port.NAME}/readyz`, `tcp:127.0.0.1:{port.NAME}`, `grpc:127.0.0.1:{port.NAME}` or `log:REGEX`";

fn ready(table: &Table<'_>, places: &mut Places<'_>) -> Option<String> {
    let (text, span) = table.text("ready")?;
    let good = match text.split_once(':') {
        Some(("http" | "https", rest)) if rest.starts_with("//") => {
            places.url(text, span, &["http", "https"]).is_some()
        }
        Some(("tcp" | "grpc", rest)) => places.host_and_port(rest.trim_start_matches("//"), span).is_some(),
        Some(("log", pattern)) => match compile(pattern) {
            Ok(_) => true,
            Err(error) => {
                let mistake = table.reader().at(span, "the regular expression cannot be used");
                table.reader().report(mistake.label(error));
                false
            }
        },
        _ => {
            let mistake = table.reader().at(span, format!("`{text}` says nothing that can be waited for"));
            table.reader().report(mistake.help(READY));
            false
        }
    };
    good.then(|| text.to_string())
}

fn ready_within(table: &Table<'_>) -> u64 {
    const DEFAULT: u64 = 10_000;
    const LONGEST: f64 = 600_000.0;
    let Some((text, span)) = table.text("ready_within") else { return DEFAULT };
    match duration_ms(text) {
        Some(ms) if (1.0..=LONGEST).contains(&ms) => ms as u64,
        Some(_) => {
            table.reader().report(table.reader().at(span, "too long or too short to wait").help("1 ms to 10 minutes"));
            DEFAULT
        }
        None => {
            let mistake = table.reader().at(span, format!("`{text}` is not a duration such as \"10s\""));
            table.reader().report(mistake.help("units: us, ms, s, m, h, d, the larger first"));
            DEFAULT
        }
    }
}

fn logs(table: &Table<'_>) -> Option<String> {
    let (text, span) = table.text("logs")?;
    let inside = text.strip_prefix("{work}/").map(|rest| relative_path(table.reader(), rest, span));
    match (text, inside) {
        ("stdout" | "stderr", _) => Some(text.to_string()),
        (_, Some(inside)) => inside.map(|_| text.to_string()),
        _ => {
            let mistake = table.reader().at(span, format!("`{text}` is not where records can be expected"));
            table.reader().report(mistake.help("`stdout`, `stderr` or a file `{work}/…`"));
            None
        }
    }
}

const KINDS: &[&str] = &["tcp", "http", "postgres", "redis", "proxy"];

fn dependencies(table: &Table<'_>, places: &mut Places<'_>) -> Vec<DependencySpec> {
    let tables = table.tables("dependency");
    let mut seen = Unique::new(table.reader(), "a dependency");
    tables.iter().filter_map(|table| dependency(table, places, &mut seen)).collect()
}

fn dependency(table: &Table<'_>, places: &mut Places<'_>, seen: &mut Unique<'_>) -> Option<DependencySpec> {
    let name = name(table, seen);
    if let Some(name) = &name
        && name.contains('.')
        && let Some((_, span)) = table.text("name")
    {
        let mistake = table.reader().at(span, "a dependency's name has no point");
        table.reader().report(mistake.help("`{dep.NAME.ca}` would not be told from it"));
    }
    table.need("kind", "one of: `tcp`, `http`, `postgres`, `redis`, `proxy`");
    let kind = table.word("kind", KINDS, |word| KINDS.contains(&word).then(|| word.to_string()));
    let required = table.word("readiness", &["required", "optional"], |word| match word {
        "required" => Some(true),
        "optional" => Some(false),
        _ => None,
    });
    let command = told(table, "command", places);
    if !command.is_empty() && kind.as_deref().is_some_and(|kind| kind != "proxy") {
        let mistake = table.reader().at(&table.key_span("command"), "only a `proxy` stands before a real server");
        table.reader().report(mistake.help("`kind = \"proxy\"`"));
    }
    let tls = table.bool("tls").unwrap_or(false);
    Some(DependencySpec { name: name?, kind: kind?, required: required.unwrap_or(true), command, tls })
}
