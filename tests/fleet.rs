//! The fleet: small Go services in three styles, honest and dishonest, each with what the runtime checks must say of it. Builds and runs them; played by `tests/long.sh fleet`.

use crate::run::{command, finish, root};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Cases that are played at the same time: they wait more than they work.
const AT_ONCE: usize = 3;
/// The clauses by the names that the table uses.
const CLAUSES: [(&str, &str); 5] = [
    ("tls", "tls-1.3"),
    ("seccomp", "seccomp"),
    ("health", "health-endpoints"),
    ("reload", "reload-sigusr2"),
    ("logs", "structured-logs"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    style: String,
    #[serde(default)]
    with: Vec<String>,
    clauses: Vec<String>,
    /// Host of the declared address, and what it listens on where that differs.
    #[serde(default = "loopback")]
    host: String,
    bind: Option<String>,
    #[serde(default = "ecdsa")]
    certificate: String,
    #[serde(default)]
    clients: bool,
    #[serde(default = "http")]
    store: String,
    #[serde(default = "standard_error")]
    logs: String,
    #[serde(default)]
    allow_plain: bool,
    #[serde(default)]
    ready_by_log: bool,
    #[serde(default)]
    expect: BTreeMap<String, String>,
}

fn loopback() -> String {
    "127.0.0.1".into()
}

fn ecdsa() -> String {
    "ecdsa".into()
}

fn http() -> String {
    "http".into()
}

fn standard_error() -> String {
    "stderr".into()
}

impl Case {
    fn clauses(&self) -> Vec<(&'static str, &'static str)> {
        let wanted = |short: &str| self.clauses.iter().any(|c| c == "all" || c == short);
        CLAUSES.into_iter().filter(|(short, _)| wanted(short)).collect()
    }

    fn deliverable(&self) -> String {
        let Case { style, host, logs, certificate, .. } = self;
        let bind = self.bind.as_ref().unwrap_or(host).trim_matches(['[', ']']);
        let bind = if bind.contains(':') { format!("[{bind}]") } else { bind.to_string() };
        let has_store = self.store != "none";
        let store = if has_store { ", STORE = \"{dep.store}\"" } else { "" };
        let clients = if self.clients { ", \"-clients\", \"{work}/pki/ca.pem\"" } else { "" };
        let ready = match self.ready_by_log {
            true => "log:listening".into(),
            false => format!("https://{host}:{{port.public}}/livez"),
        };
        let mut text = format!(
            r#"[deliverable]
name = "fleet"
version = "2.3.1"

[[binary]]
name = "fleet"
path = "dist/{style}"
package = "./cmd/{style}"

[run]
binary = "fleet"
args = ["-config", "{{work}}/config.json", "-certificate", "{{work}}/pki/{certificate}.pem", "-key", "{{work}}/pki/{certificate}-key.pem", "-with", "{}"{clients}]
env = {{ LISTEN = "{bind}:{{port.public}}", SECOND = "127.0.0.1:{{port.second}}"{store} }}
files = ["config.json", "pki"]
ready = "{ready}"
ready_within = "20s"
logs = "{logs}"
service = "fleet"

[[endpoint]]
name = "public"
url = "https://{host}:{{port.public}}"
roles = ["tls", "health", "load"]
ca = "pki/ca.pem"
{}

[[request]]
name = "greeting"
endpoint = "public"
path = "/greeting"
roles = ["load", "critical"]

[[request]]
name = "slow"
endpoint = "public"
path = "/slow"
roles = ["slow"]

[[request]]
name = "fails"
endpoint = "public"
path = "/fails"
status = 500
roles = ["error"]

[reload]
file = "{{work}}/config.json"
set = {{ "/greeting" = "good day", "/farewell" = "farewell" }}
observe = {{ request = "greeting", fields = {{ "/greeting" = ["hello", "good day"], "/farewell" = ["goodbye", "farewell"] }} }}
"#,
            self.with.join(","),
            if self.clients { "client_cert = \"pki/client.pem\"\nclient_key = \"pki/client-key.pem\"" } else { "" },
        );
        if has_store {
            let kind = if self.store == "redis" { "redis" } else { "http" };
            let readiness = if self.store == "optional" { "optional" } else { "required" };
            text.push_str(&format!(
                "\n[[run.dependency]]\nname = \"store\"\nkind = \"{kind}\"\nreadiness = \"{readiness}\"\n"
            ));
        }
        if style == "rpc" || self.with.iter().any(|w| w.starts_with("metrics-")) {
            let scheme = if self.allow_plain { "http" } else { "https" };
            text.push_str(&format!(
                "\n[[endpoint]]\nname = \"second\"\nurl = \"{scheme}://127.0.0.1:{{port.second}}\"\nroles = [\"metrics\"]\n"
            ));
        }
        text
    }

    fn contract(&self) -> String {
        let mut text = String::from(
            "[contract]\nid = \"FLEET-1\"\ntitle = { en = \"A fleet\", zh = \"一组服务\" }\nsigned_on = 2026-01-17\nlibraries = [\"standard\"]\n",
        );
        for (short, clause) in self.clauses() {
            let parameters = match short {
                "tls" if self.allow_plain => "{ allow_plain = [\"second: scraped on the host's own network\"] }",
                "health" if ["none", "optional"].contains(&self.store.as_str()) => {
                    &format!("{{ dependencies = {:?} }}", self.store)
                }
                _ => "{}",
            };
            text.push_str(&format!("\n[[clause]]\nuse = \"{clause}\"\nparameters = {parameters}\n"));
        }
        text
    }

    fn lay(&self, folder: &Path, built: &Path) {
        for (file, text) in [
            ("deliverable.toml", self.deliverable()),
            ("contract.toml", self.contract()),
            ("config.json", "{\"greeting\":\"hello\",\"farewell\":\"goodbye\"}\n".into()),
        ] {
            fs::write(folder.join(file), text).expect("a file of the case");
        }
        for sub in ["dist", "pki"] {
            fs::create_dir(folder.join(sub)).expect("a folder of the case");
        }
        fs::copy(built.join(&self.style), folder.join("dist").join(&self.style)).expect("the service");
        for entry in fs::read_dir(built.join("pki")).expect("certificates").flatten() {
            fs::copy(entry.path(), folder.join("pki").join(entry.file_name())).expect("a certificate");
        }
    }

    /// What is wrong with the outcome; nothing, where all is as the table says.
    fn play(&self, built: &Path) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        self.lay(folder.path(), built);
        let contract = folder.path().join("contract.toml");
        let mut run = command(["verify", "--format", "json", "--quiet", "--contract"]);
        run.arg(contract).arg(folder.path());
        let ran = finish(run, Duration::from_secs(300));
        let Ok(result) = serde_json::from_str::<Json>(&ran.stdout) else {
            return vec![format!("{}: no result: {}", self.name, ran.all())];
        };
        self.clauses().iter().filter_map(|(short, clause)| self.wrong(&result, short, clause)).collect()
    }

    fn wrong(&self, result: &Json, short: &str, clause: &str) -> Option<String> {
        let checks: Vec<&Json> = list(&result["clauses"])
            .filter(|c| c["id"] == clause)
            .flat_map(|c| list(&c["checks"]))
            .filter(|c| c["layer"] == "runtime" && c["weight"] != "note" && c["verdict"] != "not-applicable")
            .collect();
        let has = |verdict: &str| checks.iter().any(|c| c["verdict"] == verdict);
        let found = match (has("fail"), has("inconclusive"), checks.is_empty()) {
            (true, _, _) => "fail",
            (false, true, _) | (false, false, true) => "inconclusive",
            (false, false, false) => "pass",
        };
        let expected = self.expect.get(short).map_or("pass", String::as_str);
        let (verdict, check) = expected.split_once(' ').unwrap_or((expected, ""));
        let caught = check.is_empty() || checks.iter().any(|c| c["id"] == check && c["verdict"] == verdict);
        (found != verdict || !caught).then(|| {
            let open: Vec<String> =
                checks.iter().filter(|c| c["verdict"] != "pass").take(3).map(|c| words(c)).collect();
            format!("{}: {short}: expected {expected}, found {found} [{}]", self.name, open.join("; "))
        })
    }
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn words(check: &Json) -> String {
    let finding = list(&check["findings"]).find(|f| f["outcome"] != "satisfied").map(|f| &f["message"]["en"]);
    let said = finding.or_else(|| list(&check["gaps"]).next().map(|g| &g["message"]["en"]));
    let said = said.and_then(Json::as_str).unwrap_or_default();
    format!("{} {} ({said})", check["id"].as_str().unwrap_or_default(), check["verdict"].as_str().unwrap_or_default())
}

fn go(args: &[&str]) {
    let settings =
        [("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("GOWORK", "off"), ("CGO_ENABLED", "0")];
    let done = Command::new("go").args(args).current_dir(root().join("tests/fleet")).envs(settings).status();
    assert!(done.expect("go is on the PATH").success(), "go {}", args.join(" "));
}

fn build() -> PathBuf {
    let built = root().join("target/fleet");
    fs::create_dir_all(built.join("pki")).expect("a folder");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    go(&["build", "-trimpath", "-o", &text(&built), "./cmd/plain", "./cmd/echo", "./cmd/rpc"]);
    go(&["run", "./cmd/certificates", &text(&built.join("pki"))]);
    built
}

/// `FLEET=name,…` plays some cases only.
#[test]
#[ignore = "builds services and runs them for minutes; played by tests/long.sh fleet"]
fn every_service_of_the_fleet_gets_its_verdict() {
    let table = fs::read_to_string(root().join("tests/fleet/cases.toml")).expect("the table");
    let table: Table = toml::from_str(&table).unwrap_or_else(|e| panic!("cases.toml: {e}"));
    let only = std::env::var("FLEET").unwrap_or_default();
    let chosen = |c: &&Case| only.is_empty() || only.split(',').any(|n| n == c.name);
    let cases: Vec<&Case> = table.case.iter().filter(chosen).collect();
    let (built, next, wrong) = (build(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let begun = Instant::now();
                    let found = case.play(&built);
                    let sign = if found.is_empty() { "ok  " } else { "MISS" };
                    eprintln!("{sign} {} ({:.0} s)", case.name, begun.elapsed().as_secs_f64());
                    found.iter().for_each(|f| eprintln!("     {f}"));
                    wrong.lock().expect("no panic").extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    eprintln!("{} services, {} not as the table says", cases.len(), wrong.len());
    assert!(!cases.is_empty() && wrong.is_empty(), "{}", wrong.join("\n"));
}
