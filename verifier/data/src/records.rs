//! Records of the checksum database, and the tiles that prove them in one signed tree.

use crate::Proxies;
use crate::modules::{Fetched, Fetching, Missing, keep};
use assize_facts::Progress;
use assize_golang::module::{Module, escape_path, escape_version, matches_prefix_patterns};
use assize_golang::sumdb::{
    self, Key, TileAt, Tiles, Tree, TreeHead, open, parse_record, parse_tree, path_tiles, record_hash, root_tiles,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// No answer of the database is as large.
const LARGEST: u64 = 1 << 20;

/// Looks all modules up, chooses the newest signed tree, and fetches its tiles.
pub(crate) fn fetch(modules: &[&Module], fetching: &Fetching<'_>, fetched: &mut Fetched, progress: &dyn Progress) {
    let Some(key) = Key::parse(sumdb::KEY) else { return };
    let (asked, left): (Vec<&Module>, Vec<&Module>) =
        modules.iter().partition(|m| !matches_prefix_patterns(fetching.unrecorded, &m.path));
    fetched.left_out.extend(left.iter().map(|m| format!("{m} (record)")));
    fetched.left_out.dedup();
    if asked.is_empty() {
        return;
    }
    progress.step(&format!("looking {} modules up in the checksum database", asked.len()));
    let database = Database::of(fetching);
    let results: Vec<Result<(), Missing>> =
        asked.par_iter().with_max_len(1).map(|module| database.look_up(module, &key)).collect();
    fetched.missing.extend(results.into_iter().filter_map(Result::err));
    let answers = database.answers();
    let Some((head, note)) = database.newest(&answers, &key) else { return };
    let numbers: BTreeSet<u64> =
        answers.values().filter_map(|a| parse_record(a)).map(|r| r.number).filter(|n| *n < head.size).collect();
    let mut tiles: BTreeSet<TileAt> = root_tiles(head.size).into_iter().collect();
    tiles.extend(numbers.iter().flat_map(|number| path_tiles(head.size, *number)));
    progress.step(&format!("fetching {} tiles of the checksum database", tiles.len()));
    let tiles: Vec<TileAt> = tiles.into_iter().collect();
    let results: Vec<Result<(), Missing>> = tiles.par_iter().with_max_len(1).map(|at| database.tile(*at)).collect();
    fetched.missing.extend(results.into_iter().filter_map(Result::err));
    database.write("latest", &note);
    // By its being there the Go command knows that the folder can stand for the database.
    database.write("supported", b"");
    database.check(&asked, &answers, head, fetched);
}

/// The database as it is asked, and the folder where its answers are kept.
struct Database<'a> {
    proxies: &'a Proxies,
    /// The database itself: asked where no proxy speaks for it and GOPROXY allows going around them.
    itself: Option<Proxies>,
    into: &'a Path,
    folder: PathBuf,
}

/// Its files below a proxy.
fn below(name: &str) -> String {
    format!("sumdb/{}/{name}", sumdb::NAME)
}

impl<'a> Database<'a> {
    fn of(fetching: &Fetching<'a>) -> Database<'a> {
        let speaks = fetching.proxies.open(&below("latest"), LARGEST).is_ok();
        let around = !speaks && fetching.proxies.is_direct();
        let itself = around.then(|| Proxies::parse(&format!("https://{}", sumdb::NAME)).ok()).flatten();
        let folder = fetching.into.join(below(""));
        Database { proxies: fetching.proxies, itself, into: fetching.into, folder }
    }

    fn keep(&self, name: &str) -> Result<(), Missing> {
        let kept = match &self.itself {
            Some(itself) => keep(itself, &self.folder, name, LARGEST),
            None => keep(self.proxies, self.into, &below(name), LARGEST),
        };
        kept.map_err(|why| Missing { what: below(name), why: why.to_string() })
    }

    /// Fetches the answer about a module; one that is kept and cannot be the database's is fetched again.
    fn look_up(&self, module: &Module, key: &Key) -> Result<(), Missing> {
        let missing = |why: String| Missing { what: format!("{module} (record)"), why };
        let (path, version) = match (escape_path(&module.path), escape_version(&module.version)) {
            (Ok(path), Ok(version)) => (path, version),
            (Err(why), _) | (_, Err(why)) => return Err(missing(why)),
        };
        let name = format!("lookup/{path}@{version}");
        let good = || fs::read(self.folder.join(&name)).is_ok_and(|answer| is_answer(&answer, module, key));
        if !good() {
            let _ = fs::remove_file(self.folder.join(&name));
            self.keep(&name).map_err(|m| missing(m.why))?;
            if !good() {
                let _ = fs::remove_file(self.folder.join(&name));
                return Err(missing("the answer is not the database's".into()));
            }
        }
        Ok(())
    }

    /// All answers in the folder, also of earlier fetches: they have to stay proved.
    fn answers(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.join("lookup")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(kind) if kind.is_file() => {
                        if let (Ok(name), Ok(answer)) = (path.strip_prefix(self.folder.join("lookup")), fs::read(&path))
                        {
                            found.insert(name.to_string_lossy().into_owned(), answer);
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The largest signed tree that is known of: kept before, or in an answer.
    fn newest(&self, answers: &BTreeMap<String, Vec<u8>>, key: &Key) -> Option<(TreeHead, Vec<u8>)> {
        let kept = fs::read(self.folder.join("latest")).ok();
        let notes = answers.values().filter_map(|answer| parse_record(answer)).map(|record| record.note.to_vec());
        let heads = kept.into_iter().chain(notes).filter_map(|note| Some((head(&note, key)?, note)));
        heads.max_by_key(|(head, _)| head.size)
    }

    /// Fetches a tile; where the tree has outgrown it, the full one.
    fn tile(&self, at: TileAt) -> Result<(), Missing> {
        let path = self.folder.join(at.to_string());
        let length = u64::from(at.width) * 32;
        if fs::metadata(&path).is_ok_and(|meta| meta.len() != length) {
            let _ = fs::remove_file(&path);
        }
        self.keep(&at.to_string()).or_else(|missing| match at.is_full() {
            true => Err(missing),
            false => self.keep(&at.full().to_string()),
        })
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let draft = self.folder.join(format!(".{name}-{}", std::process::id()));
        // What cannot be written here is missed when the proofs are checked.
        let _ = fs::write(&draft, bytes).and_then(|()| fs::rename(draft, self.folder.join(name)));
    }

    /// Proves every record by what is in the folder now.
    fn check(&self, asked: &[&Module], answers: &BTreeMap<String, Vec<u8>>, head: TreeHead, fetched: &mut Fetched) {
        let mut tree = match Tree::open(head, self) {
            Ok(tree) => tree,
            Err(why) => {
                fetched.missing.push(Missing { what: below("tile"), why: format!("{why:?}") });
                return;
            }
        };
        fetched.tree_size = Some(head.size);
        for module in asked {
            let (Ok(path), Ok(version)) = (escape_path(&module.path), escape_version(&module.version)) else {
                continue;
            };
            let Some(record) = answers.get(&format!("{path}@{version}")).and_then(|a| parse_record(a)) else {
                continue;
            };
            match tree.prove(record.number, record_hash(record.text), self) {
                Ok(()) => fetched.records += 1,
                Err(why) => {
                    fetched.missing.push(Missing { what: format!("{module} (proof)"), why: format!("{why:?}") })
                }
            }
        }
    }
}

impl Tiles for Database<'_> {
    fn tile(&self, at: TileAt) -> Option<Vec<u8>> {
        [at, at.full()].iter().find_map(|at| fs::read(self.folder.join(at.to_string())).ok())
    }
}

fn head(note: &[u8], key: &Key) -> Option<TreeHead> {
    open(note, key).ok().and_then(parse_tree)
}

fn is_answer(answer: &[u8], module: &Module, key: &Key) -> bool {
    parse_record(answer).is_some_and(|record| record.sums(module).is_some() && head(record.note, key).is_some())
}
