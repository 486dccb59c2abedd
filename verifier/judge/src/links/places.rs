//! Where a binary's function table says that files stand: those of the standard library, of modules, and of the main module, as one build writes them.

use super::table::{Binary, Function, Module};
use super::tree::folder;
use assize_golang::linker::is_standard;
use assize_golang::module::{escape_path, escape_version};

/// The folders of one build. Whoever writes positions of his own (`//line`) has to hit them.
pub struct Places<'a> {
    /// What stands before `runtime/proc.go`: `GOROOT/src/`, nothing with `-trimpath`; unknown where the table has none of the runtime.
    library: Option<&'a str>,
    /// What stands before the main module's files, where its main package tells.
    main: Option<String>,
    modules: &'a [Module],
}

impl<'a> Places<'a> {
    pub fn of(binary: &'a Binary) -> Places<'a> {
        const RUNTIME: &str = "runtime/proc.go";
        let runtime = binary.packages.get("runtime").map_or(&[][..], Vec::as_slice);
        // The linker refuses a second one of that name.
        let main = runtime.iter().find(|function| function.name == "main");
        let library = main.and_then(|function| function.file.strip_suffix(RUNTIME));
        let library = library.filter(|before| before.is_empty() || before.ends_with('/'));
        Places { library, main: main_module(binary), modules: &binary.modules }
    }

    /// Code of the standard library. Where the table has nothing of the runtime: `GOROOT/src/…`, `strings/…` with -trimpath.
    pub fn is_library(&self, file: &str) -> bool {
        let standard = |path: &str| path.contains('/') && is_standard(path);
        match self.library {
            Some(library) => file.strip_prefix(library).is_some_and(standard),
            None => {
                let below = || file.rsplit_once("/src/").is_some_and(|(_, path)| standard(path));
                (!file.starts_with('/') && standard(file)) || below()
            }
        }
    }

    /// Code of a module of the build, out of a module cache: `…/path@version/file.go`.
    pub fn is_module(&self, file: &str) -> bool {
        file.match_indices('@').any(|(at, _)| self.is_of(&file[..at], &file[at + 1..]))
    }

    fn is_of(&self, before: &str, after: &str) -> bool {
        let Some((version, _)) = after.split_once('/') else { return false };
        self.modules.iter().filter(|module| !module.local).any(|module| {
            let (path, own) = &module.contents;
            let same = own == version || escape_version(own).is_ok_and(|escaped| escaped == version);
            same && (is_path(before, path) || escape_path(path).is_ok_and(|escaped| is_path(before, &escaped)))
        })
    }

    /// Code of the main module that nobody vendored.
    pub fn is_main(&self, file: &str) -> bool {
        let rest = self.main.as_deref().and_then(|main| file.strip_prefix(main));
        rest.is_some_and(|rest| !rest.starts_with("vendor/") && !rest.contains("/vendor/") && !file.contains('@'))
    }

    /// Whether a function has another source than the standard library and the modules have.
    pub fn is_strange(&self, function: &Function) -> bool {
        function.has_file() && !self.is_library(&function.file) && !self.is_module(&function.file)
    }
}

/// The whole path, or the last part of one in a module cache.
fn is_path(before: &str, path: &str) -> bool {
    before.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// The folder of the main package's files, less what leads to it inside of the module.
fn main_module(binary: &Binary) -> Option<String> {
    let (module, package) = (binary.main_module.as_deref().ok()?, binary.main_package.as_deref().ok()?);
    let main = binary.packages.get(package)?.iter().find(|function| function.name == "main")?;
    let inside = package.strip_prefix(module)?;
    let root = folder(&main.file).strip_suffix(inside)?;
    (root.len() > 1).then(|| format!("{root}/"))
}
