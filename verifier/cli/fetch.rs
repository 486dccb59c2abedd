//! `assize data fetch`: brings the modules that a deliverable's go.sum names, and their records, so that a run needs no network for them.

use crate::done::{Done, NotDone};
use crate::progress::Terminal;
use crate::{examine, terminal, text};
use assize_data::{Fetched, Fetching, Proxies, Wanted, fetch_modules};
use assize_facts::Lang;
use std::fmt::Write;
use std::path::Path;

/// Go's own default.
const PROXIES: &str = "https://proxy.golang.org,direct";

pub fn run(deliverable: &Path, into: &Path, quiet: bool) -> Result<Done, NotDone> {
    let opened = examine::open(deliverable, None)?;
    let summed =
        assize_source::summed_modules(&opened.delivery).map_err(|reason| NotDone::say(reason.render(Lang::En)))?;
    let wanted: Vec<Wanted> = summed.into_iter().map(|(module, zip)| Wanted { module, zip }).collect();
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let private = set("GOPRIVATE").unwrap_or_default();
    let proxies = Proxies::parse(&set("GOPROXY").unwrap_or_else(|| PROXIES.into()))?;
    let fetching = Fetching {
        proxies: &proxies,
        into,
        private: &set("GONOPROXY").unwrap_or_else(|| private.clone()),
        unrecorded: &set("GONOSUMDB").unwrap_or(private),
    };
    let progress = Terminal::new(quiet, false);
    let fetched = fetch_modules(&wanted, &fetching, &progress)?;
    progress.clear();
    terminal::print(&said(&wanted, &fetched, into))?;
    Ok(if fetched.missing.is_empty() { Done::Good } else { Done::Incomplete })
}

fn said(wanted: &[Wanted], fetched: &Fetched, into: &Path) -> String {
    let mut out = String::new();
    for name in &fetched.left_out {
        let _ = writeln!(out, "not asked for (private): {}", text::plain(name));
    }
    for missing in &fetched.missing {
        let _ = writeln!(out, "not to be had: {}: {}", text::plain(&missing.what), text::plain(&missing.why));
    }
    let zips = wanted.iter().filter(|w| w.zip).count();
    let tree = fetched.tree_size.map(|size| format!(", proved in a tree of {size}")).unwrap_or_default();
    let _ = writeln!(
        out,
        "{} of {zips} module contents, {} of {} go.mod files, {} of {} checksum-database records{tree}; in {}",
        fetched.zips,
        fetched.go_mods,
        wanted.len(),
        fetched.records,
        wanted.len(),
        text::plain(&into.display().to_string()),
    );
    out
}
