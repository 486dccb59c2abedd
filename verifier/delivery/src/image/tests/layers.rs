//! Layers laid over one another: whiteouts, opaque folders, links, what is hidden, and what is refused.

use super::build::{Build, M, layer, tar};
use super::{code_in, of_image, rows, sheet};
use crate::Delivery;
use crate::archive::tests::{gzip_of, zstd_of};
use crate::examine;
use crate::exe::tests::elf_of;
use crate::layer::{Key, Layer};
use crate::store::Store;
use assize_facts::{Deliverable, Limits, Quiet, RunSpec};

fn elf(mark: &str) -> Vec<u8> {
    elf_of(mark.as_bytes())
}

#[test]
fn the_highest_layer_counts_and_what_it_hides_is_said() {
    let (old, new) = (elf("old"), elf("new"));
    let layers = vec![
        layer(&[M::File("app/api", &old), M::File("bin/gone", &old)]),
        layer(&[M::File("app/api", &new), M::Empty("bin/.wh.gone")]),
    ];
    assert_eq!(code_in(layers), ["/app/api 0 false", "/app/api 1 true", "/bin/gone 0 false"]);
}

#[test]
fn the_same_bytes_again_hide_nothing() {
    let api = elf("api");
    let layers = vec![layer(&[M::File("app/api", &api)]), layer(&[M::Mode("app/api", &api, 0o500)])];
    assert_eq!(code_in(layers), ["/app/api 1 true"]);
}

#[test]
fn whiteouts_concern_lower_layers_only_wherever_they_stand_in_the_archive() {
    let api = elf("api");
    let opaque = vec![
        layer(&[M::Folder("app/"), M::File("app/old", &elf("old")), M::File("app/sub/older", &elf("older"))]),
        layer(&[M::File("app/api", &api), M::Empty("app/.wh..wh..opq")]),
    ];
    assert_eq!(code_in(opaque), ["/app/api 1 true", "/app/old 0 false", "/app/sub/older 0 false"]);
    let folder = vec![layer(&[M::File("a/b/c", &api), M::File("ab", &api)]), layer(&[M::Empty(".wh.a")])];
    assert_eq!(code_in(folder), ["/a/b/c 0 false", "/ab 0 true"]);
}

#[test]
fn what_one_layer_brings_and_deletes_at_once_is_a_gap() {
    let rows = code_in(vec![layer(&[M::File("app/api", &elf("api")), M::Empty("app/.wh.api")])]);
    assert_eq!(rows, ["/app/api 0 true", "gap image-layer-contradicts at image.tar"]);
    // Also where it is a folder that was never named itself. The other way round all agree: what was below goes first.
    let api = elf("api");
    let rows = code_in(vec![layer(&[M::File("app/api", &api), M::Empty(".wh.app")])]);
    assert_eq!(rows, ["/app/api 0 true", "gap image-layer-contradicts at image.tar"]);
    let old = layer(&[M::File("app/old", &elf("old"))]);
    let rows = code_in(vec![old, layer(&[M::Empty(".wh.app"), M::File("app/api", &api)])]);
    assert_eq!(rows, ["/app/api 1 true", "/app/old 0 false"]);
}

#[test]
fn a_whiteout_without_a_name_is_a_gap() {
    let api = elf("api");
    for name in ["app/.wh.", "app/.wh..", "app/.wh..."] {
        let rows = code_in(vec![layer(&[M::File("app/api", &api)]), layer(&[M::Empty(name)])]);
        assert_eq!(rows, ["/app/api 0 true", "gap image-entry-refused at image.tar"], "{name}");
    }
}

#[test]
fn a_file_in_place_of_a_folder_hides_what_was_below_and_the_other_way() {
    let api = elf("api");
    let layers = vec![layer(&[M::File("app/api", &api)]), layer(&[M::File("app", b"text")])];
    assert_eq!(code_in(layers), ["/app/api 0 false"]);
    let layers = vec![layer(&[M::File("app", &api)]), layer(&[M::Folder("app/"), M::File("app/x", b"text")])];
    assert_eq!(code_in(layers), ["/app 0 false"]);
}

#[test]
fn links_among_folders_are_followed_within_the_image() {
    let api = elf("api");
    let merged = vec![
        layer(&[M::Folder("usr/bin"), M::Link("bin", "usr/bin"), M::Link("up", "../../../usr/bin")]),
        layer(&[M::File("bin/api", &api), M::File("up/other", &api)]),
        layer(&[M::Empty("usr/bin/.wh.api")]),
    ];
    assert_eq!(code_in(merged), ["/usr/bin/api 1 false", "/usr/bin/other 1 true"]);
    let circle = vec![layer(&[M::Link("a", "b"), M::Link("b", "a"), M::File("a/api", &api)])];
    assert_eq!(code_in(circle), ["gap image-entry-refused at image.tar"]);
}

#[test]
fn hard_links_share_their_content_across_layers() {
    let api = elf("api");
    let layers =
        vec![layer(&[M::File("app/api", &api)]), layer(&[M::Hard("bin/api", "app/api"), M::Hard("x", "gone")])];
    assert_eq!(code_in(layers), ["/app/api 0 true", "/bin/api 1 true", "gap image-entry-refused at image.tar"]);
}

#[test]
fn names_that_leave_the_image_and_names_that_come_twice_are_gaps() {
    let api = elf("api");
    let layers = vec![layer(&[M::File("../out", &api), M::File("/app/./api", &api), M::File("app//api", &elf("b"))])];
    let rows = code_in(layers);
    assert_eq!(
        rows,
        [
            "/app/api 0 false",
            "/app/api 0 true",
            "gap archive-name-refused at image.tar layer 0",
            "gap image-entry-refused at image.tar"
        ]
    );
}

#[test]
fn the_same_twice_and_layers_of_nothing_are_no_gaps() {
    let api = elf("api");
    let same = [M::File("app/api", &api), M::File("app/api", &api)];
    assert_eq!(code_in(vec![layer(&same), Vec::new(), vec![0; 1024]]), ["/app/api 0 true"]);
    let others = [M::File("app/api", &api), M::Mode("app/api", &api, 0o4755)];
    assert!(code_in(vec![layer(&others)]).contains(&"gap image-entry-refused at image.tar".to_owned()));
}

#[test]
fn special_rights_are_seen_by_mode() {
    let layers = vec![layer(&[
        M::Mode("bin/su", &elf("su"), 0o4755),
        M::Mode("bin/helper", b"#!/bin/sh\n", 0o2755),
        M::Mode("share", b"text", 0o644),
    ])];
    let place = of_image(&tar(&Build::of(layers).oci()));
    let files = sheet(place.path(), &Deliverable::default(), "image.files");
    assert_eq!(
        rows(&files, &["path", "format", "executable_content", "privileged", "mode"]),
        ["/bin/helper script false true 1517", "/bin/su elf true true 2541"]
    );
}

#[test]
fn layers_are_read_plain_gzipped_and_by_zstandard() {
    let api = elf("api");
    let plain = layer(&[M::File("app/api", &api)]);
    let build = Build { gzip: false, ..Build::of(vec![plain.clone()]) };
    for files in [build.oci(), Build { gzip: true, ..build.clone() }.oci()] {
        let place = of_image(&tar(&files));
        let manifest = sheet(place.path(), &Deliverable::default(), "image.manifest");
        assert_eq!(rows(&manifest, &["digests_agree", "starts", "files"]), ["true /app/api 1"]);
    }
    // The blob is another one than the manifest's, so only its content and diff_id are right.
    let found = |packed: Vec<u8>| {
        let mut files = build.oci();
        files.iter_mut().filter(|(_, content)| *content == plain).for_each(|(_, content)| content.clone_from(&packed));
        let place = of_image(&tar(&files));
        rows(&sheet(place.path(), &Deliverable::default(), "image.manifest"), &["digests_agree", "starts", "files"])
    };
    let (front, back) = plain.split_at(700);
    assert_eq!(found(zstd_of(&plain)), ["false /app/api 1"]);
    assert_eq!(found([zstd_of(front), zstd_of(back)].concat()), ["false /app/api 1"]);
    assert_eq!(found([gzip_of(front), gzip_of(back)].concat()), ["false /app/api 1"]);
    // Runtimes read a stream of one format.
    for mixed in [[zstd_of(front), gzip_of(back)], [gzip_of(front), zstd_of(back)], [gzip_of(&plain), b"x".to_vec()]] {
        assert_eq!(found(mixed.concat())[1], "gap archive-damaged at image.tar layer 0");
    }
}

#[test]
fn a_layer_that_is_cut_off_or_damaged_leaves_the_file_system_unknown() {
    let api = elf("api");
    let mut build = Build { gzip: false, ..Build::of(vec![layer(&[M::File("app/api", &api), M::File("b", &api)])]) };
    let whole = build.layers[0].clone();
    build.layers[0].truncate(1100);
    let place = of_image(&tar(&build.oci()));
    let manifest = sheet(place.path(), &Deliverable::default(), "image.manifest");
    assert_eq!(
        rows(&manifest, &["digests_agree", "starts", "run_agrees"]),
        ["?archive-damaged ?archive-damaged ?no-run-declared", "gap archive-damaged at image.tar layer 0"]
    );
    let mut files = Build::of(vec![whole]).oci();
    let last = files.iter_mut().find(|(_, content)| content.starts_with(b"\x1f\x8b")).expect("a layer");
    let middle = last.1.len() / 2;
    last.1[middle] ^= 0x40;
    let place = of_image(&tar(&files));
    let manifest = sheet(place.path(), &Deliverable::default(), "image.manifest");
    assert_eq!(rows(&manifest, &["digests_agree"])[0], "false");
}

#[test]
fn a_layer_that_the_inventory_notes_is_what_a_reader_of_layers_alone_finds() {
    let (program, text) = (elf("api"), b"api:x:1000:1000::/:/bin/sh\n");
    let plain = layer(&[
        M::Folder("app/"),
        M::File("./app/api", &program),
        M::Mode("app/tool", b"#!/bin/sh\necho\n", 0o4755),
        M::Link("app/link", "/app/api"),
        M::Hard("app/hard", "app/api"),
        M::Empty("app/.wh.old"),
        M::File("etc/passwd", text),
        M::File("../outside", b"x"),
        M::File("app/inner.tar", &layer(&[M::File("x", &program)])),
        M::File("app/api", &program),
    ]);
    let cut = plain[..plain.len() - 1500].to_vec();
    let behind = [plain.clone(), b"something".to_vec()].concat();
    let packed = [gzip_of(&plain), b"behind".to_vec()].concat();
    let skipped = [zstd_of(&plain), b"\x50\x2a\x4d\x18\x64\0\0\0".to_vec(), vec![b'.'; 100]].concat();
    let blobs = [plain.clone(), gzip_of(&plain), zstd_of(&plain), cut.clone(), behind, packed, skipped, gzip_of(&cut)];
    for (number, blob) in blobs.into_iter().enumerate() {
        let files = vec![("oci-layout".to_string(), b"{}".to_vec()), ("blobs/x".to_string(), blob.clone())];
        let place = of_image(&tar(&files));
        let run = RunSpec { user: Some("api".into()), ..RunSpec::default() };
        let spec = Deliverable { run: Some(run), ..Deliverable::default() };
        let delivery = Delivery::open(place.path(), spec, Limits::default()).expect("it opens");
        delivery.take_inventory(&Quiet);
        let Some(noted) = delivery.layers().layer(&Key::In("image.tar".into(), "blobs/x".into())) else {
            assert_eq!(number, 7, "whether it would be a tar archive is not known of one that cannot be unpacked");
            continue;
        };
        let store = Store::Memory(blob);
        let alone =
            examine::layer(store.whole(), "image.tar!blobs/x", delivery.texts(), &delivery.budget()).expect("read");
        let shown = |layer: &Layer| {
            let entries = format!("{:?}", layer.entries);
            (entries, layer.size, layer.stored.clone(), layer.unpacked.clone(), layer.gaps.clone())
        };
        assert_eq!(shown(&noted), shown(&alone));
        assert!(
            noted.entries.len() > 8 && noted.entries.iter().any(|entry| format!("{entry:?}").contains("text: Some("))
        );
    }
}

#[test]
fn an_image_that_is_compressed_as_a_whole_is_the_same_image_and_unpacked_once() {
    let (old, new) = (elf("old"), elf("new"));
    let mut build = Build::of(vec![
        layer(&[M::File("app/api", &old), M::File("bin/gone", &old)]),
        layer(&[M::File("app/api", &new), M::Empty("bin/.wh.gone")]),
    ]);
    for gzip in [false, true] {
        build.gzip = gzip;
        for files in [build.oci(), build.docker()] {
            let plain = tar(&files);
            let rows_of = |image: &[u8]| {
                let place = of_image(image);
                let spec = Deliverable::default();
                let files = rows(&sheet(place.path(), &spec, "image.files"), &["path", "layer", "visible", "sha256"]);
                let fields = ["layout", "digest", "digests_agree", "layers", "names"];
                (files, rows(&sheet(place.path(), &spec, "image.manifest"), &fields))
            };
            let expected = rows_of(&plain);
            assert_eq!((expected.0.len(), expected.1.len()), (3, 1), "{expected:?}");
            for packed in [gzip_of(&plain), zstd_of(&plain), [gzip_of(&plain), b"behind".to_vec()].concat()] {
                assert_eq!(rows_of(&packed), expected);
                let place = of_image(&packed);
                let delivery =
                    Delivery::open(place.path(), Deliverable::default(), Limits::default()).expect("it opens");
                delivery.take_inventory(&Quiet);
                assert!(delivery.layers().index("image.tar").is_some());
            }
            // Where it is cut off there may have been more.
            let packed = gzip_of(&plain);
            let (files, manifests) = rows_of(&packed[..packed.len() - 30]);
            assert!(manifests.iter().all(|row| row.starts_with("gap ")) && files == manifests, "{manifests:?}");
        }
    }
}
