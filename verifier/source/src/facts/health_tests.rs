//! `source.health_handlers` as tables: what answers without a handler of the program's, and paths that are put together.

use super::table::{cgo_off, collect, shown};

/// The facts of a main function without the gaps of modules that are not delivered.
fn found(imports: &[&str], body: &str) -> String {
    let imports: String = imports.iter().map(|path| format!("import \"{path}\"\n")).collect();
    let tree = format!("-- m.go --\npackage main\n{imports}func main() {{\n{body}\n}}\n");
    let mut sheet = collect("source.health_handlers", &tree, &cgo_off());
    sheet.gaps.clear();
    shown(&sheet, &["path", "call"])
}

#[test]
fn what_libraries_answer_by_themselves_is_registered() {
    for (name, imports, body, expected) in [
        (
            "chi",
            &["github.com/go-chi/chi/v5", "github.com/go-chi/chi/v5/middleware"][..],
            "r := chi.NewRouter()\nr.Use(middleware.Heartbeat(\"/healthz\"))",
            "m.go:6:7 /healthz middleware.Heartbeat",
        ),
        (
            "controller-runtime",
            &["sigs.k8s.io/controller-runtime/pkg/healthz"],
            "m.AddHealthzCheck(\"a\", healthz.Ping)\nm.AddReadyzCheck(\"b\", healthz.Ping)",
            "m.go:4:1 /healthz AddHealthzCheck\nm.go:5:1 /readyz AddReadyzCheck",
        ),
        (
            "the API machinery of Kubernetes",
            &["k8s.io/apiserver/pkg/server/healthz"],
            "healthz.InstallHandler(mux)\nhealthz.InstallReadyzHandler(mux)",
            "m.go:4:1 /healthz healthz.InstallHandler\nm.go:5:1 /readyz healthz.InstallReadyzHandler",
        ),
    ] {
        assert_eq!(found(imports, body), expected, "{name}");
    }
}

#[test]
fn a_path_that_is_put_together_is_one_of_health_by_its_end() {
    for (body, expected) in [
        ("http.HandleFunc(p+\"/healthz\", h)", "m.go:5:1 ?value-not-decided http.HandleFunc"),
        ("http.HandleFunc(path.Join(p, \"readyz\"), h)", "m.go:5:1 ?value-not-decided http.HandleFunc"),
        ("http.HandleFunc(fmt.Sprintf(\"%s/livez\", p), h)", "m.go:5:1 ?value-not-decided http.HandleFunc"),
        ("http.HandleFunc(p+\"/healthz/users\", h)", ""),
        ("http.HandleFunc(\"/healthz\"+p, h)", ""),
        ("http.HandleFunc(named(\"live\"), h)", ""),
    ] {
        assert_eq!(found(&["net/http", "path"], body), expected, "{body}");
    }
}

#[test]
fn a_route_for_other_methods_is_none_that_anyone_asks_for_health_by() {
    for (methods, expected) in [
        (".Methods(\"POST\")", ""),
        (".Methods(http.MethodPost, \"PUT\")", ""),
        (".Methods(\"GET\", \"POST\")", "m.go:6:1 /healthz mux.Router.HandleFunc"),
        (".Methods(other...)", "m.go:6:1 /healthz mux.Router.HandleFunc"),
        (".Name(\"a\")", "m.go:6:1 /healthz mux.Router.HandleFunc"),
    ] {
        let body = format!("r := mux.NewRouter()\nr.HandleFunc(\"/healthz\", h){methods}");
        assert_eq!(found(&["net/http", "github.com/gorilla/mux"], &body), expected, "{methods}");
    }
}

#[test]
fn what_no_server_of_the_program_can_answer_is_no_health_handler() {
    let serve = |mux: &str| format!("http.ListenAndServe(\":1\", {mux})");
    for (body, expected) in [
        (format!("m := http.NewServeMux()\nm.HandleFunc(\"/healthz\", h)\n{}", serve("nil")), ""),
        (
            format!("m := http.NewServeMux()\nm.HandleFunc(\"/healthz\", h)\n{}", serve("m")),
            "m.go:5:1 /healthz http.ServeMux.HandleFunc",
        ),
        (
            format!("m := http.NewServeMux()\nm.HandleFunc(\"/healthz\", h)\nf(m)\n{}", serve("nil")),
            "m.go:5:1 /healthz http.ServeMux.HandleFunc",
        ),
        (format!("http.HandleFunc(\"/healthz\", h)\n{}", serve("http.NewServeMux()")), ""),
        (format!("http.HandleFunc(\"/healthz\", h)\n{}", serve("nil")), "m.go:4:1 /healthz http.HandleFunc"),
        (format!("{}\n}}\nfunc other() {{ http.HandleFunc(\"/healthz\", h)", serve("nil")), ""),
        ("s{}.AddHealthzCheck(\"x\", nil)\n}\ntype s struct{}\nfunc (s) AddHealthzCheck(string, any) {".into(), ""),
    ] {
        assert_eq!(found(&["net/http"], &body), expected, "{body}");
    }
}

#[test]
fn routes_are_told_by_where_they_can_be_asked_for() {
    let serve = "\nhttp.ListenAndServe(\":1\", m)";
    for (body, expected) in [
        ("f := m.HandleFunc\nf(\"/healthz\", h)", "m.go:6:6 /healthz http.ServeMux.HandleFunc"),
        ("n := http.NewServeMux()\nn.HandleFunc(\"/healthz\", h)\nm.Handle(\"/a/\", n)", ""),
        (
            "n := http.NewServeMux()\nn.HandleFunc(\"/a/healthz\", h)\nm.Handle(\"/a/\", n)",
            "m.go:7:1 /a/healthz http.ServeMux.HandleFunc",
        ),
        (
            "n := http.NewServeMux()\nn.HandleFunc(\"/healthz\", h)\nm.Handle(\"/\", n)",
            "m.go:7:1 /healthz http.ServeMux.HandleFunc",
        ),
        ("m.Handle(\"/healthz\", http.NotFoundHandler())", ""),
        (
            "for _, r := range []struct{ m, p string }{{m: \"GET\", p: \"/healthz\"}, {m: \"POST\", p: \"/livez\"}} { m.HandleFunc(r.m+\" \"+r.p, h) }",
            "m.go:6:98 /healthz http.ServeMux.HandleFunc",
        ),
        (
            "m.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { switch p := r.URL.Path; { case p == \"/livez\" || strings.HasSuffix(p, \"/readyz\"): w.Write(nil) } })",
            "m.go:6:97 /livez r.URL.Path\nm.go:6:114 ?value-not-decided r.URL.Path",
        ),
        ("t{}.HandleFunc(\"/healthz\", h)", ""),
        ("u{}.HandleFunc(\"/healthz\", h)", "m.go:6:1 /healthz app.u.HandleFunc"),
        (
            "d := http.DefaultServeMux\nd.HandleFunc(\"/healthz\", h)\ngo http.ListenAndServe(\":2\", nil)",
            "m.go:7:1 /healthz http.ServeMux.HandleFunc",
        ),
    ] {
        let rest = "\n}\ntype t struct{}\nfunc (t) HandleFunc(string, any) {}\ntype u struct{}\nfunc (u) HandleFunc(p string, h any) { keep(h) ";
        let body = format!("m := http.NewServeMux()\n{body}{serve}{rest}");
        assert_eq!(found(&["net/http", "strings"], &body), expected, "{body}");
    }
    let global =
        "http.HandleFunc(\"/healthz\", h)\nhttp.ListenAndServe(\":1\", m)\n}\nvar m = http.NewServeMux()\nfunc f() {";
    assert_eq!(found(&["net/http"], global), "", "another mux is served");
    for (server, expected) in [
        ("http.ListenAndServe(\":1\", http.StripPrefix(\"/a\", m))", "/a/healthz"),
        ("s := http.Server{Handler: http.StripPrefix(\"/a\", m)}\ns.ListenAndServe()", "/a/healthz"),
    ] {
        let body = format!("m := http.NewServeMux()\nm.HandleFunc(\"/healthz\", h)\n{server}");
        let told = found(&["net/http"], &body);
        assert_eq!(told.split(' ').nth(1), Some(expected), "{server}");
    }
}
