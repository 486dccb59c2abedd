//! What a file's text mentions, noted while it is read first: files and declarations without it are not looked at a second time.
//!
//! Names are noted by declaration, as bits; what stands in comments and strings is noted by file.

use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// What a name is sought for; a declaration has the bits of all its names.
pub(crate) mod mark {
    /// What writes text to a stream of its own.
    pub const PRINT: u32 = 1;
    /// Calls of loggers.
    pub const LEVEL: u32 = 1 << 1;
    /// What makes a logger another one.
    pub const LOGGER: u32 = 1 << 2;
    pub const SIGNAL: u32 = 1 << 3;
    pub const LISTEN: u32 = 1 << 4;
    /// Registrations of handlers.
    pub const ROUTE: u32 = 1 << 5;
    /// Where TLS configurations are made and where they go.
    pub const TLS: u32 = 1 << 6;
    /// Fields of a TLS configuration that decide its versions.
    pub const TLS_FIELD: u32 = 1 << 7;
    pub const RUNTIME: u32 = 1 << 8;
    pub const SETENV: u32 = 1 << 9;
    pub const SECCOMP: u32 = 1 << 10;
    /// HTTP clients and transports.
    pub const CLIENT: u32 = 1 << 11;
    pub const PPROF: u32 = 1 << 12;
    /// `unsafe`, `reflect`.
    pub const UNSAFE: u32 = 1 << 13;
    /// What starts a program or loads code.
    pub const EXEC: u32 = 1 << 14;
    /// Go's own `print` and `println`.
    pub const BUILT_IN_PRINT: u32 = 1 << 15;
    /// What asks who looks on.
    pub const SENSE: u32 = 1 << 16;
    /// The standard streams.
    pub const STREAM: u32 = 1 << 18;
    /// What writes to a writer that it is told.
    pub const WRITE: u32 = 1 << 19;
    /// Fields of HTTP clients and transports.
    pub const CLIENT_FIELD: u32 = 1 << 17;
    /// Methods that no type has but a server's, or one of its kind.
    pub const SERVES: u32 = 1 << 20;
    /// What takes off the beginnings of paths.
    pub const STRIP: u32 = 1 << 21;
}

use mark::*;

/// Whole names.
const NAMES: &[(&str, u32)] = &[
    ("print", BUILT_IN_PRINT),
    ("println", BUILT_IN_PRINT),
    ("ListenAndServe", SERVES),
    ("ListenAndServeTLS", SERVES),
    ("Output", PRINT),
    ("TeeReader", WRITE),
    ("Stdout", STREAM),
    ("Stderr", STREAM),
    ("SetDefault", LOGGER),
    ("SetOutput", LOGGER),
    ("SetFormatter", LOGGER),
    ("JSONFormatter", LOGGER),
    ("SetLogger", LOGGER),
    ("SetLoggerWithOptions", LOGGER),
    ("SetSlogLogger", LOGGER),
    ("SetHandler", LOGGER),
    ("RedirectStdLog", LOGGER),
    ("RedirectStdLogAt", LOGGER),
    ("StandardLogger", LOGGER),
    ("DefaultWriter", LOGGER),
    ("NewFile", STREAM),
    ("Notify", SIGNAL),
    ("NotifyContext", SIGNAL),
    ("Ignore", SIGNAL),
    ("Reset", SIGNAL),
    ("FileListener", LISTEN),
    ("NewListener", LISTEN | TLS),
    ("TLSListeners", LISTEN | TLS),
    ("TLSListenersWithNames", LISTEN | TLS),
    ("PacketConns", LISTEN),
    ("HTTPS", LISTEN),
    ("Handle", ROUTE | PPROF),
    ("HandleFunc", ROUTE | PPROF),
    ("Handler", ROUTE | PPROF),
    ("HandlerFunc", ROUTE | PPROF),
    ("GET", ROUTE | PPROF),
    ("Get", ROUTE | PPROF | CLIENT | SENSE),
    ("HEAD", ROUTE),
    ("Head", ROUTE | CLIENT),
    ("Any", ROUTE | PPROF),
    ("All", ROUTE | PPROF),
    ("Route", ROUTE),
    ("Path", ROUTE),
    ("PathPrefix", ROUTE),
    ("Method", ROUTE),
    ("MethodFunc", ROUTE),
    ("Add", ROUTE),
    ("Match", ROUTE),
    ("Mount", ROUTE),
    ("StripPrefix", STRIP),
    ("GetFunc", ROUTE),
    ("Heartbeat", ROUTE),
    ("AddHealthzCheck", ROUTE),
    ("AddReadyzCheck", ROUTE),
    ("InstallHandler", ROUTE),
    ("InstallLivezHandler", ROUTE),
    ("InstallReadyzHandler", ROUTE),
    ("Config", TLS),
    ("TLS", TLS),
    ("TLSConfig", TLS | CLIENT),
    ("TLSClientConfig", TLS | CLIENT),
    ("GetConfigForClient", TLS | TLS_FIELD),
    ("MinVersion", TLS | TLS_FIELD),
    ("MaxVersion", TLS | TLS_FIELD),
    ("Server", TLS | LISTEN),
    ("Client", TLS | CLIENT),
    ("Manager", TLS | LISTEN),
    ("NewTLS", TLS),
    ("NewServer", LISTEN),
    ("MustNewServer", LISTEN),
    ("Spin", LISTEN),
    ("Creds", TLS),
    ("WithTransportCredentials", TLS),
    ("StartTLS", TLS),
    ("StartAutoTLS", TLS),
    ("RunTLS", TLS),
    ("NewServerTLSFromFile", TLS),
    ("NewServerTLSFromCert", TLS),
    ("ConfigureTLSConfig", TLS),
    ("GOMAXPROCS", RUNTIME),
    ("MemProfileRate", RUNTIME),
    ("SetCPUProfileRate", RUNTIME),
    ("SetBlockProfileRate", RUNTIME),
    ("SetMutexProfileFraction", RUNTIME),
    ("SetGCPercent", RUNTIME),
    ("SetMemoryLimit", RUNTIME),
    ("SetMaxThreads", RUNTIME),
    ("SetMaxStack", RUNTIME),
    ("SetTraceback", RUNTIME),
    ("SetPanicOnFault", RUNTIME),
    ("Setenv", SETENV),
    ("Prctl", SECCOMP),
    ("Load", SECCOMP),
    ("LoadFilter", SECCOMP),
    ("LoadProfile", SECCOMP),
    ("InitSeccomp", SECCOMP),
    ("Transport", CLIENT),
    ("DefaultClient", CLIENT),
    ("DefaultTransport", CLIENT),
    ("Post", CLIENT),
    ("PostForm", CLIENT),
    ("Timeout", CLIENT_FIELD),
    ("IdleConnTimeout", CLIENT_FIELD),
    ("ResponseHeaderTimeout", CLIENT_FIELD),
    ("TLSHandshakeTimeout", CLIENT_FIELD),
    ("MaxIdleConns", CLIENT_FIELD),
    ("MaxIdleConnsPerHost", CLIENT_FIELD),
    ("MaxConnsPerHost", CLIENT_FIELD),
    ("DisableKeepAlives", CLIENT_FIELD),
    ("Index", PPROF),
    ("Profile", PPROF),
    ("Profiler", PPROF),
    ("Symbol", PPROF),
    ("Trace", PPROF),
    ("Cmdline", PPROF),
    ("Command", EXEC),
    ("CommandContext", EXEC),
    ("Cmd", EXEC),
    ("StartProcess", EXEC),
    ("ForkExec", EXEC),
    ("Exec", EXEC),
    ("Lookup", EXEC),
    ("Open", EXEC),
    ("Pointer", UNSAFE),
    ("UnsafePointer", UNSAFE),
    ("UnsafeAddr", UNSAFE),
    ("NewAt", UNSAFE),
    ("SliceHeader", UNSAFE),
    ("StringHeader", UNSAFE),
    ("UserAgent", SENSE),
    ("Interfaces", SENSE),
    ("InterfaceAddrs", SENSE),
    ("Environ", SENSE),
];

/// Beginnings of names.
const BEGINNINGS: &[(&str, u32)] = &[
    ("Print", PRINT | LEVEL),
    ("Fprint", WRITE),
    ("Fatal", PRINT | LEVEL),
    ("Panic", PRINT | LEVEL),
    ("Write", WRITE),
    ("Copy", WRITE),
    ("Execute", WRITE),
    ("Trace", LEVEL),
    ("Debug", LEVEL),
    ("Info", LEVEL),
    ("Warn", LEVEL),
    ("Error", LEVEL),
    ("Log", LEVEL),
    ("Exit", LEVEL),
    ("Crit", LEVEL),
    ("Listen", LISTEN | TLS),
    ("Run", LISTEN),
    ("Start", LISTEN),
    ("Dial", TLS),
    ("QUIC", TLS),
    ("Serve", TLS | LISTEN),
    ("Syscall", SECCOMP),
    ("RawSyscall", SECCOMP),
    ("AllThreadsSyscall", SECCOMP),
    ("Slice", UNSAFE),
    ("String", UNSAFE),
];

struct Row {
    word: &'static [u8],
    whole: bool,
    marks: u32,
}

/// Rows by their first byte: most names of a program meet one or two of them.
static ROWS: LazyLock<Vec<Vec<Row>>> = LazyLock::new(|| {
    let mut rows: Vec<Vec<Row>> = (0..256).map(|_| Vec::new()).collect();
    let whole = NAMES.iter().map(|(word, marks)| Row { word: word.as_bytes(), whole: true, marks: *marks });
    let begun = BEGINNINGS.iter().map(|(word, marks)| Row { word: word.as_bytes(), whole: false, marks: *marks });
    whole.chain(begun).for_each(|row| rows[usize::from(row.word[0])].push(row));
    rows
});

/// What a name is sought for.
#[inline]
pub(crate) fn marks(name: &[u8]) -> u32 {
    match begins(name) {
        Some(place) if MAY_BE[place] => of_rows(name),
        _ => 0,
    }
}

#[inline(never)]
fn of_rows(name: &[u8]) -> u32 {
    let fits = |row: &&Row| if row.whole { row.word == name } else { name.starts_with(row.word) };
    ROWS[usize::from(name[0])].iter().filter(fits).fold(0, |all, row| all | row.marks)
}

/// A number of a name's first three bytes; none has fewer.
#[inline]
const fn begins(name: &[u8]) -> Option<usize> {
    match name {
        [a, b, c, ..] => Some((*a as usize ^ (*b as usize) << 3 ^ (*c as usize) << 6) % PLACES),
        _ => None,
    }
}

const PLACES: usize = 2048;

/// Whether any word begins with bytes of that number.
static MAY_BE: [bool; PLACES] = {
    let mut may_be = [false; PLACES];
    let mut at = 0;
    while at < NAMES.len() + BEGINNINGS.len() {
        let word = if at < NAMES.len() { NAMES[at].0 } else { BEGINNINGS[at - NAMES.len()].0 };
        may_be[begins(word.as_bytes()).expect("no word is shorter")] = true;
        at += 1;
    }
    may_be
};

/// Words that a file's text holds, whatever they stand in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mentions(u32);

/// What speaks to another checker.
pub(crate) const SUPPRESSION: Mentions = Mentions(1);
/// Directives behind the imports that matter in files that no build takes, too.
pub(crate) const DIRECTIVE: Mentions = Mentions(1 << 1);
/// What tells a tracer or a probe from anyone else.
pub(crate) const SENSING: Mentions = Mentions(1 << 2);

const WORDS: &[(&str, Mentions)] = &[
    ("nolint", SUPPRESSION),
    ("#nosec", SUPPRESSION),
    ("nosem", SUPPRESSION),
    ("NOSONAR", SUPPRESSION),
    ("lint:", SUPPRESSION),
    ("revive:", SUPPRESSION),
    ("gitleaks:allow", SUPPRESSION),
    ("trivy:ignore", SUPPRESSION),
    ("tfsec:ignore", SUPPRESSION),
    ("checkov:skip", SUPPRESSION),
    ("codeql[", SUPPRESSION),
    ("lgtm[", SUPPRESSION),
    ("skipcq", SUPPRESSION),
    ("nosast", SUPPRESSION),
    ("go:cgo_", DIRECTIVE),
    ("go:linkname", DIRECTIVE),
    ("TracerPid", SENSING),
    ("User-Agent", SENSING),
    ("user-agent", SENSING),
];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = WORDS.iter().map(|(word, _)| word.as_bytes());
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words).ok()
});

impl Mentions {
    pub fn of(text: &[u8]) -> Mentions {
        // Without the finder everything is looked at.
        let Some(finder) = &*FINDER else { return Mentions(u32::MAX) };
        let mut out = Mentions::default();
        // Words that overlap say the same: none hides another.
        for found in finder.find_iter(text) {
            out.0 |= WORDS[found.pattern().as_usize()].1.0;
        }
        out
    }

    /// Where a text mentions something, in order.
    pub fn places(text: &[u8], mention: Mentions) -> Option<impl Iterator<Item = usize>> {
        let finder = FINDER.as_ref()?;
        let is = move |found: &aho_corasick::Match| WORDS[found.pattern().as_usize()].1.has(mention);
        Some(finder.find_iter(text).filter(is).map(|found| found.start()))
    }

    pub fn has(self, mention: Mentions) -> bool {
        self.0 & mention.0 == mention.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sought_whole_or_by_their_beginning() {
        for (name, expected) in [
            ("println", BUILT_IN_PRINT),
            ("printlns", 0),
            ("Println", PRINT | LEVEL),
            ("ListenAndServe", LISTEN | TLS | SERVES),
            ("Config", TLS),
            ("Configs", 0),
            ("x", 0),
            ("", 0),
        ] {
            assert_eq!(marks(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn words_of_a_text_are_noted_wherever_they_stand() {
        let of = |text: &str| Mentions::of(text.as_bytes());
        assert!(of("x // nolint:all").has(SUPPRESSION) && !of("no lint").has(SUPPRESSION));
        assert!(of("//go:linkname a b").has(DIRECTIVE) && of("\"TracerPid:\"").has(SENSING));
    }
}
