//! `module.sums`: every line of go.sum and go.work.sum.

use super::graph::Graph;
use super::records::Records;
use assize_facts::kinds::module::{Sum, SumKind};
use assize_facts::{Known, Sheet};
use assize_golang::module::matches_prefix_patterns;
use assize_golang::sum::{SumLine, Summed};

pub(super) fn sheet(graph: &Graph, records: &Records, private: &str) -> Sheet {
    let mut sheet = Sheet::of::<Sum>();
    for (text, file) in &graph.sums {
        sheet.examined(file.lines.len() as u64);
        for line in &file.lines {
            sheet.push(sum(graph, records, line, private), text.origin(line.place));
        }
    }
    sheet
}

fn sum(graph: &Graph, records: &Records, line: &SumLine, private: &str) -> Sum {
    let module = &line.module;
    let database = records.sum(module, line.of);
    let record = records.of(module).ok();
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
        dropped: line.is_dropped(),
        database_differs: database.as_ref().is_ok_and(|sum| *sum != line.sum),
        database_sum: database.as_ref().ok().map(|sum| (*sum).to_string()),
        record: record.map(|record| record.number),
        tree_size: record.map(|record| record.tree_size),
        database_agrees: match database {
            Ok(sum) => Known::Value(sum == line.sum),
            Err(reason) => Known::Unknown(reason),
        },
        private: matches_prefix_patterns(private, &module.path),
    }
}
