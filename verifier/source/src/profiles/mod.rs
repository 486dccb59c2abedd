//! `source.seccomp_profiles`: seccomp profiles that are delivered beside a service, and the containers that are started with them.
//!
//! A profile counts where a delivered deployment file gives it to the service's container; one that lies there unused protects nothing.

mod claims;
mod commands;
mod containers;
mod files;
mod packed;
mod rules;
mod template;
mod whose;

use crate::build::{join, split};
use assize_delivery::{Delivery, Entry};
use assize_facts::kinds::process::FilterAction;
use assize_facts::kinds::source::{ProfileForm, SeccompProfile};
use assize_facts::{Fact, Known, Origin, Reason, Request, Sheet, reason};
use assize_golang::vendor::clean;
use containers::{Asked, Container, shown_service};
use files::Text;
use packed::Packed;
use rules::{Profile, is_profile, numberings};
use std::collections::BTreeMap;

pub(crate) use packed::{asks_of_archive, keeps_of_archive};

pub(crate) const KIND: &str = SeccompProfile::KIND;

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
    for (Started { file, container }, used) in started.iter().zip(whose::uses(delivery, &started)) {
        for fact in of_container(container, used, &profiles, &asked) {
            sheet.push(fact, Origin::file(file));
        }
    }
    let is_used =
        |path: &str| started.iter().any(|s| matches!(&s.container.asked, Asked::File(asked) if is_same(path, asked)));
    for path in profiles.keys().filter(|path| !is_used(path)) {
        let unused = whole("", Some(path), Known::Value(ProfileForm::File), Known::Value(false), Known::Value(false));
        sheet.push(unused, Origin::file(path));
    }
    sheet.settle();
    sheet
}

/// The profiles by their paths with their texts, and the containers that deployment files start.
fn look(delivery: &Delivery, sheet: &mut Sheet) -> (BTreeMap<String, String>, Vec<Started>) {
    let mut looked = Looked { profiles: BTreeMap::new(), started: Vec::new() };
    // What cannot be unpacked is a gap of all that asks the source.
    let tree = delivery.source().ok().flatten();
    let archive = tree.as_ref().and_then(|tree| tree.archive(delivery));
    let is_source = |path: &str| archive.is_some_and(|(_, prefix)| prefix.strip_suffix('!') == Some(path));
    for entry in delivery.entries().iter().filter(|entry| !is_source(&entry.path)) {
        looked.at(delivery, entry, &entry.path, sheet);
    }
    if let Some((inside, prefix)) = archive {
        inside.entries().iter().for_each(|entry| {
            looked.at(inside, entry, &format!("{prefix}{}", entry.path), sheet);
        });
        sheet.gaps.extend(tree.iter().flat_map(|tree| tree.gaps()));
    }
    extend(&mut looked.started);
    (looked.profiles, looked.started)
}

/// Gives services what those say that they extend (compose specification, "extends"), where they say nothing themselves.
fn extend(started: &mut [Started]) {
    const DEPTH: usize = 8;
    for _ in 0..DEPTH {
        let of = |s: &Started| {
            let (file, service) = s.container.extends.as_ref().filter(|_| s.container.asked == Asked::Nothing)?;
            // Paths in an archive stand behind its own.
            let (archive, own) = s.file.split_at(s.file.rfind('!').map_or(0, |at| at + 1));
            let path = format!(
                "{archive}{}",
                file.as_ref().map_or_else(|| own.to_owned(), |file| clean(&join(split(own).0, file)))
            );
            let shown = shown_service(service);
            let base = started.iter().find(|base| base.file == path && base.container.shown == shown);
            let missing = || Asked::Open(format!("extends {path} {service}"));
            Some(base.map_or_else(missing, |base| base.container.asked.clone()))
        };
        let asked: Vec<Option<Asked>> = started.iter().map(of).collect();
        for (s, asked) in started.iter_mut().zip(asked) {
            s.container.asked = asked.unwrap_or_else(|| s.container.asked.clone());
        }
    }
}

struct Looked {
    profiles: BTreeMap<String, String>,
    started: Vec<Started>,
}

impl Looked {
    /// Takes in a file, or the files of a packed chart or of an archive of manifests; `shown` is its path in origins.
    fn at(&mut self, holder: &Delivery, entry: &Entry, shown: &str, sheet: &mut Sheet) {
        if packed::may_be(holder, entry) {
            return self.packed(holder, entry, shown, sheet);
        }
        if files::may_matter(entry) {
            match files::text(holder, entry) {
                Ok(Text::Speaks(text)) => self.text(shown, text, sheet),
                Ok(Text::Packed) => self.packed(holder, entry, shown, sheet),
                Ok(Text::Nothing) => {}
                Err(reason) => sheet.gap(reason, shown),
            }
        }
    }

    fn packed(&mut self, holder: &Delivery, entry: &Entry, shown: &str, sheet: &mut Sheet) {
        let texts = match packed::texts(holder, entry) {
            Ok(texts) => texts,
            Err(reason) => return sheet.gap(reason, shown),
        };
        for Packed { name, text, of_chart } in texts {
            let shown = format!("{shown}!{name}");
            // What any other archive holds may be anything; only what starts containers surely matters.
            match of_chart {
                true => self.text(&shown, text, sheet),
                false => self.started_by(&shown, &text, sheet).unwrap_or_default(),
            }
        }
    }

    fn text(&mut self, shown: &str, text: String, sheet: &mut Sheet) {
        if is_profile(&text) {
            sheet.examined(1);
            self.profiles.insert(shown.to_owned(), text);
            return;
        }
        if let Err(detail) = self.started_by(shown, &text, sheet) {
            sheet.gap(reason!("deployment-file-not-read", detail = detail), shown);
        }
    }

    fn started_by(&mut self, shown: &str, text: &str, sheet: &mut Sheet) -> Result<(), String> {
        let all = files::containers(shown, text)?;
        sheet.examined(u64::from(!all.is_empty()));
        self.started.extend(all.into_iter().map(|container| Started { file: shown.to_owned(), container }));
        Ok(())
    }
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
    let one = |profile, form, denied| vec![whole(&container.shown, profile, Known::Value(form), used.clone(), denied)];
    let path = match &container.asked {
        Asked::Nothing => return one(None, ProfileForm::Nothing, Known::Value(false)),
        Asked::Unconfined => return one(None, ProfileForm::Unconfined, Known::Value(false)),
        Asked::Privileged => return one(None, ProfileForm::Privileged, Known::Value(false)),
        Asked::RuntimeDefault => {
            return one(None, ProfileForm::RuntimeDefault, Known::Unknown(reason!("profile-of-the-runtime")));
        }
        Asked::Open(text) => {
            let open = reason!("value-of-variable", text = text);
            return vec![whole(&container.shown, None, Known::Unknown(open.clone()), used, Known::Unknown(open))];
        }
        Asked::File(path) => path,
    };
    let (profile, text) = match found(profiles, path) {
        Ok(found) => found,
        Err(reason) => return one(None, ProfileForm::Missing, Known::Unknown(reason)),
    };
    if let Some(reason) = &container.hangs_on {
        return one(Some(profile), ProfileForm::File, Known::Unknown(reason.clone()));
    }
    let rules = match Profile::read(text, calls.machine) {
        Ok(rules) => rules,
        Err(detail) => {
            let reason = reason!("profile-not-read", path = profile, detail = detail);
            return one(Some(profile), ProfileForm::File, Known::Unknown(reason));
        }
    };
    let ruled = |call: &String, numbering: &'static str| {
        let answer = rules.weakest(call, numbering, container, calls.machine);
        let fact =
            whole(&container.shown, Some(profile), Known::Value(ProfileForm::File), used.clone(), denied(answer));
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
    form: Known<ProfileForm>,
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
mod packed_tests;
#[cfg(test)]
mod tests;
