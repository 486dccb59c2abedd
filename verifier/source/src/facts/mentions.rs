//! Words that a file's text holds, noted while it is read first: files without them are not read a second time.

use memchr::memmem;

/// A set of the words below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mentions(u32);

/// What writes text: `fmt.Print…`, `Fprint…`, `log.Print…`.
pub(crate) const PRINT: Mentions = Mentions(1);
/// Go's own `print` and `println`.
pub(crate) const BUILT_IN_PRINT: Mentions = Mentions(1 << 1);
/// What speaks to another checker.
pub(crate) const SUPPRESSION: Mentions = Mentions(1 << 2);

/// Fields of a TLS configuration that decide its versions.
pub(crate) const TLS_FIELDS: Mentions = Mentions(1 << 3);

const WORDS: &[(&str, Mentions)] = &[
    ("Print", PRINT),
    ("Fprint", PRINT),
    ("println(", BUILT_IN_PRINT),
    ("print(", BUILT_IN_PRINT),
    (".MinVersion", TLS_FIELDS),
    (".MaxVersion", TLS_FIELDS),
    (".GetConfigForClient", TLS_FIELDS),
    ("nolint", SUPPRESSION),
    ("#nosec", SUPPRESSION),
    ("nosemgrep", SUPPRESSION),
    ("NOSONAR", SUPPRESSION),
    ("lint:", SUPPRESSION),
    ("revive:", SUPPRESSION),
    ("gitleaks:allow", SUPPRESSION),
    ("trivy:ignore", SUPPRESSION),
    ("tfsec:ignore", SUPPRESSION),
    ("checkov:skip", SUPPRESSION),
    ("codeql[", SUPPRESSION),
    ("lgtm[", SUPPRESSION),
    ("deepsource ", SUPPRESSION),
    ("skipcq", SUPPRESSION),
    ("nosast", SUPPRESSION),
];

impl Mentions {
    pub fn of(text: &[u8]) -> Mentions {
        let mut out = Mentions::default();
        for (word, mark) in WORDS {
            if !out.has(*mark) && memmem::find(text, word.as_bytes()).is_some() {
                out.0 |= mark.0;
            }
        }
        out
    }

    pub fn has(self, mark: Mentions) -> bool {
        self.0 & mark.0 == mark.0
    }
}
