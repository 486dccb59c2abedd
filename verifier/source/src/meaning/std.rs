//! Names of the standard library and of widely used modules whose values and types the facts ask for (Go 1.26 `go doc`; the modules' own documentation).

use super::names::Symbol;
use super::types::Type;
use super::value::Const;

const LOGRUS: &str = "github.com/sirupsen/logrus";

/// A constant, or a variable that stands for one.
pub(crate) fn constant(symbol: &Symbol) -> Option<Const> {
    let int = |n: i128| Some(Const::Int(n));
    let name = &*symbol.name;
    match (&*symbol.path, name) {
        ("", "true") => Some(Const::Bool(true)),
        ("", "false") => Some(Const::Bool(false)),
        ("", "nil") => Some(Const::Nil),
        ("crypto/tls", "VersionSSL30") => int(0x0300),
        ("crypto/tls", "VersionTLS10") => int(0x0301),
        ("crypto/tls", "VersionTLS11") => int(0x0302),
        ("crypto/tls", "VersionTLS12") => int(0x0303),
        ("crypto/tls", "VersionTLS13") => int(0x0304),
        ("math", "MaxUint16") => int(0xffff),
        ("math", "MaxInt32") => int(i32::MAX.into()),
        ("math", "MaxInt64") => int(i64::MAX.into()),
        ("net/http", _) if name.starts_with("Method") => Some(Const::Text(name["Method".len()..].to_ascii_uppercase())),
        ("time", "Nanosecond") => int(1),
        ("time", "Microsecond") => int(1_000),
        ("time", "Millisecond") => int(1_000_000),
        ("time", "Second") => int(1_000_000_000),
        ("time", "Minute") => int(60_000_000_000),
        ("time", "Hour") => int(3_600_000_000_000),
        ("syscall" | "golang.org/x/sys/unix", _) if is_number_name(name) => Some(Const::Symbol(symbol.clone())),
        ("os", "Interrupt" | "Kill" | "Stdout" | "Stderr" | "Stdin") => Some(Const::Symbol(symbol.clone())),
        ("io", "Discard") => Some(Const::Symbol(symbol.clone())),
        _ => None,
    }
}

fn is_number_name(name: &str) -> bool {
    ["SIG", "SYS_", "PR_", "SECCOMP_"].iter().any(|start| name.starts_with(start))
}

/// The names that a package may have whose source is not at hand, by its path: the likeliest first.
pub(crate) fn likely_names(path: &str) -> Vec<Box<str>> {
    let version = |part: &str| part.strip_prefix('v').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| version(last)) {
        parts.pop();
    }
    let last = parts.last().copied().unwrap_or(path);
    let last = last.rsplit_once('.').filter(|(_, v)| version(v)).map_or(last, |(name, _)| name);
    let mut names: Vec<Box<str>> = vec![last.into()];
    names.extend(last.strip_prefix("go-").map(Box::from));
    names.extend(last.strip_suffix("-go").or(last.strip_suffix(".go")).map(Box::from));
    names.extend(last.rsplit_once('-').map(|(_, name)| name.into()));
    names
}

/// Whether the facts ask for a name of a package: where several packages are imported by a dot, it is theirs.
pub(crate) fn is_sought(path: &str, name: &str) -> bool {
    let begins = |all: &[&str]| all.iter().any(|start| name.starts_with(start));
    match path {
        "crypto/tls" => {
            begins(&["Version", "QUIC"])
                || matches!(
                    name,
                    "Config" | "Listen" | "NewListener" | "Server" | "Client" | "Dial" | "DialWithDialer" | "Dialer"
                )
        }
        "net/http" => {
            begins(&["Listen", "Serve", "Handle", "NewServeMux", "Default", "Client", "Transport"])
                || matches!(
                    name,
                    "Get" | "Head" | "Post" | "PostForm" | "NewRequest" | "TimeoutHandler" | "StripPrefix"
                )
        }
        "net" => begins(&["Listen", "FileListener", "Dial"]),
        "os/signal" => matches!(name, "Notify" | "NotifyContext" | "Ignore" | "Reset" | "Stop"),
        "os" => matches!(
            name,
            "Setenv" | "Unsetenv" | "Stdout" | "Stderr" | "Interrupt" | "Kill" | "StartProcess" | "Getenv" | "Environ"
        ),
        "os/exec" => begins(&["Command", "Cmd", "LookPath"]),
        "syscall" => begins(&[
            "SIG",
            "SYS_",
            "Syscall",
            "RawSyscall",
            "AllThreads",
            "Listen",
            "Exec",
            "Setenv",
            "Write",
            "Dup",
            "ForkExec",
        ]),
        "fmt" => begins(&["Print", "Fprint"]),
        "log" => begins(&["Print", "Fatal", "Panic", "SetOutput", "Output", "New", "Default"]),
        "log/slog" => begins(&["Debug", "Info", "Warn", "Error", "Log", "Set", "New", "Default", "With"]),
        "io" => begins(&["WriteString", "Discard", "Copy"]),
        "net/http/pprof" => matches!(name, "Index" | "Cmdline" | "Profile" | "Symbol" | "Trace" | "Handler"),
        "runtime" => begins(&["GOMAXPROCS", "MemProfileRate", "Set"]),
        "runtime/debug" => begins(&["Set", "Print"]),
        "plugin" => name == "Open",
        "unsafe" | "reflect" => true,
        _ => false,
    }
}

/// Types of numbers and texts: a conversion to one keeps a constant's value.
pub(crate) fn keeps_values(symbol: &Symbol) -> bool {
    let basic = [
        "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "string",
        "bool", "byte", "rune",
    ];
    match &*symbol.path {
        "" => basic.contains(&&*symbol.name),
        "syscall" | "golang.org/x/sys/unix" => &*symbol.name == "Signal",
        "time" => &*symbol.name == "Duration",
        "crypto/tls" => ["CurveID", "ClientAuthType"].contains(&&*symbol.name),
        _ => false,
    }
}

fn pointer(path: &str, name: &str) -> Option<Type> {
    Some(Type { name: Symbol::new(path, name), pointer: true })
}

fn plain(path: &str, name: &str) -> Option<Type> {
    Some(Type { name: Symbol::new(path, name), pointer: false })
}

/// The type of a package's variable.
pub(crate) fn variable_type(symbol: &Symbol) -> Option<Type> {
    match (&*symbol.path, &*symbol.name) {
        ("net/http", "DefaultServeMux") => pointer("net/http", "ServeMux"),
        ("net/http", "DefaultClient") => pointer("net/http", "Client"),
        ("os", "Stdout" | "Stderr" | "Stdin") => pointer("os", "File"),
        _ => None,
    }
}

/// The type of a function's result.
pub(crate) fn result_type(symbol: &Symbol, index: usize) -> Option<Type> {
    if index > 0 {
        return None;
    }
    match (&*symbol.path, &*symbol.name) {
        ("net/http", "NewServeMux") => pointer("net/http", "ServeMux"),
        ("crypto/tls" | "net", "Listen" | "NewListener" | "FileListener") => plain("net", "Listener"),
        ("google.golang.org/grpc", "NewServer") => pointer("google.golang.org/grpc", "Server"),
        ("net", "ListenTCP") => pointer("net", "TCPListener"),
        (LOGRUS, "New" | "StandardLogger") => pointer(LOGRUS, "Logger"),
        (LOGRUS, name) if name.starts_with("With") => pointer(LOGRUS, "Entry"),
        ("log", "New" | "Default") | ("log/slog", "NewLogLogger") => pointer("log", "Logger"),
        (path, "NewDecoder") if path.starts_with("encoding/") => pointer(path, "Decoder"),
        ("net/http/httptest", "NewUnstartedServer" | "NewServer" | "NewTLSServer") => {
            pointer("net/http/httptest", "Server")
        }
        ("github.com/gin-gonic/gin", "New" | "Default") => pointer("github.com/gin-gonic/gin", "Engine"),
        (path, "NewRouter" | "NewMux") if path.starts_with("github.com/go-chi/chi") => pointer(path, "Mux"),
        (path, "New") if path.starts_with("github.com/labstack/echo") => pointer(path, "Echo"),
        ("github.com/gorilla/mux", "NewRouter") => pointer("github.com/gorilla/mux", "Router"),
        ("github.com/julienschmidt/httprouter", "New") => pointer("github.com/julienschmidt/httprouter", "Router"),
        (path, "New") if path.starts_with("github.com/gofiber/fiber") => pointer(path, "App"),
        ("github.com/cloudwego/hertz/pkg/app/server", "New" | "Default") => pointer(&symbol.path, "Hertz"),
        ("github.com/gobuffalo/buffalo", "New") => pointer(&symbol.path, "App"),
        ("github.com/gogf/gf/v2/frame/g", "Server") => pointer("github.com/gogf/gf/v2/net/ghttp", "Server"),
        ("github.com/kataras/iris/v12", "New" | "Default") => pointer(&symbol.path, "Application"),
        _ => None,
    }
}

/// The type of a method's first result.
pub(crate) fn method_type(ty: &Symbol, method: &str) -> Option<Type> {
    match (&*ty.path, &*ty.name, method) {
        ("crypto/tls", "Config", "Clone") => pointer("crypto/tls", "Config"),
        ("golang.org/x/crypto/acme/autocert", "Manager", "TLSConfig") => pointer("crypto/tls", "Config"),
        ("golang.org/x/crypto/acme/autocert", "Manager", "Listener") => plain("net", "Listener"),
        ("net", "ListenConfig", "Listen") => plain("net", "Listener"),
        (LOGRUS, "Logger" | "Entry", name) if name.starts_with("With") => pointer(LOGRUS, "Entry"),
        _ => None,
    }
}

/// The type of a struct's field.
pub(crate) fn field_type(ty: &Symbol, field: &str) -> Option<Type> {
    match (&*ty.path, &*ty.name, field) {
        ("net/http", "Server", "TLSConfig") => pointer("crypto/tls", "Config"),
        ("net/http", "Transport", "TLSClientConfig") => pointer("crypto/tls", "Config"),
        ("crypto/tls", "Dialer", "Config") => pointer("crypto/tls", "Config"),
        (path, "Echo", "Server" | "TLSServer") if path.starts_with("github.com/labstack/echo") => {
            pointer("net/http", "Server")
        }
        ("net/http/httptest", "Server", "TLS") => pointer("crypto/tls", "Config"),
        ("net/http/httptest", "Server", "Config") => pointer("net/http", "Server"),
        ("net/http/httptest", "Server", "Listener") => plain("net", "Listener"),
        _ => None,
    }
}
