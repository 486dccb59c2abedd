//! Module paths and versions: what is allowed, how they are escaped in a cache, how paths are matched (golang.org/x/mod/module, as vendored in Go 1.26).

use crate::semver;
use std::fmt;

/// A module path with a version; the version is empty where none applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Module {
    pub path: String,
    pub version: String,
}

impl Module {
    pub fn new(path: impl Into<String>, version: impl Into<String>) -> Module {
        Module { path: path.into(), version: version.into() }
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.version.is_empty() { Ok(()) } else { write!(f, "@{}", self.version) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Import,
    File,
}

/// Whether it may be a module's path in a requirement (`module.CheckPath`); the error says why not.
pub fn check_path(path: &str) -> Result<(), String> {
    check(path, Kind::Module)?;
    let first = path.split('/').next().unwrap_or(path);
    if !first.contains('.') {
        return Err("missing dot in first path element".into());
    }
    if let Some(c) = first.chars().find(|&c| !matches!(c, '-' | '.' | '0'..='9' | 'a'..='z')) {
        return Err(format!("invalid char {c:?} in first path element"));
    }
    split_path_version(path).map(|_| ()).ok_or_else(|| "invalid version".into())
}

/// Whether it may be an import path (`module.CheckImportPath`).
pub fn check_import_path(path: &str) -> Result<(), String> {
    check(path, Kind::Import)
}

/// Whether it may be a file's path in a module zip (`module.CheckFilePath`).
pub fn check_file_path(path: &str) -> Result<(), String> {
    check(path, Kind::File)
}

fn check(path: &str, kind: Kind) -> Result<(), String> {
    if path.is_empty() {
        return Err("empty string".into());
    }
    if path.starts_with('-') && kind != Kind::File {
        return Err("leading dash".into());
    }
    if path.contains("//") {
        return Err("double slash".into());
    }
    if path.ends_with('/') {
        return Err("trailing slash".into());
    }
    path.split('/').try_for_each(|element| check_element(element, kind))
}

fn check_element(element: &str, kind: Kind) -> Result<(), String> {
    if element.is_empty() {
        return Err("empty path element".into());
    }
    if element.bytes().all(|b| b == b'.') {
        return Err(format!("invalid path element {element:?}"));
    }
    if element.starts_with('.') && kind == Kind::Module {
        return Err("leading dot in path element".into());
    }
    if element.ends_with('.') {
        return Err("trailing dot in path element".into());
    }
    if let Some(c) = element.chars().find(|&c| !allowed(c, kind)) {
        return Err(format!("invalid char {c:?}"));
    }
    let short = element.split('.').next().unwrap_or(element);
    if RESERVED_ON_WINDOWS.iter().any(|bad| bad.eq_ignore_ascii_case(short)) {
        return Err(format!("{short:?} disallowed as path element component on Windows"));
    }
    let tail = short.rsplit_once('~').map_or("", |(_, tail)| tail);
    if kind != Kind::File && !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit()) {
        return Err("trailing tilde and digits in path element".into());
    }
    Ok(())
}

const RESERVED_ON_WINDOWS: &[&str] = &[
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2",
    "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

fn allowed(c: char, kind: Kind) -> bool {
    if c.is_ascii_alphanumeric() {
        return true;
    }
    match kind {
        Kind::Module => matches!(c, '-' | '.' | '_' | '~'),
        Kind::Import => matches!(c, '-' | '.' | '_' | '~' | '+'),
        Kind::File if c.is_ascii() => "!#$%&()+,-.=@[]^_{}~ ".contains(c),
        Kind::File => c.is_alphabetic(),
    }
}

/// Splits `path/v2` into `path` and `/v2`, and `gopkg.in/x.v2` into its parts; `None` where the suffix is malformed.
pub fn split_path_version(path: &str) -> Option<(&str, &str)> {
    if path.starts_with("gopkg.in/") {
        return split_gopkg(path);
    }
    let start = path.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let number = &path[start..];
    let Some(prefix) = path[..start].strip_suffix("/v").filter(|_| !number.is_empty()) else {
        return Some((path, ""));
    };
    let bad = number.contains('.') || number.starts_with('0') || number == "1";
    (!bad).then(|| (prefix, &path[prefix.len()..]))
}

fn split_gopkg(path: &str) -> Option<(&str, &str)> {
    let stable = path.strip_suffix("-unstable").unwrap_or(path);
    let start = stable.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number = &stable[start..];
    let prefix = stable[..start].strip_suffix(".v")?;
    let bad = number.is_empty() || number.starts_with('0') && &path[prefix.len()..] != ".v0";
    (!bad).then(|| (prefix, &path[prefix.len()..]))
}

/// Whether a version fits a path's major suffix (`module.CheckPathMajor`); the error says what it should be.
pub fn check_path_major(version: &str, path_major: &str) -> Result<(), String> {
    let path_major = match path_major.strip_suffix("-unstable") {
        Some(stable) if path_major.starts_with(".v") => stable,
        _ => path_major,
    };
    // An old bug of the Go command made such pseudo-versions.
    if version.starts_with("v0.0.0-") && path_major == ".v1" {
        return Ok(());
    }
    let major = semver::major(version).unwrap_or_default();
    let wanted = match path_major.get(1..) {
        None => "v0 or v1",
        Some(wanted) => wanted,
    };
    let incompatible = semver::parse(version).is_some_and(|v| v.build == "+incompatible");
    let fits = if path_major.is_empty() { matches!(major, "v0" | "v1") || incompatible } else { major == wanted };
    if fits { Ok(()) } else { Err(format!("version {version:?} invalid: should be {wanted}, not {major}")) }
}

/// A path as it is spelled in a cache or proxy: upper-case letters become `!` and the lower-case letter.
pub fn escape_path(path: &str) -> Result<String, String> {
    check_path(path)?;
    Ok(escape(path))
}

/// A version likewise.
pub fn escape_version(version: &str) -> Result<String, String> {
    check_element(version, Kind::File)?;
    if version.contains(['!', '/']) || !version.is_ascii() {
        return Err("disallowed version string".into());
    }
    Ok(escape(version))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The path that an escaped one means.
pub fn unescape_path(escaped: &str) -> Option<String> {
    unescape(escaped).filter(|path| check_path(path).is_ok())
}

/// The version that an escaped one means.
pub fn unescape_version(escaped: &str) -> Option<String> {
    unescape(escaped).filter(|version| check_element(version, Kind::File).is_ok())
}

fn unescape(escaped: &str) -> Option<String> {
    let mut out = String::with_capacity(escaped.len());
    let mut chars = escaped.chars();
    while let Some(c) = chars.next() {
        match c {
            '!' => out.push(chars.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            'A'..='Z' => return None,
            c if !c.is_ascii() => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

/// Whether a path, or a prefix of it that ends at an element, matches one of a comma-separated list of patterns, as in
/// GOPRIVATE (`module.MatchPrefixPatterns`).
pub fn matches_prefix_patterns(patterns: &str, path: &str) -> bool {
    patterns.split(',').map(|p| p.strip_suffix('/').unwrap_or(p)).filter(|p| !p.is_empty()).any(|pattern| {
        let elements = pattern.matches('/').count();
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.skip(elements).take(1).any(|end| crate::glob::matches(pattern, &path[..end]))
    })
}

/// Whether a path lies at or below another, by whole elements.
pub fn is_at_or_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The pseudo-modules by which the Go command names itself; neither has sums of its own in go.sum.
pub fn is_toolchain(path: &str) -> bool {
    path == "go" || path == "toolchain"
}

#[cfg(test)]
mod tests;
