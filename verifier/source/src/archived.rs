//! Which files are called like archives or compressed files.

const ENDINGS: [&str; 12] =
    [".zip", ".tar", ".tgz", ".gz", ".txz", ".xz", ".tzst", ".zst", ".tbz", ".tbz2", ".bz2", ".cpio"];

/// By a name in lower case.
pub(crate) fn is_called_like_an_archive(name: &str) -> bool {
    ENDINGS.iter().any(|end| name.ends_with(end))
}
