//! What an image starts: the first word of entrypoint and arguments, found as the kernel and the runtime find it.

use super::Image;
use super::config::Config;
use super::tree::Tree;
use assize_facts::kinds::inventory::Format;
use assize_facts::{Digest, Known, Reason, reason};

/// Where programs are looked for without a `PATH` (runc, libcontainer/system defaults as Docker sets them).
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Programs that only start another one, by their names; that they are what they are called is not known. With each, the options that have a word of
/// their own behind them, and how many words stand before the program.
const LAUNCHERS: &[(&str, &[&str], usize)] = &[
    ("tini", &["-p", "-e"], 0),
    ("tini-static", &["-p", "-e"], 0),
    ("dumb-init", &["-r", "--rewrite"], 0),
    ("docker-init", &["-p", "-e"], 0),
    ("catatonit", &[], 0),
    ("s6-svscan", &[], 0),
    ("sh", &["-o"], 0),
    ("bash", &["-o", "-O"], 0),
    ("ash", &["-o"], 0),
    ("dash", &["-o"], 0),
    ("busybox", &[], 0),
    // env(1), nice(1), nohup(1), stdbuf(1), timeout(1) of GNU and of busybox.
    ("env", &["-u", "--unset", "-C", "--chdir", "-a", "--argv0"], 0),
    ("nice", &["-n", "--adjustment"], 0),
    ("nohup", &[], 0),
    ("stdbuf", &["-i", "-o", "-e", "--input", "--output", "--error"], 0),
    ("timeout", &["-k", "--kill-after", "-s", "--signal"], 1),
    // setsid(1), ionice(1), chrt(1), taskset(1), setpriv(1), runuser(1) of util-linux.
    ("setsid", &[], 0),
    ("ionice", &["-c", "--class", "-n", "--classdata"], 0),
    ("chrt", &["-T", "-P", "-D"], 1),
    ("taskset", &[], 1),
    (
        "setpriv",
        &[
            "--reuid",
            "--regid",
            "--groups",
            "--inh-caps",
            "--ambient-caps",
            "--bounding-set",
            "--securebits",
            "--pdeathsig",
            "--selinux-label",
            "--apparmor-profile",
        ],
        0,
    ),
    ("runuser", &["-u", "--user", "-g", "--group", "-G", "--supp-group"], 0),
    ("su-exec", &[], 1),
    ("gosu", &[], 1),
    // chpst(8), setuidgid(8) of runit, s6 and daemontools.
    (
        "chpst",
        &["-u", "-U", "-b", "-/", "-e", "-n", "-l", "-L", "-m", "-d", "-o", "-p", "-f", "-c", "-r", "-t", "-C"],
        0,
    ),
    ("setuidgid", &[], 1),
    ("s6-setuidgid", &[], 1),
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
    let name = base(first);
    let (_, options, before) = LAUNCHERS.iter().find(|(launcher, _, _)| *launcher == name)?;
    // What stands behind another launcher's options is the program's.
    let is_shell = SHELLS.contains(&name) || name == "busybox";
    if let Some(at) = rest.iter().position(|word| takes_command(word)).filter(|_| is_shell) {
        return shell_words(rest.get(at + 1)?);
    }
    let mut at = 0;
    loop {
        let word = rest.get(at)?;
        match word.as_str() {
            "--" => {
                at += 1;
                break;
            }
            _ if name == "env" && split_by_env(word).is_some() => {
                let (attached, more) = (split_by_env(word)?, at + 1);
                let (line, more) =
                    if attached.is_empty() { (rest.get(more)?.as_str(), more + 1) } else { (attached, more) };
                let mut words = vec![first.clone()];
                words.extend(shell_words(line)?);
                words.extend(rest.get(more..)?.iter().cloned());
                return Some(words);
            }
            option if options.contains(&option) => at += 2,
            option if option.starts_with('-') && option.len() > 1 => at += 1,
            variable if name == "env" && (variable.contains('=') || variable == "-") => at += 1,
            _ => break,
        }
    }
    rest.get(at + before..).map(<[String]>::to_vec)
}

/// What `-S` and `--split-string` of env(1) have in the same word; other letters may stand before it.
fn split_by_env(word: &str) -> Option<&str> {
    if let Some(rest) = word.strip_prefix("--split-string") {
        return rest.strip_prefix('=').or((rest.is_empty()).then_some(""));
    }
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
    let (before, line) = letters.split_once('S')?;
    before.chars().all(|letter| "iv0".contains(letter)).then_some(line)
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
    Some(without_exec(words))
}

/// `exec` makes the shell the program that it names.
pub(super) fn without_exec(words: Vec<String>) -> Vec<String> {
    if words.first().is_some_and(|word| word == "exec") { words[1..].to_vec() } else { words }
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
