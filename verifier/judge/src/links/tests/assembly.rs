//! Tests of `link.functions`: assembly and what cgo writes.

use super::functions::{SOURCE, compared, declarations, functions, sheets};
use crate::tests::court::sheet;
use serde_json::{Value as Json, json};

fn file() -> Json {
    json!({"file": "src/sum_amd64.s", "package": "example.com/gen", "language": "assembly", "fate": "built", "imports_c": false})
}

/// What the assembly file defines.
fn defined(file: &str, own: &str, given: &[(&str, u64)]) -> Json {
    let mut item = declarations("example.com/gen", "main", file, own);
    item["assembly"] = json!(true);
    item["given"] = given.iter().map(|(name, _)| json!(name)).collect();
    item["given_lines"] = given.iter().map(|(_, line)| json!(line)).collect();
    item
}

#[test]
fn assembly_and_cgo_need_their_files() {
    let table = "main /build/gen.go 54\nsum /build/sum_amd64.s 5\nhelper /build/sum_amd64.s 50\n_Cfunc_getpid _cgo_gotypes.go 40";
    let case = |files: &[Json]| {
        let mut all = sheets(table, "main 54 67\nsum 80 80");
        all[4] = sheet("source.files", 2, files);
        if files.iter().any(|file| file["language"] == "assembly") {
            let defined = defined("src/sum_amd64.s", "sum 5 5\nhelper 50 50", &[]);
            all[3].items.extend(sheet("", 0, &[defined]).items);
        }
        compared(all)
    };
    let cgo = json!({"file": "src/gen.go", "package": "example.com/gen", "language": "go", "fate": "cgo-file", "imports_c": true});
    assert_eq!(case(&[file(), cgo]), ["example.com/gen true [] [] []"]);
    assert_eq!(case(&[file()]), [r#"example.com/gen false ["_Cfunc_getpid"] [] []"#]);
    assert_eq!(
        case(&[]),
        [r#"example.com/gen false ["helper","_Cfunc_getpid"] ["sum"] []"#
            .replace(r#""helper","_Cfunc_getpid""#, r#""_Cfunc_getpid","helper""#)]
    );
}

#[test]
fn assembly_accounts_for_functions_by_name_and_line() {
    let case = |package: &str, function: &str| {
        let mut all = sheets("main /build/gen.go 54", SOURCE);
        all[2].items.extend(sheet("", 0, &[functions(package, function)]).items);
        let here = defined("src/sum_amd64.s", "sum 5 5", &[("runtime.sum", 7), ("body", 9)]);
        all[3].items.extend(sheet("", 0, &[here, defined("common/x.h", "far 3 3", &[])]).items);
        all[4] = sheet("source.files", 2, &[file()]);
        compared(all).into_iter().filter(|row| row != "example.com/gen true [] [] []").collect::<Vec<_>>()
    };
    for (package, function, refuted) in [
        ("main", "sum /build/sum_amd64.s 5", None),
        ("main", "sum.abi0 /build/sum_amd64.s 5", None),
        ("main", "sum /build/sum_amd64.s 6", Some("sum")),
        ("main", "sum /build/inner/sum_amd64.s 5", Some("sum")),
        ("main", "evil /build/sum_amd64.s 5", Some("evil")),
        ("main", "far /common/x.h 3", None),
        ("runtime", "sum /build/sum_amd64.s 7", None),
        ("runtime", "sum /build/sum_amd64.s 5", Some("sum")),
        ("runtime", "evil /build/sum_amd64.s 7", Some("evil")),
        ("", "body /build/sum_amd64.s 9", None),
        ("", "evil /build/sum_amd64.s 9", Some("evil")),
        ("", "sum /build/sum_amd64.s 5", Some("sum")),
        // `//line` gives Go any file, and with -trimpath none; C has none.
        ("", "evil /build/cool.c 5", Some("evil")),
        ("", "evil ?? 5", Some("evil")),
        ("", "x_cgo_munmap  0", None),
    ] {
        let rows = case(package, function);
        let is_refuted = |name| rows.len() == 1 && rows[0].contains(&format!("false [\"{name}\"]"));
        assert!(refuted.map_or(rows.is_empty(), is_refuted), "{package} {function}: {rows:?}");
    }
}

#[test]
fn records_of_before_do_not_say_what_assembly_defines() {
    let mut all = sheets("main /build/gen.go 54\nsum /build/sum_amd64.s 5", SOURCE);
    all[4] = sheet("source.files", 2, &[file()]);
    assert_eq!(
        compared(all),
        [r#"example.com/gen ?assembly-not-read ["sum"] [] []"#.to_owned(), "gap assembly-not-read".to_owned()]
    );
}
