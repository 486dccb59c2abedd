//! Addresses and placeholders: `{work}`, `{port.NAME}`, `{dep.NAME}`, `{dep.NAME.ca}`, and nothing else.

use crate::read::{Node, Reader, Span, Value, did_you_mean};
use std::collections::{BTreeMap, BTreeSet};

/// The names that placeholders may use, and what was done with ports.
pub(crate) struct Places<'a> {
    reader: &'a Reader,
    names: BTreeMap<&'static str, BTreeSet<&'a str>>,
    /// Names of dependencies, and whether each has a certificate.
    dependencies: Vec<(String, bool)>,
    /// Ports that addresses need, with their places.
    asked: Vec<(String, Span)>,
    /// Ports that the service is told of.
    told: BTreeSet<String>,
    /// Whether files are filled in, which may tell the service of any port.
    pub templates: bool,
    /// Whether this is a contract, to which a supplier's declaration comes.
    pub agreed: bool,
    /// Whether it is said here how the service starts.
    pub runs: bool,
}

fn names<'a>(root: &'a Node, sort: &str) -> Option<BTreeSet<&'a str>> {
    match &root.get(sort)?.value {
        Value::List(nodes) => Some(nodes.iter().filter_map(|n| n.get("name")?.text()).collect()),
        _ => None,
    }
}

/// A placeholder in a text.
enum Place<'t> {
    /// A brace that nothing closes.
    Lone,
    Work,
    Port(&'t str),
    Dependency {
        name: &'t str,
        part: Option<&'t str>,
    },
    Unknown(&'t str),
}

impl<'a> Places<'a> {
    /// Looks up the dependencies first: a text may name one that is declared below it.
    pub fn new(reader: &'a Reader, root: &'a Node, agreed: bool) -> Places<'a> {
        let dependencies = match root.get("run").and_then(|run| run.get("dependency")) {
            Some(Node { value: Value::List(nodes), .. }) => nodes.as_slice(),
            _ => &[],
        };
        let about = |node: &Node| {
            let tls = node.get("tls").is_some_and(|n| matches!(n.value, Value::Bool(true)));
            Some((node.get("name")?.text()?.to_string(), tls))
        };
        Places {
            reader,
            names: ["binary", "endpoint", "request"].into_iter().filter_map(|s| Some((s, names(root, s)?))).collect(),
            agreed,
            dependencies: dependencies.iter().filter_map(about).collect(),
            asked: Vec::new(),
            told: BTreeSet::new(),
            templates: false,
            runs: false,
        }
    }

    /// The names of a sort of things in the file, also of those that could not be read; `None` where it has none of the sort.
    pub fn names(&self, sort: &str) -> Option<&BTreeSet<&'a str>> {
        self.names.get(sort)
    }

    pub fn dependencies(&self) -> impl Iterator<Item = &str> {
        self.dependencies.iter().map(|(name, _)| name.as_str())
    }

    /// A text that the service gets: its placeholders must be known, its ports are told.
    pub fn told(&mut self, text: &str, span: &Span) {
        for place in places(text) {
            if self.reader.is_full() {
                return;
            }
            if let Place::Port(name) = &place {
                self.told.insert(name.to_string());
            }
            self.known(span, &place);
        }
    }

    fn known(&self, span: &Span, place: &Place<'_>) {
        match place {
            Place::Work | Place::Port(_) => {}
            Place::Dependency { name, part } => self.known_dependency(span, name, *part),
            Place::Lone => {
                let mistake = self.reader.at(&self.reader.inside(span, "{"), "a `{` that nothing closes");
                self.reader.report(mistake.help("`{{` is a brace"));
            }
            Place::Unknown(name) => {
                let place = format!("{{{name}}}");
                let mistake =
                    self.reader.at(&self.reader.inside(span, &place), format!("nothing is called `{place}` here"));
                let near = did_you_mean(name, ["work"]).filter(|said| said.starts_with("did"));
                self.reader.report(mistake.help(near.unwrap_or_else(|| {
                    "`{work}`, `{port.NAME}`, `{dep.NAME}`, `{dep.NAME.ca}`; `{{` is a brace".into()
                })));
            }
        }
    }

    fn known_dependency(&self, span: &Span, name: &str, part: Option<&str>) {
        let span = self.reader.inside(span, name);
        let Some((_, tls)) = self.dependencies.iter().find(|(known, _)| known == name) else {
            let mistake = self.reader.at(&span, format!("no dependency is called `{name}`"));
            let help = did_you_mean(name, self.dependencies());
            return self.reader.report(mistake.help(help.unwrap_or_else(|| "declare it: `[[run.dependency]]`".into())));
        };
        match part {
            None => {}
            Some("ca") if *tls => {}
            Some("ca") => {
                let mistake = self.reader.at(&span, format!("the dependency `{name}` has no certificate"));
                self.reader.report(mistake.help("`tls = true` gives it one"));
            }
            Some(other) => {
                let mistake = self.reader.at(&span, format!("a dependency has no `{other}`"));
                self.reader.report(mistake.help("`{dep.NAME}` is its address, `{dep.NAME.ca}` its certificate"));
            }
        }
    }

    /// `scheme://host:port/…` on this machine.
    pub fn url(&mut self, text: &str, span: &Span, schemes: &[&str]) -> Option<String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            let mistake = self.reader.at(span, format!("`{text}` is not a URL"));
            self.reader.report(mistake.help("as in `https://127.0.0.1:{port.public}`"));
            return None;
        };
        if !schemes.contains(&scheme) {
            let mistake = self
                .reader
                .at(&self.reader.inside(span, scheme), format!("`{scheme}` is not a scheme that can be asked here"));
            self.reader.report(mistake.help(did_you_mean(scheme, schemes.iter().copied()).unwrap_or_default()));
            return None;
        }
        // The port's braces hold no `/`, `?` or `#`.
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        for place in places(&rest[end..]).iter().take_while(|_| !self.reader.is_full()) {
            self.known(span, place);
        }
        let odd = rest[end..].chars().any(|c| c.is_control() || c.is_whitespace());
        if odd {
            self.reader.report(self.reader.at(span, "a URL has no spaces and no control characters"));
        }
        (self.host_and_port(&rest[..end], span)? && !odd).then(|| text.to_string())
    }

    /// `host:port`: loopback, and a `{port.NAME}` or a constant.
    pub fn host_and_port(&mut self, text: &str, span: &Span) -> Option<bool> {
        let Some((host, port)) = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()) else {
            let mistake = self.reader.at(span, format!("`{text}` says no port"));
            self.reader.report(mistake.help("`{port.NAME}`, or a constant port in the sandbox"));
            return None;
        };
        if text.contains('@') {
            self.reader.report(
                self.reader.at(span, "an address here has no credentials").help("use `headers`, or a `secret`"),
            );
            return None;
        }
        if !is_loopback(host) {
            let mistake = self.reader.at(&self.reader.inside(span, host), format!("`{host}` is not this machine"));
            self.reader.report(mistake.help(
                "127.0.0.1, [::1] or localhost; what already runs elsewhere comes from the operator: `--endpoint NAME=URL`",
            ));
            return None;
        }
        self.port(port, span)
    }

    fn port(&mut self, port: &str, span: &Span) -> Option<bool> {
        let all = places(port);
        if let [Place::Port(name)] = all.as_slice()
            && port == format!("{{port.{name}}}")
        {
            self.asked.push((name.to_string(), self.reader.inside(span, port)));
            return Some(true);
        }
        // `u16` takes a `+`, which no URL does.
        if port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|n| n > 0) {
            return Some(true);
        }
        let mistake = self.reader.at(&self.reader.inside(span, port), format!("`{port}` is not a port"));
        self.reader.report(mistake.help("`{port.NAME}`, or 1 to 65535"));
        None
    }

    /// Ports that are asked and that the service can never know: a slip in a name would look like a service that is not ready.
    pub fn untold(&self) {
        if !self.runs || self.templates {
            return;
        }
        for (name, span) in self.asked.iter().filter(|(name, _)| !self.told.contains(name)) {
            let mistake = self.reader.at(span, format!("the service is never told of `{{port.{name}}}`"));
            let near = did_you_mean(name, self.told.iter().map(String::as_str)).filter(|said| said.starts_with("did"));
            self.reader
                .absent(mistake.help(near.unwrap_or_else(|| "give it in `args`, in `env` or in a template".into())));
        }
    }
}

fn is_loopback(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(six) => six.parse::<std::net::Ipv6Addr>().is_ok_and(|a| a.is_loopback()),
        None => host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|a| a.is_loopback()),
    }
}

/// The placeholders of a text: `{{` is a brace, a `}` outside a placeholder is itself.
fn places(text: &str) -> Vec<Place<'_>> {
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        match rest.find('}') {
            Some(end) => {
                all.push(place(&rest[..end]));
                rest = &rest[end + 1..];
            }
            None => all.push(Place::Lone),
        }
    }
    all
}

fn place(name: &str) -> Place<'_> {
    let word =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["work"] => Place::Work,
        ["port", port] if word(port) => Place::Port(port),
        ["dep", dep] if word(dep) => Place::Dependency { name: dep, part: None },
        ["dep", dep, part] if word(dep) => Place::Dependency { name: dep, part: Some(part) },
        _ => Place::Unknown(name),
    }
}
