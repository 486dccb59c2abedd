//! What packed charts and the archive of the source say.

use super::sheet as profiles;
use crate::{Context, collect};
use assize_delivery::Delivery;
use assize_facts::kinds::inventory::BuildSetting;
use assize_facts::{BinarySpec, Deliverable, Fact, Item, Limits, Quiet, Request, SourceSpec};
use flate2::{Compression, write::GzEncoder};
use std::collections::BTreeMap;
use std::io::Write;

const POD: &str =
    "kind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: auth-api, securityContext: {privileged: true}}\n";

fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    packed_bytes(&files)
}

fn packed_bytes(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // As it is, with `./` before it.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).expect("a member");
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&builder.into_inner().expect("an archive")).expect("written");
    gzip.finish().expect("compressed")
}

fn delivered(name: &str, bytes: &[u8], source: Option<SourceSpec>) -> (tempfile::TempDir, Delivery) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(name), bytes).expect("a file");
    let binary = BinarySpec { name: "auth-api".into(), package: Some(".".into()), ..BinarySpec::default() };
    let spec = Deliverable { source, binaries: vec![binary], ..Deliverable::default() };
    let delivery = Delivery::open(folder.path(), spec, Limits::default()).expect("opened");
    (folder, delivery)
}

fn shown(items: &[Item], fields: [&str; 2]) -> Vec<String> {
    let text =
        |item: &Item, name: &str| item.text(name).map_or_else(|| format!("{:?}", item.bool(name)), str::to_owned);
    let file = |item: &Item| item.origin.file.clone().unwrap_or_default();
    items.iter().map(|item| format!("{} {} {}", file(item), text(item, fields[0]), text(item, fields[1]))).collect()
}

#[test]
fn packed_charts_and_archives_of_manifests_are_read() {
    let told = |files: &[(&str, &str)]| {
        let (_folder, delivery) = delivered("auth-api-1.0.tgz", &packed(files), None);
        let sheet = profiles(&delivery, &Request::new(super::KIND, &BTreeMap::new()));
        shown(&sheet.items, ["form", "used"])
    };
    let chart = ("auth-api/Chart.yaml", "name: auth-api\n");
    assert_eq!(
        told(&[("auth-api/templates/p.yaml", POD), chart]),
        ["auth-api-1.0.tgz!auth-api/templates/p.yaml privileged Some(true)"]
    );
    assert_eq!(told(&[("p.yaml", POD)]), ["auth-api-1.0.tgz!p.yaml privileged Some(true)"]);
    assert!(
        told(&[("README.md", "run it --privileged"), ("profile.json", "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}")])
            .is_empty()
    );
}

#[test]
fn archives_are_read_whatever_they_are_called_and_whatever_they_are_in() {
    let chart = packed(&[("auth-api/templates/p.yaml", POD), ("auth-api/Chart.yaml", "name: auth-api\n")]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(POD.as_bytes()).expect("written");
    let compressed = gzip.finish().expect("compressed");
    let inside = packed_bytes(&[("charts/auth-api-1.0.tgz", &chart)]);
    let next = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    let noise: Vec<u8> = std::iter::successors(Some(1_u64), next).take(5 << 20).map(|n| (n >> 56) as u8).collect();
    let mut plain = tar::Builder::new(Vec::new());
    for (name, bytes) in [("auth-api", &vec![0; 65 << 20][..]), ("deploy/p.yaml", POD.as_bytes())] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        plain.append_data(&mut header, name, bytes).expect("a member");
    }
    let plain = plain.into_inner().expect("an archive");
    let large = packed_bytes(&[("auth-api", &noise), ("deploy/p.yaml", POD.as_bytes()), ("notes", POD.as_bytes())]);
    for (name, bytes, found) in [
        ("deploy.bundle", &packed(&[("p.yaml", POD)]), "deploy.bundle!p.yaml"),
        ("p.yaml.gz", &compressed, "p.yaml.gz!p.yaml"),
        ("deploy.tar.gz", &inside, "deploy.tar.gz!charts/auth-api-1.0.tgz!auth-api/templates/p.yaml"),
        ("release.tar.gz", &large, "release.tar.gz!deploy/p.yaml"),
        ("release.tar", &plain, "release.tar!deploy/p.yaml"),
    ] {
        let (_folder, delivery) = delivered(name, bytes, None);
        let sheet = profiles(&delivery, &Request::new(super::KIND, &BTreeMap::new()));
        assert_eq!(shown(&sheet.items, ["form", "used"]), [format!("{found} privileged Some(true)")], "{name}");
        assert!(sheet.gaps.is_empty(), "{name}: {:?}", sheet.gaps);
    }
}

#[test]
fn files_in_the_archive_of_the_source_are_read_as_those_beside_it() {
    let files = [
        ("app/go.mod", "module example.com/app\n\ngo 1.26\n"),
        ("app/main.go", "package main\n\nfunc main() {}\n"),
        ("app/Dockerfile", "FROM golang\nENV GOFLAGS=-mod=mod\nCOPY . .\nRUN go build -o /auth-api .\n"),
        ("app/deploy/common.yml", "services: {base: {privileged: true}}\n"),
        ("app/deploy/compose.yml", "services: {api: {image: auth-api, extends: {file: common.yml, service: base}}}\n"),
        ("app/testdata/p.yaml", "kind: Pod\nspec: {containers: [{name: x, securityContext: {privileged: true}}]}\n"),
    ];
    let source = SourceSpec { archive: Some("src.tar.gz".into()), ..SourceSpec::default() };
    for source in [Some(source), None] {
        let (_folder, delivery) = delivered("src.tar.gz", &packed(&files), source);
        let sheet = profiles(&delivery, &Request::new(super::KIND, &BTreeMap::new()));
        assert_eq!(
            shown(&sheet.items, ["form", "used"]),
            [
                "src.tar.gz!app/deploy/common.yml privileged Some(false)",
                "src.tar.gz!app/deploy/compose.yml privileged Some(true)",
                "src.tar.gz!app/testdata/p.yaml privileged Some(false)"
            ]
        );
        let requests = [Request::new(BuildSetting::KIND, &BTreeMap::new())];
        let sheets = collect(&delivery, &Context::default(), &requests, &Quiet);
        assert_eq!(
            shown(&sheets[0].items, ["setting", "delivered"]),
            ["src.tar.gz!app/Dockerfile -mod Some(true)", "src.tar.gz!app/Dockerfile GOFLAGS Some(true)"]
        );
    }
}

#[test]
fn what_the_source_in_an_archive_embeds_is_looked_at_however_its_members_are_called() {
    for before in ["", "./", "app/", "./app/"] {
        let name = |name: &str| format!("{before}{name}");
        let files = [
            (name("go.mod"), "module example.com/app\n\ngo 1.26\n"),
            (
                name("main.go"),
                "package main\n\nimport _ \"embed\"\n\n//go:embed a.so\nvar b []byte\n\nfunc main() {}\n",
            ),
            (name("a.so"), "\x7fELF\x02\x01\x01"),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let (_folder, delivery) = delivered("src.tar.gz", &packed(&files), None);
        let requests = [Request::new("source.cgo_imports", &BTreeMap::new())];
        let sheets = collect(&delivery, &Context::default(), &requests, &Quiet);
        let folder = before.trim_start_matches("./");
        let expected = format!("src.tar.gz!{folder}main.go embedded-executable Some(true)");
        assert_eq!(shown(&sheets[0].items, ["form", "in_build"]), [expected], "{before}");
    }
}
