//! `module.replacements`: what stands for which module, and whether it is the supplier's own.

use super::graph::{Graph, MainModule, folder_of, inside};
use super::index::Effective;
use super::text::Text;
use assize_facts::kinds::module::{ReplaceKind, ReplaceLine, Replacement};
use assize_facts::{Known, Sheet, reason};
use assize_golang::modfile::{Replace, Use};
use assize_golang::module::Module;
use assize_golang::own::{is_unpublished, same_organisation, same_repository};
use assize_golang::sum::Summed;
use assize_golang::vendor::Mains;

pub(super) fn sheet(graph: &Graph, private: &str) -> Sheet {
    let mut sheet = Sheet::of::<Replacement>();
    sheet.examined(graph.files.len() as u64);
    let view = graph.view();
    for line in graph.replaces() {
        let (text, _, replace) = line;
        sheet.push(replaced(graph, &view, line, private), text.origin(replace.place));
    }
    if let Some(work) = &graph.work {
        for member in &work.go_work.uses {
            sheet.push(used(graph, member, private), work.text.origin(member.place));
        }
    }
    sheet
}

/// A `replace` line with its file and the folder that a relative target is relative to.
type Line<'a> = (&'a Text, &'a str, &'a Replace);

fn replaced(graph: &Graph, view: &Mains<'_>, line: Line<'_>, private: &str) -> Replacement {
    let (_, base, replace) = line;
    let path = replace.old.path.as_str();
    let local = replace.new.version.is_empty();
    let own = own_by_replace(graph, path, private);
    let target = local.then(|| Target::of(graph, folder_of(base, &replace.new), path));
    let version = |v: &String| (!v.is_empty()).then(|| v.clone());
    Replacement {
        path: path.into(),
        version: version(&replace.old.version),
        directive: ReplaceLine::Replace,
        target_kind: if local { ReplaceKind::Local } else { ReplaceKind::Remote },
        target: replace.new.path.clone(),
        target_version: version(&replace.new.version),
        same_module: replace.new.path == path,
        used: is_used(graph, view, line),
        member: graph.is_main(path),
        target_delivered: Known::Value(target.as_ref().map(|t| t.delivered)),
        target_declares_path: target.as_ref().map_or(Known::Value(None), |t| t.declares(path, &replace.new.path)),
        own_module: own,
        own_replacement: match &target {
            Some(target) => target.own(own, path, &replace.new.path),
            None => Known::Value(false),
        },
        spelled: format!("{} => {}", replace.old, replace.new).replace('@', " "),
    }
}

/// A folder that stands for a module.
struct Target {
    delivered: bool,
    /// Whether its go.mod declares the path.
    declares: bool,
}

impl Target {
    fn of(graph: &Graph, folder: Option<String>, path: &str) -> Target {
        match folder.and_then(|folder| graph.targets.get(&folder)) {
            Some(target) => Target { delivered: true, declares: target.declares.as_deref() == Some(path) },
            None => Target { delivered: false, declares: false },
        }
    }

    fn declares(&self, path: &str, target: &str) -> Known<Option<bool>> {
        match self.delivered {
            true => Known::Value(Some(self.declares)),
            false => Known::Unknown(reason!("target-not-delivered", target = target, module = path)),
        }
    }

    fn own(&self, own: bool, path: &str, target: &str) -> Known<bool> {
        self.declares(path, target).map(|declares| own && declares == Some(true))
    }
}

fn own_by_replace(graph: &Graph, path: &str, private: &str) -> bool {
    is_unpublished(path, private) || graph.home().is_some_and(|home| same_repository(path, &home.path))
}

/// Whether a requirement of the graph is replaced by this line. From `go 1.17` on go.mod lists every module that matters.
fn is_used(graph: &Graph, view: &Mains<'_>, (text, base, replace): Line<'_>) -> Known<bool> {
    let old = &replace.old;
    let matches = |version: &str| old.version.is_empty() || old.version == version;
    // A workspace member's own path is not replaced by anything.
    let is_main = graph.is_main(&old.path);
    // A replacement of one version goes before one of all, and go.work's before go.mod's.
    let is_this = |version: &str| match graph.replaced(view, &Module::new(&*old.path, version)) {
        Effective::Module(module) => module == replace.new,
        Effective::Folder(folder) => replace.new.version.is_empty() && folder == folder_of(base, &replace.new),
    };
    let required = graph.selected(&old.path).is_some_and(|version| matches(version) && (is_main || is_this(version)));
    if required || is_main || graph.lists_graph() {
        return Known::Value(required && !is_main);
    }
    let listed = graph.vendor.as_ref().map(|(_, txt)| {
        let mut taken = txt.modules.iter().filter(|v| v.module.path == old.path && !v.packages.is_empty());
        taken.any(|v| matches(&v.module.version) && is_this(&v.module.version))
    });
    let is_one = |version: &str| matches(version) && is_this(version);
    let walked = || graph.walked.as_ref()?.takes(&old.path, is_one);
    match listed.or_else(walked) {
        Some(used) => Known::Value(used),
        None => Known::Unknown(reason!("graph-not-listed", file = &text.shown)),
    }
}

fn used(graph: &Graph, member: &Use, private: &str) -> Replacement {
    let folder = inside(".", &member.path);
    let main = folder.and_then(|folder| graph.mains.iter().find(|m| m.folder == folder));
    let path = main.map(|m| m.path.clone()).unwrap_or_default();
    let own = is_unpublished(&path, private) || graph.home().is_some_and(|home| same_organisation(&path, &home.path));
    let missing = || reason!("target-not-delivered", target = &member.path, module = "go.work");
    Replacement {
        version: None,
        directive: ReplaceLine::Use,
        target_kind: ReplaceKind::Local,
        target: member.path.clone(),
        target_version: None,
        same_module: false,
        used: match main {
            Some(main) => member_is_used(graph, main),
            None if all_summed(graph) => Known::Value(false),
            None => Known::Unknown(missing()),
        },
        member: true,
        target_delivered: Known::Value(Some(main.is_some())),
        target_declares_path: main
            .map_or_else(|| Known::Unknown(missing()), |main| Known::Value(Some(!main.path.is_empty()))),
        own_module: own,
        own_replacement: main
            .map_or_else(|| Known::Unknown(missing()), |main| Known::Value(own && !main.path.is_empty())),
        spelled: format!("{path} => {}", member.path),
        path,
    }
}

/// Whether no requirement is left that a member could stand for: every one that no folder stands for has its sums, as modules have that
/// are fetched. What a binary was then built with all the same, its build information shows.
fn all_summed(graph: &Graph) -> bool {
    let required = graph.mains.iter().flat_map(|m| &m.go_mod.require).map(|r| &r.module);
    required.filter(|module| !graph.is_excluded(module)).all(|module| match graph.effective(module) {
        Effective::Folder(_) => true,
        Effective::Module(module) => !graph.sums_of(&module, Summed::Zip).is_empty(),
    })
}

/// A member stands for a module where another member takes packages of it, by a requirement or without.
fn member_is_used(graph: &Graph, main: &MainModule) -> Known<bool> {
    let is_home = graph.home().is_some_and(|home| home.folder == main.folder);
    if is_home || graph.is_required_beyond(&main.path, &main.folder) {
        return Known::Value(!is_home);
    }
    match graph.imports_at_or_below(&main.path) {
        Some(imported) => Known::Value(imported),
        None => Known::Unknown(reason!("build-unknown", module = &main.path)),
    }
}
