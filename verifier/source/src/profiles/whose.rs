//! Whose container it is: the service's, or another's.

use super::Started;
use super::claims::is_open;
use super::commands::{is_another_server, is_everybodys, is_third_partys};
use super::containers::{Asked, Container};
use super::files::is_aside;
use assize_delivery::Delivery;
use assize_facts::{Known, reason};
use std::collections::BTreeSet;

/// How surely a container is the service's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    /// Its image and its words are others.
    No,
    /// A template or variable decides what it starts.
    Open,
    /// It is called like the service.
    Called,
    /// Its image, or a word that it starts, is called like what was delivered.
    Runs,
}

/// Whether each container is the service's: by what it runs, else by its name, else since there is no other. What takes confinement away from nobody in particular may take it from the service.
pub(super) fn uses(delivery: &Delivery, started: &[Started]) -> Vec<Known<bool>> {
    let spec = delivery.spec();
    let mut ours: Vec<&str> = spec.name.as_deref().into_iter().collect();
    ours.extend(spec.binaries.iter().flat_map(|b| [b.name.as_str(), b.path.rsplit('/').next().unwrap_or(&b.path)]));
    let ports: Vec<u64> = spec.endpoints.iter().filter_map(|e| port(&e.url)).collect();
    let matched: Vec<Match> = started.iter().map(|s| matches(&s.container, &ours)).collect();
    // Files that lie aside, single commands, and what is said of nobody do not make others known.
    let is_everybodys = |s: &Container| s.image.as_deref().is_some_and(is_everybodys);
    let counts = |s: &Started| {
        !is_aside(&s.file) && !s.container.of_nobody && !s.container.ends_first && !s.container.of_pipeline
    };
    // What several files say of one container, each in its layer, is about one.
    let of = |wanted: Match| {
        let all = started.iter().zip(&matched).filter(|(s, m)| counts(s) && **m == wanted);
        let all = all.filter(|(s, m)| **m != Match::No || !is_everybodys(&s.container));
        all.map(|(s, _)| &s.container.shown).collect::<BTreeSet<_>>().len()
    };
    let best =
        [Match::Runs, Match::Called, Match::Open, Match::No].into_iter().find(|m| of(*m) > 0).unwrap_or(Match::No);
    let only = of(best) == 1 && (best != Match::No || !started.iter().any(|s| s.container.by_command && counts(s)));
    let one = |s: &Started, found: Match| {
        let container = &s.container;
        if found >= if container.of_nobody { Match::Runs } else { Match::Called } {
            return Known::Value(true);
        }
        let image = container.image.as_deref();
        // With words of its own a server's image starts what they say.
        let is_server = image.is_some_and(is_another_server) && container.runs.len() <= 1;
        if is_aside(&s.file) || container.of_pipeline || is_server || image.is_some_and(is_third_partys) {
            return Known::Value(false);
        }
        let open = || Known::Unknown(reason!("container-of-the-service-unknown", container = container.shown));
        let serves = container.ports.iter().any(|port| ports.contains(port));
        let loose = !matches!(container.asked, Asked::File(_) | Asked::RuntimeDefault | Asked::Nothing);
        match best {
            _ if container.of_nobody => open(),
            _ if container.ends_first => Known::Value(false),
            Match::No if is_everybodys(container) => open(),
            _ if found == best && only => Known::Value(true),
            Match::Runs if serves || found == Match::Open => open(),
            Match::Runs => Known::Value(false),
            Match::Called if serves || found == Match::Open || loose => open(),
            Match::Called => Known::Value(false),
            Match::Open if found == Match::No && !serves && !loose => Known::Value(false),
            Match::Open | Match::No => open(),
        }
    };
    started.iter().zip(&matched).map(|(s, m)| one(s, *m)).collect()
}

fn matches(container: &Container, ours: &[&str]) -> Match {
    let named = |all: &[String]| all.iter().any(|name| ours.contains(&name.as_str()));
    let written = container.names.iter().chain(&container.runs);
    if named(&container.runs) {
        Match::Runs
    } else if named(&container.names) {
        Match::Called
    } else if !container.by_command && written.into_iter().any(|name| is_open(name)) {
        Match::Open
    } else {
        Match::No
    }
}

/// The port of a URL, as far as it is written.
fn port(url: &str) -> Option<u64> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let written =
        host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).and_then(|(_, port)| port.parse().ok());
    written.or(match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    })
}
