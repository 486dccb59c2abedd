//! Tables of build constraints with the answers of go/build.

use super::*;

fn linux() -> Context {
    Context::new("linux", "amd64")
}

#[test]
fn tags_are_satisfied_as_in_go_build() {
    let cases = [
        ("linux amd64 gc unix go1.1 go1.26 goexperiment.greenteagc amd64.v1", linux(), true),
        ("windows arm64 gccgo cgo go1 go1.0 go1.01 go1.27 go1.-1 amd64.v2 x boringcrypto android", linux(), false),
        ("cgo", Context { cgo: true, ..linux() }, true),
        ("android linux unix arm64.v8.0", Context::new("android", "arm64"), true),
        ("ios darwin unix", Context::new("ios", "arm64"), true),
        ("illumos solaris unix", Context::new("illumos", "amd64"), true),
        ("unix goexperiment.dwarf5x", Context::new("windows", "amd64"), false),
        ("goexperiment.dwarf5 goexperiment.regabix", Context::new("darwin", "arm64"), false),
        ("a b c d", linux().with_tags(["a,b", "c d"]), true),
        ("boringcrypto", linux().with_tags(["goexperiment.boringcrypto"]), true),
    ];
    for (tags, context, wanted) in cases {
        for tag in tags.split(' ') {
            assert_eq!(context.satisfies(tag), wanted, "{tag} for {}/{}", context.os, context.arch);
        }
    }
}

#[test]
fn settings_of_a_build_are_tags() {
    let of = |arch: &str, release: u32, settings: &[(&str, &str)]| {
        Context::of("linux", arch, release, settings.iter().copied())
    };
    assert_eq!(of("amd64", 26, &[]), linux());
    for (arch, release, settings, has, lacks) in [
        ("amd64", 27, ("-race", "true"), "race go1.27 goexperiment.jsonv2 amd64.v1", "msan go1.28"),
        ("amd64", 26, ("-race", "false"), "go1.26", "race goexperiment.jsonv2"),
        ("amd64", 24, ("-tags", "a,b c"), "a b c go1.24", "go1.25 goexperiment.greenteagc goexperiment.dwarf5"),
        ("amd64", 26, ("GOAMD64", "v3"), "amd64.v1 amd64.v2 amd64.v3", "amd64.v4"),
        ("amd64", 26, ("GOAMD64", "v4000000000"), "amd64.v1", "amd64.v2"),
        ("amd64", 26, ("GOARM", "5"), "amd64.v1", "arm.5"),
        ("arm", 26, ("GOARM", "6,softfloat"), "arm.5 arm.6", "arm.7"),
        ("arm64", 26, ("GOARM64", "v9.1,lse"), "arm64.v9.0 arm64.v9.1 arm64.v8.6", "arm64.v9.2 arm64.v8.7"),
        ("riscv64", 26, ("GORISCV64", "rva22u64"), "riscv64.rva20u64 riscv64.rva22u64", "riscv64.rva23u64"),
        (
            "amd64",
            26,
            ("GOEXPERIMENT", "nogreenteagc,boringcrypto"),
            "boringcrypto goexperiment.dwarf5",
            "goexperiment.greenteagc",
        ),
        ("amd64", 26, ("GOFIPS140", "v1.0.0-c2097c7c"), "fips140v1.0", "fips140v1.26"),
        ("amd64", 26, ("GOFIPS140", "latest"), "go1.26", "fips140vlatest fips140v1.26"),
        ("amd64", 26, ("GOEXPERIMENT", "none,jsonv2"), "goexperiment.jsonv2", "goexperiment.dwarf5"),
    ] {
        let context = of(arch, release, &[settings]);
        for (tags, wanted) in [(has, true), (lacks, false)] {
            for tag in tags.split(' ') {
                assert_eq!(context.satisfies(tag), wanted, "{tag} with {settings:?}");
            }
        }
    }
}

#[test]
fn names_decide_as_in_go_build() {
    let fate = |name| match file_name_fate(name, &linux()) {
        NameFate::Hidden => "hidden".to_string(),
        NameFate::NotSource => "not-source".into(),
        NameFate::Excluded(unmet) => format!("needs {unmet}"),
        NameFate::Selected(kind) => format!("{kind:?}"),
        NameFate::Test => "test".into(),
    };
    for (name, wanted) in [
        ("a.go", "Go"),
        ("linux.go", "Go"),
        ("windows.go", "Go"),
        ("_a.go", "hidden"),
        (".a.go", "hidden"),
        ("a_windows.go", "needs windows"),
        ("a_linux_arm64.go", "needs linux/arm64"),
        ("a_windows_amd64.s", "needs windows/amd64"),
        ("a_linux_amd64.go", "Go"),
        ("a_amd64_linux.go", "Go"),
        ("a_arm64_linux.go", "Go"),
        ("a_windows_test.go", "needs windows"),
        ("a_test.go", "test"),
        ("_test.go", "hidden"),
        ("a_windows.pb.go", "needs windows"),
        ("a.b_windows.go", "Go"),
        ("a_unix.go", "Go"),
        ("a_windows_x.go", "Go"),
        ("x_WINDOWS.go", "Go"),
        ("a_solaris.GO", "not-source"),
        ("a_nacl.go", "needs nacl"),
        ("a_mips64p32le.go", "needs mips64p32le"),
        ("go", "not-source"),
        ("a.", "not-source"),
        ("a.syso", "Syso"),
        ("rsrc_windows_386.syso", "needs windows/386"),
        ("a.S", "Assembly"),
        ("a.sx", "Assembly"),
        ("a.F", "Fortran"),
        ("a.hxx", "Header"),
        ("a.swigcxx", "SwigCxx"),
        ("test_test.s", "Assembly"),
        ("a_windows_test.s", "needs windows"),
    ] {
        assert_eq!(fate(name), wanted, "{name}");
    }
    for (name, skipped) in [("testdata", true), ("_x", true), (".git", true), ("vendor", false), ("Testdata", false)] {
        assert_eq!(folder_is_skipped(name), skipped, "{name}");
    }
}

#[test]
fn expressions_parse_as_in_go() {
    for (text, wanted) in [
        ("a", "a"),
        ("a&&b||!c", "(a && b) || !c"),
        ("(a||b)&&c", "(a || b) && c"),
        ("!(a && b)", "!(a && b)"),
        ("((a))", "a"),
        ("a || b || c", "a || b || c"),
        ("386.x_y", "386.x_y"),
        ("größe", "größe"),
        ("", "error at 0: unexpected end of expression"),
        ("a b", "error at 2: unexpected token b"),
        ("a &", "error at 2: invalid syntax at &"),
        ("a && ", "error at 4: unexpected end of expression"),
        ("(a", "error at 0: missing close paren"),
        ("(", "error at 1: missing close paren"),
        ("()", "error at 1: unexpected token )"),
        ("!!a", "error at 1: double negation not allowed"),
        ("! !a", "error at 2: double negation not allowed"),
        ("a)", "error at 1: unexpected token )"),
        ("a // b", "error at 2: invalid syntax at /"),
        ("a-b", "error at 1: invalid syntax at -"),
    ] {
        let shown = match parse_go_build(format!("//go:build {text}").trim_end().as_bytes()) {
            Ok(expr) => expr.to_string(),
            Err(error) => format!("error at {}: {error}", error.offset),
        };
        assert_eq!(shown, wanted, "{text}");
    }
}

#[test]
fn the_size_limit_is_that_of_go_and_deep_nesting_is_harmless() {
    let deep = |n: usize| format!("//go:build {}a{}", "(".repeat(n), ")".repeat(n));
    assert!(parse_go_build(deep(999).as_bytes()).is_ok());
    assert!(parse_go_build(deep(1000).as_bytes()).is_err());
    assert!(parse_go_build(deep(1_000_000).as_bytes()).is_err());
    let wide = |n: usize| format!("// +build {}", vec!["a"; n].join(","));
    assert!(parse_plus_build(wide(101).as_bytes()).is_ok());
    assert!(parse_plus_build(wide(102).as_bytes()).is_err());
}

#[test]
fn old_lines_parse_as_in_go() {
    for (text, wanted) in [
        ("// +build a,!b c", "(a && !b) || c"),
        ("//+build a", "a"),
        ("// +build", "ignore"),
        ("// +build !!a", "ignore"),
        ("// +build !", "ignore"),
        ("// +build a-b !a-b", "ignore || !ignore"),
        ("// +build a,,b", "a && ignore && b"),
    ] {
        assert!(is_plus_build(text.as_bytes()), "{text}");
        assert_eq!(parse_plus_build(text.as_bytes()).expect(text).to_string(), wanted);
    }
    for text in ["// +builda", "/ +build a", "//go:build a"] {
        assert!(!is_plus_build(text.as_bytes()), "{text}");
    }
    for (text, is) in [("//go:build", true), ("//go:builda", false), ("// go:build a", false), ("//go:build\ta", true)]
    {
        assert_eq!(is_go_build(text.as_bytes()), is, "{text}");
    }
}

fn shown(constraint: Constraint) -> String {
    match constraint {
        Constraint::None => "none".into(),
        Constraint::Satisfied { line, expr } => format!("{line} + {expr}"),
        Constraint::Unsatisfied { line, expr } => format!("{line} - {expr}"),
        Constraint::Malformed { line, message } => format!("{line} ! {message}"),
        Constraint::Unread { message } => format!("unread {message}"),
    }
}

#[test]
fn lines_count_only_where_go_lets_them() {
    for (content, wanted) in [
        ("package p\n", "none"),
        ("//go:build linux\npackage p\n", "1 + linux"),
        ("//go:build windows\n\npackage p\n", "1 - windows"),
        ("\u{feff}//go:build windows\n\npackage p\n", "1 - windows"),
        ("/* x */\n//go:build windows\npackage p\n", "2 - windows"),
        ("/* x\n//go:build windows\n*/\npackage p\n", "none"),
        ("/* x */ //go:build windows\npackage p\n", "none"),
        ("  //go:build windows  \r\npackage p\n", "1 - windows"),
        ("package p\n\n//go:build windows\n", "none"),
        ("//go:build linux\n//go:build windows\npackage p", "2 ! multiple //go:build comments"),
        ("//go:build linux &&\npackage p", "1 ! parsing //go:build line: unexpected end of expression"),
        ("// go:build windows\n\npackage p", "none"),
        ("//go:build linux // why\npackage p", "1 ! parsing //go:build line: invalid syntax at /"),
        ("// +build windows\n\npackage p", "1 - windows"),
        ("// +build windows\npackage p", "none"),
        ("// +build windows\n\n// doc\npackage p", "1 - windows"),
        ("// doc\n// +build windows\n\n/* x */\n\npackage p", "2 - windows"),
        ("/* x */\n\n// +build windows\n\npackage p", "none"),
        ("// +build linux\n// +build amd64\n\npackage p", "1 + linux && amd64"),
        ("// +build linux\n// +build arm64\n\npackage p", "1 - linux && arm64"),
        ("//go:build linux\n// +build windows\n\npackage p", "1 + linux"),
        ("//go:build ignore", "1 - ignore"),
        ("; //go:build windows\npackage p", "none"),
        ("//go:build windows\0\npackage p", "1 ! unexpected NUL in input"),
    ] {
        assert_eq!(shown(constraint(content.as_bytes(), &linux())), wanted, "{content:?}");
    }
}

#[test]
fn files_in_other_languages_are_read_as_go_build_reads_them() {
    for (content, wanted) in [
        ("//go:build windows\n\nTEXT", "1 - windows"),
        ("// +build windows\n\nTEXT", "1 - windows"),
        ("//go:build windows &&\n", "1 - parsing //go:build line: unexpected end of expression"),
        ("#include \"x\"\n//go:build windows\n", "none"),
        ("//go:build windows\n\0", "unread NUL in the comments, line 2"),
        ("//go:build windows\n/ x", "unread syntax error in the comments"),
        ("//go:build windows\n/* x", "unread syntax error in the comments"),
    ] {
        assert_eq!(shown(constraint_of_other(content.as_bytes(), &linux())), wanted, "{content:?}");
    }
}

#[test]
fn only_what_some_build_takes_is_vendored() {
    for (content, wanted) in [
        ("package p", true),
        ("//go:build windows && !windows\n\npackage p", true),
        ("//go:build ignore\n\npackage p", false),
        ("//go:build !ignore\n\npackage p", true),
        ("//go:build ignore || x\n\npackage p", true),
        ("//go:build linux &&\n\npackage p", false),
        ("// +build ignore\n\npackage p", false),
        ("// +build x,ignore\n// +build y\n\npackage p", false),
        ("// +build !ignore\n\npackage p", true),
    ] {
        assert_eq!(could_build(content.as_bytes()), wanted, "{content:?}");
    }
}
