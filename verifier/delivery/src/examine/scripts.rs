//! Scripts that carry something: what stands behind their text, or in it as base64, is unpacked by them where they run.

use super::{File, Found, leftover, one};
use crate::archive::Budget;
use crate::base64_text::{decoded, value};
use crate::pass::Scan;
use crate::sniff::{self, Kind};
use crate::store::Store;
use assize_facts::reason;
use std::ops::Range;

/// No script that people write is as long.
const LONGEST: usize = 64 << 20;
/// Keys and certificates are smaller.
const SMALL: usize = 16 << 10;
/// Words of base64 that are shorter belong to something else (RFC 2045 §6.8 breaks lines after 76 letters, RFC 7468 §2 after 64).
const SHORT: usize = 32;
/// So much may stand between such words: the end of a line and what a shell needs there.
const APART: usize = 8;
/// Such texts in one script.
const MOST: usize = 64;

pub(super) fn read(file: &File<'_>, scan: &Scan, budget: &Budget, found: &mut Found) {
    let len = file.part.len();
    if scan.text && len < SMALL as u64 {
        return;
    }
    if len > LONGEST as u64 {
        found.gap(reason!("file-too-large", path = &file.path, size = len, limit = LONGEST), &file.path);
    }
    let text = match file.part.bytes(0, LONGEST) {
        Ok(text) => text,
        Err(error) => return found.gap(reason!("file-unreadable", path = &file.path, detail = error), &file.path),
    };
    let end = if scan.text { text.len() } else { end_of_text(&text) };
    encoded(file, &text[..end], budget, found);
    let end = end as u64;
    if !scan.text && end < len {
        leftover(file, file.part.slice(end, len), end, budget, found);
    }
}

/// The first byte that no text has, if it stands in the first line or a known format begins with it, else the beginning of its line.
fn end_of_text(bytes: &[u8]) -> usize {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) => error.valid_up_to(),
    };
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1b | 0x08 | 0x07);
    let end = bytes[..valid].iter().position(control).unwrap_or(valid);
    if end == bytes.len() {
        return end;
    }
    let Some(line) = memchr::memrchr(b'\n', &bytes[..end]).map(|line| line + 1) else { return end };
    let is_known = |at: usize| {
        let head = &bytes[at..bytes.len().min(at + sniff::HEAD)];
        sniff::kind(head, (bytes.len() - at) as u64) != Kind::Plain
    };
    if is_known(end) && !is_known(line) { end } else { line }
}

/// Long texts of base64.
fn encoded(file: &File<'_>, text: &[u8], budget: &Budget, found: &mut Found) {
    for range in texts(text) {
        if file.depth >= budget.limits().archive_depth {
            return found.gap(reason!("limit-archive-depth", limit = budget.limits().archive_depth), &file.path);
        }
        let bytes = decoded(&text[range.clone()]);
        if let Err(reason) = budget.spend(bytes.len() as u64) {
            return found.gap(reason, &file.path);
        }
        let path = format!("{}!@{:#x}", file.path, range.start);
        let store = Store::Memory(bytes);
        one(&file.inner(store.whole(), path, file.mode), budget, found);
    }
}

/// Where words of base64 follow each other.
fn texts(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut at, mut run) = (0, 0..0);
    while at < text.len() && found.len() < MOST {
        let length = text[at..].iter().position(|byte| value(*byte).is_none()).unwrap_or(text.len() - at);
        let follows = !run.is_empty() && at - run.end <= APART;
        match (length >= SHORT, follows) {
            (true, true) => run.end = at + length,
            (true, false) => run = at..at + length,
            (false, _) => {}
        }
        // The last word may be of any length.
        let is_last = length > 0 && length < SHORT && follows;
        run.end += if is_last { at + length - run.end } else { 0 };
        at += length.max(1);
        if is_last || at >= text.len() || at > run.end + APART {
            let done = std::mem::take(&mut run);
            found.extend((done.len() >= SMALL).then_some(done));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::archive::tests::gzip_of;
    use crate::examine::tests::{examined, noise};
    use crate::exe::tests::elf_of;
    use base64::Engine;

    fn script(payload: &[u8]) -> Vec<u8> {
        [b"#!/bin/sh\n# Unpacks itself.\ntail -n +4 \"$0\" > /tmp/x\n", payload].concat()
    }

    fn letters(bytes: &[u8], width: usize) -> String {
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        let lines = text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned());
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_stands_behind_the_text_of_a_script_is_a_file_of_its_own() {
        assert_eq!(examined(script(b"exit 0\n")), "f script code=no go=no");
        assert_eq!(examined(script("# 合同 \u{1b}[0m\n".as_bytes())), "f script code=no go=no");
        for (payload, wanted) in [
            (elf_of(b"code"), "f!@0x35 elf code=yes go=no"),
            (gzip_of(&elf_of(b"code")), "f!@0x35 gzip code=no go=no\nf!@0x35!@0x35.content elf code=yes go=no"),
            (noise(4096), "f!@0x35 high-entropy code=? go=no\ngap content-opaque at f!@0x35"),
            (
                [&b"\x04\x22\x4d\x18"[..], &noise(4096)].concat(),
                "f!@0x35 other-archive code=no go=no\ngap archive-not-opened at f!@0x35",
            ),
        ] {
            let told = examined(script(&payload));
            assert_eq!(told.split_once('\n').map(|(_, rest)| rest), Some(wanted), "{told}");
        }
        let first = [&b"#!/bin/sh\0"[..], &noise(4096)].concat();
        let wanted = "f script code=no go=no\nf!@0x9 high-entropy code=? go=no\ngap content-opaque at f!@0x9";
        assert_eq!(examined(first), wanted);
    }

    #[test]
    fn long_texts_of_base64_in_a_script_are_files_of_their_own() {
        let program = elf_of(&[&b"code"[..], &[0; 20_000]].concat());
        for width in [64, 76, usize::MAX] {
            let text = format!("base64 -d > x <<'END'\n{}\nEND\n", letters(&program, width));
            let told = examined(script(text.as_bytes()));
            assert!(told.contains("elf code=yes"), "{width}: {told}");
        }
        let quoted = format!("echo '{}' | base64 -d > x\n", letters(&program, usize::MAX));
        assert!(examined(script(quoted.as_bytes())).contains("elf code=yes"));
        let sealed = letters(&noise(20_000), 76);
        assert!(examined(script(sealed.as_bytes())).contains("gap content-opaque"));
        // Keys, and words that people write.
        let key = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", letters(&noise(2000), 64));
        assert_eq!(examined(script(key.as_bytes())), "f script code=no go=no");
        let words = "install -m 0755 build/output/server /usr/local/bin/server\n".repeat(1000);
        assert_eq!(examined(script(words.as_bytes())), "f script code=no go=no");
    }
}
