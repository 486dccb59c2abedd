//! `source.seccomp_profiles`: seccomp profiles that are delivered beside a service, and the containers that are started with them.
//!
//! A profile counts where a delivered deployment file gives it to the service's container; one that lies there unused protects nothing.

mod containers;
mod rules;

use assize_delivery::{Delivery, Entry};
use assize_facts::kinds::process::FilterAction;
use assize_facts::kinds::source::{ProfileForm, SeccompProfile};
use assize_facts::{Fact, Known, Origin, Reason, Request, Sheet, reason};
use containers::{Asked, Container};
use rules::{Profile, is_profile, numberings};
use std::collections::BTreeMap;

pub(crate) const KIND: &str = SeccompProfile::KIND;

/// Deployment files are written by hand.
const LARGEST: u64 = 4 << 20;

/// A container and the file that starts it.
struct Started {
    file: String,
    container: Container,
}

/// Every profile and every use of one, for the calls that the clause names.
pub(crate) fn sheet(delivery: &Delivery, request: &Request) -> Sheet {
    let mut sheet = Sheet::of::<SeccompProfile>();
    sheet.with = request.args();
    // The search itself is a subject: a delivery without deployment files was looked through.
    sheet.examined(1);
    let (profiles, started) = look(delivery, &mut sheet);
    let asked = Calls { names: calls(request), machine: machine(delivery) };
    for (Started { file, container }, used) in started.iter().zip(uses(delivery, &started)) {
        for fact in of_container(container, used, &profiles, &asked) {
            sheet.push(fact, Origin::file(file));
        }
    }
    let is_used =
        |path: &str| started.iter().any(|s| matches!(&s.container.asked, Asked::File(asked) if is_same(path, asked)));
    for path in profiles.keys().filter(|path| !is_used(path)) {
        let unused = whole("", Some(path), ProfileForm::File, Known::Value(false), Known::Value(false));
        sheet.push(unused, Origin::file(path));
    }
    sheet.settle();
    sheet
}

/// The profiles by their paths with their texts, and the containers that deployment files start.
fn look(delivery: &Delivery, sheet: &mut Sheet) -> (BTreeMap<String, String>, Vec<Started>) {
    let (mut profiles, mut started) = (BTreeMap::new(), Vec::new());
    for entry in delivery.entries().iter().filter(|e| e.is_file() && may_matter(e)) {
        match read(delivery, entry) {
            Ok(Some(text)) if is_profile(&text) => {
                sheet.examined(1);
                profiles.insert(entry.path.clone(), text);
            }
            Ok(Some(text)) => match containers_of(&entry.path, &text) {
                Ok(all) => {
                    sheet.examined(u64::from(!all.is_empty()));
                    let file = &entry.path;
                    started.extend(all.into_iter().map(|container| Started { file: file.clone(), container }));
                }
                Err(detail) => sheet.gap(reason!("deployment-file-not-read", detail = detail), &entry.path),
            },
            Ok(None) => {}
            Err(reason) => sheet.gap(reason, &entry.path),
        }
    }
    (profiles, started)
}

/// The calls that a clause denies, and the machine that they are made on.
struct Calls {
    names: Vec<String>,
    machine: &'static str,
}

/// What is said of a container: one item, or for a profile that was read one for each call in each numbering.
fn of_container(
    container: &Container,
    used: Known<bool>,
    profiles: &BTreeMap<String, String>,
    calls: &Calls,
) -> Vec<SeccompProfile> {
    let one = |profile, form, denied| vec![whole(&container.shown, profile, form, used.clone(), denied)];
    let path = match &container.asked {
        Asked::Nothing => return one(None, ProfileForm::Nothing, Known::Value(false)),
        Asked::Unconfined => return one(None, ProfileForm::Unconfined, Known::Value(false)),
        Asked::Privileged => return one(None, ProfileForm::Privileged, Known::Value(false)),
        Asked::RuntimeDefault => {
            return one(None, ProfileForm::RuntimeDefault, Known::Unknown(reason!("profile-of-the-runtime")));
        }
        Asked::Open(text) => {
            return one(None, ProfileForm::Open, Known::Unknown(reason!("value-of-variable", text = text)));
        }
        Asked::File(path) => path,
    };
    let (profile, text) = match found(profiles, path) {
        Ok(found) => found,
        Err(reason) => return one(None, ProfileForm::Missing, Known::Unknown(reason)),
    };
    let rules = match Profile::read(text, calls.machine) {
        Ok(rules) => rules,
        Err(detail) => {
            let reason = reason!("profile-not-read", path = profile, detail = detail);
            return one(Some(profile), ProfileForm::File, Known::Unknown(reason));
        }
    };
    let ruled = |call: &String, numbering: &'static str| {
        let answer = rules.weakest(call, numbering, &container.added, calls.machine);
        let fact = whole(&container.shown, Some(profile), ProfileForm::File, used.clone(), denied(answer));
        let (syscall, arch) = (Some(call.clone()), Some(numbering.to_owned()));
        SeccompProfile { syscall, arch, action: Known::Value(Some(answer)), ..fact }
    };
    let every = calls.names.iter().flat_map(|call| numberings(calls.machine).iter().map(move |n| (call, *n)));
    every.map(|(call, numbering)| ruled(call, numbering)).collect()
}

/// An item that is about no single call.
fn whole(
    container: &str,
    profile: Option<&String>,
    form: ProfileForm,
    used: Known<bool>,
    denied: Known<bool>,
) -> SeccompProfile {
    let action = match &denied {
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
        Known::Value(_) | Known::Possible(_) => Known::Value(None),
    };
    let (container, profile) = (container.to_owned(), profile.cloned());
    SeccompProfile { container, profile, form, used, syscall: None, arch: None, action, denied }
}

fn denied(action: FilterAction) -> Known<bool> {
    action.denies().map_or_else(|| Known::Unknown(reason!("decided-by-another-process")), Known::Value)
}

/// The calls that a clause denies.
fn calls(request: &Request) -> Vec<String> {
    let list = request.arg("deny");
    let list = list.as_ref().and_then(|v| v.as_array());
    list.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn machine(delivery: &Delivery) -> &'static str {
    let platform = delivery.spec().source.as_ref().and_then(|source| source.platform.as_deref());
    if platform.is_some_and(|p| p.ends_with("/arm64")) { "arm64" } else { "amd64" }
}

fn extension(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn is_yaml(path: &str) -> bool {
    matches!(extension(path), "yaml" | "yml" | "tpl")
}

fn may_matter(entry: &Entry) -> bool {
    let path = entry.path.as_str();
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let skipped = path.split('/').any(|part| matches!(part, "vendor" | "testdata" | "node_modules" | ".git"));
    !skipped && (is_yaml(path) || matches!(extension(path), "json" | "sh" | "bash" | "mk") || name == "makefile")
}

/// The text of a file that speaks of confinement or starts containers; `None` where it does neither.
fn read(delivery: &Delivery, entry: &Entry) -> Result<Option<String>, Reason> {
    if entry.size > LARGEST {
        return Ok(None);
    }
    let bytes = delivery.read(&entry.path)?;
    let says = |word: &[u8]| memchr::memmem::find(&bytes, word).is_some();
    let matters = says(b"seccomp")
        || says(b"SCMP_ACT_")
        || says(b"privileged")
        || says(b"containers:")
        || says(b"\"containers\"");
    Ok(matters.then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

fn containers_of(path: &str, text: &str) -> Result<Vec<Container>, String> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let speaks = text.contains("seccomp") || text.contains("privileged");
    let all = if is_yaml(path) && (name.starts_with("compose") || name.starts_with("docker-compose")) {
        containers::of_compose(text)
    } else if is_yaml(path) || extension(path) == "json" {
        containers::of_manifest(text)
    } else {
        Ok(containers::of_commands(text))
    };
    match all {
        // A template of a chart, or another tool's file: of interest where it says something about confinement.
        Err(_) if !speaks => Ok(vec![]),
        Err(_) if text.contains("{{") => Ok(of_template(text)),
        other => other,
    }
}

/// What a template says literally, and that the rest is open.
fn of_template(text: &str) -> Vec<Container> {
    let says = |word: &str| text.lines().any(|line| !line.trim_start().starts_with('#') && line.contains(word));
    let asked = if says("type: Unconfined") || says("seccomp: unconfined") || says("seccomp=unconfined") {
        Asked::Unconfined
    } else if says("seccompProfile") || says("seccomp.security") {
        Asked::Open("{{ … }}".into())
    } else {
        return vec![];
    };
    vec![Container { shown: "a template".into(), names: vec![], asked, added: vec![] }]
}

/// Whether each container is the service's: by its names, or since there is no other.
fn uses(delivery: &Delivery, started: &[Started]) -> Vec<Known<bool>> {
    let spec = delivery.spec();
    let mut ours: Vec<&str> = spec.name.as_deref().into_iter().collect();
    ours.extend(spec.binaries.iter().flat_map(|b| [b.name.as_str(), b.path.rsplit('/').next().unwrap_or(&b.path)]));
    let matches = |s: &Started| s.container.names.iter().any(|name| ours.contains(&name.as_str()));
    let any = started.iter().any(matches);
    let one = |s: &Started| match (matches(s), any, started.len()) {
        (true, ..) | (_, false, 1) => Known::Value(true),
        (false, true, _) => Known::Value(false),
        (false, false, _) => Known::Unknown(reason!("container-of-the-service-unknown", container = s.container.shown)),
    };
    started.iter().map(one).collect()
}

/// The delivered profile that a deployment file means by a path: nodes and pipelines have it below folders of their own.
fn found<'p>(profiles: &'p BTreeMap<String, String>, asked: &str) -> Result<(&'p String, &'p String), Reason> {
    let mut all = profiles.iter().filter(|(path, _)| is_same(path, asked));
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(reason!("profile-not-delivered", path = asked)),
        (Some(_), Some(_)) => Err(reason!("profile-not-told-apart", path = asked)),
    }
}

fn is_same(path: &str, asked: &str) -> bool {
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    last(path) == last(asked)
}

#[cfg(test)]
mod tests;
