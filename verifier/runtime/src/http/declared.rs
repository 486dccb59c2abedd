//! Declared requests as calls.

use super::{Answer, Call, Failure, Target};
use assize_facts::RequestSpec;
use std::time::Duration;

/// Longest that a declared request may take; a slow one may take longer.
pub fn patience(request: &RequestSpec) -> Duration {
    Duration::from_secs(if request.roles.iter().any(|r| r == "slow") { 30 } else { 10 })
}

/// The call of a declared request, to its endpoint.
pub fn call(target: &Target<'_>, request: &RequestSpec) -> Call {
    let mut call = target.call(&request.method, &request.path);
    for (name, value) in &request.headers {
        call = call.header(name, value);
    }
    match &request.body {
        Some(body) => call.body(body.as_bytes()),
        None => call,
    }
}

/// Whether an answer is the declared one.
pub fn as_declared(answer: &Result<Answer, Failure>, request: &RequestSpec) -> bool {
    answer.as_ref().is_ok_and(|a| a.status == request.status && !a.body_cut)
}

/// One word for what came: the status, or what it met.
pub fn outcome(answer: &Result<Answer, Failure>) -> String {
    match answer {
        Ok(answer) => answer.status.to_string(),
        Err(failure) => failure.word().to_string(),
    }
}
