//! `source.http_clients` as a table.

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
        (
            "handed to reflection",
            main("net/http time reflect", "func main() { c := &http.Client{Timeout: time.Second}; reflect.ValueOf(c) }"),
            "m.go:5:21 client ?struct-not-followed - - - -",
        ),
        (
            "made by a generic function",
            of("func made[T any]() *T { return new(T) }\nfunc main() { made[http.Client]() }"),
            "m.go:5:15 client ?struct-not-followed - - - -",
        ),
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
            of("func client(d time.Duration) *http.Client { return &http.Client{Timeout: d} }\nfunc main() { client(flag()) }\nfunc flag() time.Duration"),
            "m.go:4:53 client ?value-not-decided - - - -",
        ),
        (
            "from callers, one of whom gives none",
            of("func client(d time.Duration) *http.Client { return &http.Client{Timeout: d} }\nfunc main() { client(time.Second); client(0) }"),
            "m.go:4:53 client 1000.0|- - - - -",
        ),
        (
            "zero values in arrays, lists and structs",
            of("type api struct { c http.Client; n int }\ntype two [2]api\nfunc main() {\n\tvar a [2]http.Client\n\tvar b api\n\tc := new(two)\n\td := make([]api, 3)\n\te := [3]http.Client{{Timeout: time.Second}}\n\tf := make([]api, 0, 4)\n\tg := []api{{n: 1}}\n\th := [1]http.Client{{Timeout: time.Second}}\n\tuse(a, b, c, d, e, f, g, h)\n}\nfunc use(all ...any) (last http.Client) { return }"),
            "m.go:7:6 client - - - - -\nm.go:8:6 client - - - - -\nm.go:9:7 client - - - - -\nm.go:10:7 client - - - - -\nm.go:11:7 client - - - - -\nm.go:11:22 client 1000.0 - - - -\nm.go:13:13 client - - - - -\nm.go:14:22 client 1000.0 - - - -\nm.go:17:23 client - - - - -",
        ),
        (
            "a part of a struct that is set whole behind it",
            of("type api struct { c http.Client }\nfunc main() {\n\ta := &api{}\n\ta.c = http.Client{Timeout: time.Second}\n\tuse(a)\n}\nfunc use(*api)"),
            "m.go:6:8 client ?struct-not-followed - - - -\nm.go:7:8 client 1000.0 - - - -",
        ),
        (
            "a part of a struct whose field is set behind it",
            of("type api struct { c http.Client }\nfunc main() {\n\ta := &api{}\n\ta.c.Timeout = time.Second\n\tuse(a)\n}\nfunc use(*api)"),
            "m.go:6:8 client -|1000.0 - - - -",
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
            "m.go:5:7 transport - 90000.0 7 - false",
        ),
        (
            "in lists that say the type",
            of("var all = []*http.Client{{Timeout: time.Second}, {}}\nvar named = map[string]http.Transport{\"a\": {MaxIdleConnsPerHost: 5}}\nfunc main() {}"),
            "m.go:4:26 client 1000.0 - - - -\nm.go:4:50 client - - - - -\nm.go:5:44 transport - - 5 - false",
        ),
        (
            "in a struct that says nothing of it",
            of("type api struct { http.Client; n int }\nvar one = api{n: 1}\nvar _ any = &api{}\nfunc main() { _ = &api{Client: http.Client{Timeout: time.Second}} }"),
            "m.go:5:11 client - - - - -\nm.go:7:32 client 1000.0 - - - -",
        ),
        (
            "net/http's own with a time-out, and exchanged",
            of("func init() { http.DefaultClient.Timeout = time.Second }\nfunc main() { http.Get(\"/\") }"),
            "m.go:4:15 default-client -|1000.0 - - - -\nm.go:5:15 default-client -|1000.0 - - - -",
        ),
        (
            "net/http's own client by another name, behind a field, a pointer and a function",
            of("func limit(c *http.Client) { c.Timeout = time.Second }\nfunc main() {\n\tlimit(http.DefaultClient)\n\thttp.Get(\"/\")\n}"),
            "m.go:6:8 default-client -|1000.0 - - - -\nm.go:7:2 default-client -|1000.0 - - - -",
        ),
        (
            "net/http's own client, whose time-out another one's does not touch",
            of("func main() {\n\tc := &http.Client{}\n\tc.Timeout = time.Second\n\tif c == http.DefaultClient { return }\n\tcopied := *http.DefaultClient\n\thttp.DefaultClient.Get(\"/\")\n\t_ = copied\n}"),
            "m.go:5:8 client 1000.0 - - - -\nm.go:7:10 default-client - - - - -\nm.go:8:12 client ?struct-not-followed - - - -\nm.go:8:13 default-client - - - - -\nm.go:9:2 default-client - - - - -",
        ),
        (
            "net/http's own transport, set",
            of("func main() {\n\thttp.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 5\n\t_ = http.DefaultTransport.(*http.Transport).Clone()\n\thttp.Get(\"/\")\n}"),
            "m.go:5:2 default-transport - 90000.0 2|5 - false\nm.go:6:6 transport - 90000.0 2|5 - false\nm.go:7:2 default-client - - - - -",
        ),
        (
            "net/http's own transport by another name, and exchanged",
            of("func init() {\n\tif t, ok := http.DefaultTransport.(*http.Transport); ok {\n\t\tt.MaxConnsPerHost = 9\n\t}\n\thttp.DefaultTransport = other()\n}\nfunc other() http.RoundTripper\nfunc main() {}"),
            "m.go:5:14 default-transport - ?struct-not-followed ?struct-not-followed ?struct-not-followed ?struct-not-followed\nm.go:8:2 default-transport - ?struct-not-followed ?struct-not-followed ?struct-not-followed ?struct-not-followed",
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
