//! `source.health_handlers` as a table: muxes in muxes, behind prefixes, in structs and around handlers.

use super::table::{cgo_off, collect, shown};

#[test]
fn routes_are_told_by_the_paths_that_lead_to_them() {
    for (name, body, expected) in [
        (
            "a prefix around the server",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/healthz\", h); http.ListenAndServe(\"\", http.StripPrefix(\"/a\", m)) }",
            "/a/healthz",
        ),
        (
            "around the server, in a variable and a literal",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/healthz\", h); p := http.StripPrefix(\"/a\", m); s := http.Server{Handler: p}; s.ListenAndServe() }",
            "/a/healthz",
        ),
        (
            "muxes in muxes",
            "func main() { m, n, o := http.NewServeMux(), http.NewServeMux(), http.NewServeMux(); m.HandleFunc(\"/healthz\", h); n.Handle(\"/b/\", http.StripPrefix(\"/b\", m)); o.Handle(\"/a/\", http.StripPrefix(\"/a\", n)); http.ListenAndServe(\"\", o) }",
            "/a/b/healthz",
        ),
        (
            "under two prefixes",
            "func main() { m, n := http.NewServeMux(), http.NewServeMux(); m.HandleFunc(\"/healthz\", h); n.Handle(\"/a/\", http.StripPrefix(\"/a\", m)); n.Handle(\"/b/\", http.StripPrefix(\"/b\", m)); http.ListenAndServe(\"\", n) }",
            "/a/healthz\n/b/healthz",
        ),
        (
            "by functions of the program's own",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/healthz\", h); http.ListenAndServe(\"\", before(\"/a\", log(m))) }\nfunc before(p string, h http.Handler) http.Handler { m := http.NewServeMux(); m.Handle(p+\"/\", http.StripPrefix(p, h)); return m }\nfunc log(h http.Handler) http.Handler { return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }) }",
            "/a/healthz",
        ),
        (
            "a handler of the program's own that has a mux",
            "type s struct{ mux *http.ServeMux }\nfunc make() *s { s := &s{mux: http.NewServeMux()}; s.mux.HandleFunc(\"/healthz\", h); return s }\nfunc (s *s) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }\nfunc main() { m := http.NewServeMux(); m.Handle(\"/a/\", http.StripPrefix(\"/a\", make())); http.ListenAndServe(\"\", m) }",
            "/a/healthz",
        ),
        (
            "a mux behind an interface and an embedded one",
            "type i interface{ HandleFunc(string, func(http.ResponseWriter, *http.Request)) }\ntype t struct{ *http.ServeMux }\nfunc put(m i) { m.HandleFunc(\"/healthz\", h) }\nfunc main() { x := &t{http.NewServeMux()}; put(x.ServeMux); x.ServeMux.HandleFunc(\"/readyz\", h); http.ListenAndServe(\"\", http.StripPrefix(\"/a\", x.ServeMux)) }",
            "/a/healthz\n/a/readyz",
        ),
        (
            "the default mux behind a prefix, and as it is",
            "func main() { http.HandleFunc(\"/healthz\", h); go http.ListenAndServe(\"\", nil); http.ListenAndServe(\"\", http.StripPrefix(\"/a\", http.DefaultServeMux)) }",
            "/healthz\n/a/healthz",
        ),
        (
            "the default mux behind a prefix alone",
            "func main() { http.HandleFunc(\"/healthz\", h); http.ListenAndServe(\"\", http.StripPrefix(\"/a\", http.DefaultServeMux)) }",
            "/a/healthz",
        ),
        (
            "a path that is asked after by the handler",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { if r.URL.Path == \"/healthz\" { h(w, r) } }); http.ListenAndServe(\"\", http.StripPrefix(\"/a\", m)) }",
            "/a/healthz",
        ),
        (
            "files behind a prefix, and a library around the mux",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/healthz\", h); m.Handle(\"/s/\", http.StripPrefix(\"/s/\", http.FileServer(nil))); http.ListenAndServe(\"\", cors.New().Handler(m)) }",
            "/healthz",
        ),
        (
            "through a function that is not told, beside prefixes",
            "func main() { m := http.NewServeMux(); m.HandleFunc(\"/healthz\", h); _ = http.StripPrefix(\"/a\", h); http.ListenAndServe(\"\", wraps[0](m)) }\nvar wraps []func(http.Handler) http.Handler",
            "?value-not-decided",
        ),
        (
            "behind a pattern that does not take it",
            "func main() { m, n := http.NewServeMux(), http.NewServeMux(); m.HandleFunc(\"/healthz\", h); n.Handle(\"/a/\", m); http.ListenAndServe(\"\", n) }",
            "",
        ),
        (
            "that it takes, under no prefix",
            "func main() { m, n := http.NewServeMux(), http.NewServeMux(); m.HandleFunc(\"/a/healthz\", h); n.Handle(\"GET /a/\", m); http.ListenAndServe(\"\", n) }",
            "/a/healthz",
        ),
    ] {
        let tree = format!(
            "-- m.go --\npackage main\nimport (\"net/http\"; \"github.com/rs/cors\")\n{body}\nfunc h(w http.ResponseWriter, r *http.Request) {{}}\n"
        );
        let mut sheet = collect("source.health_handlers", &tree, &cgo_off());
        sheet.gaps.clear();
        let lines = shown(&sheet, &["path"]);
        let told: Vec<&str> = lines.lines().filter_map(|line| Some(line.split_once(' ')?.1)).collect();
        assert_eq!(told.join("\n"), expected, "{name}");
    }
}
