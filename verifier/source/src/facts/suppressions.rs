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
use std::ops::Range;

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
    // What could not be read may stand anywhere.
    let decls = source.program.head(file).filter(|head| head.outline.fault.is_none()).map(|head| &*head.outline.decls);
    let found = match (Mentions::places(&text.bytes, SUPPRESSION), decls) {
        (Some(places), Some(decls)) => stretches(&text.bytes, decls, places)
            .into_iter()
            .flat_map(|(stretch, places)| comments_at(&text.bytes, stretch, &places))
            .collect(),
        _ => comments(&text.bytes, 0..text.bytes.len(), usize::MAX),
    };
    let mut out = Vec::new();
    for (start, end) in found {
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

/// The declarations, and what stands between them, in which something stands at these places, and where: no comment reaches from one into another.
fn stretches(text: &[u8], decls: &[Decl], places: impl Iterator<Item = usize>) -> Vec<(Range<usize>, Vec<usize>)> {
    let mut ends = decls.iter().flat_map(|decl| [decl.start, decl.end]).chain([text.len()]);
    let mut stretch = 0..0;
    let mut out: Vec<(Range<usize>, Vec<usize>)> = Vec::new();
    for at in places {
        while at >= stretch.end {
            let Some(end) = ends.next() else { return out };
            stretch = stretch.end..end;
        }
        match out.last_mut().filter(|(last, _)| *last == stretch) {
            Some((_, places)) => places.push(at),
            None => out.push((stretch.clone(), vec![at])),
        }
    }
    out
}

/// Comments of a stretch of Go in which something stands at these places. Texts in quotes and comments of one line end with it, so a line is read alone
/// where nothing began before that may be longer.
fn comments_at(text: &[u8], stretch: Range<usize>, places: &[usize]) -> Vec<(usize, usize)> {
    let Some(last) = places.last() else { return Vec::new() };
    let before = &text[stretch.start..*last];
    let raw = memchr::memchr(b'`', before).unwrap_or(before.len());
    let longer = stretch.start + memchr::memmem::find(&before[..raw], b"/*").unwrap_or(raw);
    let begins =
        |at: usize| memchr::memrchr(b'\n', &text[stretch.start..at]).map_or(stretch.start, |n| stretch.start + n + 1);
    let ends = |at: usize| memchr::memchr(b'\n', &text[at..stretch.end]).map_or(stretch.end, |n| at + n);
    let mut out = Vec::new();
    let mut done = stretch.start;
    for place in places {
        if *place < done {
            continue;
        }
        if longer < ends(*place) && longer < *last {
            out.extend(comments(text, begins(longer.min(*place))..stretch.end, *last));
            break;
        }
        done = ends(*place);
        out.extend(comments(text, begins(*place)..done, *place));
    }
    out
}

/// Comments of some Go up to a place; those behind what is no Go are not told.
fn comments(text: &[u8], part: Range<usize>, upto: usize) -> Vec<(usize, usize)> {
    let from = part.start;
    let mut lexer = Lexer::new(text.get(part).unwrap_or_default()).keeping_comments();
    while let Ok(token) = lexer.next() {
        if token.mark == Mark::End || from + token.start > upto {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_alone_have_the_comments_that_the_whole_has_there() {
        const PIECES: &[&str] = &[
            "x() //nolint:a\n",
            "//nolint\n",
            "`a\n//nolint\n`",
            "\"//nolint /* `\"",
            "/* nolint\n#nosec */",
            "/* #nosec */ y()\n",
            "'`'",
            "'\"' // #nosec `\n",
            "// /* nosem\n",
            "z = 1 / 2\n",
            "\n",
            "\r\n",
        ];
        let mut state = 7_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let mut told = 0;
        for _ in 0..3_000 {
            let text: String = (0..1 + next(9)).map(|_| PIECES[next(PIECES.len())]).collect();
            let text = text.as_bytes();
            let places: Vec<usize> = Mentions::places(text, SUPPRESSION).expect("they are sought").collect();
            let holds = |(from, to): &(usize, usize)| places.iter().any(|at| from <= at && at < to);
            let whole: Vec<_> = comments(text, 0..text.len(), usize::MAX).into_iter().filter(holds).collect();
            let alone: Vec<_> = comments_at(text, 0..text.len(), &places).into_iter().filter(holds).collect();
            assert_eq!(alone, whole, "{}", String::from_utf8_lossy(text));
            told += whole.len();
        }
        assert!(told > 3_000);
    }
}
