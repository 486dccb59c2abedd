//! The `data` room: dated data that verdicts depend on beside the delivery (Go releases, the vulnerability database): read, kept, imported;
//! and what a deliverable names elsewhere (module contents, records of the checksum database), fetched.
//!
//! Data is the operator's, not the supplier's: a mistake in it ends the run instead of becoming a gap. How old it is, the judge asks.

mod database;
mod fetch;
mod folder;
mod history;
mod kept;
mod modules;
mod places;
mod prepared;
mod problem;
mod proxies;
mod records;
mod releases;
mod sheets;
#[cfg(test)]
mod tests;
mod unzip;

pub use database::Database;
pub use fetch::{DATABASE_URL, RELEASES_URL, update_database, update_releases};
pub use history::releases_of_page;
pub use kept::{Imported, Kept, import, import_database, import_releases};
pub use modules::{Fetched, Fetching, Missing, Wanted, fetch_modules};
pub use places::{Places, Set, SetOf};
pub use prepared::Unusable;
pub use problem::Problem;
pub use proxies::Proxies;
pub use releases::{Release, Releases};
pub use sheets::collect;
