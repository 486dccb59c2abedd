//! Files of `corpus/`, one for every change of Go's syntax since 1.18, and the standard library found on this machine: nothing that `gofmt -e` accepts may be a fault here.
//!
//! A file's name says since which Go it is accepted. Lines that make a TLS configuration end in `// a configuration`: `source.tls_configs` has to find these and no others.

use super::lexer::{Lexer, Mark, Token};
use super::outline::{DeclKind, outline};
use crate::facts::table::{cgo_off, collect};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

struct Sample {
    name: String,
    /// The minor version of the first Go that accepts it.
    since: u32,
    text: String,
}

fn corpus() -> Vec<Sample> {
    let mut files = Vec::new();
    go_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/go/corpus"), &mut files);
    files.sort();
    let sample = |path: &PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let since = minor(&name).unwrap_or_else(|| panic!("{name} does not say which Go it is for"));
        Sample { since, text: std::fs::read_to_string(path).expect("a text"), name }
    };
    files.iter().map(sample).collect()
}

/// The minor version in `go1.27…`.
fn minor(version: &str) -> Option<u32> {
    let rest = version.trim().strip_prefix("go1.")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Where the reader stops understanding a text.
fn fault(text: &[u8]) -> Option<String> {
    let out = outline(text, |_| 0);
    let faults = out.decls.iter().filter_map(|decl| super::parse::parse(text, decl).fault);
    let fault = out.fault.into_iter().chain(faults).next()?;
    let line = text[..fault.at].iter().filter(|b| **b == b'\n').count() + 1;
    Some(format!("{line}: {}", fault.what))
}

#[test]
fn every_change_of_the_syntax_since_go_1_18_has_a_file_that_is_understood() {
    let all = corpus();
    let releases: BTreeSet<u32> = all.iter().map(|sample| sample.since).collect();
    // The language's syntax, and what may be left out or written where, did not change in 1.19 and 1.25.
    assert_eq!(releases, BTreeSet::from([18, 20, 21, 22, 23, 24, 26, 27]));
    for Sample { name, text, .. } in &all {
        assert_eq!(fault(text.as_bytes()), None, "{name}");
        let tree = format!("-- go.mod --\nmodule example.com/app\n\ngo 1.27\n-- m.go --\n{text}");
        let found = collect("source.tls_configs", &tree, &cgo_off());
        let found: BTreeSet<u64> = found.items.iter().filter_map(|item| item.origin.line).map(u64::from).collect();
        let marked = (1..).zip(text.lines()).filter(|(_, line)| line.ends_with("// a configuration"));
        assert_eq!(found, marked.map(|(line, _)| line).collect(), "{name}");
    }
}

/// Variations that `gofmt` takes and the compiler's parser or type checker refuses: a type as a value, a conversion of nothing, a method of nothing.
const NO_GO: &[&str] = &[
    "go1.20-slice-to-array.go 10 without `byte`",
    "go1.20-slice-to-array.go 10 without `all`",
    "go1.20-slice-to-array.go 12 without `all`",
    "go1.27-generic-methods.go 15 without `Store`",
];

/// The files, and each of them with a token taken out or written twice.
#[test]
fn what_gofmt_accepts_of_the_corpus_and_its_variations_is_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    let (gofmt, newest) = newest_gofmt();
    let mut written: Vec<(PathBuf, String, Vec<u8>)> = Vec::new();
    for sample in corpus() {
        // The long run fetches a Go that knows all of them.
        assert!(sample.since <= newest || !whole_corpus(), "{} needs a newer gofmt than 1.{newest}", sample.name);
        if sample.since <= newest {
            for (what, text) in variations(sample.text.as_bytes()) {
                let path = folder.path().join(format!("{}.go", written.len()));
                std::fs::write(&path, &text).expect("a file");
                written.push((path, format!("{} {what}", sample.name), text));
            }
        }
    }
    let refused = gofmt_refuses(&gofmt, folder.path());
    let mut accepted = 0;
    let mut not_understood = Vec::new();
    for (path, name, text) in &written {
        if refused.contains(path) {
            assert!(!name.ends_with("as it is"), "gofmt refuses {name}");
            continue;
        }
        accepted += 1;
        if !NO_GO.contains(&name.as_str()) {
            not_understood.extend(fault(text).map(|fault| format!("{name}: {fault}")));
        }
    }
    assert_eq!(not_understood, Vec::<String>::new());
    assert!(accepted > 300 && refused.len() > 500, "{accepted} accepted, {} refused", refused.len());
}

fn variations(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut out = vec![("as it is".to_string(), text.to_vec())];
    let mut lexer = Lexer::new(text);
    while let Ok(Token { mark, start, end }) = lexer.next() {
        match mark {
            Mark::End => break,
            // A line break.
            Mark::Semi => continue,
            _ => {}
        }
        let token = String::from_utf8_lossy(&text[start..end]).into_owned();
        let line = text[..start].iter().filter(|b| **b == b'\n').count() + 1;
        out.push((format!("{line} without `{token}`"), [&text[..start], b" ", &text[end..]].concat()));
        out.push((format!("{line} with `{token}` twice"), [&text[..end], b" ", &text[start..]].concat()));
    }
    out
}

/// The newest of this machine: beside `go`, or of a toolchain that the Go command has fetched.
fn newest_gofmt() -> (PathBuf, u32) {
    let beside = (go_env("GOROOT"), minor(&go_env("GOVERSION")).expect("a release of Go"));
    let modules = PathBuf::from(go_env("GOMODCACHE")).join("golang.org");
    let fetched = std::fs::read_dir(modules).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let version = minor(name.strip_prefix("toolchain@v0.0.1-")?)?;
        entry.path().join("bin/gofmt").is_file().then(|| (entry.path().to_string_lossy().into_owned(), version))
    });
    let (root, version) = fetched.chain([beside]).max_by_key(|(_, version)| *version).expect("one at least");
    (Path::new(&root).join("bin/gofmt"), version)
}

fn gofmt_refuses(gofmt: &Path, folder: &Path) -> BTreeSet<PathBuf> {
    let out = std::process::Command::new(gofmt).args(["-e", "-l"]).arg(folder).output().expect("gofmt runs");
    let told = String::from_utf8_lossy(&out.stderr);
    told.lines().filter_map(|line| line.split_once(".go:")).map(|(path, _)| format!("{path}.go").into()).collect()
}

/// The folder of the Go installation.
pub(crate) fn goroot() -> PathBuf {
    go_env("GOROOT").into()
}

fn go_env(name: &str) -> String {
    let mut go = std::process::Command::new("go");
    let out = go.args(["env", name]).env("GOENV", "off").env("GOTOOLCHAIN", "local").output();
    let out = out.expect("these tests need a Go installation on the PATH");
    String::from_utf8_lossy(&out.stdout).trim().to_string()
}

/// Go files below a folder, those of `testdata` left out: they hold broken text on purpose.
pub(crate) fn go_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(listing) = std::fs::read_dir(folder) else { return };
    for entry in listing.flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "testdata" {
            go_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "go") {
            out.push(path);
        }
    }
}

#[test]
fn the_whole_standard_library_has_outlines_without_fault() {
    let mut files = Vec::new();
    go_files(&goroot().join("src"), &mut files);
    assert!(files.len() > 6_000, "only {} files", files.len());
    let mut refused = Vec::new();
    for path in &files {
        let out = outline(&std::fs::read(path).expect("a readable file"), |_| 0);
        let broken = out.decls.iter().any(|d| d.kind == DeclKind::Broken);
        if out.fault.is_some() || broken || out.package.is_empty() {
            refused.push(format!("{}: {:?}", path.display(), out.fault));
        }
    }
    assert_eq!(refused, Vec::<String>::new());
}

/// Every declaration of the packages whose syntax is the most varied; with `ASSIZE_WHOLE_CORPUS=1` of the whole installation, the compiler's own tests included, where broken text counts only if `gofmt -e` accepts it and no comment announces a compiler's ERROR.
#[test]
fn the_standard_library_is_parsed_without_fault() {
    let root = goroot();
    let mut files = Vec::new();
    if whole_corpus() {
        files.extend(
            std::process::Command::new("find")
                .arg(&root)
                .args(["-name", "*.go", "-type", "f"])
                .output()
                .map(lines)
                .unwrap_or_default(),
        );
        // A toolchain that the Go command has fetched lacks the compiler's own tests.
        assert!(files.len() > 8_000, "only {} files", files.len());
    } else {
        let folders = ["net/http", "crypto/tls", "go", "slices", "iter", "runtime", "cmd/compile/internal/types2"];
        folders.iter().for_each(|folder| go_files(&root.join("src").join(folder), &mut files));
    }
    let refused = std::thread::Builder::new().stack_size(64 << 20).spawn(move || refused(&files)).expect("a thread");
    assert_eq!(refused.join().expect("no panic"), Vec::<String>::new());
}

/// Text that is there to be refused by the compiler, though `gofmt` takes it.
fn whole_corpus_lacks(path: &Path, text: &[u8]) -> bool {
    whole_corpus()
        && (memchr::memmem::find(text, b"ERROR").is_some() || path.ends_with("go/doc/testdata/issue17788.go"))
}

fn whole_corpus() -> bool {
    std::env::var_os("ASSIZE_WHOLE_CORPUS").is_some()
}

fn lines(out: std::process::Output) -> Vec<PathBuf> {
    String::from_utf8_lossy(&out.stdout).lines().map(PathBuf::from).collect()
}

fn refused(files: &[PathBuf]) -> Vec<String> {
    let mut refused = Vec::new();
    for path in files {
        let text = std::fs::read(path).expect("a readable file");
        if let Some(fault) = fault(&text)
            && !whole_corpus_lacks(path, &text)
            && gofmt_accepts(path)
        {
            refused.push(format!("{}:{fault}", path.display()));
        }
    }
    refused
}

fn gofmt_accepts(path: &Path) -> bool {
    let out = std::process::Command::new("gofmt").args(["-e", "-l"]).arg(path).output();
    out.expect("gofmt stands beside go").status.success()
}
