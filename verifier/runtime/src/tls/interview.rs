//! The questions about one address under one name: versions with their controls, groups, suites.

use super::answer::{Answer, Chosen};
use super::canary::Canary;
use super::full::{Client, Failed, Manner};
use super::hello::Hello;
use super::line::Line;
use super::numbers::{
    GROUPS, HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, INSUFFICIENT_SECURITY, KeyExchange, PROTOCOL_VERSION, SUITES_13,
    UNRECOGNIZED_NAME, group_name, key_exchange, suites_below_13,
};
use assize_facts::TlsVersion;
use std::collections::BTreeMap;

/// What is known about the versions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Versions {
    /// Negotiated in at least one way of asking.
    pub accepted: BTreeMap<TlsVersion, Chosen>,
    /// Refused with `protocol_version` in every way of asking, each time between two successful controls, and the canary speaks it.
    pub refused: Vec<TlsVersion>,
    /// Neither, with what was answered or what was missing.
    pub open: BTreeMap<TlsVersion, String>,
    /// Every question and answer, in order.
    pub said: Vec<String>,
    /// Whether every control handshake succeeded.
    pub steady: bool,
    /// All answers were `unrecognized_name`.
    pub name_refused: bool,
    /// What the first question brought.
    pub first: Option<Answer>,
}

/// Something that answers a ClientHello.
pub(crate) trait Asker {
    fn ask(&self, hello: &Hello) -> Answer;
}

impl Asker for Line<'_> {
    fn ask(&self, hello: &Hello) -> Answer {
        Line::ask(self, hello)
    }
}

/// One way of asking for a version.
enum Way {
    Hello(&'static str, Hello),
    /// A library's own handshake, as its users make it.
    Library,
}

impl Way {
    fn all(version: TlsVersion, name: Option<&str>) -> Vec<Way> {
        let broad = Way::Hello("broad", Hello::broad(version, name));
        let modest = Way::Hello("modest", Hello::modest(version, name));
        match version {
            TlsVersion::Ssl30 => vec![broad],
            TlsVersion::Tls10 | TlsVersion::Tls11 => vec![broad, modest],
            TlsVersion::Tls12 => vec![broad, modest, Way::Library],
            TlsVersion::Tls13 => vec![Way::Hello("broad", Hello::tls13(name))],
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Way::Hello(title, _) => title,
            Way::Library => "library",
        }
    }

    fn ask(&self, line: &Line, name: Option<&str>) -> Answer {
        match self {
            Way::Hello(_, hello) => line.ask(hello),
            Way::Library => library(line, name),
        }
    }
}

/// A TLS 1.2 handshake by rustls. What goes wrong after its ServerHello does not unmake the negotiation, and own bytes have asked too.
fn library(line: &Line, name: Option<&str>) -> Answer {
    let manner =
        Manner { version: TlsVersion::Tls12, server_name: name, alpn: &["http/1.1"], roots: None, client: None };
    let mut stream = match line.open() {
        Ok(stream) => stream,
        Err(answer) => return answer,
    };
    let client = match Client::new(&manner) {
        Ok(client) => client,
        Err(_) => return Answer::Garbled("the library could not be set up"),
    };
    match client.shake(&mut stream, None) {
        Ok(full) => Answer::Negotiated(Chosen {
            version: TlsVersion::Tls12,
            suite: full.suite,
            group: full.group,
            retry: false,
            secure_renegotiation: true,
        }),
        Err(Failed::Alert(number)) => Answer::Alert(number),
        Err(Failed::Closed) => Answer::Closed,
        Err(Failed::Reset) => Answer::Reset,
        Err(Failed::Timeout) => Answer::Timeout,
        Err(Failed::Other(_)) => Answer::Garbled("a handshake that the library gave up"),
    }
}

/// Asks for every version. `elsewhere` is a name under which the listener is known to negotiate: the control where this name gets none.
/// `rounds`: how often each is asked (more than once where several sockets share the address and take turns).
pub(crate) fn versions(
    line: &Line,
    name: Option<&str>,
    elsewhere: Option<&str>,
    canary: &Canary,
    rounds: u32,
) -> Versions {
    let mut all = Versions { steady: true, name_refused: true, ..Versions::default() };
    let newest = all.hear(line, name, TlsVersion::Tls13, &Way::Hello("broad", Hello::tls13(name)));
    all.first = Some(newest.clone());
    if newest.negotiated().is_none() {
        if !newest.is_tls() && !matches!(newest, Answer::Closed | Answer::Reset | Answer::Timeout | Answer::Garbled(_))
        {
            // Another protocol: no version of TLS is worth asking for.
            all.name_refused = false;
            return all;
        }
        all.hear(line, name, TlsVersion::Tls12, &Way::Hello("broad", Hello::broad(TlsVersion::Tls12, name)));
        if all.accepted.is_empty() && matches!(newest, Answer::Closed | Answer::Reset) {
            // One lost connection must not make the whole listener unknown; the controls tell whether it goes on like that.
            all.hear(line, name, TlsVersion::Tls13, &Way::Hello("broad", Hello::tls13(name)));
        }
    }
    if all.accepted.is_empty() && matches!(newest, Answer::Timeout) {
        // Silence to both: asking for the older ones would only wait.
        all.name_refused = false;
        all.leave_open(&TlsVersion::ALL, "timeout");
        return all;
    }
    let control = all.control(name, elsewhere);
    let mut before = control.as_ref().is_some_and(|c| line.ask(c).negotiated().is_some());
    for version in TlsVersion::ALL.into_iter().rev() {
        if all.accepted.contains_key(&version) {
            continue;
        }
        let mut doubt = canary.doubt(version);
        for way in (0..rounds).flat_map(|_| Way::all(version, name)) {
            let answer = all.hear(line, name, version, &way);
            let after = control.as_ref().is_some_and(|c| line.ask(c).negotiated().is_some());
            all.steady &= before && after;
            match answer {
                Answer::Alert(number) if all.refuses(version, number) && before && after => {}
                Answer::Alert(number) if all.refuses(version, number) => {
                    doubt = Some("refused, but the control handshakes around it failed".into())
                }
                Answer::Negotiated(_) => {}
                other => doubt = Some(other.shown()),
            }
            before = after;
            if all.accepted.contains_key(&version) {
                break;
            }
        }
        match (all.accepted.contains_key(&version), doubt) {
            (true, _) => {}
            (false, None) => all.refused.push(version),
            (false, Some(doubt)) => all.leave_open(&[version], &doubt),
        }
    }
    all.refused.sort();
    // A server that answers a modest hello with a version it would not take from a broad one has accepted it all the same.
    for version in all.accepted.keys() {
        all.open.remove(version);
        all.refused.retain(|v| v != version);
    }
    all
}

/// Whether a version is negotiated that is not among the known ones. Without controls: what is refused or unclear proves nothing here.
pub(crate) fn takes_another(line: &Line, name: Option<&str>, known: &[TlsVersion]) -> bool {
    let fresh = |answer: Answer| answer.negotiated().is_some_and(|c| !known.contains(&c.version));
    let unknown = TlsVersion::ALL.into_iter().rev().filter(|v| !known.contains(v));
    unknown.flat_map(|version| Way::all(version, name)).any(|way| fresh(way.ask(line, name)))
}

impl Versions {
    fn hear(&mut self, line: &Line, name: Option<&str>, version: TlsVersion, way: &Way) -> Answer {
        let answer = way.ask(line, name);
        self.said.push(format!("{} {}: {}", version.name(), way.title(), answer.shown()));
        self.name_refused &= answer == Answer::Alert(UNRECOGNIZED_NAME);
        if let Some(chosen) = answer.negotiated() {
            self.accepted.entry(chosen.version).or_insert_with(|| chosen.clone());
        }
        answer
    }

    /// Only `protocol_version` refuses. SSL 3.0 has no such alert (RFC 6101 §5.4.2) and OpenSSL says `handshake_failure` in its place:
    /// that counts where TLS 1.0 was refused properly, so that the floor is above both.
    fn refuses(&self, version: TlsVersion, alert: u8) -> bool {
        let old = version == TlsVersion::Ssl30 && self.refused.contains(&TlsVersion::Tls10);
        alert == PROTOCOL_VERSION || (old && alert == HANDSHAKE_FAILURE)
    }

    fn leave_open(&mut self, versions: &[TlsVersion], why: &str) {
        for version in versions {
            self.open.entry(*version).or_insert_with(|| why.to_string());
        }
    }

    /// The handshake that must succeed right before and after each question: the best version of this name, else of the other one.
    fn control(&self, name: Option<&str>, elsewhere: Option<&str>) -> Option<Hello> {
        match self.accepted.keys().next_back() {
            Some(TlsVersion::Tls13) => Some(Hello::tls13(name)),
            Some(older) => Some(Hello::broad(*older, name)),
            None => elsewhere.map(|name| Hello::tls13(Some(name).filter(|n| !n.is_empty()))),
        }
    }

    pub fn has(&self, version: TlsVersion) -> bool {
        self.accepted.contains_key(&version)
    }
}

/// A set that was tried one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tried<T> {
    pub accepted: Vec<T>,
    pub refused: Vec<T>,
    /// Answers that say neither.
    pub open: Vec<String>,
}

/// Whether an alert says "none of these" (RFC 8446 §4.1.1 and §6.2; some servers say `illegal_parameter`).
fn declines(answer: &Answer) -> bool {
    matches!(answer, Answer::Alert(HANDSHAKE_FAILURE | INSUFFICIENT_SECURITY | ILLEGAL_PARAMETER))
}

/// Groups that are asked for one by one; the others of the registry together, until none of them is taken.
const ONE_BY_ONE: usize = 16;

/// Which groups TLS 1.3 takes. `each`: the usual ones are asked for one by one; else all together until none is taken, which takes fewer questions.
pub(crate) fn groups13(line: &dyn Asker, name: Option<&str>, each: bool) -> Tried<String> {
    let numbers: Vec<u16> = GROUPS.iter().map(|(n, _)| *n).collect();
    let (single, rest) = numbers.split_at(if each { ONE_BY_ONE } else { 0 });
    let mut tried = Tried::default();
    for group in single {
        tried.note(&[*group], &line.ask(&Hello::groups13(&[*group], name)));
    }
    let mut rest = rest.to_vec();
    while !rest.is_empty() {
        let answer = line.ask(&Hello::groups13(&rest, name));
        let taken = answer.negotiated().and_then(|c| c.group);
        match taken {
            Some(group) => {
                tried.accepted.push(group_name(group));
                rest.retain(|g| *g != group);
            }
            None => {
                tried.note(&rest, &answer);
                break;
            }
        }
    }
    // "None of these" is only worth something from a server that still negotiates.
    let after = line.ask(&Hello::tls13(name));
    if after.negotiated().is_none() {
        tried.open.push(format!("the control handshake after the groups: {}", after.shown()));
    }
    tried
}

impl Tried<String> {
    fn note(&mut self, groups: &[u16], answer: &Answer) {
        match answer {
            Answer::Negotiated(chosen) => self.accepted.push(chosen.group.map(group_name).unwrap_or_default()),
            refused if declines(refused) => self.refused.extend(groups.iter().map(|g| group_name(*g))),
            other => {
                let names: Vec<String> = groups.iter().take(3).map(|g| group_name(*g)).collect();
                self.open.push(format!("{}: {}", names.join(" "), other.shown()));
            }
        }
    }
}

/// How keys are exchanged below TLS 1.3: the curves, `DHE` for parameters of the server's own, `no-group` for RSA, pre-shared keys and none.
pub(crate) fn groups_below(line: &dyn Asker, name: Option<&str>, version: TlsVersion) -> Tried<String> {
    let of = |kind| suites_below_13().iter().copied().filter(|s| key_exchange(*s) == kind).collect::<Vec<u16>>();
    let mut tried = Tried::default();
    let ecdhe = of(KeyExchange::Ecdhe);
    for (group, title) in GROUPS.iter().filter(|(n, _)| *n < 256) {
        let hello = Hello { groups: vec![*group], suites: ecdhe.clone(), ..Hello::broad(version, name) };
        tried.word(title, &line.ask(&hello));
    }
    for (kind, title) in [(KeyExchange::Dhe, "DHE"), (KeyExchange::NoGroup, "no-group")] {
        tried.word(title, &line.ask(&Hello { suites: of(kind), ..Hello::broad(version, name) }));
    }
    tried
}

impl Tried<String> {
    fn word(&mut self, title: &str, answer: &Answer) {
        match answer {
            Answer::Negotiated(_) => self.accepted.push(title.into()),
            refused if declines(refused) => self.refused.push(title.into()),
            other => self.open.push(format!("{title}: {}", other.shown())),
        }
    }
}

/// Suites are removed from the offer one by one as the server takes them; at most this many.
const MOST_SUITES: usize = 80;

/// Which suites a version takes, in the server's order of preference below TLS 1.3.
pub(crate) fn suites(line: &dyn Asker, name: Option<&str>, version: TlsVersion) -> Tried<u16> {
    let mut tried = Tried::default();
    let mut left: Vec<u16> = match version {
        TlsVersion::Tls13 => SUITES_13.iter().map(|(n, _)| *n).collect(),
        _ => suites_below_13().to_vec(),
    };
    for _ in 0..MOST_SUITES {
        if left.is_empty() {
            return tried;
        }
        let hello = match version {
            TlsVersion::Tls13 => Hello { suites: left.clone(), ..Hello::tls13(name) },
            _ => Hello { suites: left.clone(), ..Hello::broad(version, name) },
        };
        let answer = line.ask(&hello);
        match &answer {
            Answer::Negotiated(chosen) if chosen.version == version => {
                tried.accepted.push(chosen.suite);
                left.retain(|s| *s != chosen.suite);
            }
            refused if declines(refused) => {
                tried.refused = left;
                return tried;
            }
            other => {
                tried.open.push(other.shown());
                return tried;
            }
        }
    }
    tried.open.push(format!("more than {MOST_SUITES} suites"));
    tried
}
