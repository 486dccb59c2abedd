//! Which arguments of a `go build` mean a delivered main package.

use assize_facts::{Deliverable, Known, reason};

/// The declared main packages, as folders relative to the source root (empty: the root itself).
pub(super) struct Targets {
    folders: Vec<String>,
    /// Names of binaries and of their files.
    names: Vec<String>,
    /// Path of the main module, for packages given by import path.
    module: Option<String>,
    /// A binary whose package is not declared: which build makes it is not known.
    undeclared: bool,
}

impl Targets {
    /// `go_mod` is the text of the main module's go.mod, where there is one.
    pub fn of(spec: &Deliverable, go_mod: Option<&[u8]>) -> Targets {
        let module = go_mod.and_then(module_path);
        let folder = |package: &str| -> String {
            let inside = module.as_deref().and_then(|m| package.strip_prefix(m)).unwrap_or(package);
            normal(inside)
        };
        let packages: Vec<&String> = spec.binaries.iter().filter_map(|b| b.package.as_ref()).collect();
        let file_name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        Targets {
            folders: packages.iter().map(|p| folder(p)).collect(),
            names: spec.binaries.iter().flat_map(|b| [b.name.clone(), file_name(&b.path)]).collect(),
            undeclared: spec.binaries.len() > packages.len(),
            module,
        }
    }

    /// Whether a build with these package arguments, in this folder (where it is known), makes a delivered program.
    pub fn built(&self, packages: &[String], output: Option<&str>, folder: Option<&str>) -> Known<bool> {
        if self.folders.is_empty() && !self.undeclared {
            // No program is delivered: whatever is built is not it.
            return Known::Value(false);
        }
        let unknown = || Known::Unknown(reason!("built-package-unknown", packages = packages.join(" ")));
        let named = output.and_then(|o| o.rsplit('/').next()).is_some_and(|o| self.names.iter().any(|n| n == o));
        if named {
            return Known::Value(true);
        }
        let here = [".".to_owned()];
        let packages = if packages.is_empty() { &here[..] } else { packages };
        let mut doubtful = self.undeclared;
        for package in packages {
            match self.one(package, folder) {
                Some(true) => return Known::Value(true),
                Some(false) => {}
                None => doubtful = true,
            }
        }
        if doubtful { unknown() } else { Known::Value(false) }
    }

    fn one(&self, package: &str, folder: Option<&str>) -> Option<bool> {
        if package.contains(['$', '{', '*']) {
            return None;
        }
        if let Some(inside) = self.module.as_deref().and_then(|m| package.strip_prefix(m)) {
            return Some(self.matches(&normal(inside)));
        }
        let relative = package == "." || package.starts_with("./") || package.starts_with("../");
        if !relative && !package.ends_with(".go") {
            // An import path of another module, or a folder of the tree named without `./`, which Go takes as a path of the standard library.
            return Some(false);
        }
        if package == "./..." || package == "..." {
            return Some(true);
        }
        let package = package.strip_suffix(".go").map_or(package, |file| file.rsplit_once('/').map_or(".", |(f, _)| f));
        match folder {
            Some(folder) => Some(self.matches(&normal(&format!("{folder}/{package}")))),
            // The folder is not known (a Dockerfile's WORKDIR): a path that names a delivered package is one; `.` may be.
            None if normal(package).is_empty() => None,
            None => Some(self.matches(&normal(package))),
        }
    }

    fn matches(&self, folder: &str) -> bool {
        match folder.strip_suffix("...") {
            Some(prefix) => {
                let prefix = prefix.trim_end_matches('/');
                self.folders.iter().any(|f| prefix.is_empty() || f == prefix || f.starts_with(&format!("{prefix}/")))
            }
            None => self.folders.iter().any(|f| f == folder),
        }
    }
}

/// A folder without `.`, `..` where they can be taken away, and slashes at its ends.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

fn module_path(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let line = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    Some(line.split("//").next()?.trim().trim_matches('"').to_owned())
}
