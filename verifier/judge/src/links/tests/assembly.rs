//! Tests of `link.functions`: assembly and what cgo writes.

use super::functions::{SOURCE, compared, functions, sheets};
use crate::tests::court::sheet;
use serde_json::{Value as Json, json};

#[test]
fn assembly_and_cgo_need_their_files() {
    let table = "main /build/gen.go 54\nsum /build/sum_amd64.s 5\nhelper /build/sum_amd64.s 50\n_Cfunc_getpid _cgo_gotypes.go 40";
    let case = |files: &[Json]| {
        let mut all = sheets(table, "main 54 67\nsum 80 80");
        all[4] = sheet("source.files", 2, files);
        compared(all)
    };
    let assembly = json!({"file": "src/sum_amd64.s", "package": "example.com/gen", "language": "assembly", "fate": "built", "imports_c": false});
    let cgo = json!({"file": "src/gen.go", "package": "example.com/gen", "language": "go", "fate": "cgo-file", "imports_c": true});
    assert_eq!(case(&[assembly.clone(), cgo]), ["example.com/gen true [] [] []"]);
    assert_eq!(case(&[assembly]), [r#"example.com/gen false ["_Cfunc_getpid"] [] []"#]);
    assert_eq!(
        case(&[]),
        [r#"example.com/gen false ["helper","_Cfunc_getpid"] ["sum"] []"#
            .replace(r#""helper","_Cfunc_getpid""#, r#""_Cfunc_getpid","helper""#)]
    );
}

#[test]
fn assembly_accounts_for_functions_in_its_own_folder() {
    let assembly = json!({"file": "src/sum_amd64.s", "package": "example.com/gen", "language": "assembly", "fate": "built", "imports_c": false});
    let case = |package: &str, function: &str| {
        let mut all = sheets("main /build/gen.go 54", SOURCE);
        all[2].items.extend(sheet("", 0, &[functions(package, function)]).items);
        all[4] = sheet("source.files", 2, std::slice::from_ref(&assembly));
        compared(all).into_iter().filter(|row| row != "example.com/gen true [] [] []").collect::<Vec<_>>()
    };
    let none: &[&str] = &[];
    assert_eq!(case("runtime", "sum /build/sum_amd64.s 5"), none);
    for file in ["/elsewhere/sum_amd64.s", "/build/inner/sum_amd64.s"] {
        assert_eq!(case("runtime", &format!("sum {file} 5")), [r#"runtime false ["sum"] [] []"#], "{file}");
        assert_eq!(case("main", &format!("sum {file} 5")), [r#"example.com/gen false ["sum"] [] []"#], "{file}");
    }
}
