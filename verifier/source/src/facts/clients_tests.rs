//! `source.http_clients` and `source.pprof` as tables.

use super::table::{cgo_off, check};

fn main(imports: &str, body: &str) -> String {
    let imports: String = imports.split(' ').map(|path| format!("import \"{path}\"\n")).collect();
    format!("-- m.go --\npackage main\n{imports}{body}\n")
}

#[test]
fn clients_are_told_with_their_time_outs_and_pools() {
    let fields = &["made", "timeout", "idle_timeout", "max_idle_per_host", "max_per_host", "no_reuse"];
    let of = |body: &str| main("net/http time", body);
    let table = [
        ("none is set", of("func main() { c := &http.Client{}; c.Get(\"/\") }"), "m.go:4:21 client - - - - -"),
        (
            "in the literal",
            of("var c = http.Client{Timeout: 30 * time.Second}\nfunc main() {}"),
            "m.go:4:9 client 30000.0 - - - -",
        ),
        (
            "behind it",
            of("const limit = time.Duration(1500) * time.Millisecond\nfunc main() {\n\tvar c http.Client\n\tc.Timeout = limit\n\tc.Get(\"/\")\n}"),
            "m.go:6:6 client 1500.0 - - - -",
        ),
        (
            "on some way only",
            of("func main() {\n\tc := new(http.Client)\n\tif x() {\n\t\tc.Timeout = time.Minute\n\t}\n\tc.Get(\"/\")\n}\nfunc x() bool { return true }"),
            "m.go:5:7 client -|60000.0 - - - -",
        ),
        (
            "from a flag",
            of("func client(d time.Duration) *http.Client { return &http.Client{Timeout: d} }\nfunc main() { client(0) }"),
            "m.go:4:53 client ?value-not-decided - - - -",
        ),
        (
            "elsewhere in the program",
            of("func client() *http.Client { return &http.Client{} }\nfunc main() { c := client(); c.Timeout = time.Second }"),
            "m.go:4:38 client -|1000.0 - - - -",
        ),
        (
            "a transport's pool",
            of("var t = &http.Transport{MaxIdleConnsPerHost: 100, MaxConnsPerHost: 200, IdleConnTimeout: time.Minute}\nfunc main() {}"),
            "m.go:4:10 transport - 60000.0 100 200 false",
        ),
        (
            "a transport that never keeps a connection",
            of("var t = http.Transport{DisableKeepAlives: true}\nfunc main() {}"),
            "m.go:4:9 transport - - 2 - true",
        ),
        (
            "a copy of the default one",
            of("func main() {\n\tt := http.DefaultTransport.(*http.Transport).Clone()\n\tt.MaxIdleConnsPerHost = 7\n\t_ = t\n}"),
            "m.go:5:7 transport - ?struct-not-followed ?struct-not-followed ?struct-not-followed ?struct-not-followed\nm.go:5:7 default-transport - 90000.0 2 - false",
        ),
        ("net/http's own", of("func main() { http.Get(\"/\"); _ = http.DefaultClient }"), "m.go:4:15 default-client - - - - -\nm.go:4:34 default-client - - - - -"),
        (
            "by position",
            of("func main() { _ = http.Client{nil, nil, nil, time.Second} }"),
            "m.go:4:19 client ?struct-not-followed - - - -",
        ),
        (
            "an alias in another package and a defined type",
            "-- m.go --\npackage main\nimport \"example.com/app/p\"\nfunc main() { _ = p.C{}; _ = p.D{} }\n-- p/p.go --\npackage p\nimport \"net/http\"\ntype C = http.Client\ntype D http.Client\n".into(),
            "m.go:3:19 client - - - - -\nm.go:3:30 client - - - - -",
        ),
        (
            "another package of the name",
            "-- m.go --\npackage main\nimport \"example.com/app/http\"\nfunc main() { _ = http.Client{}; http.Get() }\n-- http/http.go --\npackage http\ntype Client struct{}\nfunc Get() {}\n".into(),
            "",
        ),
        ("shadowed", of("type Client struct{}\nfunc main() { http := struct{ Get func() }{}; http.Get(); _ = Client{}; _ = time.Now }"), ""),
    ];
    let table: Vec<(&str, &str, &str)> =
        table.iter().map(|(name, tree, facts)| (*name, tree.as_str(), *facts)).collect();
    check("source.http_clients", fields, &cgo_off(), &table);
}

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
            "m.go:3:8 import net/http/pprof ?mux-not-followed",
        ),
        (
            "handlers one by one",
            "-- m.go --\npackage main\nimport \"net/http\"\nimport p \"net/http/pprof\"\nfunc main() {\n\tmux := http.NewServeMux()\n\tmux.HandleFunc(\"/debug/\", p.Index)\n\thttp.ListenAndServe(\":1\", mux)\n}\n".into(),
            "m.go:3:8 import net/http/pprof false\nm.go:6:28 handler pprof.Index ?mux-not-followed",
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
