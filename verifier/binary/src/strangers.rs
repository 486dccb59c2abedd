//! Programs of other modules than the delivered source's, where nobody declares which programs are the product's: tools that lie in a repository.

use assize_delivery::Delivery;
use assize_facts::kinds::binary::{Functions, Info, Module, Setting};
use assize_facts::{Fact, Field, Item, Sheet};
use assize_golang::modfile::{Strictness, parse_go_mod};
use std::collections::BTreeSet;

/// Where a program of the source's modules is delivered, those of others stand beside it.
pub fn set_aside(delivery: &Delivery, sheets: &mut [Sheet]) {
    if !delivery.spec().binaries.is_empty() {
        return;
    }
    let Some(infos) = sheets.iter().find(|sheet| sheet.kind == Info::KIND) else { return };
    let found = infos.items.iter().filter(|info| info.bool("beside") == Some(false));
    let told: Vec<(&str, &str)> =
        found.filter_map(|info| Some((info.text("binary")?, info.text("main_module")?))).collect();
    if told.len() < 2 {
        return;
    }
    let own = modules(delivery);
    let (ours, others): (Vec<_>, Vec<_>) = told.into_iter().partition(|(_, module)| own.contains(*module));
    if ours.is_empty() {
        return;
    }
    let others: BTreeSet<String> = others.into_iter().map(|(name, _)| name.to_owned()).collect();
    let is_others = |item: &Item| item.text("binary").is_some_and(|name| others.contains(name));
    for sheet in sheets {
        match sheet.kind.as_str() {
            Info::KIND => sheet.items.iter_mut().filter(|item| is_others(item)).for_each(stand_beside),
            Setting::KIND | Module::KIND => sheet.items.retain(|item| !is_others(item)),
            Functions::KIND => sheet.items.retain(|item| item.text("package") == Some("runtime") || !is_others(item)),
            _ => {}
        }
    }
}

fn stand_beside(info: &mut Item) {
    info.fields.insert("beside", Field::Known(true.into()));
}

/// The paths of all modules of the source.
fn modules(delivery: &Delivery) -> BTreeSet<String> {
    let Ok(Some(tree)) = delivery.source() else { return BTreeSet::new() };
    let module = |path: &str| parse_go_mod(&tree.read(path).ok()?, Strictness::Dependency).file.module;
    tree.module_files().filter_map(module).map(|module| module.path).collect()
}
