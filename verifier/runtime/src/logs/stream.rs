//! The lines of one stream, each judged: dumps and records over several lines become one item.

use super::dump;
use super::object::{self, Reading};
use super::record::{self, Judged, Received};
use super::rules::Rules;
use assize_facts::kinds::endpoint::LineProblem;
use assize_facts::{Known, reason};
use std::borrow::Cow;
use std::time::SystemTime;

/// One line of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Raw<'l> {
    pub number: u64,
    pub text: Cow<'l, [u8]>,
    /// Bytes that the line had where more than `text` holds.
    pub cut_from: Option<u64>,
    pub received: Received,
    pub phase: Cow<'l, str>,
}

/// One or more lines, judged together.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub number: u64,
    pub lines: u64,
    pub phase: String,
    pub problem: Known<LineProblem>,
    pub judged: Judged,
    /// The first line, for an excerpt; empty of a good record.
    pub first: Vec<u8>,
}

/// Lines that a record or a dump may go over.
const LONGEST_GROUP: usize = 20_000;
/// Lines after the first sign of a dump in which its first goroutine must be listed.
const DUMP_WINDOW: usize = 200;

/// Judges all lines of one stream, in order.
pub(crate) struct Judge<'a> {
    pub rules: &'a Rules,
    /// What the service key must say: agreed, or as the first record has it.
    pub service: &'a mut Option<String>,
}

/// The time that a stream's records bear.
#[derive(Default)]
struct Clock {
    time: Option<String>,
    /// When a record with that time came last, and how many came, each a good while after the one before it.
    last: Option<SystemTime>,
    times: usize,
}

/// A logger that collects records hands them all over at once: what bears one time comes at one moment, or in two parts.
const PARTS: usize = 2;

impl Clock {
    /// Whether a good record bears the time of others that came long before it, which no clock does.
    fn stands(&mut self, judged: &Judged, received: Received, rules: &Rules) -> bool {
        if judged.problem != LineProblem::None || received.earliest != received.latest {
            return false;
        }
        if self.time != judged.time {
            *self = Clock { time: judged.time.clone(), last: Some(received.latest), times: 1 };
            return false;
        }
        let since = self.last.and_then(|last| received.latest.duration_since(last).ok()).unwrap_or_default();
        if since.as_secs_f64() * 1000.0 > rules.max_skew + record::COARSENESS {
            self.last = Some(received.latest);
            self.times += 1;
        }
        self.times > PARTS
    }
}

impl Judge<'_> {
    /// One judgement after the other: a service may write a great many lines.
    pub fn all(&mut self, lines: &[Raw<'_>]) -> impl Iterator<Item = Judgement> {
        let mut rest = lines;
        let mut clock = Clock::default();
        std::iter::from_fn(move || {
            let (first, _) = rest.split_first()?;
            let (count, mut judged) = self.next(first, rest);
            if let Ok(judged) = &mut judged
                && clock.stands(judged, first.received, self.rules)
            {
                judged.problem = LineProblem::TimeBehind;
            }
            let problem = match judged {
                Ok(ref judged) => Known::Value(judged.problem),
                Err(length) => Known::Unknown(reason!("log-line-too-long", length = length)),
            };
            let judged = judged.unwrap_or_else(|_| Judged::problem(LineProblem::None));
            let good = problem == Known::Value(LineProblem::None);
            rest = rest.get(count..).unwrap_or_default();
            Some(Judgement {
                number: first.number,
                lines: count as u64,
                phase: first.phase.to_string(),
                problem,
                judged,
                first: if good { Vec::new() } else { first.text.iter().take(2048).copied().collect() },
            })
        })
    }

    /// How many lines belong together, and what they are; an error is the length of a line that was not kept whole.
    fn next(&mut self, first: &Raw<'_>, rest: &[Raw<'_>]) -> (usize, Result<Judged, u64>) {
        if let Some(length) = first.cut_from {
            // What begins like no object cannot become one further on.
            let object = first.text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
            return (1, if object { Err(length) } else { Ok(Judged::problem(LineProblem::PlainText)) });
        }
        let rules = self.rules;
        match object::read(&first.text, &|name| rules.judges(name)) {
            Reading::Object(members) => {
                let judged = record::judge(&members, rules, self.service.as_deref(), first.received);
                if self.service.is_none() {
                    self.service.clone_from(&judged.service);
                }
                (1, Ok(judged))
            }
            Reading::Unfinished => unfinished(rest),
            Reading::Blank => (1, Ok(Judged::problem(LineProblem::Blank))),
            Reading::OtherValue => (1, Ok(Judged::problem(LineProblem::NotAnObject))),
            Reading::SeveralValues => (1, Ok(Judged::problem(LineProblem::SeveralRecords))),
            Reading::Trailing => (1, Ok(Judged::problem(LineProblem::Trailing))),
            Reading::NotUtf8 => (1, Ok(Judged::problem(LineProblem::NotUtf8))),
            Reading::ByteOrderMark => (1, Ok(Judged::problem(LineProblem::ByteOrderMark))),
            Reading::NotJson => plain(&String::from_utf8_lossy(&first.text), rest),
        }
    }
}

fn text<'l>(line: &'l Raw<'_>) -> Cow<'l, str> {
    String::from_utf8_lossy(&line.text)
}

/// An object that does not end on its line: joined with the following lines until it does.
fn unfinished(rest: &[Raw<'_>]) -> (usize, Result<Judged, u64>) {
    let mut whole = Vec::new();
    for (index, line) in rest.iter().take(1_000).enumerate() {
        whole.extend_from_slice(&line.text);
        whole.push(b'\n');
        if whole.len() > 1 << 20 {
            break;
        }
        // Only a line that can close it is worth reading everything again.
        let closes = line.text.iter().rev().find(|b| !b.is_ascii_whitespace()) == Some(&b'}');
        if index == 0 || !closes {
            continue;
        }
        match object::read(&whole, &|_| false) {
            Reading::Object(_) => return (index + 1, Ok(Judged::problem(LineProblem::MultiLine))),
            Reading::Unfinished => {}
            _ => break,
        }
    }
    (1, Ok(Judged::problem(LineProblem::Unfinished)))
}

/// Text that is no JSON; with the dump that follows it.
fn plain(first: &str, rest: &[Raw<'_>]) -> (usize, Result<Judged, u64>) {
    let problem = dump::plain(first);
    let following = rest.get(1..).unwrap_or_default();
    // A recovered panic's `http: panic serving` carries the goroutine's stack along.
    let carries_stack =
        problem == LineProblem::HttpErrorLog && following.first().is_some_and(|l| dump::goroutine_header(&text(l)));
    let is_crash = dump::begins_dump(first)
        && rest
            .iter()
            .take(DUMP_WINDOW)
            .take_while(|l| dump::inside_dump(&text(l)))
            .any(|l| dump::goroutine_header(&text(l)));
    if !carries_stack && !is_crash {
        return (1, Ok(Judged::problem(problem)));
    }
    let inside = following
        .iter()
        .take(LONGEST_GROUP)
        .take_while(|l| l.cut_from.is_none() && dump::inside_dump(&text(l)))
        .count();
    let problem = if is_crash { LineProblem::Crash } else { problem };
    (1 + inside, Ok(Judged::problem(problem)))
}
