//! Tests of `link.modules` and `link.source_binary`: build information against module files.

use super::functions::{GO_1_26, SOURCE, sheets};
use super::{info, link, row};
use crate::run::{Declared, DeclaredBinary};
use crate::tests::court::sheet;
use assize_facts::{Field, Sheet};
use serde_json::{Value as Json, json};

fn module_sheets(modules: &[Json]) -> Vec<Sheet> {
    let module = |m: &Json| {
        let mut full = json!({"binary": "gen", "sum": null, "replace_path": null, "replace_version": null, "replace_sum": null, "is_main": false});
        for (name, value) in m.as_object().expect("a module") {
            full[name] = value.clone();
        }
        full
    };
    let modules: Vec<Json> = modules.iter().map(module).collect();
    let zip = |path: &str, sum: &str| json!({"path": path, "version": "v1.0.0", "of": "zip", "sum": sum});
    let line = |path: &str, target: &str, kind: &str, version: Json, directive: &str| json!({"path": path, "version": null, "directive": directive, "target_kind": kind, "target": target, "target_version": version});
    vec![
        sheet("binary.info", 1, &[info()]),
        sheet("binary.modules", 1, &modules),
        sheet(
            "module.file",
            2,
            &[
                json!({"name": "go.mod", "is_main": true, "module": "example.com/gen", "go": "1.26.0"}),
                json!({"name": "go.mod", "is_main": false, "module": "example.com/nested", "go": "1.26.0"}),
            ],
        ),
        sheet(
            "module.requirements",
            2,
            &["a", "b", "forked", "local", "v"].map(|path| json!({"path": path, "version": "v1.0.0"})),
        ),
        sheet(
            "module.replacements",
            2,
            &[
                line("forked", "own/forked", "remote", json!("v1.0.0"), "replace"),
                line("local", "./local", "local", Json::Null, "replace"),
                line("member", "./member", "local", Json::Null, "use"),
            ],
        ),
        sheet("module.sums", 4, &[zip("a", "h1:a"), zip("b", "h1:b"), zip("b", "h1:other"), zip("own/forked", "h1:f")]),
        sheet("module.vendor", 1, &[json!({"path": "v", "equals_contents": true})]),
        sheet("module.contents", 1, &[json!({"path": "v", "version": "v1.0.0", "form": "zip", "differs": false})]),
    ]
}

fn module_row(module: Json) -> String {
    let sheet = link("link.modules", module_sheets(&[module]), Declared::default());
    assert_eq!((sheet.items.len(), sheet.gaps.len()), (1, 0));
    row(&sheet.items[0], &["in_graph", "version_agrees", "replacement_agrees", "agrees", "sum_compared", "sum_agrees"])
}

#[test]
fn modules_agree_where_path_version_replacement_and_sum_do() {
    let cases = [
        ("as required", json!({"path": "a", "version": "v1.0.0", "sum": "h1:a"}), "true true true true true true"),
        ("another sum", json!({"path": "a", "version": "v1.0.0", "sum": "h1:x"}), "true true true true true false"),
        (
            "two sums in go.sum",
            json!({"path": "b", "version": "v1.0.0", "sum": "h1:b"}),
            "true true true true true false",
        ),
        (
            "another version",
            json!({"path": "a", "version": "v1.0.1", "sum": "h1:a"}),
            "true false true false true false",
        ),
        (
            "not in the graph",
            json!({"path": "evil", "version": "v1.0.0", "sum": "h1:e"}),
            "false false true false true false",
        ),
        (
            "a replacement that go.mod lacks",
            json!({"path": "a", "version": "v1.0.0", "replace_path": "./patched"}),
            "true true false false false true",
        ),
        (
            "a replacement that the binary lacks",
            json!({"path": "forked", "version": "v1.0.0", "sum": "h1:f"}),
            "true true false false true false",
        ),
        (
            "replaced alike",
            json!({"path": "forked", "version": "v1.0.0", "replace_path": "own/forked", "replace_version": "v1.0.0", "replace_sum": "h1:f"}),
            "true true true true true true",
        ),
        (
            "replaced by another version",
            json!({"path": "forked", "version": "v1.0.0", "replace_path": "own/forked", "replace_version": "v1.0.1", "replace_sum": "h1:f"}),
            "true true false false true false",
        ),
        (
            "a local folder",
            json!({"path": "local", "version": "v1.0.0", "replace_path": "./local", "replace_version": "(devel)"}),
            "true true true true false true",
        ),
        (
            "another local folder",
            json!({"path": "local", "version": "v1.0.0", "replace_path": "../local", "replace_version": "(devel)"}),
            "true true false false false true",
        ),
        (
            "a member of the workspace",
            json!({"path": "member", "version": "(devel)"}),
            "true true true true false true",
        ),
        ("vendored and compared", json!({"path": "v", "version": "v1.0.0"}), "true true true true true true"),
        (
            "neither summed nor vendored",
            json!({"path": "a", "version": "v1.0.0"}),
            "true true true true false ?sum-not-recorded",
        ),
        (
            "the main module",
            json!({"path": "example.com/gen", "version": "(devel)", "is_main": true}),
            "true true true true false true",
        ),
        (
            "a nested module is not it",
            json!({"path": "example.com/nested", "version": "(devel)", "is_main": true}),
            "false true true false false true",
        ),
    ];
    for (name, module, expected) in cases {
        assert_eq!(module_row(module), expected, "{name}");
    }
}

#[test]
fn a_vendored_module_is_worth_what_its_contents_are() {
    let case = |equals: Json, differs: bool| {
        let mut all = module_sheets(&[json!({"path": "v", "version": "v1.0.0"})]);
        all[6] = sheet("module.vendor", 1, &[json!({"path": "v", "equals_contents": equals})]);
        all[7] = sheet(
            "module.contents",
            1,
            &[json!({"path": "v", "version": "v1.0.0", "form": "zip", "differs": differs})],
        );
        row(&link("link.modules", all, Declared::default()).items[0], &["sum_compared", "sum_agrees"])
    };
    assert_eq!(case(json!(true), false), "true true");
    assert_eq!(case(json!(false), false), "true false");
    assert_eq!(case(json!(true), true), "true false");
    assert_eq!(case(json!("?"), false), "false ?contents-not-compared");
}

#[test]
fn module_files_that_were_not_seen_leave_modules_open() {
    let mut none = module_sheets(&[json!({"path": "a", "version": "v1.0.0", "sum": "h1:a"})]);
    none.truncate(2);
    let sheet = link("link.modules", none, Declared::default());
    assert!(sheet.gaps.iter().any(|gap| gap.reason.code == "not-collected"));
    assert_eq!(
        row(&sheet.items[0], &["in_graph", "agrees", "sum_agrees"]),
        "?not-collected ?not-collected ?not-collected"
    );
    let mut old = module_sheets(&[json!({"path": "deep", "version": "v1.0.0", "sum": "h1:d"})]);
    old[2] = self::sheet(
        "module.file",
        1,
        &[json!({"name": "go.mod", "is_main": true, "module": "example.com/gen", "go": "1.16"})],
    );
    old[5]
        .items
        .extend(self::sheet("", 0, &[json!({"path": "deep", "version": "v1.0.0", "of": "zip", "sum": "h1:d"})]).items);
    assert_eq!(
        row(&link("link.modules", old, Declared::default()).items[0], &["in_graph", "sum_agrees"]),
        "?graph-not-listed true"
    );
    let silent = link("link.modules", module_sheets(&[]), Declared::default());
    assert_eq!(silent.gaps[0].reason.code, "no-build-information");
    // One built from files has no main module, and may need no other.
    let mut of_files = module_sheets(&[]);
    let info = of_files.iter_mut().find(|sheet| sheet.kind == "binary.info").expect("it is there");
    info.items[0].fields.insert("main_package", Field::Known(json!("command-line-arguments")));
    assert!(link("link.modules", of_files, Declared::default()).gaps.is_empty());
}

fn whole(settings: &[(&str, &str)], declared: Declared) -> String {
    whole_rebuilt(settings, declared, None)
}

fn whole_rebuilt(settings: &[(&str, &str)], declared: Declared, same: Option<bool>) -> String {
    // Its modules are other ones.
    let table: Vec<&str> = GO_1_26.lines().filter(|line| !line.contains("go-chi")).collect();
    let mut all = sheets(&table.join("\n"), SOURCE);
    let modules = module_sheets(&[json!({"path": "example.com/gen", "version": "(devel)", "is_main": true})]);
    all[1] = modules[1].clone();
    all.retain(|s| s.kind != "module.vendor");
    all.extend(modules.into_iter().skip(2));
    let settings: Vec<Json> =
        settings.iter().map(|(key, value)| json!({"binary": "gen", "key": key, "value": value})).collect();
    all.push(sheet("binary.settings", 1, &settings));
    if same.is_some() {
        let mut other = super::info();
        (other["binary"], other["go_program"]) = (json!("other"), json!(false));
        (other["os"], other["arch"]) = (json!("linux"), json!("amd64"));
        all[0].items.extend(self::sheet("", 0, &[other]).items);
    }
    all.extend(same.map(|same| self::sheet("binary.rebuild", 1, &[json!({"binary": "gen", "same": same})])));
    let sheet = link("link.source_binary", all, declared);
    row(
        &sheet.items[0],
        &[
            "main_agrees",
            "tags_agree",
            "platform_agrees",
            "modules_agree",
            "functions_agree",
            "structure_agrees",
            "agrees",
        ],
    )
}

#[test]
fn a_binary_as_a_whole_is_refuted_or_left_to_a_rebuild() {
    let linux = [("GOOS", "linux"), ("GOARCH", "amd64")];
    let tagged = [("GOOS", "linux"), ("GOARCH", "amd64"), ("-tags", "netgo,debug")];
    let tags = |tags: &[&str]| Declared { tags: tags.iter().map(|t| (*t).to_owned()).collect(), ..Declared::default() };
    let package = |package: &str| Declared {
        binaries: vec![DeclaredBinary {
            name: "gen".into(),
            path: "bin/gen".into(),
            package: Some(package.into()),
            ..DeclaredBinary::default()
        }],
        ..Declared::default()
    };
    let cases = [
        (whole(&linux, Declared::default()), "true true true true true true ?bodies-not-compared"),
        (whole(&linux, package(".")), "true true true true true true ?bodies-not-compared"),
        (whole(&linux, package("./cmd/other")), "false true true true true false false"),
        (whole(&tagged, Declared::default()), "true ?other-build true true true ?other-build ?other-build"),
        (whole(&tagged, tags(&["debug"])), "true false true true true false false"),
        (whole(&tagged, tags(&["debug", "netgo"])), "true true true true true true ?bodies-not-compared"),
        (
            whole(&[("GOOS", "darwin"), ("GOARCH", "arm64")], Declared::default()),
            "true true ?other-platform true true ?other-platform ?other-platform",
        ),
        (
            whole_rebuilt(&[("GOOS", "linux"), ("GOARCH", "arm64")], Declared::default(), Some(true)),
            "true true true true true true true",
        ),
        (
            whole_rebuilt(&[("GOOS", "linux"), ("GOARCH", "arm64")], Declared::default(), Some(false)),
            "true true ?other-platform true true ?other-platform false",
        ),
        (
            // The one that runs is for another platform than the source was examined for.
            whole_rebuilt(
                &[("GOOS", "linux"), ("GOARCH", "arm64")],
                Declared { run_binary: Some("gen".into()), ..Declared::default() },
                Some(true),
            ),
            "true true ?other-platform true true ?other-platform ?other-platform",
        ),
        (
            whole(&[], Declared::default()),
            "true ?no-build-settings ?no-build-settings true true ?no-build-settings ?no-build-settings",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}
