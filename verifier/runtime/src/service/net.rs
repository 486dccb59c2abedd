//! Turns raw sockets of another network namespace into connected, listening and bound ones: a socket stays in the namespace where it was made.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{Backlog, SockaddrStorage, bind, connect, getsockopt, listen, setsockopt, sockopt};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 512;

/// Whether a connection that was begun is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    Done,
    Pending,
}

/// Sends the first packet of a connection and does not wait.
pub(super) fn begin(socket: &OwnedFd, addr: SocketAddr) -> io::Result<Begun> {
    fcntl(socket, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    match connect(socket.as_raw_fd(), &SockaddrStorage::from(addr)) {
        Ok(()) => Ok(Begun::Done),
        Err(Errno::EINPROGRESS) => Ok(Begun::Pending),
        Err(errno) => Err(errno.into()),
    }
}

/// Waits for a connection that was begun; the stream is blocking afterwards.
pub(super) fn connected(socket: OwnedFd, addr: SocketAddr, begun: Begun, timeout: Duration) -> io::Result<TcpStream> {
    if begun == Begun::Pending {
        settled(&socket, timeout)?;
    }
    fcntl(&socket, FcntlArg::F_SETFL(OFlag::empty()))?;
    let stream = TcpStream::from(socket);
    // Linux connects a port to itself when it picks the target's number for the source (tcp(7), simultaneous open).
    if stream.local_addr()? == addr {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn settled(socket: &OwnedFd, timeout: Duration) -> io::Result<()> {
    let until = Instant::now() + timeout;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let millis = PollTimeout::try_from(left.max(Duration::from_millis(1))).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)], millis) {
            Ok(0) if left.is_zero() => return Err(io::ErrorKind::TimedOut.into()),
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => break,
            Err(errno) => return Err(errno.into()),
        }
    }
    match getsockopt(socket, sockopt::SocketError)? {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// A listener that can take its address again at once.
pub(super) fn listening(socket: OwnedFd, addr: SocketAddr) -> io::Result<TcpListener> {
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    only_v6(&socket, addr)?;
    bind(socket.as_raw_fd(), &SockaddrStorage::from(addr))?;
    listen(&socket, Backlog::new(BACKLOG.min(libc::SOMAXCONN))?)?;
    Ok(TcpListener::from(socket))
}

pub(super) fn bound(socket: OwnedFd, addr: SocketAddr) -> io::Result<UdpSocket> {
    only_v6(&socket, addr)?;
    bind(socket.as_raw_fd(), &SockaddrStorage::from(addr))?;
    Ok(UdpSocket::from(socket))
}

/// An IPv6 socket of ours never takes the IPv4 port of a service.
fn only_v6(socket: &OwnedFd, addr: SocketAddr) -> io::Result<()> {
    if addr.is_ipv6() {
        setsockopt(socket, sockopt::Ipv6V6Only, &true)?;
    }
    Ok(())
}

/// The inode by which `/proc` names a socket.
pub(super) fn inode(socket: impl AsFd) -> io::Result<u64> {
    Ok(nix::sys::stat::fstat(socket)?.st_ino)
}
