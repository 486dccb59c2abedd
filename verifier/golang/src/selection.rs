//! Which version of each module a build takes: minimal version selection over a pruned module graph
//! (cmd/go/internal/modload `readModGraph`, Go 1.26; <https://go.dev/ref/mod#graph-pruning>).

use crate::modfile::GoMod;
use crate::module::Module;
use crate::{release, semver};
use std::collections::{BTreeMap, BTreeSet};

/// More go.mod files than these are not read.
const MOST: usize = 50_000;

/// The selected versions of all modules in the graph, by their paths; main modules are none of them. `go_mod` gives what stands in for the go.mod of a
/// module, replacements included. In a workspace what is selected above a member's requirement, and above one of what is selected so, counts as one
/// of the member's (`readModGraph` reloads it).
///
/// # Errors
/// The first module whose go.mod is not at hand: without it nothing is selected for sure.
pub fn selected(
    mains: &[&GoMod],
    is_workspace: bool,
    mut go_mod: impl FnMut(&Module) -> Option<GoMod>,
) -> Result<BTreeMap<String, String>, Module> {
    let own: BTreeSet<&str> = mains.iter().filter_map(|main| Some(main.module.as_ref()?.path.as_str())).collect();
    let excluded: BTreeSet<&Module> = mains.iter().flat_map(|main| &main.exclude).map(|e| &e.module).collect();
    let required = |of: &GoMod| -> Vec<Module> {
        let all = of.require.iter().map(|require| &require.module);
        all.filter(|module| !own.contains(module.path.as_str()) && !excluded.contains(module)).cloned().collect()
    };
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    let mut seen: BTreeSet<(Module, bool)> = BTreeSet::new();
    let mut open: Vec<(Module, bool)> = Vec::new();
    let mut raised: BTreeSet<Module> = BTreeSet::new();
    let mut of_members: Vec<Module> = Vec::new();
    for main in mains {
        of_members.extend(required(main));
        open.extend(required(main).into_iter().map(|module| (module, is_pruned(main))));
    }
    open.iter().for_each(|(module, _)| raise(&mut versions, module));
    loop {
        while let Some((module, pruned)) = open.pop() {
            if !seen.insert((module.clone(), pruned)) {
                continue;
            }
            let found = if seen.len() > MOST { None } else { go_mod(&module) };
            let Some(found) = found else { return Err(module) };
            // Of what lists not all that it needs, everything below is read.
            let goes_on = !(pruned && is_pruned(&found));
            for required in required(&found) {
                raise(&mut versions, &required);
                if goes_on {
                    open.push((required, false));
                }
            }
        }
        let above = |module: &Module| {
            let selected = versions.get(&module.path).filter(|selected| **selected != module.version)?;
            Some(Module::new(&*module.path, selected.as_str()))
        };
        let more: BTreeSet<Module> = of_members.iter().filter(|_| is_workspace).filter_map(above).collect();
        let more: Vec<Module> = more.difference(&raised).cloned().collect();
        if more.is_empty() {
            return Ok(versions);
        }
        for module in more {
            let Some(found) = go_mod(&module).filter(|_| raised.len() < MOST) else { return Err(module) };
            for required in required(&found) {
                raise(&mut versions, &required);
                open.push((required.clone(), is_pruned(&found)));
                of_members.push(required);
            }
            raised.insert(module);
        }
    }
}

/// Whether a go.mod lists all that its module's packages need, so that no further one is read for them: from `go 1.17` on.
pub fn is_pruned(go_mod: &GoMod) -> bool {
    let line = go_mod.go.as_ref().map_or(release::DEFAULT_GO_MOD, |go| go.version.as_str());
    release::compare(line, "1.17").is_ge()
}

fn raise(versions: &mut BTreeMap<String, String>, module: &Module) {
    let best = versions.entry(module.path.clone()).or_insert_with(|| module.version.clone());
    if semver::compare(best, &module.version).is_lt() {
        best.clone_from(&module.version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modfile::{Strictness, parse_go_mod};

    fn parsed(text: &str) -> GoMod {
        parse_go_mod(text.replace("; ", "\n").as_bytes(), Strictness::Main).file
    }

    /// `main | module@version go.mod | …`, lines apart by `; `.
    fn list(mains: &[&str], graph: &[(&str, &str)]) -> String {
        let mains: Vec<GoMod> = mains.iter().map(|text| parsed(text)).collect();
        let mains: Vec<&GoMod> = mains.iter().collect();
        let of = |module: &Module| {
            let found = graph.iter().find(|(name, _)| *name == module.to_string())?;
            Some(parsed(&format!("module {}; {}", module.path, found.1)))
        };
        match selected(&mains, mains.len() > 1, of) {
            Ok(list) => list.iter().map(|(path, version)| format!("{path}@{version}")).collect::<Vec<_>>().join(" "),
            Err(missing) => format!("missing {missing}"),
        }
    }

    #[test]
    fn the_highest_version_that_anything_asks_for_is_selected() {
        let old = "module m; go 1.16; require x.y/a v1.0.0; require x.y/b v1.0.0";
        let graph = [
            ("x.y/a@v1.0.0", "go 1.16; require x.y/c v1.1.0"),
            ("x.y/b@v1.0.0", "go 1.16; require x.y/c v1.2.0"),
            ("x.y/c@v1.1.0", "require x.y/d v1.9.0"),
            ("x.y/c@v1.2.0", "require x.y/d v1.0.0"),
            ("x.y/d@v1.9.0", ""),
            ("x.y/d@v1.0.0", ""),
        ];
        assert_eq!(list(&[old], &graph), "x.y/a@v1.0.0 x.y/b@v1.0.0 x.y/c@v1.2.0 x.y/d@v1.9.0");
        assert_eq!(list(&[old], &graph[..4]), "missing x.y/d@v1.0.0");
        let excluded = format!("{old}; exclude x.y/c v1.2.0");
        assert_eq!(list(&[&excluded], &graph), "x.y/a@v1.0.0 x.y/b@v1.0.0 x.y/c@v1.1.0 x.y/d@v1.9.0");
    }

    #[test]
    fn of_a_module_that_lists_all_it_needs_no_further_one_is_read() {
        let new = "module m; go 1.21; require x.y/a v1.0.0";
        let graph = [("x.y/a@v1.0.0", "go 1.18; require x.y/c v1.1.0")];
        assert_eq!(list(&[new], &graph), "x.y/a@v1.0.0 x.y/c@v1.1.0");
        let graph = [("x.y/a@v1.0.0", "go 1.15; require x.y/c v1.1.0"), ("x.y/c@v1.1.0", "require x.y/d v1.0.0")];
        assert_eq!(list(&[new], &graph), "missing x.y/d@v1.0.0");
    }

    #[test]
    fn what_is_selected_above_a_members_requirement_is_read_like_one() {
        let one = "module x.y/one; go 1.21; require x.y/a v1.0.0; require x.y/c v1.0.0";
        let two = "module x.y/two; go 1.21; require x.y/z v1.0.0";
        let graph = [
            ("x.y/a@v1.0.0", "go 1.18; require x.y/c v1.2.0"),
            ("x.y/c@v1.0.0", "go 1.18"),
            ("x.y/c@v1.2.0", "go 1.18; require x.y/z v1.1.0"),
            ("x.y/z@v1.0.0", "go 1.18"),
            ("x.y/z@v1.1.0", "go 1.18; require x.y/last v1.0.0"),
            ("x.y/last@v1.0.0", "go 1.18"),
        ];
        assert_eq!(list(&[one, two], &graph), "x.y/a@v1.0.0 x.y/c@v1.2.0 x.y/last@v1.0.0 x.y/z@v1.1.0");
        assert_eq!(list(&[one], &graph), "x.y/a@v1.0.0 x.y/c@v1.2.0");
    }

    #[test]
    fn members_of_a_workspace_need_no_go_mod_of_their_own_and_circles_end() {
        let one = "module x.y/one; go 1.21; require x.y/two v1.0.0; require x.y/a v1.0.0";
        let two = "module x.y/two; go 1.21; require x.y/a v1.3.0";
        let graph = [("x.y/a@v1.0.0", "require x.y/a v1.0.0"), ("x.y/a@v1.3.0", "require x.y/one v1.0.0")];
        assert_eq!(list(&[one, two], &graph), "x.y/a@v1.3.0");
    }
}
