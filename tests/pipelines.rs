//! The files that pipelines take from this repository: they parse, and the commands in them do what they say with the program.

use crate::run::{assize, folder, root, sample, write};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

fn yaml(path: &str) -> Value {
    let text = std::fs::read_to_string(root().join(path)).expect("a file of the repository");
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text was expected: {value}"))
}

/// A script of a pipeline in an environment of its own.
fn script(shell: &str, script: &str, place: &Path, environment: &BTreeMap<String, String>) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_assize")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(shell);
    command.args(["-c", script]).current_dir(place).env("PATH", path).env("NO_COLOR", "1");
    command.env("ASSIZE_DATA", root().join("tests/no-imported-data")).envs(environment);
    command.output().expect("a shell")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The action as a runner would play it: inputs replaced in the variables of its steps, never in a script.
struct Action {
    action: Value,
    place: tempfile::TempDir,
    outputs: BTreeMap<String, String>,
}

impl Action {
    fn new() -> Action {
        Action { action: yaml("action.yml"), place: folder(&[]), outputs: BTreeMap::new() }
    }

    fn steps(&self) -> Vec<Value> {
        self.action["runs"]["steps"].as_array().expect("steps").clone()
    }

    fn filled(&self, template: &str, inputs: &[(&str, &str)]) -> String {
        let place = regex::Regex::new(r"\$\{\{ *([a-z_.-]+) *\}\}").expect("a pattern");
        let value = |name: &str| -> String {
            let input = name.strip_prefix("inputs.").map(|name| {
                let given = inputs.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_string());
                given.unwrap_or_else(|| text(&self.action["inputs"][name]["default"]).to_string())
            });
            let output = name.rsplit('.').next().and_then(|name| self.outputs.get(name).cloned());
            input.or(output).unwrap_or_default()
        };
        place.replace_all(template, |found: &regex::Captures| value(&found[1])).into_owned()
    }

    fn play(&mut self, name: &str, inputs: &[(&str, &str)], more: &[(&str, &str)]) -> (Option<i32>, String) {
        let step = self.steps().into_iter().find(|s| s["name"] == name).unwrap_or_else(|| panic!("no step {name}"));
        let place = self.place.path();
        let mut environment: BTreeMap<String, String> = BTreeMap::new();
        for (key, template) in step["env"].as_object().expect("variables") {
            environment.insert(key.clone(), self.filled(text(template), inputs));
        }
        for (key, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary"), ("GITHUB_PATH", "path")] {
            environment.insert(key.into(), place.join(file).display().to_string());
        }
        environment.insert("RUNNER_TEMP".into(), place.display().to_string());
        environment.extend(more.iter().map(|(key, value)| ((*key).to_string(), (*value).to_string())));
        let output = script("bash", text(&step["run"]), &root(), &environment);
        let written = std::fs::read_to_string(place.join("output")).unwrap_or_default();
        self.outputs = written.lines().filter_map(|l| l.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
        (output.status.code(), said(&output))
    }
}

/// Source and binary alone: what pipelines do is the same for every layer.
fn delivery(name: &str) -> Vec<(&'static str, String)> {
    let folder = sample(name);
    vec![
        ("deliverable", folder.display().to_string()),
        ("contract", folder.join("contract.toml").display().to_string()),
        ("layers", "source".into()),
    ]
}

fn borrowed<'a>(inputs: &'a [(&'static str, String)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    inputs.iter().map(|(key, value)| (*key, value.as_str())).chain(more.iter().copied()).collect()
}

#[test]
fn the_github_action_keeps_reports_and_pack_and_ends_as_the_gate_says() {
    let key = folder(&[]);
    let private = key.path().join("key");
    assert_eq!(assize(["keygen".as_ref(), private.as_os_str()]).status, Some(0));
    let private = std::fs::read_to_string(private).expect("a key");
    let delivery = delivery("incomplete-handover");
    for (gate, expected) in [("incomplete", "2"), ("rejected", "0")] {
        let mut action = Action::new();
        let inputs = borrowed(&delivery, &[("gate", gate), ("sign-key", &private), ("lang", "both")]);
        let (status, said) = action.play("Verify", &inputs, &[]);
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(
            (action.outputs["status"].as_str(), action.outputs["written"].as_str()),
            (expected, "true"),
            "{said}"
        );
        let out = Path::new(&action.outputs["out"]).to_path_buf();
        let log: Value =
            serde_json::from_slice(&std::fs::read(out.join("assize.sarif")).expect("SARIF")).expect("JSON");
        assert_eq!(log["version"], "2.1.0");
        for file in ["junit.xml", "report.html", "summary.md", "result.json"] {
            assert!(std::fs::metadata(out.join(file)).is_ok_and(|m| m.len() > 0), "{file}");
        }
        let summary = std::fs::read_to_string(action.place.path().join("summary")).expect("a summary");
        assert!(summary.starts_with("## ❔"), "{summary:.100}");
        let pack = assize(["evidence", "verify", &action.outputs["pack"]]);
        assert_eq!(pack.status, Some(2), "sound and signed, by someone that nobody named: {}", pack.all());
        assert!(
            std::fs::read_dir(action.place.path())
                .expect("a folder")
                .flatten()
                .all(|e| { !e.file_name().to_string_lossy().starts_with("key.") })
        );
        let (status, _) = action.play("Gate", &[], &[]);
        assert_eq!(status, expected.parse().ok());
    }
}

#[test]
fn the_github_action_goes_red_on_a_violation_and_shows_nothing_where_nothing_was_done() {
    let delivery = delivery("legacy-gateway");
    let mut action = Action::new();
    let (_, said) = action.play("Verify", &borrowed(&delivery, &[("gate", "rejected")]), &[]);
    assert_eq!(action.outputs["status"], "1", "{said}");
    let sarif = std::fs::read(Path::new(&action.outputs["out"]).join("assize.sarif")).expect("SARIF");
    let log: Value = serde_json::from_slice(&sarif).expect("JSON");
    assert!(log["runs"][0]["results"].as_array().is_some_and(|all| !all.is_empty()));
    assert_eq!(action.play("Gate", &[], &[]).0, Some(1));
    let mut action = Action::new();
    let (_, said) = action.play("Verify", &[("deliverable", "no-such-folder")], &[]);
    assert_eq!((action.outputs["status"].as_str(), action.outputs["written"].as_str()), ("3", "false"), "{said}");
}

#[test]
fn what_a_pull_request_names_never_becomes_a_command() {
    let action = Action::new();
    for step in action.steps() {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "{}", step["name"]);
    }
    let mut action = Action::new();
    let hostile = "$(touch \"$RUNNER_TEMP/broken\");`touch $RUNNER_TEMP/broken`\"; touch $RUNNER_TEMP/broken #";
    for input in ["deliverable", "contract", "layers", "gate", "lang"] {
        let (_, said) = action.play("Verify", &[(input, hostile)], &[]);
        assert_eq!(action.outputs["status"], "3", "{said}");
        assert!(!action.place.path().join("broken").exists(), "{input}");
    }
    // A name that looks like an option is a name.
    action.play("Verify", &[("deliverable", "--help")], &[]);
    assert_eq!(action.outputs["status"], "3");
}

/// `gh` is played by a script that hands out what `packaging/build.sh` makes.
#[test]
fn the_github_action_fetches_a_release_and_refuses_a_changed_one() {
    let Ok(machine) = Command::new("uname").arg("-m").output() else { panic!("uname") };
    let target = format!("{}-unknown-linux-musl", String::from_utf8_lossy(&machine.stdout).trim());
    let release = folder(&[
        (&format!("assize-1-{target}/assize"), "#!/bin/sh\necho released\n"),
        (
            "bin/gh",
            "#!/usr/bin/env bash\nwhile [ $# -gt 0 ]; do [ \"$1\" != --dir ] || place=$2; shift; done\ncp \"$RELEASE\"/*.tar.gz \"$RELEASE\"/SHA256SUMS \"$place\"/\n",
        ),
    ]);
    let make = format!(
        "chmod +x bin/gh assize-1-{target}/assize && tar -czf assize-1-{target}.tar.gz assize-1-{target} && sha256sum *.tar.gz > SHA256SUMS"
    );
    assert!(script("bash", &make, release.path(), &BTreeMap::new()).status.success());
    let path = format!("{}:{}", release.path().join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let release_path = release.path().display().to_string();
    let more = [("PATH", path.as_str()), ("RELEASE", release_path.as_str())];
    let mut action = Action::new();
    let (status, said) = action.play("Fetch the released program", &[], &more);
    assert_eq!(status, Some(0), "{said}");
    let place = std::fs::read_to_string(action.place.path().join("path")).expect("a path");
    assert!(Path::new(place.trim()).join("assize").exists());
    write(release.path(), "SHA256SUMS", &format!("{}  assize-1-{target}.tar.gz\n", "0".repeat(64)));
    let (status, said) = Action::new().play("Fetch the released program", &[], &more);
    assert_ne!(status, Some(0), "{said}");
}

#[test]
fn the_gitlab_job_keeps_reports_and_pack_and_ends_as_the_gate_says() {
    let job = yaml("pipelines/gitlab.yml")[".assize"].clone();
    let commands: Vec<&str> = job["script"].as_array().expect("a script").iter().map(text).collect();
    for (gate, whole, expected) in [("incomplete", false, 2), ("rejected", false, 0), ("rejected", true, 0)] {
        let project = folder(&[]);
        let copy = format!("cp -r '{}'/. .", sample("incomplete-handover").display());
        assert!(script("sh", &copy, project.path(), &BTreeMap::new()).status.success());
        let mut environment: BTreeMap<String, String> = BTreeMap::new();
        let place = project.path().display().to_string();
        for (key, value) in job["variables"].as_object().expect("variables") {
            environment.insert(key.clone(), text(value).replace("$CI_PROJECT_DIR", &place));
        }
        let deliverable = if whole { ".".into() } else { sample("incomplete-handover").display().to_string() };
        environment.extend([
            ("CI_PROJECT_DIR".to_string(), place.clone()),
            ("ASSIZE_DELIVERABLE".into(), deliverable),
            ("ASSIZE_CONTRACT".into(), "contract.toml".into()),
            ("ASSIZE_LAYERS".into(), "source".into()),
            ("ASSIZE_GATE".into(), gate.into()),
        ]);
        let output = script("sh", &commands.join("\n"), project.path(), &environment);
        assert_eq!(output.status.code(), Some(expected), "{gate}: {}", said(&output));
        let kept = text(&job["artifacts"]["paths"][0]);
        for file in ["assize.sarif", "junit.xml", "pack.tar", "report.html"] {
            assert!(project.path().join(kept).join(file).exists(), "{file}");
        }
        assert!(project.path().join(text(&job["artifacts"]["reports"]["junit"])).exists());
        assert_eq!(job["artifacts"]["when"], "always");
    }
}

#[test]
fn the_hooks_stop_a_commit_that_breaks_a_clause_and_find_mistakes_in_files() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let entry = |id: &str| {
        let hook = hooks.as_array().expect("hooks").iter().find(|h| h["id"] == id).expect("the hook").clone();
        assert_eq!(hook["language"], "script");
        root().join(text(&hook["entry"])).display().to_string()
    };
    let out = folder(&[]);
    for (name, expected) in [("incomplete-handover", 0), ("legacy-gateway", 1)] {
        let environment = BTreeMap::from([("ASSIZE_OUT".to_string(), out.path().display().to_string())]);
        let command = format!("'{}' --contract contract.toml", entry("assize"));
        let output = script("bash", &command, &sample(name), &environment);
        assert_eq!(output.status.code(), Some(expected), "{name}: {}", said(&output));
        for file in ["assize.sarif", "pack.tar", "report.html"] {
            assert!(out.path().join(file).exists(), "{name}: {file}");
        }
    }
    let files = folder(&[("good/deliverable.toml", "[deliverable]\nname = \"a\"\n"), ("contract.toml", "[contrat]\n")]);
    let check = |names: &str| {
        script("bash", &format!("'{}' {names}", entry("assize-files")), files.path(), &BTreeMap::new()).status.code()
    };
    assert_eq!(check("good/deliverable.toml"), Some(0));
    assert_ne!(check("contract.toml good/deliverable.toml"), Some(0));
    let pattern = text(&hooks[1]["files"]).to_string();
    let pattern = regex::Regex::new(&pattern).expect("a pattern");
    assert!(pattern.is_match("a/contract.toml") && !pattern.is_match("a/my-contract.toml"));
}

#[test]
fn every_shell_completes_every_command_and_every_command_has_a_page() {
    let help = assize(["--help"]).stdout;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|l| !l.starts_with("Commands:"))
        .skip(1)
        .take_while(|l| l.starts_with("  "))
        .filter(|l| !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() >= 10, "{help}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = assize(["completions", shell]);
        assert_eq!(script.status, Some(0));
        for name in commands.iter().copied().chain(["--gate", "--pack"]) {
            let bare = name.trim_start_matches('-');
            assert!(script.stdout.contains(bare), "{shell} does not complete {name}");
        }
    }
    let bash = folder(&[("assize.bash", &assize(["completions", "bash"]).stdout)]);
    let asked = "source assize.bash; COMP_WORDS=(assize evidence ''); COMP_CWORD=2; _assize assize '' evidence; echo \"${COMPREPLY[@]}\"";
    let completed = said(&script("bash", asked, bash.path(), &BTreeMap::new()));
    assert!(completed.contains("replay") && completed.contains("verify"), "{completed}");
    let pages = folder(&[]);
    assert_eq!(assize(["manual".as_ref(), "--into".as_ref(), pages.path().as_os_str()]).status, Some(0));
    let options = regex::Regex::new("--[a-z][a-z-]+").expect("a pattern");
    for name in &commands {
        let page = std::fs::read_to_string(pages.path().join(format!("assize-{name}.1"))).expect("a page");
        let help = assize([name, "--help"]).stdout;
        for option in options.find_iter(&help) {
            let option = option.as_str().replace('-', "\\-");
            assert!(page.contains(&option), "assize-{name}.1 lacks {option}");
        }
    }
    assert!(assize(["manual"]).stdout.contains("assize\\-verify(1)"));
}

/// No engine builds the image here (`long/packaging.sh` has one); what can be said without one is said.
#[test]
fn the_image_is_made_of_the_packaged_program() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let (recipe, packaging) = (read("Containerfile"), read("packaging/build.sh"));
    let values = |word: &str| -> Vec<String> {
        recipe.lines().filter_map(|line| line.strip_prefix(word)).map(String::from).collect()
    };
    let bases = values("FROM ");
    assert!(bases.iter().all(|base| base.starts_with("${BASE}")), "{bases:?}");
    let base = values("ARG BASE=").concat();
    assert!(base.rsplit_once(':').is_some_and(|(_, tag)| tag != "latest"), "{base}");
    // The tar and what lies in it, as packaging makes them; nothing else comes into the build.
    assert_eq!(values("ADD "), ["target/packages/assize-*-${MACHINE}-unknown-linux-musl.tar.gz /package/"]);
    assert!(
        packaging.contains("name=\"assize-$version-$target\"")
            && packaging.contains("packages=\"$PWD/target/packages\"")
    );
    let admitted = read(".dockerignore");
    assert_eq!(
        admitted.lines().filter(|l| !l.starts_with('#')).collect::<Vec<_>>(),
        ["*", "!target/packages/*.tar.gz"]
    );
}
