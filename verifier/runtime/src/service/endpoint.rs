//! Declared endpoints with their placeholders filled in, and the addresses that they lead to.

use super::places::Places;
use crate::plan::RunPlan;
use assize_facts::{EndpointSpec, Reason, reason};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

/// A declared endpoint with its placeholders filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub name: String,
    pub url: String,
    /// `http`, `https`, `tcp`, `tls`, `grpc`, …: what stands before `://`.
    pub scheme: String,
    /// Host as written, without brackets.
    pub host: String,
    pub addr: SocketAddr,
    /// From the first `/` on; `/` where the URL has none.
    pub path: String,
    pub roles: Vec<String>,
    pub server_name: Option<String>,
    /// PEM.
    pub ca: Option<Vec<u8>>,
    pub client_cert: Option<Vec<u8>>,
    pub client_key: Option<Vec<u8>>,
    pub headers: BTreeMap<String, String>,
    /// Whether the operator named it: it is then the subject itself.
    pub by_operator: bool,
}

impl Endpoint {
    /// An undeclared place, spoken to without any certificate or header.
    pub(crate) fn plain(url: &Url, addr: SocketAddr) -> Endpoint {
        Endpoint {
            name: String::new(),
            url: format!("{}://{addr}", url.scheme),
            scheme: url.scheme.clone(),
            host: url.host.clone(),
            addr,
            path: url.path.clone(),
            roles: Vec::new(),
            server_name: None,
            ca: None,
            client_cert: None,
            client_key: None,
            headers: BTreeMap::new(),
            by_operator: false,
        }
    }

    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|r| r == role)
    }
}

/// The parts of `scheme://host[:port][/path]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub scheme: String,
    pub host: String,
    pub port: u16,
    pub path: String,
}

impl Url {
    pub fn parse(text: &str) -> Result<Url, Reason> {
        let bad = |detail: &str| reason!("address-unusable", address = text, detail = detail);
        let (scheme, rest) = text.split_once("://").ok_or_else(|| bad("no scheme"))?;
        let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        if authority.contains('@') {
            return Err(bad("user information"));
        }
        let (host, port) = split_port(authority).ok_or_else(|| bad("no host"))?;
        let port = match port {
            Some(text) => text.parse().map_err(|_| bad("no port number"))?,
            None => default_port(scheme).ok_or_else(|| bad("no port"))?,
        };
        let path = match path.split('#').next().unwrap_or("") {
            "" => "/".to_string(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_string(),
        };
        Ok(Url { scheme: scheme.to_ascii_lowercase(), host: host.into(), port, path })
    }

    /// A loopback address; anything else is not the deliverable's to name.
    pub fn loopback(&self) -> Result<SocketAddr, Reason> {
        loopback(&self.host, self.port)
    }
}

/// Host and port text of `host:port`, `[v6]:port` or either without a port.
pub(crate) fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return Some((host, after.strip_prefix(':')));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    (!host.is_empty()).then_some((host, port))
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => Some(80),
        "https" | "wss" | "tls" | "grpcs" => Some(443),
        _ => None,
    }
}

/// The loopback address of a host name; `localhost` is 127.0.0.1.
pub(crate) fn loopback(host: &str, port: u16) -> Result<SocketAddr, Reason> {
    let ip = match host {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        other => other.parse::<IpAddr>(),
    };
    match ip {
        Ok(ip) if ip.is_loopback() => Ok(SocketAddr::new(ip, port)),
        Ok(_) | Err(_) => {
            Err(reason!("address-unusable", address = host, detail = "a deliverable may only name loopback addresses"))
        }
    }
}

/// The endpoints of a service that the tool starts.
pub(crate) fn declared(plan: &RunPlan, places: &Places) -> Result<Vec<Endpoint>, Reason> {
    plan.delivery.spec().endpoints.iter().map(|spec| one(plan, places, spec)).collect()
}

fn one(plan: &RunPlan, places: &Places, spec: &EndpointSpec) -> Result<Endpoint, Reason> {
    let url = places.fill(&spec.url)?;
    let parts = Url::parse(&url)?;
    let addr = parts.loopback()?;
    let headers = spec.headers.iter().map(|(k, v)| Ok((k.clone(), places.fill(v)?))).collect::<Result<_, Reason>>()?;
    endpoint(plan, spec, url, parts, addr, headers, false)
}

/// What the endpoints of a deployed service can be asked by.
const SCHEMES: &[&str] = &["http", "https", "tcp", "tls", "grpc", "grpcs"];

/// Whether an operator's `--endpoint` can be asked: its scheme, host and port.
pub fn usable_url(text: &str) -> Result<(), Reason> {
    let scheme = Url::parse(text)?.scheme;
    match SCHEMES.contains(&scheme.as_str()) {
        true => Ok(()),
        false => Err(reason!("address-unusable", address = text, detail = format!("{scheme} cannot be asked here"))),
    }
}

/// Whether an operator's `--dep` is `host:port`.
pub fn usable_address(text: &str) -> Result<(), Reason> {
    let bad = |detail: &str| reason!("address-unusable", address = text, detail = detail);
    let (_, port) = split_port(text).filter(|_| !text.contains('/')).ok_or_else(|| bad("no host"))?;
    match port.map(str::parse::<u16>) {
        Some(Ok(1..)) => Ok(()),
        Some(_) | None => Err(bad("no port")),
    }
}

/// The endpoints that the operator named, on the network of the host; a declared one of the same name lends its roles and certificates.
pub(crate) fn deployed(plan: &RunPlan) -> Result<Vec<Endpoint>, Reason> {
    let specs = &plan.delivery.spec().endpoints;
    let one = |(name, url): (&String, &String)| {
        let parts = Url::parse(url)?;
        let bad = |detail: String| reason!("address-unusable", address = url, detail = detail);
        let mut found = (parts.host.as_str(), parts.port).to_socket_addrs().map_err(|e| bad(e.to_string()))?;
        let addr = found.next().ok_or_else(|| bad("no address".into()))?;
        let declared = specs.iter().find(|s| s.name == *name).cloned();
        let spec = declared.unwrap_or_else(|| undeclared(name, &parts.scheme));
        endpoint(plan, &spec, url.clone(), parts, addr, spec.headers.clone(), true)
    };
    plan.operator.endpoints.iter().map(one).collect()
}

/// An endpoint that nobody declared is asked for what it can be asked for.
fn undeclared(name: &str, scheme: &str) -> EndpointSpec {
    let health = matches!(scheme, "http" | "https").then(|| "health".to_string());
    let roles = ["tls".to_string()].into_iter().chain(health).collect();
    EndpointSpec { name: name.into(), roles, ..EndpointSpec::default() }
}

fn endpoint(
    plan: &RunPlan,
    spec: &EndpointSpec,
    url: String,
    parts: Url,
    addr: SocketAddr,
    headers: BTreeMap<String, String>,
    by_operator: bool,
) -> Result<Endpoint, Reason> {
    let file = |path: &Option<String>| path.as_ref().map(|p| plan.delivery.read(p)).transpose();
    Ok(Endpoint {
        name: spec.name.clone(),
        url,
        scheme: parts.scheme,
        host: parts.host,
        addr,
        path: parts.path,
        roles: spec.roles.clone(),
        server_name: spec.server_name.clone(),
        ca: file(&spec.ca)?,
        client_cert: file(&spec.client_cert)?,
        client_key: file(&spec.client_key)?,
        headers,
        by_operator,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let parts = |text: &str| Url::parse(text).map(|u| format!("{} {} {} {}", u.scheme, u.host, u.port, u.path));
        assert_eq!(parts("https://127.0.0.1:8443").as_deref(), Ok("https 127.0.0.1 8443 /"));
        assert_eq!(parts("HTTP://[::1]/a?b#c").as_deref(), Ok("http ::1 80 /a?b"));
        assert_eq!(parts("https://localhost?x=1").as_deref(), Ok("https localhost 443 /?x=1"));
        for bad in
            ["127.0.0.1:80", "tcp://127.0.0.1", "http://:80", "http://a:b/", "http://u@127.0.0.1/", "http://[::1"]
        {
            assert!(parts(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn operators_addresses_are_checked_before_anything_is_done() {
        for good in ["https://api.example.com", "tcp://10.0.0.7:5432", "http://[::1]:80/base"] {
            assert_eq!(usable_url(good), Ok(()), "{good}");
        }
        for bad in ["api.example.com:443", "ftp://a:21", "https://u:p@a", "tcp://a", ""] {
            assert!(usable_url(bad).is_err(), "{bad}");
        }
        for good in ["db.example.com:5432", "127.0.0.1:1", "[::1]:6379"] {
            assert_eq!(usable_address(good), Ok(()), "{good}");
        }
        for bad in ["db", "db:", "db:0", ":5432", "redis://db:6379", "db:99999"] {
            assert!(usable_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_loopback_can_be_named() {
        for good in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] {
            assert!(loopback(good, 1).is_ok(), "{good}");
        }
        for bad in
            ["0.0.0.0", "10.0.0.1", "169.254.169.254", "example.org", "::ffff:10.0.0.1", "localhost.example.org", ""]
        {
            assert!(loopback(bad, 1).is_err(), "{bad}");
        }
    }
}
