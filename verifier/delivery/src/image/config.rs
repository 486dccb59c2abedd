//! An image's configuration (image-spec 1.1, config.md; `docker save` writes the same).

use super::json::part;
use assize_facts::{Reason, reason};
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    /// `os/architecture`; `None` where it does not say.
    pub platform: Option<String>,
    pub user: String,
    pub entrypoint: Vec<String>,
    pub cmd: Vec<String>,
    pub env: Vec<String>,
    pub working_dir: String,
    pub exposed_ports: Vec<String>,
    pub labels: Vec<String>,
    pub volumes: Vec<String>,
    /// What the runtime starts again and again beside the service: `CMD` and words, `CMD-SHELL` and a line, `NONE`.
    pub health_check: Vec<String>,
    pub diff_ids: Vec<String>,
}

pub(crate) fn read(value: &Value, place: &str) -> Result<Config, Reason> {
    if !value.is_object() {
        return Err(reason!("image-json-refused", place = place, detail = "no object"));
    }
    let inner: Value = part(value, "config", place)?;
    let rootfs: Value = part(value, "rootfs", place)?;
    let (os, architecture): (String, String) = (part(value, "os", place)?, part(value, "architecture", place)?);
    let keys = |key| part::<Map<String, Value>>(&inner, key, place).map(|map| map.keys().cloned().collect());
    let health: Value = part(&inner, "Healthcheck", place)?;
    let labels: Map<String, Value> = part(&inner, "Labels", place)?;
    Ok(Config {
        platform: platform(&os, &architecture),
        user: part(&inner, "User", place)?,
        entrypoint: part(&inner, "Entrypoint", place)?,
        cmd: part(&inner, "Cmd", place)?,
        env: part(&inner, "Env", place)?,
        working_dir: part(&inner, "WorkingDir", place)?,
        exposed_ports: keys("ExposedPorts")?,
        labels: labels.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect(),
        volumes: keys("Volumes")?,
        health_check: part(&health, "Test", place)?,
        diff_ids: part(&rootfs, "diff_ids", place)?,
    })
}

/// A platform as Go names it, `None` where one part is not said. Runtimes know some by other names, and take them for the same (containerd/platforms 1.0,
/// database.go, normalizeOS and normalizeArch).
pub(crate) fn platform(os: &str, architecture: &str) -> Option<String> {
    let (os, architecture) = (os.to_lowercase(), architecture.to_lowercase());
    let os = if os == "macos" { "darwin" } else { &os };
    let architecture = match architecture.as_str() {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "i386" => "386",
        "armhf" | "armel" => "arm",
        other => other,
    };
    (!os.is_empty() && !architecture.is_empty()).then(|| format!("{os}/{architecture}"))
}

impl Config {
    /// What is executed: the entrypoint with the arguments behind it.
    pub(crate) fn argv(&self) -> Vec<&str> {
        self.entrypoint.iter().chain(&self.cmd).map(String::as_str).collect()
    }

    /// The last value of a variable, as runtimes take it.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().rev().find_map(|line| line.split_once('=').filter(|(n, _)| *n == name)).map(|(_, value)| value)
    }
}
