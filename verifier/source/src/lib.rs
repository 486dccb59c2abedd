//! The `source` room: reads delivered Go source, module files, build files and suppressions, and writes down facts.

// Reader and build selection are written ahead of the facts that will use them.
#![allow(dead_code, unused_imports)]

mod build;
mod go;
mod modules;

use assize_delivery::Delivery;
use assize_facts::{Progress, Request, Sheet, reason};
use std::path::PathBuf;

/// What the collector is given beside the deliverable.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Module contents that the buyer brings (`--modules`): module caches or folders in GOPROXY layout. They authenticate themselves.
    pub module_sources: Vec<PathBuf>,
}

/// One sheet per request. A kind whose collector is not built yet is a gap, so that nothing passes by it.
pub fn collect(delivery: &Delivery, context: &Context, requests: &[Request], progress: &dyn Progress) -> Vec<Sheet> {
    let given = modules::Given { sources: &context.module_sources, imported: None, settings: None };
    let (of_modules, others): (Vec<Request>, Vec<Request>) =
        requests.iter().cloned().partition(|request| modules::KINDS.contains(&request.kind.as_str()));
    let mut sheets = modules::collect(delivery, given, &of_modules, progress);
    sheets.extend(others.iter().map(not_built));
    sheets
}

fn not_built(request: &Request) -> Sheet {
    let mut sheet = Sheet::missing(&request.kind, reason!("collector-not-built", kind = request.kind));
    sheet.with = request.args();
    sheet
}
