//! The network in which the service lives, as the tool reaches it: sockets made inside the sandbox, or on the host for what the tool did not confine.

use super::net;
use super::sandbox::Sandbox;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

/// Makes sockets in the service's network and remembers which are the tool's own.
pub(crate) struct Inside {
    /// `None`: the service was started by others.
    pub sandbox: Option<Sandbox>,
    own: Mutex<BTreeSet<u64>>,
    /// Connections that the tool began, so that they can be told from the service's.
    begun: AtomicU64,
    dialling: RwLock<()>,
}

impl Inside {
    pub fn new(sandbox: Option<Sandbox>) -> Inside {
        Inside { sandbox, own: Mutex::default(), begun: AtomicU64::new(0), dialling: RwLock::new(()) }
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
        let socket = self.socket(addr, false)?;
        let begun = {
            let _dialling = self.dialling.read().unwrap_or_else(PoisonError::into_inner);
            let begun = net::begin(&socket, addr);
            // What has no route is not counted by the kernel as begun either.
            if begun.as_ref().map_or_else(|e| e.kind() == io::ErrorKind::ConnectionRefused, |_| true) {
                self.begun.fetch_add(1, Ordering::Relaxed);
            }
            begun
        };
        net::connected(socket, addr, begun?, timeout)
    }

    /// Looks at something while no connection of the tool is just beginning; given is how many it began.
    pub fn between_connections<T>(&self, look: impl FnOnce(u64) -> T) -> T {
        let _still = self.dialling.write().unwrap_or_else(PoisonError::into_inner);
        look(self.begun.load(Ordering::Relaxed))
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
