//! What the supplier declares (`deliverable.toml`), already read and checked: the typed form that collectors work from.

use std::collections::BTreeMap;

/// A declared delivery. Paths are relative to its folder, `/`-separated, without `..`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deliverable {
    pub name: Option<String>,
    pub version: Option<String>,
    pub supplier: Option<String>,
    pub source: Option<SourceSpec>,
    pub binaries: Vec<BinarySpec>,
    pub images: Vec<ImageSpec>,
    pub run: Option<RunSpec>,
    pub endpoints: Vec<EndpointSpec>,
    pub requests: Vec<RequestSpec>,
    pub reload: Option<ReloadSpec>,
}

/// `[source]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceSpec {
    /// The folder of go.mod or go.work; `.` where the deliverable's folder itself is.
    pub root: Option<String>,
    pub archive: Option<String>,
    pub modules: Option<String>,
    pub tags: Vec<String>,
    /// `os/arch`; `None`: linux/amd64 is assumed and said so.
    pub platform: Option<String>,
}

/// `[[binary]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BinarySpec {
    pub name: String,
    pub path: String,
    pub package: Option<String>,
    pub build: Option<BuildSpec>,
}

/// How to rebuild a binary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuildSpec {
    pub go: Option<String>,
    pub flags: Vec<String>,
    pub ldflags: Option<String>,
    pub env: BTreeMap<String, String>,
}

/// Variables that select files (cmd/go, "Environment variables": GOOS, GOARCH, experiments and architectures' levels).
const SELECTS: &[&str] = &[
    "GOOS",
    "GOARCH",
    "GOEXPERIMENT",
    "GO386",
    "GOAMD64",
    "GOARM",
    "GOARM64",
    "GOMIPS",
    "GOMIPS64",
    "GOPPC64",
    "GORISCV64",
];

impl BuildSpec {
    /// What of it selects files, by the names under which the build information records it: `-tags` (apart by commas), `-race`, `GOOS`, `GOAMD64`, ….
    pub fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        for (name, value) in self.env.iter().filter(|(name, _)| SELECTS.contains(&name.as_str())) {
            settings.insert(name.clone(), value.clone());
        }
        let words: Vec<String> = self
            .env
            .get("GOFLAGS")
            .map(|flags| flags.split_whitespace().map(String::from).collect())
            .unwrap_or_default();
        // Flags of the command outdo those of GOFLAGS; tags are taken together, as before.
        for flags in [&words, &self.flags] {
            select(&mut settings, flags);
        }
        settings
    }
}

fn select(settings: &mut BTreeMap<String, String>, flags: &[String]) {
    for (index, flag) in flags.iter().enumerate() {
        let bare = flag.strip_prefix("--").or(flag.strip_prefix('-')).unwrap_or_default();
        let (name, value) = match bare.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (bare, None),
        };
        match name {
            "tags" => {
                let value = value.or(flags.get(index + 1).map(String::as_str)).unwrap_or_default();
                let tags = value.trim_matches(['"', '\'']).split([',', ' ']).filter(|tag| !tag.is_empty());
                let all = settings.entry("-tags".to_owned()).or_default();
                for tag in tags {
                    let comma = if all.is_empty() { "" } else { "," };
                    all.push_str(&format!("{comma}{tag}"));
                }
            }
            // strconv.ParseBool.
            "race" | "msan" | "asan" => {
                let on = value.is_none_or(|value| matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True"));
                settings.insert(format!("-{name}"), on.to_string());
            }
            _ => {}
        }
    }
}

/// `[[image]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageSpec {
    pub path: String,
    pub digest: Option<String>,
}

/// `[run]`: placeholders `{work}`, `{port.NAME}`, `{dep.NAME}` are still in the texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSpec {
    pub binary: String,
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub files: Vec<String>,
    pub templates: Vec<String>,
    pub secret: Vec<String>,
    /// The user that it runs as in production, compared with the image's; the sandbox has its own.
    pub user: Option<String>,
    pub ready: Option<String>,
    pub ready_within_ms: u64,
    /// `stdout`, `stderr` or a file under `{work}`.
    pub logs: Option<String>,
    pub service: Option<String>,
    pub dependencies: Vec<DependencySpec>,
    /// Whether the buyer's contract gave this section instead of the supplier.
    pub agreed: bool,
}

/// `[[run.dependency]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DependencySpec {
    pub name: String,
    /// `tcp`, `http`, `postgres`, `redis` or `proxy`.
    pub kind: String,
    pub required: bool,
    pub command: Vec<String>,
    pub tls: bool,
}

/// `[[endpoint]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointSpec {
    pub name: String,
    pub url: String,
    pub roles: Vec<String>,
    pub ca: Option<String>,
    pub server_name: Option<String>,
    pub client_cert: Option<String>,
    pub client_key: Option<String>,
    pub headers: BTreeMap<String, String>,
}

/// `[[request]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestSpec {
    pub name: String,
    pub endpoint: String,
    pub method: String,
    pub path: String,
    pub status: u16,
    pub body: Option<String>,
    pub headers: BTreeMap<String, String>,
    pub roles: Vec<String>,
    pub uses: Vec<String>,
}

/// `[reload]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReloadSpec {
    pub file: String,
    /// JSON pointer to new value.
    pub set: BTreeMap<String, serde_json::Value>,
    pub variants: Vec<String>,
    pub broken: Option<String>,
    pub observe: Option<ObserveSpec>,
}

/// `[reload] observe`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObserveSpec {
    pub url: Option<String>,
    pub contains: Option<String>,
    pub request: Option<String>,
    /// JSON pointer into the answer to its values, before first.
    pub fields: BTreeMap<String, Vec<serde_json::Value>>,
}
