//! Texts in a program that name a shared object: what it could load by its name, which no header tells.

use memchr::memmem;
use std::collections::BTreeSet;

/// Longest name that is told.
const LONGEST: usize = 64;
/// So many different names are told of a program.
const MOST: usize = 20;

/// What is looked at behind an ending: its version.
const BEHIND: usize = 13;
/// So much of what has passed is looked at again with what comes: a name, its ending and its version.
const AGAIN: usize = 96;

/// Looks for names while a program passes in pieces.
#[derive(Default)]
pub(crate) struct Libraries {
    ending: Option<&'static [u8]>,
    tail: Vec<u8>,
    /// Bytes that have passed.
    at: usize,
    /// Endings up to here were looked at.
    done: usize,
    found: BTreeSet<String>,
}

/// How shared objects end on the system of an executable format (dlopen(3), dyld(1)). On Windows everything is loaded by name, the system's own too.
fn ending(head: &[u8]) -> Option<&'static [u8]> {
    match head.get(..4)? {
        b"\x7fELF" => Some(b".so"),
        [0xcf | 0xce, 0xfa, 0xed, 0xfe] => Some(b".dylib"),
        _ => None,
    }
}

impl Libraries {
    /// `head` is the beginning of the file.
    pub(crate) fn pass(&mut self, head: &[u8], chunk: &[u8]) {
        if self.at == 0 {
            self.ending = ending(head);
        }
        if self.ending.is_none() {
            return;
        }
        let begins = self.at - self.tail.len();
        self.tail.extend_from_slice(&chunk[..chunk.len().min(AGAIN)]);
        let joint = std::mem::take(&mut self.tail);
        self.look(&joint, begins, BEHIND);
        if chunk.len() > AGAIN {
            self.look(chunk, self.at, BEHIND);
            self.tail = chunk[chunk.len() - AGAIN..].to_vec();
        } else {
            self.tail = joint[joint.len().saturating_sub(AGAIN)..].to_vec();
        }
        self.at += chunk.len();
    }

    /// Looks at the endings of some bytes that have enough behind them and were not looked at.
    fn look(&mut self, bytes: &[u8], begins: usize, behind: usize) {
        let Some(ending) = self.ending else { return };
        let until = (begins + bytes.len()).saturating_sub(behind);
        for at in memmem::find_iter(bytes, ending) {
            let end = begins + at + ending.len();
            if self.found.len() >= MOST || end > until {
                break;
            }
            if end > self.done
                && let Some(name) = name(bytes, at, ending)
            {
                self.found.insert(name);
            }
        }
        self.done = self.done.max(until);
    }

    pub(crate) fn end(mut self) -> Vec<String> {
        let tail = std::mem::take(&mut self.tail);
        self.look(&tail, self.at - tail.len(), 0);
        self.found.into_iter().collect()
    }
}

/// The name that ends here, from `lib` on: Go's texts stand one behind the other without a mark between them.
fn name(bytes: &[u8], at: usize, ending: &[u8]) -> Option<String> {
    let in_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-' | b'.');
    let run = bytes[at.saturating_sub(LONGEST)..at].iter().rev().take_while(|b| in_name(b)).count();
    let begins = at - run + memmem::rfind(&bytes[at - run..at], b"lib")?;
    let rest = &bytes[at + ending.len()..];
    // `.so` is no ending in `lib.source`.
    if begins + 3 >= at || rest.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return None;
    }
    let version = rest.iter().take(12).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let text = std::str::from_utf8(&bytes[begins..at + ending.len() + version]).ok()?;
    Some(text.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &[u8], pieces: usize) -> String {
        let mut libraries = Libraries::default();
        let head = &text[..text.len().min(8)];
        text.chunks(pieces).for_each(|piece| libraries.pass(head, piece));
        libraries.end().join(" ")
    }

    #[test]
    fn names_are_found_wherever_a_piece_ends() {
        let elf =
            b"\x7fELFxx bad valuelibcrypto.so.3unknown/usr/lib/libfoo-2.1.so\0lib.so libsource.sort libzlibz.so.1.";
        for pieces in [7, 16, 33, 64, 65, 1000] {
            assert_eq!(found(elf, pieces), "libcrypto.so.3 libfoo-2.1.so libz.so.1", "pieces of {pieces}");
        }
        assert_eq!(found(b"\xcf\xfa\xed\xfe libSystem.B.dylib libx.so", 9), "libSystem.B.dylib");
        assert_eq!(found(b"MZ libfoo.so", 64), "");
        let many: String = (0..50).map(|n| format!("libx{n}.so ")).collect();
        assert_eq!(found(&[b"\x7fELF", many.as_bytes()].concat(), 64).split(' ').count(), MOST);
    }
}
