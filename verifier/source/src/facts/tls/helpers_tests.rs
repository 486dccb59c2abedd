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
