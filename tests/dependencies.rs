//! Dependencies behind stand-ins and proxies, as real drivers meet them: a service whose readiness asks Redis, PostgreSQL and etcd tells every fault of each.

use crate::run::finish;
use crate::watched::{Place, build};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CONTRACT: &str = r#"
[contract]
id = "drivers"
title = { en = "A service with databases", zh = "使用数据库的服务" }
signed_on = 2026-01-17
language = "en"
libraries = ["standard"]

[[clause]]
use = "health-endpoints"
obligation = "must"
parameters = { fail_within = "5s" }

[execution]
sandbox = "required"
"#;

const SERVICE: &str = r#"
[deliverable]
name = "drivers"
version = "1.0.0"

[[binary]]
name = "server"
path = "dist/server"

[[endpoint]]
name = "public"
url = "http://127.0.0.1:{port.public}"
roles = ["health"]

[run]
binary = "server"
ready = "http://127.0.0.1:{port.public}/readyz"
ready_within = "30s"
"#;

/// What is declared: the environment of the service, and its dependencies.
fn declared(env: &str, dependencies: &[&str]) -> String {
    let all = dependencies.iter().map(|text| format!("\n[[run.dependency]]\n{text}\n")).collect::<String>();
    format!("{SERVICE}env = {{ LISTEN = \"127.0.0.1:{{port.public}}\", {env} }}\n{all}")
}

/// The verdict on health has to be a pass, and every fault of every dependency was made.
fn passes(program: &Path, env: &str, dependencies: &[&str], args: &[String]) {
    let place = Place::with(program, &declared(env, dependencies), CONTRACT);
    let mut verify = place.verify();
    verify.args(args);
    let ran = finish(verify, Duration::from_secs(300));
    let result = ran.json();
    let clause = &result["clauses"][0];
    let open: Vec<String> = clause["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter(|c| c["verdict"] != "pass" && c["layer"] == "runtime")
        .map(|c| format!("{} {}: {} {}", c["id"], c["verdict"], c["findings"], c["gaps"]))
        .collect();
    assert_eq!(clause["verdict"], "pass", "{env} {dependencies:?}\n{}\n{}", open.join("\n"), ran.stderr);
    let faults =
        clause["checks"].as_array().expect("checks").iter().find(|c| c["id"] == "recovers").expect("the check");
    assert_eq!(faults["examined"]["count"], 3 * dependencies.len(), "{faults}");
}

const REDIS: &str = "name = \"cache\"\nkind = \"redis\"";
const POSTGRES: &str = "name = \"db\"\nkind = \"postgres\"";

#[test]
#[ignore = "needs drivers from the module proxy, and minutes; played by tests/long.sh dependencies"]
fn stand_ins_satisfy_the_drivers_that_services_use() {
    let program = build("drivers");
    passes(&program, r#"REDIS = "{dep.cache}", POSTGRES = "{dep.db}""#, &[REDIS, POSTGRES], &[]);
    let over_tls = [format!("{REDIS}\ntls = true"), format!("{POSTGRES}\ntls = true")];
    let env =
        r#"REDIS = "{dep.cache}", REDIS_CA = "{dep.cache.ca}", POSTGRES = "{dep.db}", POSTGRES_CA = "{dep.db.ca}""#;
    passes(&program, env, &[&over_tls[0], &over_tls[1]], &[]);
    let optional = format!("{REDIS}\nreadiness = \"optional\"");
    let env = r#"OPTIONAL = "cache", REDIS = "{dep.cache}", POSTGRES = "{dep.db}""#;
    passes(&program, env, &[&optional, POSTGRES], &[]);
}

/// The folder of the newest PostgreSQL of the machine.
fn postgres() -> String {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL").flatten().map(|e| e.path().join("bin")).collect();
    found.sort();
    found.pop().expect("a version of PostgreSQL").to_string_lossy().into_owned()
}

#[test]
#[ignore = "needs Redis, PostgreSQL and etcd, and minutes; played by tests/long.sh dependencies"]
fn proxies_stand_before_real_servers_that_are_started_in_the_sandbox() {
    let program = build("drivers");
    let redis = r#"name = "cache"
kind = "proxy"
command = ["redis-server", "--port", "{port.cache}", "--bind", "127.0.0.1", "--save", "", "--dir", "{work}"]"#;
    let bin = postgres();
    let database = format!(
        r#"name = "db"
kind = "proxy"
command = ["/bin/sh", "-c", "{bin}/initdb -D {{work}}/pg -U app -A trust --no-sync && exec {bin}/postgres -D {{work}}/pg -p {{port.db}} -c listen_addresses=127.0.0.1 -c unix_socket_directories={{work}} -c fsync=off"]"#
    );
    let etcd = r#"name = "config"
kind = "proxy"
command = ["etcd", "--data-dir", "{work}/etcd", "--listen-client-urls", "http://127.0.0.1:{port.config}", "--advertise-client-urls", "http://127.0.0.1:{port.config}", "--listen-peer-urls", "http://127.0.0.1:12380", "--initial-advertise-peer-urls", "http://127.0.0.1:12380", "--initial-cluster", "default=http://127.0.0.1:12380"]"#;
    passes(&program, r#"REDIS = "{dep.cache}""#, &[redis], &[]);
    passes(&program, r#"POSTGRES = "{dep.db}""#, &[&database], &[]);
    passes(&program, r#"ETCD = "{dep.config}""#, &[etcd], &[]);
}

/// A server of the operator's, on the host.
struct Server(Child, u16);

impl Server {
    fn redis() -> Server {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"]);
        let child = command.stdout(Stdio::null()).spawn().expect("Redis");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "Redis did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Server(child, port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs Redis; played by tests/long.sh dependencies"]
fn the_operators_own_server_stands_behind_the_proxy_and_is_not_disturbed() {
    let server = Server::redis();
    let proxy = "name = \"cache\"\nkind = \"proxy\"";
    let dep = format!("--dep=cache=127.0.0.1:{}", server.1);
    passes(&build("drivers"), r#"REDIS = "{dep.cache}""#, &[proxy], &[dep]);
    assert!(TcpStream::connect(("127.0.0.1", server.1)).is_ok(), "it still answers");
}
