//! `source.runtime_settings`, `source.seccomp_loads` and `inventory.suppressions` as tables.

use super::table::{built, cgo_off, check};

#[test]
fn settings_of_the_runtime_are_told_by_their_source() {
    let fields = &["from", "name", "value"];
    let table = [
        (
            "an old go line",
            "-- go.mod --\nmodule example.com/app\n\ngo 1.24\n-- m.go --\npackage main\nfunc main() {}\n",
            "go.mod:3 go-line containermaxprocs 0\ngo.mod:3 go-line cryptocustomrand 1\ngo.mod:3 go-line decoratemappings 0\ngo.mod:3 go-line tlssecpmlkem 0\ngo.mod:3 go-line tlssha1 1\ngo.mod:3 go-line updatemaxprocs 0\ngo.mod:3 go-line urlstrictcolons 0\ngo.mod:3 go-line x509sha256skid 0",
        ),
        (
            "a godebug block and directives",
            "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\ngodebug (\n\ttls10server=1\n)\n-- m.go --\n//go:debug tlsmlkem=0\n\npackage main\n\n//go:debug late=1\nfunc main() {}\n-- p/p.go --\n//go:debug tlsmlkem=0\n\npackage p\n",
            "go.mod:6 godebug-line tls10server 1\nm.go:1:1 go:debug tlsmlkem 0",
        ),
        (
            "the environment from inside",
            "-- m.go --\npackage main\nimport \"os\"\nconst name = \"GO\" + \"DEBUG\"\nfunc main() {\n\tos.Setenv(name, \"tls10server=1,netdns=go\")\n\tos.Setenv(\"GOGC\", os.Args[1])\n\tos.Setenv(\"HOME\", \"/\")\n}\n",
            "m.go:5:2 os.Setenv tls10server 1\nm.go:5:2 os.Setenv netdns go\nm.go:6:2 os.Setenv GOGC ?value-not-decided",
        ),
        (
            "calls",
            "-- m.go --\npackage main\nimport (\n\t\"runtime\"\n\t\"runtime/debug\"\n)\nconst mib = 1 << 20\nfunc main() {\n\tdebug.SetGCPercent(-1)\n\tdebug.SetMemoryLimit(512 * mib)\n\truntime.GOMAXPROCS(0)\n\truntime.GOMAXPROCS(2)\n\truntime.SetCPUProfileRate(500000)\n\tdebug.SetGCPercent(percent())\n}\nfunc percent() int { return runtime.NumCPU() }\n",
            "m.go:8:2 call SetGCPercent -1\nm.go:9:2 call SetMemoryLimit 536870912\nm.go:11:2 call GOMAXPROCS 2\nm.go:12:2 call SetCPUProfileRate 500000\nm.go:13:2 call SetGCPercent ?value-not-decided",
        ),
        (
            "the rate that is a variable",
            "-- m.go --\npackage main\nimport rt \"runtime\"\nconst every = 1\nfunc main() {\n\trt.MemProfileRate = every\n\tif rt.MemProfileRate > 0 {\n\t\t_, rt.MemProfileRate = 1, 512*1024\n\t}\n\trt.MemProfileRate *= 2\n\tset(&rt.MemProfileRate)\n}\nvar rate = rt.MemProfileRate\nfunc set(*int) {}\n",
            "m.go:5:2 assignment MemProfileRate 1\nm.go:7:6 assignment MemProfileRate 524288\nm.go:9:2 assignment MemProfileRate ?value-not-decided\nm.go:10:7 assignment MemProfileRate ?value-not-decided",
        ),
        (
            "a variable of that name elsewhere",
            "-- m.go --\npackage main\nimport _ \"runtime\"\nvar MemProfileRate int\nfunc main() { MemProfileRate = 1 }\n",
            "",
        ),
        (
            "by a dot import",
            "-- m.go --\npackage main\nimport . \"runtime\"\nfunc init() { MemProfileRate = 0 }\nfunc main() {}\n",
            "m.go:3:15 assignment MemProfileRate 0",
        ),
        (
            "as a value",
            "-- m.go --\npackage main\nimport \"os\"\nfunc main() {\n\tset := os.Setenv\n\tset(\"GODEBUG\", \"tls10server=1\")\n}\n",
            "m.go:4:9 os.Setenv GODEBUG ?value-not-decided",
        ),
        (
            "by a function that hands its parameters on",
            "-- m.go --\npackage main\nimport \"os\"\nfunc set(name, value string) error { return os.Setenv(name, value) }\nfunc main() {\n\tset(\"HOME\", os.Args[0])\n\tset(\"GODEBUG\", \"tls10server=1\")\n}\n",
            "m.go:3:45 os.Setenv tls10server 1",
        ),
        (
            "by one that only sets other variables",
            "-- m.go --\npackage main\nimport \"os\"\nfunc set(name, value string) { os.Setenv(name, value) }\nfunc main() { set(\"HOME\", os.Args[0]) }\n",
            "",
        ),
        (
            "by one that is handed on itself",
            "-- m.go --\npackage main\nimport \"os\"\nfunc set(name, value string) { os.Setenv(name, value) }\nfunc main() { f := set; f(\"GODEBUG\", \"x=1\") }\n",
            "m.go:3:32 os.Setenv x 1",
        ),
        (
            "by a loop over a literal",
            "-- m.go --\npackage main\nimport \"os\"\nfunc main() {\n\tfor k, v := range map[string]string{\"GODEBUG\": \"tls10server=1\", \"HOME\": \"/\"} {\n\t\tos.Setenv(k, v)\n\t}\n}\n",
            "m.go:5:3 os.Setenv tls10server 1",
        ),
        (
            "by a name that is not told",
            "-- m.go --\npackage main\nimport \"syscall\"\nfunc main() { syscall.Setenv(name(), \"tls10server=1\") }\n",
            "m.go:3:15 os.Setenv GODEBUG ?value-not-decided",
        ),
        (
            "in a dependency, for whoever asks it to, or by itself",
            "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire x.org/env v1.0.0\n-- vendor/modules.txt --\n# x.org/env v1.0.0\n## explicit\nx.org/env\n-- vendor/x.org/env/e.go --\npackage env\nimport \"os\"\nfunc Load(all [][2]string) { for _, one := range all { os.Setenv(one[0], one[1]) } }\nfunc init() { os.Setenv(\"GODEBUG\", \"tls10server=1\") }\n-- m.go --\npackage main\nimport \"x.org/env\"\nfunc main() { env.Load(nil) }\n",
            "vendor/x.org/env/e.go:4:15 os.Setenv tls10server 1",
        ),
        (
            "a setter under another name",
            "-- m.go --\npackage main\nimport _ \"unsafe\"\n\n//go:linkname set syscall.Setenv\nfunc set(k, v string) error\nfunc main() { set(\"GODEBUG\", \"tls10server=1\") }\n",
            "m.go:4:1 os.Setenv GODEBUG ?value-not-decided",
        ),
        (
            "a blank is part of a name",
            "-- m.go --\npackage main\nimport \"os\"\nfunc main() { os.Setenv(\"GODEBUG\", \"x=1, tls10server=1\") }\n",
            "m.go:3:15 os.Setenv x 1\nm.go:3:15 os.Setenv  tls10server 1",
        ),
        (
            "what a directive brings in by a release",
            "-- m.go --\n//go:debug default=go1.25\npackage main\nfunc main() {}\n",
            "m.go:1:1 go:debug default go1.25\nm.go:1:1 go:debug cryptocustomrand 1\nm.go:1:1 go:debug tlssecpmlkem 0\nm.go:1:1 go:debug urlstrictcolons 0",
        ),
    ];
    check("source.runtime_settings", fields, &cgo_off(), &table);
}

#[test]
fn seccomp_is_found_by_library_and_by_system_call() {
    let fields = &["function", "library", "call"];
    let table = [
        (
            "the call by its number",
            "-- m.go --\npackage main\nimport \"syscall\"\nconst number = 317\nfunc load() { syscall.RawSyscall(number, 1, 1, 0) }\nfunc main() { load(); syscall.RawSyscall(number, 0, 0, 0); syscall.Syscall(syscall.SYS_GETPID, 0, 0, 0) }\n",
            "m.go:4:15 load seccomp syscall.RawSyscall",
        ),
        (
            "the call by its name",
            "-- m.go --\npackage main\nimport \"golang.org/x/sys/unix\"\nfunc main() { unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, 0) }\n",
            "m.go:3:15 main seccomp unix.Syscall\ngap module-source-not-delivered m.go dependency",
        ),
        (
            "prctl",
            "-- m.go --\npackage main\nimport \"golang.org/x/sys/unix\"\nfunc main() {\n\tunix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)\n\tunix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, 0, 0, 0)\n\tunix.Prctl(22, 1, 0, 0, 0)\n\tunix.RawSyscall(157, 22, 2, 0)\n}\n",
            "m.go:5:2 main prctl unix.Prctl\nm.go:7:2 main prctl unix.RawSyscall\ngap module-source-not-delivered m.go dependency",
        ),
        (
            "libraries",
            "-- m.go --\npackage main\nimport (\n\tlib \"github.com/seccomp/libseccomp-golang\"\n\tseccomp \"github.com/elastic/go-seccomp-bpf\"\n)\nfunc main() {\n\tfilter, _ := lib.NewFilter(lib.ActErrno)\n\tfilter.Load()\n\tseccomp.LoadFilter(seccomp.Filter{})\n\tother().Load()\n}\n",
            "m.go:8:2 main github.com/seccomp/libseccomp-golang ScmpFilter.Load\nm.go:9:2 main github.com/elastic/go-seccomp-bpf go-seccomp-bpf.LoadFilter\ngap module-source-not-delivered m.go dependency\ngap module-source-not-delivered m.go dependency",
        ),
    ];
    let spec = built(None, &[], &["CGO_ENABLED=0", "GOARCH=amd64"]);
    for (name, tree, expected) in table {
        let modules = "-- go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire (\n\tgolang.org/x/sys v0.1.0\n\tgithub.com/seccomp/libseccomp-golang v0.10.0\n\tgithub.com/elastic/go-seccomp-bpf v1.5.0\n)\n";
        check("source.seccomp_loads", fields, &spec, &[(name, &format!("{modules}{tree}"), expected)]);
    }
}

#[test]
fn what_listens_under_another_name_opens_the_order() {
    let fields = &["before_listening"];
    let load = "syscall.RawSyscall(317, 1, 1, 0)";
    let table = [
        (
            "a server for tests",
            format!(
                "-- m.go --\npackage main\nimport (\n\"net/http/httptest\"\n\"syscall\"\n)\nfunc main() {{ httptest.NewServer(nil); {load} }}\n"
            ),
            "m.go:6:40 ?listening-order-not-followed",
        ),
        (
            "by reflection",
            format!(
                "-- m.go --\npackage main\nimport (\n\"reflect\"\n\"syscall\"\n)\nfunc main() {{ reflect.ValueOf(0).MethodByName(\"Listen\").Call(nil); {load} }}\n"
            ),
            "m.go:6:68 ?listening-order-not-followed",
        ),
        (
            "looked at by reflection",
            format!(
                "-- m.go --\npackage main\nimport (\n\"reflect\"\n\"syscall\"\n)\nfunc main() {{ reflect.TypeOf(0).Kind(); {load} }}\n"
            ),
            "m.go:6:41 true",
        ),
        (
            "an interface of the program's own package called seccomp",
            format!(
                "-- m.go --\npackage main\nimport (\n\"syscall\"\n\"example.com/app/seccomp\"\n)\nfunc main() {{ seccomp.P.Prepare(); {load} }}\n-- seccomp/s.go --\npackage seccomp\ntype preparer interface {{ Prepare() }}\nvar P preparer\n"
            ),
            "m.go:6:36 ?listening-order-not-followed",
        ),
        (
            "an interface in a module whose path has no dot",
            format!(
                "-- m.go --\npackage main\nimport \"syscall\"\ntype preparer interface {{ Prepare() }}\nvar p preparer\nfunc main() {{ p.Prepare(); {load} }}\n-- go.mod --\nmodule app\n\ngo 1.26\n"
            ),
            "m.go:5:28 ?listening-order-not-followed",
        ),
    ];
    for (name, tree, expected) in &table {
        check("source.seccomp_loads", fields, &built(None, &[], &["CGO_ENABLED=0"]), &[(name, tree, expected)]);
    }
}

#[test]
fn a_filter_is_told_by_its_order_beside_what_listens() {
    let fields = &["function", "before_listening"];
    let of = |body: &str| {
        format!(
            "-- m.go --\npackage main\nimport (\n\"flag\"\n\"fmt\"\n\"log/slog\"\n\"net\"\n\"net/http\"\n\"os\"\n\"syscall\"\n)\n{body}\n"
        )
    };
    let table = [
        (
            "before",
            "func main() { flag.Parse(); syscall.RawSyscall(317, 1, 1, 0); http.ListenAndServe(\"\", nil) }",
            "m.go:11:29 main true",
        ),
        (
            "behind other system calls by their numbers",
            "func main() { syscall.RawSyscall(syscall.SYS_PRCTL, 38, 1, 0); syscall.RawSyscall(317, 1, 1, 0) }",
            "m.go:11:64 main true",
        ),
        (
            "behind one that listens by its number",
            "func main() { syscall.RawSyscall(syscall.SYS_LISTEN, 3, 1, 0); syscall.RawSyscall(317, 1, 1, 0) }",
            "m.go:11:64 main ?listening-order-not-followed",
        ),
        (
            "behind one whose number is not told",
            "func main() { syscall.RawSyscall(uintptr(len(os.Args)), 3, 1, 0); syscall.RawSyscall(317, 1, 1, 0) }",
            "m.go:11:67 main ?listening-order-not-followed",
        ),
        (
            "in a method",
            "type s struct{}\nfunc (s) load() { syscall.RawSyscall(317, 1, 1, 0) }\nfunc main() { s{}.load(); http.ListenAndServe(\"\", nil) }",
            "m.go:12:19 s.load true",
        ),
        (
            "in a method that is called behind",
            "type s struct{}\nfunc (s) load() { syscall.RawSyscall(317, 1, 1, 0) }\nfunc main() { go http.ListenAndServe(\"\", nil); s{}.load() }",
            "m.go:12:19 s.load false",
        ),
        (
            "in a method of what may be another's",
            "type s struct{}\ntype i interface{ load() }\nfunc (s) load() { syscall.RawSyscall(317, 1, 1, 0) }\nfunc main() { var x i = s{}; x.load() }",
            "m.go:13:19 s.load ?listening-order-not-followed",
        ),
        (
            "behind",
            "func main() { l, _ := net.Listen(\"tcp\", \":1\"); syscall.RawSyscall(317, 1, 1, 0); http.Serve(l, nil) }",
            "m.go:11:48 main false",
        ),
        (
            "behind one that runs beside",
            "func main() { go http.ListenAndServe(\"\", nil); syscall.RawSyscall(317, 1, 1, 0) }",
            "m.go:11:48 main false",
        ),
        (
            "behind a closure that runs beside",
            "func main() { go func() { http.ListenAndServe(\"\", nil) }(); syscall.RawSyscall(317, 1, 1, 0) }",
            "m.go:11:61 main false",
        ),
        (
            "behind one that may listen",
            "func main() { if len(os.Args) > 1 { go http.ListenAndServe(\"\", nil) }; syscall.RawSyscall(317, 1, 1, 0) }",
            "m.go:11:72 main ?listening-order-not-followed",
        ),
        (
            "in a function",
            "func main() { if err := load(); err != nil { os.Exit(1) }; http.ListenAndServe(\"\", nil) }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:12:32 load true",
        ),
        (
            "in a function, behind another that listens",
            "func main() { start(); load() }\nfunc start() { s := &http.Server{}; go s.ListenAndServe() }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:13:32 load false",
        ),
        (
            "in a function that is called twice",
            "func main() { load(); go http.ListenAndServe(\"\", nil); load() }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:12:32 load ?listening-order-not-followed",
        ),
        (
            "in a function that is handed on",
            "func main() { f := load; f(); http.ListenAndServe(\"\", nil) }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:12:32 load ?listening-order-not-followed",
        ),
        (
            "in init",
            "func init() { syscall.RawSyscall(317, 1, 1, 0) }\nfunc main() { http.ListenAndServe(\"\", nil) }",
            "m.go:11:15 init true",
        ),
        (
            "beside an init that listens",
            "func init() { go http.ListenAndServe(\"\", nil) }\nfunc main() { syscall.RawSyscall(317, 1, 1, 0) }",
            "m.go:12:15 main ?listening-order-not-followed",
        ),
        (
            "beside a variable that listens",
            "var l, _ = net.Listen(\"tcp\", \":1\")\nfunc main() { syscall.RawSyscall(317, 1, 1, 0); http.Serve(l, nil) }",
            "m.go:12:15 main ?listening-order-not-followed",
        ),
        (
            "deferred",
            "func main() { defer load(); http.ListenAndServe(\"\", nil) }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:12:32 load ?listening-order-not-followed",
        ),
        (
            "beside the rest",
            "func main() { go load(); http.ListenAndServe(\"\", nil) }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:12:32 load ?listening-order-not-followed",
        ),
        (
            "on the first request",
            "func main() { http.HandleFunc(\"/\", func(http.ResponseWriter, *http.Request) { load() }); http.ListenAndServe(\"\", nil) }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:12:32 load ?listening-order-not-followed",
        ),
        (
            "in a loop",
            "func main() { for i := range 2 { if i == 1 { load() } else { go http.ListenAndServe(\"\", nil) } } }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:12:32 load ?listening-order-not-followed",
        ),
        (
            "behind a call of a value",
            "var hook func()\nfunc main() { hook(); load(); http.ListenAndServe(\"\", nil) }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:13:32 load ?listening-order-not-followed",
        ),
        (
            "behind a function that is handed to someone",
            "func start() { go http.ListenAndServe(\"\", nil) }\nfunc main() { each(start); load() }\nfunc each(f func()) { f() }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:14:32 load ?listening-order-not-followed",
        ),
        (
            "behind loggers and deferred calls",
            "func main() { log := slog.New(slog.NewTextHandler(os.Stdout, nil)); log.Info(\"x\"); defer fmt.Println(); say := func() {}; say(); load(); http.ListenAndServe(\"\", nil) }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:12:32 load true",
        ),
        (
            "behind methods",
            "type app struct{}\nfunc (a *app) prepare() { os.Getenv(\"x\") }\nfunc (a *app) listen() { net.Listen(\"tcp\", \"\") }\nfunc main() { a := &app{}; a.prepare(); load(); a.listen() }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:15:32 load true",
        ),
        (
            "behind a method that listens",
            "type app struct{}\nfunc (a *app) listen() { net.Listen(\"tcp\", \"\") }\nfunc main() { a := &app{}; a.listen(); load() }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "m.go:14:32 load false",
        ),
        (
            "called by nobody",
            "func main() { http.ListenAndServe(\"\", nil) }\nfunc load() error { _, _, e := syscall.RawSyscall(317, 1, 1, 0); return e }",
            "",
        ),
    ];
    let spec = built(None, &[], &["CGO_ENABLED=0", "GOARCH=amd64"]);
    for (name, body, expected) in table {
        check("source.seccomp_loads", fields, &spec, &[(name, &of(body), expected)]);
    }
}

#[test]
fn what_speaks_to_other_checkers_is_listed_with_tool_and_rules() {
    let fields = &["tool", "rules"];
    let table = [
        ("golangci-lint", "x() //nolint:errcheck,gosec // why", "m.go:3:5 golangci-lint [errcheck,gosec]"),
        ("bare", "x() //nolint", "m.go:3:5 golangci-lint []"),
        ("with a blank", "x() // nolint: gosec", "m.go:3:5 golangci-lint [gosec]"),
        ("gosec", "x() // #nosec G402 G101 -- agreed", "m.go:3:5 gosec [G402,G101]"),
        ("gosec without a rule", "x() /* #nosec */", "m.go:3:5 gosec []"),
        ("staticcheck", "//lint:ignore SA1019,ST1005 because", "m.go:3:1 staticcheck [SA1019,ST1005]"),
        ("semgrep", "x() // nosemgrep: go.lang.security", "m.go:3:5 semgrep [go.lang.security]"),
        ("sonarqube", "x() // odd, but agreed NOSONAR", "m.go:3:5 sonarqube []"),
        ("revive", "//revive:disable:exported", "m.go:3:1 revive [exported]"),
        ("two at once", "x() //nolint:gosec // #nosec G404", "m.go:3:5 golangci-lint [gosec]\nm.go:3:5 gosec [G404]"),
        ("codeql", "x() // codeql[go/path-injection]", "m.go:3:5 codeql [go/path-injection]"),
        ("in a string", "_ = \"//nolint\"", ""),
        ("a word of a sentence", "// The linter is nolint-like and lint:ignored here.", ""),
        ("a longer word", "// nolinting", ""),
    ];
    for (name, line, expected) in table {
        let tree = format!("-- m.go --\npackage main\nfunc main() {{\n{line}\n}}\n");
        check("inventory.suppressions", fields, &cgo_off(), &[(name, &tree, expected)]);
    }
    // Wherever it stands among the declarations, and whether a build takes the file or not.
    let around = "//nolint:a\npackage main //nolint:b\n\nimport \"fmt\" //nolint:c\n\n/* #nosec G101 */ var x = `//nolint:no` //nolint:d\nvar y = `\n//nolint:no\n`\n\nfunc main() {\n\tfmt.Println(x, \"/*\", y) //nolint:e\n}\n//nolint:f";
    let expected = "m.go:1:1 golangci-lint [a]\nm.go:2:14 golangci-lint [b]\nm.go:4:14 golangci-lint [c]\nm.go:6:1 gosec [G101]\nm.go:6:41 golangci-lint [d]\nm.go:12:26 golangci-lint [e]\nm.go:14:1 golangci-lint [f]";
    check("inventory.suppressions", fields, &cgo_off(), &[("around", &format!("-- m.go --\n{around}\n"), expected)]);
    let ignored = format!("-- m.go --\npackage main\n-- m_plan9.go --\n{around}\n");
    check(
        "inventory.suppressions",
        fields,
        &cgo_off(),
        &[("ignored", &ignored, &expected.replace("m.go", "m_plan9.go"))],
    );
    let files = "-- m.go --\npackage main\n-- m_test.go --\npackage main\nvar x = 1 //nolint\n-- osv-scanner.toml --\n[[PackageOverrides]]\n-- sub/.golangci.yml --\nrun:\n";
    let expected =
        "m_test.go:2:11 golangci-lint []\nosv-scanner.toml osv-scanner []\nsub/.golangci.yml golangci-lint []";
    check("inventory.suppressions", fields, &cgo_off(), &[("files and tests", files, expected)]);
}
