//! The files of vendor/: to which listed package or module each belongs, by the rules by which `go mod vendor` copies (cmd/go/internal/modcmd/vendor.go).

use super::graph::Graph;
use crate::go::directive::Directive;
use crate::go::outline::outline;
use assize_delivery::EntryKind;
use assize_facts::Reason;
use assize_golang::embed::means;
use assize_golang::module::is_at_or_below;
use assize_golang::release;
use assize_golang::vendor::ModulesTxt;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Prefixes of files that are copied from the folders above a package, up to its module's (`metaPrefixes`).
const METADATA: &[&str] =
    &["AUTHORS", "CONTRIBUTORS", "COPYLEFT", "COPYING", "COPYRIGHT", "LEGAL", "LICENSE", "NOTICE", "PATENTS"];

/// The vendor folder, sorted out.
#[derive(Default)]
pub(super) struct Vendored {
    /// Files of each module of modules.txt by its index: path inside vendor/.
    pub files: BTreeMap<usize, Vec<String>>,
    /// Files that nothing explains: path inside vendor/.
    pub unexplained: Vec<String>,
    /// Files at or below listed packages that Go files which are not copied may embed: path inside vendor/, and those packages, nearest
    /// first, with the index of their module.
    pub perhaps: Vec<(String, Vec<(String, usize)>)>,
    /// Listed packages without a Go file, by the index of their module.
    pub missing: BTreeMap<usize, Vec<String>>,
}

pub(super) fn sort_out(graph: &Graph, txt: &ModulesTxt) -> Vendored {
    let listed = Listed::new(graph, txt);
    let place = format!("{}/", graph.vendor_folder());
    let mut out = Vendored::default();
    let mut with_go: BTreeSet<&str> = BTreeSet::new();
    for entry in graph.tree.entries() {
        let Some(path) = entry.path.strip_prefix(&place).filter(|path| *path != "modules.txt") else { continue };
        let regular = entry.entry.kind == EntryKind::File;
        match listed.module_of(path).filter(|_| regular) {
            Some(module) => out.files.entry(module).or_default().push(path.into()),
            None => match listed.packages_above(path) {
                above if regular && !above.is_empty() => out.perhaps.push((path.into(), above)),
                _ => out.unexplained.push(path.into()),
            },
        }
        if regular && path.ends_with(".go") && !path.ends_with("_test.go") {
            with_go.insert(folder(path));
        }
    }
    for (package, module) in &listed.packages {
        if !with_go.contains(package) {
            out.missing.entry(*module).or_default().push(package.to_string());
        }
    }
    out
}

struct Listed<'a> {
    graph: &'a Graph,
    txt: &'a ModulesTxt,
    /// Listed packages and the index of their module; of two the last counts, as in the Go command.
    packages: BTreeMap<&'a str, usize>,
    /// Go files of vendor/ by their folder in it.
    go_files: BTreeMap<&'a str, Vec<&'a str>>,
    /// Patterns of packages that were asked about.
    patterns: RefCell<BTreeMap<String, Rc<Vec<String>>>>,
    /// Whether go.mod and go.sum are left out of vendor/ (from `go 1.17` on).
    strips_module_files: bool,
}

impl<'a> Listed<'a> {
    fn new(graph: &'a Graph, txt: &'a ModulesTxt) -> Listed<'a> {
        let mut packages = BTreeMap::new();
        for (index, vendored) in txt.modules.iter().enumerate() {
            packages.extend(vendored.packages.iter().map(|(package, _)| (package.as_str(), index)));
        }
        let strips_module_files = release::compare(graph.go_line(), "1.17").is_ge();
        let mut go_files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let place = format!("{}/", graph.vendor_folder());
        for entry in graph.tree.entries().filter(|e| e.path.ends_with(".go") && e.entry.is_file()) {
            if let Some(path) = entry.path.strip_prefix(&place).filter(|path| is_read(path)) {
                go_files.entry(folder(path)).or_default().push(entry.path);
            }
        }
        Listed { graph, txt, packages, go_files, patterns: RefCell::default(), strips_module_files }
    }

    /// The module that a file belongs to, where `go mod vendor` could have put it there.
    fn module_of(&self, path: &str) -> Option<usize> {
        let (folder, name) = (folder(path), path.rsplit('/').next().unwrap_or(path));
        if let Some(module) = self.packages.get(folder) {
            let left_out =
                name.ends_with("_test.go") || self.strips_module_files && matches!(name, "go.mod" | "go.sum");
            return (!left_out || self.is_embedded(folder, name)).then_some(*module);
        }
        self.embedded(path).or_else(|| self.metadata(folder, name))
    }

    /// A file below a listed package that a `//go:embed` of that package takes in.
    fn embedded(&self, path: &str) -> Option<usize> {
        self.above(path).find(|(package, _)| self.is_embedded(package, &path[package.len() + 1..])).map(|(_, at)| at)
    }

    /// The listed packages at and above the folder of a file, nearest first.
    fn above<'p>(&self, path: &'p str) -> impl Iterator<Item = (&'p str, usize)> {
        let folders = std::iter::successors(Some(folder(path)), |at| Some(folder(at))).take_while(|at| !at.is_empty());
        folders.filter_map(|folder| Some((folder, *self.packages.get(folder)?)))
    }

    fn packages_above(&self, path: &str) -> Vec<(String, usize)> {
        self.above(path).map(|(package, module)| (package.to_owned(), module)).collect()
    }

    fn is_embedded(&self, package: &str, inner: &str) -> bool {
        self.patterns(package).iter().any(|pattern| means(pattern, inner))
    }

    /// The patterns of a vendored package's `//go:embed` lines.
    fn patterns(&self, package: &str) -> Rc<Vec<String>> {
        if let Some(known) = self.patterns.borrow().get(package) {
            return known.clone();
        }
        let files = self.go_files.get(package).into_iter().flatten();
        let found = Rc::new(files.filter_map(|path| embeds(self.graph, path).ok()).flatten().collect::<Vec<_>>());
        self.patterns.borrow_mut().insert(package.into(), found.clone());
        found
    }

    /// Licences and the like in a folder above a listed package and not above its module.
    fn metadata(&self, folder: &str, name: &str) -> Option<usize> {
        if !METADATA.iter().any(|prefix| name.starts_with(prefix)) {
            return None;
        }
        let inside = format!("{folder}/");
        let below = self.packages.range(inside.as_str()..).take_while(|(package, _)| package.starts_with(&inside));
        below.map(|(_, module)| *module).find(|module| is_at_or_below(folder, &self.txt.modules[*module].module.path))
    }
}

/// Whether a path is that of a Go file which the Go command reads (go/build, matchFile, Go 1.26).
pub(super) fn is_read(path: &str) -> bool {
    path.ends_with(".go") && !path.rsplit('/').next().unwrap_or(path).starts_with(['_', '.'])
}

/// The folder of a path; empty at the top.
pub(super) fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// The patterns of a Go file's `//go:embed` lines.
pub(super) fn embeds(graph: &Graph, path: &str) -> Result<Vec<String>, Reason> {
    graph.tree.read(path).map(|text| embeds_in(&text))
}

/// The patterns of the `//go:embed` lines in a Go text.
pub(super) fn embeds_in(text: &[u8]) -> Vec<String> {
    if memchr::memmem::find(text, b"//go:embed").is_none() {
        return Vec::new();
    }
    outline(text, |_| 0).directives.iter().filter_map(Directive::embeds).flatten().collect()
}
