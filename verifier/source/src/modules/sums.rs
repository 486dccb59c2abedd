//! `module.sums`: every line of go.sum and go.work.sum.

use super::graph::Graph;
use assize_facts::kinds::module::{Sum, SumKind};
use assize_facts::{Known, Sheet, reason};
use assize_golang::module::matches_prefix_patterns;
use assize_golang::sum::{SumLine, Summed};

pub(super) fn sheet(graph: &Graph, private: &str) -> Sheet {
    let mut sheet = Sheet::of::<Sum>();
    for (text, file) in &graph.sums {
        sheet.examined(file.lines.len() as u64);
        for line in &file.lines {
            sheet.push(sum(graph, line, private), text.origin(line.place));
        }
    }
    sheet
}

fn sum(graph: &Graph, line: &SumLine, private: &str) -> Sum {
    let module = &line.module;
    Sum {
        path: module.path.clone(),
        version: module.version.clone(),
        of: match line.of {
            Summed::Zip => SumKind::Zip,
            Summed::GoMod => SumKind::GoMod,
        },
        sum: line.sum.clone(),
        well_formed: line.is_well_formed(),
        conflicting: graph.sums_of(module, line.of).len() > 1,
        database_agrees: Known::Unknown(reason!("sumdb-no-record", module = module)),
        private: matches_prefix_patterns(private, &module.path),
    }
}
