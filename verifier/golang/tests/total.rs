//! Every parser is total: arbitrary bytes and mangled real files are survived, and large ones take time in proportion.

use assize_golang::build::{Context, constraint, constraint_of_other, could_build, file_name_fate};
use assize_golang::modfile::{Strictness, parse_go_mod, parse_go_work};
use assize_golang::module::{
    Module, check_file_path, check_import_path, check_path, escape_path, matches_prefix_patterns, unescape_path,
};
use assize_golang::sum::{is_h1, parse_go_sum};
use assize_golang::vendor::{Main, Mains, clean, inconsistencies, parse_modules_txt};
use assize_golang::{glob, godebug, release, semver, sumdb};
use std::time::{Duration, Instant};

/// Pieces that mean something to one parser or another.
const PIECES: &[&str] = &[
    "//go:build ",
    "// +build ",
    "&&",
    "||",
    "!",
    "(",
    ")",
    "linux",
    "go1.26",
    "/*",
    "*/",
    "//",
    "\n",
    "\r\n",
    " ",
    "\t",
    "package p",
    "module ",
    "require ",
    "replace ",
    "=>",
    "v1.0.0",
    "v0.0.0-20060102150405-abcdef",
    "x.y/z",
    "./a",
    "\"",
    "`",
    "\\x",
    "\\",
    "[",
    "]",
    ",",
    "retract ",
    "h1:",
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "/go.mod",
    "# ",
    "## explicit; go 1.21",
    "## workspace",
    "default=",
    "go",
    "1.21rc1",
    "~1",
    "..",
    "\u{feff}",
    "é",
    "\0",
    "*",
    "?",
    "^",
    "-",
    "go.sum database tree\n",
    "\n\n",
    "— sum.golang.org ",
    "Az3grkwAPWdf0j0QaqFdZ3Hg/pDusO9we04GR+upDAujfj+kau8VzeyO7Xqw0j0qZNnwMvwiV98DluG2iyB8t4v4WQU=\n",
    "42644101\n",
];

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % below
    }

    fn bytes(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        for _ in 0..self.next(24) {
            match self.next(8) {
                0 => out.push(self.next(256) as u8),
                _ => out.extend(PIECES[self.next(PIECES.len())].as_bytes()),
            }
        }
        out
    }
}

fn everything(bytes: &[u8], context: &Context) {
    let text = String::from_utf8_lossy(bytes);
    let _ = (constraint(bytes, context), constraint_of_other(bytes, context), could_build(bytes));
    let _ = (file_name_fate(&text, context), check_path(&text), check_import_path(&text), check_file_path(&text));
    let _ = (
        escape_path(&text),
        unescape_path(&text),
        matches_prefix_patterns(&text, "x.y/z"),
        glob::matches(&text, &text),
    );
    let _ =
        (semver::pseudo(&text), semver::canonical(&text), semver::compare(&text, "v1.0.0"), is_h1(&text), clean(&text));
    let _ =
        (release::toolchain(&text), release::language(&text), godebug::directive(&text), godebug::implied(&text, None));
    let key = sumdb::Key::parse(sumdb::KEY).expect("the key");
    let _ = (sumdb::open(bytes, &key), sumdb::parse_tree(&text), sumdb::Key::parse(&text));
    let _ = sumdb::parse_record(bytes).map(|r| (r.sums(&Module::new("x.y/z", "v1.0.0")), sumdb::open(r.note, &key)));
    let (sum, txt, work) = (parse_go_sum(bytes), parse_modules_txt(bytes), parse_go_work(bytes));
    let file = parse_go_mod(bytes, Strictness::Main);
    let mains = Mains::new(vec![Main { go_mod: &file.file, folder: "a" }], Some(&work.file));
    let _ = inconsistencies(&txt, &mains);
    // Every place lies in the file.
    let places = sum
        .lines
        .iter()
        .map(|l| l.place)
        .chain(file.file.require.iter().map(|r| r.place))
        .chain(file.mistakes.iter().map(|m| m.place));
    for place in places {
        assert!(place.start <= place.end && place.end <= bytes.len(), "{place:?} of {} in {text:?}", bytes.len());
        assert!(place.line >= 1 && place.column >= 1 && place.end_column >= place.column, "{place:?} in {text:?}");
    }
}

#[test]
fn arbitrary_text_is_survived() {
    let mut random = Random(7);
    let context = Context::new("linux", "amd64");
    for _ in 0..20_000 {
        let bytes = random.bytes();
        everything(&bytes, &context);
    }
}

#[test]
fn large_files_take_time_in_proportion() {
    let context = Context::new("linux", "amd64");
    for piece in [
        "(",
        "//\n",
        "/*",
        "*/ /*",
        "require (\n",
        "\"",
        "\\",
        "x.y/z v1.0.0 h1:x\n",
        "# x.y/z v1.0.0\n## explicit\n",
        "!",
        "a,",
        "*",
    ] {
        let time = |times: usize| {
            let text = piece.repeat(times);
            let start = Instant::now();
            everything(format!("// +build {text}").as_bytes(), &context);
            everything(text.as_bytes(), &context);
            start.elapsed()
        };
        let (small, large) = (time(2_000), time(20_000));
        // Ten times the text: forty times the time and a second of patience is far from quadratic, also on a busy machine.
        assert!(large < small * 40 + Duration::from_millis(1000), "{piece:?}: {small:?}, {large:?}");
    }
}
