//! `source.log_calls` as tables: what is told of loggers that are set up, made of others and handed on.

use super::table::{cgo_off, collect, shown};

fn found(imports: &str, body: &str) -> String {
    let imports: String = imports.split(' ').map(|path| format!("import \"{path}\"\n")).collect();
    let mut sheet = collect("source.log_calls", &format!("-- m.go --\npackage main\n{imports}{body}\n"), &cgo_off());
    sheet.gaps.clear();
    let lines = shown(&sheet, &["call", "stream", "bridged"]);
    let told = lines.lines().map(|line| line.split_once(' ').map_or("", |(_, told)| told));
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn loggers_are_told_by_what_is_done_with_them() {
    const LOGRUS: &str = "github.com/sirupsen/logrus";
    let logrus = |more: &str| format!("{LOGRUS}{more}");
    for (name, imports, body, expected) in [
        (
            "children of slog's first default",
            "log/slog".to_string(),
            "func main() { l := slog.Default().With(1).WithGroup(\"\"); l.Info(\"\"); slog.Default().With(1).Warn(\"\") }",
            "slog.Logger.Info stderr false\nslog.Logger.Warn stderr false",
        ),
        (
            "slog's first default in a struct of the program's own",
            "log/slog".to_string(),
            "type t struct{ *slog.Logger }\nfunc main() { x := t{slog.Default()}; x.Info(\"\") }",
            "slog.Logger.Info stderr false",
        ),
        (
            "before it is bridged, in a function that is called before, and behind",
            "log log/slog".to_string(),
            "func main() { log.Print(); early(); slog.SetDefault(l); log.Print(); late() }\nfunc early() { log.Print() }\nfunc late() { log.Print() }",
            "log.Print stderr false\nlog.Print stderr true\nlog.Print stderr false|true\nlog.Print stderr true",
        ),
        (
            "bridged by a function that is called on some way, or behind",
            "log log/slog".to_string(),
            "func main() { slog.Info(\"\"); if x { bridge() } }\nfunc bridge() { slog.SetDefault(l) }",
            "slog.Info stderr false",
        ),
        (
            "bridged by a function that is called on some way",
            "log log/slog".to_string(),
            "func main() { if x { bridge() }; slog.Info(\"\") }\nfunc bridge() { slog.SetDefault(l) }",
            "slog.Info stderr false|true",
        ),
        (
            "bridged in each case",
            "log log/slog".to_string(),
            "func main() { switch x { case 1: slog.SetDefault(l); default: slog.SetDefault(m) }; log.Print() }",
            "log.Print stderr true",
        ),
        (
            "loggers behind types of others",
            format!("example.org/kit log/slog {LOGRUS}"),
            "func main() { var l kit.Logger = logrus.New(); l.Info(\"\"); run(slog.Default()) }\nfunc run(l kit.Logger) { l.Info(\"\") }",
            "logrus.New stderr false\nslog.Default stderr false",
        ),
        (
            "before zap has the standard logger, behind that, and on some way",
            "log log/slog go.uber.org/zap".to_string(),
            "func main() { log.Print(); slog.Warn(\"\"); zap.RedirectStdLog(l); log.Print(); slog.Warn(\"\") }",
            "log.Print stderr false\nslog.Warn stderr false\nlog.Print stderr true\nslog.Warn stderr true",
        ),
        (
            "zap has the standard logger on some way",
            "log go.uber.org/zap".to_string(),
            "func main() { if x { zap.RedirectStdLog(l) }; log.Print() }",
            "log.Print stderr false|true",
        ),
        (
            "a logger behind an interface, and one that a server gets",
            "log net/http os".to_string(),
            "type i interface{ Print(...any) }\nfunc main() { run(log.New(os.Stdout, \"\", 0)); _ = http.Server{ErrorLog: log.Default()} }\nfunc run(l i) { l.Print() }",
            "log.New stdout false\nlog.Default stderr false",
        ),
        (
            "a logger that stays one, and one behind an interface that writes elsewhere",
            "log io os".to_string(),
            "type i interface{ Print(...any) }\ntype t struct{ l *log.Logger }\nfunc main() { l := log.New(os.Stderr, \"\", 0); run(l); _ = t{l}; var _ i = log.New(io.Discard, \"\", 0) }\nfunc run(l *log.Logger) { l.Print() }",
            "log.Logger.Print stderr false",
        ),
        (
            "a logger's method as a value",
            "log os".to_string(),
            "func main() { run(log.New(os.Stdout, \"\", 0).Printf) }\nfunc run(f func(string, ...any)) { f(\"\") }",
            "log.Logger.Printf stdout false",
        ),
        (
            "log's standard logger, sent elsewhere by whoever gets it",
            "log os".to_string(),
            "func main() { set(log.Default()); log.Print() }\nfunc set(l *log.Logger) { l.SetOutput(os.Stdout) }",
            "log.Print ?standard-logger-redirected ?standard-logger-redirected",
        ),
        (
            "a logger of the package that is sent elsewhere",
            "log os io".to_string(),
            "var l = log.New(io.Discard, \"\", 0)\nfunc init() { l.SetOutput(os.Stdout) }\nfunc main() { l.Print() }",
            "log.Logger.Print other|stdout false",
        ),
        (
            "logrus' own logger beside one that writes records",
            logrus(""),
            "func main() { logrus.SetFormatter(&logrus.JSONFormatter{}); logrus.New().Info(1); logrus.Info(1) }",
            "logrus.Logger.Info stderr false",
        ),
        (
            "loggers of logrus that write records, and one that may",
            logrus(""),
            "var l = logrus.New()\nfunc init() { l.Formatter = &logrus.JSONFormatter{} }\nfunc main() { l.WithField(1).Info(1); m := logrus.New(); m.Info(2) }",
            "logrus.Logger.Info stderr false|true",
        ),
        (
            "logrus sent elsewhere, and a logger of it",
            logrus(" os io"),
            "func main() { logrus.SetOutput(os.Stdout); logrus.Info(1); l := logrus.New(); l.Out = io.Discard; l.Info(1) }",
            "logrus.Info stderr|stdout false\nlogrus.Logger.Info stderr|other false",
        ),
        (
            "a literal of logrus",
            logrus(" os"),
            "func main() { l := &logrus.Logger{Out: os.Stdout, Formatter: new(logrus.TextFormatter)}; l.Info(1); m := &logrus.Logger{Out: os.Stdout, Formatter: &logrus.JSONFormatter{}}; m.Info(1) }",
            "logrus.Logger.Info stdout false",
        ),
        (
            "logrus on some way only",
            logrus(""),
            "func main() { if x { logrus.SetFormatter(&logrus.JSONFormatter{}) }; logrus.Info(1) }",
            "logrus.Info stderr false|true",
        ),
        (
            "a program that is started, and what is read on the way",
            "os/exec os io".to_string(),
            "func main() { c := exec.Command(\"\"); c.Stdout = os.Stdout; _ = exec.Cmd{Stderr: os.Stderr}; io.TeeReader(x, os.Stderr); io.Copy(os.Stdout, x) }",
            "exec.Cmd stdout|other false\nexec.Cmd stderr|other false\nio.TeeReader stderr false\nio.Copy stdout false",
        ),
        (
            "zap's paths",
            "go.uber.org/zap".to_string(),
            "func main() { c := zap.NewProductionConfig(); c.OutputPaths = []string{\"stdout\"}; c.Encoding = \"console\"; _ = zap.Config{Encoding: \"console\", OutputPaths: []string{\"x.log\"}} }",
            "zap.Config.Encoding stdout false\nzap.Config other false",
        ),
        (
            "both streams at once, and one of them by either of two ways",
            "fmt io os".to_string(),
            "func main() { fmt.Fprint(io.MultiWriter(os.Stdout, os.Stderr)); run(os.Stdout); run(os.Stderr) }\nfunc run(w io.Writer) { fmt.Fprint(w) }",
            "fmt.Fprint stdout|stderr false\nfmt.Fprint stdout|stderr false",
        ),
        (
            "a variable of the package that is set to one",
            "fmt io os".to_string(),
            "var w io.Writer = io.Discard\nvar v io.Writer\nfunc init() { w = os.Stdout; v = os.Stderr }\nfunc main() { w.Write(nil); fmt.Fprint(v) }",
            "os.File.Write stdout|other false\nfmt.Fprint stderr false",
        ),
    ] {
        assert_eq!(found(&imports, body), expected, "{name}");
    }
}
