//! The compiler that the debugging information names, to hold the recorded version against: the linker writes that from a variable which `-X` sets
//! (`runtime.buildVersion`), the compiler names itself in each unit that it compiles (cmd/internal/dwarf, DW_AT_producer, Go 1.26).

use crate::elf::Elf;
use crate::image::range;
use assize_delivery::Bytes;
use flate2::read::ZlibDecoder;
use std::io::Read;
use std::ops::Range;

/// Where debugging information stands, and how much of a header is before its packed bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Debug {
    place: Range<usize>,
    packed_behind: Option<usize>,
}

/// The first unit names its compiler within so many bytes, packed or not.
const MOST: usize = 32 << 10;
const SHF_COMPRESSED: u64 = 1 << 11;
const PRODUCER: &[u8] = b"Go cmd/compile ";

/// `.debug_info`, packed as ELF says (gABI, "Compression Header") or as Go did before 1.19 (`.zdebug_info`: `ZLIB` and eight bytes of a length).
pub fn debug(elf: &Elf) -> Option<Debug> {
    elf.sections.iter().find_map(|section| {
        let packed_behind = match section.name.as_deref()? {
            ".debug_info" if section.header.sh_flags & SHF_COMPRESSED == 0 => None,
            ".debug_info" => Some(if elf.is_64() { 24 } else { 12 }),
            ".zdebug_info" => Some(12),
            _ => return None,
        };
        Some(Debug { place: range(section.header.sh_offset, section.header.sh_size)?, packed_behind })
    })
}

/// `go1.26.8`; `None` where no unit at the beginning names a compiler of Go's.
pub fn named(debug: &Debug, file: &Bytes) -> Option<String> {
    let end = debug.place.end.min(debug.place.start.checked_add(MOST)?);
    let bytes = file.range(debug.place.start..end).ok()?;
    let text = match debug.packed_behind {
        None => bytes.to_vec(),
        Some(header) => {
            let mut text = Vec::new();
            // What is cut off ends with an error, behind what could be unpacked.
            let _ = ZlibDecoder::new(bytes.get(header..)?).take(MOST as u64).read_to_end(&mut text);
            text
        }
    };
    let from = memchr::memmem::find(&text, PRODUCER)? + PRODUCER.len();
    let rest = text.get(from..)?;
    let word = rest.get(..rest.iter().position(|byte| matches!(byte, b' ' | b';' | 0))?)?;
    String::from_utf8(word.to_vec()).ok().filter(|word| word.starts_with("go1"))
}
