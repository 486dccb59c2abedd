//! Real programs built by the Go on PATH, and what is made of forged and broken ones.

use assize_delivery::Delivery;
use assize_facts::{Deliverable, Field, Item, Known, Limits, Quiet, Request, Sheet};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

mod beside;
mod fat;

const PROGRAM: &str = "package main\n\nimport \"fmt\"\n\ntype T struct{ n int }\n\n//go:noinline\nfunc (t *T) Show() { fmt.Println(t.n) }\n\nfunc main() {\n\t(&T{1}).Show()\n}\n";
const CGO: &str =
    "package main\n\n// static int one(void) { return 1; }\nimport \"C\"\n\nfunc main() { println(C.one()) }\n";

fn build(folder: &Path, source: &str, env: &[(&str, &str)], flags: &[&str]) {
    std::fs::write(folder.join("go.mod"), "module example.com/p\n\ngo 1.26\n").expect("a file");
    std::fs::write(folder.join("main.go"), source).expect("a file");
    let mut go = Command::new("go");
    go.current_dir(folder).args(["build", "-buildvcs=false"]).args(flags).args(["-o", "p", "."]);
    go.env("GOENV", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "")
        .env("CGO_ENABLED", "0")
        .envs(env.iter().copied());
    let done = go.output().expect("go is on PATH");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn open(folder: &Path) -> Delivery {
    let spec = Deliverable {
        binaries: vec![assize_facts::BinarySpec { name: "p".into(), path: "p".into(), ..Default::default() }],
        ..Deliverable::default()
    };
    Delivery::open(folder, spec, Limits::default()).expect("a folder")
}

fn collect_of(delivery: &Delivery, kind: &str) -> Sheet {
    crate::collect(delivery, crate::Context::default(), &[Request::new(kind, &BTreeMap::new())], &Quiet).remove(0)
}

fn collect(folder: &Path, kind: &str) -> Sheet {
    collect_of(&open(folder), kind)
}

fn one(folder: &Path, kind: &str) -> Item {
    let sheet = collect(folder, kind);
    assert_eq!((sheet.items.len(), &sheet.gaps), (1, &vec![]), "{kind}");
    sheet.items[0].clone()
}

#[test]
fn a_pure_go_program_is_told_by_information_table_and_headers() {
    for flags in [&[][..], &["-ldflags=-s -w", "-trimpath"], &["-buildmode=pie"]] {
        let folder = tempfile::tempdir().expect("a folder");
        build(folder.path(), PROGRAM, &[], flags);
        let info = one(folder.path(), "binary.info");
        assert_eq!(info.bool("go_program"), Some(true), "{flags:?}");
        assert_eq!(info.bool("readers_agree"), Some(true), "{flags:?}");
        assert_eq!(info.text("main_package"), Some("example.com/p"));
        let linkage = one(folder.path(), "binary.linkage");
        assert_eq!(linkage.bool("cgo_setting"), Some(false));
        assert_eq!(linkage.bool("has_cgo_functions"), Some(false), "{flags:?}");
        assert_eq!(linkage.bool("consistent"), Some(true));
        assert_eq!(linkage.bool("needed_by_pure_go"), Some(true));
        assert_eq!(linkage.texts("embedded"), Some(vec![]), "{flags:?}");
        let mode = if flags.contains(&"-buildmode=pie") { "pie" } else { "exe" };
        assert_eq!(linkage.text("build_mode"), Some(mode));
        let functions = collect(folder.path(), "binary.functions");
        let main = functions.items.iter().find(|i| i.text("package") == Some("main")).expect("the main package");
        assert_eq!(main.texts("names"), Some(vec!["(*T).Show", "main"]), "{flags:?}");
    }
}

#[test]
fn build_information_is_found_without_the_name_of_its_section() {
    let folder = tempfile::tempdir().expect("a folder");
    build(folder.path(), PROGRAM, &[], &["-ldflags=-s -w"]);
    let whole = std::fs::read(folder.path().join("p")).expect("a program");
    let mut renamed = whole.clone();
    let name = memchr::memmem::rfind(&renamed, b".go.buildinfo\0").expect("a section's name");
    renamed[name + 1] = b'x';
    let mut removed = whole;
    removed[40..48].fill(0);
    removed[60..64].fill(0);
    for bytes in [renamed, removed] {
        std::fs::write(folder.path().join("p"), bytes).expect("a file");
        let info = one(folder.path(), "binary.info");
        assert_eq!((info.bool("readers_agree"), info.text("main_package")), (Some(true), Some("example.com/p")));
    }
}

#[test]
fn the_compiler_is_told_by_the_debugging_information_whatever_version_is_recorded() {
    // Which version is recorded, and whether the compiler's is told.
    for (flags, recorded, told) in [
        (&["-trimpath"][..], None, true),
        (&["-trimpath", "-ldflags=-X runtime.buildVersion=go1.27.1"], Some("1.27.1"), true),
        (&["-trimpath", "-ldflags=-X runtime.buildVersion=go1.27.1 -compressdwarf=false"], Some("1.27.1"), true),
        (&["-ldflags=-s -w"], None, false),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        build(folder.path(), PROGRAM, &[], flags);
        let info = one(folder.path(), "binary.info");
        let version = info.text("go_version").map(str::to_owned);
        assert!(recorded.is_none_or(|recorded| version.as_deref() == Some(recorded)), "{flags:?} {version:?}");
        match (info.text("compiler"), recorded) {
            (Some(compiler), None) => assert_eq!(Some(compiler), version.map(|v| format!("go{v}")).as_deref()),
            (Some(compiler), Some(recorded)) => assert!(compiler.starts_with("go1") && !compiler.ends_with(recorded)),
            (None, _) => {}
        }
        assert_eq!(info.text("compiler").is_some(), told, "{flags:?}");
    }
}

#[test]
fn cgo_is_told_even_where_the_build_information_was_edited() {
    let folder = tempfile::tempdir().expect("a folder");
    build(folder.path(), CGO, &[("CGO_ENABLED", "1")], &[]);
    let honest = one(folder.path(), "binary.linkage");
    assert_eq!(honest.bool("cgo_setting"), Some(true));
    assert_eq!(honest.bool("has_cgo_functions"), Some(true));
    let mut bytes = std::fs::read(folder.path().join("p")).expect("the program");
    // It stands in the section of the build information, and as a string that the program itself reads.
    let places: Vec<usize> = memchr::memmem::find_iter(&bytes, b"CGO_ENABLED=1").collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + 12] = b'0';
    }
    std::fs::write(folder.path().join("p"), bytes).expect("a forged program");
    let forged = one(folder.path(), "binary.linkage");
    assert_eq!(forged.bool("cgo_setting"), Some(false));
    assert_eq!(forged.bool("consistent"), Some(false));
}

#[test]
fn a_program_with_another_function_table_or_other_build_information_is_not_described_by_either() {
    let folder = tempfile::tempdir().expect("a folder");
    build(folder.path(), PROGRAM, &[], &[]);
    let honest = std::fs::read(folder.path().join("p")).expect("the program");
    let at = |mark: &[u8]| memchr::memmem::find_iter(&honest, mark).find(|at| at % 8 == 0).expect("a mark");
    let embedding = format!("{PROGRAM}\n//go:embed copy\nvar copy string\n\nfunc init() {{ println(len(copy)) }}\n")
        .replace("import \"fmt\"", "import (\n\t_ \"embed\"\n\t\"fmt\"\n)");
    for (mark, tables, infos) in [(&b"\xf1\xff\xff\xff\0\0"[..], 2, 1), (b"\xff Go buildinf:", 1, 2)] {
        // Wherever the linker puts it: tools look on boundaries, a program can be told to use any place.
        let copy = &honest[at(mark)..][..4096];
        std::fs::write(folder.path().join("copy"), copy).expect("a file");
        build(folder.path(), &embedding, &[], &["-ldflags=-s -w"]);
        let info = one(folder.path(), "binary.info");
        let wanted = assize_facts::reason!("go-twice", binary = "p", tables = tables, infos = infos);
        for field in ["main_package", "readers_agree", "go_version"] {
            assert!(matches!(&info.fields[field], Field::Unknown(why) if *why == wanted), "{field}: {info:?}");
        }
        let functions = collect(folder.path(), "binary.functions");
        assert!(functions.items.is_empty() && functions.gaps[0].reason == wanted, "{:?}", functions.gaps);
    }
}

/// Where the sections of an ELF program stand in its file.
fn section(program: &[u8], name: &str) -> goblin::elf::SectionHeader {
    let elf = goblin::elf::Elf::parse(program).expect("ELF");
    let named = |section: &&goblin::elf::SectionHeader| elf.shdr_strtab.get_at(section.sh_name) == Some(name);
    elf.section_headers.iter().find(named).expect(name).clone()
}

#[test]
fn a_whole_go_program_that_is_embedded_is_told_from_the_one_that_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    build(folder.path(), PROGRAM, &[], &["-ldflags=-s -w"]);
    std::fs::rename(folder.path().join("p"), folder.path().join("agent")).expect("a file");
    let embedding = format!("{PROGRAM}\n//go:embed agent\nvar agent string\n\nfunc init() {{ println(len(agent)) }}\n")
        .replace("import \"fmt\"", "import (\n\t_ \"embed\"\n\t\"fmt\"\n)");
    let main_package = || {
        let sheet = collect(folder.path(), "binary.info");
        let own = sheet.items.iter().find(|item| item.text("path") == Some("p")).expect("the program");
        own.fields["main_package"].clone()
    };
    for flags in [&["-buildmode=pie"][..], &["-ldflags=-s -w"]] {
        build(folder.path(), &embedding, &[], flags);
        let found = main_package();
        assert!(found.known().is_some_and(|name| name == "example.com/p"), "{flags:?} {found:?}");
    }
    // The section headers name the tables of the one that is carried.
    let carried = std::fs::read(folder.path().join("agent")).expect("the agent");
    let mut bytes = std::fs::read(folder.path().join("p")).expect("the program");
    let at = memchr::memmem::find(&bytes, &carried).expect("it is carried") as u64;
    for name in [".gopclntab", ".go.buildinfo"] {
        let (own, inner) = (section(&bytes, name), section(&carried, name));
        let written = [own.sh_offset.to_le_bytes(), own.sh_size.to_le_bytes()].concat();
        let row = memchr::memmem::find(&bytes, &written).expect("the header of a section");
        let forged = [(at + inner.sh_offset).to_le_bytes(), inner.sh_size.to_le_bytes()].concat();
        bytes[row..row + 16].copy_from_slice(&forged);
    }
    std::fs::write(folder.path().join("p"), bytes).expect("a forged program");
    let found = main_package();
    assert!(matches!(&found, Field::Unknown(why) if why.code == "go-twice"), "{found:?}");
}

#[test]
fn programs_for_other_systems_are_read() {
    for (os, arch, format) in [("darwin", "arm64", "macho"), ("windows", "amd64", "pe"), ("linux", "386", "elf")] {
        let folder = tempfile::tempdir().expect("a folder");
        build(folder.path(), PROGRAM, &[("GOOS", os), ("GOARCH", arch)], &[]);
        let info = one(folder.path(), "binary.info");
        assert_eq!((info.text("os"), info.text("arch"), info.text("format")), (Some(os), Some(arch), Some(format)));
        assert_eq!(info.text("main_package"), Some("example.com/p"), "{os}");
        assert_eq!(one(folder.path(), "binary.linkage").bool("needed_by_pure_go"), Some(true), "{os}");
    }
}

#[test]
fn a_declared_program_whose_signs_of_go_were_wiped_out_is_not_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    build(folder.path(), PROGRAM, &[], &[]);
    let mut bytes = std::fs::read(folder.path().join("p")).expect("the program");
    // The build information's mark, the function table's of Go 1.20 and later, and the names of their sections.
    for sign in [&b"\xff Go buildinf:"[..], b"\xf1\xff\xff\xff\x00\x00", b".go.buildinfo", b".gopclntab"] {
        let at: Vec<usize> = memchr::memmem::find_iter(&bytes, sign).collect();
        assert!(!at.is_empty(), "{sign:?}");
        at.iter().for_each(|at| bytes[*at..*at + sign.len()].fill(b'x'));
    }
    std::fs::write(folder.path().join("p"), bytes).expect("the program");
    let linkage = one(folder.path(), "binary.linkage");
    assert!(matches!(&linkage.fields["go_program"], Field::Unknown(why) if why.code == "no-sign-of-go"), "{linkage:?}");
}

#[test]
fn broken_and_cut_programs_are_gaps_and_never_panics() {
    let folder = tempfile::tempdir().expect("a folder");
    build(folder.path(), PROGRAM, &[], &[]);
    let good = std::fs::read(folder.path().join("p")).expect("the program");
    let mut seed = 7u64;
    for round in 0..60 {
        let mut bad = good.clone();
        for _ in 0..8 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let range = if round % 2 == 0 { 4096 } else { bad.len() };
            let at = (seed >> 33) as usize % range;
            bad[at] = (seed >> 17) as u8;
        }
        if round % 5 == 0 {
            bad.truncate((seed >> 33) as usize % good.len());
        }
        std::fs::write(folder.path().join("p"), bad).expect("a mutant");
        let sheet = collect(folder.path(), "binary.info");
        assert_eq!(sheet.items.len() + sheet.gaps.len(), 1, "a mutant is a fact or a gap");
    }
}

#[test]
fn a_program_that_changes_between_the_inventory_and_its_reading_is_a_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    build(folder.path(), PROGRAM, &[], &[]);
    let delivery = open(folder.path());
    delivery.collect(&[Request::new("inventory.files", &BTreeMap::new())], &Quiet);
    let mut bytes = std::fs::read(folder.path().join("p")).expect("the program");
    let at = memchr::memmem::find(&bytes, b"main.(*T).Show").expect("a name of the function table");
    bytes[at] = b'x';
    std::fs::write(folder.path().join("p"), bytes).expect("another program");
    for kind in ["binary.info", "binary.functions", "binary.linkage"] {
        let sheet = collect_of(&delivery, kind);
        let gaps: Vec<(&str, &str)> = sheet.gaps.iter().map(|g| (g.reason.code.as_str(), g.place.as_str())).collect();
        assert_eq!((sheet.items.len(), gaps), (0, vec![("file-changed", "p")]), "{kind}");
    }
}

#[test]
fn a_plain_program_says_the_same_whether_it_is_read_in_part_or_whole() {
    type Setup<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);
    let setups: [Setup<'_>; 6] = [
        (PROGRAM, &[], &[]),
        (PROGRAM, &[], &["-ldflags=-s -w", "-trimpath"]),
        (PROGRAM, &[], &["-buildmode=pie"]),
        (PROGRAM, &[("GOARCH", "arm64")], &[]),
        (PROGRAM, &[("GOARCH", "386"), ("GOOS", "freebsd")], &[]),
        (CGO, &[("CGO_ENABLED", "1")], &[]),
    ];
    for (source, env, flags) in setups {
        let folder = tempfile::tempdir().expect("a folder");
        build(folder.path(), source, env, flags);
        let delivery = open(folder.path());
        let tables = crate::early::Tables::of(&delivery, &delivery.declared_binaries());
        delivery.will_open(["p".to_string()]);
        delivery.take_inventory(&Quiet);
        let file = delivery.open_binary("p").expect("it opens");
        let part = crate::program::Read::of(&file, |_| None).expect("read");
        assert_eq!(file.held(), None, "{env:?} {flags:?}: nothing but parts was read");
        let whole = crate::program::Read::whole(part.headers.clone(), &file).expect("read");
        assert!(file.held().is_some());
        assert_eq!(part.build_info, whole.build_info);
        assert_eq!((&part.readers_agree, &part.obfuscated), (&whole.readers_agree, &whole.obfuscated));
        assert_eq!(part.readers_agree, Known::Value(true));
        let part_headers = part.headers.clone();
        let (part, whole) = (part.functions.expect("read"), whole.functions.expect("read"));
        assert_eq!((&part.trees_unread, &whole.trees_unread), (&None, &None));
        let told = |functions: &crate::functions::Functions| -> Vec<String> {
            let of = |(name, package): (&str, crate::functions::PackageOf<'_>)| {
                let all: Vec<_> = package.functions().collect();
                format!("{name} {all:?} {:?}", package.inlined().collect::<Vec<_>>())
            };
            functions.packages().map(of).collect()
        };
        assert!(told(&part).len() > 10);
        assert_eq!(told(&part), told(&whole), "{env:?} {flags:?}");
        // Of a stripped program the table is hashed last, with nothing behind it to hash meanwhile.
        match tables.take("p", &part_headers, &file) {
            Some(early) => assert_eq!(told(&early), told(&whole), "{env:?} {flags:?}: read early"),
            None => assert!(flags.contains(&"-ldflags=-s -w"), "{env:?} {flags:?}"),
        }
        assert!(tables.take("p", &part_headers, &file).is_none(), "it is given away once");
    }
}

/// Headers and build information, by both readers, of the program at ASSIZE_PROGRAM, whose hash is taken before: the least of a hundred times.
#[test]
#[ignore = "a benchmark; played by tests/bench/binary.sh"]
fn how_long_build_information_takes() {
    let program = std::env::var_os("ASSIZE_PROGRAM").expect("ASSIZE_PROGRAM names a program");
    let folder = Path::new(&program).parent().expect("a folder");
    let name = Path::new(&program).file_name().expect("a name").to_string_lossy().into_owned();
    let delivery = Delivery::open(folder, Deliverable::default(), Limits::default()).expect("a folder");
    let file = delivery.open_binary(&name).expect("a program");
    let once = |_| {
        let begun = std::time::Instant::now();
        let headers = crate::headers::read(&file).expect("headers");
        let (own, agree) = crate::program::Plain::build_info(&headers, &file).expect("a plain Go program");
        assert!(own.is_ok() && agree == Known::Value(true));
        begun.elapsed()
    };
    let least = (0..100).map(once).min().unwrap_or_default();
    println!("| build information by both readers, hashed before | {:.4} s |", least.as_secs_f64());
}
