//! The words between the tool, its supervisor and the sandbox's init: JSON in the datagrams of a `SOCK_SEQPACKET` pair, descriptors beside them (SCM_RIGHTS, unix(7)).

use super::canary::CanaryReport;
use nix::cmsg_space;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg, setsockopt, sockopt::SndBuf};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

/// The longest message; what may be longer travels in a memfd.
const LONGEST: usize = 128 << 10;
/// The most descriptors beside one message.
const MOST_DESCRIPTORS: usize = 4;

/// What the sandbox is to be like; the first message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    /// Without it, processes run as they are, below a folder of the host.
    pub sandbox: bool,
    /// User and group number that the service has inside.
    pub user: u32,
    /// The writable folders of the sandbox, `{work}` first.
    pub writable: Vec<String>,
    /// A folder for init's own files, which the service does not watch.
    pub private: String,
    /// Whether libraries of the host are shown read-only: only for programs that are linked dynamically.
    pub host_libraries: bool,
    /// Folders of the host that are shown besides, each at a place of its own.
    pub shown: Vec<Shown>,
    /// Bytes of each writable folder; what is written beyond meets ENOSPC.
    pub writable_bytes: u64,
    pub hostname: String,
    /// An address beside those of the loopback: what is served there and not on the loopback would otherwise not be seen.
    pub address: Option<Ipv4Addr>,
    /// Bytes of the memory of all processes together.
    pub memory: u64,
    /// Processes and threads together.
    pub processes: u64,
    /// Without a sandbox: the folder that stands for its root, to be made and removed.
    pub folder: Option<String>,
}

/// A folder of the operator's that the sandbox sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub from: String,
    pub to: String,
    pub writable: bool,
}

/// Who owns a made file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Owner {
    Service,
    Sandbox,
}

/// A process to be started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Spawn {
    pub program: String,
    /// Without the program's own name.
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub folder: String,
    /// Whether its system calls are followed from its exec on.
    pub trace: bool,
}

/// What init is asked to do. Paths are absolute, as the service sees them, and lead through no link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Makes a file (and the folders above it) and hands out a descriptor to write it.
    Create {
        path: String,
        mode: u32,
        owner: Owner,
    },
    Folder {
        path: String,
        mode: u32,
        owner: Owner,
    },
    Link {
        path: String,
        target: String,
    },
    /// Hands out a descriptor to read a regular file.
    Open {
        path: String,
    },
    Rename {
        from: String,
        to: String,
    },
    Remove {
        path: String,
    },
    /// Lists the regular files below folders: a memfd with `Vec<(String, u64)>`.
    List {
        folders: Vec<String>,
    },
    /// Hands out a new socket of the sandbox's network.
    Socket {
        v6: bool,
        datagram: bool,
    },
    /// From now on only the writable folders are writable.
    Seal,
    /// Runs the control process; `environment` holds the zone that the service gets.
    Canary {
        time_zone: Option<String>,
    },
    /// Starts a process; standard output and error come beside the message.
    Spawn(Spawn),
    /// Ends the tracing; the record follows as a notice.
    Untrace,
    Signal {
        pid: i32,
        signal: i32,
    },
    /// Shows the file `from` at `path` to everyone in the sandbox, in one step.
    BindOver {
        from: String,
        path: String,
    },
    Unbind {
        path: String,
    },
}

/// What init answers, one per [`Ask`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Done,
    Pid(i32),
    Canary(CanaryReport),
    Failed { step: String, errno: i32 },
}

/// What supervisor and init say by themselves, on the second socket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Notice {
    /// The sandbox stands; the supervisor adds the number of init on the host.
    Init {
        pid: i32,
    },
    Ready,
    /// What limits are in force: `cgroup1`, `cgroup2` or `rlimits`, and what an earlier run left behind that was removed now.
    Confined {
        limits: String,
        removed: Vec<String>,
    },
    /// The sandbox cannot be had.
    Unavailable {
        step: String,
        errno: i32,
    },
    /// A process that was asked for ended.
    Exited {
        pid: i32,
        code: Option<i32>,
        signal: Option<i32>,
    },
    /// The tracer's record, as JSON in a memfd.
    Traced,
}

/// Sends one message with descriptors. A closed other end is an error, never SIGPIPE.
pub(crate) fn send<T: Serialize>(socket: impl AsFd, message: &T, fds: &[RawFd]) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    if text.len() > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a message that is too long"));
    }
    let rights = [ControlMessage::ScmRights(fds)];
    let beside: &[ControlMessage] = if fds.is_empty() { &[] } else { &rights };
    loop {
        let sent =
            sendmsg::<()>(socket.as_fd().as_raw_fd(), &[IoSlice::new(&text)], beside, MsgFlags::MSG_NOSIGNAL, None);
        match sent {
            Ok(_) => return Ok(()),
            Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Receives one message; `None` when the other end is closed.
pub(crate) fn receive<T: DeserializeOwned>(socket: impl AsFd) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut buffer = vec![0u8; LONGEST];
    let mut space = cmsg_space!([RawFd; MOST_DESCRIPTORS]);
    let mut fds = Vec::new();
    let length = {
        let mut parts = [IoSliceMut::new(&mut buffer)];
        let message = loop {
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            match recvmsg::<()>(socket.as_fd().as_raw_fd(), &mut parts, Some(&mut space), flags) {
                Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
                Ok(message) => break message,
            }
        };
        for beside in message.cmsgs()? {
            if let ControlMessageOwned::ScmRights(received) = beside {
                // SAFETY: the kernel has just made these descriptors for us and nobody else knows them.
                fds.extend(received.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
            }
        }
        message.bytes
    };
    if length == 0 {
        return Ok(None);
    }
    Ok(Some((serde_json::from_slice(&buffer[..length])?, fds)))
}

/// Makes room for the longest message.
pub(crate) fn widen(socket: impl AsFd) -> io::Result<()> {
    Ok(setsockopt(&socket, SndBuf, &(2 * LONGEST))?)
}
