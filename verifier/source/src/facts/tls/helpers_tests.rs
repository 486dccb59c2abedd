//! `source.tls_configs` as tables: servers for which a library makes the configuration.

use super::tests::FIELDS;
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
