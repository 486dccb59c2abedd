//! Which files belong to a build: file names, `//go:build` and `// +build` lines (go/build, Go 1.26).
//!
//! What is left to the caller because it needs the parsed file: `package documentation`, `import "C"` with cgo off, and
//! that folders named `testdata` or beginning with `_` or `.` hold no packages ([`folder_is_skipped`]).

mod context;
mod expr;
mod header;
mod lists;
mod name;

pub use context::{Context, fips140};
pub use expr::{Expr, ExprError, is_go_build, is_plus_build, parse_go_build, parse_plus_build};
pub use header::{Constraint, constraint, constraint_of_other, could_build};
pub use lists::{KNOWN_ARCH, KNOWN_OS, UNIX_OS};
pub use name::{NameFate, SourceKind, file_name_fate, folder_is_skipped, source_kind};

#[cfg(test)]
mod tests;
