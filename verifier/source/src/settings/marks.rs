//! What a text that is not followed says of a Go build beside its flags: variables that pass the module graph by or switch cgo on, and
//! commands that change the graph.

use super::delivered::Targets;
use super::edits::is_module_file;
use memchr::memmem;

/// A setting, and where it stands.
#[derive(Debug, PartialEq)]
pub(super) struct Mark {
    pub at: usize,
    pub setting: &'static str,
    /// `None`: what it is set to is not looked at.
    pub value: Option<&'static str>,
}

/// Spellings of which a text with a mark has one.
pub(super) const SPELLINGS: [&str; 15] = [
    "GO111MODULE",
    "CGO_ENABLED",
    "GOWORK",
    "GOCACHEPROG",
    "mod edit",
    "work edit",
    "\"edit\"",
    "'edit'",
    "mod init",
    "go work ",
    "go get",
    "\"get\"",
    "go.mod",
    "go.sum",
    "go.work",
];

/// So far behind a variable its value may stand (`name: GOWORK`, `value: "off"`), and a word from the one before it, in bytes.
const NEAR: usize = 40;

/// A word and where it begins.
#[derive(Clone, Copy)]
struct Word<'t> {
    at: usize,
    text: &'t str,
}

impl Word<'_> {
    fn end(self) -> usize {
        self.at + self.text.len()
    }
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | '@');
    text.split(move |c: char| !is_part(c))
        .filter(|word| !word.is_empty())
        .map(|word| Word { at: word.as_ptr() as usize - text.as_ptr() as usize, text: word })
}

/// All marks of a text, in order.
pub(super) fn marks(text: &str, targets: &Targets) -> Vec<Mark> {
    if !SPELLINGS.iter().chain(&["-mod"]).any(|spelling| memmem::find(text.as_bytes(), spelling.as_bytes()).is_some()) {
        return Vec::new();
    }
    let all: Vec<Word<'_>> = words(text).collect();
    let text = Text { text, words: &all, targets };
    (0..all.len()).filter_map(|at| text.variable(at).or_else(|| text.command(at)).or_else(|| text.file(at))).collect()
}

struct Text<'t> {
    text: &'t str,
    words: &'t [Word<'t>],
    targets: &'t Targets,
}

impl<'t> Text<'t> {
    fn word(&self, at: usize) -> &'t str {
        self.words.get(at).map_or("", |word| word.text)
    }

    /// What stands between a word and the next one.
    fn between(&self, at: usize) -> &'t str {
        let (Some(one), Some(next)) = (self.words.get(at), self.words.get(at + 1)) else { return "\n" };
        &self.text[one.end()..next.at]
    }

    /// Whether the next word belongs to the same command, or list of words.
    fn goes_on(&self, at: usize) -> bool {
        let between = self.between(at);
        between.len() <= NEAR && between.chars().all(|c| matches!(c, ' ' | '\t' | '"' | '\'' | ',' | '`' | '[' | ']'))
    }

    /// The words of the same line from one on.
    fn rest(&self, at: usize) -> impl Iterator<Item = &'t str> {
        let end = self.words.get(at).map_or(0, |word| {
            let from = word.at;
            self.text[from..].find(['\n', ';', '&', '|']).map_or(self.text.len(), |length| from + length)
        });
        self.words.iter().skip(at).take_while(move |word| word.at < end).map(|word| word.text)
    }

    fn variable(&self, at: usize) -> Option<Mark> {
        let word = self.words.get(at)?;
        let before = &self.text[..word.at];
        let is_read = before.ends_with(['$', '%']) || before.ends_with("${");
        // `name: GOWORK`, `value: x` on the next line.
        let value = at + if matches!(self.word(at + 1), "value" | "Value") { 2 } else { 1 };
        let is_near = self.words.get(value).is_some_and(|value| value.at - word.end() <= NEAR);
        if is_read || !is_near || self.is_for_another_command(value) {
            return None;
        }
        let given = self.word(value);
        let (setting, value) = match word.text {
            "GO111MODULE" if given == "off" => ("GO111MODULE", Some("off")),
            "CGO_ENABLED" if given == "1" => ("CGO_ENABLED", Some("1")),
            "GOWORK" if given.ends_with(".work") => ("another workspace", None),
            "GOCACHEPROG" if self.between(at).contains(['=', ':', ',']) => ("GOCACHEPROG", None),
            "-mod" if given == "mod" && self.between(at).chars().all(|c| " \t\"'=+,[]".contains(c)) => {
                ("-mod", Some("mod"))
            }
            _ => return None,
        };
        Some(Mark { at: word.at, setting, value })
    }

    /// Whether what follows in the line is a call of the Go command that builds nothing of the delivered module's.
    fn is_for_another_command(&self, at: usize) -> bool {
        let mut rest = self.rest(at).skip_while(|word| *word != "go" && !word.ends_with("/go"));
        let verb = rest.nth(1).unwrap_or_default();
        match verb {
            "get" | "run" | "test" | "vet" | "list" | "tool" | "version" | "env" | "generate" | "clean" | "mod" => true,
            "install" => rest.any(|word| word.contains('@')),
            _ => false,
        }
    }

    fn command(&self, at: usize) -> Option<Mark> {
        let (verb, noun) = (self.word(at), self.word(at.checked_sub(1)?));
        if !self.goes_on(at - 1) {
            return None;
        }
        let is_list = || self.between(at - 1).contains(['"', '\'']);
        let of_go = || at > 1 && self.word(at - 2) == "go" && self.goes_on(at - 2);
        let setting = match (noun, verb) {
            ("mod", "edit") if of_go() || is_list() => "go mod edit",
            ("work", "edit") if of_go() || is_list() => "go work edit",
            ("mod", "init") if of_go() => "go mod init",
            ("work", "init" | "use") if of_go() => "go work use",
            ("go", "get") if self.gets_modules(at + 1) => "go get",
            _ => return None,
        };
        let prints = |word: &str| matches!(word.trim_start_matches('-'), "json" | "print" | "fmt");
        let only_shows = verb == "edit" && self.rest(at + 1).any(prints);
        (!only_shows).then(|| Mark { at: self.words[at].at, setting, value: None })
    }

    /// Whether `go get` with the words from one on changes what the module requires.
    fn gets_modules(&self, at: usize) -> bool {
        let updates = self.rest(at).any(|word| word == "-u" || word == "-u=patch");
        self.rest(at).filter(|word| !word.starts_with('-')).any(|word| {
            let path = word.split('@').next().unwrap_or(word);
            match path.starts_with('.') {
                true => updates,
                false => self.targets.requires(path),
            }
        })
    }

    /// A module file that a command writes.
    fn file(&self, at: usize) -> Option<Mark> {
        let word = self.words.get(at).filter(|word| is_module_file(word.text.trim_start_matches("./")))?;
        let line = self.text[..word.at].rsplit(['\n', ';', '&']).next().unwrap_or_default();
        let mut before = words(line).map(|word| word.text);
        let edits = line.contains("sed -i") || line.contains("sed --in-place") || line.trim_end().ends_with('>');
        let is_last = |text: &str| text.trim_start_matches(['"', '\'', ')']).starts_with(['\n', ';', '&', ',', '\r']);
        let is_last = self.text[word.end()..].is_empty() || is_last(&self.text[word.end()..]);
        let put = is_last && before.any(|word| matches!(word, "cp" | "mv")) && before.next().is_some();
        (edits || put).then_some(Mark { at: word.at, setting: "edit of module files", value: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_facts::Deliverable;
    use std::collections::BTreeSet;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let graph = "module example.com/m\nrequire golang.org/x/net v0.1.0\n";
        let targets = Targets::of(&Deliverable::default(), graph, &BTreeSet::new());
        let found = marks(text, &targets);
        let shown: Vec<String> =
            found.iter().map(|mark| format!("{}={}", mark.setting, mark.value.unwrap_or("?"))).collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn variables_are_told_in_every_spelling() {
        for text in [
            "GO111MODULE=off go build ./cmd/app",
            "GO111MODULE: \"off\"",
            "GO111MODULE = 'off'",
            "{\"GO111MODULE\": \"off\"}",
            "- name: GO111MODULE\n  value: \"off\"\n",
            "$env:GO111MODULE = \"off\"",
            "os.environ[\"GO111MODULE\"] = \"off\"",
            "os.Setenv(\"GO111MODULE\", \"off\")",
            "set GO111MODULE=off\r\n",
            "environment: {GO111MODULE: off}",
            "export GO111MODULE := \"off\"",
        ] {
            check(text, &["GO111MODULE=off"]);
        }
        check("env.CGO_ENABLED = 1;", &[]);
        check("{ CGO_ENABLED = 1; }", &["CGO_ENABLED=1"]);
        check("GOWORK=../other.work go build", &["another workspace=?"]);
        check("'-mod=' + 'mod'", &["-mod=mod"]);
        check("\"-mod\", \"mod\"", &["-mod=mod"]);
        for text in [
            "GO111MODULE=on",
            "GO111MODULE=off go get golang.org/x/lint/golint",
            "CGO_ENABLED=1 go test -race ./...",
            "CGO_ENABLED=1 go install example.com/tool@latest",
            "test \"$GO111MODULE\" = off",
            "${CGO_ENABLED:-1}",
            "CGO_ENABLED=0",
            "GOWORK=off",
            "-mod=vendor",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn commands_that_change_the_graph_are_told() {
        check("go mod edit -replace a=./b", &["go mod edit=?"]);
        check("args: ['mod', 'edit', '-replace=a=b']", &["go mod edit=?"]);
        check("sh.Run(\"go\", \"mod\", \"edit\", \"-require\", \"a@v1\")", &["go mod edit=?"]);
        check("go work use ./other", &["go work use=?"]);
        check("go get golang.org/x/net@v0.2.0", &["go get=?"]);
        check("go get -u ./...", &["go get=?"]);
        check("sed -i 's/a/b/' go.mod", &["edit of module files=?"]);
        check("cp build/other.mod go.mod\n", &["edit of module files=?"]);
        check("sh 'cp build/other.mod go.mod'\n", &["edit of module files=?"]);
        check("echo 'replace a => ./b' >> go.mod", &["edit of module files=?"]);
        for text in [
            "go mod edit -json",
            "go mod tidy",
            "mod edit",
            "go get golang.org/x/tools/cmd/goimports@latest",
            "go get -u github.com/mattn/goveralls",
            "go get ./...",
            "cp go.mod go.sum build/",
            "COPY go.mod go.sum ./",
            "cp go.mod go.mod.bak",
            "hashFiles('go.mod')",
            "go work sync",
        ] {
            check(text, &[]);
        }
    }
}
