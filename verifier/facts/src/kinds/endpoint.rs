//! What the running service answers, and what it logs.

use crate::{Digest, Fact, KindSchema, Known, Millis, Time, TlsGroup, TlsVersion, fact, vocabulary};

vocabulary! {
    /// Which promise a health path makes.
    pub enum HealthRole { Health = "health", Live = "live", Ready = "ready" }
}

vocabulary! {
    /// What a body is, looked at as one JSON object.
    pub enum BodyForm {
        Object = "object",
        Empty = "empty",
        NotJson = "not-json",
        NotAnObject = "not-an-object",
        SeveralValues = "several-values",
        DuplicateField = "duplicate-field",
        TooLong = "too-long",
    }
}

vocabulary! {
    /// What the status field says.
    pub enum HealthWord {
        /// `ok`, `pass`, `up`, `healthy`, true …
        Well = "well",
        /// `fail`, `down`, `unhealthy`, `error`, false …
        Ill = "ill",
        /// Another word.
        Other = "other",
        Absent = "absent",
    }
}

vocabulary! {
    /// How an instant is written.
    pub enum TimeForm {
        /// RFC 3339 with `Z`.
        Zulu = "z",
        /// RFC 3339 with a zero offset.
        Zero = "zero-offset",
        /// RFC 3339 with another offset.
        Offset = "other-offset",
        /// Anything else.
        Other = "other",
        Absent = "absent",
    }
}

vocabulary! {
    /// How HEAD is answered.
    pub enum HeadAnswer { AsGet = "as-get", Refused = "refused-405", Other = "other" }
}

fact! {
    /// What one health path of one endpoint answered while everything was well, over several calls with different user agents.
    pub struct Health = "endpoint.health", layers [Runtime], counts "health-paths", with ["health_path", "live_path", "ready_path", "fields"] {
        /// Name of the endpoint.
        endpoint: String,
        /// The path.
        path: String,
        /// Which of the three promises it makes.
        role: HealthRole,
        /// Calls made.
        calls: u64,
        /// Calls that no complete HTTP answer came to (each had five seconds).
        unanswered: u64,
        /// What the first of those met: `timeout`, `refused`, `cut`, `malformed` …; null where all were answered.
        failure: Option<String>,
        /// Status codes seen, ascending.
        statuses: Vec<u64>,
        /// Media type of the answers without parameters, in small letters; null where none was sent, `several` where they differ.
        media_type: Option<String>,
        /// What the bodies were; the worst where they differ.
        body: BodyForm,
        /// Agreed fields that a body lacked.
        missing: Vec<String>,
        /// The status field of the last answer, null where there is none.
        status_text: Option<String>,
        /// What the status field said; the worst of all answers with a 2xx status.
        status_word: HealthWord,
        /// The version field of the last answer, null where there is none.
        version: Option<String>,
        /// Whether every answer named the delivered version (one leading `v` apart).
        version_matches: Known<bool>,
        /// The timestamp of the last answer, null where there is none.
        timestamp: Option<String>,
        /// How timestamps were written; the worst where they differ.
        timestamp_form: TimeForm,
        /// Furthest that a timestamp lay outside the time between sending the request and receiving the answer.
        timestamp_skew: Known<Millis>,
        /// Whether timestamps two seconds apart differ.
        timestamp_advances: Known<bool>,
        /// Whether a later answer ever bore an earlier timestamp.
        timestamp_decreases: Known<bool>,
        /// Declared dependencies that `?verbose=true` does not list with a state.
        verbose_missing: Known<Vec<String>>,
        /// How HEAD was answered.
        head: Known<HeadAnswer>,
        /// Methods that answered 2xx with a health body though they ask for something else.
        other_methods: Known<Vec<String>>,
        /// Dependencies that the run declares.
        declared_dependencies: u64,
        /// Connections that the service tried to open by itself, counted by the kernel of its network namespace less the tool's own.
        outgoing_attempts: Known<u64>,
    }
}

vocabulary! {
    /// How a dependency was made to fail.
    pub enum FaultKind {
        /// Connections reset and refused.
        Cut = "cut",
        /// Connections taken, nothing answered.
        BlackHole = "black-hole",
        /// Every answer later than the agreed time.
        Slow = "slow",
    }
}

fact! {
    /// How one endpoint's health paths answered while one dependency failed in one way.
    pub struct HealthUnderFault = "endpoint.health_under_fault", layers [Runtime], counts "injected-faults", with ["live_path", "ready_path", "fail_within", "recover_within"] {
        /// Name of the endpoint.
        endpoint: String,
        /// Name of the dependency.
        dependency: String,
        /// Whether losing it must unready the service.
        required: bool,
        /// How it failed.
        fault: FaultKind,
        /// Status of the readiness path before the fault; null where no answer came.
        ready_before: Option<u64>,
        /// Status of the liveness path before the fault; null where no answer came.
        live_before: Option<u64>,
        /// Connections of the service that the dependency's stand-in had taken before the fault.
        connections_before: u64,
        /// Bytes that the stand-in and the service had exchanged before the fault.
        bytes_before: u64,
        /// From the fault to the first 503 of the readiness path; null where it never came.
        unready_after: Known<Option<Millis>>,
        /// Whether every later answer was 503 until the fault was lifted.
        held: Known<bool>,
        /// Outcomes of the readiness path during the fault: status codes, `timeout`, `refused`, `cut` …, ascending.
        ready_outcomes: Vec<String>,
        /// Answers of the readiness path during the fault.
        ready_samples: u64,
        /// Whether every one of them was 200.
        stayed_ready: Known<bool>,
        /// Calls of the liveness path during the fault.
        live_samples: u64,
        /// Of those, how many were not answered 200.
        live_failures: u64,
        /// Outcomes of the liveness path during the fault, ascending.
        live_outcomes: Vec<String>,
        /// Slowest answer of the liveness path.
        live_slowest: Known<Millis>,
        /// From the end of the fault to the first 200 of the readiness path that stayed; null where it never came.
        recovered_after: Known<Option<Millis>>,
        /// Whether `?verbose=true` of the readiness path showed another state of the dependency than before the fault; null where it shows none.
        state_changed: Known<Option<bool>>,
    }
}

vocabulary! {
    /// What became of the trace identifier that a request carried.
    pub enum TraceFate {
        /// A record carries it.
        Kept = "kept",
        /// Records were written at the time, with other identifiers only, each time that it was tried.
        Replaced = "replaced",
        /// No record of the time carries any.
        Absent = "absent",
    }
}

fact! {
    /// One declared request, as it was made with a trace of its own.
    pub struct Requests = "endpoint.requests", layers [Runtime], counts "requests", with ["trace_key"] {
        /// Its name.
        request: String,
        /// Name of the endpoint.
        endpoint: String,
        /// The method.
        method: String,
        /// The path.
        path: String,
        /// Its roles.
        roles: Vec<String>,
        /// The declared status.
        expected: u64,
        /// The status of the last answer; null where none came.
        status: Option<u64>,
        /// Whether every try was answered with the declared status.
        as_declared: bool,
        /// What the first unanswered try met, else null.
        failure: Option<String>,
        /// Longest time that a try took.
        took: Millis,
        /// What became of its trace identifier in the log.
        trace: Known<TraceFate>,
    }
}

vocabulary! {
    /// The first thing by which a line differs from the agreed form.
    pub enum LineProblem {
        None = "none",
        /// A crash dump of the Go runtime: one item for all its lines.
        Crash = "crash",
        /// Plain text that net/http itself writes (`http: TLS handshake error from …`).
        HttpErrorLog = "http-error-log",
        /// Plain text with the standard logger's date and time before it.
        StandardLogger = "standard-logger",
        /// Other text that is no JSON.
        PlainText = "plain-text",
        Blank = "blank",
        NotUtf8 = "not-utf8",
        ByteOrderMark = "byte-order-mark",
        /// JSON, but no object.
        NotAnObject = "not-an-object",
        SeveralRecords = "several-records",
        /// An object with other text behind it.
        Trailing = "trailing-text",
        /// An object that ends on a later line: one item for all its lines.
        MultiLine = "multi-line-record",
        /// An object that never ends.
        Unfinished = "unfinished-record",
        /// A judged key stands twice.
        DuplicateKey = "duplicate-key",
        MissingKey = "missing-key",
        /// The level is none of the agreed ones.
        Level = "level",
        /// The time is not written in the agreed format.
        TimeForm = "time-form",
        /// The time has another offset than UTC's.
        TimeZone = "time-zone",
        /// The time lies too far after the moment at which the line was received.
        TimeAhead = "time-ahead",
        /// The time lies too far before the moment at which the line was received.
        TimeBehind = "time-behind",
        /// The service key has another value.
        Service = "service",
        /// The trace identifier does not have the agreed form.
        TraceForm = "trace-form",
    }
}

fact! {
    /// One line that the service wrote, on any stream or into its log file, from its start to its end.
    pub struct Lines = "log.lines", layers [Runtime], counts "log-lines", with ["time_key", "time_format", "levels", "service", "also_required", "trace_key", "trace_pattern", "max_skew", "max_delay"] {
        /// `stdout`, `stderr`, or the path of a log file.
        stream: String,
        /// 1-based number of the (first) line in its stream.
        number: u64,
        /// Lines that the item stands for: more than one of a crash dump and of a record that goes over several lines.
        lines: u64,
        /// What the run was doing when it was received: `start`, `requests`, `faults`, `reload`, `stop` …
        phase: String,
        /// The first thing by which it differs from the agreed form.
        problem: Known<LineProblem>,
        /// Running number of the lines that differ, in the order of the items; 0 of a line in the agreed form.
        problem_number: Known<u64>,
        /// Agreed keys that it lacks.
        missing: Vec<String>,
        /// The level as written, null where there is none or it is no text.
        level: Option<String>,
        /// The time as written, null where there is none.
        time: Option<String>,
        /// The time less the moment of receipt; null where either is not known.
        skew: Option<Millis>,
        /// The service as written, null where there is none or it is no text.
        service: Option<String>,
        /// The trace identifier as written, null where there is none.
        trace_id: Option<String>,
        /// The beginning of a line that differs, without secrets; empty of a line in the agreed form.
        excerpt: String,
    }
}

vocabulary! {
    /// What a listener turned out to speak.
    pub enum Speech {
        /// TLS over TCP, at once or after an upgrade.
        Tls = "tls",
        /// TLS, but every version was refused or none negotiated under this name, while it negotiates under another.
        RefusesName = "refuses-name",
        /// TLS 1.3 inside QUIC.
        Quic = "quic",
        /// HTTP in clear.
        Http = "http",
        /// HTTP/2 in clear, as gRPC without TLS.
        H2c = "h2c",
        /// Another protocol in clear.
        Other = "other",
        /// A UDP socket that does not answer QUIC.
        Udp = "udp",
    }
}

vocabulary! {
    /// Under which kind of name a listener was asked.
    pub enum NameKind {
        /// No server name at all.
        Nameless = "none",
        /// Declared, or the host of a declared endpoint.
        Declared = "declared",
        /// A name of its certificate.
        Certificate = "certificate",
        /// A plausible name that is written nowhere.
        Unlisted = "unlisted",
    }
}

vocabulary! {
    /// Whether a client's certificate is asked for.
    pub enum ClientAuth { Never = "never", Requested = "requested", Required = "required" }
}

fact! {
    /// One open listener, asked at one address under one name: every protocol version, group and suite, by real handshakes.
    pub struct Tls = "endpoint.tls", layers [Runtime], counts "open-listeners", with ["allow_plain", "allow_udp"] {
        /// Name of the declared endpoint on it; null where nothing declares it.
        endpoint: Option<String>,
        /// Whether an endpoint declares it.
        declared: bool,
        /// The address as bound, `[::]:8443`.
        listener: String,
        /// The address that was dialled.
        address: String,
        /// Port number.
        port: u64,
        /// `tcp` or `udp`.
        transport: String,
        /// `ipv4` or `ipv6`.
        family: String,
        /// The server name sent; null where none was.
        server_name: Option<String>,
        /// What kind of name that is.
        name_kind: NameKind,
        /// What it speaks.
        speaks: Known<Speech>,
        /// The protocol whose upgrade leads to TLS (`postgres`, `nats`); null where TLS begins at once.
        upgrade: Option<String>,
        /// Whether a client that does not speak TLS was answered with more than a complaint about that.
        answers_plain: Known<bool>,
        /// What such a client got.
        plain_answer: String,
        /// The contract's reason for allowing it to go without TLS; null where the contract does not.
        allowed: Option<String>,
        /// The lowest version that it does not refuse: negotiated, or, where it negotiates only under other names, the lowest above those refused.
        lowest_accepted: Known<TlsVersion>,
        /// Versions negotiated.
        accepted: Vec<TlsVersion>,
        /// Versions refused with `protocol_version` in every way of asking, between successful controls, and that the prober's own server speaks.
        refused: Vec<TlsVersion>,
        /// Versions of which neither is known, with the answer: `1.0: closed`.
        undetermined: Vec<String>,
        /// Whether the prober's own servers and every control handshake around the questions succeeded.
        control_ok: Known<bool>,
        /// Every question about versions and its answer, in order.
        answers: Vec<String>,
        /// Key exchange groups that it takes; below TLS 1.3 also `DHE` and `no-group` (RSA, pre-shared or no key exchange).
        accepted_groups: Known<Vec<TlsGroup>>,
        /// Suites that it takes, its preferred one first.
        suites: Known<Vec<String>>,
        /// Application protocols that it agreed to of those offered (`h2`, `http/1.1`).
        alpn: Vec<String>,
        /// Whether a whole handshake succeeded and, where client certificates are asked for, something could be read after it.
        completed: Known<bool>,
        /// Whether it asks for a client's certificate.
        client_auth: Known<ClientAuth>,
        /// Whether a session was resumed.
        resumption: Known<bool>,
        /// Below TLS 1.3: whether secure renegotiation is confirmed; null where nothing below is accepted.
        secure_renegotiation: Option<bool>,
        /// Subject of its certificate.
        certificate_subject: Known<Option<String>>,
        /// Issuer of its certificate.
        certificate_issuer: Known<Option<String>>,
        /// Alternative names of its certificate, at most 100.
        certificate_names: Known<Vec<String>>,
        /// Beginning of its validity.
        certificate_not_before: Known<Option<Time>>,
        /// End of its validity.
        certificate_not_after: Known<Option<Time>>,
        /// Kind and size of its key, as in `RSA 2048`.
        certificate_key: Known<Option<String>>,
        /// Algorithm of its signature.
        certificate_signature: Known<Option<String>>,
        /// SHA-256 of the certificate.
        certificate_sha256: Known<Option<Digest>>,
        /// Certificates sent.
        chain_length: Known<u64>,
        /// Whether the chain leads to the declared authority for the name asked, now.
        trusted: Known<bool>,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![Health::schema(), HealthUnderFault::schema(), Lines::schema(), Requests::schema(), Tls::schema()]
}
