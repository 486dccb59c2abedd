//! What an image starts: the first word of entrypoint and arguments, found as the kernel and the runtime find it.

use super::Image;
use super::config::Config;
use super::tree::Tree;
use assize_facts::{Digest, Known, Reason, reason};

/// Where programs are looked for without a `PATH` (runc, libcontainer/system defaults as Docker sets them).
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Programs that only start another one, by their names; that they are what they are called is not known.
const LAUNCHERS: &[&str] = &[
    "tini",
    "tini-static",
    "dumb-init",
    "docker-init",
    "catatonit",
    "s6-svscan",
    "sh",
    "bash",
    "ash",
    "dash",
    "busybox",
    "env",
    "su-exec",
    "gosu",
    "setpriv",
    "catatonit",
];

/// The program that an image starts.
pub(crate) struct Started {
    /// Absolute path in the image.
    pub path: String,
    pub sha256: Option<Digest>,
}

/// `None`: the image names no program.
pub(crate) fn started(image: &Image) -> Result<Option<Started>, Reason> {
    let config = &image.described.config;
    let Some(program) = config.argv().first().copied() else { return Ok(None) };
    let found = find(&image.tree, config, program);
    match (found, &image.whole) {
        (Some(started), Ok(())) => Ok(Some(started)),
        (_, Err(reason)) => Err(reason.clone()),
        (None, Ok(())) if program.contains('/') && image.tree.file(&absolute(config, program)).is_some() => {
            Err(reason!("image-program-not-executable", program = program))
        }
        (None, Ok(())) => Err(reason!("image-program-missing", program = program)),
    }
}

/// What execve(2) and a search along `PATH` pass over without.
const EXECUTABLE: u32 = 0o111;

pub(crate) fn find(tree: &Tree, config: &Config, program: &str) -> Option<Started> {
    let at = |path: &str| {
        let found = tree.file(path).filter(|(_, content)| content.mode & EXECUTABLE != 0);
        found.map(|(path, content)| Started { path: format!("/{path}"), sha256: content.sha256.clone() })
    };
    if program.contains('/') {
        return at(&absolute(config, program));
    }
    let path = config.variable("PATH").unwrap_or(PATH);
    path.split(':').filter(|folder| !folder.is_empty()).find_map(|folder| at(&format!("{folder}/{program}")))
}

/// A path as the program sees it from its working directory.
pub(crate) fn absolute(config: &Config, path: &str) -> String {
    if path.starts_with('/') { path.into() } else { format!("{}/{path}", config.working_dir) }
}

/// The words behind a launcher and its own options; `None` where the first word is none.
pub(crate) fn behind_launcher(words: &[String]) -> Option<Vec<String>> {
    let (first, rest) = words.split_first()?;
    let name = first.rsplit('/').next().unwrap_or(first);
    if !LAUNCHERS.contains(&name) {
        return None;
    }
    if let Some(at) = rest.iter().position(|word| word == "-c") {
        return shell_words(rest.get(at + 1)?);
    }
    let from = match rest.iter().position(|word| word == "--") {
        Some(at) => at + 1,
        None => rest.iter().position(|word| !word.starts_with('-'))?,
    };
    Some(rest[from..].to_vec())
}

/// A plain command without anything that a shell would interpret.
fn shell_words(command: &str) -> Option<Vec<String>> {
    let plain = |c: char| c.is_alphanumeric() || " -_./:=,@%+".contains(c);
    if !command.chars().all(plain) {
        return None;
    }
    let words: Vec<String> = command.split_whitespace().map(str::to_string).collect();
    Some(if words.first().is_some_and(|w| w == "exec") { words[1..].to_vec() } else { words })
}

/// As a fact.
pub(crate) fn facts(image: &Image) -> (Known<Option<String>>, Known<Option<Digest>>) {
    match started(image) {
        Ok(None) => (None.into(), None.into()),
        Ok(Some(Started { path, sha256: Some(digest) })) => (Some(path).into(), Some(digest).into()),
        Ok(Some(Started { path, sha256: None })) => {
            let reason = reason!("image-file-not-hashed", path = &path);
            (Some(path).into(), Known::Unknown(reason))
        }
        Err(reason) => (Known::Unknown(reason.clone()), Known::Unknown(reason)),
    }
}
