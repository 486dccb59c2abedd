//! What there is to ask: open sockets, declared endpoints and the network in which both are; from a started service or put together by hand.

use super::stream::Network;
use crate::recorder::Recorder;
use crate::{Protocol, Service};
use assize_facts::{Known, Reason, RequestSpec, reason};
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

/// A socket that waits for others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Socket {
    pub udp: bool,
    /// As bound.
    pub address: SocketAddr,
    /// Tells sockets apart that share an address.
    pub inode: u64,
}

/// An endpoint that the deliverable, the contract or the operator declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    pub name: String,
    pub address: Option<SocketAddr>,
    /// Names to ask under: `server_name`, and the URL's host where it is a name.
    pub names: Vec<String>,
    /// PEM.
    pub ca: Option<Vec<u8>>,
    /// PEM of the chain and of the key.
    pub client: Option<(Vec<u8>, Vec<u8>)>,
    /// Paths that it serves, asked in clear.
    pub paths: Vec<String>,
}

/// Where the questions are asked.
pub struct Scene<'a> {
    pub network: &'a dyn Network,
    /// Looks at what is open now.
    pub look: Box<dyn Fn() -> Result<Vec<Socket>, Reason> + Sync + 'a>,
    pub endpoints: Vec<Declared>,
    /// An address of the network beside those of the loopback: what is open to every address is asked there too.
    pub beyond: Option<Ipv4Addr>,
    /// The longest that one connection may take.
    pub patience: Duration,
    /// The longest that all questions to one address may take.
    pub budget: Duration,
    /// The time between two looks at UDP sockets.
    pub between_looks: Duration,
}

impl<'a> Scene<'a> {
    pub fn new(network: &'a dyn Network, look: impl Fn() -> Result<Vec<Socket>, Reason> + Sync + 'a) -> Scene<'a> {
        Scene {
            network,
            look: Box::new(look),
            endpoints: Vec::new(),
            beyond: None,
            patience: Duration::from_secs(3),
            budget: Duration::from_secs(60),
            between_looks: Duration::from_millis(1200),
        }
    }

    /// The sockets of a started service, its declared endpoints, and the network inside its sandbox.
    pub fn of_service(service: &'a Service, requests: &[RequestSpec]) -> Scene<'a> {
        let mut scene = Scene::new(service, || sockets(service));
        scene.endpoints = service.endpoints().iter().map(|e| declared(e, requests)).collect();
        scene.beyond = service.address();
        scene
    }

    /// The addresses at which a socket is asked.
    pub(crate) fn places(&self, socket: &Socket) -> Vec<SocketAddr> {
        let beyond = self.beyond.filter(|_| socket.address.ip().is_unspecified());
        let beyond = beyond.map(|ip| SocketAddr::new(ip.into(), socket.address.port()));
        reached_at(socket).into_iter().chain(beyond).collect()
    }
}

/// What is open now, without what only the servers of dependencies hold: those are not the deliverable's.
fn sockets(service: &Service) -> Result<Vec<Socket>, Reason> {
    let (processes, open) = service.look().map_err(|e| reason!("listeners-unknown", detail = e.kind()))?;
    let foreign = of_dependencies(service.servers(), processes.iter().map(|p| (p.pid, p.parent)));
    for process in processes.iter().filter(|p| !foreign.contains(&p.pid)) {
        if process.same_network != Known::Value(true) {
            return Err(reason!("other-network", process = process.name));
        }
    }
    let socket = |l: &crate::Listener| {
        let udp = match l.protocol {
            Protocol::Tcp => false,
            Protocol::Udp => true,
            Protocol::Unix => return None,
        };
        Some(Socket { udp, address: l.address?, inode: l.inode })
    };
    let ours = |l: &&crate::Listener| l.pids.is_empty() || !l.pids.iter().all(|pid| foreign.contains(pid));
    Ok(open.iter().filter(ours).filter_map(socket).collect())
}

/// The servers and everything that descends from them.
fn of_dependencies(servers: &BTreeSet<u32>, processes: impl Iterator<Item = (u32, u32)> + Clone) -> BTreeSet<u32> {
    let mut all: BTreeSet<u32> = servers.clone();
    loop {
        let more: Vec<u32> = processes
            .clone()
            .filter(|(pid, parent)| all.contains(parent) && !all.contains(pid))
            .map(|(p, _)| p)
            .collect();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

fn declared(endpoint: &crate::Endpoint, requests: &[RequestSpec]) -> Declared {
    let host = Some(endpoint.host.trim_matches(['[', ']'])).filter(|h| h.parse::<IpAddr>().is_err());
    let names: BTreeSet<String> = endpoint.server_name.as_deref().into_iter().chain(host).map(str::to_string).collect();
    let of_endpoint = |r: &&RequestSpec| r.endpoint == endpoint.name && r.method == "GET";
    let paths: BTreeSet<String> = ["/healthz", "/livez", "/readyz", "/metrics"]
        .into_iter()
        .map(str::to_string)
        .chain(requests.iter().filter(of_endpoint).map(|r| r.path.clone()))
        .chain([endpoint.path.clone()])
        .filter(|path| path != "/" && path.starts_with('/'))
        .collect();
    Declared {
        name: endpoint.name.clone(),
        address: Some(endpoint.addr),
        names: names.into_iter().filter(|n| is_host_name(n)).collect(),
        ca: endpoint.ca.clone(),
        client: endpoint.client_cert.clone().zip(endpoint.client_key.clone()),
        paths: paths.into_iter().collect(),
    }
}

/// Whether a text can stand in the server name extension (RFC 6066 §3): no address, no wildcard.
pub(crate) fn is_host_name(name: &str) -> bool {
    let label =
        |l: &str| (1..=63).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    name.len() <= 253 && name.split('.').all(label) && name.parse::<IpAddr>().is_err()
}

/// The addresses at which a socket can be reached, with the family of each.
pub(crate) fn reached_at(socket: &Socket) -> Vec<SocketAddr> {
    let port = socket.address.port();
    let (four, six) = (IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST));
    let ips = match socket.address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => vec![four],
        // Linux gives an unspecified IPv6 socket the IPv4 port too, unless it asked not to (ipv6(7), IPV6_V6ONLY).
        IpAddr::V6(ip) if ip.is_unspecified() => vec![six, four],
        IpAddr::V6(ip) => vec![ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)],
        ip => vec![ip],
    };
    ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()
}

/// Whether a socket takes what is sent to an address.
pub(crate) fn covers(socket: &Socket, address: SocketAddr) -> bool {
    socket.address.port() == address.port()
        && (socket.address.ip().is_unspecified() || reached_at(socket).iter().any(|a| a.ip() == address.ip()))
}

impl Network for Service {
    fn connect(&self, to: SocketAddr, within: Duration) -> io::Result<TcpStream> {
        Service::connect(self, to, within)
    }

    fn listen(&self, on: SocketAddr) -> io::Result<TcpListener> {
        Service::listen(self, on)
    }

    fn udp(&self, on: SocketAddr) -> io::Result<UdpSocket> {
        self.bind_udp(on)
    }

    fn recorder(&self) -> Option<&Arc<Recorder>> {
        Some(Service::recorder(self))
    }
}
