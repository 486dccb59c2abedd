//! What a verdict depends on beside facts and clauses: recorded in the pack as `run.json`, read back by a replay.

use crate::result::{DeliverableName, SandboxUse, Tool};
use assize_facts::Layer;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The name and version of the form.
pub const RUN_SCHEMA: &str = "assize/run/1";

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    pub schema: String,
    pub deliverable: DeliverableName,
    /// What deliverable.toml (or the contract in its place) says.
    pub declared: Declared,
    /// The instant for which it is judged: waivers and dated data are looked up by it.
    pub judged_for: Timestamp,
    pub ran_at: Timestamp,
    pub tool: Tool,
    pub sandbox: SandboxUse,
    /// `incomplete` or `rejected`.
    pub gate: String,
    /// The layers that were examined (`--layer`), by name; a name that is none leaves more out, never less.
    pub layers: Vec<String>,
    /// The only clauses that were examined (`--clause`); empty: all of the contract.
    #[serde(default)]
    pub clauses: Vec<String>,
    #[serde(default)]
    pub operator: Operator,
    /// Where the supplier declared other than the contract agreed.
    #[serde(default)]
    pub differences: Vec<Difference>,
    /// The machine and the limits; no verdict depends on it but through gaps, which name the limit themselves.
    #[serde(default)]
    pub environment: Environment,
    /// What was done when; no verdict depends on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// Where and within which bounds a run was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// As in `linux`.
    pub os: String,
    /// Its release, as uname(2) says it.
    pub kernel: String,
    /// As in `x86_64`.
    pub arch: String,
    /// `sha256:…` of the examining program's own file; empty where it could not be read.
    pub program: String,
    /// Bounds on what untrusted input may cost, in bytes or pieces, by name.
    pub limits: std::collections::BTreeMap<String, u64>,
}

/// A step of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `source`, `binary`, `data`, `inventory` or `runtime`.
    pub name: String,
    /// Milliseconds since the collection began.
    pub begin: u64,
    /// Milliseconds.
    pub took: u64,
}

/// A part of deliverable.toml that the contract replaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// As in `run.args`, `endpoint.public`.
    pub key: String,
    pub supplier: String,
    pub agreed: String,
}

/// What the delivery was said to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declared {
    /// The source's folder or archive; null where none is declared.
    pub source: Option<String>,
    /// Build tags that the source was examined under.
    pub tags: Vec<String>,
    /// `os/arch` that the source was examined for; null: linux/amd64.
    pub platform: Option<String>,
    pub binaries: Vec<DeclaredBinary>,
    /// Paths of images.
    pub images: Vec<String>,
    pub endpoints: Vec<DeclaredEndpoint>,
    /// Names of `[[run.dependency]]`.
    pub dependencies: Vec<String>,
    /// The binary that `[run]` starts.
    pub run_binary: Option<String>,
    /// Whether there is a `[run]` and the contract gave it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub run_agreed: bool,
}

impl Declared {
    /// `os/arch` that the source was examined for.
    pub fn examined_platform(&self) -> &str {
        self.platform.as_deref().unwrap_or("linux/amd64")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredBinary {
    pub name: String,
    pub path: String,
    /// As declared: `./cmd/auth-api` or an import path.
    pub package: Option<String>,
    /// The version of Go that `build` names.
    #[serde(default)]
    pub toolchain: Option<String>,
    /// What of `build` selects files, by the names under which the build information records it: `-tags`, `-race`, `GOOS`, `GOAMD64`, ….
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub settings: std::collections::BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredEndpoint {
    pub name: String,
    /// The port that it had in this run; null where it had none.
    pub port: Option<u16>,
}

/// What the operator named: things that already ran. They are themselves the subject, so nothing needs to tie them to the delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operator {
    /// `--endpoint`, by name.
    pub endpoints: Vec<String>,
    /// `--pid`.
    pub pids: Vec<u32>,
    /// Whether the tool started no service itself, so that everything observed belongs to what the operator named.
    pub all: bool,
}

impl RunRecord {
    /// Whether a layer was examined.
    pub fn examines(&self, layer: Layer) -> bool {
        self.layers.iter().any(|name| name == layer.name())
    }

    /// Whether a clause was examined.
    pub fn has_clause(&self, id: &str) -> bool {
        self.clauses.is_empty() || self.clauses.iter().any(|only| only == id)
    }
}
