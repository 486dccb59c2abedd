//! How the probes present themselves: plausible, different in every run, and never by the product's name.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 64 random bits. The kernel's generator does not fail (`random`); were it to, probes would only look alike.
pub fn random() -> u64 {
    crate::random::below(u64::MAX).unwrap_or(1)
}

/// A user agent that services really see; another one for most calls.
pub fn user_agent() -> String {
    let r = random();
    let (pick, a, b) = (r % 9, (r >> 8) % 9, (r >> 16) % 60);
    match pick {
        0 => "Go-http-client/1.1".into(),
        1 => format!("curl/8.{a}.{}", b % 3),
        2 => format!("kube-probe/1.{}", 28 + a),
        3 => format!("python-requests/2.{}.{}", 25 + a, b % 4),
        4 => format!("okhttp/4.{a}.{}", b % 4),
        5 => format!("Prometheus/2.{b}.0"),
        6 => format!("Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0", 100 + b),
        7 => format!(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36",
            100 + b
        ),
        _ => format!("axios/1.{a}.{}", b % 8),
    }
}

/// A `traceparent` header (W3C Trace Context, version 00) of the probes' own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traceparent {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    pub header: String,
}

impl Traceparent {
    /// A new trace. All of one run begin alike, so that they can be told from identifiers that a service makes up; the rest says when
    /// it was made, to nobody else.
    pub fn new() -> Traceparent {
        let trace_id = format!("{:016x}{:016x}", family(), disguise(nanoseconds()));
        let header = format!("00-{trace_id}-{:016x}-01", random() | 1);
        Traceparent { trace_id, header }
    }
}

impl Default for Traceparent {
    fn default() -> Traceparent {
        Traceparent::new()
    }
}

fn family() -> u64 {
    static FAMILY: OnceLock<u64> = OnceLock::new();
    *FAMILY.get_or_init(random)
}

/// Nanoseconds since 1970, at most once each.
fn nanoseconds() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    let next = |last: u64| Some(now.max(last + 1));
    LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).map_or(now, |last| now.max(last + 1))
}

/// An odd factor has an inverse modulo 2⁶⁴: numbers close to each other come to lie apart, and can be told again.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

fn disguise(time: u64) -> u64 {
    (time ^ mask()).wrapping_mul(FACTOR)
}

fn undisguise(number: u64) -> u64 {
    // Newton's iteration: each step doubles the bits that are right, of which there are three.
    let inverse = (0..5).fold(FACTOR, |x, _| x.wrapping_mul(2u64.wrapping_sub(FACTOR.wrapping_mul(x))));
    number.wrapping_mul(inverse) ^ mask()
}

fn mask() -> u64 {
    static MASK: OnceLock<u64> = OnceLock::new();
    *MASK.get_or_init(random)
}

/// When a probe of this run made a trace, from its identifier; `None`: it is not of this run.
pub fn made_at(trace_id: &str) -> Option<SystemTime> {
    let rest = trace_id.strip_prefix(&format!("{:016x}", family()))?;
    let number = u64::from_str_radix(rest, 16).ok().filter(|_| rest.len() == 16)?;
    Some(UNIX_EPOCH + Duration::from_nanos(undisguise(number)))
}

/// Whether a trace identifier is one that a probe of this run sent.
pub fn is_ours(trace_id: &str) -> bool {
    trace_id.starts_with(&format!("{:016x}", family()))
}
