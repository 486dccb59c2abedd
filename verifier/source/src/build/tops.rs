//! Where builds are started that nobody declares.

use super::folder::split;
use assize_golang::build::folder_is_skipped;
use std::collections::BTreeSet;

/// Folders of programs and modules that are handed to nobody.
pub(crate) const ASIDE: &[&str] = &[
    "contrib",
    "demo",
    "dev",
    "doc",
    "docs",
    "e2e",
    "example",
    "examples",
    "hack",
    "integration",
    "sample",
    "samples",
    "script",
    "scripts",
    "test",
    "testing",
    "tests",
    "tool",
    "tools",
];

/// The folders of modules in a source without one at its root: those that lie in no other, tools and examples left out where there are more.
pub(crate) fn tops<'a>(modules: impl Iterator<Item = &'a str>) -> Vec<String> {
    let usable = |module: &&str| !module.split('/').any(|part| folder_is_skipped(part) || part == "vendor");
    let all: BTreeSet<&str> = modules.filter(usable).collect();
    let above =
        |module: &'a str| std::iter::successors(Some(split(module).0), |at| (!at.is_empty()).then(|| split(at).0));
    let outer: Vec<&str> = all.iter().copied().filter(|module| !above(module).any(|at| all.contains(at))).collect();
    let is_aside = |module: &&str| module.split('/').any(|part| part == "demos" || ASIDE.contains(&part));
    let own: Vec<String> = outer.iter().filter(|module| !is_aside(module)).map(|module| (*module).into()).collect();
    if own.is_empty() { outer.into_iter().map(String::from).collect() } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outer_modules_are_built() {
        for (modules, wanted) in [
            ("", ""),
            ("server", "server"),
            ("server server/tools", "server"),
            ("a/svc b/svc lib", "a/svc b/svc lib"),
            ("server tools examples/x", "server"),
            ("tools", "tools"),
            ("server testdata/x vendor/y _old", "server"),
        ] {
            assert_eq!(tops(modules.split_whitespace()).join(" "), wanted, "{modules}");
        }
    }
}
