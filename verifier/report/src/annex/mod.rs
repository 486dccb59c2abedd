//! The technical annex of a contract: the wording of each clause with the parameters agreed, both languages side by side, and what fixes it.
//!
//! It is made from the clause files that the verifier checks by, so the text that is signed is the file that is tested.

mod markdown;
mod page;

use crate::text::plain;
use crate::words::{say, word};
use assize_clause::{AgreedClause, Contract, Party};
use assize_facts::Lang;

/// What an annex is made of.
pub struct Annex<'a> {
    pub contract: &'a Contract,
    /// Of each party's key, in the contract's order; `None` where it has none.
    pub fingerprints: Vec<Option<String>>,
}

/// A line of a table: what it is called in both languages, and what it is.
type Row = (String, String);

impl<'a> Annex<'a> {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        markdown::markdown(self)
    }

    /// As one HTML page that loads nothing.
    pub fn html(&self) -> String {
        page::html(self)
    }

    /// The governing language first.
    fn languages(&self) -> [Lang; 2] {
        match self.contract.language {
            Lang::En => [Lang::En, Lang::Zh],
            Lang::Zh => [Lang::Zh, Lang::En],
        }
    }

    /// The words of a key in both languages.
    fn both(&self, key: &str) -> String {
        self.languages().map(|lang| say(lang, key, &[])).join(" · ")
    }

    fn both_of(&self, prefix: &str, value: &str) -> String {
        self.languages().map(|lang| word(lang, prefix, value)).join(" · ")
    }

    /// What is said about the contract as a whole.
    fn head(&self) -> Vec<Row> {
        let contract = self.contract;
        let governing = say(contract.language, "language-name", &[]);
        let signed = contract.signed_on.map(|day| day.to_string());
        let rows = [
            ("annex-contract", Some(plain(&contract.id))),
            ("annex-signed-on", signed),
            ("annex-language", Some(governing)),
            ("annex-zone", Some(contract.time_zone_name.clone())),
            ("annex-digest", Some(contract.digest.0.clone())),
        ];
        rows.into_iter().filter_map(|(key, value)| Some((self.both(key), value?))).collect()
    }

    /// Role, name, key and its fingerprint.
    fn parties(&self) -> Vec<[String; 4]> {
        let line = |(party, fingerprint): (&Party, &Option<String>)| {
            let key = party.key.as_ref().map_or_else(|| "–".into(), |key| format!("ed25519:{key}"));
            let role = self.both_of("party-", party.role.word());
            [role, plain(&party.name), key, fingerprint.clone().unwrap_or_else(|| "–".into())]
        };
        self.contract.parties.iter().zip(&self.fingerprints).map(line).collect()
    }

    /// What must be handed over.
    fn items(&self) -> Vec<Row> {
        let line = |item: &assize_clause::ContractItem| (self.both_of("item-", item.kind.word()), plain(&item.name));
        self.contract.items.iter().map(line).collect()
    }

    /// Obligation, level of waivers, and where the clause is from.
    fn terms(&self, clause: &AgreedClause) -> Vec<Row> {
        vec![
            (self.both("annex-obligation"), self.both_of("obligation-", clause.obligation.word())),
            (self.both("annex-waiver"), clause.waiver_level.word().to_string()),
            (self.both("annex-source"), plain(&format!("{}/{}", clause.library, clause.id))),
            (self.both("annex-file-digest"), clause.digest.0.clone()),
        ]
    }

    /// Every parameter with the value in force.
    fn parameters(&self, clause: &AgreedClause) -> Vec<Row> {
        clause.parameters.iter().map(|(name, value)| (name.clone(), plain(&value.json().to_string()))).collect()
    }

    /// What fixes the wordings when it stands in the contract's file.
    fn pins(&self) -> String {
        let pin = |clause: &AgreedClause| {
            let name = toml::Value::String(format!("{}/{}", clause.library, clause.id));
            format!("[[clause]]\nuse = {name}\nwording = \"{}\"\n", clause.wording_digest.0)
        };
        self.contract.clauses.iter().map(pin).collect::<Vec<_>>().join("\n")
    }
}
