//! The image's configuration against `[run]`.

use super::build::{Build, M, layer, tar};
use super::{folder, rows, sheet};
use crate::exe::tests::elf_of;
use assize_facts::{BinarySpec, Deliverable, RunSpec};
use serde_json::{Value, json};

const CONFIG: &[u8] = b"{\"tls\": \"1.3\"}\n";

fn spec() -> Deliverable {
    Deliverable {
        binaries: vec![BinarySpec { name: "api".into(), path: "dist/api".into(), ..BinarySpec::default() }],
        run: Some(RunSpec {
            binary: "api".into(),
            args: vec!["-config".into(), "{work}/config.json".into()],
            env: [("LISTEN", "127.0.0.1:{port.public}"), ("MODE", "strict")]
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .into(),
            files: vec!["run/config.json".into(), "run/tls".into()],
            secret: vec!["KEY".into()],
            user: Some("65532".into()),
            ..RunSpec::default()
        }),
        ..Deliverable::default()
    }
}

fn good() -> Value {
    json!({
        "Entrypoint": ["/app/api"], "Cmd": ["-config", "/etc/api/config.json"], "User": "65532",
        "Env": ["PATH=/bin", "LISTEN=:8443", "MODE=strict", "KEY=hunter2"]
    })
}

fn members(api: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    vec![("app/api", api.to_vec()), ("bin/tini", elf_of(b"tini")), ("etc/api/config.json", CONFIG.to_vec())]
}

fn compared(config: Value, files: &[(&'static str, Vec<u8>)]) -> Vec<String> {
    let layers = vec![layer(&files.iter().map(|(name, content)| M::File(name, content)).collect::<Vec<_>>())];
    let place = folder(&[
        ("dist/api".into(), elf_of(b"api")),
        ("run/config.json".into(), CONFIG.to_vec()),
        ("run/tls/key.pem".into(), b"-----BEGIN PRIVATE KEY-----\n".to_vec()),
        ("image.tar".into(), tar(&Build::of(layers).with(config).oci())),
    ]);
    rows(&sheet(place.path(), &spec(), "image.manifest"), &["run_agrees", "run_differences"])
}

fn changed(key: &str, value: Value) -> Vec<String> {
    let mut config = good();
    config[key] = value;
    compared(config, &members(&elf_of(b"api")))
}

#[test]
fn the_same_run_agrees_placeholders_and_secrets_excepted() {
    assert_eq!(compared(good(), &members(&elf_of(b"api"))), ["true []"]);
    assert_eq!(changed("Env", json!(["MODE=strict", "PATH=/x"])), ["true []"]);
    assert_eq!(changed("Entrypoint", json!(["/bin/../app/api"])), ["true []"]);
}

#[test]
fn every_part_that_differs_is_said() {
    let one = |key: &str, value: Value| changed(key, value).remove(0);
    assert_eq!(one("Entrypoint", json!(["/bin/tini"])), "false [\"entrypoint: /bin/tini is not the delivered api\"]");
    assert_eq!(
        one("Cmd", json!(["-config", "/etc/api/other.json"])),
        "false [\"argument 2: \\\"/etc/api/other.json\\\" instead of \\\"{work}/config.json\\\"\"]"
    );
    assert_eq!(
        one("Cmd", json!(["-config", "/etc/api/config.json", "-insecure"])),
        "false [\"argument 3: \\\"-insecure\\\" is not in [run]\"]"
    );
    assert_eq!(
        one("Env", json!(["MODE=lax", "GODEBUG=tls10server=1", "API_TOKEN=abc"])),
        "false [\"environment: MODE is \\\"lax\\\" instead of \\\"strict\\\"\",\"environment: GODEBUG is \\\"tls10server=1\\\" and not in [run]\",\"environment: API_TOKEN is (3 bytes) and not in [run]\"]"
    );
    assert_eq!(one("User", json!("root")), "false [\"user: \\\"root\\\" instead of \\\"65532\\\"\"]");
    assert_eq!(
        compared(json!({"Env": ["MODE=strict"], "User": "65532"}), &members(&elf_of(b"api")))[0].split(',').next(),
        Some("false [\"entrypoint: none\"")
    );
}

#[test]
fn a_file_of_the_run_has_to_be_the_same_in_the_image() {
    let mut files = members(&elf_of(b"api"));
    files[2].1 = b"{\"tls\": \"1.0\"}\n".to_vec();
    assert_eq!(compared(good(), &files), ["false [\"file: /etc/api/config.json is not run/config.json\"]"]);
    files.pop();
    assert_eq!(compared(good(), &files), ["?run-file-not-in-image []"]);
    assert_eq!(changed("Volumes", json!({"/etc/api": {}})), ["?run-file-behind-volume []"]);
}

#[test]
fn the_image_has_to_start_the_delivered_binary_and_no_other_of_its_name() {
    let older = members(&elf_of(b"an older api"));
    assert_eq!(compared(good(), &older), ["false [\"entrypoint: /app/api is not the delivered api\"]"]);
    let through = changed("Entrypoint", json!(["/bin/tini", "--", "/app/api"]));
    assert_eq!(through, ["?image-starts-through []"]);
    let shell = json!(["/bin/sh", "-c", "exec /app/api -config /etc/api/config.json"]);
    let mut files = members(&elf_of(b"api"));
    files.push(("bin/sh", elf_of(b"sh")));
    let mut config = good();
    (config["Entrypoint"], config["Cmd"]) = (shell, json!(null));
    assert_eq!(compared(config, &files), ["?image-starts-through []"]);
    assert_eq!(changed("Entrypoint", json!(["/app/gone"])), ["?image-program-missing []"]);
}

#[test]
fn secrets_of_an_image_stay_out_of_the_facts() {
    let place = folder(&[(
        "image.tar".into(),
        tar(&Build::of(vec![layer(&[])]).with(json!({"Env": ["KEY=hunter2", "DB_PASSWORD=swordfish", "A=1"]})).oci()),
    )]);
    let manifests = sheet(place.path(), &spec(), "image.manifest");
    assert_eq!(rows(&manifests, &["env"]), ["[\"KEY=(7 bytes)\",\"DB_PASSWORD=(9 bytes)\",\"A=1\"]"]);
}
