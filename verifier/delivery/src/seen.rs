//! What the inventory tells of a file, wherever it was found.

use assize_facts::kinds::inventory::Format;
use assize_facts::{Digest, Known};

/// One line of the inventory.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub path: String,
    pub size: u64,
    pub mode: u32,
    pub sha256: Known<Digest>,
    pub format: Known<Format>,
    pub executable: Known<bool>,
    pub go_program: Known<bool>,
    pub packer: Known<Option<String>>,
    /// Shared objects that texts in an executable name, at most 20.
    pub libraries: Vec<String>,
    /// What an executable holds of Go's, wherever it stands; `None` where not all of it was looked at.
    pub go_signs: Option<GoSigns>,
    /// Where the programs begin of which a fat file consists, and their machines.
    pub slices: Vec<(u64, String)>,
}

/// How often something stands in an executable that a Go program has once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GoSigns {
    /// Headers of function tables.
    pub function_tables: usize,
    /// Headers of build information.
    pub build_infos: usize,
}

impl Seen {
    pub(crate) fn new(path: &str, size: u64, mode: u32, sha256: Known<Digest>, format: Format) -> Seen {
        Seen {
            path: path.into(),
            size,
            mode,
            sha256,
            format: format.into(),
            executable: false.into(),
            go_program: false.into(),
            packer: None.into(),
            libraries: Vec::new(),
            go_signs: None,
            slices: Vec::new(),
        }
    }

    /// What its slices are called.
    pub(crate) fn places_of_slices(&self) -> impl Iterator<Item = String> {
        self.slices.iter().map(|(start, _)| place_of_slice(&self.path, *start))
    }
}

/// What the slice of a fat file is called that begins there.
pub(crate) fn place_of_slice(path: &str, start: u64) -> String {
    format!("{path}!@{start:#x}")
}
