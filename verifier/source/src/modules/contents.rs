//! `module.contents` and `module.assurance`: contents against go.sum, in parallel.

use super::graph::Graph;
use super::hashing::{Files, Hashed, beginning};
use super::index::Effective;
use super::records::Records;
use super::requirements::zip_needed;
use super::shelf::Shelf;
use super::store::{Form, Store};
use assize_delivery::Member;
use assize_facts::kinds::module::{Assurance, Content, ContentForm};
use assize_facts::{Gap, Known, Origin, Progress, Reason, Sheet, reason};
use assize_golang::module::{Module, matches_prefix_patterns};
use assize_golang::semver;
use assize_golang::sum::{SumLine, Summed};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// One form of one module's contents that was looked at.
struct Examined {
    module: Module,
    store: usize,
    form: Form,
    hashed: Hashed,
}

/// Everything that is known of contents.
pub(super) struct Contents<'a> {
    stores: &'a [Store],
    examined: BTreeMap<Module, Vec<Examined>>,
    /// Modules whose contents the build needs, as far as the module files tell.
    expected: BTreeSet<Module>,
    gaps: &'a [Gap],
}

impl<'a> Contents<'a> {
    pub fn examine(shelf: &'a Shelf<'_>, graph: &Graph, progress: &dyn Progress) -> Contents<'a> {
        let (stores, gaps) = (shelf.stores(), shelf.gaps());
        let expected = expected(graph);
        let wanted: BTreeSet<&Module> =
            expected.iter().chain(graph.summed(Summed::Zip)).chain(graph.summed(Summed::GoMod)).collect();
        let mut tasks: Vec<(&Module, usize, Vec<Form>)> = Vec::new();
        for module in wanted {
            let found = stores.iter().map(|store| store.find(module)).enumerate();
            tasks.extend(found.filter(|(_, forms)| !forms.is_empty()).map(|(index, forms)| (module, index, forms)));
        }
        if !tasks.is_empty() {
            progress.step(&format!("hashing the contents of {} modules", tasks.len()));
        }
        let look = |(module, store, forms): (&Module, usize, Vec<Form>)| {
            // Files are asked for by what is vendored alone.
            let hashed = shelf.hashed(store, module, &forms, graph.vendor.is_some());
            let examined = |(form, hashed)| Examined { module: module.clone(), store, form, hashed };
            forms.into_iter().zip(hashed).map(examined).collect::<Vec<_>>()
        };
        let all: Vec<Vec<Examined>> = tasks.into_par_iter().with_max_len(1).map(look).collect();
        let mut examined: BTreeMap<Module, Vec<Examined>> = BTreeMap::new();
        for one in all.into_iter().flatten() {
            examined.entry(one.module.clone()).or_default().push(one);
        }
        Contents { stores, examined, expected, gaps }
    }

    pub fn sheet(&self, graph: &Graph) -> Sheet {
        let mut sheet = Sheet::of::<Content>();
        sheet.gaps.extend(self.gaps.iter().cloned());
        let modules: BTreeSet<&Module> = self.examined.keys().chain(&self.expected).collect();
        for module in modules {
            let mine = self.of(module);
            sheet.examined(u64::from(!mine.is_empty()));
            if self.expected.contains(module) && !mine.iter().any(Examined::is_whole) {
                sheet.push(absent(graph, module), sum_origin(graph, module));
            }
            for one in mine {
                let origin = Origin::file(self.stores[one.store].shown(one.path()));
                sheet.push(one.content(graph), origin);
            }
        }
        sheet
    }

    fn of(&self, module: &Module) -> &[Examined] {
        self.examined.get(module).map_or(&[], Vec::as_slice)
    }

    pub fn assurance(&self, graph: &Graph, records: &Records, private: &str) -> Sheet {
        let mut sheet = Sheet::of::<Assurance>();
        sheet.gaps.extend(self.gaps.iter().cloned());
        sheet.examined(graph.files.len() as u64);
        let lines = graph.sums.iter().flat_map(|(_, file)| &file.lines).filter(|line| !line.is_dropped());
        let public: Vec<&SumLine> = lines.filter(|l| !matches_prefix_patterns(private, &l.module.path)).collect();
        let unauthenticated = public.iter().filter(|line| records.sum(&line.module, line.of).is_err()).count() as u64;
        let has = |module: &Module| self.of(module).iter().any(Examined::is_whole);
        let unexamined = self.expected.iter().filter(|module| !has(module)).count() as u64;
        let sums = graph.sums.first().map(|(text, _)| text);
        if let Some(text) = sums.or_else(|| graph.files.first().map(|read| &read.text)) {
            let fact = Assurance {
                public_sums: public.len() as u64,
                unauthenticated,
                sums_authenticated: unauthenticated == 0,
                tree_heads: records.heads.clone(),
                expected_contents: self.expected.len() as u64,
                unexamined,
                contents_examined: unexamined == 0,
                forms: self.examined.values().map(|all| all.len() as u64).sum(),
            };
            sheet.push(fact, Origin::file(text.shown.clone()));
        }
        sheet
    }

    /// Texts that are at hand as a module's go.mod, whatever they are worth.
    pub fn go_mods(&self, module: &Module) -> impl Iterator<Item = Vec<u8>> {
        let own = format!("{module}/go.mod");
        // A zip is looked through last: that takes longest.
        self.of(module).iter().rev().filter_map(move |one| {
            let delivery = &self.stores[one.store].delivery;
            match &one.form {
                Form::GoMod(path) => delivery.read(path).ok(),
                Form::Folder(path) => delivery.read(&format!("{path}go.mod")).ok(),
                Form::Zip(path) => {
                    let mut found = None;
                    let mut visit = |member: &Member, content: &mut dyn Read| {
                        if member.name == own {
                            found = Some(beginning(content)?);
                        }
                        Ok(())
                    };
                    delivery.members(path, &mut visit).ok()?;
                    found
                }
            }
        })
    }

    /// The files of a module, and where they come from, where contents are at hand that have go.sum's sum.
    pub fn authentic(&self, graph: &Graph, module: &Module) -> Result<(&Files, &Store, &Form), Reason> {
        if graph.sums_of(module, Summed::Zip).is_empty() {
            return Err(reason!("sum-missing", module = module));
        }
        let mut seen = false;
        for one in self.of(module).iter().filter(|e| e.is_whole()) {
            seen = true;
            if let Hashed::Sum { h1, files } = &one.hashed
                && one.agrees(graph, h1)
            {
                return Ok((files, &self.stores[one.store], &one.form));
            }
        }
        Err(match seen {
            true => reason!("contents-not-authentic", module = module),
            false => reason!("contents-not-delivered", module = module),
        })
    }
}

impl Examined {
    /// Zip or folder, as opposed to a go.mod alone.
    fn is_whole(&self) -> bool {
        self.form.is_whole()
    }

    fn path(&self) -> &str {
        match &self.form {
            Form::Zip(path) | Form::GoMod(path) => path,
            Form::Folder(path) => path.trim_end_matches('/'),
        }
    }

    fn of(&self) -> Summed {
        if self.is_whole() { Summed::Zip } else { Summed::GoMod }
    }

    fn agrees(&self, graph: &Graph, h1: &str) -> bool {
        let sums = graph.sums_of(&self.module, self.of());
        !sums.is_empty() && sums.iter().all(|sum| sum == h1)
    }

    fn content(&self, graph: &Graph) -> Content {
        let recorded = graph.sums_of(&self.module, self.of()).first().cloned();
        let missing = || Known::Unknown(reason!("sum-missing", module = &self.module));
        let (computed, agrees, mistake) = match &self.hashed {
            Hashed::Sum { h1, .. } if recorded.is_some() => {
                (Known::Value(Some(h1.clone())), Known::Value(self.agrees(graph, h1)), None)
            }
            Hashed::Sum { h1, .. } => (Known::Value(Some(h1.clone())), missing(), None),
            Hashed::Mistake(why) => (Known::Value(None), Known::Value(false), Some(why.clone())),
            Hashed::Unseen(reason) => (Known::Unknown(reason.clone()), Known::Unknown(reason.clone()), None),
        };
        Content {
            path: self.module.path.clone(),
            version: self.module.version.clone(),
            form: Some(match self.form {
                Form::Zip(_) => ContentForm::Zip,
                Form::Folder(_) => ContentForm::Folder,
                Form::GoMod(_) => ContentForm::GoMod,
            }),
            summed: recorded.is_some(),
            examined: matches!(self.hashed, Hashed::Sum { .. }),
            computed,
            recorded,
            differs: agrees.value() == Some(&false),
            agrees,
            mistake,
        }
    }
}

fn absent(graph: &Graph, module: &Module) -> Content {
    let missing = || reason!("contents-not-delivered", module = module);
    let recorded = graph.sums_of(module, Summed::Zip).first().cloned();
    Content {
        path: module.path.clone(),
        version: module.version.clone(),
        form: None,
        summed: recorded.is_some(),
        examined: false,
        computed: Known::Unknown(missing()),
        recorded,
        agrees: Known::Unknown(missing()),
        differs: false,
        mistake: None,
    }
}

/// The line of go.sum, else the file.
fn sum_origin(graph: &Graph, module: &Module) -> Origin {
    let line = graph.summation(module, Summed::Zip).and_then(|summation| {
        let (text, file) = graph.sums.get(summation.at.0)?;
        Some(text.origin(file.lines.get(summation.at.1)?.place))
    });
    let file = || graph.sums.first().map_or_else(Origin::default, |(text, _)| Origin::file(text.shown.clone()));
    line.unwrap_or_else(file)
}

/// Modules whose contents the build takes, as far as the module files tell: the effective modules of what is required, save those
/// that modules.txt does not list; where go.mod does not list the whole graph, also the newest summed version of what it leaves out.
fn expected(graph: &Graph) -> BTreeSet<Module> {
    let mut out = BTreeSet::new();
    let mut mentioned: BTreeSet<String> = BTreeSet::new();
    for require in graph.mains.iter().flat_map(|m| &m.go_mod.require) {
        mentioned.insert(require.module.path.clone());
        let Effective::Module(module) = graph.effective(&require.module) else { continue };
        mentioned.insert(module.path.clone());
        let needed = zip_needed(graph, &require.module, false);
        let summed = !graph.sums_of(&module, Summed::Zip).is_empty();
        if needed.value() == Some(&true) || (needed.value().is_none() && summed) {
            out.insert(module);
        }
    }
    match &graph.vendor {
        Some((_, txt)) => {
            let listed = txt.modules.iter().filter(|v| !v.packages.is_empty()).map(|v| graph.effective(&v.module));
            out.extend(listed.filter_map(|effective| match effective {
                Effective::Module(module) => Some(module),
                Effective::Folder(_) => None,
            }));
        }
        None if !graph.lists_graph() => out.extend(newest(graph, &mentioned)),
        None => {}
    }
    out
}

/// The newest summed version of each path that nothing mentions.
fn newest(graph: &Graph, mentioned: &BTreeSet<String>) -> Vec<Module> {
    let mut newest: BTreeMap<&str, &Module> = BTreeMap::new();
    for module in graph.summed(Summed::Zip).filter(|m| !mentioned.contains(&m.path)) {
        let best = newest.entry(&module.path).or_insert(module);
        if semver::compare(&best.version, &module.version).is_lt() {
            *best = module;
        }
    }
    newest.into_values().cloned().collect()
}
