//! `source.log_calls` as tables: loggers of widely used modules, and what the program sets of them.

use super::table::{cgo_off, check, collect, shown};

/// The facts of a main function without the gaps of modules that are not delivered.
fn found(imports: &[&str], body: &str) -> String {
    let imports: String = imports.iter().map(|path| format!("import {path}\n")).collect();
    let tree = format!("-- m.go --\npackage main\n{imports}func main() {{\n{body}\n}}\n");
    let mut sheet = collect("source.log_calls", &tree, &cgo_off());
    sheet.gaps.clear();
    shown(&sheet, &["call", "stream", "bridged"])
}

#[test]
fn loggers_of_modules_are_told_by_what_they_write() {
    const LOGRUS: &str = "\"github.com/sirupsen/logrus\"";
    const KLOG: &str = "\"k8s.io/klog/v2\"";
    const OS: &str = "\"os\"";
    let table: &[(&str, &[&str], &str, &str)] = &[
        (
            "logrus with its own form of text",
            &[LOGRUS],
            "logrus.SetFormatter(&logrus.TextFormatter{})\nlogrus.Info(1)",
            "m.go:5:1 logrus.Info stderr false",
        ),
        (
            "logrus by a field",
            &[LOGRUS],
            "logrus.StandardLogger().Formatter = new(logrus.JSONFormatter)\nlogrus.Info(1)",
            "",
        ),
        (
            "a logger and entries of logrus",
            &[LOGRUS],
            "l := logrus.New()\nl.Info(1)\nl.WithField(\"a\", 1).Warn(2)\nlogrus.WithError(nil).Error(3)",
            "m.go:5:1 logrus.Logger.Info stderr false\nm.go:6:1 logrus.Logger.Warn stderr false\nm.go:7:1 logrus.Logger.Error stderr false",
        ),
        (
            "klog",
            &[KLOG],
            "klog.Info(1)\nklog.InfoS(\"a\")\nklog.V(2)",
            "m.go:4:1 klog.Info stderr false\nm.go:5:1 klog.InfoS stderr false",
        ),
        ("klog that writes records", &[KLOG], "klog.SetLogger(l)\nklog.Info(1)", ""),
        (
            "glog",
            &["\"github.com/golang/glog\""],
            "glog.Info(1)\nglog.Errorf(\"\")",
            "m.go:4:1 glog.Info ?value-not-decided false\nm.go:5:1 glog.Errorf stderr false",
        ),
        (
            "zap for developers, and by its configuration",
            &["\"go.uber.org/zap\""],
            "zap.NewDevelopment()\n_ = zap.Config{Encoding: \"console\"}\n_ = zap.Config{Encoding: \"json\"}\nzap.NewProduction()",
            "m.go:4:1 zap.NewDevelopment stderr false\nm.go:5:5 zap.Config stderr false",
        ),
        (
            "zap by a field of its configuration",
            &["\"go.uber.org/zap\""],
            "c := zap.NewProductionConfig()\nc.Encoding = \"console\"\nd := zap.NewProductionConfig()\nd.Encoding = \"json\"\nvar e other\ne.Encoding = \"console\"\n}\ntype other struct{ Encoding string }\nfunc f() {",
            "m.go:5:1 zap.Config.Encoding stderr false",
        ),
        (
            "logrus whose own logger alone writes records",
            &[LOGRUS],
            "l := logrus.New()\nl.SetFormatter(&logrus.JSONFormatter{})\nl.Info(1)\nlogrus.Info(2)",
            "m.go:7:1 logrus.Info stderr false",
        ),
        (
            "routers' own lines",
            &["\"github.com/gin-gonic/gin\"", "\"github.com/go-chi/chi/v5/middleware\"", OS],
            "gin.Default()\nr := gin.New()\nr.Use(gin.Recovery())\ns.Use(middleware.Logger, middleware.Recoverer)\ngin.LoggerWithWriter(os.Stderr)",
            "m.go:6:1 gin.Default stdout false\nm.go:9:7 middleware.Logger stdout false\nm.go:10:1 gin.LoggerWithWriter stderr false",
        ),
        (
            "a router whose lines go elsewhere",
            &["\"github.com/gin-gonic/gin\"", "\"io\""],
            "gin.DefaultWriter = io.Discard\ngin.Default()",
            "",
        ),
        (
            "zerolog",
            &["\"github.com/rs/zerolog\"", OS],
            "zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr})\nzerolog.New(os.Stdout)",
            "m.go:5:13 zerolog.ConsoleWriter stderr false",
        ),
        (
            "go-kit",
            &["\"github.com/go-kit/log\"", OS],
            "log.NewLogfmtLogger(log.NewSyncWriter(os.Stderr))\nlog.NewJSONLogger(os.Stderr)",
            "m.go:5:1 log.NewLogfmtLogger stderr false",
        ),
        (
            "hclog",
            &["\"github.com/hashicorp/go-hclog\""],
            "hclog.New(&hclog.LoggerOptions{Name: \"x\"})\nhclog.New(&hclog.LoggerOptions{JSONFormat: true})",
            "m.go:4:1 go-hclog.New stderr false",
        ),
        (
            "charm",
            &["\"github.com/charmbracelet/log\"", OS],
            "log.Info(1)\nlog.New(os.Stderr)",
            "m.go:5:1 log.Info stderr false\nm.go:6:1 log.New stderr false",
        ),
        (
            "charm that writes records",
            &["\"github.com/charmbracelet/log\"", OS],
            "log.NewWithOptions(os.Stderr, log.Options{Formatter: log.JSONFormatter})\nlog.SetFormatter(log.JSONFormatter)\nlog.Info(1)",
            "",
        ),
        ("apex", &["\"github.com/apex/log\""], "log.Info(\"\")", "m.go:4:1 log.Info stderr false"),
        (
            "apex with a handler",
            &["\"github.com/apex/log\"", "\"github.com/apex/log/handlers/text\"", OS],
            "log.SetHandler(text.New(os.Stdout))\nlog.Info(\"\")",
            "m.go:6:16 text.New stdout false",
        ),
        (
            "handlers for slog",
            &["\"github.com/lmittmann/tint\"", "\"log/slog\"", OS],
            "slog.New(tint.NewHandler(os.Stderr, nil))\nslog.New(slog.NewTextHandler(os.Stdout, nil))",
            "m.go:6:10 tint.NewHandler stderr false\nm.go:7:10 slog.NewTextHandler stdout false",
        ),
        (
            "pairs to a writer that the caller chooses, to a file and to a buffer",
            &["\"log/slog\"", OS, "\"io\"", "\"bytes\""],
            "pairs(os.Stderr)\nvar b bytes.Buffer\nslog.NewTextHandler(&b, nil)\nf, _ := os.Create(\"x\")\nslog.NewTextHandler(f, nil)\nslog.NewTextHandler(io.Discard, nil)\n}\nfunc pairs(w io.Writer) { slog.NewTextHandler(w, nil)",
            "m.go:14:27 slog.NewTextHandler stderr false",
        ),
    ];
    for (name, imports, body, expected) in table {
        assert_eq!(found(imports, body), *expected, "{name}");
    }
}

#[test]
fn the_standard_logger_is_told_by_where_it_is_sent() {
    let table: &[(&str, &[&str], &str, &str)] = &[
        (
            "from one stream to the other",
            &["\"log\"", "\"os\""],
            "log.SetOutput(os.Stdout)\nlog.Print(1)",
            "m.go:6:1 log.Print stderr|stdout false",
        ),
        (
            "to where it goes anyway",
            &["\"log\"", "\"os\""],
            "log.SetOutput(os.Stderr)\nlog.Print(1)",
            "m.go:6:1 log.Print stderr false",
        ),
        (
            "bridged and sent elsewhere",
            &["\"log\"", "\"os\"", "\"log/slog\""],
            "slog.SetDefault(l)\nlog.SetOutput(os.Stderr)\nlog.Print(1)",
            "m.go:8:1 log.Print ?standard-logger-redirected ?standard-logger-redirected",
        ),
        (
            "handed to a logger of zap",
            &["\"log\"", "\"go.uber.org/zap\""],
            "zap.RedirectStdLog(l)\nlog.Print(1)",
            "m.go:6:1 log.Print stderr true",
        ),
        (
            "bridged in a function that nobody calls",
            &["\"log\"", "\"log/slog\""],
            "log.Print(1)\n}\nfunc bridge() {\nslog.SetDefault(l)",
            "m.go:5:1 log.Print stderr false",
        ),
        (
            "bridged on some way only",
            &["\"log\"", "\"log/slog\""],
            "if x { slog.SetDefault(l) }\nlog.Print(1)",
            "m.go:6:1 log.Print stderr false|true",
        ),
        (
            "bridged on either way",
            &["\"log\"", "\"log/slog\""],
            "if x { slog.SetDefault(l) } else { slog.SetDefault(m) }\nlog.Print(1)",
            "m.go:6:1 log.Print stderr true",
        ),
        (
            "a logger to several writers, and one to a file",
            &["\"log\"", "\"os\"", "\"io\""],
            "f, _ := os.Create(\"x\")\nl := log.New(io.MultiWriter(f, os.Stdout), \"\", 0)\nl.Print(1)\nm := log.New(f, \"\", 0)\nm.Print(1)",
            "m.go:8:1 log.Logger.Print stdout false\nm.go:10:1 log.Logger.Print other false",
        ),
        (
            "a logger of the package",
            &["\"log\"", "\"os\""],
            "l.Print(1)\n}\nvar l = log.New(os.Stdout, \"\", 0)\nfunc f() {",
            "m.go:5:1 log.Logger.Print stdout false",
        ),
        (
            "a logger of the package that is exchanged",
            &["\"log\"", "\"os\""],
            "l.Print(1)\n}\nvar l = log.New(os.Stdout, \"\", 0)\nfunc f() { l = log.New(x, \"\", 0)",
            "m.go:5:1 log.Logger.Print ?value-not-decided false",
        ),
    ];
    for (name, imports, body, expected) in table {
        assert_eq!(found(imports, body), *expected, "{name}");
    }
}

#[test]
fn standard_streams_are_followed_into_parameters_and_fields() {
    let imports = "import (\n\"bytes\"\n\"fmt\"\n\"io\"\n\"log\"\n\"log/slog\"\n\"os\"\n)\n";
    for (name, body, expected) in [
        (
            "a parameter",
            "func main() { run(os.Stdout) }\nfunc run(w io.Writer) { fmt.Fprintln(w) }",
            "fmt.Fprintln stdout",
        ),
        (
            "of a method",
            "type a struct{}\nfunc main() { a{}.run(os.Stderr) }\nfunc (a) run(w io.Writer) { w.Write(nil) }",
            "os.File.Write stderr",
        ),
        (
            "handed on",
            "func main() { run(os.Stdout) }\nfunc run(w io.Writer) { more(w) }\nfunc more(w io.Writer) { io.WriteString(w, \"\") }",
            "io.WriteString stdout",
        ),
        (
            "one of several",
            "func main() { run(os.Stdout); run(new(bytes.Buffer)) }\nfunc run(w io.Writer) { fmt.Fprintln(w) }",
            "fmt.Fprintln stdout",
        ),
        (
            "around it",
            "func main() { run(io.MultiWriter(os.Stdout, x)) }\nfunc run(w io.Writer) { fmt.Fprintln(w) }",
            "fmt.Fprintln stdout",
        ),
        (
            "a field",
            "type a struct{ w io.Writer }\nfunc main() { (a{w: os.Stdout}).run() }\nfunc (a a) run() { fmt.Fprintln(a.w) }",
            "fmt.Fprintln stdout",
        ),
        (
            "set later",
            "type a struct{ w io.Writer }\nfunc main() { var x a; x.w = os.Stdout; x.run() }\nfunc (a a) run() { fmt.Fprintln(a.w) }",
            "fmt.Fprintln stdout",
        ),
        (
            "by a maker",
            "type a struct{ w io.Writer }\nfunc main() { make(os.Stderr).run() }\nfunc make(w io.Writer) *a { return &a{w: w} }\nfunc (a *a) run() { fmt.Fprintln(a.w) }",
            "fmt.Fprintln stderr",
        ),
        (
            "a handler of it",
            "type o struct{ w io.Writer }\nfunc main() { make(o{w: os.Stdout}) }\nfunc make(o o) { slog.New(slog.NewTextHandler(o.w, nil)) }",
            "slog.NewTextHandler stdout",
        ),
        (
            "a logger that a function makes",
            "func main() { make(os.Stderr).Print() }\nfunc make(w io.Writer) *log.Logger { return log.New(w, \"\", 0) }",
            "log.Logger.Print stderr",
        ),
        (
            "a logger in a field",
            "type a struct{ l *log.Logger }\nfunc main() { (&a{l: log.New(os.Stderr, \"\", 0)}).run() }\nfunc (a *a) run() { a.l.Print() }",
            "log.Logger.Print stderr",
        ),
        (
            "a conversion",
            "func main() { run(io.Writer(os.Stdout)) }\nfunc run(w io.Writer) { fmt.Fprintln(w) }",
            "fmt.Fprintln stdout",
        ),
        (
            "one of several arguments",
            "func main() { run(nil, os.Stdout) }\nfunc run(all ...io.Writer) { for _, w := range all { fmt.Fprintln(w) } }",
            "fmt.Fprintln other|stdout",
        ),
        (
            "a function in a variable",
            "func main() { run := func(w io.Writer) { fmt.Fprintln(w) }; run(os.Stdout) }",
            "fmt.Fprintln stdout",
        ),
        (
            "a variable that is set anew",
            "func main() { var w io.Writer = io.Discard; w = os.Stderr; fmt.Fprintln(w) }",
            "fmt.Fprintln stderr",
        ),
        (
            "a variable that is set to another",
            "func main() { var w io.Writer = os.Stderr; w = io.Discard; fmt.Fprintln(w) }",
            "",
        ),
        (
            "a writer of the program's own around it",
            "type t struct{ w io.Writer }\nfunc (t t) Write(p []byte) (int, error) { return t.w.Write(p) }\nfunc main() { fmt.Fprintln(t{os.Stdout}); slog.New(slog.NewJSONHandler(t{os.Stdout}, nil)) }",
            "fmt.Fprintln stdout",
        ),
        (
            "a writer of the program's own around it, that adds to it",
            "type t struct{ w io.Writer }\nfunc (t t) Write(p []byte) (int, error) { return t.w.Write([]byte(\"a\")) }\nfunc main() { slog.New(slog.NewJSONHandler(t{os.Stdout}, nil)) }",
            "os.File.Write stdout",
        ),
        (
            "by another name",
            "func main() { f, _ := os.OpenFile(\"/dev/stderr\", 1, 0); fmt.Fprintln(f) }",
            "fmt.Fprintln stderr",
        ),
        ("log's writer", "func main() { fmt.Fprintln(log.Writer()) }", "fmt.Fprintln stderr|stdout|other"),
        (
            "a logger that is told to write there",
            "func main() { l := log.New(io.Discard, \"\", 0); l.SetOutput(os.Stderr); l.Print() }",
            "log.Logger.Print other|stderr",
        ),
        (
            "slog's first default in a parameter",
            "func main() { run(slog.Default()) }\nfunc run(l *slog.Logger) { l.Info(\"\") }",
            "slog.Logger.Info stderr",
        ),
        (
            "slog's first default, with log sent elsewhere",
            "func main() { log.SetOutput(os.Stdout); slog.Info(\"\") }",
            "slog.Info stderr|stdout",
        ),
        (
            "bridged in a function that is thrown away",
            "func bridge() { slog.SetDefault(nil) }\nfunc main() { _ = bridge; slog.Info(\"\") }",
            "slog.Info stderr",
        ),
        ("another writer", "func main() { run(new(bytes.Buffer)) }\nfunc run(w io.Writer) { fmt.Fprintln(w) }", ""),
        ("by nobody", "func main() {}\nfunc other() { run(os.Stdout) }\nfunc run(w io.Writer) { fmt.Fprintln(w) }", ""),
    ] {
        let tree = format!("-- m.go --\npackage main\n{imports}{body}\n");
        let found = shown(&collect("source.log_calls", &tree, &cgo_off()), &["call", "stream"]);
        let told = found.split_once(' ').map_or("", |(_, told)| told);
        assert_eq!(told, expected, "{name}");
        check("source.log_calls", &["call", "stream"], &cgo_off(), &[(name, &tree, &found)]);
    }
}
