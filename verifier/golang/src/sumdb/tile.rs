//! Tiles: the tree's hashes in files of 256 (golang.org/x/mod/sumdb/tlog/tile.go, with a height of 8 as the public database has it).

use std::fmt;

/// The hashes of a full tile, as a power of two and in number.
pub(super) const HEIGHT: u32 = 8;
pub(super) const FULL: u16 = 1 << HEIGHT;

/// Which tile: its hashes are those of complete subtrees of `256^level` records, the first of them that of number `256 * index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileAt {
    pub level: u32,
    pub index: u64,
    /// How many hashes: 256, or fewer at the right edge of the tree.
    pub width: u16,
}

impl TileAt {
    /// The same tile when the tree has outgrown it.
    pub fn full(self) -> TileAt {
        TileAt { width: FULL, ..self }
    }

    pub fn is_full(self) -> bool {
        self.width == FULL
    }
}

/// Its path in a database's folder: `tile/8/0/x123/456`, with `.p/WIDTH` for one that is not full.
impl fmt::Display for TileAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            digits = format!("x{:03}/{digits}", rest % 1000);
            rest /= 1000;
        }
        write!(f, "tile/{HEIGHT}/{}/{digits}", self.level)?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// How many hashes of a level a tree of this size has.
pub(super) fn count(size: u64, level: u32) -> u64 {
    size.checked_shr(HEIGHT * level).unwrap_or(0)
}

/// The tiles from which the root of a tree is computed: those of the right edge that are not full, lowest first.
pub fn root_tiles(size: u64) -> Vec<TileAt> {
    let levels = (0..=u64::BITS / HEIGHT).map(|level| (level, count(size, level))).take_while(|(_, count)| *count > 0);
    let edge = levels.map(|(level, count)| TileAt {
        level,
        index: count / u64::from(FULL),
        width: u16::try_from(count % u64::from(FULL)).unwrap_or(0),
    });
    edge.filter(|tile| tile.width > 0).collect()
}

/// The full tiles that lead from a record up to the right edge, lowest first; the last one's hash is in a tile of [`root_tiles`].
pub fn path_tiles(size: u64, number: u64) -> Vec<TileAt> {
    let tile = |level| TileAt { level, index: count(number, level + 1), width: FULL };
    (0..u64::BITS / HEIGHT).map(tile).take_while(|tile| tile.index < count(size, tile.level + 1)).collect()
}
