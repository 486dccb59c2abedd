//! `source.log_calls`, `source.listeners` and `source.health_handlers` as tables.

use super::table::{cgo_off, check, collect, shown};

fn program(imports: &[&str], body: &str) -> String {
    let imports: String = imports.iter().map(|path| format!("import \"{path}\"\n")).collect();
    format!("-- m.go --\npackage main\n{imports}func main() {{\n{body}\n}}\n")
}

#[test]
fn lines_that_are_no_records_are_found_on_both_streams() {
    let fields = &["call", "stream", "bridged"];
    let table: &[(&str, &[&str], &str, &str)] = &[
        (
            "fmt",
            &["fmt"],
            "fmt.Println(1)\nfmt.Printf(\"\")",
            "m.go:4:1 fmt.Println stdout false\nm.go:5:1 fmt.Printf stdout false",
        ),
        ("built in", &[], "println(1)\nprint()", "m.go:3:1 println stderr false\nm.go:4:1 print stderr false"),
        ("a function called println", &[], "println := func(int) {}\nprintln(1)", ""),
        (
            "to a stream by name",
            &["fmt", "os"],
            "fmt.Fprintln(os.Stderr, 1)\nw := os.Stdout\nfmt.Fprint(w)",
            "m.go:5:1 fmt.Fprintln stderr false\nm.go:7:1 fmt.Fprint stdout false",
        ),
        (
            "to something else",
            &["fmt", "bytes"],
            "var b bytes.Buffer\nfmt.Fprintln(&b, 1)\nfmt.Sprintf(\"\")\nfmt.Errorf(\"\")",
            "",
        ),
        (
            "written by hand",
            &["os", "io"],
            "os.Stdout.WriteString(\"\")\nio.WriteString(os.Stderr, \"\")",
            "m.go:5:1 os.File.WriteString stdout false\nm.go:6:1 io.WriteString stderr false",
        ),
        (
            "log",
            &["log"],
            "log.Printf(\"\")\nlog.Fatal()",
            "m.go:4:1 log.Printf stderr false\nm.go:5:1 log.Fatal stderr false",
        ),
        (
            "log bridged",
            &["log", "log/slog"],
            "slog.SetDefault(nil)\nlog.Printf(\"\")\nslog.Info(\"\")",
            "m.go:6:1 log.Printf stderr true",
        ),
        (
            "log redirected",
            &["log"],
            "log.SetOutput(x)\nlog.Printf(\"\")",
            "m.go:5:1 log.Printf ?standard-logger-redirected ?standard-logger-redirected",
        ),
        (
            "a logger of its own",
            &["log", "os"],
            "l := log.New(os.Stderr, \"\", 0)\nl.Println()",
            "m.go:6:1 log.Logger.Println stderr false",
        ),
        (
            "slog's first default",
            &["log/slog"],
            "slog.Info(\"\")\nslog.LevelInfo.String()",
            "m.go:4:1 slog.Info stderr false",
        ),
        (
            "the standard logger as a value",
            &["log"],
            "g := log.Default()\ng.Print(1)",
            "m.go:5:1 log.Logger.Print stderr false",
        ),
        (
            "the standard logger as a value, redirected",
            &["log", "io"],
            "g := log.Default()\ng.SetOutput(io.Discard)\nlog.Print(1)\ng.Print(1)",
            "m.go:7:1 log.Print stderr|other false\nm.go:8:1 log.Logger.Print stderr|other false",
        ),
        (
            "slog's first default as a value",
            &["log/slog"],
            "slog.Default().Info(\"\")\nl := slog.With(\"a\", 1)\nl.Warn(\"\")",
            "m.go:4:1 slog.Logger.Info stderr false\nm.go:6:1 slog.Logger.Warn stderr false",
        ),
        (
            "slog's default that was set, as a value",
            &["log/slog"],
            "slog.SetDefault(nil)\nslog.Default().Info(\"\")",
            "",
        ),
        (
            "pairs instead of records",
            &["log/slog", "os"],
            "slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))\nslog.NewJSONHandler(os.Stdout, nil)",
            "m.go:5:26 slog.NewTextHandler stderr false",
        ),
        (
            "by the number of a file, around a stream, and copied",
            &["syscall", "os", "fmt", "bufio", "io"],
            "syscall.Write(1, nil)\nsyscall.Write(fd, nil)\nf := os.NewFile(2, \"\")\nfmt.Fprintln(f, 1)\nw := bufio.NewWriter(os.Stdout)\nw.WriteString(\"\")\nio.Copy(os.Stderr, r)\nio.Copy(f2, r)",
            "m.go:8:1 syscall.Write stdout false\nm.go:11:1 fmt.Fprintln stderr false\nm.go:13:1 os.File.WriteString stdout false\nm.go:14:1 io.Copy stderr false",
        ),
        ("a stack", &["runtime/debug"], "debug.PrintStack()\ndebug.Stack()", "m.go:4:1 debug.PrintStack stderr false"),
        ("a bridge for net/http", &["log/slog"], "l := slog.NewLogLogger(nil, 0)\nl.Println()", ""),
        ("renamed", &[], "_ = 1\n}\nfunc f() { println() ", "m.go:5:12 println stderr false"),
    ];
    for (name, imports, body, expected) in table {
        check("source.log_calls", fields, &cgo_off(), &[(name, &program(imports, body), expected)]);
    }
    let libraries = "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire github.com/sirupsen/logrus v1.9.0\n";
    let plain = "-- m.go --\npackage main\nimport log \"github.com/sirupsen/logrus\"\nfunc main() { log.Info(1); log.SetLevel(log.InfoLevel) }\n";
    let json = "-- n.go --\npackage main\nimport \"github.com/sirupsen/logrus\"\nfunc init() { logrus.SetFormatter(&logrus.JSONFormatter{}) }\n";
    check(
        "source.log_calls",
        fields,
        &cgo_off(),
        &[
            ("logrus as it comes", &format!("{libraries}{plain}"), "m.go:3:15 logrus.Info stderr false"),
            ("logrus set up", &format!("{libraries}{plain}{json}"), ""),
        ],
    );
}

#[test]
fn listeners_are_followed_to_what_speaks_on_them() {
    let fields = &["call", "transport", "address"];
    let table: &[(&str, &[&str], &str, &str)] = &[
        ("plain", &["net/http"], "http.ListenAndServe(\":80\", nil)", "m.go:4:1 http.ListenAndServe plain :80"),
        ("default address", &["net/http"], "http.ListenAndServe(\"\", nil)", "m.go:4:1 http.ListenAndServe plain -"),
        (
            "from the environment",
            &["net/http", "os"],
            "http.ListenAndServe(os.Getenv(\"X\"), nil)",
            "m.go:5:1 http.ListenAndServe plain ?value-not-decided",
        ),
        (
            "with TLS",
            &["net/http"],
            "http.ListenAndServeTLS(\":443\", \"c\", \"k\", nil)",
            "m.go:4:1 http.ListenAndServeTLS tls :443",
        ),
        (
            "a server",
            &["net/http"],
            "s := &http.Server{Addr: \":1\"}\ns.ListenAndServe()",
            "m.go:5:1 http.Server.ListenAndServe plain :1",
        ),
        (
            "a server's field set later",
            &["net/http"],
            "var s http.Server\ns.Addr = \":1\"\ns.ListenAndServeTLS(\"\", \"\")",
            "m.go:6:1 http.Server.ListenAndServeTLS tls ?value-not-decided",
        ),
        ("tls.Listen", &["crypto/tls"], "tls.Listen(\"tcp\", \":1\", nil)", "m.go:4:1 tls.Listen tls :1"),
        (
            "wrapped",
            &["net", "crypto/tls"],
            "l, _ := net.Listen(\"tcp\", \":1\")\ntls.NewListener(l, nil)",
            "m.go:5:9 net.Listen tls :1",
        ),
        (
            "wrapped in place",
            &["net", "crypto/tls", "net/http"],
            "l, _ := net.Listen(\"tcp\", \":1\")\nl = tls.NewListener(l, nil)\nhttp.Serve(l, nil)",
            "m.go:6:9 net.Listen tls :1",
        ),
        (
            "wrapped too late",
            &["net", "crypto/tls", "net/http"],
            "l, _ := net.Listen(\"tcp\", \":1\")\nhttp.Serve(l, nil)\nl = tls.NewListener(l, nil)",
            "m.go:6:9 net.Listen ?listener-not-followed :1",
        ),
        (
            "wrapped perhaps",
            &["net", "crypto/tls", "net/http"],
            "l, _ := net.Listen(\"tcp\", \":1\")\nif x { l = tls.NewListener(l, nil) }\nhttp.Serve(l, nil)",
            "m.go:6:9 net.Listen ?listener-not-followed :1",
        ),
        (
            "served in clear",
            &["net", "net/http"],
            "l, err := net.Listen(\"tcp\", \":1\")\nif err != nil || l == nil { return }\ndefer l.Close()\nhttp.Serve(l, nil)",
            "m.go:5:11 net.Listen plain :1",
        ),
        (
            "served with TLS",
            &["net", "net/http"],
            "l, _ := net.Listen(\"tcp\", \":1\")\n(&http.Server{}).ServeTLS(l, \"\", \"\")",
            "m.go:5:9 net.Listen tls :1",
        ),
        (
            "both",
            &["net", "net/http"],
            "l, _ := net.Listen(\"tcp\", \":1\")\nif x { http.Serve(l, nil) }\nhttp.ServeTLS(l, nil, \"\", \"\")",
            "m.go:5:9 net.Listen ?listener-not-followed :1",
        ),
        (
            "lost",
            &["net"],
            "l, _ := net.Listen(\"tcp\", \":1\")\nelsewhere(l)",
            "m.go:4:9 net.Listen ?listener-not-followed :1",
        ),
        (
            "a server of gRPC",
            &["net", "google.golang.org/grpc", "google.golang.org/grpc/credentials/insecure"],
            "l, _ := net.Listen(\"tcp\", \":1\")\ns := grpc.NewServer(grpc.MaxRecvMsgSize(1))\ns.Serve(l)\nm, _ := net.Listen(\"tcp\", \":2\")\ngrpc.NewServer(grpc.Creds(elsewhere())).Serve(m)\nn, _ := net.Listen(\"tcp\", \":3\")\ngrpc.NewServer(grpc.Creds(insecure.NewCredentials())).Serve(n)\no, _ := net.Listen(\"tcp\", \":4\")\ngrpc.NewServer(options()...).Serve(o)",
            "m.go:6:9 net.Listen plain :1\nm.go:9:9 net.Listen ?listener-not-followed :2\nm.go:11:9 net.Listen plain :3\nm.go:13:9 net.Listen ?listener-not-followed :4\ngap package-not-delivered m.go dependency\ngap package-not-delivered m.go dependency",
        ),
        (
            "a server of gRPC that is made again, and credentials in a variable",
            &["net", "google.golang.org/grpc", "google.golang.org/grpc/credentials/insecure"],
            "l, _ := net.Listen(\"tcp\", \":1\")\ns := grpc.NewServer(grpc.Creds(creds()))\ns = grpc.NewServer()\ns.Serve(l)\nm, _ := net.Listen(\"tcp\", \":2\")\nc := insecure.NewCredentials()\ngrpc.NewServer(grpc.Creds(c)).Serve(m)",
            "m.go:6:9 net.Listen ?listener-not-followed :1\nm.go:10:9 net.Listen plain :2\ngap package-not-delivered m.go dependency\ngap package-not-delivered m.go dependency",
        ),
        (
            "credentials that functions, variables and parameters hold",
            &[
                "net",
                "google.golang.org/grpc",
                "google.golang.org/grpc/credentials",
                "google.golang.org/grpc/credentials/insecure",
            ],
            "a, _ := net.Listen(\"tcp\", \":1\")\ngrpc.NewServer(grpc.Creds(secure())).Serve(a)\nb, _ := net.Listen(\"tcp\", \":2\")\ngrpc.NewServer(grpc.Creds(none())).Serve(b)\nc, _ := net.Listen(\"tcp\", \":3\")\ngrpc.NewServer(grpc.Creds(either())).Serve(c)\nd, _ := net.Listen(\"tcp\", \":4\")\ncreds, err := loaded()\nif err != nil { return }\ngrpc.NewServer(grpc.Creds(creds)).Serve(d)\ne, _ := net.Listen(\"tcp\", \":5\")\ngrpc.NewServer(grpc.Creds(global)).Serve(e)\nserve(secure())\ng, _ := net.Listen(\"tcp\", \":7\")\ngrpc.NewServer(grpc.Creds(nil)).Serve(g)\nh, _ := net.Listen(\"tcp\", \":8\")\ngrpc.NewServer(grpc.Creds(own{})).Serve(h)\n}\ntype own struct{ credentials.TransportCredentials }\nvar global = insecure.NewCredentials()\nfunc secure() credentials.TransportCredentials { return credentials.NewTLS(nil) }\nfunc none() credentials.TransportCredentials { return insecure.NewCredentials() }\nfunc either() credentials.TransportCredentials { if x { return none() }\nreturn secure() }\nfunc loaded() (credentials.TransportCredentials, error) { if x { return nil, own{} }\nreturn credentials.NewServerTLSFromFile(\"c\", \"k\") }\nfunc serve(c credentials.TransportCredentials) {\nf, _ := net.Listen(\"tcp\", \":6\")\ngrpc.NewServer(grpc.Creds(c)).Serve(f)",
            "m.go:7:9 net.Listen tls :1\nm.go:9:9 net.Listen plain :2\nm.go:11:9 net.Listen ?listener-not-followed :3\nm.go:13:9 net.Listen tls :4\nm.go:17:9 net.Listen plain :5\nm.go:20:9 net.Listen plain :7\nm.go:22:9 net.Listen ?listener-not-followed :8\nm.go:34:9 net.Listen tls :6\ngap package-not-delivered m.go dependency\ngap package-not-delivered m.go dependency\ngap package-not-delivered m.go dependency",
        ),
        (
            "a server of gRPC in a field, and options in lists",
            &["net", "google.golang.org/grpc", "google.golang.org/grpc/credentials"],
            "l, _ := net.Listen(\"tcp\", \":1\")\n(&app{s: grpc.NewServer()}).s.Serve(l)\nm, _ := net.Listen(\"tcp\", \":2\")\nall := []grpc.ServerOption{grpc.MaxRecvMsgSize(1)}\nall = append(all, grpc.Creds(credentials.NewTLS(nil)))\ngrpc.NewServer(all...).Serve(m)\nn, _ := net.Listen(\"tcp\", \":3\")\nvar some []grpc.ServerOption\nif x { some = append(some, grpc.Creds(credentials.NewTLS(nil))) }\ngrpc.NewServer(some...).Serve(n)\n}\ntype app struct{ s *grpc.Server }\nfunc f() {",
            "m.go:6:9 net.Listen plain :1\nm.go:8:9 net.Listen tls :2\nm.go:12:9 net.Listen ?listener-not-followed :3\ngap package-not-delivered m.go dependency\ngap package-not-delivered m.go dependency",
        ),
        ("a Unix socket", &["net"], "net.Listen(\"unix\", \"/s\")", "m.go:4:1 net.Listen unix /s"),
        (
            "UDP",
            &["net"],
            "net.ListenPacket(\"udp4\", \":53\")\nnet.ListenUDP(\"udp\", nil)",
            "m.go:4:1 net.ListenPacket udp :53\nm.go:5:1 net.ListenUDP udp ?value-not-decided",
        ),
        (
            "with a configuration",
            &["net", "net/http"],
            "var c net.ListenConfig\nl, _ := c.Listen(nil, \"tcp\", \":1\")\nhttp.Serve(l, nil)",
            "m.go:6:9 net.ListenConfig.Listen plain :1",
        ),
        (
            "a function value",
            &["net/http"],
            "f := http.ListenAndServe\nf(\":1\", nil)",
            "m.go:4:6 http.ListenAndServe ?value-not-decided ?value-not-decided",
        ),
        (
            "a method of another type",
            &[],
            "t{}.ListenAndServe()\nu{}.ListenAndServe()\n}\ntype t struct{}\ntype u struct{ t }\nfunc (t) ListenAndServe() {",
            "",
        ),
        (
            "an interface, and a struct around one",
            &["net/http"],
            "var r runner = &http.Server{Addr: \":1\"}\nr.ListenAndServe()\napp{r}.ListenAndServe()\n}\ntype runner interface{ ListenAndServe() error }\ntype app struct{ runner }\nfunc run[R runner](r R) {\nr.ListenAndServe()\nk.ListenAndServe(r)",
            "m.go:5:1 ListenAndServe ?value-not-decided ?value-not-decided\nm.go:6:1 ListenAndServe ?value-not-decided ?value-not-decided\nm.go:11:1 ListenAndServe ?value-not-decided ?value-not-decided",
        ),
        (
            "an address that others set",
            &["net/http"],
            "s := &http.Server{Addr: \":1\"}\nset(s)\ns.ListenAndServe()\nt := &http.Server{Addr: \":2\"}\np := t\np.Addr = \":3\"\nt.ListenAndServe()\nu := &http.Server{Addr: \":4\"}\nkeep(u)\nu.ListenAndServe()\n}\nfunc set(s *http.Server) { s.Addr = \":5\" }\nfunc keep(s *http.Server) { s.ErrorLog = nil",
            "m.go:6:1 http.Server.ListenAndServe plain ?value-not-decided\nm.go:10:1 http.Server.ListenAndServe plain ?value-not-decided\nm.go:13:1 http.Server.ListenAndServe plain :4",
        ),
        (
            "by the system call",
            &["syscall"],
            "syscall.Bind(3, nil)\nsyscall.Listen(3, 10)",
            "m.go:5:1 syscall.Listen ?value-not-decided ?value-not-decided",
        ),
        (
            "methods as values",
            &["net/http", "net"],
            "s := &http.Server{Addr: \":1\"}\nrun(s.ListenAndServe)\nlc := net.ListenConfig{}\nlisten := lc.Listen\n_ = listen\n}\nfunc run(func() error) {",
            "m.go:6:5 http.Server.ListenAndServe plain :1\nm.go:8:11 net.ListenConfig.Listen ?value-not-decided ?value-not-decided",
        ),
        (
            "methods as functions",
            &["net/http"],
            "(*http.Server).ListenAndServe(&http.Server{})",
            "m.go:4:1 http.Server.ListenAndServe plain ?value-not-decided",
        ),
        (
            "of widely used modules",
            &[
                "github.com/caddyserver/certmagic",
                "github.com/coreos/go-systemd/v22/activation",
                "github.com/valyala/fasthttp",
                "github.com/valyala/fasthttp/reuseport",
            ],
            "activation.TLSListeners(nil)\nactivation.Listeners()\ncertmagic.HTTPS(nil, nil)\ns := fasthttp.Server{}\ns.ListenAndServe(\":1\")\nreuseport.Listen(\"udp4\", \":2\")",
            "m.go:7:1 activation.TLSListeners tls -\nm.go:8:1 activation.Listeners ?value-not-decided ?value-not-decided\nm.go:9:1 certmagic.HTTPS ?value-not-decided ?value-not-decided\nm.go:11:1 fasthttp.Server.ListenAndServe plain :1\nm.go:12:1 reuseport.Listen udp :2\ngap package-not-delivered m.go dependency\ngap package-not-delivered m.go dependency\ngap package-not-delivered m.go dependency\ngap package-not-delivered m.go dependency",
        ),
        (
            "of what nobody tells the type",
            &["net/http"],
            "for _, s := range servers() {\ns.ListenAndServe()\n}\nfor _, s := range elsewhere() {\ns.ListenAndServe()\n}\n}\nfunc servers() []*http.Server { return nil }\ntype own struct{}\nfunc (own) ListenAndServe() error { return nil }\nfunc f() {\nown{}.ListenAndServe()",
            "m.go:5:1 http.Server.ListenAndServe plain ?value-not-decided\nm.go:8:1 ListenAndServe ?value-not-decided ?value-not-decided",
        ),
    ];
    for (name, imports, body, expected) in table {
        check("source.listeners", fields, &cgo_off(), &[(name, &program(imports, body), expected)]);
    }
    let across = "-- m.go --\npackage main\nimport (\n\"net\"\n\"net/http\"\n\"example.com/app/s\"\n)\nfunc main() {\n\tl, _ := net.Listen(\"tcp\", \":1\")\n\ts.Run(&http.Server{}, l)\n}\n-- s/s.go --\npackage s\nimport (\n\"net\"\n\"net/http\"\n)\nfunc Run(server *http.Server, l net.Listener) {\n\tgo func() { server.ServeTLS(l, \"\", \"\") }()\n}\n";
    let elsewhere = "-- m.go --\npackage main\nimport \"example.com/app/s\"\nfunc main() { s.New().ListenAndServe() }\n-- s/s.go --\npackage s\nimport \"net/http\"\nfunc New() *http.Server { return &http.Server{Addr: \":1\"} }\n";
    let wanted = "m.go:3:15 http.Server.ListenAndServe plain ?value-not-decided";
    check("source.listeners", fields, &cgo_off(), &[("a server of another package", elsewhere, wanted)]);
    check("source.listeners", fields, &cgo_off(), &[("across packages", across, "m.go:8:10 net.Listen tls :1")]);
}

#[test]
fn a_server_that_may_serve_with_tls_instead_is_not_decided() {
    let fields = &["call", "transport"];
    let (plain, tls) = ("s.ListenAndServe()", "s.ListenAndServeTLS(\"\", \"\")");
    for (name, body, expected) in [
        ("the other branch", format!("if ok {{ {tls} }} else {{ {plain} }}"), "?plain-or-tls"),
        ("one of several", format!("if ok {{ {tls} }} else if more {{ f() }} else {{ {plain} }}"), "?plain-or-tls"),
        ("behind one that returns", format!("if ok {{ {tls}; return }}; {plain}"), "?plain-or-tls"),
        ("before", format!("if ok {{ log.Fatal({plain}) }}; {tls}"), "?plain-or-tls"),
        (
            "in a function of its own",
            format!("g(func() error {{ if ok {{ return {tls} }}; return {plain} }})"),
            "?plain-or-tls",
        ),
        ("another case", format!("switch ok {{ case true: {tls}; default: {plain} }}"), "?plain-or-tls"),
        ("by a listener", format!("if ok {{ s.Serve(tls.NewListener(l, c)) }} else {{ {plain} }}"), "?plain-or-tls"),
        ("both", format!("go {tls}; {plain}"), "plain"),
        ("both, if it fails", format!("if err := {tls}; err != nil {{ return }}; {plain}"), "plain"),
        ("one of them perhaps", format!("if ok {{ {plain} }}; {tls}"), "plain"),
        ("both in one branch", format!("if ok {{ go {plain}; {tls} }} else {{ return }}"), "plain"),
    ] {
        let imports = &["net/http", "log", "crypto/tls"];
        let tree = program(imports, &format!("s := &http.Server{{}}\n{body}"));
        let found = shown(&collect("source.listeners", &tree, &cgo_off()), fields);
        let lines: Vec<&str> = found
            .lines()
            .filter_map(|line| line.split_once(" http.Server.ListenAndServe "))
            .map(|(_, transport)| transport)
            .collect();
        assert_eq!(lines, [expected], "{name}");
    }
}

#[test]
fn health_paths_are_found_with_every_router() {
    let fields = &["path", "call"];
    let table: &[(&str, &[&str], &str, &str)] = &[
        (
            "default mux",
            &["net/http"],
            "http.HandleFunc(\"/healthz\", h)\nhttp.Handle(\"/readyz\", h)",
            "m.go:4:1 /healthz http.HandleFunc\nm.go:5:1 /readyz http.Handle",
        ),
        (
            "a mux with patterns",
            &["net/http"],
            "m := http.NewServeMux()\nm.HandleFunc(\"GET /livez\", h)\nm.Handle(\"GET example.com/readyz/{$}\", h)",
            "m.go:5:1 /livez http.ServeMux.HandleFunc\nm.go:6:1 /readyz/ http.ServeMux.Handle",
        ),
        (
            "constants",
            &["net/http"],
            "const p = \"/health\" + \"z\"\nhttp.HandleFunc(p, h)",
            "m.go:5:1 /healthz http.HandleFunc",
        ),
        (
            "in a loop",
            &["net/http"],
            "for _, p := range []string{\"/livez\", \"/x\", \"/readyz\"} { http.HandleFunc(p, h) }",
            "m.go:4:57 /livez http.HandleFunc\nm.go:4:57 /readyz http.HandleFunc",
        ),
        (
            "in a table",
            &["net/http"],
            "for _, r := range routes { http.HandleFunc(r.path, r.h) }\nfor i := range few { http.HandleFunc(few[i].path, h) }\nfor _, r := range set { http.HandleFunc(r.path, r.h) }\n}\ntype route struct { kind, path string; h http.HandlerFunc }\ntype list []*route\nvar routes = list{{\"GET\", \"/livez\", h}, &route{path: \"/readyz\"}, {\"GET\", \"/x\", h}}\nvar few = [...]struct{ path string }{{\"/healthz\"}}\nvar set = []route{{path: \"/startupz\"}}\nfunc f() {\nset[0].path = \"/x\"",
            "m.go:4:28 /livez http.HandleFunc\nm.go:4:28 /readyz http.HandleFunc\nm.go:5:22 /healthz http.HandleFunc",
        ),
        (
            "from outside",
            &["net/http", "os"],
            "http.HandleFunc(os.Getenv(\"P\"), healthHandler)\nhttp.HandleFunc(os.Getenv(\"P\"), other)",
            "m.go:5:1 ?value-not-decided http.HandleFunc",
        ),
        (
            "other paths",
            &["net/http"],
            "http.HandleFunc(\"/\", h)\nhttp.HandleFunc(\"/wealth\", h)\nhttp.HandleFunc(\"/delivery\", h)",
            "",
        ),
        (
            "a client",
            &["net/http"],
            "http.Get(\"http://x/healthz\")\nvar c http.Client\nc.Head(\"/healthz\")\nvar q http.Header\nq.Add(\"/healthz\", \"x\")",
            "",
        ),
        (
            "gin",
            &["github.com/gin-gonic/gin"],
            "r := gin.Default()\ng := r.Group(\"/api\")\ng.GET(\"/healthz\", h)\nr.GET(\"/livez\", h)",
            "m.go:6:1 /api/healthz GET\nm.go:7:1 /livez gin.Engine.GET",
        ),
        (
            "chi",
            &["github.com/go-chi/chi/v5"],
            "r := chi.NewRouter()\nr.Route(\"/ops\", func(r chi.Router) { r.Get(\"/readyz\", h) })\nr.MethodFunc(\"GET\", \"/healthz\", h)",
            "m.go:5:38 /ops/readyz chi.Router.Get\nm.go:6:1 /healthz chi.Mux.MethodFunc",
        ),
        (
            "gorilla",
            &["github.com/gorilla/mux"],
            "r := mux.NewRouter()\nr.Path(\"/healthz\").HandlerFunc(h)",
            "m.go:5:1 /healthz mux.Router.Path",
        ),
        (
            "a method named by its constant",
            &["net/http", "github.com/go-chi/chi/v5"],
            "r := chi.NewRouter()\nr.Method(http.MethodGet, \"/livez\", h)",
            "m.go:6:1 /livez chi.Mux.Method",
        ),
        (
            "a group that becomes another",
            &["github.com/gin-gonic/gin"],
            "r := gin.Default()\ng := r.Group(\"/one\")\ng = r.Group(\"/two\")\ng.GET(\"/livez\", h)",
            "m.go:7:1 ?value-not-decided GET",
        ),
        (
            "a group that a function gets",
            &["github.com/gin-gonic/gin"],
            "r := gin.Default()\nprobes(r.Group(\"/three\"))\nall(r)\n}\nfunc probes(g *gin.RouterGroup) { g.GET(\"/readyz\", h) }\nfunc all(r *gin.Engine) { r.GET(\"/livez\", h)",
            "m.go:8:35 /three/readyz gin.RouterGroup.GET\nm.go:9:27 /livez gin.Engine.GET",
        ),
        (
            "groups that a function gets",
            &["github.com/gin-gonic/gin"],
            "r := gin.Default()\nprobes(r.Group(\"/a\"))\nprobes(r.Group(\"/b\"))\n}\nfunc probes(g *gin.RouterGroup) { g.GET(\"/readyz\", h)",
            "m.go:8:35 ?value-not-decided gin.RouterGroup.GET",
        ),
        (
            "behind a path of another router's",
            &["net/http", "github.com/go-chi/chi/v5"],
            "a := http.NewServeMux()\na.HandleFunc(\"/healthz\", h)\nhttp.Handle(\"/api/\", http.StripPrefix(\"/api\", a))\nr := chi.NewRouter()\nr.Mount(\"/in\", inner())\nb := http.NewServeMux()\nb.HandleFunc(\"/livez\", h)\nhttp.Handle(\"/\", b)\n}\nfunc inner() http.Handler {\nr := chi.NewRouter()\nr.Get(\"/readyz\", h)\nreturn r",
            "m.go:6:1 /api/healthz http.ServeMux.HandleFunc\nm.go:11:1 /livez http.ServeMux.HandleFunc\nm.go:16:1 ?value-not-decided chi.Mux.Get",
        ),
        (
            "what is kept under such a name, other methods, and parts of things",
            &["net/http"],
            "kept.Get(\"/health\", \"x\")\nkept.Add(\"/live\", 1)\nhttp.HandleFunc(\"POST /healthz\", h)\nhttp.HandleFunc(\"/streams/{id}/live\", h)",
            "",
        ),
    ];
    for (name, imports, body, expected) in table {
        check("source.health_handlers", fields, &cgo_off(), &[(name, &program(imports, body), expected)]);
    }
}

#[test]
fn a_known_name_says_nothing_where_a_folder_stands_for_its_module() {
    let program = "-- m.go --\npackage main\nimport (\n\t\"net\"\n\t\"net/http\"\n\t\"golang.org/x/net/netutil\"\n)\nfunc main() {\n\tl, _ := net.Listen(\"tcp\", \":1\")\n\thttp.ServeTLS(netutil.LimitListener(l, 3), nil, \"c\", \"k\")\n}\n";
    let module = "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire golang.org/x/net v0.1.0\n";
    let replaced = "\nreplace golang.org/x/net => ./xnet\n-- xnet/go.mod --\nmodule golang.org/x/net\n-- xnet/netutil/n.go --\npackage netutil\nimport (\n\t\"net\"\n\t\"net/http\"\n)\nfunc LimitListener(l net.Listener, n int) net.Listener {\n\tgo http.Serve(l, nil)\n\treturn l\n}\n";
    let vendored = "-- vendor/modules.txt --\n# golang.org/x/net v0.1.0\n## explicit\ngolang.org/x/net/netutil\n-- vendor/golang.org/x/net/netutil/n.go --\npackage netutil\nimport \"net\"\nfunc LimitListener(l net.Listener, n int) net.Listener { return l }\n";
    let fields = &["call", "transport"];
    for (name, tree, expected) in [
        ("vendored", format!("{program}{module}{vendored}"), "m.go:8:10 net.Listen tls"),
        ("replaced", format!("{program}{module}{replaced}"), "m.go:8:10 net.Listen ?listener-not-followed"),
    ] {
        let lines = shown(&collect("source.listeners", &tree, &cgo_off()), fields);
        assert!(lines.lines().any(|line| line == expected), "{name}\n{lines}");
    }
    let signals = "-- m.go --\npackage main\nimport (\n\t\"os\"\n\t\"os/signal\"\n\t\"golang.org/x/sys/unix\"\n)\nfunc main() { c := make(chan os.Signal, 1); signal.Notify(c, unix.SIGUSR2); <-c }\n-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire golang.org/x/sys v0.1.0\n\nreplace golang.org/x/sys => ./xsys\n-- xsys/go.mod --\nmodule golang.org/x/sys\n-- xsys/unix/u.go --\npackage unix\nimport \"syscall\"\nconst SIGUSR2 = syscall.SIGHUP\n";
    let sheet = collect("source.signal_handlers", signals, &cgo_off());
    assert_eq!(shown(&sheet, &["signals"]), "m.go:7:45 [SIGHUP]");
}
