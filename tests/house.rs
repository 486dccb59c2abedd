//! The rules of the house: arrows between rooms, sizes of files, words of reasons, and that nothing of a machine is in the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 600;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder that git would keep.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the tree").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", ".git", "dist", "modules", "vendor", "node_modules"].contains(&name.as_str())
                    || path.starts_with(root().join("verifier"))
                {
                    folders.push(path);
                }
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The house map's table: each room and what it may use.
fn house_map() -> BTreeMap<String, BTreeSet<String>> {
    let map = read(&root().join("verifier/README.md"));
    let rows = map.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let room = cells[0].split('`').nth(1).expect("a room's name").to_string();
        let uses = match cells[2] {
            "–" | "nothing of ours" => BTreeSet::new(),
            "all" => BTreeSet::from(["*".to_string()]),
            list => list.split(',').map(|name| name.trim().to_string()).collect(),
        };
        (room, uses)
    })
    .collect()
}

#[test]
fn every_room_is_on_the_map_and_no_arrow_runs_the_wrong_way() {
    let map = house_map();
    for entry in fs::read_dir(root().join("verifier")).expect("the rooms").flatten().filter(|e| e.path().is_dir()) {
        let room = entry.file_name().to_string_lossy().into_owned();
        let allowed = map.get(&room).unwrap_or_else(|| panic!("the room {room} is not on the house map"));
        let manifest = entry.path().join("Cargo.toml");
        if !manifest.exists() {
            assert_eq!(room, "cli", "only the program itself has no manifest of its own");
            continue;
        }
        let manifest: toml::Table = read(&manifest).parse().expect("a manifest");
        let Some(dependencies) = manifest.get("dependencies").and_then(|d| d.as_table()) else { continue };
        for used in dependencies.keys().filter_map(|name| name.strip_prefix("assize-")) {
            assert!(allowed.contains(used), "{room} uses {used}, which the house map does not allow");
        }
    }
    for room in map.keys() {
        assert!(root().join("verifier").join(room).is_dir(), "the house map has {room}, the folder does not exist");
    }
}

#[test]
fn no_source_file_is_a_hall() {
    for path in files(&root().join("verifier"), ".rs").into_iter().chain(files(&root().join("tests"), ".rs")) {
        let lines = read(&path).lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines, more than {LONGEST_FILE}", path.display());
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    for path in files(&root().join("verifier"), ".rs") {
        assert!(read(&path).starts_with("//!"), "{} does not begin with a sentence about itself", path.display());
    }
}

#[test]
fn every_reason_that_the_code_gives_has_words_and_every_word_is_used() {
    let code = regex::Regex::new(r#"(?:reason!\(\s*|Reason::new\(\s*)"([a-z0-9-]+)""#).expect("a pattern");
    // Tests in the file itself stand at its end.
    let tests = regex::Regex::new(r"#\[cfg\(test\)\]\s+mod \w+ \{").expect("a pattern");
    let words = assize_facts::words();
    let mut used = BTreeSet::new();
    let mut everything = String::new();
    for path in files(&root().join("verifier"), ".rs") {
        let text = read(&path);
        let tests_begin = tests.find(&text).map_or(text.len(), |found| found.start());
        // The macro's own documentation shows a code as an example.
        let macro_itself = path.ends_with("verifier/facts/src/reason.rs");
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !macro_itself && !name.ends_with("tests.rs") && !path.components().any(|c| c.as_os_str() == "tests") {
            for found in code.captures_iter(&text[..tests_begin]) {
                used.insert((found[1].to_string(), path.clone()));
            }
        }
        everything.push_str(&text);
    }
    let missing: Vec<String> = used
        .iter()
        .filter(|(code, _)| !words.contains_key(code))
        .map(|(code, path)| format!("{code} ({})", path.display()))
        .collect();
    assert!(missing.is_empty(), "reason codes without words:\n{}", missing.join("\n"));
    // What a note leaves open is called by the note's name.
    for clause in files(&root().join("clauses"), "clause.toml") {
        everything.push_str(&read(&clause));
    }
    // Of subjects and of what values are shown as, the kinds know what there is to be said.
    let of_kinds = |code: &str| code.starts_with("subject.") || code.starts_with("shown.");
    let idle: Vec<&String> =
        words.keys().filter(|c| !of_kinds(c) && !everything.contains(&format!("\"{c}\""))).collect();
    assert!(idle.is_empty(), "words that no code gives: {idle:?}");
}

#[test]
fn the_judge_touches_nothing() {
    for path in files(&root().join("verifier/judge"), ".rs") {
        if path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs") {
            continue;
        }
        let text = read(&path);
        for forbidden in
            ["std::fs", "std::net", "std::process", "std::env", "SystemTime", "Instant::now", "println!", "Zoned::now"]
        {
            assert!(!text.contains(forbidden), "{} uses {forbidden}", path.display());
        }
    }
}

#[test]
fn nothing_of_a_machine_is_in_the_tree() {
    let path_like = regex::Regex::new(r"/(?:home|work)/[a-z.]|/root/\.|/tmp/bash").expect("a pattern");
    for ending in [".rs", ".toml", ".md", ".sh", ".go", ".json"] {
        for path in files(&root(), ending) {
            // This rule's own pattern.
            if path.ends_with("tests/house.rs") {
                continue;
            }
            if let Some(found) = path_like.find(&read(&path)) {
                panic!("{} has a machine's path: {}", path.display(), found.as_str());
            }
        }
    }
}
