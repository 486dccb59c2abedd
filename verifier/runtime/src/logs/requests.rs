//! `endpoint.requests`: each declared request, made with a trace of its own, and what became of that trace in the log.

use super::journal::Mark;
use super::object::{self, Reading};
use crate::http::{self, Call, Target, Traceparent, declared};
use crate::service::Service;
use assize_facts::kinds::endpoint::{Requests, TraceFate};
use assize_facts::{Deliverable, Known, Millis, Origin, Request, RequestSpec, Sheet, reason};
use serde_json::Value as Json;
use std::time::Duration;

/// How often a request is made. A service that writes its own identifiers does so each time; a background task's do not coincide each time.
const TRIES: usize = 2;
/// Logs are written within this time of the answer, nearly always; later records would only make a kept trace look absent.
const LOG_WAIT: Duration = Duration::from_millis(500);

/// Makes every declared request. To be called while nothing else asks the service.
pub fn probe(service: &Service, spec: &Deliverable, request: &Request) -> Sheet {
    let mut sheet = Sheet::of::<Requests>();
    sheet.with = request.args();
    let trace_key = match request.arg("trace_key") {
        Some(Json::String(key)) => key,
        _ => "trace_id".into(),
    };
    service.phase("requests");
    let mut wait = LOG_WAIT;
    for declared in &spec.requests {
        let Some(endpoint) = service.endpoints().iter().find(|e| e.name == declared.endpoint) else {
            sheet.gap(reason!("request-endpoint-unknown", endpoint = &declared.endpoint), declared.name.clone());
            continue;
        };
        match Target::new(endpoint, service) {
            None => sheet.gap(reason!("endpoint-not-http", endpoint = &endpoint.name), declared.name.clone()),
            Some(Err(failure)) => {
                sheet.gap(
                    reason!("endpoint-unusable", endpoint = &endpoint.name, detail = failure),
                    declared.name.clone(),
                );
            }
            Some(Ok(target)) => {
                sheet.examined(1);
                let from = || Mark::now(service, spec);
                let fact = made(&from, &target, declared, &trace_key, wait);
                // A service that logs no trace at all is not waited for again and again.
                if fact.trace == Known::Value(TraceFate::Absent) {
                    wait = LOG_WAIT / 5;
                }
                sheet.push(fact, Origin::url(target.url(&declared.path)));
            }
        }
    }
    sheet.settle();
    sheet
}

fn made<'a>(
    now: &impl Fn() -> Mark<'a>,
    target: &Target<'_>,
    declared: &RequestSpec,
    trace_key: &str,
    wait: Duration,
) -> Requests {
    let mut fact = Requests {
        request: declared.name.clone(),
        endpoint: declared.endpoint.clone(),
        method: declared.method.clone(),
        path: declared.path.clone(),
        roles: declared.roles.clone(),
        expected: declared.status.into(),
        status: None,
        as_declared: true,
        failure: None,
        took: Millis(0.0),
        trace: Known::Value(TraceFate::Absent),
    };
    let slow = declared.roles.iter().any(|r| r == "slow");
    let mut fates = Vec::new();
    for _ in 0..if slow { 1 } else { TRIES } {
        let trace = Traceparent::new();
        let from = now();
        let call: Call = declared::call(target, declared).trace(&trace);
        let begun = std::time::Instant::now();
        let answer = target.once(&call, declared::patience(declared));
        fact.took = Millis(fact.took.0.max(Millis::from(begun.elapsed()).0));
        fact.as_declared &= declared::as_declared(&answer, declared);
        match answer {
            Ok(answer) => fact.status = Some(answer.status.into()),
            Err(failure) => fact.failure = fact.failure.or(Some(failure.word().into())),
        }
        fates.push(fate(&from, trace_key, &trace.trace_id, wait));
    }
    fact.trace = Known::Value(judge(&fates));
    fact
}

/// Of several tries: kept once is kept; replaced only where no try was kept and each saw foreign identifiers.
fn judge(fates: &[TraceFate]) -> TraceFate {
    if fates.contains(&TraceFate::Kept) {
        TraceFate::Kept
    } else if !fates.is_empty() && fates.iter().all(|f| *f == TraceFate::Replaced) {
        TraceFate::Replaced
    } else {
        TraceFate::Absent
    }
}

fn fate(from: &Mark<'_>, key: &str, sent: &str, wait: Duration) -> TraceFate {
    if from.wait_for(|line| identifier(line, key).is_some_and(|id| id == sent), wait) {
        return TraceFate::Kept;
    }
    let foreign = |line: &Vec<u8>| identifier(line, key).is_some_and(|id| !http::is_ours(&id));
    match from.lines().iter().any(foreign) {
        true => TraceFate::Replaced,
        false => TraceFate::Absent,
    }
}

/// The trace identifier of a record, where it has one.
fn identifier(text: &[u8], key: &str) -> Option<String> {
    let Reading::Object(members) = object::read(text, &|name| name == key) else { return None };
    let value = members.into_iter().find_map(|(_, value)| value)?;
    Some(value.as_str()?.to_string()).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use TraceFate::*;

    #[test]
    fn the_fate_of_a_trace_follows_from_all_tries() {
        for (fates, want) in [
            (&[Kept, Absent][..], Kept),
            (&[Replaced, Replaced], Replaced),
            (&[Replaced, Absent], Absent),
            (&[Absent], Absent),
            (&[], Absent),
        ] {
            assert_eq!(judge(fates), want);
        }
    }

    #[test]
    fn identifiers_are_read_from_records_only() {
        assert_eq!(identifier(br#"{"trace_id":"ab"}"#, "trace_id").as_deref(), Some("ab"));
        for text in [r#"{"trace_id":""}"#, r#"{"trace_id":7}"#, r#"{"x":{"trace_id":"ab"}}"#, "trace_id=ab"] {
            assert_eq!(identifier(text.as_bytes(), "trace_id"), None, "{text}");
        }
    }
}
