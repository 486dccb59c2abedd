//! Links: sheets that are derived from recorded sheets of several layers. One pure function each; a test compares the list with the schemas.

mod data_age;
mod differences;
mod elsewhere;
mod functions;
mod go_demands;
mod go_support;
mod images;
mod items;
mod linked;
mod modules;
mod names;
mod package;
mod places;
mod processes;
mod run_configuration;
mod source_binary;
mod syscalls;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod vulnerabilities;

pub use linked::Linked;
pub use source_binary::overall;
pub use tree::without_line;

pub(crate) use processes::all_agree;

use crate::run::RunRecord;
use crate::sheets::Sheets;
use assize_clause::ContractItem;
use assize_facts::{Request, Sheet, reason};
use std::cell::OnceCell;

/// The kinds that a link is derived from; `None` where the kind is no link.
pub fn sources(kind: &str) -> Option<Vec<&'static str>> {
    Some(match kind {
        "link.modules" => modules::FROM.to_vec(),
        "link.functions" => functions::FROM.to_vec(),
        "link.source_binary" => [source_binary::FROM, modules::FROM, functions::FROM].concat(),
        "link.image_binary" => images::FROM.to_vec(),
        "link.run_configuration" => run_configuration::FROM.to_vec(),
        "link.process_binary" => processes::PROCESS_FROM.to_vec(),
        "link.endpoint_process" => processes::ENDPOINT_FROM.to_vec(),
        "link.syscall_policy" => syscalls::FROM.to_vec(),
        "link.items" => items::FROM.to_vec(),
        "link.differences" => vec![],
        "link.data_age" => data_age::FROM.to_vec(),
        "link.go_support" => go_support::FROM.to_vec(),
        "link.go_demands" => go_demands::FROM.to_vec(),
        "link.vulnerabilities" => [vulnerabilities::FROM, modules::FROM, functions::FROM].concat(),
        _ => return None,
    })
}

/// Derives links from what was recorded; what several of them need is derived once.
pub struct Deriver<'a> {
    pub sheets: &'a Sheets,
    pub items: &'a [ContractItem],
    pub run: &'a RunRecord,
    modules: OnceCell<Sheet>,
    functions: OnceCell<Sheet>,
}

impl<'a> Deriver<'a> {
    pub fn new(sheets: &'a Sheets, items: &'a [ContractItem], run: &'a RunRecord) -> Deriver<'a> {
        Deriver { sheets, items, run, modules: OnceCell::new(), functions: OnceCell::new() }
    }

    fn modules(&self) -> &Sheet {
        self.modules.get_or_init(|| modules::derive(self.sheets))
    }

    fn functions(&self) -> &Sheet {
        self.functions.get_or_init(|| functions::derive(self.sheets, &self.run.declared))
    }

    /// The sheet of a link.
    pub fn derive(&self, request: &Request) -> Sheet {
        let (sheets, run) = (self.sheets, self.run);
        match request.kind.as_str() {
            "link.modules" => self.modules().clone(),
            "link.functions" => self.functions().clone(),
            "link.source_binary" => source_binary::derive(sheets, &run.declared, self.modules(), self.functions()),
            "link.image_binary" => images::derive(sheets, &run.declared),
            "link.run_configuration" => run_configuration::derive(sheets, &run.declared),
            "link.process_binary" => processes::process_binary(sheets, run),
            "link.endpoint_process" => processes::endpoint_process(sheets, run),
            "link.syscall_policy" => syscalls::derive(sheets, request),
            "link.items" => items::derive(sheets, self.items, &run.declared),
            "link.differences" => differences::derive(run),
            "link.data_age" => data_age::derive(sheets, request, run),
            "link.go_support" => go_support::derive(sheets, request, run),
            "link.go_demands" => go_demands::derive(sheets),
            "link.vulnerabilities" => vulnerabilities::derive(sheets, self.modules(), self.functions()),
            other => Sheet::missing(other, reason!("not-collected", kind = other)),
        }
    }
}

/// Derives one link.
pub fn derive(request: &Request, sheets: &Sheets, items: &[ContractItem], run: &RunRecord) -> Sheet {
    Deriver::new(sheets, items, run).derive(request)
}
