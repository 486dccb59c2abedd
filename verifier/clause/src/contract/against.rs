//! A contract's sections against the delivery that they are put over: what they refer to must be there.

use super::Contract;
use crate::Mistakes;
use crate::read::{Reader, Table, did_you_mean};
use assize_facts::Deliverable;

impl Contract {
    /// Names in the contract's `[run]` and `[[request]]` that neither contract nor delivery declares.
    pub fn against(&self, deliverable: &Deliverable) -> Mistakes {
        if self.built_in {
            return Mistakes::default();
        }
        // The text was read once already; it is walked again for the places.
        let Ok((reader, root)) = Reader::open(&self.file, self.source.as_bytes()) else { return Mistakes::default() };
        let applied = self.apply(deliverable);
        let binaries: Vec<&str> = deliverable.binaries.iter().map(|b| b.name.as_str()).collect();
        let endpoints: Vec<&str> = applied.endpoints.iter().map(|e| e.name.as_str()).collect();
        let dependencies = applied.run.iter().flat_map(|run| &run.dependencies);
        let dependencies: Vec<&str> = dependencies.map(|d| d.name.as_str()).collect();
        let table = Table::root(&reader, &root);
        table.entries();
        if let Some(run) = table.table("run") {
            run.entries();
            if !binaries.is_empty() {
                known(&run, "binary", "binary", &binaries);
            }
        }
        for request in table.tables("request") {
            request.entries();
            known(&request, "endpoint", "endpoint", &endpoints);
            known(&request, "uses", "dependency", &dependencies);
        }
        drop(table);
        reader.finish()
    }
}

fn known(table: &Table<'_>, key: &'static str, what: &str, names: &[&str]) {
    let is_list = table.get(key).is_some_and(|node| node.text().is_none());
    let texts = if is_list { table.texts(key) } else { table.text(key).into_iter().collect() };
    for (text, span) in texts.into_iter().filter(|(text, _)| !names.contains(text)) {
        let mistake = table.reader().at(span, format!("neither contract nor delivery has the {what} `{text}`"));
        let help = did_you_mean(text, names.iter().copied());
        table.reader().report(mistake.help(help.unwrap_or_else(|| "none is declared".into())));
    }
}
