//! `link.functions`: every function of the main module, of local replacements and of delivered dependencies has its declaration, on its line.

use super::elsewhere::elsewhere;
use super::package::{Comparison, Elsewhere, is_linkers};
use super::places::Places;
use super::source_binary::is_examined_for_its_own;
use super::table::{self, Binary, Function};
use super::tree::{Package, Tree, is_of_module};
use crate::Truth;
use crate::run::Declared;
use crate::seen;
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::FunctionLink;
use assize_facts::{Gap, Origin, Reason, Sheet, reason};
use assize_golang::linker::in_module;
pub use assize_golang::linker::is_standard;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What `link.functions` is derived from.
pub const FROM: &[&str] = &[
    "binary.info",
    "binary.settings",
    "binary.modules",
    "binary.functions",
    "source.declarations",
    "source.files",
    "inventory.files",
    "module.vendor",
    "module.file",
];

/// The file has a folder wherever a `//line` names it.
const WRITTEN_BY_CGO: &str = "_cgo_gotypes.go";

pub fn derive(sheets: &Sheets, declared: &Declared) -> Sheet {
    let mut sheet = Sheet::of::<FunctionLink>();
    let mut tree = Tree::read(sheets);
    let (binaries, unread) = table::read_with(sheets, &tree, Some(declared));
    let functions = sheets.of("binary.functions");
    let vendored = Vendored::read(sheets);
    if vendored.modules.is_empty() && vendored.open.is_none() {
        tree.without_vendored();
    }
    inherit(&mut sheet, &sheets.of("binary.info"));
    inherit(&mut sheet, &functions);
    inherit(&mut sheet, &vendored.compared(&tree, &binaries));
    let modules = sheets
        .of("binary.modules")
        .gaps
        .first()
        .map(|gap| gap.reason.clone())
        .or_else(|| unread.modules.first().cloned());
    for reason in unread.info.into_iter().chain(unread.functions).chain(tree.unread.iter().cloned()) {
        sheet.gap(reason, "");
    }
    // A rebuild settles nothing where the source was examined for none of what is delivered.
    let rebuilds = sheets.having("binary.rebuild").filter(|_| is_examined_for_its_own(&binaries, declared));
    let rebuilds = rebuilds.map_or(&[][..], |sheet| sheet.items.as_slice());
    let settings = sheets.of("binary.settings");
    let asked = Asked { tree, vendored, modules, functions };
    for binary in &binaries {
        let elsewhere = elsewhere(binary, declared, &settings.items, rebuilds);
        asked.of_binary(binary, elsewhere.as_ref(), &mut sheet);
    }
    sheet.examined(binaries.len() as u64);
    sheet.settle();
    sheet
}

/// What every binary is held against.
struct Asked<'a> {
    tree: Tree<'a>,
    vendored: Vendored,
    /// Why the modules of binaries are not all known.
    modules: Option<Reason>,
    functions: Cow<'a, Sheet>,
}

impl Asked<'_> {
    fn of_binary(&self, binary: &Binary, elsewhere: Option<&Elsewhere>, sheet: &mut Sheet) {
        if binary.go_program.is_false() {
            return;
        }
        if binary.packages.is_empty() {
            sheet.gap(reason!("no-function-table", binary = binary.name), &binary.path);
            return;
        }
        let places = Places::of(binary);
        for open in [&binary.main_package, &binary.main_module].into_iter().filter_map(|known| known.as_ref().err()) {
            sheet.gap(open.clone(), &binary.path);
        }
        let own = |(path, package): &(&String, &Package)| !package.is_main || binary.main_package.as_ref() == Ok(*path);
        let mut names: BTreeSet<&str> = binary.packages.keys().map(String::as_str).collect();
        names.extend(self.tree.packages.iter().filter(own).map(|(path, _)| path.as_str()));
        for name in names {
            let package = self.tree.packages.get(name);
            let comparison = || Comparison::new(binary, &places, elsewhere, name, package, &self.tree);
            let (owner, open) = match self.owner(binary, name, package) {
                Owner::Somebody(owner) => (Some(owner), None),
                // What has another source than it should is compared, and nothing else of it.
                Owner::Library | Owner::Linker => (None, None),
                // Whether its source was delivered is the question that could not be answered.
                Owner::Dependency => (None, self.vendored.open.clone()),
                // A package that no module of the build provides: nobody declares it, if all modules are known.
                Owner::Nobody => (self.modules.is_none().then_some("main"), self.modules.clone()),
            };
            let link = match owner {
                Some(owner) => Some(comparison().link(owner, &self.functions)),
                None => {
                    let strangers = self.strangers(binary, &places, name);
                    (!strangers.is_empty()).then(|| comparison().link_of(&strangers, "main", &self.functions))
                }
            };
            if let Some(link) = link {
                sheet.push(link, Origin::file(&binary.path).symbol(name));
            }
            if let Some(open) = open {
                sheet.gap(open, name);
            }
        }
    }

    /// Functions under the name of a package that nobody delivered, whose source is none of that package's: `//go:linkname` gives any name to any
    /// function. Those that the delivered source gives are declared.
    fn strangers<'b>(&self, binary: &'b Binary, places: &Places<'_>, name: &str) -> Vec<&'b Function> {
        // Of a dependency it is told where the main module's code stands in for it.
        let is_one = |function: &&Function| match (is_linkers(name), is_standard(name)) {
            (true, _) => places.is_strange(function) && !(function.is_export() && self.may_export(binary)),
            // What cgo writes for the library's own packages.
            (false, true) => places.is_strange(function) && function.file != WRITTEN_BY_CGO,
            (false, false) => function.has_file() && places.is_main(&function.file),
        };
        let all = binary.packages.get(name).into_iter().flatten().filter(is_one);
        all.filter(|function| !self.tree.accounts_for(name, function)).collect()
    }
}

impl Asked<'_> {
    /// Whether something of the build can hand functions to C: what uses cgo, or a dependency whose source is not compared.
    fn may_export(&self, binary: &Binary) -> bool {
        let has_cgo = self.tree.packages.values().any(|package| !package.has_cgo.is_false());
        has_cgo || binary.modules.iter().any(|module| !module.local && !self.vendored.modules.contains(&module.path))
    }

    fn owner<'t>(&self, binary: &Binary, name: &str, package: Option<&'t Package>) -> Owner<'t> {
        if let Some(package) = package {
            return Owner::Somebody(&package.owner);
        }
        if is_linkers(name) {
            return Owner::Linker;
        }
        let main_module = binary.main_module.as_deref().unwrap_or("");
        if binary.main_package.as_deref() == Ok(name) || name == "main" {
            return Owner::Somebody("main");
        }
        // The module with the longest path provides a package (cmd/go/internal/modload, importFromFiles): one may lie below the main one's path.
        let module = binary.modules.iter().filter(|m| in_module(&m.path, name)).max_by_key(|m| m.path.len());
        match module.filter(|module| !in_module(main_module, name) || module.path.len() > main_module.len()) {
            Some(module) if module.local => Owner::Somebody("local-replace"),
            Some(module) if self.vendored.modules.contains(&module.path) => Owner::Somebody("dependency"),
            Some(_) => Owner::Dependency,
            None if in_module(main_module, name) => Owner::Somebody("main"),
            None if is_standard(name) => Owner::Library,
            None if is_go(binary, name) => Owner::Nobody,
            // A C symbol (`x_cgo_munmap.cold`) that looks like one.
            None => Owner::Linker,
        }
    }
}

/// Whether a package has anything that only Go has: functions with files, such as the compiler writes, or such as were inlined.
fn is_go(binary: &Binary, package: &str) -> bool {
    let is_gos = |function: &Function| function.has_file() || function.is_generated();
    let inlined = binary.inlined.get(package).is_some_and(|names| !names.is_empty());
    inlined || binary.packages.get(package).is_some_and(|all| all.iter().any(is_gos))
}

impl Function {
    /// What cgo writes for a function that C calls: `_cgoexp_`, twelve digits and its name (cmd/cgo/out.go, Go 1.26).
    fn is_export(&self) -> bool {
        let rest = self.name.strip_prefix("_cgoexp_").and_then(|rest| rest.split_once('_'));
        let is_hash = |hash: &str| hash.len() == 12 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        self.file == WRITTEN_BY_CGO && rest.is_some_and(|(hash, _)| is_hash(hash))
    }
}

/// The modules of `vendor/`: their source was delivered.
struct Vendored {
    modules: BTreeSet<String>,
    open: Option<Reason>,
}

impl Vendored {
    fn read(sheets: &Sheets) -> Vendored {
        let sheet = sheets.of("module.vendor");
        let paths: Result<BTreeSet<String>, Reason> = sheet.items.iter().map(|item| seen::text(item, "path")).collect();
        let gap = sheet.gaps.first().map(|gap| gap.reason.clone());
        match paths {
            Ok(modules) => Vendored { modules, open: gap },
            Err(reason) => Vendored { modules: BTreeSet::new(), open: Some(reason) },
        }
    }

    /// What the source declares, without the gaps of dependencies that are not vendored: nothing is compared with them.
    /// A module of which everything that is linked was brought beside the delivery is, by whomever it is.
    fn compared(&self, tree: &Tree, binaries: &[Binary]) -> Sheet {
        let declared = &tree.sheet;
        let elsewhere = |gap: &Gap| {
            let arg = |name: &str| gap.reason.args.get(name);
            let is_dependency = gap.owner.as_deref() == Some("dependency");
            let is_vendored = arg("module").is_none_or(|module| self.modules.contains(module));
            let has = |package: &String| tree.packages.contains_key(package);
            let linked = || binaries.iter().flat_map(|binary| binary.packages.keys());
            let all = |module: &String| linked().filter(|name| in_module(module, name)).all(has);
            let is_brought = arg("package").is_some_and(has) && arg("module").is_some_and(all);
            is_of_module(gap) && (is_dependency || is_brought) && !is_vendored && self.open.is_none()
        };
        let gaps = declared.gaps.iter().filter(|gap| !elsewhere(gap)).cloned().collect();
        Sheet { gaps, ..Sheet::named(&declared.kind) }
    }
}

/// Whose package it is.
enum Owner<'t> {
    /// Its source has to be there.
    Somebody(&'t str),
    /// The standard library's.
    Library,
    /// What the linker or a C compiler made.
    Linker,
    /// Of a dependency that is not vendored.
    Dependency,
    /// Of no module.
    Nobody,
}

/// Whether all packages of a binary agree.
pub fn of_all(links: &Sheet, binary: &str) -> Truth {
    let mut mine = links.items.iter().filter(|i| i.text("binary") == Some(binary)).peekable();
    if mine.peek().is_none() {
        return Truth::Unknown(
            links.gaps.first().map_or(reason!("no-function-table", binary = binary), |gap| gap.reason.clone()),
        );
    }
    let agree = Truth::all(mine.map(|item| seen::flag(item, "agrees")));
    match links.gaps.first() {
        Some(gap) => agree.and(|| Truth::Unknown(gap.reason.clone())),
        None => agree,
    }
}
