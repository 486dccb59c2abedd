//! Routers of the standard library and of widely used modules (their own documentation): net/http, chi, gin, echo, gorilla/mux, httprouter, fiber.

use crate::meaning::Symbol;

/// Methods that put a handler on a router for a path: net/http, chi, gin, echo, gorilla/mux, httprouter, fiber.
pub(super) const ANSWER: &[&str] = &[
    "Handle",
    "HandleFunc",
    "Handler",
    "HandlerFunc",
    "GET",
    "Get",
    "HEAD",
    "Head",
    "Any",
    "All",
    "Method",
    "MethodFunc",
    "Add",
    "Match",
    "Mount",
    "GetFunc",
];
/// Those that put one there for other requests, or around others.
const BESIDE: &[&str] = &["POST", "Post", "Use", "NotFound"];

/// Whether a router's method puts a handler on it.
pub(super) fn registers(method: &str) -> bool {
    ANSWER.contains(&method) || BESIDE.contains(&method)
}

/// Methods by which a router is served.
pub(super) const SERVE: &[&str] = &[
    "Run",
    "RunTLS",
    "RunUnix",
    "RunListener",
    "Start",
    "StartTLS",
    "StartAutoTLS",
    "StartServer",
    "Listen",
    "ListenTLS",
    "Listener",
    "ListenAndServe",
    "ListenAndServeTLS",
];
/// Methods that give a part of the router that they are called on.
pub(super) const PARTS: &[&str] = &[
    "Group",
    "Route",
    "PathPrefix",
    "Subrouter",
    "Path",
    "Methods",
    "Name",
    "With",
    "Host",
    "NewRoute",
    "Headers",
    "Queries",
    "Schemes",
];
/// Their types.
const ROUTERS: &[(&str, &str)] = &[
    ("net/http", "ServeMux"),
    ("github.com/gin-gonic/gin", "Engine"),
    ("github.com/gin-gonic/gin", "RouterGroup"),
    ("github.com/go-chi/chi*", "Mux"),
    ("github.com/go-chi/chi*", "Router"),
    ("github.com/labstack/echo*", "Echo"),
    ("github.com/labstack/echo*", "Group"),
    ("github.com/gorilla/mux", "Router"),
    ("github.com/gorilla/mux", "Route"),
    ("github.com/julienschmidt/httprouter", "Router"),
    ("github.com/gofiber/fiber*", "App"),
    ("github.com/gofiber/fiber*", "Group"),
];
/// Functions that wrap a handler and answer with it.
const WRAPPERS: &[(&str, &str)] = &[
    ("net/http", "HandlerFunc"),
    ("net/http", "Handler"),
    ("net/http", "StripPrefix"),
    ("net/http", "TimeoutHandler"),
    ("net/http", "MaxBytesHandler"),
    ("net/http", "AllowQuerySemicolons"),
    ("golang.org/x/net/http2/h2c", "NewHandler"),
    ("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "NewHandler"),
    ("github.com/gorilla/handlers", "CombinedLoggingHandler"),
    ("github.com/gorilla/handlers", "LoggingHandler"),
    ("github.com/gorilla/handlers", "CompressHandler"),
    ("github.com/gorilla/handlers", "ProxyHeaders"),
    ("github.com/gin-gonic/gin", "WrapF"),
    ("github.com/gin-gonic/gin", "WrapH"),
    ("github.com/labstack/echo*", "WrapHandler"),
    ("github.com/gofiber/fiber*", "HTTPHandler"),
    ("github.com/gofiber/fiber*", "HTTPHandlerFunc"),
];

/// Whether a type is a router's of a library.
pub(super) fn is_router(ty: &Symbol) -> bool {
    ROUTERS.iter().any(|(path, name)| is_path(path, &ty.path) && *ty.name == **name)
}

/// Whether a function answers with the handler that it is handed.
pub(super) fn wraps(function: &Symbol) -> bool {
    WRAPPERS.iter().any(|(path, name)| is_path(path, &function.path) && *function.name == **name)
}

/// A path that ends with `*` is a beginning.
fn is_path(known: &str, path: &str) -> bool {
    known.strip_suffix('*').map_or(known == path, |start| path.starts_with(start))
}
