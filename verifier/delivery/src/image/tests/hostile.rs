//! Images made to cost much or to leave their place: a gap, soon and in little memory.

use super::build::{Build, M, layer, member_of, tar};
use super::{code_in, folder, of_image, rows, sheet};
use crate::archive::tests::gzip_of;
use crate::exe::tests::elf_of;
use crate::{Delivery, image};
use assize_facts::{Deliverable, Limits, Quiet};
use serde_json::json;
use std::time::{Duration, Instant};

fn gaps(image: &[u8]) -> Vec<String> {
    let place = of_image(image);
    let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
    manifests.gaps.iter().map(|gap| gap.reason.code.clone()).collect()
}

#[test]
fn a_layer_that_is_a_bomb_is_given_up() {
    let zeros = vec![0; 8 << 20];
    let build = Build::of(vec![layer(&[M::File("zeros", &zeros)])]);
    let place = of_image(&tar(&build.oci()));
    let limits = Limits { ratio: 100, ..Limits::default() };
    let delivery = Delivery::open(place.path(), Deliverable::default(), limits).expect("it opens");
    let read = image::read(&delivery, &Quiet);
    let codes: Vec<&str> = read.gaps.iter().map(|(reason, _)| reason.code.as_str()).collect();
    assert_eq!(codes, ["archive-bomb"]);
}

#[test]
fn a_layer_inside_the_layout_cannot_be_fetched_from_elsewhere() {
    let outside = folder(&[("secret.tar".into(), layer(&[]))]);
    let target = outside.path().join("secret.tar");
    let config = json!({"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": ["sha256:0"]}}).to_string();
    for name in [target.to_str().expect("text"), "../../../../etc/passwd", "..", "/etc/passwd"] {
        let manifest = json!([{"Config": "config.json", "Layers": [name]}]).to_string();
        let files =
            [("config.json".to_string(), config.clone().into_bytes()), ("manifest.json".into(), manifest.into_bytes())];
        assert_ne!(gaps(&tar(&files)), Vec::<String>::new(), "{name}");
    }
    // A folder of the delivery whose blob is a link is not followed either.
    let files = Build::of(vec![layer(&[])]).oci();
    let place = folder(&files);
    let blob = files.iter().find(|(_, content)| content.starts_with(b"\x1f\x8b")).expect("a layer");
    let path = place.path().join(&blob.0);
    std::fs::remove_file(&path).expect("there");
    std::os::unix::fs::symlink(&target, &path).expect("a link");
    let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
    assert_eq!(rows(&manifests, &["digests_agree"])[0], "?file-not-regular");
}

#[test]
fn too_many_layers_and_manifests_are_not_read() {
    let one = layer(&[]);
    let diff = format!("sha256:{}", assize_facts::sha256_hex(&one));
    let count = 2_000;
    let config = json!({"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": vec![diff; count]}}).to_string();
    let manifest = json!([{"Config": "c.json", "Layers": vec!["l.tar"; count]}]).to_string();
    let files = [
        ("c.json".to_string(), config.into_bytes()),
        ("l.tar".into(), one),
        ("manifest.json".into(), manifest.into_bytes()),
    ];
    assert_eq!(gaps(&tar(&files)), ["limit-layers"]);
    let saved = |count: usize| {
        let mut files = Build::of(vec![layer(&[])]).docker();
        for (_, content) in files.iter_mut().filter(|(name, _)| name == "manifest.json") {
            let one: serde_json::Value = serde_json::from_slice(content).expect("a list");
            *content = json!(vec![&one[0]; count]).to_string().into_bytes();
        }
        gaps(&tar(&files))
    };
    assert_eq!(saved(500), Vec::<String>::new());
    assert_eq!(saved(501), ["limit-manifests"]);
    let descriptor = Build::of(vec![layer(&[])]).blobs();
    let mut files = descriptor.0;
    files.push(("oci-layout".into(), b"{}".to_vec()));
    files.push(("index.json".into(), json!({"manifests": vec![descriptor.1; 600]}).to_string().into_bytes()));
    assert_eq!(gaps(&tar(&files)), ["limit-manifests"]);
}

#[test]
fn long_names_and_deep_links_are_refused_quickly() {
    let deep = ["d"; 45].join("/");
    let names: Vec<String> = (0..5_000).map(|n| format!("{deep}/{n}")).collect();
    let mut members: Vec<M> = names.iter().map(|name| M::File(name, b"x")).collect();
    // Each link leads through all the others.
    let links: Vec<(String, String)> = (0..60).map(|n| (format!("l{n}"), format!("l{}/x", n + 1))).collect();
    members.extend(links.iter().map(|(name, to)| M::Link(name, to)));
    members.push(M::File("l0/api", b"x"));
    let started = Instant::now();
    let rows = code_in(vec![layer(&members)]);
    assert_eq!(rows, ["gap image-entry-refused at image.tar"]);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn names_below_more_folders_than_anybody_makes_are_refused() {
    let path = |folders: usize| format!("{}api", "a/".repeat(folders));
    let (fits, deep) = (path(40), path(300));
    let rows = code_in(vec![layer(&[M::File(&fits, b"x")])]);
    assert!(rows.is_empty(), "{rows:?}");
    let pax = format!("{} path={deep}\n", 10 + deep.len());
    let long = [member_of("pax", b'x', pax.as_bytes(), 0o644, ""), layer(&[M::File("api", b"x")])].concat();
    assert_eq!(code_in(vec![long]), ["gap archive-name-refused at image.tar layer 0"]);
}

#[test]
fn names_beyond_what_may_be_remembered_end_the_reading() {
    let names: Vec<String> = (0..3_000).map(|n| format!("{n}")).collect();
    let members: Vec<M> = names.iter().map(|name| M::Empty(name)).collect();
    let build = Build::of(vec![layer(&members)]);
    let place = of_image(&tar(&build.oci()));
    let limits = Limits { entries: 1_000, ..Limits::default() };
    let delivery = Delivery::open(place.path(), Deliverable::default(), limits).expect("it opens");
    let codes: Vec<String> =
        image::read(&delivery, &Quiet).gaps.into_iter().map(|(reason, _)| reason.into_code()).collect();
    assert_eq!(codes, ["limit-entries"]);
}

#[test]
fn every_cut_of_an_image_is_read_to_an_end() {
    let image = tar(&Build::of(vec![layer(&[M::File("app/api", &elf_of(b"api"))])]).oci());
    let whole = gaps(&image);
    assert_eq!(whole, Vec::<String>::new());
    for at in (0..image.len() - 1_024).step_by(97) {
        // What is cut off is either no image any more or one with a gap.
        let place = of_image(&image[..at]);
        let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
        assert!(manifests.items.is_empty() || !manifests.gaps.is_empty(), "cut at {at}");
    }
    let packed = gzip_of(&image);
    for at in (0..packed.len()).step_by(31) {
        let place = of_image(&packed[..at]);
        let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
        assert!(manifests.items.is_empty() || !manifests.gaps.is_empty(), "cut at {at}");
    }
}
