//! Markdown for a pull request: the verdict and a table of clauses, details folded, never longer than a forge takes.

use crate::case::{Case, clause_words};
use crate::escape::{code, escape_xml, markdown};
use crate::gaps;
use crate::standing::{Stand, Standing, Tally, Waived};
use crate::text::{plain, whole};
use crate::words::{say, word};
use assize_facts::Lang;
use assize_judge::{ClauseResult, ContractVerdict, FindingResult, Verdict};
use std::fmt::Write;

/// GitHub takes 65,536 characters in a comment, GitLab a million; some room is left for whoever wraps it.
const LONGEST: usize = 60_000;

/// Findings that one clause lists, and places of one gap.
const MOST_FINDINGS: usize = 20;
const MOST_PLACES: usize = 5;

pub fn markdown_report(case: &Case) -> String {
    let room = LONGEST / case.languages.len().max(1);
    let parts: Vec<String> = case.languages.iter().map(|lang| one(case, *lang, room)).collect();
    parts.join("\n---\n\n")
}

/// The report in one language; what would not fit any more is counted instead.
fn one(case: &Case, lang: Lang, room: usize) -> String {
    let waived = Waived::of(case.result);
    let mut out = head(case, lang);
    out.push_str(&table(case, lang, &waived));
    let foot = foot(case, lang);
    let mut left_out = 0;
    for part in details(case, lang, &waived) {
        // Room is kept for the foot and for the sentence about what is left out.
        if out.chars().count() + part.chars().count() + foot.chars().count() + 300 > room {
            left_out += 1;
        } else {
            out.push_str(&part);
        }
    }
    if left_out > 0 {
        let _ = writeln!(out, "{}\n", say(lang, "md-left-out", &[("count", &left_out.to_string())]));
    }
    out + &foot
}

fn head(case: &Case, lang: Lang) -> String {
    let result = case.result;
    let (mark, key) = match result.verdict {
        ContractVerdict::Accepted => ("✅", "verdict-accepted"),
        ContractVerdict::Rejected => ("❌", "verdict-rejected"),
        ContractVerdict::Incomplete => ("❔", "verdict-incomplete"),
    };
    let contract = format!("{} ({})", code(&result.contract.id), markdown(case.contract.title.get(lang)));
    let about = say(lang, "against", &[("deliverable", &code(&case.deliverable())), ("contract", &contract)]);
    let mut out = format!("## {mark} {}\n\n{}\n\n", say(lang, key, &[]), about.trim());
    let _ = writeln!(out, "{}\n", crate::grounds::sentence(result, lang));
    if case.contract.items.is_empty() {
        let _ = writeln!(out, "{}\n", say(lang, "scope-declared", &[]));
    }
    if result.gate == "rejected" {
        let _ = writeln!(out, "{}\n", say(lang, "gate-rejected", &[]));
    }
    out
}

fn table(case: &Case, lang: Lang, waived: &Waived) -> String {
    let words = |key: &str| say(lang, key, &[]);
    let heads = ["column-clause", "column-verdict", "column-violated", "column-open", "column-aside"].map(words);
    let mut out = format!("| {} |\n|---|---|--:|--:|--:|\n", heads.join(" | "));
    for clause in &case.result.clauses {
        let title = case.agreed(clause).map(|a| markdown(a.title.get(lang))).unwrap_or_default();
        let obligation = word(lang, "obligation-", &clause.obligation);
        let verdict = word(lang, "clause-", clause.verdict.word());
        let tally = Tally::of(clause, case.agreed(clause), waived);
        let _ = writeln!(
            out,
            "| {} {title} ({obligation}) | {} {verdict} | {} | {} | {} |",
            code(&clause.id),
            mark(clause.verdict),
            tally.violated,
            tally.open,
            tally.aside
        );
    }
    out + "\n"
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Inconclusive => "❔",
        Verdict::NotApplicable => "➖",
        Verdict::Waived => "☑️",
    }
}

/// Folded parts: what is broken, then what is open by cause.
fn details(case: &Case, lang: Lang, waived: &Waived) -> Vec<String> {
    let broken = |c: &&ClauseResult| matches!(c.verdict, Verdict::Fail | Verdict::Waived);
    let mut parts: Vec<String> =
        case.result.clauses.iter().filter(broken).map(|clause| clause_part(case, clause, lang, waived)).collect();
    parts.extend(case.result.clauses.iter().filter(|c| !c.contradictions.is_empty()).map(|c| contradictions(c, lang)));
    parts.extend(causes(case, lang));
    parts
}

fn folded(summary: &str, body: &str) -> String {
    // Inside a summary a forge reads HTML, not Markdown.
    format!("<details><summary>{}</summary>\n\n{body}\n</details>\n\n", escape_xml(summary))
}

fn clause_part(case: &Case, clause: &ClauseResult, lang: Lang, waived: &Waived) -> String {
    let mut body = String::new();
    if let Some(agreed) = case.agreed(clause) {
        let text = crate::escape::escape_markdown(&whole(agreed.text.get(lang)));
        let _ = writeln!(body, "> {text}\n");
    }
    let mut shown = 0;
    let mut all = 0;
    for check in &clause.checks {
        let stand = Stand::new(clause, check, case.agreed(clause), waived);
        let broken = |f: &&FindingResult| {
            matches!(stand.finding(f.outcome, &f.fingerprint), Standing::Breaks | Standing::Waived)
        };
        for finding in check.findings.iter().filter(broken) {
            all += 1;
            if shown < MOST_FINDINGS {
                shown += 1;
                let message = markdown(finding.message.get(lang));
                let _ = writeln!(body, "- {message}  \n  {} · {}", code(&finding.subject), code(&finding.fingerprint));
            }
        }
    }
    if all > shown {
        let _ = writeln!(body, "- {}", say(lang, "more-points", &[("count", &(all - shown).to_string())]));
    }
    folded(&plain(&format!("{} {}", mark(clause.verdict), clause_words(clause, lang))), &body)
}

fn contradictions(clause: &ClauseResult, lang: Lang) -> String {
    let mut body = String::new();
    for contradiction in clause.contradictions.iter().take(MOST_FINDINGS) {
        let _ = writeln!(body, "- {}", markdown(contradiction.message.get(lang)));
    }
    folded(&plain(&format!("{}: {}", clause.id, say(lang, "contradiction", &[]))), &body)
}

fn causes(case: &Case, lang: Lang) -> Option<String> {
    let causes = gaps::causes(case.result, lang);
    if causes.is_empty() {
        return None;
    }
    let mut body = String::new();
    for cause in &causes {
        let _ = writeln!(body, "- {}", markdown(&cause.message));
        if !cause.places.is_empty() {
            let places: Vec<String> = cause.places.iter().take(MOST_PLACES).map(|p| code(p)).collect();
            let args = [("count", cause.places.len().to_string()), ("places", places.join(", "))];
            let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
            let _ = writeln!(body, "  - {}", say(lang, "gap-places", &args));
        }
        let clauses: Vec<String> = cause.clauses.iter().map(|c| code(c)).collect();
        let _ = writeln!(body, "  - {}", say(lang, "gap-concerns", &[("clauses", &clauses.join(", "))]));
        if let Some(mend) = &cause.mend {
            let _ = writeln!(body, "  - {}: {}", say(lang, "mend", &[]), markdown(mend));
        }
    }
    Some(folded(&format!("❔ {} ({})", say(lang, "gaps-by-cause", &[]), causes.len()), &body))
}

fn foot(case: &Case, lang: Lang) -> String {
    let result = case.result;
    let tool = format!("{} {}", result.tool.name, result.tool.version);
    let args = [("date", result.judged_for.as_str()), ("sandbox", &code(&result.sandbox.level)), ("tool", &tool)];
    let mut out = format!("{}  \n", say(lang, "judged-for", &args));
    let _ = writeln!(out, "{}", say(lang, "subject-digest", &[("digest", &code(&result.deliverable.digest))]));
    if let Some(kept) = case.kept {
        let _ = writeln!(out, "  \n{}", say(lang, "pack-digest", &[("digest", &code(&kept.digest))]));
    }
    out
}
