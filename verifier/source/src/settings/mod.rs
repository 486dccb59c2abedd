//! `inventory.build_settings`: what build files set for the Go commands in them, and which of those commands build a delivered program.
//!
//! Nothing is executed. A file is read into scopes (a Dockerfile's stage, a make target with its prerequisites, a job, a script), each a run of
//! steps; a setting counts where a later command of its scope builds a delivered main package.

mod delivered;
mod dockerfile;
mod evaluate;
mod makefile;
mod model;
mod shell;
#[cfg(test)]
mod tests;
mod yaml;

use assize_delivery::{Delivery, SourceTree};
use assize_facts::kinds::inventory::{BuildFile, BuildSetting};
use assize_facts::{Known, Origin, Sheet, reason};
use delivered::Targets;
use model::{Scope, Step};

/// Build files larger than this are not written by hand.
const LARGEST: u64 = 4 << 20;
const LONGEST: usize = 400;

/// What sort of build file a path is, by its name; `None` where no tool would take it as one.
fn sort(path: &str) -> Option<BuildFile> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parts = || path.split('/');
    if parts().any(|p| p == "vendor" || p == "testdata" || p == "node_modules" || p == ".git") {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let yaml = lower.ends_with(".yml") || lower.ends_with(".yaml");
    Some(match lower.as_str() {
        "go.env" => BuildFile::GoEnv,
        ".envrc" => BuildFile::Envrc,
        "makefile" | "gnumakefile" => BuildFile::Makefile,
        ".gitlab-ci.yml" | ".gitlab-ci.yaml" => BuildFile::GitlabCi,
        _ if yaml && lower.contains("goreleaser") => BuildFile::Goreleaser,
        _ if yaml && lower.starts_with("taskfile") => BuildFile::Taskfile,
        _ if yaml && folder.ends_with(".github/workflows") => BuildFile::GithubActions,
        _ if lower.starts_with("dockerfile")
            || lower.ends_with(".dockerfile")
            || lower.starts_with("containerfile") =>
        {
            BuildFile::Dockerfile
        }
        _ if lower.ends_with(".mk") => BuildFile::Makefile,
        _ if [".sh", ".bash", ".zsh"].iter().any(|end| lower.ends_with(end)) => BuildFile::Shell,
        _ => return None,
    })
}

/// Every build file of the source tree and beside it, and what deliverable.toml says of the build.
pub(crate) fn sheet(delivery: &Delivery, tree: &SourceTree) -> Sheet {
    let mut sheet = Sheet::of::<BuildSetting>();
    let targets = Targets::of(delivery.spec(), tree.read("go.mod").ok().as_deref());
    // The search itself is a subject: a tree without a build file was looked through.
    sheet.examined(1);
    for entry in delivery.entries().iter().filter(|e| e.is_file()) {
        let Some(tool) = sort(&entry.path) else { continue };
        sheet.examined(1);
        if entry.size > LARGEST {
            sheet.gap(
                reason!("file-too-large", path = entry.path, size = entry.size, limit = LARGEST),
                entry.path.as_str(),
            );
            continue;
        }
        let bytes = match delivery.read(&entry.path) {
            Ok(bytes) => bytes,
            Err(reason) => {
                sheet.gap(reason, entry.path.as_str());
                continue;
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        match scopes(tool, &text) {
            Ok(scopes) => evaluate::scopes(&mut sheet, tool, &entry.path, &scopes, &targets),
            Err(detail) if mentions_build(&text) => {
                sheet.gap(reason!("build-file-not-read", path = entry.path, detail = detail), entry.path.as_str());
            }
            // A file that no tool could read and that builds nothing is nobody's setting.
            Err(_) => {}
        }
    }
    declared(&mut sheet, delivery);
    sheet.settle();
    sheet
}

fn mentions_build(text: &str) -> bool {
    ["go build", "go install", "goreleaser", "GOFLAGS"].iter().any(|word| text.contains(word))
}

fn scopes(tool: BuildFile, text: &str) -> Result<Vec<Scope>, String> {
    Ok(match tool {
        BuildFile::Dockerfile => dockerfile::scopes(text),
        BuildFile::Makefile => makefile::scopes(text),
        BuildFile::Shell => vec![Scope::new("script", vec![Step::Run { line: 1, script: text.into() }])],
        BuildFile::GoEnv | BuildFile::Envrc => vec![Scope::environment_file(text)],
        BuildFile::Taskfile => yaml::taskfile(text)?,
        BuildFile::Goreleaser => yaml::goreleaser(text)?,
        BuildFile::GithubActions => yaml::github(text)?,
        BuildFile::GitlabCi => yaml::gitlab(text)?,
        BuildFile::Deliverable => vec![],
    })
}

/// `[[binary]] build`: in force by the supplier's own word.
fn declared(sheet: &mut Sheet, delivery: &Delivery) {
    for binary in &delivery.spec().binaries {
        let Some(build) = &binary.build else { continue };
        let mut command = vec!["go".to_owned(), "build".to_owned()];
        command.extend(build.flags.iter().cloned());
        command.extend(binary.package.clone());
        let mut settings = evaluate::flags(&build.flags);
        settings.extend(build.ldflags.iter().map(|v| ("-ldflags".to_owned(), Some(v.clone()))));
        for (name, value) in &build.env {
            settings.push((name.clone(), Some(value.clone())));
            if name == "GOFLAGS" {
                let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
                settings.extend(evaluate::flags(&words));
            }
        }
        for (setting, value) in settings {
            let item = BuildSetting {
                tool: BuildFile::Deliverable,
                setting,
                value: Known::Value(value),
                command: Some(cut(&command.join(" "))),
                delivered: Known::Value(true),
            };
            sheet.push(item, Origin::file("deliverable.toml"));
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
