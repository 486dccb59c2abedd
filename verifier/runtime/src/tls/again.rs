//! Late in the run: what was opened since the first look, and what takes more by now than it took then.

use super::collect::{Allowances, Outcome, ask_all, look, paths_and_host};
use super::interview::takes_another;
use super::line::{Line, Upgrade};
use super::scene::{Scene, Socket, covers};
use assize_facts::kinds::endpoint::Tls;
use assize_facts::{Item, Progress, Request, Sheet, TlsVersion};
use std::net::SocketAddr;
use std::time::Instant;

/// Looks once more and adds what is new to the sheet of the first look. What is refused or unclear now adds nothing: it was examined before.
pub fn again(request: &Request, scene: &Scene, progress: &dyn Progress, sheet: &mut Sheet) {
    progress.step("looking at its listeners again");
    // What is wrong with the entries, the first look said.
    let allowances = Allowances::read(request, &mut Sheet::of::<Tls>());
    let earlier: Vec<Earlier> = sheet.items.iter().filter_map(Earlier::read).collect();
    let open = look(scene, sheet);
    let mut fresh: Vec<Socket> = open.iter().filter(|s| !earlier.iter().any(|e| e.is_of(s))).cloned().collect();
    if fresh.iter().any(|s| s.udp) {
        // Those of clients are gone by then.
        std::thread::sleep(scene.between_looks);
        let later = look(scene, sheet);
        fresh.retain(|s| !s.udp || later.contains(s));
    }
    sheet.examined(fresh.len() as u64);
    let changed = open.iter().filter(|s| !s.udp && scene.places(s).iter().any(|a| changed(scene, s, *a, &earlier)));
    let asked: Vec<Socket> = fresh.iter().chain(changed).cloned().collect();
    for Outcome { items, gaps } in ask_all(scene, &asked, &open, &allowances) {
        for (fact, origin) in items {
            sheet.push(fact, origin);
        }
        sheet.gaps.extend(gaps);
    }
    sheet.settle();
}

/// What the first look found at one address under one name.
struct Earlier {
    listener: String,
    udp: bool,
    address: String,
    name: Option<String>,
    upgrade: Option<Upgrade>,
    accepted: Vec<TlsVersion>,
    /// Known not to answer in clear.
    silent: bool,
}

impl Earlier {
    fn read(item: &Item) -> Option<Earlier> {
        let accepted = item.texts("accepted").unwrap_or_default();
        Some(Earlier {
            listener: item.text("listener")?.into(),
            udp: item.text("transport")? == "udp",
            address: item.text("address")?.into(),
            name: item.text("server_name").map(str::to_string),
            upgrade: item.text("upgrade").and_then(Upgrade::named),
            accepted: accepted.into_iter().filter_map(TlsVersion::parse).collect(),
            silent: item.bool("answers_plain") == Some(false),
        })
    }

    fn is_of(&self, socket: &Socket) -> bool {
        self.udp == socket.udp && self.listener == socket.address.to_string()
    }
}

/// Whether a listener takes a version that it did not take before, or answers in clear what it did not.
fn changed(scene: &Scene, socket: &Socket, address: SocketAddr, earlier: &[Earlier]) -> bool {
    let here = || earlier.iter().filter(|e| e.is_of(socket) && e.address == address.to_string());
    let until = Instant::now() + scene.budget;
    let line = |upgrade| Line { network: scene.network, to: address, upgrade, patience: scene.patience, until };
    let declared: Vec<_> = scene.endpoints.iter().filter(|e| e.address.is_some_and(|a| covers(socket, a))).collect();
    let (paths, host) = paths_and_host(&declared);
    let plain = || here().any(|e| e.silent && e.upgrade.is_none()) && line(None).in_clear(host, &paths).answered();
    let speaks = |e: &Earlier| !e.accepted.is_empty();
    here().filter(|e| speaks(e)).any(|e| takes_another(&line(e.upgrade), e.name.as_deref(), &e.accepted)) || plain()
}
