//! Module files, versions, paths, notes and hashes against golang.org/x/mod, through a small Go program beside this file.
//!
//! The sample is played with every change; ten thousand variations, and every go.mod of twenty public modules, by `tests/long.sh oracle`.

mod shown;

use assize_golang::modfile::Strictness;
use assize_golang::sum::TreeHash;
use assize_golang::{module, semver, sumdb};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The Go program, built once.
fn oracle() -> PathBuf {
    static BUILT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    let build = || {
        let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oracle");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
        let done =
            Command::new("go").args(["build", "-o"]).arg(&program).arg(".").current_dir(source).envs(GO).status();
        assert!(done.expect("these tests need `go` on the PATH").success());
        program
    };
    BUILT.get_or_init(build).clone()
}

const GO: [(&str, &str); 4] = [("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("GOWORK", "off")];

struct Question {
    op: &'static str,
    a: Vec<u8>,
    b: Vec<u8>,
}

impl Question {
    fn new(op: &'static str, a: impl Into<Vec<u8>>, b: impl Into<Vec<u8>>) -> Question {
        Question { op, a: a.into(), b: b.into() }
    }

    fn ours(&self) -> Value {
        let (a, b) = (String::from_utf8_lossy(&self.a), String::from_utf8_lossy(&self.b));
        match self.op {
            "mod" => shown::go_mod(&self.a, Strictness::Main).unwrap_or_default(),
            "lax" => shown::go_mod(&self.a, Strictness::Dependency).unwrap_or_default(),
            "work" => shown::go_work(&self.a).unwrap_or_default(),
            "versions" => versions(&a, &b),
            "path" => path(&a, &b),
            "match" => json!(module::matches_prefix_patterns(&a, &b)),
            "note" => json!(sumdb::Key::parse(&b).and_then(|key| sumdb::open(&self.a, &key).ok().map(str::to_owned))),
            "tree" => json!(sumdb::parse_tree(&a).map(|head| json!([head.size, STANDARD.encode(head.hash)]))),
            "record" => json!(sumdb::parse_record(&self.a).map(|r| json!([
                r.number,
                r.text,
                String::from_utf8_lossy(r.note).into_owned()
            ]))),
            "h1" => {
                let mut tree = TreeHash::new();
                a.split('\n').for_each(|name| tree.add(name, Sha256::digest(name).into()));
                json!(tree.h1().ok())
            }
            other => panic!("{other}"),
        }
    }
}

fn versions(a: &str, b: &str) -> Value {
    let compared = semver::compare(a, b) as i8;
    json!({
        "compare": compared, "valid": semver::is_valid(a), "canonical": semver::canonical(a).unwrap_or_default(),
        "module": semver::canonical_module_version(a).unwrap_or_default(),
        "major": semver::major(a).unwrap_or_default(), "pseudo": semver::pseudo(a).is_some(),
    })
}

fn path(a: &str, b: &str) -> Value {
    let split = module::split_path_version(a);
    let (prefix, major) = split.unwrap_or((a, ""));
    json!({
        "module": module::check_path(a).is_ok(), "import": module::check_import_path(a).is_ok(),
        "file": module::check_file_path(a).is_ok(), "escaped": module::escape_path(a).ok(),
        "unescaped": module::unescape_path(a), "version": module::escape_version(a).ok(),
        "unescaped_version": module::unescape_version(a), "split": [prefix, major, split.is_some()],
        "fits": split.is_none() || module::check_path_major(b, major).is_ok(),
    })
}

/// All answers are the oracle's; how many it gave that were no refusal.
fn agree(questions: &[Question]) -> usize {
    let mut asked = String::new();
    for q in questions {
        let line = json!({ "Op": q.op, "A": STANDARD.encode(&q.a), "B": STANDARD.encode(&q.b) });
        writeln!(asked, "{line}").expect("text");
    }
    let mut child = Command::new(oracle()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("a thread").expect("it reads");
    let answers: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), questions.len());
    let mut wrong = Vec::new();
    for (q, theirs) in questions.iter().zip(&answers) {
        let (ours, theirs) = (shown::filled(q.ours()), shown::filled(theirs.clone()));
        if ours != theirs {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            wrong.push(format!("{} {:?} {:?}\n  theirs {theirs}\n  ours   {ours}", q.op, text(&q.a), text(&q.b)));
        }
    }
    let few: Vec<&String> = wrong.iter().take(20).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{few:#?}", wrong.len(), questions.len());
    answers.iter().filter(|a| !a.is_null()).count()
}

/// A generator of numbers (xorshift64*), so that a failure can be played again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % most.max(1)
    }

    fn one<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// Words of module files, right ones and nearly right ones.
const WORDS: &[&str] = &[
    "module",
    "go",
    "toolchain",
    "godebug",
    "require",
    "exclude",
    "replace",
    "retract",
    "tool",
    "ignore",
    "use",
    "(",
    ")",
    "=>",
    "[",
    "]",
    ",",
    "[v1.0.0, v1.2.0]",
    "x.y/a",
    "x.y/a/v2",
    "gopkg.in/y.v2",
    "x.y/b/v3",
    "X.y/a",
    "x.y/A",
    "./a",
    "../a",
    "/a",
    ".",
    "..",
    "C:\\a",
    "\"x.y/a\"",
    "`x.y/a`",
    "'x.y/a'",
    "\"x.y/\\x61\"",
    "v1.0.0",
    "v2.0.0",
    "v1.0",
    "v1",
    "v0.0.0-20200101000000-abcdefabcdef",
    "v1.2.3-pre.0.20200101000000-abcdefabcdef",
    "v2.0.0+incompatible",
    "v1.0.0+meta",
    "latest",
    "1.26",
    "1.26.0",
    "1.26rc1",
    "1.026",
    "go1.26.0",
    "default",
    "default=go1.21",
    "a=b=c",
    "tls10server=1",
    "// indirect",
    "// indirect; x",
    "// Deprecated: x",
    "//",
    "/* x */",
    "\\",
    "\r",
    "\t",
    "\u{feff}",
    "\u{a0}",
    "\u{2028}",
    "ä",
    "\u{0}",
    "",
    " ",
    "~1",
    "con",
    "a.",
    "a!b",
    "a@v1",
    "é.y/a",
    "a b",
    "-a",
    "x.y//a",
    "x.y/a/",
];

/// So many texts, each one of these with some words or lines changed.
fn variations(texts: &[&str], dice: &mut Dice, count: usize) -> Vec<String> {
    let one = |dice: &mut Dice| {
        let mut lines: Vec<String> = dice.one(texts).split('\n').map(str::to_owned).collect();
        for _ in 0..=dice.below(3) {
            let at = dice.below(lines.len());
            match dice.below(7) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[at].clone()),
                2 => {
                    let other = dice.below(lines.len());
                    lines.swap(at, other);
                }
                3 => lines[at].push_str(&format!(" {}", dice.one(WORDS))),
                4 => {
                    let mut words: Vec<&str> = lines[at].split(' ').collect();
                    let place = dice.below(words.len());
                    words[place] = dice.one(WORDS);
                    lines[at] = words.join(" ");
                }
                5 => {
                    let ends: Vec<usize> = lines[at].char_indices().map(|(i, _)| i).chain([lines[at].len()]).collect();
                    let place = ends[dice.below(ends.len())];
                    lines[at].insert_str(place, dice.one(WORDS));
                }
                _ => {
                    let words = (0..=dice.below(3)).map(|_| dice.one(WORDS)).collect::<Vec<_>>();
                    lines.insert(at, words.join(" "));
                }
            }
            if lines.is_empty() {
                lines.push(String::new());
            }
        }
        lines.join("\n")
    };
    (0..count).map(|_| one(dice)).collect()
}

fn of_module_files(texts: &[&str], dice: &mut Dice, count: usize) -> Vec<Question> {
    let varied = variations(texts, dice, count);
    varied.into_iter().enumerate().map(|(n, text)| Question::new(["mod", "lax", "mod"][n % 3], text, "")).collect()
}

fn of_words(dice: &mut Dice, count: usize) -> Vec<Question> {
    const PARTS: &[&str] = &[
        "v1",
        "v0",
        "v2",
        ".0",
        ".1",
        ".2.3",
        "-pre",
        "-0",
        "-20200101000000-abcdefabcdef",
        ".0.20200101000000-abcdefabcdef",
        "+incompatible",
        "+meta",
        "x.y",
        "/a",
        "/B",
        "!b",
        "/v2",
        "/v1",
        "/v02",
        ".v2",
        ".v0",
        "gopkg.in",
        "-unstable",
        "~1",
        "/con",
        "/a.",
        ".git",
        "/é",
        "/世",
        " ",
        ":",
        "*",
        "?",
        "[a-c]",
        "\\",
        ",",
        "//",
        "..",
        "-",
        "_",
        "\u{301}",
        "\n",
    ];
    let word = |dice: &mut Dice| (0..=dice.below(4)).map(|_| dice.one(PARTS)).collect::<String>();
    let ops = ["versions", "path", "match", "h1"];
    // A name twice has no hash here, whatever dirhash makes of it.
    let apart = |text: String| {
        text.split('\n').enumerate().map(|(n, name)| format!("{name}{n}")).collect::<Vec<_>>().join("\n")
    };
    let one = |(n, dice): (usize, &mut Dice)| {
        let (a, b) = (word(dice), word(dice));
        Question::new(ops[n % 4], if ops[n % 4] == "h1" { apart(a) } else { a }, b)
    };
    (0..count).map(|n| one((n, dice))).collect()
}

fn of_records(dice: &mut Dice, count: usize) -> Vec<Question> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sumdb");
    let record = std::fs::read_to_string(folder.join("lookup/golang.org/x/sync@v0.17.0")).expect("a record");
    let head = std::fs::read_to_string(folder.join("latest")).expect("a head");
    let text = head.split("\n\n").next().expect("a text").to_owned() + "\n";
    let ops = [("note", &head), ("record", &record), ("tree", &text)];
    let one = |(n, dice): (usize, &mut Dice)| {
        let (op, base) = ops[n % 3];
        let changed = if dice.below(4) == 0 { base.clone() } else { variations(&[base], dice, 1).remove(0) };
        Question::new(op, changed, sumdb::KEY)
    };
    (0..count).map(|n| one((n, dice))).collect()
}

#[test]
fn a_sample_of_module_files_versions_paths_and_records_is_read_as_in_go() {
    let mut dice = Dice(0x5EED);
    let files = of_module_files(&[shown::BASE], &mut dice, 900);
    let read = agree(&files);
    assert!(read > 100 && read < 800, "{read} of {} read", files.len());
    agree(
        &variations(&[shown::WORK], &mut dice, 300)
            .iter()
            .map(|t| Question::new("work", t.as_str(), ""))
            .collect::<Vec<_>>(),
    );
    agree(&of_words(&mut dice, 2_000));
    let records = of_records(&mut dice, 600);
    let read = agree(&records);
    assert!(read > 100 && read < 500, "{read} of {} read", records.len());
}

/// Large public modules, and a version of each.
const PUBLIC: &[(&str, &str)] = &[
    ("k8s.io/kubernetes", "v1.37.2"),
    ("github.com/prometheus/prometheus", "v0.315.0"),
    ("github.com/hashicorp/vault", "v1.21.4"),
    ("github.com/hashicorp/consul", "v1.22.3"),
    ("github.com/hashicorp/nomad", "v1.11.1"),
    ("github.com/caddyserver/caddy/v2", "v2.11.9"),
    ("github.com/coredns/coredns", "v1.15.0"),
    ("go.etcd.io/etcd/v3", "v3.6.8"),
    ("github.com/restic/restic", "v0.18.1"),
    ("github.com/minio/minio", "v0.0.0-20260212201848-7aac2a2c5b7c"),
    ("github.com/nats-io/nats-server/v2", "v2.15.2"),
    ("github.com/grafana/loki/v3", "v3.5.0"),
    ("github.com/traefik/traefik/v3", "v3.4.0"),
    ("github.com/influxdata/telegraf", "v1.34.0"),
    ("github.com/containerd/containerd/v2", "v2.1.0"),
    ("github.com/moby/moby", "v28.0.0+incompatible"),
    ("github.com/argoproj/argo-cd/v3", "v3.0.0"),
    ("github.com/cilium/cilium", "v1.17.0"),
    ("github.com/gohugoio/hugo", "v0.147.0"),
    ("helm.sh/helm/v4", "v4.3.1"),
];

/// Every go.mod in the module graph of a module: `.mod` files are what the Go command fetches for it.
fn go_mods(module: &str, version: &str, folder: &Path) -> BTreeSet<PathBuf> {
    std::fs::create_dir_all(folder).expect("a folder");
    let text = format!("module example.com/all\n\ngo 1.26.0\n\nrequire {module} {version}\n");
    std::fs::write(folder.join("go.mod"), text).expect("written");
    let cache = folder.join("cache");
    let mut go = Command::new("go");
    go.args(["list", "-m", "-e", "all"]).current_dir(folder).envs(GO).env("GOFLAGS", "-mod=mod -modcacherw");
    let done = go.env("GOMODCACHE", &cache).env("GOSUMDB", "off").stdout(Stdio::null()).output().expect("go");
    let mut found = BTreeSet::new();
    let mut folders = vec![cache.join("cache/download")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "mod") {
                found.insert(path);
            }
        }
    }
    assert!(!found.is_empty(), "{module} {version}: {}", String::from_utf8_lossy(&done.stderr));
    found
}

#[test]
#[ignore = "fetches thousands of go.mod files; played by `tests/long.sh oracle`"]
fn every_go_mod_of_twenty_public_modules_and_ten_thousand_variations_are_read_as_in_go() {
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("graphs");
    let mut texts: BTreeSet<Vec<u8>> = BTreeSet::new();
    for (module, version) in PUBLIC {
        let found = go_mods(module, version, &place.join(module.replace('/', "-")));
        eprintln!("{module} {version}: {} go.mod files", found.len());
        texts.extend(found.iter().map(|path| std::fs::read(path).expect("a file")));
    }
    let mut questions: Vec<Question> = Vec::new();
    for text in &texts {
        questions.push(Question::new("mod", text.clone(), ""));
        questions.push(Question::new("lax", text.clone(), ""));
    }
    let read = agree(&questions);
    eprintln!("{} different go.mod files, {read} answers that are no refusal", texts.len());
    let whole: Vec<String> = texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    // Long ones take long and vary little.
    let mut bases: Vec<&str> = whole.iter().map(String::as_str).filter(|text| text.len() < 4_000).collect();
    bases.push(shown::BASE);
    let mut dice = Dice(0xA551_2E00);
    let files = of_module_files(&bases, &mut dice, 10_000);
    let read = agree(&files);
    eprintln!("10000 variations, {read} of them read");
    agree(&of_words(&mut dice, 40_000));
    agree(&of_records(&mut dice, 3_000));
}
