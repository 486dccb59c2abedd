//! `inventory.build_settings`: what build files set for the Go commands in them, and which of those commands build a delivered program.
//!
//! Nothing is executed. A file is read into scopes (a Dockerfile's stage, a make target with its prerequisites, a job, a script), each a run of
//! steps; a setting counts where a later command of its scope builds a delivered main package.

mod archives;
#[cfg(test)]
mod archives_tests;
mod assignments;
mod bake;
mod builds;
mod calls;
#[cfg(test)]
mod calls_tests;
mod commands;
mod containers;
mod copies;
#[cfg(test)]
mod copies_tests;
mod delivered;
#[cfg(test)]
mod docker_tests;
mod docker_text;
mod dockerfile;
#[cfg(test)]
mod documents_tests;
mod edits;
mod evaluate;
mod expand;
mod fetched;
mod flags;
mod foreign;
#[cfg(test)]
mod foreign_tests;
mod generate;
#[cfg(test)]
mod given_tests;
mod hcl;
mod ignored;
mod images;
mod ledger;
mod library;
#[cfg(test)]
mod limits_tests;
mod make_define;
mod make_rules;
#[cfg(test)]
mod make_tests;
mod make_text;
mod make_tree;
mod make_values;
mod makefile;
mod marks;
mod model;
mod mounts;
#[cfg(test)]
mod neighbours_tests;
mod others;
#[cfg(test)]
mod outcomes_tests;
mod parallel;
mod places;
mod printed;
#[cfg(test)]
mod printed_tests;
mod quotes;
mod reader;
mod reads;
mod redirections;
mod results;
#[cfg(test)]
mod shapes_tests;
mod shell;
#[cfg(test)]
mod spellings_tests;
mod state;
#[cfg(test)]
mod tests;
mod told;
mod tools;
mod unread;
mod workspaces;
#[cfg(test)]
mod workspaces_tests;
mod wrappers;
mod written;
mod xargs;
mod yaml;

pub(crate) use archives::{asks_of_archive, is_aside, keeps_of_archive, modules};

use crate::lossy::lossy;
use assize_delivery::{Delivery, Entry, SourceTree};
use assize_facts::kinds::inventory::{BuildFile, BuildSetting, ToldBy};
use assize_facts::{Deliverable, Known, Origin, Sheet, reason};
use delivered::Targets;
use evaluate::State;
use library::Library;
use model::{Scope, Step};
use std::collections::{BTreeMap, BTreeSet};
use told::Told;

/// Build files larger than this are not written by hand.
const LARGEST: u64 = 4 << 20;
const LONGEST: usize = 400;

/// Where workflows lie, those of forges that take over GitHub's form too.
const WORKFLOWS: &[&str] = &[".github/workflows", ".gitea/workflows", ".forgejo/workflows"];

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
        // `.env` is read by task runners and compose.
        ".envrc" | ".env" => BuildFile::Envrc,
        "makefile" | "gnumakefile" | "bsdmakefile" => BuildFile::Makefile,
        "rules" if folder.rsplit('/').next() == Some("debian") => BuildFile::Makefile,
        _ if yaml && lower.trim_end_matches(".yaml").trim_end_matches(".yml").ends_with(".gitlab-ci") => {
            BuildFile::GitlabCi
        }
        _ if yaml && lower.contains("goreleaser") => BuildFile::Goreleaser,
        _ if yaml && lower.starts_with("taskfile") => BuildFile::Taskfile,
        _ if yaml && WORKFLOWS.iter().any(|workflows| folder.ends_with(workflows)) => BuildFile::GithubActions,
        _ if lower.starts_with("dockerfile")
            || lower.ends_with(".dockerfile")
            || lower.starts_with("containerfile") =>
        {
            BuildFile::Dockerfile
        }
        _ if lower.starts_with("makefile.") && !lower.ends_with(".toml")
            || [".mk", ".mak", ".make"].iter().any(|end| lower.ends_with(end)) =>
        {
            BuildFile::Makefile
        }
        _ if [".sh", ".bash", ".zsh", ".ksh"].iter().any(|end| lower.ends_with(end)) => BuildFile::Shell,
        _ => return None,
    })
}

/// The same, with those whose form is a language's that is followed.
fn followed(path: &str) -> Option<BuildFile> {
    sort(path).or_else(|| (others::is_compose(path) || bake::is_bake(path)).then_some(BuildFile::Other))
}

/// What build files say.
#[derive(Clone)]
pub(crate) struct Settings {
    pub sheet: Sheet,
    /// Whether whatever builds a delivered program was seen, and switches cgo off.
    pub without_cgo: bool,
}

/// Every build file of the source tree and beside it, and what deliverable.toml says of the build.
/// `spec` is what is declared, or told by the delivered programs.
pub(crate) fn settings(delivery: &Delivery, tree: &SourceTree, spec: &Deliverable) -> Settings {
    let mut sheet = Sheet::of::<BuildSetting>();
    let text = |path: &str| tree.read(path).ok().map(|bytes| lossy(&bytes).into_owned());
    let paths: BTreeSet<String> = tree.entries().filter(|e| e.entry.is_file()).map(|e| e.path.to_owned()).collect();
    let go_mod = text("go.mod").unwrap_or_default();
    let graph = [Some(&go_mod), text("go.work").as_ref()].into_iter().flatten().cloned().collect::<Vec<_>>().join("\n");
    let targets = Targets::of(spec, &graph, &paths).told_beside(delivery.spec());
    let read = |path: &str| tree.entry(path).is_some_and(|e| e.size <= LARGEST).then(|| text(path)).flatten();
    let library = Library::new(paths, &tree.shown(""), read);
    let (archives, hidden) = if targets.is_none() { (vec![], vec![]) } else { archives::beside(delivery, tree) };
    sheet.gaps.extend(hidden);
    // The search itself is a subject: a tree without a build file was looked through.
    sheet.examined(1);
    let mut state = State::new(&library, &targets);
    let mut unread = Vec::new();
    for (holder, entry, shown) in files(delivery, tree) {
        let path = shown.strip_prefix(&library.prefix).unwrap_or(&entry.path);
        let script = || !unread::is_called_go(path) && is_script(holder, entry);
        let tool = sort(&entry.path).or_else(|| script().then_some(BuildFile::Shell));
        if tool.is_none() {
            unread.extend(of_another_tool(&mut sheet, (holder, entry, &shown), path, &targets));
        }
        let Some(tool) = tool.or_else(|| followed(path)) else { continue };
        sheet.examined(1);
        if entry.size > LARGEST {
            sheet.gap(reason!("file-too-large", path = shown, size = entry.size, limit = LARGEST), shown.as_str());
            continue;
        }
        let bytes = match holder.read(&entry.path) {
            Ok(bytes) => bytes,
            Err(reason) => {
                sheet.gap(reason, shown.as_str());
                continue;
            }
        };
        unread.extend(of_text(&mut sheet, &mut state, tool, path, &shown, &lossy(&bytes)));
    }
    let mut switches = vec![state.switches_cgo_off()];
    let mut told = state.tell();
    for archive in archives {
        let over = archive.over(&library.paths, &library.prefix, read);
        let mut state = State::new(&over, &targets);
        for found in archive.build_files(&library, targets.module()) {
            unread.extend(of_archive(&mut sheet, &mut state, &found));
        }
        switches.push(state.switches_cgo_off());
        told.extend(state.tell().into_iter().map(|told| archive.doubted(told, &go_mod)));
    }
    let is_off = switches.contains(&Some(true)) && !switches.contains(&Some(false));
    let without_cgo = is_off && unread.is_empty() && sheet.gaps.is_empty();
    told.extend(unread);
    push(&mut sheet, told);
    declared(&mut sheet, delivery);
    sheet.settle();
    Settings { sheet, without_cgo }
}

/// A file, what holds it, and its path as it is shown.
type Delivered<'d, P> = (&'d Delivery, &'d Entry, P);

/// The files of the deliverable, and of the archive that its source is unpacked from.
fn files<'d>(delivery: &'d Delivery, tree: &'d SourceTree) -> impl Iterator<Item = Delivered<'d, String>> {
    let unpacked = tree.archive(delivery).into_iter().flat_map(|(inside, prefix)| {
        inside.entries().iter().map(move |entry| (inside, entry, format!("{prefix}{}", entry.path)))
    });
    let beside = delivery.entries().iter().map(move |entry| (delivery, entry, entry.path.clone()));
    beside.chain(unpacked).filter(|(_, entry, _)| entry.is_file())
}

/// Carries out a build file; gives what nobody can read in it.
fn of_text(
    sheet: &mut Sheet,
    state: &mut State<'_>,
    tool: BuildFile,
    path: &str,
    shown: &str,
    text: &str,
) -> Vec<Told> {
    match of_file(state, tool, path, shown, text) {
        Ok(false) => {}
        Ok(true) => {
            let detail = "it calls more than is followed";
            sheet.gap(reason!("build-file-not-read", path = shown, detail = detail), shown);
        }
        Err(detail) if mentions_build(text) => {
            sheet.gap(reason!("build-file-not-read", path = shown, detail = detail), shown);
        }
        // A file that no tool could read and that builds nothing is nobody's setting.
        Err(_) => {}
    }
    unread::hidden(tool, shown, text, state.targets)
}

/// Carries out a build file of an archive.
fn of_archive(sheet: &mut Sheet, state: &mut State<'_>, found: &archives::Found<'_>) -> Vec<Told> {
    let archives::Found { path, shown, text } = found;
    sheet.examined(1);
    if let Some(tool) = followed(path).or_else(|| is_script_text(text.as_bytes()).then_some(BuildFile::Shell)) {
        return match unread::is_called_go(path) {
            true => vec![unread::go_command(shown)],
            false => of_text(sheet, state, tool, path, shown, text),
        };
    }
    match others::is_candidate(path) && unread::says_any(text.as_bytes()) {
        true => unread::told(path, shown, text, state.targets),
        false => vec![],
    }
}

/// Carries out each scope of a file on its own; gives whether something was left out.
fn of_file(state: &mut State<'_>, tool: BuildFile, path: &str, shown: &str, text: &str) -> Result<bool, String> {
    let mut cut = false;
    for scope in scopes(state, tool, path, text.trim_start_matches('\u{feff}'))? {
        cut |= state.carry_out(tool, path, shown, &scope);
        // Whoever ends a list of scopes early leaves out the rest.
        if state.library.is_exhausted() {
            return Ok(true);
        }
    }
    Ok(cut || state.library.is_exhausted())
}

/// A line that several scopes and files share is one setting; the surest word about it counts.
fn push(sheet: &mut Sheet, mut told: Vec<Told>) {
    let weight = |item: &BuildSetting| match item.delivered {
        Known::Value(true) => 0,
        Known::Unknown(_) | Known::Possible(_) => 1,
        Known::Value(false) => 2,
    };
    told.sort_by_cached_key(|t| {
        (t.file.clone(), t.line, t.item.setting.clone(), format!("{:?}", t.item.value), weight(&t.item))
    });
    told.dedup_by(|a, b| {
        (&a.file, a.line, &a.item.setting, &a.item.value) == (&b.file, b.line, &b.item.setting, &b.item.value)
    });
    for Told { file, line, item } in told {
        sheet.push(item, Origin::line(&*file, line));
    }
}

/// What a file of a tool that is not followed sets; nothing of a file that says none of it.
fn of_another_tool(
    sheet: &mut Sheet,
    (holder, entry, shown): Delivered<'_, &str>,
    path: &str,
    targets: &Targets,
) -> Vec<Told> {
    if unread::is_called_go(path) && !targets.is_none() && entry.size > 2 {
        sheet.examined(1);
        return vec![unread::go_command(shown)];
    }
    if !others::is_candidate(path) {
        return vec![];
    }
    match holder.read(&entry.path) {
        Ok(bytes) if unread::says_any(&bytes) => {
            sheet.examined(1);
            unread::told(path, shown, &lossy(&bytes), targets)
        }
        Ok(_) => vec![],
        Err(reason) => {
            sheet.gap(reason, shown);
            vec![]
        }
    }
}

/// A script without an ending, known by its first line.
fn is_script(delivery: &Delivery, entry: &Entry) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
    let skipped = entry.path.split('/').any(|p| matches!(p, "vendor" | "testdata" | "node_modules" | ".git" | "dist"));
    let small = entry.size > 2 && entry.size <= 256 << 10;
    if name.contains('.') || skipped || !small {
        return false;
    }
    delivery.read(&entry.path).is_ok_and(|bytes| is_script_text(&bytes))
}

fn is_script_text(bytes: &[u8]) -> bool {
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    first.starts_with(b"#!") && first.windows(2).any(|w| w == b"sh")
}

fn mentions_build(text: &str) -> bool {
    ["go build", "go install", "goreleaser", "GOFLAGS"].iter().any(|word| text.contains(word))
}

fn scopes(state: &State<'_>, tool: BuildFile, path: &str, text: &str) -> Result<Vec<Scope>, String> {
    let library = state.library;
    Ok(match tool {
        BuildFile::Dockerfile => dockerfile::scopes(text, path, &BTreeMap::new(), library),
        BuildFile::Makefile => state.makes.of(text, path, &BTreeMap::new(), library).scopes(),
        // One at the root is called there; of others it is not known.
        BuildFile::Shell if !path.contains('/') => {
            vec![Scope::new("script", vec![Step::Folder { path: Some(String::new()) }, Step::run(1, text)])]
        }
        BuildFile::Shell => vec![Scope::new("script", vec![Step::run(1, text)])],
        BuildFile::GoEnv => vec![Scope::environment_file(text)],
        // A script of bash (direnv.toml(1)), whose user is not known.
        BuildFile::Envrc => vec![Scope { environment_file: true, ..Scope::new("script", vec![Step::run(1, text)]) }],
        BuildFile::Taskfile => yaml::taskfile(text, path, library)?,
        BuildFile::Goreleaser => yaml::goreleaser(text, library)?,
        BuildFile::GithubActions => yaml::github(text)?,
        BuildFile::GitlabCi => yaml::gitlab(text, path, library)?,
        BuildFile::Other if bake::is_bake(path) => bake::scopes(text, path, library)?,
        BuildFile::Other => yaml::compose(text, library)?,
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
        let mut settings = flags::flags(&build.flags);
        settings.extend(build.ldflags.iter().map(|v| ("-ldflags".to_owned(), Some(v.clone()))));
        for (name, value) in &build.env {
            settings.push((name.clone(), Some(value.clone())));
            if name == "GOFLAGS" {
                settings.extend(flags::flags(&flags::quoted_words(value)));
            }
        }
        for (setting, value) in settings {
            let item = BuildSetting {
                tool: BuildFile::Deliverable,
                setting,
                value: Known::Value(value),
                command: Some(cut(&command.join(" "))),
                delivered: Known::Value(true),
                told_by: Some(ToldBy::Deliverable),
            };
            sheet.push(item, Origin::file("deliverable.toml"));
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
