//! Commands that change module files and sources before a build: which do, and where what they write lies.

use super::commands::{Run, Shown};
use super::copies::Overwritten;
use super::delivered::{OUTSIDE, normal};
use super::evaluate::State;
use super::shell::plain;
use super::state::Where;
use assize_facts::reason;
use assize_golang::glob;

/// Writing go.mod and its like by another way than the Go command's.
pub(super) const MODULE_FILES: &str = "edit of module files";

/// The vendored modules are taken away.
pub(super) const VENDOR_REMOVED: &str = "removal of vendor";

fn is_vendor(word: &str) -> bool {
    matches!(word.trim_matches(['"', '\'']).trim_start_matches("./").trim_end_matches('/'), "vendor" | "vendor/*")
}

/// Something else in the place of the Go command.
const GO_COMMAND: &str = "another go command";

/// Whether a path is that of the Go command, and whether one is of a Go release: what lies there under another name is neither.
fn is_go_command(path: &str) -> bool {
    let path = path.trim_matches(['"', '\'']);
    let of_release =
        ["/usr/local/go", "$GOROOT", "${GOROOT}", "$(go env GOROOT)"].iter().find_map(|root| path.strip_prefix(root));
    let is_part = |rest: &str| {
        rest.is_empty()
            || ["/", "/src", "/pkg", "/bin"].contains(&rest)
            || ["/src/", "/pkg/", "/bin/"].iter().any(|part| rest.starts_with(part))
    };
    // The compiler and the linker.
    let of_tools = ["$GOTOOLDIR/", "${GOTOOLDIR}/", "$(go env GOTOOLDIR)/"].iter().any(|tools| path.starts_with(tools));
    path.ends_with("/bin/go") || of_tools || of_release.is_some_and(is_part)
}

/// Whether a file is put in the place of the Go command that is not the Go command of some release.
pub(super) fn replaces_go_command(from: &[String], to: &str) -> bool {
    let of_release = |from: &String| is_go_command(from) || from.contains("/go1.") || from.starts_with("/usr/local/go");
    is_go_command(to) && !from.iter().any(of_release)
}

/// A file that says what a module's graph or vendored contents are, by its name.
pub(super) fn is_module_file(name: &str) -> bool {
    matches!(name, "go.mod" | "go.sum" | "go.work" | "go.work.sum" | "modules.txt")
}

/// The folder whose module a file is about, as it stands, where it is a module file.
fn folder_of_module_file(word: &str) -> Option<&str> {
    let word = word.trim_matches(['"', '\'']);
    let (folder, name) = word.rsplit_once('/').unwrap_or(("", word));
    // `go.*`
    let fits = |name: &str| ["go.mod", "go.sum"].iter().any(|file| name != "*" && glob::matches(name, file));
    match name {
        "modules.txt" => Some(folder.strip_suffix("vendor").unwrap_or(folder).trim_end_matches('/')),
        name => (is_module_file(name) || name.contains('*') && fits(name)).then_some(folder),
    }
}

/// The folders whose module files an edit of them writes, as they stand.
fn folders_written<'w>(program: &str, words: &'w [String], into: Option<&'w String>) -> Vec<&'w str> {
    if let Some(folder) = into.and_then(|into| folder_of_module_file(into)) {
        return vec![folder];
    }
    match program {
        "cp" | "mv" | "install" | "ln" | "tee" | "rsync" => {
            words.last().and_then(|to| folder_of_module_file(to)).into_iter().collect()
        }
        _ => words[1..]
            .iter()
            .filter_map(|word| folder_of_module_file(word.strip_prefix("of=").unwrap_or(word)))
            .collect(),
    }
}

/// A command that changes Go files before a build, by name; `None` where it touches other things.
/// `into` is the file that its output goes to.
fn changes_sources(program: &str, words: &[String], into: Option<&String>) -> Option<&'static str> {
    let rest = || words.iter().skip(1);
    let go_file = |w: &String| {
        let w = w.trim_matches(['"', '\'']);
        w.ends_with(".go") || w.contains("vendor/")
    };
    let module_file = |w: &String| folder_of_module_file(w).is_some();
    // `-i`, `-i.bak`, `-Ei`: letters before it take no value.
    let edits = |w: &String| {
        let letters = w.strip_prefix('-').map(|w| w.trim_start_matches(|c| "nErsuz".contains(c)));
        letters.is_some_and(|letters| letters.starts_with('i'))
    };
    let in_place = rest().any(|w| edits(w) || w.starts_with("--in-place"));
    let perl_in_place = rest().any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('i'));
    let into_folder = rest().any(|w| w == "-t" || w.starts_with("--target-directory"));
    let of = |w: &String| w.strip_prefix("of=").map(str::to_owned);
    let outputs = |w: &String| is_go_command(w.trim_start_matches("of="));
    match program {
        "cp" | "mv" | "install" | "ln"
            if words.split_last().is_some_and(|(to, from)| replaces_go_command(from, to)) =>
        {
            Some(GO_COMMAND)
        }
        "tee" | "curl" | "wget" | "dd" if rest().any(outputs) => Some(GO_COMMAND),
        _ if into.is_some_and(|w| is_go_command(w)) => Some(GO_COMMAND),
        "ed" | "ex" | "vi" | "vim" | "nvim" | "sponge" if rest().any(module_file) => Some(MODULE_FILES),
        "awk" | "gawk" if rest().any(|w| w.ends_with("inplace")) && rest().any(module_file) => Some(MODULE_FILES),
        "sed" | "gsed" if in_place && rest().any(module_file) => Some(MODULE_FILES),
        "perl" if perl_in_place && rest().any(module_file) => Some(MODULE_FILES),
        "mv" if words.len() > 2
            && words[1..words.len() - 1].iter().any(module_file)
            && words[words.len() - 1].ends_with('/') =>
        {
            Some(MODULE_FILES)
        }
        // Without its sums a module is what a server says.
        "rm" | "unlink" | "truncate" if rest().any(module_file) => Some(MODULE_FILES),
        "cp" | "mv" | "install" | "ln" | "tee" | "rsync" if !into_folder && words.last().is_some_and(module_file) => {
            Some(MODULE_FILES)
        }
        // From another folder into this one, under the same name.
        "cp" | "mv" | "install" | "ln" | "rsync"
            if words.last().is_some_and(|w| matches!(w.as_str(), "." | "./"))
                && rest().any(|w| w.contains('/') && module_file(w)) =>
        {
            Some(MODULE_FILES)
        }
        "dd" if rest().filter_map(of).any(|w| module_file(&w)) => Some(MODULE_FILES),
        "dd" if rest().filter_map(of).any(|w| go_file(&w)) => Some("copy onto Go files"),
        "git" if takes_from_elsewhere(words) && rest().any(|w| w == "." || module_file(w)) => Some(MODULE_FILES),
        // Not of a shell: what the context of an image leaves out.
        ".dockerignore" if rest().any(module_file) => Some(MODULE_FILES),
        ".dockerignore" => Some(VENDOR_REMOVED),
        // What the list of modules stands for.
        "rm" | "mv"
            if words
                .get(1..)
                .unwrap_or_default()
                .iter()
                .take(if program == "mv" { 1 } else { 99 })
                .any(|word| is_vendor(word)) =>
        {
            Some(VENDOR_REMOVED)
        }
        "git" if takes_from_elsewhere(words) && rest().any(go_file) => Some("copy onto Go files"),
        "curl" | "wget" if rest().any(module_file) => Some(MODULE_FILES),
        _ if into.is_some_and(module_file) => Some(MODULE_FILES),
        _ if into.is_some_and(|w| w.ends_with(".go")) => Some("copy onto Go files"),
        "sed" | "gsed" if in_place && rest().any(go_file) => Some("sed -i"),
        "perl" if perl_in_place && rest().any(go_file) => Some("perl -i"),
        "patch" => Some("patch"),
        "git" if words.get(1).is_some_and(|w| w == "apply" || w == "am") => Some("git apply"),
        "cp" | "mv" | "install" | "ln" | "tee" | "rsync" if words.last().is_some_and(go_file) => {
            Some("copy onto Go files")
        }
        "curl" | "wget" if rest().any(go_file) => Some("download onto Go files"),
        _ => None,
    }
}

/// `git checkout OTHER -- FILE…`, `git checkout OTHER FILE`, `git restore --source=OTHER FILE…`: without another revision the files become
/// what they are.
fn takes_from_elsewhere(words: &[String]) -> bool {
    let operands: Vec<&String> = words.iter().skip(2).filter(|w| !w.starts_with('-')).collect();
    let behind = |at: usize| words.get(at).is_some_and(|w| !w.starts_with('-'));
    let is_path = |w: &String| {
        w.contains('.') && !w.contains(['~', '^']) || w.contains('/') && folder_of_module_file(w).is_some()
    };
    match words.get(1).map(String::as_str) {
        Some("checkout") => match words.iter().position(|w| w == "--") {
            Some(end) => (2..end).any(behind),
            None => operands.len() > 1 && !is_path(operands[0]),
        },
        Some("restore") => words.iter().any(|w| w.starts_with("--source") || w == "-s"),
        _ => false,
    }
}

fn is_for_a_while(path: &str) -> bool {
    ["/tmp/", "/var/tmp/"].iter().any(|place| path.starts_with(place)) || path.contains("mktemp")
}

impl State<'_> {
    /// Notes a change of module files or sources; gives whether the command is one.
    pub(super) fn edited(&mut self, program: &str, words: &[String], shown: &Shown<'_>, run: &Run<'_>) -> bool {
        let name = program.rsplit('/').next().unwrap_or(program);
        let into = run.into.filter(|_| !matches!(name, "grep" | "diff"));
        if self.is_put_back(name, words) {
            return true;
        }
        if let Some(change) = changes_sources(name, words, into) {
            if change == VENDOR_REMOVED && !self.library.paths.contains("vendor/modules.txt") {
                return true;
            }
            let place = self.place_of_edit(change, name, words, run);
            if matches!(change, "patch" | "git apply") && self.patches_module_files(words, run) {
                self.changed(run.line, MODULE_FILES, &[], shown, place.clone());
            }
            match into.filter(|_| name == ":") {
                Some(into) => self.changed(run.line, change, &[], &format!("> {}", plain(into)), place),
                None => self.changed(run.line, change, &[], shown, place),
            }
            return true;
        }
        let Some(Overwritten { change, folder, is_archive }) = self.copied_over(name, words, run) else { return false };
        let counts = change != MODULE_FILES || self.targets.is_for_delivered(&folder);
        let folder = if counts { folder } else { OUTSIDE.to_owned() };
        let place = Where { folder: Some(folder), moved: self.shell.place().moved + 1 };
        let from = self.seen.len();
        self.changed(run.line, change, &[], shown, place);
        if let Some(seen) = self.seen.get_mut(from).filter(|_| is_archive) {
            seen.doubt = Some(reason!("more-than-is-followed", text = &**shown));
        }
        true
    }

    /// Whether a patch of the tree is one of module files.
    fn patches_module_files(&self, words: &[String], run: &Run<'_>) -> bool {
        let mut named = words.iter().skip(1).map(String::as_str).chain(run.from).filter(|word| !word.starts_with('-'));
        let is_one = |line: &str| {
            let path = line.strip_prefix("+++ ").and_then(|rest| rest.split_whitespace().next());
            path.and_then(|path| path.rsplit('/').next()).is_some_and(is_module_file)
        };
        let patches = |pattern: &str| {
            let fits = |path: &&String| **path == pattern || pattern.contains('*') && glob::matches(pattern, path);
            let mut found = self.library.paths.iter().filter(fits).filter_map(|path| self.library.find(&[""], path));
            found.any(|(_, text)| text.lines().any(is_one))
        };
        named.any(|word| {
            let pattern = self.shell.path(word, &self.home).unwrap_or_else(|| normal(word));
            let known = self.library.answers.borrow().get(&format!("patch {pattern}")).copied();
            known.unwrap_or_else(|| {
                let found = patches(&pattern);
                self.library.answers.borrow_mut().insert(format!("patch {pattern}"), found);
                found
            })
        })
    }

    /// Where a change is made: module files may lie elsewhere than the shell is.
    fn place_of_edit(&self, change: &str, program: &str, words: &[String], run: &Run<'_>) -> Where {
        let here = self.shell.place();
        if change != MODULE_FILES {
            // A file of a folder that is made for a while is none of the source.
            return match run.into.is_some_and(|into| is_for_a_while(&plain(into))) {
                true => Where { folder: Some(OUTSIDE.to_owned()), moved: here.moved + 1 },
                false => here,
            };
        }
        let folders = folders_written(program, words, run.into);
        let edited: Option<Vec<String>> = folders.iter().map(|folder| self.module_edited(&plain(folder))).collect();
        let Some(edited) = edited.filter(|all| !all.is_empty()) else { return here };
        let counts = edited.iter().find(|folder| *folder != OUTSIDE).cloned();
        Where { folder: Some(counts.unwrap_or_else(|| OUTSIDE.to_owned())), moved: here.moved + 1 }
    }

    /// The folder of the module that a file's folder means, where that is known; outside, where it is surely none of the delivered programs'.
    fn module_edited(&self, folder: &str) -> Option<String> {
        if is_for_a_while(folder) {
            return Some(OUTSIDE.to_owned());
        }
        if folder.is_empty() || folder.starts_with('/') || folder.contains('$') {
            return None;
        }
        let place = self.shell.place();
        // Where nobody has moved yet a script stands at the root, or at what is one for all that it names.
        let here = place.folder.or((place.moved == 0).then(String::new))?;
        let path = normal(&format!("{here}/{folder}"));
        match path.starts_with("..") {
            true => None,
            false => Some(if self.targets.is_for_delivered(&path) { path } else { OUTSIDE.to_owned() }),
        }
    }
}
