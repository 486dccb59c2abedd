//! Opens a deliverable and has the collectors write down what was asked for: one sheet per request, whatever happens.

use crate::args::{Collecting, LayerArg};
use crate::data;
use crate::done::NotDone;
use crate::operator;
use crate::record::Steps;
use assize_clause::{Contract, Sandbox};
use assize_delivery::Delivery;
use assize_facts::{Deliverable, Exhibits, Layer, Limits, Neutral, Progress, Request, Secret, Sheet, kinds, reason};
use assize_judge::Step;
use assize_runtime::{Consent, Operator, RunPlan, SandboxWish, salt};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::OnceLock;

/// The largest deliverable.toml, contract or waiver file.
const LARGEST_TEXT: u64 = 4 << 20;

/// Reads a text file that must be a regular one: not a device, nor a FIFO that would hang us.
pub fn read_text(path: &Path) -> Result<Vec<u8>, NotDone> {
    let wrong = |what: String| NotDone::say(format!("{}: {what}", path.display()));
    let file = File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path);
    let file = file.map_err(|error| wrong(error.to_string()))?;
    let meta = file.metadata().map_err(|error| wrong(error.to_string()))?;
    if !meta.is_file() {
        return Err(wrong("is not a file".into()));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_TEXT + 1).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
    if bytes.len() as u64 > LARGEST_TEXT {
        return Err(wrong(format!("is larger than {LARGEST_TEXT} bytes")));
    }
    Ok(bytes)
}

/// What the supplier declares; nothing, where there is no deliverable.toml.
pub fn declared(folder: &Path) -> Result<Deliverable, NotDone> {
    let path = folder.join("deliverable.toml");
    match path.symlink_metadata() {
        Err(_) => Ok(Deliverable::default()),
        Ok(meta) if meta.is_symlink() => {
            Err(NotDone::say("deliverable.toml is a link; what a supplier declares has to be in the delivery itself"))
        }
        Ok(_) => Ok(assize_clause::parse_deliverable("deliverable.toml", &read_text(&path)?)?),
    }
}

/// Opens the deliverable; the contract's own `[run]`, `[[endpoint]]` and `[[request]]` take the place of the supplier's.
pub fn open(folder: &Path, contract: Option<&Contract>) -> Result<Opened, NotDone> {
    if !folder.is_dir() {
        return Err(NotDone::help(
            format!("{} is not a folder", folder.display()),
            "name the folder of the deliverable",
        ));
    }
    let declared = declared(folder)?;
    let spec = contract.map_or_else(|| declared.clone(), |contract| contract.apply(&declared));
    if let Some(contract) = contract {
        let mistakes = contract.against(&declared);
        if !mistakes.is_empty() {
            return Err(mistakes.into());
        }
    }
    let delivery = Delivery::open(folder, spec, Limits::default()).map_err(|error| NotDone::say(error.to_string()))?;
    Ok(Opened { delivery, declared })
}

/// A deliverable as it is examined, and as its supplier declared it.
pub struct Opened {
    pub delivery: Delivery,
    pub declared: Deliverable,
}

/// The chosen layers, in their order.
pub fn layers(options: &Collecting) -> Vec<Layer> {
    let chosen: BTreeSet<Layer> = options.layer.iter().map(|l| layer(*l)).collect();
    chosen.into_iter().collect()
}

fn layer(arg: LayerArg) -> Layer {
    match arg {
        LayerArg::Source => Layer::Source,
        LayerArg::Binary => Layer::Binary,
        LayerArg::Runtime => Layer::Runtime,
    }
}

/// How the service may be run.
pub struct Running {
    pub sandbox: SandboxWish,
    pub trust_deliverable: bool,
    pub secrets: BTreeMap<String, Vec<u8>>,
    pub operator: Operator,
    pub consent: Consent,
    /// Hashed together with secrets.
    salt: Vec<u8>,
}

impl Running {
    /// Refuses what the contract does not allow; secrets are read already here, so that a wrong path is said before any work.
    pub fn of(options: &Collecting, contract: Option<&Contract>, spec: &Deliverable) -> Result<Running, NotDone> {
        let sandbox = match contract.map_or(Sandbox::Preferred, |c| c.sandbox) {
            Sandbox::Required if options.trust_deliverable => {
                return Err(NotDone::help(
                    "the contract requires the sandbox, and --trust-deliverable asks to run without it",
                    "leave --trust-deliverable out",
                ));
            }
            Sandbox::Required => SandboxWish::Required,
            Sandbox::Preferred => SandboxWish::Preferred,
            Sandbox::None => SandboxWish::None,
        };
        let secrets = options.secret.iter().map(|text| secret(text)).collect::<Result<_, _>>()?;
        Ok(Running {
            sandbox,
            trust_deliverable: options.trust_deliverable,
            secrets,
            operator: operator::named(&options.named, spec)?,
            consent: operator::consent(contract),
            salt: salt(),
        })
    }

    /// What takes secrets out of the record: those that the service was given, and those that only the operator knows. Two runs over
    /// the same delivery must record the same, so only the digests of secrets that differ from run to run are salted by the run.
    fn neutral(&self, delivery: &Delivery, given: Vec<Secret>) -> Neutral {
        let mut all = given;
        for (name, value) in &self.secrets {
            let value = String::from_utf8_lossy(value).into_owned();
            if !all.iter().any(|secret| secret.value == value) {
                all.push(Secret { name: name.clone(), value });
            }
        }
        Neutral::new(delivery.digest_all().0.as_bytes(), &self.salt, &all)
    }
}

fn secret(text: &str) -> Result<(String, Vec<u8>), NotDone> {
    let form = || NotDone::say("--secret takes NAME=@FILE; a value on the command line would be seen by everyone");
    let (name, file) = text.split_once("=@").ok_or_else(form)?;
    Ok((name.to_string(), read_text(Path::new(file))?))
}

/// What was collected.
pub struct Examined {
    /// One per request.
    pub sheets: Vec<Sheet>,
    pub sandbox_level: String,
    /// What the facts rest on.
    pub exhibits: Exhibits,
    /// What took the secrets out of all that, for what else is written down.
    pub neutral: Neutral,
    /// What was done when.
    pub steps: Vec<Step>,
    /// What killed runs had left and this one removed.
    pub leftovers: Vec<String>,
    /// What the operator should know, and no verdict rests on.
    pub note: Option<String>,
}

/// Which collector writes a kind.
enum Room {
    Data,
    Delivery,
    Source,
    Binary,
    Rebuild,
    Runtime,
}

fn room(kind: &str) -> Room {
    match kind {
        "inventory.files" | "inventory.declared" | "image.manifest" | "image.files" => Room::Delivery,
        "binary.rebuild" => Room::Rebuild,
        _ => match kind.split('.').next() {
            Some("data") => Room::Data,
            Some("binary") => Room::Binary,
            Some("process" | "endpoint" | "log" | "load" | "runtime") => Room::Runtime,
            _ => Room::Source,
        },
    }
}

/// What the runtime layer works from.
pub fn run_plan<'a>(delivery: &'a Delivery, requests: &'a [Request], running: &Running) -> RunPlan<'a> {
    let mut plan = RunPlan::new(delivery, requests);
    plan.sandbox = running.sandbox;
    plan.trust_deliverable = running.trust_deliverable;
    plan.secrets.clone_from(&running.secrets);
    plan.operator.clone_from(&running.operator);
    plan.consent = running.consent;
    plan.salt.clone_from(&running.salt);
    plan
}

/// The requests of one collector among all.
pub fn runtime_requests(requests: &[Request], layers: &[Layer]) -> Vec<Request> {
    if !layers.contains(&Layer::Runtime) {
        return Vec::new();
    }
    requests.iter().filter(|r| matches!(room(&r.kind), Room::Runtime)).cloned().collect()
}

/// What is declared by modules whose vulnerable code a program is said not to hold, and by the supplier's own that were not delivered with the source.
fn declare_modules(delivery: &Delivery, context: &assize_source::Context, read: &[Sheet], sheets: &mut [Sheet]) {
    let mut all = assize_binary::absent(read);
    let own = sheets.iter().find(|sheet| sheet.kind == "source.declarations").map(undelivered).unwrap_or_default();
    for (linked, packages) in assize_binary::linked_of(read, &own.keys().copied().collect()) {
        let imported = own.get(linked.path.as_str()).into_iter().flatten().map(|package| (*package).to_owned());
        all.entry(linked).or_default().extend(imported.chain(packages));
    }
    let wanted = all.into_iter().map(|(assize_binary::Linked { path, contents }, packages)| assize_source::Wanted {
        path,
        contents,
        packages,
    });
    let wanted: Vec<assize_source::Wanted> = wanted.collect();
    if let Some(sheet) = sheets.iter_mut().find(|sheet| sheet.kind == "source.declarations" && !wanted.is_empty()) {
        assize_source::declare_modules(sheet, delivery, context, &wanted);
    }
}

/// Modules that are no others' and whose source is not in the tree, with the packages that are imported of them.
fn undelivered(declared: &Sheet) -> BTreeMap<&str, Vec<&str>> {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let gaps = declared.gaps.iter().filter(|gap| gap.reason.code == "module-source-not-delivered");
    for gap in gaps.filter(|gap| gap.owner.as_deref() != Some("dependency")) {
        if let (Some(module), Some(package)) = (gap.reason.args.get("module"), gap.reason.args.get("package")) {
            all.entry(module).or_default().push(package);
        }
    }
    all
}

/// Collects. Kinds of a layer that was left out are not collected: the judge knows that from the run's record.
pub fn collect(
    delivery: &Delivery,
    requests: &[Request],
    layers: &[Layer],
    options: &Collecting,
    running: &Running,
    progress: &dyn Progress,
) -> Result<Examined, NotDone> {
    let mut steps = Steps::start();
    let wanted: Vec<Request> = requests.iter().filter(|r| in_force(&r.kind, layers)).cloned().collect();
    let of =
        |this: fn(&Room) -> bool| -> Vec<Request> { wanted.iter().filter(|r| this(&room(&r.kind))).cloned().collect() };
    let places = data::places(&options.dated);
    let (mut sheets, mut note) = (Vec::new(), None);
    let source = of(|r| matches!(r, Room::Source));
    let mut beside =
        assize_source::Context { module_sources: options.modules.clone(), ..assize_source::Context::default() };
    if !source.is_empty() {
        progress.step("reading the source");
        sheets.extend(steps.take("source", || assize_source::collect(delivery, &beside, &source, progress)));
    }
    let binary = of(|r| matches!(r, Room::Binary));
    if !binary.is_empty() {
        progress.step("reading the binaries");
        let asks = binary.iter().any(|request| request.kind == "binary.vulnerabilities");
        // Read beside the programs; that it cannot be read is said afterwards.
        let database = OnceLock::new();
        let bring = || {
            let read = database.get_or_init(|| data::Asked::of(&places)).as_ref();
            read.ok().and_then(Option::as_ref).map(|asked| asked as &dyn assize_binary::Advisories)
        };
        let context = assize_binary::Context { advisories: asks.then_some(&bring) };
        let read = steps.take("binary", || assize_binary::collect(delivery, context, &binary, progress));
        let asked = database.into_inner().transpose()?.flatten();
        note = asked.and_then(|asked| asked.note()).filter(|_| !options.quiet);
        if !source.is_empty() {
            beside.programs = assize_binary::programs(&read);
            let settle = || assize_source::settle_programs(&mut sheets, delivery, &beside, &source, progress);
            steps.take("programs", settle);
        }
        steps.take("modules", || declare_modules(delivery, &beside, &read, &mut sheets));
        sheets.extend(read);
    }
    let rebuild = of(|r| matches!(r, Room::Rebuild));
    if !rebuild.is_empty() {
        let plan = run_plan(delivery, &rebuild, running);
        sheets.extend(steps.take("rebuild", || assize_runtime::rebuild(&plan, &options.modules, progress)));
    }
    let data = of(|r| matches!(r, Room::Data));
    if !data.is_empty() {
        progress.step("reading dated data");
        sheets.extend(steps.take("data", || assize_data::collect(&places, &data))?);
    }
    let inventory = of(|r| matches!(r, Room::Delivery));
    if !inventory.is_empty() {
        progress.step("taking the inventory");
        sheets.extend(steps.take("inventory", || delivery.collect(&inventory, progress)));
    }
    let runtime = runtime_requests(&wanted, layers);
    let mut sandbox_level = "not-run".to_string();
    let mut leftovers = Vec::new();
    let (mut exhibits, mut secrets) = (Exhibits::default(), Vec::new());
    if !runtime.is_empty() {
        let plan = run_plan(delivery, &runtime, running);
        let collected = steps.take("runtime", || assize_runtime::collect(&plan, progress));
        sandbox_level = collected.sandbox_level;
        leftovers = collected.leftovers;
        (exhibits, secrets) = (collected.exhibits, collected.secrets);
        sheets.extend(collected.sheets);
    }
    let mut sheets = complete(&wanted, sheets);
    let neutral = running.neutral(delivery, secrets);
    sheets.par_iter_mut().for_each(|sheet| neutral.sheet(sheet));
    exhibits.keep_excerpts(&mut sheets);
    give_back();
    Ok(Examined { sheets, sandbox_level, exhibits, neutral, steps: steps.done(), leftovers, note })
}

/// What collectors needed only meanwhile goes back to the system before judging needs memory of its own: glibc keeps it for each thread that
/// had it (malloc_trim(3)); musl does not.
fn give_back() {
    // SAFETY: takes a number, and looks at nothing but its own lists, under its own locks.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}

fn in_force(kind: &str, layers: &[Layer]) -> bool {
    kinds::schema(kind).is_some_and(|schema| schema.layers.iter().all(|layer| layers.contains(layer)))
}

/// Exactly one sheet per request, in the order of the requests; what a collector did not bring is a gap.
fn complete(requests: &[Request], sheets: Vec<Sheet>) -> Vec<Sheet> {
    let mut by: BTreeMap<Request, Sheet> = BTreeMap::new();
    for sheet in sheets {
        by.entry(Request::new(&sheet.kind, &sheet.with)).or_insert(sheet);
    }
    let missing = |request: &Request| {
        let mut sheet = Sheet::missing(&request.kind, reason!("not-collected", kind = request.kind));
        sheet.with = request.args();
        sheet
    };
    let mut all: Vec<Sheet> = requests.iter().map(|r| by.remove(r).unwrap_or_else(|| missing(r))).collect();
    for sheet in &mut all {
        sheet.settle();
    }
    all
}
