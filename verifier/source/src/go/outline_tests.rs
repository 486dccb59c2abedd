//! Outlines as text: what is imported and declared, and what is refused.

use super::super::lexer::is_keyword;
use super::*;

fn shown(text: &str) -> String {
    let out = outline(text.as_bytes(), |_| 0);
    let mut lines = vec![format!("package {}", out.package)];
    for import in &out.imports {
        let name = import.name.as_deref().map(|n| format!("{n} ")).unwrap_or_default();
        lines.push(format!("import {name}{}", import.path));
    }
    for decl in &out.decls {
        let specs: Vec<String> = decl.specs.iter().map(spec).collect();
        lines.push(format!(
            "{:?} {} `{}`",
            decl.kind,
            specs.join("; "),
            &text[decl.start..decl.end].replace('\n', "⏎")
        ));
    }
    lines.extend(out.fault.map(|fault| format!("fault {} at {}", fault.what, fault.at)));
    lines.join("\n")
}

fn spec(spec: &Spec) -> String {
    let receiver = spec
        .receiver()
        .map(|r| format!("({}{}{}).", if r.pointer { "*" } else { "" }, r.base, if r.generic { "[…]" } else { "" }));
    let marks = [(spec.alias, "="), (spec.generic, "[…]")].map(|(on, mark)| if on { mark } else { "" }).concat();
    format!("{}{}{marks}", receiver.unwrap_or_default(), spec.names().collect::<Vec<_>>().join(","))
}

#[test]
fn imports_are_found_in_every_spelling() {
    let table = [
        ("package p\nimport \"C\"\n", "import C"),
        ("package p;import \"C\";import(\"fmt\";m \"math\")", "import C\nimport fmt\nimport m math"),
        ("package p\nimport (\n\t. \"a/b\"\n\t_ `c`\n)\n", "import . a/b\nimport _ c"),
        ("package\n// x\np\nimport\n/* \"D\" */\n\"C\"\n", "import C"),
        ("\u{feff}package p\nimport \"\\x43\"\n", "import C"),
        ("package p\r\nimport (\r\n\t\"C\"\r\n)\r\n", "import C"),
        ("package p\n// import \"C\"\n/*\nimport \"C\"\n*/\n", ""),
        ("package p\nimport ()\nimport x \"C\"", "import x C"),
    ];
    for (text, expected) in table {
        let expected = ["package p", expected].iter().filter(|l| !l.is_empty()).copied().collect::<Vec<_>>().join("\n");
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn declarations_are_found_with_names_and_bounds() {
    let table = [
        ("func f() {\n\tx(`}`)\n}", "Func f `func f() {⏎\tx(`}`)⏎}`"),
        ("func\nf()", "Func f `func⏎f()`"),
        ("func (s *Server) Start() { }", "Method (*Server).Start `func (s *Server) Start() { }`"),
        ("func (l *(List[T])) M() {}", "Method (*List[…]).M `func (l *(List[T])) M() {}`"),
        ("func (T) M[P any](x P) {}", "Method (T).M[…] `func (T) M[P any](x P) {}`"),
        ("func F[K comparable, V any](m map[K]V) {}", "Func F[…] `func F[K comparable, V any](m map[K]V) {}`"),
        ("var a, b = 1, 2 // c", "Var a,b `var a, b = 1, 2`"),
        (
            "var (\n a int; b = struct{x int}{1}\n\n c, d string\n)",
            "Var a; b; c,d `var (⏎ a int; b = struct{x int}{1}⏎⏎ c, d string⏎)`",
        ),
        ("const (A = iota; B)", "Const A; B `const (A = iota; B)`"),
        ("type A = B", "Type A= `type A = B`"),
        ("type A[P any] = B[P]", "Type A=[…] `type A[P any] = B[P]`"),
        ("type A [n]int", "Type A `type A [n]int`"),
        (
            "type ( A struct { x int\n y int }\n B interface{ M() } )",
            "Type A; B `type ( A struct { x int⏎ y int }⏎ B interface{ M() } )`",
        ),
        ("func init() {}; func init() {}", "Func init `func init() {}`\nFunc init `func init() {}`"),
        ("x := 1", "Broken  `x := 1`"),
        ("func () f() {}", "Broken f `func () f() {}`"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(&format!("package p\n{text}\n")), format!("package p\n{expected}"), "{text:?}");
    }
}

#[test]
fn a_file_that_the_compiler_refuses_has_a_fault() {
    let table = [
        ("package p\nfunc f() { (] }", "package p\nfault brackets that do not match at 22"),
        ("package p\nfunc f() {", "package p\nfault brackets that are not closed at 20"),
        ("package p\n}\nfunc f() {}", "package p\nfault brackets that do not match at 10"),
        ("package p\nvar x = \"a", "package p\nfault string not terminated at 18"),
        ("package p\nimport \"a\" func f() {}", "package p\nimport a\nfault no Go import looks like this at 21"),
        ("package p\nimport (\"a\" \"b\")", "package p\nimport a\nfault no Go import looks like this at 22"),
        ("package p\nimport a\nvar x = 1", "package p\nfault no Go import looks like this at 18"),
        ("// nothing", "package \nfault no package clause at 10"),
        ("", "package \nfault no package clause at 0"),
        ("package p\nvar x = 1 // \0", "package p\nVar x `var x = 1`\nfault NUL byte at 23"),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text:?}");
    }
    assert_eq!(outline(b"package p\n// \xff\n", |_| 0).fault.map(|f| f.what), Some("bytes that are not UTF-8"));
}

#[test]
fn directives_are_kept_with_their_place() {
    let text = "//go:build linux\n\npackage p\n\n//go:linkname a b\nvar x int //go:y z\n/*line a.go:3*/ //line b.go:1\n// go:no\n";
    let found: Vec<String> = outline(text.as_bytes(), |_| 0)
        .directives
        .iter()
        .map(|d| format!("{}|{}|{}", d.text, d.first_on_line, d.block))
        .collect();
    assert_eq!(
        found,
        [
            "go:build linux|true|false",
            "go:linkname a b|true|false",
            "go:y z|false|false",
            "line a.go:3|true|true",
            "line b.go:1|false|false"
        ]
    );
}

#[test]
fn deep_nesting_and_odd_bytes_never_break_the_reader() {
    let deep = format!("package p\nvar x = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000));
    assert!(outline(deep.as_bytes(), |_| 0).fault.is_none());
    for text in
        [&b"\xef\xbb"[..], b"package", b"package p\nimport", b"package p\nfunc (", b"package p\ntype T[", b"\"", b"'\\"]
    {
        let _ = outline(text, |_| 0);
    }
}

#[test]
fn a_declaration_has_a_struct_without_a_name_wherever_another_than_the_declared_one_has_fields() {
    for (text, expected) in [
        ("type T struct { x int }", false),
        ("type T struct { x int; done chan struct{} }", false),
        ("type T struct { x int; in struct { y int } }", true),
        ("type T[P any] struct { x int }", true),
        ("type T = struct { x int }", true),
        ("type T []struct { x int }", true),
        ("type T [2]struct { x int }", true),
        ("type T [N * 2]struct { x int }", true),
        ("type (\n A int\n B struct { x int }\n)", false),
        ("type (\n A int\n B func(\n A struct { x int })\n)", true),
        ("type T /* */ struct { x int }", false),
        ("type T interface { M(struct { x int }) }", true),
        ("func f() { restructure(constructor, struct\n{ }{}) }", false),
        ("func f() { _ = struct /* */ { x int }{} }", true),
        ("func f(x struct { y int }) {}", true),
        ("var x struct{ x int }", true),
        ("var x, done = 1, make(chan struct{})", false),
        ("type structs struct { x int }", false),
    ] {
        let out = outline(format!("package p\n{text}\n").as_bytes(), |_| 0);
        assert_eq!(out.decls[0].nameless, expected, "{text}");
    }
}

/// An outline of which every token was looked at.
fn by_token(text: &[u8], marker: Marker) -> Outline {
    let mut out = Outline { fault: illegal_bytes(text), ..Outline::default() };
    let mut reader = Reader { by_token: true, ..Reader::new(text, marker) };
    if let Err(fault) = reader.file(&mut out) {
        out.fault = out.fault.or(Some(fault));
    }
    out.finish(text, &reader)
}

/// Every name tells.
fn first_letter(name: &[u8]) -> u32 {
    if is_keyword(name) { 0 } else { 1 << (name[0] % 32) }
}

#[test]
fn what_is_skimmed_has_the_outline_that_its_tokens_have() {
    use crate::go::corpus_tests::{go_files, goroot};

    let mut files = Vec::new();
    for folder in ["src/go/parser", "src/go/scanner", "src/net/http", "src/crypto/tls", "src/regexp", "src/unicode"] {
        go_files(&goroot().join(folder), &mut files);
    }
    go_files(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/go/corpus"), &mut files);
    let put_in: [&[u8]; 20] = [
        b"(", b")", b"[", b"]", b"{", b"}", b"\"", b"`", b"'", b"//", b"/*", b"*/", b"\n", b";", b".5", b"#", b"\0",
        b"\\", b"x", b"\xff",
    ];
    let (mut compared, mut random) = (0, 0x9e37_79b9_7f4a_7c15_u64);
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    for file in files {
        let text = std::fs::read(&file).expect("it was listed");
        for round in 0..8 {
            let mut text = text.clone();
            // As it is; then with something put in, or a stretch taken out.
            for _ in 0..round {
                let at = next(text.len() + 1);
                match next(3) {
                    0 => drop(text.drain(at..(at + next(40)).min(text.len()))),
                    _ => drop(text.splice(at..at, put_in[next(put_in.len())].iter().copied())),
                }
            }
            let (skimmed, tokens) = (outline(&text, first_letter), by_token(&text, first_letter));
            assert_eq!(format!("{skimmed:?}"), format!("{tokens:?}"), "{} {round}", file.display());
            compared += 1;
        }
    }
    assert!(compared > 1_000, "{compared}");
}
