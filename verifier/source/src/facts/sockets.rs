//! Functions and methods that open listening sockets: of the standard library and of widely used modules (their own documentation).

use super::frameworks::{self, Framework};

/// How a call opens its socket, and where its arguments stand.
#[derive(Clone, Copy)]
pub(super) enum Opens {
    /// A network's name and an address: `net.Listen`; followed to what serves on it.
    Network(usize, usize),
    /// A stream socket of one network, its address a value: `net.ListenTCP`.
    Stream,
    /// TLS over the address at an index.
    Tls(usize),
    /// A server without TLS at an index.
    Plain(usize),
    /// The server of net/http at an index: with TLS where it has a configuration.
    Server(usize),
    /// A server at an index, without TLS unless the options behind the address say otherwise.
    Optional(usize),
    Udp,
    Unix,
    /// A framework's server.
    Framework(&'static Framework),
    /// A socket by the system call: what it is bound to, and what it speaks, stands elsewhere.
    Socket,
}

pub(super) const FUNCTIONS: &[(&str, &str, Opens)] = &[
    ("net", "Listen", Opens::Network(0, 1)),
    ("net", "ListenPacket", Opens::Network(0, 1)),
    ("net", "ListenTCP", Opens::Stream),
    ("net", "FileListener", Opens::Stream),
    ("net", "ListenUDP", Opens::Udp),
    ("net", "ListenMulticastUDP", Opens::Udp),
    ("net", "ListenUnix", Opens::Unix),
    ("net", "ListenUnixgram", Opens::Unix),
    ("syscall", "Listen", Opens::Socket),
    ("golang.org/x/sys/unix", "Listen", Opens::Socket),
    ("crypto/tls", "Listen", Opens::Tls(1)),
    ("net/http", "ListenAndServe", Opens::Plain(0)),
    ("net/http", "ListenAndServeTLS", Opens::Tls(0)),
    ("golang.org/x/crypto/acme/autocert", "NewListener", Opens::Tls(usize::MAX)),
    // Sockets that systemd opened (sd_listen_fds(3)).
    ("github.com/coreos/go-systemd/v22/activation", "Listeners", Opens::Socket),
    ("github.com/coreos/go-systemd/v22/activation", "ListenersWithNames", Opens::Socket),
    ("github.com/coreos/go-systemd/v22/activation", "TLSListeners", Opens::Tls(usize::MAX)),
    ("github.com/coreos/go-systemd/v22/activation", "TLSListenersWithNames", Opens::Tls(usize::MAX)),
    ("github.com/coreos/go-systemd/v22/activation", "PacketConns", Opens::Udp),
    ("github.com/valyala/fasthttp/reuseport", "Listen", Opens::Network(0, 1)),
    ("github.com/libp2p/go-reuseport", "Listen", Opens::Network(0, 1)),
    ("github.com/libp2p/go-reuseport", "ListenPacket", Opens::Network(0, 1)),
    ("github.com/valyala/fasthttp", "ListenAndServe", Opens::Plain(0)),
    ("github.com/valyala/fasthttp", "ListenAndServeTLS", Opens::Tls(0)),
    ("github.com/valyala/fasthttp", "ListenAndServeTLSEmbed", Opens::Tls(0)),
    ("github.com/valyala/fasthttp", "ListenAndServeUNIX", Opens::Unix),
    ("github.com/caddyserver/certmagic", "Listen", Opens::Tls(usize::MAX)),
    // It redirects from a plain one, too.
    ("github.com/caddyserver/certmagic", "HTTPS", Opens::Socket),
    ("github.com/quic-go/quic-go", "ListenAddr", Opens::Udp),
    ("github.com/quic-go/quic-go", "ListenAddrEarly", Opens::Udp),
    ("github.com/quic-go/quic-go/http3", "ListenAndServeQUIC", Opens::Udp),
    // Beside the one for QUIC.
    ("github.com/quic-go/quic-go/http3", "ListenAndServeTLS", Opens::Tls(0)),
    ("github.com/miekg/dns", "ListenAndServe", Opens::Socket),
    ("github.com/miekg/dns", "ListenAndServeTLS", Opens::Tls(0)),
    ("github.com/gliderlabs/ssh", "ListenAndServe", Opens::Socket),
    ("github.com/prometheus/exporter-toolkit/web", "ListenAndServe", Opens::Framework(&frameworks::EXPORTER_TOOLKIT)),
    ("github.com/beego/beego/v2/server/web", "Run", Opens::Framework(&frameworks::BEEGO)),
    ("github.com/beego/beego/v2/server/web", "RunWithMiddleWares", Opens::Framework(&frameworks::BEEGO)),
    ("github.com/cloudwego/kitex/server", "NewServer", Opens::Framework(&frameworks::KITEX)),
    ("github.com/go-kratos/kratos/v2/transport/grpc", "NewServer", Opens::Framework(&frameworks::KRATOS_GRPC)),
    ("github.com/go-kratos/kratos/v2/transport/http", "NewServer", Opens::Framework(&frameworks::KRATOS_HTTP)),
    ("github.com/zeromicro/go-zero/rest", "NewServer", Opens::Framework(&frameworks::GO_ZERO)),
    ("github.com/zeromicro/go-zero/rest", "MustNewServer", Opens::Framework(&frameworks::GO_ZERO)),
    ("github.com/zeromicro/go-zero/zrpc", "NewServer", Opens::Framework(&frameworks::GO_ZERO_RPC)),
    ("github.com/zeromicro/go-zero/zrpc", "MustNewServer", Opens::Framework(&frameworks::GO_ZERO_RPC)),
];

/// Methods by their receiver's type; a path that ends with `*` is a beginning.
pub(super) const METHODS: &[(&str, &str, &str, Opens)] = &[
    ("net/http", "Server", "ListenAndServe", Opens::Plain(usize::MAX)),
    ("net/http", "Server", "ListenAndServeTLS", Opens::Tls(usize::MAX)),
    ("net", "ListenConfig", "Listen", Opens::Network(1, 2)),
    ("net", "ListenConfig", "ListenPacket", Opens::Network(1, 2)),
    ("golang.org/x/crypto/acme/autocert", "Manager", "Listener", Opens::Tls(usize::MAX)),
    ("github.com/gin-gonic/gin", "Engine", "Run", Opens::Plain(0)),
    ("github.com/gin-gonic/gin", "Engine", "RunTLS", Opens::Tls(0)),
    ("github.com/gin-gonic/gin", "Engine", "RunUnix", Opens::Unix),
    ("github.com/labstack/echo*", "Echo", "Start", Opens::Plain(0)),
    ("github.com/labstack/echo*", "Echo", "StartTLS", Opens::Tls(0)),
    ("github.com/labstack/echo*", "Echo", "StartAutoTLS", Opens::Tls(0)),
    ("github.com/labstack/echo*", "Echo", "StartH2CServer", Opens::Plain(0)),
    ("github.com/labstack/echo*", "Echo", "StartServer", Opens::Server(0)),
    ("github.com/gofiber/fiber/v3", "App", "Listen", Opens::Optional(0)),
    ("github.com/gofiber/fiber*", "App", "Listen", Opens::Plain(0)),
    ("github.com/gofiber/fiber*", "App", "ListenTLS", Opens::Tls(0)),
    ("github.com/cloudwego/hertz/pkg/app/server", "Hertz", "Run", Opens::Framework(&frameworks::HERTZ)),
    ("github.com/cloudwego/hertz/pkg/app/server", "Hertz", "Spin", Opens::Framework(&frameworks::HERTZ)),
    ("github.com/gobuffalo/buffalo", "App", "Serve", Opens::Framework(&frameworks::BUFFALO)),
    ("github.com/gogf/gf/v2/net/ghttp", "Server", "Run", Opens::Framework(&frameworks::GO_FRAME)),
    ("github.com/gogf/gf/v2/net/ghttp", "Server", "Start", Opens::Framework(&frameworks::GO_FRAME)),
    ("github.com/kataras/iris/v12", "Application", "Listen", Opens::Plain(0)),
    ("github.com/kataras/iris/v12", "Application", "Run", Opens::Framework(&frameworks::IRIS)),
    ("github.com/valyala/fasthttp", "Server", "ListenAndServe", Opens::Plain(0)),
    ("github.com/valyala/fasthttp", "Server", "ListenAndServeTLS", Opens::Tls(0)),
    ("github.com/valyala/fasthttp", "Server", "ListenAndServeTLSEmbed", Opens::Tls(0)),
    ("github.com/valyala/fasthttp", "Server", "ListenAndServeUNIX", Opens::Unix),
    ("github.com/quic-go/quic-go", "Transport", "Listen", Opens::Udp),
    ("github.com/quic-go/quic-go", "Transport", "ListenEarly", Opens::Udp),
    ("github.com/quic-go/quic-go/http3", "Server", "ListenAndServe", Opens::Udp),
    ("github.com/quic-go/quic-go/http3", "Server", "ListenAndServeTLS", Opens::Udp),
];

/// What opens a socket by the system call, or accepts on one that was opened already.
pub(super) const OTHERS: &[(&str, &str)] =
    &[("net/http", "Serve"), ("net/http", "ServeTLS"), ("net/http/fcgi", "Serve")];
