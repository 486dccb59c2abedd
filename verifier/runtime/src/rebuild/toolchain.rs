//! The operator's Go of a wanted version: on `PATH`, in the usual places, or among the toolchains of the module cache. Never the delivery's.

use assize_facts::{Reason, reason};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The GOROOT of a version, outside of a folder.
pub fn find(version: &str, delivery: &Path) -> Result<PathBuf, Reason> {
    let mut seen = BTreeSet::new();
    let mut others = BTreeSet::new();
    for candidate in candidates(version) {
        let Ok(root) = candidate.canonicalize() else { continue };
        if root.starts_with(delivery) || !seen.insert(root.clone()) || !root.join("bin/go").is_file() {
            continue;
        }
        match version_of(&root) {
            Some(found) if found == version => return Ok(root),
            Some(found) => {
                others.insert(found);
            }
            None => {}
        }
    }
    let found = others.into_iter().collect::<Vec<_>>().join(", ");
    Err(reason!("rebuild-go-missing", version = version, found = found))
}

/// The first line of the file VERSION (`cmd/dist`, findgoversion).
fn version_of(root: &Path) -> Option<String> {
    let text = std::fs::read_to_string(root.join("VERSION")).ok()?;
    Some(text.lines().next()?.trim().strip_prefix("go")?.to_owned())
}

fn candidates(version: &str) -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let mut all: Vec<PathBuf> = Vec::new();
    for folder in variable("PATH").iter().flat_map(std::env::split_paths) {
        // `bin/go` can be a link into the real place.
        if let Ok(go) = folder.join("go").canonicalize() {
            all.extend(go.parent().and_then(Path::parent).map(Path::to_path_buf));
        }
    }
    all.extend(variable("GOROOT").map(PathBuf::from));
    all.push("/usr/local/go".into());
    let minor: Vec<&str> = version.splitn(3, '.').take(2).collect();
    all.push(format!("/usr/lib/go-{}", minor.join(".")).into());
    let home = variable("HOME").map(PathBuf::from);
    all.extend(home.iter().map(|home| home.join("sdk").join(format!("go{version}"))));
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let toolchain = format!("golang.org/toolchain@v0.0.1-go{version}.linux-{machine}");
    let caches = variable("GOMODCACHE").map(PathBuf::from);
    let paths = variable("GOPATH").map(|p| std::env::split_paths(&p).collect::<Vec<_>>()).unwrap_or_default();
    let paths = paths.into_iter().chain(home.map(|home| home.join("go"))).map(|path| path.join("pkg/mod"));
    all.extend(caches.into_iter().chain(paths).map(|cache| cache.join(&toolchain)));
    all
}
