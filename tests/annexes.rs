//! `assize annex`, and what the wording digests in it are worth: one changed word or parameter is noticed before anything is examined.

use crate::run::{Ran, assize, folder, sample, write};
use std::fs;
use std::path::Path;

const CLAUSE: &str = "id = \"no-c\"\nchapter = \"9.9\"\nobligation = \"must\"\nwaiver_level = \"L2\"\n[title]\nen = \"No cgo\"\nzh = \"禁用 cgo\"\n\
[text]\nen = \"At most {most} files | of the build import <C>.\"\nzh = \"至多 {most} 个构建文件导入 C。\"\n[parameters.most]\ntype = \"int\"\ndefault = 1\n\
[[check]]\nid = \"c\"\nlayer = \"source\"\nnone = \"source.cgo_imports\"\nminimum = \"{most}\"\nwhere = { form = \"import-c\", in_build = true }\n\
fail = { en = \"imports C\", zh = \"导入 C\" }\n";

fn contract(more: &str) -> String {
    format!(
        "[contract]\nid = \"X-1\"\ntitle = {{ en = \"A delivery\", zh = \"一项交付\" }}\nlanguage = \"zh\"\ntime_zone = \"Asia/Shanghai\"\n\
         libraries = [\"./ours\"]\n\n[[party]]\nrole = \"buyer\"\nname = \"Köhler & Söhne\"\nkey = \"ed25519:{}=\"\n\n[[clause]]\nuse = \"no-c\"\n{more}",
        "A".repeat(42) + "8"
    )
}

fn annex(contract: &Path, format: &str) -> Ran {
    assize(["annex".as_ref(), "--contract".as_ref(), contract.as_os_str(), "--format".as_ref(), format.as_ref()])
}

fn place(more: &str) -> tempfile::TempDir {
    folder(&[("contract.toml", &contract(more)), ("ours/no-c/clause.toml", CLAUSE)])
}

/// The wording digest that an annex shows.
fn digest(annex: &Ran) -> String {
    let line =
        annex.stdout.lines().find(|line| line.starts_with("wording = ")).unwrap_or_else(|| panic!("{}", annex.all()));
    line.trim_start_matches("wording = ").trim_matches('"').to_string()
}

#[test]
fn an_annex_has_both_languages_the_parameters_the_digests_and_the_parties() {
    let place = place("parameters = { most = 3 }\n");
    let contract = place.path().join("contract.toml");
    let ran = annex(&contract, "markdown");
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    for words in [
        "| 至多 3 个构建文件导入 C。 | At most 3 files \\| of the build import &lt;C&gt;. |",
        "| **禁用 cgo** | **No cgo** |",
        "| most | `3` |",
        "Köhler &amp; Söhne",
        "SHA256:",
        "ed25519:AAAA",
        "Asia/Shanghai",
        "use = \"ours/no-c\"",
    ] {
        assert!(ran.stdout.contains(words), "{words} is not in\n{}", ran.stdout);
    }
    assert_eq!(annex(&contract, "markdown").stdout, ran.stdout, "the same twice");
    let page = place.path().join("annex.html");
    assert_eq!(annex(&contract, &format!("html={}", page.display())).status, Some(0));
    let page = fs::read_to_string(page).expect("a page");
    for words in ["At most 3 files | of the build import &lt;C&gt;.", "至多 3 个", "Köhler &amp; Söhne", &digest(&ran)]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("<script") && page.contains("<html lang=\"zh-Hans\">"));
    for (format, status) in [("docx", 3), ("pdf", 3), ("html=", 3)] {
        assert_eq!(annex(&contract, format).status, Some(status), "{format}");
    }
    let all = annex(&sample("auth-api").join("contract.toml"), "markdown");
    assert_eq!(
        all.stdout.matches("wording = \"sha256:").count(),
        all.stdout.matches("\n### ").count(),
        "{}",
        all.all()
    );
}

#[test]
fn one_word_or_one_parameter_changes_the_digest_and_a_contract_that_fixes_another_is_refused() {
    let agreed = digest(&annex(&place("").path().join("contract.toml"), "markdown"));
    let pinned = place(&format!("wording = \"{agreed}\"\n"));
    let contract = pinned.path().join("contract.toml");
    assert_eq!(annex(&contract, "markdown").status, Some(0));
    write(pinned.path(), "delivery/go.mod", "module example.com/x\n\ngo 1.26\n");
    write(pinned.path(), "delivery/main.go", "package main\n\nfunc main() {}\n");
    let (delivery, pack) = (pinned.path().join("delivery"), pinned.path().join("pack"));
    let verify = || {
        let args = ["verify".as_ref(), delivery.as_os_str(), "--contract".as_ref(), contract.as_os_str()];
        assize(args.into_iter().chain(["--layer=source".as_ref(), "--pack".as_ref(), pack.as_os_str()]))
    };
    let ran = verify();
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    // The verdict cites the digest.
    let result = fs::read_to_string(pack.join("result.json")).expect("a result");
    assert!(result.contains(&agreed));
    let mut seen = vec![agreed.clone()];
    let changes = [
        ("of the build import", "of a build import"),
        ("构建文件", "文件"),
        ("default = 1", "default = 2"),
        ("in_build = true", "in_build = false"),
    ];
    for (from, to) in changes {
        let changed = CLAUSE.replacen(from, to, 1);
        assert_ne!(changed, CLAUSE);
        write(pinned.path(), "ours/no-c/clause.toml", &changed);
        for ran in [verify(), annex(&contract, "markdown")] {
            assert_eq!(ran.status, Some(3), "{}", ran.all());
            assert!(ran.stderr.contains("no longer has the wording that was agreed"), "{}", ran.all());
        }
        let other = place("");
        write(other.path(), "ours/no-c/clause.toml", &changed);
        seen.push(digest(&annex(&other.path().join("contract.toml"), "markdown")));
    }
    let parameter = place(&format!("parameters = {{ most = 2 }}\nwording = \"{agreed}\"\n"));
    assert_eq!(annex(&parameter.path().join("contract.toml"), "markdown").status, Some(3));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5, "every change has a digest of its own: {seen:?}");
}

/// A pack brings its own clause files: a weaker clause of the same name must not pass for the agreed one.
#[test]
fn a_pack_judged_by_another_wording_is_not_sound_to_whoever_holds_the_contract() {
    let honest = place("");
    let weak = folder(&[
        ("contract.toml", &contract("")),
        ("ours/no-c/clause.toml", &CLAUSE.replace("in_build = true", "in_build = false")),
        ("delivery/go.mod", "module example.com/x\n\ngo 1.26\n"),
        ("delivery/main.go", "package main\n\nfunc main() {}\n"),
    ]);
    let at = |name: &str| weak.path().join(name);
    let args = ["verify".into(), at("delivery"), "--contract".into(), at("contract.toml"), "--layer=source".into()];
    let ran = assize(args.into_iter().chain(["--pack".into(), at("pack")]));
    assert!(matches!(ran.status, Some(0..=2)), "{}", ran.all());
    let verify = |contract: &Path| {
        assize([
            "evidence".as_ref(),
            "verify".as_ref(),
            at("pack").as_os_str(),
            "--contract".as_ref(),
            contract.as_os_str(),
        ])
    };
    let ran = verify(&honest.path().join("contract.toml"));
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert!(ran.stdout.contains("the clause no-c was judged by another wording"), "{}", ran.all());
    // Where the contract fixes the wording, it is no question any more; where its library is gone, neither.
    let agreed = digest(&annex(&honest.path().join("contract.toml"), "markdown"));
    let fixed = place(&format!("wording = \"{agreed}\"\n"));
    let ran = verify(&fixed.path().join("contract.toml"));
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    fs::remove_dir_all(honest.path().join("ours")).expect("the library goes");
    assert_eq!(verify(&honest.path().join("contract.toml")).status, Some(3));
}
