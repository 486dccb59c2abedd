//! `source.unsafe_pointers`: where the program steps around Go's types and names.

use super::Source;
use super::mentions::mark;
use super::search::{Search, files, item, methods, references, spelt};
use crate::meaning::{Lens, Site, Symbol};
use assize_facts::kinds::source::{UnsafeForm, UnsafePointer};
use assize_facts::{Item, Origin, Sheet};

/// Of package unsafe, what reads or makes memory; `Sizeof` and its like are constants.
const UNSAFE: &[&str] = &["Pointer", "Slice", "SliceData", "String", "StringData", "Add"];
const REFLECT: &[&str] = &["NewAt", "SliceAt", "SliceHeader", "StringHeader"];
/// Methods of `reflect.Value` that give addresses as numbers.
const METHODS: &[&str] = &["UnsafeAddr", "UnsafePointer"];

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let search = Search {
        file: &|lens, file| lens.imports(file, "unsafe") || lens.imports(file, "reflect"),
        marks: mark::UNSAFE,
        words: &[],
        dependencies: true,
    };
    let mut sheet = search.sheet::<UnsafePointer>(lens, |site| {
        let mut out: Vec<(u32, Item)> = references(lens, site, is_sought)
            .iter()
            .map(|found| {
                let form = if &*found.symbol.path == "unsafe" { UnsafeForm::Pointer } else { UnsafeForm::Reflect };
                let at = found.whole().at;
                (at.start, of(lens, site, form, spelt(&found.symbol), lens.source.origin(site.place.file, at)))
            })
            .collect();
        for (base, name, whole, _) in methods(site).filter(|(_, name, ..)| METHODS.contains(name)) {
            // Another type's method of the name is told by its type; what is not told may be reflect's.
            if lens.type_of(site, base).is_none_or(|ty| ty.name.is("reflect", "Value")) {
                let origin = lens.source.origin(site.place.file, whole.at);
                out.push((
                    whole.at.start,
                    of(lens, site, UnsafeForm::Reflect, format!("reflect.Value.{name}"), origin),
                ));
            }
        }
        out.sort_by_key(|(at, _)| *at);
        out.into_iter().map(|(_, item)| item).collect()
    });
    sheet.items.extend(files(lens.source, true).into_iter().flat_map(|file| linknames(lens, file)));
    sheet
}

fn is_sought(symbol: &Symbol) -> bool {
    match &*symbol.path {
        "unsafe" => UNSAFE.contains(&&*symbol.name),
        "reflect" => REFLECT.contains(&&*symbol.name),
        _ => false,
    }
}

fn of(lens: &Lens, site: &Site, form: UnsafeForm, detail: String, origin: Origin) -> Item {
    let fact = UnsafePointer {
        package: lens.package(site.place.file).to_string(),
        function: lens.function_name(site.place),
        owner: lens.owner(site.place.file),
        form,
        detail,
    };
    item(fact, origin)
}

fn linknames(lens: &Lens, file: crate::build::FileId) -> Vec<Item> {
    let Some(head) = lens.source.program.head(file) else { return Vec::new() };
    let own = head.outline.directives.iter().filter(|d| d.first_on_line && !d.block);
    let names = own.filter(|d| d.text.strip_prefix("go:linkname").is_some_and(|rest| rest.starts_with([' ', '\t'])));
    let make = |d: &crate::go::directive::Directive| {
        let fact = UnsafePointer {
            package: lens.package(file).to_string(),
            function: None,
            owner: lens.owner(file),
            form: UnsafeForm::Linkname,
            detail: d.text.to_string(),
        };
        item(fact, lens.source.origin(file, Source::span(d.start, d.start + 2 + d.text.len())))
    };
    names.map(make).collect()
}
