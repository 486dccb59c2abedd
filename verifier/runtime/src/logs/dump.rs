//! What the Go runtime and its libraries print by themselves: crash dumps, net/http's error log, the standard logger's lines.

use assize_facts::kinds::endpoint::LineProblem;

/// Classifies a line that is no JSON.
pub(crate) fn plain(text: &str) -> LineProblem {
    let (dated, rest) = undated(text);
    // net/http's `Server.logf` and http2's `vlogf` begin every message with the package's name (net/http/server.go, go1.26).
    if ["http: ", "http2: ", "net/http: ", "http2 "].iter().any(|begin| rest.starts_with(begin)) {
        LineProblem::HttpErrorLog
    } else if dated {
        LineProblem::StandardLogger
    } else {
        LineProblem::PlainText
    }
}

/// Takes off the date and time that `log.LstdFlags` puts before a line, with or without microseconds.
fn undated(text: &str) -> (bool, &str) {
    let shape = b"0000/00/00 00:00:00";
    let Some(head) = text.as_bytes().get(..shape.len()) else { return (false, text) };
    let same = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    if !head.iter().zip(shape).all(same) {
        return (false, text);
    }
    let rest = text.get(shape.len()..).unwrap_or_default();
    let rest = rest.strip_prefix('.').map_or(rest, |r| r.trim_start_matches(|c: char| c.is_ascii_digit()));
    (true, rest.trim_start())
}

/// Whether a line can be the first of a crash dump (runtime/panic.go, runtime/signal_unix.go, go1.26).
pub(crate) fn begins_dump(text: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "panic: ",
        "fatal error: ",
        "runtime: ",
        "unexpected fault address ",
        "SIGQUIT: quit",
        "SIGABRT: abort",
        "SIGSEGV: segmentation violation",
        "SIGBUS: bus error",
        "SIGILL: illegal instruction",
        "SIGTRAP: ",
        "SIGFPE: ",
        "SIGSYS: bad system call",
        "[signal SIG",
        "runtime stack:",
    ];
    BEGINNINGS.iter().any(|begin| text.starts_with(begin)) || goroutine_header(text)
}

/// `goroutine 17 [running]:`, also with `gp=… m=…` between (GOTRACEBACK=system).
pub(crate) fn goroutine_header(text: &str) -> bool {
    text.starts_with("goroutine ") && text.contains(" [") && text.ends_with("]:")
}

/// Whether a line can stand inside a dump that has begun: headers, frames, registers, blank lines.
pub(crate) fn inside_dump(text: &str) -> bool {
    const LINES: &[&str] = &[
        "created by ",
        "exit status ",
        "\t",
        "[originating from goroutine ",
        "...",
        "goroutine ",
        "PC=",
        "main.main()",
    ];
    text.is_empty()
        || begins_dump(text)
        || LINES.iter().any(|begin| text.starts_with(begin))
        || frame(text)
        || register(text)
}

/// `net/http.(*conn).serve(0xc0000b4000, {0x7f…, 0xc…})`: no spaces before the parenthesis of the arguments.
fn frame(text: &str) -> bool {
    let Some(open) = text.rfind('(') else { return false };
    let name = text.get(..open).unwrap_or_default();
    text.ends_with(')') && name.contains('.') && !name.contains(' ')
}

/// `rax    0x0`, as a signal's dump lists them.
fn register(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace();
    let (Some(name), Some(value), None) = (words.next(), words.next(), words.next()) else { return false };
    name.len() <= 8 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) && value.starts_with("0x")
}
