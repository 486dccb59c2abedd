//! Fills the sandbox: what a program expects of `/etc`, the program under a name that says nothing, and the delivered files of `[run]` under `{work}`.

use super::places::Places;
use super::program;
use super::sandbox::Sandbox;
use crate::plan::RunPlan;
use crate::supervise::wire::Owner;
use assize_delivery::EntryKind;
use assize_facts::{Digest, Reason, RunSpec, Sha256, reason};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;

/// The zone of the sandbox: so odd an offset that local time cannot pass for UTC.
pub(crate) const TIME_ZONE: &str = "Asia/Kathmandu";

/// Where hosts keep their certificate authorities, in the order in which Go looks (crypto/x509/root_linux.go, Go 1.26).
const AUTHORITIES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The longest bundle of authorities that is shown.
const BUNDLE: u64 = 4 << 20;

/// What stands in `/etc`.
pub(crate) fn basics(sandbox: &Sandbox, hostname: &str, user: u32, work: &str) -> io::Result<()> {
    let put = |path: &str, text: &str| sandbox.put(path, 0o644, Owner::Sandbox, text.as_bytes());
    put(
        "/etc/passwd",
        &format!("root:x:0:0:root:/root:/sbin/nologin\napp:x:{user}:{user}:app:{work}:/sbin/nologin\n"),
    )?;
    put("/etc/group", &format!("root:x:0:\napp:x:{user}:\n"))?;
    put("/etc/hostname", &format!("{hostname}\n"))?;
    put(
        "/etc/hosts",
        &format!("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.0.1\t{hostname}\n"),
    )?;
    // Nobody answers there, so that a look-up fails at once and not after a time-out.
    put("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")?;
    put("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")?;
    put("/etc/timezone", &format!("{TIME_ZONE}\n"))?;
    sandbox.put("/etc/localtime", 0o644, Owner::Sandbox, &zone_file())?;
    if !Path::new("/usr/share/zoneinfo").join(TIME_ZONE).exists() {
        sandbox.put(&format!("/usr/share/zoneinfo/{TIME_ZONE}"), 0o644, Owner::Sandbox, &zone_file())?;
    }
    if let Some(bundle) = AUTHORITIES.iter().find_map(|path| std::fs::File::open(path).ok()) {
        let mut to = sandbox.create(AUTHORITIES[0], 0o644, Owner::Sandbox)?;
        io::copy(&mut bundle.take(BUNDLE), &mut to)?;
    }
    Ok(())
}

/// A TZif file, version 2, of one fixed offset and no transition (RFC 9636 §3): zone data need not be installed.
pub(crate) fn zone_file() -> Vec<u8> {
    let offset = i32::try_from(crate::ZONE_OFFSET).unwrap_or_default();
    let mut out = Vec::new();
    // The block for 32-bit readers and the one for 64-bit readers differ only in transitions, of which there are none.
    for _ in 0..2 {
        out.extend_from_slice(b"TZif2");
        out.extend_from_slice(&[0; 15]);
        let name = b"+0545\0";
        for count in [0, 0, 0, 0, 1, name.len() as u32] {
            out.extend_from_slice(&count.to_be_bytes());
        }
        out.extend_from_slice(&offset.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(name);
    }
    out.extend_from_slice(b"\n<+0545>-5:45\n");
    out
}

/// Copies the program to a path in the sandbox; the digest of what was copied.
pub(crate) fn program(plan: &RunPlan, sandbox: &Sandbox, delivered: &str, to: &str) -> Result<Digest, Reason> {
    let unusable = |e: io::Error| reason!("run-binary-unusable", path = delivered, detail = e);
    let mut from = program::open(&plan.delivery.host_path(delivered)).map_err(unusable)?;
    let mut into = sandbox.create(to, 0o555, Owner::Sandbox).map_err(unusable)?;
    let copied = copy(&mut from, &mut into, plan.delivery.limits().binary_file).map_err(unusable)?;
    if copied != plan.delivery.digest(delivered)? {
        return Err(reason!("file-changed", path = delivered));
    }
    Ok(copied)
}

/// Copies so many bytes at most; the digest of what was copied.
pub(crate) fn copy(from: &mut impl Read, to: &mut impl Write, limit: u64) -> io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        let got = match from.read(&mut part) {
            Ok(0) => return Ok(hash.digest()),
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        total += got as u64;
        if total > limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {limit} bytes")));
        }
        hash.update(&part[..got]);
        to.write_all(&part[..got])?;
    }
}

/// A file to be put under `{work}`.
#[derive(Debug, PartialEq, Eq)]
enum Item {
    File { delivered: String, mode: u32 },
    Link { target: String },
    Folder,
}

/// Copies the files of `[run]` under `{work}`, by their last name; what was put there, by path.
pub(crate) fn files(plan: &RunPlan, run: &RunSpec, sandbox: &Sandbox, places: &Places) -> Result<Vec<String>, Reason> {
    let mut items = BTreeMap::new();
    for path in &run.files {
        for (name, item) in gather(plan, path)? {
            if items.insert(name.clone(), item).is_some() {
                return Err(reason!("run-file-clash", name = name));
            }
        }
    }
    if let Some(path) = run.templates.iter().find(|t| !is_copied(run, t)) {
        return Err(reason!("run-file-unusable", path = path, detail = "a template that is not among the files"));
    }
    let mut put = Vec::new();
    for (name, item) in items {
        let to = format!("{}/{name}", places.work);
        let failed = |e: io::Error| reason!("run-file-unusable", path = &name, detail = e);
        match item {
            Item::Folder => sandbox.folder(&to, 0o755, Owner::Service).map_err(failed)?,
            Item::Link { target } => sandbox.link(&to, &target).map_err(failed)?,
            Item::File { delivered, mode } => {
                let content = content(plan, run, places, &delivered)?;
                sandbox.put(&to, mode, Owner::Service, &content).map_err(failed)?;
            }
        }
        put.push(to);
    }
    Ok(put)
}

fn is_copied(run: &RunSpec, path: &str) -> bool {
    run.files
        .iter()
        .any(|f| f == path || path.strip_prefix(f.trim_end_matches('/')).is_some_and(|r| r.starts_with('/')))
}

fn content(plan: &RunPlan, run: &RunSpec, places: &Places, delivered: &str) -> Result<Vec<u8>, Reason> {
    let content = plan.delivery.read(delivered)?;
    if !run.templates.iter().any(|t| t == delivered) {
        return Ok(content);
    }
    match String::from_utf8(content) {
        Ok(text) => Ok(places.fill_known(&text).into_bytes()),
        Err(_) => Err(reason!("run-file-unusable", path = delivered, detail = "a template that is not UTF-8")),
    }
}

/// A delivered file, or a folder with its inside, by the names that they get.
fn gather(plan: &RunPlan, path: &str) -> Result<Vec<(String, Item)>, Reason> {
    let path = path.trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path);
    let unusable = |detail: &str| reason!("run-file-unusable", path = path, detail = detail);
    let item = |entry: &assize_delivery::Entry| match &entry.kind {
        // Whoever unpacked the delivery may have lost modes; the service's own user has to be able to read.
        EntryKind::File => Ok(Item::File { delivered: entry.path.clone(), mode: (entry.mode & 0o777) | 0o400 }),
        EntryKind::Link(target) if stays_inside(&entry.path, path, target) => Ok(Item::Link { target: target.clone() }),
        EntryKind::Link(_) => Err(unusable("a link that leads out of it")),
        EntryKind::Special(_) => Err(unusable("a special file")),
    };
    if let Some(entry) = plan.delivery.entry(path) {
        return match &entry.kind {
            EntryKind::Link(_) => Err(unusable("a link")),
            EntryKind::File | EntryKind::Special(_) => Ok(vec![(last.to_string(), item(entry)?)]),
        };
    }
    let inside = plan.delivery.under(path);
    if inside.is_empty() {
        let is_folder = plan.delivery.host_path(path).symlink_metadata().is_ok_and(|m| m.is_dir());
        return if is_folder { Ok(vec![(last.to_string(), Item::Folder)]) } else { Err(unusable("not delivered")) };
    }
    let name = |entry: &assize_delivery::Entry| format!("{last}{}", &entry.path[path.len()..]);
    inside.iter().map(|entry| Ok((name(entry), item(entry)?))).collect()
}

/// Whether a relative link in `folder` leads to something in `folder`.
fn stays_inside(link: &str, folder: &str, target: &str) -> bool {
    if target.starts_with('/') {
        return false;
    }
    let mut depth = link[folder.len()..].matches('/').count() as i64 - 1;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_may_not_leave_their_folder() {
        for (target, inside) in [
            ("b", true),
            ("../c", true),
            ("..data/b", true),
            ("../../c", false),
            ("/etc/passwd", false),
            ("b/../../../x", false),
        ] {
            assert_eq!(stays_inside("run/tls/sub/a", "run/tls", target), inside, "{target}");
        }
    }

    #[test]
    fn the_zone_file_is_well_formed() {
        let file = zone_file();
        let block = 44 + 6 + 6;
        assert_eq!(file.len(), 2 * block + b"\n<+0545>-5:45\n".len());
        assert_eq!(file[44..48], 20_700i32.to_be_bytes());
        assert!(file[block..].starts_with(b"TZif2"));
    }
}
