//! Stand-ins for what the service depends on: the tool's own listener inside the sandbox, which counts, passes on, and can fail in every way asked for.

mod front;
mod http;
mod postgres;
mod redis;
mod tls;

use crate::plan::RunPlan;
use crate::service::{Inside, Places, Sandbox};
use crate::supervise::wire::{Ask, Owner, Spawn};
use assize_facts::{DependencySpec, Reason, RunSpec, reason};
use front::{Back, Front};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How long a connection to a real server behind a proxy may take.
const UPSTREAM: Duration = Duration::from_secs(5);
/// How long a real server started in the sandbox may take to open its port.
const SERVER_READY: Duration = Duration::from_secs(20);

/// What a dependency does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Works.
    Pass,
    /// Open connections are reset, new ones refused.
    Cut,
    /// Connections are taken, nothing is answered on any.
    BlackHole,
    /// Every answer is this much later.
    Slow(Duration),
    /// Cut and working in turn, each this long.
    Flap(Duration),
}

/// What was seen at a stand-in since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Of those, open now.
    pub open: u64,
    /// Bytes from the service.
    pub received: u64,
    /// Bytes to the service.
    pub sent: u64,
    /// Requests understood (HTTP requests, Redis commands, PostgreSQL statements); 0 of a plain `tcp` or `proxy`.
    pub requests: u64,
    /// Connections that were reset by a cut, or turned away for their number.
    pub turned_away: u64,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    open: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    requests: AtomicU64,
    turned_away: AtomicU64,
}

/// One dependency of the service.
pub struct StandIn {
    name: String,
    kind: String,
    required: bool,
    counts: Arc<Counts>,
    front: Front,
    /// The real server to be started in the sandbox, and where it listens.
    server: Option<(Vec<String>, SocketAddr)>,
}

impl StandIn {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As declared: `tcp`, `http`, `postgres`, `redis` or `proxy`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether losing it must unready the service.
    pub fn required(&self) -> bool {
        self.required
    }

    /// Makes it fail, or work again with [`Fault::Pass`]. Takes effect before it returns.
    pub fn set(&self, fault: Fault) -> io::Result<()> {
        self.front.set(fault)
    }

    pub fn counters(&self) -> Counters {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counters {
            connections: read(&self.counts.connections),
            open: read(&self.counts.open),
            received: read(&self.counts.received),
            sent: read(&self.counts.sent),
            requests: read(&self.counts.requests),
            turned_away: read(&self.counts.turned_away),
        }
    }
}

/// What answers behind a front.
enum Behind {
    /// Takes everything and answers nothing.
    Silent,
    Http,
    Postgres,
    Redis(Arc<redis::Store>),
    /// A real server, in the sandbox's network.
    Server(Vec<String>, SocketAddr),
    /// A real server that the operator named, on the host's network.
    Operator(String),
}

/// A stand-in with its address drawn and its certificate in the sandbox, before the network is used.
pub(crate) struct Prepared {
    spec: DependencySpec,
    addr: SocketAddr,
    behind: Behind,
    shield: Option<tls::Shield>,
}

/// Draws addresses and puts authorities into the sandbox, so that placeholders can be filled in.
pub(crate) fn prepare(
    run: &RunSpec,
    plan: &RunPlan,
    sandbox: &Sandbox,
    places: &mut Places,
) -> Result<Vec<Prepared>, Reason> {
    run.dependencies.iter().map(|spec| one(spec, plan, sandbox, places)).collect()
}

fn one(spec: &DependencySpec, plan: &RunPlan, sandbox: &Sandbox, places: &mut Places) -> Result<Prepared, Reason> {
    let unusable = |detail: String| reason!("dependency-unusable", name = spec.name, detail = detail);
    // A dot cannot stand in the name of an endpoint, so this name of a port is nobody else's.
    let port = |name: String| places.port(&name).map_err(|e| unusable(e.to_string()));
    let at = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let addr = at(port(format!("dep.{}", spec.name))?);
    let behind = match (plan.operator.dependencies.get(&spec.name), spec.kind.as_str()) {
        (Some(address), _) => Behind::Operator(address.clone()),
        (None, "tcp") => Behind::Silent,
        (None, "http") => Behind::Http,
        (None, "postgres") => Behind::Postgres,
        (None, "redis") => Behind::Redis(Arc::default()),
        (None, "proxy") if !spec.command.is_empty() => {
            // The command's own `{port.NAME}` is where the server has to listen.
            let command = spec.command.iter().map(|a| places.fill(a)).collect::<Result<_, Reason>>()?;
            Behind::Server(command, at(port(spec.name.clone())?))
        }
        (None, "proxy") => {
            return Err(unusable("neither a command nor --dep says what stands behind the proxy".into()));
        }
        (None, other) => return Err(unusable(format!("unknown kind {other:?}"))),
    };
    let shield = match (spec.tls, &behind) {
        (false, _) => None,
        (true, Behind::Server(..) | Behind::Operator(_)) => {
            return Err(unusable("a proxy passes TLS on and cannot speak it".into()));
        }
        (true, _) => Some(tls::Shield::new(&spec.name).map_err(unusable)?),
    };
    if let Some(shield) = &shield {
        let path = format!("{}/{}-ca.pem", places.authority_folder(), spec.name);
        let put = sandbox.put(&path, 0o644, Owner::Sandbox, shield.authority.as_bytes());
        put.map_err(|e| unusable(e.to_string()))?;
        places.authorities.insert(spec.name.clone(), path);
    }
    places.dependencies.insert(spec.name.clone(), addr.to_string());
    Ok(Prepared { spec: spec.clone(), addr, behind, shield })
}

/// Opens the listeners in the service's network.
pub(crate) fn open(prepared: Vec<Prepared>, inside: &Arc<Inside>) -> Result<Vec<StandIn>, Reason> {
    prepared.into_iter().map(|p| stand_in(p, inside)).collect()
}

fn stand_in(prepared: Prepared, inside: &Arc<Inside>) -> Result<StandIn, Reason> {
    let Prepared { spec, addr, behind, shield } = prepared;
    let counts = Arc::new(Counts::default());
    let server = match &behind {
        Behind::Server(command, addr) => Some((command.clone(), *addr)),
        Behind::Silent | Behind::Http | Behind::Postgres | Behind::Redis(_) | Behind::Operator(_) => None,
    };
    // The fronts must not keep the sandbox alive, or the end of the service would wait for itself.
    let network = Arc::downgrade(inside);
    let listen = {
        let network = network.clone();
        Box::new(move || network.upgrade().ok_or_else(ended)?.listen(addr))
    };
    let back = back(behind, shield, network, counts.clone());
    let front = Front::start(listen, back, counts.clone())
        .map_err(|e| reason!("dependency-unusable", name = spec.name, detail = e))?;
    Ok(StandIn { name: spec.name, kind: spec.kind, required: spec.required, counts, front, server })
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the sandbox has ended")
}

fn back(behind: Behind, shield: Option<tls::Shield>, network: Weak<Inside>, counts: Arc<Counts>) -> Back {
    Arc::new(move |stream| match (&behind, &shield) {
        (Behind::Server(_, addr), _) => {
            forward(stream, || network.upgrade().ok_or_else(ended)?.connect(*addr, UPSTREAM));
        }
        (Behind::Operator(address), _) => forward(stream, || dial(address)),
        (Behind::Postgres, Some(shield)) => {
            if let Ok(stream) = postgres::upgrade(stream).and_then(|stream| shield.wrap(stream)) {
                postgres::serve(stream, &counts);
            }
        }
        (behind, Some(shield)) => {
            if let Ok(stream) = shield.wrap(stream) {
                speak(behind, stream, &counts);
            }
        }
        (behind, None) => speak(behind, stream, &counts),
    })
}

fn speak(behind: &Behind, mut stream: impl Read + Write, counts: &Counts) {
    match behind {
        Behind::Http => http::serve(stream, counts),
        Behind::Postgres => postgres::serve(stream, counts),
        Behind::Redis(store) => redis::serve(stream, store, counts),
        Behind::Silent | Behind::Server(..) | Behind::Operator(_) => drop(io::copy(&mut stream, &mut io::sink())),
    }
}

fn dial(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no address");
    for addr in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&addr, UPSTREAM) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Copies both ways until both have ended; where the real server cannot be reached, the connection just closes.
fn forward(stream: UnixStream, connect: impl Fn() -> io::Result<TcpStream>) {
    let Ok(server) = connect() else { return };
    let _ = server.set_nodelay(true);
    let (Ok(mut from_service), Ok(mut to_server)) = (stream.try_clone(), server.try_clone()) else { return };
    let up = std::thread::spawn(move || {
        let _ = io::copy(&mut from_service, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from_server, mut to_service) = (server, stream);
    let _ = io::copy(&mut from_server, &mut to_service);
    let _ = to_service.shutdown(Shutdown::Both);
    let _ = from_server.shutdown(Shutdown::Both);
    let _ = up.join();
}

/// Starts the real servers behind proxies and waits for their ports; their numbers in the sandbox. Their output is nobody's record.
pub(crate) fn start(
    dependencies: &[StandIn],
    inside: &Inside,
    env: &BTreeMap<String, String>,
    folder: &str,
) -> Result<BTreeSet<u32>, Reason> {
    let mut servers = BTreeSet::new();
    for dependency in dependencies {
        let Some((command, addr)) = &dependency.server else { continue };
        let failed = |e: io::Error| reason!("dependency-unusable", name = dependency.name, detail = e);
        let pid = server(command, inside, env, folder).map_err(failed)?;
        servers.insert(pid.unsigned_abs());
        wait(inside, pid, *addr).map_err(failed)?;
    }
    Ok(servers)
}

fn server(command: &[String], inside: &Inside, env: &BTreeMap<String, String>, folder: &str) -> io::Result<i32> {
    let Some((program, args)) = command.split_first() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let names = ["PATH", "HOME", "HOSTNAME", "LANG", "TZ"];
    let env = env.iter().filter(|(n, _)| names.contains(&n.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect();
    let null = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    let null = null.as_fd().try_clone_to_owned()?;
    let sandbox = inside.sandbox()?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no such program");
    for program in candidates(program) {
        let (args, env) = (args.to_vec(), Clone::clone(&env));
        let ask = Ask::Spawn(Spawn { program, args, env, folder: folder.into(), trace: false });
        match sandbox.spawn(&ask, &null, &null) {
            Ok(pid) => return Ok(pid),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A bare name is looked for where programs usually are.
fn candidates(program: &str) -> Vec<String> {
    match program.contains('/') {
        true => vec![program.to_string()],
        false => ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin"]
            .map(|f| format!("{f}/{program}"))
            .to_vec(),
    }
}

fn wait(inside: &Inside, pid: i32, addr: SocketAddr) -> io::Result<()> {
    let until = Instant::now() + SERVER_READY;
    loop {
        let error = match inside.connect(addr, Duration::from_secs(1)) {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if let Some(exit) = inside.sandbox()?.exited(pid) {
            return Err(io::Error::other(format!("its server ended: {}", exit.shown())));
        }
        if Instant::now() > until {
            return Err(error);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
