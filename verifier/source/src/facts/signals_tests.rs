//! `source.signal_handlers` as tables.

use super::table::{cgo_off, check, collect, shown};

const FIELDS: &[&str] = &["function", "call", "signals", "channel_read"];

fn in_main(body: &str) -> String {
    format!(
        "-- m.go --\npackage main\n\nimport (\n\t\"context\"\n\t\"os\"\n\t\"os/signal\"\n\t\"syscall\"\n)\n\nfunc main() {{\n{body}\n}}\n"
    )
}

#[test]
fn signals_are_named_in_every_spelling() {
    let table = [
        (
            "plain",
            "c := make(chan os.Signal, 1)\nsignal.Notify(c, syscall.SIGUSR2)\n<-c",
            "m.go:12:1 main notify [SIGUSR2] true",
        ),
        (
            "several",
            "c := make(chan os.Signal, 1)\nsignal.Notify(c, os.Interrupt, syscall.SIGTERM)\nfor range c {}",
            "m.go:12:1 main notify [SIGINT,SIGTERM] true",
        ),
        (
            "every signal",
            "c := make(chan os.Signal, 1)\nsignal.Notify(c)\nselect { case <-c: }",
            "m.go:12:1 main notify [SIGHUP,SIGINT,SIGQUIT,SIGILL,SIGTRAP,SIGABRT,SIGBUS,SIGFPE,SIGKILL,SIGUSR1,SIGSEGV,SIGUSR2,SIGPIPE,SIGALRM,SIGTERM,SIGSTKFLT,SIGCHLD,SIGCONT,SIGSTOP,SIGTSTP,SIGTTIN,SIGTTOU,SIGURG,SIGXCPU,SIGXFSZ,SIGVTALRM,SIGPROF,SIGWINCH,SIGIO,SIGPWR,SIGSYS] true",
        ),
        (
            "by a loop over them",
            "c := make(chan os.Signal, 1)\nfor _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGUSR2} { signal.Notify(c, s) }\n<-c",
            "m.go:12:66 main notify [SIGHUP,SIGUSR2] true",
        ),
        ("from a list", "l := []os.Signal{syscall.SIGUSR2}\nsignal.Ignore(l...)", "m.go:12:1 main ignore [SIGUSR2] -"),
        (
            "from a list that another function gets",
            "l := []os.Signal{syscall.SIGUSR2}\nswap(l)\nsignal.Ignore(l...)\n}\nfunc swap(l []os.Signal) { l[0] = syscall.SIGHUP",
            "m.go:13:1 main ignore ?value-not-decided -",
        ),
        (
            "nobody reads",
            "c := make(chan os.Signal, 1)\nsignal.Notify(c, syscall.SIGUSR2)\ndefer signal.Stop(c)",
            "m.go:12:1 main notify [SIGUSR2] false",
        ),
        (
            "read elsewhere",
            "c := make(chan os.Signal, 1)\nsignal.Notify(c, syscall.SIGUSR2)\nwatch(c)",
            "m.go:12:1 main notify [SIGUSR2] ?value-not-decided",
        ),
        (
            "a context",
            "_, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)\nstop()",
            "m.go:11:12 main notify-context [SIGTERM] -",
        ),
        ("ignored", "signal.Ignore(syscall.SIGHUP)", "m.go:11:1 main ignore [SIGHUP] -"),
        ("reset", "signal.Reset()", "m.go:11:1 main reset [] -"),
        ("by number", "signal.Ignore(syscall.Signal(12))", "m.go:11:1 main ignore [SIGUSR2] -"),
        ("by hexadecimal", "const s = syscall.Signal(0xc)\nsignal.Ignore(s)", "m.go:12:1 main ignore [SIGUSR2] -"),
        (
            "local list",
            "all := []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2}\nsignal.Ignore(all...)",
            "m.go:12:1 main ignore [SIGUSR1,SIGUSR2] -",
        ),
        (
            "a list that is added to in place",
            "signal.Ignore(append([]os.Signal{syscall.SIGHUP}, syscall.SIGUSR2)...)",
            "m.go:11:1 main ignore [SIGHUP,SIGUSR2] -",
        ),
        (
            "a list that grows",
            "all := []os.Signal{syscall.SIGUSR1}\nall = append(all, syscall.SIGUSR2)\nsignal.Ignore(all...)",
            "m.go:13:1 main ignore [SIGUSR1,SIGUSR2] -",
        ),
        (
            "a list that may grow",
            "all := []os.Signal{syscall.SIGUSR1}\nif x { all = append(all, syscall.SIGUSR2) }\nsignal.Ignore(all...)",
            "m.go:13:1 main ignore ?value-not-decided -",
        ),
        (
            "a list that grows and is handed on",
            "var all []os.Signal\nall = append(all, syscall.SIGUSR2)\nother(all)\nsignal.Ignore(all...)",
            "m.go:14:1 main ignore ?value-not-decided -",
        ),
        (
            "a list that grows and whose element is set",
            "var all []os.Signal\nall = append(all, syscall.SIGUSR2)\nall[0] = syscall.SIGHUP\nsignal.Ignore(all...)",
            "m.go:14:1 main ignore ?value-not-decided -",
        ),
        (
            "one of two",
            "s := syscall.SIGUSR1\nif len(os.Args) > 1 { s = syscall.SIGUSR2 }\nsignal.Ignore(s)",
            "m.go:13:1 main ignore [SIGUSR1]|[SIGUSR2] -",
        ),
        ("function value", "f := signal.Ignore\nf(syscall.SIGUSR2)", "m.go:11:6 main ignore ?value-not-decided -"),
        ("in a closure", "go func() { signal.Ignore(syscall.SIGUSR2) }()", "m.go:11:13 main ignore [SIGUSR2] -"),
        ("a local of the same name", "signal := other{}\nsignal.Ignore(syscall.SIGUSR2)", ""),
        ("in a comment", "// signal.Notify(c, syscall.SIGUSR2)\n_ = \"signal.Notify(c, syscall.SIGUSR2)\"", ""),
        (
            "from a parameter",
            "func(s os.Signal) { signal.Ignore(s) }(syscall.SIGUSR2)",
            "m.go:11:21 main ignore [SIGUSR2] -",
        ),
    ];
    for (name, body, expected) in table {
        check("source.signal_handlers", FIELDS, &cgo_off(), &[(name, &in_main(body), expected)]);
    }
}

#[test]
fn names_are_followed_across_files_and_packages() {
    let table = [
        (
            "renamed and dot imports",
            "-- m.go --\npackage main\nimport sig \"os/signal\"\nimport . \"syscall\"\nfunc main() { sig.Ignore(SIGUSR2) }\n",
            "m.go:4:15 main ignore [SIGUSR2] -",
        ),
        (
            "dot import of the calls",
            "-- m.go --\npackage main\nimport . \"os/signal\"\nimport \"syscall\"\nfunc main() { Ignore(syscall.SIGUSR2) }\n",
            "m.go:4:15 main ignore [SIGUSR2] -",
        ),
        (
            "constant of another package",
            "-- m.go --\npackage main\nimport (\n\"os/signal\"\n\"example.com/app/sig\"\n)\nfunc main() { signal.Ignore(sig.Reload) }\n-- sig/s.go --\npackage sig\nimport \"syscall\"\nconst Reload = again\n-- sig/t.go --\npackage sig\nimport \"syscall\"\nconst again = syscall.SIGUSR2\n",
            "m.go:6:15 main ignore [SIGUSR2] -",
        ),
        (
            "a variable that another file sets",
            "-- m.go --\npackage main\nimport (\n\"os/signal\"\n\"syscall\"\n)\nvar s = syscall.SIGUSR2\nfunc main() { signal.Ignore(s) }\n-- n.go --\npackage main\nimport \"syscall\"\nfunc init() { s = syscall.SIGHUP }\n",
            "m.go:7:15 main ignore [SIGUSR2]|[SIGHUP] -",
        ),
        (
            "a variable whose address is taken",
            "-- m.go --\npackage main\nimport (\n\"os/signal\"\n\"syscall\"\n)\nvar s = syscall.SIGUSR2\nfunc main() { change(&s); signal.Ignore(s) }\n",
            "m.go:7:27 main ignore ?value-not-decided -",
        ),
        (
            "a function that returns it",
            "-- m.go --\npackage main\nimport (\n\"os\"\n\"os/signal\"\n\"syscall\"\n)\nfunc which() os.Signal { return syscall.SIGUSR2 }\nfunc main() { signal.Ignore(which()) }\n",
            "m.go:8:15 main ignore [SIGUSR2] -",
        ),
        (
            "a package's channel that is read in another file",
            "-- m.go --\npackage main\nimport (\n\"os\"\n\"os/signal\"\n\"syscall\"\n)\nvar c = make(chan os.Signal, 1)\nfunc main() { signal.Notify(c, syscall.SIGUSR2); wait() }\n-- n.go --\npackage main\nfunc wait() { <-c }\n",
            "m.go:8:15 main notify [SIGUSR2] true",
        ),
        (
            "a package's channel that is read in a function that nobody calls",
            "-- m.go --\npackage main\nimport (\n\"os\"\n\"os/signal\"\n\"syscall\"\n)\nvar c = make(chan os.Signal, 1)\nfunc main() { signal.Notify(c, syscall.SIGUSR2) }\n-- n.go --\npackage main\nfunc wait() { <-c }\n",
            "m.go:8:15 main notify [SIGUSR2] false",
        ),
        (
            "a method",
            "-- m.go --\npackage main\nimport (\n\"os/signal\"\n\"syscall\"\n)\ntype T struct{}\nfunc (t *T) Run() { signal.Ignore(syscall.SIGUSR2) }\nfunc main() {}\n",
            "m.go:7:21 (*T).Run ignore [SIGUSR2] -",
        ),
        (
            "outside the build",
            "-- m.go --\npackage main\nfunc main() {}\n-- m_test.go --\npackage main\nimport (\n\"os/signal\"\n\"syscall\"\n)\nfunc f() { signal.Ignore(syscall.SIGUSR2) }\n",
            "",
        ),
    ];
    check("source.signal_handlers", FIELDS, &cgo_off(), &table);
}

/// Each step may lead to two others: without an end to the steps this would take longer than anyone waits.
#[test]
fn variables_that_are_set_from_one_another_are_unknown_soon() {
    let lines: String =
        (0..40).map(|n| format!("a{n} = a{}; a{n} = b{n}; b{n} = a{}\n", (n + 1) % 40, (n + 7) % 40)).collect();
    let vars: String = (0..40).map(|n| format!("a{n}, b{n} := syscall.SIGHUP, syscall.SIGHUP\n")).collect();
    let tree = in_main(&format!("{vars}for {{\n{lines}signal.Ignore(a0)\n}}"));
    check("source.signal_handlers", FIELDS, &cgo_off(), &[("", &tree, "m.go:92:1 main ignore ?value-not-decided -")]);
}

#[test]
fn what_cannot_be_parsed_is_a_gap_where_it_matters() {
    let table = [(
        "a broken declaration",
        "-- m.go --\npackage main\nimport \"os/signal\"\nfunc main() { signal.Ignore(); x := := 1 }\nfunc other() { y := := 2 }\n",
        "m.go:3:15 main ignore [] -\ngap declaration-not-understood m.go:3",
    )];
    check("source.signal_handlers", FIELDS, &cgo_off(), &table);
}

#[test]
fn a_channel_is_followed_through_fields_and_results() {
    const LOOP: &str = "func (a *app) loop() { for range a.c { } }";
    let program = |main: &str, rest: &str| {
        in_main(&format!("{main}\n}}\ntype app struct {{ c chan os.Signal }}\n{rest}\nfunc f() {{"))
    };
    let new = "a := &app{c: make(chan os.Signal, 1)}\nsignal.Notify(a.c, syscall.SIGUSR2)\ngo a.loop()";
    let with = "c := make(chan os.Signal, 1)\nsignal.Notify(c, syscall.SIGUSR2)\na := &app{c: c}\ngo a.loop()";
    let later = "c := make(chan os.Signal, 1)\nsignal.Notify(c, syscall.SIGUSR2)\nvar a app\na.c = c\ngo a.loop()";
    let made =
        "func made() chan os.Signal { c := make(chan os.Signal, 1); signal.Notify(c, syscall.SIGUSR2); return c }";
    let pair = "func made() (chan os.Signal, func()) { c := make(chan os.Signal, 1); signal.Notify(c, syscall.SIGUSR2); return c, nil }";
    for (name, main, rest, expected) in [
        ("a field", new, LOOP, "true"),
        ("a field that nobody reads", new, "func (a *app) loop() { select {} }", "false"),
        ("a field that others are given", new, "func (a *app) loop() { others(a.c) }", "?value-not-decided"),
        ("a field by its literal", with, LOOP, "true"),
        ("a field by its literal that nobody reads", with, "func (a *app) loop() {}", "false"),
        ("a field by an assignment", later, LOOP, "true"),
        ("a result", "for range made() { }", made, "true"),
        ("a result in a variable", "c := made()\n<-c", made, "true"),
        ("a result that nobody reads", "c := made()\n_ = c", made, "false"),
        ("a result that is thrown away", "made()", made, "false"),
        ("one of two results", "c, stop := made()\ndefer stop()\n<-c", pair, "true"),
        ("the other of two results", "_, stop := made()\nstop()", pair, "false"),
        ("a result that goes elsewhere", "others(made())", made, "?value-not-decided"),
    ] {
        let sheet = collect("source.signal_handlers", &program(main, rest), &cgo_off());
        assert_eq!(shown(&sheet, &["channel_read"]).rsplit(' ').next(), Some(expected), "{name}");
    }
}

#[test]
fn a_signal_that_is_taken_away_at_once_reaches_nobody() {
    let notify = "c := make(chan os.Signal, 1)\nsignal.Notify(c, syscall.SIGUSR2)\n";
    for (next, read) in [
        ("signal.Stop(c)\n<-c", "false"),
        ("signal.Reset(syscall.SIGUSR2)\n<-c", "false"),
        ("signal.Ignore()\n<-c", "false"),
        ("signal.Reset(syscall.SIGTERM)\n<-c", "true"),
        ("defer signal.Stop(c)\n<-c", "true"),
        ("<-c\nsignal.Stop(c)", "true"),
        ("for range c {}\nsignal.Stop(c)", "true"),
        ("if x { signal.Stop(c) }\n<-c", "true"),
        ("signal.Stop(d)\n<-c", "true"),
    ] {
        let found = shown(&collect("source.signal_handlers", &in_main(&format!("{notify}{next}")), &cgo_off()), FIELDS);
        let told = found.lines().next().unwrap_or_default();
        assert_eq!(told, format!("m.go:12:1 main notify [SIGUSR2] {read}"), "{next}");
    }
    let dead =
        in_main("}\nfunc a() { b() }\nfunc b() { c := make(chan os.Signal, 1); signal.Notify(c, syscall.SIGUSR2); <-c");
    let found = shown(&collect("source.signal_handlers", &dead, &cgo_off()), &["function", "channel_read"]);
    assert_eq!(found.split_once(' ').map_or("", |(_, told)| told), "b false");
}

#[test]
fn what_is_set_anew_before_it_is_named_is_gone() {
    for (body, signals) in [
        ("s := syscall.SIGHUP\ns = syscall.SIGUSR2\nsignal.Ignore(s)", "[SIGUSR2]"),
        ("var s os.Signal\ns = syscall.SIGUSR2\nsignal.Ignore(s)", "[SIGUSR2]"),
        ("s := syscall.SIGUSR2\nsignal.Ignore(s)\ns = syscall.SIGHUP\n_ = s", "[SIGUSR2]"),
        ("s := syscall.SIGHUP\ns = syscall.SIGUSR2\nfunc() { signal.Ignore(s) }()", "[SIGUSR2]"),
        ("s := syscall.SIGUSR2\nfunc() { signal.Ignore(s) }()\ns = syscall.SIGHUP", "[SIGUSR2]|[SIGHUP]"),
        (
            "s := syscall.SIGHUP\nf := func() { s = syscall.SIGTERM }\ns = syscall.SIGUSR2\nf()\nsignal.Ignore(s)",
            "[SIGTERM]|[SIGUSR2]",
        ),
        ("s := syscall.SIGUSR2\nfor {\nsignal.Ignore(s)\ns = syscall.SIGHUP\n}", "[SIGUSR2]|[SIGHUP]"),
        (
            "f(syscall.SIGUSR2, syscall.SIGHUP)\nf(os.Interrupt)\nf()\n}\nfunc f(s ...os.Signal) { signal.Ignore(s...)",
            "[SIGUSR2,SIGHUP]|[SIGINT]|[]",
        ),
        ("s := syscall.SIGUSR2\nif x { s = syscall.SIGHUP }\nsignal.Ignore(s)", "[SIGUSR2]|[SIGHUP]"),
        ("if s := syscall.SIGUSR2; x { s = syscall.SIGHUP } else { signal.Ignore(s) }", "[SIGUSR2]|[SIGHUP]"),
        (
            "switch s := syscall.SIGUSR2; x {\ncase 1: s = syscall.SIGHUP\ncase 2: signal.Ignore(s)\n}",
            "[SIGUSR2]|[SIGHUP]",
        ),
        ("s := syscall.SIGUSR2\nL: { if x { break L }; s = syscall.SIGHUP }\nsignal.Ignore(s)", "[SIGUSR2]|[SIGHUP]"),
        ("s := syscall.SIGUSR2\nif x { goto L }\ns = syscall.SIGHUP\nL: signal.Ignore(s)", "[SIGUSR2]|[SIGHUP]"),
        ("s, t := syscall.SIGUSR2, syscall.SIGHUP\ns, t = t, s\nsignal.Ignore(t)", "[SIGUSR2]"),
        ("s := syscall.SIGHUP\ndefer func() { signal.Ignore(s) }()\ns = syscall.SIGUSR2", "[SIGHUP]|[SIGUSR2]"),
    ] {
        let found = shown(&collect("source.signal_handlers", &in_main(body), &cgo_off()), &["signals"]);
        assert_eq!(found.split_once(' ').map_or("", |(_, told)| told), signals, "{body}");
    }
}

#[test]
fn what_is_never_run_or_receives_from_another_channel_is_no_reader() {
    let notify = "c := make(chan os.Signal, 1)\nsignal.Notify(c, syscall.SIGUSR2)\n";
    for (rest, read) in [
        ("if false { <-c }", "false"),
        ("const on = false\nif on { <-c }", "false"),
        ("if true {} else { <-c }", "false"),
        ("for false { <-c }", "false"),
        ("return\n<-c", "false"),
        ("select {}\n<-c", "false"),
        ("os.Exit(1)\n<-c", "false"),
        ("_ = func() { <-c }", "false"),
        ("f(c)\n}\nfunc f(c chan os.Signal) { return; <-c", "false"),
        ("f := func() { <-c }\n_ = f", "false"),
        ("f := func() { <-c }\ng := f\n_ = g\ngo f()", "true"),
        ("for { step() }\n<-c", "false"),
        ("for { switch x { case 1: break } }\n<-c", "false"),
        ("for { if x { break } }\n<-c", "true"),
        ("L: for { select { case <-x: break L } }\n<-c", "true"),
        ("if true { return }\n<-c", "false"),
        ("if x { return } else { panic(1) }\n<-c", "false"),
        ("{ return }\n<-c", "false"),
        ("t := &t{c: c}\n_ = t.run\n}\ntype t struct{ c chan os.Signal }\nfunc (t *t) run() { <-t.c", "false"),
        ("t := &t{c: c}\ngo t.run()\n}\ntype t struct{ c chan os.Signal }\nfunc (t *t) run() { <-t.c", "true"),
        (
            "var i i = t{}\ngo i.run(c)\n}\ntype i interface { run(chan os.Signal) }\ntype t struct{}\nfunc (t) run(c chan os.Signal) { <-c",
            "?value-not-decided",
        ),
        ("if x { return }\n<-c", "true"),
        ("on := false\nif x { on = true }\nif on { <-c }", "true"),
        ("goto L\nreturn\nL: <-c", "true"),
        ("d := c\nd = make(chan os.Signal)\n<-d", "?value-not-decided"),
        ("f(c)\n}\nfunc f(c chan os.Signal) { c = make(chan os.Signal); <-c", "?value-not-decided"),
        ("all := make(chan chan os.Signal, 1)\nall <- c\n<-<-all", "?value-not-decided"),
        ("c <- os.Interrupt", "false"),
    ] {
        let found = shown(&collect("source.signal_handlers", &in_main(&format!("{notify}{rest}")), &cgo_off()), FIELDS);
        let told = found.lines().next().unwrap_or_default();
        assert_eq!(told, format!("m.go:12:1 main notify [SIGUSR2] {read}"), "{rest}");
    }
    let two = "t := &struct{ a, b chan os.Signal }{}\nsignal.Notify(t.a, syscall.SIGUSR2)\nsignal.Stop(t.b)\n<-t.a";
    let found = shown(&collect("source.signal_handlers", &in_main(two), &cgo_off()), &["channel_read"]);
    assert_ne!(found, "m.go:12:1 false", "another channel of the same struct is stopped");
}
