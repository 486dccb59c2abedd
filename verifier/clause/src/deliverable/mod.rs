//! Reading `deliverable.toml`, the supplier's declaration: untrusted, so paths stay inside, addresses are loopback, and only known names are replaced.

mod address;
mod endpoint;
mod reload;
mod run;

use crate::Mistakes;
use crate::parameter::is_go_version;
use crate::read::{Node, Reader, Span, Table, digest};
use assize_facts::{BinarySpec, BuildSpec, Deliverable, ImageSpec, SourceSpec};
use std::collections::BTreeMap;

pub(crate) use address::Places;
pub(crate) use endpoint::{endpoints, requests};
pub(crate) use run::run;

/// Why a running thing cannot be named here.
pub(crate) const OPERATOR: &[(&str, &str)] = &[
    ("pid", "only the operator names a running process: `--pid N`"),
    ("process", "only the operator names a running process: `--pid N`"),
    (
        "address",
        "addresses of things that already run come from the operator: `--endpoint NAME=URL`, `--dep NAME=ADDRESS`",
    ),
];

/// Reads a supplier's declaration.
pub fn parse_deliverable(file: &str, bytes: &[u8]) -> Result<Deliverable, Mistakes> {
    let (reader, root) = Reader::open(file, bytes)?;
    let deliverable = deliverable(&reader, &root);
    reader.finish().or(deliverable)
}

fn deliverable(reader: &Reader, root: &Node) -> Deliverable {
    let table = Table::root(reader, root).hints(OPERATOR);
    let about = table.table("deliverable").map(|t| t.hints(OPERATOR));
    let said = |key| about.as_ref().and_then(|t| line(t, key));
    let binaries = binaries(&table);
    let mut places = Places::new(reader, root, false);
    let run = table.table("run").map(|t| run(t.hints(OPERATOR), &mut places));
    let endpoints = endpoints(&table, &mut places);
    let requests = requests(&table, &places);
    let reload = table.table("reload").and_then(|t| reload::reload(&t, &mut places));
    places.untold();
    Deliverable {
        name: said("name"),
        version: said("version"),
        supplier: said("supplier"),
        source: table.table("source").map(|t| source(&t)),
        binaries,
        images: images(&table),
        run: run.flatten(),
        endpoints,
        requests,
        reload,
    }
}

/// One line of text: names and versions reach reports, where a line break or control character would deceive.
fn line(table: &Table<'_>, key: &'static str) -> Option<String> {
    let (text, span) = table.text(key)?;
    if text.trim().is_empty() || text.chars().any(char::is_control) || text.chars().count() > 200 {
        let mistake = table.reader().at(span, format!("`{key}` is not one short line of text"));
        table.reader().report(mistake.help("1 to 200 characters, none of them a control character"));
        return None;
    }
    Some(text.to_string())
}

fn source(table: &Table<'_>) -> SourceSpec {
    let reader = table.reader();
    let path = |key| table.text(key).and_then(|(text, span)| relative_path(reader, text, span));
    let (root, archive) = (path("root"), path("archive"));
    if root.is_some() && archive.is_some() {
        let mistake = reader.at(&table.key_span("archive"), "the source is a folder or an archive, not both");
        reader.report(mistake.help("leave out `root` or `archive`"));
    }
    SourceSpec {
        root,
        archive,
        modules: path("modules"),
        tags: checked(table, "tags", "a build tag", is_tag),
        platform: platform(table),
    }
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

fn platform(table: &Table<'_>) -> Option<String> {
    let (text, span) = table.text("platform")?;
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !text.split_once('/').is_some_and(|(os, arch)| word(os) && word(arch)) {
        let mistake = table.reader().at(span, format!("`{text}` is not a platform"));
        table.reader().report(mistake.help("GOOS/GOARCH, as in `linux/amd64`"));
        return None;
    }
    Some(text.to_string())
}

/// Strings that must all pass a test.
fn checked(table: &Table<'_>, key: &'static str, what: &str, good: impl Fn(&str) -> bool) -> Vec<String> {
    let mut all = Vec::new();
    for (text, span) in table.texts(key) {
        if good(text) {
            all.push(text.to_string());
        } else {
            table.reader().report(table.reader().at(span, format!("`{text}` is not {what}")));
        }
    }
    all
}

fn binaries(table: &Table<'_>) -> Vec<BinarySpec> {
    let tables = table.tables("binary");
    let mut seen = Unique::new(table.reader(), "a binary");
    tables
        .iter()
        .filter_map(|table| {
            let path = path(table, "path", "where the binary is");
            let name = name(table, &mut seen);
            let (package, build) = (line(table, "package"), table.table("build").map(|t| build(&t)));
            Some(BinarySpec { name: name?, path: path?, package, build })
        })
        .collect()
}

fn build(table: &Table<'_>) -> BuildSpec {
    let go = table.text("go").and_then(|(text, span)| {
        let good = is_go_version(text);
        if !good {
            let mistake = table.reader().at(span, format!("`{text}` is not a Go version"));
            table.reader().report(mistake.help("without `go`, as in \"1.26.8\""));
        }
        good.then(|| text.to_string())
    });
    BuildSpec {
        go,
        flags: checked(table, "flags", "one flag", |flag| flag.starts_with('-') && !flag.contains(['\n', '\0'])),
        ldflags: table.string("ldflags"),
        env: environment(table, "env", |_, _| {}),
    }
}

/// Names of environment variables and their values.
fn environment(table: &Table<'_>, key: &'static str, mut look: impl FnMut(&str, &Span)) -> BTreeMap<String, String> {
    let Some(env) = table.table(key) else { return BTreeMap::new() };
    let mut all = BTreeMap::new();
    for entry in env.entries() {
        variable(table.reader(), &entry.key, &entry.key_span);
        let Some((text, span)) = env.entry_text(entry) else { continue };
        if text.contains('\0') {
            table.reader().report(table.reader().at(span, "a variable cannot hold a NUL"));
        }
        look(text, span);
        all.insert(entry.key.clone(), text.to_string());
    }
    all
}

fn variable(reader: &Reader, name: &str, span: &Span) -> bool {
    let good = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !good {
        let mistake = reader.at(span, format!("`{name}` cannot be an environment variable"));
        reader.report(mistake.help("letters, digits and `_`, no digit first"));
    }
    good
}

fn images(table: &Table<'_>) -> Vec<ImageSpec> {
    let tables = table.tables("image");
    tables
        .iter()
        .filter_map(|table| {
            let path = path(table, "path", "where the image is");
            let digest = table.text("digest").and_then(|(text, span)| {
                let found = digest(text);
                if found.is_none() {
                    let mistake = table.reader().at(span, format!("`{text}` is not a digest"));
                    table.reader().report(mistake.help("`sha256:` and 64 lower-case hexadecimal digits"));
                }
                found.map(|d| d.0)
            });
            Some(ImageSpec { path: path?, digest })
        })
        .collect()
}

fn path(table: &Table<'_>, key: &'static str, help: &str) -> Option<String> {
    let (text, span) = table.need_text(key, help)?;
    relative_path(table.reader(), text, span)
}

/// A `/`-separated path that stays inside the folder; `./` before it and `/` after it are dropped.
pub(crate) fn relative_path(reader: &Reader, text: &str, span: &Span) -> Option<String> {
    let trimmed = text.trim_start_matches("./").trim_end_matches('/');
    let drive = text.as_bytes().get(1) == Some(&b':');
    let why = if text.is_empty() || text.len() > 4_096 {
        Some("a path has 1 to 4096 bytes")
    } else if text.starts_with('/') || drive {
        Some("a path is relative to the folder of this file")
    } else if text.contains('\\') {
        Some("`/` separates folders, on every system")
    } else if text.chars().any(char::is_control) {
        Some("a path has no control characters")
    } else if trimmed.split('/').any(|part| part == "..") {
        Some("a path may not leave the folder of this file")
    } else if trimmed.split('/').any(|part| (part.is_empty() || part == ".") && !matches!(trimmed, "" | ".")) {
        Some("a path has no empty parts")
    } else {
        None
    };
    if let Some(why) = why {
        reader.report(reader.at(span, format!("`{text}` is not a path of the delivery")).help(why));
        return None;
    }
    Some(if trimmed.is_empty() { "." } else { trimmed }.to_string())
}

/// Names of one sort of thing, each there once.
pub(crate) struct Unique<'a> {
    reader: &'a Reader,
    what: &'static str,
    seen: BTreeMap<String, Span>,
}

impl<'a> Unique<'a> {
    pub fn new(reader: &'a Reader, what: &'static str) -> Unique<'a> {
        Unique { reader, what, seen: BTreeMap::new() }
    }

    pub fn add(&mut self, name: &str, span: &Span) {
        if let Some(first) = self.seen.get(name) {
            let mistake = self.reader.at(span, format!("{} is already called `{name}`", self.what));
            self.reader.report(mistake.label("again here").also(first.clone(), "first here"));
        }
        self.seen.entry(name.into()).or_insert_with(|| span.clone());
    }
}

/// The `name` of a thing: it stands in placeholders, options and reports.
pub(crate) fn name(table: &Table<'_>, seen: &mut Unique<'_>) -> Option<String> {
    let (text, span) = table.need_text("name", "a name, unique among its sort")?;
    if !is_name(text) {
        let mistake = table.reader().at(span, format!("`{text}` cannot be a name"));
        table.reader().report(mistake.help("letters, digits, `-`, `_` and `.`, at most 100 of them"));
        return None;
    }
    seen.add(text, span);
    Some(text.to_string())
}

pub(crate) fn is_name(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    first && text.len() <= 100 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
