//! The directives of go.mod (modfile/rule.go).

use super::Parsed;
use super::lex::Place;
use super::syntax::{Line, Statement, directive_comment, statements};
use super::unquote::word;
use crate::module::{Module, check_path_major, split_path_version};
use crate::semver::{canonical_module_version, integer};

/// Whose go.mod it is: a dependency's is read leniently (`ParseLax`): only `module`, `go`, `require`, `retract` and `ignore` count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    Main,
    Dependency,
}

/// A go.mod file. Lists are in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GoMod {
    pub module: Option<ModuleLine>,
    pub go: Option<GoVersionLine>,
    /// `go1.26.8` or `default`.
    pub toolchain: Option<GoVersionLine>,
    pub godebug: Vec<Godebug>,
    pub require: Vec<Require>,
    pub exclude: Vec<Exclude>,
    pub replace: Vec<Replace>,
    pub retract: Vec<Retract>,
    pub tool: Vec<Tool>,
    pub ignore: Vec<Ignore>,
}

/// `module PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleLine {
    pub path: String,
    /// The message of a `// Deprecated:` comment.
    pub deprecated: Option<String>,
    pub place: Place,
}

/// A `go` or `toolchain` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoVersionLine {
    pub version: String,
    pub place: Place,
}

/// `godebug KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Godebug {
    pub key: String,
    pub value: String,
    pub place: Place,
}

/// `require PATH VERSION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Require {
    pub module: Module,
    pub indirect: bool,
    pub place: Place,
}

/// `exclude PATH VERSION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclude {
    pub module: Module,
    pub place: Place,
}

/// `replace PATH [VERSION] => TARGET [VERSION]`; a target without a version is a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    pub old: Module,
    pub new: Module,
    pub place: Place,
}

/// `retract VERSION` or `retract [LOW, HIGH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retract {
    pub interval: Interval,
    pub rationale: String,
    pub place: Place,
}

/// A closed interval of versions, as written: `modfile.Parse` leaves them alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    pub low: String,
    pub high: String,
}

/// `tool PACKAGE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    pub path: String,
    pub place: Place,
}

/// `ignore PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    pub path: String,
    pub place: Place,
}

impl GoMod {
    /// Whether patterns such as `./...` leave out a folder of the module, given relative to it (cmd/go, `ShouldIgnore`).
    pub fn ignores(&self, folder: &str) -> bool {
        let slashed = |path: &str| format!("/{}/", path.trim_matches('/'));
        let folder = slashed(folder);
        let leaves_out = |ignore: &Ignore| match ignore.path.strip_prefix("./") {
            Some(path) => folder.starts_with(&slashed(path)),
            None => folder.contains(&slashed(&ignore.path)),
        };
        folder != "//" && self.ignore.iter().any(leaves_out)
    }
}

/// Why a line is refused.
pub(super) type Refusal = String;

/// Reads a go.mod file.
pub fn parse_go_mod(bytes: &[u8], strictness: Strictness) -> Parsed<GoMod> {
    let tree = statements(bytes);
    let mut parsed = Parsed { file: GoMod::default(), mistakes: tree.mistakes };
    let strict = strictness == Strictness::Main;
    each_directive(&tree.file, BLOCKS, strict, &mut parsed, |file, verb, words, line, above| {
        if !strict && !matches!(verb, "go" | "module" | "retract" | "require" | "ignore") {
            return Ok(());
        }
        add(file, verb, words, line, above, strict)
    });
    parsed
}

const BLOCKS: &[&str] = &["module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"];

/// Calls for every line, in a block or not, with the block's comments; notes refusals and unknown blocks.
pub(super) fn each_directive<T>(
    tree: &[Statement],
    blocks: &[&str],
    strict: bool,
    parsed: &mut Parsed<T>,
    mut add: impl FnMut(&mut T, &str, &[String], &Line, &[String]) -> Result<(), Refusal>,
) {
    for statement in tree {
        match statement {
            Statement::Line(line) => {
                let Some((verb, words)) = line.words.split_first() else { continue };
                if let Err(refusal) = add(&mut parsed.file, verb, words, line, &[]) {
                    parsed.mistake(line.place, &refusal);
                }
            }
            Statement::Block { head, above, lines, place } => match head.as_slice() {
                [verb] if blocks.contains(&verb.as_str()) => {
                    for line in lines {
                        if let Err(refusal) = add(&mut parsed.file, verb, &line.words, line, above) {
                            parsed.mistake(line.place, &refusal);
                        }
                    }
                }
                _ if strict => {
                    parsed.mistake(*place, &format!("unknown block type: {}", head.join(" ")));
                }
                _ => {}
            },
        }
    }
}

fn add(
    file: &mut GoMod,
    verb: &str,
    words: &[String],
    line: &Line,
    above: &[String],
    strict: bool,
) -> Result<(), Refusal> {
    let place = line.place;
    match verb {
        "go" => set_once(&mut file.go, "go", go_version(words, strict)?, place),
        "toolchain" => set_once(&mut file.toolchain, "toolchain", toolchain(words)?, place),
        "module" => {
            if file.module.is_some() {
                return Err("repeated module statement".into());
            }
            let deprecated = deprecation(&directive_comment(line, above));
            let path = only(words, "usage: module module/path").and_then(|w| Ok(word(w)?));
            // The statement is taken to be there even where its path is malformed, so that a second one is a repetition.
            file.module = Some(ModuleLine { path: path.clone().unwrap_or_default(), deprecated, place });
            path.map(|_| ())
        }
        "godebug" => {
            file.godebug.push(godebug(words, place)?);
            Ok(())
        }
        "require" => {
            let module = required(verb, words)?;
            file.require.push(Require { module, indirect: is_indirect(line), place });
            Ok(())
        }
        "exclude" => {
            file.exclude.push(Exclude { module: required(verb, words)?, place });
            Ok(())
        }
        "replace" => {
            file.replace.push(replace(words, place)?);
            Ok(())
        }
        "retract" => match interval(words, strict) {
            Ok(interval) => {
                let rationale = directive_comment(line, above);
                file.retract.push(Retract { interval, rationale, place });
                Ok(())
            }
            Err(refusal) if strict => Err(refusal),
            Err(_) => Ok(()),
        },
        "tool" => {
            let path = word(only(words, "tool directive expects exactly one argument")?)?;
            file.tool.push(Tool { path, place });
            Ok(())
        }
        "ignore" => {
            let path = word(only(words, "ignore directive expects exactly one argument")?)?;
            file.ignore.push(Ignore { path, place });
            Ok(())
        }
        other => Err(format!("unknown directive: {other}")),
    }
}

pub(super) fn set_once(
    slot: &mut Option<GoVersionLine>,
    name: &str,
    version: String,
    place: Place,
) -> Result<(), Refusal> {
    if slot.is_some() {
        return Err(format!("repeated {name} statement"));
    }
    *slot = Some(GoVersionLine { version, place });
    Ok(())
}

pub(super) fn only<'a>(words: &'a [String], usage: &str) -> Result<&'a str, Refusal> {
    match words {
        [word] => Ok(word),
        _ => Err(usage.into()),
    }
}

/// `1.23`, `1.23.0`, `1.23rc1`; a dependency's may have a `v` before and anything behind (`laxGoVersionRE`).
pub(super) fn go_version(words: &[String], strict: bool) -> Result<String, Refusal> {
    let text = only(words, "go directive expects exactly one argument")?;
    if is_go_version(text) {
        return Ok(text.into());
    }
    let lax = || {
        let (major, rest) = integer(text.strip_prefix('v').unwrap_or(text))?;
        let (minor, rest) = integer(rest.strip_prefix('.')?)?;
        (major != "0" && !rest.is_empty()).then(|| format!("{major}.{minor}"))
    };
    let fixed = if strict { None } else { lax() };
    fixed.ok_or_else(|| format!("invalid go version '{text}': must match format 1.23.0"))
}

/// `GoVersionRE`: `^([1-9][0-9]*)\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?([a-z]+[0-9]+)?$`.
fn is_go_version(text: &str) -> bool {
    let checked = || {
        let (major, rest) = integer(text)?;
        let (_, mut rest) = integer(rest.strip_prefix('.')?)?;
        if let Some(patch) = rest.strip_prefix('.') {
            rest = integer(patch)?.1;
        }
        let number = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let good = rest.is_empty()
            || number.len() < rest.len() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        (major != "0" && good).then_some(())
    };
    checked().is_some()
}

/// `ToolchainRE`: `^default$|^go1($|\.)`.
pub(super) fn toolchain(words: &[String]) -> Result<String, Refusal> {
    let text = only(words, "toolchain directive expects exactly one argument")?;
    if text == "default" || text == "go1" || text.starts_with("go1.") {
        return Ok(text.into());
    }
    Err(format!("invalid toolchain version '{text}': must match format go1.23.0 or default"))
}

pub(super) fn godebug(words: &[String], place: Place) -> Result<Godebug, Refusal> {
    const USAGE: &str = "usage: godebug key=value";
    let text = only(words, USAGE)?;
    let (key, value) = text.split_once('=').filter(|_| !text.contains(['"', '`', '\'', ','])).ok_or(USAGE)?;
    Ok(Godebug { key: key.into(), value: value.into(), place })
}

fn required(verb: &str, words: &[String]) -> Result<Module, Refusal> {
    let [path, version] = words else { return Err(format!("usage: {verb} module/path v1.2.3")) };
    let path = word(path)?;
    let version = module_version(version)?;
    check_path_major(&version, path_major(&path)?).map_err(|e| format!("{verb} {path}: {e}"))?;
    Ok(Module { path, version })
}

fn path_major(path: &str) -> Result<&str, Refusal> {
    Ok(split_path_version(path).ok_or("invalid module path")?.1)
}

fn module_version(text: &str) -> Result<String, Refusal> {
    let version = word(text)?;
    canonical_module_version(&version).ok_or_else(|| format!("version {version:?} invalid: must be of the form v1.2.3"))
}

pub(super) fn replace(words: &[String], place: Place) -> Result<Replace, Refusal> {
    const USAGE: &str = "usage: replace module/path [v1.2.3] => other/module v1.4, or => ../local/directory";
    let arrow = if words.get(1).is_some_and(|w| w == "=>") { 1 } else { 2 };
    let (left, right) = match (words.get(..arrow), words.get(arrow), words.get(arrow + 1..)) {
        (Some(left), Some(sign), Some(right)) if sign == "=>" && matches!(right.len(), 1 | 2) => (left, right),
        _ => return Err(USAGE.into()),
    };
    let path = word(&left[0])?;
    let major = path_major(&path)?;
    let mut version = String::new();
    if let Some(word) = left.get(1) {
        version = module_version(word)?;
        check_path_major(&version, major).map_err(|e| format!("replace {path}: {e}"))?;
    }
    let target = word(&right[0])?;
    let target_version = match right.get(1) {
        None => folder_target(&target)?,
        Some(_) if is_directory_path(&target) => {
            return Err(format!("replacement module directory path {target:?} cannot have version"));
        }
        Some(version) => module_version(version)?,
    };
    Ok(Replace { old: Module::new(path, version), new: Module::new(target, target_version), place })
}

/// A target without a version has to be a folder; its version is empty.
fn folder_target(target: &str) -> Result<String, Refusal> {
    if !is_directory_path(target) {
        return Err(if target.contains('@') {
            "replacement module must match format 'path version', not 'path@version'".into()
        } else {
            "replacement module without version must be directory path (rooted or starting with . or ..)".into()
        });
    }
    if target.contains('\\') {
        return Err("replacement directory appears to be Windows path (on a non-windows system)".into());
    }
    Ok(String::new())
}

/// Whether a text means a folder: `.`, `..`, `./x`, `/x`, and the same on Windows.
pub fn is_directory_path(text: &str) -> bool {
    let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    drive
        || matches!(text, "." | "..")
        || ["./", ".\\", "../", "..\\", "/", "\\"].iter().any(|prefix| text.starts_with(prefix))
}

/// A version or a closed interval; in a dependency's file something may follow, which may mean something one day.
fn interval(words: &[String], strict: bool) -> Result<Interval, Refusal> {
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    let (interval, rest) = match texts.as_slice() {
        [] | ["(", ..] => return Err("expected '[' or version".into()),
        ["[", low, ",", high, "]", rest @ ..] => (Interval { low: word(low)?, high: word(high)? }, rest),
        ["[", ..] => return Err("expected a closed interval [v1.2.3, v1.2.4]".into()),
        [version, rest @ ..] => {
            let version = word(version)?;
            (Interval { low: version.clone(), high: version }, rest)
        }
    };
    match rest.first() {
        Some(extra) if strict => Err(format!("unexpected token after version: {extra:?}")),
        _ => Ok(interval),
    }
}

/// `// indirect`, alone or before a semicolon.
fn is_indirect(line: &Line) -> bool {
    let Some(comment) = &line.behind else { return false };
    let mut words = comment.strip_prefix("//").unwrap_or(comment).split_whitespace();
    match (words.next(), words.next()) {
        (Some("indirect"), None) => true,
        (first, Some(_)) => first == Some("indirect;"),
        (_, None) => false,
    }
}

/// The first paragraph that begins with `Deprecated:`, without that word.
fn deprecation(comment: &str) -> Option<String> {
    let paragraph = comment.split("\n\n").find_map(|p| p.strip_prefix("Deprecated:"))?;
    let message = paragraph.trim_start_matches(' ');
    (!message.is_empty()).then(|| message.to_string())
}
