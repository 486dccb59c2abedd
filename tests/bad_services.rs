//! Services and endpoints that misbehave in every way: a clear verdict that is never better than what was seen, bounded time and memory, nothing left.

use crate::watched::{Case, Place, run};
use serde_json::Value;
use std::time::Duration;

/// The tool's own memory, in a build without optimisation.
const MEMORY_KIB: u64 = 200 << 10;

struct Expected {
    case: Case,
    /// Verdicts of health-endpoints, structured-logs and tls-1.3; `""`: anything but a pass, `"?"`: anything.
    verdicts: [&'static str; 3],
    /// What the result has to name: reason codes, or words of a finding.
    says: &'static [&'static str],
    seconds: u64,
    most_kib: u64,
}

fn expect(mode: &'static str, verdicts: [&'static str; 3], says: &'static [&'static str]) -> Expected {
    Expected { case: Case { mode, ..Case::default() }, verdicts, says, seconds: 60, most_kib: MEMORY_KIB }
}

impl Expected {
    fn over_tls(mut self) -> Expected {
        self.case.scheme = "https";
        self
    }

    fn within(mut self, within: &'static str) -> Expected {
        self.case.within = within;
        self
    }

    fn asked_at(mut self, ready: &'static str) -> Expected {
        self.case.ready = ready;
        self
    }

    fn taking(mut self, seconds: u64) -> Expected {
        self.seconds = seconds;
        self
    }

    fn using(mut self, most_kib: u64) -> Expected {
        self.most_kib = most_kib;
        self
    }

    fn check(&self) {
        let place = Place::new(&self.case);
        let seen = run(&place, place.verify(), Duration::from_secs(2 * self.seconds));
        let (mode, ran) = (self.case.mode, seen.ran);
        assert!(matches!(ran.status, Some(1 | 2)), "{mode}: {}", ran.all());
        let result = ran.json();
        let found = ["health-endpoints", "structured-logs", "tls-1.3"].map(|id| verdict(&result, id));
        for (found, wanted) in found.iter().zip(self.verdicts) {
            let fits = match wanted {
                "?" => true,
                "" => found != "pass",
                wanted => found == wanted,
            };
            assert!(fits, "{mode}: {found:?} in place of {:?}\n{}", self.verdicts, open(&result));
        }
        for word in self.says {
            assert!(ran.stdout.contains(word), "{mode} does not say {word}\n{}", open(&result));
        }
        assert!(ran.took < Duration::from_secs(self.seconds), "{mode} took {:?}", ran.took);
        assert!(seen.most_kib < self.most_kib, "{mode} took {} KiB", seen.most_kib);
    }
}

fn verdict(result: &Value, id: &str) -> String {
    let clauses = result["clauses"].as_array().expect("clauses");
    let clause = clauses.iter().find(|c| c["id"] == id).expect("the clause");
    clause["verdict"].as_str().unwrap_or_default().to_string()
}

/// What did not pass, for whoever has to find out why.
fn open(result: &Value) -> String {
    let mut text = String::new();
    for clause in result["clauses"].as_array().expect("clauses") {
        for check in clause["checks"].as_array().expect("checks").iter().filter(|c| c["verdict"] != "pass") {
            let found =
                check["findings"].as_array().into_iter().flatten().take(2).map(|f| f["message"]["en"].to_string());
            let gaps = check["gaps"].as_array().into_iter().flatten().take(2).map(|g| g["message"]["en"].to_string());
            let said: Vec<String> = found.chain(gaps).map(|text| text.chars().take(160).collect()).collect();
            text.push_str(&format!("  {} {} {}: {}\n", clause["id"], check["id"], check["verdict"], said.join(" | ")));
        }
    }
    text
}

/// Side by side: nearly all of their time is waiting.
fn all(cases: Vec<Expected>, at_once: usize) {
    let failed: Vec<String> = cases
        .chunks(at_once)
        .flat_map(|some| {
            std::thread::scope(|scope| {
                let running: Vec<_> = some.iter().map(|case| (case.case.mode, scope.spawn(|| case.check()))).collect();
                let ended = running.into_iter().map(|(mode, thread)| (mode, thread.join()));
                ended.filter_map(|(mode, end)| Some(format!("{mode}: {}", said(&end.err()?)))).collect::<Vec<_>>()
            })
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn said(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|t| t.to_string())).unwrap_or_default()
}

const OPEN: [&str; 3] = ["inconclusive"; 3];

#[test]
fn services_that_do_not_start_pass_nothing_and_say_why() {
    all(
        vec![
            expect("exit", OPEN, &["service-exited", "exit status 3", "giving up", "exhibits/0001-log-capture.jsonl"]),
            expect("daemonise", OPEN, &["service-daemonised"]),
            expect("no-port", OPEN, &["service-not-ready", "refused"]).within("500ms"),
            // Long enough to be asked at least once on a busy machine.
            expect("never-ready", OPEN, &["service-not-ready", "status 503"])
                .within("3s")
                .asked_at("http://127.0.0.1:{port.public}/readyz"),
        ],
        4,
    );
}

#[test]
fn services_that_misbehave_while_they_run_are_examined_all_the_same() {
    all(
        vec![
            expect("forks", ["pass", "", "fail"], &[]),
            expect("rename", ["pass", "", "fail"], &[]),
            expect("close-streams", ["?", "inconclusive", "fail"], &[]),
            expect("binary-log", ["?", "fail", "fail"], &[]),
            expect("fill-disk", ["?", "", "fail"], &[]),
            expect("phones-home", ["fail", "", "fail"], &["connections were tried"]),
            expect("leave", ["", "inconclusive", ""], &["service-gone"]),
        ],
        7,
    );
}

#[test]
fn endpoints_that_answer_without_end_or_sense_are_bounded() {
    all(
        vec![
            expect("endless-headers", ["fail", "", "fail"], &["too-long"]),
            expect("endless-body", ["fail", "", "fail"], &[]),
            expect("redirects", ["fail", "", "fail"], &["302"]),
            expect("tls-garbage", ["fail", "inconclusive", "inconclusive"], &["handshake"]).over_tls(),
            expect("tls-big", ["fail", "", "fail"], &["HandshakePayloadTooLarge"]).over_tls(),
            expect("tls-chain", ["fail", "", "fail"], &["HandshakePayloadTooLarge"]).over_tls(),
        ],
        6,
    );
}

#[test]
#[ignore = "minutes of waiting; played by tests/long.sh bad-services"]
fn slow_and_heavy_misbehaviour_is_bounded_too() {
    all(
        vec![
            expect("silent", ["fail", "", "inconclusive"], &["timeout"]).taking(90),
            expect("unaccepted", ["fail", "", "inconclusive"], &["timeout"]).taking(120),
            expect("drip", ["fail", "", ""], &["timeout"]).taking(90),
            expect("ignore-term", ["?", "", "fail"], &[]),
            expect("gzip-bomb", ["fail", "", "fail"], &[]).within("60s").taking(120),
            expect("long-lines", ["?", "fail", "fail"], &[]),
        ],
        3,
    );
    // These two want the machine for themselves.
    all(
        vec![
            expect("log-1g", ["?", "fail", "fail"], &["log-not-kept"]).within("120s").taking(180).using(2 * MEMORY_KIB),
        ],
        1,
    );
    all(vec![expect("fork-bomb", ["", "", ""], &[]).within("60s").taking(180)], 1);
}
