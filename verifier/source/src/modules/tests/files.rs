//! Module files, requirements, replacements, sums and settings.

use super::fixture::{Fixture, sums};
use assize_facts::kinds::inventory::{BuildFile, BuildSetting};
use assize_facts::{Known, Origin, Sheet};
use assize_golang::module::Module;

const REQUIREMENTS: &str =
    "path effective_path effective_version zip_sum_needed zip_sum_present mod_sum_present sums_complete sums_recorded";
const REPLACEMENTS: &str = "directive path target used own_module own_replacement";

#[test]
fn an_honest_module_is_read_whole() {
    let fixture = Fixture::honest();
    assert_eq!(
        fixture.show("module.file", "name is_main parsed module go mistake"),
        "go.mod true true example.com/app 1.26.0 null\ngo.sum true true null null null\nmodules.txt true true null null null\n"
    );
    assert_eq!(
        fixture.show("module.requirements", REQUIREMENTS),
        "x.y/a x.y/a v1.0.0 true true true true true\nx.y/b x.y/b v1.1.0 true true true true true\n"
    );
    assert_eq!(fixture.show("module.replacements", REPLACEMENTS), "");
    assert_eq!(
        fixture.show("module.sums", "path of well_formed conflicting database_agrees line").lines().next(),
        Some("x.y/a zip true false ?sumdb-no-record 1")
    );
}

#[test]
fn what_the_go_command_refuses_is_said_with_its_place() {
    for (path, text, wanted) in [
        ("src/go.mod", "\u{feff}module m\n", "go.mod false unexpected input character '\\u{feff}' 1"),
        ("src/go.mod", "go 1.26\n", "go.mod false no module declaration 1"),
        ("src/go.mod", "module m@v1\n", "go.mod false malformed module path \"m@v1\": invalid char '@' 1"),
        (
            "src/go.mod",
            "module m\nreplace x.y/a => ./a\nreplace x.y/a => ./b\n",
            "go.mod false conflicting replacements for x.y/a 3",
        ),
        (
            "src/go.mod",
            "module m\nretract v2.0.0\n",
            "go.mod false retract: version \"v2.0.0\" invalid: should be v0 or v1, not v2 2",
        ),
        (
            "src/go.mod",
            "module m\nreplace x.y/a => x.y/b v2.0.0\n",
            "go.mod false replacement x.y/b: version \"v2.0.0\" invalid: should be v0 or v1, not v2 2",
        ),
        (
            "src/go.mod",
            "module m\ntool ./cmd\n",
            "go.mod false malformed tool path \"./cmd\": invalid path element \".\" 2",
        ),
        (
            "src/go.mod",
            "module m\nrequire x.y/a v1.0\n",
            "go.mod false require x.y/a: the version is not written in its canonical form v1.0.0 2",
        ),
        (
            "src/go.mod",
            "module m\nreplace x.y/a v1 => x.y/b v1.0.0\n",
            "go.mod false replace x.y/a: the version is not written in its canonical form v1.0.0 2",
        ),
        (
            "src/go.mod",
            "module m\nretract [v0.1, \"v0.1.1\"]\n",
            "go.mod false retract: version \"v0.1\" is not canonical 2",
        ),
        (
            "src/go.mod",
            "module m\nrequire (\n\tx.y/a \"v1.0.0+meta\" // indirect\n)\n",
            "go.mod false require x.y/a: the version is not written in its canonical form v1.0.0 3",
        ),
        ("src/go.sum", "a b\n", "go.sum false wrong number of fields 1"),
    ] {
        let fixture = Fixture::honest();
        fixture.write(path, text);
        let shown = fixture.show("module.file", "name parsed mistake line");
        assert!(shown.lines().any(|line| line == wanted), "{wanted}\n{shown}");
    }
}

#[test]
fn what_the_go_command_takes_is_no_mistake() {
    let fixture = Fixture::new();
    fixture.write(
        "src/go.mod",
        "module x.y/m/v2\n\ngo 1.26\n\nretract [v2.0.0, v2.1.0]\n\ntool x.y/t/cmd\n\n\
         require (\n\t\"x.y/q\" \"v1.0.0\"\n\tx.y/r v2.0.0+incompatible // indirect\n)\n\n\
         replace (\n\tx.y/a => x.y/b v2.0.0+incompatible\n\tx.y/c => x.y/d/v3 v3.1.0\n\tx.y/e => gopkg.in/e.v1 v1.0.0\n\tx.y/f => ../f\n)\n",
    );
    assert_eq!(fixture.show("module.file", "name parsed mistake"), "go.mod true null\n");
}

#[test]
fn of_several_replacements_the_one_in_force_is_used() {
    let fixture = Fixture::honest();
    fixture.remove("src/vendor");
    fixture.edit(
        "src/go.mod",
        "go 1.26.0\n",
        "go 1.26.0\n\nreplace x.y/a => x.y/fork v1.0.1\nreplace x.y/a v1.0.0 => x.y/a v1.0.0\nreplace x.y/b => x.y/b v1.1.0\n",
    );
    let shown = |fixture: &Fixture| fixture.show("module.replacements", "spelled used");
    assert_eq!(
        shown(&fixture),
        "x.y/a => x.y/fork v1.0.1 false\nx.y/a v1.0.0 => x.y/a v1.0.0 true\nx.y/b => x.y/b v1.1.0 true\n"
    );
    fixture.write("src/go.work", "go 1.26.0\n\nuse .\n\nreplace x.y/b => x.y/evil v1.1.0\n");
    assert_eq!(
        shown(&fixture),
        "x.y/b => x.y/evil v1.1.0 true\nx.y/a => x.y/fork v1.0.1 false\nx.y/a v1.0.0 => x.y/a v1.0.0 true\nx.y/b => x.y/b v1.1.0 false\nexample.com/app => . false\n"
    );
}

#[test]
fn a_replacement_that_another_one_goes_before_is_not_used_before_go_1_17_either() {
    let fixture = Fixture::honest();
    fixture.edit(
        "src/go.mod",
        "go 1.26.0\n",
        "go 1.16\n\nreplace x.y/a => x.y/fork v1.0.1\nreplace x.y/a v1.0.0 => x.y/a v1.0.0\nreplace x.y/b => ../b\n",
    );
    let shown = fixture.show("module.replacements", "spelled used");
    assert_eq!(shown, "x.y/a => x.y/fork v1.0.1 false\nx.y/a v1.0.0 => x.y/a v1.0.0 true\nx.y/b => ../b true\n");
}

#[test]
fn a_requirement_that_the_build_takes_nothing_of_needs_no_sums_where_no_go_mod_is_read() {
    for (go, indirect, vendored, wanted) in [
        ("1.26", "", true, "x.y/u true"),
        ("1.26", " // indirect", true, "x.y/u true"),
        ("1.26", "", false, "x.y/u ?build-unknown"),
        ("1.26", " // indirect", false, "x.y/u ?build-unknown"),
        ("1.16", "", true, "x.y/u false"),
        ("1.16", "", false, "x.y/u false"),
    ] {
        let fixture = Fixture::honest();
        fixture.edit("src/go.mod", "go 1.26.0\n", &format!("go {go}\n\nrequire x.y/u v1.0.0{indirect}\n"));
        if !vendored {
            fixture.remove("src/vendor");
        }
        let shown = fixture.show("module.requirements", "path sums_complete");
        assert!(shown.lines().any(|line| line == wanted), "{go}{indirect} {vendored}: {shown}");
    }
}

#[test]
fn a_workspace_uses_no_folder_and_no_module_twice() {
    let shown = |uses: &str| {
        let fixture = Fixture::honest();
        fixture.write("src/go.work", &format!("go 1.26.0\n\nuse (\n{uses})\n"));
        fixture.write("src/in/go.mod", "module example.com/in\n\ngo 1.26.0\n");
        fixture.write("src/copy/go.mod", "module example.com/in\n\ngo 1.26.0\n");
        fixture.show("module.file", "name parsed mistake line").lines().next().map(str::to_owned)
    };
    assert_eq!(shown("\t.\n\t./in\n").as_deref(), Some("go.work true null 0"));
    let wanted = "go.work false path in/ appears multiple times in workspace 6";
    assert_eq!(shown("\t.\n\t./in\n\tin/\n").as_deref(), Some(wanted));
    let wanted = "go.work false module example.com/in appears multiple times in workspace 6";
    assert_eq!(shown("\t.\n\t./in\n\t./copy\n").as_deref(), Some(wanted));
}

#[test]
fn a_missing_sum_is_told_where_it_is_known_to_be_needed() {
    let fixture = Fixture::honest();
    let text = std::fs::read_to_string(fixture.path("src/go.sum")).expect("text");
    let without =
        |word: &str| text.lines().filter(|l| !l.starts_with(word)).map(|l| format!("{l}\n")).collect::<String>();
    fixture.write("src/go.sum", &without("x.y/a v1.0.0 "));
    let first = |fixture: &Fixture| fixture.show("module.requirements", REQUIREMENTS).lines().next().map(String::from);
    assert_eq!(first(&fixture).as_deref(), Some("x.y/a x.y/a v1.0.0 true false true false false"));
    fixture.write("src/go.sum", &without("x.y/a v1.0.0/go.mod "));
    assert_eq!(first(&fixture).as_deref(), Some("x.y/a x.y/a v1.0.0 true true false false false"));

    // Without vendor/, only what the build imports tells.
    let mut fixture = fixture;
    fixture.write("src/go.sum", &without("x.y/a v1.0.0 "));
    fixture.remove("src/vendor");
    assert_eq!(first(&fixture).as_deref(), Some("x.y/a x.y/a v1.0.0 ?build-unknown false true ?build-unknown false"));
    fixture.imports(&["fmt", "x.y/a/sub", "x.y/bb"]);
    assert_eq!(first(&fixture).as_deref(), Some("x.y/a x.y/a v1.0.0 true false true false false"));
    // Two modules that could hold the package: the Go command looks into both.
    fixture.edit("src/go.mod", "x.y/a v1.0.0", "x.y/a v1.0.0\n\tx.y/a/sub v1.0.0");
    assert_eq!(first(&fixture).as_deref(), Some("x.y/a x.y/a v1.0.0 true false true false false"));
}

#[test]
fn sums_are_those_of_the_effective_module() {
    let mut fixture = Fixture::honest();
    fixture.remove("src/vendor");
    fixture.edit(
        "src/go.mod",
        "go 1.26.0\n",
        "go 1.26.0\n\nreplace x.y/a => x.y/fork v1.0.1\nreplace x.y/b v1.1.0 => ./b\n",
    );
    fixture.write("src/b/go.mod", "module x.y/b\n");
    fixture.imports(&["x.y/a"]);
    assert_eq!(
        fixture.show("module.requirements", REQUIREMENTS),
        "x.y/a x.y/fork v1.0.1 true false false false false\nx.y/b null null false null null true true\n"
    );
    let text = sums(&Module::new("x.y/fork", "v1.0.1"), &[], "module x.y/fork\n");
    fixture.write("src/go.sum", &text);
    assert!(
        fixture
            .show("module.requirements", REQUIREMENTS)
            .starts_with("x.y/a x.y/fork v1.0.1 true true true true true\n")
    );
}

#[test]
fn two_sums_for_one_version_conflict() {
    let fixture = Fixture::honest();
    let text = std::fs::read_to_string(fixture.path("src/go.sum")).expect("text");
    fixture.write(
        "src/go.sum",
        &(text + "x.y/a v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nx.y/b v1.1.0 h1:bad\n"),
    );
    let shown = fixture.show("module.sums", "path of well_formed conflicting");
    assert_eq!(shown.lines().filter(|l| *l == "x.y/a zip true true").count(), 2);
    assert!(shown.ends_with("x.y/b zip false true\n"), "{shown}");
}

#[test]
fn replacements_by_folders_are_the_suppliers_own_or_not() {
    let fixture = Fixture::new();
    fixture.write(
        "src/go.mod",
        "module github.com/acme/app\n\ngo 1.26\n\n\
         require (\n\tgithub.com/acme/app/api v0.0.0\n\tgithub.com/other/lib v1.0.0\n\tgithub.com/acme/lib v1.0.0\n\tcorp.example/x v1.0.0\n\tgithub.com/gone/away v1.0.0\n)\n\n\
         replace (\n\tgithub.com/acme/app/api => ./api\n\tgithub.com/other/lib => ./lib\n\tgithub.com/acme/lib => ./named-otherwise\n\
         \tcorp.example/x => ./x\n\tgithub.com/gone/away => ../away\n\tgithub.com/guard/unused => ./nowhere\n\tgithub.com/pin/pinned => github.com/pin/pinned v1.2.3\n)\n",
    );
    for (folder, module) in [
        ("api", "github.com/acme/app/api"),
        ("lib", "github.com/other/lib"),
        ("named-otherwise", "github.com/acme/else"),
        ("x", "corp.example/x"),
    ] {
        fixture.write(&format!("src/{folder}/go.mod"), &format!("module {module}\n"));
    }
    fixture.write("away/go.mod", "module github.com/gone/away\n");
    assert_eq!(
        fixture.show("module.replacements", REPLACEMENTS),
        "replace github.com/acme/app/api ./api true true true\n\
         replace github.com/other/lib ./lib true false false\n\
         replace github.com/acme/lib ./named-otherwise true false false\n\
         replace corp.example/x ./x true false false\n\
         replace github.com/gone/away ../away true false ?target-not-delivered\n\
         replace github.com/guard/unused ./nowhere false false ?target-not-delivered\n\
         replace github.com/pin/pinned github.com/pin/pinned false false false\n"
    );
    let fixture = Fixture { private: vec!["corp.example".into()], ..fixture };
    assert!(fixture.show("module.replacements", REPLACEMENTS).contains("replace corp.example/x ./x true true true\n"));
}

#[test]
fn below_go_1_17_a_replaced_module_may_be_in_the_graph_unlisted() {
    let fixture = Fixture::new();
    fixture.write("src/go.mod", "module m\n\ngo 1.16\n\nreplace x.y/deep => ./deep\n");
    fixture.write("src/deep/go.mod", "module x.y/deep\n");
    assert_eq!(fixture.show("module.replacements", REPLACEMENTS), "replace x.y/deep ./deep false false false\n");
    fixture.edit("src/go.mod", "1.16\n", "1.16\n\nrequire x.y/a v1.0.0\n");
    assert_eq!(
        fixture.show("module.replacements", REPLACEMENTS),
        "replace x.y/deep ./deep ?graph-not-listed false false\n"
    );
    fixture.edit("src/go.mod", "go 1.16", "go 1.17");
    assert_eq!(fixture.show("module.replacements", REPLACEMENTS), "replace x.y/deep ./deep false false false\n");
}

#[test]
fn a_workspace_brings_in_its_members() {
    let fixture = Fixture::new();
    fixture.write("src/go.work", "go 1.26\n\nuse (\n\t./app\n\t./lib\n\t./jwt\n\t./tools\n)\n");
    fixture.write(
        "src/app/go.mod",
        "module github.com/acme/app\n\ngo 1.26\n\nrequire (\n\tgithub.com/acme/lib v0.1.0\n\tgithub.com/third/jwt v1.0.0\n\tx.y/a v1.0.0\n)\n",
    );
    fixture.write("src/lib/go.mod", "module github.com/acme/lib\n\ngo 1.26\n\nrequire x.y/a v1.0.1\n");
    fixture.write("src/jwt/go.mod", "module github.com/third/jwt\n\ngo 1.26\n");
    fixture.write("src/app/go.sum", "x.y/a v1.0.0/go.mod h1:x\n");
    fixture.write("src/go.work.sum", "x.y/a v1.0.1 h1:x\nx.y/a v1.0.1/go.mod h1:x\n");
    assert_eq!(
        fixture.show("module.replacements", REPLACEMENTS),
        "use github.com/acme/app ./app false true true\n\
         use github.com/acme/lib ./lib true true true\n\
         use github.com/third/jwt ./jwt true false false\n\
         use  ./tools ?target-not-delivered false ?target-not-delivered\n"
    );
    assert_eq!(
        fixture.show("module.requirements", "required_by path local zip_sum_needed sums_complete"),
        "github.com/acme/app github.com/acme/lib true false true\n\
         github.com/acme/app github.com/third/jwt true false true\n\
         github.com/acme/app x.y/a false false true\n\
         github.com/acme/lib x.y/a false ?build-unknown true\n"
    );
    // A replacement of a member is none of a module that nobody requires (kubernetes has one for every member, for GOWORK=off).
    fixture.edit(
        "src/app/go.mod",
        ")\n",
        ")\n\nreplace (\n\tgithub.com/acme/lib => ../lib\n\tx.y/unused => ../lib\n)\n",
    );
    let shown = fixture.show("module.replacements", "path used member");
    assert!(shown.starts_with("github.com/acme/lib false true\nx.y/unused false false\n"), "{shown}");
    // With every sum there, nothing is left for the missing member to stand for.
    fixture.write("src/app/go.sum", "x.y/a v1.0.0 h1:x\nx.y/a v1.0.0/go.mod h1:x\n");
    assert!(
        fixture.show("module.replacements", REPLACEMENTS).ends_with("use  ./tools false false ?target-not-delivered\n")
    );
}

#[test]
fn what_would_be_another_build_is_a_gap() {
    let fixture = Fixture::honest();
    fixture.write("go.work", "go 1.26\nuse ./src\n");
    assert!(fixture.show("module.file", "name").ends_with("gap workspace-above-source go.work\n"));
    let fixture = Fixture::new();
    fixture.write("src/main.go", "package main\n");
    assert_eq!(fixture.show("module.requirements", "path"), "gap no-module-file src/\n");
    let fixture = Fixture { spec: Default::default(), ..Fixture::new() };
    assert_eq!(fixture.show("module.sums", "path"), "gap no-source \n");
}

fn setting(name: &str, value: &str) -> Sheet {
    let mut sheet = Sheet::of::<BuildSetting>();
    sheet.examined(1);
    let fact = BuildSetting {
        tool: BuildFile::Dockerfile,
        setting: name.into(),
        value: Known::Value(Some(value.into())),
        command: None,
        delivered: Known::Value(true),
        told_by: None,
    };
    sheet.push(fact, Origin::line("src/Dockerfile", 3));
    sheet
}

#[test]
fn settings_of_the_checksum_database_matter_where_a_sum_is_missing() {
    let mut fixture = Fixture::honest();
    fixture.remove("src/vendor");
    let mut shown = |name, value| {
        fixture.settings = Some(setting(name, value));
        fixture.show("module.checksum_settings", "setting delivered reaches")
    };
    assert_eq!(shown("GOSUMDB", "off"), "GOSUMDB true []\n");
    fixture.write("src/go.sum", "");
    let mut shown = |name, value| {
        fixture.settings = Some(setting(name, value));
        fixture.show("module.checksum_settings", "setting delivered reaches")
    };
    for (name, value, wanted) in [
        ("GOSUMDB", "off", "GOSUMDB true [\"x.y/a\",\"x.y/b\"]\n"),
        ("GOSUMDB", "sum.golang.org", "GOSUMDB true []\n"),
        ("GOSUMDB", "db.example.com+key", "GOSUMDB true [\"x.y/a\",\"x.y/b\"]\n"),
        ("GONOSUMDB", "x.y/b,z", "GONOSUMDB true [\"x.y/b\"]\n"),
        ("GOPRIVATE", "*", "GOPRIVATE true [\"x.y/a\",\"x.y/b\"]\n"),
        ("GOPRIVATE", "corp.example/*", "GOPRIVATE true []\n"),
        ("-tags", "x", ""),
    ] {
        assert_eq!(shown(name, value), wanted, "{name}={value}");
    }
    fixture.private = vec!["x.y".into()];
    fixture.settings = Some(setting("GOSUMDB", "off"));
    assert_eq!(fixture.show("module.checksum_settings", "reaches"), "[]\n");
    fixture.settings = None;
    assert_eq!(fixture.show("module.checksum_settings", "reaches"), "gap build-settings-not-collected \n");
}

#[test]
fn module_files_are_read_where_a_link_inside_of_the_source_leads() {
    let link = |fixture: &Fixture, name: &str, target: &str| {
        std::os::unix::fs::symlink(target, fixture.path(&format!("src/{name}"))).expect("linked");
    };
    let fixture = Fixture::honest();
    let plain = fixture.show("module.requirements", "path sums_complete");
    for name in ["go.mod", "go.sum"] {
        fixture.write(
            &format!("src/build/{name}.real"),
            &std::fs::read_to_string(fixture.path(&format!("src/{name}"))).expect("text"),
        );
        fixture.remove(&format!("src/{name}"));
        link(&fixture, name, &format!("./build/{name}.real"));
    }
    assert_eq!(fixture.show("module.requirements", "path sums_complete"), plain);
    // What cannot be read lacks nothing that is known.
    fixture.remove("src/go.sum");
    link(&fixture, "go.sum", "../go.sum");
    let unknown = plain.replace("true", "?sum-missing") + "gap link-out-of-tree src/go.sum\n";
    assert_eq!(fixture.show("module.requirements", "path sums_complete"), unknown);
}
