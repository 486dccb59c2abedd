//! Delivered images end to end: an image of the compliant sample, and the ways to hand over another one.

use crate::layout::{Image, Member, Packing};
use crate::run::{assize, sample};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What `[run]` of the sample says, as an image says it.
fn config() -> Value {
    json!({
        "Entrypoint": ["/app/auth-api"],
        "Cmd": ["-config", "/etc/auth-api/config.json", "-certificate", "/etc/tls/server.pem", "-key", "/etc/tls/server-key.pem"],
        "Env": ["PATH=/usr/bin:/bin", "LISTEN=:8443"],
        "User": "65532"
    })
}

fn read(path: &str) -> Vec<u8> {
    fs::read(sample("auth-api").join(path)).expect("a file of the sample")
}

/// The smallest ELF program: what it does is nothing to an image.
fn binary() -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend([2, 0, 62, 0, 1, 0, 0, 0]);
    bytes.extend([0x40_0078_u64, 64, 0].map(u64::to_le_bytes).concat());
    bytes.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 64, 0, 0, 0, 0, 0]);
    bytes.extend([1, 0, 0, 0, 5, 0, 0, 0]);
    bytes.extend([0_u64, 0x40_0000, 0x40_0000, 124, 124, 0x1000].map(u64::to_le_bytes).concat());
    bytes.extend(b"code");
    bytes
}

fn good() -> Image {
    let layer = vec![
        Member::file("app/auth-api", &binary(), 0o755),
        Member::file("etc/auth-api/config.json", &read("run/config.json"), 0o644),
        Member::link("usr/bin/auth-api", "/app/auth-api"),
    ];
    Image { layers: vec![layer], config: config(), platform: "linux/amd64", packing: Packing::Gzip }
}

/// Another program of the same make, as an older version is one.
fn other_binary() -> Vec<u8> {
    [binary(), b"older".to_vec()].concat()
}

/// The sample without its source, with an image.
fn delivery(image: &[u8], declared: &str) -> TempDir {
    let place = tempfile::tempdir().expect("a temporary folder");
    let root = place.path();
    write(root, "dist/auth-api", &binary());
    write(root, "run/config.json", &read("run/config.json"));
    write(root, "run/tls/server.pem", b"-----BEGIN CERTIFICATE-----\n");
    write(root, "dist/auth-api.oci.tar", image);
    let toml = String::from_utf8(read("deliverable.toml")).expect("text");
    write(root, "deliverable.toml", format!("{toml}\n{declared}").as_bytes());
    place
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

const DECLARED: &str = "[[image]]\npath = \"dist/auth-api.oci.tar\"\n";

/// What the clause says of a delivery with an image.
fn clause(image: &[u8], declared: &str) -> Value {
    let place = delivery(image, declared);
    let args = ["verify", "--clause=delivery-identity", "--layer=source,binary", "--format=json"];
    let ran = assize(args.iter().map(|a| std::ffi::OsString::from(*a)).chain([place.path().into()]));
    let clauses = ran.json()["clauses"].take();
    let found = clauses.as_array().and_then(|all| all.iter().find(|c| c["id"] == "delivery-identity"));
    found.unwrap_or_else(|| panic!("{}", ran.all())).clone()
}

/// The outcomes of the clause's checks on images, and its notes on them.
fn judged(image: &[u8]) -> (String, Vec<String>) {
    let clause = clause(image, DECLARED);
    let verdict = |id: &str| {
        let checks = clause["checks"].as_array().expect("checks");
        checks.iter().find(|c| c["id"] == id).and_then(|c| c["verdict"].as_str()).unwrap_or("?").to_string()
    };
    let checks = ["image-holds-binary", "image-digests", "image-platform", "image-runs-as-declared"].map(verdict);
    let notes = clause["notes"].as_array().expect("notes");
    let mut notes: Vec<String> = notes.iter().filter_map(|n| n["check"].as_str()).map(str::to_string).collect();
    notes.retain(|check| check.contains("image"));
    (checks.join(" "), notes)
}

fn outcome(image: Image) -> String {
    judged(&image.oci_tar()).0
}

const GOOD: &str = "pass pass pass pass";

#[test]
fn an_image_that_holds_and_starts_the_delivered_binary_passes_in_every_packing() {
    for packing in [Packing::Plain, Packing::Gzip] {
        let image = Image { packing, ..good() };
        assert_eq!(judged(&image.oci_tar()), (GOOD.into(), vec![]));
        assert_eq!(judged(&image.docker_tar()), (GOOD.into(), vec![]));
    }
}

#[test]
fn another_binary_in_the_image_is_violated_wherever_the_delivered_one_lies_beside_it() {
    let mut older = good();
    older.layers.push(vec![Member::file("app/auth-api", &other_binary(), 0o755)]);
    assert_eq!(outcome(older), "fail pass pass fail");
    // The delivered one is there as well, only nothing starts it.
    let mut beside = good();
    beside.layers.push(vec![
        Member::file("app/auth-api", &other_binary(), 0o755),
        Member::file("opt/auth-api", &binary(), 0o755),
    ]);
    assert_eq!(outcome(beside), "pass pass pass fail");
    let mut link = good();
    link.config["Entrypoint"] = json!(["/start"]);
    link.layers.push(vec![Member::file("opt/other", &other_binary(), 0o755), Member::link("start", "opt/other")]);
    assert_eq!(outcome(link), "pass pass pass fail");
}

#[test]
fn a_binary_that_a_higher_layer_deletes_is_not_held() {
    let mut deleted = good();
    deleted.layers.push(vec![Member::file("app/.wh.auth-api", b"", 0o600)]);
    assert_eq!(outcome(deleted), "fail pass pass inconclusive");
    let mut opaque = good();
    opaque.layers.push(vec![Member::file("app/.wh..wh..opq", b"", 0o600)]);
    assert_eq!(outcome(opaque), "fail pass pass inconclusive");
}

#[test]
fn honest_links_and_layers_pass_and_older_copies_below_are_noted() {
    let mut through = good();
    through.config["Entrypoint"] = json!(["auth-api"]);
    assert_eq!(outcome(through), GOOD);
    let mut layered = good();
    layered.layers.insert(0, vec![Member::file("app/auth-api", &other_binary(), 0o755)]);
    assert_eq!(judged(&layered.oci_tar()), (GOOD.into(), vec!["other-copies-in-image".into()]));
}

#[test]
fn a_good_configuration_for_the_run_and_another_in_the_image_is_violated() {
    let mut file = good();
    file.layers.push(vec![Member::file("etc/auth-api/config.json", b"{}\n", 0o644)]);
    assert_eq!(outcome(file), "pass pass pass fail");
    for (key, value) in [
        ("Env", json!(["LISTEN=:8443", "GODEBUG=tls10server=1"])),
        ("Env", json!(["LISTEN=:8443", "LD_PRELOAD=/lib/x.so"])),
        ("Entrypoint", json!(["/app/auth-api", "-insecure"])),
        ("Cmd", json!([])),
    ] {
        let mut image = good();
        image.config[key] = value;
        assert_eq!(outcome(image), "pass pass pass fail", "{key}");
    }
}

#[test]
fn programs_that_nobody_named_and_special_rights_are_noted() {
    let mut image = good();
    image.layers.push(vec![Member::file("bin/helper", &other_binary(), 0o4755)]);
    let noted = vec!["undeclared-programs-in-image".to_string(), "privileged-programs-in-image".into()];
    assert_eq!(judged(&image.oci_tar()), (GOOD.into(), noted));
}

#[test]
fn wrong_digests_and_labels_of_other_platforms_are_violated() {
    let mut bytes = Image { packing: Packing::Plain, ..good() }.oci_tar();
    let config = read("run/config.json");
    let at = bytes.windows(config.len()).position(|w| w == config).expect("the layer is plain");
    bytes[at] ^= 1;
    assert_eq!(judged(&bytes).0, "pass fail pass fail");
    // The only image is for another platform: the delivered binary is not in it, whatever its label.
    let other = Image { platform: "linux/arm64", ..good() };
    let mut arm = other.clone();
    arm.layers.push(vec![Member::file("app/auth-api", &other_binary(), 0o755)]);
    assert_eq!(outcome(arm), "fail pass pass fail");
    // A label in the index that its configuration contradicts.
    assert_eq!(judged(&other.oci_tar_labelled("linux/amd64")).0, "pass pass fail pass");
}

#[test]
fn an_image_that_cannot_be_read_decides_nothing() {
    for image in [b"not an image".to_vec(), good().oci_tar()[..5000].to_vec(), Vec::new()] {
        let (checks, _) = judged(&image);
        assert!(!checks.contains("pass pass pass") && !checks.starts_with("pass"), "{checks}");
    }
}

#[test]
fn the_declared_digest_is_that_of_the_image() {
    for (digest, verdict) in [(good().manifest_digest(), "pass"), (format!("sha256:{}", "0".repeat(64)), "fail")] {
        let clause = clause(&good().oci_tar(), &format!("{DECLARED}digest = \"{digest}\"\n"));
        let check = clause["checks"].as_array().and_then(|all| all.iter().find(|c| c["id"] == "image-digests"));
        assert_eq!(check.expect("the check")["verdict"], verdict);
    }
}

/// A Go program that says that it was built with a release without support.
fn old_program() -> Vec<u8> {
    let mut bytes = read("dist/auth-api");
    let (named, old) = (b"go1.26.", b"go1.20.");
    let places: Vec<usize> = (0..bytes.len() - named.len()).filter(|at| bytes[*at..].starts_with(named)).collect();
    assert!(!places.is_empty(), "the sample was built with another release");
    places.into_iter().for_each(|at| bytes[at..at + old.len()].copy_from_slice(old));
    bytes
}

/// The programs of a delivery that are not supported by what `go-support-window` says.
fn unsupported(image: &[u8]) -> (String, Vec<String>) {
    let place = delivery(image, DECLARED);
    write(place.path(), "dist/auth-api", &read("dist/auth-api"));
    let args =
        ["verify", "--clause=go-support-window", "--layer=source,binary", "--format=json", "--at=2026-09-10T00:00:00Z"];
    let json = assize(args.iter().map(|a| std::ffi::OsString::from(*a)).chain([place.path().into()])).json();
    let clause =
        json["clauses"].as_array().and_then(|all| all.iter().find(|c| c["id"] == "go-support-window")).expect("it");
    let checks = clause["checks"].as_array().expect("checks");
    let check = checks.iter().find(|c| c["id"] == "line-supported").expect("the check");
    let findings = check["findings"].as_array().expect("findings").iter().filter(|f| f["outcome"] != "satisfied");
    let text = |finding: &Value| finding["message"]["en"].as_str().unwrap_or_default().to_string();
    (check["verdict"].as_str().unwrap_or_default().into(), findings.map(text).collect())
}

#[test]
fn programs_in_an_images_final_file_system_are_judged_and_others_of_its_layers_are_not() {
    let image = |layers: Vec<Vec<Member>>| Image { layers, ..good() };
    let app = || Member::file("app/auth-api", &read("dist/auth-api"), 0o755);
    let old = |path: &str| Member::file(path, &old_program(), 0o755);
    for honest in [
        vec![vec![app()]],
        vec![vec![app(), old("bin/old")], vec![Member::file("bin/.wh.old", b"", 0o644)]],
        vec![vec![app(), old("srv/node_modules/@esbuild/linux-x64/bin/esbuild")]],
    ] {
        let image = image(honest);
        assert_eq!(unsupported(&image.oci_tar()), ("pass".into(), vec![]));
        assert_eq!(unsupported(&image.docker_tar()), ("pass".into(), vec![]));
    }
    let image = image(vec![vec![app()], vec![old("bin/old")]]);
    for bytes in [image.oci_tar(), image.docker_tar()] {
        let (verdict, findings) = unsupported(&bytes);
        assert_eq!((verdict.as_str(), findings.len()), ("fail", 1), "{findings:?}");
        assert!(findings[0].starts_with("dist/auth-api.oci.tar!/bin/old was built with go1.20."), "{findings:?}");
    }
}
