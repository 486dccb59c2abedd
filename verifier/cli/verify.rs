//! `assize verify`: collect, record, judge, report, and keep the evidence.

use crate::args::{Collecting, Dated, Gate, Verify};
use crate::done::{Done, NotDone};
use crate::examine::{self, Opened, Running};
use crate::output::{self, Output, Report};
use crate::progress::Terminal;
use crate::record::{self, Circumstances};
use crate::{interrupt, janitor, load, sign, terminal};
use assize_clause::Contract;
use assize_delivery::Delivery;
use assize_evidence::{Pack, Role, record_sheets, write_pack};
use assize_facts::{Exhibits, Lang, Neutral, Progress, Quiet, Request};
use assize_judge::{ContractVerdict, RunRecord, RunResult, Sheets};
use assize_runtime::PlannedStep;
use jiff::Timestamp;
use std::path::Path;

pub fn run(options: &Verify) -> Result<Done, NotDone> {
    let outputs = Output::all(&options.format)?;
    let ran_at = now();
    let judged_for = judged_for(options.at.as_deref(), ran_at)?;
    let contract = load::contract(options.contract.as_deref(), options.waivers.as_deref())?;
    check_clauses(options, &contract)?;
    refuse_pack_inside(options)?;
    if options.sign.is_none() && (!options.beside.cosigner.is_empty() || options.beside.timestamp.is_some()) {
        return Err(NotDone::help(
            "--cosigner and --timestamp say what the first signature lays down",
            "give --sign KEYFILE",
        ));
    }
    let key = options.sign.as_deref().map(|file| sign::Signing::read(file, &options.beside)).transpose()?;
    set_threads(options.collecting.jobs);
    let progress = Terminal::new(options.collecting.quiet, options.collecting.verbose);
    progress.step("listing the deliverable");
    let Opened { delivery, declared } = examine::open(&options.deliverable, Some(&contract))?;
    let contract = contract.fill(delivery.spec());
    let layers = examine::layers(&options.collecting);
    let running = Running::of(&options.collecting, Some(&contract), delivery.spec())?;
    let requests = requests(&contract, &options.clause);
    if options.dry_run {
        let languages = output::languages(options.lang, &contract);
        return dry_run(&delivery, &requests, &layers, &running, &languages);
    }
    let examined = examine::collect(&delivery, &requests, &layers, &options.collecting, &running, &progress)?;
    crate::left_behind(&examined.leftovers);
    if let Some(note) = &examined.note {
        progress.clear();
        eprintln!("{}", crate::text::plain(note));
    }
    let circumstances = Circumstances {
        judged_for,
        ran_at,
        gate: gate_word(options.gate),
        layers: &layers,
        clauses: &options.clause,
        sandbox_level: &examined.sandbox_level,
        operator: &running.operator,
        steps: examined.steps,
        neutral: &examined.neutral,
    };
    progress.step("judging");
    let record = record::record(&delivery, &declared, &contract, circumstances);
    let sheets = Sheets::new(examined.sheets);
    let result = assize_judge::judge(&contract, &sheets, &record);
    let mut kept = None;
    if let Some(target) = &options.pack {
        progress.step("writing the pack");
        let waivers = options.waivers.as_deref().map(examine::read_text).transpose()?;
        let mut pack = pack(&delivery, &contract, &sheets, &record, &result);
        keep_run(&mut pack, &delivery, waivers.as_deref(), examined.exhibits, &examined.neutral);
        if let Some(key) = &key {
            key.sign(&mut pack)?;
        }
        kept = Some(output::kept(&pack)?);
        janitor::mind(&assize_evidence::draft_of(target));
        let written = interrupt::while_writing(|cancelled| write_pack(target, &pack, cancelled));
        janitor::done();
        written.map_err(|error| NotDone::say(error.to_string()))?;
    }
    progress.clear();
    let report =
        Report { result: &result, contract: &contract, sheets: &sheets, record: &record, kept, lang: options.lang };
    output::write(&outputs, &report, "")?;
    Ok(done(&result))
}

/// What the verdict means for the exit status under the gate that was recorded.
pub fn done(result: &RunResult) -> Done {
    match result.verdict {
        ContractVerdict::Accepted => Done::Good,
        ContractVerdict::Rejected => Done::Bad,
        ContractVerdict::Incomplete if result.gate == gate_word(Gate::Rejected) => Done::Good,
        ContractVerdict::Incomplete => Done::Incomplete,
    }
}

fn gate_word(gate: Gate) -> &'static str {
    match gate {
        Gate::Incomplete => "incomplete",
        Gate::Rejected => "rejected",
    }
}

/// Whole seconds: finer digits say nothing to a reader of the evidence.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

pub fn judged_for(at: Option<&str>, now: Timestamp) -> Result<Timestamp, NotDone> {
    let Some(text) = at else { return Ok(now) };
    text.parse().map_err(|error| {
        NotDone::help(format!("--at {text}: {error}"), "write an RFC 3339 instant, as in 2026-12-31T12:00:00Z")
    })
}

fn check_clauses(options: &Verify, contract: &Contract) -> Result<(), NotDone> {
    for id in &options.clause {
        if !contract.clauses.iter().any(|c| &c.id == id) {
            let all: Vec<&str> = contract.clauses.iter().map(|c| c.id.as_str()).collect();
            let help = format!("its clauses are {}", all.join(", "));
            return Err(NotDone::help(format!("the contract has no clause {id:?}"), help));
        }
    }
    Ok(())
}

/// A pack inside what it is evidence of would change it.
fn refuse_pack_inside(options: &Verify) -> Result<(), NotDone> {
    let files = options.format.iter().filter_map(|f| f.split_once('=')).map(|(_, file)| Path::new(file));
    for target in options.pack.as_deref().into_iter().chain(files) {
        let parent = target.ancestors().skip(1).find(|a| a.is_dir() || a.as_os_str().is_empty());
        let parent = parent.filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (Ok(place), Ok(deliverable)) = (parent.canonicalize(), options.deliverable.canonicalize()) else {
            continue;
        };
        if place.starts_with(&deliverable) {
            return Err(NotDone::help(
                format!("{} lies inside the deliverable, which it would change", target.display()),
                "name a place outside of it",
            ));
        }
    }
    Ok(())
}

fn set_threads(jobs: usize) {
    // It can be set only once; a second time changes nothing that matters.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
}

fn requests(contract: &Contract, only: &[String]) -> Vec<Request> {
    let mut chosen = contract.clone();
    chosen.clauses.retain(|c| only.is_empty() || only.contains(&c.id));
    assize_judge::requests(&chosen)
}

/// What would be done, in one language after the other.
fn dry_run(
    delivery: &Delivery,
    requests: &[Request],
    layers: &[assize_facts::Layer],
    running: &Running,
    languages: &[Lang],
) -> Result<Done, NotDone> {
    let runtime = examine::runtime_requests(requests, layers);
    let steps = match runtime.is_empty() {
        true => Vec::new(),
        false => assize_runtime::steps(&examine::run_plan(delivery, &runtime, running)),
    };
    let texts: Vec<String> = languages.iter().map(|lang| plan(requests, layers, &steps, *lang)).collect();
    terminal::print(&texts.join("\n"))?;
    Ok(Done::Good)
}

fn plan(requests: &[Request], layers: &[assize_facts::Layer], steps: &[PlannedStep], lang: Lang) -> String {
    let mut text =
        String::from(said(lang, "Nothing was done. This is what would be done:", "未执行任何操作。将要执行:"));
    text.push('\n');
    for layer in layers {
        let kinds: Vec<&str> = requests
            .iter()
            .filter(|r| assize_facts::kinds::schema(&r.kind).is_some_and(|s| s.layers.first() == Some(layer)))
            .map(|r| r.kind.as_str())
            .collect();
        let kinds = if kinds.is_empty() { said(lang, "nothing", "无").into() } else { kinds.join(", ") };
        text.push_str(&format!("  {}: {kinds}\n", layer.name()));
    }
    if !steps.is_empty() {
        text.push_str(&schedule(steps, lang));
    }
    text
}

fn said(lang: Lang, en: &'static str, zh: &'static str) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

/// The steps on the running service, each with what the clauses make it wait and what it takes at most.
fn schedule(steps: &[PlannedStep], lang: Lang) -> String {
    let seconds = |millis: u64| millis as f64 / 1000.0;
    let mut text = String::from(said(
        lang,
        "On the running service, in this order (waiting that the clauses ask for, and at most):",
        "对运行中的服务依次执行(条款要求的等待时间,以及最长时间):",
    ));
    text.push('\n');
    for step in steps {
        let alone = if step.disturbs { said(lang, " (alone)", "(单独执行)") } else { "" };
        let (waits, most) = (seconds(step.waits_ms), seconds(step.most_ms));
        let what = match lang {
            Lang::En => &step.what.en,
            Lang::Zh => &step.what.zh,
        };
        text.push_str(&format!("  {waits:>6.1} s {most:>7.1} s  {}{alone}\n", crate::text::plain(what)));
    }
    let waits: u64 = steps.iter().map(|s| s.waits_ms).sum();
    let most = steps.iter().fold(0u64, |all, s| all.saturating_add(s.most_ms));
    let all = said(
        lang,
        "in all: the first and a few seconds, where the service is quick; the second where it uses all the time it is given",
        "合计:服务响应迅速时为前者再加数秒;服务用尽所给时间时为后者",
    );
    text.push_str(&format!("  {:>6.1} s {:>7.1} s  {all}\n", seconds(waits), seconds(most)));
    text
}

/// What was seen beside facts, and what was said: nothing here decides anything, but for waivers.
fn keep_run(pack: &mut Pack, delivery: &Delivery, waivers: Option<&[u8]>, exhibits: Exhibits, neutral: &Neutral) {
    if let Some(waivers) = waivers {
        assize_evidence::keep_waivers(pack, waivers);
    }
    if let Ok(bytes) = delivery.read("deliverable.toml") {
        pack.add("deliverable.toml", Role::Deliverable, neutral.bytes(&bytes).into_owned());
    }
    for exhibit in exhibits.take() {
        pack.add(exhibit.path, Role::Exhibit, exhibit.bytes);
    }
}

fn pack(delivery: &Delivery, contract: &Contract, sheets: &Sheets, record: &RunRecord, result: &RunResult) -> Pack {
    let mut pack = Pack::new();
    assize_evidence::keep_contract(&mut pack, contract);
    pack.add(assize_evidence::INVENTORY, Role::Inventory, delivery.listing());
    record_sheets(&mut pack, sheets.iter());
    pack.add("run.json", Role::Run, assize_evidence::run_bytes(record));
    pack.add("result.json", Role::Result, assize_report::json(result));
    pack
}

/// One clause of a contract on a deliverable, on every layer; nothing is printed. For the drill.
pub fn examine_clause(
    folder: &Path,
    contract: &Contract,
    id: &str,
    dated: &Dated,
    judged_for: Timestamp,
) -> Result<RunResult, NotDone> {
    let now = now();
    let Opened { delivery, declared } = examine::open(folder, Some(contract))?;
    let contract = contract.fill(delivery.spec());
    let options = Collecting::silent(dated);
    let layers = examine::layers(&options);
    let running = Running::of(&options, Some(&contract), delivery.spec())?;
    let only = [id.to_string()];
    let requests = requests(&contract, &only);
    let examined = examine::collect(&delivery, &requests, &layers, &options, &running, &Quiet)?;
    let circumstances = Circumstances {
        judged_for,
        ran_at: now,
        gate: gate_word(Gate::Incomplete),
        layers: &layers,
        clauses: &only,
        sandbox_level: &examined.sandbox_level,
        operator: &running.operator,
        steps: examined.steps,
        neutral: &examined.neutral,
    };
    let record = record::record(&delivery, &declared, &contract, circumstances);
    Ok(assize_judge::judge(&contract, &Sheets::new(examined.sheets), &record))
}
