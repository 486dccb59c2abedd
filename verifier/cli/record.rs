//! What a verdict depends on beside facts and clauses, put together for the judge and the pack.

use assize_clause::Contract;
use assize_delivery::Delivery;
use assize_facts::{Deliverable, Layer, Limits, Neutral, Sha256};
use assize_judge::{
    Declared, DeclaredBinary, DeclaredEndpoint, DeliverableName, Difference, Environment, Operator, RUN_SCHEMA,
    RunRecord, SandboxUse, Step, Tool,
};
use jiff::Timestamp;
use std::time::Instant;

/// What the command line decides of a run.
pub struct Circumstances<'a> {
    pub judged_for: Timestamp,
    pub ran_at: Timestamp,
    pub gate: &'a str,
    pub layers: &'a [Layer],
    pub clauses: &'a [String],
    pub sandbox_level: &'a str,
    pub operator: &'a assize_runtime::Operator,
    pub steps: Vec<Step>,
    /// Takes secrets out of what the supplier and the contract say.
    pub neutral: &'a Neutral,
}

/// `declared` is what the supplier wrote; where the contract's own sections take its place, the differences are recorded.
pub fn record(
    delivery: &Delivery,
    declared: &Deliverable,
    contract: &Contract,
    circumstances: Circumstances,
) -> RunRecord {
    let spec = delivery.spec();
    let neutral = |text: &str| circumstances.neutral.text(text).into_owned();
    RunRecord {
        schema: RUN_SCHEMA.into(),
        deliverable: DeliverableName {
            name: spec.name.clone(),
            version: spec.version.clone(),
            digest: delivery.digest_all().0,
        },
        declared: said(delivery, spec),
        judged_for: circumstances.judged_for,
        ran_at: circumstances.ran_at,
        tool: tool(contract),
        sandbox: SandboxUse { level: circumstances.sandbox_level.into() },
        gate: circumstances.gate.into(),
        layers: circumstances.layers.iter().map(|l| l.name().to_string()).collect(),
        clauses: circumstances.clauses.to_vec(),
        operator: operator(circumstances.operator),
        differences: contract
            .differences(declared)
            .into_iter()
            .map(|d| Difference { key: d.key, supplier: neutral(&d.supplier), agreed: neutral(&d.agreed) })
            .collect(),
        environment: environment(delivery.limits()),
        steps: circumstances.steps,
    }
}

fn operator(named: &assize_runtime::Operator) -> Operator {
    Operator {
        endpoints: named.endpoints.keys().cloned().collect(),
        pids: named.pid.into_iter().collect(),
        all: named.deployed(),
    }
}

/// The machine and the bounds.
fn environment(limits: &Limits) -> Environment {
    let named = [
        ("text_file", limits.text_file),
        ("binary_file", limits.binary_file),
        ("entries", limits.entries),
        ("folder_depth", limits.folder_depth.into()),
        ("archive_depth", limits.archive_depth.into()),
        ("unpacked", limits.unpacked),
        ("unpacked_in_all", limits.unpacked_in_all),
        ("ratio", limits.ratio),
        ("output", limits.output),
        ("output_line", limits.output_line),
    ];
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    Environment {
        os: std::env::consts::OS.into(),
        kernel: kernel.trim().into(),
        arch: std::env::consts::ARCH.into(),
        program: program().unwrap_or_default(),
        limits: named.map(|(name, limit)| (name.to_string(), limit)).into(),
    }
}

/// The digest of this program's own file: proc(5) gives the running image, whatever lies at its path by now.
fn program() -> std::io::Result<String> {
    let mut file = std::fs::File::open("/proc/self/exe")?;
    let (mut hash, mut part) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match std::io::Read::read(&mut file, &mut part)? {
            0 => return Ok(hash.digest().0),
            count => hash.update(part.get(..count).unwrap_or_default()),
        }
    }
}

fn tool(contract: &Contract) -> Tool {
    let mut all = Sha256::new();
    for clause in &contract.clauses {
        all.update(format!("{} {}\n", clause.id, clause.digest.0).as_bytes());
    }
    Tool { name: "assize".into(), version: env!("CARGO_PKG_VERSION").into(), clauses_digest: all.digest().0 }
}

fn said(delivery: &Delivery, spec: &Deliverable) -> Declared {
    let source = spec.source.as_ref();
    let run = spec.run.as_ref();
    let binary = |name: String, path: String| {
        let said = spec.binaries.iter().find(|b| b.name == name);
        let build = said.and_then(|said| said.build.as_ref());
        DeclaredBinary {
            package: said.and_then(|said| said.package.clone()),
            toolchain: build.and_then(|build| build.go.clone()),
            settings: build.map(|build| build.settings()).unwrap_or_default(),
            name,
            path,
        }
    };
    Declared {
        source: source.and_then(|s| s.root.clone().or_else(|| s.archive.clone())),
        tags: source.map(|s| s.tags.clone()).unwrap_or_default(),
        platform: source.and_then(|s| s.platform.clone()),
        binaries: delivery.declared_binaries().into_iter().map(|b| binary(b.name, b.path)).collect(),
        images: spec.images.iter().map(|i| i.path.clone()).collect(),
        endpoints: spec
            .endpoints
            .iter()
            .map(|e| DeclaredEndpoint { name: e.name.clone(), port: constant_port(&e.url) })
            .collect(),
        dependencies: run.map(|r| r.dependencies.iter().map(|d| d.name.clone()).collect()).unwrap_or_default(),
        run_binary: run.map(|r| r.binary.clone()),
        run_agreed: run.is_some_and(|r| r.agreed),
    }
}

/// The port of an endpoint's URL where it is written out; ports of `{port.NAME}` are chosen per run.
fn constant_port(url: &str) -> Option<u16> {
    url.split("//").nth(1)?.split('/').next()?.rsplit(':').next()?.parse().ok()
}

/// What is done when, on a clock that only goes forward.
pub struct Steps {
    started: Instant,
    done: Vec<Step>,
}

impl Steps {
    pub fn start() -> Steps {
        Steps { started: Instant::now(), done: Vec::new() }
    }

    /// Does a step, and notes when and how long.
    pub fn take<T>(&mut self, name: &str, work: impl FnOnce() -> T) -> T {
        let millis = |from: Instant| u64::try_from(from.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (begin, now) = (millis(self.started), Instant::now());
        let made = work();
        self.done.push(Step { name: name.into(), begin, took: millis(now) });
        made
    }

    pub fn done(self) -> Vec<Step> {
        self.done
    }
}
