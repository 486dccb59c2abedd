//! The page in a real browser: narrow and wide, light, dark and printed; with hostile names; by the accessibility checker axe.

use super::formats::text;
use super::hostile::poisoned;
use super::sample::BOTH;
use crate::{Format, render};
use assize_facts::Lang;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// How a page is looked at: width, colours, medium, and whether axe judges it.
type Form = (u32, &'static str, &'static str, bool);

/// Everything that the page can be, for a page that has everything in it.
const EVERY: &[Form] = &[
    (360, "light", "screen", true),
    (1280, "dark", "screen", true),
    (1280, "light", "screen", false),
    (794, "light", "print", false),
];

/// Where a name can do most harm.
const NARROW: &[Form] = &[(360, "light", "screen", false), (794, "light", "print", false)];

/// One start of the browser for all pages: what it saw of each in each form.
fn looked_at(pages: &[(&str, String, &[Form])]) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let place = tempfile::tempdir().expect("a folder");
    let mut plan = Vec::new();
    for (name, page, forms) in pages {
        let file = place.path().join(format!("{name}.html"));
        fs::write(&file, page).expect("a page");
        plan.extend(forms.iter().map(|(width, scheme, media, axe)| {
            json!({ "page": file, "width": width, "scheme": scheme, "media": media, "axe": axe })
        }));
    }
    let listed = place.path().join("plan.json");
    fs::write(&listed, Value::Array(plan).to_string()).expect("a plan");
    let mut command = Command::new("node");
    command.arg(root.join("tests/readers/page.mjs")).arg(root.join("target/tools/readers")).arg("/usr/bin/chromium");
    let output = command.arg(listed).output().expect("node (tests/readers/setup.sh)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn the_page_holds_in_a_browser_in_every_form() {
    let long = "x".repeat(1_000_000);
    let hostile = ["<script>alert(1)</script>\"'><img src=x onerror=alert(1)>", "\u{202e}gnp.exe\u{2066}", &long];
    let mut pages = vec![("both", text(Format::Html, BOTH), EVERY)];
    for (name, words) in ["markup", "turned", "long"].iter().zip(hostile) {
        pages.push((name, render(Format::Html, &poisoned(words).case(&[Lang::Zh])).expect("a page"), NARROW));
    }
    let none = Value::Array(Vec::new());
    let seen = looked_at(&pages);
    assert_eq!(seen.len(), EVERY.len() + 3 * NARROW.len());
    for one in &seen {
        let name = format!("{} at {} {} {}", one["page"], one["width"], one["scheme"], one["media"]);
        assert_eq!(one["said"], none, "{name}");
        for form in ["folded", "unfolded"] {
            let measured = &one[form];
            assert!(measured["scroll"].as_u64() <= measured["width"].as_u64(), "{name} {form}: {measured}");
            assert_eq!(measured["sticking_out"], none, "{name} {form}");
            assert_eq!(measured["lost"], none, "{name} {form}");
            assert!(measured["links"].as_u64() > Some(10), "{name}");
        }
        assert_eq!(one["letters"], true, "{name}: two letters look the same: no Chinese font");
        assert!(one["media"] == "print" || one["first_stop"] == "skip", "{name}: {}", one["first_stop"]);
        if one["axe"] == true {
            assert_eq!(one["axe_found"], none, "{name}");
            assert!(one["axe_checked"].as_u64() > Some(20), "{name}");
        }
    }
    assert_eq!(seen.iter().filter(|one| one["axe"] == true).count(), 2);
}
