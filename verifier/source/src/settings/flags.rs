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
    "GOMODCACHE",
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
