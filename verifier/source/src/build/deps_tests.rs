//! The packages of dependencies and their files, read out of module contents, against `go list -deps` on public modules: in the long tests.

use super::program::Program;
use crate::facts::table::built;
use crate::modules::{Delivered, Shelf};
use assize_delivery::Delivery;
use assize_facts::{Deliverable, Lang, Limits, Quiet};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Files that are built, by the import paths of packages.
type Packages = BTreeMap<String, BTreeSet<String>>;

fn go(root: &Path, cgo: bool, args: &[&str]) -> Vec<u8> {
    let settings = [("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod"), ("GOPROXY", "off")];
    let platform =
        [("GOOS", "linux"), ("GOARCH", "amd64"), ("GOWORK", "off"), ("CGO_ENABLED", if cgo { "1" } else { "0" })];
    let output = Command::new("go").args(args).current_dir(root).envs(settings).envs(platform).output();
    let output = output.expect("these tests need `go` on the PATH");
    assert!(output.status.success(), "go {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The packages below the main packages, the standard library's left out.
fn theirs(root: &Path, cgo: bool) -> Packages {
    let mains = go(root, cgo, &["list", "-f", "{{if eq .Name \"main\"}}{{.ImportPath}}{{end}}", "./..."]);
    let mains = String::from_utf8(mains).expect("text");
    let lists = "GoFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles,SwigCXXFiles,SysoFiles";
    let fields = format!("-json=ImportPath,Standard,{lists}");
    let args: Vec<&str> = ["list", "-deps", &fields].into_iter().chain(mains.lines()).collect();
    let packages = go(root, cgo, &args);
    let mut out = Packages::new();
    for package in serde_json::Deserializer::from_slice(&packages).into_iter::<Json>() {
        let package = package.expect("go list prints JSON");
        if package["Standard"] == true {
            continue;
        }
        let files = lists.split(',').flat_map(|list| package[list].as_array().into_iter().flatten());
        let files = files.filter_map(|name| name.as_str()).map(str::to_owned).collect();
        out.insert(package["ImportPath"].as_str().expect("a path").to_owned(), files);
    }
    out
}

fn ours(root: &Path, contents: &[PathBuf], cgo: bool) -> (Packages, Vec<String>) {
    let delivery = Delivery::open(root, Deliverable::default(), Limits::default()).expect("opened");
    let tree = delivery.source().expect("found").expect("a tree");
    let shelf = Shelf::new(&delivery, contents, Arc::default());
    let delivered = Delivered { tree: &tree, shelf: &shelf, follows: true };
    let spec = built(None, &[], &["GOWORK=off", if cgo { "CGO_ENABLED=1" } else { "CGO_ENABLED=0" }]);
    let program = Program::read(&delivered, &spec, &[], &Quiet);
    let mut out = Packages::new();
    for (path, package) in program.builds.iter().flat_map(|build| &build.graph.packages) {
        let taken = package.selection.outcomes.iter().filter(|(_, outcome)| outcome.is_built());
        let names = taken.map(|(id, _)| program.folders.file(*id).name().to_owned());
        out.entry(path.clone()).or_default().extend(names);
    }
    (out, program.gaps.iter().map(|gap| gap.reason.render(Lang::En)).collect())
}

/// Of the modules in the folders that `ASSIZE_MODULES` names, apart by blanks, with the module cache that `ASSIZE_CONTENTS` names.
#[test]
#[ignore = "needs public modules and their module cache; played by tests/long.sh oracles"]
fn packages_of_dependencies_are_those_that_the_go_command_lists() {
    let roots = std::env::var("ASSIZE_MODULES").expect("ASSIZE_MODULES names folders");
    let contents = [std::env::var("ASSIZE_CONTENTS").expect("ASSIZE_CONTENTS names a module cache").into()];
    for root in roots.split_whitespace().map(Path::new) {
        for cgo in [false, true] {
            let ((ours, gaps), theirs) = (ours(root, &contents, cgo), theirs(root, cgo));
            let files: usize = theirs.values().map(BTreeSet::len).sum();
            eprintln!("{} cgo {cgo}: {} packages, {files} files", root.display(), theirs.len());
            assert!(theirs.len() > 20, "{} has few packages", root.display());
            let mut found: Vec<String> = Vec::new();
            for path in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
                if ours.get(path) != theirs.get(path) {
                    found.push(format!("{path}: {:?}, go list says {:?}", ours.get(path), theirs.get(path)));
                }
            }
            assert_eq!((found, gaps), (Vec::<String>::new(), Vec::new()), "{}", root.display());
        }
    }
}
