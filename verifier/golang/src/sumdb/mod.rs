//! The checksum database as a client without a network sees it: signed tree heads, records, and tiles that prove a record's place
//! (golang.org/x/mod/sumdb, RFC 6962 section 2.1; <https://go.dev/design/25530-sumdb>).

mod note;
mod record;
mod tile;
mod tree;

pub use note::{Key, Refusal, open};
pub use record::{Record, Sums, parse_record, record_hash};
pub use tile::{TileAt, path_tiles, root_tiles};
pub use tree::{Hash, ProofError, Tiles, Tree, TreeHead, parse_tree};

use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// The public database's name: folders of records bear it.
pub const NAME: &str = "sum.golang.org";

/// Its key, as the Go command has it (cmd/go/internal/modfetch/key.go).
pub const KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

/// Go's `base64.StdEncoding`, which takes any bits after the last byte.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

#[cfg(test)]
mod tests;
