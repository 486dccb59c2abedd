//! Builds and starts the small Go programs of `fixtures/` for tests.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// The program of `fixtures/<name>`, built once per test run; Go's own cache makes later runs quick.
pub(crate) fn program(name: &str) -> PathBuf {
    static BUILT: OnceLock<Mutex<BTreeMap<String, PathBuf>>> = OnceLock::new();
    let mut built = BUILT.get_or_init(Mutex::default).lock().expect("no test panics while building");
    built.entry(name.to_string()).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    let folder = std::env::current_exe().expect("our own path").with_file_name("go-fixtures");
    std::fs::create_dir_all(&folder).expect("a folder beside the test program");
    // Another test program may build the same: each writes its own file and renames it.
    let (file, draft) = (folder.join(name), folder.join(format!("{name}.{}", std::process::id())));
    let output = Command::new("go")
        .args(["build", "-o"])
        .args([draft.as_os_str(), ".".as_ref()])
        .current_dir(format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR")))
        .envs([
            ("GOENV", "off"),
            ("GOTOOLCHAIN", "local"),
            ("GOFLAGS", "-mod=mod"),
            ("CGO_ENABLED", "0"),
            ("GOWORK", "off"),
        ])
        .output()
        .expect("the Go command");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::rename(&draft, &file).expect("the program in its place");
    file
}

/// A started program, ended when dropped.
pub(crate) struct Running {
    child: Child,
    /// What follows `LISTEN` on the lines of its output.
    pub address: SocketAddr,
}

impl Running {
    /// Starts a program and waits until it says where it listens.
    pub fn start(name: &str, args: &[&str]) -> Running {
        let mut command = Command::new(program(name));
        command.args(args).stdout(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().expect("a fixture that starts");
        let out = child.stdout.take().expect("its output");
        let line = BufReader::new(out).lines().next().expect("a line").expect("text");
        let address = line.strip_prefix("LISTEN ").and_then(|a| a.parse().ok());
        Running { child, address: address.unwrap_or_else(|| panic!("{name} {args:?} says: {line}")) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
