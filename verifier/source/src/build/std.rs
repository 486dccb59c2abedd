//! The packages of the standard library (`go list std`, Go 1.26.8): they take precedence over any module's.

use crate::hashed::HashSet;
use std::sync::OnceLock;

/// Whether the Go command finds an import path in GOROOT. Packages of later releases are not in the table; a path that is
/// found nowhere else and has no dot in its first element is taken for one of them.
pub(crate) fn is_standard(path: &str) -> bool {
    static ALL: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let all = ALL.get_or_init(|| include_str!("std-packages.txt").lines().collect());
    all.contains(path) || path == "unsafe" || path == "C"
}

/// Whether a path could be the standard library's (cmd/go/internal/search `IsStandardImportPath`).
pub(crate) fn may_be_standard(path: &str) -> bool {
    !path.split('/').next().unwrap_or(path).contains('.')
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_that_of_the_installed_release() {
        let out = std::process::Command::new("go")
            .args(["list", "std"])
            .env("GOENV", "off")
            .env("GOTOOLCHAIN", "local")
            .output();
        let out = out.expect("these tests need a Go installation on the PATH");
        let listed = String::from_utf8_lossy(&out.stdout);
        for path in listed.lines().filter(|p| !p.starts_with("vendor/") && !p.contains("internal")) {
            assert!(super::is_standard(path), "{path}");
        }
        assert!(super::is_standard("crypto/tls") && !super::is_standard("example.com/tls"));
    }
}
