//! Headers made byte by byte, whole and hostile.

use super::*;
use crate::sniff;
use crate::store::Store;

/// An ELF64 little-endian program for amd64 whose only segment is `code`.
pub(crate) fn elf_of(code: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let u16s = |bytes: &mut Vec<u8>, all: &[u16]| all.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
    let u32s = |bytes: &mut Vec<u8>, all: &[u32]| all.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
    let u64s = |bytes: &mut Vec<u8>, all: &[u64]| all.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
    u16s(&mut bytes, &[2, 62]);
    u32s(&mut bytes, &[1]);
    u64s(&mut bytes, &[0x40_0000, 64, 0]);
    u32s(&mut bytes, &[0]);
    u16s(&mut bytes, &[64, 56, 1, 64, 0, 0]);
    u32s(&mut bytes, &[1, 5]);
    let size = 120 + code.len() as u64;
    u64s(&mut bytes, &[0, 0x40_0000, 0x40_0000, size, size, 0x1000]);
    bytes.extend(code);
    bytes
}

/// The same with these sections behind each other, and their headers behind them.
pub(crate) fn with_sections(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = elf_of(b"");
    let (mut rows, mut names) = (vec![0; 64], vec![0]);
    let mut row = |name: usize, offset: usize, size: usize| {
        rows.extend([(name as u32).to_le_bytes(), 1_u32.to_le_bytes()].concat());
        [0, 0, offset as u64, size as u64, 0, 1, 0].iter().for_each(|n| rows.extend(n.to_le_bytes()));
    };
    for (name, content) in sections.iter().chain(&[(".shstrtab", &b""[..])]) {
        let at = names.len();
        names.extend([name.as_bytes(), &[0]].concat());
        let content = if *name == ".shstrtab" { &names } else { *content };
        row(at, bytes.len(), content.len());
        bytes.extend(content);
    }
    let count = sections.len() as u16 + 2;
    let end = bytes.len() as u64;
    bytes[40..48].copy_from_slice(&end.to_le_bytes());
    bytes[60..62].copy_from_slice(&count.to_le_bytes());
    bytes[62..64].copy_from_slice(&(count - 1).to_le_bytes());
    [bytes, rows].concat()
}

/// A PE32+ header for amd64 with one section of `code`.
pub(crate) fn pe_of(code: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 0x80];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x80;
    bytes.extend(b"PE\0\0");
    bytes.extend(0x8664_u16.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend(240_u16.to_le_bytes());
    bytes.extend(0x22_u16.to_le_bytes());
    bytes.extend(0x20b_u16.to_le_bytes());
    bytes.extend([0; 238]);
    let mut section = b".text\0\0\0".to_vec();
    for n in [code.len() as u32, 0x1000, code.len() as u32, 0x400, 0, 0, 0, 0x6000_0020] {
        section.extend(n.to_le_bytes());
    }
    bytes.extend(section);
    bytes.resize(0x400, 0);
    bytes.extend(code);
    bytes
}

/// A thin Mach-O program for arm64 with one segment over `code`.
pub(crate) fn macho_of(code: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in [0xfeed_facf_u32, 0x0100_000c, 0, 2, 1, 72, 0, 0, 0x19, 72] {
        bytes.extend(n.to_le_bytes());
    }
    bytes.extend(b"__TEXT\0\0\0\0\0\0\0\0\0\0");
    for n in [0x1_0000_0000_u64, 0x1000, 0, 104 + code.len() as u64] {
        bytes.extend(n.to_le_bytes());
    }
    for n in [5_u32, 5, 0, 0] {
        bytes.extend(n.to_le_bytes());
    }
    bytes.extend(code);
    bytes
}

pub(crate) fn fat_of(slices: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = [0xcafe_babe_u32, slices.len() as u32].map(u32::to_be_bytes).concat();
    let mut at = 4096;
    for slice in slices {
        bytes.extend([0x0100_000c_u32, 0, at, slice.len() as u32, 12].map(u32::to_be_bytes).concat());
        at += slice.len() as u32;
    }
    bytes.resize(4096, 0);
    bytes.extend(slices.concat());
    bytes
}

fn told(bytes: Vec<u8>) -> String {
    let kind = sniff::kind(&bytes[..bytes.len().min(sniff::HEAD)], bytes.len() as u64);
    match read(kind, &Store::Memory(bytes).whole()) {
        Ok(exe) => format!("{} {} {} {}", exe.format, exe.machine, exe.role, exe.end),
        Err(detail) => format!("{}: {detail}", kind.name()),
    }
}

#[test]
fn headers_tell_machine_role_and_end() {
    assert_eq!(told(elf_of(b"code")), "elf amd64 exec 124");
    assert_eq!(told([elf_of(b"code"), b"appended".to_vec()].concat()), "elf amd64 exec 124");
    assert_eq!(told(pe_of(b"code")), "pe amd64 exec 1028");
    assert_eq!(told(macho_of(b"code")), "macho arm64 exec 108");
    assert_eq!(told(fat_of(&[macho_of(b"1"), macho_of(b"2")])), "macho arm64+arm64 exec 4306");
}

#[test]
fn debugging_information_that_is_kept_apart_is_no_program() {
    let without_code = |bytes: &[u8]| {
        let kind = sniff::kind(bytes, bytes.len() as u64);
        read(kind, &Store::Memory(bytes.to_vec()).whole()).expect("headers").without_code
    };
    let begins_at = |address: u64| {
        let mut bytes = elf_of(b"code");
        bytes[24..32].copy_from_slice(&address.to_le_bytes());
        bytes
    };
    // The whole page of a segment is mapped.
    for (address, wanted) in [(0x40_0000, false), (0x40_ffff, false), (0x41_0000, true), (0x3f_ffff, true), (0, false)]
    {
        assert_eq!(without_code(&begins_at(address)), wanted, "{address:#x}");
    }
    // What is linked or interpreted another program loads.
    for kind in [2, 3] {
        let mut bytes = begins_at(0x80_0000);
        bytes[64] = kind;
        assert!(!without_code(&bytes));
    }
    let mut symbols = macho_of(b"code");
    assert!(!without_code(&symbols));
    symbols[12] = 10;
    assert!(without_code(&symbols));
}

#[test]
fn java_classes_are_not_fat_binaries() {
    let class = [0xcafe_babe_u32, 65, 0x0010_0a00].map(u32::to_be_bytes).concat();
    assert_eq!(sniff::kind(&class, 12), Kind::Plain);
}

#[test]
fn a_coff_object_is_machine_code_and_text_is_not() {
    let mut object = Vec::new();
    for n in [0x8664_u16, 1] {
        object.extend(n.to_le_bytes());
    }
    for n in [0_u32, 60, 1, 0] {
        object.extend(n.to_le_bytes());
    }
    object.extend(b".text\0\0\0");
    object.resize(60 + 18, 0);
    assert_eq!(sniff::kind(&object, object.len() as u64), Kind::Coff);
    assert_eq!(sniff::kind(b"d\x86 is not how a text begins, but it could be so", 48), Kind::Plain);
}

#[test]
fn hostile_tables_are_errors() {
    let mut elf = elf_of(b"code");
    elf[56..58].copy_from_slice(&0xffff_u16.to_le_bytes());
    assert_eq!(told(elf), "elf: its program headers reach past the end of the file");
    let mut elf = elf_of(b"code");
    elf[40..48].copy_from_slice(&u64::MAX.to_le_bytes());
    elf[60] = 3;
    assert_eq!(told(elf), "elf: its section headers reach past the end of the file");
    let mut macho = macho_of(b"code");
    macho[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(told(macho), "macho: its load commands are cut off");
    let slices = vec![macho_of(b"1"); 100];
    assert_eq!(
        told(fat_of(&slices)),
        "macho: its header is cut off".replace("its header is cut off", "it has 100 slices")
    );
    assert_eq!(told(b"\x7fELF".to_vec()), "elf: its first 16 bytes are no ELF identification");
}

#[test]
fn every_mutant_of_every_header_is_survived() {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for original in [elf_of(b"code"), pe_of(b"code"), macho_of(b"code"), fat_of(&[macho_of(b"1"), macho_of(b"2")])] {
        for _ in 0..2000 {
            let mut mutant = original.clone();
            for _ in 0..1 + next() % 4 {
                let at = next() % mutant.len().min(0x200);
                mutant[at] = [0, 0xff, 0x7f, 1, next() as u8][next() % 5];
            }
            mutant.truncate(1 + next() % mutant.len());
            told(mutant);
        }
    }
}

#[test]
fn fat_files_of_ten_thousand_slices_and_tables_of_extreme_counts_end_soon() {
    let started = std::time::Instant::now();
    let slice = macho_of(b"1");
    let mut fat = [0xcafe_babe_u32, 10_000].map(u32::to_be_bytes).concat();
    for _ in 0..10_000 {
        fat.extend([0x0100_0007_u32, 3, 0x40000, slice.len() as u32, 12].map(u32::to_be_bytes).concat());
    }
    fat.resize(0x40000, 0);
    fat.extend(&slice);
    let store = Store::Memory(fat.clone());
    let kind = sniff::kind(&fat[..sniff::HEAD], fat.len() as u64);
    let _ = read(kind, &store.whole());
    let found = crate::examine::examine(
        &store,
        "f",
        0,
        &crate::archive::Budget::new(&assize_facts::Limits::default()),
        Default::default(),
        &Default::default(),
        None,
    );
    assert!(!found.seen.is_empty());
    // Counts and offsets of an ELF header at their largest, one field after the other.
    let elf = elf_of(b"code");
    for at in (16..64).step_by(2) {
        for value in [[0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0x80]] {
            let mut bytes = elf.clone();
            bytes[at..at + 4].copy_from_slice(&value);
            let store = Store::Memory(bytes);
            let _ = read(sniff::Kind::Elf, &store.whole());
        }
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}
