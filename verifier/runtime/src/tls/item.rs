//! From answers to recorded facts: one item of `endpoint.tls`.

use super::canary::Canary;
use super::certificate::{Summary, summary};
use super::collect::names_of;
use super::full::{Client, Failed, FirstRead, Full, Manner, Trust};
use super::hello::ALPN;
use super::interview::{Tried, Versions, groups_below, groups13, suites, versions};
use super::line::{Clear, Line};
use super::numbers::suite_name;
use super::quic::QuicLine;
use super::scene::Declared;
use crate::tls::answer::Answer;
use assize_facts::kinds::endpoint::{ClientAuth, NameKind, Speech, Tls};
use assize_facts::{Known, Reason, TlsGroup, TlsVersion, reason};
use std::net::SocketAddr;
use std::time::Duration;

/// Where a listener is and what the contract says about it.
#[derive(Clone)]
pub(crate) struct Place {
    pub endpoint: Option<String>,
    pub listener: SocketAddr,
    pub address: SocketAddr,
    pub udp: bool,
    pub allowed: Option<String>,
}

/// What is the same for every name at one address.
pub(crate) struct Asked<'a> {
    pub line: &'a Line<'a>,
    pub canary: &'a Canary,
    pub place: Place,
    pub clear: Clear,
    /// Whether a client without TLS is served.
    pub plain: Known<bool>,
    pub rounds: u32,
}

/// How long the first application read may take; a server that speaks first or answers HTTP is quicker.
const FIRST_READ: Duration = Duration::from_millis(500);

/// Asks under one name. Also returns the names of the certificate that was shown.
pub(crate) fn of_tcp(
    asked: &Asked,
    kind: NameKind,
    name: Option<&str>,
    elsewhere: Option<&str>,
    credentials: Option<&Declared>,
) -> (Tls, Vec<String>) {
    let found = versions(asked.line, name, elsewhere, asked.canary, asked.rounds);
    let mut fact = blank(&asked.place, kind, name);
    fact.upgrade = asked.line.upgrade.map(|u| u.name().to_string());
    fact.answers_plain = asked.plain.clone();
    fact.plain_answer = asked.clear.shown();
    fact.speaks = speech(&found, &asked.clear, elsewhere.is_some());
    fact.lowest_accepted = lowest(&found);
    fact.accepted = found.accepted.keys().copied().collect();
    fact.refused = found.refused.clone();
    fact.undetermined = found.open.iter().map(|(v, why)| format!("{}: {why}", v.name())).collect();
    fact.control_ok = Known::Value(found.steady && found.refused.iter().all(|v| asked.canary.doubt(*v).is_none()));
    fact.answers = found.said.clone();
    let below = found.accepted.iter().rfind(|(v, _)| **v < TlsVersion::Tls13);
    fact.secure_renegotiation = below.map(|(_, chosen)| chosen.secure_renegotiation);
    let mut names = Vec::new();
    if !found.accepted.is_empty() {
        fact.accepted_groups = groups(asked, name, &found, elsewhere.is_none());
        fact.suites = suites_of(asked, name, &found);
        names = handshakes(asked, name, &found, credentials, &mut fact);
    }
    (fact, names)
}

/// A UDP socket: QUIC, or something that carries no TLS that could be seen.
pub(crate) fn of_udp(line: &QuicLine, place: Place, kind: NameKind, name: Option<&str>) -> Tls {
    let quic = line.greet(name);
    let mut fact = blank(&place, kind, name);
    fact.answers = quic.said();
    fact.plain_answer = String::new();
    fact.answers_plain = Known::Value(false);
    match (&quic.initial, quic.speaks()) {
        (initial, true) => {
            fact.speaks = Known::Value(Speech::Quic);
            // QUIC carries TLS 1.3 or newer and nothing else (RFC 9001 §4.2).
            fact.lowest_accepted = Known::Value(TlsVersion::Tls13);
            fact.accepted = vec![TlsVersion::Tls13];
            fact.control_ok = Known::Value(true);
            if initial.negotiated().is_some() {
                fact.accepted_groups = known_groups(groups13(line, name, true));
                fact.suites = known_suites(suites(line, name, TlsVersion::Tls13));
            }
        }
        // It answers QUIC's version negotiation and no Initial: what it would negotiate was not seen.
        (_, false) if quic.versions.is_some() => {
            fact.speaks = Known::Unknown(reason!("quic-initial-unanswered"));
        }
        _ => fact.speaks = Known::Value(Speech::Udp),
    }
    fact
}

fn blank(place: &Place, kind: NameKind, name: Option<&str>) -> Tls {
    let none = || reason!("nothing-negotiated");
    Tls {
        endpoint: place.endpoint.clone(),
        declared: place.endpoint.is_some(),
        listener: place.listener.to_string(),
        address: place.address.to_string(),
        port: place.address.port().into(),
        transport: if place.udp { "udp" } else { "tcp" }.into(),
        family: if place.address.is_ipv4() { "ipv4" } else { "ipv6" }.into(),
        // The unlisted name differs from run to run and means nothing.
        server_name: name.filter(|_| kind != NameKind::Unlisted).map(str::to_string),
        name_kind: kind,
        speaks: Known::Unknown(none()),
        upgrade: None,
        answers_plain: Known::Unknown(none()),
        plain_answer: String::new(),
        allowed: place.allowed.clone(),
        lowest_accepted: Known::Unknown(none()),
        accepted: vec![],
        refused: vec![],
        undetermined: vec![],
        control_ok: Known::Unknown(none()),
        answers: vec![],
        accepted_groups: Known::Unknown(none()),
        suites: Known::Unknown(none()),
        alpn: vec![],
        completed: Known::Unknown(none()),
        client_auth: Known::Unknown(none()),
        resumption: Known::Unknown(none()),
        secure_renegotiation: None,
        certificate_subject: Known::Unknown(none()),
        certificate_issuer: Known::Unknown(none()),
        certificate_names: Known::Unknown(none()),
        certificate_not_before: Known::Unknown(none()),
        certificate_not_after: Known::Unknown(none()),
        certificate_key: Known::Unknown(none()),
        certificate_signature: Known::Unknown(none()),
        certificate_sha256: Known::Unknown(none()),
        chain_length: Known::Unknown(none()),
        trusted: Known::Unknown(none()),
    }
}

/// What is spoken. A name is refused only where the listener negotiates under another one and answered *every* version of this one
/// with `unrecognized_name`, or every version below 1.3 with `protocol_version`.
fn speech(found: &Versions, clear: &Clear, elsewhere: bool) -> Known<Speech> {
    if !found.accepted.is_empty() {
        return Known::Value(Speech::Tls);
    }
    let below = TlsVersion::ALL.iter().filter(|v| **v < TlsVersion::Tls13);
    if elsewhere && (found.name_refused || below.clone().all(|v| found.refused.contains(v))) {
        return Known::Value(Speech::RefusesName);
    }
    match (clear, &found.first) {
        (Clear::Http(_), _) => Known::Value(Speech::Http),
        (Clear::H2c, _) => Known::Value(Speech::H2c),
        (Clear::Other(_), _) => Known::Value(Speech::Other),
        (_, Some(Answer::Http(_))) => Known::Value(Speech::Http),
        (_, Some(Answer::Other(_))) => Known::Value(Speech::Other),
        (_, first) => {
            let answer = first.as_ref().map_or_else(|| "nothing".to_string(), Answer::shown);
            Known::Unknown(reason!("listener-unclear", answer = answer))
        }
    }
}

/// The lowest version: known where everything below it is refused. What is open below TLS 1.2 next to an accepted TLS 1.2 leaves several possible ones.
fn lowest(found: &Versions) -> Known<TlsVersion> {
    let Some(lowest) = found.accepted.keys().next().copied() else {
        return Known::Unknown(reason!("nothing-negotiated"));
    };
    let open: Vec<(&TlsVersion, &String)> = found.open.iter().filter(|(v, _)| **v < lowest).collect();
    match open.last() {
        None => Known::Value(lowest),
        Some((version, answer)) if lowest == TlsVersion::Tls13 => {
            Known::Unknown(reason!("version-undetermined", version = version.name(), answer = answer))
        }
        Some(_) => Known::Possible(open.iter().map(|(v, _)| **v).chain([lowest]).collect()),
    }
}

/// One by one under the first name that negotiates; the others are mostly answered alike.
fn groups(asked: &Asked, name: Option<&str>, found: &Versions, first: bool) -> Known<Vec<TlsGroup>> {
    let mut all = Tried::default();
    if found.has(TlsVersion::Tls13) {
        all = groups13(asked.line, name, first);
    }
    if let Some(version) = found.accepted.keys().rfind(|v| **v < TlsVersion::Tls13) {
        let below = groups_below(asked.line, name, *version);
        all.accepted.extend(below.accepted.into_iter().filter(|g| !all.accepted.contains(g)).collect::<Vec<_>>());
        all.open.extend(below.open);
    }
    known_groups(all)
}

fn known_groups(tried: Tried<String>) -> Known<Vec<TlsGroup>> {
    match tried.open.first() {
        None => Known::Value(tried.accepted.into_iter().map(TlsGroup).collect()),
        Some(open) => Known::Unknown(reason!("groups-undetermined", answer = open, taken = tried.accepted.join(", "))),
    }
}

fn suites_of(asked: &Asked, name: Option<&str>, found: &Versions) -> Known<Vec<String>> {
    let mut all = Tried::default();
    for version in found.accepted.keys().rev() {
        let more = suites(asked.line, name, *version);
        all.accepted.extend(more.accepted.into_iter().filter(|s| !all.accepted.contains(s)).collect::<Vec<_>>());
        all.open.extend(more.open);
    }
    known_suites(all)
}

fn known_suites(tried: Tried<u16>) -> Known<Vec<String>> {
    match tried.open.first() {
        None => Known::Value(tried.accepted.into_iter().map(suite_name).collect()),
        Some(open) => Known::Unknown(reason!("suites-undetermined", answer = open)),
    }
}

/// Whole handshakes: certificate, application protocols, client certificates, resumption. Returns the certificate's names.
fn handshakes(
    asked: &Asked,
    name: Option<&str>,
    found: &Versions,
    credentials: Option<&Declared>,
    fact: &mut Tls,
) -> Vec<String> {
    let version = match (found.has(TlsVersion::Tls13), found.has(TlsVersion::Tls12)) {
        (true, _) => TlsVersion::Tls13,
        (false, true) => TlsVersion::Tls12,
        (false, false) => {
            fact.completed =
                Known::Unknown(reason!("handshake-incomplete", answer = "no version that a library speaks"));
            return vec![];
        }
    };
    let roots = credentials.and_then(|d| d.ca.as_deref());
    let key = credentials.and_then(|d| d.client.as_ref()).map(|(chain, key)| (&chain[..], &key[..]));
    let manner = Manner { version, server_name: name, alpn: &ALPN, roots, client: key };
    let client = Client::new(&manner).map_err(Failed::Other);
    let first = client.as_ref().map_err(Clone::clone).and_then(|c| shake(asked.line, c, Some(FIRST_READ)));
    let full = match &first {
        Ok(full) => full,
        Err(failed) => {
            fact.completed = Known::Unknown(reason!("handshake-incomplete", answer = failed.shown()));
            return vec![];
        }
    };
    certificate(full, fact);
    fact.trusted = match &full.trust {
        Trust::Trusted => Known::Value(true),
        Trust::Refused(_) => Known::Value(false),
        Trust::NotAsked => Known::Unknown(reason!("trust-not-asked")),
    };
    fact.completed = completed(full, key.is_some());
    fact.client_auth = client_auth(asked, &manner, full);
    fact.alpn = protocols(asked, &manner, full);
    let again = client.map(|c| shake(asked.line, &c, None));
    fact.resumption = match again {
        Ok(Ok(second)) => Known::Value(second.resumed),
        _ => Known::Unknown(reason!("handshake-incomplete", answer = "the second handshake failed")),
    };
    names_of(&full.chain)
}

fn shake(line: &Line, client: &Client, read: Option<Duration>) -> Result<Full, Failed> {
    let mut stream = line.open().map_err(|answer| Failed::Other(answer.shown()))?;
    client.shake(&mut stream, read)
}

/// With client certificates a handshake counts after the first application read: before it, the client only believes that it is done.
fn completed(full: &Full, have_key: bool) -> Known<bool> {
    match (full.client_asked, &full.first_read) {
        (false, _) | (true, FirstRead::Data) => Known::Value(true),
        (true, FirstRead::Alert(number)) if have_key => {
            Known::Unknown(reason!("client-certificate-refused", alert = super::numbers::alert_name(*number)))
        }
        (true, _) if !have_key => Known::Unknown(reason!("client-certificate-needed")),
        (true, _) => Known::Unknown(reason!("first-read-missing")),
    }
}

fn client_auth(asked: &Asked, manner: &Manner, full: &Full) -> Known<ClientAuth> {
    if !full.client_asked {
        return Known::Value(ClientAuth::Never);
    }
    // Asked again without a certificate: only then it shows whether one is required.
    let without = Manner { client: None, ..*manner };
    let anonymous = match manner.client {
        None => Ok(full.clone()),
        Some(_) => Client::new(&without).map_err(Failed::Other).and_then(|c| shake(asked.line, &c, Some(FIRST_READ))),
    };
    match anonymous {
        Ok(Full { first_read: FirstRead::Data, .. }) => Known::Value(ClientAuth::Requested),
        Ok(Full { first_read: FirstRead::Alert(_), .. }) | Err(Failed::Alert(_)) => Known::Value(ClientAuth::Required),
        _ => Known::Unknown(reason!("first-read-missing")),
    }
}

/// The protocol that was chosen of both, and whether the other is taken alone.
fn protocols(asked: &Asked, manner: &Manner, full: &Full) -> Vec<String> {
    let mut taken: Vec<String> = full.alpn.iter().cloned().collect();
    for protocol in ALPN.iter().filter(|p| full.alpn.as_deref() != Some(p)) {
        let manner = Manner { alpn: &[protocol], ..*manner };
        let alone = Client::new(&manner).map_err(Failed::Other).and_then(|c| shake(asked.line, &c, None));
        taken.extend(alone.ok().and_then(|f| f.alpn));
    }
    taken.sort();
    taken
}

fn certificate(full: &Full, fact: &mut Tls) {
    fact.chain_length = Known::Value(full.chain.len() as u64);
    let unreadable = |detail: String| reason!("certificate-unreadable", detail = detail);
    match full.chain.first().map(|der| summary(der)) {
        Some(Ok(summary)) => written(summary, fact),
        Some(Err(e)) => unwritten(unreadable(e), fact),
        None => unwritten(unreadable("none was sent".into()), fact),
    }
}

fn written(summary: Summary, fact: &mut Tls) {
    fact.certificate_subject = Known::Value(Some(summary.subject));
    fact.certificate_issuer = Known::Value(Some(summary.issuer));
    fact.certificate_names = Known::Value(summary.names);
    fact.certificate_not_before = Known::Value(Some(summary.not_before));
    fact.certificate_not_after = Known::Value(Some(summary.not_after));
    fact.certificate_key = Known::Value(Some(summary.key));
    fact.certificate_signature = Known::Value(Some(summary.signature));
    fact.certificate_sha256 = Known::Value(Some(summary.sha256));
}

fn unwritten(reason: Reason, fact: &mut Tls) {
    fact.certificate_subject = Known::Unknown(reason.clone());
    fact.certificate_issuer = Known::Unknown(reason.clone());
    fact.certificate_names = Known::Unknown(reason.clone());
    fact.certificate_not_before = Known::Unknown(reason.clone());
    fact.certificate_not_after = Known::Unknown(reason.clone());
    fact.certificate_key = Known::Unknown(reason.clone());
    fact.certificate_signature = Known::Unknown(reason.clone());
    fact.certificate_sha256 = Known::Unknown(reason);
}
