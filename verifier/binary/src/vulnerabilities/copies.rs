//! Packages of a program whose path holds another module's whole path, as in `example.com/app/third_party/golang.org/x/net/html`: copies that are known
//! to the database under that, and of which nothing says a version.

use super::claims::{Claim, Says, Version};
use crate::build_info::BuildInfo;
use crate::program::Program;
use assize_facts::{Known, reason};
use assize_golang::linker::{in_module, is_standard, unescaped};
use assize_golang::own::same_organisation;
use std::collections::BTreeMap;

/// More modules than this in one program are not asked about.
const MOST: usize = 1000;

/// One claim for every module that such a path may be the path of a copy of.
pub fn of(program: &Program) -> Vec<Claim> {
    let info = match &program.build_info {
        Known::Value(info) => info.as_ref(),
        Known::Possible(_) | Known::Unknown(_) => None,
    };
    let mut copies: BTreeMap<String, String> = BTreeMap::new();
    for (name, _) in program.functions.iter().flat_map(|functions| functions.packages()) {
        let package = unescaped(name);
        if is_standard(&package) || copies.len() >= MOST {
            continue;
        }
        if is_of_others(info, &package) {
            continue;
        }
        copies.extend(modules(&package).map(|(module, code)| (code.to_owned(), module.to_owned())));
    }
    let claim = |(code, module): (String, String)| {
        let reason = reason!("module-copied", module = module, copy = code);
        Claim { code, ..Claim::new(&module, Version::Unknown(reason), Says::PackagePaths) }
    };
    copies.into_iter().map(claim).collect()
}

/// Paths of modules behind the first part of a package's path, each with all that leads to its end.
fn modules(package: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = package.match_indices('/').map(|(at, _)| at + 1);
    let inner = starts.filter(|start| is_host(package[*start..].split('/').next().unwrap_or_default()));
    inner.flat_map(move |start| {
        let ends = package[start..].match_indices('/').skip(1).map(move |(at, _)| start + at).chain([package.len()]);
        ends.filter(move |end| package[start..*end].contains('/'))
            .map(move |end| (&package[start..end], &package[..end]))
    })
}

/// A name of a host, as a module's path begins with; versions (`v1.2`) are none.
fn is_host(part: &str) -> bool {
    let top = part.rsplit_once('.').map(|(_, top)| top);
    top.is_some_and(|top| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_lowercase())) && !part.starts_with('.')
}

/// Whether it is a dependency's as it was published, and of another organisation: the database knows what is wrong with that under its own path, and
/// instrumentation bears the path of what it wraps.
fn is_of_others(info: Option<&BuildInfo>, package: &str) -> bool {
    let Some(info) = info else { return false };
    let own = |path: &str| info.main.as_ref().is_none_or(|main| same_organisation(path, &main.path));
    let lines = info.modules.iter().filter(|line| in_module(&line.path, package));
    lines.max_by_key(|line| line.path.len()).is_some_and(|line| line.replace.is_none() && !own(&line.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build_info::Line;

    #[test]
    fn paths_of_modules_stand_behind_the_first_part() {
        for (package, wanted) in [
            ("a.b/x/golang.org/y", &["golang.org/y"][..]),
            ("a.b/vendor/github.com/x/y/z", &["github.com/x", "github.com/x/y", "github.com/x/y/z"]),
            ("gopkg.in/yaml.v3", &[]),
            ("a.b/yaml.v3/in", &[]),
            ("a.b/v1.2/in", &[]),
            ("a.b/c.org", &[]),
            ("golang.org/x/net", &[]),
        ] {
            let found: Vec<&str> = modules(package).map(|(module, _)| module).collect();
            assert_eq!(found, wanted, "{package}");
        }
        assert!(modules("a.b/x/golang.org/y").eq([("golang.org/y", "a.b/x/golang.org/y")]));
    }

    #[test]
    fn a_copy_in_what_others_published_is_theirs() {
        let line = |path: &str| Line { path: path.into(), version: "v1.0.0".into(), ..Line::default() };
        let replaced = Line { replace: Some(Box::new(line("github.com/acme/fork"))), ..line("example.org/replaced") };
        let lines = [line("github.com/acme/lib"), line("sigs.k8s.io/kyaml"), replaced];
        let info =
            BuildInfo { main: Some(line("github.com/acme/app")), modules: lines.to_vec(), ..BuildInfo::default() };
        for (package, of_others) in [
            ("sigs.k8s.io/kyaml/internal/forked/github.com/go-yaml/yaml", true),
            ("github.com/acme/lib/third_party/golang.org/x/net", false),
            ("github.com/acme/app/third_party/golang.org/x/net", false),
            ("example.org/replaced/golang.org/x/net", false),
            ("example.org/unlisted/golang.org/x/net", false),
        ] {
            assert_eq!(is_of_others(Some(&info), package), of_others, "{package}");
        }
        assert!(!is_of_others(None, "sigs.k8s.io/kyaml/github.com/go-yaml/yaml"));
    }
}
