//! The release history as the Go project publishes it (go.dev/doc/devel/release), read into the table's form.
//!
//! Each release is told as `go1.26.6 (released 2026-08-13) includes security fixes to …`; `_content/doc/devel/release.html` of the
//! website's source writes `security` there exactly where its table of releases has a security fix.

use crate::{Problem, Release, Releases};
use jiff::civil::Date;

/// Every release that the page tells. The page has no date of its own: it is as of the day on which it was fetched.
pub fn releases_of_page(html: &str, fetched: Date) -> Result<Releases, Problem> {
    let text = text_of(html);
    let mut found: Vec<Release> = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(" (released ") {
        let (before, after) = (&rest[..at], &rest[at + " (released ".len()..]);
        let version = before.rsplit([' ', '\n']).next().unwrap_or_default().strip_prefix("go");
        let date = after.get(..10).and_then(|day| day.parse::<Date>().ok());
        if let (Some(version), Some(date)) = (version, date) {
            let sentence = after.split(" (released ").next().unwrap_or(after);
            let told = sentence.find("includes").map(|from| &sentence[from..]).unwrap_or_default();
            let told = told.split(". ").next().unwrap_or(told);
            add(&mut found, Release { version: full(version), date, security: told.contains("security") })?;
        }
        rest = after;
    }
    if found.len() < 50 {
        return Err(Problem::say(format!("the release history tells only {} releases", found.len()))
            .help("the page may have changed its form; import a table with `assize data import`"));
    }
    Releases::of(fetched, found)
}

/// The page's contents name a release once more, without telling what it includes.
fn add(found: &mut Vec<Release>, release: Release) -> Result<(), Problem> {
    match found.iter_mut().find(|known| known.version == release.version) {
        Some(known) if known.date != release.date => {
            Err(Problem::say(format!("the release history gives Go {} two dates", release.version)))
        }
        Some(known) => {
            known.security |= release.security;
            Ok(())
        }
        None => {
            found.push(release);
            Ok(())
        }
    }
}

/// `go1` was the first release; its line's later ones are `go1.0.1` and so on.
fn full(version: &str) -> String {
    if version == "1" { "1.0".into() } else { version.into() }
}

/// Text without tags, white space folded; a few entities are all that such a page has between the words that matter.
fn text_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            c if in_tag => {
                if c == '\n' {
                    text.push(' ');
                }
            }
            c if c.is_whitespace() => {
                if !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            c => text.push(c),
        }
        if c == '>' && !text.ends_with(' ') {
            text.push(' ');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r##"<h2 id="go1.26.0">go1.26.0 (released 2026-02-10)</h2>
<p>Go 1.26.0 is a major release of Go. Read the <a href="/doc/go1.26">security notes</a>.</p>
<h3 id="go1.26.minor">Minor revisions</h3>
<p id="go1.26.1">
go1.26.1
(released 2026-03-05) includes security fixes to the <code>net/url</code>
package. See the milestone.</p>
<p>go1.26.2 (released 2026-04-07) includes a fix to the <code>crypto/x509</code> package. See the security page.</p>"##;

    #[test]
    fn releases_and_their_security_fixes_are_read() {
        let many: String = (0..60).map(|n| format!("<p>go1.9.{n} (released 2017-10-25) includes fixes.</p>")).collect();
        let page = format!("{PAGE}{many}");
        let table = releases_of_page(&page, "2026-05-01".parse().expect("a day")).expect("a table");
        let shown: Vec<String> = table
            .all
            .iter()
            .filter(|r| r.version.starts_with("1.26"))
            .map(|r| format!("{} {} {}", r.version, r.date, r.security))
            .collect();
        assert_eq!(shown, ["1.26.0 2026-02-10 false", "1.26.1 2026-03-05 true", "1.26.2 2026-04-07 false"]);
    }

    #[test]
    fn a_page_of_another_form_is_refused() {
        assert!(releases_of_page(PAGE, "2026-05-01".parse().expect("a day")).is_err());
        assert!(releases_of_page("<html>sign in</html>", "2026-05-01".parse().expect("a day")).is_err());
    }
}
