//! `[[clause]]`: which clauses are in force, from which library, with which parameters.

use super::load::Terms;
use crate::agreed::Agreement;
use crate::example::overrides;
use crate::read::{Span, Table, did_you_mean, digest};
use crate::{AgreedClause, Clause, Library, Mistake, Mistakes, Obligation};
use std::sync::Arc;

/// The name of the library inside the program.
const STANDARD: &str = "standard";

/// In force wherever items are listed, named or not.
const DELIVERY: &str = "delivery-complete";

/// The libraries of a contract, in its order.
pub(super) struct Sources {
    all: Vec<Arc<Library>>,
    /// For `delivery-complete`, whatever the contract names.
    standard: Arc<Library>,
}

impl Sources {
    pub fn standard_only(open: impl Fn(&str) -> Library) -> Sources {
        let standard = Arc::new(open(STANDARD));
        Sources { all: vec![standard.clone()], standard }
    }

    pub fn read(table: &Table<'_>, open: impl Fn(&str) -> Library) -> Sources {
        let names = table.texts("libraries");
        let mut sources = Sources::standard_only(&open);
        if names.is_empty() {
            return sources;
        }
        let mut all: Vec<Arc<Library>> = Vec::new();
        for (name, span) in names {
            let library = match name {
                STANDARD => sources.standard.clone(),
                path if path.starts_with("./") || path.starts_with("../") || path.starts_with('/') => {
                    Arc::new(open(path))
                }
                _ => {
                    let mistake = table.reader().at(span, format!("there is no library `{name}`"));
                    table.reader().report(mistake.help(format!("`standard`, or a folder: `./{name}`")));
                    continue;
                }
            };
            if all.iter().any(|l| l.name == library.name) {
                let mistake = table.reader().at(span, format!("two libraries are called `{}`", library.name));
                table.reader().report(mistake.help("`use = \"LIBRARY/CLAUSE\"` could not tell them apart"));
            }
            all.push(library);
        }
        sources.all = all;
        sources
    }

    /// Mistakes of the contract's own libraries; those of `standard` matter only where a clause is used.
    fn own_mistakes(&self) -> Mistakes {
        let mut all = Mistakes::default();
        self.all.iter().filter(|l| l.name != STANDARD).for_each(|l| all.extend(l.mistakes()));
        all
    }
}

/// The clauses in force and the files' clauses that they come from.
pub(super) struct Agreed {
    pub clauses: Vec<AgreedClause>,
    pub originals: Vec<Arc<Clause>>,
}

pub(super) fn agreed_clauses(table: &Table<'_>, sources: &Sources, terms: &Terms, elsewhere: &mut Mistakes) -> Agreed {
    elsewhere.extend(sources.own_mistakes());
    let mut agreed = Agreed { clauses: vec![], originals: vec![] };
    let mut seen: Vec<(String, Span)> = Vec::new();
    let tables = table.tables("clause");
    for table in &tables {
        one(table, sources, terms, elsewhere, &mut agreed, &mut seen);
    }
    if tables.is_empty() {
        table.missing("clause", "the complete list of clauses in force: `[[clause]]`");
    }
    if terms.has_items && !seen.iter().any(|(id, _)| id == DELIVERY) {
        delivery_complete(&sources.standard, terms, elsewhere, &mut agreed);
    }
    agreed
}

fn one(
    table: &Table<'_>,
    sources: &Sources,
    terms: &Terms,
    elsewhere: &mut Mistakes,
    agreed: &mut Agreed,
    seen: &mut Vec<(String, Span)>,
) {
    let obligation = table.word("obligation", Obligation::WORDS, Obligation::parse);
    let applicable = table.bool("applicable").unwrap_or(false);
    let wording = wording(table);
    let found = table.need_text("use", "the clause's id, as in \"tls-1.3\"").map(|(text, span)| (text, span.clone()));
    let Some((library, clause)) = found.as_ref().and_then(|(text, span)| find(table, sources, text, span, elsewhere))
    else {
        // Its parameters cannot be judged without the clause.
        table.get("parameters");
        return;
    };
    let Some((_, span)) = found else { return };
    let parameters = overrides(table, &clause);
    if let Some((_, first)) = seen.iter().find(|(id, _)| *id == clause.id) {
        let mistake = table.reader().at(&span, format!("the clause `{}` is in force already", clause.id));
        return table.reader().report(mistake.label("again here").also(first.clone(), "first here"));
    }
    seen.push((clause.id.clone(), span.clone()));
    if clause.id == DELIVERY && terms.has_items && obligation.is_some_and(|o| o != Obligation::Must) {
        let mistake =
            table.reader().at(&table.key_span("obligation"), format!("`{DELIVERY}` is `must` where items are listed"));
        table.reader().report(mistake.help("leave out `obligation`, or the items"));
    }
    let clause_agreed = clause.agree(Agreement {
        library: &library,
        obligation: obligation.or((clause.id == DELIVERY && terms.has_items).then_some(Obligation::Must)),
        parameters,
        applicable,
        contract: &terms.words,
        zone: terms.zone.clone(),
    });
    same_wording(table, wording, &clause_agreed);
    agreed.clauses.push(clause_agreed);
    agreed.originals.push(clause);
}

fn wording<'a>(table: &Table<'a>) -> Option<(String, &'a Span)> {
    let (text, span) = table.text("wording")?;
    match digest(text) {
        Some(digest) => Some((digest.0, span)),
        None => {
            let mistake = table.reader().at(span, format!("`{text}` is not a wording's digest"));
            table.reader().report(mistake.help("`sha256:` and 64 lower-case hexadecimal digits"));
            None
        }
    }
}

fn same_wording(table: &Table<'_>, wording: Option<(String, &Span)>, clause: &AgreedClause) {
    if let Some((agreed, span)) = wording
        && agreed != clause.wording_digest.0
    {
        let message = format!("the clause `{}` no longer has the wording that was agreed", clause.id);
        let mistake = table.reader().at(span, message).label("agreed");
        table.reader().report(mistake.help(format!(
            "the library's wording with these parameters is {}: agree on it anew, or bring the library that was agreed",
            clause.wording_digest.0
        )));
    }
}

/// A clause by `id` or `library/id`.
fn find(
    table: &Table<'_>,
    sources: &Sources,
    text: &str,
    span: &Span,
    elsewhere: &mut Mistakes,
) -> Option<(String, Arc<Clause>)> {
    let reader = table.reader();
    let (wanted, id) = match text.rsplit_once('/') {
        Some((library, id)) => (Some(library), id),
        None => (None, text),
    };
    if let Some(wanted) = wanted
        && !sources.all.iter().any(|l| l.name == wanted)
    {
        let place = reader.inside(span, wanted);
        let mistake = reader.at(&place, format!("the contract has no library `{wanted}`"));
        let help = did_you_mean(wanted, sources.all.iter().map(|l| l.name.as_str()));
        reader.report(mistake.help(help.unwrap_or_default()));
        return None;
    }
    let libraries: Vec<&Arc<Library>> =
        sources.all.iter().filter(|l| wanted.is_none_or(|wanted| l.name == wanted)).collect();
    let holders: Vec<&&Arc<Library>> =
        libraries.iter().filter(|l| l.clauses.contains_key(id) || l.broken(id).is_some()).collect();
    match holders.as_slice() {
        [] => {
            let ids: Vec<&str> = libraries.iter().flat_map(|l| l.clauses.keys().map(String::as_str)).collect();
            let mistake = reader.at(span, format!("no library has a clause `{id}`"));
            reader.report(mistake.help(did_you_mean(id, ids).unwrap_or_else(|| "the library is empty".into())));
            None
        }
        [library] => match library.clauses.get(id) {
            Some(clause) => Some((library.name.clone(), clause.clone())),
            None => {
                // The contract's own libraries were reported whole already.
                if library.name == STANDARD {
                    elsewhere.extend(library.broken(id).cloned().unwrap_or_default());
                }
                None
            }
        },
        several => {
            let names: Vec<String> = several.iter().map(|l| format!("`{}/{id}`", l.name)).collect();
            let mistake = reader.at(span, format!("more than one library has a clause `{id}`"));
            reader.report(mistake.help(format!("say which: {}", names.join(" or "))));
            None
        }
    }
}

/// The standard library's, whatever libraries the contract names.
fn delivery_complete(library: &Library, terms: &Terms, elsewhere: &mut Mistakes, agreed: &mut Agreed) {
    let Some(clause) = library.clauses.get(DELIVERY) else {
        let missing = || Mistake::whole(format!("the standard library has no clause `{DELIVERY}`")).into();
        elsewhere.extend(library.broken(DELIVERY).cloned().unwrap_or_else(missing));
        return;
    };
    agreed.clauses.push(clause.agree(Agreement {
        library: &library.name,
        obligation: Some(Obligation::Must),
        parameters: Default::default(),
        applicable: false,
        contract: &terms.words,
        zone: terms.zone.clone(),
    }));
    agreed.originals.push(clause.clone());
}
