//! The prober against real Go servers of every kind, honest and dishonest.

use super::scene::Declared;
use super::{Direct, Scene, Socket, again, collect};
use crate::go_fixture::Running;
use assize_facts::{Field, Item, Quiet, Request, Sheet};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

const LOCALHOST: &[&str] = &["localhost"];

fn declared(name: &str, address: SocketAddr, names: &[&str]) -> Declared {
    let names = names.iter().map(|n| n.to_string()).collect();
    Declared { name: name.into(), address: Some(address), names, ..Declared::default() }
}

fn sheet_of(
    address: SocketAddr,
    udp: bool,
    declared: Vec<Declared>,
    with: BTreeMap<String, serde_json::Value>,
) -> Sheet {
    let mut scene = Scene::new(&Direct, || Ok(vec![Socket { udp, address, inode: 1 }]));
    scene.endpoints = declared;
    scene.patience = Duration::from_millis(1500);
    scene.between_looks = Duration::from_millis(10);
    collect(&Request::new("endpoint.tls", &with), &scene, &Quiet)
}

/// Asks a fixture that is declared as an endpoint called `public`.
fn ask(args: &[&str]) -> Sheet {
    let running = Running::start("tls", args);
    sheet_of(running.address, false, vec![declared("public", running.address, LOCALHOST)], BTreeMap::new())
}

fn shown(item: &Item, field: &str) -> String {
    match &item.fields[field] {
        Field::Known(value) => value.as_str().map_or_else(|| value.to_string(), str::to_string),
        Field::Possible(values) => format!("one of {}", json!(values)),
        Field::Unknown(reason) => format!("unknown: {}", reason.code),
    }
}

/// One line per item: kind of name and the fields asked for.
fn lines(sheet: &Sheet, fields: &[&str]) -> Vec<String> {
    let line = |item: &Item| {
        let values: Vec<String> = fields.iter().map(|f| shown(item, f)).collect();
        format!("{} {}", shown(item, "name_kind"), values.join(" "))
    };
    sheet.items.iter().map(line).collect()
}

/// What every item says about versions, with `*` where all agree.
fn versions(args: &[&str]) -> Vec<String> {
    let sheet = ask(args);
    assert_eq!(sheet.scope.count, 1);
    sheet.check(assize_facts::kinds::schema("endpoint.tls").expect("the kind")).expect("all fields");
    let mut lines = lines(&sheet, &["speaks", "lowest_accepted"]);
    let first = lines[0].split_once(' ').map(|(_, rest)| rest.to_string()).expect("a line");
    if lines.len() > 1 && lines.iter().all(|l| l.ends_with(&first)) {
        lines = vec![format!("* {first}")];
    }
    lines
}

#[test]
fn the_lowest_version_of_a_server_is_found() {
    for (min, max, expected) in [
        ("772", "0", "* tls 1.3"),
        ("771", "0", "* tls 1.2"),
        ("770", "0", "* tls 1.1"),
        ("769", "0", "* tls 1.0"),
        ("771", "771", "* tls 1.2"),
        ("769", "771", "* tls 1.0"),
        ("770", "770", "* tls 1.1"),
        ("769", "769", "* tls 1.0"),
    ] {
        assert_eq!(versions(&["-min", min, "-max", max]), [expected], "{min} to {max}");
    }
}

#[test]
fn a_configuration_that_depends_on_the_name_is_found() {
    let names = ["-names", "localhost,legacy.example.com,*.example.org"];
    assert_eq!(
        versions(&[&["-mode", "by-name"], &names[..]].concat()),
        ["declared tls 1.3", "none tls 1.3", "certificate tls 1.3", "certificate tls 1.2", "unlisted tls 1.3"]
    );
    assert_eq!(versions(&["-mode", "nameless-only"]), ["declared tls 1.3", "none tls 1.2", "unlisted tls 1.3"]);
    assert_eq!(versions(&["-mode", "unlisted-only"]), ["declared tls 1.3", "none tls 1.3", "unlisted tls 1.2"]);
}

#[test]
fn a_server_that_looks_at_the_hello_is_found() {
    assert_eq!(versions(&["-mode", "without-alpn"]), ["* tls 1.2"]);
    assert_eq!(versions(&["-mode", "sensing"]), ["* tls 1.2"]);
}

#[test]
fn a_server_that_needs_a_name_still_counts() {
    assert_eq!(
        versions(&["-mode", "needs-name"]),
        [
            "declared tls 1.3",
            "none refuses-name unknown: nothing-negotiated",
            "unlisted refuses-name unknown: nothing-negotiated"
        ]
    );
}

#[test]
fn only_protocol_version_refuses() {
    assert_eq!(versions(&["-mode", "internal-error"]), ["* tls unknown: version-undetermined"]);
    assert_eq!(versions(&["-mode", "refuse-all"]), ["* unknown: listener-unclear unknown: nothing-negotiated"]);
}

#[test]
fn a_server_that_drops_every_second_connection_is_not_determined() {
    let sheet = ask(&["-mode", "every-second"]);
    for item in &sheet.items {
        assert!(!matches!(item.fields["lowest_accepted"], Field::Known(_)), "{item:?}");
    }
}

#[test]
fn what_opens_late_is_found_by_the_second_look() {
    let (first, late) = (Running::start("tls", &["-min", "772"]), Running::start("tls", &["-min", "771"]));
    let socket = |running: &Running| Socket { udp: false, address: running.address, inode: 1 };
    let open = std::sync::Mutex::new(vec![socket(&first)]);
    let scene = Scene::new(&Direct, || Ok(open.lock().expect("no panic").clone()));
    let request = Request::new("endpoint.tls", &BTreeMap::new());
    let mut sheet = collect(&request, &scene, &Quiet);
    let before = sheet.clone();
    again(&request, &scene, &Quiet, &mut sheet);
    assert_eq!(sheet, before, "nothing changed");
    open.lock().expect("no panic").push(socket(&late));
    again(&request, &scene, &Quiet, &mut sheet);
    let added: Vec<String> = lines(&sheet, &["lowest_accepted"]).split_off(before.items.len());
    assert_eq!(
        (added, sheet.scope.count),
        (["none 1.2", "certificate 1.2", "unlisted 1.2"].map(String::from).to_vec(), 2)
    );
}

#[test]
fn two_sockets_that_take_turns_are_told() {
    let running = Running::start("tls", &["-mode", "shared"]);
    let sockets = [1, 2].map(|inode| Socket { udp: false, address: running.address, inode });
    let scene = Scene::new(&Direct, || Ok(sockets.to_vec()));
    let sheet = collect(&Request::new("endpoint.tls", &BTreeMap::new()), &scene, &Quiet);
    assert!(
        lines(&sheet, &["lowest_accepted"]).iter().all(|l| l.ends_with("1.2")),
        "{:?}",
        lines(&sheet, &["answers"])
    );
}

/// What a fixture of a mode speaks, whether it answers in clear, and what.
fn speech(mode: &str) -> String {
    let running = Running::start("tls", &["-mode", mode]);
    let mut endpoint = declared("public", running.address, LOCALHOST);
    endpoint.paths = vec!["/healthz".into(), "/readyz".into()];
    let sheet = sheet_of(running.address, false, vec![endpoint], BTreeMap::new());
    let line = lines(&sheet, &["speaks", "answers_plain", "plain_answer"]).swap_remove(0);
    line.split_once(' ').map(|(_, rest)| rest.to_string()).unwrap_or_default()
}

#[test]
fn what_is_no_tls_is_told() {
    let cases = [
        ("plain", "http true HTTP 200"),
        ("no-root", "http true HTTP 200"),
        ("h2c", "h2c true HTTP/2 settings"),
        ("echo", "other true GET / HTTP/1.1..Host: localhost..User-Agent: "),
        ("banner", "other true 220 ready for whatever you say.."),
        ("both", "tls true HTTP 200"),
        ("both-quiet", "tls true HTTP 200"),
        ("https", "tls false HTTP 400"),
        ("reset", "unknown: listener-unclear false closed"),
        ("silent", "unknown: listener-unclear false silence"),
        ("drip", "unknown: listener-unclear false a TLS record"),
        ("garbled", "unknown: listener-unclear false"),
        ("flood", "unknown: listener-unclear false a TLS record"),
    ];
    // Side by side: most of the time is spent waiting for what never comes.
    std::thread::scope(|threads| {
        let running = cases.map(|(mode, expected)| (mode, expected, threads.spawn(move || speech(mode))));
        for (mode, expected, said) in running {
            let said = said.join().expect("a mode");
            assert!(said.starts_with(expected), "{mode}: {said}");
        }
    });
}

#[test]
fn groups_are_tried_one_by_one() {
    let groups = |list: &str| shown(&ask(&["-groups", list]).items[0], "accepted_groups");
    assert_eq!(groups("4588,29"), r#"["X25519","X25519MLKEM768"]"#);
    assert_eq!(groups("29"), r#"["X25519"]"#);
    assert_eq!(groups("23,24,25"), r#"["P256","P384","P521"]"#);
    assert_eq!(
        groups(""),
        r#"["P256","P384","P521","X25519","SecP256r1MLKEM768","X25519MLKEM768","SecP384r1MLKEM1024"]"#
    );
}

#[test]
fn key_exchange_below_tls_13_is_seen_too() {
    let sheet = ask(&["-min", "771", "-max", "771", "-groups", "29"]);
    assert_eq!(shown(&sheet.items[0], "accepted_groups"), r#"["X25519"]"#);
    let suites = shown(&sheet.items[0], "suites");
    assert!(suites.contains("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), "{suites}");
}

#[test]
fn certificate_protocols_and_trust_are_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem");
    let running = Running::start("tls", &["-cert-out", ca.to_str().expect("text")]);
    let mut endpoint = declared("public", running.address, LOCALHOST);
    endpoint.ca = std::fs::read(&ca).ok();
    let sheet = sheet_of(running.address, false, vec![endpoint], BTreeMap::new());
    let item = &sheet.items[0];
    for (field, expected) in [
        ("endpoint", "public"),
        ("server_name", "localhost"),
        ("certificate_subject", "CN=fixture"),
        ("certificate_names", r#"["127.0.0.1","localhost"]"#),
        ("certificate_key", "ECDSA 256"),
        ("certificate_signature", "SHA-256 with ECDSA"),
        ("chain_length", "1"),
        ("trusted", "true"),
        ("completed", "true"),
        ("client_auth", "never"),
        ("resumption", "true"),
        ("alpn", r#"["h2","http/1.1"]"#),
        ("control_ok", "true"),
        ("refused", r#"["SSL3.0","1.0","1.1","1.2"]"#),
    ] {
        assert_eq!(shown(item, field), expected, "{field}");
    }
    // Their order depends on the machine: Go prefers AES only where the processor has it.
    for suite in ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] {
        assert!(shown(item, "suites").contains(suite), "{suite}");
    }
    let unlisted = sheet.items.last().expect("an item");
    assert_eq!(shown(unlisted, "trusted"), "false", "the certificate is not for that name");
    assert_eq!(shown(unlisted, "server_name"), "null", "and the name itself means nothing");
}

#[test]
fn a_chain_that_no_library_takes_leaves_the_versions_known() {
    let sheet = ask(&["-mode", "big-chain"]);
    let item = &sheet.items[0];
    assert_eq!(shown(item, "lowest_accepted"), "1.3");
    assert_eq!(shown(item, "completed"), "unknown: handshake-incomplete");
}

#[test]
fn client_certificates_count_after_the_first_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    let made = rcgen::generate_simple_self_signed(vec!["client".to_string()]).expect("a certificate");
    std::fs::write(&path, made.cert.pem()).expect("a file");
    let running = Running::start("tls", &["-client-ca", path.to_str().expect("text")]);
    let mut endpoint = declared("public", running.address, LOCALHOST);
    let without = sheet_of(running.address, false, vec![endpoint.clone()], BTreeMap::new());
    let said = |sheet: &Sheet| lines(sheet, &["completed", "client_auth", "lowest_accepted"])[0].clone();
    assert_eq!(said(&without), "declared unknown: client-certificate-needed required 1.3");
    endpoint.client = Some((made.cert.pem().into_bytes(), made.signing_key.serialize_pem().into_bytes()));
    let with = sheet_of(running.address, false, vec![endpoint.clone()], BTreeMap::new());
    assert_eq!(said(&with), "declared true required 1.3");
    let stranger = rcgen::generate_simple_self_signed(vec!["client".to_string()]).expect("a certificate");
    endpoint.client = Some((stranger.cert.pem().into_bytes(), stranger.signing_key.serialize_pem().into_bytes()));
    let refused = sheet_of(running.address, false, vec![endpoint], BTreeMap::new());
    assert_eq!(said(&refused), "declared unknown: client-certificate-refused required 1.3");
    let optional = ask(&["-mode", "optional-client"]);
    assert_eq!(said(&optional), "declared true requested 1.3");
}

#[test]
fn tls_behind_an_upgrade_is_found() {
    for (mode, expected) in [
        ("postgres", "tls postgres false 1.3"),
        ("postgres-plain", "tls postgres true 1.3"),
        ("nats", "tls nats false 1.3"),
    ] {
        let sheet = ask(&["-mode", mode]);
        let said = lines(&sheet, &["speaks", "upgrade", "answers_plain", "lowest_accepted"]);
        assert_eq!(said[0], format!("declared {expected}"), "{mode} {:?}", lines(&sheet, &["answers"]));
    }
}

#[test]
fn both_families_of_an_unspecified_address_are_asked() {
    let sheet = {
        let running = Running::start("tls", &["-addr", "[::]:0"]);
        sheet_of(running.address, false, vec![], BTreeMap::new())
    };
    let said = lines(&sheet, &["family", "declared", "lowest_accepted"]);
    assert!(
        said.contains(&"none ipv6 false 1.3".to_string()) && said.contains(&"none ipv4 false 1.3".to_string()),
        "{said:?}"
    );
}

#[test]
fn a_udp_socket_that_is_no_quic_is_recorded() {
    let running = Running::start("tls", &["-mode", "udp"]);
    let sheet = sheet_of(running.address, true, vec![], BTreeMap::new());
    assert_eq!(lines(&sheet, &["transport", "speaks"]), ["none udp udp"]);
}

#[test]
fn the_contract_allows_only_with_a_reason() {
    let running = Running::start("tls", &["-mode", "plain"]);
    let with = |entries: serde_json::Value| BTreeMap::from([("allow_plain".to_string(), entries)]);
    let endpoint = || vec![declared("metrics", running.address, &[])];
    let sheet = sheet_of(running.address, false, endpoint(), with(json!(["metrics: scraped inside the pod"])));
    assert_eq!(shown(&sheet.items[0], "allowed"), "scraped inside the pod");
    assert!(sheet.gaps.is_empty());
    let sheet = sheet_of(running.address, false, endpoint(), with(json!(["metrics"])));
    assert_eq!(shown(&sheet.items[0], "allowed"), "null");
    assert_eq!(sheet.gaps[0].reason.code, "allowance-without-reason");
    let port = format!("{}: a reason", running.address.port());
    let sheet = sheet_of(running.address, false, vec![], with(json!([port])));
    assert_eq!(shown(&sheet.items[0], "allowed"), "a reason");
}

#[test]
fn a_declared_endpoint_without_a_listener_is_a_gap() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
    let scene = Scene { endpoints: vec![declared("public", free, LOCALHOST)], ..Scene::new(&Direct, || Ok(vec![])) };
    let sheet = collect(&Request::new("endpoint.tls", &BTreeMap::new()), &scene, &Quiet);
    assert_eq!(sheet.gaps[0].reason.code, "listener-refused");
    assert!(sheet.items.is_empty());
}

#[test]
fn sockets_that_cannot_be_listed_are_a_gap() {
    let scene = Scene::new(&Direct, || Err(assize_facts::reason!("listeners-unknown", detail = "no")));
    let sheet = collect(&Request::new("endpoint.tls", &BTreeMap::new()), &scene, &Quiet);
    assert_eq!((sheet.gaps.len(), sheet.scope.count), (1, 0));
}
