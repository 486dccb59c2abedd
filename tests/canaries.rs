//! Secrets that a service prints, answers and carries in its source appear in no byte of what is written down.

use crate::run::{assize, folder};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A service that gives away everything: its secret in logs, answers, headers and several spellings; keys and credentials in its source.
const MAIN: &str = r##"package main

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"
)

const key = "-----BEGIN PRIVATE KEY-----\nSOURCEKEYCANARYaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n-----END PRIVATE KEY-----\n"

func load(pem string) []tls.Certificate { return nil }

func client() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, Certificates: load("-----BEGIN EC PRIVATE KEY-----\nINLINEKEYCANARYbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n-----END EC PRIVATE KEY-----")}}}
}

func call() {
	request, _ := http.NewRequest("GET", "http://127.0.0.1:1", nil)
	request.Header.Set("Authorization", "Bearer source-auth-canary")
	request.Header.Set("Cookie", "id=source-cookie-canary")
	slog.Error("calling", "authorization", "Bearer logged-auth-canary")
}

func main() {
	secret := os.Getenv("API_TOKEN")
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil)).With("service", "leaky", "trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")
	log.Info("starting with "+secret, "token", secret, "basic", base64.StdEncoding.EncodeToString([]byte("root:"+secret)), "hex", hex.EncodeToString([]byte(secret)))
	fmt.Println("plain", secret)
	for _, line := range strings.Split("-----BEGIN RSA PRIVATE KEY-----\nLOGGEDKEYCANARYcccccccccccccccccccccccccccccccccccccccccccccccccc\n-----END RSA PRIVATE KEY-----", "\n") {
		fmt.Fprintln(os.Stderr, line)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		log.Info("asked", "headers", r.Header)
		fmt.Fprintln(os.Stderr, "Authorization:", r.Header.Get("Authorization"))
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "session=answer-cookie-canary; Path=/")
		w.Header().Set("X-Token", secret)
		json.NewEncoder(w).Encode(map[string]any{"status": "ok", "version": secret, "timestamp": time.Now().UTC().Format(time.RFC3339), "key": key, "token": secret})
	})
	http.ListenAndServe(os.Getenv("LISTEN"), nil)
}
"##;

const DELIVERABLE: &str = r#"[deliverable]
name = "leaky"
version = "1.0.0"

[source]
root = "src"

[[binary]]
name = "leaky"
path = "leaky"
package = "."

[run]
binary = "leaky"
env = { LISTEN = "127.0.0.1:{port.public}" }
secret = ["API_TOKEN"]
ready = "http://127.0.0.1:{port.public}/readyz"
ready_within = "20s"
logs = "stderr"

[[endpoint]]
name = "public"
url = "http://127.0.0.1:{port.public}"
roles = ["health", "load", "tls"]
headers = { Authorization = "Bearer declared-auth-canary", Cookie = "id=declared-cookie-canary" }

[[request]]
name = "anything"
endpoint = "public"
method = "GET"
path = "/anything"
status = 200
roles = ["load", "critical"]
"#;

/// What must not be found, in no spelling.
const CANARIES: &[&str] = &[
    "operator-canary-7c1f",
    "SOURCEKEYCANARY",
    "INLINEKEYCANARY",
    "LOGGEDKEYCANARY",
    "source-auth-canary",
    "source-cookie-canary",
    "logged-auth-canary",
    "answer-cookie-canary",
    "declared-auth-canary",
    "declared-cookie-canary",
];

/// A canary in itself, in hexadecimal, and in base64 at each of the three places where it can begin.
fn spellings(canary: &str) -> Vec<String> {
    let mut all = vec![canary.to_string(), canary.bytes().map(|b| format!("{b:02x}")).collect()];
    for before in ["", "a", "ab"] {
        let encoded = base64(format!("{before}{canary}").as_bytes());
        // Digits that hold a bit of what stands before or behind it are left out.
        let whole = (before.len() + canary.len()) * 8 / 6;
        all.push(encoded[(before.len() * 8).div_ceil(6)..whole].to_string());
    }
    all
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = bytes.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1)).collect();
    bits.chunks(6)
        .map(|six| six.iter().chain(std::iter::repeat(&0)).take(6).fold(0, |n, bit| n << 1 | bit))
        .map(|n: u8| char::from(DIGITS[usize::from(n)]))
        .collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

fn all_files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => all_files(&path, found),
            path => found.push((path.display().to_string(), fs::read(&path).expect("a file"))),
        }
    }
}

#[test]
fn secrets_are_in_no_byte_of_packs_and_reports() {
    let place = folder(&[
        ("delivery/deliverable.toml", DELIVERABLE),
        ("delivery/src/go.mod", "module example.com/leaky\n\ngo 1.24\n"),
        ("delivery/src/main.go", MAIN),
        ("token", "operator-canary-7c1f\n"),
    ]);
    let at = |name: &str| place.path().join(name);
    let built = Command::new("go")
        .args(["build", "-trimpath", "-o", "../leaky", "."])
        .current_dir(at("delivery/src"))
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("CGO_ENABLED", "0"), ("GOWORK", "off")])
        .output()
        .expect("go is installed");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    fs::create_dir(at("out")).expect("a folder");
    let key = at("key");
    assert_eq!(assize(["keygen".as_ref(), key.as_os_str()]).status, Some(0));
    let formats = ["human", "sarif", "sarif-failures", "junit", "oscal", "markdown", "html", "json", "pdf"];
    let mut args: Vec<String> = vec!["verify".into(), at("delivery").display().to_string(), "--lang=both".into()];
    args.push(format!("--secret=API_TOKEN=@{}", at("token").display()));
    args.push(format!("--pack={}", at("out/pack").display()));
    args.push(format!("--sign={}", key.display()));
    args.extend(formats.map(|format| format!("--format={format}={}", at("out").join(format).display())));
    let ran = assize(&args);
    assert!(matches!(ran.status, Some(1 | 2)), "{}", ran.all());
    // The text of a PDF stands in it compressed.
    let pdf = Command::new("pdftotext").arg(at("out/pdf")).arg(at("out/pdf.txt")).status();
    assert!(pdf.expect("pdftotext is installed").success() && fs::metadata(at("out/pdf.txt")).expect("text").len() > 0);
    let (pack, archive) = (at("out/pack"), at("out/pack.tar"));
    let mut said = vec![ran];
    for (command, more) in
        [("copy", Some(&archive)), ("verify", None), ("show", None), ("replay", None), ("diff", Some(&archive))]
    {
        let args = ["evidence".as_ref(), command.as_ref(), pack.as_os_str()];
        said.push(assize(args.into_iter().chain(more.map(|m| m.as_os_str()))));
        assert!(said.last().is_some_and(|ran| matches!(ran.status, Some(0 | 2))), "{command}");
    }
    said.push(assize(["facts", &args[1], args.iter().find(|a| a.starts_with("--secret")).expect("given")]));
    assert_eq!(said.last().and_then(|ran| ran.status), Some(0));
    let mut written: Vec<(String, Vec<u8>)> =
        said.iter().map(|ran| ("standard output or error".to_string(), ran.all().into_bytes())).collect();
    all_files(&at("out"), &mut written);
    assert!(written.len() > 20, "{}", written.len());
    for (file, bytes) in &written {
        for canary in CANARIES {
            for spelling in spellings(canary) {
                assert!(!holds(bytes, &spelling), "{canary} is in {file} as {spelling}");
            }
        }
    }
    // A pack does not say where on the machine it was made.
    let here = place.path().display().to_string();
    let of_pack = written.iter().filter(|(name, _)| name.contains("/out/pack"));
    of_pack.for_each(|(name, bytes)| assert!(!holds(bytes, &here), "{here} is in {name}"));
    // Nor is what it was signed with.
    let pem = fs::read_to_string(&key).expect("the private key");
    let secret = pem.lines().find(|line| !line.starts_with('-')).expect("base64");
    assert!(secret.len() > 40 && written.iter().all(|(_, bytes)| !holds(bytes, secret)));
    // They did pass by: what stands for them is where they would be.
    let stands = |file: &str, words: &str| {
        let (_, bytes) = written.iter().find(|(name, _)| name.contains(file)).unwrap_or_else(|| panic!("no {file}"));
        assert!(holds(bytes, words), "{words} is not in {file}: {}", String::from_utf8_lossy(bytes));
    };
    stands("log-capture.jsonl", "[secret API_TOKEN, 21 bytes, ");
    stands("log-capture.jsonl", "\"[private key]\"");
    stands("log-capture.jsonl", "Authorization: [authorization, ");
    stands("http-quiet.jsonl", "[secret API_TOKEN, 21 bytes, ");
    stands("http-quiet.jsonl", "Set-Cookie: [cookie, ");
    stands("pack/deliverable.toml", "Authorization = \"[authorization, ");
    stands("source-source.tls_configs", "[private key, ");
    // Findings refer to exhibits that are there.
    let result = ran_result(&at("out/json"));
    let mut referred = 0;
    for clause in result["clauses"].as_array().expect("clauses") {
        for finding in
            clause["checks"].as_array().expect("checks").iter().flat_map(|c| c["findings"].as_array()).flatten()
        {
            for exhibit in finding["exhibits"].as_array().into_iter().flatten() {
                assert!(at("out/pack").join(exhibit.as_str().expect("a path")).is_file(), "{exhibit}");
                referred += 1;
            }
        }
    }
    assert!(referred > 5, "{referred}");
}

fn ran_result(file: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(file).expect("a result")).expect("JSON")
}
