//! What the terminal is like: its width, whether colour is wanted, and the one place that writes to standard output.

use crate::done::NotDone;
use serde::Serialize;
use std::io::{BufWriter, IsTerminal, Write};

/// Columns where there is no terminal.
pub const DEFAULT_WIDTH: usize = 100;

/// Columns of the terminal on standard error or output; a fixed number where there is none, so that files do not depend on the machine.
pub fn width() -> usize {
    // SAFETY: the structure is plain numbers, and ioctl_tty(2) TIOCGWINSZ only fills it.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    for descriptor in [1, 2] {
        // SAFETY: as above; a descriptor that is no terminal gives an error.
        if unsafe { libc::ioctl(descriptor, libc::TIOCGWINSZ, &raw mut size) } == 0 && size.ws_col >= 40 {
            return usize::from(size.ws_col).min(140);
        }
    }
    DEFAULT_WIDTH
}

/// `NO_COLOR` (no-color.org): any value but an empty one switches colour off.
pub fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

pub fn colour_on_stdout() -> bool {
    std::io::stdout().is_terminal() && colour_wanted()
}

/// Writes what was asked for. A reader that went away (`| head`) ends the program quietly.
pub fn print(text: &str) -> Result<(), NotDone> {
    let mut out = std::io::stdout().lock();
    printed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes a document as it is made: it may be larger than everything that it is made from.
pub fn print_json(document: &impl Serialize) -> Result<(), NotDone> {
    let mut out = BufWriter::with_capacity(128 << 10, std::io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut out, document).map_err(std::io::Error::from);
    printed(written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()))
}

fn printed(done: std::io::Result<()>) -> Result<(), NotDone> {
    match done {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(NotDone::say(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}
