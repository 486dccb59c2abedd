//! `assize init`: looks at a Go repository without running anything and writes the deliverable.toml it would need, every guess marked.

use crate::args::Init;
use crate::done::{Done, NotDone};
use crate::progress::Terminal;
use crate::terminal;
use assize_delivery::Delivery;
use assize_facts::{Deliverable, Item, Limits, Request, Sheet};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::OpenOptions;
use std::io::Write as _;

pub fn run(options: &Init) -> Result<Done, NotDone> {
    let target = options.folder.join("deliverable.toml");
    if !options.print && target.symlink_metadata().is_ok() {
        return Err(NotDone::help(
            format!("{} is there already and is left alone", target.display()),
            "move it away, or look at the draft with --print",
        ));
    }
    let delivery = Delivery::open(&options.folder, Deliverable::default(), Limits::default())
        .map_err(|error| NotDone::say(error.to_string()))?;
    let seen = Seen::of(&delivery)?;
    let text = draft(&delivery, &seen);
    if options.print {
        terminal::print(&text)?;
        return Ok(Done::Good);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(&target)?;
    file.write_all(text.as_bytes())?;
    eprintln!("wrote {}; look at every line marked `guess`", target.display());
    Ok(Done::Good)
}

/// What was found without running anything.
struct Seen {
    root: String,
    module: Option<String>,
    /// Main packages: folder relative to the source root, as `./cmd/x`.
    mains: BTreeSet<String>,
    /// Go programs in the folder: path and the main package they say they were built from.
    programs: Vec<(String, Option<String>)>,
    health: Vec<String>,
    reloads: bool,
}

impl Seen {
    fn of(delivery: &Delivery) -> Result<Seen, NotDone> {
        let source = delivery.source().map_err(|r| NotDone::say(r.render(assize_facts::Lang::En)))?;
        let Some(source) = source else {
            return Err(NotDone::help("there is no go.mod in this folder", "name the folder of a Go repository"));
        };
        let progress = Terminal::new(false, false);
        let ask = |kinds: &[&str]| -> Vec<Request> {
            kinds.iter().map(|kind| Request::new(kind, &BTreeMap::new())).collect()
        };
        let wanted = ask(&["module.file", "source.declarations", "source.health_handlers", "source.signal_handlers"]);
        let sheets = assize_source::collect(delivery, &Default::default(), &wanted, &progress);
        let infos =
            assize_binary::collect(delivery, assize_binary::Context::default(), &ask(&["binary.info"]), &progress);
        progress.clear();
        let root = source.prefix().trim_end_matches('/').to_string();
        let module = items(&sheets, "module.file").find(|i| i.bool("is_main") == Some(true));
        let module = module.and_then(|i| i.text("module")).map(str::to_string);
        let mut health: Vec<String> =
            items(&sheets, "source.health_handlers").filter_map(|i| Some(i.text("path")?.to_string())).collect();
        health.sort();
        health.dedup();
        let usr2 = |i: &Item| i.texts("signals").is_some_and(|s| s.contains(&"SIGUSR2"));
        Ok(Seen {
            mains: mains(&sheets, source.prefix()),
            reloads: items(&sheets, "source.signal_handlers").any(usr2),
            programs: items(&infos, "binary.info").filter_map(program).collect(),
            health,
            module,
            root: if root.is_empty() { ".".into() } else { root },
        })
    }
}

fn items<'a>(sheets: &'a [Sheet], kind: &'a str) -> impl Iterator<Item = &'a Item> {
    sheets.iter().filter(move |s| s.kind == kind).flat_map(|s| s.items.iter())
}

fn mains(sheets: &[Sheet], prefix: &str) -> BTreeSet<String> {
    let folder = |i: &Item| -> Option<String> {
        let file = i.origin.file.as_deref()?.strip_prefix(prefix)?;
        Some(file.rsplit_once('/').map_or("./".to_string(), |(folder, _)| format!("./{folder}")))
    };
    let own = |i: &&Item| i.bool("is_main") == Some(true) && i.text("owner") == Some("main");
    items(sheets, "source.declarations").filter(own).filter_map(folder).collect()
}

fn program(item: &Item) -> Option<(String, Option<String>)> {
    (item.bool("go_program") == Some(true) && item.bool("beside") == Some(false))
        .then(|| Some((item.text("path")?.to_string(), item.text("main_package").map(str::to_string))))
        .flatten()
}

/// A TOML string; its escapes are those of JSON (TOML 1.0, basic strings).
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".into())
}

fn draft(delivery: &Delivery, seen: &Seen) -> String {
    let folder = delivery.root().file_name().map(|n| n.to_string_lossy().into_owned());
    let name = seen.module.as_deref().and_then(|m| m.rsplit('/').next()).map(str::to_string).or(folder);
    let name = name.unwrap_or_else(|| "service".into());
    let mut out = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    line("# What the supplier hands over. Written by `assize init`: every line marked `guess` needs a look.");
    line("");
    line("[deliverable]");
    line(&format!("name    = {}   # guess: the last part of the module path", quoted(&name)));
    line("version = \"0.0.0\"   # guess: nothing in a source tree says it");
    line("");
    line("[source]");
    line(&format!("root     = {}", quoted(&seen.root)));
    line("platform = \"linux/amd64\"   # guess");
    for (path, package) in &seen.programs {
        line("");
        line("[[binary]]");
        let base = path.rsplit('/').next().unwrap_or(path);
        line(&format!("name    = {}   # guess: its file name", quoted(base)));
        line(&format!("path    = {}", quoted(path)));
        if let Some(folder) = package.as_deref().and_then(|p| relative(p, seen)) {
            line(&format!("package = {}   # from its build information", quoted(&folder)));
        }
    }
    if seen.programs.is_empty() {
        for folder in &seen.mains {
            let base = folder.rsplit('/').next().filter(|b| !b.is_empty() && *b != ".").unwrap_or(&name);
            line("");
            line("# No built program was found; this main package was.");
            line("# [[binary]]");
            line(&format!("# name    = {}", quoted(base)));
            line(&format!("# path    = {}   # guess", quoted(&format!("dist/{base}"))));
            line(&format!("# package = {}", quoted(folder)));
        }
    }
    running(&mut out, seen);
    out
}

fn relative(package: &str, seen: &Seen) -> Option<String> {
    let inside = package.strip_prefix(seen.module.as_deref()?)?;
    Some(if inside.is_empty() { "./".into() } else { format!(".{inside}") })
}

/// How acceptance would start it: never guessed into force, since a wrong start would look like a broken service.
fn running(out: &mut String, seen: &Seen) {
    let health = seen.health.iter().find(|p| p.contains("ready")).or(seen.health.first());
    let ready = health.map_or("/readyz", String::as_str);
    let _ = writeln!(
        out,
        "
# How acceptance starts it. Fill in and remove the marks.
# [run]
# binary       = \"…\"
# args         = []
# env          = {{ LISTEN = \"127.0.0.1:{{port.public}}\" }}   # guess: how it is told where to listen
# ready        = \"http://127.0.0.1:{{port.public}}{ready}\"
# ready_within = \"10s\"
#
# [[endpoint]]
# name  = \"public\"
# url   = \"http://127.0.0.1:{{port.public}}\"
# roles = [\"tls\", \"health\", \"load\"]"
    );
    if !seen.health.is_empty() {
        let _ = writeln!(out, "# health paths found in the source: {}", seen.health.join(", "));
    }
    if seen.reloads {
        let _ = writeln!(
            out,
            "
# The source handles SIGUSR2; say what it must change:
# [reload]
# file    = \"{{work}}/config.json\"
# set     = {{ \"/greeting\" = \"reloaded\" }}
# observe = {{ url = \"http://127.0.0.1:{{port.public}}/\", contains = \"reloaded\" }}"
        );
    }
}
