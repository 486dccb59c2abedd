//! What the source leaves open and the delivered programs settle.

use crate::seen;
use crate::sheets::Sheets;
use assize_facts::{Field, Item};

/// A file that imports "C", and C that stands beside one, are compiled with cgo on alone. Where nothing of the source tells how it is built,
/// programs that record cgo as off, and have no function of it, were built without them.
pub(crate) fn settle(sheets: &mut Sheets) {
    if is_without_cgo(sheets) {
        sheets.change("source.cgo_imports", |item| {
            if is_open(item) {
                item.fields.insert("in_build", Field::Known(false.into()));
            }
        });
    }
}

fn is_open(item: &Item) -> bool {
    let is_of_cgo = matches!(item.text("form"), Some("import-c" | "c-file"));
    let why = seen::maybe_flag(item, "in_build").err();
    is_of_cgo && why.is_some_and(|why| why.code == "cgo-setting-not-declared")
}

/// Whether every program that was delivered is surely one without cgo.
fn is_without_cgo(sheets: &Sheets) -> bool {
    let Some(linkage) = sheets.having("binary.linkage").filter(|sheet| sheet.gaps.is_empty()) else { return false };
    let is_off = |item: &Item| {
        let is = |name| seen::flag(item, name);
        is("cgo_setting").is_false() && is("has_cgo_functions").is_false() && is("consistent").is_true()
    };
    let mut programs = linkage.items.iter().filter(|item| !seen::flag(item, "go_program").is_false()).peekable();
    programs.peek().is_some() && programs.all(is_off)
}
