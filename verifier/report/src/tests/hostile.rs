//! Names, messages and excerpts that a supplier shaped against the reader do nothing in any format.

use super::sample::{BOTH, Sample, small};
use crate::{Format, render};
use assize_judge::Text;
use std::sync::OnceLock;

/// Each is put into every place that a deliverable shapes.
const HOSTILE: &[&str] = &[
    "\u{1b}[2K\u{1b}]8;;https://evil.example\u{7}click",
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "]]><!-- & -->&lt;",
    "```\n# heading\n</details>\n| a | b |",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png) @everyone #1",
    "=HYPERLINK(\"https://evil.example\")",
    "\u{202e}gnp.exe\u{2066}\u{200b}",
    "{0} {{1}} {deliverable}",
    "$(id) `id` ${{ secrets.X }} ::set-output name=x::y",
    "a\0b\u{fffe}\u{ffff}\r\nc\u{2028}d",
    "javascript:alert(1)//",
    "//evil.example/a",
    "../../etc/passwd",
];

pub fn poisoned(hostile: &str) -> Sample {
    let mut sample = small();
    let text = || Text { en: hostile.into(), zh: hostile.into() };
    for clause in &mut sample.result.clauses {
        for check in &mut clause.checks {
            for finding in &mut check.findings {
                finding.message = text();
                finding.subject = hostile.into();
                finding.exhibits = vec![hostile.into()];
                finding.mend = Some(text());
                if let Some(location) = &mut finding.location {
                    location.file = Some(hostile.into());
                    location.symbol = Some(hostile.into());
                    location.url = Some(hostile.into());
                }
            }
            for gap in &mut check.gaps {
                gap.message = text();
                gap.place = hostile.into();
            }
        }
        for note in &mut clause.notes {
            note.message = text();
        }
        for contradiction in &mut clause.contradictions {
            contradiction.message = text();
        }
    }
    sample.result.deliverable.name = Some(hostile.into());
    sample.result.deliverable.version = Some(hostile.into());
    let mut sheets: Vec<_> = sample.sheets.iter().cloned().collect();
    for item in sheets.iter_mut().flat_map(|s| &mut s.items) {
        item.origin.excerpt = Some(hostile.into());
        item.origin.file = Some(hostile.into());
    }
    sample.sheets = assize_judge::Sheets::new(sheets);
    sample
}

/// Every hostile text in every format, written once for all tests.
fn each(mut look: impl FnMut(&str, Format, &str)) {
    static WRITTEN: OnceLock<Vec<(String, Format, String)>> = OnceLock::new();
    let written = WRITTEN.get_or_init(|| {
        let huge = "x<".repeat(500_000);
        let mut written = Vec::new();
        for hostile in HOSTILE.iter().copied().chain([huge.as_str()]) {
            let sample = poisoned(hostile);
            // `json` is for programs: it keeps what was recorded, escaped by its own rules.
            for format in Format::ALL.iter().filter(|f| **f != Format::Json) {
                let text = match format {
                    Format::Human => super::human::shown(&sample, BOTH),
                    _ => render(*format, &sample.case(BOTH)).unwrap_or_default(),
                };
                written.push((hostile.chars().take(60).collect(), *format, text));
            }
        }
        written
    });
    for (hostile, format, text) in written {
        look(hostile, *format, text);
    }
}

#[test]
fn no_control_character_or_direction_override_leaves() {
    each(|hostile, format, text| {
        let bad =
            |c: &char| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{2069}').contains(c) || *c == '\u{200b}';
        assert_eq!(text.chars().find(bad), None, "{format:?} of {hostile}");
    });
}

#[test]
fn no_name_makes_a_report_huge() {
    each(|hostile, format, text| {
        assert!(text.len() < 400_000, "{format:?} of {hostile} has {} bytes", text.len());
    });
}

#[test]
fn markup_formats_stay_well_formed_and_gain_no_element() {
    each(|hostile, format, text| {
        if format == Format::Junit {
            let document = roxmltree::Document::parse(text).unwrap_or_else(|e| panic!("{hostile}: {e}"));
            let known = [
                "testsuites",
                "testsuite",
                "properties",
                "property",
                "testcase",
                "failure",
                "error",
                "skipped",
                "system-out",
                "system-err",
            ];
            for node in document.descendants().filter(|n| n.is_element()) {
                assert!(known.contains(&node.tag_name().name()), "{hostile}: {}", node.tag_name().name());
            }
        }
    });
}

#[test]
fn the_page_gains_no_element_attribute_or_address() {
    each(|hostile, format, text| {
        if format != Format::Html {
            return;
        }
        let (elements, attributes) = super::page::inventory(text);
        let clean = super::page::inventory(&super::formats::text(Format::Html, BOTH));
        assert!(elements.is_subset(&clean.0), "{hostile}: {elements:?}");
        assert!(attributes.is_subset(&clean.1), "{hostile}: {attributes:?}");
    });
}

#[test]
fn json_formats_stay_json_and_their_addresses_relative() {
    each(|hostile, format, text| {
        if matches!(format, Format::Sarif | Format::SarifFailures) {
            let log: serde_json::Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{hostile}: {e}"));
            for result in log["runs"][0]["results"].as_array().expect("results") {
                let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap_or("x");
                assert!(!uri.starts_with('/') && !uri.contains(':') && !uri.contains('\\'), "{hostile}: {uri}");
                assert!(!uri.split('/').any(|part| part == ".."), "{hostile}: {uri}");
                let message = result["message"]["text"].as_str().expect("a message");
                assert!(!message.contains("]("), "{hostile}: {message}");
                assert!(!message.replace("{{", "").contains('{'), "{hostile}: {message}");
            }
        }
    });
}

#[test]
fn oscal_keeps_its_forms() {
    each(|hostile, format, text| {
        if format == Format::Oscal {
            let document: serde_json::Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{hostile}: {e}"));
            let mut rest = vec![("", &document)];
            while let Some((name, value)) = rest.pop() {
                rest.extend(value.as_array().into_iter().flatten().map(|inner| (name, inner)));
                rest.extend(value.as_object().into_iter().flatten().map(|(key, inner)| (key.as_str(), inner)));
                let Some(words) = value.as_str() else { continue };
                assert!(!words.is_empty(), "{hostile}: {name}");
                assert!(name != "title" || !words.contains('\n'), "{hostile}: {words}");
                assert!(name != "value" || words.trim() == words, "{hostile}: {words:?}");
                assert!(name != "href" || !words.contains("evil"), "{hostile}: {words}");
                assert!(name != "description" || !words.replace("\\<", "").contains('<'), "{hostile}: {words}");
            }
        }
    });
}

#[test]
fn markdown_keeps_its_own_shape() {
    each(|hostile, format, text| {
        if format == Format::Markdown {
            let outside = outside_code(text);
            assert!(outside.lines().all(|line| !line.starts_with("```") && !line.starts_with("# ")), "{hostile}");
            assert_eq!(outside.matches("<details>").count(), outside.matches("</details>").count(), "{hostile}");
            for forbidden in ["<script", "<img", "](javascript:", "![x](", "@everyone", "#1"] {
                assert!(!outside.contains(forbidden), "{hostile}: {forbidden}");
            }
        }
    });
}

/// Markdown without its code spans and escaped characters: from a run of ticks to the next run as long (CommonMark 0.31.2 §6.1).
fn outside_code(text: &str) -> String {
    let run = |text: &str| text.len() - text.trim_start_matches('`').len();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let ticks = run(&rest[at..]);
        let after = &rest[at + ticks..];
        if rest[..at].ends_with('\\') {
            rest = after;
            continue;
        }
        let mut end = 0;
        while let Some(next) = after[end..].find('`').map(|next| end + next) {
            end = next + run(&after[next..]);
            if end - next == ticks {
                break;
            }
        }
        rest = &after[end..];
    }
    out.push_str(rest);
    // What is escaped is only text.
    let mut plain = String::new();
    let mut chars = out.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            chars.next();
        } else {
            plain.push(c);
        }
    }
    plain
}
