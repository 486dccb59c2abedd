//! What the service writes from a moment on, wherever it writes it: its streams, and the log file that `[run] logs` names.

use crate::service::Service;
use assize_facts::{Deliverable, Limits};
use std::time::{Duration, Instant};

/// Between two looks at a file, which nobody tells of its changes.
const LOOK: Duration = Duration::from_millis(60);

/// The log file that is declared, as a template; `None`: the streams alone.
pub(super) fn file(spec: &Deliverable) -> Option<&str> {
    let declared = spec.run.as_ref().and_then(|run| run.logs.as_deref());
    declared.filter(|logs| !matches!(*logs, "stdout" | "stderr" | "stdout+stderr"))
}

/// A moment in what is written.
pub(crate) struct Mark<'a> {
    service: &'a Service,
    lines: usize,
    /// The file's path and its length then.
    file: Option<(String, usize)>,
}

impl<'a> Mark<'a> {
    pub fn now(service: &'a Service, spec: &Deliverable) -> Mark<'a> {
        let path = file(spec).and_then(|logs| service.resolve(logs).ok());
        let length = |path: &str| service.read_file(path, Limits::default().output).map_or(0, |content| content.len());
        let file = path.map(|path| (path.clone(), length(&path)));
        Mark { service, lines: service.output().count(), file }
    }

    /// Waits until a line since then satisfies `is`.
    pub fn wait_for(&self, is: impl Fn(&[u8]) -> bool, within: Duration) -> bool {
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // A file has to be looked at between; the streams wake whoever waits for them.
            let patience = if self.file.is_some() { left.min(LOOK) } else { left };
            if self.service.output().wait_for(self.lines, |line| is(&line.text), patience).is_some()
                || self.in_file().iter().any(|line| is(line))
            {
                return true;
            }
            if left.is_zero() || self.file.is_none() {
                return false;
            }
            // Streams that have ended wait for nothing.
            std::thread::sleep(if self.service.output().finished() { patience } else { Duration::ZERO });
        }
    }

    /// Every whole line since then.
    pub fn lines(&self) -> Vec<Vec<u8>> {
        let lines = self.service.output().lines();
        lines.into_iter().skip(self.lines).map(|line| line.text.clone()).chain(self.in_file()).collect()
    }

    fn in_file(&self) -> Vec<Vec<u8>> {
        let Some((path, from)) = &self.file else { return Vec::new() };
        let content = self.service.read_file(path, Limits::default().output).unwrap_or_default();
        // A file that was begun anew is read from its beginning.
        let fresh = content.get(*from..).unwrap_or(&content);
        let whole = fresh.iter().rposition(|b| *b == b'\n').and_then(|end| fresh.get(..end)).unwrap_or_default();
        if whole.is_empty() { Vec::new() } else { whole.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect() }
    }
}
