//! The language version that a vendored module is compiled with: what modules.txt says, against the module's own go.mod.
//!
//! With `-mod=vendor` the Go command takes it from the list and holds it against nothing (cmd/go/internal/modload/vendor.go); `go mod vendor`
//! writes it there as it stands in go.mod (cmd/go/internal/modcmd/vendor.go, Go 1.26).

use super::contents::Contents;
use super::graph::Graph;
use super::index::Effective;
use assize_facts::{Known, Reason, reason};
use assize_golang::modfile::{Strictness, parse_go_mod};
use assize_golang::module::Module;
use assize_golang::release;
use assize_golang::sum::{Summed, go_mod_h1};
use assize_golang::vendor::Vendored;

/// What is wrong with the list's `go` version of a module, or nothing; unknown where its go.mod is not at hand.
pub(super) fn difference(graph: &Graph, contents: &Contents, listed: &Vendored) -> Known<Option<String>> {
    // Before 1.17 none is written, and all is compiled as Go 1.16.
    let unwritten = listed.go.is_none() && release::compare(graph.go_line(), "1.17").is_lt();
    if listed.packages.is_empty() || unwritten {
        return Known::Value(None);
    }
    match declared(graph, contents, &graph.effective(&listed.module)) {
        Ok(declared) if declared == listed.go => Known::Value(None),
        Ok(declared) => {
            let said = |go: &Option<String>| go.as_ref().map_or("no go version".to_string(), |go| format!("go {go}"));
            let (listed, declared) = (said(&listed.go), said(&declared));
            let list = format!("{}/modules.txt", graph.vendor_folder());
            Known::Value(Some(format!("{list} ({listed}; the module's own go.mod: {declared})")))
        }
        Err(reason) => Known::Unknown(reason),
    }
}

/// The `go` line of a module's own go.mod, where it has one.
fn declared(graph: &Graph, contents: &Contents, effective: &Effective) -> Result<Option<String>, Reason> {
    match effective {
        Effective::Folder(folder) => {
            let target = folder.as_ref().and_then(|folder| graph.targets.get(folder));
            let name = folder.as_deref().unwrap_or("outside the source");
            let target = target.ok_or_else(|| reason!("target-not-delivered", target = name, module = name))?;
            Ok(target.go.clone())
        }
        Effective::Module(module) => {
            let text = own_go_mod(graph, contents, module)?;
            Ok(parse_go_mod(&text, Strictness::Dependency).file.go.map(|line| line.version))
        }
    }
}

/// The go.mod that go.sum sums, from wherever it is at hand.
fn own_go_mod(graph: &Graph, contents: &Contents, module: &Module) -> Result<Vec<u8>, Reason> {
    let sums = graph.sums_of(module, Summed::GoMod);
    if sums.is_empty() {
        return Err(reason!("sum-missing", module = module));
    }
    let is_summed = |text: &Vec<u8>| sums.iter().all(|sum| *sum == go_mod_h1(text));
    // What stands for the go.mod of a module without one (cmd/go/internal/modfetch `LegacyGoMod`).
    let legacy = format!("module {}\n", module.path).into_bytes();
    let mut at_hand = contents.go_mods(module).peekable();
    let seen = at_hand.peek().is_some();
    std::iter::once(legacy).chain(at_hand).find(is_summed).ok_or_else(|| match seen {
        true => reason!("contents-not-authentic", module = module),
        false => reason!("contents-not-delivered", module = module),
    })
}
