//! Every mistake that a file can hold is told as the text beside it says: `tests/mistakes/<sort>/<name>.toml` and `.txt`.
//! `BLESS=1 cargo test -p assize-clause --test mistakes` writes the texts anew, for a person to review.

use assize_clause::{Attack, CheckOutcome, Clause, Contract, Example, Library, Mistakes, parse_deliverable};
use std::path::{Path, PathBuf};

/// A clause around the `[[check]]` of a test, so that the test holds only what it is about.
const AROUND_CHECK: &str = r#"id = "test"
chapter = "1"
obligation = "must"
waiver_level = "L1"
title = { en = "t", zh = "t" }
text = { en = "t", zh = "t" }
[[check]]
id = "base"
layer = "binary"
claim = "base-claim"
none = "binary.linkage"
"#;

/// The clause that contracts, examples and attacks of these tests speak about.
const CLAUSE: &str = r#"id = "pure-go"
chapter = "4.1"
obligation = "must"
waiver_level = "L2"
title = { en = "No C", zh = "无 C" }
text = { en = "Within {within}, scope {scope}, at most {most}.", zh = "{within}、{scope}、{most}。" }
[parameters.scope]
type = "text"
choices = ["build", "tree"]
default = "build"
[parameters.within]
type = "duration"
default = "5s"
[parameters.most]
type = "int"
default = 3
[[check]]
id = "no-functions"
layer = "binary"
applies_when = { parameter = "scope", one_of = ["build"] }
each = "binary.linkage"
expect = { has_cgo_functions = false, needed = { length = { at_most = "{most}" } } }
[[check]]
id = "slow"
layer = "source"
weight = "note"
each = "source.cgo_imports"
minimum = 0
expect = { detail = { length = { below = 10 } }, form = { not = "import-c" } }
applies_when = { parameter = "within", above = "1s" }
"#;

fn library() -> Library {
    Library::from_files("ours", "ours", [("pure-go/clause.toml".to_string(), CLAUSE.into())].into())
}

fn clause() -> Clause {
    Clause::parse("clause.toml", CLAUSE.as_bytes(), None).unwrap_or_else(|m| panic!("{}", m.plain(80)))
}

fn clause_mistakes(text: &str) -> Mistakes {
    Clause::parse("clause.toml", text.as_bytes(), Some("test")).err().unwrap_or_default()
}

fn check_mistakes(text: &str) -> Mistakes {
    clause_mistakes(&format!("{AROUND_CHECK}{text}"))
}

fn contract_mistakes(text: &str) -> Mistakes {
    Contract::parse("contract.toml", text.as_bytes(), |_| library()).err().unwrap_or_default()
}

fn deliverable_mistakes(text: &str) -> Mistakes {
    parse_deliverable("deliverable.toml", text.as_bytes()).err().unwrap_or_default()
}

fn example_mistakes(text: &str) -> Mistakes {
    Example::parse("a.toml", text.as_bytes(), &clause(), CheckOutcome::Fail).err().unwrap_or_default()
}

fn attack_mistakes(text: &str) -> Mistakes {
    Attack::parse("a.toml", text.as_bytes(), Some(&clause())).err().unwrap_or_default()
}

fn inputs(sort: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes").join(sort);
    let entries = std::fs::read_dir(&folder).expect("the folder of tests");
    let mut all: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    all.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    all.sort();
    assert!(!all.is_empty(), "{} holds no test", folder.display());
    all
}

fn told(sort: &str, mistakes: fn(&str) -> Mistakes) {
    let mut wrong = Vec::new();
    for path in inputs(sort) {
        let text = std::fs::read_to_string(&path).expect("a test is text");
        let found = mistakes(&text);
        let said = if found.is_empty() { "no mistake\n".to_string() } else { found.plain(80) };
        let said: String = said.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let expected = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &said).expect("the text can be written");
        }
        let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
        if said != wanted {
            wrong.push(format!("=== {}\n--- expected\n{wanted}--- said\n{said}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mistakes_of_clauses_are_told() {
    told("clause", clause_mistakes);
}

#[test]
fn mistakes_of_checks_are_told() {
    told("check", check_mistakes);
}

#[test]
fn mistakes_of_contracts_are_told() {
    told("contract", contract_mistakes);
}

#[test]
fn mistakes_of_deliverables_are_told() {
    told("deliverable", deliverable_mistakes);
}

#[test]
fn mistakes_of_examples_are_told() {
    told("example", example_mistakes);
}

#[test]
fn mistakes_of_attacks_are_told() {
    told("attack", attack_mistakes);
}
