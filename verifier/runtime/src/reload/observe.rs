//! Which configuration an answer shows.

use crate::http::{self, Answer, Failure, Target, declared};
use crate::service::{Endpoint, Service};
use assize_facts::{Deliverable, ObserveSpec, Reason, RequestSpec, reason};
use serde_json::Value as Json;

/// What one answer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// This configuration, in every observed field.
    State(usize),
    /// Fields of different configurations.
    Mixed(String),
    /// Something that belongs to none.
    Unexpected(String),
}

/// How answers are read.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    /// The text is there from state 1 on.
    Contains(String),
    /// Pointers, each with its value by state.
    Fields(Vec<(String, Vec<Json>)>),
}

impl Reading {
    /// Checks that the declared values tell the states apart.
    pub fn of(spec: &ObserveSpec, states: usize) -> Result<Reading, Reason> {
        if !spec.fields.is_empty() {
            let fields: Vec<(String, Vec<Json>)> = spec.fields.iter().map(|(p, v)| (p.clone(), v.clone())).collect();
            if let Some((pointer, values)) = fields.iter().find(|(_, values)| values.len() != states) {
                return Err(reason!(
                    "reload-values-missing",
                    pointer = pointer,
                    states = states,
                    values = values.len()
                ));
            }
            let row = |state: usize| fields.iter().map(move |(_, values)| values.get(state)).collect::<Vec<_>>();
            let twins = (0..states).any(|a| (0..a).any(|b| row(a) == row(b)));
            return if twins { Err(reason!("reload-values-alike")) } else { Ok(Reading::Fields(fields)) };
        }
        match &spec.contains {
            Some(text) if states == 2 && !text.is_empty() => Ok(Reading::Contains(text.clone())),
            Some(_) | None => Err(reason!("reload-not-observable")),
        }
    }

    /// Fields whose value tells states apart.
    pub fn observed_fields(&self) -> u64 {
        match self {
            Reading::Contains(_) => 1,
            Reading::Fields(fields) => {
                let tells = |values: &[Json]| values.windows(2).any(|pair| matches!(pair, [a, b] if a != b));
                fields.iter().filter(|(_, values)| tells(values)).count() as u64
            }
        }
    }

    pub fn read(&self, body: &[u8]) -> Shown {
        match self {
            Reading::Contains(text) => Shown::State(usize::from(contains(body, text.as_bytes()))),
            Reading::Fields(fields) => match serde_json::from_slice::<Json>(body) {
                Ok(value) => compare(&value, fields),
                Err(_) => Shown::Unexpected(short(&String::from_utf8_lossy(body))),
            },
        }
    }
}

fn compare(value: &Json, fields: &[(String, Vec<Json>)]) -> Shown {
    let states = fields.iter().map(|(_, values)| values.len()).min().unwrap_or(0);
    let mut fits_all: Vec<bool> = vec![true; states];
    let mut seen = Vec::new();
    for (pointer, values) in fields {
        let found = value.pointer(pointer);
        seen.push(found.map_or("nothing".into(), |v| v.to_string()));
        let fits: Vec<bool> = values.iter().map(|v| Some(v) == found).collect();
        if !fits.contains(&true) {
            return Shown::Unexpected(short(&format!(
                "{pointer} = {}",
                seen.last().map(String::as_str).unwrap_or_default()
            )));
        }
        fits_all.iter_mut().zip(fits).for_each(|(all, fits)| *all &= fits);
    }
    match fits_all.iter().position(|fits| *fits) {
        Some(state) => Shown::State(state),
        None => Shown::Mixed(short(&seen.join(", "))),
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    body.windows(text.len()).any(|window| window == text)
}

fn short(text: &str) -> String {
    text.chars().take(160).collect()
}

/// Asks the service what it shows now.
pub(super) struct Observer<'a> {
    pub target: Target<'a>,
    pub request: RequestSpec,
    pub reading: Reading,
}

impl<'a> Observer<'a> {
    pub fn of(
        service: &'a Service,
        spec: &Deliverable,
        observe: &ObserveSpec,
        states: usize,
    ) -> Result<Observer<'a>, Reason> {
        let reading = Reading::of(observe, states)?;
        let (endpoint, request) = asked(service, spec, observe)?;
        match Target::new(endpoint, service) {
            Some(Ok(target)) => Ok(Observer { target, request, reading }),
            Some(Err(failure)) => Err(reason!("endpoint-unusable", endpoint = &endpoint.name, detail = failure)),
            None => Err(reason!("endpoint-not-http", endpoint = &endpoint.name)),
        }
    }

    pub fn call(&self) -> http::Call {
        declared::call(&self.target, &self.request)
    }

    /// What an answer shows; one that is not as declared shows nothing.
    pub fn read(&self, answer: &Result<Answer, Failure>) -> Option<Shown> {
        match answer {
            Ok(a) if declared::as_declared(answer, &self.request) => Some(self.reading.read(&a.body)),
            Ok(_) | Err(_) => None,
        }
    }
}

/// The endpoint and the request that are observed: a declared request, or a URL of a declared endpoint.
fn asked<'a>(
    service: &'a Service,
    spec: &Deliverable,
    observe: &ObserveSpec,
) -> Result<(&'a Endpoint, RequestSpec), Reason> {
    let endpoints = service.endpoints();
    if let Some(name) = &observe.request {
        let unknown = || reason!("reload-request-unknown", request = name);
        let request = spec.requests.iter().find(|r| &r.name == name).ok_or_else(unknown)?;
        let endpoint = endpoints.iter().find(|e| e.name == request.endpoint).ok_or_else(unknown)?;
        return Ok((endpoint, request.clone()));
    }
    let Some(url) = &observe.url else { return Err(reason!("reload-not-observable")) };
    let url = service.resolve(url)?;
    let under = |e: &&Endpoint| path_under(&url, &e.url).is_some();
    let endpoint = endpoints.iter().filter(under).max_by_key(|e| e.url.len());
    let endpoint = endpoint.ok_or_else(|| reason!("reload-url-of-no-endpoint", url = &url))?;
    let path = path_under(&url, &endpoint.url).unwrap_or_default();
    let request = RequestSpec {
        name: "observed".into(),
        endpoint: endpoint.name.clone(),
        method: "GET".into(),
        path: if path.starts_with('/') { path.into() } else { format!("/{path}") },
        status: 200,
        ..RequestSpec::default()
    };
    Ok((endpoint, request))
}

/// What follows an endpoint's URL in another URL; a port that merely begins alike does not count.
pub(super) fn path_under<'a>(url: &'a str, endpoint: &str) -> Option<&'a str> {
    let rest = url.strip_prefix(endpoint.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
}
