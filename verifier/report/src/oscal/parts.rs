//! What an OSCAL document has around its findings: who, with what, about which delivery; and the forms of its smallest parts.

use super::id;
use crate::case::Case;
use crate::escape::oscal as markup;
use crate::text::plain;
use serde_json::{Value, json};

/// The name space of our own properties.
const SPACE: &str = "https://assize.invalid/ns/oscal";

/// One line of markup, never empty.
pub fn line(text: &str) -> String {
    let text = markup(text);
    if text.trim().is_empty() { "-".into() } else { text }
}

/// A property of our own; its value has no white space at its ends and is never empty.
pub fn prop(name: &str, value: &str) -> Value {
    let value = plain(value);
    let value = value.trim();
    json!({ "name": token(name), "ns": SPACE, "value": if value.is_empty() { "-" } else { value } })
}

pub fn props(all: &[(&str, &str)]) -> Vec<Value> {
    all.iter().map(|(name, value)| prop(name, value)).collect()
}

/// An identifier as OSCAL writes it: it begins with a letter.
pub fn token(text: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    let token: String = text.chars().take(200).map(kept).collect();
    let letter = token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if letter { token } else { format!("_{token}") }
}

pub fn metadata(case: &Case, version: &str) -> Value {
    let mut metadata = json!({
        "title": line(&case.say("oscal-title", &[("deliverable", &case.deliverable())])),
        "last-modified": case.result.ran_at,
        "version": plain(&case.result.tool.version),
        "oscal-version": version,
        "props": props(&[("contract", &case.result.contract.digest), ("delivery", &case.result.deliverable.digest)]),
    });
    let parties = &case.contract.parties;
    if parties.is_empty() {
        return metadata;
    }
    let mut roles: Vec<&str> = parties.iter().map(|p| p.role.word()).collect();
    roles.sort_unstable();
    roles.dedup();
    let title = |role: &str| crate::words::word(case.lang(), "party-", role);
    metadata["roles"] = roles.iter().map(|role| json!({ "id": role, "title": title(role) })).collect();
    let ids: Vec<String> = (0..parties.len()).map(|n| id(case, "party", &[&n.to_string()])).collect();
    let party = |(party, uuid): (&assize_clause::Party, &String)| json!({ "uuid": uuid, "type": "organization", "name": prop("name", &party.name)["value"] });
    metadata["parties"] = parties.iter().zip(&ids).map(party).collect();
    let responsible = |role: &&str| {
        let named = parties.iter().zip(&ids).filter(|(p, _)| p.role.word() == *role);
        json!({ "role-id": role, "party-uuids": named.map(|(_, uuid)| uuid).collect::<Vec<_>>() })
    };
    metadata["responsible-parties"] = roles.iter().map(responsible).collect();
    metadata
}

/// The delivery, and the tool that looked at it.
pub fn definitions(case: &Case) -> Value {
    let result = case.result;
    let tool = id(case, "tool", &[]);
    let operational = json!({ "state": "operational" });
    json!({
        "components": [{
            "uuid": subject(case),
            "type": "software",
            "title": line(&case.deliverable()),
            "description": markup(&result.deliverable.digest),
            "props": props(&[("digest", &result.deliverable.digest)]),
            "status": operational,
        }],
        "assessment-assets": {
            "components": [{
                "uuid": tool,
                "type": "software",
                "title": line(&result.tool.name),
                "description": line(&format!("{} {}", result.tool.name, result.tool.version)),
                "props": props(&[("version", &result.tool.version), ("clauses", &result.tool.clauses_digest)]),
                "status": operational,
            }],
            "assessment-platforms": [{
                "uuid": id(case, "platform", &[]),
                "uses-components": [{ "component-uuid": tool }],
            }],
        },
    })
}

/// The delivery's identifier.
pub fn subject(case: &Case) -> String {
    id(case, "subject", &[])
}

/// What the document refers to: the contract, and the evidence pack where there is one.
pub fn resources(case: &Case) -> Vec<Value> {
    let mut all = vec![json!({
        "uuid": id(case, "contract", &[]),
        "title": line(case.contract.title.get(case.lang())),
        "description": line(&case.result.contract.id),
        "props": props(&[("digest", &case.result.contract.digest)]),
        "rlinks": [{ "href": "contract.toml" }],
    })];
    if let Some(kept) = case.kept {
        all.push(json!({
            "uuid": id(case, "pack", &[]),
            "title": line(&case.say("fact-pack", &[])),
            "props": props(&[("digest", &kept.digest)]),
            "rlinks": [{
                "href": "manifest.json",
                "hashes": [{ "algorithm": "SHA-256", "value": kept.digest.trim_start_matches("sha256:") }],
            }],
        }));
    }
    all
}
