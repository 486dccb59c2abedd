//! The Go standard library found on this machine: nothing that Go accepts may be a fault here.

use super::outline::{DeclKind, outline};
use std::path::{Path, PathBuf};

/// The `src` folder of the Go installation, by `go env GOROOT`.
pub(crate) fn goroot() -> PathBuf {
    let out = std::process::Command::new("go")
        .args(["env", "GOROOT"])
        .env("GOENV", "off")
        .env("GOTOOLCHAIN", "local")
        .output();
    let out = out.expect("these tests need a Go installation on the PATH");
    PathBuf::from(String::from_utf8_lossy(&out.stdout).trim())
}

/// Go files below a folder, those of `testdata` left out: they hold broken text on purpose.
pub(super) fn go_files(folder: &Path, out: &mut Vec<PathBuf>) {
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
        assert!(files.len() > 10_000, "only {} files", files.len());
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
        let out = outline(&text, |_| 0);
        let faults = out.decls.iter().filter_map(|decl| super::parse::parse(&text, decl).fault);
        if let Some(fault) = out.fault.into_iter().chain(faults).next()
            && !whole_corpus_lacks(path, &text)
            && gofmt_accepts(path)
        {
            let line = text[..fault.at].iter().filter(|b| **b == b'\n').count() + 1;
            refused.push(format!("{}:{line}: {}", path.display(), fault.what));
        }
    }
    refused
}

fn gofmt_accepts(path: &Path) -> bool {
    let out = std::process::Command::new("gofmt").args(["-e", "-l"]).arg(path).output();
    out.expect("gofmt stands beside go").status.success()
}
