//! Variables, flags and commands that change what a Go build makes, or whom it trusts.

/// Variables of the environment that change what a Go build makes or whom it trusts (`go help environment`, Go 1.26).
pub(super) const VARIABLES: &[&str] = &[
    "CGO_ENABLED",
    "GOSUMDB",
    "GOPROXY",
    "GOPRIVATE",
    "GONOSUMDB",
    "GONOSUMCHECK",
    "GONOPROXY",
    "GOINSECURE",
    "GOFLAGS",
    "GOTOOLCHAIN",
    "GOROOT",
    "GOWORK",
    "GOENV",
    "GODEBUG",
    "GOEXPERIMENT",
    "GOOS",
    "GOARCH",
    "CC",
    "CGO_CFLAGS",
    "CGO_LDFLAGS",
    "GO111MODULE",
    "GOVCS",
    "GOAUTH",
    "GOCACHEPROG",
];
/// Flags of `go build` with the same meaning (`go help build`).
const FLAGS: &[&str] = &[
    "-mod",
    "-modfile",
    "-overlay",
    "-toolexec",
    "-tags",
    "-ldflags",
    "-buildmode",
    "-linkmode",
    "-compiler",
    "-gcflags",
    "-asmflags",
    "-gccgoflags",
    "-insecure",
    "-pgo",
    "-race",
    "-msan",
    "-asan",
    "-cover",
    "-linkshared",
    "-C",
    "-o",
    "-p",
    "-pkgdir",
    "-installsuffix",
    "-exec",
    "-buildvcs",
    "-trimpath",
    "-a",
    "-n",
    "-v",
    "-x",
    "-work",
    "-json",
    "-modcacherw",
    "-coverpkg",
    "-covermode",
    "-debug-actiongraph",
    "-debug-trace",
];
/// Flags that take no value.
const SWITCHES: &[&str] = &[
    "-insecure",
    "-race",
    "-msan",
    "-asan",
    "-cover",
    "-linkshared",
    "-trimpath",
    "-a",
    "-n",
    "-v",
    "-x",
    "-work",
    "-json",
    "-modcacherw",
    "-buildvcs",
    "-i",
];
/// Flags that are not settings of what is built.
const SILENT: &[&str] =
    &["-o", "-p", "-a", "-n", "-v", "-x", "-work", "-json", "-C", "-i", "-debug-actiongraph", "-debug-trace"];

/// The words of GOFLAGS, of which each may be quoted as a whole (`cmd/internal/quoted`, Split, Go 1.26).
pub(super) fn quoted_words(text: &str) -> Vec<String> {
    let (mut all, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let (word, behind) = match first {
            '\'' | '"' => rest[1..].split_once(first).unwrap_or((&rest[1..], "")),
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        all.push(word.to_owned());
        rest = behind.trim_start();
    }
    all
}

/// Flags that are settings, by name and value, from the words of a command line or of GOFLAGS.
pub(super) fn flags(words: &[String]) -> Vec<(String, Option<String>)> {
    arguments(words).settings
}

/// What stands behind `go build`.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub settings: Vec<(String, Option<String>)>,
    pub packages: Vec<String>,
    pub output: Option<String>,
}

pub(super) fn arguments(words: &[String]) -> Arguments {
    let (mut settings, mut packages, mut output) = (vec![], vec![], None);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        if !word.starts_with('-') || word == "-" {
            packages.push(word.clone());
            continue;
        }
        let word = if word.starts_with("--") { &word[1..] } else { word.as_str() };
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None if SWITCHES.contains(&word) || !FLAGS.contains(&word) => (word, None),
            None => {
                at += 1;
                (word, words.get(at - 1).cloned())
            }
        };
        if name == "-o" {
            output = value;
        } else if FLAGS.contains(&name) && !SILENT.contains(&name) {
            settings.push((name.to_owned(), value));
        }
    }
    Arguments { settings, packages, output }
}

/// Writing go.mod and its like by another way than the Go command's.
pub(super) const MODULE_FILES: &str = "edit of module files";

/// Something else in the place of the Go command.
const GO_COMMAND: &str = "another go command";

/// Whether a path is that of the Go command, and whether one is of a Go release: what lies there under another name is neither.
fn is_go_command(path: &str) -> bool {
    path.trim_matches(['"', '\'']).ends_with("/bin/go")
}

/// Whether a file is put in the place of the Go command that is not the Go command of some release.
pub(super) fn replaces_go_command(from: &[String], to: &str) -> bool {
    is_go_command(to) && !from.iter().any(|from| is_go_command(from) || from.contains("/go1."))
}

/// A file that says what a module's graph or vendored contents are, by its name.
pub(super) fn is_module_file(name: &str) -> bool {
    matches!(name, "go.mod" | "go.sum" | "go.work" | "go.work.sum" | "modules.txt")
}

/// The folder whose module a file is about, as it stands, where it is a module file.
fn folder_of_module_file(word: &str) -> Option<&str> {
    let word = word.trim_matches(['"', '\'']);
    let (folder, name) = word.rsplit_once('/').unwrap_or(("", word));
    match name {
        "modules.txt" => Some(folder.strip_suffix("vendor").unwrap_or(folder).trim_end_matches('/')),
        name => is_module_file(name).then_some(folder),
    }
}

/// The folders whose module files an edit of them writes, as they stand.
pub(super) fn folders_written<'w>(program: &str, words: &'w [String], into: Option<&'w String>) -> Vec<&'w str> {
    if let Some(folder) = into.and_then(|into| folder_of_module_file(into)) {
        return vec![folder];
    }
    match program {
        "cp" | "mv" | "install" | "ln" | "tee" | "rsync" => {
            words.last().and_then(|to| folder_of_module_file(to)).into_iter().collect()
        }
        _ => words[1..]
            .iter()
            .filter_map(|word| folder_of_module_file(word.strip_prefix("of=").unwrap_or(word)))
            .collect(),
    }
}

/// A command that changes Go files before a build, by name; `None` where it touches other things.
/// `into` is the file that its output goes to.
pub(super) fn changes_sources(program: &str, words: &[String], into: Option<&String>) -> Option<&'static str> {
    let rest = || words.iter().skip(1);
    let go_file = |w: &String| {
        let w = w.trim_matches(['"', '\'']);
        w.ends_with(".go") || w.contains("vendor/")
    };
    let module_file = |w: &String| folder_of_module_file(w).is_some();
    // `-i`, `-i.bak`, `-Ei`: letters before it take no value.
    let edits = |w: &String| {
        let letters = w.strip_prefix('-').map(|w| w.trim_start_matches(|c| "nErsuz".contains(c)));
        letters.is_some_and(|letters| letters.starts_with('i'))
    };
    let in_place = rest().any(|w| edits(w) || w.starts_with("--in-place"));
    let perl_in_place = rest().any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('i'));
    let of = |w: &String| w.strip_prefix("of=").map(str::to_owned);
    let outputs = |w: &String| is_go_command(w.trim_start_matches("of="));
    match program {
        "cp" | "mv" | "install" | "ln"
            if words.split_last().is_some_and(|(to, from)| replaces_go_command(from, to)) =>
        {
            Some(GO_COMMAND)
        }
        "tee" | "curl" | "wget" | "dd" if rest().any(outputs) => Some(GO_COMMAND),
        _ if into.is_some_and(|w| is_go_command(w)) => Some(GO_COMMAND),
        "sed" if in_place && rest().any(module_file) => Some(MODULE_FILES),
        "perl" if perl_in_place && rest().any(module_file) => Some(MODULE_FILES),
        // Without its sums a module is what a server says.
        "rm" | "unlink" | "truncate" if rest().any(module_file) => Some(MODULE_FILES),
        "cp" | "mv" | "install" | "ln" | "tee" | "rsync" if words.last().is_some_and(module_file) => Some(MODULE_FILES),
        // From another folder into this one, under the same name.
        "cp" | "mv" | "install" | "ln" | "rsync"
            if words.last().is_some_and(|w| matches!(w.as_str(), "." | "./"))
                && rest().any(|w| w.contains('/') && module_file(w)) =>
        {
            Some(MODULE_FILES)
        }
        "dd" if rest().filter_map(of).any(|w| module_file(&w)) => Some(MODULE_FILES),
        "dd" if rest().filter_map(of).any(|w| go_file(&w)) => Some("copy onto Go files"),
        "git" if takes_from_elsewhere(words) && rest().any(module_file) => Some(MODULE_FILES),
        "git" if takes_from_elsewhere(words) && rest().any(go_file) => Some("copy onto Go files"),
        "curl" | "wget" if rest().any(module_file) => Some(MODULE_FILES),
        _ if into.is_some_and(module_file) => Some(MODULE_FILES),
        _ if into.is_some_and(|w| w.ends_with(".go")) => Some("copy onto Go files"),
        "sed" if in_place && rest().any(go_file) => Some("sed -i"),
        "perl" if perl_in_place && rest().any(go_file) => Some("perl -i"),
        "patch" => Some("patch"),
        "git" if words.get(1).is_some_and(|w| w == "apply" || w == "am") => Some("git apply"),
        "cp" | "mv" | "install" | "ln" | "tee" | "rsync" if words.last().is_some_and(go_file) => {
            Some("copy onto Go files")
        }
        "curl" | "wget" if rest().any(go_file) => Some("download onto Go files"),
        _ => None,
    }
}

/// `git checkout OTHER -- FILE…`, `git restore --source=OTHER FILE…`: without another revision the files become what they are.
fn takes_from_elsewhere(words: &[String]) -> bool {
    let behind = |at: usize| words.get(at).is_some_and(|w| !w.starts_with('-'));
    match words.get(1).map(String::as_str) {
        Some("checkout") => words.iter().position(|w| w == "--").is_some_and(|end| (2..end).any(behind)),
        Some("restore") => words.iter().any(|w| w.starts_with("--source") || w == "-s"),
        _ => false,
    }
}
