//! Programs that are not followed and may build by themselves: task runners, builders, other languages, other machines.

use super::assignments::pairs;
use super::builds::Made;
use super::commands::{Run, Shown};
use super::edits::{MODULE_FILES, is_module_file};
use super::evaluate::State;
use super::shell::plain;
use crate::build::split;
use assize_facts::{Known, reason};

/// Whatever they are called with, they build.
const BUILDERS: &[&str] = &["ko", "promu", "gox", "bazel", "bazelisk"];
/// Runners of tasks, and the files that hold the tasks: they build where a task is called so, or none is named, and the file speaks of it.
const RUNNERS: &[(&str, &[&str])] = &[
    ("mage", &[]),
    ("just", &["justfile", "Justfile", ".justfile"]),
    ("npm", &["package.json"]),
    ("yarn", &["package.json"]),
    ("pnpm", &["package.json"]),
    ("bun", &["package.json"]),
    ("rake", &["Rakefile"]),
    ("invoke", &["tasks.py"]),
    ("gradle", &["build.gradle", "build.gradle.kts"]),
    ("gradlew", &["build.gradle", "build.gradle.kts"]),
    ("scons", &["SConstruct"]),
    ("waf", &["wscript"]),
    ("tox", &["tox.ini"]),
    ("cmake", &["CMakeLists.txt"]),
    ("ninja", &["build.ninja", "CMakeLists.txt", "meson.build"]),
    ("meson", &["meson.build"]),
    ("earthly", &["Earthfile"]),
];
/// Other languages: they build where the text or the file that they are given speaks of it.
const LANGUAGES: &[&str] = &[
    "python",
    "python3",
    "perl",
    "ruby",
    "node",
    "deno",
    "awk",
    "gawk",
    "mawk",
    "php",
    "lua",
    "tclsh",
    "pwsh",
    "fish",
    "osascript",
];
/// Settings that put something else in the place of what was delivered.
pub(super) const RISKY: &[&str] = &["-overlay", "-modfile", "-toolexec", "-mod=mod", "GOFLAGS"];

/// Whether a word names a build.
fn is_build(word: &str) -> bool {
    const NAMES: &[&str] = &["build", "release", "dist", "package", "binar", "compile", "prod"];
    let word = word.to_ascii_lowercase();
    matches!(word.as_str(), "all" | "default") || NAMES.iter().any(|name| word.contains(name))
}

/// Whether a Go program that is run is called like one that builds.
pub(super) fn is_builder(path: &str) -> bool {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    let name = name.split('@').next().unwrap_or(name).trim_end_matches(".go");
    matches!(name, "build" | "mage" | "magefile" | "make" | "release" | "ci" | "ko" | "promu" | "goreleaser")
}

/// Whether a text names a module file and opens a file to write it.
fn writes_module_files(text: &str) -> bool {
    const WAYS: &[&str] = &[
        "'w'",
        "\"w\"",
        "'a'",
        "\"a\"",
        "'r+'",
        "\"r+\"",
        "'w+'",
        "'wb'",
        "write_text",
        "writeFile",
        "File.write",
        "appendFile",
        "'>'",
        "\">\"",
        "'>>'",
        "\">>\"",
        "'+<'",
        "> \"",
        ">> \"",
        ">\"",
        "unlink",
        "os.remove",
        "rename",
    ];
    let is_named = || {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-'));
        words.any(is_module_file)
    };
    WAYS.iter().any(|way| text.contains(way)) && is_named()
}

/// Whether a text speaks of a build by the Go command.
fn speaks_of_build(text: &str) -> bool {
    if !text.contains("go") || !text.contains("build") && !text.contains("install") {
        return false;
    }
    let has = |wanted: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == wanted);
    has("go") && (has("build") || has("install"))
}

impl State<'_> {
    /// Carries out a call of a program that may build; gives whether it is one.
    pub(super) fn foreign(
        &mut self,
        words: &[String],
        own: &[(String, String)],
        shown: &Shown<'_>,
        run: &Run<'_>,
    ) -> bool {
        let Some((program, rest)) = words.split_first() else { return false };
        let name = split(program).1;
        let numbered = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let tasks = || rest.iter().filter(|word| !word.starts_with('-') && !matches!(word.as_str(), "run" | "exec"));
        let text = match name {
            _ if BUILDERS.contains(&name) => Some(String::new()),
            _ if let Some((_, files)) = RUNNERS.iter().find(|(runner, _)| *runner == name) => {
                let named = tasks().next().is_none() || name == "cmake" || tasks().any(|word| is_build(word));
                let speaks = files.is_empty() || self.speaks_of_build(files);
                (named && speaks).then(String::new)
            }
            "may-build" => Some(rest.join(" ")),
            _ if LANGUAGES.contains(&name) || LANGUAGES.contains(&numbered) => self.text_of(rest, run),
            _ => return self.elsewhere(name, words, own, run),
        };
        let Some(text) = text else {
            let is_language = LANGUAGES.contains(&name) || LANGUAGES.contains(&numbered);
            return is_language && self.rewritten_by(name, rest, shown, run);
        };
        self.exported_apart(own, shown, run, |state| {
            let told = RISKY.iter().any(|word| text.contains(word));
            let why = reason!("built-by-another-tool", tool = name);
            let unread = if told { state.unknown_flags(run.line, &why, Some(shown)) } else { vec![] };
            let made = Made { own: vec![], delivered: Known::Unknown(why), told_by: None, unread, here: None };
            state.made(run.line, plain(shown), made, run.list);
        });
        true
    }

    /// Whether the file with the tasks speaks of a build: that of the folder or the root, else any that is called so. One that was not
    /// delivered may.
    fn speaks_of_build(&self, files: &[&str]) -> bool {
        let here = self.shell.folder().unwrap_or(&self.home);
        if let Some((_, text)) = files.iter().find_map(|file| self.library.find(&[here, ""], file)) {
            return speaks_of_build(&text);
        }
        *self.library.answers.borrow_mut().entry(files[0].to_owned()).or_insert_with(|| {
            let is_one = |path: &&String| files.iter().any(|file| path.rsplit('/').next() == Some(*file));
            let mut all = self.library.paths.iter().filter(is_one).peekable();
            let is_alone = all.peek().is_none();
            is_alone || all.any(|path| self.library.find(&[""], path).is_some_and(|(_, text)| speaks_of_build(&text)))
        })
    }

    /// What a program of another language is given, where it speaks of a build.
    fn text_of(&self, rest: &[String], run: &Run<'_>) -> Option<String> {
        let given = self.input(run.document, run.from, run.list).and_then(Result::ok);
        let texts = rest.iter().map(|word| plain(word)).chain(given);
        let file = || rest.iter().find(|word| !word.starts_with('-')).and_then(|path| self.file_meant(&plain(path)));
        let own: Vec<String> = texts.filter(|text| speaks_of_build(text)).collect();
        match own.is_empty() {
            false => Some(own.join(" ")),
            // What its file sets is told of the file itself.
            true => file().filter(|(_, text)| speaks_of_build(text)).map(|_| String::new()),
        }
    }

    /// Notes what a program of another language writes to module files or settings, as far as its text or its file speaks of it; gives
    /// whether it does.
    fn rewritten_by(&mut self, name: &str, rest: &[String], shown: &Shown<'_>, run: &Run<'_>) -> bool {
        let given = self.input(run.document, run.from, run.list).and_then(Result::ok);
        let own: Vec<String> = rest.iter().map(|word| plain(word)).chain(given).collect();
        let file = rest.iter().find(|word| !word.starts_with('-')).and_then(|path| self.file_meant(&plain(path)));
        // A file does more than one thing, each in a line.
        let of_file = || file.iter().any(|(_, text)| text.lines().any(writes_module_files));
        let writes = own.iter().any(|text| writes_module_files(text)) || of_file();
        if own.iter().any(|text| text.contains("GOFLAGS") || text.contains("GOENV")) {
            let why = reason!("built-by-another-tool", tool = name);
            self.unread(run.line, why, Some(shown));
        }
        if writes {
            let from = self.seen.len();
            let place = self.shell.place();
            self.changed(run.line, MODULE_FILES, &[], shown, place);
            if let Some(seen) = self.seen.get_mut(from) {
                seen.doubt = Some(reason!("more-than-is-followed", text = &**shown));
            }
        }
        writes
    }

    /// `ssh HOST COMMAND`, `kubectl exec POD -- COMMAND`: the command is carried out as if it were here.
    fn elsewhere(&mut self, name: &str, words: &[String], own: &[(String, String)], run: &Run<'_>) -> bool {
        const WITH_VALUE: &[&str] =
            &["-p", "-i", "-l", "-o", "-F", "-J", "-L", "-R", "-D", "-b", "-c", "-E", "-S", "-W", "-w"];
        match name {
            "ssh" => {
                let mut at = 1;
                while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
                    at += 1 + usize::from(WITH_VALUE.contains(&word.as_str()));
                }
                let script = match words.get(at + 1..).unwrap_or_default() {
                    [] => run.document.unwrap_or_default().to_owned(),
                    words => words.join(" "),
                };
                let before = self.shell.mark();
                self.script(run.line, &plain(&script));
                self.shell.back(before);
                true
            }
            "vagrant" => {
                let Some(at) = words.iter().position(|word| word == "-c" || word == "--command") else { return false };
                let script = plain(words.get(at + 1).map_or("", String::as_str));
                let before = self.shell.mark();
                self.script(run.line, &script);
                self.shell.back(before);
                true
            }
            "kubectl" | "oc" | "lxc" | "incus" | "multipass" | "buildah" | "toolbox" | "distrobox"
            | "docker-compose" => {
                let Some(at) = words.iter().position(|word| word == "--") else { return false };
                self.run([pairs(own), words[at + 1..].to_vec()].concat(), run);
                true
            }
            _ => false,
        }
    }
}
