//! `source.tls_configs` and `source.listeners` as tables: servers, listeners and configurations that fields of the program's own structs hold, and
//! functions that give them.

use super::tests::FIELDS;
use crate::facts::table::{cgo_off, check, collect, shown};

/// A program whose struct `app` has a server, another one, a listener and a configuration; its functions begin on line 8.
fn program(functions: &str) -> String {
    format!(
        "-- m.go --\npackage main\nimport \"crypto/tls\"\nimport \"net/http\"\nimport \"net\"\nimport \"os\"\ntype app struct {{ srv, more *http.Server; l net.Listener; c *tls.Config }}\nvar good = tls.VersionTLS13\n{functions}\nfunc conf() *tls.Config {{ return &tls.Config{{MinVersion: tls.VersionTLS13}} }}\n"
    )
}

fn configs(rows: &[(&str, &str, &str)]) {
    for (name, functions, expected) in rows {
        let more = functions.lines().count();
        let expected = expected.replace("{conf}", &format!("m.go:{}:35 literal server 1.3 true - false", 8 + more));
        check("source.tls_configs", FIELDS, &cgo_off(), &[(name, &program(functions), expected.trim())]);
    }
}

const UNKNOWN: &str = "default server ?tls-server-not-followed ?tls-server-not-followed ?tls-server-not-followed ?tls-server-not-followed";

#[test]
fn a_server_in_a_field_has_the_configuration_that_it_was_given() {
    let serve = "func (a *app) run() { a.more.ListenAndServeTLS(\"\", \"\") }";
    let unknown = |at: &str| format!("m.go:{at} {UNKNOWN}\n{{conf}}");
    for (name, maker, expected) in [
        (
            "by its literal",
            "func main() { (&app{srv: &http.Server{}, more: &http.Server{TLSConfig: conf()}}).run() }",
            "{conf}".into(),
        ),
        (
            "the other one",
            "func main() { (&app{more: &http.Server{}, srv: &http.Server{TLSConfig: conf()}}).run() }",
            "m.go:8:23 default server 1.2 false - false\n{conf}".to_string(),
        ),
        (
            "behind its making",
            "func main() { a := &app{more: &http.Server{}}; if good == 0 { return }; a.more.TLSConfig = conf(); a.run() }",
            "{conf}".into(),
        ),
        (
            "on one way only",
            "func make1() *app { a := &app{more: &http.Server{}}; if good == 0 { return a }; a.more.TLSConfig = conf(); return a }\nfunc main() { make1().run() }",
            unknown("8:23"),
        ),
        (
            "by an option",
            "func main() { a := &app{more: &http.Server{}}; set(a); a.run() }\nfunc set(a *app) { a.more.TLSConfig = conf() }",
            unknown("8:23"),
        ),
        (
            "handed on",
            "func main() { a := &app{more: &http.Server{}}; set(a.more); a.run() }\nfunc set(s *http.Server) { s.TLSConfig = conf() }",
            unknown("8:23"),
        ),
    ] {
        configs(&[(name, &format!("{serve}\n{maker}"), &expected)]);
    }
}

#[test]
fn a_configuration_that_is_assigned_right_before_is_the_servers() {
    let serve = |between: &str| {
        format!(
            "func main() {{ a := &app{{more: &http.Server{{}}}}\na.more.TLSConfig = conf()\n{between}\na.more.ListenAndServeTLS(\"\", \"\") }}\nfunc (a *app) anew() {{ a.more = &http.Server{{}} }}"
        )
    };
    configs(&[
        ("nothing between", &serve("println(a.more.Addr)"), "{conf}"),
        ("another server", &serve("a.more = &http.Server{}"), &format!("m.go:11:1 {UNKNOWN}\n{{conf}}")),
        ("perhaps another server", &serve("a.anew()"), &format!("m.go:11:1 {UNKNOWN}\n{{conf}}")),
        ("of another variable", &serve("a = &app{more: &http.Server{}}"), &format!("m.go:11:1 {UNKNOWN}\n{{conf}}")),
    ]);
}

#[test]
fn what_is_given_may_be_nil() {
    let serve = |maker: &str| {
        format!(
            "func main() {{\n{maker}\ns.ListenAndServeTLS(\"\", \"\") }}\nfunc server(c *tls.Config) *http.Server {{ return &http.Server{{TLSConfig: c}} }}"
        )
    };
    configs(&[
        ("a server of a function", &serve("s := server(conf())"), "{conf}"),
        (
            "and one without",
            &serve("server(conf()).ServeTLS(nil, \"\", \"\"); s := server(nil)"),
            "m.go:10:1 default server 1.2 false - false\n{conf}",
        ),
        (
            "a variable that is set at times",
            &serve("var c *tls.Config; if len(os.Args) > 1 { c = conf() }; s := &http.Server{TLSConfig: c}"),
            &format!("m.go:10:1 {UNKNOWN}\n{{conf}}"),
        ),
        (
            "a variable that is set on every way",
            &serve(
                "var c *tls.Config; if len(os.Args) > 1 { c = conf() } else { c = conf() }; s := &http.Server{TLSConfig: c}",
            ),
            "{conf}",
        ),
    ]);
    let made = |returns: &str| {
        format!(
            "func main() {{\nc, _ := made()\ns := &http.Server{{TLSConfig: c}}\ns.ListenAndServeTLS(\"\", \"\") }}\nfunc made() (*tls.Config, error) {{ if len(os.Args) > 1 {{ return {returns} }}; return conf(), nil }}"
        )
    };
    let checked = made("nil, os.ErrClosed").replace("c, _ := made()", "c, err := made(); if err != nil { return }");
    configs(&[("with an error", &checked, "{conf}")]);
    configs(&[(
        "with an error that nobody looks at",
        &made("nil, os.ErrClosed"),
        &format!("m.go:11:1 {UNKNOWN}\n{{conf}}"),
    )]);
    let alone = "func main() {\ns := &http.Server{TLSConfig: made()}\ns.ListenAndServeTLS(\"\", \"\") }\nfunc made() *tls.Config { if len(os.Args) > 1 { return nil }; return conf() }";
    configs(&[("without one", alone, &format!("m.go:10:1 {UNKNOWN}\n{{conf}}"))]);
}

#[test]
fn a_configuration_in_a_field_is_followed_to_who_reads_it() {
    configs(&[
        (
            "by a server",
            "func main() { (&app{c: &tls.Config{MinVersion: tls.VersionTLS12}}).run() }\nfunc (a *app) run() { tls.NewListener(a.l, a.c) }",
            "m.go:8:25 literal server 1.2 true - false\nm.go:10:35 literal ?tls-role-not-followed 1.3 true - false",
        ),
        (
            "by a client",
            "func main() { a := &app{}; a.c = &tls.Config{}; tls.Client(nil, a.c) }",
            "m.go:8:35 literal client 1.2 false - false\nm.go:9:35 literal ?tls-role-not-followed 1.3 true - false",
        ),
    ]);
}

#[test]
fn a_server_of_fasthttp_has_its_own_configuration() {
    let tree = |field: &str| {
        format!(
            "-- m.go --\npackage main\nimport \"crypto/tls\"\nimport \"github.com/valyala/fasthttp\"\nfunc main() {{\ns := &fasthttp.Server{{{field}}}\ns.ListenAndServeTLS(\":1\", \"\", \"\")\n}}\nvar _ tls.Certificate\n"
        )
    };
    for (field, expected) in [
        ("", "m.go:6:1 default server 1.2 false - false\ngap package-not-delivered m.go dependency"),
        (
            "TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}",
            "m.go:5:35 literal server 1.3 true - false\ngap package-not-delivered m.go dependency",
        ),
    ] {
        check("source.tls_configs", FIELDS, &cgo_off(), &[(field, &tree(field), expected)]);
    }
}

#[test]
fn servers_in_a_list_are_told_by_its_literal() {
    let serve = |list: &str, before: &str| {
        format!(
            "func main() {{ all := []*http.Server{{{list}}}\n{before}\nfor _, s := range all {{ go s.ListenAndServeTLS(\"\", \"\") }} }}"
        )
    };
    let conf = "{TLSConfig: conf()}";
    configs(&[
        ("all with one", &serve(&format!("{conf}, {conf}"), ""), "{conf}"),
        ("one without", &serve(&format!("{conf}, {{}}"), ""), "m.go:10:28 default server 1.2 false - false\n{conf}"),
        (
            "given later",
            &serve("{}", "for _, s := range all { s.TLSConfig = conf() }"),
            &format!("m.go:10:28 {UNKNOWN}\n{{conf}}"),
        ),
    ]);
    let field = "type many struct{ all map[string]*http.Server }\nfunc (m *many) run() { for _, s := range m.all { s.ListenAndServe() }; m.all[\"x\"].ListenAndServe() }\nfunc main() { (&many{}).run() }";
    check(
        "source.listeners",
        &["call", "transport"],
        &cgo_off(),
        &[(
            "of a field",
            &program(field),
            "m.go:9:50 http.Server.ListenAndServe plain\nm.go:9:72 http.Server.ListenAndServe plain",
        )],
    );
}

#[test]
fn a_copy_of_what_a_field_holds_has_what_that_was_made_with() {
    let options = |given: &str| {
        format!(
            "type options struct{{ c *tls.Config }}\nfunc main() {{ run(options{{c: {given}}}) }}\nfunc run(o options) {{ tls.NewListener(nil, o.c.Clone()) }}"
        )
    };
    configs(&[
        (
            "low",
            &options("&tls.Config{MinVersion: tls.VersionTLS12}"),
            "m.go:9:31 literal ?tls-role-not-followed 1.2 true - false\nm.go:10:44 clone server 1.2 true - false\nm.go:11:35 literal ?tls-role-not-followed 1.3 true - false",
        ),
        (
            "of itself",
            "func main() { a := &app{c: conf()}; a.c = a.c.Clone(); tls.NewListener(nil, a.c) }",
            "m.go:8:43 clone server ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed ?tls-config-not-followed\n{conf}",
        ),
    ]);
}

#[test]
fn a_listener_is_followed_through_fields_and_what_embeds_it() {
    let rows: &[(&str, &str, &str)] = &[
        (
            "served in clear",
            "func main() { a := &app{}; a.l, _ = net.Listen(\"tcp\", \":1\"); a.run() }\nfunc (a *app) run() { a.srv.Serve(a.l) }",
            "m.go:8:37 net.Listen plain",
        ),
        (
            "served with TLS",
            "func main() { l, _ := net.Listen(\"tcp\", \":1\"); (&app{l: l}).run() }\nfunc (a *app) run() { a.srv.ServeTLS(a.l, \"\", \"\"); a.l.Close() }",
            "m.go:8:23 net.Listen tls",
        ),
        (
            "one of two",
            "func main() { a := &app{}; a.l, _ = net.Listen(\"tcp\", \":1\"); a.l = tls.NewListener(a.l, conf()); http.Serve(a.l, nil) }",
            "m.go:8:37 net.Listen ?listener-not-followed",
        ),
        (
            "by its address",
            "func main() { a := &app{}; a.l, _ = net.Listen(\"tcp\", \":1\"); set(&a.l); http.Serve(a.l, nil) }\nfunc set(*net.Listener) {}",
            "m.go:8:37 net.Listen ?listener-not-followed",
        ),
        (
            "embedded",
            "type alive struct{ *net.TCPListener }\nfunc main() { l, _ := net.Listen(\"tcp\", \":1\"); http.Serve(&alive{l.(*net.TCPListener)}, nil) }",
            "m.go:9:23 net.Listen plain",
        ),
        (
            "embedded in what may speak TLS itself",
            "type alive struct{ net.Listener }\nfunc (a alive) Accept() (net.Conn, error) { c, err := a.Listener.Accept(); return tls.Server(c, conf()), err }\nfunc main() { l, _ := net.Listen(\"tcp\", \":1\"); http.Serve(alive{l}, nil) }",
            "m.go:10:23 net.Listen ?listener-not-followed",
        ),
        (
            "embedded in what only accepts",
            "type alive struct{ *net.TCPListener }\nfunc (a alive) Accept() (net.Conn, error) { c, err := a.AcceptTCP(); if err != nil { return nil, err }; c.SetKeepAlive(true); return c, nil }\nfunc main() { l, _ := net.Listen(\"tcp\", \":1\"); http.Serve(tls.NewListener(alive{l.(*net.TCPListener)}, conf()), nil) }",
            "m.go:10:23 net.Listen tls",
        ),
        (
            "wrapped, and what is behind is handed on",
            "func main() { l, _ := net.Listen(\"tcp\", \":1\"); l = tls.NewListener(l, conf()); serve(l) }\nvar serve = func(net.Listener) {}",
            "m.go:8:23 net.Listen tls",
        ),
        (
            "kept before it is wrapped",
            "func main() { l, _ := net.Listen(\"tcp\", \":1\"); k := l; l = tls.NewListener(l, conf()); http.Serve(k, nil) }",
            "m.go:8:23 net.Listen ?listener-not-followed",
        ),
    ];
    for (name, functions, expected) in rows {
        check("source.listeners", &["call", "transport"], &cgo_off(), &[(name, &program(functions), expected)]);
    }
}

#[test]
fn a_configuration_that_a_field_a_call_or_a_loop_takes_away_is_not_what_the_server_has() {
    let unknown = format!("m.go:8:23 {UNKNOWN}\n{{conf}}");
    let honest = "{conf}".to_string();
    for (name, rest, expected) in [
        ("a field that is cleared before", "func take(a *app) { a.c = nil; a.srv.TLSConfig = a.c }", &unknown),
        (
            "a field that is cleared elsewhere",
            "func take(a *app) { a.srv.TLSConfig = a.c }\nfunc (a *app) off() { a.c = nil }",
            &unknown,
        ),
        ("a field that is never cleared", "func take(a *app) { a.srv.TLSConfig = a.c }", &honest),
        (
            "a call that gives nothing",
            "func take(a *app) { a.srv.TLSConfig, _ = two() }\nfunc two() (*tls.Config, error) { return nil, nil }",
            &unknown,
        ),
        (
            "a call that gives one, or an error",
            "func take(a *app) { var err error; a.srv.TLSConfig, err = two(); if err != nil { os.Exit(1) } }\nfunc two() (*tls.Config, error) { if good == 0 { return nil, os.ErrInvalid }; return conf(), nil }",
            &honest,
        ),
        (
            "an error that nobody looks at",
            "func take(a *app) { a.srv.TLSConfig, _ = two() }\nfunc two() (*tls.Config, error) { if good == 0 { return nil, os.ErrInvalid }; return conf(), nil }",
            &unknown,
        ),
        ("a loop", "func take(a *app) { for a.srv.TLSConfig = range map[*tls.Config]bool{nil: true} { } }", &unknown),
        (
            "a map that need not have one",
            "func take(a *app) { a.srv.TLSConfig, _ = map[int]*tls.Config{}[0] }",
            &unknown,
        ),
    ] {
        let functions = format!(
            "func (a *app) run() {{ a.srv.ListenAndServeTLS(\"\", \"\") }}\nfunc main() {{ c := conf(); a := &app{{srv: &http.Server{{TLSConfig: c}}, c: c}}; take(a); a.run() }}\n{rest}"
        );
        configs(&[(name, &functions, expected)]);
    }
}

#[test]
fn listeners_are_followed_out_of_functions_and_into_the_connections_they_accept() {
    let accept = |handle: &str| {
        format!(
            "func main() {{ l, _ := net.Listen(\"tcp\", \":1\"); for {{ c, _ := l.Accept(); go handle(c) }} }}\n{handle}"
        )
    };
    let listen = "func main() { l, _ := listen(); http.Serve(l, nil) }\nfunc listen() (net.Listener, error) ";
    for (name, body, transport) in [
        ("handed on whole", format!("{listen}{{ return net.Listen(\"tcp\", \":1\") }}"), "plain"),
        (
            "by a variable",
            format!(
                "{listen}{{ l, err := net.Listen(\"tcp\", \":1\"); if err != nil {{ return nil, err }}; return l, nil }}"
            ),
            "plain",
        ),
        (
            "wrapped there",
            format!("{listen}{{ l, err := net.Listen(\"tcp\", \":1\"); return tls.NewListener(l, nil), err }}"),
            "tls",
        ),
        (
            "by nobody",
            "func main() {}\nfunc listen() (net.Listener, error) { return net.Listen(\"tcp\", \":1\") }".into(),
            "?",
        ),
        ("written to", accept("func handle(c net.Conn) { c.Write(nil); c.Close() }"), "plain"),
        ("read by another", accept("func handle(c net.Conn) { bufio.NewReader(c) }"), "plain"),
        ("with TLS at once", accept("func handle(c net.Conn) { tls.Server(c, nil).Handshake() }"), "tls"),
        ("with TLS later", accept("func handle(c net.Conn) { c.Write(nil); tls.Server(c, nil).Handshake() }"), "?"),
        ("passed through", accept("func handle(c net.Conn) { io.Copy(other, c) }"), "?"),
        ("kept", accept("func handle(c net.Conn) { all = append(all, c) }"), "?"),
        ("by a library", "func main() { l, _ := net.Listen(\"tcp\", \":1\"); rpc.Accept(l) }".into(), "plain"),
    ] {
        let tree = format!(
            "-- m.go --\npackage main\nimport (\"crypto/tls\"; \"net/http\"; \"net\"; \"net/rpc\"; \"bufio\"; \"io\")\n{body}\n"
        );
        let found = shown(&collect("source.listeners", &tree, &cgo_off()), &["transport"]);
        let told = found.split_once(' ').map_or("", |(_, told)| if told.starts_with('?') { "?" } else { told });
        assert_eq!(told, transport, "{name}");
        check("source.listeners", &["transport"], &cgo_off(), &[(name, &tree, &found)]);
    }
}
