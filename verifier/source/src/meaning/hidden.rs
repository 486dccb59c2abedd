//! Variables that are written from where no Go name stands: by `//go:linkname` (cmd/compile, "Compiler Directives") and by assembly of their package.

use super::names::{Lens, Symbol};
use crate::facts::DIRECTIVE;
use crate::hashed::HashSet;
use assize_golang::build::SourceKind;
use memchr::memmem;

impl Lens<'_> {
    /// Whether code that does not name a package's variable may set it.
    pub fn is_set_elsewhere(&self, variable: &Symbol) -> bool {
        self.linked.get_or_init(|| self.linknames()).contains(variable) || self.is_in_assembly(variable)
    }

    /// Everything that some file of the build links to a name of its own, and those names.
    fn linknames(&self) -> HashSet<Symbol> {
        let program = &self.source.program;
        let mains: Vec<&str> = program.packages.values().filter(|p| p.is_main).map(|p| p.path.as_str()).collect();
        let mut out = HashSet::default();
        for file in self.source.built_go_files() {
            let Some(head) = program.head(file).filter(|head| head.mentions.has(DIRECTIVE)) else { continue };
            let lines = head.outline.directives.iter().filter(|d| d.first_on_line && !d.block);
            for line in lines.filter_map(|d| d.text.strip_prefix("go:linkname ")) {
                let mut words = line.split_whitespace();
                out.extend(words.next().map(|own| Symbol::new(self.package(file), own)));
                // The linker calls every main package `main`.
                match words.next().and_then(|target| target.rsplit_once('.')) {
                    Some(("main", name)) => out.extend(mains.iter().map(|path| Symbol::new(path, name))),
                    Some((path, name)) => out.extend([Symbol::new(&path.replace("%2e", "."), name)]),
                    None => {}
                }
            }
        }
        out
    }

    fn is_in_assembly(&self, variable: &Symbol) -> bool {
        let program = &self.source.program;
        let Some(package) = program.packages.get(&*variable.path) else { return false };
        let name = format!("\u{b7}{}", variable.name);
        let files = program.folders.get(package.folder).files.iter();
        let assembly = files.filter(|file| program.folders.file(**file).kind == SourceKind::Assembly);
        assembly
            .filter_map(|file| self.source.bytes(*file))
            .any(|bytes| memmem::find(&bytes, name.as_bytes()).is_some())
    }
}
