//! `source.tls_configs` as tables of what servers are said to accept in the end: configurations that may be nil, that are set on some ways alone, or
//! that reach their servers by ways of their own.

use super::tests::FIELDS;
use crate::facts::table::{cgo_off, check, collect, shown};

/// `met` where every server surely has 1.3, `low` where one surely has less, else `open`.
fn told(lines: &str) -> &'static str {
    let servers: Vec<&str> = lines.lines().filter(|line| line.split(' ').nth(2) == Some("server")).collect();
    let floor = |line: &&str| line.split(' ').nth(3).unwrap_or_default().to_string();
    match () {
        () if servers.iter().any(|line| ["1.0", "1.1", "1.2"].contains(&&*floor(line))) => "low",
        () if servers.is_empty() || servers.iter().any(|line| floor(line) != "1.3") => "open",
        () => "met",
    }
}

fn programs(rows: &[(&str, &str, &str)]) {
    let imports = ["crypto/tls", "net/http", "os", "errors", "log", "fmt", "encoding/json"];
    let imports: String = imports.iter().map(|path| format!("import \"{path}\"\n")).collect();
    for (name, body, expected) in rows {
        let tree = format!("-- m.go --\npackage main\n{imports}{body}\n");
        let lines = shown(&collect("source.tls_configs", &tree, &cgo_off()), FIELDS);
        assert_eq!(told(&lines), *expected, "{name}\n{lines}");
        check("source.tls_configs", FIELDS, &cgo_off(), &[(name, &tree, &lines)]);
    }
}

const SERVE: &str = "s := &http.Server{TLSConfig: c}; s.ListenAndServeTLS(\"c\", \"k\")";

#[test]
fn what_a_call_gives_beside_an_error_counts_where_nobody_looks_at_it() {
    let made = "func made() (*tls.Config, error) { if len(os.Args) > 1 { return nil, errors.New(\"x\") }; return &tls.Config{MinVersion: tls.VersionTLS13}, nil }\n";
    let with = |main: &str| format!("{made}{main}").replace("{serve}", SERVE);
    for (name, main, expected) in [
        ("not taken", "func main() { c, _ := made(); {serve} }", "open"),
        ("only printed", "func main() { c, err := made(); if err != nil { log.Print(err) }; {serve} }", "open"),
        ("left", "func main() { c, err := made(); if err != nil { return }; {serve} }", "met"),
        ("ended by a logger", "func main() { c, err := made(); if err != nil { l.Fatal(err) }; {serve} }", "met"),
        (
            "by one of the program's own that does not end it",
            "func main() { c, err := made(); if err != nil { (own{}).Fatal(err) }; {serve} }\ntype own struct{}\nfunc (own) Fatal(any) {}",
            "open",
        ),
        (
            "by a function",
            "func main() { c, err := made(); check(err); {serve} }\nfunc check(err error) { if err != nil { log.Fatal(err) } }",
            "met",
        ),
        (
            "by one that checks nothing",
            "func main() { c, err := made(); check(err); {serve} }\nfunc check(err error) { log.Print(err) }",
            "open",
        ),
        (
            "by a generic function",
            "func main() { c := must(made()); {serve} }\nfunc must[T any](v T, err error) T { if err != nil { panic(err) }; return v }",
            "met",
        ),
        (
            "by one that takes no notice",
            "func main() { c := must(made()); {serve} }\nfunc must[T any](v T, _ error) T { return v }",
            "open",
        ),
        (
            "handed on",
            "func main() { c, err := more(); if err != nil { os.Exit(1) }; {serve} }\nfunc more() (*tls.Config, error) { c, err := made(); return c, err }",
            "met",
        ),
        (
            "swallowed on the way",
            "func main() { c, err := more(); if err != nil { os.Exit(1) }; {serve} }\nfunc more() (*tls.Config, error) { c, _ := made(); return c, nil }",
            "open",
        ),
        ("looked at the wrong way", "func main() { c, err := made(); if err == nil { return }; {serve} }", "open"),
    ] {
        programs(&[(name, &with(main), expected)]);
    }
    for (name, error, expected) in [
        ("one that is kept", "kept", "met"),
        ("a variable that holds none", "none", "open"),
        ("made of another", "fmt.Errorf(\"x: %w\", kept)", "met"),
        ("by a function that need not make one", "wrap(none)", "open"),
    ] {
        let more = "var kept = errors.New(\"x\")\nvar none error\nfunc wrap(err error) error { if err == nil { return nil }; return fmt.Errorf(\"x: %w\", err) }\n";
        let main = "func main() { c, err := made(); if err != nil { return }; {serve} }";
        programs(&[(
            name,
            &format!("{more}{}", with(main).replace("errors.New(\"x\") }; return &", &format!("{error} }}; return &"))),
            expected,
        )]);
    }
}

#[test]
fn a_variable_or_a_field_that_is_set_on_some_ways_alone_may_be_nil() {
    let new = "&tls.Config{MinVersion: tls.VersionTLS13}";
    let app = "type app struct { c *tls.Config }\n";
    for (name, body, expected) in [
        ("a variable", "var c *tls.Config\nfunc main() { if len(os.Args) > 1 { c = {new} }; {serve} }", "open"),
        ("surely", "var c *tls.Config\nfunc main() { c = {new}; {serve} }", "met"),
        ("by init", "var c *tls.Config\nfunc init() { c = {new} }\nfunc main() { {serve} }", "met"),
        ("by nobody", "var c *tls.Config\nfunc set() { c = {new} }\nfunc main() { {serve} }", "open"),
        (
            "later",
            "var c *tls.Config\nfunc main() { go func() { {serve} }(); s := &http.Server{TLSConfig: c}; s.ListenAndServeTLS(\"\", \"\"); c = {new} }",
            "open",
        ),
        (
            "where it was not left before",
            "var c *tls.Config\nfunc set() error { if len(os.Args) > 1 { return nil }; c = {new}; return nil }\nfunc main() { set(); {serve} }",
            "open",
        ),
        (
            "or an error",
            "var c *tls.Config\nfunc set() error { if len(os.Args) > 1 { return errors.New(\"x\") }; c = {new}; return nil }\nfunc main() { if set() != nil { return }; {serve} }",
            "met",
        ),
        (
            "once",
            "var c *tls.Config\nfunc get() { if c != nil { return }; c = {new} }\nfunc main() { get(); {serve} }",
            "met",
        ),
        (
            "a field",
            "func main() { a := &app{}; if len(os.Args) > 1 { a.c = {new} }; c := a.c; _ = c; s := &http.Server{TLSConfig: a.c}; s.ListenAndServeTLS(\"\", \"\") }",
            "open",
        ),
        (
            "in every case",
            "func (a *app) set() error { switch os.Args[0] { case \"x\": a.c = {new}; case \"y\": a.c = {new}; default: return errors.New(\"x\") }; return nil }\nfunc main() { a := &app{}; if a.set() != nil { return }; s := &http.Server{TLSConfig: a.c}; s.ListenAndServeTLS(\"\", \"\") }",
            "met",
        ),
        (
            "in some cases",
            "func (a *app) set() { switch os.Args[0] { case \"x\": a.c = {new}; case \"y\": a.c = {new} } }\nfunc main() { a := &app{}; a.set(); s := &http.Server{TLSConfig: a.c}; s.ListenAndServeTLS(\"\", \"\") }",
            "open",
        ),
        (
            "looked at first",
            "func main() { a := &app{}; if len(os.Args) > 1 { a.c = {new} }; if a.c == nil { log.Fatal() }; s := &http.Server{TLSConfig: a.c}; s.ListenAndServeTLS(\"\", \"\") }",
            "met",
        ),
        (
            "served only where there is one",
            "func conf() *tls.Config { if len(os.Args) > 1 { return nil }; return {new} }\nfunc main() { c := conf(); s := &http.Server{TLSConfig: c}; if c != nil { s.ListenAndServeTLS(\"\", \"\") } }",
            "met",
        ),
        (
            "by a literal",
            "func main() { c := func() *tls.Config { if len(os.Args) > 1 { return nil }; return {new} }(); {serve} }",
            "open",
        ),
        (
            "where a panic is caught",
            "func conf() (c *tls.Config) { defer func() { recover() }(); load(); return {new} }\nfunc load() { panic(1) }\nfunc main() { c := conf(); {serve} }",
            "open",
        ),
    ] {
        let body = format!("{app}{body}").replace("{serve}", SERVE).replace("{new}", new);
        programs(&[(name, &body, expected)]);
    }
}

#[test]
fn configurations_reach_their_servers_by_ways_of_their_own() {
    let new = "&tls.Config{MinVersion: tls.VersionTLS13}";
    let low = "&tls.Config{MinVersion: tls.VersionTLS12}";
    for (name, body, expected) in [
        ("swapped", "func main() { c, d := {new}, {low}; c, d = d, c; _ = d; {serve} }", "low"),
        (
            "swapped, and one raised",
            "func main() { d, c := {low}, {low}; c, d = d, c; d.MinVersion = tls.VersionTLS13; {serve} }",
            "open",
        ),
        ("copied twice", "func main() { a := {new}; c := a.Clone().Clone(); {serve} }", "met"),
        ("copied twice, low", "func main() { a := {low}; c := a.Clone().Clone(); {serve} }", "low"),
        (
            "by a named result",
            "func conf() (c *tls.Config) { c = &tls.Config{}; c.MinVersion = tls.VersionTLS13; return }\nfunc main() { c := conf(); {serve} }",
            "met",
        ),
        (
            "by a named result, left before it is raised",
            "func conf() (c *tls.Config) { c = &tls.Config{}; if len(os.Args) > 1 { return }; c.MinVersion = tls.VersionTLS13; return }\nfunc main() { c := conf(); {serve} }",
            "open",
        ),
        (
            "raised in its server",
            "func main() { s := new(http.Server); s.TLSConfig = new(tls.Config); s.TLSConfig.MinVersion = tls.VersionTLS13; s.ListenAndServeTLS(\"\", \"\") }",
            "met",
        ),
        (
            "raised in its server too late",
            "func main() { s := &http.Server{TLSConfig: &tls.Config{}}; go s.ListenAndServeTLS(\"\", \"\"); s.TLSConfig.MinVersion = tls.VersionTLS13 }",
            "open",
        ),
        (
            "made where there is none",
            "func serve(c *tls.Config) { if c == nil { c = {new} }; {serve} }\nfunc main() { serve(nil) }",
            "met",
        ),
        (
            "made where there is none, in a struct",
            "type app struct { c *tls.Config }\nfunc main() { a := &app{}; if len(os.Args) > 1 { a.c = {new} }; if a.c == nil { a.c = {new} }; s := &http.Server{TLSConfig: a.c}; s.ListenAndServeTLS(\"\", \"\") }",
            "met",
        ),
        (
            "set where there is none to what may be none",
            "func other() *tls.Config { if len(os.Args) > 1 { return nil }; return {new} }\nfunc serve(c *tls.Config) { if c == nil { c = other() }; {serve} }\nfunc main() { serve(nil) }",
            "low",
        ),
        (
            "looked at, and taken away",
            "func other() *tls.Config { if len(os.Args) > 1 { return nil }; return {new} }\nfunc main() { c := other(); if c == nil { return }; c = other(); {serve}; _ = &http.Server{TLSConfig: {new}} }",
            "open",
        ),
        (
            "copied or made, and raised then",
            "func with(c *tls.Config) *tls.Config { if c == nil { c = &tls.Config{} } else { c = c.Clone() }; c.MinVersion = tls.VersionTLS13; return c }\nfunc main() { c := with(&tls.Config{ServerName: \"x\"}); {serve} }",
            "met",
        ),
        (
            "copied or made, and raised in one of the ways",
            "func with(c *tls.Config) *tls.Config { if c == nil { c = &tls.Config{} } else { c = c.Clone(); c.MinVersion = tls.VersionTLS13 }; return c }\nfunc main() { c := with(nil); {serve} }",
            "low",
        ),
        (
            "raised by who gets it first",
            "func harden(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }\nfunc main() { c := &tls.Config{}; harden(c); {serve} }",
            "met",
        ),
        (
            "raised perhaps",
            "func harden(c *tls.Config) { if len(os.Args) > 1 { return }; c.MinVersion = tls.VersionTLS13 }\nfunc main() { c := &tls.Config{}; harden(c); {serve} }",
            "open",
        ),
        (
            "raised once it serves",
            "func harden(c *tls.Config) { go serve(c); c.MinVersion = tls.VersionTLS13 }\nfunc main() { harden(&tls.Config{}) }\nfunc serve(c *tls.Config) { {serve} }",
            "open",
        ),
        (
            "raised and given back",
            "func harden(c *tls.Config) *tls.Config { c.MinVersion = tls.VersionTLS13; return c }\nfunc main() { c := harden(&tls.Config{}); {serve} }",
            "met",
        ),
        (
            "raised by what another is handed to",
            "func harden(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }\nfunc main() { c := &tls.Config{}; harden(c.Clone()); {serve} }",
            "open",
        ),
        (
            "in a struct of a struct that is decoded",
            "type inner struct { TLS *tls.Config }\ntype outer struct { Server inner }\nfunc main() { o := outer{Server: inner{TLS: {new}}}; json.Unmarshal(nil, &o); s := &http.Server{TLSConfig: o.Server.TLS}; s.ListenAndServeTLS(\"\", \"\") }",
            "open",
        ),
        (
            "in one that decoders do not see",
            "type inner struct { tls *tls.Config }\ntype outer struct { Server inner }\nfunc main() { o := outer{Server: inner{tls: {new}}}; json.Unmarshal(nil, &o); s := &http.Server{TLSConfig: o.Server.tls}; s.ListenAndServeTLS(\"\", \"\") }",
            "met",
        ),
        (
            "a version by a name that is known",
            "var all = map[string]uint16{\"1.3\": tls.VersionTLS13}\nfunc version(s string) (uint16, error) { v, ok := all[s]; if !ok { return 0, errors.New(s) }; return v, nil }\nfunc main() { v, err := version(os.Args[1]); if err != nil { log.Fatal(err) }; c := &tls.Config{MinVersion: v}; {serve} }",
            "met",
        ),
        (
            "a version by a name that need not be",
            "var all = map[string]uint16{\"1.3\": tls.VersionTLS13}\nfunc version(s string) (uint16, error) { v, ok := all[s]; if !ok { log.Print(s) }; return v, nil }\nfunc main() { v, err := version(os.Args[1]); if err != nil { log.Fatal(err) }; c := &tls.Config{MinVersion: v}; {serve} }",
            "open",
        ),
    ] {
        let body = body.replace("{serve}", SERVE).replace("{new}", new).replace("{low}", low);
        programs(&[(name, &body, expected)]);
    }
}

#[test]
fn what_goes_to_code_of_others_may_be_set_by_reflection() {
    let config = "package main\nimport (\"crypto/tls\"; \"net/http\"; \"example.org/yaml\")\n";
    let main = |field: &str, call: &str| {
        format!(
            "-- m.go --\n{config}type conf struct{{ {field} *tls.Config }}\nfunc main() {{ c := &conf{{{field}: &tls.Config{{MinVersion: tls.VersionTLS13}}}}; yaml.{call}(nil, c); s := &http.Server{{TLSConfig: c.{field}}}; s.ListenAndServeTLS(\"\", \"\") }}\n"
        )
    };
    let module = "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire example.org/yaml v1.0.0\n";
    let vendored = format!(
        "{module}-- vendor/modules.txt --\n# example.org/yaml v1.0.0\n## explicit\nexample.org/yaml\n-- vendor/example.org/yaml/y.go --\npackage yaml\nimport \"reflect\"\nfunc Unmarshal(b []byte, x any) {{ set(reflect.ValueOf(x)) }}\nfunc Info(b []byte, x any) {{}}\nfunc set(v reflect.Value) {{}}\n"
    );
    for (name, tree, field, call, expected) in [
        ("a decoder that was not delivered", module, "TLS", "Unmarshal", "open"),
        ("one that was", &*vendored, "TLS", "Unmarshal", "open"),
        ("a field that it does not see", &*vendored, "tls", "Unmarshal", "met"),
        ("what only looks", &*vendored, "TLS", "Info", "met"),
    ] {
        let tree = format!("{tree}{}", main(field, call));
        let sheet = collect("source.tls_configs", &tree, &cgo_off());
        assert_eq!(told(&shown(&sheet, FIELDS)), expected, "{name}\n{}", shown(&sheet, FIELDS));
    }
}

#[test]
fn what_a_decoder_may_leave_nil_has_to_be_set_on_every_way() {
    let conf = "type conf struct { On bool; TLS *tls.Config }\n";
    let serve = "s := &http.Server{TLSConfig: c.TLS}; s.ListenAndServeTLS(\"\", \"\")";
    let rows: Vec<(&str, String, &str)> = [
        ("on some ways alone", "func main() { var c conf; json.Unmarshal(nil, &c); if c.On { c.TLS = {new} }; {serve} }", "open"),
        ("always", "func main() { var c conf; json.Unmarshal(nil, &c); c.TLS = {new}; {serve} }", "met"),
        (
            "on some ways, and served where it is there",
            "func main() { var c conf; json.Unmarshal(nil, &c); if c.On { c.TLS = {new} }; if c.TLS != nil { {serve} } }",
            "met",
        ),
        (
            "in a method that is always run",
            "func (c *conf) fill() { c.TLS = {new} }\nfunc main() { var c conf; json.Unmarshal(nil, &c); c.fill(); {serve} }",
            "met",
        ),
        (
            "in both branches",
            "func main() { var c conf; json.Unmarshal(nil, &c); if c.On { c.TLS = {new} } else { c.TLS = {new} }; {serve} }",
            "met",
        ),
    ]
    .map(|(name, main, expected)| {
        let main = main.replace("{serve}", serve).replace("{new}", "&tls.Config{MinVersion: tls.VersionTLS13}");
        (name, format!("{conf}{main}"), expected)
    })
    .into();
    programs(&rows.iter().map(|(name, main, expected)| (*name, &**main, *expected)).collect::<Vec<_>>());
}
