//! How often anything in a network tried to reach out, by the counters of the kernel: also attempts that failed at once and left no socket behind.

use super::{View, text};
use std::io;

/// Counters of one network, from its beginning (proc_pid_net(5), net/ipv4/proc.c).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// TCP connections begun, to anywhere with a route: on loopback the tool's own among them.
    pub begun: u64,
    /// Packets and connections for which there was no route.
    pub no_route: u64,
    /// Datagrams to a port where nobody listens: look-ups of names end there.
    pub no_port: u64,
}

impl Outgoing {
    pub fn read(view: &View) -> io::Result<Outgoing> {
        let net = view.proc.join(format!("{}/net", view.network_of));
        let four = text(&net.join("snmp"))?;
        // A kernel without IPv6 has no such file and no such packets.
        let six = text(&net.join("snmp6")).unwrap_or_default();
        Outgoing::parse(&four, &six).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "counters"))
    }

    fn parse(four: &str, six: &str) -> Option<Outgoing> {
        Some(Outgoing {
            begun: column(four, "Tcp", "ActiveOpens")?,
            no_route: column(four, "Ip", "OutNoRoutes")? + line(six, "Ip6OutNoRoutes"),
            no_port: column(four, "Udp", "NoPorts")? + line(six, "Udp6NoPorts"),
        })
    }
}

/// `Tcp: ActiveOpens …` and under it `Tcp: 3 …`.
fn column(table: &str, family: &str, name: &str) -> Option<u64> {
    let mut rows = table.lines().filter_map(|l| l.strip_prefix(family)?.strip_prefix(':'));
    let at = rows.next()?.split_whitespace().position(|n| n == name)?;
    rows.next()?.split_whitespace().nth(at)?.parse().ok()
}

fn line(table: &str, name: &str) -> u64 {
    let value = |l: &str| l.split_once(char::is_whitespace).filter(|(n, _)| *n == name)?.1.trim().parse().ok();
    table.lines().find_map(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_their_names() {
        let four = "\
Ip: Forwarding OutNoRoutes ReasmTimeout
Ip: 1 4 0
Tcp: RtoAlgorithm ActiveOpens
Tcp: 1 7
Udp: InDatagrams NoPorts
Udp: 9 2
UdpLite: InDatagrams NoPorts
UdpLite: 0 0
";
        let six = "Ip6OutNoRoutes                  \t3\nUdp6NoPorts\t1\n";
        assert_eq!(Outgoing::parse(four, six), Some(Outgoing { begun: 7, no_route: 7, no_port: 3 }));
        assert_eq!(Outgoing::parse("", six), None);
    }
}
