//! The `source` room: reads delivered Go source, module files, build files and suppressions, and writes down facts.

// The parser of declarations is written ahead of the facts that will use it.
#![allow(dead_code)]

mod build;
mod facts;
mod go;
mod modules;
mod settings;
#[cfg(test)]
mod words;

use assize_delivery::Delivery;
use assize_facts::kinds::inventory::{BuildSetting, File};
use assize_facts::{Fact, Progress, Quiet, Reason, Request, Sheet, reason};
use build::{Files, Program};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the collector is given beside the deliverable.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Module contents that the buyer brings (`--modules`): module caches or folders in GOPROXY layout. They authenticate themselves.
    pub module_sources: Vec<PathBuf>,
}

/// One sheet per request. A kind whose collector is not built yet is a gap, so that nothing passes by it.
pub fn collect(delivery: &Delivery, context: &Context, requests: &[Request], progress: &dyn Progress) -> Vec<Sheet> {
    let settings = match delivery.source() {
        Ok(Some(tree)) => settings::sheet(delivery, &tree),
        Ok(None) => Sheet::missing(BuildSetting::KIND, reason!("no-source")),
        Err(reason) => Sheet::missing(BuildSetting::KIND, reason),
    };
    let given = modules::Given { sources: &context.module_sources, imported: None, settings: Some(&settings) };
    let (of_modules, others): (Vec<Request>, Vec<Request>) =
        requests.iter().cloned().partition(|request| modules::KINDS.contains(&request.kind.as_str()));
    let mut sheets = modules::collect(delivery, given, &of_modules, progress);
    let (of_settings, others): (Vec<Request>, Vec<Request>) =
        others.into_iter().partition(|request| request.kind == BuildSetting::KIND);
    sheets.extend(of_settings.iter().map(|request| Sheet { with: request.args(), ..settings.clone() }));
    sheets.extend(of_source(delivery, &others, progress));
    sheets
}

fn of_source(delivery: &Delivery, requests: &[Request], progress: &dyn Progress) -> Vec<Sheet> {
    if !requests.iter().any(|request| facts::KINDS.contains(&request.kind.as_str())) {
        return requests.iter().map(not_built).collect();
    }
    let tree = match delivery.source() {
        Ok(Some(tree)) => tree,
        Ok(None) => return requests.iter().map(|request| missing(request, reason!("no-source"))).collect(),
        Err(reason) => return requests.iter().map(|request| missing(request, reason.clone())).collect(),
    };
    let work = || read(delivery, &tree, requests, progress);
    // Trees nest, and so do the functions that walk them: the stacks of ordinary threads are too small for what Go accepts.
    match rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build() {
        Ok(pool) => pool.install(work),
        Err(error) => requests.iter().map(|request| missing(request, reason!("no-threads", detail = &error))).collect(),
    }
}

fn read(
    delivery: &Delivery,
    tree: &assize_delivery::SourceTree,
    requests: &[Request],
    progress: &dyn Progress,
) -> Vec<Sheet> {
    let mut program = Program::read(tree as &dyn Files, delivery.spec(), &[], progress);
    program.gaps.extend(tree.gaps());
    program.read_rest();
    let source = facts::Source::new(program, Box::new(|| inventory(delivery)));
    let sheet = |request: &Request| match facts::sheet(&request.kind, &source) {
        Some(sheet) => Sheet { with: request.args(), ..sheet },
        None => not_built(request),
    };
    requests.iter().map(sheet).collect()
}

fn inventory(delivery: &Delivery) -> Sheet {
    let request = Request::new(File::KIND, &BTreeMap::new());
    delivery.collect(&[request], &Quiet).pop().unwrap_or_else(Sheet::of::<File>)
}

fn missing(request: &Request, reason: Reason) -> Sheet {
    let mut sheet = Sheet::missing(&request.kind, reason);
    sheet.with = request.args();
    sheet
}

fn not_built(request: &Request) -> Sheet {
    missing(request, reason!("collector-not-built", kind = request.kind))
}
