//! What fields of structs of the program's own can be, by the versions and addresses that are taken from them.

use crate::facts::table::{cgo_off, collect, shown};

/// The server's lowest version where it is `o.Min` of the struct `opts`; `rest` is the rest of the program.
fn min(rest: &str) -> String {
    let tree = format!(
        "-- m.go --\npackage main\nimport (\n\"crypto/tls\"\n\"encoding/json\"\n\"flag\"\n\"net/http\"\n\"os\"\n)\nvar _ = json.Valid\nvar _ = flag.Parse\nvar _ = os.Exit\nfunc serve(o *opts) error {{\ns := &http.Server{{TLSConfig: &tls.Config{{MinVersion: o.MIN}}}}\nreturn s.ListenAndServeTLS(\"c\", \"k\")\n}}\n{rest}\n"
    );
    let of = |name: &str| {
        let sheet = collect("source.tls_configs", &tree.replace("MIN", name), &cgo_off());
        shown(&sheet, &["min_version"])
            .lines()
            .next()
            .unwrap_or_default()
            .rsplit(' ')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let (own, exported) = (of("min"), of("Min"));
    // What reflection can set is told less of.
    if own == exported { own } else { format!("{own} or exported {exported}") }
}

#[test]
fn a_field_is_what_literals_and_assignments_give_it() {
    let ty = "type opts struct { name string; MIN uint16 }\n";
    for (rest, expected) in [
        ("func main() { serve(&opts{MIN: tls.VersionTLS13}) }", "1.3"),
        ("func main() { serve(&opts{MIN: tls.VersionTLS10}) }", "1.0"),
        ("func main() { serve(&opts{\"a\", tls.VersionTLS13}) }", "1.3"),
        ("func main() { serve(&opts{name: \"a\"}) }", "1.2"),
        ("func main() { serve(new(opts)) }", "1.2"),
        ("func main() { var o opts; serve(&o) }", "1.2"),
        ("func main() { o := &opts{MIN: tls.VersionTLS13}\nif x { o.MIN = tls.VersionTLS12 }\nserve(o) }", "1.2|1.3"),
        ("func main() { o := &opts{}\no.MIN = tls.VersionTLS13\nserve(o) }", "1.2|1.3"),
        ("func main() { all := []opts{{MIN: tls.VersionTLS13}}\nclear(all)\nserve(&all[0]) }", "1.2|1.3"),
        (
            "func zero[T any](T) (t T) { return }\nfunc main() { o := zero(opts{MIN: tls.VersionTLS13})\nserve(&o) }",
            "1.2|1.3",
        ),
        (
            "func other() struct { name string; MIN uint16 } { return struct { name string; MIN uint16 }{\"\", 769} }\nfunc main() { o := opts{MIN: tls.VersionTLS13}\no = other()\nserve(&o) }",
            "?value-not-decided",
        ),
        (
            "type like = struct { name string; MIN uint16 }\nfunc main() { o := opts{MIN: tls.VersionTLS13}\no = like{MIN: 769}\nserve(&o) }",
            "?value-not-decided",
        ),
        (
            "var like struct { name string; MIN uint16 }\nfunc main() { o := opts{MIN: tls.VersionTLS13}\no = like\nserve(&o) }",
            "?value-not-decided",
        ),
        (
            "type big struct { like struct { name string; MIN uint16 } }\nfunc main() { o := opts{MIN: tls.VersionTLS13}\no = big{}.like\nserve(&o) }",
            "?value-not-decided",
        ),
        (
            "func main() { table := []struct { in string }{{\"a\"}}\n_ = table\nserve(&opts{MIN: tls.VersionTLS13}) }",
            "1.3",
        ),
        (
            "var all = []opts{{MIN: tls.VersionTLS13}, {MIN: tls.VersionTLS12}}\nfunc main() { serve(&all[0]) }",
            "1.2|1.3",
        ),
        ("var all = map[string]*opts{\"a\": {MIN: tls.VersionTLS13}}\nfunc main() { serve(all[\"a\"]) }", "1.3"),
        (
            "var all = map[string]opts{\"a\": {MIN: tls.VersionTLS13}}\nfunc main() { o := all[\"b\"]; serve(&o) }",
            "1.2|1.3",
        ),
        (
            "func with(v uint16) func(*opts) { return func(o *opts) { o.MIN = v } }\nfunc main() { o := opts{MIN: tls.VersionTLS13}; with(tls.VersionTLS11)(&o); serve(&o) }",
            "1.1|1.3",
        ),
        (
            "type option func(*opts)\nfunc made(all ...option) *opts { o := &opts{MIN: tls.VersionTLS13}\nfor _, set := range all { set(o) }\nreturn o }\nfunc low() option { return func(o *opts) { o.MIN = tls.VersionTLS12 } }\nfunc main() { serve(made(low())) }",
            "1.2|1.3",
        ),
        ("func made() *opts { return &opts{MIN: tls.VersionTLS13} }\nfunc main() { serve(made()) }", "1.3"),
        ("func made() (o opts) { return o }\nfunc main() { o := made(); serve(&o) }", "1.2"),
        ("type app struct { o opts }\nfunc main() { a := app{opts{MIN: tls.VersionTLS13}}; serve(&a.o) }", "1.2|1.3"),
        ("type app struct { o *opts }\nfunc main() { a := app{&opts{MIN: tls.VersionTLS13}}; serve(a.o) }", "1.3"),
    ] {
        assert_eq!(min(&format!("{ty}{rest}")), expected, "{rest}");
    }
}

#[test]
fn a_field_that_more_is_done_with_is_not_known() {
    let ty = "type opts struct { name string; MIN uint16 }\n";
    for (rest, expected) in [
        ("func main() { o := &opts{MIN: tls.VersionTLS13}; set(&o.MIN); serve(o) }", "?value-not-decided"),
        ("func main() { o := &opts{MIN: tls.VersionTLS13}; o.MIN = of(os.Args); serve(o) }", "?value-not-decided"),
        ("func main() { o := &opts{MIN: tls.VersionTLS13}; o.MIN--; serve(o) }", "?value-not-decided"),
        ("func main() { o := &opts{MIN: tls.VersionTLS13}; o.MIN, _ = of(); serve(o) }", "?value-not-decided"),
        (
            "type app struct { opts }\nfunc main() { a := app{opts{MIN: tls.VersionTLS13}}; serve(&a.opts) }",
            "?value-not-decided",
        ),
        (
            "type other struct { name string; MIN uint16 }\nfunc main() { o := opts(other{MIN: tls.VersionTLS10}); serve(&o) }",
            "?value-not-decided",
        ),
        (
            "type list []opts\nvar all = list{{MIN: tls.VersionTLS13}}\nfunc main() { serve(&all[0]) }",
            "?value-not-decided",
        ),
        // Only an exported field is set by its name; any may be zero in what a decoder makes.
        (
            "func main() { o := &opts{MIN: tls.VersionTLS13}; json.Unmarshal([]byte(os.Args[1]), o); serve(o) }",
            "1.2|1.3 or exported ?value-not-decided",
        ),
        (
            "var read = json.Unmarshal\nfunc main() { o := &opts{MIN: tls.VersionTLS13}; read([]byte(os.Args[1]), o); serve(o) }",
            "1.2|1.3 or exported ?value-not-decided",
        ),
        (
            "func main() { read := json.Unmarshal; o := &opts{MIN: tls.VersionTLS13}; read([]byte(os.Args[1]), o); serve(o) }",
            "1.2|1.3 or exported ?value-not-decided",
        ),
        (
            "type decoder interface { Decode(any) error }\nfunc main() { var d decoder = json.NewDecoder(os.Stdin); o := &opts{MIN: tls.VersionTLS13}; d.Decode(o); serve(o) }",
            "1.2|1.3 or exported ?value-not-decided",
        ),
        (
            "type app struct { O *opts }\nfunc main() { a := app{&opts{MIN: tls.VersionTLS13}}; json.NewDecoder(os.Stdin).Decode(&a); serve(a.O) }",
            "1.2|1.3 or exported ?value-not-decided",
        ),
        (
            "func load(v any) { json.Unmarshal([]byte(os.Args[1]), v) }\nfunc main() { o := &opts{MIN: tls.VersionTLS13}; load(o); serve(o) }",
            "1.2|1.3 or exported ?value-not-decided",
        ),
        (
            "var a struct { O opts }\nfunc main() { a.O = opts{MIN: tls.VersionTLS13}; json.Unmarshal([]byte(os.Args[1]), &a); serve(&a.O) }",
            "1.2|1.3 or exported ?value-not-decided",
        ),
    ] {
        assert_eq!(min(&format!("{ty}{rest}")), expected, "{rest}");
    }
}

#[test]
fn what_others_are_decoded_into_leaves_a_field_alone() {
    let ty = "type opts struct { name string; MIN uint16 }\ntype request struct { Name string }\n";
    for rest in [
        "func main() { var r request; json.NewDecoder(os.Stdin).Decode(&r); serve(&opts{MIN: tls.VersionTLS13}) }",
        "func main() { var r request; json.Unmarshal([]byte(os.Args[1]), &r); json.NewEncoder(os.Stdout).Encode(&opts{MIN: tls.VersionTLS13}); serve(&opts{MIN: tls.VersionTLS13}) }",
        "func read(body []byte) { var r request; json.Unmarshal(body, &r) }\nfunc main() { serve(&opts{MIN: tls.VersionTLS13}) }",
    ] {
        assert_eq!(min(&format!("{ty}{rest}")), "1.3", "{rest}");
    }
}

#[test]
fn a_struct_that_has_another_name_may_be_set_by_that() {
    let ty = "type opts struct { name string; MIN uint16 }\ntype like struct { name string; MIN uint16 }\n";
    for (rest, expected) in [
        ("func main() { o := &opts{MIN: tls.VersionTLS13}; (*like)(o).MIN = 769; serve(o) }", "?value-not-decided"),
        (
            "func main() { o := &opts{MIN: tls.VersionTLS13}; p := ( *like ) (o); p.MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "func lower(p *like) { p.MIN = 769 }\nfunc main() { o := opts{MIN: tls.VersionTLS13}; lower((*like)(&o)); serve(&o) }",
            "?value-not-decided",
        ),
        (
            "type pointer = *like\nfunc main() { o := &opts{MIN: tls.VersionTLS13}; pointer(o).MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "type pointer = ( *like)\nfunc main() { o := &opts{MIN: tls.VersionTLS13}; pointer(o).MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "type pointer = /* a */ *like\nfunc main() { o := &opts{MIN: tls.VersionTLS13}; pointer(o).MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "type pointer = // a\n*like\nfunc main() { o := &opts{MIN: tls.VersionTLS13}; pointer(o).MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "type pointer = // a\n(*like)\nfunc main() { o := &opts{MIN: tls.VersionTLS13}; pointer(o).MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "type pointer = /* a */ (*like)\nfunc main() { o := &opts{MIN: tls.VersionTLS13}; pointer(o).MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "func main() { o := &opts{MIN: tls.VersionTLS13}; p := ( // a\n*like)(o); p.MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "func main() { o := &opts{MIN: tls.VersionTLS13}; p := (/**/*like)(o); p.MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "type pointer = ((*like))\nfunc main() { o := &opts{MIN: tls.VersionTLS13}; pointer(o).MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        (
            "func main() { type own struct { name string; MIN uint16 }; o := &opts{MIN: tls.VersionTLS13}; (*own)(o).MIN = 769; serve(o) }",
            "?value-not-decided",
        ),
        // Of something else, of nothing, and of a copy.
        (
            "func main() { o := &opts{MIN: tls.VersionTLS13}; var l like; (*opt2)(&l).MIN = 769; serve(o) }\ntype opt2 like",
            "1.3",
        ),
        ("func main() { o := &opts{MIN: tls.VersionTLS13}; _ = (*like)(nil); serve(o) }", "1.3"),
        ("func main() { o := &opts{MIN: tls.VersionTLS13}; l := like(*o); l.MIN = 769; serve(o) }", "1.3"),
        ("func main() { o := &opts{MIN: tls.VersionTLS13}; f := &exit; (*f)(1); serve(o) }\nvar exit = os.Exit", "1.3"),
    ] {
        assert_eq!(min(&format!("{ty}{rest}")), expected, "{rest}");
    }
}

#[test]
fn lists_and_maps_are_known_where_nobody_else_sets_them() {
    for (body, expected) in [
        ("m := map[string]uint16{\"a\": 772}\nlog.Print(m)\nserve(m[\"a\"])", "1.3"),
        ("m := map[string]uint16{\"a\": 772}\nmaps.Copy(m, low)\nserve(m[\"a\"])", "?value-not-decided"),
        ("m := map[string]uint16{\"a\": 772}\nfor range maps.Keys(m) {\n}\nserve(m[\"a\"])", "1.3"),
        ("m := []uint16{772}\nbinary.Read(nil, nil, m)\nserve(m[0])", "?value-not-decided"),
        ("m := []uint16{772}\nctx := context.WithValue(nil, 1, m)\nserve(m[0])", "?value-not-decided"),
        ("m := []uint16{772, 769}\nif slices.Contains(m, 769) {\nserve(m[0])\n}", "1.3"),
        ("m := []uint16{772, 769}\nslices.Reverse(m)\nserve(m[0])", "?value-not-decided"),
        // `1` is an int there, and no uint8.
        ("m := map[any]uint16{1: 772, uint8(1): 769}\nserve(m[uint8(1)])", "?value-not-decided"),
        ("m := map[name]uint16{\"a\": 772}\nserve(m[\"a\"])", "1.3"),
    ] {
        let imports = ["context", "crypto/tls", "encoding/binary", "log", "maps", "slices"];
        let imports: String = imports.iter().map(|path| format!("import \"{path}\"\n")).collect();
        let serve = "func serve(v uint16) { tls.Listen(\"tcp\", \"\", &tls.Config{MinVersion: v}) }";
        let tree = format!(
            "-- m.go --\npackage main\n{imports}{serve}\nvar low map[string]uint16\ntype name string\nfunc main() {{\n{body}\n}}\n"
        );
        let sheet = collect("source.tls_configs", &tree, &cgo_off());
        let shown = shown(&sheet, &["min_version"]);
        assert_eq!(shown.rsplit(' ').next(), Some(expected), "{body}");
    }
}
