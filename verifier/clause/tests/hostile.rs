//! No file makes the readers panic, and none costs more than its size allows.

use assize_clause::{Attack, CheckOutcome, Clause, Contract, Example, Library, Mistakes, parse_deliverable};
use std::path::Path;
use std::time::{Duration, Instant};

const CLAUSE: &str = "id = \"a\"\nchapter = \"1\"\nobligation = \"must\"\nwaiver_level = \"L1\"\ntitle = { en = \"t\", zh = \"t\" }\n\
                      text = { en = \"t\", zh = \"t\" }\n[[check]]\nid = \"c\"\nlayer = \"binary\"\nnone = \"binary.linkage\"\n";

fn clause() -> Clause {
    Clause::parse("clause.toml", CLAUSE.as_bytes(), None).unwrap_or_else(|m| panic!("{}", m.plain(80)))
}

fn library() -> Library {
    Library::from_files("ours", "ours", [("a/clause.toml".to_string(), CLAUSE.into())].into())
}

/// Reads bytes as every sort of file and draws what is told.
fn read_as_everything(bytes: &[u8], clause: &Clause, library: &Library) {
    let told: [Option<Mistakes>; 5] = [
        Clause::parse("x.toml", bytes, None).err(),
        Contract::parse("x.toml", bytes, |_| library.clone()).err(),
        parse_deliverable("x.toml", bytes).err(),
        Example::parse("x.toml", bytes, clause, CheckOutcome::Pass).err(),
        Attack::parse("x.toml", bytes, Some(clause)).err(),
    ];
    for mistakes in told.into_iter().flatten() {
        assert!(!mistakes.is_empty(), "refused without a word: {:?}", String::from_utf8_lossy(bytes));
        mistakes.plain(60);
    }
}

fn inputs() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut all = Vec::new();
    for sort in std::fs::read_dir(root).expect("the folder of tests") {
        for entry in std::fs::read_dir(sort.expect("an entry").path()).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "toml") {
                all.push((path.clone(), std::fs::read(path).expect("a file")));
            }
        }
    }
    all.sort();
    all.into_iter().map(|(_, bytes)| bytes).collect()
}

/// A small generator with a fixed seed (xorshift64, Marsaglia 2003): the same bytes on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

#[test]
fn broken_files_are_refused_and_never_panic() {
    let (clause, library, inputs) = (clause(), library(), inputs());
    let odd = [
        "\"", "{", "}", "[", "]]", "=", "\n", "\\", "é", "\u{202e}", "{{", "\u{0}", "'''", "0x", "-", ".", "{item.",
        "1e999",
    ];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for input in &inputs {
        read_as_everything(input, &clause, &library);
        for _ in 0..3 {
            let mut bytes = input.clone();
            let at = dice.below(bytes.len());
            match dice.below(4) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..(at + 1 + dice.below(12)).min(bytes.len()))),
                2 => drop(bytes.splice(at..at, odd[dice.below(odd.len())].bytes())),
                _ => {
                    let other = &inputs[dice.below(inputs.len())];
                    bytes.splice(at..at, other.iter().copied());
                }
            }
            read_as_everything(&bytes, &clause, &library);
        }
    }
}

/// Lines up to a size that nobody writes by hand.
fn repeat(line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        let line = line(number);
        if text.len() + line.len() > 400_000 {
            break;
        }
        text.push_str(&line);
    }
    text
}

#[test]
fn a_large_file_of_anything_is_read_in_bounded_time() {
    let files = [
        format!("[run]\nbinary = \"a\"\n[run.env]\n{}", repeat(|i| format!("A{i} = \"\"\n"))),
        repeat(|i| format!("[[binary]]\nname = \"a{i}\"\npath = \"a\"\n")),
        repeat(|i| format!("[[request]]\nname = \"a{i}\"\npath = \"/\"\nendpoint = \"x\"\n")),
        repeat(|i| format!("unknown{i} = 1\n")),
        format!("x = \"{}\"", "{".repeat(400_000)),
        format!("[run]\nbinary = \"a\"\nargs = [\"{}\"]", "{work}".repeat(60_000)),
        format!("[run]\nbinary = \"a\"\nargs = [\"{}\"]", "{x}".repeat(120_000)),
        "[\n".repeat(200_000),
        "a.".repeat(200_000),
    ];
    for text in files {
        let started = Instant::now();
        if let Err(mistakes) = parse_deliverable("deliverable.toml", text.as_bytes()) {
            mistakes.plain(80);
        }
        let took = started.elapsed();
        assert!(took < Duration::from_secs(20), "{took:?} for {:?}…", &text[..60]);
        eprintln!("{took:?} {:?}", &text[..40]);
    }
}
