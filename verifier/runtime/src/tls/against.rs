//! The prober beside established scanners, point by point, and timed: played by `tests/long/scanners.sh` and `tests/bench/tls.sh`, which
//! say where the scanners are. The servers alone are asked in every run.

use super::full::{Client, FirstRead, Manner};
use super::interview::{groups13, versions};
use super::line::Line;
use super::scene::Declared;
use super::{Canary, Direct, Scene, Socket, collect};
use crate::go_fixture::Running;
use assize_facts::{Item, Quiet, Request, Sheet, TlsVersion};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// As scanners and commands call them, in order.
const VERSIONS: [(&str, &str, &str); 4] = [
    ("1.0", "TLSv1", "tls_1_0"),
    ("1.1", "TLSv1.1", "tls_1_1"),
    ("1.2", "TLSv1.2", "tls_1_2"),
    ("1.3", "TLSv1.3", "tls_1_3"),
];

/// `openssl s_server`, ended when dropped.
struct Server(Child, SocketAddr);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    fn start(folder: &Path, options: &[&str]) -> Server {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", &address.to_string(), "-cert", "cert.pem", "-key", "key.pem", "-www"]);
        command.args(["-cipher", "ALL:@SECLEVEL=0"]).args(options).current_dir(folder);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("openssl");
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(5), "openssl s_server {options:?} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Server(child, address)
    }
}

fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args(
            "req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
                .split(' '),
        )
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn sheet(address: SocketAddr) -> Sheet {
    let mut scene = Scene::new(&Direct, || Ok(vec![Socket { udp: false, address, inode: 1 }]));
    let names = vec!["localhost".to_owned()];
    scene.endpoints = vec![Declared { name: "public".into(), address: Some(address), names, ..Declared::default() }];
    scene.patience = Duration::from_millis(1500);
    scene.between_looks = Duration::from_millis(10);
    collect(&Request::new("endpoint.tls", &BTreeMap::new()), &scene, &Quiet)
}

/// What one scanner finds: versions, and of TLS 1.3 the suites and groups where it lists them.
#[derive(Debug, Default, PartialEq)]
struct Found {
    versions: BTreeSet<String>,
    suites: Option<BTreeSet<String>>,
    groups: Option<BTreeSet<String>>,
}

fn ours(address: SocketAddr) -> Found {
    let sheet = sheet(address);
    let items = || sheet.items.iter().filter(|item| item.text("name_kind") == Some("declared"));
    let texts = |name: &str| {
        items().filter_map(|item: &Item| item.texts(name)).flatten().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let versions = texts("accepted");
    let only_newest = |all: BTreeSet<String>| (versions.len() == 1 && versions.contains("1.3")).then_some(all);
    Found { suites: only_newest(texts("suites")), groups: only_newest(texts("accepted_groups")), versions }
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|e| panic!("{program}: {e} (tests/long/scanners.sh fetches it)"));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn sslyze(program: &str, address: SocketAddr) -> Found {
    let file = std::env::temp_dir().join(format!("sslyze-{}.json", address.port()));
    let json_out = format!("--json_out={}", file.display());
    let all = [
        "--sslv3",
        "--tlsv1",
        "--tlsv1_1",
        "--tlsv1_2",
        "--tlsv1_3",
        "--elliptic_curves",
        &json_out,
        &address.to_string(),
    ];
    run(program, &all);
    let json: Json = serde_json::from_slice(&std::fs::read(&file).expect("sslyze's report")).expect("JSON");
    let _ = std::fs::remove_file(file);
    let result = &json["server_scan_results"][0]["scan_result"];
    let suites = |key: &str| -> BTreeSet<String> {
        let accepted = result[format!("{key}_cipher_suites")]["result"]["accepted_cipher_suites"].as_array();
        accepted.into_iter().flatten().filter_map(|s| Some(s["cipher_suite"]["name"].as_str()?.to_owned())).collect()
    };
    let versions: BTreeSet<String> =
        VERSIONS.iter().filter(|(_, _, key)| !suites(key).is_empty()).map(|(name, ..)| (*name).to_owned()).collect();
    let curves = result["elliptic_curves"]["result"]["supported_curves"].as_array();
    let groups = curves.into_iter().flatten().filter_map(|c| c["name"].as_str()).map(group).collect();
    Found { versions, suites: Some(suites("tls_1_3")), groups: Some(groups) }
}

/// OpenSSL's names of groups as this program's.
fn group(name: &str) -> String {
    match name {
        "prime256v1" | "secp256r1" | "NIST P-256" => "P256",
        "secp384r1" | "NIST P-384" => "P384",
        "secp521r1" | "NIST P-521" => "P521",
        "X25519" | "x25519" => "X25519",
        "X448" | "x448" => "X448",
        other => other,
    }
    .to_owned()
}

/// `TLSv1.2   enabled`.
fn sslscan(address: SocketAddr) -> Found {
    let said = run("sslscan", &["--no-colour", &address.to_string()]);
    let enabled = |name: &str| {
        said.lines()
            .any(|l| l.split_whitespace().next() == Some(name) && l.split_whitespace().nth(1) == Some("enabled"))
    };
    let name_of = |name: &'static str| if name == "TLSv1" { "TLSv1.0" } else { name };
    let versions =
        VERSIONS.iter().filter(|(_, name, _)| enabled(name_of(name))).map(|(name, ..)| (*name).to_owned()).collect();
    Found { versions, ..Found::default() }
}

/// ` TLS 1.2    offered (OK)`.
fn testssl(address: SocketAddr) -> Found {
    let said = run("testssl", &["--color", "0", "--warnings", "batch", "--ip", "one", "-p", &address.to_string()]);
    let offered = |version: &str| {
        let name = if version == "1.0" { "TLS 1 ".to_owned() } else { format!("TLS {version} ") };
        said.lines().any(|l| l.trim_start().starts_with(&name) && l.contains("offered") && !l.contains("not offered"))
    };
    let versions = VERSIONS.iter().filter(|(name, ..)| offered(name)).map(|(name, ..)| (*name).to_owned()).collect();
    Found { versions, ..Found::default() }
}

/// Compares one server; differences as text.
fn compared(server: &str, address: SocketAddr, sslyze_program: &str) -> Vec<String> {
    let ours = ours(address);
    // testssl needs a handshake by the machine's own OpenSSL before it asks, which makes none below TLS 1.2.
    let beyond_testssl = |scanner: &str, theirs: &Found| {
        scanner == "testssl" && theirs.versions.is_empty() && ours.versions.iter().all(|v| v.as_str() < "1.2")
    };
    let mut differences = Vec::new();
    for (scanner, theirs) in
        [("sslyze", sslyze(sslyze_program, address)), ("sslscan", sslscan(address)), ("testssl", testssl(address))]
    {
        if beyond_testssl(scanner, &theirs) {
            println!("({scanner} gives no answer on {server})");
        } else if theirs.versions != ours.versions {
            differences.push(format!("{server}: {scanner} finds {:?}, we {:?}", theirs.versions, ours.versions));
        }
        if let (Some(theirs), Some(ours)) = (&theirs.suites, &ours.suites)
            && theirs != ours
        {
            differences.push(format!("{server}: suites of {scanner} {theirs:?}, ours {ours:?}"));
        }
        if let (Some(theirs), Some(ours)) = (&theirs.groups, &ours.groups)
            && !theirs.is_subset(ours)
        {
            differences.push(format!("{server}: groups of {scanner} {theirs:?}, ours {ours:?}"));
        }
    }
    println!("| {server} | {} |", ours.versions.iter().cloned().collect::<Vec<_>>().join(" "));
    differences
}

/// Every server that is compared: its name, and the versions that it was told to speak.
fn servers(folder: &Path, mut each: impl FnMut(&str, SocketAddr, &[&str])) {
    let numbers = ["769", "770", "771", "772"];
    let names = VERSIONS.map(|(name, ..)| name);
    for from in 0..4 {
        for to in from..4 {
            let range = format!("{} to {}", names[from], names[to]);
            let go = Running::start("tls", &["-min", numbers[from], "-max", numbers[to]]);
            each(&format!("Go, {range}"), go.address, &names[from..=to]);
            let options = ["-min_protocol", VERSIONS[from].1, "-max_protocol", VERSIONS[to].1];
            let openssl = Server::start(folder, &options);
            each(&format!("OpenSSL, {range}"), openssl.1, &names[from..=to]);
        }
    }
    let holes = Server::start(folder, &["-min_protocol", "TLSv1", "-no_tls1_1"]);
    each("OpenSSL, without 1.1", holes.1, &["1.0", "1.2", "1.3"]);
    let few = ["-min_protocol", "TLSv1.3", "-ciphersuites", "TLS_AES_256_GCM_SHA384", "-groups", "P-256:X25519"];
    let few = Server::start(folder, &few);
    each("OpenSSL, 1.3 with one suite and two groups", few.1, &["1.3"]);
}

#[test]
fn servers_of_every_range_of_versions_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    certificate(folder.path());
    servers(folder.path(), |server, address, told| {
        let found = ours(address);
        assert_eq!(found.versions.iter().map(String::as_str).collect::<Vec<_>>(), told, "{server}");
        if server.ends_with("two groups") {
            let texts = |all: &[&str]| Some(all.iter().map(|t| (*t).to_owned()).collect::<BTreeSet<_>>());
            assert_eq!(found.suites, texts(&["TLS_AES_256_GCM_SHA384"]));
            assert_eq!(found.groups, texts(&["P256", "X25519"]));
        }
    });
}

#[test]
#[ignore = "needs three scanners; played by tests/long/scanners.sh"]
fn established_scanners_find_the_same() {
    let program = std::env::var("ASSIZE_SSLYZE").unwrap_or_else(|_| "sslyze".into());
    let folder = tempfile::tempdir().expect("a folder");
    certificate(folder.path());
    let mut differences = Vec::new();
    servers(folder.path(), |server, address, _| differences.extend(compared(server, address, &program)));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Versions between their controls, groups one by one, and an answer over HTTP, under one name: what the scanners are timed with.
fn five_versions_groups_and_an_answer(address: SocketAddr) {
    let canary = Canary::prove(&Direct, address.ip());
    let patience = Duration::from_millis(1500);
    let line = Line { network: &Direct, to: address, upgrade: None, patience, until: Instant::now() + 4 * patience };
    let found = versions(&line, Some("localhost"), None, &canary, 1);
    assert!(found.has(TlsVersion::Tls13) && found.open.is_empty(), "{found:?}");
    assert!(!groups13(&line, Some("localhost"), true).accepted.is_empty());
    let manner = Manner {
        version: TlsVersion::Tls13,
        server_name: Some("localhost"),
        alpn: &["http/1.1"],
        roots: None,
        client: None,
    };
    let mut stream = line.open().expect("a connection");
    let full = Client::new(&manner).expect("a client").shake(&mut stream, Some(patience)).expect("a handshake");
    assert!(matches!(full.first_read, FirstRead::Data), "{:?}", full.first_read);
}

/// The median of twenty, in milliseconds.
fn timed(what: impl Fn()) -> f64 {
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let begun = Instant::now();
            what();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

#[test]
#[ignore = "a benchmark; played by tests/bench/tls.sh"]
fn one_listener_is_asked_quickly() {
    for (server, options) in [("TLS 1.3 alone", ["-min", "772"]), ("TLS 1.2 and 1.3", ["-min", "771"])] {
        let running = Running::start("tls", &options);
        let address = running.address;
        let quick = timed(|| five_versions_groups_and_an_answer(address));
        println!("| {server}: five versions with controls, groups, an answer over HTTP | {quick:.1} ms |");
        let whole = timed(|| assert!(!sheet(address).items.is_empty()));
        println!("| {server}: the whole sheet (every name, suites, chain, resumption) | {whole:.1} ms |");
        let theirs = timed(|| drop(run("sslscan", &["--no-colour", &address.to_string()])));
        println!("| {server}: sslscan | {theirs:.1} ms |");
    }
}
