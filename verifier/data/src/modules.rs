//! `assize data fetch`: contents of the modules that a deliverable's go.sum names, and the checksum database's records of them, into a
//! folder in the layout of a module proxy. Nothing fetched is believed: a run computes sums and proofs itself.

use crate::proxies::NotHad;
use crate::{Problem, Proxies, records};
use assize_facts::Progress;
use assize_golang::module::{Module, escape_path, escape_version, matches_prefix_patterns};
use rayon::prelude::*;
use std::fs::{self, File};
use std::path::Path;

/// A module with a line in go.sum.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    pub module: Module,
    /// Whether a line sums its contents, not its go.mod alone.
    pub zip: bool,
}

/// How it is fetched.
pub struct Fetching<'a> {
    pub proxies: &'a Proxies,
    pub into: &'a Path,
    /// Patterns of modules that no proxy is asked for (GONOPROXY, GOPRIVATE).
    pub private: &'a str,
    /// Patterns of modules that the database is not asked about (GONOSUMDB, GOPRIVATE).
    pub unrecorded: &'a str,
}

/// What is in the folder afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    pub zips: usize,
    pub go_mods: usize,
    /// Records that a signed tree proves.
    pub records: usize,
    /// The size of that tree.
    pub tree_size: Option<u64>,
    /// Modules that nobody was asked for.
    pub left_out: Vec<String>,
    pub missing: Vec<Missing>,
}

/// A file that was not to be had.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    pub what: String,
    pub why: String,
}

/// How many servers' answers are waited for at a time.
const AT_ONCE: usize = 8;
/// The Go command's own limits (golang.org/x/mod/zip `MaxZipFile`, `MaxGoMod`).
const LARGEST_ZIP: u64 = 500 << 20;
const LARGEST_GO_MOD: u64 = 16 << 20;

/// Fetches what is not there yet. The error is for what makes going on useless: no folder, no threads.
pub fn fetch_modules(wanted: &[Wanted], fetching: &Fetching<'_>, progress: &dyn Progress) -> Result<Fetched, Problem> {
    fs::create_dir_all(fetching.into).map_err(|e| Problem::say(e.to_string()).at(fetching.into.display()))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build();
    let pool = pool.map_err(|e| Problem::say(e.to_string()))?;
    pool.install(|| {
        let mut fetched = contents(wanted, fetching, progress);
        let modules: Vec<&Module> = wanted.iter().map(|w| &w.module).collect();
        records::fetch(&modules, fetching, &mut fetched, progress);
        fetched.missing.sort();
        Ok(fetched)
    })
}

fn contents(wanted: &[Wanted], fetching: &Fetching<'_>, progress: &dyn Progress) -> Fetched {
    let (private, public): (Vec<&Wanted>, Vec<&Wanted>) =
        wanted.iter().partition(|w| matches_prefix_patterns(fetching.private, &w.module.path));
    let mut fetched =
        Fetched { left_out: private.iter().map(|w| w.module.to_string()).collect(), ..Fetched::default() };
    progress.step(&format!("fetching {} modules", public.len()));
    let kinds = |w: &Wanted| if w.zip { &["mod", "zip"][..] } else { &["mod"] };
    let files: Vec<(&Module, &str)> =
        public.iter().flat_map(|w| kinds(w).iter().map(|kind| (&w.module, *kind))).collect();
    let done: Vec<Result<(), Missing>> =
        files.par_iter().with_max_len(1).map(|(module, kind)| file(fetching, module, kind)).collect();
    for ((_, kind), done) in files.iter().zip(done) {
        match done {
            Ok(()) if *kind == "zip" => fetched.zips += 1,
            Ok(()) => fetched.go_mods += 1,
            Err(missing) => fetched.missing.push(missing),
        }
    }
    fetched
}

/// One file of a module; with its contents also what the proxy says of the version, which nothing here needs and the Go command asks for.
fn file(fetching: &Fetching<'_>, module: &Module, kind: &str) -> Result<(), Missing> {
    let missing = |why: String| Missing { what: format!("{module} ({kind})"), why };
    let at = |kind: &str| Ok(format!("{}/@v/{}.{kind}", escape_path(&module.path)?, escape_version(&module.version)?));
    let path = at(kind).map_err(missing)?;
    let most = if kind == "zip" { LARGEST_ZIP } else { LARGEST_GO_MOD };
    keep(fetching.proxies, fetching.into, &path, most).map_err(|why| missing(why.to_string()))?;
    if let (true, Ok(info)) = (kind == "zip", at("info")) {
        let _ = keep(fetching.proxies, fetching.into, &info, LARGEST_GO_MOD);
    }
    Ok(())
}

impl std::fmt::Display for NotHad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotHad::Nowhere => f.write_str("no proxy has it"),
            NotHad::Failed(why) => f.write_str(why),
        }
    }
}

/// Fetches a file where it is not there yet; it appears whole or not at all.
pub(crate) fn keep(proxies: &Proxies, into: &Path, path: &str, most: u64) -> Result<(), NotHad> {
    let target = into.join(path);
    if target.is_file() {
        return Ok(());
    }
    let mut reader = proxies.open(path, most)?;
    let failed = |e: std::io::Error| NotHad::Failed(e.to_string());
    let folder = target.parent().unwrap_or(into);
    fs::create_dir_all(folder).map_err(failed)?;
    let draft =
        target.with_file_name(format!(".draft-{}-{}", std::process::id(), rayon::current_thread_index().unwrap_or(0)));
    let written = File::create(&draft).and_then(|mut file| std::io::copy(&mut reader, &mut file));
    match written.and_then(|_| fs::rename(&draft, &target)) {
        Ok(()) => Ok(()),
        Err(error) => {
            let _ = fs::remove_file(&draft);
            Err(failed(error))
        }
    }
}
