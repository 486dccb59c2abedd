//! Exhibits of a run beside what went over the wire: what the service wrote, and its filter programs; and how items refer to them.

use crate::logs::inside_keys;
use crate::output::{Line, Stream};
use crate::seccomp::Program;
use crate::service::Service;
use assize_facts::kinds::process::Syscalls;
use assize_facts::{Exhibits, Fact, Sheet};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Every item of a sheet refers to an exhibit, where there is one.
pub(crate) fn refer(sheet: &mut Sheet, path: &Option<String>) {
    if let Some(path) = path {
        sheet.refer(path);
    }
}

/// Every line that was kept, with the moment it came and what the run was doing; `None` where nothing was written.
pub(crate) fn capture(service: &Service) -> Option<Vec<u8>> {
    let lines = service.output().lines();
    let keys: BTreeMap<Stream, BTreeSet<u64>> = [Stream::Stdout, Stream::Stderr]
        .map(|stream| {
            let of_stream = lines.iter().filter(|line| line.stream == stream);
            (stream, inside_keys(of_stream.map(|line| (line.number, line.text.as_slice()))))
        })
        .into();
    let mut text = String::new();
    for line in &lines {
        let hidden = keys.get(&line.stream).is_some_and(|keys| keys.contains(&line.number));
        let shown = if hidden { b"[private key]".to_vec() } else { service.redact(&line.text) };
        let _ = writeln!(text, "{}", entry(line, &shown));
    }
    (!text.is_empty()).then(|| text.into_bytes())
}

fn entry(line: &Line, shown: &[u8]) -> serde_json::Value {
    let at = jiff::Timestamp::try_from(line.wall).map(|at| at.to_string()).unwrap_or_default();
    let mut entry = json!({
        "stream": line.stream.word(), "number": line.number, "at": at, "phase": line.phase,
        "text": String::from_utf8_lossy(shown),
    });
    if std::str::from_utf8(shown).is_err() {
        use base64::Engine as _;
        entry["base64"] = base64::engine::general_purpose::STANDARD.encode(shown).into();
    }
    if line.cut() {
        entry["cut_from"] = line.whole_length.into();
    }
    entry
}

/// Each program as the kernel was given it; its SHA-256 is the one that facts name. Items of filters refer to their own, others to all.
/// `table`: what they leave open, for people; items of `process.syscalls` refer to it too.
pub(crate) fn programs<'a>(
    exhibits: &mut Exhibits,
    programs: &[Program],
    table: Option<String>,
    sheets: impl Iterator<Item = &'a mut Sheet>,
) {
    let keep = |(number, program): (usize, &Program)| {
        let path = exhibits.keep(&format!("seccomp-filter-{}.bpf", number + 1), program.bytes());
        (program.digest().0, path)
    };
    let paths: BTreeMap<String, String> = programs.iter().enumerate().map(keep).collect();
    let table = table.map(|text| exhibits.keep("seccomp-still-possible.txt", text.into_bytes()));
    for sheet in sheets {
        let table = table.iter().filter(|_| sheet.kind == Syscalls::KIND);
        for item in &mut sheet.items {
            match item.text("program").map(str::to_string) {
                Some(digest) => item.origin.exhibits.extend(paths.get(&digest).cloned()),
                None => item.origin.exhibits.extend(paths.values().cloned()),
            }
            item.origin.exhibits.extend(table.clone().cloned());
        }
    }
}
