//! `source.tls_configs` as tables: configurations that are changed from afar, set whole again, or only copied.

use super::tests::{FIELDS, table};
use crate::facts::table::{cgo_off, check, collect, shown};

/// A program that gets its configuration from a package that alone imports crypto/tls; its body begins on line 5.
fn far(maker: &str, body: &str) -> String {
    format!(
        "-- t/t.go --\npackage t\nimport \"crypto/tls\"\nvar last *tls.Config\nfunc New() *tls.Config {{ last = &tls.Config{{MinVersion: tls.VersionTLS13}}; return last }}\n{maker}\n\
         -- m.go --\npackage main\nimport \"net/http\"\nimport \"example.com/app/t\"\nfunc main() {{\n{body}\nhttp.Serve(nil, nil)\n}}\n"
    )
}

#[test]
fn fields_are_set_where_the_type_is_not_told() {
    for (name, maker, body, assigned) in [
        (
            "ranged over",
            "func All() []*tls.Config { return []*tls.Config{last} }",
            "for _, x := range t.All() {\nx.MinVersion = 0x303\n}",
            "m.go:6:1 assigned ?tls-role-not-followed 1.2 true ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "out of a channel",
            "func Ch() chan *tls.Config { return nil }",
            "(<-t.Ch()).MinVersion = 0x303",
            "m.go:5:1 assigned ?tls-role-not-followed 1.2 true ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "of an interface",
            "type Getter interface { Get() *tls.Config }\nvar G Getter",
            "t.G.Get().MinVersion = 0x303",
            "m.go:5:1 assigned ?tls-role-not-followed 1.2 true ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "by its address",
            "func Last() any { return last }",
            "for _, x := range all {\np := &x.MinVersion\n*p = 0x303\n}",
            "m.go:6:7 assigned ?tls-role-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed",
        ),
    ] {
        let spec = cgo_off();
        let sheet = crate::facts::table::collect("source.tls_configs", &far(maker, body), &spec);
        let shown = crate::facts::table::shown(&sheet, FIELDS);
        assert!(shown.lines().any(|line| line == assigned), "{name}\n{shown}");
        assert!(!shown.contains(" 1.3 true"), "{name}: the literal may have been lowered\n{shown}");
    }
    // Texts are versions of something else.
    let sheet = crate::facts::table::collect("source.tls_configs", &far("", "all[0].MinVersion = \"1.2\""), &cgo_off());
    assert!(crate::facts::table::shown(&sheet, FIELDS).contains("literal ?tls-role-not-followed 1.3 true - false"));
}

#[test]
fn variables_that_are_reached_without_their_name_are_not_decided() {
    let server = "-- m.go --\npackage main\nimport \"crypto/tls\"\nimport \"example.com/app/a\"\nimport _ \"example.com/app/b\"\nfunc main() { tls.NewListener(nil, &tls.Config{MinVersion: a.Floor()}) }\n-- a/a.go --\npackage a\nvar floor uint16 = 0x304\nfunc Floor() uint16 { return floor }\n";
    let undecided = "m.go:5:37 literal server ?value-not-decided ?value-not-decided - false";
    let decided = "m.go:5:37 literal server 1.3 true - false";
    for (name, more, expected) in [
        ("nobody else", "-- b/b.go --\npackage b\n", decided),
        (
            "linked to from another package",
            "-- b/b.go --\npackage b\nimport _ \"unsafe\"\n\n//go:linkname floor example.com/app/a.floor\nvar floor uint16\nfunc init() { floor = 0x303 }\n",
            undecided,
        ),
        (
            "offered to be linked to",
            "-- b/b.go --\npackage b\n-- a/x.go --\npackage a\nimport _ \"unsafe\"\n\n//go:linkname floor\n",
            undecided,
        ),
        (
            "another variable is",
            "-- b/b.go --\npackage b\nimport _ \"unsafe\"\n\n//go:linkname floor example.com/app/c.floor\nvar floor uint16\n",
            decided,
        ),
        (
            "in assembly",
            "-- b/b.go --\npackage b\n-- a/x.s --\nTEXT \u{b7}low(SB),4,$0\n\tMOVW $0x303, \u{b7}floor(SB)\n\tRET\n",
            undecided,
        ),
    ] {
        check("source.tls_configs", FIELDS, &cgo_off(), &[(name, &format!("{server}{more}"), expected)]);
    }
}

#[test]
fn a_value_that_surely_has_gone_from_its_variable_does_not_serve() {
    table(&[
        (
            "hardened by a copy",
            "c := &tls.Config{ServerName: \"x\"}\nc = harden(c)\ntls.NewListener(l, c)\n}\nfunc harden(c *tls.Config) *tls.Config {\nd := c.Clone()\nd.MinVersion = tls.VersionTLS13\nreturn d",
            "m.go:8:7 literal ?tls-role-not-followed 1.2 false - false\nm.go:13:6 clone server ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "given back as it was",
            "c := &tls.Config{ServerName: \"x\"}\nc = same(c)\ntls.NewListener(l, c)\n}\nfunc same(c *tls.Config) *tls.Config { return c",
            "m.go:8:7 literal server 1.2 false - false",
        ),
        (
            "only perhaps",
            "c := &tls.Config{ServerName: \"x\"}\nif len(os.Args) > 1 {\nc = nil\n}\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.2 false - false",
        ),
        (
            "served before",
            "c := &tls.Config{ServerName: \"x\"}\ntls.NewListener(l, c)\nc = nil\n_ = c",
            "m.go:8:7 literal server 1.2 false - false",
        ),
        (
            "set again behind it",
            "var c *tls.Config\nc = nil\nc = &tls.Config{ServerName: \"x\"}\ntls.NewListener(l, c)",
            "m.go:10:6 literal server 1.2 false - false",
        ),
        (
            "in a function that is called later",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nlower := func() { c = &tls.Config{ServerName: \"x\"} }\nc = nil\nlower()\ntls.NewListener(l, c)",
            "m.go:8:7 literal ?tls-role-not-followed 1.3 true - false\nm.go:9:24 literal server 1.2 false - false",
        ),
        (
            "with a jump",
            "c := &tls.Config{ServerName: \"x\"}\nif len(os.Args) > 1 {\ngoto serve\n}\nc = nil\nserve:\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.2 false - false",
        ),
    ]);
}

#[test]
fn a_server_behind_an_interface_may_have_the_default() {
    let open = ["?tls-server-not-followed"; 4].join(" ");
    table(&[
        (
            "called",
            "var s runner = &http.Server{}\ns.ListenAndServeTLS(\"c\", \"k\")\n}\ntype runner interface{ ListenAndServeTLS(c, k string) error }\nfunc f() {",
            &format!("m.go:9:1 default server {open}"),
        ),
        (
            "handed on",
            "var s runner = &http.Server{}\nrun(s.ListenAndServeTLS)\n}\ntype runner interface{ ListenAndServeTLS(c, k string) error }\nfunc run(func(string, string) error) {",
            &format!("m.go:9:5 default server {open}"),
        ),
        (
            "where no server goes without a configuration",
            "var s runner = &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\ns.ListenAndServeTLS(\"c\", \"k\")\n}\ntype runner interface{ ListenAndServeTLS(c, k string) error }\nfunc f() {",
            "m.go:8:41 literal server 1.3 true - false",
        ),
    ]);
}

#[test]
fn templates_that_are_only_copied_serve_nobody() {
    table(&[
        (
            "cloned",
            "a := &tls.Config{ClientAuth: tls.RequireAnyClientCert}\nb := a.Clone()\nb.MinVersion = tls.VersionTLS13\ntls.NewListener(l, b)",
            "m.go:8:7 literal ?tls-role-not-followed 1.2 false - false\nm.go:9:6 clone server 1.3 true - false",
        ),
        (
            "copied, and served as well",
            "a := tls.Config{ServerName: \"x\"}\nb := a\ntls.NewListener(l, &b)\ntls.NewListener(l, &a)",
            "m.go:8:6 literal server 1.2 false - false\nm.go:9:6 clone server 1.2 false - false",
        ),
        (
            "lost as well",
            "a := &tls.Config{ClientAuth: tls.RequireAnyClientCert}\nb := a.Clone()\nb.MinVersion = tls.VersionTLS13\ntls.NewListener(l, b)\nkeep <- a\n}\nvar keep chan *tls.Config\nfunc f() {",
            "m.go:8:7 literal server 1.2 false - false\nm.go:9:6 clone server 1.3 true - false",
        ),
    ]);
}

#[test]
fn what_may_change_a_configuration_opens_it() {
    let passed_on = |at: &str| {
        let open = ["?tls-config-passed-on"; 4].join(" ");
        format!("{at} literal server {open}")
    };
    for (name, body, expected) in [
        (
            "an interface of the program's own",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\np.Apply(c)\ntls.NewListener(l, c)\n}\ntype policy interface { Apply(*tls.Config) }\nvar p policy\nfunc f() {",
            passed_on("m.go:8:7"),
        ),
        (
            "a server by reflection",
            "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\nreflect.ValueOf(s).Elem()\n_ = s",
            passed_on("m.go:8:31"),
        ),
        (
            "its configuration as bytes",
            "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\n*(*uint16)(unsafe.Pointer(s.TLSConfig)) = 1",
            passed_on("m.go:8:31"),
        ),
        (
            "a server by a function that takes anything",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\ns := &http.Server{TLSConfig: c}\ntune(s)\n}\nfunc tune(x any) {\nreflect.ValueOf(x).Elem()",
            passed_on("m.go:8:7"),
        ),
        (
            "by one that takes any number of things",
            "s := &http.Server{}\ns.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS13}\ntune(1, s)\n}\nfunc tune(all ...any) {\nfor _, x := range all { reflect.ValueOf(x).Elem() }",
            passed_on("m.go:9:16"),
        ),
        (
            "by one of any type",
            "s := http.Server{}\ns.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS13}\ntune(&s)\n}\nfunc tune[T any](x *T) {\njson.NewDecoder(os.Stdin).Decode(x)",
            passed_on("m.go:9:16"),
        ),
        (
            "a server that is read",
            "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\njson.Unmarshal(nil, s)",
            passed_on("m.go:8:31"),
        ),
        (
            "a package's server, where nothing speaks of servers",
            "srv.Close()\n}\nvar srv = &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\nfunc init() {\nreflect.ValueOf(srv).Elem()",
            passed_on("m.go:10:36"),
        ),
        (
            "a server that is printed, compared and stopped",
            "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\nshow(s, reflect.TypeOf(s), reflect.DeepEqual(s.TLSConfig, nil))\nstop(s)\n}\nfunc stop(s interface{ Close() error }) { s.Close() }\nfunc show(all ...any) {\nfmt.Println(all...)",
            "m.go:8:31 literal server 1.3 true - false".into(),
        ),
        (
            "what is measured of it",
            "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\n_, _ = unsafe.Sizeof(*s), reflect.TypeOf(s.Addr)",
            "m.go:8:31 literal server 1.3 true - false".into(),
        ),
        (
            "kept by the standard library, and changed where it is asked for",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nkept.Store(\"c\", c)\nv, _ := kept.Load(\"c\")\nv.(*tls.Config).MinVersion = tls.VersionTLS12\ntls.NewListener(l, c)\n}\nvar kept sync.Map\nfunc f() {",
            "m.go:8:7 literal server 1.2|1.3 true - false\nm.go:11:1 assigned ?tls-role-not-followed 1.2 true ?tls-config-not-followed ?tls-config-not-followed".into(),
        ),
    ] {
        let tree = super::tests::program(body).replace("import \"os\"", "import (\"os\"; \"reflect\"; \"sync\"; \"unsafe\"; \"encoding/json\"; \"fmt\")");
        // A module whose path has no dot is no part of the standard library.
        let tree = format!("{tree}-- go.mod --\nmodule app\n\ngo 1.26\n");
        check("source.tls_configs", FIELDS, &cgo_off(), &[(name, &tree, &expected)]);
    }
    table(&[(
        "given back by a generic function",
        "c := &tls.Config{MinVersion: tls.VersionTLS13}\nid(c).MinVersion = tls.VersionTLS12\ntls.NewListener(l, c)\n}\ntype T struct{ MinVersion uint16 }\nfunc id[T any](x T) T {\nreturn x",
        "m.go:8:7 literal server 1.2|1.3 true - false\nm.go:9:1 assigned ?tls-role-not-followed 1.2 true ?tls-config-not-followed ?tls-config-not-followed",
    )]);
}

#[test]
fn over_quic_nothing_older_than_1_3_is_spoken() {
    let server = |at: &str, floor: &str| format!("{at} literal server {floor} false - false");
    for (name, body, expected) in [
        ("its listener", "quic.ListenAddr(\":1\", &tls.Config{}, nil)", server("m.go:8:24", "1.3")),
        ("its transport", "t := quic.Transport{}\nt.Listen(&tls.Config{}, nil)", server("m.go:9:11", "1.3")),
        ("a server of HTTP/3", "s := http3.Server{TLSConfig: &tls.Config{}}\n_ = s", server("m.go:8:31", "1.3")),
        (
            "one of TCP with the same",
            "c := &tls.Config{}\nquic.ListenAddr(\":1\", c, nil)\ntls.NewListener(l, c)",
            server("m.go:8:7", "1.2"),
        ),
        (
            "one that goes elsewhere, too",
            "c := &tls.Config{}\nquic.ListenAddr(\":1\", c, nil)\nkept = append(kept, c)\n}\nvar kept []*tls.Config\nfunc f() {",
            server("m.go:8:7", "1.2|1.3"),
        ),
    ] {
        let quic = "import (\"os\"; \"github.com/quic-go/quic-go\"; \"github.com/quic-go/quic-go/http3\")";
        let tree = super::tests::program(body).replace("import \"os\"", quic);
        let gap = "gap package-not-delivered m.go dependency";
        let expected = format!("{expected}\n{gap}\n{gap}");
        check("source.tls_configs", FIELDS, &cgo_off(), &[(name, &tree, &expected)]);
    }
    let own = "-- go.mod --\nmodule app\n\ngo 1.26\n\nrequire github.com/quic-go/quic-go v0.60.0\n\nreplace github.com/quic-go/quic-go => ./quic\n-- quic/go.mod --\nmodule github.com/quic-go/quic-go\n-- quic/q.go --\npackage quic\n\nimport (\"crypto/tls\"; \"net\")\n\nfunc ListenAddr(a string, c *tls.Config, x any) { tls.NewListener(nil, c) }\n-- m.go --\npackage main\n\nimport (\"crypto/tls\"; \"github.com/quic-go/quic-go\")\n\nfunc main() { quic.ListenAddr(\":1\", &tls.Config{}, nil) }\n";
    let expected = server("m.go:5:38", "1.2");
    check("source.tls_configs", FIELDS, &cgo_off(), &[("a package that only has the name", own, &expected)]);
}

#[test]
fn a_struct_that_holds_one_and_goes_to_what_writes_through_any_pointer_changes_it() {
    let passed = "server ?tls-config-passed-on";
    for (name, body, expected) in [
        ("by reflection", "a := &app{C: conf()}\nweaken(a)\nserve(a.C)", passed),
        ("by a decoder", "a := app{}\na.C = conf()\njson.Unmarshal(nil, &a)\nserve(a.C)", passed),
        ("decoded before", "a := app{}\njson.Unmarshal(nil, &a)\na.C = conf()\nserve(a.C)", "server 1.3"),
        ("a field that decoders leave alone", "a := app{c: conf()}\njson.Unmarshal(nil, &a)\nserve(a.c)", "server 1.3"),
        ("shown", "a := app{c: conf()}\njson.Marshal(&a)\nserve(a.c)", "server 1.3"),
        (
            "its server",
            "a := &app{s: &http.Server{TLSConfig: conf()}}\nweaken(a)\na.s.ListenAndServeTLS(\"\", \"\")",
            passed,
        ),
        (
            "its server, set later",
            "a := new(app)\na.s = new(http.Server)\na.s.TLSConfig = conf()\nweaken(a)\na.s.ListenAndServeTLS(\"\", \"\")",
            passed,
        ),
    ] {
        let text = format!(
            "-- m.go --\npackage main\nimport (\"crypto/tls\"; \"net/http\"; \"reflect\"; \"encoding/json\")\ntype app struct {{ C, c *tls.Config; s *http.Server }}\nfunc conf() *tls.Config {{ return &tls.Config{{MinVersion: tls.VersionTLS13}} }}\nfunc weaken(x any) {{ reflect.ValueOf(x).Elem().Field(0).Elem().Field(20).SetUint(1) }}\nfunc serve(c *tls.Config) {{ (&http.Server{{TLSConfig: c}}).ListenAndServeTLS(\"\", \"\") }}\nfunc main() {{\n{body}\n}}\n"
        );
        let fields = &["form", "role", "min_version"];
        let found = shown(&collect("source.tls_configs", &text, &cgo_off()), fields);
        let told = found.lines().find(|line| line.contains(" literal ")).unwrap_or_default();
        assert_eq!(told.split_once(" literal ").map_or("", |(_, values)| values), expected, "{name}");
        check("source.tls_configs", fields, &cgo_off(), &[(name, &text, &found)]);
    }
}

#[test]
fn what_a_function_literal_returns_goes_where_it_is_called() {
    let made = "&tls.Config{MinVersion: tls.VersionTLS12}";
    let serve = "s := &http.Server{TLSConfig: c}\ns.ListenAndServeTLS(\"\", \"\")";
    for (name, body, role) in [
        ("on the spot", format!("c := func() *tls.Config {{ return {made} }}()\n{serve}"), "server"),
        ("by a variable", format!("f := func() *tls.Config {{ return {made} }}\nc := f()\n{serve}"), "server"),
        ("for a client", format!("c := func() *tls.Config {{ return {made} }}()\ntls.Dial(\"\", \"\", c)"), "client"),
        (
            "beside an error",
            format!("f := func() (*tls.Config, error) {{ return {made}, nil }}\nc, _ := f()\n{serve}"),
            "server",
        ),
        ("by others", format!("f := func() *tls.Config {{ return {made} }}\nrun(f)"), "?tls-role-not-followed"),
        (
            "by a variable of the package",
            format!("c := f()\n{serve}\n}}\nvar f = func() *tls.Config {{ return {made} }}\nfunc x() {{"),
            "server",
        ),
        (
            "once",
            format!(
                "c := f()\n{serve}\n}}\nvar f = sync.OnceValue(func() *tls.Config {{ return {made} }})\nfunc x() {{"
            ),
            "server",
        ),
    ] {
        let text = format!(
            "-- m.go --\npackage main\nimport (\"crypto/tls\"; \"net/http\"; \"sync\")\nfunc main() {{\n{body}\n}}\nfunc run(any)\n"
        );
        let fields = &["form", "role", "min_version"];
        let found = shown(&collect("source.tls_configs", &text, &cgo_off()), fields);
        let told = found.lines().find(|line| line.contains(" literal ")).unwrap_or_default();
        assert_eq!(told.split_once(" literal ").map_or("", |(_, told)| told), format!("{role} 1.2"), "{name}");
        check("source.tls_configs", fields, &cgo_off(), &[(name, &text, &found)]);
    }
}

#[test]
fn what_an_address_leads_back_to_is_the_variable_itself() {
    table(&[
        (
            "a field",
            "var c tls.Config\n(&c).MinVersion = tls.VersionTLS13\ntls.NewListener(l, &c)",
            "m.go:8:5 zero server 1.3 true - false",
        ),
        (
            "a field, the long way",
            "c := tls.Config{MinVersion: tls.VersionTLS13}\n(*(&c)).MinVersion = tls.VersionTLS12\ntls.NewListener(l, &c)",
            "m.go:8:6 literal server 1.2 true - false",
        ),
        (
            "all of it",
            "var c tls.Config\nif len(os.Args) > 1 {\n*(&c) = tls.Config{MinVersion: tls.VersionTLS13}\n}\ntls.NewListener(l, &c)",
            "m.go:8:5 zero server ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on\nm.go:10:9 literal ?tls-role-not-followed 1.3 true - false",
        ),
        (
            "all of it, by a field",
            "a := &app{c: &tls.Config{}}\n*a.c = tls.Config{MinVersion: tls.VersionTLS13}\ntls.NewListener(l, a.c)\n}\ntype app struct{ c *tls.Config }\nfunc f() {",
            "m.go:8:15 literal server ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on\nm.go:9:8 literal ?tls-role-not-followed 1.3 true - false",
        ),
        (
            "all of it, by a package's variable",
            "*kept = tls.Config{MinVersion: tls.VersionTLS13}\ntls.NewListener(l, kept)\n}\nvar kept = &tls.Config{}\nfunc f() {",
            "m.go:8:9 literal ?tls-role-not-followed 1.3 true - false\nm.go:11:13 literal server ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on",
        ),
    ]);
}

#[test]
fn the_only_value_of_a_variable_is_changed_surely() {
    table(&[
        (
            "declared first",
            "var c *tls.Config\nc = &tls.Config{}\nc.MinVersion = tls.VersionTLS13\ntls.NewListener(l, c)",
            "m.go:9:6 literal server 1.3 true - false",
        ),
        (
            "one of two",
            "var c *tls.Config\nc = &tls.Config{}\nif len(os.Args) > 1 {\nc = nil\n}\nc.MinVersion = tls.VersionTLS13\ntls.NewListener(l, c)",
            "m.go:9:6 literal server 1.2|1.3 false|true - false",
        ),
    ]);
}

#[test]
fn a_function_that_chooses_is_seen_wherever_it_is_set() {
    let choose = "func(*tls.ClientHelloInfo) (*tls.Config, error) { return good, nil }";
    let good = "var good = &tls.Config{MinVersion: tls.VersionTLS13}\nfunc choose(*tls.ClientHelloInfo) (*tls.Config, error) { return good, nil }\nfunc f() {";
    for (name, body, expected) in [
        (
            "behind a copy",
            "c := &tls.Config{}\n_ = c.Clone()\nc.GetConfigForClient = CHOOSE\ntls.NewListener(l, c)",
            "1.2|1.3",
        ),
        (
            "by what gives it on",
            "c := &tls.Config{}\nsame(c).GetConfigForClient = CHOOSE\ntls.NewListener(l, c)\n}\nfunc same(c *tls.Config) *tls.Config { return c }\nfunc g() {",
            "1.2|1.3",
        ),
        (
            "for a package's variable",
            "kept.GetConfigForClient = choose\ntls.NewListener(l, kept)\n}\nvar kept = &tls.Config{}\nfunc g() {",
            "1.2|1.3",
        ),
        (
            "that is not told",
            "c := &tls.Config{}\nc.GetConfigForClient = of(os.Args)\ntls.NewListener(l, c)",
            "1.2|1.3",
        ),
        (
            "on one way only",
            "c := &tls.Config{}\nif len(os.Args) > 1 {\nc.GetConfigForClient = CHOOSE\n}\ntls.NewListener(l, c)",
            "1.2",
        ),
        (
            "that may choose none",
            "c := &tls.Config{}\nc.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, nil }\ntls.NewListener(l, c)",
            "1.2",
        ),
    ] {
        let tree = super::tests::program(&format!("{}\n}}\n{good}", body.replace("CHOOSE", choose)));
        let shown = shown(&collect("source.tls_configs", &tree, &cgo_off()), &["min_version"]);
        let found: Vec<&str> =
            shown.lines().filter_map(|line| line.split(' ').nth(1)).filter(|v| *v != "1.3").collect();
        assert_eq!(found.first(), Some(&expected), "{name}\n{shown}");
    }
}
