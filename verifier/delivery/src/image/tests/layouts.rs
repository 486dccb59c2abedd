//! Layouts: folders and archives, several images, digests that are wrong, references that lead nowhere or in a circle.

use super::build::{Build, M, layer, oci, tar};
use super::{folder, of_image, rows, sheet};
use crate::archive::tests::gzip_of;
use crate::exe::tests::elf_of;
use assize_facts::{BinarySpec, Deliverable, ImageSpec, SourceSpec, sha256_hex};
use serde_json::{Value, json};

fn build() -> Build {
    Build::of(vec![layer(&[M::File("app/api", &elf_of(b"api"))])])
}

const FIELDS: &[&str] = &["image", "declared", "layout", "platform", "digests_agree", "starts"];

#[test]
fn layouts_are_found_in_folders_and_archives_without_being_named() {
    let files = build().oci();
    let inside = |prefix: &str| files.iter().map(|(n, c)| (format!("{prefix}{n}"), c.clone())).collect::<Vec<_>>();
    let row = |place: &str, layout: &str| format!("{place} false {layout} linux/amd64 true /app/api");
    for (delivery, expected) in [
        (inside(""), row(".", "oci-layout")),
        (inside("dist/image/"), row("dist/image", "oci-layout")),
        (vec![("i.tar".into(), tar(&files))], row("i.tar", "oci-layout")),
        (vec![("i.tgz".into(), gzip_of(&tar(&files)))], row("i.tgz", "oci-layout")),
        (vec![("i".into(), tar(&build().docker()))], row("i", "docker-archive")),
        (vec![("i".into(), gzip_of(&tar(&build().docker())))], row("i", "docker-archive")),
    ] {
        let place = folder(&delivery);
        assert_eq!(rows(&sheet(place.path(), &Deliverable::default(), "image.manifest"), FIELDS), [expected]);
    }
}

#[test]
fn images_of_test_data_and_of_the_source_are_nobodys_delivery() {
    let image = tar(&build().oci());
    let place = folder(&[("src/x.tar".into(), image.clone()), ("testdata/x.tar".into(), image)]);
    let spec = Deliverable {
        source: Some(SourceSpec { root: Some("src".into()), ..SourceSpec::default() }),
        ..Deliverable::default()
    };
    assert_eq!(rows(&sheet(place.path(), &spec, "image.manifest"), FIELDS), Vec::<String>::new());
}

#[test]
fn an_image_inside_another_archive_is_said() {
    let nested = gzip_of(&tar(&[("image.tar".to_string(), tar(&build().oci()))]));
    let place = folder(&[("handover.tgz".into(), nested)]);
    let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
    assert_eq!(rows(&manifests, FIELDS), ["gap image-inside-archive at handover.tgz!image.tar"]);
}

#[test]
fn every_platform_and_tag_of_an_index_is_an_image() {
    let arm = Build { platform: ("linux", "arm64"), name: "api:arm", ..build() };
    let said = Build { index_platform: Some(("linux", "amd64")), name: "api:lie", ..arm.clone() };
    let place = of_image(&tar(&oci(&[build(), arm, said])));
    let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
    assert_eq!(
        rows(&manifests, &["names", "platform", "platform_agrees"]),
        ["[\"api:1\"] linux/amd64 true", "[\"api:arm\"] linux/arm64 true", "[\"api:lie\"] linux/amd64 false"]
    );
}

#[test]
fn what_holds_only_documents_is_no_image_whatever_its_configuration_is_called() {
    let found_with = |configuration: &str, content: &dyn Fn(&str) -> Vec<u8>, kinds: &[&str]| {
        let (mut blobs, image) = build().blobs();
        let mut put = |bytes: Vec<u8>, media: &str| {
            let digest = sha256_hex(&bytes);
            let descriptor = json!({"mediaType": media, "digest": format!("sha256:{digest}"), "size": bytes.len()});
            blobs.push((format!("blobs/sha256/{digest}"), bytes));
            descriptor
        };
        let config = put(b"{\"architecture\":\"\",\"os\":\"\"}".to_vec(), configuration);
        let layers: Vec<Value> = kinds.iter().map(|kind| put(content(kind), kind)).collect();
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string().into_bytes();
        let signature = put(manifest, "application/vnd.oci.image.manifest.v1+json");
        let index = json!({"schemaVersion": 2, "manifests": [image, signature]}).to_string().into_bytes();
        let files = [blobs, vec![("oci-layout".into(), b"{}".to_vec()), ("index.json".into(), index)]].concat();
        let place = of_image(&tar(&files));
        rows(&sheet(place.path(), &Deliverable::default(), "image.manifest"), &["names"]).len()
    };
    let of_image = "application/vnd.oci.image.config.v1+json";
    let text = |kind: &str| format!("{{\"a\":{kind:?}}}").into_bytes();
    let found = |kinds: &[&str]| found_with(of_image, &text, kinds);
    let signature = "application/vnd.dev.cosign.simplesigning.v1+json";
    for documents in [&[signature][..], &["application/vnd.dsse.envelope.v1+json", "text/spdx"], &["application/xml"]] {
        assert_eq!(found(documents), 1, "{documents:?}");
    }
    for unpacked in
        [&[signature, "application/vnd.oci.image.layer.v1.tar"][..], &["application/layer+json"], &[""], &["x"]]
    {
        assert_eq!(found(unpacked), 2, "{unpacked:?}");
    }
    // Some runtimes look at nothing but the bytes.
    let packed = |kind: &str| gzip_of(&text(kind));
    assert_eq!(found_with(of_image, &packed, &[signature, "text/plain"]), 2);
    for (configuration, images) in [
        ("application/json", 2),
        ("application/octet-stream", 2),
        ("text/html", 2),
        ("application/vnd.cncf.helm.config.v1+json", 1),
        ("application/vnd.oci.empty.v1+json", 1),
    ] {
        let layer = "application/vnd.oci.image.layer.v1.tar+gzip";
        assert_eq!(found_with(configuration, &packed, &[layer]), images, "{configuration}");
    }
}

#[test]
fn a_platform_by_another_of_its_names_is_the_same() {
    let names =
        [("Linux", "x86_64"), ("linux", "X86-64"), ("linux", "aarch64"), ("macOS", "arm64"), ("linux", "armhf")];
    let of = |platform| Build { platform, index_platform: Some(platform), ..build() };
    let place = of_image(&tar(&oci(&names.map(of))));
    let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
    let mut found = rows(&manifests, &["platform", "platform_agrees"]);
    found.sort();
    let wanted = ["darwin/arm64 true", "linux/amd64 true", "linux/amd64 true", "linux/arm true", "linux/arm64 true"];
    assert_eq!(found, wanted);
}

#[test]
fn an_index_may_name_images_for_other_machines_that_were_not_saved_with_it() {
    let found = |missing: (&'static str, &'static str), delivered: &[&str]| {
        let other = Build { platform: missing, layers: vec![layer(&[M::File("other", b"x")])], ..build() };
        let gone: Vec<String> = other.blobs().0.into_iter().map(|(name, _)| name).collect();
        let mut files = oci(&[build(), other]);
        files.retain(|(name, _)| !gone.contains(name));
        let all = [vec![("image.tar".to_string(), tar(&files)), ("api".to_string(), elf_of(b"api"))]].concat();
        let binary = |path: &&str| BinarySpec { name: (*path).into(), path: (*path).into(), ..BinarySpec::default() };
        let spec = Deliverable { binaries: delivered.iter().map(binary).collect(), ..Deliverable::default() };
        rows(&sheet(folder(&all).path(), &spec, "image.manifest"), &["platform"])
    };
    let arm = ("linux", "arm64");
    assert_eq!(found(arm, &["api"]), ["linux/amd64"]);
    assert_eq!(found(("unknown", "unknown"), &["api"]), ["linux/amd64"], "what attests it");
    let open = ["linux/amd64", "gap image-part-missing at image.tar"];
    assert_eq!(found(("linux", "x86_64"), &["api"]), open, "this machine's, by another name");
    assert_eq!(found(arm, &["api", "not-there"]), open, "nobody knows which machine that is for");
    // There and broken is another matter.
    let mut files = oci(&[build(), Build { platform: arm, ..build() }]);
    let manifest = files.iter().rposition(|(name, _)| name.starts_with("blobs/")).expect("a manifest");
    files[manifest].1.truncate(9);
    let place = of_image(&tar(&files));
    let spec = Deliverable::default();
    assert_eq!(
        rows(&sheet(place.path(), &spec, "image.manifest"), &["platform"])[1],
        "gap image-json-refused at image.tar"
    );
}

#[test]
fn every_digest_that_is_declared_for_a_layout_counts() {
    let other = Build { layers: vec![layer(&[M::File("other", b"x")])], name: "other:1", ..build() };
    let digest = |build: &Build| build.blobs().1["digest"].as_str().expect("a digest").to_string();
    let (first, second, none) = (digest(&build()), digest(&other), format!("sha256:{:064}", 0));
    let place = of_image(&tar(&oci(&[build(), other])));
    let agree = |digests: &[&String]| {
        let image = |digest: &&String| ImageSpec { path: "image.tar".into(), digest: Some((*digest).clone()) };
        let spec = Deliverable { images: digests.iter().map(image).collect(), ..Deliverable::default() };
        rows(&sheet(place.path(), &spec, "image.manifest"), &["declared_digest_agrees"]).join(" ")
    };
    assert_eq!(agree(&[&first, &second]), "true true");
    let mut one = [agree(&[&first]), agree(&[&second])];
    one.sort();
    assert_eq!(one, ["false true", "true false"]);
    assert_eq!(agree(&[&first, &second, &none]), "false false");
}

#[test]
fn nested_indexes_are_followed_and_circles_are_not() {
    let (mut files, descriptor) = build().blobs();
    let inner = json!({"schemaVersion": 2, "manifests": [descriptor]}).to_string().into_bytes();
    let inner_digest = sha256_hex(&inner);
    let refer = |hex: &str, size: usize| json!({"mediaType": "application/vnd.oci.image.index.v1+json", "digest": format!("sha256:{hex}"), "size": size});
    let index = json!({"manifests": [refer(&inner_digest, inner.len())]}).to_string();
    files.push((format!("blobs/sha256/{inner_digest}"), inner));
    files.push(("index.json".into(), index.into_bytes()));
    files.push(("oci-layout".into(), b"{}".to_vec()));
    let place = of_image(&tar(&files));
    let spec = |digest: String| Deliverable {
        images: vec![ImageSpec { path: "image.tar".into(), digest: Some(digest) }],
        ..Deliverable::default()
    };
    for (digest, agrees) in [(format!("sha256:{inner_digest}"), "true"), (format!("sha256:{:064}", 0), "false")] {
        let manifests = sheet(place.path(), &spec(digest), "image.manifest");
        assert_eq!(rows(&manifests, &["declared_digest_agrees", "digests_agree"]), [format!("{agrees} true")]);
    }
    // A blob that names itself cannot have its own digest: it is wrong, and not followed for ever.
    let name = "a".repeat(64);
    let circle = json!({"manifests": [refer(&name, 1)]}).to_string().into_bytes();
    let files = [
        ("index.json".to_string(), circle.clone()),
        (format!("blobs/sha256/{name}"), circle),
        ("oci-layout".to_string(), b"{}".to_vec()),
    ];
    let place = of_image(&tar(&files));
    let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
    assert_eq!(rows(&manifests, FIELDS), ["gap image-index-deep at image.tar"]);
}

#[test]
fn wrong_digests_and_sizes_are_found_in_every_part() {
    let good = build().oci();
    for number in 1..4 {
        // A byte more at the end: of the configuration, the layer and the manifest.
        let mut files = good.clone();
        files[number].1.push(b' ');
        let place = of_image(&tar(&files));
        let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
        assert_eq!(rows(&manifests, &["digests_agree"])[0], "false", "{}", files[number].0);
    }
    let mut docker = build().docker();
    docker[1].1 = layer(&[M::File("app/api", &elf_of(b"other"))]);
    let place = of_image(&tar(&docker));
    let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
    assert_eq!(rows(&manifests, &["digests_agree"]), ["false"]);
}

#[test]
fn what_is_missing_unknown_or_ambiguous_is_a_gap() {
    let good = build().oci();
    let layer_at = good.iter().position(|(_, content)| content.starts_with(b"\x1f\x8b")).expect("a layer");
    let mut missing = good.clone();
    missing.remove(layer_at);
    let place = of_image(&tar(&missing));
    let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
    assert_eq!(
        rows(&manifests, &["digests_agree", "starts"]),
        ["?image-part-missing ?image-part-missing", "gap image-part-missing at image.tar layer 0"]
    );
    let index = |text: &str| {
        vec![("index.json".to_string(), text.as_bytes().to_vec()), ("oci-layout".to_string(), b"{}".to_vec())]
    };
    for (files, gap) in [
        (index("{"), "image-json-refused"),
        (index(r#"{"manifests": [], "Manifests": []}"#), "image-json-refused"),
        (index(r#"{"manifests": [{"digest": "md5:00", "size": 1}]}"#), "image-digest-unknown"),
        (index(r#"{"manifests": [{"digest": "sha256:../../etc/passwd", "size": 1}]}"#), "image-digest-unknown"),
        (index(r#"{"manifests": []}"#), "image-empty"),
    ] {
        let place = of_image(&tar(&files));
        let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
        assert_eq!(rows(&manifests, FIELDS), [format!("gap {gap} at image.tar")]);
    }
    let spec = Deliverable {
        images: vec![ImageSpec { path: "notes".into(), digest: None }, ImageSpec { path: "gone".into(), digest: None }],
        ..Deliverable::default()
    };
    let place = folder(&[("notes".into(), b"text".to_vec())]);
    let manifests = sheet(place.path(), &spec, "image.manifest");
    assert_eq!(rows(&manifests, FIELDS), ["gap image-layout-unknown at notes", "gap not-delivered at gone"]);
}

#[test]
fn docker_archives_share_layers_through_links() {
    let mut docker = build().docker();
    let layer_file = docker.remove(1);
    let mut members: Vec<M> = docker.iter().map(|(name, content)| M::File(name, content)).collect();
    members.push(M::File("shared/layer.tar", &layer_file.1));
    members.push(M::Link("layer0/layer.tar", "../shared/layer.tar"));
    let place = of_image(&layer(&members));
    let manifests = sheet(place.path(), &Deliverable::default(), "image.manifest");
    assert_eq!(rows(&manifests, &["digests_agree", "starts"]), ["true /app/api"]);
}
