//! SARIF 2.1.0: the whole log with a `kind` on every result, and one with the violations only for readers that do not know `kind`.

mod places;
mod results;
mod rules;

use crate::case::Case;
use crate::text::plain;
use crate::uuid;
use assize_facts::Lang;
use serde_json::{Value, json};

/// Everything that was judged: what is kept, broken, open, not applicable and worth a note.
pub fn sarif(case: &Case) -> String {
    log(case, results::all(case))
}

/// Only what a clause fails for, for consumers that take every result for an accusation.
pub fn sarif_failures(case: &Case) -> String {
    log(case, results::failures(case))
}

fn log(case: &Case, results: Vec<Value>) -> String {
    let mut document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": null,
    });
    // `json!` copies the values that it is given; ten thousand results are moved.
    document["runs"] = vec![run(case, results)].into();
    let mut text = serde_json::to_string_pretty(&document).expect("a log is plain data");
    text.push('\n');
    text
}

fn run(case: &Case, results: Vec<Value>) -> Value {
    let result = case.result;
    let mut run = json!({
        "tool": { "driver": {
            "name": result.tool.name,
            "semanticVersion": result.tool.version,
            "language": tag(case.lang()),
            "guid": tool_guid(case),
            "rules": rules::rules(case),
        }},
        "automationDetails": { "id": format!("{}/{}/", result.tool.name, plain(&result.contract.id)) },
        "invocations": [invocation(case)],
        "columnKind": "unicodeCodePoints",
        "defaultEncoding": "utf-8",
        "language": tag(case.lang()),
        "originalUriBaseIds": { places::BASE: {
            "description": { "text": case.say("sarif-base", &[]) },
        }},
        "artifacts": places::artifacts(case),
        "taxonomies": [rules::taxonomy(case, case.lang())],
        "results": null,
        "properties": {
            "verdict": result.verdict.word(),
            "judgedFor": result.judged_for,
            "gate": result.gate,
            "sandbox": result.sandbox.level,
            "contract": { "id": plain(&result.contract.id), "digest": result.contract.digest },
            "deliverable": {
                "name": result.deliverable.name.as_deref().map(plain),
                "version": result.deliverable.version.as_deref().map(plain),
                "digest": result.deliverable.digest,
            },
            "counts": result.counts,
        },
    });
    run["results"] = results.into();
    let others: Vec<Value> =
        case.languages.iter().filter(|l| **l != case.lang()).flat_map(|l| rules::translations(case, *l)).collect();
    if !others.is_empty() {
        run["translations"] = others.into();
    }
    run
}

/// The tool did its work whatever the verdict is; what it could not see are results of kind `open`.
fn invocation(case: &Case) -> Value {
    json!({ "executionSuccessful": true, "startTimeUtc": case.result.ran_at })
}

/// The language as SARIF writes it (RFC 5646 with a country).
fn tag(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en-US",
        Lang::Zh => "zh-CN",
    }
}

fn tool_guid(case: &Case) -> String {
    uuid::of(&["sarif-tool", &case.result.tool.name, &case.result.tool.version])
}

fn taxonomy_guid(case: &Case) -> String {
    uuid::of(&["sarif-contract", &case.result.contract.digest])
}
