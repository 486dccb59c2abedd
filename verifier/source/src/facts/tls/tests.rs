//! `source.tls_configs` as tables: shapes of making and changing a configuration, honest ones and disguises.

use crate::facts::table::{built, cgo_off, check};

pub(super) const FIELDS: &[&str] = &["form", "role", "min_version", "min_stated", "max_version", "callback"];

/// A main function's body; imports on the first lines, so that the body begins on line 8.
pub(super) fn program(body: &str) -> String {
    format!(
        "-- m.go --\npackage main\nimport \"crypto/tls\"\nimport \"net/http\"\nimport \"net\"\nimport \"os\"\n\nfunc main() {{\n{body}\n}}\nvar l net.Listener\n"
    )
}

pub(super) fn table(rows: &[(&str, &str, &str)]) {
    for (name, body, expected) in rows {
        check("source.tls_configs", FIELDS, &cgo_off(), &[(name, &program(body), expected)]);
    }
}

#[test]
fn what_a_literal_says_is_known() {
    table(&[
        (
            "pointer",
            "tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS13})",
            "m.go:8:21 literal server 1.3 true - false",
        ),
        (
            "value",
            "c := tls.Config{MinVersion: tls.VersionTLS12}\ntls.NewListener(l, &c)",
            "m.go:8:6 literal server 1.2 true - false",
        ),
        (
            "hexadecimal",
            "tls.NewListener(l, &tls.Config{MinVersion: 0x0304})",
            "m.go:8:21 literal server 1.3 true - false",
        ),
        (
            "decimal and converted",
            "tls.NewListener(l, &tls.Config{MinVersion: uint16(771)})",
            "m.go:8:21 literal server 1.2 true - false",
        ),
        (
            "a sum",
            "tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12 + 1})",
            "m.go:8:21 literal server 1.3 true - false",
        ),
        (
            "a constant",
            "const floor uint16 = tls.VersionTLS13\ntls.NewListener(l, &tls.Config{MinVersion: floor})",
            "m.go:9:21 literal server 1.3 true - false",
        ),
        ("nothing stated", "tls.NewListener(l, &tls.Config{})", "m.go:8:21 literal server 1.2 false - false"),
        ("0 stated", "tls.NewListener(l, &tls.Config{MinVersion: 0})", "m.go:8:21 literal server 1.2 false - false"),
        (
            "a ceiling",
            "tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12})",
            "m.go:8:21 literal server 1.0 true 1.2 false",
        ),
        (
            "SSL 3.0 is 1.0 to Go",
            "tls.NewListener(l, &tls.Config{MinVersion: tls.VersionSSL30})",
            "m.go:8:21 literal server 1.0 true - false",
        ),
        (
            "a version that is none",
            "tls.NewListener(l, &tls.Config{MinVersion: 0x0305})",
            "m.go:8:21 literal server ?tls-version-unknown true - false",
        ),
        (
            "other fields",
            "tls.NewListener(l, &tls.Config{CipherSuites: nil, CurvePreferences: []tls.CurveID{tls.X25519}, MinVersion: tls.VersionTLS13})",
            "m.go:8:21 literal server 1.3 true - false",
        ),
        (
            "out of a map",
            "all := map[string]uint16{\"1.2\": tls.VersionTLS12, \"1.3\": tls.VersionTLS13}\ntls.NewListener(l, &tls.Config{MinVersion: all[\"1.3\"]})\ntls.NewListener(l, &tls.Config{MinVersion: all[\"none\"]})",
            "m.go:9:21 literal server 1.3 true - false\nm.go:10:21 literal server 1.2 false - false",
        ),
        (
            "out of a map, by a name that is given",
            "all := map[string]uint16{\"1.3\": tls.VersionTLS13}\nv, ok := all[os.Args[1]]\n_ = ok\ntls.NewListener(l, &tls.Config{MinVersion: v})",
            "m.go:11:21 literal server 1.2|1.3 false|true - false",
        ),
        (
            "out of a map that is changed",
            "all := map[string]uint16{\"1.3\": tls.VersionTLS13}\nall[\"1.3\"] = tls.VersionTLS12\ntls.NewListener(l, &tls.Config{MinVersion: all[\"1.3\"]})",
            "m.go:10:21 literal server ?value-not-decided ?value-not-decided - false",
        ),
        (
            "out of a list",
            "all := [...]uint16{1: tls.VersionTLS12, tls.VersionTLS13}\ntls.NewListener(l, &tls.Config{MinVersion: all[2]})",
            "m.go:9:21 literal server 1.3 true - false",
        ),
        (
            "from the environment",
            "tls.NewListener(l, &tls.Config{MinVersion: floor(os.Getenv(\"X\"))})",
            "m.go:8:21 literal server ?value-not-decided ?value-not-decided - false",
        ),
        (
            "a callback",
            "tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS13, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return &tls.Config{}, nil }})",
            "m.go:8:21 literal server 1.3 true - true\nm.go:8:140 literal server 1.2 false - false",
        ),
        (
            "new with a value",
            "tls.NewListener(l, new(tls.Config{MinVersion: tls.VersionTLS12}))",
            "m.go:8:24 literal server 1.2 true - false",
        ),
    ]);
}

#[test]
fn what_is_assigned_later_counts() {
    table(&[
        (
            "raised",
            "c := &tls.Config{}\nc.MinVersion = tls.VersionTLS13\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.3 true - false",
        ),
        (
            "lowered again",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nc.MinVersion = tls.VersionTLS12\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.2 true - false",
        ),
        (
            "lowered behind the use",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\ntls.NewListener(l, c)\nc.MinVersion = tls.VersionTLS12",
            "m.go:8:7 literal server 1.2|1.3 true - false",
        ),
        (
            "perhaps",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nif len(os.Args) > 1 { c.MinVersion = tls.VersionTLS12 }\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.2|1.3 true - false",
        ),
        (
            "in a closure",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nf := func() { c.MinVersion = tls.VersionTLS11 }\nf()\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.1|1.3 true - false",
        ),
        (
            "deferred",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\ndefer func() { c.MinVersion = 0 }()\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.2|1.3 true|false - false",
        ),
        (
            "several at once",
            "c := new(tls.Config)\nc.MaxVersion, c.MinVersion = 0, tls.VersionTLS13\ntls.NewListener(l, c)",
            "m.go:8:6 new server 1.3 true - false",
        ),
        (
            "by arithmetic",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nc.MinVersion -= 1\ntls.NewListener(l, c)",
            "m.go:8:7 literal server ?tls-config-not-followed ?tls-config-not-followed - false",
        ),
        (
            "through its address",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nlower(&c.MinVersion)\ntls.NewListener(l, c)",
            "m.go:8:7 literal server ?tls-config-not-followed ?tls-config-not-followed - false",
        ),
        (
            "new",
            "c := new(tls.Config)\nc.MinVersion = tls.VersionTLS13\nhttp.Handle(\"/\", nil)\ntls.NewListener(l, c)",
            "m.go:8:6 new server 1.3 true - false",
        ),
        (
            "zero",
            "var c tls.Config\nc.MinVersion = tls.VersionTLS13\ntls.NewListener(l, &c)",
            "m.go:8:5 zero server 1.3 true - false",
        ),
        ("zero and never set", "var c tls.Config\ntls.NewListener(l, &c)", "m.go:8:5 zero server 1.2 false - false"),
        (
            "through a server",
            "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\ns.TLSConfig.MinVersion = tls.VersionTLS12\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:8:31 literal server 1.2 true - false",
        ),
        (
            "through a server, perhaps",
            "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\nif len(os.Args) > 1 { s.TLSConfig.MinVersion = tls.VersionTLS12 }\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:8:31 literal server 1.2|1.3 true - false\nm.go:9:23 assigned server 1.2 true ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "a callback set later",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nc.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, nil }\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.3 true - true",
        ),
        (
            "decoded into",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\nunknown.Decode(c)\ntls.NewListener(l, c)",
            "m.go:8:7 literal server ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on ?tls-config-passed-on",
        ),
        (
            "copied",
            "a := &tls.Config{MinVersion: tls.VersionTLS12}\nb := a.Clone()\nb.MinVersion = tls.VersionTLS13\ntls.NewListener(l, b)",
            "m.go:8:7 literal ?tls-role-not-followed 1.2 true - false\nm.go:9:6 clone server 1.3 true - false",
        ),
        (
            "copied as it is",
            "a := &tls.Config{MinVersion: tls.VersionTLS12}\nb := a.Clone()\ntls.NewListener(l, b)",
            "m.go:8:7 literal ?tls-role-not-followed 1.2 true - false\nm.go:9:6 clone server 1.2 true - false",
        ),
        (
            "a struct copied",
            "a := tls.Config{MinVersion: tls.VersionTLS12}\nb := a\nb.MinVersion = tls.VersionTLS13\ntls.NewListener(l, &b)",
            "m.go:8:6 literal ?tls-role-not-followed 1.2 true - false\nm.go:9:6 clone server 1.3 true - false",
        ),
    ]);
}

#[test]
fn roles_are_followed() {
    table(&[
        (
            "a server's field",
            "_ = http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}",
            "m.go:8:29 literal server 1.3 true - false",
        ),
        (
            "a server's field assigned",
            "var s http.Server\ns.TLSConfig = &tls.Config{}",
            "m.go:9:16 literal server 1.2 false - false",
        ),
        (
            "a client",
            "_ = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}",
            "m.go:8:39 literal client 1.2 false - false",
        ),
        ("a dial", "tls.Dial(\"tcp\", \"x:1\", &tls.Config{})", "m.go:8:25 literal client 1.2 false - false"),
        (
            "both",
            "c := &tls.Config{}\ntls.Client(nil, c)\ntls.Server(nil, c)",
            "m.go:8:7 literal server 1.2 false - false",
        ),
        (
            "unknown",
            "_ = other{TLSConfig: &tls.Config{}}",
            "m.go:8:23 literal ?tls-role-not-followed 1.2 false - false",
        ),
        (
            "a server's fields",
            "_ = other{TLSConfig: &tls.Config{ClientAuth: tls.RequireAnyClientCert}}",
            "m.go:8:23 literal server 1.2 false - false",
        ),
        (
            "a list",
            "for _, c := range []*tls.Config{{MinVersion: tls.VersionTLS12}, {}} { tls.NewListener(l, c) }",
            "m.go:8:33 literal ?tls-role-not-followed 1.2 true - false\nm.go:8:65 literal ?tls-role-not-followed 1.2 false - false",
        ),
        (
            "a map",
            "_ = map[string]tls.Config{\"a\": {MinVersion: tls.VersionTLS13}}",
            "m.go:8:32 literal ?tls-role-not-followed 1.3 true - false",
        ),
        (
            "net/http's default",
            "http.ListenAndServeTLS(\":1\", \"\", \"\", nil)",
            "m.go:8:1 default server 1.2 false - false",
        ),
        (
            "a server without one",
            "s := &http.Server{}\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:9:1 default server 1.2 false - false",
        ),
        (
            "a server with one",
            "s := &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:8:31 literal server 1.3 true - false",
        ),
        (
            "a listener beside it",
            "n, _ := net.Listen(\"tcp\", \":1\")\ntls.NewListener(n, &tls.Config{MinVersion: tls.VersionTLS13})",
            "m.go:9:21 literal server 1.3 true - false",
        ),
        (
            "a client beside a server that is changed",
            "s := &http.Server{}\ns.TLSConfig.GetConfigForClient = choose\n_ = &http.Transport{TLSClientConfig: &tls.Config{}}",
            "m.go:9:1 assigned server ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?value-not-decided\nm.go:10:39 literal client 1.2 false - false",
        ),
        ("a shadowed package", "tls := other{}\n_ = tls.Config{MinVersion: 1}\ntls.NewListener(l, nil)", ""),
        ("in a comment and a string", "// &tls.Config{}\n_ = \"&tls.Config{}\"", ""),
    ]);
}

#[test]
fn configurations_are_found_and_followed_across_the_program() {
    let main = "-- m.go --\npackage main\nimport \"example.com/app/t\"\nimport \"net/http\"\nfunc main() { s := &http.Server{TLSConfig: t.New()}; s.ListenAndServeTLS(\"\", \"\") }\n";
    let rows = [
        (
            "a function that returns it",
            format!("{main}-- t/t.go --\npackage t\nimport \"crypto/tls\"\nfunc New() *tls.Config {{\n\treturn &tls.Config{{MinVersion: floor}}\n}}\n-- t/u.go --\npackage t\nimport \"crypto/tls\"\nconst floor = tls.VersionTLS13\n"),
            "t/t.go:4:10 literal server 1.3 true - false",
        ),
        (
            "changed by who gets it, without an import",
            "-- m.go --\npackage main\nimport \"example.com/app/t\"\nimport \"net/http\"\nfunc main() {\n\tc := t.New()\n\tc.MinVersion = 0x0302\n\t_ = &http.Server{TLSConfig: c}\n}\n-- t/t.go --\npackage t\nimport \"crypto/tls\"\nfunc New() *tls.Config { return &tls.Config{MinVersion: tls.VersionTLS13} }\n".into(),
            "m.go:6:2 assigned ?tls-role-not-followed 1.1 true ?tls-config-not-followed ?tls-config-not-followed\nt/t.go:3:34 literal server 1.1|1.3 true - false",
        ),
        (
            "a variable named like Go's constant",
            "-- m.go --\npackage main\nimport t \"crypto/tls\"\nimport \"net/http\"\nconst VersionTLS13 = 0x0303\nvar s = http.Server{TLSConfig: &t.Config{MinVersion: VersionTLS13}}\nfunc main() {}\n".into(),
            "m.go:5:33 literal server 1.2 true - false",
        ),
        (
            "a package that is called tls",
            "-- m.go --\npackage main\nimport \"example.com/app/tls\"\nimport \"net/http\"\nvar s = http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\nfunc main() {}\n-- tls/t.go --\npackage tls\nimport real \"crypto/tls\"\ntype Config = real.Config\nconst VersionTLS13 = real.VersionTLS10\n".into(),
            "m.go:4:33 literal server 1.0 true - false",
        ),
        (
            "dot import",
            "-- m.go --\npackage main\nimport . \"crypto/tls\"\nimport \"net/http\"\nvar s = http.Server{TLSConfig: &Config{MinVersion: VersionTLS12}}\nfunc main() {}\n".into(),
            "m.go:4:33 literal server 1.2 true - false",
        ),
        (
            "a defined type",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\ntype mine tls.Config\nfunc main() { c := mine{MinVersion: tls.VersionTLS11}; d := tls.Config(c); tls.Server(nil, &d) }\n".into(),
            "m.go:4:20 literal server 1.1 true - false",
        ),
        (
            "a package's variable that init changes",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\nvar c = &tls.Config{MinVersion: tls.VersionTLS13}\nfunc main() { tls.NewListener(nil, c) }\n-- n.go --\npackage main\nimport \"crypto/tls\"\nfunc init() { c.MinVersion = tls.VersionTLS12 }\n".into(),
            "m.go:3:10 literal server 1.2|1.3 true - false",
        ),
        (
            "a helper that changes it",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\nfunc main() { c := &tls.Config{MinVersion: tls.VersionTLS13}; weaken(c); tls.NewListener(nil, c) }\nfunc weaken(c *tls.Config) { c.MinVersion = tls.VersionTLS10 }\n".into(),
            "m.go:3:21 literal server 1.0 true - false\nm.go:4:30 assigned ?tls-role-not-followed 1.0 true ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "embedded",
            "-- m.go --\npackage main\nimport \"crypto/tls\"\ntype S struct {\n\ttls.Config\n}\nfunc main() { var s S; tls.NewListener(nil, &s.Config) }\n".into(),
            "m.go:4:2 field ?tls-role-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "autocert",
            "-- m.go --\npackage main\nimport \"golang.org/x/crypto/acme/autocert\"\nimport \"net/http\"\nfunc main() { m := &autocert.Manager{}; _ = &http.Server{TLSConfig: m.TLSConfig()} }\n".into(),
            "m.go:4:69 factory server 1.2 false - false\ngap package-not-delivered m.go dependency",
        ),
        (
            "a library that was not delivered",
            "-- m.go --\npackage main\nimport \"example.org/secure\"\nimport \"net/http\"\nimport \"crypto/tls\"\nvar _ tls.ConnectionState\nfunc main() { _ = &http.Server{TLSConfig: secure.ServerConfig()} }\n".into(),
            "m.go:6:43 factory server ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed\ngap package-not-delivered m.go dependency",
        ),
        (
            "outside the build",
            "-- m.go --\npackage main\nfunc main() {}\n-- m_test.go --\npackage main\nimport \"crypto/tls\"\nvar c = tls.Config{}\n-- x/x.go --\npackage x\nimport \"crypto/tls\"\nvar c = tls.Config{}\n".into(),
            "",
        ),
    ];
    for (name, tree, expected) in rows {
        check("source.tls_configs", FIELDS, &cgo_off(), &[(name, &tree, expected)]);
    }
}

#[test]
fn the_default_is_the_one_in_force() {
    let source =
        "-- m.go --\npackage main\nimport \"crypto/tls\"\nfunc main() { tls.NewListener(nil, &tls.Config{}) }\n";
    let with = |lines: &str| format!("-- go.mod --\nmodule example.com/app\n\n{lines}\n{source}");
    let mut toolchain = cgo_off();
    if let Some(build) = toolchain.binaries.iter_mut().find_map(|b| b.build.as_mut()) {
        build.go = Some("1.26.8".into());
    }
    let rows = [
        ("a new go line", with("go 1.26"), "m.go:3:37 literal server 1.2 false - false"),
        ("an old go line", with("go 1.21"), "m.go:3:37 literal server 1.0 false - false"),
        (
            "an old go line with the setting switched off",
            with("go 1.21\n\ngodebug tls10server=0"),
            "m.go:3:37 literal server 1.2 false - false",
        ),
        ("a godebug line", with("go 1.26\n\ngodebug tls10server=1"), "m.go:3:37 literal server 1.0 false - false"),
        (
            "a directive",
            with("go 1.26").replace("package main\n", "//go:debug tls10server=1\npackage main\n"),
            "m.go:4:37 literal server 1.0 false - false",
        ),
        (
            "from inside",
            with("go 1.26")
                + "func init() { os.Setenv(\"GODEBUG\", \"tls10server=1\") }\n-- n.go --\npackage main\nimport \"os\"\nfunc init() { os.Setenv(\"GODEBUG\", \"tls10server=1\") }\n",
            "m.go:3:37 literal server 1.0|1.2 false - false",
        ),
    ];
    for (name, tree, expected) in &rows {
        check("source.tls_configs", FIELDS, &toolchain, &[(name, tree, expected)]);
    }
    // Toolchains from 1.27 on ignore the setting, and nothing says which one builds.
    check(
        "source.tls_configs",
        FIELDS,
        &built(None, &[], &["CGO_ENABLED=0"]),
        &[("no toolchain declared", &with("go 1.21"), "m.go:3:37 literal server 1.0|1.2 false - false")],
    );
}

#[test]
fn disguises_of_the_field_guide_are_seen_through_or_left_open() {
    table(&[
        (
            "arithmetic that wraps around",
            "var a, b uint8 = 193, 4\ntls.NewListener(l, &tls.Config{MinVersion: uint16(a * b)})",
            "m.go:9:21 literal server ?value-not-decided ?value-not-decided - false",
        ),
        (
            "a conversion that cuts",
            "v := 0x10304\ntls.NewListener(l, &tls.Config{MinVersion: uint16(uint8(v)) + 0x0300})",
            "m.go:9:21 literal server ?value-not-decided ?value-not-decided - false",
        ),
        (
            "a conversion that cuts a constant away",
            "v := 0x0404\ntls.NewListener(l, &tls.Config{MinVersion: uint16(uint8(v))})",
            "m.go:9:21 literal server 1.0 true - false",
        ),
        (
            "jumped over",
            "c := &tls.Config{}\ngoto serve\nc.MinVersion = tls.VersionTLS13\nserve:\ntls.NewListener(l, c)",
            "m.go:8:7 literal server 1.2|1.3 false|true - false",
        ),
        (
            "the smaller of two",
            "tls.NewListener(l, &tls.Config{MinVersion: min(tls.VersionTLS13, tls.VersionTLS10)})",
            "m.go:8:21 literal server 1.0 true - false",
        ),
        (
            "a generic maker",
            "tls.NewListener(l, make_[tls.Config]())\n}\nfunc make_[T any]() *T { return new(T)",
            "m.go:8:20 factory server ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "a generic holder",
            "tls.NewListener(l, box[*tls.Config]{&tls.Config{MinVersion: tls.VersionTLS12}}.v)\n}\ntype box[T any] struct{ v T }\nfunc f() {",
            "m.go:8:38 literal ?tls-role-not-followed 1.2 true - false",
        ),
        (
            "an embedded configuration, lowered by its promoted field",
            "s := server{&tls.Config{MinVersion: tls.VersionTLS13}}\ns.MinVersion = tls.VersionTLS10\ntls.NewListener(l, s.Config)\n}\ntype server struct{ *tls.Config }\nfunc f() {",
            "m.go:8:14 literal ?tls-role-not-followed 1.0|1.3 true - false\nm.go:9:1 assigned ?tls-role-not-followed 1.0 true ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "literals that leave the type to what is around them",
            "_ = table{\"a\": {MinVersion: tls.VersionTLS10}}\n_ = of[*tls.Config]{{{MinVersion: tls.VersionTLS11}}}\n_ = []row{{{MinVersion: tls.VersionTLS12}}}\n_ = of[*other]{{{MinVersion: 1}}}\n}\ntype table map[string]tls.Config\ntype row = []*tls.Config\ntype of[T any] []row_[T]\ntype row_[T any] []T\ntype other struct{ MinVersion int }\nfunc f() {",
            "m.go:8:16 literal ?tls-role-not-followed 1.0 true - false\nm.go:9:22 literal ?tls-role-not-followed 1.1 true - false\nm.go:10:12 literal ?tls-role-not-followed 1.2 true - false",
        ),
        (
            "an embedded configuration, made by its promoted fields (Go 1.27)",
            "s := server{Name: \"x\", MinVersion: tls.VersionTLS10}\nt := []struct{ server }{{MinVersion: tls.VersionTLS11}}\nu := own{MinVersion: 1}\n}\ntype server struct{ tls.Config; Name string }\ntype own struct{ tls.Config; MinVersion int }\nfunc f() {",
            "m.go:8:24 assigned ?tls-role-not-followed 1.0 true ?tls-config-not-followed ?tls-config-not-followed\nm.go:9:26 assigned ?tls-role-not-followed 1.1 true ?tls-config-not-followed ?tls-config-not-followed\nm.go:12:21 field ?tls-role-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed\nm.go:13:18 field ?tls-role-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed",
        ),
        (
            "an embedded server",
            "s := app{}\ns.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}\ns.ListenAndServeTLS(\"\", \"\")\n}\ntype app struct{ http.Server }\nfunc f() {",
            "m.go:9:16 literal server 1.2 true - false",
        ),
        (
            "an embedded server without a configuration",
            "s := app{}\ns.ListenAndServeTLS(\"\", \"\")\n}\ntype app struct{ *http.Server }\nfunc f() {",
            "m.go:9:1 default server 1.2 false - false",
        ),
        (
            "an embedded server in a literal, honest",
            "s := &app{Server: &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}, name: \"x\"}\ns.ListenAndServeTLS(\"\", \"\")\n}\ntype app struct{ *http.Server; name string }\nfunc f() {",
            "m.go:8:44 literal server 1.3 true - false",
        ),
        (
            "an embedded server that is put in place",
            "var s app\ns.Server = &http.Server{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}\ns.ListenAndServeTLS(\"\", \"\")\n}\ntype app struct{ *http.Server }\nfunc f() {",
            "m.go:9:37 literal server 1.3 true - false",
        ),
    ]);
}
