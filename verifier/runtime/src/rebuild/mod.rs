//! `binary.rebuild`: builds the delivered binaries again from the delivered source and compares bytes.
//!
//! The Go that builds is the operator's, of the version that the supplier names. It runs in a sandbox without network, sees the delivered source
//! and modules and nothing else of the delivery, and executes none of it: C compilers and programs between the Go command and its compiler are refused.

mod cache;
mod recipe;
mod toolchain;

use crate::output::Output;
use crate::plan::RunPlan;
use crate::random;
use crate::service::{Sandbox, copy};
use crate::supervise::wire::{Ask, Owner, Setup, Shown, Spawn};
use assize_delivery::{EntryKind, SourceTree};
use assize_facts::kinds::binary::Rebuild;
use assize_facts::{BinarySpec, Digest, Fact, Known, Origin, Progress, Reason, Sheet, reason};
use cache::Cache;
use recipe::Recipe;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where things are in the sandbox.
const WORK: &str = "/srv/build";
const SOURCE: &str = "/opt/source";
const GO: &str = "/opt/go";
const CACHE: &str = "/var/cache/go-build";
const MODULES: &str = "/opt/modules";
/// Bytes of all processes, and of each writable folder.
const MEMORY: u64 = 6 << 30;
const WRITABLE: u64 = 4 << 30;
const PROCESSES: u64 = 2048;
/// A build that takes longer is given up.
const LONGEST: Duration = Duration::from_secs(900);
/// More binaries than this are not built again: each may take as long as the longest.
const MOST: usize = 16;
/// Lines of what the Go command said that are shown.
const SHOWN: usize = 3;

/// One sheet per request for it; with `how` other than `required` nothing is built.
pub fn rebuild(plan: &RunPlan<'_>, modules: &[PathBuf], progress: &dyn Progress) -> Vec<Sheet> {
    let of = |request: &assize_facts::Request| {
        let mut sheet = Sheet::of::<Rebuild>();
        sheet.with = request.args();
        let wanted = request.arg("how").is_some_and(|how| how.as_str() == Some("required"));
        if wanted {
            fill(&mut sheet, plan, modules, progress);
        } else {
            sheet.gap(reason!("rebuild-not-agreed"), "");
        }
        sheet.settle();
        sheet
    };
    plan.requests_for(Rebuild::KIND).map(of).collect()
}

fn fill(sheet: &mut Sheet, plan: &RunPlan<'_>, modules: &[PathBuf], progress: &dyn Progress) {
    let declared = &plan.delivery.spec().binaries;
    if declared.is_empty() {
        sheet.gap(reason!("rebuild-not-described", binary = "–"), "");
    }
    if declared.len() > MOST {
        sheet.gap(reason!("rebuild-refused", what = format!("{} binaries", declared.len())), "");
    }
    for binary in declared.iter().take(MOST) {
        progress.step(&format!("building {} again", binary.name));
        let recipe = recipe::read(binary);
        let built = recipe.as_ref().map_err(Reason::clone).and_then(|recipe| build(plan, recipe, modules));
        let same = same(plan, binary, recipe.as_ref().ok(), &built);
        let command = recipe.as_ref().map(arguments).unwrap_or_default();
        let fact = Rebuild {
            binary: binary.name.clone(),
            go: binary.build.as_ref().and_then(|build| build.go.clone()),
            command,
            sha256: built.map_or_else(Known::Unknown, Known::Value),
            same,
        };
        sheet.push(fact, Origin::file(&binary.path));
        sheet.examined(1);
    }
}

fn same(
    plan: &RunPlan<'_>,
    binary: &BinarySpec,
    recipe: Option<&Recipe>,
    built: &Result<Digest, Reason>,
) -> Known<bool> {
    let built = match built {
        Ok(digest) => digest,
        Err(reason) => return Known::Unknown(reason.clone()),
    };
    match plan.delivery.digest_of_binary(&binary.name, &binary.path) {
        Err(reason) => Known::Unknown(reason),
        Ok(delivered) if delivered == *built => Known::Value(true),
        // What a repository would have written into it cannot be repeated without that repository.
        Ok(_) if recipe.is_none_or(|recipe| recipe.may_be_stamped) => {
            Known::Unknown(reason!("rebuild-may-be-stamped", binary = binary.name))
        }
        Ok(_) => Known::Value(false),
    }
}

fn arguments(recipe: &Recipe) -> Vec<String> {
    let mut all = vec!["go".to_owned(), "build".to_owned(), "-buildvcs=false".to_owned()];
    all.extend(recipe.flags.iter().cloned());
    all.push(recipe.package.clone());
    all
}

fn broken(error: io::Error) -> Reason {
    reason!("sandbox-broken", detail = error)
}

fn build(plan: &RunPlan<'_>, recipe: &Recipe, modules: &[PathBuf]) -> Result<Digest, Reason> {
    let tree = plan.delivery.source()?.ok_or_else(|| reason!("no-source"))?;
    let root = toolchain::find(&recipe.go, plan.delivery.root())?;
    let user = 1_000_000_000 + 10_000 * random::below(60_000).map_err(broken)? as u32;
    let cache = Cache::open(&recipe.go, user);
    let shown = |from: &Path, to: &str, writable: bool| Shown {
        from: from.to_string_lossy().into_owned(),
        to: to.into(),
        writable,
    };
    let mut folders = vec![shown(&root, GO, false)];
    folders.extend(cache.as_ref().map(|cache| shown(&cache.folder, CACHE, true)));
    let vendored = tree.entry("vendor/modules.txt").is_some();
    let proxies = if vendored { vec![] } else { proxies(plan, modules) };
    folders.extend(proxies.iter().enumerate().map(|(n, folder)| shown(folder, &format!("{MODULES}/{n}"), false)));
    let setup = Setup {
        sandbox: true,
        user,
        writable: vec![WORK.into(), "/tmp".into()],
        private: "/var/private".into(),
        host_libraries: false,
        shown: folders,
        writable_bytes: WRITABLE,
        hostname: "build".into(),
        address: None,
        memory: MEMORY,
        processes: PROCESSES,
        folder: None,
    };
    let sandbox = Sandbox::open(&plan.supervisor, &setup)?;
    source(&sandbox, &tree, plan.delivery.limits().binary_file)?;
    sandbox.ask(&Ask::Seal, &[]).map_err(broken)?;
    let holes = sandbox.canary(None).map_err(broken)?.holes();
    if !holes.is_empty() {
        return Err(reason!("sandbox-leaks", holes = holes.join("; ")));
    }
    run(plan, &sandbox, recipe, cache.is_some(), proxies.len())?;
    let mut built = sandbox.open_file(&format!("{WORK}/out")).map_err(|e| reason!("rebuild-failed", detail = e))?;
    copy(&mut built, &mut io::sink(), plan.delivery.limits().binary_file).map_err(broken)
}

/// Folders in the layout of a module proxy: delivered, or brought by the operator.
fn proxies(plan: &RunPlan<'_>, modules: &[PathBuf]) -> Vec<PathBuf> {
    let delivered = plan.delivery.spec().source.as_ref().and_then(|s| s.modules.as_deref());
    let delivered = delivered.map(|path| plan.delivery.host_path(path));
    let layout = |folder: PathBuf| {
        let inner = folder.join("cache/download");
        if inner.is_dir() { inner } else { folder }
    };
    // A link would lead out of the delivery.
    let plain = |folder: &PathBuf| folder.symlink_metadata().is_ok_and(|meta| meta.is_dir());
    delivered.into_iter().chain(modules.iter().cloned()).map(layout).filter(plain).collect()
}

/// Copies the delivered source; links stay what they are, and lead nowhere but within the sandbox.
fn source(sandbox: &Sandbox, tree: &SourceTree, limit: u64) -> Result<(), Reason> {
    for entry in tree.entries().filter(|entry| !entry.path.split('/').any(|part| part == ".git")) {
        let to = format!("{SOURCE}/{}", entry.path);
        let failed = |e: io::Error| reason!("rebuild-source-unusable", path = entry.path, detail = e);
        match &entry.entry.kind {
            EntryKind::File => {
                let mut from = std::fs::File::open(tree.host_path(entry.path)).map_err(failed)?;
                let mut into = sandbox.create(&to, 0o644, Owner::Sandbox).map_err(failed)?;
                if copy(&mut from, &mut into, limit).map_err(failed)? != tree.digest(entry.path)? {
                    return Err(reason!("file-changed", path = entry.path));
                }
            }
            EntryKind::Link(target) => sandbox.link(&to, target).map_err(failed)?,
            EntryKind::Special(_) => {}
        }
    }
    Ok(())
}

fn run(plan: &RunPlan<'_>, sandbox: &Sandbox, recipe: &Recipe, cached: bool, proxies: usize) -> Result<(), Reason> {
    let (output, streams, reader) = Output::capture(plan.delivery.limits()).map_err(broken)?;
    let mut args = arguments(recipe).split_off(1);
    args.splice(1..1, ["-o".to_owned(), format!("{WORK}/out")]);
    let ask = Ask::Spawn(Spawn {
        program: format!("{GO}/bin/go"),
        args,
        env: environment(recipe, cached, proxies),
        folder: SOURCE.into(),
        trace: false,
    });
    let [out, errors] = streams;
    let pid = sandbox.spawn(&ask, &out, &errors).map_err(|e| reason!("rebuild-failed", detail = e))?;
    drop((out, errors));
    let ended = sandbox.wait_exit(pid, LONGEST);
    if ended.is_none() {
        let _ = sandbox.signal(pid, 9);
    }
    output.wait_finished(Duration::from_secs(5));
    let said: Vec<String> =
        output.lines().iter().map(|line| String::from_utf8_lossy(&line.text).into_owned()).collect();
    drop(reader);
    match ended {
        Some(exit) if exit.code == Some(0) => Ok(()),
        Some(_) => {
            let last = said[said.len().saturating_sub(SHOWN)..].join("; ");
            Err(reason!("rebuild-failed", detail = last))
        }
        None => Err(reason!("rebuild-took-too-long", seconds = LONGEST.as_secs())),
    }
}

fn environment(recipe: &Recipe, cached: bool, proxies: usize) -> BTreeMap<String, String> {
    let proxy: Vec<String> = (0..proxies).map(|n| format!("file://{MODULES}/{n}")).chain(["off".to_owned()]).collect();
    let cache = if cached { CACHE.to_owned() } else { format!("{WORK}/cache") };
    let own = [
        ("PATH", format!("{GO}/bin")),
        ("HOME", WORK.into()),
        ("TMPDIR", "/tmp".into()),
        ("GOROOT", GO.into()),
        ("GOCACHE", cache),
        ("GOPATH", format!("{WORK}/go")),
        ("GOPROXY", proxy.join(",")),
        // Contents are held against go.sum all the same; whether go.sum is true is another clause's matter.
        ("GOSUMDB", "off".into()),
        ("GOTOOLCHAIN", "local".into()),
        ("GOENV", "off".into()),
        ("GOFLAGS", String::new()),
        ("GOTELEMETRY", "off".into()),
    ];
    let mut all: BTreeMap<String, String> = own.map(|(name, value)| (name.to_owned(), value)).into();
    all.extend(recipe.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    all
}
