//! What is in the build, against the Go command: the files of every package of the installed release; of public modules in the long tests.

use super::folder::{FolderId, Folders};
use super::graph::read_heads;
use super::select::{Outcome, select};
use super::tree::{Disk, Files};
use assize_golang::build::Context;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A platform, cgo, tags.
type Build = (&'static str, &'static str, bool, &'static str);

const BUILDS: &[Build] = &[
    ("linux", "amd64", true, ""),
    ("windows", "arm64", false, "netgo,custom"),
    ("darwin", "arm64", true, "race"),
    ("js", "wasm", false, ""),
];

/// By folder: each file's fate in the words of `go list`.
type Fates = BTreeMap<String, BTreeMap<String, &'static str>>;

fn theirs(root: &Path, patterns: &[&str], build: &Build) -> Fates {
    let (os, arch, cgo, tags) = *build;
    let fields = "-json=Dir,GoFiles,CgoFiles,IgnoredGoFiles,InvalidGoFiles,IgnoredOtherFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles,SwigCXXFiles,SysoFiles";
    let output = Command::new("go")
        .args(["list", "-e", "-find", fields, "-tags", tags])
        .args(patterns)
        .current_dir(root)
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOOS", os), ("GOARCH", arch)])
        // A published module may hold a part of its vendor folder; the library holds the whole of its own.
        .env("GOFLAGS", if patterns == ["./..."] { "-mod=mod" } else { "" })
        .envs([("GOPROXY", "off"), ("GOWORK", "off"), ("CGO_ENABLED", if cgo { "1" } else { "0" })])
        .output()
        .expect("these tests need `go` on the PATH");
    let mut fates = Fates::new();
    let packages = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Json>();
    for package in packages.map(|p| p.expect("go list prints JSON")) {
        let Some(dir) = package["Dir"].as_str().and_then(|dir| Path::new(dir).strip_prefix(root).ok()) else {
            continue;
        };
        let of = fates.entry(dir.to_string_lossy().into()).or_default();
        for (list, names) in package.as_object().into_iter().flatten() {
            let fate = match list.as_str() {
                "Dir" => continue,
                "CgoFiles" => "cgo",
                "IgnoredGoFiles" | "IgnoredOtherFiles" => "ignored",
                "InvalidGoFiles" => "invalid",
                _ => "built",
            };
            for name in names.as_array().into_iter().flatten().filter_map(|n| n.as_str()) {
                // A file may be both selected and invalid; invalid says more.
                let known = of.entry(name.to_string()).or_insert(fate);
                if fate == "invalid" {
                    *known = fate;
                }
            }
        }
    }
    fates
}

fn ours(folders: &Folders, folder: FolderId, context: &Context) -> BTreeMap<String, &'static str> {
    let selection = select(folders, folder, context);
    let fate = |id, outcome: &Outcome| {
        let name: &str = folders.file(id).name();
        Some(match outcome {
            Outcome::Go => "built",
            Outcome::Cgo => "cgo",
            Outcome::Other => "built",
            // The Go command lists C without cgo and then refuses it; `.S` it ignores.
            Outcome::NoCgo if name.ends_with(".S") || name.ends_with(".sx") => "ignored",
            Outcome::NoCgo => "c",
            Outcome::Named(_) | Outcome::Constrained(_) | Outcome::Documentation | Outcome::CgoOff => "ignored",
            Outcome::Refused(_) | Outcome::Unreadable => "invalid",
            Outcome::Test | Outcome::Hidden => return None,
        })
    };
    let all = selection.outcomes.iter();
    all.filter_map(|(id, outcome)| Some((folders.file(*id).name().to_string(), fate(*id, outcome)?))).collect()
}

/// Where the two differ, one a line.
fn differences(root: &Path, patterns: &[&str], below: &[&str], build: &Build) -> (usize, Vec<String>) {
    let disk = Disk::below(root, below);
    let mut folders = Folders::new(disk.list());
    let (os, arch, cgo, tags) = *build;
    let context = Context { cgo, ..Context::new(os, arch).with_tags(tags.split(',').filter(|t| !t.is_empty())) };
    let theirs = theirs(root, patterns, build);
    let places: Vec<FolderId> = theirs.keys().filter_map(|path| folders.at(path)).collect();
    read_heads(&disk, &mut folders, &places, &context);
    let (mut files, mut out) = (0, Vec::new());
    for (path, listed) in &theirs {
        let mine = folders.at(path).map(|folder| ours(&folders, folder, &context)).unwrap_or_default();
        let names: BTreeSet<&String> = mine.keys().chain(listed.keys()).filter(|n| !n.ends_with("_test.go")).collect();
        for name in names {
            files += 1;
            let (ours, go) =
                (mine.get(name).copied().unwrap_or("absent"), listed.get(name).copied().unwrap_or("absent"));
            // What the Go command lists of it is not the same for every package.
            let refused = ours == "c" && ["built", "absent"].contains(&go);
            if ours != go && !refused {
                out.push(format!("{os}/{arch} {path}/{name}: {ours}, go list says {go}"));
            }
        }
    }
    (files, out)
}

#[test]
fn the_go_command_lists_the_same_files_of_its_own_library() {
    let root = crate::go::corpus_tests::goroot().join("src");
    let below = ["runtime", "net", "os", "syscall", "crypto", "internal", "math", "plugin"];
    let patterns: Vec<String> = below.iter().map(|folder| format!("./{folder}/...")).collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    for build in &BUILDS[..2] {
        let (files, found) = differences(&root, &patterns, &below, build);
        assert!(files > 2_000, "only {files} files");
        assert_eq!(found, Vec::<String>::new());
    }
}

/// Of the modules in the folders that `ASSIZE_MODULES` names, apart by blanks.
#[test]
#[ignore = "needs public modules; played by tests/long.sh oracles"]
fn the_go_command_lists_the_same_files_of_public_modules() {
    let roots = std::env::var("ASSIZE_MODULES").expect("ASSIZE_MODULES names folders");
    for root in roots.split_whitespace().map(PathBuf::from) {
        for build in BUILDS {
            let (files, found) = differences(&root, &["./..."], &[""], build);
            eprintln!("{} {}/{}: {files} files", root.display(), build.0, build.1);
            assert!(files > 0, "{} has no packages", root.display());
            assert_eq!(found, Vec::<String>::new(), "{}", root.display());
        }
    }
}
