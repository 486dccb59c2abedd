//! What a file's name alone says about its part in a build.

use super::Context;
use super::lists::{KNOWN_ARCH, KNOWN_OS};

/// What a name's ending makes of a file (go/build `fileListForExt`); endings are case-sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    Go,
    Assembly,
    C,
    Cxx,
    ObjectiveC,
    Header,
    Fortran,
    Swig,
    SwigCxx,
    Syso,
}

/// A file's fate by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameFate {
    /// The name begins with `_` or `.`.
    Hidden,
    /// The Go command knows no such ending.
    NotSource,
    /// The name's suffix means another platform; the words that are not satisfied, as in `windows` or `windows/amd64`.
    Excluded(String),
    /// The name does not stand in the way.
    Selected(SourceKind),
    /// A `_test.go` file that the name otherwise selects; never part of `go build`.
    Test,
}

/// By the ending alone.
pub fn source_kind(name: &str) -> Option<SourceKind> {
    let ext = &name[name.rfind('.')?..];
    Some(match ext {
        ".go" => SourceKind::Go,
        ".c" => SourceKind::C,
        ".cc" | ".cpp" | ".cxx" => SourceKind::Cxx,
        ".m" => SourceKind::ObjectiveC,
        ".h" | ".hh" | ".hpp" | ".hxx" => SourceKind::Header,
        ".f" | ".F" | ".for" | ".f90" => SourceKind::Fortran,
        ".s" | ".S" | ".sx" => SourceKind::Assembly,
        ".swig" => SourceKind::Swig,
        ".swigcxx" => SourceKind::SwigCxx,
        ".syso" => SourceKind::Syso,
        _ => return None,
    })
}

/// The fate of a file by its last path element (go/build `matchFile`, `goodOSArchFile`).
pub fn file_name_fate(name: &str, context: &Context) -> NameFate {
    if name.starts_with(['_', '.']) {
        return NameFate::Hidden;
    }
    let Some(kind) = source_kind(name) else { return NameFate::NotSource };
    if let Some(unmet) = unmet_platform(name, context) {
        return NameFate::Excluded(unmet);
    }
    if name.ends_with("_test.go") { NameFate::Test } else { NameFate::Selected(kind) }
}

/// Whether the Go command's patterns (`./...`) pass a folder of this name by. A package in it can still be imported by its path.
pub fn folder_is_skipped(name: &str) -> bool {
    name == "testdata" || name.starts_with(['_', '.'])
}

/// The platform that the name asks for and the context is not. Only what follows the first `_` and precedes the first `.`
/// counts, so `linux.go` is for everyone and `x_linux.pb.go` for Linux alone.
fn unmet_platform(name: &str, context: &Context) -> Option<String> {
    let stem = name.split('.').next().unwrap_or(name);
    let suffix = &stem[stem.find('_')?..];
    let mut words: Vec<&str> = suffix.split('_').collect();
    if words.last() == Some(&"test") {
        words.pop();
    }
    let known = |word: &str| KNOWN_OS.contains(&word) || KNOWN_ARCH.contains(&word);
    match words.as_slice() {
        [.., os, arch] if KNOWN_OS.contains(os) && KNOWN_ARCH.contains(arch) => {
            (!(context.satisfies(os) && context.satisfies(arch))).then(|| format!("{os}/{arch}"))
        }
        [.., last] if known(last) => (!context.satisfies(last)).then(|| last.to_string()),
        _ => None,
    }
}
