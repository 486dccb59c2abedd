//! The parser's trees beside those of tree-sitter's grammar, node by node: two readers that have nothing in common but the tokens.

use crate::go::corpus_tests::{go_files, goroot};
use crate::go::outline::outline;
use crate::go::parse::by_grammar;
use crate::go::parser;
use std::path::PathBuf;

/// How many declarations a file has; those whose trees differ, by their first lines, with what was read by each.
fn differences(text: &[u8]) -> (usize, Vec<String>) {
    let out = outline(text, |_| 0);
    let mut differences = Vec::new();
    for decl in &out.decls {
        let words = String::from_utf8_lossy(&text[decl.start..decl.end]);
        if words.contains("interface") && words.contains("}).") {
            // `x.(interface{ M() }).M` the grammar cannot read: the type is spelt as a name for it.
            assert!(parser::item(text, decl).is_ok(), "{words}");
            continue;
        }
        let theirs = by_grammar(text, decl);
        let ours = parser::item(text, decl);
        let same = match (&ours, &theirs.fault) {
            (Ok(ours), None) => Some(ours) == theirs.item.as_ref(),
            (Err(_), Some(_)) => true,
            _ => false,
        };
        if !same {
            let ours = ours.map_or_else(|fault| format!("{fault:?}"), |item| format!("{item:?}"));
            let theirs = match (theirs.fault, theirs.item) {
                (None, Some(item)) => format!("{item:?}"),
                other => format!("{other:?}"),
            };
            let at = ours.bytes().zip(theirs.bytes()).position(|(a, b)| a != b).unwrap_or_default();
            let part = |text: &str| {
                String::from_utf8_lossy(
                    &text.as_bytes()[at.saturating_sub(80).min(text.len())..(at + 120).min(text.len())],
                )
                .into_owned()
            };
            let line =
                String::from_utf8_lossy(&text[decl.start..decl.end]).lines().next().unwrap_or_default().to_owned();
            differences.push(format!("{line}\n   ours   {}\n   theirs {}", part(&ours), part(&theirs)));
        }
    }
    (out.decls.len(), differences)
}

/// Of packages whose syntax is the most varied; with `ASSIZE_TREES=FOLDER` of all Go files below it.
#[test]
fn trees_are_those_of_the_grammar() {
    let mut files = Vec::new();
    match std::env::var_os("ASSIZE_TREES") {
        Some(folder) => go_files(&PathBuf::from(folder), &mut files),
        None => {
            let root = goroot();
            let folders = ["net/http", "crypto/tls", "go", "slices", "iter", "runtime", "cmd/compile/internal/types2"];
            folders.iter().for_each(|folder| go_files(&root.join("src").join(folder), &mut files));
        }
    }
    let work = move || {
        let (mut count, mut found) = (0, Vec::new());
        for path in &files {
            let text = std::fs::read(path).expect("a readable file");
            let (declarations, differences) = differences(&text);
            count += declarations;
            found.extend(differences.into_iter().map(|d| format!("{}: {d}", path.display())));
        }
        (count, found)
    };
    let big = std::thread::Builder::new().stack_size(64 << 20).spawn(work).expect("a thread");
    let (count, found) = big.join().expect("no panic");
    assert!(found.is_empty(), "{} of {count} declarations:\n{}", found.len(), found[..found.len().min(30)].join("\n"));
    assert!(count > 200, "only {count} declarations");
}
