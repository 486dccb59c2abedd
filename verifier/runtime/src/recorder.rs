//! What went over the wire, kept as it was while the service runs and handed over as exhibits without secrets.

use assize_facts::Neutral;
use serde_json::{Value as Json, json};
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of one conversation, and of all between two hand-overs, that are kept; what is left out is counted.
const MOST_OF_ONE: usize = 2 << 20;
const MOST_OF_ALL: usize = 16 << 20;
/// Conversations kept between two hand-overs: load makes thousands that are alike.
const MOST_CONVERSATIONS: usize = 5_000;

/// Which exhibit a conversation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Bytes of a TCP connection, TLS records among them.
    Tcp,
    /// QUIC datagrams.
    Udp,
    /// HTTP over a plain connection.
    Http,
    /// HTTP inside TLS, as it was before encryption and after decryption.
    Https,
}

impl Over {
    fn word(self) -> &'static str {
        match self {
            Over::Tcp => "tcp",
            Over::Udp => "udp",
            Over::Http => "http",
            Over::Https => "https",
        }
    }

    fn is_http(self) -> bool {
        matches!(self, Over::Http | Over::Https)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Sent,
    Received,
}

/// Shared by everything that talks to the service.
#[derive(Debug)]
pub struct Recorder {
    begun: Instant,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    talks: Vec<Spoken>,
    bytes: usize,
    left_out: u64,
}

#[derive(Debug)]
struct Spoken {
    at: Duration,
    to: SocketAddr,
    over: Over,
    /// What went one way without anything coming the other is one part.
    parts: Vec<(Way, Vec<u8>)>,
    bytes: usize,
    cut: bool,
}

impl Recorder {
    pub fn new() -> Arc<Recorder> {
        Arc::new(Recorder { begun: Instant::now(), kept: Mutex::default() })
    }

    /// A conversation that is kept when it ends.
    pub fn talk(self: &Arc<Recorder>, to: SocketAddr, over: Over) -> Talk {
        let spoken = Spoken { at: self.begun.elapsed(), to, over, parts: Vec::new(), bytes: 0, cut: false };
        Talk { recorder: self.clone(), spoken: Some(spoken) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, spoken: Spoken) {
        let mut kept = self.kept();
        if kept.talks.len() >= MOST_CONVERSATIONS || kept.bytes + spoken.bytes > MOST_OF_ALL {
            kept.left_out += 1;
        } else if !spoken.parts.is_empty() {
            kept.bytes += spoken.bytes;
            kept.talks.push(spoken);
        }
    }

    /// What was said since the last time: handshakes and HTTP exchanges, each as JSON lines, `None` where there were none.
    pub fn hand_over(&self, neutral: &Neutral) -> [Option<Vec<u8>>; 2] {
        let Kept { mut talks, left_out, .. } = std::mem::take(&mut *self.kept());
        talks.sort_by_key(|talk| talk.at);
        let (http, raw): (Vec<Spoken>, Vec<Spoken>) = talks.into_iter().partition(|talk| talk.over.is_http());
        [raw, http].map(|talks| lines(&talks, left_out, neutral))
    }
}

fn lines(talks: &[Spoken], left_out: u64, neutral: &Neutral) -> Option<Vec<u8>> {
    if talks.is_empty() {
        return None;
    }
    let mut text = String::new();
    for (number, talk) in (1u64..).zip(talks) {
        let parts: Vec<Json> = talk.parts.iter().map(|(way, bytes)| part(*way, &neutral.bytes(bytes))).collect();
        let at = u64::try_from(talk.at.as_millis()).unwrap_or(u64::MAX);
        let mut line = json!({
            "number": number, "at_ms": at, "to": talk.to.to_string(), "over": talk.over.word(), "parts": parts,
        });
        if talk.cut {
            line["cut"] = true.into();
        }
        let _ = writeln!(text, "{line}");
    }
    if left_out > 0 {
        let _ = writeln!(text, "{}", json!({ "left_out": left_out }));
    }
    Some(text.into_bytes())
}

/// Text as text, anything else in base64.
fn part(way: Way, bytes: &[u8]) -> Json {
    let name = match way {
        Way::Sent => "sent",
        Way::Received => "received",
    };
    let plain = |c: char| !c.is_control() || matches!(c, '\r' | '\n' | '\t');
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(plain) => json!({ name: text }),
        _ => {
            use base64::Engine as _;
            json!({ format!("{name}_base64"): base64::engine::general_purpose::STANDARD.encode(bytes) })
        }
    }
}

/// A conversation under way.
#[derive(Debug)]
pub struct Talk {
    recorder: Arc<Recorder>,
    spoken: Option<Spoken>,
}

impl Talk {
    pub fn sent(&mut self, bytes: &[u8]) {
        self.say(Way::Sent, bytes);
    }

    pub fn received(&mut self, bytes: &[u8]) {
        self.say(Way::Received, bytes);
    }

    fn say(&mut self, way: Way, bytes: &[u8]) {
        let Some(spoken) = &mut self.spoken else { return };
        let room = MOST_OF_ONE.saturating_sub(spoken.bytes).min(bytes.len());
        spoken.cut |= room < bytes.len();
        let Some(bytes) = bytes.get(..room).filter(|bytes| !bytes.is_empty()) else { return };
        spoken.bytes += bytes.len();
        match spoken.parts.last_mut() {
            Some((last, part)) if *last == way => part.extend_from_slice(bytes),
            _ => spoken.parts.push((way, bytes.to_vec())),
        }
    }

    /// Ends a part of it: what follows is a conversation of its own.
    pub fn turn(&mut self) {
        if let Some(spoken) = self.spoken.take() {
            let (to, over) = (spoken.to, spoken.over);
            self.recorder.keep(spoken);
            self.spoken = self.recorder.talk(to, over).spoken.take();
        }
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        if let Some(spoken) = self.spoken.take() {
            self.recorder.keep(spoken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_handed_over_once_and_without_secrets() {
        let recorder = Recorder::new();
        let to = SocketAddr::from(([127, 0, 0, 1], 80));
        let mut talk = recorder.talk(to, Over::Http);
        talk.sent(b"GET / HTTP/1.1\r\nAuthorization: x");
        talk.sent(b"yz\r\n\r\n");
        talk.received(b"HTTP/1.1 200 OK\r\n\r\n\xff");
        talk.turn();
        talk.sent(b"second");
        drop(talk);
        recorder.talk(to, Over::Tcp).received(&[22, 3, 1]);
        drop(recorder.talk(to, Over::Tcp));
        let neutral = Neutral::new(b"", b"", &[]);
        let [raw, http] = recorder.hand_over(&neutral);
        let read = |bytes: Option<Vec<u8>>| -> Vec<Json> {
            let text = String::from_utf8(bytes.expect("something was said")).expect("JSON is text");
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
        };
        let (raw, http) = (read(raw), read(http));
        assert_eq!(raw.len(), 1);
        assert_eq!(raw[0]["parts"][0]["received_base64"], "FgMB");
        assert_eq!((http.len(), http[0]["parts"].as_array().map(Vec::len)), (2, Some(2)));
        let sent = http[0]["parts"][0]["sent"].as_str().expect("text");
        assert!(sent.contains("Authorization: [authorization, 3 bytes, ") && !sent.contains("xyz"), "{sent}");
        assert_eq!(http[1]["parts"][0]["sent"], "second");
        assert_eq!(recorder.hand_over(&neutral), [None, None]);
    }

    #[test]
    fn a_flood_is_cut_and_counted() {
        let recorder = Recorder::new();
        let to = SocketAddr::from(([127, 0, 0, 1], 80));
        for _ in 0..10 {
            recorder.talk(to, Over::Https).received(&vec![b'x'; 3 << 20]);
        }
        let [_, http] = recorder.hand_over(&Neutral::new(b"", b"", &[]));
        let text = String::from_utf8(http.expect("something")).expect("text");
        assert!(text.lines().next().is_some_and(|line| line.contains("\"cut\":true")));
        assert!(text.ends_with("{\"left_out\":2}\n"), "{}", &text[text.len() - 40..]);
        assert!(text.len() < MOST_OF_ALL + 4096);
    }
}
