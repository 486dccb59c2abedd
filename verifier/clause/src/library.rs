//! Libraries of clauses: the one inside the program and the contract's own.

use crate::{Attack, CheckOutcome, Clause, Example, Mistake, Mistakes};
use assize_facts::{Digest, Sha256};
use include_dir::{Dir, include_dir};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

static STANDARD: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../clauses");

/// Files of a library by their path in it, `/`-separated.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Clauses by id, from one place. What could not be read is kept as mistakes, so that one slip does not silence the rest.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// `standard`, or the folder's name.
    pub name: String,
    pub clauses: BTreeMap<String, Arc<Clause>>,
    /// Clauses that could not be read, by folder.
    broken: BTreeMap<String, Mistakes>,
    /// Mistakes of the library as such.
    loose: Mistakes,
    files: Files,
    /// What stands before a file's path in messages.
    shown: String,
}

/// What may stand in a clause's folder.
const KNOWN: &[&str] = &["clause.toml", "examples", "attacks", "README.md"];

impl Library {
    /// The library inside the program.
    pub fn standard() -> &'static Library {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        LIBRARY.get_or_init(|| {
            let mut files = Files::new();
            embedded(&STANDARD, &mut files);
            Library::from_files("standard", "clauses", files)
        })
    }

    /// From files that the caller has; `shown` is what messages put before their paths.
    pub fn from_files(name: &str, shown: &str, files: Files) -> Library {
        let mut library = Library { name: name.into(), shown: shown.into(), files, ..Library::default() };
        let folders: BTreeSet<String> =
            library.files.keys().filter_map(|path| Some(path.split_once('/')?.0.to_string())).collect();
        for folder in folders {
            library.read_clause(&folder);
        }
        library
    }

    /// From a folder of clause folders, or from one clause folder.
    pub fn from_folder(path: &Path) -> Library {
        let shown = path.display().to_string();
        let single = path.join("clause.toml").is_file();
        let name = if single { path.canonicalize().ok().and_then(|p| parent_name(&p)) } else { file_name(path) };
        let mut files = Files::new();
        let mut loose = Mistakes::default();
        // A single clause's files are kept under its own name, as in a library.
        let inside = if single { file_name(path).map(|name| name + "/").unwrap_or_default() } else { String::new() };
        read_folder(path, &inside, &mut files, &mut loose);
        let shown = if single { parent_shown(path) } else { shown };
        let mut library = Library::from_files(&name.unwrap_or_else(|| "clauses".into()), &shown, files);
        if library.clauses.is_empty() && library.broken.is_empty() && loose.is_empty() {
            let mistake = Mistake::whole(format!("{} holds no clause", path.display()));
            loose.push(mistake.help("a library is a folder of clause folders, each with a `clause.toml`"));
        }
        library.loose.extend(loose);
        library
    }

    fn read_clause(&mut self, folder: &str) {
        let mut mistakes = self.strangers(folder);
        match self.files.get(&format!("{folder}/clause.toml")) {
            None => {
                let mistake = Mistake::whole(format!("{}/{folder} has no clause.toml", self.shown));
                mistakes.push(mistake.help("every folder of a library is a clause"));
            }
            Some(bytes) => {
                let file = format!("{}/{folder}/clause.toml", self.shown);
                match Clause::parse(&file, bytes, Some(folder)) {
                    Ok(clause) => {
                        self.clauses.insert(clause.id.clone(), Arc::new(clause));
                    }
                    Err(found) => mistakes.extend(found),
                }
            }
        }
        if !mistakes.is_empty() {
            self.clauses.remove(folder);
            self.broken.insert(folder.into(), mistakes);
        }
    }

    /// Files that nothing would ever read: a misspelt folder hides its examples.
    fn strangers(&self, folder: &str) -> Mistakes {
        let mut mistakes = Mistakes::default();
        let inside = format!("{folder}/");
        let names: BTreeSet<&str> = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(&inside))
            .map(|path| path.split('/').next().unwrap_or(path))
            .filter(|name| !KNOWN.contains(name) && !name.ends_with(".rego"))
            .collect();
        for name in names {
            let mistake = Mistake::whole(format!("{}/{folder}/{name} is read by nothing", self.shown));
            mistakes.push(mistake.help(crate::read::did_you_mean(name, KNOWN.iter().copied()).unwrap_or_default()));
        }
        mistakes
    }

    /// The mistakes of a clause that could not be read.
    pub fn broken(&self, id: &str) -> Option<&Mistakes> {
        self.broken.get(id)
    }

    /// Every mistake in clause files.
    pub fn mistakes(&self) -> Mistakes {
        let mut all = self.loose.clone();
        self.broken.values().for_each(|found| all.extend(found.clone()));
        all
    }

    /// Every mistake in clause files, examples and attacks.
    pub fn all_mistakes(&self) -> Mistakes {
        let mut all = self.mistakes();
        for id in self.clauses.keys() {
            all.extend(self.examples(id).err().unwrap_or_default());
            all.extend(self.attacks(id).err().unwrap_or_default());
        }
        all
    }

    /// The examples beside a clause, ordered by path.
    pub fn examples(&self, id: &str) -> Result<Vec<Example>, Mistakes> {
        let Some(clause) = self.clauses.get(id) else { return Ok(vec![]) };
        self.each(id, "examples", |file, inside, bytes| {
            let verdict = inside.split_once('/').and_then(|(folder, _)| CheckOutcome::parse(folder));
            match verdict {
                Some(verdict) => Example::parse(file, bytes, clause, verdict),
                None => {
                    let mistake = Mistake::whole(format!("{file} says no verdict"));
                    Err(mistake
                        .help("`examples/pass`, `examples/fail`, `examples/inconclusive`, `examples/not-applicable`")
                        .into())
                }
            }
        })
    }

    /// The attacks beside a clause, ordered by path.
    pub fn attacks(&self, id: &str) -> Result<Vec<Attack>, Mistakes> {
        let Some(clause) = self.clauses.get(id) else { return Ok(vec![]) };
        self.each(id, "attacks", |file, _, bytes| Attack::parse(file, bytes, Some(clause)))
    }

    fn each<T>(
        &self,
        id: &str,
        folder: &str,
        parse: impl Fn(&str, &str, &[u8]) -> Result<T, Mistakes>,
    ) -> Result<Vec<T>, Mistakes> {
        let inside = format!("{id}/{folder}/");
        let (mut all, mut mistakes) = (Vec::new(), Mistakes::default());
        for (path, bytes) in self.files.iter().filter(|(path, _)| path.starts_with(&inside)) {
            let file = format!("{}/{path}", self.shown);
            if !path.ends_with(".toml") {
                mistakes.push(
                    Mistake::whole(format!("{file} is read by nothing")).help("examples and attacks are `.toml` files"),
                );
                continue;
            }
            match parse(&file, &path[inside.len()..], bytes) {
                Ok(one) => all.push(one),
                Err(found) => mistakes.extend(found),
            }
        }
        mistakes.or(all)
    }

    /// The files of a clause's folder by their path in the library.
    pub fn files(&self, id: &str) -> impl Iterator<Item = (&str, &[u8])> {
        let inside = format!("{id}/");
        self.files
            .iter()
            .filter(move |(path, _)| path.starts_with(&inside))
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// A file that stands beside the clauses inside the program, as dated data does. Reading all the clauses for it would take longer than a
    /// command that needs none of them.
    pub fn standard_file(name: &str) -> Option<&'static [u8]> {
        STANDARD.get_file(name).map(include_dir::File::contents)
    }

    /// SHA-256 over the RFC 8785 form of every clause file's digest by id.
    pub fn digest(&self) -> Digest {
        let all: BTreeMap<&str, &str> = self.clauses.iter().map(|(id, c)| (id.as_str(), c.digest.0.as_str())).collect();
        let broken: Vec<&String> = self.broken.keys().collect();
        let bytes = serde_json_canonicalizer::to_vec(&(all, broken)).expect("maps of text have an RFC 8785 form");
        Sha256::of(&bytes)
    }
}

fn embedded(dir: &Dir<'static>, files: &mut Files) {
    for file in dir.files() {
        // The separator of the machine that builds is not that of a library's paths.
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.insert(path, file.contents().to_vec());
    }
    dir.dirs().for_each(|dir| embedded(dir, files));
}

fn file_name(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

fn parent_name(path: &Path) -> Option<String> {
    file_name(path.parent()?)
}

fn parent_shown(path: &Path) -> String {
    match path.parent().map(|p| p.display().to_string()) {
        Some(parent) if !parent.is_empty() => parent,
        _ => ".".into(),
    }
}

/// Reads the files that a library can have; hidden ones are left out.
fn read_folder(path: &Path, inside: &str, files: &mut Files, mistakes: &mut Mistakes) {
    const DEPTH: usize = 4;
    const MOST: usize = 20_000;
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return mistakes.push(Mistake::whole(format!("{} cannot be read: {error}", path.display()))),
    };
    let mut names: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    names.sort();
    for path in names {
        let Some(name) = path.file_name().and_then(|n| n.to_str()).filter(|n| !n.starts_with('.')) else { continue };
        let inside = format!("{inside}{name}");
        if files.len() >= MOST {
            return mistakes.push(Mistake::whole(format!("{} holds more than {MOST} files", path.display())));
        }
        if path.is_dir() {
            if inside.matches('/').count() >= DEPTH {
                mistakes.push(Mistake::whole(format!("{} lies too deep for a library", path.display())));
            } else {
                read_folder(&path, &format!("{inside}/"), files, mistakes);
            }
        } else {
            match read_file(&path) {
                Ok(bytes) => drop(files.insert(inside, bytes)),
                Err(mistake) => mistakes.push(*mistake),
            }
        }
    }
}

/// Reads a small regular file; anything else could block or never end.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Box<Mistake>> {
    const LARGEST: u64 = 4 << 20;
    let refuse = |why: String| Box::new(Mistake::whole(format!("{} cannot be read: {why}", path.display())));
    let about = std::fs::metadata(path).map_err(|e| refuse(e.to_string()))?;
    if !about.is_file() {
        return Err(refuse("not a regular file".into()));
    }
    if about.len() > LARGEST {
        return Err(refuse(format!("larger than {LARGEST} bytes")));
    }
    std::fs::read(path).map_err(|e| refuse(e.to_string()))
}
