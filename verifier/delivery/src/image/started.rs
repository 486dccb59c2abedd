//! What an image starts: the first word of entrypoint and arguments, found as the kernel and the runtime find it.

use super::Image;
use super::config::Config;
use super::tree::Tree;
use assize_facts::kinds::inventory::Format;
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
    // Where a folder does not begin at the root, some runtimes start what is below the working directory (crun), and others nothing.
    let within = |folder: &str| if folder.is_empty() { program.into() } else { format!("{folder}/{program}") };
    path.split(':').find_map(|folder| at(&absolute(config, &within(folder))))
}

/// A path as the program sees it from its working directory.
pub(crate) fn absolute(config: &Config, path: &str) -> String {
    if path.starts_with('/') { path.into() } else { format!("{}/{path}", config.working_dir) }
}

/// The words behind a launcher and its own options; `None` where the first word is none.
fn behind_launcher(words: &[String]) -> Option<Vec<String>> {
    let (first, rest) = words.split_first()?;
    if !LAUNCHERS.contains(&base(first)) {
        return None;
    }
    // What stands behind another launcher's options is the program's.
    let is_shell = SHELLS.contains(&base(first)) || base(first) == "busybox";
    if let Some(at) = rest.iter().position(|word| takes_command(word)).filter(|_| is_shell) {
        return shell_words(rest.get(at + 1)?);
    }
    let from = match rest.iter().position(|word| word == "--") {
        Some(at) => at + 1,
        None => rest.iter().position(|word| !(word.starts_with('-') || base(first) == "env" && word.contains('=')))?,
    };
    // A user comes first.
    let from = from + usize::from(matches!(base(first), "gosu" | "su-exec"));
    rest.get(from..).map(<[String]>::to_vec)
}

/// What stands behind launchers and scripts.
pub(crate) enum Behind {
    /// The wanted program with these arguments.
    Program(Vec<String>),
    /// A script, which may start it in whatever way.
    Script,
}

/// Launchers behind launchers.
const DEEPEST: usize = 4;

/// Whether launchers and scripts may start a program of these digests; `None` where they start another one, or the image does not hold it.
pub(crate) fn behind(tree: &Tree, config: &Config, words: &[String], wanted: &[Digest]) -> Option<Behind> {
    let is_wanted = |digest: &Option<Digest>| digest.as_ref().is_some_and(|digest| wanted.contains(digest));
    let holds = || tree.files().filter(|(_, _, content)| is_wanted(&content.sha256));
    holds().next()?;
    let is_it = |word: &String| find(tree, config, word).is_some_and(|started| is_wanted(&started.sha256));
    let mut words = words.to_vec();
    let mut by_shell = false;
    for _ in 0..DEEPEST {
        if is_it(words.first()?) {
            return Some(Behind::Program(words.split_off(1)));
        }
        if is_script(tree, config, words.first()?, by_shell) {
            let program = words.iter().skip(1).position(is_it);
            return Some(program.map_or(Behind::Script, |at| Behind::Program(words.split_off(at + 2))));
        }
        match behind_launcher(&words) {
            Some(inner) => {
                by_shell = SHELLS.contains(&base(words.first()?));
                words = inner;
            }
            None => {
                // A command that only a shell understands, and that names the program.
                let named = |text: &String| holds().any(|(path, _, _)| text.contains(base(path)));
                let command = words.iter().position(|word| takes_command(word)).and_then(|at| words.get(at + 1));
                let is_shells = SHELLS.contains(&base(words.first()?));
                return (is_shells && command.is_some_and(named)).then_some(Behind::Script);
            }
        }
    }
    None
}

/// Those that read a script from a file, or commands from a word.
const SHELLS: &[&str] = &["sh", "bash", "ash", "dash"];

fn is_script(tree: &Tree, config: &Config, word: &str, by_shell: bool) -> bool {
    if by_shell {
        let found = tree.file(&absolute(config, word));
        return found.is_some_and(|(_, content)| !content.code);
    }
    let started = find(tree, config, word);
    let content = started.and_then(|started| tree.file(&started.path));
    content.is_some_and(|(path, content)| content.format == Format::Script || path == CNB_LAUNCHER)
}

/// What images of Cloud Native Buildpacks start; the process that it starts is described elsewhere.
const CNB_LAUNCHER: &str = "cnb/lifecycle/launcher";

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `-c`, alone or behind other letters, as in `-ec`.
fn takes_command(word: &str) -> bool {
    word.ends_with('c') && word.starts_with('-') && !word.starts_with("--")
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
