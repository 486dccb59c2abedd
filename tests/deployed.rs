//! Services that already run, named by the operator: looked at, asked as agreed, and never disturbed without the contract's and the operator's word.

use crate::run::{Ran, finish};
use crate::watched::{Case, Place};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// An endpoint of this test that notes what it is asked.
struct Asked {
    port: u16,
    /// Methods with their paths; a lone `connected` for each connection.
    words: Arc<Mutex<BTreeSet<String>>>,
}

impl Asked {
    fn begin() -> Asked {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (port, words) = (listener.local_addr().expect("its address").port(), Arc::default());
        let noted = Arc::clone(&words);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let noted = Arc::clone(&noted);
                std::thread::spawn(move || serve(stream, &noted));
            }
        });
        Asked { port, words }
    }

    fn methods(&self) -> BTreeSet<String> {
        let words = self.words.lock().expect("the words");
        words.iter().filter_map(|w| Some(w.split_once(' ')?.0.to_string())).collect()
    }

    fn contacted(&self) -> bool {
        !self.words.lock().expect("the words").is_empty()
    }
}

fn serve(stream: TcpStream, noted: &Mutex<BTreeSet<String>>) {
    noted.lock().expect("the words").insert("connected".into());
    let Ok(mut to) = stream.try_clone() else { return };
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(first)) = lines.next() {
        let mut words = first.split(' ');
        let (Some(method), Some(path), Some("HTTP/1.1")) = (words.next(), words.next(), words.next()) else { return };
        noted.lock().expect("the words").insert(format!("{method} {path}"));
        while lines.next().is_some_and(|line| line.is_ok_and(|l| !l.is_empty())) {}
        let body = r#"{"status":"ok","version":"1.0.0","timestamp":"2026-01-01T00:00:00Z"}"#;
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        let body = if method == "HEAD" { "" } else { body };
        if to.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

/// The same deliverable under a contract with more clauses, and with a consent.
fn place(consent: &str) -> Place {
    let place = Place::new(&Case::of("note-signals"));
    let mut contract = fs::read_to_string(place.contract()).expect("the contract");
    for clause in ["reload-sigusr2", "seccomp", "delivery-identity"] {
        contract.push_str(&format!("\n[[clause]]\nuse = \"{clause}\"\nobligation = \"must\"\n"));
    }
    fs::write(place.contract(), format!("{contract}\n[consent]\n{consent}\n")).expect("written");
    let declared = place.deliverable().join("deliverable.toml");
    let mut text = fs::read_to_string(&declared).expect("what is declared");
    text.push_str(
        "\n[[request]]\nname = \"order\"\nendpoint = \"public\"\nmethod = \"PUT\"\npath = \"/order\"\nstatus = 200\n",
    );
    text.push_str("\n[reload]\nfile = \"{work}/x.json\"\nset = { \"/a\" = \"b\" }\nobserve = { url = \"http://127.0.0.1:{port.public}/a\", contains = \"b\" }\n");
    fs::write(declared, text).expect("written");
    place
}

fn verify(place: &Place, args: &[&str]) -> Ran {
    let mut verify = place.verify();
    verify.args(args);
    finish(verify, Duration::from_secs(120))
}

fn endpoint(asked: &Asked) -> String {
    format!("--endpoint=public=http://127.0.0.1:{}", asked.port)
}

/// The reason codes of a clause's gaps, in words where a field is unknown.
fn said(ran: &Ran, id: &str) -> String {
    let result = ran.json();
    let clause =
        result["clauses"].as_array().expect("clauses").iter().find(|c| c["id"] == id).expect("the clause").clone();
    clause["checks"].to_string()
}

fn verdict(ran: &Ran, id: &str) -> String {
    let result = ran.json();
    let clause =
        result["clauses"].as_array().expect("clauses").iter().find(|c| c["id"] == id).expect("the clause").clone();
    clause["verdict"].as_str().unwrap_or_default().to_string()
}

#[test]
fn an_endpoint_of_others_is_looked_at_and_not_disturbed() {
    let all = "load = true\nfaults = true\nsignals = true";
    std::thread::scope(|scope| {
        for (consent, args) in [("", &[][..]), (all, &[]), ("", &["--disturb"])] {
            scope.spawn(move || looked_at_only(consent, args));
        }
    });
}

fn looked_at_only(consent: &str, args: &[&str]) {
    let asked = Asked::begin();
    let ran = verify(&place(consent), &[&[endpoint(&asked).as_str()], args].concat());
    assert_eq!(ran.status, Some(1), "plain HTTP: {}", ran.all());
    assert_eq!(asked.methods(), BTreeSet::from(["GET".to_string(), "HEAD".to_string()]), "{consent} {args:?}");
    let missing = if consent.is_empty() { "consent-missing" } else { "disturb-missing" };
    assert!(said(&ran, "structured-logs").contains("not-ours"), "{}", ran.stdout);
    assert!(ran.stdout.contains(missing), "{missing}: {}", ran.stdout);
    assert_eq!(verdict(&ran, "reload-sigusr2"), "inconclusive");
    assert_ne!(verdict(&ran, "structured-logs"), "pass");
    assert_eq!(ran.json()["sandbox"]["level"], "not-run");
}

#[test]
fn with_consent_and_disturb_the_declared_requests_are_made() {
    let asked = Asked::begin();
    let ran = verify(&place("load = true"), &[&endpoint(&asked), "--disturb"]);
    assert!(matches!(ran.status, Some(1 | 2)), "{}", ran.all());
    let words = asked.words.lock().expect("the words").clone();
    assert!(words.contains("PUT /order") && words.iter().any(|w| w.starts_with("DELETE ")), "{words:?}");
    assert!(said(&ran, "reload-sigusr2").contains("not-ours"), "{}", ran.stdout);
}

#[test]
fn without_consent_to_handshakes_nobody_is_even_called() {
    let asked = Asked::begin();
    let ran = verify(&place("handshakes = false"), &[&endpoint(&asked)]);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert!(!asked.contacted(), "{:?}", asked.words);
    assert!(said(&ran, "tls-1.3").contains("consent-missing"), "{}", ran.stdout);
}

/// A service that was started by others: by this test.
struct Deployed {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Deployed {
    fn begin(place: &Place) -> Deployed {
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
        let child = Command::new(place.deliverable().join("dist/server"))
            .arg("note-signals")
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("WORK", folder.path())
            .stderr(Stdio::null())
            .spawn()
            .expect("the service");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "it did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        Deployed { child, folder, port }
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_process_of_others_is_looked_at_and_gets_no_signal() {
    let place = place("signals = true\nload = true\nfaults = true");
    let mut deployed = Deployed::begin(&place);
    let (pid, url) = (deployed.child.id().to_string(), format!("public=http://127.0.0.1:{}", deployed.port));
    let pack = place.path().join("pack");
    let ran = verify(&place, &["--pid", &pid, "--endpoint", &url, "--pack", pack.to_str().expect("a path")]);
    assert!(matches!(ran.status, Some(1 | 2)), "{}", ran.all());
    assert!(!deployed.folder.path().join("signals").exists(), "it got a signal");
    assert!(deployed.child.try_wait().expect("its state").is_none(), "it ended");
    let recorded = |kind: &str| fs::read_to_string(pack.join(format!("facts/{kind}.jsonl"))).unwrap_or_default();
    assert!(recorded("process.info").contains("\"by_operator\":true"), "{}", recorded("process.info"));
    assert!(recorded("process.listeners").contains(&deployed.port.to_string()), "{}", recorded("process.listeners"));
    let run = fs::read_to_string(pack.join("run.json")).expect("the run's record");
    let run: serde_json::Value = serde_json::from_str(&run).expect("JSON");
    assert_eq!(run["operator"]["pids"][0].to_string(), pid);
    assert_eq!(run["operator"]["all"], true);
    assert!(said(&ran, "reload-sigusr2").contains("not-ours"), "{}", ran.stdout);
    for link in ran.json()["identity"].as_array().expect("links") {
        let tied = link["link"] == "binary-process" && link["outcome"] == "satisfied";
        assert!(!tied || link["reason"].is_null(), "{link}");
    }
}

#[test]
fn what_is_named_wrongly_is_said_before_any_work() {
    let place = place("");
    let own = std::process::id().to_string();
    for (args, says) in [
        (&["--pid", "4194304"][..], "there is no such process"),
        (&["--endpoint", "public"], "it takes NAME=URL"),
        (&["--endpoint", "public=ftp://127.0.0.1:21"], "cannot be asked here"),
        (&["--endpoint", "public=https://a:b@127.0.0.1"], "user information"),
        (&["--dep", "db=127.0.0.1:5432"], "declares no dependency"),
        (&["--dep", "db=127.0.0.1"], "no port"),
        (&["--pid", &own, "--dep", "db=127.0.0.1:5432"], "leave one of them out"),
    ] {
        let ran = verify(&place, args);
        assert_eq!(ran.status, Some(3), "{args:?}: {}", ran.all());
        assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    }
}
