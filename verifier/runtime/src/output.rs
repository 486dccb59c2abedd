//! What the service wrote: every line of its streams with the moment it was received, bounded in lines and bytes, nothing dropped silently.

use std::time::{Duration, Instant, SystemTime};

/// Where a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub fn word(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }
}

/// One line as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub stream: Stream,
    /// 1-based per stream.
    pub number: u64,
    /// The bytes without the line feed, at most `limits.output_line`.
    pub text: Vec<u8>,
    /// Bytes of the whole line where it was longer than was kept.
    pub whole_length: u64,
    /// Whether a line feed ended it; the last line of a stream may lack one.
    pub ended: bool,
    /// When its last byte was received.
    pub at: Instant,
    /// The same moment by the wall clock.
    pub wall: SystemTime,
    /// What the run was doing: the last name given to [`crate::Service::phase`] (`start` before it is ready).
    pub phase: String,
}

/// What was received and not kept, by stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    pub lines: u64,
    pub bytes: u64,
}

/// The captured output of one service.
pub struct Output {}

impl Output {
    /// All kept lines so far, in the order in which they ended.
    pub fn lines(&self) -> Vec<Line> {
        Vec::new()
    }

    /// What did not fit `limits.output`.
    pub fn lost(&self) -> Lost {
        Lost::default()
    }

    /// Waits until a line (kept, from index `from` on) satisfies `is`; its index.
    pub fn wait_for(&self, _from: usize, _is: impl Fn(&Line) -> bool, _timeout: Duration) -> Option<usize> {
        None
    }
}
