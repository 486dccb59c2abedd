//! Archives made by independent writers, and what is refused.

use super::*;
use crate::store::Store;
use assize_facts::Sha256;
use flate2::write::GzEncoder;
use std::io::Write;

pub(crate) fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        builder.append_data(&mut header, name, *content).expect("memory takes it");
    }
    builder.into_inner().expect("memory takes it")
}

pub(crate) fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

pub(crate) fn bzip2_of(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = bzip2::bufread::BzEncoder::new(bytes, bzip2::Compression::best());
    encoder.read_to_end(&mut packed).expect("memory can be read");
    packed
}

pub(crate) fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

pub(crate) fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    for (name, content) in files {
        let method = rawzip::CompressionMethod::DEFLATE;
        let (mut entry, config) = archive.new_file(*name).compression_method(method).start().expect("a name");
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut writer = config.wrap(encoder);
        writer.write_all(content).expect("memory takes it");
        let (encoder, descriptor) = writer.finish().expect("memory takes it");
        encoder.finish().expect("memory takes it");
        entry.finish(descriptor).expect("memory takes it");
    }
    archive.finish().expect("memory takes it");
    out
}

#[derive(Default)]
struct Listing(Vec<String>);

impl Visitor for Listing {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()> {
        let mut text = String::new();
        content.take(20).read_to_string(&mut text)?;
        let kind = match &member.kind {
            MemberKind::File => format!("={text}"),
            MemberKind::Folder => "/".into(),
            MemberKind::Link(to) => format!("->{to}"),
            MemberKind::HardLink(to) => format!("=>{to}"),
            MemberKind::Special(kind) => format!(" {kind}"),
        };
        self.0.push(format!("{}{kind}", member.name));
        Ok(())
    }
    fn gap(&mut self, reason: Reason) {
        self.0.push(format!("gap {}", reason.code));
    }
    fn leftover(&mut self, from: u64, to: u64) {
        self.0.push(format!("left {}", to - from));
    }
}

fn list_within(bytes: Vec<u8>, limits: &Limits) -> String {
    let mut listing = Listing::default();
    let store = Store::Memory(bytes);
    if let Err(reason) = each(store.whole(), "a.gz", &Budget::new(limits), &mut listing) {
        listing.0.push(format!("end {}", reason.code));
    }
    listing.0.join("\n")
}

pub(crate) fn list(bytes: Vec<u8>) -> String {
    list_within(bytes, &Limits::default())
}

#[test]
fn every_format_gives_the_same_members() {
    let long = format!("{}/x", "d".repeat(150));
    let files: &[(&str, &[u8])] = &[("a", b"one"), ("b/c", b""), (&long, b"long name")];
    let want = format!("a=one\nb/c=\n{long}=long name");
    let tar = tar_of(files);
    assert_eq!(list(gzip_of(&tar)), want);
    assert_eq!(list(zstd_of(&tar)), want);
    assert_eq!(list(bzip2_of(&tar)), want);
    assert_eq!(list(tar), want);
    assert_eq!(list(zip_of(files)), want);
}

#[test]
fn a_bzip2_stream_is_read_to_its_end_and_damaged_where_it_is_not_as_it_was_written() {
    let tar = tar_of(&[("a", b"one"), ("b", b"two")]);
    let (whole, want) = (bzip2_of(&tar), "a=one\nb=two");
    for at in 14..whole.len() {
        let mut other = whole.clone();
        other[at] ^= 1;
        // What is left of the last byte may be anything.
        assert!(list(other.clone()).contains("end archive-damaged") || at + 1 == whole.len(), "byte {at}");
        assert!(list(whole[..at].to_vec()).contains("end archive-damaged"), "cut at {at}");
    }
    let (first, second) = tar.split_at(700);
    assert_eq!(list([bzip2_of(first), bzip2_of(second)].concat()), want);
    assert_eq!(list([whole, b"more".to_vec()].concat()), format!("{want}\nleft 4"));
}

/// Members are unpacked at once up to a size, and in pieces from there.
#[test]
fn a_zip_gives_members_of_every_size_whole() {
    struct Digests(Vec<assize_facts::Digest>);
    impl Visitor for Digests {
        fn member(&mut self, _: &Member, content: &mut dyn Read) -> io::Result<()> {
            self.0.push(Sha256::of_reader(content)?);
            Ok(())
        }
        fn gap(&mut self, reason: Reason) {
            panic!("{reason:?}");
        }
    }
    // Noise does not get smaller, so that packed and unpacked sizes pass the border at different members.
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let noise: Vec<u8> = (0..3 << 20).map(|_| next()).collect();
    let sizes = [0, 1, (1 << 20) - 400, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20];
    let files: Vec<(String, &[u8])> = sizes.iter().map(|n| (n.to_string(), &noise[..*n])).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    let (store, mut found) = (Store::Memory(zip_of(&files)), Digests(vec![]));
    each(store.whole(), "a.zip", &Budget::new(&Limits::default()), &mut found).expect("an honest archive");
    assert_eq!(found.0, files.iter().map(|(_, content)| Sha256::of(content)).collect::<Vec<_>>());
}

#[test]
fn what_is_compressed_alone_is_one_member() {
    assert_eq!(list(gzip_of(b"text")), "a=text");
    assert_eq!(list([gzip_of(b"te"), gzip_of(b"xt")].concat()), "a=text");
    assert_eq!(list([zstd_of(b"te"), zstd_of(b"xt")].concat()), "a=text");
}

#[test]
fn bytes_behind_an_archive_are_told() {
    let tar = tar_of(&[("a", b"one")]);
    assert_eq!(list([tar.clone(), vec![0; 4096]].concat()), "a=one");
    assert_eq!(list([tar.clone(), b"payload".to_vec()].concat()), "a=one\ngap archive-trailing");
    assert_eq!(list([gzip_of(&tar), b"payload".to_vec()].concat()), "a=one\nleft 7");
    let zip = zip_of(&[("a", b"one")]);
    assert_eq!(list([zip.clone(), vec![b'x'; 100]].concat()), "left 100\na=one");
    assert_eq!(list([vec![b'x'; 100], zip].concat()), "left 100\na=one");
}

#[test]
fn links_devices_and_twice_the_same_name_are_told() {
    let mut builder = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_size(0);
    header.set_entry_type(::tar::EntryType::Symlink);
    builder.append_link(&mut header, "link", "../../etc/passwd").expect("memory takes it");
    header.set_entry_type(::tar::EntryType::Link);
    builder.append_link(&mut header, "hard", "link").expect("memory takes it");
    header.set_entry_type(::tar::EntryType::Char);
    builder.append_data(&mut header, "null", io::empty()).expect("memory takes it");
    header.set_entry_type(::tar::EntryType::Regular);
    header.set_size(1);
    builder.append_data(&mut header, "x", &b"1"[..]).expect("memory takes it");
    builder.append_data(&mut header, "./x", &b"2"[..]).expect("memory takes it");
    let bytes = builder.into_inner().expect("memory takes it");
    assert_eq!(list(bytes), "link->../../etc/passwd\nhard=>link\nnull device\nx=1\ngap archive-duplicate\nx=2");
}

#[test]
fn a_bomb_ends_at_the_limit_of_ratio_or_size() {
    let zeros = gzip_of(&vec![0; 8 << 20]);
    assert!(list(zeros.clone()).contains("a=\0"), "a ratio below the limit is allowed");
    let limits = Limits { ratio: 100, ..Limits::default() };
    assert!(list_within(zeros.clone(), &limits).ends_with("end archive-bomb"));
    let limits = Limits { unpacked: 1 << 20, ratio: 10_000, ..Limits::default() };
    assert!(list_within(zeros, &limits).ends_with("end archive-too-large"));
    let limits = Limits { entries: 2, ..Limits::default() };
    let many = tar_of(&[("a", b"1"), ("b", b"2"), ("c", b"3")]);
    assert_eq!(list_within(many, &limits), "a=1\nb=2\nend limit-entries");
}

#[test]
fn a_cut_off_or_altered_archive_is_never_read_to_a_good_end() {
    let files: &[(&str, &[u8])] = &[("a", b"one"), ("b", &[b'x'; 2000])];
    for whole in [tar_of(files), gzip_of(&tar_of(files)), zstd_of(&tar_of(files)), zip_of(files)] {
        let end = whole.len() - whole.iter().rev().take_while(|b| **b == 0).count();
        for cut in [end / 4, end / 2, end * 3 / 4] {
            let text = list(whole[..cut].to_vec());
            assert!(text.contains("end ") || text.contains("gap "), "cut at {cut} of {end}: {text}");
        }
    }
    let mut zip = zip_of(files);
    let at = zip.windows(3).position(|w| w == b"one").unwrap_or(33);
    zip[at] ^= 1;
    assert!(list(zip).contains("end archive-damaged"));
    // The checksum and the size that the directory promises (APPNOTE.TXT, 4.3.12).
    for field in [16, 19, 24] {
        let mut zip = zip_of(files);
        let directory = zip.windows(4).position(|w| w == b"PK\x01\x02").expect("a directory");
        zip[directory + field] ^= 1;
        assert!(list(zip).contains("end archive-damaged"), "byte {field}");
    }
}

#[test]
fn members_of_a_zip_may_be_streams_of_other_formats() {
    let of = |method: u16, packed: &dyn Fn(&[u8]) -> Vec<u8>| {
        let mut out = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
        let method = rawzip::CompressionMethod::from(method);
        let (mut entry, config) = archive.new_file("a").compression_method(method).start().expect("a name");
        let mut writer = config.wrap(Vec::new());
        writer.write_all(b"one").expect("memory takes it");
        let (content, descriptor) = writer.finish().expect("memory takes it");
        entry.write_all(&packed(&content)).expect("memory takes it");
        entry.finish(descriptor).expect("memory takes it");
        archive.finish().expect("memory takes it");
        list(out)
    };
    for (method, packed) in [(12, bzip2_of as fn(&[u8]) -> Vec<u8>), (93, zstd_of), (95, super::xz_of)] {
        assert_eq!(of(method, &packed), "a=one", "{method}");
        let damaged = "end archive-damaged";
        assert!(of(method, &|bytes| [packed(bytes), b"code".to_vec()].concat()).ends_with(damaged), "{method}");
        assert!(of(method, &|_| packed(b"other")).ends_with(damaged), "{method}");
    }
    assert!(of(14, &|bytes| bytes.to_vec()).contains("archive-method"));
}

#[test]
fn a_zip_whose_local_header_names_another_file_is_refused() {
    let mut zip = zip_of(&[("good.go", b"package a")]);
    let at = zip.windows(7).position(|w| w == b"good.go").expect("the local name comes first");
    zip[at..at + 7].copy_from_slice(b"evil.go");
    assert_eq!(list(zip), "end archive-damaged");
}

/// A zip of one stored member with a field beside its name.
fn zip_with(name: &str, field: &[u8], at: rawzip::Header) -> String {
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    let id = rawzip::extra_fields::ExtraFieldId::INFO_ZIP_UNICODE_PATH;
    let (mut entry, config) =
        archive.new_file(name).extra_field(id, field, at).expect("short").start().expect("a name");
    let mut writer = config.wrap(&mut entry);
    writer.write_all(b"one").expect("memory takes it");
    let (_, descriptor) = writer.finish().expect("memory takes it");
    entry.finish(descriptor).expect("memory takes it");
    archive.finish().expect("memory takes it");
    list(out)
}

#[test]
fn a_member_of_a_zip_has_one_name() {
    let field = |name: &str| [b"\x01\0\0\0\0", name.as_bytes()].concat();
    for at in [rawzip::Header::LOCAL, rawzip::Header::CENTRAL] {
        assert_eq!(zip_with("a.go", &field("a.go"), at), "a.go=one");
        for other in [&field("b.go")[..], &field("ä.go"), b"\x01\0", b"\x01\0\0\0\0\xff.go"] {
            assert_eq!(zip_with("a.go", other, at), "end archive-damaged");
        }
    }
}

#[test]
fn a_folder_of_a_zip_has_no_content() {
    let folder = |content: &[u8]| {
        let mut zip = zip_of(&[("a", content)]);
        for (mark, name) in [(b"PK\x03\x04", 30), (b"PK\x01\x02", 46)] {
            let at = zip.windows(4).position(|w| w == mark).expect("a header");
            zip[at + name] = b'/';
        }
        list(zip)
    };
    assert_eq!(folder(b""), "//");
    assert_eq!(folder(b"payload"), "end archive-damaged");
}

#[test]
fn a_global_pax_header_that_renames_is_refused_and_a_comment_is_not() {
    let pax = |record: &[u8]| {
        let mut header = ::tar::Header::new_ustar();
        header.set_entry_type(::tar::EntryType::XGlobalHeader);
        header.set_path("pax_global_header").expect("short");
        header.set_size(record.len() as u64);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(record);
        bytes.resize(1024, 0);
        bytes.extend(tar_of(&[("a", b"one")]));
        bytes
    };
    assert_eq!(list(pax(b"15 comment=abc\n")), "a=one");
    assert_eq!(list(pax(b"10 path=b\n")), "end archive-damaged");
}

/// A member with its header as given, changed before it is summed, and two blocks of zeros behind all.
fn member_as(name: &str, flag: u8, content: &[u8], change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut header = ::tar::Header::new_ustar();
    header.set_path(name).expect("short");
    header.set_mode(0o755);
    header.set_size(content.len() as u64);
    header.as_mut_bytes()[156] = flag;
    change(header.as_mut_bytes());
    header.set_cksum();
    let mut bytes = [header.as_bytes(), content].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn member(name: &str, flag: u8, content: &[u8]) -> Vec<u8> {
    member_as(name, flag, content, |_| ())
}

fn list_of(members: &[Vec<u8>]) -> String {
    list([members.concat(), vec![0; 1024]].concat())
}

/// Go's archive/tar (every container runtime), GNU tar and libarchive differ in all of these.
#[test]
fn a_tar_that_two_readers_take_differently_is_refused() {
    let inner = || member("app", b'0', b"good");
    let file = || member("x", b'0', b"one");
    let pax = |records: &[u8]| member("pax", b'x', records);
    let refused = "end archive-damaged";
    let hidden: &[(&str, Vec<Vec<u8>>)] = &[
        ("a file called as a folder", vec![member("x/", b'0', &inner())]),
        ("an empty one", vec![member("x/", b'0', b"")]),
        ("a folder with content", vec![member("x/", b'5', &inner())]),
        ("a folder of v7 with content", vec![member("x/", 0, &inner())]),
        ("a folder of a GNU dump", vec![member("x", b'D', &inner())]),
        ("an unknown type", vec![member("x", b'Q', &inner())]),
        ("the pax header of Solaris", vec![member("pax", b'X', b"12 path=app\n"), file()]),
        ("two pax headers", vec![pax(b"12 path=app\n"), pax(b"13 comment=a\n"), file()]),
        ("a pax header before a global one", vec![pax(b"12 path=app\n"), member("g", b'g', b"13 comment=a\n"), file()]),
        ("a long name before a volume", vec![member("L", b'L', b"app\0"), member("v", b'V', b""), file()]),
        ("two long names", vec![member("L", b'L', b"app\0"), member("L", b'L', b"other\0"), file()]),
        ("a long name and one by pax", vec![member("L", b'L', b"app\0"), pax(b"14 path=other\n"), file()]),
        ("a pax name that is none", vec![pax(b"8 path=\n"), file()]),
        ("a pax name with a nought", vec![pax(b"14 path=app\0x\n"), file()]),
        ("a pax size with a sign", vec![pax(b"11 size=+3\n"), file()]),
        ("a pax record without a key", vec![pax(b"7 =app\n"), file()]),
        (
            "a size behind a nought",
            vec![member_as("x", b'0', b"one", |h| h[124..136].copy_from_slice(b"\x0000000000003"))],
        ),
        (
            "a size behind a blank and a nought",
            vec![member_as("x", b'0', b"one", |h| h[124..136].copy_from_slice(b" \x000000000003"))],
        ),
        ("a size with a sign", vec![member_as("x", b'0', b"one", |h| h[124..136].copy_from_slice(b"+0000000003\0"))]),
        (
            "GNU's mark and a prefix",
            vec![member_as("app", b'0', b"one", |h| {
                h[257..265].copy_from_slice(b"ustar  \0");
                h[345..350].copy_from_slice(b"other");
            })],
        ),
        (
            "star's mark and a long prefix",
            vec![member_as("app", b'0', b"one", |h| {
                h[345..490].fill(b'p');
                h[508..512].copy_from_slice(b"tar\0");
            })],
        ),
    ];
    for (what, members) in hidden {
        let listed = list_of(members);
        assert!(listed == refused, "{what}: {listed}");
    }
    let plain: &[(Vec<Vec<u8>>, &str)] = &[
        (vec![member("x/", 0, b""), member("y/", b'5', b"")], "x//\ny//"),
        (vec![member("x", b'7', b"one")], "x=one"),
        (vec![pax(b"12 path=app\n"), file()], "app=one"),
        (vec![pax(b"13 comment=a\n"), member("L", b'L', b"app\0"), file()], "app=one"),
        (vec![member("L", b'L', b"app\0"), pax(b"12 path=app\n"), file()], "app=one"),
        (vec![member("g", b'g', b"13 comment=a\n"), pax(b"12 path=app\n"), file(), file()], "app=one\nx=one"),
        (
            vec![member_as("app", b'0', b"one", |h| {
                h[257..265].copy_from_slice(b"ustar  \0");
                h[345..357].copy_from_slice(b"14712345670\0");
            })],
            "app=one",
        ),
        (vec![member_as("app", b'0', b"one", |h| h[345..348].copy_from_slice(b"dir"))], "dir/app=one"),
        (vec![member_as("x", b'0', b"one", |h| h[124..136].copy_from_slice(b"         3 \0"))], "x=one"),
    ];
    for (members, wanted) in plain {
        assert_eq!(&list_of(members), wanted);
    }
}

#[test]
fn static_archives_give_members_with_long_names() {
    let member = |name: &str, content: &str| {
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, content.len());
        format!("{header}{content}{}", if content.len() % 2 == 1 { "\n" } else { "" })
    };
    let gnu = ["!<arch>\n", &member("//", "a_very_long_member_name.o/\n"), &member("/0", "elf"), &member("b.o/", "x")];
    assert_eq!(list(gnu.concat().into_bytes()), "a_very_long_member_name.o=elf\nb.o=x");
    let bsd = ["!<arch>\n", &member("#1/4", "c.o\0body")];
    assert_eq!(list(bsd.concat().into_bytes()), "c.o=body");
}
