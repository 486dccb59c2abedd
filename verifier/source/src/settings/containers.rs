//! Programs that run others (containers with the source in them, `find`), and copies of other projects.

use super::assignments::pairs;
use super::commands::{Run, plain_all};
use super::delivered::{OUTSIDE, normal};
use super::evaluate::State;
use super::reads::Part;
use super::state::Sure;

/// Options of `docker run` and `docker exec` that take a value behind a blank (docker 28, podman 5).
const WITH_VALUE: &[&str] = &[
    "-a",
    "-c",
    "-e",
    "-h",
    "-l",
    "-m",
    "-p",
    "-u",
    "-v",
    "-w",
    "--add-host",
    "--attach",
    "--cap-add",
    "--cap-drop",
    "--cidfile",
    "--cpus",
    "--cpuset-cpus",
    "--device",
    "--dns",
    "--entrypoint",
    "--env",
    "--env-file",
    "--expose",
    "--gpus",
    "--group-add",
    "--hostname",
    "--ipc",
    "--label",
    "--link",
    "--log-driver",
    "--memory",
    "--mount",
    "--name",
    "--net",
    "--network",
    "--pid",
    "--platform",
    "--publish",
    "--pull",
    "--restart",
    "--runtime",
    "--security-opt",
    "--shm-size",
    "--stop-timeout",
    "--tmpfs",
    "--ulimit",
    "--user",
    "--userns",
    "--volume",
    "--volumes-from",
    "--workdir",
];

impl State<'_> {
    /// `docker run OPTION… IMAGE COMMAND…`: the command sees what the options set, and no variable of the caller. Where its folder is,
    /// mounts say in too many ways: it is taken for the caller's.
    pub(super) fn in_container(&mut self, words: &[String], run: &Run<'_>) {
        let words = plain_all(words);
        let (mut at, mut command) = (2, Vec::new());
        let mut own: Vec<(String, Option<String>)> = Vec::new();
        let mut files = Vec::new();
        while let Some(word) = words.get(at).filter(|w| w.starts_with('-')) {
            at += 1;
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, value.to_owned()),
                _ if WITH_VALUE.contains(&word.as_str()) => {
                    at += 1;
                    (word.as_str(), words.get(at - 1).cloned().unwrap_or_default())
                }
                _ => (word.as_str(), String::new()),
            };
            match (name, value.split_once('=')) {
                ("-e" | "--env", Some((name, value))) => own.push((name.to_owned(), Some(value.to_owned()))),
                ("-e" | "--env", None) => {
                    let held = self.shell.held(&value, run.list).iter().rev().find_map(|h| h.value.clone());
                    own.push((value, held.as_deref().map(str::to_owned)));
                }
                ("--env-file", _) => files.push(value),
                ("--entrypoint", _) => command.push(value),
                _ => {}
            }
        }
        // Behind the image's name.
        command.extend(words.iter().skip(at + 1).cloned());
        if command.is_empty() {
            return;
        }
        let before = self.shell.mark();
        self.shell.clear_variables();
        let shown = words.join(" ");
        files.iter().for_each(|file| {
            self.settings_file(file);
        });
        for (name, value) in own {
            self.set(run.line, &name, value, Some(&shown), true, Sure::Always);
        }
        self.run(command, run);
        self.shell.back(before);
    }

    /// `git clone URL FOLDER`: another project's copy, unless the address is this module's own.
    pub(super) fn clone_of(&mut self, words: &[String]) {
        const WITH_VALUE: &[&str] =
            &["-b", "--branch", "--depth", "-o", "--origin", "-c", "--config", "--reference", "-j"];
        let mut rest: Vec<&String> = Vec::new();
        let mut words = words.iter().skip(2);
        while let Some(word) = words.next() {
            if WITH_VALUE.contains(&word.as_str()) {
                words.next();
            } else if !word.starts_with('-') {
                rest.push(word);
            }
        }
        let Some(address) = rest.first() else { return };
        let path = address.trim_end_matches('/').trim_end_matches(".git");
        let folder = rest.get(1).map_or_else(|| path.rsplit('/').next().unwrap_or(path), |f| f.as_str());
        let root = match () {
            () if self.targets.is_own(path) => Some(String::new()),
            // It may be the module's own under another host's name.
            () if address.contains('$') || self.targets.is_called_like(path) => None,
            () => Some(OUTSIDE.to_owned()),
        };
        self.scope.clones.push(folder.trim_end_matches('/').to_owned(), root);
    }

    /// The same for a folder in one.
    pub(super) fn below_clone(&self, path: &str) -> Option<Option<String>> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.filter_map(|end| Some((self.in_clone(&path[..end])?, &path[end..])))
            .last()
            .map(|(root, rest)| root.map(|root| if root == OUTSIDE { root } else { normal(&format!("{root}/{rest}")) }))
    }

    /// The folder that a path means where it is a copy made before.
    pub(super) fn in_clone(&self, path: &str) -> Option<Option<String>> {
        let path = path.trim_end_matches('/');
        self.shell.reads_around(|| Part::Clones);
        self.scope.clones.root_of(path).filter(|_| path != ".").cloned()
    }

    /// `find … -exec COMMAND {} ;`, with the name that is looked for in the place of the files.
    pub(super) fn found(&mut self, words: &[String], own: &[(String, String)], run: &Run<'_>) {
        let named = words.windows(2).find(|w| matches!(w[0].as_str(), "-name" | "-iname" | "-path" | "-wholename"));
        let name = named.map_or("{}", |w| w[1].as_str());
        for (at, word) in words.iter().enumerate() {
            if !matches!(word.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir") {
                continue;
            }
            let command = words[at + 1..].iter().take_while(|w| !matches!(w.as_str(), ";" | "+"));
            let command: Vec<String> = command.map(|w| w.replace("{}", name)).collect();
            if !command.is_empty() {
                self.run([pairs(own), command].concat(), run);
            }
        }
    }
}

/// `docker compose run OPTION… SERVICE COMMAND…`, `docker-compose exec …`: from the verb on.
pub(super) fn in_service(words: &[String]) -> Option<&[String]> {
    let of_compose = words.first().is_some_and(|word| word.ends_with("-compose"));
    let rest =
        if of_compose { words } else { words.get(1..).filter(|rest| rest.first().is_some_and(|w| w == "compose"))? };
    let at = rest.iter().position(|word| matches!(word.as_str(), "run" | "exec"))?;
    let is_verb =
        rest[1..at].iter().all(|word| !matches!(word.as_str(), "build" | "up" | "down" | "config" | "pull" | "--"));
    is_verb.then_some(&rest[at..])
}
