//! The three known placeholders and what stands for them in one run: `{work}`, `{port.NAME}`, `{dep.NAME}` (and `{dep.NAME.ca}` where the stand-in speaks TLS).

use crate::random;
use assize_facts::{Reason, reason};
use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

/// Ports are drawn from below Linux's default range for outgoing connections (32768–60999), so that no such connection takes one first.
const PORTS: std::ops::Range<u16> = 10_240..32_000;

/// What stands for the placeholders.
#[derive(Debug)]
pub(crate) struct Places {
    pub work: String,
    /// Whether ports have to be free on the host.
    on_host: bool,
    ports: Mutex<BTreeMap<String, u16>>,
    /// `host:port` by name.
    pub dependencies: BTreeMap<String, String>,
    /// The path of the certificate authority by name, of stand-ins with TLS.
    pub authorities: BTreeMap<String, String>,
}

impl Places {
    pub fn new(work: &str, on_host: bool) -> Places {
        Places {
            work: work.into(),
            on_host,
            ports: Mutex::default(),
            dependencies: BTreeMap::new(),
            authorities: BTreeMap::new(),
        }
    }

    /// Where authorities of stand-ins are put: outside of `{work}`, whose content is the deliverable's.
    pub fn authority_folder(&self) -> String {
        match self.on_host {
            true => format!("{}-ca", self.work),
            false => "/etc/pki".into(),
        }
    }

    /// The port of a name; a new one at its first use.
    pub fn port(&self, name: &str) -> io::Result<u16> {
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(port) = ports.get(name) {
            return Ok(*port);
        }
        for _ in 0..200 {
            let port = PORTS.start + random::below(u64::from(PORTS.end - PORTS.start))? as u16;
            let taken = ports.values().any(|p| *p == port);
            if !taken && (!self.on_host || TcpListener::bind(("127.0.0.1", port)).is_ok()) {
                ports.insert(name.into(), port);
                return Ok(port);
            }
        }
        Err(io::Error::new(io::ErrorKind::AddrInUse, "no free port was found"))
    }

    /// Fills a text in; `{{` is a brace, as is `}}`, and an unknown name is a reason.
    pub fn fill(&self, text: &str) -> Result<String, Reason> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix(brace) {
                out.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" {
                out.push('}');
                rest = after;
                continue;
            }
            let unknown = |name: &str| reason!("placeholder-unknown", text = text, name = format!("{{{name}}}"));
            let Some(close) = after.find('}') else { return Err(unknown(after)) };
            let name = &after[..close];
            out.push_str(&self.value(name).ok_or_else(|| unknown(name))?);
            rest = &after[close + 1..];
        }
        Ok(out + rest)
    }

    /// Replaces exactly the known placeholders and leaves every other byte, as templates want it.
    pub fn fill_known(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let name = after.find('}').map(|close| &after[..close]);
            match name.and_then(|name| Some((name, self.value(name)?))) {
                Some((name, value)) => {
                    out.push_str(&value);
                    rest = &after[name.len() + 1..];
                }
                None => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out + rest
    }

    fn value(&self, name: &str) -> Option<String> {
        if name == "work" {
            return Some(self.work.clone());
        }
        if let Some(name) = name.strip_prefix("port.") {
            return plain(name).then(|| self.port(name).ok()).flatten().map(|p| p.to_string());
        }
        let name = name.strip_prefix("dep.")?;
        let authority = name.strip_suffix(".ca").and_then(|name| self.authorities.get(name));
        authority.or_else(|| self.dependencies.get(name)).cloned()
    }
}

/// Names are letters, digits, `-` and `_`.
fn plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let mut places = Places::new("/srv/x", false);
        places.dependencies.insert("db".into(), "127.0.0.1:5432".into());
        places.authorities.insert("db".into(), "/etc/pki/db.pem".into());
        places
    }

    #[test]
    fn known_names_are_filled_in_and_a_port_keeps_its_number() {
        let places = places();
        let port = places.port("public").expect("a port");
        let filled = |text: &str| places.fill(text).expect("known names");
        assert_eq!(filled("{work}/c {dep.db} {dep.db.ca}"), "/srv/x/c 127.0.0.1:5432 /etc/pki/db.pem");
        assert_eq!(filled("127.0.0.1:{port.public}"), format!("127.0.0.1:{port}"));
        assert_eq!(filled("{{work}} }} }"), "{work} } }");
        assert!(PORTS.contains(&port));
        assert_ne!(places.port("admin").expect("a port"), port);
    }

    #[test]
    fn unknown_names_are_reasons_in_run_and_stay_in_templates() {
        let places = places();
        for text in ["{dep.cache}", "{home}", "{port.}", "{port.a b}", "{", "{work"] {
            assert_eq!(places.fill(text).expect_err(text).code, "placeholder-unknown");
            assert_eq!(places.fill_known(text), text);
        }
        assert_eq!(places.fill_known(r#"{"a": "{work}", "b": {{work}}}"#), r#"{"a": "/srv/x", "b": {/srv/x}}"#);
    }
}
