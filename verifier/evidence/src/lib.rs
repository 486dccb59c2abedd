//! The evidence pack: what was recorded, what was judged by, and the result; written in one step, signed, checked byte by byte, replayed offline.

mod archive;
mod diff;
mod dsse;
mod folder;
mod key;
mod manifest;
#[cfg(test)]
mod million;
mod pack;
mod record;
mod replay;
mod schema;
mod sign;
mod signed;
mod sshsig;
mod stamp;
mod stamped;
mod statement;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod tests;

pub use archive::{read_archive, read_pack, write_archive, write_pack};
pub use diff::{Cause, ClauseDiff, DIFF_SCHEMA, Diff, Part, diff};
pub use folder::{draft_of, read_folder, write_folder};
pub use key::{KeyError, PrivateKey, PublicKey};
pub use manifest::{Manifest, ManifestEntry, Role};
pub use pack::{Pack, PackError};
pub use record::{record_sheets, take_sheets};
pub use replay::{Replay, contract_of, keep_contract, keep_waivers, replay, run_bytes};
pub use schema::{SCHEMAS, schema};
pub use sign::{Plan, SignError, Stamping, sign};
pub use signed::{SeatState, Signed, Standing, Trusted, open as open_signatures, standing};
pub use sshsig::NAMESPACE as SSH_NAMESPACE;
pub use stamp::{Roots, Stamp, StampError};
pub use stamped::{StampingError, attach_stamp, stamp_request};
pub use statement::{EVALUATION, INVENTORY, Seat, role_word};
