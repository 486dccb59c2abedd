//! The evidence pack: what was recorded, what was judged by, and the result; written in one step, checked file by file, replayed offline.

mod diff;
mod folder;
mod manifest;
mod pack;
mod record;
mod replay;

pub use diff::{Cause, ClauseDiff, DIFF_SCHEMA, Diff, Part, diff};
pub use folder::{read_folder, write_folder};
pub use manifest::{Manifest, ManifestEntry, Role};
pub use pack::{Pack, PackError};
pub use record::{read_sheets, record_sheets};
pub use replay::{Replay, keep_contract, replay, run_bytes};
