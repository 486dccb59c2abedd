//! One package of one binary against its declarations.

use super::names::{Named, owner_of, plain};
use super::places::Places;
use super::table::{Binary, Function};
use super::tree::{Package, Tree, base, folder};
use crate::Truth;
use crate::seen::known;
use assize_facts::kinds::link::FunctionLink;
use assize_facts::{Known, Reason, Sheet, reason};
use std::collections::BTreeSet;

/// The most names that a list shows.
const SHOWN: usize = 50;

/// A binary of another build than the source was examined for holds files that were not looked at: a rebuild that gave the same bytes shows what they
/// say, else the reason stands against whatever stands in them.
pub type Elsewhere = Result<(), Reason>;

/// The linker's own names: `type:.eq.T`, `go:struct { … }.Read`; and `_`, under which the compiler of Go 1.27 names the closures of inlined functions that
/// have a `//go:linkname` (cmd/compile/internal/base/link.go, PkgLinksym; ir/func.go, closureName). Their functions are generated, else they are reported.
pub fn is_linkers(package: &str) -> bool {
    package.is_empty() || package == "_" || package.starts_with("type:") || package.starts_with("go:")
}

impl Tree<'_> {
    /// Whether the delivered source says of a function outside of its packages where it comes from.
    pub fn accounts_for(&self, package: &str, function: &Function) -> bool {
        let (file, name) = (base(&function.file), plain(&function.name));
        // A closure lies inside of what was inlined.
        let is_closure = || package == "_" && is_closure(&name) && self.has_function_at(file, function.line);
        self.gives(package, &name, file, function.line) || is_closure()
    }
}

/// Whether a name ends as closures' do.
fn is_closure(name: &str) -> bool {
    name.rsplit(['.', '-']).next().is_some_and(assize_golang::linker::is_inner)
}

/// One package of one binary against its declarations.
pub struct Comparison<'a> {
    binary: &'a Binary,
    places: &'a Places<'a>,
    elsewhere: Option<&'a Elsewhere>,
    name: &'a str,
    package: Option<&'a Package>,
    tree: &'a Tree<'a>,
    /// The names that the package declares.
    names: BTreeSet<&'a str>,
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
    pub fn new(
        binary: &'a Binary,
        places: &'a Places<'a>,
        elsewhere: Option<&'a Elsewhere>,
        name: &'a str,
        package: Option<&'a Package>,
        tree: &'a Tree<'a>,
    ) -> Comparison<'a> {
        let (undeclared, misplaced, unlocated) = (vec![], vec![], vec![]);
        Comparison {
            binary,
            places,
            elsewhere,
            name,
            package,
            tree,
            names: package.map(Package::names).unwrap_or_default(),
            folder: None,
            present: BTreeSet::new(),
            matched: 0,
            undeclared,
            misplaced,
            unlocated,
            open: None,
        }
    }

    pub fn link(mut self, owner: &str, functions: &Sheet) -> FunctionLink {
        let table = self.table();
        // A method that the compiler writes for an embedded type can hold closures of what it calls.
        let generated: Vec<String> = table.iter().filter(|f| f.is_generated()).map(|f| plain(&f.name)).collect();
        let bases: BTreeSet<&str> = self.names.iter().copied().chain(generated.iter().map(String::as_str)).collect();
        let is_undelivered = self.package.is_none();
        for function in table.iter().filter(|f| is_undelivered || !f.is_generated()) {
            self.compare(function, &bases);
        }
        self.inlined(&bases);
        if self.is_main() && !is_undelivered && !table.is_empty() && !self.present.contains("main") {
            self.undeclared.push("main".into());
        }
        self.fact(owner, functions)
    }

    /// Of functions that have no place in the package.
    pub fn link_of(mut self, strangers: &[&Function], owner: &str, functions: &Sheet) -> FunctionLink {
        for function in strangers {
            self.undeclared(function);
        }
        self.fact(owner, functions)
    }

    fn table(&self) -> &'a [Function] {
        self.binary.packages.get(self.name).map_or(&[][..], |all| all.as_slice())
    }

    fn inlines(&self) -> &'a [String] {
        self.binary.inlined.get(self.name).map_or(&[][..], |all| all.as_slice())
    }

    fn fact(self, owner: &str, functions: &Sheet) -> FunctionLink {
        let absent = self.table().is_empty() && self.inlines().is_empty();
        let linked = match functions.gaps.first() {
            _ if !absent => Truth::True,
            Some(gap) => Truth::Unknown(gap.reason.clone()),
            None => Truth::False,
        };
        let agrees = self.agrees();
        let not_linked = self.names.iter().filter(|name| !self.present.contains(**name)).count();
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
            declarations: self.names.len() as u64,
            not_linked: not_linked as u64,
            agrees: known(agrees),
        }
    }

    fn is_main(&self) -> bool {
        self.binary.main_package.as_deref() == Ok(self.name) || self.name == "main"
    }

    fn declared(&self) -> Known<bool> {
        match (self.package, self.tree.hidden_in(self.name, None)) {
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
        self.tree.hidden_in(self.name, self.package).map_or(Truth::False, Truth::Unknown)
    }

    fn compare(&mut self, function: &'a Function, known: &BTreeSet<&str>) {
        let own = plain(&function.name);
        if self.tree.gives(self.name, &own, base(&function.file), function.line) {
            self.matched += 1;
            return;
        }
        let Some(package) = self.package else { return self.undeclared(function) };
        let name = owner_of(&own, known);
        if let Named::Itself(base) | Named::Within { base, .. } = &name {
            // `(*T).M-fm.(*T).M.func1`: a generated method holds what was declared.
            let declared =
                if package.functions.contains_key(base) { name.clone() } else { owner_of(&own, &self.names) };
            if let Named::Itself(base) | Named::Within { base, .. } = declared {
                self.present.insert(base);
            }
        }
        if matches!(name, Named::Init { .. }) {
            self.present.insert("init".into());
        }
        let in_assembly = package.assembles(&own, base(&function.file), function.line) && self.same_folder(function);
        let is_renamed = || package.assembly.contains_key(&own) && package.renames(base(&function.file));
        match &name {
            Named::Undeclared if !in_assembly && !is_renamed() => return self.undeclared(function),
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
        // What a package of files that were not looked at has from the compiler stands in none.
        let is_generated = self.package.is_none() && function.is_generated();
        if is_generated {
            if let Err(reason) = elsewhere {
                self.open.get_or_insert(reason.clone());
            }
            return true;
        }
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
            Named::Initializer { .. } | Named::Undeclared => &[],
            Named::Cgo => return Position::Right,
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
            return if package.is_summed || self.tree.delivers(file) {
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
            // Code of the standard library, or of a module that was not delivered.
            true if self.places.is_library(&function.file) || self.places.is_module(&function.file) => {
                Position::Foreign
            }
            _ => Position::Wrong,
        }
    }

    /// A package lives in one folder, whatever it was called where it was built.
    fn same_folder(&mut self, function: &'a Function) -> bool {
        let folder = folder(&function.file);
        *self.folder.get_or_insert(folder) == folder
    }

    /// Small functions may be there only inside others, which is no absence; nor is a function undelivered only in its table.
    fn inlined(&mut self, bases: &BTreeSet<&str>) {
        for name in self.inlines() {
            let plain = plain(name);
            match owner_of(&plain, bases) {
                Named::Itself(base) | Named::Within { base, .. } => {
                    self.present.insert(base);
                }
                Named::Init { .. } | Named::Initializer { .. } if self.package.is_some() => {}
                Named::Cgo if self.package.is_some_and(|package| !package.has_cgo.is_false()) => {}
                _ if self.tree.given.contains_key(&(self.name.to_owned(), plain)) => {}
                _ => match self.elsewhere {
                    // Inline trees name no files.
                    Some(Err(reason)) => {
                        self.open.get_or_insert(reason.clone());
                    }
                    Some(Ok(())) => {}
                    None => self.undeclared.push(name.clone()),
                },
            }
        }
    }
}
