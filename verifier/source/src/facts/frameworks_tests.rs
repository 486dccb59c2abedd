//! `source.listeners` of frameworks and of servers that are given to them, as a table.

use super::table::{cgo_off, check, collect, shown};

#[test]
fn servers_of_frameworks_are_listeners_whatever_is_known_of_them() {
    let config = "&tls.Config{MinVersion: tls.VersionTLS13}";
    let echo = |server: &str| format!("e := echo.New(); {server}");
    let table = [
        ("echo", echo("e.StartServer(&http.Server{Addr: \":1\"})"), "plain :1"),
        ("echo", echo("e.StartServer(&http.Server{Addr: \":1\", TLSConfig: nil})"), "plain :1"),
        ("echo", echo(&format!("e.StartServer(&http.Server{{Addr: \":1\", TLSConfig: {config}}})")), "tls :1"),
        (
            "echo",
            echo(&format!("c := {config}; s := &http.Server{{Addr: \":1\", TLSConfig: c}}; e.StartServer(s)")),
            "tls :1",
        ),
        (
            "echo",
            echo(&format!(
                "c := {config}; if x {{ c = nil }}; e.StartServer(&http.Server{{Addr: \":1\", TLSConfig: c}})"
            )),
            "? :1",
        ),
        ("echo", echo(&format!("s := &http.Server{{Addr: \":1\"}}; s.TLSConfig = {config}; e.StartServer(s)")), "? :1"),
        (
            "echo",
            echo(&format!(
                "s := &http.Server{{Addr: \":1\", TLSConfig: {config}}}; s.TLSConfig = nil; e.StartServer(s)"
            )),
            "? :1",
        ),
        ("echo", echo("s := &http.Server{Addr: \":1\"}; change(s); e.StartServer(s)"), "? :1"),
        ("echo", echo("e.StartH2CServer(\":1\", nil)"), "plain :1"),
        ("fiber", "a := fiber.New(); a.Listen(\":1\")".into(), "plain :1"),
        ("fiber", "a := fiber.New(); a.Listen(\":1\", fiber.ListenConfig{EnablePrefork: true})".into(), "plain :1"),
        (
            "fiber",
            "a := fiber.New(); a.Listen(\":1\", fiber.ListenConfig{CertFile: \"c\", CertKeyFile: \"k\"})".into(),
            "? :1",
        ),
        ("fiber", "a := fiber.New(); o := fiber.ListenConfig{}; o.CertFile = c; a.Listen(\":1\", o)".into(), "? :1"),
        ("fiber", "a := fiber.New(); a.Listen(\":1\", more...)".into(), "? :1"),
        ("iris", "iris.New().Listen(\":1\")".into(), "plain :1"),
        ("iris", "a := iris.New(); a.Run(iris.TLS(\":1\", c, k))".into(), "? ?"),
        ("rest", "_ = rest.MustNewServer(c)".into(), "? ?"),
        ("hertz", "hertz.Default().Spin()".into(), "? ?"),
    ];
    for (name, body, expected) in table {
        let text = format!(
            "-- m.go --\npackage main\nimport (\n\"crypto/tls\"\n\"net/http\"\n\"github.com/labstack/echo/v4\"\n\"github.com/gofiber/fiber/v3\"\n\"github.com/kataras/iris/v12\"\n\"github.com/zeromicro/go-zero/rest\"\nhertz \"github.com/cloudwego/hertz/pkg/app/server\"\n)\nfunc main() {{ {body} }}\nfunc change(s *http.Server) {{ s.TLSConfig = &tls.Config{{}} }}\n"
        );
        let fields = &["transport", "address"];
        let found = shown(&collect("source.listeners", &text, &cgo_off()), fields);
        let told = found.lines().find(|line| !line.starts_with("gap")).unwrap_or_default();
        let values = told.split(' ').skip(1).map(|value| if value.starts_with('?') { "?" } else { value });
        assert_eq!(values.collect::<Vec<_>>().join(" "), expected, "{name}: {body}");
        check("source.listeners", fields, &cgo_off(), &[(name, &text, &found)]);
    }
}
