//! The module files of the delivered source, read once: main module or workspace, replacement targets, sums, modules.txt.

use super::demands::Walked;
use super::governing::above;
use super::index::{Effective, Index, Summation, prefixes};
use super::reach::Reach;
use super::refused::{self, mistake};
use super::store::Store;
use super::text::{Text, linked, read};
use crate::build::Imports;
use assize_delivery::{Delivery, SourceTree};
use assize_facts::kinds::module::ModuleFile;
use assize_facts::{BinarySpec, Deliverable, Gap, Reason, reason};
use assize_golang::modfile::{
    GoMod, GoWork, Mistake, Replace, Strictness, is_directory_path, parse_go_mod, parse_go_work,
};
use assize_golang::module::Module;
use assize_golang::release;
use assize_golang::sum::{SumFile, Summed, parse_go_sum};
use assize_golang::vendor::{Main, Mains, ModulesTxt, clean, parse_modules_txt};
use std::collections::{BTreeMap, BTreeSet};

/// A module file of the build.
pub(super) struct Read {
    pub kind: ModuleFile,
    pub text: Text,
    pub is_main: bool,
    pub mistakes: Vec<Mistake>,
    /// Of go.mod.
    pub module: Option<String>,
    pub go: Option<String>,
    pub toolchain: Option<String>,
    pub godebug: Vec<String>,
}

/// A main module: the only one, or a member of the workspace.
pub(super) struct MainModule {
    /// Relative to the source root; `.` for the root itself.
    pub folder: String,
    pub path: String,
    pub go_mod: GoMod,
    /// Its go.mod.
    pub text: Text,
}

/// A go.work.
pub(super) struct Workspace {
    pub go_work: GoWork,
    pub text: Text,
}

impl Workspace {
    /// Whether the module in a folder of the source is a member: a go.mod beside the go.work need not be.
    pub fn uses(&self, folder: &str) -> bool {
        self.go_work.uses.iter().any(|member| inside(".", &member.path).as_deref() == Some(folder))
    }
}

/// A folder that stands for a module.
pub(super) struct Target {
    /// The path that its go.mod declares; `None` without a go.mod.
    pub declares: Option<String>,
    /// Its `go` line.
    pub go: Option<String>,
    pub go_mod: Option<GoMod>,
}

pub(super) struct Graph {
    pub tree: SourceTree,
    /// The folder that the build is started in: `.`, or that of a nested module.
    pub base: String,
    /// Whether all declared builds switch the workspace off.
    without_workspace: bool,
    pub files: Vec<Read>,
    pub mains: Vec<MainModule>,
    pub work: Option<Workspace>,
    /// Folders that replacements name, inside the source and delivered, by folder.
    pub targets: BTreeMap<String, Target>,
    pub sums: Vec<(Text, SumFile)>,
    /// Whether there is a go.sum that could not be read.
    pub unread_sums: bool,
    pub vendor: Option<(Text, ModulesTxt)>,
    /// What keeps every sheet from being whole.
    pub gaps: Vec<Gap>,
    imports: Option<Imports>,
    index: Index,
    reach: Option<Reach>,
    /// Where go.mod does not list the whole graph.
    pub walked: Option<Walked>,
    /// Whether contents of modules are at hand.
    pub has_contents: bool,
}

impl Graph {
    /// The module files that govern a build in a folder of the source; `.` is its root, and the only one that may hold a workspace.
    pub fn read(
        delivery: &Delivery,
        spec: &Deliverable,
        base: &str,
        imports: Option<&Imports>,
    ) -> Result<Graph, Reason> {
        let tree = delivery.source()?.ok_or_else(|| reason!("no-source"))?;
        // Folders of declared `[[binary]]` packages, relative to the source root.
        let packages: Vec<String> = spec.binaries.iter().filter_map(|b| inside(".", b.package.as_deref()?)).collect();
        let is_off = |binary: &BinarySpec| {
            binary.build.as_ref().is_some_and(|build| build.env.get("GOWORK").is_some_and(|work| work == "off"))
        };
        let mut graph = Graph {
            tree,
            base: base.into(),
            without_workspace: !spec.binaries.is_empty() && spec.binaries.iter().all(is_off),
            files: Vec::new(),
            mains: Vec::new(),
            work: None,
            targets: BTreeMap::new(),
            sums: Vec::new(),
            unread_sums: false,
            vendor: None,
            gaps: Vec::new(),
            imports: imports.cloned(),
            index: Index::default(),
            reach: None,
            walked: None,
            has_contents: false,
        };
        graph.read_mains();
        graph.workspace_above(delivery);
        graph.read_targets();
        graph.read_sums();
        graph.read_vendor();
        graph.index = Index::new(&graph, &packages, imports);
        let place = graph.tree.shown(if base == "." { "" } else { base });
        graph.gaps.extend(graph.unseen(base).filter(|gap| place.starts_with(&gap.place)).collect::<Vec<_>>());
        Ok(graph)
    }

    /// What the walk could not see in a folder of the source, or in one around it.
    pub fn unseen(&self, folder: &str) -> impl Iterator<Item = Gap> {
        let place = self.tree.shown(if folder == "." { "" } else { folder });
        self.tree.gaps().into_iter().filter(move |gap| gap.place.starts_with(&place) || place.starts_with(&gap.place))
    }

    fn gap(&mut self, reason: Reason, place: &str) {
        self.gaps.push(Gap { reason, place: place.into(), owner: None });
    }

    /// A file where there is one; one that cannot be read is a gap.
    fn text(&mut self, path: &str) -> Option<Text> {
        self.tree.entry(path)?;
        let shown = self.tree.shown(path);
        match read(&self.tree, path) {
            Ok(bytes) => Some(Text { shown, bytes }),
            Err(reason) => {
                self.gap(reason, &shown);
                None
            }
        }
    }

    fn read_mains(&mut self) {
        if self.without_workspace {
            // As every declared build is.
        } else if self.base != "." {
            self.nested_workspace();
        } else if let Some(text) = self.text("go.work") {
            self.read_work(text);
        }
        let base = self.base.clone();
        let root = self.tree.entry(&join(&base, "go.mod")).is_some();
        // A go.mod beside a go.work that does not use it is what `GOWORK=off` builds.
        if root && !self.mains.iter().any(|m| m.folder == base) {
            self.read_main(&base);
        }
        if self.mains.is_empty() && self.work.is_none() && !root {
            let shown = self.tree.shown("");
            self.gap(reason!("no-module-file", path = if shown.is_empty() { "." } else { &shown }), &shown);
        }
    }

    /// A go.work below the source root that uses the nested module: what it brings in is not looked at.
    fn nested_workspace(&mut self) {
        let base = self.base.clone();
        let Some(folder) = above(&base).find(|folder| self.has_file(folder, "go.work")).filter(|f| *f != ".") else {
            return;
        };
        let path = join(folder, "go.work");
        let Some(text) = self.text(&path) else { return };
        let uses = parse_go_work(&text.bytes).file.uses;
        if uses.iter().any(|member| inside(folder, &member.path).as_ref() == Some(&base)) {
            self.gap(reason!("workspace-below-source", path = &text.shown), &text.shown);
        }
    }

    fn read_work(&mut self, text: Text) {
        let mut parsed = parse_go_work(&text.bytes);
        parsed.mistakes.extend(refused::in_replaces(&parsed.file.replace));
        parsed.mistakes.extend(refused::in_uses(&parsed.file.uses));
        let file = &parsed.file;
        self.files.push(Read {
            kind: ModuleFile::GoWork,
            text: text.clone(),
            is_main: true,
            module: None,
            go: file.go.as_ref().map(|g| g.version.clone()),
            toolchain: file.toolchain.as_ref().map(|t| t.version.clone()),
            godebug: file.godebug.iter().map(|g| format!("{}={}", g.key, g.value)).collect(),
            mistakes: parsed.mistakes,
        });
        let of_work = self.files.len() - 1;
        for member in &parsed.file.uses {
            let folder = inside(".", &member.path);
            let delivered = folder.as_ref().is_some_and(|folder| self.has_file(folder, "go.mod"));
            // A member that was not delivered is said where it stands for a module (`module.replacements`).
            let Some(folder) = folder.filter(|folder| delivered && !self.mains.iter().any(|m| m.folder == *folder))
            else {
                continue;
            };
            self.read_main(&folder);
            let path = self.mains.last().map_or("", |main| main.path.as_str());
            if self.mains.iter().filter(|main| main.path == path).count() > 1 {
                let twice = format!("module {path} appears multiple times in workspace");
                self.files[of_work].mistakes.push(mistake(member.place, &twice));
            }
        }
        self.work = Some(Workspace { go_work: parsed.file, text });
    }

    fn read_main(&mut self, folder: &str) {
        if self.mains.iter().any(|m| m.folder == folder) {
            return;
        }
        let Some((go_mod, text)) = self.read_go_mod(folder, true) else { return };
        let path = go_mod.module.as_ref().map(|m| m.path.clone()).unwrap_or_default();
        self.mains.push(MainModule { folder: folder.into(), path, go_mod, text });
    }

    fn read_go_mod(&mut self, folder: &str, is_main: bool) -> Option<(GoMod, Text)> {
        let text = self.text(&join(folder, "go.mod"))?;
        let strictness = if is_main { Strictness::Main } else { Strictness::Dependency };
        let mut parsed = parse_go_mod(&text.bytes, strictness);
        if is_main {
            parsed.mistakes.extend(refused::in_go_mod(&parsed.file, &text.bytes));
        }
        let file = &parsed.file;
        self.files.push(Read {
            kind: ModuleFile::GoMod,
            text: text.clone(),
            is_main,
            module: file.module.as_ref().map(|m| m.path.clone()),
            go: file.go.as_ref().map(|g| g.version.clone()),
            toolchain: file.toolchain.as_ref().map(|t| t.version.clone()),
            godebug: file.godebug.iter().map(|g| format!("{}={}", g.key, g.value)).collect(),
            mistakes: parsed.mistakes,
        });
        Some((parsed.file, text))
    }

    /// The Go command looks for a go.work in every folder above, too.
    fn workspace_above(&mut self, delivery: &Delivery) {
        let prefix = self.tree.prefix().trim_end_matches('/').to_string();
        if self.work.is_some() || self.without_workspace || prefix.is_empty() || prefix.contains('!') {
            return;
        }
        let mut folder = prefix.as_str();
        while !folder.is_empty() {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            let path = join(if folder.is_empty() { "." } else { folder }, "go.work");
            if delivery.entry(&path).is_some() {
                self.gap(reason!("workspace-above-source", path = &path), &path);
            }
        }
    }

    fn read_targets(&mut self) {
        let folders: BTreeSet<String> =
            self.replaces().into_iter().filter_map(|(_, base, replace)| folder_of(base, &replace.new)).collect();
        let tree = self.tree.clone();
        let paths: Vec<&str> = tree.entries().map(|e| e.path).collect();
        for folder in folders {
            if !is_delivered(&paths, &folder) {
                continue;
            }
            let known = self.mains.iter().find(|m| m.folder == folder).map(|m| m.go_mod.clone());
            let go_mod = known.or_else(|| self.read_go_mod(&folder, false).map(|(go_mod, _)| go_mod));
            let go = go_mod.as_ref().and_then(|m| Some(m.go.as_ref()?.version.clone()));
            let path = |go_mod: &GoMod| go_mod.module.as_ref().map(|line| line.path.clone()).unwrap_or_default();
            self.targets.insert(folder, Target { declares: go_mod.as_ref().map(path), go, go_mod });
        }
    }

    fn read_sums(&mut self) {
        let folders: Vec<String> = self.mains.iter().map(|m| m.folder.clone()).collect();
        let mut paths: Vec<(ModuleFile, String)> = vec![];
        if self.work.is_some() {
            paths.push((ModuleFile::GoWorkSum, "go.work.sum".into()));
        }
        paths.extend(folders.iter().map(|folder| (ModuleFile::GoSum, join(folder, "go.sum"))));
        for (kind, path) in paths {
            let Some(text) = self.text(&path) else {
                self.unread_sums |= self.tree.entry(&path).is_some();
                continue;
            };
            let file = parse_go_sum(&text.bytes);
            self.files.push(Read::plain(kind, text.clone(), file.malformed.clone()));
            self.sums.push((text, file));
        }
    }

    fn read_vendor(&mut self) {
        // The Go command builds from the folder that a link named `vendor` leads to; here links are followed for no folder.
        let folder = self.vendor_folder();
        if self.tree.entry(&folder).is_some_and(|entry| !entry.is_file()) {
            let shown = self.tree.shown(&folder);
            self.gap(reason!("vendor-is-a-link", path = &shown), &shown);
        }
        let Some(text) = self.text(&format!("{folder}/modules.txt")) else { return };
        let txt = parse_modules_txt(&text.bytes);
        self.files.push(Read::plain(ModuleFile::ModulesTxt, text.clone(), Vec::new()));
        self.vendor = Some((text, txt));
    }

    /// Where the build's vendor folder is, or would be.
    pub fn vendor_folder(&self) -> String {
        join(&self.base, "vendor")
    }

    fn has_file(&self, folder: &str, name: &str) -> bool {
        linked(&self.tree, &join(folder, name)).is_some()
    }

    /// Every `replace` line with its file and the folder that a relative target is relative to.
    pub fn replaces(&self) -> Vec<(&Text, &str, &Replace)> {
        let work = self.work.iter().flat_map(|w| w.go_work.replace.iter().map(move |r| (&w.text, ".", r)));
        let mains =
            self.mains.iter().flat_map(|m| m.go_mod.replace.iter().map(move |r| (&m.text, m.folder.as_str(), r)));
        work.chain(mains).collect()
    }

    pub fn view(&self) -> Mains<'_> {
        let mains = self.mains.iter().map(|m| Main { go_mod: &m.go_mod, folder: &m.folder }).collect();
        Mains::new(mains, self.work.as_ref().map(|w| &w.go_work))
    }

    /// What the build takes for a required or vendored module.
    pub fn effective(&self, module: &Module) -> Effective {
        self.index.effective.get(module).cloned().unwrap_or_else(|| Effective::Module(module.clone()))
    }

    /// The same for a module that is neither.
    pub fn replaced(&self, view: &Mains<'_>, module: &Module) -> Effective {
        self.index.replaced(view, module)
    }

    pub fn is_main(&self, path: &str) -> bool {
        self.index.mains.contains_key(path)
    }

    /// Whether a main module's go.mod forbids this very version; a requirement of it is ignored.
    pub fn is_excluded(&self, module: &Module) -> bool {
        self.index.excluded.contains(module)
    }

    /// The highest version that any main module requires.
    pub fn selected(&self, path: &str) -> Option<&str> {
        self.index.selected.get(path).map(String::as_str)
    }

    /// Whether a main module other than the one in this folder requires the path.
    pub fn is_required_beyond(&self, path: &str, folder: &str) -> bool {
        self.index.required_by.get(path).is_some_and(|folders| folders.iter().any(|f| f != folder))
    }

    /// The `go` version of the build: go.work's, or the main module's; empty without.
    pub fn go_line(&self) -> &str {
        let line = self.work.as_ref().and_then(|w| w.go_work.go.as_ref());
        let line = line.or_else(|| self.mains.first()?.go_mod.go.as_ref());
        line.map_or("", |line| line.version.as_str())
    }

    /// Whether every main module's go.mod lists all modules that provide packages of the build: from `go 1.17` on.
    pub fn lists_graph(&self) -> bool {
        let line =
            |m: &MainModule| m.go_mod.go.as_ref().map_or(release::DEFAULT_GO_MOD, |g| g.version.as_str()).to_string();
        self.mains.iter().all(|m| release::compare(&line(m), "1.17").is_ge())
    }

    /// The sums that go.sum and go.work.sum give a module; several that differ are a conflict.
    pub fn sums_of(&self, module: &Module, of: Summed) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        self.summation(module, of).map_or(&NONE, |s| &s.sums)
    }

    pub fn summation(&self, module: &Module, of: Summed) -> Option<&Summation> {
        self.index.sums.get(&(module.clone(), of))
    }

    /// Modules with sums, ordered.
    pub fn summed(&self, of: Summed) -> impl Iterator<Item = &Module> {
        self.index.sums.keys().filter(move |(_, what)| *what == of).map(|(module, _)| module)
    }

    /// Every module of which go.sum or go.work.sum has a line.
    pub fn modules(&self) -> BTreeSet<&Module> {
        self.sums.iter().flat_map(|(_, file)| &file.lines).map(|line| &line.module).collect()
    }

    /// Whether modules.txt lists packages of this very module; `None` without a vendor folder.
    pub fn vendors(&self, module: &Module) -> Option<bool> {
        self.vendor.as_ref().map(|_| self.index.vendored.contains(module))
    }

    /// Whether the build is known to import a package that only this required module can provide.
    pub fn imports_from(&self, path: &str) -> bool {
        self.index.providing.contains(path)
    }

    /// Paths of the required modules that can provide a package: those that its own path begins with.
    pub fn providers(&self, import: &str) -> Vec<&str> {
        let known = prefixes(import).filter_map(|path| self.index.selected.get_key_value(path));
        known.map(|(path, _)| path.as_str()).collect()
    }

    /// Whether a package is one of a main module by its path.
    pub fn is_of_main(&self, import: &str) -> bool {
        prefixes(import).any(|path| self.is_main(path)) && self.providers(import).is_empty()
    }

    /// Follows what the build takes of modules that are not vendored, where a sum is missing that it may need.
    pub fn follow(&mut self, stores: &[Store]) {
        self.has_contents = !stores.is_empty();
        if let Some(imports) = &self.imports
            && Reach::matters(self)
        {
            self.reach = Some(Reach::of(self, imports, stores));
        }
    }

    /// Whether the build takes a package of a required module, as far as that was followed.
    pub fn takes(&self, path: &str) -> Option<bool> {
        self.reach.as_ref()?.takes(path)
    }

    /// Whether a package of a required module is in the build, as far as that was followed.
    pub fn provides(&self, path: &str) -> Option<bool> {
        self.reach.as_ref()?.provides(path)
    }

    /// Whether the build imports the package of this path or one below; `None` where not all of its imports are known.
    pub fn imports_at_or_below(&self, path: &str) -> Option<bool> {
        let imports = self.imports.as_ref()?;
        let below = format!("{path}/");
        let among = |paths: &BTreeSet<String>| {
            paths.contains(path) || paths.range(below.clone()..).next().is_some_and(|i| i.starts_with(&below))
        };
        let found = among(&imports.paths);
        (found || imports.whole && !among(&imports.perhaps)).then_some(found)
    }

    /// The main module that the delivered program belongs to.
    pub fn home(&self) -> Option<&MainModule> {
        self.mains.get(self.index.home?)
    }
}

/// Whether anything was delivered in a folder, by the ordered paths of the source; links do not lead there.
fn is_delivered(paths: &[&str], folder: &str) -> bool {
    let inside = format!("{folder}/");
    let from = paths.partition_point(|path| *path < inside.as_str());
    folder == "." || paths.get(from).is_some_and(|path| path.starts_with(&inside))
}

impl Read {
    fn plain(kind: ModuleFile, text: Text, mistakes: Vec<Mistake>) -> Read {
        Read { kind, text, is_main: true, mistakes, module: None, go: None, toolchain: None, godebug: Vec::new() }
    }
}

/// The folder inside the source that a replacement's target means; `None` for another module and for a folder outside.
pub(super) fn folder_of(base: &str, target: &Module) -> Option<String> {
    if !target.version.is_empty() || !is_directory_path(&target.path) {
        return None;
    }
    inside(base, &target.path)
}

/// A path relative to a folder of the source, resolved by its text; `None` where it leaves the source.
pub(super) fn inside(base: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let joined = clean(&format!("{base}/{path}"));
    (joined != ".." && !joined.starts_with("../")).then_some(joined)
}

/// A name in a folder, where `.` is the source root.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder == "." { name.into() } else { format!("{folder}/{name}") }
}
