//! Records of the checksum database among the module contents at hand, and which of them a signed tree proves.

use super::store::Store;
use assize_facts::{Reason, reason};
use assize_golang::module::Module;
use assize_golang::sum::Summed;
use assize_golang::sumdb::{
    self, Key, ProofError, Refusal, Sums, TileAt, Tiles, Tree, TreeHead, open, parse_record, parse_tree, record_hash,
};
use std::collections::{BTreeMap, BTreeSet};

/// A record that is the database's.
pub(super) struct Proved {
    pub number: u64,
    pub sums: Sums,
    /// The tree by which it was proved.
    pub tree_size: u64,
}

/// What is known of the database, module by module.
#[derive(Default)]
pub(super) struct Records {
    by_module: BTreeMap<Module, Result<Proved, Reason>>,
    /// The signed heads by which something was proved, whole, so that anyone can check them; the smallest first.
    pub heads: Vec<String>,
}

impl Records {
    pub fn read(stores: &[Store], modules: &BTreeSet<&Module>) -> Records {
        Key::parse(sumdb::KEY).map(|key| Reading::new(stores, &key).records(modules)).unwrap_or_default()
    }

    /// What the database records of a module, or why that is not known.
    pub fn of(&self, module: &Module) -> Result<&Proved, Reason> {
        match self.by_module.get(module) {
            Some(known) => known.as_ref().map_err(Clone::clone),
            None => Err(reason!("sumdb-no-record", module = module)),
        }
    }

    /// The sum that the database records, or why none is known.
    pub fn sum(&self, module: &Module, of: Summed) -> Result<&str, Reason> {
        let sum = self.of(module)?.sums.of(of);
        sum.ok_or_else(|| reason!("sumdb-record-incomplete", module = module))
    }
}

/// Tiles of all places together: each proves itself, wherever it comes from.
struct All<'a>(&'a [Store]);

impl Tiles for All<'_> {
    fn tile(&self, at: TileAt) -> Option<Vec<u8>> {
        // What the buyer brings comes behind the delivered folder, and is looked at before it.
        self.0.iter().rev().find_map(|store| store.tile(at))
    }
}

struct Reading<'a> {
    stores: &'a [Store],
    key: &'a Key,
    tiles: All<'a>,
    /// Signed heads with their notes, by size.
    heads: BTreeMap<TreeHead, String>,
}

impl<'a> Reading<'a> {
    fn new(stores: &'a [Store], key: &'a Key) -> Reading<'a> {
        Reading { stores, key, tiles: All(stores), heads: BTreeMap::new() }
    }

    fn records(mut self, modules: &BTreeSet<&Module>) -> Records {
        for note in self.stores.iter().flat_map(Store::latest) {
            // A head that nobody signed proves nothing; those in lookups are said where a record depends on them.
            let _ = self.head(&note);
        }
        let mut answers: Vec<(&Module, Result<Vec<u8>, Reason>)> = Vec::new();
        for module in modules {
            let found: Vec<_> = self.stores.iter().filter_map(|store| store.lookup(module)).collect();
            answers.extend(found.into_iter().map(|answer| (*module, answer.and_then(|a| self.accepted(module, a)))));
        }
        let mut trees = Trees::open(&self.heads, &self.tiles);
        let mut by_module: BTreeMap<Module, Result<Proved, Reason>> = BTreeMap::new();
        for (module, answer) in answers {
            let proved = answer.and_then(|answer| trees.prove(module, &answer));
            if proved.is_ok() || !by_module.contains_key(module) {
                by_module.insert(module.clone(), proved);
            }
        }
        Records { by_module, heads: trees.used() }
    }

    /// Takes a signed head.
    fn head(&mut self, note: &[u8]) -> Result<(), Refusal> {
        let text = open(note, self.key)?;
        let head = parse_tree(text).ok_or(Refusal::Malformed)?;
        self.heads.insert(head, String::from_utf8_lossy(note).into_owned());
        Ok(())
    }

    /// Refuses an answer that is none of the database about this module, before any proof; takes the head in it.
    fn accepted(&mut self, module: &Module, answer: Vec<u8>) -> Result<Vec<u8>, Reason> {
        let malformed = || reason!("sumdb-record-malformed", module = module);
        let record = parse_record(&answer).ok_or_else(malformed)?;
        record.sums(module).ok_or_else(|| reason!("sumdb-record-of-another", module = module))?;
        self.head(record.note).map_err(|refusal| match refusal {
            Refusal::Malformed => malformed(),
            Refusal::OtherSigners | Refusal::BadSignature => {
                reason!("sumdb-signature", module = module, key = self.key.name())
            }
        })?;
        Ok(answer)
    }
}

/// The trees whose tiles are at hand, the largest first.
struct Trees<'a> {
    tiles: &'a All<'a>,
    /// With the note that was signed, and whether it proved something.
    all: Vec<(Tree, &'a str, bool)>,
    /// Why the largest of the others could not be used.
    unusable: Option<ProofError>,
}

impl<'a> Trees<'a> {
    fn open(heads: &'a BTreeMap<TreeHead, String>, tiles: &'a All<'a>) -> Trees<'a> {
        let mut trees = Trees { tiles, all: Vec::new(), unusable: None };
        for (head, note) in heads.iter().rev() {
            match Tree::open(*head, tiles) {
                Ok(tree) => trees.all.push((tree, note, false)),
                Err(error) => trees.unusable = trees.unusable.or(Some(error)),
            }
        }
        trees
    }

    /// Looks for a tree that holds the record.
    fn prove(&mut self, module: &Module, answer: &[u8]) -> Result<Proved, Reason> {
        let malformed = || reason!("sumdb-record-malformed", module = module);
        let record = parse_record(answer).ok_or_else(malformed)?;
        let sums = record.sums(module).ok_or_else(malformed)?;
        let hash = record_hash(record.text);
        let mut why = self.unusable;
        for (tree, _, used) in &mut self.all {
            match tree.prove(record.number, hash, self.tiles) {
                Ok(()) => {
                    *used = true;
                    return Ok(Proved { number: record.number, sums, tree_size: tree.head().size });
                }
                // That the record is not the tree's says more than that a tile is not there.
                Err(error @ (ProofError::OtherRecord | ProofError::Differs(_))) => why = Some(error),
                Err(error) => why = why.or(Some(error)),
            }
        }
        Err(unproved(module, why.unwrap_or(ProofError::TooSmall)))
    }

    /// The notes of the trees that proved something, the smallest first.
    fn used(&self) -> Vec<String> {
        self.all.iter().rev().filter(|(_, _, used)| *used).map(|(_, note, _)| (*note).to_string()).collect()
    }
}

fn unproved(module: &Module, why: ProofError) -> Reason {
    match why {
        ProofError::Missing(tile) => reason!("sumdb-tile-missing", module = module, tile = tile),
        ProofError::Length(tile) | ProofError::Differs(tile) => {
            reason!("sumdb-tile-refused", module = module, tile = tile)
        }
        ProofError::OtherTree => reason!("sumdb-tree-refused", module = module),
        ProofError::TooSmall => reason!("sumdb-tree-too-small", module = module),
        ProofError::OtherRecord => reason!("sumdb-record-refused", module = module),
    }
}
