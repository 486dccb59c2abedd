//! The file system, network and name of the sandbox: an empty root on a tmpfs with a few devices, the host's zone data and libraries where needed, and a loopback interface.

use super::wire::{Setup, Shown};
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use std::ffi::CString;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

/// A step that failed, by name, and why.
pub(crate) type Step<T> = Result<T, (String, Errno)>;

const NONE: Option<&str> = None;
/// How long what is busy may stay so.
const PATIENCE: Duration = Duration::from_secs(5);
/// Devices that are shown; everything else of `/dev` is not there.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];
/// Bytes of the root itself: `/etc`, the program.
const ROOT_SIZE: u64 = 3 << 30;
/// Any existing folder does to hang the new root on: the mount namespace is our own.
const HANGERS: &[&str] = &["/tmp", "/mnt", "/run", "/var", "/dev/shm"];

pub(crate) fn step<T, E: Into<Trouble>>(name: &str, result: Result<T, E>) -> Step<T> {
    result.map_err(|error| (name.to_string(), error.into().0))
}

/// An error number from wherever it comes.
pub(crate) struct Trouble(pub Errno);

impl From<Errno> for Trouble {
    fn from(errno: Errno) -> Trouble {
        Trouble(errno)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Trouble {
        Trouble(Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))
    }
}

/// Builds the root and moves into it. Called by the sandbox's init, in namespaces of its own.
pub(crate) fn build(setup: &Setup) -> Step<()> {
    // Without this, mounts made here would appear on hosts whose root is shared (systemd's default).
    step("mount-private", mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE))?;
    let root = hang(&setup.shown)?;
    folders(root, setup)?;
    devices(root)?;
    for name in host_folders(setup.host_libraries) {
        show(root, name)?;
    }
    for folder in &setup.shown {
        show_at(root, folder)?;
    }
    let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    // A user namespace may mount this only while another, full /proc is still visible (mount_namespaces(7)).
    step("mount-proc", mount(Some("proc"), Path::new(&format!("{root}/proc")), Some("proc"), quiet, NONE))?;
    step("enter-root", nix::unistd::chdir(root))?;
    step("pivot-root", nix::unistd::pivot_root(".", "."))?;
    step("leave-old-root", umount2(".", MntFlags::MNT_DETACH))?;
    step("enter-root", nix::unistd::chdir("/"))
}

/// Mounts the new root over a folder that hides nothing of what is shown.
fn hang(shown: &[Shown]) -> Step<&'static str> {
    let mut last = ("mount-root".to_string(), Errno::ENOENT);
    let options = format!("size={ROOT_SIZE},nr_inodes=200000,mode=755");
    let hides = |hanger: &&&str| {
        let place = fs::canonicalize(**hanger).unwrap_or_else(|_| (**hanger).into());
        shown.iter().any(|folder| Path::new(&folder.from).starts_with(&place))
    };
    for hanger in HANGERS.iter().filter(|hanger| !hides(hanger)) {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        match mount(Some("tmpfs"), *hanger, Some("tmpfs"), flags, Some(options.as_str())) {
            Ok(()) => return Ok(hanger),
            Err(errno) => last.1 = errno,
        }
    }
    Err(last)
}

fn make(path: &str, mode: u32) -> Step<()> {
    step("make-folder", fs::DirBuilder::new().recursive(true).mode(mode).create(path))?;
    // The mask of the caller must not decide.
    step("make-folder", fs::set_permissions(path, fs::Permissions::from_mode(mode)))
}

fn folders(root: &str, setup: &Setup) -> Step<()> {
    for name in ["etc", "proc", "dev", "usr", "usr/share", "var", "var/tmp", "run", "opt", "srv", "home"] {
        make(&format!("{root}/{name}"), 0o755)?;
    }
    for (place, name) in setup.writable.iter().enumerate() {
        let path = writable(root, name, if place == 0 { 0o755 } else { 0o1777 }, setup.writable_bytes)?;
        let user = nix::unistd::Uid::from_raw(setup.user);
        let group = nix::unistd::Gid::from_raw(setup.user);
        step("own-writable", nix::unistd::chown(path.as_str(), Some(user), Some(group)))?;
    }
    writable(root, &setup.private, 0o711, setup.writable_bytes).map(drop)
}

fn writable(root: &str, name: &str, mode: u32, size: u64) -> Step<String> {
    let path = format!("{root}{name}");
    make(&path, 0o755)?;
    let options = format!("size={size},nr_inodes=100000,mode={mode:o}");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    step("mount-writable", mount(Some("tmpfs"), path.as_str(), Some("tmpfs"), flags, Some(options.as_str())))?;
    Ok(path)
}

fn devices(root: &str) -> Step<()> {
    for name in DEVICES {
        let (from, to) = (format!("/dev/{name}"), format!("{root}/dev/{name}"));
        step("make-device", fs::write(&to, b""))?;
        let bound = mount(Some(from.as_str()), to.as_str(), NONE, MsFlags::MS_BIND, NONE);
        step(&format!("bind-/dev/{name}"), bound)?;
    }
    for (name, target) in [("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")] {
        step("make-device", symlink(format!("/proc/self/{target}"), format!("{root}/dev/{name}")))?;
    }
    make(&format!("{root}/dev/shm"), 0o755)?;
    let options = Some("size=64m,nr_inodes=10000,mode=1777");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    step("mount-shm", mount(Some("tmpfs"), format!("{root}/dev/shm").as_str(), Some("tmpfs"), flags, options))
}

/// What of the host is shown, read-only.
fn host_folders(libraries: bool) -> Vec<&'static str> {
    let mut shown = vec!["/usr/share/zoneinfo"];
    if libraries {
        shown.extend(["/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives"]);
        // All of /usr holds the zone data already.
        shown.remove(0);
    }
    shown.retain(|path| Path::new(path).exists());
    shown
}

/// Shows a folder or file of the host read-only; a link (`/lib` → `usr/lib`) is made again as a link.
fn show(root: &str, name: &str) -> Step<()> {
    let to = format!("{root}{name}");
    if let Ok(target) = fs::read_link(name) {
        return step("show-host", symlink(target, &to));
    }
    if Path::new(name).is_dir() {
        make(&to, 0o755)?;
    } else {
        step("show-host", fs::write(&to, b""))?;
    }
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    step(&format!("bind-{name}"), mount(Some(name), to.as_str(), NONE, flags, NONE))?;
    step(&format!("read-only-{name}"), read_only(&to))
}

/// Shows a folder of the host at another place.
fn show_at(root: &str, folder: &Shown) -> Step<()> {
    let to = format!("{root}{}", folder.to);
    make(&to, 0o755)?;
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    step("bind-shown", mount(Some(folder.from.as_str()), to.as_str(), NONE, flags, NONE))?;
    if folder.writable { Ok(()) } else { step("read-only-shown", read_only(&to)) }
}

/// Makes one mount read-only. A user namespace may not clear flags that the mount came with (mount_namespaces(7)), so they are repeated.
fn read_only(path: &str) -> nix::Result<()> {
    let had = mount_flags(path)?;
    let mut flags =
        MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    for (seen, flag) in [
        (libc::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (libc::ST_NOATIME, MsFlags::MS_NOATIME),
        (libc::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (ST_RELATIME, MsFlags::MS_RELATIME),
    ] {
        flags.set(flag, had & seen != 0);
    }
    mount(NONE, path, NONE, flags, NONE)
}

/// From include/linux/statfs.h; musl's headers do not have it.
const ST_RELATIME: libc::c_ulong = 0x1000;

/// The flags that a mount has (statvfs(3)), whole: the wrapper of nix drops those that the C library has no name for.
fn mount_flags(path: &str) -> nix::Result<libc::c_ulong> {
    let path = std::ffi::CString::new(path).map_err(|_| nix::errno::Errno::EINVAL)?;
    let mut seen = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero and outlives the call, which fills the structure where it succeeds.
    nix::errno::Errno::result(unsafe { libc::statvfs(path.as_ptr(), seen.as_mut_ptr()) })?;
    // SAFETY: the call above succeeded.
    Ok(unsafe { seen.assume_init() }.f_flag)
}

/// From now on only the writable folders are writable.
pub(crate) fn seal() -> Step<()> {
    step("seal", patiently(Errno::EBUSY, || read_only("/")))
}

/// Tries again while a file is open for writing that nobody writes any more: a child that another thread of the tool made has our descriptors
/// until it begins its own program (execve(2)), and a busy machine takes its time.
pub(super) fn patiently<T>(busy: Errno, mut attempt: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Err(errno) if errno == busy && Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            done => return done,
        }
    }
}

/// Brings `lo` up (127.0.0.1 and ::1 come with it), with an address of its own, and lets everyone bind low ports, as container engines do.
pub(crate) fn network(hostname: &str, address: Option<Ipv4Addr>) -> Step<()> {
    step("set-hostname", nix::unistd::sethostname(hostname))?;
    for (name, value) in [
        ("ipv6/conf/all/disable_ipv6", "0"),
        ("ipv6/conf/default/disable_ipv6", "0"),
        ("ipv4/ip_unprivileged_port_start", "0"),
    ] {
        // A kernel without IPv6 has no such file; the probes then find no ::1 and say so.
        let _ = fs::write(format!("/proc/sys/net/{name}"), value);
    }
    step("loopback-up", loopback_up())?;
    match address {
        Some(address) => step("own-address", own_address(address)),
        None => Ok(()),
    }
}

fn loopback_up() -> nix::Result<()> {
    let mut request = interface("lo");
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    set_interface(libc::SIOCSIFFLAGS, &request)
}

/// A second label of the interface, with an address that belongs to no other network.
fn own_address(address: Ipv4Addr) -> nix::Result<()> {
    for (what, value) in [(libc::SIOCSIFADDR, address), (libc::SIOCSIFNETMASK, Ipv4Addr::BROADCAST)] {
        let mut request = interface("lo:1");
        let mut plain = [0; 14];
        // A sockaddr_in: the port, then the address in network order (ip(7)).
        for (to, from) in plain.iter_mut().skip(2).zip(value.octets()) {
            *to = from as libc::c_char;
        }
        request.ifr_ifru.ifru_addr = libc::sockaddr { sa_family: libc::AF_INET as libc::sa_family_t, sa_data: plain };
        set_interface(what, &request)?;
    }
    Ok(())
}

fn interface(name: &str) -> libc::ifreq {
    // SAFETY: an all-zero ifreq is a valid value of this plain C struct; the name stays terminated by what is left of the zeros.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    let room = request.ifr_name.len() - 1;
    for (to, from) in request.ifr_name.iter_mut().take(room).zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    request
}

fn set_interface(what: libc::c_ulong, request: &libc::ifreq) -> nix::Result<()> {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
    use std::os::fd::AsRawFd;
    let socket = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    // SAFETY: requests that set something read the struct that we own (netdevice(7)).
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), what as _, request) };
    Errno::result(result).map(drop)
}

/// Shows one file at the place of another to everyone in the mount namespace.
pub(crate) fn bind_over(from: &str, path: &str) -> nix::Result<()> {
    let text = |t: &str| CString::new(t).map_err(|_| Errno::EINVAL);
    let (from, path) = (text(from)?, text(path)?);
    mount(Some(from.as_c_str()), path.as_c_str(), NONE, MsFlags::MS_BIND, NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_busy_is_tried_again() {
        let outcomes = |all: &[nix::Result<u8>]| {
            let mut rest = all.iter().copied();
            let done = patiently(Errno::EBUSY, || rest.next().expect("it ends before"));
            (done, rest.len())
        };
        assert_eq!(outcomes(&[Ok(1), Ok(2)]), (Ok(1), 1));
        assert_eq!(outcomes(&[Err(Errno::EBUSY), Err(Errno::EBUSY), Ok(1)]), (Ok(1), 0));
        assert_eq!(outcomes(&[Err(Errno::EPERM), Ok(1)]), (Err(Errno::EPERM), 1));
        assert_eq!(outcomes(&[Err(Errno::EBUSY), Err(Errno::EROFS), Ok(1)]), (Err(Errno::EROFS), 1));
    }
}
