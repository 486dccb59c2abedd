//! Which delivered files say how containers are started, and what each says.

use super::containers::{self, Container};
use super::{claims, commands, packed, template};
use crate::build::split;
use assize_delivery::{Delivery, Entry};
use assize_facts::Reason;

/// Of files that nothing but their words make a deployment file, larger ones are data.
pub(super) const LARGEST_UNNAMED: u64 = 1 << 20;

/// Folders whose files belong to somebody else, to tests or to a developer's desk: what they start counts where it is surely the service.
const ASIDE: [&str; 10] = [
    ".vscode",
    "vendor",
    "testdata",
    "node_modules",
    ".git",
    "test",
    "tests",
    "e2e",
    ".devcontainer",
    ".devcontainer.json",
];

/// Endings of sources, documents and pictures: their words start nothing, but tools take a manifest by any name.
const OTHERS: [&str; 45] = [
    "go", "mod", "sum", "md", "mdx", "rst", "adoc", "txt", "html", "htm", "css", "scss", "less", "js", "mjs", "ts",
    "tsx", "jsx", "vue", "map", "svg", "png", "jpg", "jpeg", "gif", "ico", "webp", "woff", "woff2", "ttf", "pdf",
    "proto", "s", "c", "h", "cc", "cpp", "rs", "java", "sql", "csv", "pem", "crt", "key", "golden",
];

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Yaml,
    Json,
    /// Shell, make, systemd units: lines that may be commands.
    Commands,
    /// Podman's unit of a container (`podman-systemd.unit(5)`).
    Quadlet,
    /// Anything else: what its words say.
    Words,
    /// Speaks of much and starts nothing, unless the whole of it is a manifest (`kubectl apply -f notes.txt`).
    Document,
}

fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

fn form(name: &str) -> Form {
    let name = name.to_ascii_lowercase();
    let stem = ["tmpl", "gotmpl", "tpl", "j2", "template", "in", "dist", "example"]
        .iter()
        .find_map(|e| name.strip_suffix(&format!(".{e}")));
    match extension(stem.unwrap_or(&name)).as_str() {
        "yaml" | "yml" | "kube" => Form::Yaml,
        "json" => Form::Json,
        "container" => Form::Quadlet,
        "sh" | "bash" | "zsh" | "ksh" | "mk" | "service" | "bat" | "cmd" | "ps1" => Form::Commands,
        _ if matches!(name.as_str(), "makefile" | "gnumakefile" | "justfile" | "jenkinsfile" | "procfile") => {
            Form::Commands
        }
        other if OTHERS.contains(&other) => Form::Document,
        _ if ["vagrantfile", "readme", "license", "changelog"].iter().any(|start| name.starts_with(start)) => {
            Form::Document
        }
        // A helper file of a chart, or any other: its name says nothing.
        _ => Form::Words,
    }
}

/// Whether a file's name alone says that it is a deployment file or a script.
pub(super) fn is_called_like_one(path: &str) -> bool {
    !matches!(form(split(path).1), Form::Words | Form::Document)
}

/// Whether a file lies where only what is surely the service's counts.
pub(super) fn is_aside(path: &str) -> bool {
    path.split(['/', '!']).any(|part| ASIDE.contains(&part))
}

pub(super) fn may_matter(entry: &Entry) -> bool {
    entry.is_file() && (!matches!(form(entry.name()), Form::Words | Form::Document) || entry.size <= LARGEST_UNNAMED)
}

/// The text of a file that speaks of confinement or starts containers; `None` where it does neither.
///
/// # Errors
/// The file cannot be read, or is larger than a text may be.
pub(super) fn text(delivery: &Delivery, entry: &Entry) -> Result<Text, Reason> {
    let bytes = delivery.read(&entry.path)?;
    Ok(match packed::is_archive(&bytes) {
        true => Text::Packed,
        false => of_bytes(&bytes).map_or(Text::Nothing, Text::Speaks),
    })
}

/// What a file is.
pub(super) enum Text {
    Speaks(String),
    /// An archive, or a compressed file, whatever it is called.
    Packed,
    Nothing,
}

pub(super) fn of_bytes(bytes: &[u8]) -> Option<String> {
    // YAML may be UTF-16 (YAML 1.2.2, 5.2).
    Some(match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] if matters(rest) => String::from_utf8_lossy(rest).into_owned(),
        bytes if matters(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => return None,
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// Escapes may write any of the words.
fn matters(bytes: &[u8]) -> bool {
    const WORDS: [&str; 11] = [
        "eccomp",
        "SCMP_ACT_",
        "rivileged",
        "ontainers",
        "services:",
        "docker",
        "podman",
        "nerdctl",
        "\\u00",
        "\\x",
        "!!binary",
    ];
    WORDS.iter().any(|word| memchr::memmem::find(bytes, word.as_bytes()).is_some())
}

/// The containers that a file starts, and what it says of none in particular.
///
/// # Errors
/// What keeps a deployment file from being read, where it speaks of confinement.
pub(super) fn containers(path: &str, text: &str) -> Result<Vec<Container>, String> {
    match form(split(path).1) {
        Form::Document if looks_like_manifest(text) => Ok(structured(text).unwrap_or_default()),
        Form::Document => Ok(vec![]),
        Form::Json => structured(text).or_else(|detail| not_read(text, detail)),
        Form::Yaml => structured(text).or_else(|detail| match template::plain(text) {
            Some(plain) => structured(&plain)
                .map(|all| all.into_iter().map(Container::by_a_template).collect())
                .or_else(|_| Ok(template::unread(text))),
            None => not_read(text, detail),
        }),
        Form::Commands => Ok(commands::of_lines(text)),
        Form::Quadlet => Ok(containers::of_quadlet(text)),
        // A manifest without a name that says so, or a script.
        Form::Words => Ok(match structured(text) {
            Ok(all) if !all.is_empty() => all,
            _ => commands::of_lines(text),
        }),
    }
}

/// The fields without which no manifest is one, each at the beginning of a line, or JSON.
fn looks_like_manifest(text: &str) -> bool {
    let begins = |field: &str| text.lines().any(|line| line.trim_start_matches(['"', '\'']).starts_with(field));
    text.trim_start().starts_with(['{', '[']) || (begins("apiVersion") && begins("kind")) || begins("services")
}

/// Another tool's file is of no interest; one that speaks of confinement is.
fn not_read(text: &str, detail: String) -> Result<Vec<Container>, String> {
    if claims::speaks(text) { Err(detail) } else { Ok(vec![]) }
}

fn structured(text: &str) -> Result<Vec<Container>, String> {
    // JSON is YAML; a tab in it is not.
    let documents: Vec<serde_json::Value> = match serde_json::from_str(text) {
        Ok(json) => vec![json],
        Err(_) => serde_saphyr::from_multiple(text)
            .map_err(|e| e.to_string().lines().next().unwrap_or_default().to_owned())?,
    };
    Ok(documents.iter().flat_map(containers::of_document).collect())
}
