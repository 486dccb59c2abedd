//! Toolchains against a table of releases, and the age of dated data, at the date that is judged for.

use super::{derive, row};
use crate::sheets::Sheets;
use crate::tests::court::{run, sheet, with_gap};
use assize_facts::{Request, Sheet};
use serde_json::{Value as Json, json};

/// Judged for 2026-06-01T20:00:00Z, as the court's run is.
fn table() -> Sheet {
    let release = |(version, day, security): &(&str, &str, bool)| json!({"version": version, "date": format!("{day}T00:00:00Z"), "security": security});
    let rows = [
        ("1.19", "2022-08-02", false),
        ("1.24.0", "2025-02-11", false),
        ("1.25.0", "2025-08-12", false),
        ("1.25.1", "2025-09-03", true),
        ("1.25.2", "2026-05-20", true),
        ("1.25.3", "2026-05-21", false),
        ("1.26.0", "2026-02-10", false),
        ("1.26.1", "2026-03-05", true),
        ("1.26.2", "2026-05-20", true),
        ("1.26.3", "2026-06-02", true),
        ("1.27.0", "2026-08-19", false),
    ];
    sheet("data.go_releases", rows.len() as u64, &rows.iter().map(release).collect::<Vec<_>>())
}

fn info(version: Json) -> Json {
    json!({"binary": "gw", "go_program": true, "go_version": version, "readers_agree": true, "main_module": "example.com/gw"})
}

fn request(kind: &str, with: Json) -> Request {
    let Json::Object(with) = with else { panic!("arguments are an object") };
    Request::new(kind, &with.into_iter().collect())
}

fn runtime(names: &[&str]) -> Sheet {
    sheet("binary.functions", 1, &[json!({"binary": "gw", "package": "runtime", "names": names, "inlined": []})])
}

fn support_by(table: Sheet, info: Json, accepted: &[&str]) -> String {
    let sheets = Sheets::new([sheet("binary.info", 1, &[info]), runtime(&["gcBeginWork"]), table]);
    let link = derive(&request("link.go_support", json!({ "accepted": accepted })), &sheets, &[], &run());
    row(&link.items[0], &["release", "newest", "accepted", "line_supported", "missing", "days_behind"])
}

fn support(version: &str) -> String {
    support_by(table(), info(json!(version)), &[])
}

#[test]
fn a_line_is_supported_until_two_newer_ones_are_out() {
    assert_eq!(support("1.26.2"), r#"1.26.2 1.26.2 false true [] 0"#);
    // 1.27.0 comes only after the judged date.
    assert_eq!(support("1.25.3"), r#"1.25.3 1.25.3 false true [] 0"#);
    assert_eq!(support("1.24.0"), r#"1.24.0 1.24.0 false false [] 0"#);
    assert_eq!(support("1.19"), r#"1.19 1.19 false false [] 0"#);
}

#[test]
fn days_are_counted_from_the_first_security_release_that_is_missing() {
    assert_eq!(support("1.26.1"), r#"1.26.1 1.26.2 false true ["1.26.2"] 12"#);
    // Patching late again and again does not start the count anew.
    assert_eq!(support("1.26.0"), r#"1.26.0 1.26.2 false true ["1.26.1","1.26.2"] 88"#);
    assert_eq!(support("1.25.2"), r#"1.25.2 1.25.3 false true [] 0"#);
}

#[test]
fn a_release_that_the_table_does_not_have_is_not_judged_by_it() {
    assert_eq!(
        support("1.26.9"),
        "1.26.9 1.26.2 false ?go-release-not-in-table ?go-release-not-in-table ?go-release-not-in-table"
    );
    assert_eq!(
        support("1.28.0"),
        "1.28.0 null false ?go-release-not-in-table ?go-release-not-in-table ?go-release-not-in-table"
    );
    assert_eq!(
        support("1.26.3"),
        "1.26.3 1.26.2 false ?go-release-after-judged-date ?go-release-after-judged-date ?go-release-after-judged-date"
    );
    // Its line is out of support whatever its patches are.
    assert_eq!(support("1.19.99"), "1.19.99 1.19 false false ?go-release-not-in-table ?go-release-not-in-table");
}

#[test]
fn what_is_no_plain_release_is_open_unless_the_contract_accepts_it() {
    let open = |code: &str| format!("?{code} ?{code} false ?{code} ?{code} ?{code}");
    assert_eq!(support("devel go1.27-0123abc Mon"), open("toolchain-development"));
    assert_eq!(support("1.26.2-vendor"), open("toolchain-changed-by-vendor"));
    assert_eq!(support("1.26.2+fix.1"), open("toolchain-changed-by-vendor"));
    assert_eq!(support("1.26.2 (Red Hat 1.26.2-1.el9)"), open("toolchain-changed-by-vendor"));
    assert_eq!(support("1.26.2 X:boringcrypto"), open("toolchain-with-boringcrypto"));
    assert_eq!(support("unknown"), open("toolchain-no-release"));
    assert_eq!(support("2.0.0"), open("toolchain-no-release"));
    assert_eq!(support("1.26"), open("toolchain-no-release"));
    assert_eq!(support("1.26.2-X:rangefunc"), r#"1.26.2 1.26.2 false true [] 0"#);
    let by = |version: &str, accepted: &str| support_by(table(), info(json!(version)), &[accepted]);
    assert_eq!(by("1.26.1-vendor", "-vendor"), r#"1.26.1 1.26.2 true true ["1.26.2"] 12"#);
    assert_eq!(by("1.26.2-vendor", "go1.26.2-vendor"), r#"1.26.2 1.26.2 true true [] 0"#);
    assert_eq!(by("1.26.2 X:boringcrypto", "X:boringcrypto"), r#"1.26.2 1.26.2 true true [] 0"#);
    assert_eq!(by("1.26.2-vendor", "1.26.2"), open("toolchain-changed-by-vendor"));
    assert_eq!(
        by("devel go1.27-0123abc Mon", "devel go1.27-0123abc Mon"),
        "?toolchain-development ?toolchain-development true true [] 0"
    );
}

#[test]
fn a_release_candidate_is_no_supported_release() {
    assert_eq!(support("1.26rc1"), r#"1.26rc1 1.26.2 false false [] 0"#);
    assert_eq!(support_by(table(), info(json!("1.26rc1")), &["1.26rc1"]), r#"1.26rc1 1.26.2 true true [] 0"#);
}

#[test]
fn code_of_another_line_than_the_named_one_is_strange() {
    let strange = |version: &str, functions: Sheet| {
        let sheets = Sheets::new([sheet("binary.info", 1, &[info(json!(version))]), functions, table()]);
        let link = derive(&request("link.go_support", json!({})), &sheets, &[], &run());
        row(&link.items[0], &["strange"])
    };
    assert_eq!(strange("1.26.2", runtime(&["gcBeginWork", "alginit"])), "[]");
    assert_eq!(strange("1.26.2", runtime(&["gcBeginWork", "runfinq"])), r#"["runfinq"]"#);
    assert_eq!(strange("1.26.2", sheet("binary.functions", 1, &[])), "?runtime-not-in-function-table");
    assert!(strange("1.26.2", with_gap(sheet("binary.functions", 0, &[]))).starts_with('?'));
    assert_eq!(strange("devel +abc", runtime(&[])), "?toolchain-development");
}

#[test]
fn code_of_an_older_patch_than_the_named_one_is_strange() {
    let strange = |version: &str, row_of_chmod: u32| {
        let os = json!({
            "binary": "gw", "package": "os", "names": ["(*File).Chmod", "Open"], "inlined": [],
            "files": ["/usr/lib/go/src/os/file.go", ""], "lines": [row_of_chmod, 0],
        });
        let mut functions = runtime(&["gcBeginWork", "alginit"]);
        functions.items.extend(sheet("binary.functions", 1, &[os]).items);
        let sheets = Sheets::new([sheet("binary.info", 1, &[info(json!(version))]), functions, table()]);
        let link = derive(&request("link.go_support", json!({})), &sheets, &[], &run());
        row(&link.items[0], &["strange"])
    };
    assert_eq!(strange("1.26.2", 651), r#"["os/file.go go1.26.0"]"#);
    assert_eq!(strange("1.26.2", 648), "[]");
    assert_eq!(strange("1.26.0", 648), "[]");
    assert_eq!(strange("1.26.2", 649), "[]");
}

#[test]
fn a_compiler_of_another_version_than_the_recorded_one_is_strange() {
    let strange = |version: &str, compiler: Json| {
        let mut item = info(json!(version));
        item["compiler"] = compiler;
        let sheets = Sheets::new([sheet("binary.info", 1, &[item]), runtime(&["gcBeginWork"]), table()]);
        let link = derive(&request("link.go_support", json!({})), &sheets, &[], &run());
        row(&link.items[0], &["strange"])
    };
    assert_eq!(strange("1.26.2", json!("go1.26.1")), r#"["DW_AT_producer go1.26.1"]"#);
    assert_eq!(strange("1.26.2", json!("go1.26.2")), "[]");
    assert_eq!(strange("1.26.2 X:rangefunc", json!("go1.26.2")), "[]");
    assert_eq!(strange("1.26.2", Json::Null), "[]");
}

#[test]
fn without_a_version_or_a_table_nothing_is_known() {
    assert!(support_by(table(), info(Json::Null), &[]).contains("?toolchain-not-recorded"));
    let mut torn = info(json!("1.26.2"));
    torn["readers_agree"] = json!(false);
    assert!(support_by(table(), torn, &[]).starts_with("?build-information-contradicts-itself"));
    let empty = sheet("data.go_releases", 0, &[]);
    assert_eq!(
        support_by(empty, info(json!("1.26.2")), &[]),
        "1.26.2 ?go-release-table-empty false ?go-release-table-empty ?go-release-table-empty ?go-release-table-empty"
    );
    // A table of which a part could not be read says nothing at all.
    assert!(support_by(with_gap(table()), info(json!("1.24.0")), &[]).contains("false ?"));
}

fn age(as_of: Json, max_age_days: u64) -> String {
    let snapshot = json!({"name": "go-releases", "as_of": as_of, "source": "built-in", "sha256": "", "entries": 1});
    let sheets = Sheets::new([sheet("data.snapshots", 1, &[snapshot])]);
    let with = json!({ "max_age": max_age_days * 86_400_000 });
    let link = derive(&request("link.data_age", with), &sheets, &[], &run());
    row(&link.items[0], &["age", "fresh"])
}

#[test]
fn dated_data_is_fresh_or_nobody_knows() {
    assert_eq!(age(json!("2026-05-31T20:00:00Z"), 1), "86400000.0 true");
    assert_eq!(age(json!("2026-05-31T19:59:59Z"), 1), "86401000.0 ?data-too-old");
    // Data that is newer than the judged date knows that date too.
    assert_eq!(age(json!("2026-06-02T00:00:00Z"), 1), "0.0 true");
    assert_eq!(age(json!("2027-01-01T00:00:00Z"), 1), "0.0 ?data-from-the-future");
    assert_eq!(age(json!("?"), 1), "?no-line-recorded ?no-line-recorded");
    assert_eq!(age(json!("soon"), 1), "?unexpected-value ?unexpected-value");
}

#[test]
fn module_files_that_demand_a_newer_toolchain_are_told() {
    let file = |name: &str, module: Json, go: Json, toolchain: Json| json!({"name": name, "is_main": true, "module": module, "go": go, "toolchain": toolchain, "godebug": ["default=go1.26.3", "tls10server=0"]});
    let files = [
        file("go.mod", json!("example.com/gw"), json!("1.26.0"), json!("go1.26.5")),
        file("go.mod", json!("example.com/other"), json!("1.99"), Json::Null),
        file("go.work", Json::Null, json!("1.27"), json!("default")),
        file("go.sum", Json::Null, Json::Null, Json::Null),
    ];
    let sheets = Sheets::new([sheet("binary.info", 1, &[info(json!("1.26.2"))]), sheet("module.file", 4, &files)]);
    let link = derive(&request("link.go_demands", json!({})), &sheets, &[], &run());
    let rows: Vec<String> =
        link.items.iter().map(|item| row(item, &["directive", "demanded", "built_with", "newer"])).collect();
    let default = "godebug default 1.26.3 1.26.2 true";
    assert_eq!(
        rows,
        ["go 1.26.0 1.26.2 false", "toolchain 1.26.5 1.26.2 true", default, "go 1.27 1.26.2 true", default]
    );
}

#[test]
fn debug_lines_that_the_toolchain_refuses_are_told() {
    let line = |package: &str, from: &str, name: &str, value: &str| json!({"package": package, "from": from, "name": name, "value": value});
    let lines = [
        line("example.com/gw", "go:debug", "default", "go1.27"),
        line("example.com/gw", "go:debug", "nosuch", "1"),
        line("example.com/gw", "go:debug", "tls10server", "1"),
        line("example.com/gw/cmd/other", "go:debug", "nosuch", "1"),
        line("example.com/gw", "os.Setenv", "gctrace", "1"),
    ];
    let binary = json!({"binary": "gw", "go_program": true, "main_package": "example.com/gw", "main_module": "example.com/gw", "go_version": "1.26.2"});
    let file = json!({"name": "go.mod", "module": "example.com/gw", "go": "1.26", "toolchain": null, "godebug": ["x509sha1=1", "netdns=go"]});
    let sheets = Sheets::new([
        sheet("binary.info", 1, &[binary]),
        sheet("module.file", 1, &[file]),
        sheet("source.runtime_settings", 5, &lines),
    ]);
    let link = derive(&request("link.go_demands", json!({})), &sheets, &[], &run());
    let rows: Vec<String> = link.items.iter().map(|item| row(item, &["directive", "newer", "refusal"])).collect();
    assert_eq!(
        rows,
        [
            "go false null",
            "godebug x509sha1=1 false use of removed godebug \"x509sha1\"",
            "//go:debug default true null",
            "//go:debug nosuch=1 false unknown godebug \"nosuch\""
        ]
    );
}

#[test]
fn an_absence_is_believed_where_nothing_in_the_table_is_out_of_place() {
    let entry = |linked: Json| json!({"binary": "gw", "id": "GO-1", "module": "example.com/m", "version": "v1.0.0", "linked": linked});
    let functions =
        |agrees: Json| sheet("link.functions", 1, &[json!({"binary": "gw", "package": "a", "agrees": agrees})]);
    let linked = |linked: Json, functions: Sheet, source: Sheet| {
        let sheets = Sheets::new([sheet("binary.vulnerabilities", 1, &[entry(linked)]), source]);
        let link = super::super::vulnerabilities::derive(&sheets, &Sheet::named("link.modules"), &functions);
        row(&link.items[0], &["linked"])
    };
    let by_modules = |agrees: Json, beside: bool| {
        let info = json!({"binary": "gw", "beside": beside});
        let found = [sheet("binary.vulnerabilities", 1, &[entry(json!(false))]), sheet("binary.info", 1, &[info])];
        let modules = sheet("link.modules", 1, &[json!({"binary": "gw", "path": "x.y/renamed", "agrees": agrees})]);
        let sheets = Sheets::new(found.into_iter().chain([sheet("source.declarations", 1, &[])]));
        let link = super::super::vulnerabilities::derive(&sheets, &modules, &functions(json!(true)));
        row(&link.items[0], &["linked"])
    };
    let source = || sheet("source.declarations", 1, &[]);
    let none = || Sheet::missing("source.declarations", assize_facts::reason!("no-source"));
    assert_eq!(linked(json!(false), functions(json!(true)), source()), "false");
    assert_eq!(linked(json!(false), functions(json!(false)), source()), "?functions-disagree");
    assert_eq!(linked(json!(false), functions(json!("?")), source()), "?no-line-recorded");
    assert_eq!(linked(json!(false), sheet("link.functions", 1, &[]), source()), "?no-function-table");
    assert!(linked(json!(false), with_gap(functions(json!(true))), source()).starts_with('?'));
    assert_eq!(linked(json!(true), functions(json!(false)), source()), "true");
    // Under another name a module could be one that module files know; what those leave open is no sign of that.
    assert_eq!(by_modules(json!(true), false), "false");
    assert_eq!(by_modules(json!(false), false), "?module-not-in-graph");
    assert_eq!(by_modules(json!("?"), false), "false");
    assert_eq!(by_modules(json!(false), true), "false", "nothing was delivered that speaks of it");
    assert_eq!(linked(json!(false), sheet("link.functions", 0, &[]), none()), "false");
}
