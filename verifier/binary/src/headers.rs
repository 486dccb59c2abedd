//! What the headers of an executable say: format, machine, linking and hardening, by goblin.

use crate::compiler::{self, Debug};
use crate::elf::Elf;
use crate::image::{self, Image, range};
use assize_delivery::Bytes;
use assize_facts::{Known, Reason, reason};
use goblin::elf::program_header::{PF_W, PF_X, PT_GNU_RELRO, PT_GNU_STACK, PT_LOAD};
use goblin::elf::{dynamic, header};
use goblin::mach::{Mach, MachO};
use goblin::pe::PE;
use std::ops::Range;

#[derive(Clone, Debug, PartialEq)]
pub struct Headers {
    pub format: &'static str,
    pub os: Known<String>,
    pub arch: Known<String>,
    pub stripped: bool,
    pub interpreter: Option<String>,
    pub needed: Vec<String>,
    /// Whether the needed libraries are those that a build without cgo has there.
    pub needed_by_pure_go: bool,
    pub rpath: Vec<String>,
    pub pie: bool,
    pub relro: &'static str,
    pub nx: bool,
    pub writable_executable: u32,
    /// `exe`, `pie` or `shared`.
    pub mode: &'static str,
    /// Where the names of symbols stand.
    pub symbol_names: Vec<Range<usize>>,
    /// Where the build information stands.
    pub build_info: Option<Range<usize>>,
    pub debug: Option<Debug>,
    pub image: Image,
}

impl Headers {
    /// Of what has none that are read.
    pub fn unread(reason: &Reason) -> Headers {
        Headers {
            format: "other",
            os: Known::Unknown(reason.clone()),
            arch: Known::Unknown(reason.clone()),
            stripped: false,
            interpreter: None,
            needed: Vec::new(),
            needed_by_pure_go: false,
            rpath: Vec::new(),
            pie: false,
            relro: "none",
            nx: false,
            writable_executable: 0,
            mode: "other",
            symbol_names: Vec::new(),
            build_info: None,
            debug: None,
            image: Image::default(),
        }
    }
}

/// Libraries that every Go program on the system needs, with cgo off too (`runtime/sys_darwin.go`, `crypto/x509/internal/macos`, `net` on darwin).
const DARWIN: &[&str] = &[
    "/usr/lib/libSystem.B.dylib",
    "/usr/lib/libresolv.9.dylib",
    "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation",
    "/System/Library/Frameworks/Security.framework/Versions/A/Security",
];
/// `runtime/os_windows.go`: everything else is loaded by name when it is used.
const WINDOWS: &[&str] = &["kernel32.dll"];

/// OpenBSD lets programs into its kernel only through its own library (`runtime/sys_openbsd.go`); no other system has this interpreter.
const OPENBSD_INTERPRETER: &str = "/usr/libexec/ld.so";

fn is_openbsds(library: &str) -> bool {
    let name = library.split(".so").next().unwrap_or(library);
    matches!(name, "libc" | "libpthread") && library.contains(".so")
}

pub fn read(file: &Bytes) -> Result<Headers, Reason> {
    let failed = |error: goblin::error::Error| reason!("executable-not-parsed", detail = error);
    match &*file.range(0..file.len().min(4))? {
        b"\x7fELF" => from_elf(&Elf::read(file)?, file),
        [b'M', b'Z', _, _] => Ok(from_pe(&PE::parse(file.whole()?).map_err(failed)?)),
        // What the universal form consists of is opened in its place, where it can be told (`mach-o/fat.h`).
        [0xca, 0xfe, 0xba, 0xbe | 0xbf] => Err(reason!("fat-binary-not-read")),
        // Mach-O of 64 and 32 bits in either byte order (`mach-o/loader.h`).
        [0xcf | 0xce, 0xfa, 0xed, 0xfe] | [0xfe, 0xed, 0xfa, 0xcf | 0xce] => {
            match Mach::parse(file.whole()?).map_err(failed)? {
                Mach::Binary(mach) if claims_more_sections(&mach) => Err(reason!(
                    "executable-not-parsed",
                    detail = "a segment claims more sections than its load command holds"
                )),
                Mach::Binary(mach) => Ok(from_mach(&mach)),
                Mach::Fat(_) => Err(reason!("fat-binary-not-read")),
            }
        }
        _ => Err(reason!("not-an-executable")),
    }
}

fn known(word: Option<&str>, number: u64) -> Known<String> {
    word.map_or_else(|| Known::Unknown(reason!("machine-not-known", number = number)), |w| Known::Value(w.into()))
}

fn elf_arch(elf: &Elf) -> Option<&'static str> {
    use header::*;
    Some(match (elf.header.e_machine, elf.is_little_endian()) {
        (EM_X86_64, true) => "amd64",
        (EM_386, true) => "386",
        (EM_AARCH64, true) => "arm64",
        (EM_ARM, true) => "arm",
        (EM_RISCV, true) => "riscv64",
        (EM_PPC64, true) => "ppc64le",
        (EM_PPC64, false) => "ppc64",
        (EM_S390, false) => "s390x",
        (EM_LOONGARCH, true) => "loong64",
        (EM_MIPS, little) => match (elf.is_64(), little) {
            (true, true) => "mips64le",
            (true, false) => "mips64",
            (false, true) => "mipsle",
            (false, false) => "mips",
        },
        _ => return None,
    })
}

fn from_elf(elf: &Elf, file: &Bytes) -> Result<Headers, Reason> {
    let abi = elf.header.e_ident[header::EI_OSABI];
    let os = match (abi, elf.interpreter.as_deref()) {
        (header::ELFOSABI_NONE, Some(OPENBSD_INTERPRETER)) => Some("openbsd"),
        (header::ELFOSABI_NONE, Some(interpreter)) if interpreter.starts_with("/system/bin/linker") => Some("android"),
        // Those of Solaris and of illumos have the same names.
        (header::ELFOSABI_NONE, Some("/lib/amd64/ld.so.1" | "/usr/lib/ld.so.1")) => None,
        (header::ELFOSABI_NONE | header::ELFOSABI_LINUX, _) => Some("linux"),
        (header::ELFOSABI_FREEBSD, _) => Some("freebsd"),
        (header::ELFOSABI_NETBSD, _) => Some("netbsd"),
        (header::ELFOSABI_OPENBSD, _) => Some("openbsd"),
        _ => None,
    };
    let flags_1 = elf.dynamic.flags_1;
    let now = elf.dynamic.flags & dynamic::DF_BIND_NOW != 0 || flags_1 & dynamic::DF_1_NOW != 0;
    let has_relro = elf.program_headers.iter().any(|p| p.p_type == PT_GNU_RELRO);
    let stack = elf.program_headers.iter().find(|p| p.p_type == PT_GNU_STACK);
    let loads = elf.program_headers.iter().filter(|p| p.p_type == PT_LOAD);
    let pie = elf.header.e_type == header::ET_DYN && (elf.interpreter.is_some() || flags_1 & dynamic::DF_1_PIE != 0);
    let needed = elf.dynamic.needed.clone();
    let section = elf.sections.iter().find(|s| s.name.as_deref() == Some(".go.buildinfo"));
    let names = elf.sections.iter().filter(|s| matches!(s.name.as_deref(), Some(".dynstr" | ".strtab")));
    let names = names.filter_map(|s| range(s.header.sh_offset, s.header.sh_size));
    Ok(Headers {
        format: "elf",
        os: known(os, u64::from(abi)),
        arch: known(elf_arch(elf), u64::from(elf.header.e_machine)),
        stripped: !elf.has_symbols,
        interpreter: elf.interpreter.clone(),
        needed_by_pure_go: needed.is_empty() || os == Some("openbsd") && needed.iter().all(|l| is_openbsds(l)),
        needed,
        rpath: elf.dynamic.search.clone(),
        pie,
        relro: match (has_relro, now) {
            (false, _) => "none",
            (true, false) => "partial",
            (true, true) => "full",
        },
        nx: stack.is_some_and(|p| p.p_flags & PF_X == 0),
        writable_executable: loads.filter(|p| p.p_flags & (PF_W | PF_X) == PF_W | PF_X).count() as u32,
        mode: match elf.header.e_type {
            header::ET_EXEC => "exe",
            header::ET_DYN if pie => "pie",
            _ => "shared",
        },
        symbol_names: names.collect(),
        build_info: match section {
            Some(section) => range(section.header.sh_offset, section.header.sh_size),
            None => written_data(elf),
        },
        debug: compiler::debug(elf),
        image: image::of_elf(elf, file)?,
    })
}

/// Where the build information is sought without its section: in the first segment that is written and not executed (debug/buildinfo, DataStart, Go 1.26).
fn written_data(elf: &Elf) -> Option<Range<usize>> {
    let mut loads = elf.program_headers.iter().filter(|p| p.p_type == PT_LOAD && p.p_filesz > 0);
    let data = loads.find(|p| p.p_flags & (PF_W | PF_X) == PF_W)?;
    range(data.p_offset, data.p_filesz)
}

/// Readers count to the number of sections that a segment claims, up to four thousand million (`mach-o/loader.h`, segment_command_64).
fn claims_more_sections(mach: &MachO<'_>) -> bool {
    mach.segments.iter().any(|segment| {
        let (own, each) = if mach.is_64 { (72, 80) } else { (56, 68) };
        own + u64::from(segment.nsects) * each > u64::from(segment.cmdsize)
    })
}

fn from_mach(mach: &MachO<'_>) -> Headers {
    use goblin::mach::constants::cputype::{CPU_TYPE_ARM64, CPU_TYPE_X86_64};
    use goblin::mach::header::{MH_DYLIB, MH_EXECUTE, MH_NO_HEAP_EXECUTION, MH_PIE};
    use goblin::mach::load_command::CommandVariant;
    let arch = match mach.header.cputype() {
        CPU_TYPE_X86_64 => Some("amd64"),
        CPU_TYPE_ARM64 => Some("arm64"),
        _ => None,
    };
    let needed: Vec<String> = mach.libs.iter().filter(|l| **l != "self").map(|l| l.to_string()).collect();
    let pie = mach.header.flags & MH_PIE != 0;
    let names = mach.load_commands.iter().filter_map(|command| match command.command {
        CommandVariant::Symtab(table) => range(table.stroff.into(), table.strsize.into()),
        _ => None,
    });
    let mut build_info = None;
    for section in mach.segments.iter().flat_map(|s| s.into_iter()).flatten().map(|(section, _)| section) {
        if section.name().is_ok_and(|name| name == "__go_buildinfo") {
            build_info = range(u64::from(section.offset), section.size);
        }
    }
    Headers {
        format: "macho",
        os: Known::Value("darwin".into()),
        arch: known(arch, u64::from(mach.header.cputype())),
        stripped: mach.symbols.is_none(),
        interpreter: None,
        needed_by_pure_go: needed.iter().all(|l| DARWIN.contains(&l.as_str())),
        needed,
        rpath: mach.rpaths.iter().map(|p| p.to_string()).collect(),
        pie,
        relro: "none",
        nx: mach.header.flags & MH_NO_HEAP_EXECUTION != 0,
        writable_executable: mach.segments.iter().filter(|s| s.initprot & 6 == 6).count() as u32,
        mode: match mach.header.filetype {
            MH_EXECUTE if pie => "pie",
            MH_EXECUTE => "exe",
            MH_DYLIB => "shared",
            _ => "shared",
        },
        symbol_names: names.collect(),
        build_info,
        debug: None,
        image: image::of_mach(mach),
    }
}

fn from_pe(pe: &PE<'_>) -> Headers {
    use goblin::pe::header::{COFF_MACHINE_ARM64, COFF_MACHINE_X86, COFF_MACHINE_X86_64};
    use goblin::pe::section_table::{IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_WRITE};
    let arch = match pe.header.coff_header.machine {
        COFF_MACHINE_X86_64 => Some("amd64"),
        COFF_MACHINE_X86 => Some("386"),
        COFF_MACHINE_ARM64 => Some("arm64"),
        _ => None,
    };
    let mut needed: Vec<String> = pe.libraries.iter().map(|l| l.to_string()).collect();
    needed.sort();
    needed.dedup();
    let characteristics = pe.header.optional_header.map(|h| h.windows_fields.dll_characteristics).unwrap_or_default();
    let both = IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_MEM_WRITE;
    let data = pe.sections.iter().find(|s| s.name().is_ok_and(|name| name == ".data"));
    Headers {
        format: "pe",
        os: Known::Value("windows".into()),
        arch: known(arch, u64::from(pe.header.coff_header.machine)),
        stripped: pe.header.coff_header.number_of_symbol_table == 0,
        interpreter: None,
        needed_by_pure_go: needed.iter().all(|l| WINDOWS.contains(&l.to_ascii_lowercase().as_str())),
        needed,
        rpath: vec![],
        // IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE and _NX_COMPAT.
        pie: characteristics & 0x40 != 0,
        relro: "none",
        nx: characteristics & 0x100 != 0,
        writable_executable: pe.sections.iter().filter(|s| s.characteristics & both == both).count() as u32,
        mode: if pe.is_lib { "shared" } else { "exe" },
        // Those of MinGW's objects are removed with the rest of the symbols, and the compiler of Windows has another name for the check.
        symbol_names: vec![],
        build_info: data.and_then(|s| range(u64::from(s.pointer_to_raw_data), u64::from(s.size_of_raw_data))),
        debug: None,
        image: image::of_pe(pe),
    }
}
