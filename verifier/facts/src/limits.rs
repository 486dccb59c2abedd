//! Limits on what untrusted input may cost; reaching one is a gap with its size, never a crash and never a pass.

/// All sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files larger than this are hashed (streaming) but not parsed as text.
    pub text_file: u64,
    /// Binaries larger than this are hashed but not parsed.
    pub binary_file: u64,
    /// Entries of the whole deliverable.
    pub entries: u64,
    /// Nesting of folders.
    pub folder_depth: u32,
    /// Nesting of archives in archives.
    pub archive_depth: u32,
    /// Bytes that one archive may unpack to.
    pub unpacked: u64,
    /// Bytes that all archives of the deliverable may unpack to, each time that they are read.
    pub unpacked_in_all: u64,
    /// Unpacked size over packed size above which an archive is a bomb (from 1 MiB unpacked on).
    pub ratio: u64,
    /// Bytes of output of a service that are kept and judged.
    pub output: u64,
    /// Bytes of one line of output.
    pub output_line: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            text_file: 32 << 20,
            binary_file: 2 << 30,
            entries: 2_000_000,
            folder_depth: 200,
            archive_depth: 4,
            unpacked: 4 << 30,
            unpacked_in_all: 64 << 30,
            ratio: 1_000,
            output: 32 << 20,
            output_line: 1 << 20,
        }
    }
}
