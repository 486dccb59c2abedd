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
            "tls :1",
        ),
        ("fiber", "a := fiber.New(); a.Listen(\":1\", fiber.ListenConfig{CertFile: \"c\"})".into(), "plain :1"),
        ("fiber", "a := fiber.New(); a.Listen(\":1\", fiber.ListenConfig{CertFile: c, CertKeyFile: k})".into(), "? :1"),
        (
            "fiber",
            "a := fiber.New(); o := fiber.ListenConfig{}; o.CertFile = c; o.CertKeyFile = k; a.Listen(\":1\", o)"
                .into(),
            "? :1",
        ),
        ("fiber", "a := fiber.New(); a.Listen(\":1\", more...)".into(), "? :1"),
        ("iris", "iris.New().Listen(\":1\")".into(), "plain :1"),
        ("iris", "a := iris.New(); a.Run(iris.Addr(\":1\"))".into(), "plain :1"),
        // It redirects from a plain server, too.
        ("iris", "a := iris.New(); a.Run(iris.TLS(\":1\", c, k))".into(), "? ?"),
        ("iris", format!("iris.New().Run(iris.Server(&http.Server{{Addr: \":1\", TLSConfig: {config}}}))"), "tls :1"),
        ("rest", "_ = rest.MustNewServer(c)".into(), "? ?"),
        ("rest", "_ = rest.MustNewServer(rest.RestConf{Port: 1})".into(), "plain ?"),
        ("rest", "_ = rest.MustNewServer(rest.RestConf{Port: 1, CertFile: \"c\", KeyFile: \"k\"})".into(), "tls ?"),
        ("rest", "c := rest.RestConf{Port: 1}; conf.MustLoad(\"f\", &c); _ = rest.MustNewServer(c)".into(), "? ?"),
        ("hertz", "hertz.Default().Spin()".into(), "plain -"),
        ("hertz", format!("h := hertz.New(hertz.WithHostPorts(\":1\"), hertz.WithTLS({config})); h.Spin()"), "tls :1"),
        ("hertz", "h := hertz.New(hertz.WithTLS(nil)); h.Spin()".into(), "? ?"),
        ("hertz", "h := hertz.New(hertz.WithTLS(load())); h.Spin()".into(), "? ?"),
        ("hertz", "h := hertz.New(hertz.WithNetwork(\"unix\")); h.Spin()".into(), "? ?"),
        ("hertz", "h := hertz.New(more...); h.Spin()".into(), "? ?"),
        ("hertz", "h := hertz.New(); go h.Spin()".into(), "plain -"),
        ("hertz", "h := hertz.New(); run(h.Spin)".into(), "? ?"),
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

#[test]
fn configurations_of_frameworks_serve_and_those_of_clients_do_not() {
    let config = |version: &str| format!("&tls.Config{{MinVersion: tls.VersionTLS{version}}}");
    let fiber = |options: &str| format!("fiber.New().Listen(\":1\", fiber.ListenConfig{{CertFile: \"c\", {options}}})");
    let table = [
        (fiber("CertKeyFile: \"k\""), "options server 1.2"),
        (fiber("TLSMinVersion: tls.VersionTLS13"), "options server 1.3"),
        (fiber("TLSMinVersion: v"), "options server ?value-not-decided"),
        (fiber("TLSConfigFunc: func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }"), "options server 1.3"),
        (
            fiber("TLSConfigFunc: func(c *tls.Config) { if x { return }; c.MinVersion = tls.VersionTLS13 }"),
            "options server ?value-not-decided",
        ),
        (fiber("TLSConfigFunc: f"), "options server ?value-not-decided"),
        ("var o fiber.ListenConfig; o.CertFile = c; fiber.New().Listen(\":1\", o)".into(), "options server 1.2"),
        (
            "o := fiber.ListenConfig{CertFile: \"c\", TLSMinVersion: 0x304}; f(&o); fiber.New().Listen(\":1\", o)"
                .into(),
            "options server ?tls-config-passed-on",
        ),
        (
            "a := app{fiber.ListenConfig{CertFile: \"c\", TLSMinVersion: 0x304}}; fiber.New().Listen(\":1\", a.o)"
                .into(),
            "options server ?tls-config-passed-on",
        ),
        (
            "o := fiber.ListenConfig{TLSMinVersion: 0x304}; o.CertFile = c; fiber.New().Listen(\":1\", o)".into(),
            "options server 1.3",
        ),
        (
            "o := fiber.ListenConfig{CertFile: \"c\"}; o.TLSMinVersion = 0x304; fiber.New().Listen(\":1\", o)".into(),
            "options server 1.3",
        ),
        (
            format!("fiber.New().Listen(\":1\", fiber.ListenConfig{{TLSConfig: {}}})", config("12")),
            "literal server 1.2",
        ),
        (format!("hertz.New(hertz.WithTLS({})).Spin()", config("12")), "literal server 1.2"),
        ("iris.New().Run(iris.TLS(\":1\", c, k))".into(), "default server 1.2"),
        (format!("rest.MustNewServer(c, rest.WithTLSConfig({}))", config("12")), "literal server 1.2"),
        (format!("redis.NewClient(&redis.Options{{TLSConfig: {}}})", config("12")), "literal client 1.2"),
        (format!("o := redis.ParseURL(u); o.TLSConfig = {}; redis.NewClient(o)", config("12")), "literal client 1.2"),
        (format!("nats.Connect(u, nats.Secure({}))", config("12")), "literal client 1.2"),
        (format!("nats.New().With(1).Secure({})", config("12")), "literal client 1.2"),
    ];
    for (body, expected) in table {
        let text = format!(
            "-- m.go --\npackage main\nimport (\n\"crypto/tls\"\n\"github.com/gofiber/fiber/v3\"\n\"github.com/kataras/iris/v12\"\n\"github.com/zeromicro/go-zero/rest\"\nhertz \"github.com/cloudwego/hertz/pkg/app/server\"\n\"github.com/redis/go-redis/v9\"\n\"github.com/nats-io/nats.go\"\n)\nfunc main() {{ {body} }}\n"
        );
        let fields = &["form", "role", "min_version"];
        let found = shown(&collect("source.tls_configs", &text, &cgo_off()), fields);
        let told = found.lines().find(|line| !line.starts_with("gap")).unwrap_or_default();
        assert_eq!(told.split_once(' ').map_or("", |(_, values)| values), expected, "{body}");
        check("source.tls_configs", fields, &cgo_off(), &[("frameworks", &text, &found)]);
    }
}
