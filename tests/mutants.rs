//! Real executables, changed systematically: whatever is broken in them, reading them ends soon, in little memory, with a line or a gap.

use assize_delivery::Delivery;
use assize_facts::{BinarySpec, Deliverable, Limits, Quiet, Request, kinds};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A program of C and one of Go, each as its compiler makes it.
fn c_program(place: &Path) -> Vec<u8> {
    fs::write(place.join("x.c"), "int main(void) { return 0; }\n").expect("a file");
    made(Command::new("cc").args(["-o", "c-program", "x.c"]), place, "c-program")
}

fn go_program(place: &Path, os: &str, arch: &str) -> Vec<u8> {
    fs::write(place.join("x.go"), "package main\n\nfunc main() { println(\"hello\") }\n").expect("a file");
    let mut go = Command::new("go");
    go.args(["build", "-trimpath", "-o", "go-program", "x.go"]);
    go.envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("GOWORK", "off"), ("GO111MODULE", "off")]);
    made(go.envs([("CGO_ENABLED", "0"), ("GOOS", os), ("GOARCH", arch)]), place, "go-program")
}

fn made(command: &mut Command, place: &Path, name: &str) -> Vec<u8> {
    let done = command.current_dir(place).output().expect("the compiler is there (tests/setup.sh)");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    fs::read(place.join(name)).expect("the program")
}

/// Change number `n` of a program: a flipped bit, a field of extreme value, a cut, a moved or repeated stretch; headers first, since everything hangs on them.
fn mutant(program: &[u8], n: usize) -> Vec<u8> {
    let mut bytes = program.to_vec();
    let len = bytes.len();
    // Every other change falls on the first kilobytes, the rest are spread over the whole, its end included.
    let spread = n.wrapping_mul(2_654_435_761) >> 7;
    let at = if n.is_multiple_of(2) { (n / 2) % len.min(4096) } else { spread % len };
    let mut set = |value: &[u8]| {
        let end = (at + value.len()).min(len);
        bytes[at..end].copy_from_slice(&value[..end - at]);
    };
    match (n / 2) % 9 {
        0 => set(&[program[at] ^ (1 << (n % 8))]),
        1 => set(&[0xff; 4]),
        2 => set(&[0xff; 8]),
        3 => set(&[0; 8]),
        4 => set(&0x7fff_ffff_u32.to_le_bytes()),
        5 => set(&(len as u64).to_le_bytes()),
        6 => bytes.truncate(at),
        7 => {
            let stretch = bytes[at..(at + 512).min(len)].to_vec();
            let to = (spread / 3) % len;
            let end = (to + stretch.len()).min(len);
            bytes[to..end].copy_from_slice(&stretch[..end - to]);
        }
        _ => {
            let stretch = bytes[at..(at + 64).min(len)].to_vec();
            bytes.splice(at..at, stretch);
        }
    }
    bytes
}

struct Reader {
    place: TempDir,
    spec: Deliverable,
    requests: Vec<Request>,
    slowest: Duration,
    read: usize,
}

impl Reader {
    fn new() -> Reader {
        let binary = BinarySpec { name: "x".into(), path: "x".into(), ..BinarySpec::default() };
        let of_binaries = kinds::all().iter().filter(|kind| kind.name.starts_with("binary."));
        Reader {
            place: tempfile::tempdir().expect("a temporary folder"),
            spec: Deliverable { binaries: vec![binary], ..Deliverable::default() },
            requests: of_binaries.map(|kind| Request::new(kind.name, &Default::default())).collect(),
            slowest: Duration::ZERO,
            read: 0,
        }
    }

    /// By the inventory and by the room of binaries; neither may panic, take long or say nothing.
    fn read(&mut self, bytes: &[u8], which: &str) {
        let started = Instant::now();
        fs::write(self.place.path().join("x"), bytes).expect("a file");
        let delivery = Delivery::open(self.place.path(), self.spec.clone(), Limits::default()).expect("it opens");
        let inventory = delivery.collect(&[Request::new("inventory.files", &Default::default())], &Quiet).remove(0);
        assert!(inventory.items.iter().any(|item| item.text("path") == Some("x")), "{which}: no line");
        let failed = inventory.gaps.iter().find(|gap| gap.reason.code == "examiner-failed");
        assert!(failed.is_none(), "{which}: a panic of the examination");
        for sheet in assize_binary::collect(&delivery, Default::default(), &self.requests, &Quiet) {
            let silent = sheet.items.is_empty() && sheet.gaps.is_empty() && sheet.kind == "binary.info";
            assert!(!silent, "{which}: {} says nothing", sheet.kind);
        }
        self.slowest = self.slowest.max(started.elapsed());
        self.read += 1;
        assert!(started.elapsed() < Duration::from_secs(20), "{which} took {:?}", started.elapsed());
    }

    fn mutants(&mut self, program: &[u8], count: usize, name: &str) {
        for n in 0..count {
            self.read(&mutant(program, n), &format!("{name}, change {n}"));
        }
    }
}

/// The most memory that this process ever had, in MiB (`VmHWM`, proc_pid_status(5)).
fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the line");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

#[test]
fn two_thousand_mutants_of_real_programs_are_read_to_an_end() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let mut reader = Reader::new();
    reader.mutants(&c_program(place.path()), 1_970, "the C program");
    reader.mutants(&go_program(place.path(), "linux", "amd64"), 30, "the Go program");
    assert_eq!(reader.read, 2_000);
}

#[test]
fn a_segment_that_claims_four_thousand_million_sections_is_no_hang() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let mut reader = Reader::new();
    reader.read(&mutant(&go_program(place.path(), "darwin", "arm64"), 184), "darwin/arm64, change 184");
    assert!(reader.slowest < Duration::from_secs(10), "{:?}", reader.slowest);
}

#[test]
#[ignore = "takes long; played by tests/long.sh mutants"]
fn fifty_thousand_mutants_of_real_programs_are_read_to_an_end() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let mut reader = Reader::new();
    reader.mutants(&c_program(place.path()), 40_000, "the C program");
    let platforms =
        [("linux", "amd64"), ("linux", "s390x"), ("linux", "386"), ("darwin", "arm64"), ("windows", "amd64")];
    for (os, arch) in platforms {
        reader.mutants(&go_program(place.path(), os, arch), 2_000, &format!("{os}/{arch}"));
    }
    let peak = peak_mib();
    println!("{} mutants, the slowest {:?}, at most {peak} MiB", reader.read, reader.slowest);
    assert_eq!(reader.read, 50_000);
    assert!(peak < 1024, "{peak} MiB");
    assert!(reader.slowest < Duration::from_secs(10), "{:?}", reader.slowest);
}

#[test]
fn mutants_differ_from_the_program_and_from_each_other() {
    let program: Vec<u8> = (0..20_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let all: std::collections::BTreeSet<Vec<u8>> = (0..500).map(|n| mutant(&program, n)).collect();
    assert!(all.len() > 450 && !all.contains(&program), "{} different ones", all.len());
}
