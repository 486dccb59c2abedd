//! Tests of the links: programs of other builds than the source was examined for.

use super::functions::{GO_1_26, SOURCE, sheets};
use super::{link, row};
use crate::run::{Declared, DeclaredBinary};
use crate::tests::court::sheet;
use assize_facts::{Field, Sheet};
use serde_json::{Value as Json, json};

/// A program by its toolchain and settings, with a function in a file that was not looked at.
fn of(file: &str, toolchain: &str, recorded: &[(&str, &str)]) -> Vec<Sheet> {
    let mut all = sheets(&format!("{GO_1_26}\nfast /build/{file} 7"), SOURCE);
    all[0].items[0].fields.insert("go_version", Field::Known(json!(toolchain)));
    all[0].items[0].fields.insert("os", Field::Known(json!("linux")));
    all[0].items[0].fields.insert("arch", Field::Known(json!("amd64")));
    all[5] = sheet("inventory.files", 1, &[json!({"path": "src/fast.go"}), json!({"path": "src/gen.go"})]);
    let platform = [("GOOS", "linux"), ("GOARCH", "amd64"), ("CGO_ENABLED", "0")];
    let rows = platform.iter().chain(recorded).map(|(key, value)| json!({"binary": "gen", "key": key, "value": value}));
    all.push(sheet("binary.settings", 1, &rows.collect::<Vec<Json>>()));
    all.push(sheet("module.file", 1, &[]));
    all
}

fn declared((toolchain, settings): (Option<&str>, &[(&str, &str)])) -> Declared {
    let binary = DeclaredBinary {
        name: "gen".into(),
        path: "bin/gen".into(),
        toolchain: toolchain.map(str::to_owned),
        settings: settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..DeclaredBinary::default()
    };
    Declared { binaries: vec![binary], ..Declared::default() }
}

fn agrees(file: &str, toolchain: &str, recorded: &[(&str, &str)], said: (Option<&str>, &[(&str, &str)])) -> String {
    let found = link("link.functions", of(file, toolchain, recorded), declared(said));
    row(&found.items[0], &["agrees", "undeclared"])
}

#[test]
fn files_that_only_the_programs_own_build_takes_are_open() {
    let (none, differs) = ((None, &[][..]), r#"false ["fast"]"#);
    assert_eq!(agrees("fast.go", "1.26.8", &[], none), differs);
    assert_eq!(agrees("fast.go", "1.27.1", &[], none), "?other-toolchain []");
    assert_eq!(agrees("fast.go", "1.27.1", &[], (Some("1.27.1"), &[])), differs);
    assert_eq!(agrees("fast.go", "1.26.8", &[], (Some("1.25.3"), &[])), "?other-toolchain []");
    for recorded in [("-race", "true"), ("GOAMD64", "v3"), ("GOEXPERIMENT", "jsonv2"), ("-tags", "fast")] {
        assert_eq!(agrees("fast.go", "1.26.8", &[recorded], none), "?other-build []", "{recorded:?}");
        assert_eq!(agrees("fast.go", "1.26.8", &[recorded], (None, &[recorded])), differs, "{recorded:?}");
    }
    assert_eq!(agrees("fast.go", "1.26.8", &[("GOAMD64", "v1"), ("-race", "false")], none), differs);
    // What was not delivered stands in no file of any build.
    assert_eq!(agrees("evil.go", "1.27.1", &[("-race", "true")], none), differs);
}

#[test]
fn tags_of_a_build_are_those_of_the_binary_and_of_the_source() {
    let tags = |recorded: &str, said: &str, of_source: &[&str]| {
        let (recorded, said) = ([("-tags", recorded)], [("-tags", said)]);
        let said = (None, &said[..]);
        let of_source = of_source.iter().map(|tag| (*tag).to_owned()).collect();
        let declared = Declared { tags: of_source, ..declared(said) };
        let found = link("link.source_binary", of("gen.go", "1.26.8", &recorded), declared);
        row(&found.items[0], &["tags_agree"])
    };
    assert_eq!(tags("a,b", "a,b", &[]), "true");
    assert_eq!(tags("a,b", "b", &["a"]), "true");
    assert_eq!(tags("a,b", "a", &[]), "false");
    assert_eq!(tags("a", "a,b", &[]), "false");
    // What the Go command adds for a module of cryptography nobody says.
    let fips = |recorded: &str| {
        let recorded = [("-tags", recorded), ("GOFIPS140", "v1.0.0-c2097c7c")];
        let said = (None, &[("GOFIPS140", "certified")][..]);
        row(&link("link.source_binary", of("gen.go", "1.26.8", &recorded), declared(said)).items[0], &["tags_agree"])
    };
    assert_eq!((fips("fips140v1.0"), fips("a,fips140v1.0")), ("true".into(), "false".into()));
    // Where nobody says how the program is built, it may be built under any.
    let undeclared = |toolchain: Option<&str>, of_source: &[String], same: Option<bool>| {
        let declared = Declared { tags: of_source.to_vec(), ..declared((toolchain, &[])) };
        let mut all = of("gen.go", "1.26.8", &[("-tags", "a")]);
        all.extend(same.map(|same| sheet("binary.rebuild", 1, &[json!({"binary": "gen", "same": same})])));
        row(&link("link.source_binary", all, declared).items[0], &["tags_agree"])
    };
    assert_eq!(undeclared(None, &[], None), "?other-build");
    assert_eq!(undeclared(None, &[], Some(true)), "true");
    assert_eq!(undeclared(None, &["b".into()], None), "false");
    assert_eq!(undeclared(Some("1.26.8"), &[], None), "false");
}
