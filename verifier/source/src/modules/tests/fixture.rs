//! Small deliverables, written to a folder of their own.

use crate::build::{Files, Imports, Program};
use crate::modules::{Delivered, Given, Shelf, collect};
use assize_delivery::Delivery;
use assize_facts::{Deliverable, Field, Item, Limits, Quiet, Request, Sha256, Sheet, SourceSpec};
use assize_golang::build::Context;
use assize_golang::module::{Module, escape_path};
use assize_golang::sum::{TreeHash, go_mod_h1};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use tempfile::TempDir;

/// A deliverable with `src` as its source root and `modules` in GOPROXY layout.
pub(super) struct Fixture {
    pub folder: TempDir,
    pub spec: Deliverable,
    pub imports: Option<Imports>,
    pub settings: Option<Sheet>,
    pub sources: Vec<PathBuf>,
    pub private: Vec<String>,
    /// Whether the source is read, and what it imports is followed into contents.
    pub follows: bool,
}

/// A file of a module: its path and text.
pub(super) type File<'a> = (&'a str, &'a str);

pub(super) const A: &[File<'static>] = &[
    ("go.mod", "module x.y/a\n\ngo 1.21\n"),
    ("a.go", "package a\n"),
    ("LICENSE", "free"),
    ("sub/sub.go", "package sub\n"),
];
pub(super) const B: &[File<'static>] = &[
    ("go.mod", "module x.y/b\n"),
    ("LICENSE", "free"),
    ("in/b.go", "package in\n\n//go:embed data\nvar b string\n"),
    ("in/data/text", "hello"),
    ("in/b_test.go", "package in\n"),
    ("in/gen.go", "//go:build ignore\n\npackage main\n"),
    ("in/b_windows.go", "package in\n"),
];

impl Fixture {
    /// All that the build imports.
    pub fn imports(&mut self, paths: &[&str]) {
        let paths = paths.iter().map(|path| (*path).to_string()).collect();
        self.imports = Some(Imports {
            paths,
            whole: true,
            own: true,
            contexts: vec![Context::new("linux", "amd64")],
            ..Imports::default()
        });
    }

    pub fn new() -> Fixture {
        let source = SourceSpec { root: Some("src".into()), modules: None, ..SourceSpec::default() };
        Fixture {
            folder: tempfile::tempdir().expect("a folder"),
            spec: Deliverable { source: Some(source), ..Deliverable::default() },
            imports: None,
            settings: None,
            sources: Vec::new(),
            private: Vec::new(),
            follows: false,
        }
    }

    /// x.y/a and x.y/b required, summed, vendored and delivered.
    pub fn honest() -> Fixture {
        let mut fixture = Fixture::new();
        fixture.write(
            "src/go.mod",
            "module example.com/app\n\ngo 1.26.0\n\nrequire (\n\tx.y/a v1.0.0\n\tx.y/b v1.1.0 // indirect\n)\n",
        );
        let sums = fixture.module("x.y/a", "v1.0.0", A) + &fixture.module("x.y/b", "v1.1.0", B);
        fixture.write("src/go.sum", &sums);
        fixture.write(
            "src/vendor/modules.txt",
            "# x.y/a v1.0.0\n## explicit; go 1.21\nx.y/a\n# x.y/b v1.1.0\n## explicit\nx.y/b/in\n",
        );
        for (path, text) in [("a/a.go", A[1].1), ("a/LICENSE", "free"), ("b/LICENSE", "free"), ("b/in/b.go", B[2].1)] {
            fixture.write(&format!("src/vendor/x.y/{path}"), text);
        }
        fixture.write("src/vendor/x.y/b/in/data/text", "hello");
        fixture.write("src/vendor/x.y/b/in/b_windows.go", "package in\n");
        fixture
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        self.bytes(path, text.as_bytes());
    }

    pub fn bytes(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }

    pub fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.expect("removed");
    }

    /// Replaces a text that is there exactly once.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(path)).expect("text");
        assert_eq!(text.matches(from).count(), 1, "{from} in {path}");
        self.write(path, &text.replace(from, to));
    }

    /// What the Go command says of the source, with the delivered modules as its only proxy.
    pub fn go_build(&self) -> Output {
        let folder = |name: &str| self.path(name).to_string_lossy().into_owned();
        Command::new("go")
            .args(["build", "-mod=readonly", "./..."])
            .current_dir(self.path("src"))
            .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "-modcacherw"), ("GOWORK", "off")])
            .envs([("GOPROXY", format!("file://{}", folder("modules"))), ("GOMODCACHE", folder("cache"))])
            .env("GONOSUMDB", "*")
            .output()
            .expect("these tests need `go` on the PATH")
    }

    /// Delivers a module in GOPROXY layout; its lines of go.sum.
    pub fn module(&mut self, path: &str, version: &str, files: &[File<'_>]) -> String {
        let module = Module::new(path, version);
        let named: Vec<(String, &str)> = files.iter().map(|(name, text)| (format!("{module}/{name}"), *text)).collect();
        let at = format!("modules/{}/@v/{version}", escape_path(path).expect("a path"));
        self.bytes(&format!("{at}.zip"), &zip(&named));
        let go_mod = files.iter().find(|(name, _)| *name == "go.mod").map_or("", |(_, text)| text);
        self.write(&format!("{at}.mod"), go_mod);
        if let Some(source) = &mut self.spec.source {
            source.modules = Some("modules".into());
        }
        sums(&module, &named, go_mod)
    }

    pub fn collect(&self, kind: &str) -> Sheet {
        let delivery = Delivery::open(self.folder.path(), self.spec.clone(), Limits::default()).expect("opened");
        let with = BTreeMap::from([("private_modules".to_string(), serde_json::json!(self.private))]);
        let shelf = Shelf::new(&delivery, &self.sources, Arc::default());
        let read = || {
            let tree = delivery.source().expect("a source").expect("a tree");
            let delivered = Delivered { tree: &tree, shelf: &shelf, follows: true };
            Program::read(&delivered as &dyn Files, delivery.spec(), &[], &Quiet).followed()
        };
        let followed = if self.follows { read() } else { BTreeMap::new() };
        let given = Given {
            spec: delivery.spec(),
            shelf: &shelf,
            imports: self.imports.as_ref(),
            followed: &followed,
            settings: self.settings.as_ref(),
        };
        let mut sheets = collect(&delivery, given, &[Request::new(kind, &with)], &Quiet);
        assert_eq!(sheets.len(), 1, "{kind}");
        let sheet = sheets.remove(0);
        let schema = assize_facts::kinds::schema(kind).expect("a kind");
        assert_eq!(sheet.check(schema), Ok(()));
        let words = assize_facts::words();
        let reasons = sheet.gaps.iter().map(|g| &g.reason).chain(sheet.items.iter().flat_map(unknowns));
        reasons.for_each(|r| assert!(words.contains_key(&r.code), "{} has no words", r.code));
        sheet
    }

    /// The fields of every item, one line each, and the gaps.
    pub fn show(&self, kind: &str, fields: &str) -> String {
        let sheet = self.collect(kind);
        let mut out = String::new();
        for item in &sheet.items {
            let all: Vec<String> = fields.split(' ').map(|name| shown(item, name)).collect();
            writeln!(out, "{}", all.join(" ")).expect("text");
        }
        for gap in &sheet.gaps {
            writeln!(out, "gap {} {}", gap.reason.code, gap.place).expect("text");
        }
        out
    }
}

fn unknowns(item: &Item) -> impl Iterator<Item = &assize_facts::Reason> {
    item.fields.values().filter_map(|field| match field {
        Field::Unknown(reason) => Some(reason),
        Field::Known(_) | Field::Possible(_) => None,
    })
}

fn shown(item: &Item, name: &str) -> String {
    match item.fields.get(name) {
        Some(Field::Known(serde_json::Value::String(text))) => text.clone(),
        Some(Field::Known(value)) => value.to_string(),
        Some(Field::Unknown(reason)) => format!("?{}", reason.code),
        Some(Field::Possible(_)) => "?possible".into(),
        None if name == "line" => item.origin.line.unwrap_or(0).to_string(),
        None if name == "file" => item.origin.file.as_deref().unwrap_or_default().to_owned(),
        None => panic!("no field {name}"),
    }
}

/// The lines of go.sum for contents.
pub(super) fn sums(module: &Module, files: &[(String, &str)], go_mod: &str) -> String {
    let mut tree = TreeHash::new();
    for (name, text) in files {
        tree.add(name.as_str(), sha256(text.as_bytes()));
    }
    let Module { path, version } = module;
    let h1 = tree.h1().unwrap_or_else(|_| go_mod_h1(b"none"));
    format!("{path} {version} {h1}\n{path} {version}/go.mod {}\n", go_mod_h1(go_mod.as_bytes()))
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(bytes);
    hash.bytes()
}

/// A zip of stored files (APPNOTE.TXT 4.3), written by hand so that any name can stand in it.
pub(super) fn zip<T: AsRef<[u8]>>(files: &[(String, T)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let text = text.as_ref();
        let offset = out.len() as u32;
        let (length, name_length) = (text.len() as u32, name.len() as u16);
        // Versions, flags, method, time and date are those of a plain stored file.
        let mut common = vec![20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc32(text).to_le_bytes());
        common.extend(length.to_le_bytes().repeat(2));
        common.extend(name_length.to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04".iter().chain(&common).chain(name.as_bytes()).chain(text));
        directory.extend(b"PK\x01\x02\x14\x00".iter().chain(&common).chain(&[0; 10]));
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (at, size, count) = (out.len() as u32, directory.len() as u32, files.len() as u16);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes().repeat(2));
    out.extend(size.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
