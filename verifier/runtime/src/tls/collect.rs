//! One sheet of `endpoint.tls`: every open listener, at every address, under every name.

use super::canary::Canary;
use super::certificate;
use super::item::{Asked, Place, of_tcp, of_udp};
use super::line::{Clear, Line, Upgrade};
use super::numbers::{P256, X25519};
use super::quic::QuicLine;
use super::scene::{Declared, Scene, Socket, covers, is_host_name};
use assize_facts::kinds::endpoint::{NameKind, Tls};
use assize_facts::{Gap, Known, Origin, Progress, Reason, Request, Sheet, TlsVersion, reason};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Instant;

/// Listeners beyond this many, and names of one certificate beyond that many, are not asked.
const MOST_LISTENERS: usize = 64;
const MOST_NAMES: usize = 12;
/// Addresses asked at the same time.
const AT_ONCE: usize = 4;

/// Asks everything that is open and records it.
pub fn collect(request: &Request, scene: &Scene, progress: &dyn Progress) -> Sheet {
    let mut sheet = Sheet::of::<Tls>();
    sheet.with = request.args();
    let allowances = Allowances::read(request, &mut sheet);
    let began = Instant::now();
    let first = look(scene, &mut sheet);
    progress.step(&format!("asking {} listeners for TLS", first.len()));
    let tcp: Vec<Socket> = first.iter().filter(|s| !s.udp).cloned().collect();
    let mut found = ask_all(scene, &tcp, &first, &allowances);
    // UDP sockets that come and go belong to clients; those that stay are served.
    if first.iter().any(|s| s.udp) {
        std::thread::sleep(scene.between_looks.saturating_sub(began.elapsed()));
    }
    let second = look(scene, &mut sheet);
    let stayed: Vec<Socket> = first.iter().filter(|s| s.udp && second.contains(s)).cloned().collect();
    let late: Vec<Socket> = second.iter().filter(|s| !s.udp && !first.contains(s)).cloned().collect();
    let again: Vec<Socket> = stayed.iter().chain(&late).cloned().collect();
    found.extend(ask_all(scene, &again, &second, &allowances));
    let asked = tcp.len() + again.len();
    sheet.examined(asked as u64 + undeclared_addresses(scene, &first, &second, &allowances, &mut found));
    for outcome in found {
        for (fact, origin) in outcome.items {
            sheet.push(fact, origin);
        }
        sheet.gaps.extend(outcome.gaps);
    }
    sheet.settle();
    sheet
}

pub(super) fn look(scene: &Scene, sheet: &mut Sheet) -> Vec<Socket> {
    match (scene.look)() {
        Ok(mut sockets) => {
            sockets.sort();
            if sockets.len() > MOST_LISTENERS {
                sheet.gap(reason!("listeners-left-out", count = sockets.len() - MOST_LISTENERS), "");
                sockets.truncate(MOST_LISTENERS);
            }
            sockets
        }
        Err(reason) => {
            sheet.gap(reason, "");
            vec![]
        }
    }
}

/// Endpoints that are declared where no socket was found: asked at their address all the same. Returns how many.
fn undeclared_addresses(
    scene: &Scene,
    first: &[Socket],
    second: &[Socket],
    allowances: &Allowances,
    found: &mut Vec<Outcome>,
) -> u64 {
    let seen = |address: SocketAddr| first.iter().chain(second).any(|s| covers(s, address));
    let missing: BTreeSet<SocketAddr> =
        scene.endpoints.iter().filter_map(|e| e.address).filter(|address| !seen(*address)).collect();
    let sockets: Vec<Socket> = missing.into_iter().map(|address| Socket { udp: false, address, inode: 0 }).collect();
    found.extend(ask_all(scene, &sockets, &sockets, allowances));
    sockets.len() as u64
}

/// What one address brought.
#[derive(Default)]
pub(super) struct Outcome {
    pub items: Vec<(Tls, Origin)>,
    pub gaps: Vec<Gap>,
}

/// Asks sockets side by side, each address by one thread; the order of the outcome is that of the sockets.
pub(super) fn ask_all(scene: &Scene, sockets: &[Socket], open: &[Socket], allowances: &Allowances) -> Vec<Outcome> {
    let mut places: Vec<(SocketAddr, &Socket)> =
        sockets.iter().flat_map(|s| scene.places(s).into_iter().map(move |a| (a, s))).collect();
    // Sockets that share an address take turns: they are asked as one, more often.
    let mut seen = BTreeSet::new();
    places.retain(|(address, socket)| seen.insert((socket.udp, *address)));
    let families: BTreeSet<bool> = places.iter().filter(|(_, s)| !s.udp).map(|(a, _)| a.is_ipv4()).collect();
    let canaries: BTreeMap<bool, Canary> =
        families.into_iter().map(|four| (four, Canary::prove(scene.network, loopback(four)))).collect();
    let mut outcomes = Vec::new();
    for batch in places.chunks(AT_ONCE) {
        std::thread::scope(|threads| {
            let running: Vec<_> = batch
                .iter()
                .map(|(address, socket)| {
                    let sharing = open.iter().filter(|s| s.udp == socket.udp && covers(s, *address)).count();
                    let visit = Visit { scene, socket, address: *address, sharing, allowances };
                    let canary = canaries.get(&address.is_ipv4());
                    threads.spawn(move || if socket.udp { visit.udp() } else { visit.tcp(canary) })
                })
                .collect();
            outcomes.extend(running.into_iter().map(|t| t.join().expect("a visit that does not panic")));
        });
    }
    outcomes
}

fn loopback(four: bool) -> IpAddr {
    if four { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() }
}

/// One address of one listener.
struct Visit<'a> {
    scene: &'a Scene<'a>,
    socket: &'a Socket,
    address: SocketAddr,
    /// Sockets that share the address.
    sharing: usize,
    allowances: &'a Allowances,
}

impl Visit<'_> {
    fn declared(&self) -> Vec<&Declared> {
        let here = |e: &&Declared| e.address.is_some_and(|a| covers(self.socket, a));
        self.scene.endpoints.iter().filter(here).collect()
    }

    fn place(&self) -> Place {
        let declared = self.declared();
        let allowed = self.allowances.of(self.socket.udp, &declared, self.address.port());
        Place {
            endpoint: declared.first().map(|e| e.name.clone()),
            listener: self.socket.address,
            address: self.address,
            udp: self.socket.udp,
            allowed,
        }
    }

    fn line(&self) -> Line<'_> {
        Line {
            network: self.scene.network,
            to: self.address,
            upgrade: None,
            patience: self.scene.patience,
            until: Instant::now() + self.scene.budget,
        }
    }

    fn tcp(&self, canary: Option<&Canary>) -> Outcome {
        let mut outcome = Outcome::default();
        let nothing = Canary::default();
        let canary = canary.unwrap_or(&nothing);
        let line = self.line();
        match line.open() {
            Ok(stream) => drop(stream),
            // An IPv6 socket that does not take IPv4 after all.
            Err(_) if self.socket.address.is_ipv6() && self.address.is_ipv4() => return outcome,
            Err(answer) => {
                outcome.gap(reason!("listener-refused", answer = answer.shown()), self.address);
                return outcome;
            }
        }
        let declared = self.declared();
        let (paths, host) = paths_and_host(&declared);
        let clear = line.in_clear(host, &paths);
        let (upgrade, line) = match upgrade(&line, &clear) {
            Some(upgrade) => (Some(upgrade), line.with_upgrade(upgrade)),
            None => (None, line),
        };
        let plain = match upgrade {
            None => Known::Value(clear.answered()),
            Some(upgrade) => match self.line().served_without_upgrade(upgrade) {
                Some(served) => Known::Value(served),
                None => Known::Unknown(reason!("plain-undetermined", protocol = upgrade.name())),
            },
        };
        let asked = Asked { line: &line, canary, place: self.place(), clear, plain, rounds: rounds(self.sharing) };
        self.under_every_name(&asked, &declared, &mut outcome);
        outcome
    }

    fn under_every_name(&self, asked: &Asked, declared: &[&Declared], outcome: &mut Outcome) {
        let mut names: Vec<(NameKind, Option<String>)> =
            declared.iter().flat_map(|e| &e.names).map(|n| (NameKind::Declared, Some(n.clone()))).collect();
        names.push((NameKind::Nameless, None));
        names.dedup();
        let mut elsewhere: Option<String> = None;
        let mut at = 0;
        while let Some((kind, name)) = names.get(at).cloned() {
            let credentials = declared.first().copied();
            let (fact, certificate_names) = of_tcp(asked, kind, name.as_deref(), elsewhere.as_deref(), credentials);
            if elsewhere.is_none() && fact.accepted.contains(&TlsVersion::Tls13) {
                elsewhere = Some(name.clone().unwrap_or_default());
            }
            if at + 1 == names.len() && !names.iter().any(|(kind, _)| *kind == NameKind::Unlisted) {
                let more = self.more_names(&names, certificate_names, outcome);
                names.extend(more);
            }
            // What speaks no TLS under the first name has no other names.
            let no_tls = fact.accepted.is_empty() && !fact.answers.iter().any(|a| a.contains(": alert "));
            outcome.push(fact, self.address);
            if no_tls {
                return;
            }
            at += 1;
        }
    }

    /// Names of the certificate that were not asked yet, and one that is written nowhere.
    fn more_names(
        &self,
        asked: &[(NameKind, Option<String>)],
        certificate: Vec<String>,
        outcome: &mut Outcome,
    ) -> Vec<(NameKind, Option<String>)> {
        let known: BTreeSet<&str> = asked.iter().filter_map(|(_, n)| n.as_deref()).collect();
        let plain: BTreeSet<String> = certificate.iter().map(|n| n.replacen('*', "api", 1)).collect();
        let mut fresh: Vec<String> =
            plain.into_iter().filter(|n| !known.contains(n.as_str()) && is_host_name(n)).collect();
        if fresh.len() > MOST_NAMES {
            outcome.gap(reason!("names-left-out", count = fresh.len() - MOST_NAMES), self.address);
            fresh.truncate(MOST_NAMES);
        }
        let mut more: Vec<_> = fresh.into_iter().map(|n| (NameKind::Certificate, Some(n))).collect();
        more.push((NameKind::Unlisted, Some(unlisted_name())));
        more
    }

    fn udp(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let declared = self.declared();
        let name = declared.iter().flat_map(|e| e.names.first()).next();
        let until = Instant::now() + self.scene.budget;
        let line = QuicLine { network: self.scene.network, to: self.address, until };
        let kind = if name.is_some() { NameKind::Declared } else { NameKind::Nameless };
        let fact = of_udp(&line, self.place(), kind, name.map(String::as_str));
        outcome.push(fact, self.address);
        outcome
    }
}

/// What a client in clear asks for.
pub(super) fn paths_and_host<'a>(declared: &[&'a Declared]) -> (Vec<String>, &'a str) {
    let paths = declared.iter().flat_map(|e| e.paths.iter().cloned()).take(16).collect();
    let host = declared.iter().flat_map(|e| e.names.first()).next().map_or("localhost", String::as_str);
    (paths, host)
}

/// Every way of asking is repeated where sockets take turns: twelve times leave one of two hidden in less than one of four thousand runs.
fn rounds(sharing: usize) -> u32 {
    if sharing > 1 { 12 } else { 1 }
}

/// Whether TLS begins after the words of another protocol. Only asked where TLS at once is not what is spoken.
fn upgrade(line: &Line, clear: &Clear) -> Option<Upgrade> {
    use super::hello::Hello;
    let direct = matches!(clear, Clear::BadRequest | Clear::Tls | Clear::Http(_) | Clear::H2c);
    if direct || line.ask(&Hello::tls13(None)).is_tls() {
        return None;
    }
    let groups = [X25519, P256];
    // TLS is what answers a hello, be it with an alert.
    let begins = |upgrade: &Upgrade| line.with_upgrade(*upgrade).ask(&Hello::groups13(&groups, None)).is_tls();
    Upgrade::ALL.into_iter().find(begins)
}

/// A name like many others, of this run only.
fn unlisted_name() -> String {
    let word = |n| crate::random::word(n).unwrap_or_else(|_| "gateway".into());
    format!("{}.{}.net", word(5), word(8))
}

impl Outcome {
    fn push(&mut self, fact: Tls, address: SocketAddr) {
        let scheme = if fact.transport == "udp" { "udp" } else { "tcp" };
        self.items.push((fact, Origin::url(format!("{scheme}://{address}"))));
    }

    fn gap(&mut self, reason: Reason, address: SocketAddr) {
        self.gaps.push(Gap { reason, place: address.to_string(), owner: None });
    }
}

/// What the contract allows to go without TLS: endpoint or port, and why.
pub(super) struct Allowances {
    plain: Vec<(String, String)>,
    udp: Vec<(String, String)>,
}

impl Allowances {
    /// Entries are written `metrics: scraped on the pod's own network`; one without a reason allows nothing.
    pub fn read(request: &Request, sheet: &mut Sheet) -> Allowances {
        let mut list = |name: &str| {
            let entries =
                request.arg(name).and_then(|v| serde_json::from_value::<Vec<String>>(v).ok()).unwrap_or_default();
            let mut all = Vec::new();
            for entry in entries {
                match entry.split_once(':').map(|(key, why)| (key.trim(), why.trim())) {
                    Some((key, why)) if !key.is_empty() && !why.is_empty() => all.push((key.into(), why.into())),
                    _ => sheet.gap(reason!("allowance-without-reason", entry = entry), name),
                }
            }
            all
        };
        Allowances { plain: list("allow_plain"), udp: list("allow_udp") }
    }

    fn of(&self, udp: bool, endpoints: &[&Declared], port: u16) -> Option<String> {
        let list = if udp { &self.udp } else { &self.plain };
        let fits = |key: &str| key == port.to_string() || endpoints.iter().any(|e| e.name == key);
        list.iter().find(|(key, _)| fits(key)).map(|(_, why)| why.clone())
    }
}

/// Names of a certificate under which its owner may be asked.
pub(crate) fn names_of(chain: &[Vec<u8>]) -> Vec<String> {
    let Some(Ok(summary)) = chain.first().map(|der| certificate::summary(der)) else { return vec![] };
    summary.names
}
