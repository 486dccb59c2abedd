//! modules.txt in tables.

use super::*;
use crate::modfile::{Strictness, parse_go_mod, parse_go_work};

const TXT: &str = "\
# x.y/a v1.0.0
## explicit; go 1.18
x.y/a
x.y/a/sub
# x.y/b v1.1.0 => ./b
## explicit
x.y/b
# x.y/c v0.1.0
## go 1.20
x.y/c
# x.y/b => ./b
# x.y/d => x.y/fork v1.2.3
";

const MOD: &str = "module m\ngo 1.21\nrequire x.y/a v1.0.0\nrequire x.y/b v1.1.0\n\
    replace x.y/b => ./b\nreplace x.y/d => x.y/fork v1.2.3\n";

#[test]
fn modules_txt_is_read_as_the_go_command_reads_it() {
    let text = format!("{TXT}# short\nx.y/d/stray\n# x.y/e latest\nx.y/e\n#x.y/f v1.0.0\n\nx.y/a two\n");
    let txt = parse_modules_txt(text.as_bytes());
    let shown: Vec<String> = txt
        .modules
        .iter()
        .map(|v| {
            let packages: Vec<&str> = v.packages.iter().map(|(p, _)| p.as_str()).collect();
            let replacement = v.replacement.as_ref().map_or(String::new(), |r| format!(" => {r}"));
            format!("{}{replacement} {} {} {packages:?}", v.module, v.explicit, v.go.as_deref().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"x.y/a@v1.0.0 true 1.18 ["x.y/a", "x.y/a/sub"]"#,
            r#"x.y/b@v1.1.0 => ./b true - ["x.y/b"]"#,
            r#"x.y/c@v0.1.0 false 1.20 ["x.y/c"]"#,
            // A wildcard replacement has a line of its own.
            r#"x.y/b => ./b false - []"#,
            // A line that is too short does not end its predecessor.
            r#"x.y/d => x.y/fork@v1.2.3 false - ["x.y/d/stray"]"#,
        ]
    );
    let ignored: Vec<u32> = txt.ignored.iter().map(|p| p.line).collect();
    assert_eq!(ignored, [13, 15, 16, 17, 19]);
    assert!(!txt.workspace && parse_modules_txt(b"## workspace\n# x.y/a v1.0.0\n").workspace);
}

fn found(txt: &str, go_mod: &str) -> String {
    let parsed = parse_go_mod(go_mod.as_bytes(), Strictness::Main);
    assert_eq!(parsed.mistakes, [], "{go_mod}");
    let mains = Mains::new(vec![Main { go_mod: &parsed.file, folder: "." }], None);
    let all = inconsistencies(&parse_modules_txt(txt.as_bytes()), &mains);
    all.iter().map(|i| format!("{}: {}", i.module, i.message)).collect::<Vec<_>>().join("\n")
}

#[test]
fn disagreement_is_what_the_go_command_refuses() {
    const NOT_MARKED: &str = "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt";
    assert_eq!(found(TXT, MOD), "");
    for (txt, go_mod, wanted) in [
        (TXT.replace("## explicit; go 1.18", "## go 1.18"), MOD.into(), format!("x.y/a@v1.0.0: {NOT_MARKED}")),
        (
            TXT.replace("x.y/a v1.0.0", "x.y/a v1.0.1"),
            MOD.into(),
            format!(
                "x.y/a@v1.0.0: {NOT_MARKED}\nx.y/a@v1.0.1: is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod"
            ),
        ),
        (
            TXT.replace("# x.y/b => ./b\n", ""),
            MOD.into(),
            "x.y/b: is replaced, but not marked as replaced in vendor/modules.txt".into(),
        ),
        (
            TXT.replace(" v1.2.3", " v1.2.4"),
            MOD.into(),
            "x.y/d: is replaced by x.y/fork@v1.2.3, but marked as replaced by x.y/fork@v1.2.4 in vendor/modules.txt"
                .into(),
        ),
        (
            TXT.into(),
            MOD.replace("replace x.y/d => x.y/fork v1.2.3\n", ""),
            "x.y/d: is marked as replaced in vendor/modules.txt, but not replaced in go.mod".into(),
        ),
        (TXT.replace("## explicit; go 1.18", "##"), MOD.replace("go 1.21", "go 1.13"), String::new()),
        (
            TXT.replace("x.y/a v1.0.0", "x.y/a v1.0.1").replace("## explicit; go 1.18", ""),
            MOD.replace("go 1.21\n", ""),
            "x.y/a@v1.0.0: is explicitly required in go.mod, but vendor/modules.txt indicates x.y/a@v1.0.1".into(),
        ),
    ] {
        assert_eq!(found(&txt, &go_mod), wanted, "{txt}\n{go_mod}");
    }
}

#[test]
fn folders_of_a_workspace_are_seen_from_go_work() {
    let a = parse_go_mod(b"module x.y/a\nreplace x.y/z => ../z\n", Strictness::Main).file;
    let work = parse_go_work(b"go 1.26\nuse ./a\n").file;
    let mains = Mains::new(vec![Main { go_mod: &a, folder: "a" }], Some(&work));
    let target = mains.canonical_replacement(&Module::new("x.y/z", "v1.0.0"));
    assert_eq!(target, Some(Module::new("./z", "")));
    for (given, wanted) in
        [("a/../b", "b"), ("./a//b/.", "a/b"), ("../../x", "../../x"), ("a/..", "."), ("/../x", "/x")]
    {
        assert_eq!(clean(given), wanted);
    }
}
