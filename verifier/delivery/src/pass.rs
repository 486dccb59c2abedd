//! What one pass over a file's bytes tells of it, piece by piece.

use crate::libraries::Libraries;
use crate::marks::{Mark, Marks};
use crate::room;
use crate::sniff;
use crate::trail::Trail;
use std::ops::Range;

/// Of every mebibyte so many bytes are weighed for the entropy; all of a smaller file.
const SAMPLE: usize = 16 << 10;
const WEIGHED: u64 = 1 << 20;

pub(crate) struct Scan {
    /// With the digest of the whole.
    pub trail: Trail,
    pub head: Vec<u8>,
    pub hits: Vec<(u64, Mark)>,
    /// What was to be kept and came whole.
    pub kept: Vec<Kept>,
    /// Shared objects that texts of an executable name.
    pub libraries: Vec<String>,
    /// There were more marks than are looked at.
    pub overflow: bool,
    /// No NUL byte, and hardly a control character where it was weighed.
    pub text: bool,
    /// Bits per byte, 0 to 8; of what is no text.
    pub entropy: f64,
}

impl Scan {
    pub(crate) fn with(self, mut marks: Marks) -> Scan {
        let overflow = Marks::cut(&mut marks.hits) || marks.overflow;
        Scan { hits: marks.hits, overflow, ..self }
    }

    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.hits.iter().any(|(_, m)| *m == mark)
    }
}

/// A stretch of a file as it was hashed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub at: u64,
    pub bytes: Vec<u8>,
}

/// A stretch that is being kept.
struct Keeping {
    range: Range<u64>,
    bytes: Vec<u8>,
}

impl Keeping {
    /// `None` where there is no room.
    fn of(range: &Range<u64>) -> Option<Keeping> {
        let bytes = room::of(usize::try_from(range.end.checked_sub(range.start)?).ok()?)?;
        Some(Keeping { range: range.clone(), bytes })
    }

    fn pass(&mut self, at: u64, chunk: &[u8]) {
        let end = at + chunk.len() as u64;
        let (from, to) = (self.range.start.max(at), self.range.end.min(end));
        if from < to {
            self.bytes.extend_from_slice(&chunk[(from - at) as usize..(to - at) as usize]);
        }
    }

    fn end(self) -> Option<Kept> {
        let whole = self.bytes.len() as u64 == self.range.end - self.range.start;
        whole.then_some(Kept { at: self.range.start, bytes: self.bytes })
    }
}

/// A file's bytes as they pass.
#[derive(Default)]
pub(crate) struct Pass {
    kept: Vec<Keeping>,
    pub at: u64,
    head: Vec<u8>,
    libraries: Libraries,
    has_nul: bool,
    weights: Weights,
}

impl Pass {
    /// One that keeps some ranges, as far as there is room.
    pub(crate) fn keeping(ranges: &[Range<u64>]) -> Pass {
        Pass { kept: ranges.iter().filter_map(Keeping::of).collect(), ..Pass::default() }
    }

    pub(crate) fn piece(&mut self, chunk: &[u8]) {
        self.kept.iter_mut().for_each(|kept| kept.pass(self.at, chunk));
        let missing = sniff::HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(&chunk[..chunk.len().min(missing)]);
        self.has_nul = self.has_nul || memchr::memchr(0, chunk).is_some();
        self.weigh(chunk);
        self.libraries.pass(&self.head, chunk);
        self.at += chunk.len() as u64;
    }

    /// What was kept by now.
    pub(crate) fn take_kept(&mut self) -> Vec<Kept> {
        let at = self.at;
        let (passed, coming) = std::mem::take(&mut self.kept).into_iter().partition(|kept| kept.range.end <= at);
        self.kept = coming;
        Vec::into_iter(passed).filter_map(Keeping::end).collect()
    }

    fn weigh(&mut self, chunk: &[u8]) {
        let (begins, end) = (self.at, self.at + chunk.len() as u64);
        let mut sample = begins - begins % WEIGHED;
        while sample < end {
            let (from, to) = (sample.max(begins), (sample + SAMPLE as u64).min(end));
            // The first of them is in the head, and weighed only where it is no text.
            if sample > 0 && from < to {
                self.weights.add(&chunk[(from - begins) as usize..(to - begins) as usize]);
            }
            sample += WEIGHED;
        }
    }

    /// Without any marks.
    pub(crate) fn end(self, trail: Trail, len: u64) -> Scan {
        let (head, mut weights) = (self.head, self.weights);
        let first = &head[..head.len().min(SAMPLE)];
        let mut text = !self.has_nul && weights.few_controls_with(first);
        let mut entropy = 0.0;
        if !text {
            let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
            weights.add(first);
            entropy = weights.entropy();
            text = utf16 && len.is_multiple_of(2) && weights.utf16();
        }
        Scan {
            trail,
            kept: self.kept.into_iter().filter_map(Keeping::end).collect(),
            head,
            hits: Vec::new(),
            libraries: self.libraries.end(),
            overflow: false,
            text,
            entropy,
        }
    }
}

/// How often each byte came.
pub(crate) struct Weights {
    counts: [u64; 256],
    total: u64,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { counts: [0; 256], total: 0 }
    }
}

impl Weights {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.counts[usize::from(*b)] += 1);
        self.total += bytes.len() as u64;
    }

    /// Shannon entropy in bits per byte.
    pub(crate) fn entropy(&self) -> f64 {
        let total = self.total as f64;
        let part = |count: &u64| {
            let p = *count as f64 / total;
            -p * p.log2()
        };
        self.counts.iter().filter(|c| **c > 0).map(part).sum()
    }

    /// Control characters other than white space, escape and backspace make up at most one in a hundred of these and more bytes.
    fn few_controls_with(&self, more: &[u8]) -> bool {
        // Without a choice between them, so that vectors do it, in stretches of which a byte can hold the count.
        let is_control = |b: u8| (b < 8) | (b.wrapping_sub(0x0e) <= 0x0c) | (b.wrapping_sub(0x1c) <= 3) | (b == 0x7f);
        let counted: u64 = (0..=0xff).filter(|b| is_control(*b)).map(|b| self.counts[usize::from(b)]).sum();
        let of = |some: &[u8]| u64::from(some.iter().fold(0_u8, |n, b| n + u8::from(is_control(*b))));
        let controls = counted + more.chunks(128).map(of).sum::<u64>();
        controls * 100 <= self.total + more.len() as u64
    }

    /// UTF-16 of mostly ASCII has a zero in every other byte.
    fn utf16(&self) -> bool {
        self.counts[0] * 4 >= self.total && self.entropy() < 6.5
    }
}
