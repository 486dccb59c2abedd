//! Loggers of widely used modules (their own documentation): what of theirs writes lines that are no records of JSON, and what makes them write such.

use crate::meaning::Symbol;
use std::collections::BTreeMap;

pub(super) const LOGRUS: &str = "github.com/sirupsen/logrus";
pub(super) const ZEROLOG: &str = "github.com/rs/zerolog";
pub(super) const ZAP: &str = "go.uber.org/zap";
pub(super) const HCLOG: &str = "github.com/hashicorp/go-hclog";
const KLOG: &str = "k8s.io/klog";
const KLOG2: &str = "k8s.io/klog/v2";
const GLOG: &str = "github.com/golang/glog";
const CHARM: &str = "github.com/charmbracelet/log";
const APEX: &str = "github.com/apex/log";
pub(super) const GIN: &str = "github.com/gin-gonic/gin";
const LOG15: &str = "github.com/inconshreveable/log15";

/// Where lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    Stdout,
    Stderr,
    /// To what an argument is.
    Argument(usize),
    /// To what a field of the literal, or of a literal among the arguments, is; else to this.
    Field(&'static str, Otherwise),
    /// It depends on a flag, or on what is set elsewhere.
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Otherwise {
    Stderr,
    Open,
}

/// What makes a logger, a handler or an encoder of plain lines: functions, and types by their literals.
const MAKERS: &[(&str, &str, To)] = &[
    ("log/slog", "NewTextHandler", To::Argument(0)),
    ("github.com/lmittmann/tint", "NewHandler", To::Argument(0)),
    ("github.com/go-kit/log", "NewLogfmtLogger", To::Argument(0)),
    ("github.com/go-kit/kit/log", "NewLogfmtLogger", To::Argument(0)),
    (ZAP, "NewDevelopment", To::Stderr),
    (ZAP, "NewDevelopmentConfig", To::Stderr),
    ("go.uber.org/zap/zapcore", "NewConsoleEncoder", To::Open),
    (ZEROLOG, "ConsoleWriter", To::Field("Out", Otherwise::Open)),
    (ZEROLOG, "NewConsoleWriter", To::Stdout),
    ("github.com/phuslu/log", "ConsoleWriter", To::Field("Writer", Otherwise::Stderr)),
    ("github.com/apex/log/handlers/text", "New", To::Argument(0)),
    ("github.com/apex/log/handlers/cli", "New", To::Argument(0)),
    ("github.com/apex/log/handlers/logfmt", "New", To::Argument(0)),
    (HCLOG, "New", To::Field("Output", Otherwise::Stderr)),
    (HCLOG, "Default", To::Stderr),
    (HCLOG, "L", To::Stderr),
    (CHARM, "New", To::Argument(0)),
    (CHARM, "NewWithOptions", To::Argument(0)),
    ("github.com/op/go-logging", "NewLogBackend", To::Argument(0)),
    ("github.com/golang-cz/devslog", "NewHandler", To::Argument(0)),
    ("github.com/go-logr/stdr", "New", To::Stderr),
    (GIN, "Default", To::Stdout),
    (GIN, "Logger", To::Stdout),
    (GIN, "LoggerWithWriter", To::Argument(0)),
    ("github.com/go-chi/chi/middleware", "Logger", To::Stdout),
    ("github.com/go-chi/chi/v5/middleware", "Logger", To::Stdout),
    ("github.com/gorilla/handlers", "LoggingHandler", To::Argument(0)),
    ("github.com/gorilla/handlers", "CombinedLoggingHandler", To::Argument(0)),
    ("github.com/gofiber/fiber/v2/middleware/logger", "New", To::Stdout),
    ("github.com/davecgh/go-spew/spew", "Dump", To::Stdout),
];

/// Modules whose functions by levels write plain lines, unless the program sets something else.
const BY_LEVEL: &[(&str, To)] = &[
    (LOGRUS, To::Stderr),
    (KLOG, To::Stderr),
    (KLOG2, To::Stderr),
    (GLOG, To::Open),
    (CHARM, To::Stderr),
    (APEX, To::Stderr),
    (LOG15, To::Stdout),
];

/// What sets something else, by module.
const SETUPS: &[(&str, &str)] = &[
    (LOGRUS, "SetFormatter"),
    (LOGRUS, "JSONFormatter"),
    (KLOG2, "SetLogger"),
    (KLOG2, "SetLoggerWithOptions"),
    (KLOG2, "SetSlogLogger"),
    (CHARM, "JSONFormatter"),
    (APEX, "SetHandler"),
    (LOGRUS, "StandardLogger"),
    (GIN, "DefaultWriter"),
];

/// Packages whose loggers are made, each with the words of which a declaration that makes one holds one.
pub(super) fn makers() -> BTreeMap<&'static str, Vec<&'static str>> {
    // `c.Encoding = "console"`.
    let mut all = BTreeMap::from([(ZAP, vec!["Encoding"])]);
    for (path, name, _) in MAKERS {
        all.entry(*path).or_default().push(*name);
    }
    all
}

/// Paths of modules whose functions write by levels.
pub(super) fn levels() -> impl Iterator<Item = &'static str> {
    BY_LEVEL.iter().map(|row| row.0)
}

/// Where the lines go of what a name makes.
pub(super) fn maker(symbol: &Symbol) -> Option<To> {
    MAKERS.iter().find(|(path, name, _)| symbol.is(path, name)).map(|row| row.2)
}

/// Where a function by a level writes.
pub(super) fn by_level(symbol: &Symbol) -> Option<To> {
    let row = BY_LEVEL.iter().find(|(path, _)| *symbol.path == **path)?;
    let name = &*symbol.name;
    let levels = ["Trace", "Debug", "Info", "Warn", "Error", "Fatal", "Panic", "Print", "Log", "Exit", "Crit"];
    let is_level = levels.iter().any(|level| name.starts_with(level));
    // Types, constants, and what only makes another logger.
    let others = ["Level", "Logger", "Writer", "Formatter", "Option", "Hook", "Depth"];
    let is_other = others.iter().any(|end| name.ends_with(end)) && !name.ends_with("InfoDepth");
    match (&*symbol.path, is_level && !is_other) {
        (_, false) => None,
        // Errors go to the standard stream too, whatever the flags say (glog, `stderrthreshold`).
        (GLOG, true) if ["Error", "Fatal", "Exit"].iter().any(|level| name.starts_with(level)) => Some(To::Stderr),
        (_, true) => Some(row.1),
    }
}

/// Whether a name sets what a module's functions write, and of which.
pub(super) fn sets(symbol: &Symbol) -> Option<&'static str> {
    let row = SETUPS.iter().find(|(path, name)| symbol.is(path, name))?;
    Some(row.0)
}
