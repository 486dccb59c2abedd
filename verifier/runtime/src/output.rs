//! What the service wrote: every line of its streams with the moment it was received, bounded in lines and bytes, nothing dropped silently.

use assize_facts::Limits;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// What a kept line costs beside its text, here and as a recorded fact: an output of empty lines is bounded too.
const LINE_COST: u64 = 512;
/// Bytes that the kernel holds for us, where it lets us.
const PIPE_SIZE: i32 = 1 << 20;
/// Bytes read at once.
const PART: usize = 64 << 10;

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
    /// Bytes of the whole line, of which `text` may be the beginning.
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

impl Line {
    /// Whether the line was longer than what was kept.
    pub fn cut(&self) -> bool {
        self.whole_length > self.text.len() as u64
    }
}

/// What was received and not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    pub lines: u64,
    pub bytes: u64,
}

/// The captured output of one service; cheap to clone.
#[derive(Clone)]
pub struct Output(Arc<Shared>);

struct Shared {
    kept: Mutex<Kept>,
    changed: Condvar,
    limit: u64,
    line_limit: usize,
}

#[derive(Default)]
struct Kept {
    lines: Vec<Arc<Line>>,
    lost: Lost,
    cost: u64,
    phase: String,
    finished: bool,
    read_error: Option<String>,
}

/// A line that is still being received.
struct Pending {
    stream: Stream,
    source: Option<File>,
    number: u64,
    text: Vec<u8>,
    length: u64,
}

impl Output {
    /// Two pipes and the thread that reads them until nobody holds their writing ends. Returned are the ends for standard output and error.
    pub(crate) fn capture(limits: &Limits) -> io::Result<(Output, [OwnedFd; 2], JoinHandle<()>)> {
        let shared = Shared {
            kept: Mutex::new(Kept { phase: "start".into(), ..Kept::default() }),
            changed: Condvar::new(),
            limit: limits.output,
            line_limit: usize::try_from(limits.output_line).unwrap_or(usize::MAX),
        };
        let output = Output(Arc::new(shared));
        let (stdout, write_stdout) = pipe()?;
        let (stderr, write_stderr) = pipe()?;
        let reader = {
            let output = output.clone();
            std::thread::spawn(move || output.read([(Stream::Stdout, stdout), (Stream::Stderr, stderr)]))
        };
        Ok((output, [write_stdout, write_stderr], reader))
    }

    /// All kept lines so far, in the order in which they ended.
    pub fn lines(&self) -> Vec<Arc<Line>> {
        self.kept().lines.clone()
    }

    /// How many lines are kept so far: an index for [`Output::wait_for`].
    pub fn count(&self) -> usize {
        self.kept().lines.len()
    }

    /// What did not fit `limits.output`.
    pub fn lost(&self) -> Lost {
        self.kept().lost
    }

    /// Why reading ended before the streams did, where it did.
    pub fn read_error(&self) -> Option<String> {
        self.kept().read_error.clone()
    }

    /// Whether every writer has closed its end, so that nothing more can come.
    pub fn finished(&self) -> bool {
        self.kept().finished
    }

    /// Waits until a kept line from index `from` on satisfies `is`; its index.
    pub fn wait_for(&self, from: usize, is: impl Fn(&Line) -> bool, timeout: Duration) -> Option<usize> {
        let until = Instant::now() + timeout;
        let mut at = from;
        let mut kept = self.kept();
        loop {
            while let Some(line) = kept.lines.get(at) {
                if is(line) {
                    return Some(at);
                }
                at += 1;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || kept.finished {
                return None;
            }
            kept = self.0.changed.wait_timeout(kept, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until every writer is gone; whether they are.
    pub(crate) fn wait_finished(&self, timeout: Duration) -> bool {
        let waited = self.0.changed.wait_timeout_while(self.kept(), timeout, |kept| !kept.finished);
        waited.unwrap_or_else(PoisonError::into_inner).0.finished
    }

    pub(crate) fn phase(&self, name: &str) {
        self.kept().phase = name.into();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, sources: [(Stream, File); 2]) {
        let mut pending = sources.map(|(stream, source)| Pending {
            stream,
            source: Some(source),
            number: 0,
            text: Vec::new(),
            length: 0,
        });
        let mut part = vec![0; PART];
        while pending.iter().any(|p| p.source.is_some()) {
            for at in readable(&pending) {
                let Some(Pending { source: Some(source), .. }) = pending.get_mut(at) else { continue };
                match source.read(&mut part) {
                    Ok(0) => self.close(&mut pending[at], None),
                    Ok(n) => self.take(&mut pending[at], &part[..n]),
                    Err(error) if retry(&error) => {}
                    Err(error) => self.close(&mut pending[at], Some(error.to_string())),
                }
            }
        }
        self.kept().finished = true;
        self.0.changed.notify_all();
    }

    /// Cuts what was received into lines.
    fn take(&self, pending: &mut Pending, bytes: &[u8]) {
        let (at, wall) = (Instant::now(), SystemTime::now());
        let mut ended = false;
        let mut rest = bytes;
        while !rest.is_empty() {
            let feed = memchr::memchr(b'\n', rest);
            let text = &rest[..feed.unwrap_or(rest.len())];
            let room = self.0.line_limit.saturating_sub(pending.text.len()).min(text.len());
            pending.text.extend_from_slice(&text[..room]);
            pending.length += text.len() as u64;
            rest = &rest[feed.map_or(rest.len(), |at| at + 1)..];
            if feed.is_some() {
                self.keep(pending, true, at, wall);
                ended = true;
            }
        }
        if ended {
            self.0.changed.notify_all();
        }
    }

    fn keep(&self, pending: &mut Pending, ended: bool, at: Instant, wall: SystemTime) {
        let whole_length = std::mem::take(&mut pending.length);
        pending.number += 1;
        let mut kept = self.kept();
        let cost = pending.text.len() as u64 + LINE_COST;
        if kept.cost + cost > self.0.limit {
            pending.text.clear();
            // Lines after one that did not fit are lost too, or else the record would have unseen holes.
            kept.cost = self.0.limit;
            kept.lost.lines += 1;
            kept.lost.bytes += whole_length;
            return;
        }
        kept.cost += cost;
        let text = std::mem::take(&mut pending.text);
        let phase = kept.phase.clone();
        let (stream, number) = (pending.stream, pending.number);
        kept.lines.push(Arc::new(Line { stream, number, text, whole_length, ended, at, wall, phase }));
    }

    fn close(&self, pending: &mut Pending, error: Option<String>) {
        pending.source = None;
        if pending.length > 0 {
            self.keep(pending, false, Instant::now(), SystemTime::now());
        }
        if error.is_some() {
            self.kept().read_error = error;
        }
        self.0.changed.notify_all();
    }
}

fn pipe() -> io::Result<(File, OwnedFd)> {
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    fcntl(&read, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    // The user's quota for pipes may be used up; a smaller one only makes the service wait more.
    let _ = fcntl(&read, FcntlArg::F_SETPIPE_SZ(PIPE_SIZE));
    Ok((read.into(), write))
}

/// Waits for any source; which can be read.
fn readable(pending: &[Pending; 2]) -> Vec<usize> {
    let open: Vec<usize> = (0..pending.len()).filter(|at| pending[*at].source.is_some()).collect();
    let mut waited: Vec<PollFd> = pending
        .iter()
        .filter_map(|p| p.source.as_ref())
        .map(|source| PollFd::new(source.as_fd(), PollFlags::POLLIN))
        .collect();
    match poll(&mut waited, PollTimeout::NONE) {
        Ok(_) => open.into_iter().zip(&waited).filter(|(_, w)| w.any().unwrap_or(true)).map(|(at, _)| at).collect(),
        Err(Errno::EINTR) => Vec::new(),
        Err(_) => open,
    }
}

fn retry(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn written(limits: Limits, parts: &[&[u8]]) -> Output {
        let (output, [stdout, stderr], reader) = Output::capture(&limits).expect("pipes");
        let mut stdout = File::from(stdout);
        for part in parts {
            stdout.write_all(part).expect("written");
        }
        drop((stdout, stderr));
        reader.join().expect("read to the end");
        output
    }

    fn shown(output: &Output) -> Vec<(String, u64, bool)> {
        let line = |l: Arc<Line>| (String::from_utf8_lossy(&l.text).into_owned(), l.whole_length, l.ended);
        output.lines().into_iter().map(line).collect()
    }

    #[test]
    fn lines_are_cut_at_line_feeds_only_and_the_last_may_lack_one() {
        let output = written(Limits::default(), &[b"a\r\n\nb", b"c\nlast"]);
        let expected = [("a\r", 2, true), ("", 0, true), ("bc", 2, true), ("last", 4, false)];
        assert_eq!(shown(&output), expected.map(|(t, n, e)| (t.to_string(), n, e)));
        assert_eq!(output.lost(), Lost::default());
        assert!(output.finished());
    }

    #[test]
    fn long_lines_keep_their_beginning_and_their_length() {
        let limits = Limits { output_line: 3, ..Limits::default() };
        let output = written(limits, &[b"abcdef\nxy\n"]);
        assert_eq!(shown(&output), [("abc".to_string(), 6, true), ("xy".to_string(), 2, true)]);
        assert!(output.lines()[0].cut() && !output.lines()[1].cut());
    }

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let limits = Limits { output: 3 * (LINE_COST + 1), ..Limits::default() };
        let output = written(limits, &[b"a\nb\nc\nd\ne\n"]);
        assert_eq!(output.lines().len(), 3);
        assert_eq!(output.lost(), Lost { lines: 2, bytes: 2 });
    }
}
