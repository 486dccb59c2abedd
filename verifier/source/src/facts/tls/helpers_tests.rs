//! `source.tls_configs` as tables: servers for which a library makes the configuration, or that are given one out of sight.

use super::tests::{FIELDS, program};
use crate::facts::table::{cgo_off, collect, shown};

#[test]
fn servers_whose_configuration_a_library_makes_have_its_default() {
    let default = |place: &str| format!("{place} default server 1.2 false - false");
    for (name, import, body, place) in [
        (
            "gRPC from files",
            "google.golang.org/grpc/credentials",
            "c, _ := credentials.NewServerTLSFromFile(\"c\", \"k\")\ngrpc.NewServer(grpc.Creds(c))",
            "m.go:5:9",
        ),
        (
            "gRPC from a certificate",
            "google.golang.org/grpc/credentials",
            "grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(nil)))",
            "m.go:5:27",
        ),
        ("gin", "github.com/gin-gonic/gin", "gin.Default().RunTLS(\":1\", \"c\", \"k\")", "m.go:5:1"),
        ("echo", "github.com/labstack/echo/v4", "e := echo.New()\ngo e.StartTLS(\":1\", \"c\", \"k\")", "m.go:6:4"),
        ("fiber", "github.com/gofiber/fiber/v2", "fiber.New().ListenTLS(\":1\", \"c\", \"k\")", "m.go:5:1"),
        (
            "fasthttp",
            "github.com/valyala/fasthttp",
            "fasthttp.ListenAndServeTLS(\":1\", \"c\", \"k\", nil)",
            "m.go:5:1",
        ),
        ("as a value", "github.com/gin-gonic/gin", "r := gin.New()\nrun(r.RunTLS)", "m.go:6:5"),
    ] {
        let tree = format!(
            "-- m.go --\npackage main\nimport \"google.golang.org/grpc\"\nimport \"{import}\"\nfunc main() {{\n{body}\n}}\nfunc run(any)\n"
        );
        let mut sheet = collect("source.tls_configs", &tree, &cgo_off());
        sheet.gaps.clear();
        assert_eq!(shown(&sheet, FIELDS), default(place), "{name}");
    }
}

#[test]
fn a_package_of_such_a_name_that_the_program_brings_is_what_its_code_says() {
    let tree = "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire github.com/gin-gonic/gin v1.0.0\n\nreplace github.com/gin-gonic/gin => ./gin\n-- m.go --\npackage main\nimport \"github.com/gin-gonic/gin\"\nfunc main() { new(gin.Engine).RunTLS() }\n-- gin/go.mod --\nmodule github.com/gin-gonic/gin\n-- gin/g.go --\npackage gin\ntype Engine struct{}\nfunc (*Engine) RunTLS() {}\n";
    let sheet = collect("source.tls_configs", tree, &cgo_off());
    assert_eq!(shown(&sheet, FIELDS), "");
}

#[test]
fn what_a_server_is_given_out_of_a_client_is_not_told() {
    // The only configuration that is seen is a client's, and another server keeps 1.3.
    let others = "tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS13})\nweak := &tls.Config{MinVersion: tls.VersionTLS10}\nd := &dialer{tls.Dialer{Config: weak}}\n";
    let types = "}\ntype dialer struct{ tls.Dialer }\ntype server struct{ http.Server }\ntype app struct{}\nfunc (app) run(c *tls.Config) { tls.NewListener(l, c) }\nfunc f() {";
    for (name, body) in [
        (
            "by a server that a struct embeds",
            "s := &server{}\ns.TLSConfig = []*tls.Config{d.Config}[0]\ns.ServeTLS(l, \"\", \"\")",
        ),
        ("by a function literal", "serve := func(c *tls.Config) { tls.NewListener(l, c) }\nserve(d.Config)"),
        ("by a method", "app{}.run(d.Config)"),
        (
            "beside one that is never used",
            "c := &tls.Config{MinVersion: tls.VersionTLS13}\n_ = c\ntls.NewListener(l, d.Config)",
        ),
        ("straight", "tls.NewListener(l, d.Config)"),
    ] {
        let sheet = collect("source.tls_configs", &program(&format!("{others}{body}\n{types}")), &cgo_off());
        let shown = shown(&sheet, &["role", "min_version"]);
        let open = |line: &str| !line.ends_with("server 1.3") && !line.ends_with("client 1.0");
        assert!(shown.lines().any(open), "{name}\n{shown}");
    }
}

#[test]
fn code_that_was_not_delivered_may_set_the_configuration_of_a_server_that_it_gets() {
    let module = "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire example.org/kit v1.0.0\n";
    let (open, kept) = ("?tls-config-passed-on", "1.3");
    for (name, body, expected) in [
        ("as it is made", "s := kit.WithDefaults(&http.Server{TLSConfig: CONFIG})\nSERVE", open),
        ("by its name", "s := &http.Server{TLSConfig: CONFIG}\nkit.Tune(s)\nSERVE", open),
        ("its address", "var s http.Server\ns.TLSConfig = CONFIG\nkit.Tune(&s)\nSERVE", open),
        ("in a list", "s := &http.Server{TLSConfig: CONFIG}\nkit.Tune([]*http.Server{s}...)\nSERVE", open),
        ("over a channel", "s := &http.Server{TLSConfig: CONFIG}\nkit.Servers <- s\nSERVE", open),
        (
            "into a struct of theirs",
            "s := &http.Server{TLSConfig: CONFIG}\nkit.Run(kit.Options{Server: s})\nSERVE",
            open,
        ),
        ("into a variable of theirs", "s := &http.Server{TLSConfig: CONFIG}\nkit.Server = s\nSERVE", open),
        ("by a method", "g := kit.NewGroup()\ns := &http.Server{TLSConfig: CONFIG}\ng.Add(s)\nSERVE", open),
        ("by a function value", "f := kit.Tune\ns := &http.Server{TLSConfig: CONFIG}\nf(s)\nSERVE", open),
        ("its configuration alone", "s := &http.Server{TLSConfig: CONFIG}\nkit.Tune(s.TLSConfig)\nSERVE", open),
        (
            "by a function between",
            "s := &http.Server{TLSConfig: CONFIG}\ntune(s)\nSERVE\n}\nfunc tune(s any) { kit.Tune(s)",
            open,
        ),
        (
            "a package's",
            "s = &http.Server{TLSConfig: CONFIG}\nkit.Tune(s)\nSERVE\n}\nvar s *http.Server\nfunc f() {",
            open,
        ),
        (
            "out of a struct",
            "a := &app{}\na.s = new(http.Server)\na.s.TLSConfig = CONFIG\na.run()\n}\ntype app struct{ s *http.Server }\nfunc (a *app) run() {\nkit.Tune(a.s)\na.s.ListenAndServeTLS(\"\", \"\")",
            open,
        ),
        ("only looked at", "s := &http.Server{TLSConfig: CONFIG}\nkit.Infof(\"%v\", s)\nSERVE", kept),
        ("its type", "s := &http.Server{TLSConfig: CONFIG}\n_ = reflect.TypeOf(s)\n_ = unsafe.Sizeof(*s)\nSERVE", kept),
        ("as text", "s := &http.Server{TLSConfig: CONFIG}\njson.Marshal(s)\nreflect.DeepEqual(s, s)\nSERVE", kept),
        ("by reflection", "s := &http.Server{TLSConfig: CONFIG}\nreflect.ValueOf(s).Elem()\nSERVE", open),
        ("by a decoder", "s := &http.Server{TLSConfig: CONFIG}\njson.Unmarshal(b, s)\nSERVE", open),
        (
            "behind an interface",
            "s := &http.Server{TLSConfig: CONFIG}\nvar t tuner = kit.New()\nt.Tune(s)\nSERVE\n}\ntype tuner interface{ Tune(*http.Server) }\nfunc f() {",
            open,
        ),
        ("its address alone", "s := &http.Server{TLSConfig: CONFIG}\nkit.Tune(s.Addr)\nSERVE", kept),
        (
            "its methods",
            "s := &http.Server{TLSConfig: CONFIG}\nkit.Run(func() error { return s.ListenAndServeTLS(\"\", \"\") }, s.Shutdown)",
            kept,
        ),
        ("known to leave it alone", "s := &http.Server{TLSConfig: CONFIG}\nhttp2.ConfigureServer(s, nil)\nSERVE", kept),
        ("another one", "s := &http.Server{TLSConfig: CONFIG}\nkit.Tune(&http.Server{Addr: s.Addr})\nSERVE", kept),
    ] {
        let body = body.replace("CONFIG", "&tls.Config{MinVersion: tls.VersionTLS13}");
        let body = body.replace("SERVE", "s.ListenAndServeTLS(\"\", \"\")");
        let around = if body.contains("reflect.") { "; \"reflect\"; \"unsafe\"" } else { "" };
        let tree = format!(
            "{module}-- m.go --\npackage main\nimport (\"crypto/tls\"; \"net/http\"; \"encoding/json\"; \"example.org/kit\"; \"golang.org/x/net/http2\"{around})\nfunc main() {{\n{body}\n}}\n"
        );
        let shown = shown(&collect("source.tls_configs", &tree, &cgo_off()), &["form", "role", "min_version"]);
        let told = shown.lines().find_map(|line| line.split_once(" literal server ")).map(|(_, floor)| floor);
        assert_eq!(told, Some(expected), "{name}\n{shown}");
    }
}

#[test]
fn options_that_were_not_delivered_may_set_the_configuration_that_they_get() {
    let module = "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire example.org/kit v1.0.0\n";
    let (open, kept) = ("?tls-config-passed-on", "1.3");
    for (name, options, expected) in [
        ("theirs", "kit.Weak", open),
        ("made by a function of theirs", "kit.Weak(1)", open),
        ("under a type of the program's own", "option(kit.Weak)", open),
        ("given by a function of the program's own", "weak()", open),
        ("the program's own", "names, with(\"h2\")", kept),
        ("none", "", kept),
        ("one that lowers it", "lower", "1.2|1.3"),
    ] {
        let tree = format!(
            "{module}-- m.go --\npackage main\nimport (\"crypto/tls\"; \"net/http\"; \"example.org/kit\")\ntype option func(*tls.Config)\nfunc names(c *tls.Config) {{ c.NextProtos = nil }}\nfunc lower(c *tls.Config) {{ c.MinVersion = tls.VersionTLS12 }}\nfunc with(name string) option {{ return func(c *tls.Config) {{ c.ServerName = name }} }}\nfunc weak() option {{ return kit.Weak }}\nfunc build(all ...option) *tls.Config {{\nc := &tls.Config{{MinVersion: tls.VersionTLS13}}\nfor _, one := range all {{\none(c)\n}}\nreturn c\n}}\nfunc main() {{\ns := &http.Server{{TLSConfig: build({options})}}\ns.ListenAndServeTLS(\"\", \"\")\n}}\n"
        );
        let tree = if expected.contains('|') { tree } else { tree.replace("VersionTLS12", "VersionTLS13") };
        let shown = shown(&collect("source.tls_configs", &tree, &cgo_off()), &["form", "role", "min_version"]);
        let told = shown.lines().find_map(|line| line.split_once(" literal server ")).map(|(_, floor)| floor);
        assert_eq!(told, Some(expected), "{name}\n{shown}");
    }
}

#[test]
fn what_a_delivered_library_makes_of_a_server_is_read() {
    let tree = |floor: &str| {
        format!(
            "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire example.org/kit v1.0.0\n-- vendor/modules.txt --\n# example.org/kit v1.0.0\n## explicit\nexample.org/kit\n-- vendor/example.org/kit/k.go --\npackage kit\nimport (\"crypto/tls\"; \"net/http\")\nfunc Tune(s *http.Server) {{ s.TLSConfig.MinVersion = tls.Version{floor} }}\n-- m.go --\npackage main\nimport (\"crypto/tls\"; \"net/http\"; \"example.org/kit\")\nfunc main() {{\ns := &http.Server{{TLSConfig: &tls.Config{{MinVersion: tls.VersionTLS13}}}}\nkit.Tune(s)\ns.ListenAndServeTLS(\"\", \"\")\n}}\n"
        )
    };
    for (floor, expected) in [("TLS12", "1.2|1.3"), ("TLS13", "1.3")] {
        let shown = shown(&collect("source.tls_configs", &tree(floor), &cgo_off()), &["form", "role", "min_version"]);
        let told = shown.lines().find_map(|line| line.split_once(" literal server ")).map(|(_, floor)| floor);
        assert_eq!(told, Some(expected), "{shown}");
    }
}
