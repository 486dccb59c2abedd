//! `assize data update`: brings both sets from where the Go project publishes them; and how servers are spoken to.

use crate::{Imported, Kept, Problem, Releases, import_database, import_releases, releases_of_page};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

/// Where the Go project publishes them.
pub const RELEASES_URL: &str = "https://go.dev/doc/devel/release";
pub const DATABASE_URL: &str = "https://vuln.go.dev/vulndb.zip";

const LARGEST: u64 = 256 << 20;
const PATIENCE: Duration = Duration::from_secs(120);
/// Bundles of certificates where systems keep them; `SSL_CERT_FILE` comes first, as for OpenSSL and Go.
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Fetches the release history. `known` is a table whose releases it has to tell as well: a page of another form, or of somebody else, does not.
pub fn update_releases(kept: &Kept, url: &str, known: Option<&Releases>, now: Timestamp) -> Result<Imported, Problem> {
    let page = get(url)?;
    let table = releases_of_page(&String::from_utf8_lossy(&page), today(now)).map_err(|p| p.at(url))?;
    if let Some(known) = known {
        tells(&table, known).map_err(|p| p.at(url))?;
    }
    import_releases(kept, table.to_toml().as_bytes(), now).map_err(|p| p.at(url))
}

/// Fetches the vulnerability database. It is complete up to the instant at which it was asked for.
pub fn update_database(kept: &Kept, url: &str, now: Timestamp) -> Result<Imported, Problem> {
    let zip = get(url)?;
    import_database(kept, &zip, Some(now), now).map_err(|p| p.at(url))
}

fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn tells(table: &Releases, known: &Releases) -> Result<(), Problem> {
    for release in &known.all {
        let told = table.all.iter().find(|r| r.version == release.version);
        if told.is_none_or(|r| r.date != release.date || (release.security && !r.security)) {
            return Err(Problem::say(format!("does not tell Go {} as it is known", release.version))
                .help("the page may have changed its form; import a table with `assize data import`"));
        }
    }
    Ok(())
}

fn get(url: &str) -> Result<Vec<u8>, Problem> {
    let failed = |e: ureq::Error| Problem::say(e.to_string()).at(url);
    let mut response = agent(url, PATIENCE)?.get(url).call().map_err(failed)?;
    response.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(failed)
}

/// How the server of an address is spoken to, and for how long it may take to answer.
pub(crate) fn agent(url: &str, patience: Duration) -> Result<ureq::Agent, Problem> {
    let config = ureq::Agent::config_builder()
        .https_only(!is_loopback(url))
        .timeout_global(Some(patience))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .max_redirects(5)
        .user_agent(concat!("assize/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls()?)
        .build();
    Ok(config.new_agent())
}

/// A server on this machine may speak plainly; nothing else may.
fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return false;
    }
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

fn tls() -> Result<TlsConfig, Problem> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(roots()?)
        .build())
}

/// The operator's roots, else the system's, else those of the Mozilla programme.
fn roots() -> Result<RootCerts, Problem> {
    let named = std::env::var_os("SSL_CERT_FILE").filter(|name| !name.is_empty());
    let bundle = BUNDLES.iter().map(Path::new).find(|path| path.is_file());
    let Some(path) = named.as_deref().map(Path::new).or(bundle) else { return Ok(RootCerts::WebPki) };
    let pem = std::fs::read(path).map_err(|e| Problem::say(e.to_string()).at(path.display()))?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Problem::say("holds no certificate").at(path.display()));
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Release;

    fn table(rows: &[(&str, &str, bool)]) -> Releases {
        let release = |(version, date, security): &(&str, &str, bool)| Release {
            version: (*version).into(),
            date: date.parse().expect("a day"),
            security: *security,
        };
        Releases::of("2026-08-01".parse().expect("a day"), rows.iter().map(release).collect()).expect("a table")
    }

    #[test]
    fn a_page_has_to_tell_what_is_known_already() {
        let known = table(&[("1.26.0", "2026-02-10", false), ("1.26.1", "2026-03-05", true)]);
        assert!(tells(&known, &known).is_ok());
        for other in [
            table(&[("1.26.0", "2026-02-10", false)]),
            table(&[("1.26.0", "2026-02-11", false), ("1.26.1", "2026-03-05", true)]),
            table(&[("1.26.0", "2026-02-10", false), ("1.26.1", "2026-03-05", false)]),
        ] {
            assert!(tells(&other, &known).is_err(), "{other:?}");
        }
        // That a fix turned out to be one of security is news, not a contradiction.
        assert!(tells(&table(&[("1.26.0", "2026-02-10", true), ("1.26.1", "2026-03-05", true)]), &known).is_ok());
    }

    #[test]
    fn only_this_machine_may_speak_plainly() {
        for (url, plainly) in [
            ("http://127.0.0.1:8080/vulndb.zip", true),
            ("http://[::1]:8080/x", true),
            ("http://localhost/x", true),
            ("http://localhost.example.com/x", false),
            ("http://example.com/127.0.0.1", false),
            ("http://127.0.0.1@example.com/x", false),
            ("http://localhost:80@example.com/x", false),
            ("https://127.0.0.1/x", false),
        ] {
            assert_eq!(is_loopback(url), plainly, "{url}");
        }
        let kept = Kept { folder: "nowhere".into() };
        assert!(update_database(&kept, "http://example.com/vulndb.zip", Timestamp::UNIX_EPOCH).is_err());
    }
}
