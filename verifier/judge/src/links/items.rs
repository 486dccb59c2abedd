//! `link.items`: what the contract lists against what was handed over.

use super::tree::base;
use crate::Truth;
use crate::run::Declared;
use crate::seen::{self, known};
use crate::sheets::{Sheets, inherit};
use assize_clause::{ContractItem, ItemKind};
use assize_facts::kinds::link::ContractItem as ItemLink;
use assize_facts::{Item, Origin, Reason, Sheet, is_others, reason};
use std::borrow::Cow;

/// What `link.items` is derived from.
pub const FROM: &[&str] = &["inventory.declared", "inventory.files"];

pub fn derive(sheets: &Sheets, items: &[ContractItem], declared: &Declared) -> Sheet {
    let mut sheet = Sheet::of::<ItemLink>();
    let handed =
        Handed { files: sheets.of("inventory.files"), declared: sheets.of("inventory.declared"), words: declared };
    inherit(&mut sheet, &handed.declared);
    // Opaque files are gaps of the inventory alone; an inventory that was not made at all is another matter.
    if handed.files.scope.count == 0 {
        inherit(&mut sheet, &handed.files);
    }
    for item in items {
        let (named, path, found) = handed.over(item);
        let origin = path.as_ref().map_or_else(Origin::default, Origin::file);
        let fact = ItemLink {
            item_kind: item.kind.word().to_owned(),
            name: item.name.clone(),
            named,
            path,
            found: known(found),
        };
        sheet.push(fact, origin);
    }
    sheet.examined(items.len() as u64);
    sheet
}

struct Handed<'a> {
    files: Cow<'a, Sheet>,
    declared: Cow<'a, Sheet>,
    words: &'a Declared,
}

impl Handed<'_> {
    /// Whether it is named, by which path, and whether it is there.
    fn over(&self, item: &ContractItem) -> (bool, Option<String>, Truth) {
        let name = item.name.as_str();
        match item.kind {
            ItemKind::Binary => {
                let named = self.words.binaries.iter().find(|b| b.name == name).map(|b| b.path.clone());
                let is_program =
                    |file: &Item| !is_part_of_code(file) && (base_is(file, name) || is_built_as(file, name));
                self.file(named, is_program, |file| seen::flag(file, "executable_content"))
            }
            ItemKind::Image => {
                let mut named = self.words.images.iter().filter(|path| is_called(path, name));
                self.image(named.next().cloned(), name)
            }
            ItemKind::Source => self.source(),
            ItemKind::Document => {
                let is_it =
                    |file: &Item| file.text("path") == Some(name) || !is_part_of_code(file) && base_is(file, name);
                self.file(None, is_it, |file| Truth::from(file.int("size") != Some(0)))
            }
            // There is no file to find: naming it is handing it over, and what it is worth other clauses say.
            ItemKind::Endpoint => self.word(self.words.endpoints.iter().any(|e| e.name == name)),
            ItemKind::Dependency => self.word(self.words.dependencies.iter().any(|d| d == name)),
        }
    }

    fn word(&self, named: bool) -> (bool, Option<String>, Truth) {
        (named, None, if named { Truth::True } else { neither() })
    }

    fn file(
        &self,
        named: Option<String>,
        looks_like_it: impl Fn(&Item) -> bool,
        is_one: impl Fn(&Item) -> Truth,
    ) -> (bool, Option<String>, Truth) {
        if let Some(path) = named {
            let found = match self.files.items.iter().find(|f| f.text("path") == Some(&path)) {
                Some(file) if is_no_content(file) => Truth::Unknown(reason!("file-not-regular", path = path)),
                Some(file) => match self.unread(&path) {
                    Some(reason) => Truth::Unknown(reason),
                    None => is_one(file).or(|| self.within(&path, &looks_like_it, &is_one)),
                },
                None if path.contains('!') => self.named_path(&path).and(|| Truth::False),
                // Without its line in the inventory nobody knows what it is, only that it is not missing.
                None => self.named_path(&path).and(|| Truth::Unknown(reason!("declaration-not-recorded", path = path))),
            };
            return (true, Some(path), found);
        }
        let may_be_it = |file: &&Item| !is_no_content(file) && !stands_with_others(file) && looks_like_it(file);
        let found = self.files.items.iter().filter(may_be_it).find(|f| is_one(f).is_true());
        match found {
            Some(file) => (false, file.text("path").map(str::to_owned), Truth::True),
            None => (false, None, neither()),
        }
    }

    /// Whether an archive holds it: by its name, or as the only one of its kind. What was not seen of the archive may.
    fn within(&self, archive: &str, looks_like_it: &impl Fn(&Item) -> bool, is_one: &impl Fn(&Item) -> Truth) -> Truth {
        let is_in = |path: &str| path.strip_prefix(archive).is_some_and(|rest| rest.starts_with('!'));
        let members = self.files.items.iter().filter(|file| file.text("path").is_some_and(is_in));
        let mut found: Vec<&Item> = members.filter(|file| is_one(file).is_true()).collect();
        if let Some(gap) =
            self.files.gaps.iter().find(|gap| found.is_empty() && (gap.place == archive || is_in(&gap.place)))
        {
            return Truth::Unknown(gap.reason.clone());
        }
        if found.iter().any(|file| looks_like_it(file)) {
            found.truncate(1);
        }
        match found.len() {
            0 => Truth::False,
            1 => Truth::True,
            _ => neither(),
        }
    }

    /// Why the inventory could not tell what a file is, and not only what else is in it.
    fn unread(&self, path: &str) -> Option<Reason> {
        let is_unread = |code: &str| matches!(code, "executable-malformed" | "file-unreadable" | "file-too-large");
        let mut gaps = self.files.gaps.iter().filter(|gap| gap.place == path && is_unread(&gap.reason.code));
        gaps.next().map(|gap| gap.reason.clone())
    }

    /// An image is an archive that is one by its content, or a folder that has the mark of a layout (image-layout.md).
    fn image(&self, named: Option<String>, name: &str) -> (bool, Option<String>, Truth) {
        if let Some(path) = named {
            let at = |wanted: &str| self.files.items.iter().find(|f| f.text("path") == Some(wanted));
            let found = match (at(&path), at(&format!("{path}/oci-layout"))) {
                (Some(file), _) => is_image(file),
                (None, Some(_)) => Truth::True,
                (None, None) => self.named_path(&path).and(|| Truth::False),
            };
            // The line of its declaration tells whether there is an image in the layout.
            return (true, Some(path.clone()), found.and(|| self.is_image(&path)));
        }
        let layout = |file: &Item| Some(file.text("path")?.strip_suffix("/oci-layout")?.to_owned());
        let mut layouts = self.files.items.iter().filter(|file| !stands_with_others(file)).filter_map(layout);
        let of_name = layouts.find(|folder| is_called(folder, name) && self.has_index(folder));
        match of_name {
            Some(folder) => (false, Some(folder), Truth::True),
            None => self.file(None, |file| base_is(file, name), is_image),
        }
    }

    fn is_image(&self, path: &str) -> Truth {
        let line = self.declared.items.iter().find(|line| line.text("path") == Some(path));
        line.map_or(Truth::True, |line| seen::flag(line, "found"))
    }

    /// Whether a layout lists any image, as far as the inventory tells.
    fn has_index(&self, folder: &str) -> bool {
        let blobs = format!("{folder}/blobs/");
        let is_blob = |file: &&Item| file.text("path").is_some_and(|path| path.starts_with(&blobs));
        self.files.items.iter().any(|file| is_blob(&file))
    }

    /// A folder has no line of its own in the inventory: the line of its declaration tells.
    fn named_path(&self, path: &str) -> Truth {
        let below =
            |f: &&Item| f.text("path").and_then(|p| p.strip_prefix(path)).is_some_and(|rest| rest.starts_with('/'));
        if self.files.items.iter().any(|f| below(&f)) {
            return Truth::True;
        }
        match self.declared.items.iter().find(|d| d.text("path") == Some(path)) {
            Some(line) => seen::flag(line, "found"),
            None => Truth::Unknown(reason!("declaration-not-recorded", path = path)),
        }
    }

    /// The source is there where its module files are.
    fn source(&self) -> (bool, Option<String>, Truth) {
        let module_file =
            |f: &&Item| f.text("path").is_some_and(|path| ["go.mod", "go.work"].contains(&innermost(path)));
        let Some(root) = &self.words.source else {
            let found = self
                .files
                .items
                .iter()
                .filter(|file| !stands_with_others(file))
                .find(module_file)
                .and_then(|f| f.text("path"));
            return (false, found.map(str::to_owned), if found.is_some() { Truth::True } else { neither() });
        };
        let inside = |path: &str| match root.as_str() {
            "." | "" => true,
            root => path.strip_prefix(root).is_some_and(|rest| rest.starts_with(['/', '!'])),
        };
        let there = self.files.items.iter().filter(module_file).any(|f| f.text("path").is_some_and(inside));
        let found = if there {
            Truth::True
        } else {
            self.named_path(root).and(|| Truth::Unknown(reason!("module-files-not-seen")))
        };
        (true, Some(root.clone()), found)
    }
}

/// What stands there nobody hands over as the product's.
fn stands_with_others(file: &Item) -> bool {
    file.text("path").is_some_and(is_others)
}

/// A link or a device.
fn is_no_content(file: &Item) -> bool {
    matches!(file.text("format"), Some("link" | "special"))
}

/// Sources and objects are called like what they are about.
fn is_part_of_code(file: &Item) -> bool {
    let ending = file.text("path").and_then(|path| base(path).rsplit_once('.')).map(|(_, ending)| ending);
    matches!(ending, Some("go" | "s" | "S" | "c" | "h" | "syso" | "o" | "a"))
}

fn is_image(file: &Item) -> Truth {
    match seen::text(file, "format") {
        Ok(format) => Truth::from(matches!(format.as_str(), "oci-layout" | "docker-archive")),
        Err(reason) => Truth::Unknown(reason),
    }
}

fn neither() -> Truth {
    Truth::Unknown(reason!("neither-named-nor-found"))
}

/// By its path, or by its name inside of an archive.
fn base_is(file: &Item, name: &str) -> bool {
    let inside = |path: &str| path.match_indices('!').any(|(at, _)| is_called(&path[at + 1..], name));
    file.text("path").is_some_and(|path| is_called(path, name) || inside(path))
}

/// By its name with the platform behind it, as releases are called: `api-linux-amd64`, `api_1.4.2_linux_arm64`.
fn is_built_as(file: &Item, name: &str) -> bool {
    const SYSTEMS: &[&str] = &["linux", "darwin", "macos", "windows", "freebsd", "openbsd", "netbsd"];
    let rest = file.text("path").and_then(|path| innermost(path).strip_prefix(name));
    let rest = rest.filter(|rest| rest.starts_with(['-', '_']));
    rest.is_some_and(|rest| rest.split(['-', '_', '.']).any(|part| SYSTEMS.contains(&part)))
}

/// The last part of a path, which can stand at the top of an archive.
fn innermost(path: &str) -> &str {
    base(path).rsplit('!').next().unwrap_or(path)
}

/// A path, its last part, or that without its ending.
fn is_called(path: &str, name: &str) -> bool {
    let last = base(path);
    path == name || last == name || last.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}
