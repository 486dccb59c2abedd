//! Text that is there to break a reader: every kind answers, in time, with a gap where something of the build could not be understood.

use super::KINDS;
use super::table::{cgo_off, collect_all};
use crate::build::Memory;
use assize_facts::Sheet;
use std::time::{Duration, Instant};

/// Each with whether it is Go by its syntax; what is none has to be a gap.
fn texts() -> Vec<(&'static str, Vec<u8>, bool)> {
    let text = |text: String| text.into_bytes();
    let many = |one: &str, count: usize| one.repeat(count);
    let deep = |open: &str, close: &str| {
        format!("package p\nfunc f() {{ println({}1{}) }}\n", many(open, 100_000), many(close, 100_000))
    };
    vec![
        ("nothing", vec![], false),
        ("NUL", b"package p\nvar x = \"\0\"\n".to_vec(), false),
        ("no UTF-8", b"package p\n// \xff\xfe\n".to_vec(), false),
        ("a byte order mark", b"\xef\xbb\xbfpackage p\n".to_vec(), true),
        ("a byte order mark inside", b"package p\n\xef\xbb\xbfvar x int\n".to_vec(), false),
        (
            "line ends of Windows",
            b"package p\r\n\r\nimport (\r\n\t\"os\"\r\n)\r\n\r\nvar _ = os.Args\r\n".to_vec(),
            true,
        ),
        ("UTF-16", b"p\0a\0c\0k\0a\0g\0e\0 \0p\0".to_vec(), false),
        ("random bytes", (0..300_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect(), false),
        ("deep parentheses", text(deep("(", ")")), true),
        ("deep calls", text(deep("println(", ")")), true),
        ("deep indexes of new", text(deep("new([", "])")), false),
        (
            "deep closures",
            text(format!("package p\nfunc f() {{ {}{} }}\n", many("func() { println(", 50_000), many(") }", 50_000))),
            true,
        ),
        (
            "deep blocks",
            text(format!("package p\nfunc f() {{ {}{} }}\n", many("{", 100_000), many("}", 100_000))),
            true,
        ),
        ("deep types", text(format!("package p\nvar x {}int\nfunc f() {{ println(x) }}\n", many("[]", 100_000))), true),
        (
            "deep receivers",
            text(format!("package p\nfunc ({}T{}) Start() {{}}\n", many("(", 100_000), many(")", 100_000))),
            true,
        ),
        ("a long sum", text(format!("package p\nfunc f() {{ println(1{}) }}\n", many("+1", 200_000))), true),
        (
            "a huge name",
            text(format!("package p\nfunc f() {{ {} := 1; println({}) }}\n", many("a", 1 << 20), many("a", 1 << 20))),
            true,
        ),
        (
            "many names",
            text(format!(
                "package p\nfunc f() {{\n{}}}\n",
                (0..20_000).map(|n| format!("a{n} := {n}; println(a{n})\n")).collect::<String>()
            )),
            true,
        ),
        ("many imports", text(format!("package p\n{}", many("import _ \"os\"\n", 30_000))), true),
        ("many directives on a line", text(format!("package p\n{}\n", many("/*line a.go:1*/ ", 60_000))), true),
        ("many prints on a line", text(format!("package p\nfunc f() {{ {} }}\n", many("println(1);", 20_000))), true),
        (
            "many aliases",
            text(format!(
                "package p\nimport \"crypto/tls\"\ntype A0 = tls.Config\n{}",
                (1..300).map(|n| format!("type A{n} = A{}\n", n - 1)).collect::<String>()
            )),
            true,
        ),
        (
            "variables set from one another",
            text(format!(
                "package p\nimport \"crypto/tls\"\n{}var c = tls.Config{{MinVersion: v0}}\n",
                (0..300)
                    .map(|n| format!("var v{n} uint16 = v{} + v{}\n", (n + 1) % 300, (n + 7) % 300))
                    .collect::<String>()
            )),
            true,
        ),
        ("brackets that do not end", text(format!("package p\nfunc f() {{ {}\n", many("println((", 100_000))), false),
        (
            "nothing but words",
            text(format!("package p\nfunc f() {{ println() {} }}\n", many("x y z if for := ", 20_000))),
            false,
        ),
        ("a string that does not end", text(format!("package p\nvar s = \"{}", many("x", 1 << 20))), false),
    ]
}

/// What no text of this size may take, in a debug build on a very busy machine; a quadratic reader takes many minutes.
const LONGEST: Duration = Duration::from_secs(120);

#[test]
fn hostile_text_never_breaks_nor_stalls_a_reader() {
    let work = || {
        for (name, text, accepted) in texts() {
            let mut files = Memory::new(
                "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n-- m.go --\npackage main\nimport _ \"example.com/app/p\"\nfunc main() { println() }\n",
            );
            files.add("p/p.go", &text);
            let started = Instant::now();
            let kinds: Vec<&str> = KINDS.iter().copied().filter(|kind| *kind != "source.matches").collect();
            let sheets: Vec<Sheet> = collect_all(&kinds, &files, &cgo_off());
            let of = |kind: &str| sheets.iter().find(|sheet| sheet.kind == kind).expect("every kind answers");
            // The package prints: whoever looks for prints has to say that it could not read it.
            let gaps = &of("source.log_calls").gaps;
            assert!(accepted || !gaps.is_empty(), "{name}: no gap");
            assert_eq!(of("source.files").items.len(), 2, "{name}");
            assert!(started.elapsed() < LONGEST, "{name} took {:?}", started.elapsed());
        }
    };
    // The stacks are those of the collector's own threads.
    rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build().expect("threads").install(work);
}
