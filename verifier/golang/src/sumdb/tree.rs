//! Proofs by tiles: that tiles are of the tree whose head was signed, and that a record is in it (RFC 6962 section 2.1).

use super::BASE64;
use super::tile::{FULL, TileAt, path_tiles, root_tiles};
use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

pub type Hash = [u8; 32];

/// What the database signs: how many records there are, and the hash over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeHead {
    pub size: u64,
    pub hash: Hash,
}

/// Reads a tree head's text; more lines may follow (`ParseTree`).
pub fn parse_tree(text: &str) -> Option<TreeHead> {
    let mut lines = text.strip_prefix("go.sum database tree\n")?.split_inclusive('\n').map(|l| l.strip_suffix('\n'));
    let (size, hash) = (lines.next()??, lines.next()??);
    let number: u64 = size.parse().ok().filter(|n: &u64| n.to_string() == size && *n <= i64::MAX as u64)?;
    let hash = BASE64.decode(hash).ok()?.try_into().ok()?;
    Some(TreeHead { size: number, hash })
}

/// Where tiles come from; nothing of them is believed before it is proved.
pub trait Tiles {
    /// The bytes of a tile, or of a wider one in its place; `None` where there is none.
    fn tile(&self, at: TileAt) -> Option<Vec<u8>>;
}

/// Why a tree or a record is not proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// A tile is not there.
    Missing(TileAt),
    /// A tile has another length than its hashes.
    Length(TileAt),
    /// A tile is not of this tree.
    Differs(TileAt),
    /// The tiles of the right edge are not of the tree that was signed.
    OtherTree,
    /// The tree is too small to hold the record.
    TooSmall,
    /// Another record has that number.
    OtherRecord,
}

/// A signed tree of which the tiles of the right edge were found and proved.
#[derive(Debug)]
pub struct Tree {
    head: TreeHead,
    /// Proved tiles by level and index; those of records themselves are not kept.
    proved: BTreeMap<(u32, u64), Vec<Hash>>,
}

impl Tree {
    /// Proves the tiles of the right edge against the head.
    pub fn open(head: TreeHead, tiles: &dyn Tiles) -> Result<Tree, ProofError> {
        let mut tree = Tree { head, proved: BTreeMap::new() };
        let mut root = None;
        for at in root_tiles(head.size) {
            let hashes = read(tiles, at)?;
            root = edge(&hashes, root);
            tree.proved.insert((at.level, at.index), hashes);
        }
        // The hash of the empty tree proves nothing.
        if root == Some(head.hash) { Ok(tree) } else { Err(ProofError::OtherTree) }
    }

    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// Proves that the record with this number has this hash.
    pub fn prove(&mut self, number: u64, record: Hash, tiles: &dyn Tiles) -> Result<(), ProofError> {
        if number >= self.head.size {
            return Err(ProofError::TooSmall);
        }
        // From the right edge down.
        for at in path_tiles(self.head.size, number).into_iter().rev() {
            if !self.proved.contains_key(&(at.level, at.index)) {
                let hashes = read(tiles, at)?;
                if self.hash(at.level + 1, at.index) != Some(root_of(&hashes)) {
                    return Err(ProofError::Differs(at));
                }
                if at.level == 0 {
                    return compare(hashes.get(place(number)), record);
                }
                self.proved.insert((at.level, at.index), hashes);
            }
        }
        compare(self.hash(0, number).as_ref(), record)
    }

    /// A proved hash: of the subtree of `256^level` records with this number.
    fn hash(&self, level: u32, number: u64) -> Option<Hash> {
        self.proved.get(&(level, number / u64::from(FULL)))?.get(place(number)).copied()
    }
}

fn compare(found: Option<&Hash>, record: Hash) -> Result<(), ProofError> {
    if found == Some(&record) { Ok(()) } else { Err(ProofError::OtherRecord) }
}

/// Where in its tile a hash is.
fn place(number: u64) -> usize {
    usize::try_from(number % u64::from(FULL)).unwrap_or(usize::MAX)
}

fn read(tiles: &dyn Tiles, at: TileAt) -> Result<Vec<Hash>, ProofError> {
    let bytes = tiles.tile(at).ok_or(ProofError::Missing(at))?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    let wanted = usize::from(at.width);
    // A wider tile begins with what a narrower one is.
    if !rest.is_empty() || hashes.len() < wanted || hashes.len() > usize::from(FULL) {
        return Err(ProofError::Length(at));
    }
    Ok(hashes[..wanted].to_vec())
}

/// Joins the complete subtrees of a tile of the right edge, the smallest first, with what stands right of them.
fn edge(hashes: &[Hash], mut right: Option<Hash>) -> Option<Hash> {
    let mut end = hashes.len();
    while end > 0 {
        let size = 1 << end.trailing_zeros();
        let subtree = root_of(&hashes[end - size..end]);
        right = Some(right.map_or(subtree, |right| node(&subtree, &right)));
        end -= size;
    }
    right
}

/// The hash of a complete subtree, of a power of two of hashes.
fn root_of(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node(&root_of(left), &root_of(right))
        }
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}
