//! `source.tls_configs` as tables: which configuration a server has in the end, and what Go makes of the words that say its version.

use super::tests::{FIELDS, table};
use crate::facts::table::{cgo_off, check};

#[test]
fn a_server_has_the_configuration_that_it_has_when_it_serves() {
    table(&[
        (
            "none after all",
            "s := &http.Server{TLSConfig: nil}\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:9:1 default server 1.2 false - false",
        ),
        (
            "taken away",
            "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\ns.TLSConfig = nil\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:8:31 literal ?tls-role-not-followed 1.3 true - false\nm.go:10:1 default server 1.2 false - false",
        ),
        (
            "exchanged before anyone sees it",
            "s := &http.Server{Addr: \":0\", TLSConfig: &tls.Config{}}\ns.Addr = \":1\"\ns.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS13}\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:8:43 literal ?tls-role-not-followed 1.2 false - false\nm.go:10:16 literal server 1.3 true - false",
        ),
        (
            "exchanged on one way only",
            "s := &http.Server{TLSConfig: &tls.Config{}}\nif len(os.Args) > 1 {\ns.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS13}\n}\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:8:31 literal server 1.2 false - false\nm.go:10:16 literal server 1.3 true - false",
        ),
        (
            "exchanged for a copy of itself",
            "s := &http.Server{TLSConfig: &tls.Config{}}\ns.TLSConfig = s.TLSConfig.Clone()\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:8:31 literal server 1.2 false - false\nm.go:9:15 clone server ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "on one way only",
            "s := &http.Server{}\nif len(os.Args) > 1 {\ns.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS13}\n}\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:10:16 literal server 1.3 true - false\nm.go:12:1 default server ?tls-server-not-followed ?tls-server-not-followed ?tls-server-not-followed ?tls-server-not-followed",
        ),
        (
            "handed on as a function",
            "s := &http.Server{}\nrun(func() error { return nil }, s.ListenAndServe)\nt := (&http.Server{}).ListenAndServeTLS\n_ = t\n}\nfunc run(...func() error) {",
            "m.go:10:6 default server 1.2 false - false",
        ),
        (
            "replaced behind its pointer",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nreset(c)\ntls.NewListener(l, c)\n}\nfunc reset[T any](p *T) {\nvar z T\n*p = z",
            "m.go:8:7 literal server ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on",
        ),
        (
            "a client's that serves",
            "t := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}\ns := &http.Server{}\ns.TLSConfig = t.TLSClientConfig\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:8:40 literal ?tls-role-not-followed 1.2 true - false\nm.go:10:15 given server ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "a client's that is looked at",
            "t := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}\nif t.TLSClientConfig != nil {\nt.TLSClientConfig.ServerName = \"x\"\n}",
            "m.go:8:40 literal client 1.2 true - false",
        ),
        (
            "nought, by other ways of making it",
            "var all [2]tls.Config\nmany := make([]tls.Config, 1)\nnamed := make(map[string]tls.Config)\n_, _, _ = all, many, named\n}\nfunc f() (c tls.Config) {\nreturn",
            "m.go:8:5 zero ?tls-role-not-followed 1.2 false - false\nm.go:9:9 zero ?tls-role-not-followed 1.2 false - false\nm.go:10:10 zero ?tls-role-not-followed 1.2 false - false\nm.go:13:11 zero ?tls-role-not-followed 1.2 false - false",
        ),
    ]);
}

#[test]
fn a_server_whose_configuration_is_taken_from_it_may_have_the_default() {
    let server = "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\n";
    let with = |more: &str| format!("{server}{more}");
    let own = "m.go:8:31 literal server 1.3 true - false";
    let both = |at: &str| format!("{own}\nm.go:{at} default server {}", ["?tls-server-not-followed"; 4].join(" "));
    for (name, body, expected) in [
        (
            "elsewhere",
            with("bare(s)\ns.ServeTLS(l, \"\", \"\")\n}\nfunc bare(s *http.Server) {\ns.TLSConfig = nil"),
            both("10:1"),
        ),
        ("by its place", with("p := &s.TLSConfig\n*p = nil\ns.ServeTLS(l, \"\", \"\")"), both("11:1")),
        ("in a copy", with("t := *s\nt.TLSConfig = nil\ns = &t\ns.ServeTLS(l, \"\", \"\")"), both("12:1")),
        (
            "whole",
            with(
                "bare(s)\ns.ServeTLS(l, \"\", \"\")\n}\nfunc bare(s *http.Server) {\n*s = *other()\n}\nfunc other() *http.Server {\nreturn nil",
            ),
            both("10:1"),
        ),
        (
            "from something else",
            with(
                "var o options\no.TLSConfig = nil\ns.ServeTLS(l, \"\", \"\")\n}\ntype options struct{ TLSConfig *tls.Config }\nfunc f() {",
            ),
            own.into(),
        ),
        (
            "under another type's name",
            with(
                "bare((*own)(s))\ns.ServeTLS(l, \"\", \"\")\n}\ntype own http.Server\nfunc bare(s *own) {\ns.TLSConfig = nil",
            ),
            both("10:1"),
        ),
        ("that is only looked at", with("if s.TLSConfig != nil {\ns.ServeTLS(l, \"\", \"\")\n}"), own.into()),
    ] {
        table(&[(name, &body, &expected)]);
    }
}

#[test]
fn a_configuration_in_whose_stead_another_is_always_chosen_may_never_serve() {
    let choose = |returns: &str| {
        format!(
            "c := &tls.Config{{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {{ {returns} }}}}\ns := &http.Server{{TLSConfig: c}}\n_ = s\n}}\nvar kept *tls.Config\nfunc f() {{"
        )
    };
    let base = |floor: &str| format!("m.go:8:7 literal server {floor} false - true");
    for (name, returns, expected) in [
        ("one that is kept", "return kept, nil", base("1.2|1.3")),
        ("one or an error", "if kept == nil { return nil, os.ErrClosed }; return kept, nil", base("1.2|1.3")),
        ("none at times", "if kept == nil { return nil, nil }; return kept, nil", base("1.2")),
        ("none, by a name of its own", "return", base("1.2")),
        ("the server's own", "var s http.Server; return s.TLSConfig, nil", base("1.2")),
    ] {
        table(&[(name, &choose(returns), &expected)]);
    }
    table(&[
        (
            "itself",
            "var c *tls.Config\nc = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c, nil }}\ntls.NewListener(l, c)",
            "m.go:9:6 literal server 1.2 false - true",
        ),
        (
            "set when another struct has it, too",
            "c := &tls.Config{}\nh := holder{c}\n_ = h\nc.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return kept, nil }\ntls.NewListener(l, c)\n}\nvar kept *tls.Config\ntype holder struct{ c *tls.Config }\nfunc f() {",
            "m.go:8:7 literal server 1.2|1.3 false - false|true",
        ),
        (
            "set on some way when another struct has it, too",
            "c := &tls.Config{}\nh := holder{c}\nif h.c == nil { c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return kept, nil } }\ntls.NewListener(l, c)\n}\nvar kept *tls.Config\ntype holder struct{ c *tls.Config }\nfunc f() {",
            "m.go:8:7 literal server 1.2 false - false|true",
        ),
        (
            "by a method, set later",
            "c := &tls.Config{}\nc.GetConfigForClient = r.get\ntls.NewListener(l, c)\n}\nvar r reloader\ntype reloader struct{ now *tls.Config }\nfunc (r *reloader) get(*tls.ClientHelloInfo) (*tls.Config, error) {\nreturn r.now, nil",
            "m.go:8:7 literal server 1.2|1.3 false - true",
        ),
    ]);
}

#[test]
fn a_client_with_fields_of_servers_is_a_client() {
    table(&[
        (
            "alone",
            "_ = &http.Transport{TLSClientConfig: &tls.Config{ClientCAs: nil}}",
            "m.go:8:39 literal client 1.2 false - false",
        ),
        (
            "and a server",
            "c := &tls.Config{ClientCAs: nil}\n_ = &http.Transport{TLSClientConfig: c}\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.2 false - false",
        ),
        (
            "and something else",
            "c := &tls.Config{ClientCAs: nil}\n_ = &http.Transport{TLSClientConfig: c}\nall = append(all, c)\n}\nvar all []*tls.Config\nfunc f() {",
            "m.go:8:7 literal server 1.2 false - false",
        ),
    ]);
}

#[test]
fn what_a_server_is_given_that_nobody_was_seen_to_make_is_open() {
    let open = ["?tls-config-not-followed"; 4].join(" ");
    let given = |at: &str| format!("m.go:{at} given server {open}");
    for (name, body, expected) in [
        ("what a map lacks", "m := map[string]tls.Config{}\nc := m[\"x\"]\ntls.NewListener(l, &c)", given("10:20")),
        (
            "what a closed channel gives",
            "ch := make(chan tls.Config)\nclose(ch)\nc := <-ch\n_ = &http.Server{TLSConfig: &c}",
            given("11:29"),
        ),
        (
            "what is no such thing",
            "var x any\nc, _ := x.(tls.Config)\ns := &http.Server{}\ns.TLSConfig = &c",
            given("11:15"),
        ),
        ("a part of an array", "a := new([1]tls.Config)\ntls.NewListener(l, &a[0])", given("9:20")),
        (
            "a result without a value",
            "f := func() (c tls.Config) { return }\nc := f()\ntls.NewListener(l, &c)",
            given("10:20"),
        ),
        (
            "a list of lists by its name",
            "tls.NewListener(l, all[0][0])\n}\ntype list []*tls.Config\nvar all = []list{{{}}}\nfunc f() {",
            "m.go:11:19 literal ?tls-role-not-followed 1.2 false - false".into(),
        ),
        (
            "a parameter",
            "var m map[int]*tls.Config\nserve(m[1])\n}\nfunc serve(c *tls.Config) {\ntls.NewListener(l, c)",
            given("12:20"),
        ),
        ("a library's parameter", "}\nfunc Serve(c *tls.Config) {\ntls.NewListener(l, c)", String::new()),
        ("nothing", "tls.NewListener(l, nil)", String::new()),
        (
            "perhaps what went elsewhere",
            "keep(&tls.Config{MinVersion: tls.VersionTLS13})\ntls.NewListener(l, kept[0])\n}\nvar kept []*tls.Config\nfunc keep(c *tls.Config) {\nkept = append(kept, c)",
            "m.go:8:7 literal ?tls-role-not-followed 1.3 true - false".into(),
        ),
    ] {
        table(&[(name, body, &expected)]);
    }
}

#[test]
fn nought_that_nobody_sees_is_no_configuration() {
    let strict = "}\nfunc strict() (tls.Config, error) {\nreturn tls.Config{MinVersion: tls.VersionTLS13}, nil";
    let served = "m.go:17:8 literal server 1.3 true - false";
    for (name, body, expected) in [
        (
            "on both ways",
            "var c tls.Config\nif len(os.Args) > 1 {\nc = tls.Config{MinVersion: tls.VersionTLS13}\n} else {\nc, _ = strict()\n}\ntls.NewListener(l, &c)\n",
            format!("m.go:10:5 literal server 1.3 true - false\n{served}"),
        ),
        (
            "with an error beside it",
            "var (\nc tls.Config\nerr error\n)\nif c, err = strict(); err != nil {\nreturn\n}\ntls.NewListener(l, &c)\n",
            served.replace("17:8", "18:8"),
        ),
    ] {
        check(
            "source.tls_configs",
            FIELDS,
            &cgo_off(),
            &[(name, &super::tests::program(&format!("{body}{strict}")), &expected)],
        );
    }
    let zero = |body: &str, place: &str| {
        let tree = super::tests::program(body);
        let found = crate::facts::table::collect("source.tls_configs", &tree, &cgo_off());
        let lines = crate::facts::table::shown(&found, FIELDS);
        assert!(lines.lines().any(|line| line.starts_with(&format!("{place} zero"))), "{body}: {lines}");
    };
    // On one way only, served before, kept by its address, or set in a loop that may not run.
    zero(
        "var c tls.Config\nif len(os.Args) > 1 {\nc = tls.Config{MinVersion: tls.VersionTLS13}\n}\ntls.NewListener(l, &c)",
        "m.go:8:5",
    );
    zero("var c tls.Config\ntls.NewListener(l, &c)\nc = tls.Config{MinVersion: tls.VersionTLS13}", "m.go:8:5");
    zero("var c tls.Config\np := &c\nc = tls.Config{MinVersion: tls.VersionTLS13}\ntls.NewListener(l, p)", "m.go:8:5");
    zero(
        "var c tls.Config\nfor range os.Args[1:] {\nc = tls.Config{MinVersion: tls.VersionTLS13}\n}\ntls.NewListener(l, &c)",
        "m.go:8:5",
    );
    zero(
        "var c tls.Config\nif c.MinVersion == 0 {\nc = tls.Config{MinVersion: tls.VersionTLS13}\n} else {\nreturn\n}\ntls.NewListener(l, &c)",
        "m.go:8:5",
    );
}

#[test]
fn a_function_that_chooses_the_configuration_serves_what_it_returns() {
    table(&[
        (
            "by its name",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nc.GetConfigForClient = choose\ntls.NewListener(l, c)\n}\nfunc choose(*tls.ClientHelloInfo) (*tls.Config, error) {\nreturn &tls.Config{MinVersion: tls.VersionTLS12}, nil",
            "m.go:8:7 literal server 1.3 true - true\nm.go:13:9 literal server 1.2 true - false",
        ),
        (
            "as a method",
            "tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS13, GetConfigForClient: own{}.choose})\n}\ntype own struct{}\nfunc (own) choose(*tls.ClientHelloInfo) (*tls.Config, error) {\nreturn &tls.Config{MinVersion: tls.VersionTLS12}, nil",
            "m.go:8:21 literal server 1.3 true - true\nm.go:12:9 literal server 1.2 true - false",
        ),
    ]);
}

#[test]
fn names_are_those_of_the_package_that_has_them() {
    let rows = [
        (
            "two imports by a dot",
            "-- m.go --\npackage main\nimport . \"errors\"\nimport . \"crypto/tls\"\nimport \"net\"\nvar l net.Listener\nvar _ = New\nfunc main() { NewListener(l, &Config{MinVersion: VersionTLS12}) }\n",
            "m.go:7:31 literal server 1.2 true - false",
        ),
        (
            "a package whose path looks like another",
            "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire example.com/go-tls v1.0.0\n-- m.go --\npackage main\nimport \"example.com/go-tls\"\nimport \"crypto/tls\"\nimport \"net\"\nvar l net.Listener\nvar _ = xtls.X\nfunc main() { tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12}) }\n",
            "m.go:7:35 literal server 1.2 true - false\ngap module-source-not-delivered m.go dependency",
        ),
    ];
    for row in rows {
        check("source.tls_configs", FIELDS, &cgo_off(), &[row]);
    }
}

#[test]
fn a_version_is_what_go_makes_of_it() {
    table(&[
        (
            "a method that is called later",
            "v := num(tls.VersionTLS13)\nlower := v.lower\nlower()\ntls.NewListener(l, &tls.Config{MinVersion: uint16(v)})\n}\ntype num uint16\nfunc (n *num) lower() { *n = 0x303",
            "m.go:11:21 literal server ?value-not-decided ?value-not-decided - false",
        ),
        (
            "nought where a panic is caught",
            "tls.NewListener(l, &tls.Config{MinVersion: floor(1)})\n}\nfunc floor(n int) uint16 {\ndefer func() { recover() }()\nif n > 0 {\npanic(n)\n}\nreturn tls.VersionTLS13",
            "m.go:8:21 literal server ?value-not-decided ?value-not-decided - false",
        ),
        (
            "caught by another function",
            "tls.NewListener(l, &tls.Config{MinVersion: floor(1)})\n}\nfunc caught() { recover() }\nfunc floor(n int) uint16 {\ndefer caught()\nif n > 0 {\npanic(n)\n}\nreturn tls.VersionTLS13",
            "m.go:8:21 literal server ?value-not-decided ?value-not-decided - false",
        ),
        (
            "deferred without catching, honest",
            "tls.NewListener(l, &tls.Config{MinVersion: floor()})\n}\nfunc floor() uint16 {\ndefer l.Close()\nreturn tls.VersionTLS13",
            "m.go:8:21 literal server 1.3 true - false",
        ),
        (
            "iota of one's own",
            "tls.NewListener(l, &tls.Config{MinVersion: floor})\n}\nconst iota = 1\nconst floor = tls.VersionTLS13 - iota\nfunc f() {",
            "m.go:8:21 literal server 1.2 true - false",
        ),
        (
            "the lowest of several",
            "tls.NewListener(l, &tls.Config{MinVersion: min(tls.VersionTLS13, tls.VersionTLS12, 0x304)})",
            "m.go:8:21 literal server 1.2 true - false",
        ),
        (
            "the highest of several, honest",
            "v := uint16(tls.VersionTLS12)\ntls.NewListener(l, &tls.Config{MinVersion: max(v, tls.VersionTLS13)})",
            "m.go:9:21 literal server 1.3 true - false",
        ),
        (
            "a function of that name",
            "tls.NewListener(l, &tls.Config{MinVersion: max(tls.VersionTLS12, tls.VersionTLS13)})\n}\nfunc max(a, b uint16) uint16 {\nreturn 0x303",
            "m.go:8:21 literal server 1.2 true - false",
        ),
    ]);
}
