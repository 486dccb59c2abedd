//! The clauses as rules, the contract as a taxonomy, and both in the other language.

use super::{tag, taxonomy_guid, tool_guid};
use crate::case::Case;
use crate::escape;
use crate::text::whole;
use assize_clause::AgreedClause;
use assize_facts::Lang;
use assize_judge::ClauseResult;
use serde_json::{Value, json};

/// One rule per clause, in the contract's order.
pub fn rules(case: &Case) -> Vec<Value> {
    case.result.clauses.iter().map(|clause| rule(case, clause)).collect()
}

fn rule(case: &Case, clause: &ClauseResult) -> Value {
    let mut rule = words(case.agreed(clause), clause, case.lang());
    rule["defaultConfiguration"] = json!({ "level": level(&clause.obligation) });
    rule["properties"] = json!({
        "obligation": clause.obligation,
        "verdict": clause.verdict.word(),
        "wordingDigest": clause.wording_digest,
        "chapter": case.agreed(clause).map(|a| a.chapter.as_str()),
    });
    rule
}

/// Identity, title and wording in one language.
fn words(agreed: Option<&AgreedClause>, clause: &ClauseResult, lang: Lang) -> Value {
    let mut words = json!({ "id": clause.id });
    if let Some(agreed) = agreed {
        words["shortDescription"] = json!({ "text": escape::sarif(agreed.title.get(lang)) });
        let text = whole(agreed.text.get(lang)).replace('{', "{{").replace('}', "}}").replace("](", "] (");
        words["fullDescription"] = json!({ "text": text });
    }
    words
}

/// How grave a violation is, by what the contract says of its clause.
pub fn level(obligation: &str) -> &'static str {
    match obligation {
        "must" => "error",
        "should" => "warning",
        _ => "note",
    }
}

/// The contract: one taxon per clause.
pub fn taxonomy(case: &Case, lang: Lang) -> Value {
    let taxa: Vec<Value> = case.result.clauses.iter().map(|clause| words(case.agreed(clause), clause, lang)).collect();
    json!({
        "name": taxonomy_name(case),
        "guid": taxonomy_guid(case),
        "language": tag(lang),
        "shortDescription": { "text": escape::sarif(case.contract.title.get(lang)) },
        "taxa": taxa,
    })
}

pub fn taxonomy_name(case: &Case) -> String {
    crate::text::plain(&case.result.contract.id)
}

/// Rules and taxa in another language, as SARIF 2.1.0 §3.14.9 wants them.
pub fn translations(case: &Case, lang: Lang) -> [Value; 2] {
    let rules: Vec<Value> = case.result.clauses.iter().map(|clause| words(case.agreed(clause), clause, lang)).collect();
    let tool = json!({
        "name": case.result.tool.name,
        "language": tag(lang),
        "contents": ["localizedData"],
        "associatedComponent": { "name": case.result.tool.name, "guid": tool_guid(case) },
        "rules": rules,
    });
    let mut contract = taxonomy(case, lang);
    contract["contents"] = json!(["localizedData"]);
    contract["associatedComponent"] = json!({ "name": taxonomy_name(case), "guid": taxonomy_guid(case) });
    if let Some(fields) = contract.as_object_mut() {
        fields.remove("guid");
    }
    [tool, contract]
}
