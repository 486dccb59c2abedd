//! The case that the reports are tried on: a clause of every verdict, findings of every standing, a gap, a note, a waiver, two languages.

use crate::case::{Case, Kept, KeptFile, KeptSignature};
use assize_clause::{Contract, Files, Library};
use assize_facts::{Field, Fields, Item, Lang, Origin, Sheet};
use assize_judge::{
    CheckResult, ClauseResult, ContractName, ContractVerdict, Contradiction, Counts, Declared, DeliverableName,
    Examined, FindingResult, GapResult, IdentityLink, Location, Note, Operator, Outcome, RUN_SCHEMA, RunRecord,
    RunResult, SandboxUse, Sheets, Step, Text, Tool, Verdict, WaiverState, WaiverUse,
};

pub const BOTH: &[Lang] = &[Lang::En, Lang::Zh];

/// Everything that a case borrows.
pub struct Sample {
    pub result: RunResult,
    pub contract: Contract,
    pub sheets: Sheets,
    pub record: RunRecord,
    pub kept: Kept,
}

impl Sample {
    pub fn case<'a>(&'a self, languages: &'a [Lang]) -> Case<'a> {
        Case::new(&self.result, &self.contract, &self.sheets, &self.record, languages).in_pack(&self.kept)
    }
}

fn library() -> Library {
    let clause = |id: &str, chapter: &str| {
        format!(
            r#"id = "{id}"
chapter = "{chapter}"
obligation = "must"
waiver_level = "L1"
[title]
en = "Promise {id}"
zh = "承诺 {id}"
[text]
en = "The service keeps {{level}} at {id}."
zh = "服务在 {id} 处保持 {{level}}。"
[parameters.level]
type = "tls-version"
default = "1.3"
[[check]]
id = "look"
layer = "source"
each = "source.tls_configs"
expect = {{ min_version = {{ at_least = "{{level}}" }} }}
fail = {{ en = "accepts {{item.min_version}}", zh = "接受 {{item.min_version}}" }}
[[check]]
id = "measure"
layer = "runtime"
each = "endpoint.tls"
expect = {{ lowest_accepted = {{ at_least = "{{level}}" }} }}
"#
        )
    };
    let files: Files = CLAUSES
        .iter()
        .map(|(id, chapter, _)| (format!("{id}/clause.toml"), clause(id, chapter).into_bytes()))
        .collect();
    Library::from_files("small", "small", files)
}

/// Clause, chapter and verdict.
const CLAUSES: &[(&str, &str, Verdict)] = &[
    ("kept", "4.1", Verdict::Pass),
    ("broken", "4.1", Verdict::Fail),
    ("advised", "4.2", Verdict::Fail),
    ("open", "4.2", Verdict::Inconclusive),
    ("forgiven", "4.3", Verdict::Waived),
    ("idle", "4.3", Verdict::NotApplicable),
    ("left", "4.3", Verdict::Inconclusive),
];

fn contract() -> Contract {
    let mut text = String::from(
        "[contract]\nid = \"PO-1\"\ntitle = { en = \"A delivery\", zh = \"一次交付\" }\nlanguage = \"en\"\nlibraries = [\"./small\"]\n",
    );
    for (id, _, _) in CLAUSES {
        let obligation = if *id == "advised" { "should" } else { "must" };
        text.push_str(&format!("[[clause]]\nuse = \"{id}\"\nobligation = \"{obligation}\"\n"));
    }
    match Contract::parse("contract.toml", text.as_bytes(), |_| library()) {
        Ok(contract) => contract,
        Err(mistakes) => panic!("{mistakes:?}"),
    }
}

fn both(en: &str) -> Text {
    Text { en: en.into(), zh: format!("中文 {en}") }
}

/// A finding whose fact is the `index`th configuration.
pub fn finding(outcome: Outcome, index: usize, words: &str) -> FindingResult {
    FindingResult {
        outcome,
        exhibits: vec![EXHIBIT.into()],
        fingerprint: format!("fp:{:032x}", index + 1),
        message: both(words),
        subject: format!("src/main.go:{} {words}", index + 1),
        location: Some(Location {
            file: Some("src/main.go".into()),
            line: Some(u32::try_from(index + 1).unwrap_or(1)),
            column: Some(2),
            end_line: Some(u32::try_from(index + 1).unwrap_or(1)),
            end_column: Some(5),
            ..Location::default()
        }),
        fact: Some(format!("source.tls_configs#{index}")),
        reason: (outcome == Outcome::Undetermined).then(|| "dynamic-value".to_string()),
        mend: Some(both("set it")),
    }
}

/// What shows every finding here.
const EXHIBIT: &str = "exhibits/0001-source-source.tls_configs.txt";

fn check(id: &str, layer: &str, weight: &str, verdict: Verdict, findings: Vec<FindingResult>) -> CheckResult {
    CheckResult {
        id: id.into(),
        layer: layer.into(),
        weight: weight.into(),
        verdict,
        examined: Examined { what: "source.tls_configs".into(), count: findings.len() as u64 },
        gaps: Vec::new(),
        findings,
    }
}

fn clause(id: &str, verdict: Verdict, checks: Vec<CheckResult>) -> ClauseResult {
    ClauseResult {
        id: id.into(),
        obligation: if id == "advised" { "should".into() } else { "must".into() },
        verdict,
        underlying: (verdict == Verdict::Waived).then_some(Verdict::Fail),
        reason: None,
        wording_digest: "sha256:00".into(),
        contradictions: Vec::new(),
        notes: Vec::new(),
        checks,
    }
}

/// The clauses with findings as they come out of a run.
fn clauses() -> Vec<ClauseResult> {
    use Outcome::{Satisfied, Undetermined, Violated};
    let mut all = vec![
        clause(
            "kept",
            Verdict::Pass,
            vec![check("look", "source", "decisive", Verdict::Pass, vec![finding(Satisfied, 0, "as agreed")])],
        ),
        clause(
            "broken",
            Verdict::Fail,
            vec![
                check(
                    "look",
                    "source",
                    "decisive",
                    Verdict::Fail,
                    vec![finding(Violated, 1, "accepts 1.0"), finding(Violated, 2, "accepts 1.1")],
                ),
                check("measure", "runtime", "note", Verdict::Fail, vec![finding(Violated, 3, "only noted")]),
            ],
        ),
        clause(
            "advised",
            Verdict::Fail,
            vec![check("look", "source", "decisive", Verdict::Fail, vec![finding(Violated, 4, "accepts 1.2")])],
        ),
        clause(
            "open",
            Verdict::Inconclusive,
            vec![
                check("look", "source", "decisive", Verdict::Inconclusive, vec![finding(Undetermined, 5, "not known")]),
                check("measure", "runtime", "supporting", Verdict::Fail, vec![finding(Violated, 6, "says otherwise")]),
            ],
        ),
        clause(
            "forgiven",
            Verdict::Waived,
            vec![check("look", "source", "decisive", Verdict::Fail, vec![finding(Violated, 7, "waived point")])],
        ),
        clause("idle", Verdict::NotApplicable, Vec::new()),
        clause(
            "left",
            Verdict::Inconclusive,
            vec![check("look", "source", "decisive", Verdict::Inconclusive, Vec::new())],
        ),
    ];
    all[1].notes = vec![Note {
        check: "measure".into(),
        fingerprint: finding(Violated, 3, "").fingerprint,
        message: both("only noted"),
    }];
    all[3].checks[0].gaps = vec![GapResult {
        code: "parse-error".into(),
        fingerprint: format!("fp:{:032x}", 900),
        place: "src/x.go:14".into(),
        message: both("a file does not parse"),
        mend: Some(both("mend the file")),
    }];
    all[3].contradictions = vec![Contradiction {
        claim: Some("level".into()),
        checks: vec!["look".into(), "measure".into()],
        message: both("they disagree"),
    }];
    all[6].reason = Some("left-out".into());
    all
}

fn sheets() -> Sheets {
    let mut configs = Sheet::named("source.tls_configs");
    for index in 0..8 {
        let origin = Origin::place("src/main.go", index + 1, 2).with(|further| {
            further.excerpt = Some("\tMinVersion: tls.VersionTLS10, // <script>alert(1)</script>".into());
            further.end_column = Some(5);
        });
        configs.items.push(Item { fields: Fields::default(), origin });
    }
    let mut files = Sheet::named("inventory.files");
    let digest = format!("sha256:{}", "ab".repeat(32));
    for path in ["src/main.go", "deliverable.toml"] {
        let known = |text: &str| Field::Known(serde_json::json!(text));
        let fields = Fields::from_iter([("path", known(path)), ("sha256", known(&digest))]);
        files.items.push(Item { fields, origin: Origin::file(path) });
    }
    Sheets::new([configs, files])
}

/// The small case.
pub fn small() -> Sample {
    let contract = contract();
    let deliverable = DeliverableName {
        name: Some("auth-api".into()),
        version: Some("1.4.2".into()),
        digest: format!("sha256:{}", "cd".repeat(32)),
    };
    let tool = Tool { name: "assize".into(), version: "0.1.0".into(), clauses_digest: "sha256:11".into() };
    let sandbox = SandboxUse { level: "namespaces".into() };
    let link = |link: &str, outcome, reason: Option<&str>| IdentityLink {
        link: link.into(),
        outcome,
        reason: reason.map(String::from),
    };
    let result = RunResult {
        schema: assize_judge::RESULT_SCHEMA.into(),
        verdict: ContractVerdict::Rejected,
        contract: ContractName { id: contract.id.clone(), digest: contract.digest.0.clone() },
        deliverable: deliverable.clone(),
        judged_for: "2026-11-24T12:00:00Z".into(),
        ran_at: "2026-11-24T12:34:56Z".into(),
        tool: tool.clone(),
        sandbox: sandbox.clone(),
        gate: "incomplete".into(),
        identity: vec![
            link("source-binary", Outcome::Satisfied, None),
            link("binary-image", Outcome::NotApplicable, Some("no-image")),
            link("binary-process", Outcome::Undetermined, Some("not-collected")),
            link("process-endpoint", Outcome::Violated, None),
        ],
        clauses: clauses(),
        waivers: vec![WaiverUse {
            clause: "forgiven".into(),
            state: WaiverState::Used,
            approved_by: "the buyer".into(),
            level: "L2".into(),
            reason: "until the next release".into(),
            expires: "2026-12-31".into(),
            covered: vec![finding(Outcome::Violated, 7, "").fingerprint],
            absent: Vec::new(),
        }],
        counts: Counts { pass: 1, fail: 2, inconclusive: 2, not_applicable: 1, waived: 1 },
    };
    let instant = |text: &str| serde_json::from_value(serde_json::json!(text)).expect("an instant");
    let step = |name: &str, begin, took| Step { name: name.into(), begin, took };
    let record = RunRecord {
        environment: Default::default(),
        schema: RUN_SCHEMA.into(),
        deliverable,
        declared: Declared::default(),
        judged_for: instant(&result.judged_for),
        ran_at: instant(&result.ran_at),
        tool,
        sandbox,
        gate: "incomplete".into(),
        layers: vec!["source".into(), "binary".into(), "runtime".into()],
        clauses: Vec::new(),
        operator: Operator::default(),
        differences: Vec::new(),
        steps: vec![step("source", 0, 1500), step("runtime", 1500, 24_000)],
    };
    let signature = |name: &str, signed| KeptSignature {
        name: name.into(),
        party: Some("Example <plc>".into()),
        key: format!("SHA256:{name}"),
        signed,
    };
    let kept = Kept {
        digest: format!("sha256:{}", "ef".repeat(32)),
        files: ["result.json", "facts/source.tls_configs.jsonl", EXHIBIT]
            .map(|path| KeptFile { path: path.into(), size: 12, digest: format!("sha256:{}", "12".repeat(32)) })
            .into(),
        signatures: vec![signature("buyer", true), signature("supplier", false)],
    };
    Sample { result, contract, sheets: sheets(), record, kept }
}
