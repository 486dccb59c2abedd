//! A delivery that holds the Go service of `fixtures/service`, and how tests start it and ask it.

use assize_delivery::Delivery;
use assize_facts::{BinarySpec, Deliverable, DependencySpec, EndpointSpec, Limits, Quiet, Reason, RunSpec};
use assize_runtime::{RunPlan, Service, StartOptions, Supervisor};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

pub const HELPER: &str = env!("CARGO_BIN_EXE_assize-supervise-test");

pub fn supervisor() -> Supervisor {
    Supervisor { program: HELPER.into(), args: vec!["__supervise".into()] }
}

/// The fixture as a program, built once per test run; Go's own cache makes later runs quick.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("service-{}", std::process::id()));
        let output = Command::new("go")
            .args(["build", "-trimpath", "-o"])
            .arg(&file)
            .arg(".")
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/service"))
            .envs([
                ("GOENV", "off"),
                ("GOTOOLCHAIN", "local"),
                ("GOFLAGS", "-mod=mod"),
                ("GOWORK", "off"),
                ("CGO_ENABLED", "0"),
            ])
            .output()
            .expect("the Go command");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        file
    })
}

/// A delivered folder and what is declared about it.
pub struct Fixture {
    pub folder: tempfile::TempDir,
    pub spec: Deliverable,
    pub limits: Limits,
}

impl Fixture {
    pub fn new(mode: &str) -> Fixture {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["dist", "run/tls"] {
            std::fs::create_dir_all(folder.path().join(name)).expect("a folder");
        }
        std::fs::copy(program(), folder.path().join("dist/server")).expect("copied");
        std::fs::write(folder.path().join("run/config.json"), r#"{"work": "{work}", "other": "{x}"}"#)
            .expect("written");
        std::fs::write(folder.path().join("run/tls/key.pem"), "key").expect("written");
        let run = RunSpec {
            binary: "server".into(),
            args: vec![mode.into()],
            env: BTreeMap::from([
                ("LISTEN".into(), "127.0.0.1:{port.public}".into()),
                ("WORK".into(), "{work}".into()),
            ]),
            files: vec!["run/config.json".into(), "run/tls".into()],
            templates: vec!["run/config.json".into()],
            secret: vec!["DB_PASSWORD".into()],
            ready: Some("http://127.0.0.1:{port.public}/".into()),
            ready_within_ms: 10_000,
            ..RunSpec::default()
        };
        let binary = BinarySpec { name: "server".into(), path: "dist/server".into(), ..BinarySpec::default() };
        let endpoint = EndpointSpec {
            name: "public".into(),
            url: "http://127.0.0.1:{port.public}".into(),
            ..EndpointSpec::default()
        };
        let spec =
            Deliverable { binaries: vec![binary], run: Some(run), endpoints: vec![endpoint], ..Deliverable::default() };
        Fixture { folder, spec, limits: Limits::default() }
    }

    pub fn run(&mut self) -> &mut RunSpec {
        self.spec.run.as_mut().expect("a run")
    }

    pub fn dependency(mut self, kind: &str) -> Fixture {
        let spec = DependencySpec { name: "db".into(), kind: kind.into(), required: true, ..DependencySpec::default() };
        self.run().dependencies.push(spec);
        self.run().env.insert("DEP".into(), "{dep.db}".into());
        self
    }

    pub fn delivery(&self) -> Delivery {
        Delivery::open(self.folder.path(), self.spec.clone(), self.limits.clone()).expect("a delivery")
    }

    pub fn start(&self) -> Result<Service, Reason> {
        self.start_with(|_| {})
    }

    pub fn start_with(&self, change: impl FnOnce(&mut RunPlan)) -> Result<Service, Reason> {
        let delivery = self.delivery();
        let mut plan = RunPlan::new(&delivery, &[]);
        plan.supervisor = supervisor();
        change(&mut plan);
        Service::start(&plan, StartOptions::default(), &Quiet)
    }

    pub fn started(&self) -> Service {
        self.start().unwrap_or_else(|reason| panic!("{reason:?}"))
    }

    /// The reason for which it did not start.
    pub fn refused(&self) -> Reason {
        match self.start() {
            Ok(_) => panic!("it started"),
            Err(reason) => reason,
        }
    }
}

/// The body of an answer.
pub fn get(service: &Service, path: &str) -> String {
    let addr = service.endpoints()[0].addr;
    let mut stream = service.connect(addr, Duration::from_secs(2)).expect("connected");
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer.split_once("\r\n\r\n").expect("a body").1.trim().to_string()
}

pub fn output(service: &Service) -> String {
    service.output().lines().iter().map(|l| format!("{}\n", String::from_utf8_lossy(&l.text))).collect()
}
