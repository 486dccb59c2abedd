//! What the examination of one file says, in short lines.

use super::*;
use crate::archive::tests::{gzip_of, tar_of, zip_of, zstd_of};
use crate::exe::tests::{elf_of, fat_of, macho_of, pe_of};
use assize_facts::Limits;

fn shown(found: &Found) -> String {
    let known = |value: &Known<bool>| match value {
        Known::Value(true) => "yes",
        Known::Value(false) => "no",
        _ => "?",
    };
    let mut lines = Vec::new();
    for seen in &found.seen {
        let format = seen.format.value().map_or("?", |f| f.word());
        let packer = match &seen.packer {
            Known::Value(None) => String::new(),
            Known::Value(Some(packer)) => format!(" packer={packer}"),
            _ => " packer=?".into(),
        };
        lines.push(format!(
            "{} {format} code={} go={}{packer}",
            seen.path,
            known(&seen.executable),
            known(&seen.go_program)
        ));
    }
    lines.extend(found.gaps.iter().map(|gap| format!("gap {} at {}", gap.reason.code, gap.place)));
    lines.join("\n")
}

fn examined_within(bytes: Vec<u8>, limits: &Limits) -> String {
    shown(&examine(&Store::Memory(bytes), "f", 0o644, &Budget::new(limits), Default::default(), &Texts::new(), None))
}

pub(crate) fn examined(bytes: Vec<u8>) -> String {
    examined_within(bytes, &Limits::default())
}

/// Bytes without pattern.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(|_| byte()).collect()
}

#[test]
fn machine_code_is_known_whatever_its_name_and_mode() {
    assert_eq!(examined(elf_of(b"code")), "f elf code=yes go=no");
    assert_eq!(examined(pe_of(b"code")), "f pe code=yes go=no");
    assert_eq!(examined(macho_of(b"code")), "f macho code=yes go=no");
    assert_eq!(examined(b"\0asm\x01\0\0\0".to_vec()), "f wasm code=yes go=no");
    assert_eq!(examined(b"\0go120ld........".to_vec()), "f go-object code=yes go=no");
}

#[test]
fn machine_code_that_was_cut_off_is_told() {
    for whole in [elf_of(b"code"), pe_of(b"code"), macho_of(b"code")] {
        let cut = examined(whole[..whole.len() - 1].to_vec());
        assert!(cut.ends_with(" code=yes go=no\ngap executable-malformed at f"), "{cut}");
    }
}

#[test]
fn objects_for_the_kernels_machine_are_told_from_programs() {
    // e_type and e_machine (System V ABI; linux/elf-em.h, EM_BPF).
    let with = |role: u8, machine: u8| {
        let mut object = elf_of(b"instructions");
        (object[16], object[18]) = (role, machine);
        object
    };
    assert_eq!(examined(with(1, 247)), "f bpf-object code=yes go=no");
    assert_eq!(examined(with(2, 247)), "f elf code=yes go=no");
    assert_eq!(examined(with(1, 62)), "f elf code=yes go=no");
    let carrying = examined(elf_of(&with(1, 247)));
    assert_eq!(carrying, "f elf code=yes go=no\nf!@0x78 bpf-object code=yes go=no");
}

#[test]
fn what_skippable_frames_hold_is_a_file_of_its_own() {
    let frame = |content: &[u8]| [&b"\x5a\x2a\x4d\x18"[..], &(content.len() as u32).to_le_bytes(), content].concat();
    let tar = tar_of(&[("a", b"text")]);
    let program = elf_of(&[0; 200]);
    let of = |parts: &[&[u8]]| examined(parts.concat());
    assert_eq!(of(&[&zstd_of(&tar), &frame(&[7; 4])]), "f zstd code=no go=no\nf!a text code=no go=no");
    let told = of(&[&frame(&program), &zstd_of(&tar)]);
    assert_eq!(told, "f zstd code=no go=no\nf!a text code=no go=no\nf!@0x8 elf code=yes go=no");
    let sealed = of(&[&zstd_of(&tar), &frame(&noise(4096))]);
    assert!(sealed.contains("high-entropy code=?") && sealed.contains("gap content-opaque"), "{sealed}");
    let packed = of(&[&frame(&gzip_of(&program)), &frame(&[0; 100]), &zstd_of(&tar)]);
    assert!(packed.contains(".content elf code=yes"), "{packed}");
}

#[test]
fn every_slice_of_a_fat_file_is_a_program_of_its_own_and_what_no_slice_has_may_be_one() {
    let slices = [macho_of(b"1"), macho_of(&elf_of(b"code"))];
    let fat = fat_of(&slices);
    let second = 4096 + slices[0].len();
    let mine = format!(
        "f macho code=yes go=no\nf!@0x1000 macho code=yes go=no\nf!@{second:#x} macho code=yes go=no\n\
         f!@{second:#x}!@0x68 elf code=yes go=no"
    );
    assert_eq!(examined(fat.clone()), mine);
    // A slice behind those that the table announces: before the first one, and behind the last.
    let mut one = fat_of(&[macho_of(b"1")]);
    one[512..512 + slices[0].len()].copy_from_slice(&macho_of(b"2"));
    let behind = format!("f!@{:#x} macho code=yes go=no", one.len());
    let before = "f!@0x200 macho code=yes go=no\n";
    let all = format!("f macho code=yes go=no\nf!@0x1000 macho code=yes go=no\n{behind}\n{before}");
    let told = examined([one, macho_of(b"3")].concat());
    let sorted = |text: &str| text.trim().lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(sorted(&told), sorted(&all));
    // Libraries of objects come so too.
    let library = [&b"!<arch>\n"[..], format!("{:<16}{:<32}{:<10}`\n", "a.o/", 0, 4).as_bytes(), b"text"].concat();
    let told = examined(fat_of(&[library.clone(), library]));
    assert!(told.contains("f!@0x1000!a.o text") && !told.contains("gap"), "{told}");
    // Two that share bytes are what no tool writes.
    let mut shared = fat;
    shared[36..40].copy_from_slice(&4097_u32.to_be_bytes());
    assert!(examined(shared).contains("gap executable-malformed at f"));
}

#[test]
fn ordinary_files_are_ordinary() {
    assert_eq!(examined(Vec::new()), "f empty code=no go=no");
    assert_eq!(examined(b"package main\n".to_vec()), "f text code=no go=no");
    assert_eq!(examined(b"#!/bin/sh\nexit 0\n".to_vec()), "f script code=no go=no");
    assert_eq!(examined([b"\x89PNG\r\n\x1a\n".to_vec(), noise(5000)].concat()), "f other-binary code=no go=no");
}

#[test]
fn installers_and_disk_images_are_archives_that_are_not_opened_and_documents_are_none() {
    let compound = |class: &[u8]| {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(8 * 512, 0);
        bytes[30..32].copy_from_slice(&9_u16.to_le_bytes());
        bytes[48..52].copy_from_slice(&3_u32.to_le_bytes());
        bytes[4 * 512 + 80..4 * 512 + 80 + class.len()].copy_from_slice(class);
        bytes
    };
    let closed = "f other-archive code=no go=no\ngap archive-not-opened at f";
    assert_eq!(examined(compound(b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")), closed);
    // A text of Word 97.
    assert_eq!(examined(compound(b"\x06\x09\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")), "f other-binary code=no go=no");
    let mut cut = compound(b"");
    cut[30..32].copy_from_slice(&u16::MAX.to_le_bytes());
    assert_eq!(examined(cut), "f other-binary code=no go=no");
    let mut trailer = b"koly\0\0\0\x04\0\0\x02\0".to_vec();
    trailer.resize(512, 0);
    assert_eq!(examined([noise(5000), trailer].concat()), closed);
}

#[test]
fn random_bytes_are_a_gap() {
    assert_eq!(examined(noise(5000)), "f high-entropy code=? go=no\ngap content-opaque at f");
}

#[test]
fn executables_inside_archives_are_found_however_deep() {
    let tar = tar_of(&[("bin/app", &elf_of(b"code")), ("README", b"text")]);
    assert_eq!(
        examined(zstd_of(&tar)),
        "f zstd code=no go=no\nf!bin/app elf code=yes go=no\nf!README text code=no go=no"
    );
    let nested = zip_of(&[("inner.tar.gz", &gzip_of(&tar))]);
    assert_eq!(
        examined(nested),
        "f zip code=no go=no\nf!inner.tar.gz gzip code=no go=no\nf!inner.tar.gz!bin/app elf code=yes go=no\nf!inner.tar.gz!README text code=no go=no"
    );
}

#[test]
fn archives_nested_too_deep_are_a_gap() {
    let mut bytes = elf_of(b"code");
    for _ in 0..6 {
        bytes = tar_of(&[("x", &bytes)]);
    }
    let limits = Limits { archive_depth: 2, ..Limits::default() };
    assert_eq!(
        examined_within(bytes, &limits),
        "f tar code=no go=no\nf!x tar code=no go=no\nf!x!x tar code=no go=no\ngap limit-archive-depth at f!x!x"
    );
}

#[test]
fn executables_appended_to_other_files_are_found() {
    let picture = [b"\x89PNG\r\n\x1a\n".to_vec(), vec![0x55; 100]].concat();
    assert_eq!(
        examined([picture.clone(), elf_of(b"code")].concat()),
        "f other-binary code=no go=no\nf!@0x6c elf code=yes go=no"
    );
    assert_eq!(examined([picture, pe_of(b"code")].concat()), "f other-binary code=no go=no\nf!@0x6c pe code=yes go=no");
    assert_eq!(
        examined([elf_of(b"code"), macho_of(b"more")].concat()),
        "f elf code=yes go=no\nf!@0x7c macho code=yes go=no"
    );
    assert_eq!(
        examined([b"#!/bin/sh\nexit\n".to_vec(), gzip_of(&tar_of(&[("app", &elf_of(b"code"))]))].concat()),
        "f script code=no go=no\nf!@0xf gzip code=no go=no\nf!@0xf!app elf code=yes go=no"
    );
}

#[test]
fn executables_in_what_nobody_unpacks_of_an_archive_are_found() {
    let code = elf_of(b"code");
    let mut zip = zip_of(&[("README", b"text")]);
    let end = zip.len();
    zip[end - 2..].copy_from_slice(&(code.len() as u16).to_le_bytes());
    zip.extend(&code);
    let readme = "f!README text code=no go=no";
    assert_eq!(examined(zip), format!("f zip code=no go=no\n{readme}\nf!@{end:#x} elf code=yes go=no"));
    // The extra field of gzip, of the first frame and of a later one.
    let plain = gzip_of(b"text");
    let mut extra = plain.clone();
    extra[3] |= 4;
    extra.splice(10..10, [&(code.len() as u16).to_le_bytes(), code.as_slice()].concat());
    let content = "f!f.content text code=no go=no";
    assert_eq!(examined(extra.clone()), format!("f gzip code=no go=no\n{content}\nf!@0xc elf code=yes go=no"));
    let at = plain.len() + 12;
    let both = examined([plain, extra].concat());
    assert_eq!(both, format!("f gzip code=no go=no\n{content}\nf!@{at:#x} elf code=yes go=no"));
    // Behind a member of a tar, plain or compressed; what else stands there is some writers' habit.
    let mut tar = tar_of(&[("README", b"text")]);
    tar[516..520].copy_from_slice(b"junk");
    assert_eq!(examined(tar.clone()), format!("f tar code=no go=no\n{readme}"));
    tar[516..516 + code.len()].copy_from_slice(&code);
    let gap = "gap archive-padding at f";
    assert_eq!(examined(tar.clone()), format!("f tar code=no go=no\n{readme}\n{gap}"));
    assert_eq!(examined(gzip_of(&tar)), format!("f gzip code=no go=no\n{readme}\n{gap}"));
}

#[test]
fn frames_of_two_formats_are_two_files() {
    let mixed = [zstd_of(b"text"), gzip_of(&elf_of(b"code"))].concat();
    let text = examined(mixed);
    assert!(text.starts_with("f zstd code=no go=no\nf!f.content text code=no go=no\nf!@"), "{text}");
    assert!(text.ends_with("elf code=yes go=no"), "{text}");
}

#[test]
fn an_archive_behind_a_program_is_opened() {
    let text = examined([elf_of(b"code"), zip_of(&[("lib.so", &elf_of(b"library"))])].concat());
    assert!(text.contains("f!lib.so elf code=yes"), "{text}");
    let text = examined([elf_of(b"code"), tar_of(&[("lib.so", &elf_of(b"library"))])].concat());
    assert!(text.contains("!lib.so elf code=yes"), "{text}");
}

#[test]
fn an_executable_compressed_inside_another_is_found() {
    let hidden = gzip_of(&elf_of(&[0x90; 5000]));
    let outer = elf_of(&[b"constants".to_vec(), hidden, b"more".to_vec()].concat());
    let text = examined(outer);
    assert!(text.contains("f!@0x81!") && text.contains("elf code=yes go=no\nf!@0x81 gzip"), "{text}");
}

#[test]
fn marks_alone_are_no_files() {
    let constants = [
        elf_of(b""),
        b"\x7fELF\x1f\x8b\x08\x28\xb5\x2f\xfdPE\0\0\xfd7zXZ\0\xcf\xfa\xed\xfePK\x05\x06\xf1\xff\xff\xff".to_vec(),
        vec![0xaa; 2000],
        b"UPX!".to_vec(),
        vec![0xaa; 2000],
    ];
    let mut bytes = constants.concat();
    // The one segment reaches to the end, so nothing is appended.
    let len = (bytes.len() as u64).to_le_bytes();
    bytes[96..104].copy_from_slice(&len);
    bytes[104..112].copy_from_slice(&len);
    assert_eq!(examined(bytes), "f elf code=yes go=no");
}

#[test]
fn packers_are_known_by_mark_and_by_entropy() {
    let upx = elf_of(b"\0\0\0\0UPX!\0\0\0\0");
    assert_eq!(examined(upx), "f elf code=yes go=? packer=upx");
    let renamed = elf_of(&noise(100_000));
    assert_eq!(examined(renamed), "f elf code=yes go=? packer=?");
}

#[test]
fn closed_formats_are_named_as_gaps() {
    assert_eq!(
        examined(b"7z\xbc\xaf\x27\x1c\0\x04".to_vec()),
        "f other-archive code=no go=no\ngap archive-not-opened at f"
    );
    assert_eq!(examined(b"\xfd7zXZ\0\0\x04".to_vec()), "f xz code=no go=no\ngap archive-damaged at f");
    assert_eq!(
        examined([b"Salted__".to_vec(), noise(600)].concat()),
        "f other-archive code=no go=no\ngap archive-not-opened at f"
    );
}

#[test]
fn damaged_headers_are_gaps() {
    assert_eq!(examined(elf_of(b"code")[..80].to_vec()), "f elf code=yes go=? packer=?\ngap executable-malformed at f");
    assert!(examined(gzip_of(b"text")[..12].to_vec()).contains("gap archive-damaged at f"));
}

#[test]
fn images_are_recognised_by_what_they_hold() {
    let layout = tar_of(&[("oci-layout", b"{}"), ("index.json", b"{}")]);
    assert!(examined(layout).starts_with("f oci-layout "));
    let holding = |manifest: &[u8]| tar_of(&[("layer.tar", &tar_of(&[("a", b"b")])), ("manifest.json", manifest)]);
    let list: &[u8] = br#"[{"Config":"c.json","RepoTags":null,"Layers":["layer.tar"]}]"#;
    assert!(examined(gzip_of(&holding(list))).starts_with("f docker-archive "));
    assert!(examined(holding(list)).starts_with("f docker-archive "));
    // Keys are taken in any letters, and what may be a list and cannot be read is no web manifest.
    for list in [&b"[{\"layers\":[]}]"[..], b" [{", b"[[], {\"CONFIG\": 1}]"] {
        assert!(examined(holding(list)).starts_with("f docker-archive "));
    }
    for other in [&br#"{"name":"app","icons":[]}"#[..], br#"[{"file":"a.js"}]"#, b"[]", b"", b"text"] {
        assert!(examined(holding(other)).starts_with("f tar "), "{}", String::from_utf8_lossy(other));
    }
    assert!(examined(zip_of(&[("manifest.json", list)])).starts_with("f zip "));
}

#[test]
fn a_flood_of_marks_ends_at_a_limit() {
    let flood = [vec![1, 2, 0], elf_of(b"x").repeat(1100)].concat();
    let text = examined(flood);
    assert!(text.contains("gap limit-embedded at f"), "{}", text.len());
    let marks = [vec![0; 10], b"\x7fELF".repeat(30_000)].concat();
    assert!(examined(marks).contains("gap limit-embedded at f"));
}

#[test]
fn mutants_of_archives_are_survived() {
    let app = elf_of(&noise(300));
    let files: &[(&str, &[u8])] = &[("a", &app), ("b/c", b"text"), ("d", &[0; 3000])];
    let noise = noise(100_000);
    let mut next = noise.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let limits = Limits { unpacked: 1 << 20, ..Limits::default() };
    for original in [tar_of(files), zip_of(files), zstd_of(&tar_of(files)), gzip_of(&tar_of(files))] {
        for _ in 0..400 {
            let mut mutant = original.clone();
            for _ in 0..3 {
                let (at, value) = (next.next().unwrap_or(5), next.next().unwrap_or(9));
                let at = at % mutant.len();
                mutant[at] = value as u8;
            }
            examined_within(mutant, &limits);
        }
    }
}
