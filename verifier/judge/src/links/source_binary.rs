//! `link.source_binary`: a delivered binary as a whole against the delivered source.

use super::elsewhere::examined_platform;
use super::table::{self, Binary};
use super::tree::Tree;
use super::{functions, modules};
use crate::Truth;
use crate::run::Declared;
use crate::seen::{self, known};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::SourceBinary;
use assize_facts::{Item, Origin, Reason, Sheet, reason};
use assize_golang::build::fips140;
use std::collections::BTreeSet;

/// What `link.source_binary` is derived from, beside the two links below it.
pub const FROM: &[&str] = &["binary.info", "binary.settings", "module.file"];

pub fn derive(sheets: &Sheets, declared: &Declared, modules: &Sheet, functions: &Sheet) -> Sheet {
    let mut sheet = Sheet::of::<SourceBinary>();
    let tree = Tree::read(sheets);
    let (binaries, unread) = table::read_with(sheets, &tree, Some(declared));
    let settings = sheets.of("binary.settings");
    inherit(&mut sheet, &sheets.of("binary.info"));
    inherit(&mut sheet, &settings);
    // Modules and functions speak for themselves, below.
    for reason in unread.info {
        sheet.gap(reason, "");
    }
    // Only a contract that agrees on a rebuild has this sheet.
    let rebuilds = sheets.having("binary.rebuild").map_or(&[][..], |sheet| sheet.items.as_slice());
    let right_platform = is_examined_for_its_own(&binaries, declared);
    for binary in binaries.iter().filter(|b| !b.go_program.is_false()) {
        let settings = &settings.items;
        let whole = Whole { binary, tree: &tree, declared, right_platform, settings, rebuilds, modules, functions };
        let link = whole.link();
        sheet.push(link, Origin::file(&binary.path));
    }
    sheet.examined(binaries.len() as u64);
    sheet.settle();
    sheet
}

struct Whole<'a> {
    binary: &'a Binary,
    tree: &'a Tree<'a>,
    declared: &'a Declared,
    right_platform: bool,
    settings: &'a [Item],
    rebuilds: &'a [Item],
    modules: &'a Sheet,
    functions: &'a Sheet,
}

impl Whole<'_> {
    fn link(&self) -> SourceBinary {
        let name = &self.binary.name;
        // The function table can refute and never prove: two binaries that differ in a constant have the same one.
        let bodies = self.rebuilt();
        let (main, tags, platform) = (self.main(), self.tags(&bodies), self.platform(&bodies));
        let (modules, functions) = (modules::of_binary(self.modules, name), functions::of_all(self.functions, name));
        let structure = Truth::all([&main, &tags, &platform, &modules, &functions].map(Clone::clone));
        SourceBinary {
            binary: name.clone(),
            declared: known(self.binary.declared.clone()),
            main_agrees: known(main),
            tags_agree: known(tags),
            platform_agrees: known(platform),
            modules_agree: known(modules),
            functions_agree: known(functions),
            structure_agrees: known(structure.clone()),
            bodies_compared: !matches!(bodies, Truth::Unknown(_)),
            bodies_agree: known(bodies.clone()),
            agrees: known(structure.and(|| bodies)),
        }
    }

    /// The main package is declared as such, and is the one that deliverable.toml names for this binary.
    fn main(&self) -> Truth {
        let path = match &self.binary.main_package {
            Ok(path) => path,
            Err(reason) => return Truth::Unknown(reason.clone()),
        };
        let spec = self.binary.declared_in(self.declared);
        let wanted = spec.and_then(|b| b.package.as_deref()).map(|package| names_package(package, path));
        let tree = self.tree;
        let declared = match tree.packages.get(path) {
            Some(package) => Truth::from(package.is_main),
            None => tree.hidden_in(path, None).map_or(Truth::False, Truth::Unknown),
        };
        Truth::from(wanted.unwrap_or(true)).and(|| declared)
    }

    fn rebuilt(&self) -> Truth {
        rebuilt(self.rebuilds, &self.binary.name)
    }

    fn setting(&self, key: &str) -> Option<&str> {
        let mine = |s: &&Item| s.text("binary") == Some(&self.binary.name) && s.text("key") == Some(key);
        self.settings.iter().find(mine)?.text("value")
    }

    /// A binary that records no settings at all says nothing about them; a setting that cannot be read may be any.
    fn silent(&self) -> Option<Reason> {
        let told = self.settings.iter().any(|s| s.text("binary") == Some(&self.binary.name));
        if !told {
            return Some(reason!("no-build-settings", binary = self.binary.name));
        }
        let about_others = |s: &&Item| seen::text(s, "binary").is_ok_and(|name| name != self.binary.name);
        let mut mine = self.settings.iter().filter(|s| !about_others(s));
        mine.find_map(|s| ["binary", "key", "value"].iter().find_map(|name| seen::text(s, name).err()))
    }

    fn tags(&self, bodies: &Truth) -> Truth {
        if let Some(reason) = self.silent() {
            return Truth::Unknown(reason);
        }
        let mut built: BTreeSet<&str> =
            self.setting("-tags").unwrap_or("").split([',', ' ']).filter(|t| !t.is_empty()).collect();
        let spec = self.binary.declared_in(self.declared);
        let said = spec.and_then(|spec| spec.settings.get("-tags"));
        let said = said.into_iter().flat_map(|tags| tags.split(','));
        let examined: BTreeSet<&str> = self.declared.tags.iter().map(String::as_str).chain(said).collect();
        // The Go command's own, which nobody sets.
        if let Some(own) = self.setting("GOFIPS140").and_then(fips140).filter(|own| !examined.contains(own.as_str())) {
            built.remove(own.as_str());
        }
        // A build that nobody declared may have any tags, and the source was not examined under them.
        let is_undeclared = spec.is_none_or(|spec| spec.toolchain.is_none() && spec.settings.is_empty());
        match built == examined {
            false if is_undeclared && examined.is_empty() => match bodies {
                Truth::True => Truth::True,
                _ => {
                    let tags = built.into_iter().collect::<Vec<_>>().join(",");
                    Truth::Unknown(reason!("other-build", built = tags, examined = "-"))
                }
            },
            agrees => Truth::from(agrees),
        }
    }

    /// Whether the source was examined for the platform. For another one a rebuild that gave the same bytes shows what its files say there.
    fn platform(&self, bodies: &Truth) -> Truth {
        let examined = examined_platform(self.binary, self.declared);
        match (self.setting("GOOS"), self.setting("GOARCH")) {
            (Some(os), Some(arch)) if format!("{os}/{arch}") == examined => Truth::True,
            (Some(_), Some(_)) if self.right_platform && bodies.is_true() => Truth::True,
            // An honest delivery may hold binaries for other platforms; their files were just not the ones looked at.
            (Some(os), Some(arch)) => {
                Truth::Unknown(reason!("other-platform", platform = format!("{os}/{arch}"), examined = examined))
            }
            _ => Truth::Unknown(reason!("no-build-settings", binary = self.binary.name)),
        }
    }
}

/// Whether the source was examined for the platform of the binary that `[run]` starts, or of any where it names none: what else was examined of it is
/// nothing to a delivery for other platforms alone.
pub(super) fn is_examined_for_its_own(binaries: &[Binary], declared: &Declared) -> bool {
    let run = declared.run_binary.as_deref();
    let mut meant = binaries.iter().filter(|binary| run.is_none_or(|run| run == binary.name || run == binary.path));
    meant.any(|binary| binary.platform.as_deref() == Some(&examined_platform(binary, declared)))
}

/// What a rebuild of a binary showed, where one was agreed and made.
pub(super) fn rebuilt(rebuilds: &[Item], binary: &str) -> Truth {
    let mut mine = rebuilds.iter().filter(|item| item.text("binary") == Some(binary)).peekable();
    match mine.peek() {
        Some(_) => Truth::all(mine.map(|item| seen::flag(item, "same"))),
        None => Truth::Unknown(reason!("bodies-not-compared")),
    }
}

/// Whether `./cmd/x`, `cmd/x`, an import path or a file of its folder names that import path.
pub(super) fn names_package(declared: &str, path: &str) -> bool {
    let folder = match declared.rsplit_once('/') {
        Some((folder, file)) if file.ends_with(".go") => folder,
        None if declared.ends_with(".go") => ".",
        _ => declared,
    };
    let tail = folder.trim_start_matches("./").trim_end_matches('/');
    tail.is_empty()
        || tail == "."
        || path == tail
        || path.strip_suffix(tail).is_some_and(|before| before.ends_with('/'))
}

/// What the whole delivery's chain is worth: of the declared binaries, or of all where none is declared.
pub fn overall(links: &Sheet, field: &str) -> Truth {
    let declared: Vec<&Item> = links.items.iter().filter(|i| !seen::flag(i, "declared").is_false()).collect();
    let chosen = if declared.is_empty() { links.items.iter().collect() } else { declared };
    if chosen.is_empty() {
        return Truth::Unknown(links.gaps.first().map_or(reason!("no-binary"), |gap| gap.reason.clone()));
    }
    let agree = Truth::all(chosen.iter().map(|item| seen::flag(item, field)));
    match links.gaps.first() {
        Some(gap) => agree.and(|| Truth::Unknown(gap.reason.clone())),
        None => agree,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_by_folder_or_path() {
        for (declared, agrees) in [
            ("./cmd/api", true),
            ("cmd/api", true),
            ("x.example/a/cmd/api", true),
            (".", true),
            ("./cmd/other", false),
            ("api", true),
            ("./pi", false),
            ("./cmd/api/main.go", true),
            ("./cmd/other/main.go", false),
            ("main.go", true),
        ] {
            assert_eq!(names_package(declared, "x.example/a/cmd/api"), agrees, "{declared}");
        }
    }
}
