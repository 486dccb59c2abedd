//! The delivered source as `link.functions` needs it: packages, their files, and the functions declared in them with their lines.

use crate::Truth;
use crate::seen::{self, Seen};
use crate::sheets::Sheets;
use assize_facts::{Gap, Item, Reason, Sheet, reason};
use assize_golang::linker::{in_module, split, unescaped};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the source declares.
pub struct Tree<'a> {
    pub sheet: Cow<'a, Sheet>,
    pub packages: BTreeMap<String, Package>,
    /// Functions that `//go:linkname` puts into other packages or into none, by package and name.
    pub given: BTreeMap<(String, String), Vec<Span>>,
    /// Assembly files of which it is said what they define.
    assembled: BTreeSet<String>,
    /// Base names of all delivered files, for what `//line` names.
    delivered: BTreeSet<String>,
    /// Items that could not be read.
    pub unread: Vec<Reason>,
}

/// One package of the build.
pub struct Package {
    pub owner: String,
    pub is_main: bool,
    pub folder: String,
    pub functions: BTreeMap<String, Vec<Span>>,
    /// Base names of its Go files.
    pub files: BTreeSet<String>,
    /// What its assembly files define, and what they include, by name.
    pub assembly: BTreeMap<String, Vec<Span>>,
    pub has_cgo: Truth,
    /// Whether its files are those that go.sum sums.
    pub is_summed: bool,
    /// Base names of the files that `//line` directives stand in, each with the base names that they give.
    pub renamed: BTreeMap<String, BTreeSet<String>>,
}

/// Where a function is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub file: String,
    pub first: u64,
    pub last: u64,
}

impl Tree<'_> {
    pub fn read(sheets: &Sheets) -> Tree<'_> {
        let sheet = sheets.of("source.declarations");
        let mut tree = Tree {
            sheet: Cow::Owned(Sheet::named("")),
            packages: BTreeMap::new(),
            given: BTreeMap::new(),
            assembled: BTreeSet::new(),
            delivered: BTreeSet::new(),
            unread: vec![],
        };
        for item in &sheet.items {
            if let Err(reason) = tree.add(item) {
                tree.unread.push(reason);
            }
        }
        tree.sheet = sheet;
        tree.add_other_files(sheets);
        tree
    }

    fn add(&mut self, item: &Item) -> Seen<()> {
        let path = item.origin.file.clone().unwrap_or_default();
        let (names, first, last) =
            (seen::texts(item, "names")?, seen::numbers(item, "lines")?, seen::numbers(item, "end_lines")?);
        let (owner, directives) = (seen::text(item, "owner")?, seen::texts(item, "line_directives")?);
        let is_main = seen::maybe_flag(item, "is_main")?.unwrap_or(false);
        let import_path = seen::text(item, "package")?;
        let package = self.packages.entry(import_path.clone()).or_default();
        package.owner = owner;
        package.is_main |= is_main;
        let (file, is_assembly) = (base(&path).to_owned(), is_assembly(item)?);
        if !is_assembly {
            package.folder = folder(&path).to_owned();
        }
        let is_here = package.folder == folder(&path);
        for ((name, first), last) in names.into_iter().zip(first).zip(last) {
            let span = Span { file: file.clone(), first, last };
            match is_assembly {
                false => package.functions.entry(name).or_default().push(span),
                true if is_here => package.assembly.entry(name).or_default().push(span),
                // Assembly may include what stands anywhere.
                true => self.given.entry((import_path.clone(), name)).or_default().push(span),
            }
        }
        for (target, first) in given(item)? {
            let (into, name) = split(&target);
            let span = Span { file: file.clone(), first, last: first };
            self.given.entry((unescaped(into), name.to_owned())).or_default().push(span);
        }
        if !directives.is_empty() {
            package.renamed.entry(file.clone()).or_default().extend(directives.iter().filter_map(|d| renamed_to(d)));
        }
        if is_assembly {
            self.assembled.insert(path.to_string());
        } else {
            package.files.insert(file);
        }
        Ok(())
    }

    fn add_other_files(&mut self, sheets: &Sheets) {
        for item in sheets.having("source.files").iter().flat_map(|s| &s.items) {
            let Some(path) = &item.origin.file else { continue };
            let (package, language) = match (seen::text(item, "package"), seen::text(item, "language")) {
                (Ok(package), Ok(language)) => (package, language),
                (Err(reason), _) | (_, Err(reason)) => {
                    self.unread.push(reason);
                    continue;
                }
            };
            self.delivered.insert(base(path).to_owned());
            let Some(package) = self.packages.get_mut(&package) else { continue };
            // Records of before say nothing of what it defines.
            let is_defined = language != "assembly" || !path.ends_with(".s") || self.assembled.contains(&**path);
            if !is_defined && item.text("fate") == Some("built") {
                self.unread.push(reason!("assembly-not-read", file = path));
            }
            let is_cgo_file = Truth::from(item.text("fate") == Some("cgo-file"));
            package.has_cgo = package.has_cgo.clone().or(|| is_cgo_file).or(|| seen::flag(item, "imports_c"));
        }
        for item in sheets.having("inventory.files").iter().flat_map(|s| &s.items) {
            if let Some(path) = item.text("path") {
                self.delivered.insert(base(path).to_owned());
            }
        }
    }

    /// Takes in that nothing is vendored: what is known of dependencies comes from contents that have go.sum's sum, their positions included.
    pub fn without_vendored(&mut self) {
        let of_dependency = self.packages.values_mut().filter(|package| package.owner == "dependency");
        of_dependency.for_each(|package| package.is_summed = true);
    }

    /// What may hide declarations of a package: a gap in its folder, or one without a place, or a record that could not be read.
    pub fn hidden_in(&self, name: &str, package: Option<&Package>) -> Option<Reason> {
        let here = |gap: &&Gap| match package {
            // The contents of another module hold none of this one's declarations; the gap stands where it is imported.
            Some(_) if is_of_module(gap) => false,
            Some(package) => gap.place.is_empty() || folder(without_line(&gap.place)) == package.folder,
            // Nor does a module hold packages of others.
            None if is_of_module(gap) => gap.reason.args.get("module").is_none_or(|module| in_module(module, name)),
            None => true,
        };
        self.sheet.gaps.iter().find(here).map(|gap| gap.reason.clone()).or_else(|| self.unread.first().cloned())
    }

    /// Whether any function of any package stands on that line.
    pub fn has_function_at(&self, file: &str, line: u64) -> bool {
        let spans =
            self.packages.values().filter(|p| p.files.contains(file)).flat_map(|p| p.functions.values().flatten());
        spans.into_iter().any(|span| span.file == file && (span.first..=span.last).contains(&line))
    }

    /// Whether `//go:linkname` puts a function of that place there under that name.
    pub fn gives(&self, package: &str, name: &str, file: &str, line: u64) -> bool {
        let spans = self.given.get(&(package.to_owned(), name.to_owned()));
        spans.into_iter().flatten().any(|span| span.file == file && span.first == line)
    }

    /// Whether any package of the source has a Go file of that name.
    pub fn has_file(&self, file: &str) -> bool {
        self.packages.values().any(|package| package.files.contains(file))
    }

    pub fn delivers(&self, file: &str) -> bool {
        self.delivered.contains(file)
    }
}

impl Default for Package {
    fn default() -> Package {
        Package {
            owner: String::new(),
            is_main: false,
            folder: String::new(),
            functions: BTreeMap::new(),
            files: BTreeSet::new(),
            assembly: BTreeMap::new(),
            has_cgo: Truth::False,
            is_summed: false,
            renamed: BTreeMap::new(),
        }
    }
}

impl Package {
    pub fn names(&self) -> BTreeSet<&str> {
        self.functions.keys().map(String::as_str).collect()
    }

    /// Whether the declaration of a function of several lines begins there: nothing inside of it does.
    pub fn begins_at(&self, file: &str, line: u64) -> bool {
        let mut spans = self.functions.values().flatten();
        spans.any(|span| span.file == file && span.first == line && span.first < span.last)
    }

    /// Whether one of its assembly files defines a function there.
    pub fn assembles(&self, name: &str, file: &str, line: u64) -> bool {
        let mut spans = self.assembly.get(name).into_iter().flatten();
        spans.any(|span| span.file == file && span.first == line)
    }

    /// What the `//line` directives of a file (or of any, where the table names none of its files) make of positions.
    pub fn renames(&self, file: &str) -> bool {
        self.renamed.contains_key(file) || self.renamed.values().any(|names| names.contains(file))
    }
}

/// Whether an item is about an assembly file; records of before say nothing of any.
fn is_assembly(item: &Item) -> Seen<bool> {
    if item.fields.contains_key("assembly") {
        Ok(seen::maybe_flag(item, "assembly")?.unwrap_or(false))
    } else {
        Ok(false)
    }
}

/// Whether source of another module is missing: it was not delivered, or not read because nothing authenticates it.
pub fn is_of_module(gap: &Gap) -> bool {
    ["module-source-not-delivered", "module-source-not-authentic", "module-not-told"]
        .contains(&gap.reason.code.as_str())
}

/// What `//go:linkname` names, with the lines of the functions. Records of before say nothing of it.
fn given(item: &Item) -> Seen<Vec<(String, u64)>> {
    if !item.fields.contains_key("given") {
        return Ok(vec![]);
    }
    Ok(seen::texts(item, "given")?.into_iter().zip(seen::numbers(item, "given_lines")?).collect())
}

/// The file that a directive names: `//line y.go:10`, `/*line y.go:10:2*/` (`cmd/compile` documentation, "Line directives").
fn renamed_to(directive: &str) -> Option<String> {
    let text = directive.trim().trim_start_matches("//").trim_start_matches("/*").trim_end_matches("*/").trim();
    let name = without_line(text.strip_prefix("line").unwrap_or(text).trim());
    (!name.is_empty()).then(|| base(name).to_owned())
}

/// A place without the line and column behind it.
pub fn without_line(place: &str) -> &str {
    let mut place = place;
    while let Some((before, number)) = place.rsplit_once(':') {
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            break;
        }
        place = before;
    }
    place
}

/// The last part of a path; Windows builds write `\` into their tables.
pub fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

pub fn folder(path: &str) -> &str {
    path.rfind(['/', '\\']).map_or("", |at| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_directives_name_a_file() {
        for (directive, file) in [
            ("//line parser.y:10", Some("parser.y")),
            ("line sub/lex.rl:1:2", Some("lex.rl")),
            ("/*line x.go:10:2*/", Some("x.go")),
            ("y.go:3", Some("y.go")),
            ("//line :10", None),
        ] {
            assert_eq!(renamed_to(directive).as_deref(), file, "{directive}");
        }
    }
}
