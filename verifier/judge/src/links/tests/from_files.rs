//! Tests of the links: programs that were built from files (`go build main.go`).

use super::functions::{ROW, SOURCE, declarations, sheets};
use super::{link, row};
use crate::run::{Declared, DeclaredBinary};
use crate::tests::court::sheet;
use assize_facts::Field;
use serde_json::{Value as Json, json};

#[test]
fn a_program_built_from_files_is_one_of_the_main_packages() {
    let case = |table: &str, package: Option<&str>| {
        let mut all = sheets(table, SOURCE);
        all[0].items[0].fields.insert("main_package", Field::Known(json!("command-line-arguments")));
        let mut other = declarations("example.com/gen/other", "main", "src/other/gen.go", "main 54 67");
        other["is_main"] = json!(true);
        all[3].items.extend(sheet("", 0, &[other]).items);
        let binaries =
            vec![DeclaredBinary { name: "gen".into(), package: package.map(str::to_owned), ..Default::default() }];
        let found = link("link.functions", all, Declared { binaries, ..Declared::default() });
        let rows = found.items.iter().map(|item| row(item, ROW));
        rows.chain(found.gaps.iter().map(|gap| format!("gap {}", gap.reason.code))).collect::<Vec<_>>()
    };
    let own = ["example.com/gen true [] [] []"];
    assert_eq!(case("main ./gen.go 54\nover ./gen.go 44", None), own);
    assert_eq!(case("main ./gen.go 54", Some("./gen.go")), own);
    assert_eq!(case("main ./gen.go 54", Some("./other")), ["example.com/gen/other true [] [] []"]);
    assert_eq!(case("main ./gen.go 54\nevil ./evil.go 1", Some(".")), [r#"example.com/gen false ["evil"] [] []"#]);
    assert!(case("main ./gen.go 54", None).contains(&"gap main-package-not-named".to_owned()));
    assert!(case("main ./gen.go 55", None).contains(&"gap main-package-not-named".to_owned()));
}

#[test]
fn the_module_of_a_program_built_from_files_is_that_of_the_source() {
    let case = |table: &str, modules: &[&str]| {
        let mut all = sheets(table, SOURCE);
        all[0].items[0].fields.insert("main_package", Field::Known(json!("command-line-arguments")));
        all[0].items[0].fields.insert("main_module", Field::Known(Json::Null));
        let file = |module: &&str| json!({"name": "go.mod", "module": module});
        all.push(sheet("module.file", 1, &modules.iter().map(file).collect::<Vec<_>>()));
        let found = link("link.functions", all, Declared::default());
        let rows = found.items.iter().map(|item| row(item, ROW));
        rows.chain(found.gaps.iter().map(|gap| format!("gap {}", gap.reason.code))).collect::<Vec<_>>()
    };
    let own = "example.com/gen true [] [] []";
    assert_eq!(case("main ./gen.go 54\nover ./gen.go 44", &["example.com/gen", "example.com"]), [own]);
    assert_eq!(case("main ./gen.go 54", &["example.org/gen"]), [own, "gap main-package-not-named"]);
    assert_eq!(
        case("main ./gen.go 54\nevil ./evil.go 1", &["example.com/gen"]),
        [r#"example.com/gen false ["evil"] [] []"#]
    );
}
