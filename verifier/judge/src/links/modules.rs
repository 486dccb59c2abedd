//! `link.modules`: the modules in a binary's build information against go.mod, go.work, go.sum and `vendor/`.

use crate::Truth;
use crate::seen::{self, Seen, known};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::ModuleLink;
use assize_facts::{Item, Reason, Sheet, reason};
use assize_golang::linker::OF_FILES;
use assize_golang::release;
use std::borrow::Cow;

/// What `link.modules` is derived from.
pub const FROM: &[&str] = &[
    "binary.info",
    "binary.modules",
    "module.file",
    "module.requirements",
    "module.replacements",
    "module.sums",
    "module.vendor",
    "module.contents",
];

pub fn derive(sheets: &Sheets) -> Sheet {
    let mut sheet = Sheet::of::<ModuleLink>();
    let delivered = Delivered::read(sheets);
    let recorded = sheets.of("binary.modules");
    // Gaps of `module.vendor` and `module.contents` show as sums that cannot be compared; versions do not depend on them.
    for from in [&recorded, &delivered.files, &delivered.requirements, &delivered.replacements, &delivered.sums] {
        inherit(&mut sheet, from);
    }
    delivered.tell_unread(&mut sheet);
    for item in &recorded.items {
        match Recorded::read(item) {
            Ok(module) => sheet.push(delivered.link(&module), item.origin.clone()),
            Err(reason) => sheet.gap(reason, item.origin.shown()),
        }
    }
    silent_binaries(sheets, &recorded, &mut sheet);
    sheet.examined(recorded.scope.count);
    sheet.settle();
    sheet
}

/// A Go program for which no module is recorded shows nothing of what it was made of.
fn silent_binaries(sheets: &Sheets, recorded: &Sheet, sheet: &mut Sheet) {
    let info = sheets.of("binary.info");
    inherit(sheet, &info);
    for item in &info.items {
        let name = seen::text(item, "binary").unwrap_or_default();
        // What is built from files has no main module, and may need no other.
        let is_of_files = item.text("main_package") == Some(OF_FILES);
        let told = is_of_files || recorded.items.iter().any(|m| m.text("binary") == Some(&name));
        if !told && !seen::is_beside(item) && !seen::flag(item, "go_program").is_false() {
            sheet.gap(reason!("no-build-information", binary = name), item.origin.shown());
        }
    }
}

/// One line of the build information.
struct Recorded {
    binary: String,
    path: String,
    version: String,
    sum: Option<String>,
    is_main: bool,
    replacement: Option<Replacement>,
}

struct Replacement {
    path: String,
    version: String,
    sum: Option<String>,
}

impl Recorded {
    fn read(item: &Item) -> Seen<Recorded> {
        let path = seen::maybe_text(item, "replace_path")?;
        let version = seen::maybe_text(item, "replace_version")?.unwrap_or_default();
        let sum = seen::maybe_text(item, "replace_sum")?;
        Ok(Recorded {
            binary: seen::text(item, "binary")?,
            path: seen::text(item, "path")?,
            version: seen::maybe_text(item, "version")?.unwrap_or_default(),
            sum: seen::maybe_text(item, "sum")?,
            is_main: seen::maybe_flag(item, "is_main")?.unwrap_or(false),
            replacement: path.map(|path| Replacement { path, version, sum }),
        })
    }

    /// `(devel)`: built from a folder, as a workspace member is (`cmd/go`, modload/build.go).
    fn is_folder(&self) -> bool {
        self.version.is_empty() || self.version == "(devel)"
    }
}

impl Replacement {
    /// A folder, as go.mod spells it (`go.mod` reference: a path that starts with `./`, `../` or `/`).
    fn is_folder(&self) -> bool {
        ["./", "../", "/"].iter().any(|start| self.path.starts_with(start)) || [".", ".."].contains(&self.path.as_str())
    }
}

/// What the delivered module files say.
struct Delivered<'a> {
    files: Cow<'a, Sheet>,
    requirements: Cow<'a, Sheet>,
    replacements: Cow<'a, Sheet>,
    sums: Cow<'a, Sheet>,
    vendor: Cow<'a, Sheet>,
    contents: Cow<'a, Sheet>,
    /// Whether a go.work is in force.
    workspace: bool,
    /// Whether go.mod lists the whole graph of the build (a `go` line of 1.17 or more).
    graph_listed: bool,
}

impl Delivered<'_> {
    fn read(sheets: &Sheets) -> Delivered<'_> {
        let files = sheets.of("module.file");
        let main = |name: &str| {
            let name = name.to_owned();
            files.items.iter().filter(move |f| f.text("name") == Some(&name) && !seen::flag(f, "is_main").is_false())
        };
        let workspace = main("go.work").next().is_some();
        let graph_listed = main("go.mod").all(|f| seen::text(f, "go").is_ok_and(|go| lists_graph(&go)));
        Delivered {
            requirements: sheets.of("module.requirements"),
            replacements: sheets.of("module.replacements"),
            sums: sheets.of("module.sums"),
            vendor: sheets.of("module.vendor"),
            contents: sheets.of("module.contents"),
            workspace,
            graph_listed,
            files,
        }
    }

    /// A line that does not say what it is about may be about anything: an absence beside it proves nothing.
    fn unread(&self, from: &Sheet) -> Option<(Reason, String)> {
        let keys: &[&str] = match from.kind.as_str() {
            "module.file" => &["name", "is_main", "module", "go"],
            "module.requirements" => &["path", "version"],
            "module.replacements" => &["path", "version", "directive", "target_kind", "target"],
            "module.sums" => &["path", "version", "of"],
            "module.vendor" => &["path"],
            _ => &["path", "version", "form", "differs"],
        };
        let open =
            |item: &Item| Some((keys.iter().find_map(|name| seen::value(item, name).err())?, item.origin.shown()));
        from.items.iter().find_map(open)
    }

    fn tell_unread(&self, sheet: &mut Sheet) {
        let all = [&self.files, &self.requirements, &self.replacements, &self.sums, &self.vendor, &self.contents];
        for (reason, place) in all.into_iter().filter_map(|from| self.unread(from)) {
            sheet.gap(reason, place);
        }
    }

    fn link(&self, module: &Recorded) -> ModuleLink {
        let in_graph = if module.is_main { self.is_main(module) } else { self.in_graph(module) };
        let version = if module.is_main { Truth::True } else { self.version(module) };
        let replacement = self.replacement(module);
        let agrees = in_graph.clone().and(|| version.clone()).and(|| replacement.clone());
        let (sum_compared, sum) = if module.is_main { (false, Truth::True) } else { self.sum(module) };
        let spelled = |r: &Replacement| format!("{} {}", r.path, r.version).trim().to_owned();
        ModuleLink {
            binary: module.binary.clone(),
            path: module.path.clone(),
            version: module.version.clone(),
            is_main: module.is_main,
            replacement: module.replacement.as_ref().map(spelled),
            in_graph: known(in_graph),
            version_agrees: known(version),
            replacement_agrees: known(replacement),
            agrees: known(agrees),
            sum_compared,
            sum_agrees: known(sum),
        }
    }

    fn is_main(&self, module: &Recorded) -> Truth {
        let named: Vec<&Item> = self.files.items.iter().filter(|f| f.text("name") == Some("go.mod")).collect();
        let declares = |f: &&Item| match seen::maybe_text(f, "module") {
            Ok(path) => Truth::from(path.as_deref() == Some(&module.path)),
            Err(reason) => Truth::Unknown(reason),
        };
        // A workspace's main package may stand in any member, whose go.mod is not "the" main one.
        let candidates = named.iter().filter(|f| self.workspace || !seen::flag(f, "is_main").is_false());
        let found = Truth::any(candidates.map(declares));
        if found.is_false() { self.absent(&self.files) } else { found }
    }

    /// Not being listed is a disagreement only where the list is there and whole.
    fn absent(&self, sheet: &Sheet) -> Truth {
        if let Some(gap) = sheet.gaps.first() {
            Truth::Unknown(gap.reason.clone())
        } else if let Some((reason, _)) = self.unread(sheet).or_else(|| self.unread(&self.files)) {
            Truth::Unknown(reason)
        } else if self.files.items.is_empty() {
            Truth::Unknown(reason!("module-files-not-seen"))
        } else {
            Truth::False
        }
    }

    fn required<'s>(&'s self, path: &'s str) -> impl Iterator<Item = &'s Item> {
        self.requirements.items.iter().filter(move |r| r.text("path") == Some(path))
    }

    /// A folder that stands for the module: a local replacement or a workspace member.
    fn local<'s>(&'s self, path: &'s str) -> impl Iterator<Item = &'s Item> {
        self.replacements
            .items
            .iter()
            .filter(move |r| r.text("path") == Some(path) && r.text("target_kind") == Some("local"))
    }

    fn in_graph(&self, module: &Recorded) -> Truth {
        if self.required(&module.path).next().is_some() || self.local(&module.path).next().is_some() {
            return Truth::True;
        }
        if !self.graph_listed || self.workspace {
            return self.summed(module);
        }
        self.absent(&self.requirements)
    }

    /// Where go.mod does not list the whole graph, a sum line at least shows that the module was once in it.
    fn summed(&self, module: &Recorded) -> Truth {
        let has = self.zip_sums(&module.path, &module.version).next().is_some();
        if has { Truth::Unknown(reason!("graph-not-listed")) } else { self.absent(&self.sums) }
    }

    fn version(&self, module: &Recorded) -> Truth {
        let mut required = self.required(&module.path).peekable();
        if module.is_folder() {
            let member = self.local(&module.path).next().is_some();
            return if member { Truth::True } else { self.absent(&self.replacements) };
        }
        if required.peek().is_none() {
            return self.in_graph(module);
        }
        let same = Truth::any(required.map(|r| match seen::text(r, "version") {
            Ok(version) => Truth::from(version == module.version),
            Err(reason) => Truth::Unknown(reason),
        }));
        let same = if same.is_false() { self.absent(&self.requirements) } else { same };
        // In a workspace, and where go.mod lists no whole graph, the selected version may be another module's wish.
        if same.is_false() && (self.workspace || !self.graph_listed) { self.summed(module) } else { same }
    }

    fn replacement(&self, module: &Recorded) -> Truth {
        let mut lines = self
            .replacements
            .items
            .iter()
            .filter(|r| r.text("path") == Some(&module.path) && r.text("directive") != Some("use"))
            .peekable();
        let applies = |r: &Item| match seen::maybe_text(r, "version") {
            Ok(version) => Truth::from(version.is_none_or(|version| version == module.version)),
            Err(reason) => Truth::Unknown(reason),
        };
        match &module.replacement {
            Some(made) => {
                let found = Truth::any(lines.map(|line| applies(line).and(|| same_target(line, made))));
                if found.is_false() { self.absent(&self.replacements) } else { found }
            }
            // A member of the workspace is used from its folder without any replacement.
            None if module.is_main || module.is_folder() => Truth::True,
            // No line about it: known to be none only where all lines were read.
            None if lines.peek().is_none() => self.absent(&self.replacements).negate(),
            None => Truth::any(lines.map(applies)).or(|| self.absent(&self.replacements)).negate(),
        }
    }

    fn zip_sums<'s>(&'s self, path: &'s str, version: &'s str) -> impl Iterator<Item = &'s Item> {
        self.sums.items.iter().filter(move |s| {
            s.text("path") == Some(path) && s.text("version") == Some(version) && s.text("of") == Some("zip")
        })
    }

    /// Whether there was something to compare, and what came of it.
    fn sum(&self, module: &Recorded) -> (bool, Truth) {
        let (path, version, sum) = match &module.replacement {
            Some(made) if made.is_folder() => return (false, Truth::True),
            Some(made) => (&made.path, &made.version, &made.sum),
            None if module.is_folder() => return (false, Truth::True),
            None => (&module.path, &module.version, &module.sum),
        };
        let Some(sum) = sum else { return self.carried(&module.path, path, version) };
        let lines: Vec<&Item> = self.zip_sums(path, version).collect();
        if lines.is_empty() {
            return (true, self.absent(&self.sums));
        }
        let same = |line: &&Item| match seen::text(line, "sum") {
            Ok(listed) => Truth::from(&listed == sum),
            Err(reason) => Truth::Unknown(reason),
        };
        // A line that cannot be read may be the one that says otherwise.
        let whole = self.absent(&self.sums).negate();
        (true, Truth::all(lines.iter().map(same)).and(|| whole))
    }

    /// No sum is recorded: the comparison of the vendored files with the contents that go.sum sums carries the link.
    fn carried(&self, required: &str, path: &str, version: &str) -> (bool, Truth) {
        let mut vendored = self.vendor.items.iter().filter(|v| [Some(required), Some(path)].contains(&v.text("path")));
        let Some(vendored) = vendored.next() else { return (false, Truth::Unknown(reason!("sum-not-recorded"))) };
        let of_it = |c: &&Item| {
            c.text("path") == Some(path) && c.text("version") == Some(version) && c.text("form") != Some("go.mod")
        };
        let differs = Truth::any(self.contents.items.iter().filter(of_it).map(|c| seen::flag(c, "differs")));
        // The vendored files are worth what the contents are that they equal.
        match seen::flag(vendored, "equals_contents").and(|| differs.negate()) {
            Truth::Unknown(_) => (false, Truth::Unknown(reason!("contents-not-compared"))),
            decided => (true, decided),
        }
    }
}

fn same_target(line: &Item, made: &Replacement) -> Truth {
    let target = match seen::text(line, "target") {
        Ok(target) => target,
        Err(reason) => return Truth::Unknown(reason),
    };
    if made.is_folder() {
        return Truth::from(target == made.path);
    }
    match seen::maybe_text(line, "target_version") {
        Ok(version) => Truth::from(target == made.path && version.unwrap_or_default() == made.version),
        Err(reason) => Truth::Unknown(reason),
    }
}

/// From `go 1.17` on, go.mod lists every module that provides a package of the build (Go Modules Reference, "Module graph pruning").
fn lists_graph(go: &str) -> bool {
    release::parse(go).is_some() && release::compare(go, "1.17").is_ge()
}

/// Whether all modules of a binary agree, sums apart.
pub fn of_binary(links: &Sheet, binary: &str) -> Truth {
    let mine: Vec<&Item> = links.items.iter().filter(|i| i.text("binary") == Some(binary)).collect();
    let agree = Truth::all(mine.iter().map(|item| seen::flag(item, "agrees")));
    match links.gaps.first() {
        Some(gap) => agree.and(|| Truth::Unknown(gap.reason.clone())),
        None => agree,
    }
}
