//! The library as it stands under `clauses/`: every file loads, every example and attack is well formed, and all fit the published schemas.

use assize_clause::{Library, schema};
use serde_json::Value as Json;

#[test]
fn every_file_of_the_library_is_free_of_mistakes() {
    let library = Library::standard();
    assert!(!library.clauses.is_empty(), "the library inside the program is empty");
    let mistakes = library.all_mistakes();
    assert!(mistakes.is_empty(), "{mistakes} in clauses/:\n{}", mistakes.plain(100));
}

/// TOML as the JSON that schemas speak about: dates are their text.
fn json(value: &toml::Value) -> Json {
    match value {
        toml::Value::String(text) => Json::from(text.as_str()),
        toml::Value::Integer(number) => Json::from(*number),
        toml::Value::Float(number) => Json::from(*number),
        toml::Value::Boolean(yes) => Json::from(*yes),
        toml::Value::Datetime(date) => Json::from(date.to_string()),
        toml::Value::Array(all) => all.iter().map(json).collect(),
        toml::Value::Table(all) => Json::Object(all.iter().map(|(k, v)| (k.clone(), json(v))).collect()),
    }
}

fn validate(name: &str, file: &str, text: &str) -> Vec<String> {
    let schema = schema(name).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let value: toml::Value = toml::from_str(text).unwrap_or_else(|e| panic!("{file}: {e}"));
    validator.iter_errors(&json(&value)).map(|e| format!("{file}: {}: {e}", e.instance_path())).collect()
}

#[test]
fn the_library_fits_its_schemas() {
    let library = Library::standard();
    let mut wrong = Vec::new();
    for id in library.clauses.keys() {
        for (path, bytes) in library.files(id).filter(|(path, _)| path.ends_with(".toml")) {
            let text = std::str::from_utf8(bytes).expect("read already");
            let name = match path.split('/').nth(1) {
                Some("clause.toml") => "clause",
                Some("examples") => "example",
                Some("attacks") => "attack",
                other => panic!("{path}: {other:?} has no schema"),
            };
            wrong.extend(validate(name, path, text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The reader refuses more than a schema can say; what the schema refuses, the reader refuses too, and what the reader takes, the schema takes.
#[test]
fn readers_and_schemas_agree_on_the_tests_of_mistakes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut compared = 0;
    for name in ["clause", "contract", "deliverable", "example", "attack"] {
        for entry in std::fs::read_dir(folder.join(name)).expect("the folder of tests") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|e| e != "toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            let Ok(value) = toml::from_str::<toml::Value>(&text) else { continue };
            let schema = schema(name).expect("a schema");
            let fits = jsonschema::validator_for(&schema).expect("a valid schema").is_valid(&json(&value));
            let taken = std::fs::read_to_string(path.with_extension("txt")).expect("a text") == "no mistake\n";
            assert!(fits || !taken, "{}: the reader takes what the schema refuses", path.display());
            compared += 1;
        }
    }
    assert!(compared > 50, "only {compared} files compared");
}

#[test]
fn the_schema_refuses_what_is_plainly_wrong() {
    for (name, text) in [
        ("clause", "id = 'x'"),
        (
            "clause",
            "id = 'x'\nchapter = '1'\nobligation = 'shall'\nwaiver_level = 'L1'\ntitle = {en='a',zh='b'}\ntext = {en='a',zh='b'}\n[[check]]\nid = 'a'\nlayer = 'source'\nnone = 'k'\n",
        ),
        (
            "clause",
            "id = 'x'\nchapter = '1'\nobligation = 'must'\nwaiver_level = 'L1'\ntitle = {en='a',zh='b'}\ntext = {en='a',zh='b'}\n[[check]]\nid = 'a'\nlayer = 'source'\neach = 'k'\n",
        ),
        ("contract", "[contract]\nid = 'x'\n"),
        ("contract", "[contract]\nid='x'\ntitle={en='a',zh='b'}\n[[clause]]\nuse='a'\n[run]\nbinary='b'\npid=3\n"),
        ("deliverable", "[[endpoint]]\nname = 'a'\nurl = 'https://example.com:443'\n"),
        ("deliverable", "[source]\nroot = '../x'\n"),
        ("attack", "sample = 'a'\n"),
        ("example", "[[sheet]]\nkind = 'a'\n"),
    ] {
        assert!(!validate(name, name, text).is_empty(), "{name} takes {text}");
    }
}

#[test]
fn the_samples_are_free_of_mistakes_and_fit_their_schemas() {
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-deliverables");
    let mut wrong = Vec::new();
    let mut read = 0;
    for entry in std::fs::read_dir(samples).expect("the folder of samples") {
        let folder = entry.expect("an entry").path();
        let name = |file: &str| format!("{}/{file}", folder.file_name().unwrap_or_default().to_string_lossy());
        if let Ok(text) = std::fs::read_to_string(folder.join("deliverable.toml")) {
            wrong.extend(validate("deliverable", &name("deliverable.toml"), &text));
            let told = assize_clause::parse_deliverable(&name("deliverable.toml"), text.as_bytes()).err();
            wrong.extend(told.map(|mistakes| mistakes.plain(100)));
            read += 1;
        }
        if let Ok(text) = std::fs::read_to_string(folder.join("contract.toml")) {
            wrong.extend(validate("contract", &name("contract.toml"), &text));
            let told = assize_clause::Contract::open(&folder.join("contract.toml")).err();
            wrong.extend(told.map(|mistakes| mistakes.plain(100)));
            read += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read >= 6, "only {read} files of samples were found");
}

fn reference() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clauses/README.md");
    std::fs::read_to_string(path).expect("the reference")
}

/// Every key that a schema allows, at any depth.
fn keys(schema: &Json, all: &mut std::collections::BTreeSet<String>) {
    match schema {
        Json::Object(map) => {
            if let Some(Json::Object(properties)) = map.get("properties") {
                all.extend(properties.keys().cloned());
            }
            map.values().for_each(|value| keys(value, all));
        }
        Json::Array(values) => values.iter().for_each(|value| keys(value, all)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[test]
fn the_reference_names_every_key() {
    let reference = reference();
    let mut all = std::collections::BTreeSet::new();
    assize_clause::SCHEMAS.iter().for_each(|name| keys(&schema(name).expect("a schema"), &mut all));
    let words: std::collections::BTreeSet<&str> =
        reference.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let missing: Vec<&String> = all.iter().filter(|key| !words.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "clauses/README.md does not mention {missing:?}");
}

#[test]
fn the_references_deliverable_and_attack_can_be_used_as_they_are() {
    let reference = reference();
    let block = |start: &str| {
        let blocks = reference.split("```toml\n").skip(1).filter_map(|b| b.split("```").next());
        blocks.into_iter().find(|b| b.starts_with(start)).unwrap_or_else(|| panic!("no block starts with {start}"))
    };
    let told = assize_clause::parse_deliverable("README.md", block("[deliverable]").as_bytes()).err();
    assert!(told.is_none(), "{}", told.unwrap_or_default().plain(100));
    let told = assize_clause::Attack::parse("README.md", block("says").as_bytes(), None).err();
    assert!(told.is_none(), "{}", told.unwrap_or_default().plain(100));
}
