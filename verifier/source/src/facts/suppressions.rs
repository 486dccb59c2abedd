//! `inventory.suppressions`: comments and configuration files that speak to other checkers. They are listed, never obeyed.

use super::Source;
use super::mentions::{Mentions, SUPPRESSION};
use super::search::{Count, item};
use crate::build::FileId;
use crate::go::lexer::{Lexer, Mark};
use crate::go::outline::Decl;
use assize_facts::kinds::inventory::Suppression;
use assize_facts::kinds::source::Owner;
use assize_facts::{Item, Origin, Sheet};
use assize_golang::build::SourceKind;
use rayon::prelude::*;

/// How much of a text is kept, in characters.
const LONGEST: usize = 200;

/// What begins a suppression inside a comment, and the tool it speaks to; longer marks first where one begins like another.
const MARKS: &[(&str, &str, Rules)] = &[
    ("nolint", "golangci-lint", Rules::Colon),
    ("#nosec", "gosec", Rules::Words),
    ("lint:ignore", "staticcheck", Rules::FirstWord),
    ("lint:file-ignore", "staticcheck", Rules::FirstWord),
    ("nosemgrep", "semgrep", Rules::Colon),
    ("nosem", "semgrep", Rules::Colon),
    ("NOSONAR", "sonarqube", Rules::None),
    ("revive:disable", "revive", Rules::Colon),
    ("gitleaks:allow", "gitleaks", Rules::None),
    ("trivy:ignore", "trivy", Rules::Colon),
    ("tfsec:ignore", "tfsec", Rules::Colon),
    ("checkov:skip", "checkov", Rules::Equals),
    ("codeql[", "codeql", Rules::Bracket),
    ("lgtm[", "codeql", Rules::Bracket),
    ("skipcq", "deepsource", Rules::Colon),
    ("nosast", "sast", Rules::None),
];

/// Where the names of rules stand behind a mark.
#[derive(Clone, Copy, PartialEq)]
enum Rules {
    None,
    /// `nolint:a,b`.
    Colon,
    /// `#nosec G101 G102 -- why`.
    Words,
    /// `lint:ignore A,B why`.
    FirstWord,
    /// `skip=A:why`.
    Equals,
    /// `codeql[a]`.
    Bracket,
}

/// Configuration files by name, and whose they are.
const FILES: &[(&str, &str)] = &[
    (".golangci.yml", "golangci-lint"),
    (".golangci.yaml", "golangci-lint"),
    (".golangci.toml", "golangci-lint"),
    (".golangci.json", "golangci-lint"),
    ("staticcheck.conf", "staticcheck"),
    ("revive.toml", "revive"),
    (".gosec.json", "gosec"),
    (".gosec.yml", "gosec"),
    ("gosec.json", "gosec"),
    (".semgrepignore", "semgrep"),
    (".semgrep.yml", "semgrep"),
    ("osv-scanner.toml", "osv-scanner"),
    (".trivyignore", "trivy"),
    (".trivyignore.yaml", "trivy"),
    ("trivy.yaml", "trivy"),
    (".grype.yaml", "grype"),
    (".snyk", "snyk"),
    (".gitleaksignore", "gitleaks"),
    (".gitleaks.toml", "gitleaks"),
    (".checkov.yaml", "checkov"),
    (".checkov.yml", "checkov"),
    (".kics.yaml", "kics"),
    ("sonar-project.properties", "sonarqube"),
    (".deepsource.toml", "deepsource"),
    (".codeclimate.yml", "codeclimate"),
    (".hadolint.yaml", "hadolint"),
    (".nancy-ignore", "nancy"),
    ("scorecard.yml", "scorecard"),
    (".scorecard.yml", "scorecard"),
    (".vexignore", "vex"),
];

pub(super) fn sheet(source: &Source) -> Sheet {
    let mut sheet = Sheet::of::<Suppression>();
    let program = &source.program;
    sheet.gaps = program.gaps.iter().filter(|g| g.owner.as_deref() != Some("dependency")).cloned().collect();
    let own = |file: &FileId| {
        program.folders.file(*file).kind == SourceKind::Go && program.package_of(*file).1 != Owner::Dependency
    };
    let files: Vec<FileId> = source.all_files().filter(own).collect();
    sheet.examined(files.len() as u64);
    let count = Count::default();
    let found: Vec<_> = files.par_iter().map(|file| (of_go_file(source, *file, &count), Vec::new())).collect();
    let (items, gaps) = count.joined(found);
    sheet.items = items;
    sheet.gaps.extend(gaps);
    for file in program.files.list() {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if let Some((_, tool)) = FILES.iter().find(|(known, _)| *known == name) {
            sheet.examined(1);
            let fact = Suppression { tool: tool.to_string(), rules: Vec::new(), text: name.to_string() };
            sheet.items.push(item(fact, Origin::file(program.files.shown(&file.path))));
        }
    }
    sheet
}

fn of_go_file(source: &Source, file: FileId, count: &Count) -> Vec<Item> {
    if !source.program.head(file).is_some_and(|head| head.mentions.has(SUPPRESSION)) {
        return Vec::new();
    }
    let Some(text) = source.look(file) else { return Vec::new() };
    let decls = source.program.head(file).map_or(&[][..], |head| match head.outline.fault {
        None => &head.outline.decls,
        // What could not be read may stand anywhere.
        Some(_) => &[],
    });
    let mut out = Vec::new();
    for (start, end) in stretches(&text.bytes, decls).into_iter().flat_map(|stretch| comments(&text.bytes, stretch)) {
        let comment = &text.bytes[start..end];
        if !Mentions::of(comment).has(SUPPRESSION) {
            continue;
        }
        let words = String::from_utf8_lossy(comment);
        for (tool, rules) in of_comment(&words) {
            let shown = words.trim_end().chars().take(LONGEST).collect();
            let fact = Suppression { tool: tool.to_string(), rules, text: shown };
            out.push(item(fact, text.origin(&source.program.shown(file), Source::span(start, end))));
            if !count.add(1) {
                return out;
            }
        }
    }
    out
}

/// The declarations, and what stands between them, that mention a suppression: no comment reaches from one into another.
fn stretches(text: &[u8], decls: &[Decl]) -> Vec<(usize, usize)> {
    let Some(places) = Mentions::places(text, SUPPRESSION) else { return vec![(0, text.len())] };
    let mut ends = decls.iter().flat_map(|decl| [decl.start, decl.end]).chain([text.len()]);
    let (mut from, mut to) = (0, 0);
    let mut out = Vec::new();
    for at in places {
        while at >= to {
            from = to;
            let Some(end) = ends.next() else { return out };
            to = end;
        }
        if out.last() != Some(&(from, to)) {
            out.push((from, to));
        }
    }
    out
}

/// Comments of a stretch of a file; those behind a place that is no Go are not told.
fn comments(text: &[u8], (from, to): (usize, usize)) -> Vec<(usize, usize)> {
    let mut lexer = Lexer::new(text.get(from..to).unwrap_or_default()).keeping_comments();
    while let Ok(token) = lexer.next() {
        if token.mark == Mark::End {
            break;
        }
    }
    lexer.directives.iter().map(|c| (from + c.start, from + c.end)).collect()
}

/// The tools that a comment speaks to, with the rules that it names. A mark counts where the tool itself would see it: at the
/// beginning of the comment, or of a word of it behind another suppression.
fn of_comment(comment: &str) -> Vec<(&'static str, Vec<String>)> {
    let inside = comment.trim_start_matches("/*").trim_start_matches('/').trim_end_matches("*/").trim();
    let mut out = Vec::new();
    for (mark, tool, rules) in MARKS {
        let Some(at) = position(inside, mark, !out.is_empty()) else { continue };
        if out.iter().any(|(known, _)| known == tool) {
            continue;
        }
        out.push((*tool, rules_of(&inside[at + mark.len()..], *rules)));
    }
    out
}

/// gosec, sonarqube and codeql look anywhere in the comment, the others at its beginning.
fn position(inside: &str, mark: &str, behind: bool) -> Option<usize> {
    let at = inside.find(mark)?;
    let anywhere = behind || ["#nosec", "NOSONAR", "codeql[", "lgtm[", "gitleaks:allow", "nosemgrep"].contains(&mark);
    let begins = inside[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || c == '/');
    let ends = inside[at + mark.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric() || mark.ends_with('['));
    ((at == 0 || anywhere) && begins && ends).then_some(at)
}

fn rules_of(rest: &str, rules: Rules) -> Vec<String> {
    let list = |text: &str| text.split(',').map(str::trim).filter(|r| !r.is_empty()).map(String::from).collect();
    let word = |text: &str| text.split_whitespace().next().unwrap_or_default().to_string();
    match rules {
        Rules::None => Vec::new(),
        Rules::Colon => match rest.trim_start().strip_prefix(':') {
            Some(names) => list(
                &names
                    .trim_start()
                    .split("//")
                    .next()
                    .unwrap_or_default()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .replace(", ", ",")
                    .split(' ')
                    .next()
                    .unwrap_or_default()
                    .replace(':', ","),
            ),
            None => Vec::new(),
        },
        Rules::Words => {
            let words = rest.trim_start_matches(':').split("--").next().unwrap_or_default();
            let rule = |w: &&str| w.len() > 1 && w.starts_with('G') && w[1..].bytes().all(|b| b.is_ascii_digit());
            words.split(|c: char| c.is_whitespace() || c == ',').filter(rule).map(String::from).collect()
        }
        Rules::FirstWord => list(&word(rest)),
        Rules::Equals => list(word(rest.trim_start_matches('=')).split(':').next().unwrap_or_default()),
        Rules::Bracket => list(rest.split(']').next().unwrap_or_default()),
    }
}
