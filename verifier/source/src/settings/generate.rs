//! What `//go:generate` lines of the source do, where a build file has them carried out (`go help generate`).

use super::delivered::normal;
use super::evaluate::State;
use super::flags;
use super::library::{Library, folder};
use super::state::Where;
use assize_golang::build::{Context, constraint};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The lines of one Go file, as commands of a shell, each with its line.
#[derive(Debug)]
pub(super) struct Generators {
    file: String,
    /// Its text up to the package clause, on which hangs whether it is of the build.
    header: String,
    commands: Vec<(u32, String)>,
}

impl State<'_> {
    /// `go generate ARGUMENTS` in a folder.
    pub fn generate(&mut self, words: &[String], here: &Where) {
        const WITH_VALUE: [&str; 2] = ["-run", "-skip"];
        let mut words = words.to_vec();
        let chosen =
            words.iter().any(|word| WITH_VALUE.iter().any(|flag| word.trim_start_matches('-').starts_with(&flag[1..])));
        while let Some(at) = words.iter().position(|word| WITH_VALUE.contains(&word.as_str())) {
            words.drain(at..(at + 2).min(words.len()));
        }
        // It prints what would be carried out.
        if words.iter().any(|word| word == "-n") {
            return;
        }
        let arguments = flags::arguments(&words);
        let tags =
            arguments.settings.iter().filter(|(name, _)| name == "-tags").filter_map(|(_, value)| value.as_deref());
        let tags = tags.flat_map(|value| value.split(',')).chain(["generate"]);
        let context = Context::new("linux", "amd64").with_tags(tags);
        let asked = Asked::of(&arguments.packages, here.folder.as_deref().unwrap_or_default(), self.targets.module());
        let library = self.library;
        let files: BTreeSet<&String> = asked.iter().flat_map(|asked| library.go_files(asked)).collect();
        if !library.follow(files.len()) {
            self.scope.cut = true;
            return;
        }
        for file in files {
            let Some(generators) = library.generators_of(file) else { continue };
            if !asked.iter().any(|asked| asked.means(&generators, &context)) {
                continue;
            }
            match chosen {
                true => self.either(|state| state.generators(&generators)),
                false => self.generators(&generators),
            }
        }
    }

    fn generators(&mut self, generators: &Generators) {
        let Generators { file, commands, .. } = generators;
        let Some(begun) = self.begin(&format!("{file} //go:generate"), "") else { return };
        let before = self.shell.mark();
        let kept_file = std::mem::replace(&mut self.file, self.library.shown(file).into());
        let kept_home = std::mem::replace(&mut self.home, folder(file).into());
        for (line, command) in commands {
            self.shell.move_to(Some(folder(file).into()));
            self.script(*line, command);
        }
        (self.file, self.home) = (kept_file, kept_home);
        self.shell.back(before);
        self.end(begun);
    }
}

/// Files or packages that are asked for.
enum Asked {
    File(String),
    Package(String),
    Below(String),
}

impl Asked {
    fn of(packages: &[String], here: &str, module: Option<&str>) -> Vec<Asked> {
        let of = |package: &String| {
            let inside = module.and_then(|module| package.strip_prefix(module));
            let path = match inside.filter(|inside| inside.is_empty() || inside.starts_with('/')) {
                Some(inside) => normal(inside),
                None => normal(&format!("{here}/{package}")),
            };
            match path.strip_suffix("...") {
                _ if package == "all" => Asked::Below(String::new()),
                Some(above) => Asked::Below(above.to_owned()),
                None if path.ends_with(".go") => Asked::File(path),
                None => Asked::Package(path),
            }
        };
        match packages {
            [] => vec![Asked::Package(here.to_owned())],
            all => all.iter().map(of).collect(),
        }
    }

    fn means(&self, generators: &Generators, context: &Context) -> bool {
        let folder = folder(&generators.file);
        let selected = || constraint(generators.header.as_bytes(), context).selects() != Some(false);
        match self {
            Asked::File(path) => *path == generators.file,
            Asked::Package(path) => folder == path && selected(),
            Asked::Below(above) => format!("{folder}/").starts_with(above.as_str()) && selected(),
        }
    }
}

impl Library<'_> {
    /// The Go files of which some may be asked for.
    fn go_files(&self, asked: &Asked) -> impl Iterator<Item = &String> {
        let (begins, only) = match asked {
            Asked::File(path) => (path.clone(), None),
            Asked::Package(path) if path.is_empty() => (String::new(), Some(0)),
            Asked::Package(path) => (format!("{path}/"), Some(path.len() + 1)),
            Asked::Below(above) => (above.clone(), None),
        };
        let from = self.paths.range(begins.clone()..).take_while(move |path| path.starts_with(&begins));
        from.filter(move |path| {
            path.ends_with(".go")
                && !only.is_some_and(|at| path[at..].contains('/'))
                && !path.split('/').any(is_passed_by)
        })
    }

    /// What a file has, read once.
    fn generators_of(&self, path: &str) -> Option<Rc<Generators>> {
        if let Some(known) = self.generators.borrow().get(path) {
            return known.clone();
        }
        let found = self.text_once(path).and_then(|text| of_text(path, &text)).map(Rc::new);
        self.generators.borrow_mut().insert(path.to_owned(), found.clone());
        found
    }
}

/// Folders that `./...` leaves out, and files that start as those do (`go help packages`).
fn is_passed_by(part: &str) -> bool {
    matches!(part, "vendor" | "testdata") || part.starts_with(['.', '_'])
}

/// The lines of a file, aliases put in their places.
fn of_text(path: &str, text: &str) -> Option<Generators> {
    const BEGIN: &str = "//go:generate";
    memchr::memmem::find(text.as_bytes(), BEGIN.as_bytes())?;
    let mut aliases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut commands = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let Some(rest) = text.strip_prefix(BEGIN).filter(|rest| rest.starts_with([' ', '\t'])) else { continue };
        let mut words = words(rest);
        if let Some(known) = words.first().and_then(|first| aliases.get(first)) {
            words = [known, &words[1..]].concat();
        }
        match words.as_slice() {
            [flag, name, meaning @ ..] if flag == "-command" => {
                aliases.insert(name.clone(), meaning.to_vec());
            }
            _ => commands.push((line, words.iter().map(|word| in_shell(word, path)).collect::<Vec<_>>().join(" "))),
        }
    }
    let header = text.split("\npackage ").next().unwrap_or_default().to_owned() + "\npackage p\n";
    (!commands.is_empty()).then(|| Generators { file: path.to_owned(), header, commands })
}

/// Words between blanks; one in double quotes is one.
fn words(text: &str) -> Vec<String> {
    let (mut all, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() {
        let (word, behind) = match rest.strip_prefix('"') {
            Some(inside) => quoted(inside),
            None => {
                let (word, behind) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
                (word.to_owned(), behind)
            }
        };
        all.push(word);
        rest = behind.trim_start();
    }
    all
}

/// What stands up to the quote that ends a string, and what is behind it.
fn quoted(inside: &str) -> (String, &str) {
    let mut word = String::new();
    let mut chars = inside.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (word, &inside[at + 1..]),
            '\\' => word.extend(chars.next().map(|(_, escaped)| escaped)),
            other => word.push(other),
        }
    }
    (word, "")
}

/// A word as a shell has to have it; no shell takes part in what is carried out.
fn in_shell(word: &str, path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let word = word.replace("${GOFILE}", name).replace("$GOFILE", name);
    let word = word.replace("${DOLLAR}", "$").replace("$DOLLAR", "$");
    let plain = |c: char| c.is_alphanumeric() || "-_./=@:,+%$".contains(c);
    match word {
        word if !word.is_empty() && word.chars().all(plain) => word,
        word => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::calls_tests::counts;
    use super::*;

    #[test]
    fn lines_become_commands() {
        for (text, wanted) in [
            ("//go:generate go mod edit -replace x=./y", "go mod edit -replace x=./y"),
            ("//go:generate\tsh -c \"go get \\\"x\\\"; true\"", "sh -c 'go get \"x\"; true'"),
            ("//go:generate -command g go mod\n//go:generate g tidy", "go mod tidy"),
            ("//go:generate mockgen -source $GOFILE", "mockgen -source a.go"),
            ("// go:generate go get x", ""),
            (" //go:generate go get x", ""),
            ("//go:generated go get x", ""),
        ] {
            let found = of_text("x/a.go", &format!("package a\n{text}\n"));
            let commands = found.map(|found| found.commands).unwrap_or_default();
            assert_eq!(commands.iter().map(|(_, c)| c.as_str()).collect::<Vec<_>>().join("|"), wanted, "{text}");
        }
    }

    #[test]
    fn lines_count_where_they_are_carried_out_before_the_build() {
        const EDIT: &str = "//go:generate go mod edit -replace x=./y\n";
        let build = "-- b.sh --\ngo generate ./...\ngo build ./cmd/app\n";
        let first = "+ internal/x/a.go:3 go mod edit=-replace x=./y";
        for (build, path, text, wanted) in [
            (build, "internal/x/a.go", format!("package x\n\n{EDIT}"), first),
            (build, "internal/x/a.go", format!("//go:build ignore\npackage x\n{EDIT}"), ""),
            (build, "internal/x/a.go", format!("//go:build generate\n\n{EDIT}package x\n"), first),
            (build, "internal/x/testdata/a.go", format!("package x\n\n{EDIT}"), ""),
            (build, "internal/x/a.go", format!("package x\n\n// {EDIT}"), ""),
            ("-- b.sh --\ngo build ./cmd/app\n", "internal/x/a.go", format!("package x\n\n{EDIT}"), ""),
            (
                "-- b.sh --\ngo build ./cmd/app\ngo generate ./...\n",
                "internal/x/a.go",
                format!("package x\n\n{EDIT}"),
                "",
            ),
            (
                "-- b.sh --\ngo generate -n ./...\ngo build ./cmd/app\n",
                "internal/x/a.go",
                format!("package x\n\n{EDIT}"),
                "",
            ),
            (
                "-- b.sh --\ngo generate ./cmd/app\ngo build ./cmd/app\n",
                "internal/x/a.go",
                format!("package x\n\n{EDIT}"),
                "",
            ),
            (
                "-- b.sh --\ngo generate example.com/m/internal/x\ngo build ./cmd/app\n",
                "internal/x/a.go",
                format!("package x\n\n{EDIT}"),
                first,
            ),
            (
                "-- b.sh --\ncd internal/x && go generate a.go && cd ../..\ngo build ./cmd/app\n",
                "internal/x/a.go",
                format!("//go:build ignore\npackage x\n{EDIT}"),
                first,
            ),
            (
                "-- Dockerfile --\nFROM golang\nWORKDIR /src\nCOPY . .\nRUN go generate ./...\nRUN go build ./cmd/app\n",
                "internal/x/a.go",
                format!("package x\n\n{EDIT}"),
                first,
            ),
            (
                build,
                "internal/x/a.go",
                "package x\n\n//go:generate sh -c \"go mod edit -replace x=./y\"\n".into(),
                first,
            ),
            (
                "-- g/g.sh --\ngo mod edit -replace x=./y\n-- b.sh --\ngo generate ./...\ngo build ./cmd/app\n",
                "internal/x/a.go",
                "package x\n\n//go:generate sh ../../g/g.sh\n".into(),
                "+ g/g.sh:1 go mod edit=-replace x=./y",
            ),
            (build, "internal/x/a.go", "package x\n\n//go:generate go generate ./...\n".into(), ""),
        ] {
            let found = counts(&format!("{build}-- {path} --\n{text}"));
            let edits: Vec<&String> = found.iter().filter(|line| line.contains("go mod edit")).collect();
            assert_eq!(
                edits.iter().map(|line| line.as_str()).collect::<Vec<_>>().join("|"),
                wanted,
                "{build}{path}\n{text}"
            );
        }
    }
}
