//! Files that other tools and languages build from. They are not followed; a setting in them that puts something else in the place
//! of what was delivered, beside a Go build, is told all the same: whether it is in force is not known.

use super::delivered::Targets;
use super::marks::{SPELLINGS, marks};
use super::told::Told;
use crate::build::split;
use assize_facts::kinds::inventory::{BuildFile, BuildSetting};
use assize_facts::{Known, reason};
use std::rc::Rc;

/// How far from a setting the Go build may stand that it belongs to, in bytes.
const NEAR: usize = 400;

/// Settings that no build needs, and what they are told as.
const SETTINGS: [(&str, &str, Option<&str>); 4] = [
    ("-overlay", "-overlay", None),
    ("-modfile", "-modfile", None),
    ("-toolexec", "-toolexec", None),
    ("-mod=mod", "-mod", Some("mod")),
];

/// A line without the usual way to start the agent that holds keys.
fn without_agent(line: &str) -> String {
    const AGENT: [&str; 6] = [
        "eval \"$(ssh-agent -s)\"",
        "eval \"$(ssh-agent)\"",
        "eval $(ssh-agent -s)",
        "eval $(ssh-agent)",
        "eval `ssh-agent -s`",
        "eval `ssh-agent`",
    ];
    AGENT.iter().fold(line.to_owned(), |line, agent| line.replace(agent, ""))
}

/// Whether a line makes text of what nobody reads as it stands.
fn decodes(line: &str) -> bool {
    const DECODERS: [&str; 17] = [
        "base64 -d",
        "base64 --decode",
        "base64 -D",
        "base64 -i -d",
        "base64 -di",
        "base32 -d",
        "xxd -r",
        "xxd -p -r",
        "openssl enc -d",
        "openssl base64 -d",
        "gunzip -c",
        "gzip -dc",
        "zcat ",
        "xzcat ",
        "bzcat ",
        "gpg -d",
        "gpg --decrypt",
    ];
    DECODERS.iter().any(|word| line.contains(word))
        || line.split(['|', ';']).any(|part| part.trim_start().starts_with("rev "))
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "dash" | "zsh" | "ash" | "ksh"))
}

/// Whether a line runs text as commands: a shell behind a pipe, or one that takes what another command prints.
fn runs(line: &str) -> bool {
    const RUNS: [&str; 4] = ["eval ", "-c \"$(", "source <(", ". <("];
    let begins_shell = |part: &str| {
        let mut words = part.split_whitespace().skip_while(|word| {
            matches!(word.rsplit('/').next(), Some("sudo" | "env" | "exec" | "command" | "nohup" | "time"))
                || word.starts_with('-')
        });
        words.next().is_some_and(|word| is_shell(word.trim_end_matches([';', ')'])))
    };
    RUNS.iter().any(|word| line.contains(word)) || line.split('|').skip(1).any(begins_shell)
}

/// Whether a word may stand before the program that a command runs.
fn runs_next(word: &str) -> bool {
    const WORDS: [&str; 12] =
        ["sudo", "env", "exec", "command", "nohup", "time", "then", "do", "else", "if", "while", "!"];
    WORDS.contains(&word) || word.starts_with('-') || word.ends_with(':') || word.contains('=')
}

/// The file that a line's output goes to.
fn written_to(line: &str) -> Option<&str> {
    let to = line.split_once('>')?.1.trim_start_matches('>').split_whitespace().next()?;
    Some(to.trim_matches(['"', '\'', ';'])).filter(|to| !to.starts_with("/dev/"))
}

/// Commands that are only known once they were decoded, and run at once.
pub(super) fn hidden(tool: BuildFile, shown: &str, text: &str, targets: &Targets) -> Vec<Told> {
    if targets.is_none() {
        return vec![];
    }
    // What a file holds that was decoded into it.
    let decoded: Vec<&str> =
        text.lines().filter(|line| !is_comment(line) && decodes(line)).filter_map(written_to).collect();
    let runs_file = |line: &str| {
        line.split([';', '&', '|', '(', ')']).any(|command| {
            let words: Vec<&str> = command.split_whitespace().collect();
            (0..words.len()).any(|at| {
                let next = words.get(at + 1).map_or("", |word| word.trim_matches(['"', '\'']));
                (is_shell(words[at]) || matches!(words[at], "." | "source")) && decoded.contains(&next)
                    || decoded.contains(&words[at])
                        && words[at].contains('/')
                        && words[..at].iter().all(|w| runs_next(w))
            })
        })
    };
    let is_hidden = |line: &str| {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        !is_comment(&line)
            && match decodes(&line) {
                true => {
                    runs(&without_agent(&line))
                        || line.split_once([';', '&']).is_some_and(|(_, behind)| runs_file(behind))
                }
                false => runs_file(&line),
            }
    };
    let file: Rc<str> = shown.into();
    let told = |(number, line): (usize, &str)| {
        let doubt = || reason!("commands-hidden", command = super::cut(line.trim()));
        let item = BuildSetting {
            tool,
            setting: "hidden commands".into(),
            value: Known::Value(None),
            command: Some(super::cut(line.trim())),
            delivered: Known::Unknown(doubt()),
            told_by: None,
        };
        is_hidden(line).then(|| Told { file: Rc::clone(&file), line: number as u32 + 1, item })
    };
    text.lines().enumerate().filter_map(told).collect()
}

/// A file of the tree that is called like the Go command: whoever has its folder in PATH runs it.
pub(super) fn is_called_go(path: &str) -> bool {
    split(path).1 == "go" && !path.split('/').any(|p| matches!(p, "vendor" | "testdata" | "node_modules" | ".git"))
}

pub(super) fn go_command(shown: &str) -> Told {
    let item = BuildSetting {
        tool: BuildFile::Other,
        setting: "another go command".into(),
        value: Known::Value(None),
        command: None,
        delivered: Known::Unknown(reason!("build-file-of-another-tool", path = shown)),
        told_by: None,
    };
    Told { file: shown.into(), line: 1, item }
}

/// Whether a file has one of the settings' spellings at all.
pub(super) fn says_any(bytes: &[u8]) -> bool {
    let flags = SETTINGS.iter().map(|(spelling, ..)| *spelling).chain(["-mod"]);
    flags.chain(SPELLINGS).any(|spelling| memchr::memmem::find(bytes, spelling.as_bytes()).is_some())
}

/// The settings in a text, each once for a line. Of a Go file only where it is a program of its own.
pub(super) fn told(path: &str, shown: &str, text: &str, targets: &Targets) -> Vec<Told> {
    if targets.is_none() || path.ends_with(".go") && !is_program_of_its_own(path, text, targets) {
        return vec![];
    }
    let file: Rc<str> = shown.into();
    let mut told = Vec::new();
    for (spelling, setting, value) in SETTINGS.iter().filter(|(spelling, ..)| text.contains(spelling)) {
        let mut begins = 0;
        for (line, number) in text.split_inclusive('\n').zip(1..) {
            let counts = |at: usize| is_flag(text, at, spelling) && is_by_a_build(path, text, at);
            if !is_comment(line) && line.match_indices(spelling).any(|(at, _)| counts(begins + at)) {
                let doubt = || reason!("build-file-of-another-tool", path = shown);
                let item = BuildSetting {
                    tool: BuildFile::Other,
                    setting: (*setting).into(),
                    value: value.map_or_else(|| Known::Unknown(doubt()), |value| Known::Value(Some(value.into()))),
                    command: Some(super::cut(line.trim())),
                    delivered: Known::Unknown(doubt()),
                    told_by: None,
                };
                told.push(Told { file: Rc::clone(&file), line: number, item });
            }
            begins += line.len();
        }
    }
    let doubt = || reason!("build-file-of-another-tool", path = shown);
    let begins: Vec<usize> =
        std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
    let found = if speaks_of_build(path, text) { marks(text, targets) } else { vec![] };
    for mark in found {
        let number = begins.partition_point(|begin| *begin <= mark.at);
        let line = text[begins[number - 1]..].lines().next().unwrap_or_default();
        if is_comment(line) || told.iter().any(|t| t.line == number as u32 && t.item.setting == mark.setting) {
            continue;
        }
        let item = BuildSetting {
            tool: BuildFile::Other,
            setting: mark.setting.into(),
            value: mark.value.map_or_else(|| Known::Unknown(doubt()), |value| Known::Value(Some(value.into()))),
            command: Some(super::cut(line.trim())),
            delivered: Known::Unknown(doubt()),
            told_by: None,
        };
        told.push(Told { file: Rc::clone(&file), line: number as u32, item });
    }
    told
}

/// A Go program beside the delivered ones: in another folder, or kept out of the build by a constraint, as those of mage are.
fn is_program_of_its_own(path: &str, text: &str, targets: &Targets) -> bool {
    let folder = split(path).0;
    let begins = |word: &str| text.lines().any(|line| line.starts_with(word));
    begins("package main") && (!targets.is_delivered_package(folder) || begins("//go:build") || begins("// +build"))
}

/// A flag has one or two dashes (package flag), and ends where a word ends.
fn is_flag(text: &str, at: usize, spelling: &str) -> bool {
    let before = text[..at].strip_suffix('-').unwrap_or(&text[..at]);
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !before.ends_with(in_word) && !text[at + spelling.len()..].starts_with(in_word)
}

/// The comments of the languages that these files are in.
fn is_comment(line: &str) -> bool {
    ["#", "//", "* ", "--", "REM ", "rem ", "::"].iter().any(|start| line.trim_start().starts_with(start))
}

/// Whether a Go build, or the flags of all of them, stands near.
fn is_by_a_build(path: &str, text: &str, at: usize) -> bool {
    if !super::others::starts_services(path) && is_of_another_command(text, at) {
        return false;
    }
    // With a value no other program's flags look like these.
    let has_value =
        text[at..].split(|c: char| !c.is_alphanumeric() && c != '-').next().map_or(at, |flag| at + flag.len());
    if text[has_value..].starts_with('=') {
        return speaks_of_build(path, text);
    }
    let from = text.floor_char_boundary(at.saturating_sub(NEAR));
    let to = text.ceil_char_boundary((at + NEAR).min(text.len()));
    speaks_of_build(path, &text[from..to])
}

/// Whether a text speaks of a Go build or of flags of all of them. In JavaScript methods are no commands: `history.go(-1)` is in every page.
fn speaks_of_build(path: &str, text: &str) -> bool {
    let starts = super::others::starts_services(path);
    // Arguments of images that are built, and flags of builds.
    if super::others::holds_flags(path) {
        return true;
    }
    let methods = [".js", ".mjs", ".cjs", ".ts"].iter().any(|end| path.ends_with(end));
    let begins = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let words = || {
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !(methods && text[..begins(word)].ends_with('.')))
    };
    let has = |wanted: &[&str]| words().any(|word| wanted.iter().any(|w| word.eq_ignore_ascii_case(w)));
    // `GOFLAGS`, and of buildpacks `BP_GO_BUILD_FLAGS` and its like; `buildGoModule` of Nix.
    let of_go = |word: &str| {
        let upper = word.to_ascii_uppercase();
        upper.ends_with("FLAGS") && upper.contains("GO") || word.starts_with("buildGo")
    };
    words().any(of_go) || has(&["go", "golang"]) && (has(&["build", "install"]) || starts && has(&["run"]))
}

/// Whether a flag is one of a call of the Go command that builds no program that is kept: what it runs, tests or lists. Behind the name of
/// a program that it runs, flags are that program's, which may build.
fn is_of_another_command(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or_default();
    // One command, whose words are parted by blanks, or quoted and parted by commas.
    let command = line.rsplit([';', '&', '|', '(', ')', '`', '$', '{', '}', '[']).next().unwrap_or_default();
    let is_apart = command.is_empty() || command.ends_with([' ', '\t', '"', '\'', ',', '-']);
    let words: Vec<&str> =
        command.split([' ', '\t', '"', '\'', ',']).filter(|word| !word.trim_matches('-').is_empty()).collect();
    let Some(go) = words.iter().rposition(|word| *word == "go" || word.ends_with("/go")) else { return false };
    match words.get(go + 1..).unwrap_or_default() {
        ["run" | "tool", rest @ ..] => is_apart && rest.iter().all(|word| word.starts_with('-')),
        ["test" | "vet" | "list", rest @ ..] => is_apart && !rest.contains(&"-args"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::others::is_candidate;
    use super::*;
    use assize_facts::{BinarySpec, Deliverable};
    use std::collections::BTreeSet;

    fn targets(declared: bool) -> Targets {
        let binary =
            BinarySpec { name: "a".into(), path: "dist/a".into(), package: Some("./cmd/a".into()), build: None };
        let spec = Deliverable { binaries: if declared { vec![binary] } else { vec![] }, ..Deliverable::default() };
        Targets::of(&spec, "module example.com/a\n", &BTreeSet::new())
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        let targets = targets(true);
        let found = match is_candidate(path) {
            true => told(path, path, text, &targets),
            false => vec![],
        };
        let shown = |t: &Told| {
            assert!(matches!(t.item.delivered, Known::Unknown(_)) && t.item.tool == BuildFile::Other);
            format!("{} {}", t.line, t.item.setting)
        };
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected, "{path}: {text}");
    }

    #[test]
    fn settings_that_put_something_else_in_the_place_are_told_wherever_a_build_may_stand() {
        let line = "go build -overlay=o.json ./cmd/a";
        check("justfile", &format!("build:\n    {line}\n"), &["2 -overlay"]);
        check("ci/Jenkinsfile", &format!("node {{ sh '{line}' }}"), &["1 -overlay"]);
        check("build.py", "run([\"go\", \"build\",\n  \"-modfile\", \"other.mod\"])", &["2 -modfile"]);
        check(".circleci/config.yml", &format!("- run: {line}\n"), &["1 -overlay"]);
        check("cloudbuild.yaml", "- name: golang\n  args: [build, --toolexec=x]\n", &["2 -toolexec"]);
        check("azure-pipelines.yml", "GOFLAGS: -mod=mod\n", &["1 -mod"]);
        check("package.json", &format!("{{\"scripts\": {{\"b\": \"{line}\"}}}}"), &["1 -overlay"]);
        check("compose.yaml", &format!("dockerfile_inline: |\n  RUN {line}\n"), &["2 -overlay"]);
        check("magefile.go", "package main\nvar _ = []string{\"go\", \"build\", \"-overlay\"}\n", &["2 -overlay"]);
        check(
            "cmd/a/make.go",
            "//go:build mage\n\npackage main\n\nvar _ = []string{\"go\", \"build\", \"-overlay\"}\n",
            &["5 -overlay"],
        );
        check("BUILD", &format!("genrule(cmd = \"{line}\")"), &["1 -overlay"]);
        check(".ko.yaml", "builds:\n- main: ./cmd/a\n  flags: [-overlay=o.json]\n", &["3 -overlay"]);
        check(
            "mage.go",
            "//go:build mage\n\npackage main\nvar _ = []string{\"go\", \"build\", \"-overlay\"}\n",
            &["4 -overlay"],
        );
        check("Procfile", &format!("release: {line}\n"), &["1 -overlay"]);
        let run = "go run -overlay=o.json ./cmd/a";
        check("Procfile", &format!("web: {run}\n"), &["1 -overlay"]);
        check(".replit", &format!("run = \"{line} && ./a\"\n"), &["1 -overlay"]);
        check("deploy/a.service", &format!("[Service]\nExecStartPre=/usr/local/{line}\n"), &["2 -overlay"]);
        check("supervisord.conf", &format!("[program:a]\ncommand={run}\n"), &["2 -overlay"]);
        check("skaffold.yaml", "build:\n  artifacts:\n  - ko: {flags: [-overlay=o.json]}\n", &["3 -overlay"]);
        check("deploy/a.service", "[Service]\nExecStart=/usr/bin/a -overlay=theme.css\n", &[]);
        check("Procfile", "web: a -overlay=theme.css\n", &[]);
    }

    #[test]
    fn flags_behind_a_program_that_is_run_are_its_own_and_it_may_build() {
        for line in [
            "go run ./mk -overlay=o.json && go build ./cmd/a",
            "go tool mk -overlay=o.json; go build ./cmd/a",
            "go test ./... && F=-overlay=o.json; go build $F ./cmd/a",
            "go test ./... ; go build -overlay=o.json ./cmd/a",
            "GOFLAGS=-overlay=o.json go test ./...",
        ] {
            check("justfile", &format!("build:\n    {line}\n"), &["2 -overlay"]);
        }
    }

    #[test]
    fn commands_that_are_decoded_and_run_are_told() {
        let found = |text: &str| {
            hidden(BuildFile::Shell, "b.sh", text, &targets(true)).iter().map(|t| t.line).collect::<Vec<_>>()
        };
        assert_eq!(found("set -e\neval \"$(echo Z28= | base64 -d)\"\n"), [2]);
        assert_eq!(found("echo Z28= | base64 --decode | bash -x\nxxd -r -p b.hex | sh\n"), [1, 2]);
        assert!(
            found("echo $KEY | base64 -d > key.pem\n# base64 -d | sh\ncurl -sSL https://example.com/x | sh\n")
                .is_empty()
        );
        assert!(found("echo $H | base64 -d | sha256sum\necho $H | base64 -d |shasum\n").is_empty());
        assert!(found("eval \"$(ssh-agent -s)\" && echo \"$KEY\" | base64 -d | ssh-add -\n").is_empty());
        for hidden in [
            "base64 -d b | /usr/bin/env bash",
            "base64 -d b |  sh",
            "base64 -d b | sudo sh",
            "gunzip -c b.gz | sh",
            "zcat b.gz | bash",
            "gpg -d b.gpg | sh",
            "xxd -p -r b.hex | sh",
            "rev b.txt | sh",
        ] {
            assert_eq!(found(hidden), [1], "{hidden}");
        }
        assert_eq!(found("base64 -d < b.b64 > /tmp/b; sh /tmp/b\n"), [1]);
        assert_eq!(found("base64 -d b.b64 > /tmp/b\nchmod +x /tmp/b\n/tmp/b\n"), [3]);
        assert!(found("base64 -d a > ./r.tar.gz\ntar -xzf ./r.tar.gz\ncat ./r.tar.gz\n").is_empty());
        assert!(
            found("zcat dump.sql.gz | mysql x\ngpg -d key.gpg > key\ncat key\ngunzip -c a.gz > a\nbash other.sh\n")
                .is_empty()
        );
        assert_eq!(found("eval \"$(ssh-agent -s)\"; eval \"$(echo Z28= | base64 -d)\"\n"), [1]);
    }

    #[test]
    fn what_builds_nothing_and_what_only_speaks_of_it_is_not_told() {
        check("style.py", "go to the build page\ncss = 'flot-overlay', '--overlay-color', '-overlays'", &[]);
        check("justfile", "# never: go build -overlay=o.json\nbuild:\n    go build ./cmd/a\n", &[]);
        check("web/app.js", "function(e){a(e+\"-overlay\");history.go(-1);return this.build(e)}", &[]);
        check(
            "web/app.ts",
            "export function build(p: string) {\n  const c = `${p}-overlay`;\n  router.go(-1);\n}",
            &[],
        );
        check("build.js", "spawn(\"go\", [\"build\", \"-overlay\", \"o.json\"])", &["1 -overlay"]);
        check("build.mjs", "await $`go build -overlay=o.json ./cmd/a`", &["1 -overlay"]);
        check("build.py", "sh.go(\"build\", \"-overlay=o.json\")", &["1 -overlay"]);
        for command in ["go tool -modfile=tools.mod x", "go run -modfile=tools.mod ./x", "go test -overlay=o ./..."] {
            check("justfile", &format!("build:\n    go build ./cmd/a\n    {command}\n"), &[]);
        }
        check("build.py", "run([\"go\", \"build\"])\nrun([\"go\", \"tool\", \"-modfile=t.mod\", \"x\"])", &[]);
        check("README.md", "go build -overlay=o.json", &[]);
        check("docs/config.yml", "go build -overlay=o.json", &[]);
        check("vendor/x/y/build.py", "go build -overlay=o.json", &[]);
        check("cmd/a/build.go", "package main\n// go build\nvar _ = \"-overlay\"\n", &[]);
        check("tools/x.go", "package tool\nvar _ = []string{\"go\", \"build\", \"-overlay\"}\n", &[]);
        check("report.rb", &format!("'-overlay'{}go build", " ".repeat(500)), &[]);
        assert!(told("justfile", "justfile", "go build -overlay=x\n", &targets(false)).is_empty());
    }
}
