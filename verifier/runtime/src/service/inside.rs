//! The network in which the service lives, as the tool reaches it: sockets made inside the sandbox, or on the host for what the tool did not confine.

use super::net;
use super::sandbox::Sandbox;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Makes sockets in the service's network and remembers which are the tool's own.
pub(crate) struct Inside {
    /// `None`: the service was started by others.
    pub sandbox: Option<Sandbox>,
    own: Mutex<BTreeSet<u64>>,
}

impl Inside {
    pub fn new(sandbox: Option<Sandbox>) -> Inside {
        Inside { sandbox, own: Mutex::default() }
    }

    /// The sandbox; without one, the service is not ours to do anything to.
    pub fn sandbox(&self) -> io::Result<&Sandbox> {
        let not_ours = || io::Error::new(io::ErrorKind::PermissionDenied, "the service was not started by this tool");
        self.sandbox.as_ref().ok_or_else(not_ours)
    }

    fn socket(&self, addr: SocketAddr, datagram: bool) -> io::Result<OwnedFd> {
        if let Some(sandbox) = &self.sandbox {
            return sandbox.socket(addr.is_ipv6(), datagram);
        }
        let family = if addr.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
        let kind = if datagram { SockType::Datagram } else { SockType::Stream };
        Ok(socket(family, kind, SockFlag::SOCK_CLOEXEC, None)?)
    }

    pub fn connect(&self, addr: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        net::connected(self.socket(addr, false)?, addr, timeout)
    }

    pub fn listen(&self, addr: SocketAddr) -> io::Result<TcpListener> {
        let listener = net::listening(self.socket(addr, false)?, addr)?;
        self.remember(&listener)?;
        Ok(listener)
    }

    pub fn bind_udp(&self, addr: SocketAddr) -> io::Result<UdpSocket> {
        let bound = net::bound(self.socket(addr, true)?, addr)?;
        self.remember(&bound)?;
        Ok(bound)
    }

    fn remember(&self, socket: impl AsFd) -> io::Result<()> {
        let inode = net::inode(socket)?;
        self.own.lock().unwrap_or_else(PoisonError::into_inner).insert(inode);
        Ok(())
    }

    /// Inodes of the tool's own waiting sockets, so far.
    pub fn own(&self) -> BTreeSet<u64> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
