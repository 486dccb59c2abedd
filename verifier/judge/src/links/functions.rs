//! `link.functions`: every function of the main module, of local replacements and of delivered dependencies has its declaration, on its line.

use super::names::{Named, owner_of, plain};
use super::source_binary::{is_examined_for_its_own, rebuilt};
use super::table::{self, Binary, Function};
use super::tree::{Package, Tree, base, folder};
use crate::Truth;
use crate::run::Declared;
use crate::seen::{self, known};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::FunctionLink;
use assize_facts::{Gap, Item, Known, Origin, Reason, Sheet, reason};
use assize_golang::linker::in_module;
pub use assize_golang::linker::is_standard;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What `link.functions` is derived from.
pub const FROM: &[&str] = &[
    "binary.info",
    "binary.modules",
    "binary.functions",
    "source.declarations",
    "source.files",
    "inventory.files",
    "module.vendor",
];

/// The most names that a list shows.
const SHOWN: usize = 50;

pub fn derive(sheets: &Sheets, declared: &Declared) -> Sheet {
    let mut sheet = Sheet::of::<FunctionLink>();
    let tree = Tree::read(sheets);
    let (binaries, unread) = table::read(sheets);
    let functions = sheets.of("binary.functions");
    let vendored = Vendored::read(sheets);
    inherit(&mut sheet, &sheets.of("binary.info"));
    inherit(&mut sheet, &functions);
    inherit(&mut sheet, &vendored.compared(&tree.sheet));
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
    let asked = Asked { tree, vendored, modules, functions };
    for binary in &binaries {
        let elsewhere = elsewhere(binary, declared, rebuilds);
        asked.of_binary(binary, elsewhere.as_ref(), &mut sheet);
    }
    sheet.examined(binaries.len() as u64);
    sheet.settle();
    sheet
}

/// A binary for another platform than the source was examined for holds files that were not looked at: a rebuild that gave the same bytes shows what they
/// say, else the reason stands against whatever stands in them.
type Elsewhere = Result<(), Reason>;

fn elsewhere(binary: &Binary, declared: &Declared, rebuilds: &[Item]) -> Option<Elsewhere> {
    let examined = declared.examined_platform();
    let platform = binary.platform.as_deref().filter(|platform| *platform != examined)?;
    Some(match rebuilt(rebuilds, &binary.name) {
        Truth::True => Ok(()),
        _ => Err(reason!("other-platform", platform = platform, examined = examined)),
    })
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
        for open in [&binary.main_package, &binary.main_module].into_iter().filter_map(|known| known.as_ref().err()) {
            sheet.gap(open.clone(), &binary.path);
        }
        let own = |(path, package): &(&String, &Package)| !package.is_main || binary.main_package.as_ref() == Ok(*path);
        let mut names: BTreeSet<&str> = binary.packages.keys().map(String::as_str).collect();
        names.extend(self.tree.packages.iter().filter(own).map(|(path, _)| path.as_str()));
        for name in names {
            let package = self.tree.packages.get(name);
            let open = match self.owner(binary, name, package) {
                Owner::Somebody(owner) => {
                    let link =
                        Comparison::new(binary, elsewhere, name, package, &self.tree).link(owner, &self.functions);
                    sheet.push(link, Origin::file(&binary.path).symbol(name));
                    continue;
                }
                Owner::Elsewhere => continue,
                // Whether its source was delivered is the question that could not be answered.
                Owner::Dependency => self.vendored.open.clone(),
                // A package that no module of the build provides: nobody declares it, if all modules are known.
                Owner::Nobody => match &self.modules {
                    Some(open) => Some(open.clone()),
                    None => {
                        let link =
                            Comparison::new(binary, elsewhere, name, None, &self.tree).link("main", &self.functions);
                        sheet.push(link, Origin::file(&binary.path).symbol(name));
                        None
                    }
                },
            };
            if let Some(open) = open {
                sheet.gap(open, name);
            }
        }
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
        let has = |test: fn(&Function) -> bool| binary.packages.get(name).is_some_and(|all| all.iter().any(test));
        if is_linkers(name) {
            let is_strange = |f: &Function| f.is_strange() && !(f.is_export() && self.may_export(binary));
            let strange = binary.packages.get(name).is_some_and(|all| all.iter().any(is_strange));
            return if strange { Owner::Somebody("main") } else { Owner::Elsewhere };
        }
        let main_module = binary.main_module.as_deref().unwrap_or("");
        if binary.main_package.as_deref() == Ok(name) || name == "main" || in_module(main_module, name) {
            return Owner::Somebody("main");
        }
        let module = binary.modules.iter().filter(|m| in_module(&m.path, name)).max_by_key(|m| m.path.len());
        match module {
            Some(module) if module.local => Owner::Somebody("local-replace"),
            Some(module) if self.vendored.modules.contains(&module.path) => Owner::Somebody("dependency"),
            Some(_) => Owner::Dependency,
            None if is_standard(name) => Owner::Elsewhere,
            // A C symbol (`x_cgo_munmap.cold`) that looks like one: Go functions have files.
            None if !has(Function::has_file) => Owner::Elsewhere,
            None => Owner::Nobody,
        }
    }
}

/// The linker's own names: `type:.eq.T`, `go:struct { … }.Read`. Their functions are generated, else they are reported.
fn is_linkers(package: &str) -> bool {
    package.is_empty() || package.starts_with("type:") || package.starts_with("go:")
}

impl Function {
    /// Whether it has a source that is none of the standard library's or of another module's.
    fn is_strange(&self) -> bool {
        self.file.ends_with(".go") && !is_foreign(&self.file)
    }

    /// What cgo writes for a function that C calls: `_cgoexp_`, twelve digits and its name (cmd/cgo/out.go, Go 1.26). The file has a folder wherever a
    /// `//line` names it.
    fn is_export(&self) -> bool {
        let rest = self.name.strip_prefix("_cgoexp_").and_then(|rest| rest.split_once('_'));
        let is_hash = |hash: &str| hash.len() == 12 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        self.file == "_cgo_gotypes.go" && rest.is_some_and(|(hash, _)| is_hash(hash))
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
    fn compared(&self, declared: &Sheet) -> Sheet {
        let elsewhere = |gap: &Gap| {
            let module = gap.reason.args.get("module");
            gap.owner.as_deref() == Some("dependency")
                && gap.reason.code == "module-source-not-delivered"
                && module.is_some_and(|module| !self.modules.contains(module))
                && self.open.is_none()
        };
        let gaps = declared.gaps.iter().filter(|gap| !elsewhere(gap)).cloned().collect();
        Sheet { gaps, ..Sheet::named(&declared.kind) }
    }
}

/// Whose package it is.
enum Owner<'t> {
    /// Its source has to be there.
    Somebody(&'t str),
    /// Of the standard library, or generated by the linker.
    Elsewhere,
    /// Of a dependency that is not vendored.
    Dependency,
    /// Of no module.
    Nobody,
}

/// One package of one binary against its declarations.
struct Comparison<'a> {
    binary: &'a Binary,
    elsewhere: Option<&'a Elsewhere>,
    name: &'a str,
    package: Option<&'a Package>,
    tree: &'a Tree<'a>,
    /// The folder that the table gives for the package's files: one package, one folder.
    folder: Option<&'a str>,
    present: BTreeSet<String>,
    matched: u64,
    undeclared: Vec<String>,
    misplaced: Vec<String>,
    unlocated: Vec<String>,
    /// Why something could not be compared that should have been.
    open: Option<Reason>,
}

enum Position {
    Right,
    Wrong,
    /// Cannot be compared, and need not be.
    Foreign,
    Open(Reason),
}

impl<'a> Comparison<'a> {
    fn new(
        binary: &'a Binary,
        elsewhere: Option<&'a Elsewhere>,
        name: &'a str,
        package: Option<&'a Package>,
        tree: &'a Tree<'a>,
    ) -> Comparison<'a> {
        let (undeclared, misplaced, unlocated) = (vec![], vec![], vec![]);
        Comparison {
            binary,
            elsewhere,
            name,
            package,
            tree,
            folder: None,
            present: BTreeSet::new(),
            matched: 0,
            undeclared,
            misplaced,
            unlocated,
            open: None,
        }
    }

    fn link(mut self, owner: &str, functions: &Sheet) -> FunctionLink {
        let table = self.binary.packages.get(self.name).map_or(&[][..], |all| all.as_slice());
        let declared = self.package.map(Package::names).unwrap_or_default();
        // A method that the compiler writes for an embedded type can hold closures of what it calls.
        let generated: Vec<String> = table.iter().filter(|f| f.is_generated()).map(|f| plain(&f.name)).collect();
        let bases: BTreeSet<&str> = declared.iter().copied().chain(generated.iter().map(String::as_str)).collect();
        for function in table.iter().filter(|f| !f.is_generated()) {
            self.compare(function, &bases);
        }
        self.inlined(&declared);
        if self.is_main() && !table.is_empty() && !self.present.contains("main") {
            self.undeclared.push("main".into());
        }
        let absent = table.is_empty() && self.binary.inlined.get(self.name).is_none_or(Vec::is_empty);
        let linked = match functions.gaps.first() {
            _ if !absent => Truth::True,
            Some(gap) => Truth::Unknown(gap.reason.clone()),
            None => Truth::False,
        };
        let (agrees, not_linked) =
            (self.agrees(), declared.iter().filter(|name| !self.present.contains(**name)).count());
        let shown = |mut names: Vec<String>| {
            names.sort();
            names.truncate(SHOWN);
            names
        };
        FunctionLink {
            binary: self.binary.name.clone(),
            package: self.name.to_owned(),
            module_owner: owner.to_owned(),
            declared: self.declared(),
            linked: known(linked),
            matched: self.matched,
            undeclared: shown(self.undeclared),
            misplaced: shown(self.misplaced),
            unlocated: shown(self.unlocated),
            declarations: declared.len() as u64,
            not_linked: not_linked as u64,
            agrees: known(agrees),
        }
    }

    fn is_main(&self) -> bool {
        self.binary.main_package.as_deref() == Ok(self.name) || self.name == "main"
    }

    fn declared(&self) -> Known<bool> {
        match (self.package, self.tree.hidden_in(None)) {
            (Some(_), _) => Known::Value(true),
            (None, Some(reason)) => Known::Unknown(reason),
            (None, None) => Known::Value(false),
        }
    }

    /// A function without declaration refutes, unless the declaration may stand in what could not be read.
    fn agrees(&self) -> Truth {
        if self.binary.obfuscated.is_true() {
            return Truth::Unknown(reason!("obfuscated", binary = self.binary.name));
        }
        if self.name == "main" && self.package.is_none() {
            return Truth::Unknown(reason!("main-package-not-named"));
        }
        if self.undeclared.is_empty() && self.misplaced.is_empty() {
            return self.open.clone().map_or(Truth::True, Truth::Unknown);
        }
        self.tree.hidden_in(self.package).map_or(Truth::False, Truth::Unknown)
    }

    fn compare(&mut self, function: &'a Function, known: &BTreeSet<&str>) {
        let Some(package) = self.package else {
            // Those of the runtime's assembly stand among the linker's.
            if !is_linkers(self.name) || function.is_strange() {
                self.undeclared(function);
            }
            return;
        };
        let own = plain(&function.name);
        let name = owner_of(&own, known);
        if let Named::Itself(base) | Named::Within { base, .. } = &name {
            // `(*T).M-fm.(*T).M.func1`: a generated method holds what was declared.
            let declared =
                if package.functions.contains_key(base) { name.clone() } else { owner_of(&own, &package.names()) };
            if let Named::Itself(base) | Named::Within { base, .. } = declared {
                self.present.insert(base);
            }
        }
        if matches!(name, Named::Init { .. }) {
            self.present.insert("init".into());
        }
        let in_assembly = package.assembly.contains(base(&function.file));
        match &name {
            Named::Undeclared if !in_assembly => return self.undeclared(function),
            Named::Cgo => match &package.has_cgo {
                Truth::True => {}
                Truth::False => return self.undeclared.push(function.name.clone()),
                Truth::Unknown(reason) => {
                    self.open.get_or_insert(reason.clone());
                }
            },
            _ => {}
        }
        match if in_assembly { Position::Right } else { self.position(package, &name, function) } {
            Position::Right => self.matched += 1,
            Position::Wrong if self.is_unseen(function) => {}
            Position::Wrong => self.misplaced.push(function.name.clone()),
            Position::Foreign => self.unlocated.push(function.name.clone()),
            Position::Open(reason) => {
                self.unlocated.push(function.name.clone());
                self.open.get_or_insert(reason);
            }
        }
    }

    fn undeclared(&mut self, function: &Function) {
        if !self.is_unseen(function) {
            self.undeclared.push(function.name.clone());
        }
    }

    /// Whether it stands in a delivered file that only the binary's own platform selects.
    fn is_unseen(&mut self, function: &Function) -> bool {
        let Some(elsewhere) = self.elsewhere else { return false };
        let file = base(&function.file);
        if self.package.is_some_and(|package| package.files.contains(file)) || !self.tree.delivers(file) {
            return false;
        }
        self.unlocated.push(function.name.clone());
        if let Err(reason) = elsewhere {
            self.open.get_or_insert(reason.clone());
        }
        true
    }

    fn position(&mut self, package: &Package, name: &Named, function: &'a Function) -> Position {
        let file = base(&function.file);
        let spans: &[_] = match name {
            Named::Itself(base) | Named::Within { base, .. } => package.functions.get(base).map_or(&[], Vec::as_slice),
            Named::Init { number, .. } => {
                let all = package.functions.get("init").map_or(&[][..], Vec::as_slice);
                if *number >= all.len() {
                    return Position::Wrong;
                }
                all
            }
            Named::Initializer { .. } => &[],
            Named::Cgo => return Position::Right,
            Named::Undeclared => return Position::Wrong,
        };
        let right = match name {
            Named::Itself(_) | Named::Init { itself: true, .. } => {
                spans.iter().any(|s| s.file == file && s.first == function.line)
            }
            Named::Initializer { .. } => package.files.contains(file),
            _ => spans.iter().any(|s| s.file == file && (s.first..=s.last).contains(&function.line)),
        };
        // A function with the name of a closure would be no declared one; its place tells what it is.
        let itself = matches!(name, Named::Itself(_) | Named::Init { itself: true, .. });
        let is_here = self.folder.is_none_or(|own| own == folder(&function.file));
        if !itself && is_here && function.name != "init" && package.begins_at(file, function.line) {
            return Position::Wrong;
        }
        if right && self.same_folder(function) {
            return Position::Right;
        }
        // What initialises a package may begin with a function that was inlined from elsewhere.
        if matches!(name, Named::Initializer { .. }) && self.tree.has_file(file) {
            return Position::Foreign;
        }
        if package.renames(file) {
            // What a directive names must have been delivered, or the position is only the supplier's word.
            return if self.tree.delivers(file) {
                Position::Foreign
            } else {
                Position::Open(reason!("line-directive", file = file))
            };
        }
        if function.line == 0 {
            return Position::Open(reason!("no-line-recorded"));
        }
        let inlined = matches!(
            name,
            Named::Within { inlined: true, .. }
                | Named::Init { inlined: true, .. }
                | Named::Initializer { inlined: true }
        );
        match inlined || matches!(name, Named::Initializer { .. }) {
            // A closure of an inlined function keeps the place where it was written.
            true if self.tree.has_function_at(file, function.line) => Position::Right,
            true if is_foreign(&function.file) => Position::Foreign,
            _ => Position::Wrong,
        }
    }

    /// A package lives in one folder, whatever it was called where it was built.
    fn same_folder(&mut self, function: &'a Function) -> bool {
        let folder = folder(&function.file);
        *self.folder.get_or_insert(folder) == folder
    }

    /// Small functions may be there only inside others, which is no absence.
    fn inlined(&mut self, declared: &BTreeSet<&str>) {
        for name in self.binary.inlined.get(self.name).into_iter().flatten() {
            if let Named::Itself(base) | Named::Within { base, .. } = owner_of(&plain(name), declared) {
                self.present.insert(base);
            }
        }
    }
}

/// Code of the standard library, or of a module that was not delivered: `GOROOT/src/…`, `strings/…` with -trimpath, `path@version/…`.
fn is_foreign(file: &str) -> bool {
    let standard = |path: &str| path.contains('/') && is_standard(path);
    file.contains('@')
        || (!file.starts_with('/') && standard(file))
        || file.rsplit_once("/src/").is_some_and(|(_, path)| standard(path))
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
