//! What code that is not followed does with a configuration: the standard library's, and libraries'.

use super::TLS;
use crate::build::{is_standard, may_be_standard};
use crate::go::syntax::Call;
use crate::meaning::Symbol;

/// Where a library's function or method leads a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    Server,
    /// To a server of QUIC, which speaks no TLS before 1.3 whatever the configuration says (RFC 9001, section 4.2; quic-go sets the floor in a copy,
    /// crypto/tls refuses a lower one).
    Quic,
    Client,
    /// Into what the call gives.
    On,
}

const GRPC: &str = "google.golang.org/grpc";
const QUIC: &str = "github.com/quic-go/quic-go";
const HTTP3: &str = "github.com/quic-go/quic-go/http3";
pub(super) const FASTHTTP: &str = "github.com/valyala/fasthttp";
const ECHO: &str = "github.com/labstack/echo";
const FIBER: &str = "github.com/gofiber/fiber";
const IRIS: &str = "github.com/kataras/iris/v12";
const ACTIVATION: &str = "github.com/coreos/go-systemd/v22/activation";

/// Where a function leads it.
pub(super) fn by_function(path: &str, name: &str) -> Option<Leads> {
    match (path, name) {
        (TLS, "Listen" | "NewListener" | "Server") => Some(Leads::Server),
        (TLS, "Client" | "Dial" | "DialWithDialer") => Some(Leads::Client),
        // A conversion to an interface: the pointer stays the same.
        ("", "new" | "any") | (TLS, "Config") => Some(Leads::On),
        (GRPC, "Creds") => Some(Leads::Server),
        (GRPC, "WithTransportCredentials") => Some(Leads::Client),
        ("google.golang.org/grpc/credentials", "NewTLS") => Some(Leads::On),
        (HTTP3, "ConfigureTLSConfig") => Some(Leads::Quic),
        (QUIC, name) if name.starts_with("Listen") => Some(Leads::Quic),
        (QUIC, name) if name.starts_with("Dial") => Some(Leads::Client),
        (ACTIVATION, "TLSListeners" | "TLSListenersWithNames") => Some(Leads::Server),
        (path, name) if TO_SERVERS.contains(&(path, name)) => Some(Leads::Server),
        _ => None,
    }
}

/// Options of frameworks' servers that take a configuration.
const TO_SERVERS: &[(&str, &str)] = &[
    ("github.com/cloudwego/hertz/pkg/app/server", "WithTLS"),
    ("github.com/go-kratos/kratos/v2/transport/http", "TLSConfig"),
    ("github.com/go-kratos/kratos/v2/transport/grpc", "TLSConfig"),
    ("github.com/zeromicro/go-zero/rest", "WithTLSConfig"),
];

/// Fields of servers, or of their options, that take a configuration.
const OF_SERVERS: &[(&str, &str, &str)] = &[
    ("github.com/emersion/go-imap/server", "Server", "TLSConfig"),
    ("github.com/emersion/go-smtp", "Server", "TLSConfig"),
    ("github.com/gofiber/fiber/v3", "ListenConfig", "TLSConfig"),
    ("github.com/miekg/dns", "Server", "TLSConfig"),
    ("github.com/nats-io/nats-server/v2/server", "Options", "TLSConfig"),
];

/// Modules that only ever dial: a configuration that goes into them is a client's.
const CLIENTS: &[&str] = &[
    "github.com/ClickHouse/clickhouse-go",
    "github.com/IBM/sarama",
    "github.com/Shopify/sarama",
    "github.com/eclipse/paho.mqtt.golang",
    "github.com/elastic/go-elasticsearch",
    "github.com/go-ldap/ldap",
    "github.com/go-redis/redis",
    "github.com/go-resty/resty",
    "github.com/go-sql-driver/mysql",
    "github.com/gocql/gocql",
    "github.com/gomodule/redigo",
    "github.com/jackc/pgx",
    "github.com/nats-io/nats.go",
    "github.com/rabbitmq/amqp091-go",
    "github.com/redis/go-redis",
    "github.com/segmentio/kafka-go",
    "github.com/streadway/amqp",
    "github.com/twmb/franz-go/pkg/kgo",
    "github.com/wneessen/go-mail",
    "go.etcd.io/etcd/client/v3",
    "go.etcd.io/etcd/clientv3",
    "go.mongodb.org/mongo-driver",
    "go.opentelemetry.io/otel/exporters",
    "gopkg.in/gomail.v2",
];

/// Whether a package is of such a module.
pub(super) fn is_client(path: &str) -> bool {
    CLIENTS.iter().any(|client| path.strip_prefix(client).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Where a method of a type leads it.
pub(super) fn by_method(path: &str, ty: &str, name: &str) -> Option<Leads> {
    match (path, ty) {
        ("net/smtp", "Client") if name == "StartTLS" => Some(Leads::Client),
        ("github.com/gogf/gf/v2/net/ghttp", "Server") if name == "SetTLSConfig" => Some(Leads::Server),
        (QUIC, "Transport") if name.starts_with("Listen") => Some(Leads::Quic),
        (QUIC, "Transport") if name.starts_with("Dial") => Some(Leads::Client),
        _ => None,
    }
}

/// Where a field of a type leads it.
pub(super) fn by_field(path: &str, ty: &str, field: &str) -> Option<Leads> {
    match (path, ty, field) {
        ("net/http" | "github.com/valyala/fasthttp", "Server", "TLSConfig") => Some(Leads::Server),
        ("net/http/httptest", "Server", "TLS") => Some(Leads::Server),
        (HTTP3, "Server", "TLSConfig") => Some(Leads::Quic),
        (_, _, "TLSClientConfig") | (TLS, "Dialer", "Config") => Some(Leads::Client),
        (FASTHTTP, "Client" | "HostClient", "TLSConfig") | ("github.com/miekg/dns", "Client", "TLSConfig") => {
            Some(Leads::Client)
        }
        _ if OF_SERVERS.contains(&(path, ty, field)) => Some(Leads::Server),
        _ => None,
    }
}

/// Functions and methods that make a server's configuration of certificates alone, which states no version, by the type of the method.
pub(super) fn makes_default(path: &str, ty: Option<&str>, name: &str) -> bool {
    match (path, ty) {
        ("google.golang.org/grpc/credentials", None) => matches!(name, "NewServerTLSFromFile" | "NewServerTLSFromCert"),
        (FASTHTTP, None | Some("Server")) => name.starts_with("ListenAndServeTLS"),
        (HTTP3, None) => name == "ListenAndServeTLS",
        (IRIS, None) => matches!(name, "TLS" | "AutoTLS"),
        ("github.com/gin-gonic/gin", Some("Engine")) => name == "RunTLS",
        (path, Some("Echo")) if path.starts_with(ECHO) => matches!(name, "StartTLS" | "StartAutoTLS"),
        (path, Some("App")) if path.starts_with(FIBER) => {
            name.starts_with("ListenTLS") || name.starts_with("ListenMutualTLS")
        }
        _ => false,
    }
}

/// Whether more arguments of such a function may give the server another configuration (iris, `host.Configurator`).
pub(super) fn configures(symbol: &Symbol, call: &Call) -> bool {
    &*symbol.path == IRIS && (call.args.len() > 3 || call.spread)
}

/// Whether a package has such.
pub(super) fn has_defaults(path: &str) -> bool {
    let known = ["google.golang.org/grpc/credentials", FASTHTTP, HTTP3, "github.com/gin-gonic/gin", IRIS];
    known.contains(&path) || path.starts_with(ECHO) || path.starts_with(FIBER)
}

/// Where a function takes its configuration.
pub(super) fn config_at(name: &str) -> Option<usize> {
    match name {
        "NewListener" | "Server" | "Client" => Some(1),
        "Listen" | "Dial" => Some(2),
        "DialWithDialer" => Some(3),
        "WithTLS" | "WithTLSConfig" | "TLSConfig" => Some(0),
        _ => None,
    }
}

/// Methods of a configuration that leave its versions alone.
pub(super) fn harmless_method(name: &str) -> bool {
    matches!(name, "Clone" | "BuildNameToCertificate" | "SetSessionTicketKeys" | "DecryptTicket" | "EncryptTicket")
}

/// Packages of the standard library that write through any pointer.
pub(super) fn writes(path: &str) -> bool {
    // Also packages of later releases.
    may_be_standard(path) && ["encoding", "reflect", "unsafe", "database"].iter().any(|p| path.starts_with(p))
}

/// Functions and methods of theirs that only look.
pub(super) fn looks(name: &str) -> bool {
    let begins = ["Sizeof", "Offsetof", "Alignof", "Marshal", "Encode", "New", "Append"];
    matches!(name, "TypeOf" | "DeepEqual") || begins.iter().any(|start| name.starts_with(start))
}

/// Names of functions and methods of others that only look at what they get.
pub(super) fn only_looks(name: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "Marshal",
        "Encode",
        "Print",
        "Fprint",
        "Sprint",
        "Info",
        "Debug",
        "Warn",
        "Error",
        "Fatal",
        "Panic",
        "Log",
        "Trace",
        "Any",
        "Interface",
        "Object",
        "Reflect",
        "Equal",
        "Diff",
        "Dump",
        "Sdump",
    ];
    BEGINNINGS.iter().any(|start| name.starts_with(start))
}

/// Those that look at what they get, keep it, or call it: whatever else gets a pointer to a struct may set its fields.
pub(super) fn looks_or_keeps(name: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "New",
        "Make",
        "With",
        "Inline",
        "Validate",
        "Struct",
        "Check",
        "Register",
        "Handle",
        "Provide",
        "Supply",
        "Invoke",
        "Run",
        "Go",
        "Serve",
        "Start",
        "Listen",
        "Add",
        "Use",
        "Mount",
        "Wrap",
        "Chain",
        "Append",
        "On",
        "Subscribe",
        "Enqueue",
    ];
    looks(name) || only_looks(name) || BEGINNINGS.iter().any(|start| name.starts_with(start))
}

/// Whether functions of a package that is not delivered may change a configuration that they get. The standard library's do not,
/// but for those that write through any pointer.
pub(super) fn changes(path: &str) -> bool {
    let known = ["golang.org/x/net/http2", "golang.org/x/crypto/acme/autocert"].contains(&path)
        || path.starts_with("google.golang.org/grpc")
        || path.starts_with("github.com/quic-go/quic-go");
    !(known || (is_standard(path) && !writes(path)))
}

/// Packages of the standard library that keep what they get, and give it to whoever asks.
pub(super) fn keeps(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    matches!(
        first,
        "context" | "sync" | "container" | "slices" | "maps" | "iter" | "cmp" | "reflect" | "unique" | "weak"
    )
}
