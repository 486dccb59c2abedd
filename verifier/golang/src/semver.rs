//! Semantic versions with a `v`, and pseudo-versions (golang.org/x/mod/semver and module/pseudo.go, as vendored in Go 1.26).

use std::cmp::Ordering;

/// A parsed version; all parts are slices of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    pub major: &'a str,
    pub minor: &'a str,
    pub patch: &'a str,
    /// With its `-`, or empty.
    pub prerelease: &'a str,
    /// With its `+`, or empty.
    pub build: &'a str,
    /// What is missing for the canonical form: `.0.0`, `.0` or empty.
    short: &'static str,
}

/// Parses `vMAJOR[.MINOR[.PATCH[-PRERELEASE][+BUILD]]]`.
pub fn parse(text: &str) -> Option<Version<'_>> {
    let (major, rest) = integer(text.strip_prefix('v')?)?;
    let mut version = Version { major, minor: "0", patch: "0", prerelease: "", build: "", short: ".0.0" };
    if rest.is_empty() {
        return Some(version);
    }
    let (minor, rest) = integer(rest.strip_prefix('.')?)?;
    (version.minor, version.short) = (minor, ".0");
    if rest.is_empty() {
        return Some(version);
    }
    let (patch, rest) = integer(rest.strip_prefix('.')?)?;
    (version.patch, version.short) = (patch, "");
    let (prerelease, build) = rest.split_at(rest.find('+').unwrap_or(rest.len()));
    if !prerelease.is_empty() && !identifiers(prerelease.strip_prefix('-')?, true) {
        return None;
    }
    if !build.is_empty() && !identifiers(&build[1..], false) {
        return None;
    }
    (version.prerelease, version.build) = (prerelease, build);
    Some(version)
}

/// Whether it is a semantic version.
pub fn is_valid(text: &str) -> bool {
    parse(text).is_some()
}

/// The canonical form: parts filled in, build metadata dropped.
pub fn canonical(text: &str) -> Option<String> {
    let version = parse(text)?;
    Some(format!("{}{}", &text[..text.len() - version.build.len()], version.short))
}

/// The canonical form of a module's version, which keeps `+incompatible` (`module.CanonicalVersion`).
pub fn canonical_module_version(text: &str) -> Option<String> {
    let kept = if parse(text)?.build == "+incompatible" { "+incompatible" } else { "" };
    Some(canonical(text)? + kept)
}

/// `v2` of `v2.1.0`.
pub fn major(text: &str) -> Option<&str> {
    Some(&text[..1 + parse(text)?.major.len()])
}

/// Precedence; what is no version is less than every version and equal to its like.
pub fn compare(a: &str, b: &str) -> Ordering {
    match (parse(a), parse(b)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => decimal(a.major, b.major)
            .then_with(|| decimal(a.minor, b.minor))
            .then_with(|| decimal(a.patch, b.patch))
            .then_with(|| prerelease(a.prerelease, b.prerelease)),
    }
}

/// Compares decimal numbers of any length without leading zeros.
pub(crate) fn decimal(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn prerelease(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let (mut a, mut b) = (a[1..].split('.'), b[1..].split('.'));
            loop {
                match (a.next(), b.next()) {
                    (None, None) => return Ordering::Equal,
                    (None, Some(_)) => return Ordering::Less,
                    (Some(_), None) => return Ordering::Greater,
                    (Some(x), Some(y)) if x == y => {}
                    (Some(x), Some(y)) => return identifier(x, y),
                }
            }
        }
    }
}

fn identifier(a: &str, b: &str) -> Ordering {
    match (is_number(a), is_number(b)) {
        (true, true) => decimal(a, b),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// A decimal number without needless zeros, and what follows.
pub(crate) fn integer(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let good = !number.is_empty() && (number == "0" || !number.starts_with('0'));
    good.then_some((number, rest))
}

fn identifiers(text: &str, no_leading_zero: bool) -> bool {
    text.split('.').all(|id| {
        !id.is_empty()
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !(no_leading_zero && id.len() > 1 && id.starts_with('0') && is_number(id))
    })
}

/// The parts of a pseudo-version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pseudo<'a> {
    /// `yyyymmddhhmmss`, UTC.
    pub time: &'a str,
    /// Usually twelve hexadecimal digits of the commit.
    pub revision: &'a str,
    /// The version it follows; `None` for `vX.0.0-…` and for the nonsensical `vX.Y.0-0.…`.
    pub base: Option<String>,
}

/// A pseudo-version's parts: `vX.0.0-TIME-REV`, `vX.Y.Z-PRE.0.TIME-REV`, `vX.Y.(Z+1)-0.TIME-REV`.
pub fn pseudo(text: &str) -> Option<Pseudo<'_>> {
    let version = parse(text)?;
    let mut parts = version.prerelease.rsplitn(2, '-');
    let revision = parts.next().filter(|r| !r.is_empty() && r.bytes().all(|b| b.is_ascii_alphanumeric()))?;
    let before = parts.next()?;
    let time = before.rsplit(['-', '.']).next().filter(|t| t.len() == 14 && is_number(t))?;
    let stem = &before[..before.len() - time.len()];
    let numbers = format!("v{}.{}.", version.major, version.minor);
    let base = match stem {
        "-" if version.minor == "0" && version.patch == "0" => None,
        "-0." => predecessor(version.patch).map(|patch| format!("{numbers}{patch}{}", version.build)),
        _ => Some(format!("{numbers}{}{}{}", version.patch, stem.strip_suffix(".0.")?, version.build)),
    };
    Some(Pseudo { time, revision, base })
}

/// A decimal less one; `None` for zero.
fn predecessor(number: &str) -> Option<String> {
    let significant = number.trim_end_matches('0');
    let zeros = number.len() - significant.len();
    let last = significant.bytes().last()?;
    let head = &significant[..significant.len() - 1];
    let digit = char::from(last - 1);
    let digit = if head.is_empty() && digit == '0' && zeros > 0 { String::new() } else { digit.to_string() };
    Some(format!("{head}{digit}{}", "9".repeat(zeros)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In order of precedence; equal ones share a line (golang.org/x/mod/semver/semver_test.go).
    const ORDERED: &str = "\
bad v1-alpha.beta.gamma v1-pre v1+meta v1-pre+meta v1.2-pre v1.2+meta v1.2-pre+meta v1.2.3-01 v1.2.3- v1.2.3+ v01.2.3 1.2.3 v1.2.3-a..b
v1.0.0-alpha
v1.0.0-alpha.1
v1.0.0-alpha.beta
v1.0.0-beta
v1.0.0-beta.2
v1.0.0-beta.11
v1.0.0-rc.1
v1 v1.0 v1.0.0
v1.2 v1.2.0
v1.2.3-456
v1.2.3-456.789 v1.2.3-456.789+x
v1.2.3-456-789
v1.2.3-456a
v1.2.3-pre v1.2.3-pre+meta
v1.2.3-pre.1
v1.2.3-zzz
v1.2.3 v1.2.3+meta v1.2.3+meta-pre v1.2.3+meta-pre.sha.256a
v99999999999999999999.0.0";

    #[test]
    fn versions_are_ordered_as_in_go() {
        let all: Vec<(usize, &str)> =
            ORDERED.lines().enumerate().flat_map(|(rank, line)| line.split(' ').map(move |v| (rank, v))).collect();
        for (i, a) in &all {
            for (j, b) in &all {
                assert_eq!(compare(a, b), i.cmp(j), "{a} and {b}");
            }
            assert_eq!(is_valid(a), *i > 0, "{a}");
        }
    }

    #[test]
    fn canonical_forms_are_those_of_go() {
        for (given, plain, module) in [
            ("v1", Some("v1.0.0"), Some("v1.0.0")),
            ("v1.2", Some("v1.2.0"), Some("v1.2.0")),
            ("v1.2.3+meta", Some("v1.2.3"), Some("v1.2.3")),
            ("v2.0.0+incompatible", Some("v2.0.0"), Some("v2.0.0+incompatible")),
            ("v1.2.3-pre+x", Some("v1.2.3-pre"), Some("v1.2.3-pre")),
            ("master", None, None),
        ] {
            assert_eq!(canonical(given).as_deref(), plain, "{given}");
            assert_eq!(canonical_module_version(given).as_deref(), module, "{given}");
        }
        assert_eq!(major("v2.1.0"), Some("v2"));
    }

    #[test]
    fn pseudo_versions_are_taken_apart_as_in_go() {
        let shown = |v| match pseudo(v) {
            Some(p) => format!("{} {} {}", p.time, p.revision, p.base.unwrap_or("-".into())),
            None => "no".into(),
        };
        for (given, wanted) in [
            ("v1.0.0-20060102150405-hash", "20060102150405 hash -"),
            ("v1.2.4-0.20060102150405-hash", "20060102150405 hash v1.2.3"),
            ("v1.2.10-0.20060102150405-hash", "20060102150405 hash v1.2.9"),
            ("v1.2.100-0.20060102150405-hash", "20060102150405 hash v1.2.99"),
            ("v1.2.3-pre.0.20060102150405-hash", "20060102150405 hash v1.2.3-pre"),
            ("v1.2.4-0.20060102150405-hash+incompatible", "20060102150405 hash v1.2.3+incompatible"),
            ("v1.2.3-4.0.20060102150405-e1f2", "20060102150405 e1f2 v1.2.3-4"),
            ("v1.2.0-20060102150405-hash", "no"),
            ("v1.2.0-0.20060102150405-hash", "20060102150405 hash -"),
            ("v1.0.0-2006010215040-hash", "no"),
            ("v1.2.3", "no"),
            ("v1.2.3-pre", "no"),
        ] {
            assert_eq!(shown(given), wanted, "{given}");
        }
    }
}
