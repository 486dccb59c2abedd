//! Sockets that wait for others, from `/proc/PID/net`, and who holds them, from `/proc/PID/fd`.

use super::{Listener, ProcessSnapshot, Protocol, View, text};
use assize_facts::Known;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// TCP_LISTEN (include/net/tcp_states.h).
const LISTEN: &str = "0A";
/// TCP_CLOSE: of a UDP socket, bound and not connected.
const UNCONNECTED: &str = "07";
/// SO_ACCEPTCON of a Unix socket (include/uapi/linux/net.h, __SO_ACCEPTCON).
const ACCEPTING: u32 = 1 << 16;
/// The most descriptors of one process that are looked at.
const DESCRIPTORS: usize = 100_000;

/// The inodes of the sockets that a process has open.
pub(super) fn of_process(home: &Path) -> io::Result<Vec<u64>> {
    let mut found = BTreeSet::new();
    for (seen, entry) in fs::read_dir(home.join("fd"))?.enumerate() {
        if seen > DESCRIPTORS {
            return Err(io::Error::other(format!("more than {DESCRIPTORS} descriptors")));
        }
        // One that was closed meanwhile was not open.
        let Ok(target) = fs::read_link(entry?.path()) else { continue };
        let inode: Option<u64> =
            target.to_str().and_then(|t| t.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
        found.extend(inode);
    }
    Ok(found.into_iter().collect())
}

/// Every waiting socket in the network of the view, save those in `ours`, with its holders among `processes`, ordered.
pub(crate) fn listeners(view: &View, processes: &[ProcessSnapshot], ours: &BTreeSet<u64>) -> io::Result<Vec<Listener>> {
    let net = view.proc.join(format!("{}/net", view.network_of));
    let mut found = Vec::new();
    for (file, protocol, state) in [
        ("tcp", Protocol::Tcp, LISTEN),
        ("tcp6", Protocol::Tcp, LISTEN),
        ("udp", Protocol::Udp, UNCONNECTED),
        ("udp6", Protocol::Udp, UNCONNECTED),
        ("udplite", Protocol::Udp, UNCONNECTED),
        ("udplite6", Protocol::Udp, UNCONNECTED),
    ] {
        match text(&net.join(file)) {
            Ok(table) => found.extend(internet(&table, protocol, state)),
            // A kernel without IPv6 or UDP-Lite has no such table and no such sockets.
            Err(error) if error.kind() == io::ErrorKind::NotFound && file != "tcp" && file != "udp" => {}
            Err(error) => return Err(error),
        }
    }
    found.extend(unix(&text(&net.join("unix"))?));
    found.retain(|l| !ours.contains(&l.inode));
    for listener in &mut found {
        let holds =
            |p: &&ProcessSnapshot| matches!(&p.sockets, Known::Value(s) if s.binary_search(&listener.inode).is_ok());
        listener.pids = processes.iter().filter(holds).map(|p| p.pid).collect();
    }
    found.sort();
    Ok(found)
}

/// `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …` (proc_pid_net(5)).
fn internet(table: &str, protocol: Protocol, state: &str) -> Vec<Listener> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let address = address(fields.get(1)?)?;
        let inode = fields.get(9)?.parse().ok()?;
        let waits = *fields.get(3)? == state;
        waits.then_some(Listener { protocol, address: Some(address), path: None, inode, pids: Vec::new() })
    };
    table.lines().skip(1).filter_map(row).collect()
}

/// Hexadecimal words in the byte order of the machine, and a port.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(ip.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip = match ip.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for at in 0..4 {
                bytes[at * 4..at * 4 + 4].copy_from_slice(&word(at)?);
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// `Num RefCount Protocol Flags Type St Inode Path`; stream sockets that accept, and bound datagram sockets.
fn unix(table: &str) -> Vec<Listener> {
    const DATAGRAM: &str = "0002";
    let row = |line: &str| {
        let mut fields = line.split_whitespace();
        let flags = u32::from_str_radix(fields.nth(3)?, 16).ok()?;
        let kind = fields.next()?;
        let inode = fields.nth(1)?.parse().ok()?;
        let path = fields.collect::<Vec<_>>().join(" ");
        let waits = flags & ACCEPTING != 0 || (kind == DATAGRAM && !path.is_empty());
        let path = Some(path);
        waits.then_some(Listener { protocol: Protocol::Unix, address: None, path, inode, pids: Vec::new() })
    };
    table.lines().skip(1).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_give_waiting_sockets_only() {
        let tcp6 = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1
   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4712 1
   2: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:A000 01 00000000:00000000 00:00000000 00000000  1000        0 4713 1
";
        let shown: Vec<String> = internet(tcp6, Protocol::Tcp, LISTEN)
            .iter()
            .map(|l| format!("{} {}", l.address.expect("an address"), l.inode))
            .collect();
        assert_eq!(shown, ["[::]:8080 4711", "[::1]:8081 4712"]);
        let udp = "  sl\n 9: 0100007F:0035 00000000:0000 07 0:0 0:0 0 0 0 99 2\n 9: 0100007F:0036 0100007F:0035 01 0:0 0:0 0 0 0 98 2\n";
        let found = internet(udp, Protocol::Udp, UNCONNECTED);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].address, "127.0.0.1:53".parse().ok());
    }

    #[test]
    fn unix_sockets_that_accept_are_found() {
        let table = "\
Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 11 /srv/x/a b.sock
0000000000000000: 00000003 00000000 00000000 0001 03 12 /srv/x/a.sock
0000000000000000: 00000002 00000000 00000000 0002 01 13 @log
0000000000000000: 00000002 00000000 00000000 0002 01 14
";
        let shown: Vec<(u64, Option<String>)> = unix(table).into_iter().map(|l| (l.inode, l.path)).collect();
        assert_eq!(shown, [(11, Some("/srv/x/a b.sock".to_string())), (13, Some("@log".to_string()))]);
    }
}
