//! What the targets share: small deliveries on a memory file system, read through the rooms' front doors.

use assize_delivery::Delivery;
#[cfg(feature = "collectors")]
use assize_facts::{BinarySpec, Layer};
use assize_facts::{Deliverable, Limits, Quiet, Request, kinds, sha256_hex};
use serde_json::json;
use std::cell::RefCell;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

thread_local! {
    static FOLDER: RefCell<TempDir> = RefCell::new(folder());
}

fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.expect("a temporary folder")
}

/// Small limits, so that what is slow is slow for a reason.
fn limits() -> Limits {
    Limits { unpacked: 64 << 20, entries: 20_000, ..Limits::default() }
}

/// Opens a delivery of these files.
fn with(files: &[(&str, &[u8])], spec: Deliverable, work: impl FnOnce(&Delivery)) {
    FOLDER.with_borrow_mut(|folder| {
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        work(&Delivery::open(folder.path(), spec, limits()).expect("it opens"));
    });
}

fn requests(prefixes: &[&str]) -> Vec<Request> {
    let wanted = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
    kinds::all()
        .iter()
        .filter(|kind| wanted(kind.name))
        .map(|kind| Request::new(kind.name, &Default::default()))
        .collect()
}

/// The inventory of one delivered file.
pub fn delivered(name: &str, bytes: &[u8]) {
    with(&[(name, bytes)], Deliverable::default(), |delivery| {
        delivery.collect(&requests(&["inventory.files"]), &Quiet);
    });
}

/// One delivered executable, by every kind of facts of binaries.
#[cfg(feature = "collectors")]
pub fn executable(bytes: &[u8]) {
    let binary = BinarySpec { name: "x".into(), path: "x".into(), ..BinarySpec::default() };
    let spec = Deliverable { binaries: vec![binary], ..Deliverable::default() };
    with(&[("x", bytes)], spec, |delivery| {
        delivery.collect(&requests(&["inventory.files"]), &Quiet);
        assize_binary::collect(delivery, Default::default(), &requests(&["binary."]), &Quiet);
    });
}

/// One Go file as the main package of a module, by every kind of facts of the source.
#[cfg(feature = "collectors")]
pub fn source(main: &[u8]) {
    let files: [(&str, &[u8]); 2] = [("go.mod", b"module example.com/m\n\ngo 1.26\n"), ("main.go", main)];
    with(&files, Deliverable::default(), |delivery| {
        let of_source: Vec<Request> = requests(&["source.", "inventory.suppressions"])
            .into_iter()
            .filter(|request| kinds::schema(&request.kind).is_some_and(|kind| kind.layers.contains(&Layer::Source)))
            .collect();
        assize_source::collect(delivery, &Default::default(), &of_source, &Quiet);
    });
}

/// One file beside the main package of a module, by one kind of facts of the source.
#[cfg(feature = "collectors")]
pub fn beside_source(name: &str, text: &[u8], kind: &str) {
    let files: [(&str, &[u8]); 3] = [
        ("go.mod", b"module example.com/m\n\ngo 1.26\n"),
        ("main.go", b"package main\n\nfunc main() {}\n"),
        (name, text),
    ];
    with(&files, Deliverable::default(), |delivery| {
        assize_source::collect(delivery, &Default::default(), &requests(&[kind]), &Quiet);
        fs::remove_file(delivery.root().join(name)).expect("it was written");
    });
}

/// A tar archive whose header checksums fit, so that what is behind them is reached.
pub fn with_checksums(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    let mut at = 0;
    while let Some(block) = bytes.get_mut(at..at + 512) {
        if block.iter().all(|b| *b == 0) {
            break;
        }
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let size = std::str::from_utf8(&block[124..135]).ok().and_then(|s| usize::from_str_radix(s.trim(), 8).ok());
        at += 512 + size.unwrap_or(0).min(1 << 20).next_multiple_of(512);
    }
    bytes
}

/// An ELF program for amd64 with the data as the strings of its build information (debug/buildinfo: the inline form of Go 1.18).
pub fn with_build_info(data: &[u8]) -> Vec<u8> {
    let mut section = b"\xff Go buildinf:\x08\x02".to_vec();
    section.resize(32, 0);
    section.extend(data);
    let names = b"\0.go.buildinfo\0.shstrtab\0";
    let (at, names_at) = (128_u64, 128 + section.len() as u64);
    let headers_at = (names_at + names.len() as u64).next_multiple_of(8);
    let mut out = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend([2, 0, 62, 0, 1, 0, 0, 0]);
    out.extend([0x40_0000_u64, 64, headers_at].map(u64::to_le_bytes).concat());
    out.extend([0, 0, 0, 0]);
    out.extend([64_u16, 56, 1, 64, 3, 2].map(u16::to_le_bytes).concat());
    out.extend([1_u32, 4].map(u32::to_le_bytes).concat());
    let size = section.len() as u64;
    out.extend([at, 0x40_1000, 0x40_1000, size, size, 16].map(u64::to_le_bytes).concat());
    out.resize(128, 0);
    out.extend(&section);
    out.extend(names);
    out.resize(headers_at as usize, 0);
    out.extend([0; 64]);
    let mut header = |name: u32, kind: u32, address: u64, from: u64, size: u64| {
        out.extend([name, kind].map(u32::to_le_bytes).concat());
        out.extend([2, address, from, size, 0, 16, 0].map(u64::to_le_bytes).concat());
    };
    header(1, 1, 0x40_1000, at, size);
    header(15, 3, 0, names_at, names.len() as u64);
    out
}

/// An image layout of which one part is the data; the first byte says which.
pub fn image(data: &[u8]) {
    let Some((which, data)) = data.split_first() else { return };
    let mut files: Vec<(String, Vec<u8>)> = vec![("oci-layout".into(), b"{}".to_vec())];
    let mut blob = |bytes: &[u8]| {
        let hex = sha256_hex(bytes);
        files.push((format!("blobs/sha256/{hex}"), bytes.to_vec()));
        json!({"digest": format!("sha256:{hex}"), "size": bytes.len(), "mediaType": "application/vnd.oci.image"})
    };
    let layer = if *which % 5 == 0 { with_checksums(data) } else { vec![0; 1024] };
    let diff_id = format!("sha256:{}", sha256_hex(&layer));
    let config = json!({"os": "linux", "architecture": "amd64", "config": {"Entrypoint": ["/x"]}, "rootfs": {"diff_ids": [diff_id]}});
    let config = if *which % 5 == 1 { data.to_vec() } else { config.to_string().into_bytes() };
    let (config, layer) = (blob(&config), blob(&layer));
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
    let manifest = if *which % 5 == 2 { data.to_vec() } else { manifest.to_string().into_bytes() };
    let index = json!({"manifests": [blob(&manifest)]});
    let index = if *which % 5 == 3 { data.to_vec() } else { index.to_string().into_bytes() };
    files.push(("index.json".into(), index));
    if *which % 5 == 4 {
        files.push(("manifest.json".into(), data.to_vec()));
    }
    with(&[("image.tar", &tar(&files))], Deliverable::default(), |delivery| {
        delivery.collect(&requests(&["image."]), &Quiet);
    });
}

fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..108].copy_from_slice(b"0000644\0");
        block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        out.extend(block);
        out.extend(content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    with_checksums(&out)
}
