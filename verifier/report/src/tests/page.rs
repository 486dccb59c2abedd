//! The page: well-formed, complete, without anything to load, every anchor leading somewhere.

use super::formats::text;
use super::sample::{BOTH, small};
use crate::Format;
use assize_facts::Lang;
use roxmltree::{Document, Node};
use std::collections::BTreeSet;

/// The page is written as well-formed XML, but for its first line.
fn parsed<T>(page: &str, look: impl FnOnce(&Document) -> T) -> T {
    let body = page.strip_prefix("<!DOCTYPE html>\n").expect("a document type");
    look(&Document::parse(body).unwrap_or_else(|e| panic!("{e}\n{:.2000}", body)))
}

/// Names of all elements, and of all attributes with the scheme of their address.
pub fn inventory(page: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    parsed(page, |document| {
        let nodes = || document.descendants().filter(Node::is_element);
        let elements = nodes().map(|n| n.tag_name().name().to_string()).collect();
        let attributes = nodes().flat_map(|n| n.attributes()).map(|a| match a.name() {
            "href" => format!("href {}", if a.value().starts_with('#') { "here" } else { a.value() }),
            "id" | "aria-labelledby" | "aria-label" | "class" | "content" => a.name().to_string(),
            name => format!("{name} {}", if a.value().parse::<f64>().is_ok() { "number" } else { a.value() }),
        });
        (elements, attributes.filter(|a| !a.starts_with("viewBox")).collect())
    })
}

#[test]
fn every_anchor_leads_to_one_place() {
    parsed(&text(Format::Html, BOTH), |document| {
        let ids: Vec<&str> = document.descendants().filter_map(|n| n.attribute("id")).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "an id stands twice");
        let mut links = 0;
        for node in document.descendants() {
            let named = node.attribute("aria-labelledby").into_iter();
            for target in named.chain(node.attribute("href").map(|href| href.trim_start_matches('#'))) {
                links += 1;
                assert!(unique.contains(target), "nothing has the id {target}");
            }
        }
        assert!(links > 30, "{links}");
    });
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    let page = text(Format::Html, BOTH);
    let (elements, attributes) = inventory(&page);
    for forbidden in ["script", "link", "img", "iframe", "object", "form", "base"] {
        assert!(!elements.contains(forbidden), "{forbidden}");
    }
    assert!(attributes.iter().all(|a| !a.starts_with("src") && !a.starts_with("on") && !a.starts_with("style")));
    assert!(attributes.iter().filter(|a| a.starts_with("href ")).all(|a| a == "href here"), "{attributes:?}");
    assert!(!page.contains("url(") && !page.contains("@import"));
    assert!(page.contains("default-src &#39;none&#39;"));
}

#[test]
fn headings_go_down_one_step_at_a_time_and_images_have_a_name() {
    parsed(&text(Format::Html, BOTH), |document| {
        let mut level = 0;
        for node in document.descendants() {
            let name = node.tag_name().name();
            if let Some(number) = name.strip_prefix('h').and_then(|n| n.parse::<u32>().ok()) {
                assert!(number <= level + 1, "<{name}> after <h{level}>");
                level = number;
            }
            assert!(name != "svg" || node.attribute("aria-label").is_some_and(|l| !l.is_empty()));
        }
        assert!(level > 1);
    });
}

/// What stands in the elements of a class, one text each.
fn of_class(document: &Document, class: &str) -> Vec<String> {
    let has = |n: &Node| n.attribute("class").is_some_and(|c| c.split(' ').any(|c| c == class));
    let texts = |n: Node| n.descendants().filter_map(|t| t.is_text().then(|| t.text()).flatten()).collect::<String>();
    document.descendants().filter(has).map(texts).collect()
}

#[test]
fn it_holds_every_finding_and_gap_of_the_result() {
    let sample = small();
    let findings = || sample.result.clauses.iter().flat_map(|c| &c.checks).flat_map(|c| &c.findings);
    parsed(&text(Format::Html, &[Lang::En]), |document| {
        for outcome in ["satisfied", "violated", "undetermined"] {
            let expected = findings().filter(|f| f.outcome.word() == outcome).count();
            assert_eq!(of_class(document, outcome).len(), expected, "{outcome}");
        }
        let all: String = of_class(document, "report").concat();
        for finding in findings() {
            assert!(all.contains(&finding.fingerprint), "{}", finding.fingerprint);
        }
    });
}

#[test]
fn it_says_the_verdict_first_the_wording_twice_and_marks_the_source() {
    parsed(&text(Format::Html, &[Lang::Zh]), |document| {
        let all: String = of_class(document, "report").concat();
        let at = |text: &str| all.find(text).unwrap_or_else(|| panic!("{text} is not there"));
        assert!(at("拒绝验收") < at("auth-api 1.4.2") && at("auth-api 1.4.2") < at("条款一览"));
        assert!(at("服务在 broken 处保持 1.3。") < at("The service keeps 1.3 at broken."));
        for text in [
            "until the next release",
            "they disagree",
            "源码:用时 1.5 秒",
            "result.json",
            "采购方 (Example <plc>) 已用密钥 SHA256:buyer 签名",
            "供应方 (Example <plc>) 尚未签名",
        ] {
            let full = text.replace(':', "\u{ff1a}");
            assert!(all.contains(text) || all.contains(&full), "{text}");
        }
        let marked: Vec<&str> =
            document.descendants().filter(|n| n.has_tag_name("u")).filter_map(|n| n.text()).collect();
        assert!(!marked.is_empty() && marked.iter().all(|m| *m == "Min"), "{marked:?}");
        assert_eq!(document.root_element().attribute("lang"), Some("zh-Hans"));
    });
}

#[test]
fn a_printed_page_has_the_packs_digest_and_its_number_at_the_foot() {
    let page = text(Format::Html, &[Lang::En]);
    let digest = "ef".repeat(32);
    assert!(page.contains(&format!("@bottom-left {{ content: \"Evidence pack sha256:{digest}\"")));
    assert!(page.contains("counter(page) \" / \" counter(pages)"));
}

#[test]
fn a_finding_leads_to_its_exhibit_and_to_the_digest_of_the_file() {
    let sample = small();
    let file = &sample.kept.files[2];
    parsed(&text(Format::Html, &[Lang::En]), |document| {
        let name = file.path.rsplit('/').next().expect("a name");
        let shows = |n: &Node| n.descendants().any(|t| t.text() == Some(name));
        let link = document.descendants().find(|n| n.has_tag_name("a") && shows(n)).expect("a link to the exhibit");
        let target = link.attribute("href").expect("an address").trim_start_matches('#').to_string();
        let row = document.descendants().find(|n| n.attribute("id") == Some(&target)).expect("the exhibit's row");
        assert!(row.descendants().any(|t| t.text() == Some(&file.digest)), "{target}");
    });
}
