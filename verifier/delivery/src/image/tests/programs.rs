//! Programs beside the declared ones: in images, in what is packed there, and in archives that were not read.

use super::build::{Build, M, layer, tar};
use super::{folder, write};
use crate::Delivery;
use crate::archive::tests::{bzip2_of, gzip_of};
use crate::archive::xz_of;
use crate::examine::tests::noise;
use crate::exe::tests::elf_of;
use assize_facts::{BinarySpec, Deliverable, Limits, Quiet, Request, SourceSpec};
use std::path::Path;

/// A program that begins like one of Go's, each letter another.
fn go(letter: u8) -> Vec<u8> {
    elf_of(&[&b"\xf1\xff\xff\xff\0\0\x01\x08"[..], &[letter; 64]].concat())
}

fn beside(root: &Path, source: Option<&str>) -> Vec<String> {
    let named = BinarySpec { name: "app".into(), path: "app".into(), ..Default::default() };
    let source = source.map(|root| SourceSpec { root: Some(root.into()), ..SourceSpec::default() });
    let spec = Deliverable { binaries: vec![named], source, ..Deliverable::default() };
    let delivery = Delivery::open(root, spec, Limits::default()).expect("it opens");
    let mut shown: Vec<String> = delivery
        .programs_beside()
        .into_iter()
        .map(|program| match program.closed {
            Some(reason) => format!("{} {}", program.path, reason.code),
            None => program.path,
        })
        .collect();
    shown.sort();
    shown
}

#[test]
fn what_is_packed_in_a_file_of_an_image_is_there_as_long_as_that_is() {
    let packed = |letter: u8| gzip_of(&layer(&[M::File("tool", &go(letter))]));
    let (kept, gone) = (packed(b'k'), packed(b'g'));
    let layers = vec![
        layer(&[M::File("app", &go(b'a')), M::File("opt/kept.tar.gz", &kept), M::File("opt/gone.tar.gz", &gone)]),
        layer(&[M::Empty("opt/.wh.gone.tar.gz")]),
    ];
    let place = folder(&[("app".into(), go(b'a')), ("image.tar".into(), tar(&Build::of(layers).oci()))]);
    let found = beside(place.path(), None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("image.tar!blobs/") && found[0].ends_with("!opt/kept.tar.gz!tool"), "{found:?}");
}

#[test]
fn an_archive_that_was_not_read_may_hold_programs() {
    let lz4 = [&b"\x04\x22\x4d\x18"[..], &noise(500)].concat();
    let seven = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
    let files = [
        ("app", go(b'a')),
        ("dist/app.tar.lz4", lz4.clone()),
        ("dist/cut.tar", layer(&[M::File("a", &noise(2000))])[..1200].to_vec()),
        ("dist/data", [&noise(4096)[..], b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\x04", &noise(4096)].concat()),
        ("dist/key.age", b"age-encryption.org/v1\n".to_vec()),
        ("dist/packed.tar.gz", gzip_of(&layer(&[M::File("./data.tar.lz4", &lz4)]))),
        ("dist/read.tar.bz2", bzip2_of(&layer(&[M::File("tool", &go(b'b'))]))),
        ("dist/read.tar.xz", xz_of(&layer(&[M::File("tool", &go(b't'))]))),
        ("dist/self.run", [&b"#!/bin/sh\nexit 0\n\0"[..], &xz_of(&layer(&[M::File("tool", &go(b's'))]))].concat()),
        ("dist/text.bz2.md", b"BZhang unpacks bzip2\n".to_vec()),
        ("node_modules/x/x.7z", seven.clone()),
        ("test/fixtures/x.tar.lz4", lz4.clone()),
        ("testdata/x.tar.lz4", lz4),
    ];
    let place = folder(&[]);
    write(place.path(), &files.map(|(path, content)| (path.to_owned(), content)));
    assert_eq!(
        beside(place.path(), None),
        [
            "dist/app.tar.lz4 archive-not-opened",
            "dist/cut.tar archive-damaged",
            "dist/packed.tar.gz!./data.tar.lz4 archive-not-opened",
            "dist/read.tar.bz2!tool",
            "dist/read.tar.xz!tool",
            "dist/self.run!@0x11!@0x1!tool",
        ]
    );
    // Where the source has a folder of its own, its tests are in there.
    let apart = beside(place.path(), Some("src"));
    assert!(apart.contains(&"test/fixtures/x.tar.lz4 archive-not-opened".to_owned()), "{apart:?}");
    assert_eq!((apart.len(), beside(place.path(), Some(".")).len()), (7, 6));
}

#[test]
fn a_declared_program_may_stand_in_an_archive() {
    let release =
        gzip_of(&layer(&[M::File("r/README", b"text"), M::File("r/app", &go(b'a')), M::File("r/tool", &go(b't'))]));
    let one = gzip_of(&layer(&[M::File("anything", &go(b'o'))]));
    let place = folder(&[("release.tgz".into(), release), ("one.tgz".into(), one)]);
    for (name, path, expected) in [
        ("app", "release.tgz", "release.tgz!r/app true Some(true)"),
        ("other", "release.tgz", "release.tgz true Some(true)"),
        ("other", "release.tgz!r/tool", "release.tgz!r/tool true Some(true)"),
        ("other", "release.tgz!r/gone", "release.tgz!r/gone false Some(false)"),
        ("other", "one.tgz", "one.tgz!anything true Some(true)"),
    ] {
        let named = BinarySpec { name: name.into(), path: path.into(), ..Default::default() };
        let spec = Deliverable { binaries: vec![named], ..Deliverable::default() };
        let delivery = Delivery::open(place.path(), spec, Limits::default()).expect("it opens");
        let programs = delivery.declared_binaries().into_iter().chain(delivery.programs_beside()).collect();
        let programs = delivery.slices(programs);
        let mine: Vec<_> = programs.iter().filter(|program| program.declared && !program.beside).collect();
        let request = Request::new("inventory.declared", &Default::default());
        let found = delivery.collect(&[request], &Quiet)[0].items[0].bool("found");
        let is_there = delivery.digest_of_binary(name, path).is_ok();
        assert_eq!(format!("{} {is_there} {found:?}", mine[0].path), expected);
        assert_eq!(mine.len(), 1, "{name} {path}");
        assert!(programs.iter().filter(|program| program.path == mine[0].path).count() == 1, "{name} {path}");
    }
}
