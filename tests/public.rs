//! Ten public repositories as they were published: what `--layer source` says of them is pinned. Fetches them; played by `tests/long.sh public`.

use crate::run::{command, root};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CONTRACT: &str = r#"
[contract]
id        = "PUBLIC-1"
title     = { en = "Public repositories", zh = "公开仓库" }
signed_on = 2026-01-17
language  = "en"
time_zone = "UTC"
libraries = ["standard"]

[[clause]]
use        = "go-mod-integrity"
parameters = { contents = "if-available", sumdb = "if-available" }

[[clause]]
use        = "vendor-lock"
parameters = { required = false, contents = "if-available" }

[[clause]]
use = "cgo-disabled"
"#;

/// Whatever the clauses say without contents and without the checksum database.
const ALWAYS: &[&str] =
    &["go-mod-integrity/contents-not-examined fail", "go-mod-integrity/sums-not-authenticated fail"];

fn go(folder: &Path, args: &[&str]) -> Json {
    let out = Command::new("go")
        .args(args)
        .current_dir(folder)
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod"), ("GOWORK", "off")])
        .output()
        .expect("go is on the PATH");
    serde_json::from_slice(&out.stdout)
        .unwrap_or_else(|_| panic!("go {}: {}", args.join(" "), String::from_utf8_lossy(&out.stderr)))
}

/// Copies what the Go command unpacked, writable; gives false where the module cannot be had.
fn unpack(module: &str, version: &str, to: &Path) -> bool {
    let told = go(&std::env::temp_dir(), &["mod", "download", "-json", &format!("{module}@{version}")]);
    let Some(from) = told["Dir"].as_str() else {
        eprintln!("  without {module} {version}: {}", told["Error"].as_str().unwrap_or("no reason given"));
        return false;
    };
    copy(Path::new(from), to);
    true
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("what go unpacked").flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().expect("its type").is_dir() {
            true => copy(&entry.path(), &target),
            // Read and written, so that the cache's read-only mode is left behind.
            false => fs::write(target, fs::read(entry.path()).expect("a file")).expect("written"),
        }
    }
}

/// The repository as far as the module proxy has it: the module, and those that it replaces by its own folders.
fn fetch(repository: &toml::Table, to: &Path) {
    let text = |key: &str| repository.get(key).and_then(|v| v.as_str()).unwrap_or_default();
    assert!(unpack(text("module"), text("version"), to), "{} is not to be had", text("module"));
    let go_mod = go(to, &["mod", "edit", "-json"]);
    let list = |key: &str| go_mod[key].as_array().cloned().unwrap_or_default();
    for replace in list("Replace") {
        let (path, folder) = (replace["Old"]["Path"].as_str(), replace["New"]["Path"].as_str());
        let (Some(path), Some(folder)) = (path, folder.filter(|f| f.starts_with("./"))) else { continue };
        let required =
            list("Require").iter().find(|r| r["Path"] == path).and_then(|r| r["Version"].as_str().map(String::from));
        // Versions of replaced modules are often made up.
        let version = match text("nested_version") {
            "" => required.unwrap_or_default(),
            pinned => pinned.to_string(),
        };
        unpack(path, &version, &to.join(folder));
    }
}

/// What a run said beside passes, one a line; and its time, and its most memory in MiB.
fn examine(folder: &Path, work: &Path) -> (BTreeSet<String>, Duration, u64) {
    let result = work.join("result.json");
    let format = format!("json={}", result.display());
    let mut command = command(["verify", "--layer", "source", "--quiet", "--contract"]);
    command.arg(work.join("contract.toml")).args(["--format", &format]).arg(folder);
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the program starts");
    let mut most = 0;
    while child.try_wait().expect("its state").is_none() {
        most = most.max(memory(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = started.elapsed();
    let result: Json = serde_json::from_slice(&fs::read(&result).expect("a result")).expect("JSON");
    (said(&result), took, most)
}

/// `VmHWM` of proc(5), in MiB.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn said(result: &Json) -> BTreeSet<String> {
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let mut said = BTreeSet::new();
    for clause in list(&result["clauses"]) {
        for check in list(&clause["checks"]) {
            let verdict = check["verdict"].as_str().unwrap_or_default();
            if check["layer"] != "source" || ["pass", "not-applicable"].contains(&verdict) {
                continue;
            }
            let name =
                format!("{}/{}", clause["id"].as_str().unwrap_or_default(), check["id"].as_str().unwrap_or_default());
            let line = format!("{name} {verdict}");
            if ALWAYS.contains(&line.as_str()) {
                continue;
            }
            for finding in list(&check["findings"]).iter().filter(|f| f["outcome"] != "satisfied") {
                let place = finding["location"]["file"].as_str().unwrap_or_default();
                let at = finding["location"]["line"].as_u64().map(|n| format!(":{n}")).unwrap_or_default();
                said.insert(format!("{line} {place}{at}"));
            }
            for gap in list(&check["gaps"]) {
                said.insert(format!("{line} gap {}", gap["code"].as_str().unwrap_or_default()));
            }
        }
    }
    said
}

/// `deliverable.toml` beside the source: the delivered programs, built without cgo.
fn declare(folder: &Path, repository: &toml::Table) {
    let name = repository["name"].as_str().unwrap_or_default();
    let mut text = format!(
        "[deliverable]\nname = \"{name}\"\nversion = \"1\"\nsupplier = \"Public\"\n\n[source]\nroot = \"src\"\nplatform = \"linux/amd64\"\n"
    );
    for package in repository["packages"].as_array().into_iter().flatten().filter_map(|p| p.as_str()) {
        let program = package.rsplit('/').next().filter(|last| *last != ".").unwrap_or(name);
        text += &format!(
            "\n[[binary]]\nname = \"{program}\"\npath = \"dist/{program}\"\npackage = \"{package}\"\nbuild = {{ env = {{ CGO_ENABLED = \"0\" }} }}\n"
        );
    }
    fs::write(folder.join("deliverable.toml"), text).expect("deliverable.toml");
}

fn pinned(repository: &toml::Table, key: &str) -> BTreeSet<String> {
    repository
        .get(key)
        .and_then(|v| v.as_array())
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str())
        .map(String::from)
        .collect()
}

#[test]
#[ignore = "fetches ten repositories; played by `tests/long.sh public`"]
fn public_repositories_get_no_wrong_finding() {
    let work: PathBuf = root().join("target/public");
    fs::create_dir_all(&work).expect("target/public");
    fs::write(work.join("contract.toml"), CONTRACT).expect("the contract");
    let text = fs::read_to_string(root().join("tests/public-expected.toml")).expect("public-expected.toml");
    let expected: toml::Table = text.parse().expect("TOML");
    let (mut wrong, mut rows) = (String::new(), String::new());
    for repository in expected["repository"].as_array().into_iter().flatten().filter_map(|r| r.as_table()) {
        let (name, version) =
            (repository["name"].as_str().unwrap_or_default(), repository["version"].as_str().unwrap_or_default());
        let folder = work.join(format!("{name}-{version}"));
        if !folder.join("deliverable.toml").is_file() {
            eprintln!("fetching {name} {version}");
            let _ = fs::remove_dir_all(&folder);
            fetch(repository, &folder.join("src"));
            declare(&folder, repository);
        }
        let mut row = format!("| {name} {version} |");
        for (key, place) in [("untouched", folder.join("src")), ("declared", folder.clone())] {
            let (said, took, memory) = examine(&place, &work);
            row += &format!(" {:.1} s | {memory} MiB |", took.as_secs_f64());
            let pinned = pinned(repository, key);
            for line in said.symmetric_difference(&pinned) {
                let sign = if pinned.contains(line) { '-' } else { '+' };
                wrong += &format!("{sign} {name} {key}: {line}\n");
            }
        }
        eprintln!("{row}");
        rows += &format!("{row}\n");
    }
    fs::write(work.join("rows.md"), &rows).expect("rows.md");
    assert!(wrong.is_empty(), "not as pinned (+ said now, - pinned):\n{wrong}");
}
