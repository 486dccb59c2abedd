//! Reading `contract.toml`.

use super::clauses::{Sources, agreed_clauses};
use super::sections::sections;
use super::{Consent, Contract, ContractItem, ItemKind, Party, PartyRole, Sandbox};
use crate::agreed::{Agreement, canonical_digest};
use crate::library::read_file;
use crate::read::{Entry, Node, Reader, Table, Value, did_you_mean};
use crate::waiver::waivers;
use crate::{Bilingual, Library, Mistake, Mistakes, Obligation};
use assize_facts::{Lang, Neutral};
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

impl Contract {
    /// The built-in contract: every clause of the library with its defaults.
    pub fn standard() -> Result<Contract, Mistakes> {
        Contract::of_library(Library::standard())
    }

    /// Every clause of a library with its defaults.
    pub fn of_library(library: &Library) -> Result<Contract, Mistakes> {
        let mistakes = library.mistakes();
        let clauses: Vec<_> = library
            .clauses
            .values()
            .map(|clause| {
                clause.agree(Agreement {
                    library: &library.name,
                    obligation: None,
                    parameters: BTreeMap::new(),
                    applicable: false,
                    contract: &BTreeMap::from([("id".to_string(), library.name.clone())]),
                    zone: TimeZone::UTC,
                })
            })
            .collect();
        let wordings: BTreeMap<&str, &str> =
            clauses.iter().map(|c| (c.id.as_str(), c.wording_digest.0.as_str())).collect();
        let digest = canonical_digest(&json!({ "id": library.name, "clauses": wordings }));
        mistakes.or(Contract {
            id: library.name.clone(),
            title: Bilingual { en: "Every clause of the library".into(), zh: "条款库全部条款".into() },
            signed_on: None,
            language: Lang::En,
            time_zone_name: "UTC".into(),
            time_zone: TimeZone::UTC,
            parties: vec![],
            items: vec![],
            conflicts: super::conflict::conflicts(library.clauses.values(), &clauses),
            clauses,
            waivers: vec![],
            sandbox: Sandbox::default(),
            consent: Consent::default(),
            run: None,
            endpoints: None,
            requests: None,
            digest,
            file: library.name.clone(),
            source: "".into(),
            built_in: true,
        })
    }

    /// Reads a contract file; its libraries are looked up beside it.
    pub fn open(path: &Path) -> Result<Contract, Mistakes> {
        let bytes = read_file(path).map_err(|mistake| Mistakes::from(*mistake))?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Contract::parse(&path.display().to_string(), &bytes, |name| match name {
            "standard" => Library::standard().clone(),
            path => Library::from_folder(&folder.join(path.trim_start_matches("./"))),
        })
    }

    /// Reads a contract from text. `open` gives each library by what the contract writes: `standard` or a path.
    pub fn parse(file: &str, bytes: &[u8], open: impl Fn(&str) -> Library) -> Result<Contract, Mistakes> {
        let (reader, root) = Reader::open(file, bytes)?;
        let mut elsewhere = Mistakes::default();
        let contract = contract(&reader, &root, open, &mut elsewhere);
        let mut mistakes = reader.finish();
        mistakes.extend(elsewhere);
        match (contract, mistakes.is_empty()) {
            (Some(contract), true) => Ok(contract.without_credentials()),
            (None, true) => Err(Mistake::whole(format!("{file} could not be read as a contract")).into()),
            (_, false) => Err(mistakes),
        }
    }
}

impl Contract {
    /// The text without values of `Authorization` and `Cookie` headers and private keys: it goes into packs, and a pack must give the digest again.
    /// What is sent to the service keeps them.
    fn without_credentials(mut self) -> Contract {
        if let Cow::Owned(text) = Neutral::new(b"contract", b"", &[]).text(&self.source) {
            if let Ok((_, root)) = Reader::open(&self.file, text.as_bytes()) {
                self.digest = canonical_digest(&without_waivers(&root).json());
            }
            self.source = text.into();
        }
        self
    }
}

fn contract(
    reader: &Reader,
    root: &Node,
    open: impl Fn(&str) -> Library,
    elsewhere: &mut Mistakes,
) -> Option<Contract> {
    let table = Table::root(reader, root);
    table.need("contract", "`[contract]` with `id` and `title`");
    let head = table.table("contract").map(|t| Head::read(&t, &open));
    let parties = parties(&table);
    let items = items(&table);
    let sections = sections(&table, root);
    let (sandbox, consent) = (execution(&table), consent(&table));
    let empty = Sources::standard_only(&open);
    let sources = head.as_ref().map_or(&empty, |h| &h.sources);
    let terms = Terms {
        words: head.as_ref().map(|h| h.words(&parties)).unwrap_or_default(),
        zone: head.as_ref().map_or(TimeZone::UTC, |h| h.zone.clone()),
        has_items: !items.is_empty(),
    };
    let agreed = agreed_clauses(&table, sources, &terms, elsewhere);
    let obligations: BTreeMap<&str, Obligation> =
        agreed.clauses.iter().map(|c| (c.id.as_str(), c.obligation)).collect();
    // Also clauses that could not be read: one slip must not be told as two.
    let used = table.tables("clause").iter().filter_map(named_clause).collect();
    let waivers = waivers(&table, &obligations, &used);
    let head = head?;
    Some(Contract {
        id: head.id?,
        title: head.title?,
        signed_on: head.signed_on,
        language: head.language,
        time_zone_name: head.zone_name,
        time_zone: head.zone,
        parties,
        items,
        conflicts: super::conflict::conflicts(agreed.originals.iter(), &agreed.clauses),
        clauses: agreed.clauses,
        waivers,
        sandbox,
        consent,
        run: sections.run,
        endpoints: sections.endpoints,
        requests: sections.requests,
        digest: canonical_digest(&without_waivers(root).json()),
        file: reader.file().into(),
        source: reader.text(),
        built_in: false,
    })
}

/// The id in `use`, without its library.
fn named_clause(table: &Table<'_>) -> Option<String> {
    table.entries();
    let text = table.text("use")?.0;
    Some(text.rsplit('/').next().unwrap_or(text).to_string())
}

/// What clauses need to know of the contract around them.
pub(super) struct Terms {
    /// For `{contract.NAME}`.
    pub words: BTreeMap<String, String>,
    pub zone: TimeZone,
    pub has_items: bool,
}

fn without_waivers(root: &Node) -> Node {
    let entries: Vec<Entry> = root.entries().iter().filter(|e| e.key != "waiver").cloned().collect();
    Node { value: Value::Table(entries), span: root.span.clone() }
}

/// `[contract]`.
struct Head {
    id: Option<String>,
    title: Option<Bilingual>,
    signed_on: Option<Date>,
    language: Lang,
    zone_name: String,
    zone: TimeZone,
    sources: Sources,
}

impl Head {
    fn read(table: &Table<'_>, open: impl Fn(&str) -> Library) -> Head {
        let (zone_name, zone) = zone(table);
        table.need("id", "the contract's number, as in \"PO-2026-0117\"");
        Head {
            id: table.text("id").and_then(|(text, span)| {
                let good = !text.trim().is_empty() && !text.chars().any(char::is_control);
                if !good {
                    table
                        .reader()
                        .report(table.reader().at(span, "the contract's id is empty or has control characters"));
                }
                good.then(|| text.to_string())
            }),
            title: table.need_both("title"),
            signed_on: date(table, "signed_on"),
            language: table.word("language", &["en", "zh"], language).unwrap_or(Lang::En),
            zone_name,
            zone,
            sources: Sources::read(table, open),
        }
    }

    fn words(&self, parties: &[Party]) -> BTreeMap<String, String> {
        let party = |role| parties.iter().find(|p| p.role == role).map(|p| p.name.clone());
        [
            ("id", self.id.clone()),
            ("language", Some(self.language.code().to_string())),
            ("time_zone", Some(self.zone_name.clone())),
            ("signed_on", self.signed_on.map(|d| d.to_string())),
            ("buyer", party(PartyRole::Buyer)),
            ("supplier", party(PartyRole::Supplier)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_string(), value?)))
        .collect()
    }
}

fn language(word: &str) -> Option<Lang> {
    [Lang::En, Lang::Zh].into_iter().find(|l| l.code() == word)
}

/// A calendar day; TOML's own dates, or the same in a string.
pub(crate) fn date(table: &Table<'_>, key: &'static str) -> Option<Date> {
    let node = table.get(key)?;
    let text = match &node.value {
        Value::Date(date) => date.to_string(),
        Value::Text(text) => text.clone(),
        _ => String::new(),
    };
    let day = if text.len() == 10 { text.parse().ok() } else { None };
    if day.is_none() && !matches!(node.value, Value::Bad) {
        let mistake = table.reader().at(&node.span, format!("`{key}` is not a calendar day"));
        table.reader().report(mistake.help("as in 2026-01-17"));
    }
    day
}

/// By the rules inside the program, not the machine's: two machines agree on when a day ends.
fn zone(table: &Table<'_>) -> (String, TimeZone) {
    let utc = ("UTC".to_string(), TimeZone::UTC);
    let Some((text, span)) = table.text("time_zone") else { return utc };
    if text == "UTC" {
        return utc;
    }
    let database = TimeZoneDatabase::bundled();
    match database.get(text) {
        Ok(zone) => (text.to_string(), zone),
        Err(_) => {
            let names: Vec<String> = database.available().map(|name| name.as_str().to_string()).collect();
            let mistake = table.reader().at(span, format!("there is no time zone `{text}`"));
            let near = did_you_mean(text, names.iter().map(String::as_str)).filter(|said| said.starts_with("did"));
            let help = near.unwrap_or_else(|| "a name of the IANA time zone database, as in `Asia/Shanghai`".into());
            table.reader().report(mistake.help(help));
            utc
        }
    }
}

fn parties(table: &Table<'_>) -> Vec<Party> {
    let tables = table.tables("party");
    tables
        .iter()
        .filter_map(|table| {
            table.need("role", "one of: `buyer`, `supplier`, `witness`");
            let role = table.word("role", PartyRole::WORDS, PartyRole::parse);
            let key = table.text("key").and_then(|(text, span)| {
                let key = ed25519(text);
                if key.is_none() {
                    let mistake = table.reader().at(span, "not an Ed25519 public key");
                    table
                        .reader()
                        .report(mistake.help("`ed25519:` and the 32 bytes in base64, as `assize keygen` prints it"));
                }
                key
            });
            let (name, _) = table.need_text("name", "the party's name")?;
            Some(Party { role: role?, name: name.into(), key })
        })
        .collect()
}

/// The base64 of 32 bytes: 43 digits and one `=`.
fn ed25519(text: &str) -> Option<String> {
    let key = text.strip_prefix("ed25519:")?;
    let digits = key.strip_suffix('=')?;
    let good = digits.len() == 43 && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
    good.then(|| key.to_string())
}

fn items(table: &Table<'_>) -> Vec<ContractItem> {
    let tables = table.tables("item");
    let mut all: Vec<ContractItem> = Vec::new();
    for table in &tables {
        table.need("kind", "one of: `source`, `binary`, `image`, `endpoint`, `dependency`, `document`");
        let kind = table.word("kind", ItemKind::WORDS, ItemKind::parse);
        let Some((name, span)) = table.need_text("name", "what must be handed over") else { continue };
        let Some(kind) = kind else { continue };
        if all.iter().any(|item| item.kind == kind && item.name == name) {
            table.reader().report(table.reader().at(span, format!("the {} `{name}` is listed already", kind.word())));
        }
        all.push(ContractItem { kind, name: name.into(), line: table.line() });
    }
    all
}

fn execution(table: &Table<'_>) -> Sandbox {
    let Some(execution) = table.table("execution") else { return Sandbox::default() };
    execution.word("sandbox", Sandbox::WORDS, Sandbox::parse).unwrap_or_default()
}

fn consent(table: &Table<'_>) -> Consent {
    let default = Consent::default();
    let Some(given) = table.table("consent") else { return default };
    Consent {
        handshakes: given.bool("handshakes").unwrap_or(default.handshakes),
        load: given.bool("load").unwrap_or(default.load),
        faults: given.bool("faults").unwrap_or(default.faults),
        signals: given.bool("signals").unwrap_or(default.signals),
    }
}
