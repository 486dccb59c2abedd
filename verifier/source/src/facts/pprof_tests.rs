//! `source.pprof` as tables.

use super::table::{cgo_off, check};

#[test]
fn the_profiler_is_told_wherever_it_is_put() {
    let fields = &["form", "call", "exposed"];
    let imported = "package main\nimport \"net/http\"\nimport _ \"net/http/pprof\"\n";
    let of = |body: &str| format!("-- m.go --\n{imported}{body}\n");
    let table = [
        (
            "on the default mux that is served",
            of("func main() { http.ListenAndServe(\":1\", nil) }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "on the default mux by its name",
            of("func main() { s := http.Server{Handler: http.DefaultServeMux}; s.ListenAndServe() }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "on a mux that nobody serves",
            of("func main() { mux := http.NewServeMux(); http.ListenAndServe(\":1\", mux) }"),
            "m.go:3:8 import net/http/pprof false",
        ),
        (
            "a server without a handler",
            of("func main() { s := &http.Server{Addr: \":1\"}; s.ListenAndServe() }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "a handler that comes from elsewhere",
            of("func serve(h http.Handler) { http.ListenAndServe(\":1\", h) }\nfunc main() { serve(nil) }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "chi's own handler",
            "-- m.go --\npackage main\nimport (\n\"net/http\"\n\"github.com/go-chi/chi/v5\"\n\"github.com/go-chi/chi/v5/middleware\"\n)\nfunc main() { r := chi.NewRouter(); r.Mount(\"/debug\", middleware.Profiler()); http.ListenAndServe(\":1\", r) }\n".into(),
            "m.go:7:55 handler middleware.Profiler true\ngap package-not-delivered m.go dependency\ngap package-not-delivered m.go dependency",
        ),
        (
            "a server's zero value",
            of("func main() { var s http.Server; s.ListenAndServe() }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "a server by new, of the package",
            of("var s = new(http.Server)\nfunc main() { s.Addr = \":1\"; s.ListenAndServe() }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "a server of the package with a handler",
            of("var s http.Server\nfunc main() { s.Handler = http.NewServeMux(); s.ListenAndServe() }"),
            "m.go:3:8 import net/http/pprof false",
        ),
        (
            "a server that is part of another struct",
            of("type app struct { http.Server }\nfunc main() { (&app{}).ListenAndServe() }"),
            "m.go:3:8 import net/http/pprof ?mux-not-followed",
        ),
        (
            "asked by a handler",
            of("func main() { m := http.NewServeMux(); m.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { http.DefaultServeMux.ServeHTTP(w, r) }); http.ListenAndServe(\":1\", m) }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "asked by a handler for some paths",
            of("func main() { m := http.NewServeMux(); m.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { if r.URL.Path != \"/\" { http.DefaultServeMux.ServeHTTP(w, r) } }); http.ListenAndServe(\":1\", m) }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "asked by a handler on a condition of its own",
            of("var debug bool\nfunc main() { m := http.NewServeMux(); m.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { if debug { http.DefaultServeMux.ServeHTTP(w, r) } }); http.ListenAndServe(\":1\", m) }"),
            "m.go:3:8 import net/http/pprof ?mux-not-followed",
        ),
        (
            "asked by a type that is a handler",
            of("type h struct{}\nfunc (h) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.DefaultServeMux.ServeHTTP(w, r) }\nfunc main() { http.ListenAndServe(\":1\", h{}) }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "asked by a method",
            of("type app struct{}\nfunc (a *app) debug(w http.ResponseWriter, r *http.Request) { http.DefaultServeMux.ServeHTTP(w, r) }\nfunc main() { m := http.NewServeMux(); a := &app{}; m.HandleFunc(\"/\", a.debug); http.ListenAndServe(\":1\", m) }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "asked by a handler that nobody serves",
            of("func main() { m := http.NewServeMux(); m.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { http.DefaultServeMux.ServeHTTP(w, r) }) }"),
            "m.go:3:8 import net/http/pprof false",
        ),
        (
            "in a wrapper",
            of("func log(h http.Handler) http.Handler { return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }) }\nfunc main() { s := http.Server{Handler: log(http.DefaultServeMux)}; s.ListenAndServe() }"),
            "m.go:3:8 import net/http/pprof true",
        ),
        (
            "a mux of its own in a wrapper",
            of("func log(h http.Handler) http.Handler { return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }) }\nfunc main() { http.HandleFunc(\"/\", nil); s := http.Server{Handler: log(http.NewServeMux())}; s.ListenAndServe() }"),
            "m.go:3:8 import net/http/pprof false",
        ),
        (
            "in a variable on which handlers are put",
            of("func main() { m := http.DefaultServeMux; m.HandleFunc(\"/\", nil); http.ListenAndServe(\":1\", http.NewServeMux()) }"),
            "m.go:3:8 import net/http/pprof false",
        ),
        (
            "exchanged",
            of("func init() { http.DefaultServeMux = http.NewServeMux() }\nfunc main() { http.ListenAndServe(\":1\", http.NewServeMux()) }"),
            "m.go:3:8 import net/http/pprof ?mux-not-followed",
        ),
        (
            "the program's variables",
            "-- m.go --\npackage main\nimport \"net/http\"\nimport \"expvar\"\nvar n = expvar.NewInt(\"n\")\nfunc main() { http.Handle(\"/v\", expvar.Handler()); http.ListenAndServe(\":1\", nil) }\n".into(),
            "m.go:3:8 variables expvar true\nm.go:5:33 variables expvar.Handler true",
        ),
        (
            "handlers one by one",
            "-- m.go --\npackage main\nimport \"net/http\"\nimport p \"net/http/pprof\"\nfunc main() {\n\tmux := http.NewServeMux()\n\tmux.HandleFunc(\"/debug/\", p.Index)\n\thttp.ListenAndServe(\":1\", mux)\n}\n".into(),
            "m.go:3:8 import net/http/pprof false\nm.go:6:28 handler pprof.Index true",
        ),
        (
            "a profile that the program writes itself",
            "-- m.go --\npackage main\nimport \"runtime/pprof\"\nfunc main() { pprof.StartCPUProfile(nil) }\n".into(),
            "m.go:3:15 profile pprof.StartCPUProfile false",
        ),
        (
            "another pprof",
            "-- m.go --\npackage main\nimport \"example.com/app/pprof\"\nfunc main() { pprof.Index() }\n-- pprof/p.go --\npackage pprof\nfunc Index() {}\n".into(),
            "",
        ),
    ];
    let table: Vec<(&str, &str, &str)> =
        table.iter().map(|(name, tree, facts)| (*name, tree.as_str(), *facts)).collect();
    check("source.pprof", fields, &cgo_off(), &table);
}

/// The handler alone; the import's own line is shown above.
#[test]
fn handlers_are_followed_to_the_server_that_answers() {
    let of = |imports: &str, body: &str| {
        let imports: String = imports.split_whitespace().map(|path| format!("import \"{path}\"\n")).collect();
        format!("-- m.go --\npackage main\nimport \"net/http\"\nimport p \"net/http/pprof\"\n{imports}{body}\n")
    };
    let chi = "github.com/go-chi/chi/v5";
    let gin = "github.com/gin-gonic/gin";
    let table: &[(&str, &str, &str, &str)] = &[
        (
            "on the default mux",
            "",
            "func main() { http.HandleFunc(\"/p\", p.Index); http.ListenAndServe(\"\", nil) }",
            "true",
        ),
        (
            "on the default mux that nobody serves",
            "",
            "func main() { http.HandleFunc(\"/p\", p.Index); http.ListenAndServe(\"\", http.NewServeMux()) }",
            "false",
        ),
        (
            "a mux that nobody serves",
            "",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/p\", p.Index); http.ListenAndServe(\"\", http.NewServeMux()) }",
            "false",
        ),
        (
            "converted",
            "",
            "func main() { m := http.NewServeMux(); m.Handle(\"/p\", http.HandlerFunc(p.Profile)); http.ListenAndServe(\"\", m) }",
            "true",
        ),
        (
            "made by name",
            "",
            "func main() { m := http.NewServeMux(); m.Handle(\"/p\", p.Handler(\"heap\")); s := http.Server{Handler: m}; s.ListenAndServe() }",
            "true",
        ),
        (
            "a server's field set later",
            "",
            "func main() { var m http.ServeMux; m.HandleFunc(\"/p\", p.Index); var s http.Server; s.Handler = &m; s.ListenAndServe() }",
            "true",
        ),
        (
            "a mux on a mux, made together",
            "",
            "func main() { m, o := http.NewServeMux(), http.NewServeMux(); m.HandleFunc(\"/p\", p.Index); o.Handle(\"/\", http.StripPrefix(\"/x\", m)); http.ListenAndServe(\"\", o) }",
            "true",
        ),
        (
            "a mux on a mux, each on its own line",
            "",
            "func main() { m := http.NewServeMux(); o := http.NewServeMux(); m.HandleFunc(\"/p\", p.Index); o.Handle(\"/\", http.StripPrefix(\"/x\", m)); http.ListenAndServe(\"\", o) }",
            "true",
        ),
        (
            "a mux on the default one",
            "",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/p\", p.Index); http.Handle(\"/\", m); http.ListenAndServe(\"\", nil) }",
            "true",
        ),
        (
            "a mux that is handed over",
            "",
            "func register(m *http.ServeMux) { m.HandleFunc(\"/p\", p.Index) }\nfunc main() { m := http.NewServeMux(); register(m); http.ListenAndServe(\"\", m) }",
            "true",
        ),
        (
            "a mux that is handed over and not served",
            "",
            "func register(m *http.ServeMux) { m.HandleFunc(\"/p\", p.Index) }\nfunc main() { m := http.NewServeMux(); register(m); http.ListenAndServe(\"\", http.NewServeMux()) }",
            "false",
        ),
        (
            "a mux that comes back",
            "",
            "func debug() http.Handler { m := http.NewServeMux(); m.HandleFunc(\"/p\", p.Index); return m }\nfunc main() { http.ListenAndServe(\"\", debug()) }",
            "true",
        ),
        (
            "a mux that another function serves",
            "",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/p\", p.Index); serve(m) }\nfunc serve(h http.Handler) { http.ListenAndServe(\"\", h) }",
            "true",
        ),
        (
            "a mux of the package",
            "",
            "var m = http.NewServeMux()\nfunc init() { m.HandleFunc(\"/p\", p.Index) }\nfunc main() { http.ListenAndServe(\"\", m) }",
            "true",
        ),
        (
            "a mux in a struct",
            "",
            "type app struct{ m *http.ServeMux }\nfunc (a *app) routes() { a.m.HandleFunc(\"/p\", p.Index) }\nfunc main() { http.ListenAndServe(\"\", (&app{}).m) }",
            "?mux-not-followed",
        ),
        (
            "a mux that is stored",
            "",
            "type app struct{ m *http.ServeMux }\nfunc main() { m := http.NewServeMux(); m.HandleFunc(\"/p\", p.Index); _ = app{m: m} }",
            "?mux-not-followed",
        ),
        (
            "under a condition",
            "os",
            "func main() { m := http.NewServeMux(); if len(os.Args) > 1 { m.HandleFunc(\"/p\", p.Index) }; http.ListenAndServe(\"\", m) }",
            "false|true",
        ),
        (
            "inside another handler",
            "",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/p\", func(w http.ResponseWriter, r *http.Request) { p.Index(w, r) }); http.ListenAndServe(\"\", m) }",
            "true",
        ),
        (
            "inside a function that is a handler",
            "",
            "func debug(w http.ResponseWriter, r *http.Request) { p.Index(w, r) }\nfunc main() { m := http.NewServeMux(); m.HandleFunc(\"/p\", debug); http.ListenAndServe(\"\", m) }",
            "true",
        ),
        ("served by itself", "", "func main() { http.ListenAndServe(\"\", http.HandlerFunc(p.Index)) }", "true"),
        (
            "behind someone's guard",
            "example.com/guard",
            "func main() { m := http.NewServeMux(); m.Handle(\"/p\", guard.Only(p.Index)); http.ListenAndServe(\"\", m) }",
            "?mux-not-followed",
        ),
        (
            "gorilla",
            "github.com/gorilla/mux",
            "func main() { r := mux.NewRouter(); r.HandleFunc(\"/p\", p.Index); http.ListenAndServe(\"\", r) }",
            "true",
        ),
        (
            "gorilla, by a path",
            "github.com/gorilla/mux",
            "func main() { r := mux.NewRouter(); r.PathPrefix(\"/p\").HandlerFunc(p.Index); http.ListenAndServe(\"\", r) }",
            "true",
        ),
        (
            "gorilla, on a part",
            "github.com/gorilla/mux",
            "func main() { r := mux.NewRouter(); s := r.PathPrefix(\"/d\").Subrouter(); s.Handle(\"/p\", http.HandlerFunc(p.Index)); http.ListenAndServe(\"\", r) }",
            "true",
        ),
        (
            "chi",
            chi,
            "func main() { r := chi.NewRouter(); r.Get(\"/p\", p.Index); http.ListenAndServe(\"\", r) }",
            "true",
        ),
        (
            "chi, in a route",
            chi,
            "func main() { r := chi.NewRouter(); r.Route(\"/d\", func(r chi.Router) { r.HandleFunc(\"/p\", p.Index) }); http.ListenAndServe(\"\", r) }",
            "true",
        ),
        (
            "chi, mounted",
            chi,
            "func main() { r := chi.NewRouter(); d := chi.NewRouter(); d.HandleFunc(\"/p\", p.Index); r.Mount(\"/d\", d); http.ListenAndServe(\"\", r) }",
            "true",
        ),
        ("chi that nobody serves", chi, "func main() { r := chi.NewRouter(); r.Get(\"/p\", p.Index) }", "false"),
        ("gin", gin, "func main() { r := gin.Default(); r.GET(\"/p\", gin.WrapF(p.Index)); r.Run() }", "true"),
        (
            "gin, in a group",
            gin,
            "func main() { r := gin.New(); g := r.Group(\"/d\"); g.GET(\"/p\", gin.WrapH(p.Handler(\"heap\"))); r.Run(\":1\") }",
            "true",
        ),
        (
            "echo",
            "github.com/labstack/echo/v4",
            "func main() { e := echo.New(); e.GET(\"/p\", echo.WrapHandler(http.HandlerFunc(p.Index))); e.Start(\":1\") }",
            "true",
        ),
        (
            "httprouter",
            "github.com/julienschmidt/httprouter",
            "func main() { r := httprouter.New(); r.HandlerFunc(\"GET\", \"/p\", p.Index); http.ListenAndServe(\"\", r) }",
            "true",
        ),
    ];
    for (name, imports, body, expected) in table {
        let tree = of(imports, body);
        let sheet = super::table::collect("source.pprof", &tree, &cgo_off());
        let shown = super::table::shown(&sheet, &["form", "exposed"]);
        let handler: Vec<&str> =
            shown.lines().filter_map(|line| line.split_once(" handler ")).map(|(_, e)| e).collect();
        assert_eq!(handler, [*expected], "{name}: {shown}");
    }
}

#[test]
fn a_librarys_profiler_is_followed_by_the_router_that_it_is_handed() {
    let of = |library: &str, imports: &str, body: &str| {
        format!("-- m.go --\npackage main\nimport \"{library}\"\nimport \"{imports}\"\n{body}\n")
    };
    let (gin, statsviz) = ("github.com/gin-contrib/pprof", "github.com/arl/statsviz");
    let table = [
        (
            "served",
            of(gin, "github.com/gin-gonic/gin", "func main() { r := gin.New(); pprof.Register(r); r.Run() }"),
            "m.go:2:8 library github.com/gin-contrib/pprof true",
        ),
        (
            "in a group",
            of(
                gin,
                "github.com/gin-gonic/gin",
                "func main() { r := gin.New(); pprof.RouteRegister(r.Group(\"/d\"), \"x\"); r.Run() }",
            ),
            "m.go:2:8 library github.com/gin-contrib/pprof true",
        ),
        (
            "not served",
            of(statsviz, "net/http", "func main() { m := http.NewServeMux(); statsviz.Register(m) }"),
            "m.go:2:8 library github.com/arl/statsviz false",
        ),
        (
            "otherwise",
            of(statsviz, "net/http", "func main() { http.Handle(\"/\", statsviz.NewServer()) }"),
            "m.go:2:8 library github.com/arl/statsviz ?mux-not-followed",
        ),
    ];
    for (name, tree, expected) in table {
        let sheet = super::table::collect("source.pprof", &tree, &cgo_off());
        let shown = super::table::shown(&sheet, &["form", "call", "exposed"]);
        assert_eq!(shown.lines().next(), Some(expected), "{name}");
    }
}
