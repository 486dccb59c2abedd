//! Progress on standard error: one line that is overwritten on a terminal, a line per step with `--verbose`, nothing with `--quiet`.

use assize_facts::Progress;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Work shorter than this says nothing.
const PATIENCE: Duration = Duration::from_secs(1);

pub struct Terminal {
    started: Instant,
    mode: Mode,
    line_open: Mutex<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Silent,
    Overwrite,
    Lines,
}

impl Terminal {
    pub fn new(quiet: bool, verbose: bool) -> Terminal {
        let mode = match (quiet, verbose) {
            (true, _) => Mode::Silent,
            (false, true) => Mode::Lines,
            (false, false) if std::io::stderr().is_terminal() => Mode::Overwrite,
            (false, false) => Mode::Silent,
        };
        Terminal { started: Instant::now(), mode, line_open: Mutex::new(false) }
    }

    /// Removes the line that is overwritten, before anything else is printed.
    pub fn clear(&self) {
        let mut open = self.line_open.lock().unwrap_or_else(|e| e.into_inner());
        if std::mem::take(&mut *open) {
            eprint!("\r\x1b[K");
        }
    }
}

impl Progress for Terminal {
    fn step(&self, what: &str) {
        let since = self.started.elapsed();
        match self.mode {
            Mode::Silent => {}
            Mode::Lines => eprintln!("{:>7.2}s  {}", since.as_secs_f64(), crate::text::plain(what)),
            Mode::Overwrite if since < PATIENCE => {}
            Mode::Overwrite => {
                let mut open = self.line_open.lock().unwrap_or_else(|e| e.into_inner());
                *open = true;
                let shown: String = crate::text::plain(what).chars().take(100).collect();
                eprint!("\r\x1b[K{:.0}s  {shown}", since.as_secs_f64());
                let _ = std::io::stderr().flush();
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.clear();
    }
}
