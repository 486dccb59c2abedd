//! `endpoint.health`: each health path while everything is well.

use super::answer::{self, Calls};
use super::{path, verbose, verbosely};
use crate::http::{Answer, Failure, Target};
use crate::service::{Endpoint, Service};
use assize_facts::kinds::endpoint::{BodyForm, HeadAnswer, Health, HealthRole};
use assize_facts::{Deliverable, Known, Origin, Request, Sheet, reason};
use serde_json::Value as Json;
use std::time::{Duration, Instant};

/// For one call: health paths are polled by machines with shorter patience than this.
const PATIENCE: Duration = Duration::from_secs(5);
/// Timestamps have to differ after this long, also those of whole seconds.
pub(crate) const APART: Duration = Duration::from_millis(2050);
/// Calls of each of the two rounds.
const ROUND: usize = 3;
/// Methods that ask for something else than the state.
const OTHER_METHODS: &[&str] = &["POST", "PUT", "PATCH", "DELETE", "BREW"];

struct Asked<'a> {
    target: Target<'a>,
    endpoint: &'a Endpoint,
    role: HealthRole,
    path: String,
    calls: Calls,
    verbose: Option<Result<Answer, Failure>>,
    head: Option<Result<Answer, Failure>>,
    others: Vec<(&'static str, Result<Answer, Failure>)>,
}

/// Asks every path of every endpoint with the role `health`. Takes the time that timestamps need to differ; disturbs nothing.
pub fn probe(service: &Service, spec: &Deliverable, request: &Request) -> Sheet {
    let mut sheet = Sheet::of::<Health>();
    sheet.with = request.args();
    let mut asked = asked(service, request, &mut sheet);
    let begun = Instant::now();
    for one in &mut asked {
        one.round();
        one.manners(service.takes_load().is_ok());
    }
    std::thread::sleep(APART.saturating_sub(begun.elapsed()));
    for one in &mut asked {
        one.round();
    }
    let fields = fields(request);
    for one in asked {
        sheet.examined(1);
        let url = one.target.url(&one.path);
        sheet.push(one.fact(service, spec, &fields), Origin::url(url));
    }
    sheet.settle();
    sheet
}

pub(crate) fn fields(request: &Request) -> Vec<String> {
    match request.arg("fields") {
        Some(Json::Array(all)) => all.iter().filter_map(|v| Some(v.as_str()?.to_string())).collect(),
        _ => [answer::STATUS, answer::VERSION, answer::TIMESTAMP].map(String::from).to_vec(),
    }
}

/// The endpoints that declare the role, each with a target; what cannot be asked is a gap.
pub(crate) fn targets<'a>(service: &'a Service, sheet: &mut Sheet) -> Vec<(&'a Endpoint, Target<'a>)> {
    let declared: Vec<&Endpoint> =
        service.endpoints().iter().filter(|e| e.roles.iter().any(|r| r == "health")).collect();
    if declared.is_empty() {
        sheet.gap(reason!("no-health-endpoint"), "");
    }
    let mut out = Vec::new();
    for endpoint in declared {
        match Target::new(endpoint, service) {
            Some(Ok(target)) => out.push((endpoint, target)),
            Some(Err(failure)) => {
                sheet.gap(
                    reason!("endpoint-unusable", endpoint = &endpoint.name, detail = failure),
                    endpoint.name.clone(),
                );
            }
            None => sheet.gap(reason!("endpoint-not-http", endpoint = &endpoint.name), endpoint.name.clone()),
        }
    }
    out
}

fn asked<'a>(service: &'a Service, request: &Request, sheet: &mut Sheet) -> Vec<Asked<'a>> {
    let mut all = Vec::new();
    for (endpoint, _) in targets(service, sheet) {
        for role in [HealthRole::Health, HealthRole::Live, HealthRole::Ready] {
            if let Some(Ok(target)) = Target::new(endpoint, service) {
                let path = path(request, role);
                all.push(Asked {
                    target,
                    endpoint,
                    role,
                    path,
                    calls: Calls::default(),
                    verbose: None,
                    head: None,
                    others: vec![],
                });
            }
        }
    }
    all
}

impl Asked<'_> {
    fn ask(&self, method: &str, path: &str) -> Result<Answer, Failure> {
        self.target.once(&self.target.call(method, path), PATIENCE)
    }

    /// Each call with another user agent, on a connection of its own.
    fn round(&mut self) {
        for _ in 0..ROUND {
            let answer = self.ask("GET", &self.path);
            // A path that does not answer is not asked the patience away.
            let silent = matches!(answer, Err(Failure::Timeout));
            self.calls.all.push(answer);
            if silent {
                break;
            }
        }
    }

    /// Methods that change things elsewhere are not tried on a service that others started unless that was agreed.
    fn manners(&mut self, freely: bool) {
        if matches!(self.calls.all.last(), None | Some(Err(_))) {
            return;
        }
        self.head = Some(self.ask("HEAD", &self.path));
        self.verbose = Some(self.ask("GET", &verbosely(&self.path)));
        if freely {
            self.others = OTHER_METHODS.iter().map(|method| (*method, self.ask(method, &self.path))).collect();
        }
    }

    fn fact(self, service: &Service, spec: &Deliverable, fields: &[String]) -> Health {
        let folded = self.calls.fold(fields, spec.version.as_deref());
        let get = self.calls.all.iter().find_map(|c| c.as_ref().ok());
        let dependencies: Vec<&str> = service.dependencies().iter().map(|d| d.name()).collect();
        Health {
            endpoint: self.endpoint.name.clone(),
            path: self.path.clone(),
            role: self.role,
            calls: self.calls.all.len() as u64,
            unanswered: folded.unanswered,
            failure: folded.failure,
            statuses: folded.statuses,
            media_type: folded.media_type,
            body: folded.body,
            missing: folded.missing,
            status_text: folded.status_text,
            status_word: folded.status_word,
            version: folded.version,
            version_matches: folded.version_matches,
            timestamp: folded.timestamp,
            timestamp_form: folded.timestamp_form,
            timestamp_skew: folded.timestamp_skew,
            timestamp_advances: match (self.calls.all.first(), self.calls.all.last()) {
                (Some(first), Some(last)) => answer::advances(first, last),
                _ => Known::Unknown(reason!("health-no-timestamp")),
            },
            timestamp_decreases: folded.timestamp_decreases,
            verbose_missing: unlisted(self.verbose.as_ref(), &dependencies),
            head: head(self.head.as_ref(), get),
            other_methods: match service.takes_load() {
                Ok(()) => accepted(&self.others, fields),
                Err(reason) => Known::Unknown(reason),
            },
            declared_dependencies: dependencies.len() as u64,
            // Counted at the end of the run.
            outgoing_attempts: Known::Unknown(reason!("outgoing-not-counted")),
        }
    }
}

fn not_answered() -> assize_facts::Reason {
    reason!("health-not-answered")
}

/// Dependencies that a verbose answer does not list.
pub(super) fn unlisted(verbose: Option<&Result<Answer, Failure>>, dependencies: &[&str]) -> Known<Vec<String>> {
    let Some(Ok(answer)) = verbose else { return Known::Unknown(not_answered()) };
    let body = answer::body(answer).as_json();
    let mut missing: Vec<String> =
        dependencies.iter().filter(|d| verbose::state(&body, d).is_none()).map(|d| d.to_string()).collect();
    missing.sort();
    Known::Value(missing)
}

pub(super) fn head(head: Option<&Result<Answer, Failure>>, get: Option<&Answer>) -> Known<HeadAnswer> {
    let (Some(Ok(head)), Some(get)) = (head, get) else { return Known::Unknown(not_answered()) };
    // A server may leave out header lines that only the body's making brings (RFC 9110 §9.3.2).
    let same_type = head.media_type().is_none() || head.media_type() == get.media_type();
    Known::Value(match head.status {
        405 => HeadAnswer::Refused,
        status if status == get.status && same_type => HeadAnswer::AsGet,
        _ => HeadAnswer::Other,
    })
}

/// Methods whose 2xx answer is a health body.
pub(super) fn accepted(others: &[(&str, Result<Answer, Failure>)], fields: &[String]) -> Known<Vec<String>> {
    if others.is_empty() {
        return Known::Unknown(not_answered());
    }
    let mut out = Vec::new();
    for (method, answer) in others {
        // One that is not answered at all is not answered with a health body either.
        let Ok(answer) = answer else { continue };
        let body = answer::body(answer);
        let is_health = body.form == BodyForm::Object && fields.iter().any(|f| body.get(f).is_some());
        if (200..300).contains(&answer.status) && is_health {
            out.push(method.to_string());
        }
    }
    out.sort();
    Known::Value(out)
}
