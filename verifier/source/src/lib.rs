//! The `source` room: reads delivered Go source, module files, build files and suppressions, and writes down facts.

mod archived;
mod build;
mod facts;
mod go;
mod hashed;
mod lossy;
mod meaning;
mod modules;
mod profiles;
mod programs;
mod query;
mod settings;
#[cfg(test)]
mod words;

pub use modules::declared::Wanted;
pub use query::{QueryMistake, query_fields};

use assize_delivery::{Delivery, SourceTree};
use assize_facts::kinds::inventory::BuildSetting;
use assize_facts::{BinarySpec, Deliverable, Fact, Field, Item, Progress, Reason, Request, Sheet, reason};
use build::{Files, Program};
use settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the collector is given beside the deliverable.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Module contents that the buyer brings (`--modules`): module caches or folders in GOPROXY layout. They authenticate themselves.
    pub module_sources: Vec<PathBuf>,
    /// Delivered programs, as their build information tells: of which packages they are, where deliverable.toml does not say it.
    pub programs: Vec<BinarySpec>,
    /// What was seen so far of the same deliverable beside the same module contents.
    pub seen: Seen,
}

/// What one collection leaves to the next over the same deliverable: nothing is opened, hashed or carried out again.
#[derive(Clone, Default)]
pub struct Seen(Arc<Left>);

#[derive(Default)]
struct Left {
    looked: Arc<modules::Looked>,
    /// What build files say by what is declared alone, where the delivered programs may tell more.
    settings: Mutex<Option<Settings>>,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seen")
    }
}

impl Seen {
    fn shelf<'a>(&self, delivery: &'a Delivery, context: &'a Context) -> modules::Shelf<'a> {
        modules::Shelf::new(delivery, &context.module_sources, Arc::clone(&self.0.looked))
    }

    fn settings(&self) -> MutexGuard<'_, Option<Settings>> {
        self.0.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the delivered programs may tell of which packages they are.
fn may_be_told(declared: &Deliverable) -> bool {
    declared.binaries.is_empty() || declared.binaries.iter().any(|binary| binary.package.is_none())
}

/// Modules that the delivered go.sum (and go.work.sum) names, and whether it sums their contents: what `assize data fetch` fetches.
/// The error says why there is no source to read.
pub fn summed_modules(delivery: &Delivery) -> Result<BTreeMap<assize_golang::module::Module, bool>, Reason> {
    modules::summed(delivery)
}

/// Adds to a sheet of `source.declarations` what packages of modules declare that are not in the tree, by contents that are at hand and have go.sum's sum:
/// only that tells whether a program's function table has their functions under their names.
pub fn declare_modules(sheet: &mut Sheet, delivery: &Delivery, context: &Context, wanted: &[Wanted]) {
    if let Ok(pool) = pool() {
        pool.install(|| modules::declared::add(sheet, delivery, &context.seen.shelf(delivery, context), wanted));
    }
}

/// Collects anew what hangs on which programs are delivered, now that their build information was read. `sheets` are what [`collect`] gave without it.
pub fn settle_programs(
    sheets: &mut Vec<Sheet>,
    delivery: &Delivery,
    context: &Context,
    requests: &[Request],
    progress: &dyn Progress,
) {
    let declared = delivery.spec();
    let wanted = !context.programs.is_empty() && may_be_told(declared);
    let Some(Ok(Some(tree))) = wanted.then(|| delivery.source()) else { return };
    let all = || {
        let told = programs::told(declared, &context.programs, &tree);
        let now = settings::settings(delivery, &tree, &told.builds);
        let before = context.seen.settings().take();
        let before = before.unwrap_or_else(|| settings::settings(delivery, &tree, declared));
        let same_source = told.source.is_none();
        if same_source && now.sheet == before.sheet {
            return vec![];
        }
        let same_build =
            same_source && now.without_cgo == before.without_cgo && tags(&now.sheet) == tags(&before.sheet);
        let hangs_on_it = |request: &&Request| {
            request.kind == BuildSetting::KIND || modules::KINDS.contains(&request.kind.as_str()) || !same_build
        };
        let again: Vec<Request> = requests.iter().filter(hangs_on_it).cloned().collect();
        collect_with(delivery, context, Some(now), &again, progress)
    };
    for sheet in pool().map(|pool| pool.install(all)).unwrap_or_default() {
        sheets.retain(|old| (&old.kind, &old.with) != (&sheet.kind, &sheet.with));
        sheets.push(sheet);
    }
}

/// Trees nest, and so do the functions that walk them: the stacks of ordinary threads are too small for what Go accepts.
fn pool() -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build()
}

/// One sheet per request. A kind whose collector is not built yet is a gap, so that nothing passes by it.
pub fn collect(delivery: &Delivery, context: &Context, requests: &[Request], progress: &dyn Progress) -> Vec<Sheet> {
    collect_with(delivery, context, None, requests, progress)
}

/// `settings` are what build files say, where that is known already.
fn collect_with(
    delivery: &Delivery,
    context: &Context,
    settings: Option<Settings>,
    requests: &[Request],
    progress: &dyn Progress,
) -> Vec<Sheet> {
    // Deployment files may be delivered without any source.
    let (of_profiles, others): (Vec<Request>, Vec<Request>) =
        requests.iter().cloned().partition(|request| request.kind == profiles::KIND);
    let mut sheets = of_source(delivery, context, settings, &others, progress);
    sheets.extend(of_profiles.iter().map(|request| profiles::sheet(delivery, request)));
    sheets
}

fn of_source(
    delivery: &Delivery,
    context: &Context,
    settings: Option<Settings>,
    requests: &[Request],
    progress: &dyn Progress,
) -> Vec<Sheet> {
    if requests.is_empty() {
        return vec![];
    }
    let tree = delivery.source().and_then(|tree| tree.ok_or_else(|| reason!("no-source")));
    let tree = match tree {
        Ok(tree) => tree,
        Err(reason) => return requests.iter().map(|request| missing(request, reason.clone())).collect(),
    };
    let work = || read(delivery, &tree, (context, settings), requests, progress);
    match pool() {
        Ok(pool) => pool.install(work),
        Err(error) => requests.iter().map(|request| missing(request, reason!("no-threads", detail = &error))).collect(),
    }
}

fn read(
    delivery: &Delivery,
    tree: &SourceTree,
    (context, known): (&Context, Option<Settings>),
    requests: &[Request],
    progress: &dyn Progress,
) -> Vec<Sheet> {
    let asks = |kinds: &[&str]| requests.iter().any(|request| kinds.contains(&request.kind.as_str()));
    let about_modules = asks(modules::KINDS);
    let told = programs::told(delivery.spec(), &context.programs, tree);
    let spec = told.source.as_ref().unwrap_or_else(|| delivery.spec());
    let shelf = context.seen.shelf(delivery, context);
    // Most of what is asked of modules rests on what the supplier's own files import.
    let delivered = modules::Delivered { tree, shelf: &shelf, follows: asks(facts::KINDS) || asks(modules::FOLLOWING) };
    // What the build imports decides which sums it needs.
    let (settings, source) = rayon::join(
        || known.unwrap_or_else(|| settings::settings(delivery, tree, &told.builds)),
        || (about_modules || asks(facts::KINDS)).then(|| program(spec, &delivered, progress)),
    );
    if context.programs.is_empty() && may_be_told(delivery.spec()) {
        *context.seen.settings() = Some(settings.clone());
    }
    let Settings { sheet: settings, without_cgo } = settings;
    let source = source.map(|mut program| {
        // What is built is decided by build files as well.
        if without_cgo {
            program.switch_cgo_off();
        }
        program.widen(&tags(&settings), &[]);
        if asks(facts::KINDS) {
            program.read_rest();
        }
        let look = |asked: &dyn Fn(&str) -> bool| {
            let mut sheet = delivery.files(asked);
            sheet.items.extend(shelf.looks(asked));
            sheet
        };
        facts::Source::new(program, Arc::new(look))
    });
    let imports = source.as_ref().map(|source| source.program.imports());
    let followed = source.as_ref().map(|source| source.program.followed()).unwrap_or_default();
    let given = modules::Given {
        spec,
        shelf: &shelf,
        imports: imports.as_ref(),
        followed: &followed,
        settings: Some(&settings),
    };
    let (of_modules, others): (Vec<Request>, Vec<Request>) =
        requests.iter().cloned().partition(|request| modules::KINDS.contains(&request.kind.as_str()));
    let mut sheets = modules::collect(delivery, given, &of_modules, progress);
    let (asking, alone): (Vec<&Request>, Vec<&Request>) =
        others.iter().partition(|request| facts::OF_INVENTORY.contains(&request.kind.as_str()));
    let asks = !asking.is_empty() && source.as_ref().is_some_and(facts::asks_inventory);
    let mut source = source;
    let mut of = |requests: Vec<&Request>| {
        let seen = match &mut source {
            Some(source) => facts::sheets(&requests, source),
            None => requests.iter().map(|_| None).collect(),
        };
        let sheet = |(request, sheet): (&&Request, Option<Sheet>)| match (request.kind.as_str(), sheet) {
            (BuildSetting::KIND, _) => Sheet { with: request.args(), ..settings.clone() },
            (_, Some(sheet)) => Sheet { with: request.args(), ..sheet },
            (_, None) => not_built(request),
        };
        requests.iter().zip(seen).map(sheet).collect::<Vec<Sheet>>()
    };
    // The inventory is taken meanwhile, for those that ask it; where none does, it waits until it is known which programs will be opened.
    let take = || asks.then(|| delivery.take_inventory(progress));
    let (of_alone, _) = rayon::join(|| of(alone), take);
    sheets.extend(of_alone);
    sheets.extend(of(asking));
    sheets
}

/// The declared builds.
fn program<'a>(spec: &Deliverable, delivered: &'a modules::Delivered<'a>, progress: &dyn Progress) -> Program<'a> {
    let mut program = Program::read(delivered as &dyn Files, spec, &[], progress);
    program.lack(delivered.tree.gaps());
    program
}

/// What `-tags` gives to commands that build, or may build, a delivered program.
fn tags(settings: &Sheet) -> BTreeSet<String> {
    let builds = |item: &&Item| item.fields.get("delivered").and_then(Field::known).is_none_or(|d| d != false);
    let of_tags = settings.items.iter().filter(|item| item.text("setting") == Some("-tags")).filter(builds);
    of_tags.filter_map(|item| item.text("value")).map(String::from).collect()
}

fn missing(request: &Request, reason: Reason) -> Sheet {
    let mut sheet = Sheet::missing(&request.kind, reason);
    sheet.with = request.args();
    sheet
}

fn not_built(request: &Request) -> Sheet {
    missing(request, reason!("collector-not-built", kind = request.kind))
}
