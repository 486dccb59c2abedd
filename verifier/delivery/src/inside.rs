//! Declared programs that were handed over in an archive: `path` names the archive, or its member behind a `!`.

use crate::delivery::Delivery;
use crate::programs::{self, Executable};
use crate::seen::Seen;
use assize_facts::kinds::inventory::Format;
use assize_facts::{Digest, Known, Quiet, Reason};
use std::collections::BTreeSet;

impl Delivery {
    /// SHA-256 of a declared program, in an archive of the member that is meant.
    pub fn digest_of_binary(&self, name: &str, path: &str) -> Result<Digest, Reason> {
        match inside(self, name, path).map(|seen| &seen.sha256) {
            Some(Known::Value(digest)) => Ok(digest.clone()),
            Some(Known::Unknown(reason)) => Err(reason.clone()),
            Some(Known::Possible(_)) | None => self.digest(path),
        }
    }

    /// The same programs, of archives the members that are meant, and where one is a fat Mach-O file each of those of which it consists.
    pub fn slices(&self, programs: Vec<Executable>) -> Vec<Executable> {
        let programs = settled(self, programs);
        programs.into_iter().flat_map(|program| programs::slices(self, program)).collect()
    }
}

/// The same programs, of archives those that are meant; what is delivered as the product's stands beside nothing.
fn settled(delivery: &Delivery, programs: Vec<Executable>) -> Vec<Executable> {
    let inside = |program: Executable| match inside(delivery, &program.name, &program.path) {
        Some(seen) if program.declared => {
            let (path, sha256) = (seen.path.clone(), seen.sha256.clone());
            Executable { place: path.clone(), path, sha256, ..program }
        }
        _ => program,
    };
    let all: Vec<Executable> = programs.into_iter().map(inside).collect();
    let ours: BTreeSet<String> = all.iter().filter(|program| !program.beside).map(|p| p.path.clone()).collect();
    all.into_iter().filter(|program| !program.beside || !ours.contains(&program.path)).collect()
}

/// What a declared path means inside of an archive: the member that it names, the one that is called like the program, or the only Go program there.
fn inside<'d>(delivery: &'d Delivery, name: &str, path: &str) -> Option<&'d Seen> {
    let from = |path: &str| {
        let all = &delivery.inventory(&Quiet).seen;
        all[all.partition_point(|seen| seen.path.as_str() < path)..].iter()
    };
    if path.contains('!') {
        // Of two members of one name nobody knows which is meant.
        let mut same = from(path).take_while(|seen| seen.path == path);
        return same.next().filter(|_| same.next().is_none());
    }
    let archive = delivery.entry(path).and_then(|_| delivery.seen(path)).filter(|seen| is_archive(seen))?;
    let begins = format!("{}!", archive.path);
    let members = from(&begins).take_while(|seen| seen.path.starts_with(&begins));
    let programs: Vec<&Seen> = members.filter(|seen| seen.go_program == Known::Value(true)).collect();
    let is_called = |seen: &&&Seen| seen.path.rsplit(['/', '!']).next() == Some(name);
    let mut named = programs.iter().filter(is_called);
    match (named.next(), named.next(), programs.as_slice()) {
        (Some(one), None, _) => Some(one),
        (None, None, [one]) => Some(one),
        _ => None,
    }
}

/// What is no machine code and no image, and may hold files.
fn is_archive(seen: &Seen) -> bool {
    let is_image = matches!(seen.format, Known::Value(Format::OciLayout | Format::DockerArchive));
    seen.executable == Known::Value(false) && !is_image
}
