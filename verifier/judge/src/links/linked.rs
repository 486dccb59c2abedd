//! Whether the code that a source item speaks of is in a delivered binary.

use super::names::{Named, owner_of, plain};
use super::table::{self, Binary};
use super::tree::{Package, Tree};
use crate::Truth;
use crate::seen;
use crate::sheets::Sheets;
use assize_facts::{Item, Reason, Sheet, reason};

/// The function tables of all delivered binaries, asked per item.
pub struct Linked<'a> {
    tree: Tree<'a>,
    binaries: Vec<Binary>,
    /// Why an absence from the tables would prove nothing; `None` where it does.
    doubt: Option<Reason>,
}

impl<'a> Linked<'a> {
    /// `functions` is `link.functions`; `left_out` where a layer that it joins was.
    pub fn read(sheets: &'a Sheets, functions: &Sheet, left_out: bool) -> Linked<'a> {
        if left_out {
            return Linked { tree: Tree::read(sheets), binaries: vec![], doubt: Some(reason!("left-out")) };
        }
        let tree = Tree::read(sheets);
        let (binaries, unread) = table::read_with(sheets, &tree, None);
        let doubt = doubt(sheets, functions, &binaries).or(unread.info.into_iter().chain(unread.functions).next());
        Linked { tree, binaries, doubt }
    }

    /// Whether a source item's code is in a binary: by its `package` and, where it has one, its `function`.
    pub fn item(&self, item: &Item) -> Truth {
        let package = match seen::text(item, "package") {
            Ok(package) => package,
            Err(reason) => return Truth::Unknown(reason),
        };
        let function = match item.fields.contains_key("function") {
            true => match seen::maybe_text(item, "function") {
                Ok(function) => function,
                Err(reason) => return Truth::Unknown(reason),
            },
            false => None,
        };
        if self.binaries.iter().any(|binary| self.has(binary, &package, function.as_deref())) {
            return Truth::True;
        }
        if let Some(doubt) = &self.doubt {
            return Truth::Unknown(doubt.clone());
        }
        self.absent(&package, function.as_deref())
    }

    fn has(&self, binary: &Binary, package: &str, function: Option<&str>) -> bool {
        let table = binary.packages.get(package).map_or(&[][..], Vec::as_slice);
        let inlined = binary.inlined.get(package).map_or(&[][..], Vec::as_slice);
        let Some(function) = function else { return !table.is_empty() || !inlined.is_empty() };
        let declared = self.tree.packages.get(package).map(Package::names).unwrap_or_default();
        // The source may speak of a function that its outline does not list (an odd name): the name itself then counts.
        let declared = declared.into_iter().chain([function]).collect();
        let is_it = |name: &str| match owner_of(&plain(name), &declared) {
            Named::Itself(base) | Named::Within { base, .. } => base == function,
            Named::Init { .. } | Named::Initializer { .. } => function == "init",
            Named::Cgo | Named::Undeclared => false,
        };
        table.iter().map(|f| &f.name).chain(inlined).any(|name| is_it(name))
    }

    /// Nothing of it in any table, and the tables can be believed.
    fn absent(&self, package: &str, function: Option<&str>) -> Truth {
        let other_main = self.tree.packages.get(package).is_some_and(|p| p.is_main);
        if other_main || function.is_some() {
            return Truth::False;
        }
        // Data of a package can be linked without any function of it: a variable that the compiler initialises.
        Truth::Unknown(reason!("package-level"))
    }
}

/// An absence counts only where every binary shows a table in which nothing is out of place: renamed functions would look absent too.
fn doubt(sheets: &Sheets, functions: &Sheet, binaries: &[Binary]) -> Option<Reason> {
    if binaries.is_empty() {
        return Some(reason!("no-binary"));
    }
    // `link.functions` leaves dependencies out that were not delivered; their functions could be anybody's.
    for kind in ["binary.info", "binary.functions", "source.declarations"] {
        if let Some(gap) = sheets.of(kind).gaps.first() {
            return Some(gap.reason.clone());
        }
    }
    if let Some(gap) = functions.gaps.first() {
        return Some(gap.reason.clone());
    }
    let shows_all = |b: &&Binary| b.go_program.is_true() && b.obfuscated.is_false() && !b.packages.is_empty();
    let mut go = binaries.iter().filter(|b| !b.go_program.is_false()).peekable();
    if go.peek().is_none() {
        return Some(reason!("no-binary"));
    }
    if let Some(silent) = go.find(|b| !shows_all(b)) {
        return Some(reason!("no-function-table", binary = silent.name));
    }
    let disagrees = functions.items.iter().find(|item| !seen::flag(item, "agrees").is_true());
    disagrees.map(|item| reason!("functions-disagree", package = item.text("package").unwrap_or_default()))
}
