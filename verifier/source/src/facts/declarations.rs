//! `source.declarations`: the functions that the Go files of the build declare, as the linker names them.

mod assembly;

use super::Source;
use crate::build::GoHead;
use crate::go::outline::{Decl, DeclKind, Spec};
use assize_facts::kinds::source::{Declarations, Owner};
use assize_facts::{Origin, Sheet};
use std::collections::BTreeMap;

pub(super) fn sheet(source: &Source) -> Sheet {
    let mut sheet = Sheet::of::<Declarations>();
    sheet.gaps = source.program.gaps.clone();
    for package in source.program.packages.values() {
        let heads: Vec<&GoHead> = package.go_files.iter().filter_map(|file| source.program.head(*file)).collect();
        let others = Others::of(&heads);
        for &file in &package.go_files {
            if let Some(head) = source.program.head(file) {
                let fact = of_head(head, &package.path, package.owner, &others);
                sheet.push(fact, Origin::file(source.program.shown(file)));
            }
            sheet.examined(1);
        }
    }
    assembly::add(source, &mut sheet);
    sheet
}

/// Other names in a package, whichever of its files says them.
pub(crate) struct Others<'a> {
    /// Of its types: methods may be declared on them, and the linker knows the type's own name.
    aliases: BTreeMap<&'a str, &'a str>,
    /// What `//go:linkname` calls its functions; the last of several (cmd/compile/internal/noder, processPragmas, Go 1.26).
    links: BTreeMap<&'a str, &'a str>,
}

impl<'a> Others<'a> {
    /// Of the files of one package.
    pub fn of(heads: &[&'a GoHead]) -> Others<'a> {
        let specs = heads.iter().flat_map(|head| &head.outline.decls).flat_map(|decl| decl.specs.iter());
        let aliases = specs.filter_map(|spec| Some((spec.names().next()?, spec.alias_of()?))).collect();
        let directives = heads.iter().flat_map(|head| &head.outline.directives).filter(|d| d.first_on_line && !d.block);
        let link = |text: &'a str| {
            let mut words = text.strip_prefix("go:linkname")?.split_whitespace();
            Some((words.next()?, words.next()?))
        };
        Others { aliases, links: directives.filter_map(|directive| link(&directive.text)).collect() }
    }
}

/// Of a file that declares nothing.
fn nothing(package: &str, owner: Owner, is_main: bool, assembly: bool) -> Declarations {
    let (names, lines, end_lines, given, given_lines) = Default::default();
    let package = package.to_owned();
    let line_directives = Vec::new();
    Declarations { package, owner, is_main, names, lines, end_lines, line_directives, given, given_lines, assembly }
}

/// What one file declares.
pub(crate) fn of_head(head: &GoHead, package: &str, owner: Owner, others: &Others) -> Declarations {
    let mut fact = nothing(package, owner, &*head.outline.package == "main", false);
    for (decl, (line, end_line)) in head.outline.decls.iter().zip(&head.lines) {
        let own = name(decl, &others.aliases);
        let linked = |own: &str| Some(linked_as(head, package, own, others.links.get(own)?));
        let here = match own.as_deref().and_then(linked).flatten() {
            Some(Given::Here(name)) => Some(name),
            Some(Given::Elsewhere(name)) => {
                fact.given.push(name);
                fact.given_lines.push(*line);
                None
            }
            None => None,
        };
        // Closures keep the name that the function has in the source.
        for name in own.into_iter().chain(here) {
            fact.names.push(name);
            fact.lines.push(*line);
            fact.end_lines.push(*end_line);
        }
    }
    fact.line_directives = line_directives(head).map(str::to_owned).collect();
    fact
}

/// `//line` directives of a file.
pub(crate) fn line_directives(head: &GoHead) -> impl Iterator<Item = &str> {
    let all = head.outline.directives.iter();
    all.filter(|d| d.text.starts_with("line ") && (d.block || d.first_on_line)).map(|d| &*d.text)
}

/// What `//go:linkname` calls a function.
enum Given {
    /// By a name of its own package.
    Here(String),
    /// By one of another package, or of none.
    Elsewhere(String),
}

/// The name that `//go:linkname` gives to a function (cmd/compile documentation, "Directives").
fn linked_as(head: &GoHead, package: &str, function: &str, target: &str) -> Option<Given> {
    let main = &*head.outline.package == "main";
    let path = if main && target.starts_with("main.") { "main" } else { package };
    let here = target.strip_prefix(path).and_then(|rest| rest.strip_prefix('.'));
    match here.filter(|name| !name.contains('/')) {
        Some(name) if name == function => None,
        Some(name) => Some(Given::Here(name.to_owned())),
        None => Some(Given::Elsewhere(target.to_owned())),
    }
}

/// `Serve`, `(*Server).Start`, `T.String`; nothing for `_`, which is never linked.
fn name(decl: &Decl, aliases: &BTreeMap<&str, &str>) -> Option<String> {
    let spec = decl.specs.first()?;
    let name = spec.names().next().filter(|name| *name != "_")?;
    match decl.kind {
        DeclKind::Func => Some(name.to_string()),
        DeclKind::Method => Some(method(spec, name, aliases)),
        DeclKind::Type | DeclKind::Var | DeclKind::Const | DeclKind::Broken => None,
    }
}

fn method(spec: &Spec, name: &str, aliases: &BTreeMap<&str, &str>) -> String {
    let Some(receiver) = spec.receiver() else { return name.to_string() };
    let (mut base, mut pointer) = (&*receiver.base, receiver.pointer);
    // An alias may name an alias, or a pointer; a circle is no Go.
    for _ in 0..aliases.len().min(16) {
        let meant = aliases.get(base).copied().unwrap_or(base);
        base = meant.trim_start_matches('*');
        pointer |= meant.starts_with('*');
    }
    if pointer { format!("(*{base}).{name}") } else { format!("{base}.{name}") }
}
