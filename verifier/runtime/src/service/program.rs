//! The program that is run: whether this machine can execute it, and whether it needs the host's libraries.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Opens a delivered file, which is no link and no device.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
    }
}

/// The interpreter that an ELF program names; `None` of a static one. An error says why this machine cannot run it.
///
/// A reader of its own, for 64-bit little-endian headers only: it decides nothing but what is shown in the sandbox (elf(5)).
pub(crate) fn interpreter(file: &mut File) -> io::Result<Option<String>> {
    const MACHINE: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    const PT_INTERP: u32 = 3;
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_string());
    let mut head = [0; 64];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head).map_err(|_| bad("not an ELF program"))?;
    if head[..4] != *b"\x7fELF" {
        return Err(bad(if head[..2] == *b"#!" { "a script, not a program" } else { "not an ELF program" }));
    }
    if head[4] != 2 || head[5] != 1 || u16_at(&head, 18) != MACHINE {
        return Err(bad("built for another kind of machine"));
    }
    let (offset, size, count) = (u64_at(&head, 32), u16_at(&head, 54), u16_at(&head, 56));
    if size != 56 {
        return Err(bad("odd program headers"));
    }
    for number in 0..u64::from(count) {
        let mut entry = [0; 56];
        file.seek(SeekFrom::Start(offset.saturating_add(number * 56)))?;
        file.read_exact(&mut entry)?;
        if u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]) == PT_INTERP {
            let length = u64_at(&entry, 32).min(4096);
            file.seek(SeekFrom::Start(u64_at(&entry, 8)))?;
            let mut name = Vec::new();
            file.take(length).read_to_end(&mut name)?;
            name.retain(|b| *b != 0);
            return Ok(Some(String::from_utf8_lossy(&name).into_owned()));
        }
    }
    Ok(None)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_can_be_run_here() {
        let mut file = open(&std::env::current_exe().expect("our path")).expect("our file");
        interpreter(&mut file).expect("a program of this machine");
    }

    #[test]
    fn other_files_say_why_they_cannot_be_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let foreign = [b"\x7fELF\x02\x01".as_slice(), &[0; 12], &[40, 0], &[0; 60]].concat();
        let cases: [(&[u8], &str); 4] = [
            (b"", "not an ELF program"),
            (&[b'x'; 100], "not an ELF program"),
            (&[b"#!/bin/sh\n".as_slice(), &[b' '; 90]].concat(), "a script, not a program"),
            (&foreign, "built for another kind of machine"),
        ];
        for (content, expected) in cases {
            let path = folder.path().join("program");
            std::fs::write(&path, content).expect("written");
            let error = interpreter(&mut open(&path).expect("opened")).expect_err("no program");
            assert_eq!(error.to_string(), expected);
        }
    }
}
