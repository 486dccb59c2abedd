//! What functions are handed by their callers, as tables: of each kind that asks for values.

use super::table::{cgo_off, check};

const TLS: &[&str] = &["form", "role", "min_version"];

/// A server whose floor is `min`, in a function that the program calls; its literal stands on line 4.
fn server(body: &str) -> String {
    format!(
        "-- m.go --\npackage main\nimport \"crypto/tls\"\nfunc serve(min uint16) {{\n\ttls.NewListener(nil, &tls.Config{{MinVersion: min}})\n}}\n{body}\n"
    )
}

#[test]
fn a_parameter_has_the_values_that_all_callers_hand_over() {
    let literal = |found: &str| format!("m.go:4:24 literal server {found}");
    let table: &[(&str, &str, &str)] = &[
        ("one caller", "func main() { serve(tls.VersionTLS10) }", "1.0"),
        ("one of two", "func main() { serve(tls.VersionTLS13); serve(tls.VersionTLS12) }", "1.2|1.3"),
        ("all the same", "func main() { serve(tls.VersionTLS13); serve(0x304) }", "1.3"),
        ("beside and behind", "func main() { go serve(tls.VersionTLS13); defer serve(tls.VersionTLS11) }", "1.1|1.3"),
        ("of a caller's caller", "func main() { up(tls.VersionTLS11) }\nfunc up(v uint16) { serve(v) }", "1.1"),
        ("of nobody", "func main() {}", "?value-not-decided"),
        (
            "of one that is not told",
            "func main() { serve(tls.VersionTLS13); serve(from()) }\nfunc from() uint16",
            "?value-not-decided",
        ),
        ("in a variable", "func main() { f := serve; f(tls.VersionTLS10) }", "1.0"),
        ("handed on", "func main() { with(serve) }\nfunc with(f func(uint16)) { f(tls.VersionTLS10) }", "1.0"),
        (
            "kept somewhere",
            "var f = serve\nfunc main() { serve(tls.VersionTLS13); f(tls.VersionTLS10) }",
            "?value-not-decided",
        ),
        ("in a list", "func main() { for _, f := range []func(uint16){serve} { f(0x301) } }", "?value-not-decided"),
        (
            "for each of a list",
            "func main() { for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11} { serve(v) } }",
            "1.0|1.1",
        ),
        (
            "handed to itself",
            "func main() { serve(tls.VersionTLS12) }\nfunc again() { serve(tls.VersionTLS12) }",
            "1.2",
        ),
        (
            "set before it is used",
            "func main() { v := uint16(tls.VersionTLS13); if len(\"\") > 0 { v = tls.VersionTLS10 }; serve(v) }",
            "1.0|1.3",
        ),
        (
            "of results of another call",
            "func main() { serve(both()) }\nfunc both() uint16 { return tls.VersionTLS11 }",
            "1.1",
        ),
    ];
    for (name, body, found) in table {
        check("source.tls_configs", TLS, &cgo_off(), &[(name, &server(body), &literal(found))]);
    }
}

#[test]
fn methods_generic_functions_and_other_packages_call_too() {
    let table: &[(&str, &str, &str)] = &[
        (
            "called by its name as well",
            "-- m.go --\npackage main\nimport (\"crypto/tls\"; \"reflect\")\ntype S struct{}\nfunc (S) Serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { S{}.Serve(tls.VersionTLS13); reflect.ValueOf(S{}).MethodByName(\"Serve\").Call(nil) }\n",
            "m.go:4:52 literal server ?value-not-decided",
        ),
        (
            "where templates call methods",
            "-- m.go --\npackage main\nimport (\"crypto/tls\"; _ \"html/template\")\ntype S struct{}\nfunc (S) Serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { S{}.Serve(tls.VersionTLS13) }\n",
            "m.go:4:52 literal server ?value-not-decided",
        ),
        (
            "where nothing calls by names",
            "-- m.go --\npackage main\nimport (\"crypto/tls\"; \"reflect\")\ntype S struct{}\nfunc (S) Serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { S{}.Serve(tls.VersionTLS13); reflect.TypeOf(S{}) }\n",
            "m.go:4:52 literal server 1.3",
        ),
        (
            "a method",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\ntype s struct{}\nfunc (s) serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { s{}.serve(tls.VersionTLS10) }\n",
            "m.go:4:52 literal server 1.0",
        ),
        (
            "a method of a name that others have",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\ntype s struct{}\ntype t struct{}\nfunc (*s) serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc (t) serve(min uint16) {}\nfunc main() { new(s).serve(tls.VersionTLS13); t{}.serve(tls.VersionTLS10) }\n",
            "m.go:5:53 literal server 1.3",
        ),
        (
            "by an interface",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\ntype s struct{}\ntype i interface{ Serve(uint16) }\nfunc (s) Serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { var x i = s{}; x.Serve(tls.VersionTLS10) }\n",
            "m.go:5:52 literal server 1.0",
        ),
        (
            "by an interface of another package",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\nimport \"example.com/app/p\"\ntype s struct{}\nfunc (s) Serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { s{}.Serve(tls.VersionTLS13); p.Run(s{}) }\n-- p/p.go --\npackage p\ntype I interface{ Serve(uint16) }\nfunc Run(i I) { i.Serve(0x302) }\n",
            "m.go:5:52 literal server 1.1|1.3",
        ),
        (
            "a method's value and its expression",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\ntype s struct{}\nfunc (s) serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { f := s{}.serve; f(tls.VersionTLS11); s.serve(s{}, tls.VersionTLS12) }\n",
            "m.go:4:52 literal server 1.1|1.2",
        ),
        (
            "promoted",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\ntype s struct{}\ntype o struct{ s }\nfunc (s) serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { o{}.serve(tls.VersionTLS10) }\n",
            "m.go:5:52 literal server 1.0",
        ),
        (
            "generic",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\nfunc serve[T any](_ T, min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { serve[int](1, tls.VersionTLS10); serve(\"\", tls.VersionTLS12) }\n",
            "m.go:3:60 literal server 1.0|1.2",
        ),
        (
            "from another package",
            "-- m.go --\npackage main\nimport \"example.com/app/p\"\nfunc main() { p.Serve(0x301) }\n-- p/p.go --\npackage p\nimport \"crypto/tls\"\nfunc Serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\n",
            "p/p.go:3:48 literal server 1.0",
        ),
        (
            "a literal",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\nfunc main() {\n\tf := func(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\n\tf(tls.VersionTLS10)\n\tgo func(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }(tls.VersionTLS11)\n}\n",
            "m.go:4:48 literal server 1.0\nm.go:6:46 literal server 1.1",
        ),
        (
            "linked under another name",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\nimport _ \"example.com/app/p\"\nfunc serve(min uint16) { tls.NewListener(nil, &tls.Config{MinVersion: min}) }\nfunc main() { serve(tls.VersionTLS13) }\n-- p/p.go --\npackage p\nimport _ \"unsafe\"\n//go:linkname serve main.serve\nfunc serve(uint16)\nfunc init() { serve(0x301) }\n",
            "m.go:4:48 literal server ?value-not-decided",
        ),
        (
            "a named result",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\nfunc floor() (min uint16, err error) { tls.NewListener(nil, &tls.Config{MinVersion: min}); return }\nfunc main() { floor() }\n",
            "m.go:3:62 literal server 1.2",
        ),
    ];
    check("source.tls_configs", TLS, &cgo_off(), table);
}

#[test]
fn paths_that_functions_of_the_program_are_handed_are_told() {
    let fields = &["path", "call"];
    let of = |body: &str| format!("-- m.go --\npackage main\nimport \"net/http\"\n{body}\n");
    let table = [
        (
            "a function of its own",
            "func register(m *http.ServeMux, p string, h http.Handler) { m.Handle(p, h) }\nfunc main() {\n\tm := http.NewServeMux()\n\tregister(m, \"/healthz\", nil)\n\tregister(m, \"GET /readyz\", nil)\n\tregister(m, \"/x\", nil)\n}",
            "m.go:3:61 /healthz http.ServeMux.Handle\nm.go:3:61 /readyz http.ServeMux.Handle",
        ),
        (
            "a router of its own",
            "type router struct{ mux *http.ServeMux }\nfunc (r *router) add(p string, h http.HandlerFunc) { r.mux.HandleFunc(p, h) }\nfunc main() {\n\tr := &router{http.NewServeMux()}\n\tr.add(\"/livez\", nil)\n\tr.add(\"/other\", nil)\n}",
            "m.go:4:54 /livez http.ServeMux.HandleFunc",
        ),
        (
            "a map",
            "var routes = map[string]http.HandlerFunc{\"/healthz\": nil, \"GET /livez\": nil, \"/a\": nil}\nfunc main() {\n\tm := http.NewServeMux()\n\tfor p, h := range routes { m.HandleFunc(p, h) }\n}",
            "m.go:6:29 /healthz http.ServeMux.HandleFunc\nm.go:6:29 /livez http.ServeMux.HandleFunc",
        ),
        (
            "a table that is handed over",
            "type route struct { path string; h http.HandlerFunc }\nfunc add(m *http.ServeMux, all []route) { for _, r := range all { m.HandleFunc(r.path, r.h) } }\nfunc main() {\n\tm := http.NewServeMux()\n\troutes := []route{{\"/healthz\", nil}, {path: \"/readyz\"}}\n\tadd(m, routes)\n\tadd(m, []route{{\"/livez\", nil}})\n}",
            "m.go:4:67 /healthz http.ServeMux.HandleFunc\nm.go:4:67 /readyz http.ServeMux.HandleFunc\nm.go:4:67 /livez http.ServeMux.HandleFunc",
        ),
        (
            "one by one",
            "type route struct { path string; h http.HandlerFunc }\nfunc add(m *http.ServeMux, all ...route) { for _, r := range all { m.HandleFunc(r.path, r.h) } }\nfunc main() { add(http.NewServeMux(), route{\"/healthz\", nil}, route{path: \"/livez\"}) }",
            "m.go:4:68 /healthz http.ServeMux.HandleFunc\nm.go:4:68 /livez http.ServeMux.HandleFunc",
        ),
        (
            "a table that a method gives",
            "type route struct { path string; h http.HandlerFunc }\ntype app struct{}\nfunc (app) routes() []route { return []route{{\"/healthz\", nil}} }\nfunc main() { for _, r := range (app{}).routes() { http.HandleFunc(r.path, r.h) } }",
            "m.go:6:52 /healthz http.HandleFunc",
        ),
        (
            "a table that somebody changes",
            "type route struct { path string; h http.HandlerFunc }\nfunc add(all []route) { all[0].path = \"/x\"; for _, r := range all { http.HandleFunc(r.path, r.h) } }\nfunc main() { all := []route{{\"/healthz\", nil}}; add(all) }",
            "m.go:4:69 ?value-not-decided http.HandleFunc",
        ),
        (
            "handed over with a handler that says what it is for",
            "import \"os\"\nfunc register(p string, h http.HandlerFunc) { http.HandleFunc(p, h) }\nfunc main() { register(os.Getenv(\"P\"), healthHandler); register(\"/x\", nil) }\nfunc healthHandler(http.ResponseWriter, *http.Request) {}",
            "m.go:4:47 ?value-not-decided http.HandleFunc",
        ),
        (
            "another method",
            "func main() { http.HandleFunc(\"POST /healthz\", healthHandler) }\nfunc healthHandler(http.ResponseWriter, *http.Request) {}",
            "",
        ),
        (
            "by looking at the request",
            "func serve(w http.ResponseWriter, r *http.Request) {\n\tswitch r.URL.Path {\n\tcase \"/healthz\", \"/x\":\n\t\tw.WriteHeader(200)\n\tcase \"/other\":\n\t}\n\tif r.URL.Path == \"/livez\" { w.Write(nil) }\n}\nfunc skip(next http.Handler) http.Handler {\n\treturn http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n\t\tif r.URL.Path == \"/health\" { next.ServeHTTP(w, r); return }\n\t})\n}\nfunc quiet(r *http.Request) bool { if r.URL.Path == \"/ready\" { return true }; return false }\nfunc main() {}",
            "m.go:5:7 /healthz r.URL.Path\nm.go:9:5 /livez r.URL.Path",
        ),
        (
            "behind a prefix that is taken off",
            "func main() {\n\tsub := http.NewServeMux()\n\tsub.HandleFunc(\"/healthz\", nil)\n\tm := http.NewServeMux()\n\tm.Handle(\"/api/\", http.StripPrefix(\"/api\", sub))\n}",
            "m.go:5:2 /api/healthz http.ServeMux.HandleFunc",
        ),
    ];
    let table: Vec<(&str, String, &str)> = table.iter().map(|(name, body, found)| (*name, of(body), *found)).collect();
    let table: Vec<(&str, &str, &str)> =
        table.iter().map(|(name, tree, found)| (*name, tree.as_str(), *found)).collect();
    check("source.health_handlers", fields, &cgo_off(), &table);
}

#[test]
fn settings_and_addresses_that_are_handed_over_are_told() {
    let env = "-- m.go --\npackage main\nimport \"os\"\ntype t struct{}\nfunc (t) set(k, v string) { os.Setenv(k, v) }\nfunc main() { t{}.set(\"GODEBUG\", \"tls10server=1\") }\n";
    check(
        "source.runtime_settings",
        &["from", "name", "value"],
        &cgo_off(),
        &[("by a method", env, "m.go:4:29 os.Setenv tls10server 1")],
    );
    let both = "-- m.go --\npackage main\nimport \"os\"\nfunc set(k, v string) { os.Setenv(k, v) }\nfunc main() { set(\"GODEBUG\", \"tls10server=1\"); set(\"GOGC\", \"5\") }\n";
    check(
        "source.runtime_settings",
        &["from", "name", "value"],
        &cgo_off(),
        &[("each with its own value", both, "m.go:3:25 os.Setenv tls10server 1\nm.go:3:25 os.Setenv GOGC 5")],
    );
    let listen = "-- m.go --\npackage main\nimport \"net/http\"\nfunc serve(addr string) { http.ListenAndServe(addr, nil) }\nfunc main() { serve(\":1\"); serve(\":2\") }\n";
    check(
        "source.listeners",
        &["call", "transport", "address"],
        &cgo_off(),
        &[("an address", listen, "m.go:3:27 http.ListenAndServe plain :1|:2")],
    );
    let program = "-- m.go --\npackage main\nimport \"os/exec\"\nfunc run(name string, args ...string) { exec.Command(name, args...) }\nfunc main() { run(\"/bin/sh\", \"-c\", \"x\") }\n";
    check("source.exec_calls", &["form", "program"], &cgo_off(), &[("a program", program, "m.go:3:41 start /bin/sh")]);
    let signals = "-- m.go --\npackage main\nimport (\n\"os\"\n\"os/signal\"\n\"syscall\"\n)\nfunc notify(c chan os.Signal, all ...os.Signal) { signal.Notify(c, all...) }\nfunc wait(c <-chan os.Signal) { for range c {} }\nfunc main() { c := make(chan os.Signal, 1); notify(c, syscall.SIGUSR2); go wait(c) }\n";
    check(
        "source.signal_handlers",
        &["call", "signals", "channel_read"],
        &cgo_off(),
        &[("signals, and a channel that is waited for elsewhere", signals, "m.go:7:51 notify [SIGUSR2] true")],
    );
}

#[test]
fn a_function_that_hands_its_value_on_to_itself_has_an_end() {
    let loops: String =
        (0..200).map(|n| format!("func f{n}(v uint16) {{ f{}(v); f{}(v) }}\n", (n + 1) % 200, (n + 7) % 200)).collect();
    let tree = server(&format!("func main() {{ f0(1); serve(0x304) }}\n{loops}func g(v uint16) {{ serve(v); f3(v) }}"));
    let begun = std::time::Instant::now();
    let sheet = super::table::collect("source.tls_configs", &tree, &cgo_off());
    assert_eq!(super::table::shown(&sheet, TLS), "m.go:4:24 literal server ?value-not-decided");
    assert!(begun.elapsed().as_secs() < 20);
    // A value that a function is handed again and again by itself is what the others hand over.
    let again = "-- m.go --\npackage main\nimport \"crypto/tls\"\nfunc serve(min uint16, n int) {\n\ttls.NewListener(nil, &tls.Config{MinVersion: min})\n\tserve(min, n-1)\n}\nfunc main() { serve(tls.VersionTLS10, 3) }\n";
    check("source.tls_configs", TLS, &cgo_off(), &[("by itself", again, "m.go:4:24 literal server 1.0")]);
}
