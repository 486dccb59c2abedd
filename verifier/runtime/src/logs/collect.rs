//! `log.lines`: all that a service wrote in its life, after it has ended.

use super::journal;
use super::keys::inside_keys;
use super::provoke::Provoked;
use super::record::Received;
use super::rules::Rules;
use super::stream::{Judge, Judgement, Raw};
use crate::output::{Line, Stream};
use crate::service::Service;
use assize_facts::kinds::endpoint::{LineProblem, Lines};
use assize_facts::{Deliverable, Fact, Known, Limits, Origin, Request, Sheet, reason};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What there is to be judged, beside the service itself.
pub struct Written<'a> {
    pub spec: &'a Deliverable,
    /// When the instance was started.
    pub began: SystemTime,
    /// What was done to make it write; `None`: nothing, which is a gap.
    pub provoked: Option<&'a Provoked>,
}

/// Items of one sheet; a service that writes more is judged all the same as far as it was kept.
const MOST_ITEMS: usize = 100_000;
const EXCERPT: usize = 240;
/// In place of a line of a private key.
const INSIDE_KEY: &str = "[private key]";

/// Judges every line of every stream. To be called when the service has ended.
pub fn probe(service: &Service, written: &Written<'_>, request: &Request) -> Sheet {
    let mut sheet = Sheet::of::<Lines>();
    sheet.with = request.args();
    let rules = match Rules::of(request, written.spec) {
        Ok(rules) => rules,
        Err(reason) => return missing(request, reason),
    };
    gaps_of_the_run(service, written, &mut sheet);
    let written_lines = service.output().lines();
    let mut streams = streams(service, &written_lines, &mut sheet);
    streams.extend(files(service, written, &mut sheet));
    // The first record of all streams says what the service is called, where nothing else does.
    let mut name = rules.service.clone();
    let mut found = 0;
    for (stream, lines) in &streams {
        sheet.examined(lines.len() as u64);
        let keys = inside_keys(lines.iter().map(|line| (line.number, line.text.as_ref())));
        for judgement in (Judge { rules: &rules, service: &mut name }).all(lines) {
            let differs = judgement.problem != Known::Value(LineProblem::None);
            if let Known::Unknown(reason) = &judgement.problem {
                sheet.gap(reason.clone(), format!("{stream}:{}", judgement.number));
            }
            found += u64::from(differs);
            if sheet.items.len() < MOST_ITEMS {
                let mut fact = fact(service, stream, judgement, found);
                if keys.contains(&fact.number) {
                    fact.excerpt = INSIDE_KEY.into();
                }
                sheet.push(fact, Origin::file(stream.clone()));
            }
        }
    }
    let lines: u64 = sheet.scope.count;
    if sheet.items.len() == MOST_ITEMS {
        sheet.gap(reason!("log-too-many-lines", lines = lines, most = MOST_ITEMS), "");
    }
    sheet.settle();
    sheet
}

fn missing(request: &Request, reason: assize_facts::Reason) -> Sheet {
    let mut sheet = Sheet::missing(Lines::KIND, reason);
    sheet.with = request.args();
    sheet
}

fn fact(service: &Service, stream: &str, judgement: Judgement, found: u64) -> Lines {
    let differs = judgement.problem != Known::Value(LineProblem::None);
    let problem_number = match &judgement.problem {
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
        Known::Value(_) | Known::Possible(_) => Known::Value(if differs { found } else { 0 }),
    };
    let judged = judgement.judged;
    let secret = |text: Option<String>| text.map(|t| excerpt(&service.redact(t.as_bytes())));
    Lines {
        stream: stream.into(),
        number: judgement.number,
        lines: judgement.lines,
        phase: judgement.phase,
        problem: judgement.problem,
        problem_number,
        missing: judged.missing,
        level: secret(judged.level),
        time: secret(judged.time),
        skew: judged.skew,
        service: secret(judged.service),
        trace_id: secret(judged.trace_id),
        excerpt: excerpt(&service.redact(&judgement.first)),
    }
}

/// The beginning of a text, control characters written out.
fn excerpt(text: &[u8]) -> String {
    let mut out = String::new();
    for character in String::from_utf8_lossy(text).chars().take(EXCERPT) {
        match character {
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

fn gaps_of_the_run(service: &Service, written: &Written<'_>, sheet: &mut Sheet) {
    let lost = service.output().lost();
    if lost.lines > 0 || lost.bytes > 0 {
        sheet.gap(reason!("log-not-kept", lines = lost.lines, bytes = lost.bytes), "");
    }
    if let Some(error) = service.output().read_error() {
        sheet.gap(reason!("log-unreadable", detail = error), "");
    }
    if service.exited().is_none() {
        sheet.gap(reason!("log-end-not-seen"), "");
    }
    match written.provoked {
        None => sheet.gap(reason!("log-not-provoked"), ""),
        Some(provoked) => provoked.gaps.iter().for_each(|(reason, place)| sheet.gap(reason.clone(), place.clone())),
    }
}

fn streams<'l>(service: &Service, all: &'l [Arc<Line>], sheet: &mut Sheet) -> Vec<(String, Vec<Raw<'l>>)> {
    // SIGKILL can fall between two halves of a line; that is then our doing.
    const SIGKILL: i32 = 9;
    let killed = service.exited().is_none_or(|exit| exit.signal == Some(SIGKILL));
    let mut out = Vec::new();
    for stream in [Stream::Stdout, Stream::Stderr] {
        let mut lines: Vec<&Line> =
            all.iter().map(AsRef::as_ref).filter(|line: &&Line| line.stream == stream).collect();
        lines.sort_by_key(|line| line.number);
        if killed && lines.last().is_some_and(|last| !last.ended) {
            lines.pop();
            sheet.gap(reason!("log-cut-by-kill"), stream.word());
        }
        out.push((stream.word().to_string(), lines.into_iter().map(raw).collect()));
    }
    out
}

fn raw(line: &Line) -> Raw<'_> {
    Raw {
        number: line.number,
        text: line.text.as_slice().into(),
        cut_from: line.cut().then_some(line.whole_length),
        received: Received { earliest: line.wall, latest: line.wall },
        phase: line.phase.as_str().into(),
    }
}

/// The log file that `[run] logs` names. Other files that look like logs are gaps: nobody said what they are.
fn files(service: &Service, written: &Written<'_>, sheet: &mut Sheet) -> Vec<(String, Vec<Raw<'static>>)> {
    let declared = journal::file(written.spec);
    let path = match declared.map(|logs| service.resolve(logs)) {
        None => None,
        Some(Ok(path)) => Some(path),
        Some(Err(reason)) => {
            sheet.gap(reason, "");
            None
        }
    };
    undeclared(service, path.as_deref(), sheet);
    let Some(path) = path else { return Vec::new() };
    let limits = Limits::default();
    match service.read_file(&path, limits.output) {
        Ok(content) => {
            let shown = declared.unwrap_or_default().to_string();
            vec![(shown, split(&content, written.began, limits.output_line as usize))]
        }
        Err(error) => {
            sheet.gap(reason!("log-file-unreadable", detail = error), path);
            Vec::new()
        }
    }
}

/// Files that the service wrote and that are logs by their name or by what they say.
fn undeclared(service: &Service, declared: Option<&str>, sheet: &mut Sheet) {
    let files = match service.new_files() {
        Ok(files) => files,
        Err(error) => {
            sheet.gap(reason!("log-files-not-listed", detail = error), "");
            return;
        }
    };
    for (path, length) in files {
        if length == 0 || declared == Some(path.as_str()) {
            continue;
        }
        match service.read_head(&path, HEAD) {
            Ok(head) if looks_like_log(&path, &head) => sheet.gap(reason!("log-file-not-declared"), path),
            Ok(_) => {}
            Err(error) => sheet.gap(reason!("file-of-service-unreadable", detail = error), path),
        }
    }
}

/// How much of a file is looked at.
const HEAD: u64 = 64 << 10;

/// A file that is called a log, or a text in which some line begins like a log's: with a time, a level or a record.
fn looks_like_log(path: &str, head: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.split(|c: char| !c.is_ascii_alphabetic()).any(|word| matches!(word, "log" | "logs" | "stderr" | "stdout"))
        || head.split(|b| *b == b'\n').any(|line| is_log_line(&String::from_utf8_lossy(line)))
}

fn is_log_line(line: &str) -> bool {
    const LEVELS: [&str; 9] = ["trace", "debug", "info", "warn", "warning", "error", "fatal", "panic", "err"];
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || c == '[').to_ascii_lowercase();
    // 2026-11-28T… and 2026/11/28 …, as the standard logger has it.
    let shape: String = line.chars().take(10).map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    let time = (shape == "9999-99-99" || shape == "9999/99/99") && line.chars().count() > 20;
    let word: &str = line.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let after = line.get(word.len()..).unwrap_or_default();
    let level = LEVELS.contains(&word) && after.starts_with([':', ']', '\t', '|']);
    let record = line.starts_with('{') && ["\"level\"", "\"msg\"", "\"message\""].iter().any(|key| line.contains(key));
    time || level || record || line.contains("level=")
}

/// Lines of a file: when each was written is not known, only that it was during the run.
fn split(content: &[u8], began: SystemTime, longest: usize) -> Vec<Raw<'static>> {
    let received = Received { earliest: began, latest: SystemTime::now() + Duration::from_millis(1) };
    let whole = content.strip_suffix(b"\n").unwrap_or(content);
    let raw = |(index, line): (usize, &[u8])| Raw {
        number: index as u64 + 1,
        text: line.iter().take(longest).copied().collect(),
        cut_from: (line.len() > longest).then_some(line.len() as u64),
        received,
        phase: "".into(),
    };
    match content.is_empty() {
        true => Vec::new(),
        false => whole.split(|b| *b == b'\n').enumerate().map(raw).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_hold_no_control_character() {
        assert_eq!(excerpt(b"login \x1b[2K\tas \xff root"), "login \\u{1b}[2K\\tas \u{fffd} root");
        assert_eq!(excerpt(&[b'a'; 5000]).len(), EXCERPT);
    }

    #[test]
    fn logs_are_known_by_their_names_and_by_what_they_say() {
        for (path, head) in [
            ("/tmp/auth.log", "anything"),
            ("/tmp/auth.log.1", "\0\u{1}"),
            ("/srv/logs.txt", "x"),
            ("/tmp/errors", "panic: no such thing\n"),
            ("/tmp/out", "started\n2026/11/28 10:00:00 http: TLS handshake error\n"),
            ("/tmp/out", "[2026-11-28T10:00:00Z] began to serve"),
            ("/tmp/out", "{\"level\":\"info\"}"),
            ("/tmp/out", "time=2026-11-28 level=info"),
        ] {
            assert!(looks_like_log(path, head.as_bytes()), "{path} {head}");
        }
        for (path, head) in [
            ("/run/auth.pid", "17\n"),
            ("/srv/state.json", "{\"sessions\":[]}"),
            ("/srv/catalog.db", "SQLite format 3\0"),
            ("/tmp/x", "2026-11-28"),
            ("/tmp/x", "information: none\nerrors are kept elsewhere\n"),
        ] {
            assert!(!looks_like_log(path, head.as_bytes()), "{path} {head}");
        }
    }

    #[test]
    fn files_are_split_into_their_lines() {
        let texts = |content: &[u8]| -> Vec<String> {
            split(content, SystemTime::now(), 4)
                .into_iter()
                .map(|r| String::from_utf8_lossy(&r.text).into_owned())
                .collect()
        };
        assert_eq!(texts(b"a\nb\n"), ["a", "b"]);
        assert_eq!(texts(b"a\n\nb"), ["a", "", "b"]);
        assert_eq!(texts(b"abcdef\n"), ["abcd"]);
        assert!(texts(b"").is_empty());
    }
}
