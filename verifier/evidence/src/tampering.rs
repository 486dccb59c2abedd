//! Every single byte of a signed, timestamped pack, in both forms: none can be changed unnoticed.

use crate::folder::assemble;
use crate::manifest::Manifest;
use crate::pack::{MANIFEST, Pack, PackError};
use crate::stamp::tests::Authority;
use crate::tests::{BUYER, SUPPLIER, key, pack, trust};
use crate::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A small pack with everything that one can have: two signers, a timestamp, an exhibit.
fn whole() -> (Pack, Roots) {
    let authority = Authority::new();
    authority.certificate("middle", "root", "P-256", "root");
    authority.certificate("tsa", "middle", "P-256", "tsa");
    let roots = authority.roots("root.pem");
    let mut pack = pack();
    pack.add("exhibits/0001-http-quiet.jsonl", Role::Exhibit, *b"{\"number\":1}\n");
    let plan = Plan { stamping: Stamping::First, ..Plan::default() };
    sign(&mut pack, &key(BUYER), &plan).expect("the buyer signs");
    sign(&mut pack, &key(SUPPLIER), &Plan::default()).expect("the supplier signs");
    let (_, request) = stamp_request(&pack, None).expect("a request");
    let answer = authority.answer(&request, "tsa", "middle");
    attach_stamp(&mut pack, None, &answer, &roots).expect("a good answer");
    (pack, roots)
}

/// What a checker with the contract and the root in hand finds of files in a folder.
fn folder_standing(files: &BTreeMap<String, Vec<u8>>, roots: &Roots) -> Result<Standing, PackError> {
    let manifest = Manifest::parse(files.get(MANIFEST).ok_or_else(|| PackError::Missing(MANIFEST.into()))?)?;
    standing_by(manifest, files, roots)
}

fn standing_by(manifest: Manifest, files: &BTreeMap<String, Vec<u8>>, roots: &Roots) -> Result<Standing, PackError> {
    let names: Vec<String> = files.keys().cloned().collect();
    let read = |name: &str| Ok(files.get(name).cloned().unwrap_or_default());
    standing_of(&assemble(manifest, &names, read)?.0, roots)
}

fn standing_of(pack: &Pack, roots: &Roots) -> Result<Standing, PackError> {
    let trusted = [trust(BUYER, Some("buyer")), trust(SUPPLIER, Some("supplier"))];
    Ok(standing(open_signatures(pack)?.as_ref(), &trusted, roots))
}

fn files_of(pack: &Pack) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> =
        pack.files().map(|(path, _, bytes)| (path.to_string(), bytes.to_vec())).collect();
    files.extend(pack.attached().map(|(path, bytes)| (path.to_string(), bytes.to_vec())));
    files.insert(MANIFEST.into(), pack.manifest().bytes());
    files
}

/// Does every number below `count`, on every core.
fn everywhere(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && at < count
                {
                    work(at);
                }
            });
        }
    });
}

/// What a byte is changed into: one bit of it, or each of the 255 other values.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    OneBit,
    EveryValue,
}

impl Change {
    fn of(self, byte: u8, at: usize) -> Vec<u8> {
        match self {
            Change::OneBit => vec![byte ^ (1 << (at % 8))],
            Change::EveryValue => (1..=255).map(|change| byte ^ change).collect(),
        }
    }
}

#[test]
fn every_changed_byte_of_a_signed_folder_is_noticed() {
    changed_folder(Change::OneBit);
}

#[test]
#[ignore = "some minutes; played by tests/long/tampering.sh"]
fn every_other_value_of_every_byte_of_a_signed_folder_is_noticed() {
    changed_folder(Change::EveryValue);
}

fn changed_folder(into: Change) {
    let (pack, roots) = whole();
    let (files, manifest) = (files_of(&pack), pack.manifest());
    assert_eq!(folder_standing(&files, &roots).expect("sound"), Standing::Good);
    let places: Vec<(&String, usize)> =
        files.iter().flat_map(|(name, bytes)| (0..bytes.len()).map(move |at| (name, at))).collect();
    let noticed = AtomicUsize::new(0);
    everywhere(places.len(), |number| {
        let (name, at) = places[number];
        let mut bad = files.clone();
        for value in into.of(files[name][at], at) {
            bad.get_mut(name).expect("it is there")[at] = value;
            // A manifest that was not changed reads as it did: reading it thousands of times would only take time.
            let found = match name.as_str() {
                MANIFEST => folder_standing(&bad, &roots),
                _ => standing_by(manifest.clone(), &bad, &roots),
            };
            assert!(!matches!(found, Ok(Standing::Good)), "{name}, byte {at}: {value}");
            noticed.fetch_add(1, Ordering::Relaxed);
        }
    });
    let each = into.of(0, 0).len();
    let noticed = noticed.into_inner();
    println!("folder: {} bytes, {noticed} changes noticed", places.len());
    assert_eq!(noticed, files.values().map(Vec::len).sum::<usize>() * each);
    assert!(places.len() > 12_000, "{}", places.len());
    if into == Change::EveryValue {
        return;
    }
    for (name, bytes) in &files {
        for bad in [&bytes[1..], &bytes[..bytes.len() - 1], &[&bytes[..], b"\n"].concat(), b""] {
            let mut files = files.clone();
            files.insert(name.clone(), bad.to_vec());
            assert!(!matches!(folder_standing(&files, &roots), Ok(Standing::Good)), "{name}: its length");
        }
    }
}

#[test]
fn every_changed_byte_of_a_signed_archive_is_noticed() {
    changed_archive(Change::OneBit);
}

#[test]
#[ignore = "some minutes; played by tests/long/tampering.sh"]
fn every_other_value_of_every_byte_of_a_signed_archive_is_noticed() {
    changed_archive(Change::EveryValue);
}

fn changed_archive(into: Change) {
    let (pack, roots) = whole();
    let good = crate::archive::bytes(&pack).expect("an archive");
    let standing = |bytes: &[u8]| -> Result<Standing, PackError> {
        standing_of(&crate::archive::read_bytes("pack.tar".as_ref(), bytes)?.0, &roots)
    };
    assert_eq!(standing(&good).expect("sound"), Standing::Good);
    let noticed = AtomicUsize::new(0);
    everywhere(good.len(), |at| {
        let mut bad = good.clone();
        for value in into.of(good[at], at) {
            bad[at] = value;
            assert!(!matches!(standing(&bad), Ok(Standing::Good)), "byte {at}: {value}");
            noticed.fetch_add(1, Ordering::Relaxed);
        }
    });
    let noticed = noticed.into_inner();
    println!("archive: {} bytes, {noticed} changes noticed", good.len());
    assert_eq!(noticed, good.len() * into.of(0, 0).len());
    assert!(good.len() > 20_000, "{}", good.len());
    for bad in [&good[1..], &good[..good.len() - 1], &good[..good.len() - 512], &[&good[..], &[0; 512]].concat()] {
        assert!(!matches!(standing(bad), Ok(Standing::Good)), "its length");
    }
}

/// Removed, added, renamed and swapped: each file, and each pair.
#[test]
fn every_removed_added_renamed_and_swapped_file_of_a_timestamped_pack_is_noticed() {
    let (pack, roots) = whole();
    let files = files_of(&pack);
    let names: Vec<&String> = files.keys().collect();
    assert_eq!(names.len(), 12);
    let bad = |files: &BTreeMap<String, Vec<u8>>, what: String| {
        assert!(!matches!(folder_standing(files, &roots), Ok(Standing::Good)), "{what}");
    };
    let mut tried = 0;
    for (number, name) in names.iter().enumerate() {
        let mut without = files.clone();
        let taken = without.remove(*name).expect("it is there");
        bad(&without, format!("{name} removed"));
        for other in [format!("{name}x"), format!("attestations/{number}"), format!("timestamps/{number}.tsr")] {
            let mut renamed = without.clone();
            renamed.insert(other.clone(), taken.clone());
            bad(&renamed, format!("{name} renamed to {other}"));
            let mut added = files.clone();
            added.insert(other.clone(), taken.clone());
            bad(&added, format!("{other} added"));
            tried += 2;
        }
        for other in &names[number + 1..] {
            let mut swapped = files.clone();
            swapped.insert((*name).clone(), files[*other].clone());
            swapped.insert((*other).clone(), taken.clone());
            bad(&swapped, format!("{name} and {other} swapped"));
            tried += 1;
        }
        tried += 1;
    }
    assert_eq!(tried, 12 * 7 + 12 * 11 / 2);
}
