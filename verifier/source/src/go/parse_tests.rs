//! Declarations as trees: every syntax since Go 1.18, and what must never be lost.

use crate::go::outline::outline;
use crate::go::parse::parse;
use crate::go::syntax::*;

fn parsed(text: &str) -> (Option<Item>, Option<&'static str>) {
    let file = format!("package p\n{text}\n");
    let out = outline(file.as_bytes(), |_| 0);
    let parsed = parse(file.as_bytes(), &out.decls[0]);
    (parsed.item, parsed.fault.map(|f| f.what))
}

fn item(text: &str) -> Item {
    match parsed(text) {
        (Some(item), None) => item,
        other => panic!("{text}: {other:?}"),
    }
}

/// The tree as text, without places.
fn shown(text: &str) -> String {
    let tree = format!("{:?}", item(text));
    let mut out = String::new();
    let mut rest = tree.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        out.push('_');
        rest = &rest[at + rest[at..].find('}').map_or(0, |n| n + 1)..];
    }
    out.push_str(rest);
    let out = out.replace("Expr { at: _, is: ", "").replace("Ident { name: ", "").replace(", at: _ }", "");
    out.replace(" }", "")
}

#[test]
fn every_syntax_since_go_1_18_is_understood() {
    let table = [
        // 1.18: type parameters, constraints, instantiation
        "func Map[K comparable, V any](m map[K]V, f func(V) V) []V { return nil }",
        "type Number interface{ ~int | ~float64; comparable }",
        "type List[T any] struct{ next *List[T]; value T }",
        "func (l *List[T]) Push(v T) { l.next = &List[T]{value: v} }",
        "var x = Map[string, int](nil, nil)",
        "var f = Sum[float64]",
        "type Set[T interface{ ~[]E }, E any] map[string]T",
        "func F[P *T,](p P) {}",
        // 1.20: conversion from slice to array
        "var a = [4]byte(s)",
        // 1.21: min, max, clear
        "func f() { x := min(1, 2.5); clear(m); _ = max(x, 3) }",
        // 1.22: range over integers
        "func f() { for range 10 { }; for i := range n { _ = i } }",
        // 1.23: range over functions
        "func f(seq func(yield func(int) bool)) { for x := range seq { _ = x } }",
        // 1.24: generic type aliases
        "type A[P any] = List[P]",
        // 1.26: new with an expression
        "var p = new(42)",
        "var p = new(T{InsecureSkipVerify: true})",
        "var p = new(f())",
        "func f() { p := new(tls.Config{MinVersion: tls.VersionTLS10}); _ = p }",
        // 1.27: methods with type parameters
        "func (a A) M[T any](x T) T { return x }",
        // tokens that the grammar alone gets wrong
        "const (a = 1)",
        "var (a int; b = 2)",
        "func f() { const (c = 1); var (d int) }",
        "func f() { x := a /* \n */ y := b }",
        "func f() { goto L\nL:\n}",
        "func f() { { L: M: }; { L: M: ; }; switch x { case 1: case 2: ; }; select { default: } }",
        "func f() { L: for { break L } }",
        "func f() { select { case x := <-c: _ = x; case c <- 1: default: } }",
        "func f() { switch x := y.(type) { case int, *T: _ = x; default: } }",
        "func f() { switch { case a: fallthrough; case b: } }",
        "func f() { if x := g(); x != (T{}) { } else if y { } else { } }",
        "func f() { a, b = b, a; a <<= 2; a &^= 1; a++ ; *p-- }",
        "func (*T) m(_ int, rest ...string) (n int, err error)",
        "func f(a, b T, c struct{ x, y int }) { defer func() { recover() }(); go g(a...) }",
        "type T struct { *tls.Config; a, b int `tag`; U; V[int]; func_ func(int) (int, error) }",
        "type E struct {}",
        "var e, f interface{} = struct{}{}, [...]int{1: 2, 3}",
        "var m = map[string][]T{\"a\": {{1}, {x: 2}}}",
        "var c chan<- (<-chan int)",
        "func f() { new := 1; make := new; _ = make }",
        "func f() { x := s[1:2:3]; y := s[:]; z := (*T)(x).y.(interface{ M() }) }",
        "func f() { for ; ; { } ; for i := 0; i < 3; i++ { continue } }",
        "func f() { if f := func() bool { return true }; f() { } }",
        "func f() { { ; } ; ; x(); ; y() }",
        "func f() { ; x()\nL:\n\t;\n\n\ty() }",
        "func f() { switch { case a: ; x(); default: ; }; if ; x { }; switch ; { }; for ; ; { ; } }",
        "func f() { for s := []int{}; ; use(s) { }; for ;; { } }",
        "func f() { interface{ M() T }.M(nil); x := (struct{ A }).m; y := struct{ A }{} }",
        "func f() { if x := func() { ; }; x != nil { } }",
        "var x = 0x_1p-2 + 0b1_0 + 0o17 + 1_000.5e+3 + 2i + '\\u00e9' + \"\\xff\"",
    ];
    for text in table {
        let (item, fault) = parsed(text);
        assert!(item.is_some() && fault.is_none(), "{text}: {fault:?}");
        assert!(!format!("{item:?}").contains("Bad"), "{text}: {item:?}");
    }
}

#[test]
fn trees_have_the_shape_that_go_gives_them() {
    let table = [
        (
            "var x = new(T{a: 1})",
            r#"[ValueSpec { constant: false, names: ["x"], ty: None, values: [Call(Call { fun: Name("new"), args: [Composite(Some(Name("T")), [Element { key: Some(Name("a")), value: Literal(Int, "1")])], spread: false)], iota: 0"#,
        ),
        ("var x = a + b + c - d", "Binary(Sub, [Binary(Add, [Name(\"a\"), Name(\"b\"), Name(\"c\")]), Name(\"d\")])"),
        (
            "const (A = iota; B; C)",
            r#"ValueSpec { constant: true, names: ["B"], ty: None, values: [Name("iota")], iota: 1"#,
        ),
        ("var x = f[T](y)", "Index(Name(\"f\"), [Name(\"T\")])"),
        (
            "func f(a, b T)",
            r#"params: [Param { name: Some("a"), ty: Name("T"), variadic: false, Param { name: Some("b"), ty: Name("T"), variadic: false]"#,
        ),
        (
            "func f(a, T)",
            r#"params: [Param { name: None, ty: Name("a"), variadic: false, Param { name: None, ty: Name("T"), variadic: false]"#,
        ),
        ("type T struct { *tls.Config }", r#"Field { names: [], ty: Star(Select(Name("tls"), "Config"))"#),
        ("func f() { x++ }", r#"Assign([Name("x")], Some(Add), [Literal(Int, "1")])"#),
        // tree-sitter's grammar reads the next three otherwise than Go
        ("var x = *(*T)(p)", r#"Star(Call(Call { fun: Paren(Star(Name("T"))), args: [Name("p")], spread: false))"#),
        ("var x = (*S[K])(p)", r#"Call(Call { fun: Paren(Star(Index(Name("S"), [Name("K")])))"#),
        ("var x = interface{ M() }.M", r#"Select(Interface, "M")"#),
        ("var x = a << -b &^ c", r#"Binary(AndNot, [Binary(Shl, [Name("a"), Unary(Sub, Name("b"))]), Name("c")])"#),
        (
            "var x = a || b && c == d + e*f",
            r#"Binary(LogicalOr, [Name("a"), Binary(LogicalAnd, [Name("b"), Binary(Equal, [Name("c"), Binary(Add, [Name("d"), Binary(Mul, [Name("e"), Name("f")])])])])])"#,
        ),
        ("var c = make(<-chan <-chan T, 1)", r#"args: [Chan(Chan(Name("T"))), Literal(Int, "1")]"#),
        ("func f() { if x == (T{}) { } }", r#"Binary(Equal, [Name("x"), Paren(Composite(Some(Name("T")), []))])"#),
        ("func f() { for x := range T { } }", r#"over: Name("T"), body: []"#),
        (
            "func f() { switch x := y.(type) { case nil, []T: } }",
            r#"bound: Some("x"), value: Name("y"), cases: [Case { values: [Name("nil"), SliceOf(Name("T"))]"#,
        ),
        ("type T [n * 2]int", r#"ty: Array(Some(Binary(Mul, [Name("n"), Literal(Int, "2")])), Name("int"))"#),
        ("type T[P *C, Q any] []P", r#"alias: false, ty: SliceOf(Name("P"))"#),
        ("type T[P interface{ ~int }] struct{}", r#"alias: false, ty: Struct([])"#),
        ("type T [len(x)]int", r#"ty: Array(Some(Call("#),
        ("func f() { x.y = 2 }", r#"Assign([Select(Name("x"), "y")], None, [Literal(Int, "2")])"#),
        (
            "func f() { for i, v := range m { } }",
            r#"Range(Range { left: [Name("i"), Name("v")], defines: true, over: Name("m"), body: []"#,
        ),
    ];
    for (text, expected) in table {
        let tree = shown(text);
        assert!(tree.contains(expected), "{text}:\n{tree}\n{expected}");
    }
}

#[test]
fn what_is_not_understood_is_a_fault_and_never_silent() {
    for text in [
        "func f() { x := }",
        "var = 3",
        "type T",
        "func f() { if { } }",
        "var x = a b",
        "func (a T) { }",
        "var x = (((",
        "type T struct { a b c }",
    ] {
        let file = format!("package p\n{text}\n");
        let out = outline(file.as_bytes(), |_| 0);
        let seen = out.fault.is_some() || out.decls.iter().any(|d| parse(file.as_bytes(), d).fault.is_some());
        assert!(seen, "{text}");
    }
}

#[test]
fn deep_nesting_is_a_fault_with_its_limit() {
    let big = std::thread::Builder::new().stack_size(64 << 20);
    big.spawn(deep_nesting).expect("a thread").join().expect("no panic");
}

fn deep_nesting() {
    let deep = format!("var x = {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(parsed(&deep).1, Some("nested deeper than 600 levels"));
    for deep in [
        format!("var x = a{}", ".b".repeat(700)),
        format!("var x = a{}", "()".repeat(100_000)),
        format!("var x = a{}", " + b - c".repeat(400)),
        format!("var x = {}a", "!".repeat(700)),
        format!("var x {}int", "[]".repeat(100_000)),
        format!("var x {}int{}", "func(".repeat(100_000), ")".repeat(100_000)),
        format!("var x {}int{}", "struct{ a ".repeat(700), " }".repeat(700)),
        format!("var x = {}a{}", "a[".repeat(100_000), "]".repeat(100_000)),
        format!("var x = T{}{}", "{".repeat(100_000), "}".repeat(100_000)),
        // Each of ten levels has as many to its left as one may have.
        format!("var x = {}a{}", "(".repeat(10), format!("{})", ".b".repeat(500)).repeat(10)),
        format!("func f() {}{}", "{".repeat(100_000), "}".repeat(100_000)),
        format!("func f() {{ if a {{ }}{} }}", " else if a { }".repeat(100_000)),
    ] {
        assert_eq!(parsed(&deep).1, Some("nested deeper than 600 levels"), "{}", &deep[..60]);
    }
    let long = format!("var x = {}", vec!["\"a\""; 20_000].join(" + "));
    assert_eq!(parsed(&long).1, None);
}
