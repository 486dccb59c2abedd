//! The image's configuration against `[run]`: program, arguments, environment, user and files; placeholders and secrets excepted.

use super::Image;
use super::health;
use super::started::{self, Behind, Started};
use super::user;
use crate::delivery::Delivery;
use crate::programs;
use assize_facts::{Digest, Known, Reason, RunSpec, reason};
use std::collections::BTreeSet;

/// Variables that base images set and that a compiled Go program does not take its behaviour from, or that the sandbox sets as it must.
const OF_BASE_IMAGES: &[&str] = &[
    "PATH",
    "HOME",
    "HOSTNAME",
    "TERM",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GOPATH",
    "GOLANG_VERSION",
    "GOTOOLCHAIN",
    "container",
    "DEBIAN_FRONTEND",
];

/// Where ko puts static files (github.com/ko-build/ko, pkg/build/gobuild.go); it says so in every image.
const OF_KO: (&str, &str) = ("KO_DATA_PATH", "/var/run/ko");

/// What the launcher of Cloud Native Buildpacks is told (buildpacks/spec, platform.md).
const OF_BUILDPACKS: &str = "CNB_";

/// What differs, and what could not be told.
#[derive(Default)]
pub(crate) struct Compared {
    pub differences: Vec<String>,
    open: Option<Reason>,
}

impl Compared {
    pub(crate) fn agrees(&self) -> Known<bool> {
        match (self.differences.is_empty(), &self.open) {
            (false, _) => false.into(),
            (true, None) => true.into(),
            (true, Some(reason)) => Known::Unknown(reason.clone()),
        }
    }

    fn differs(&mut self, what: String) {
        self.differences.push(what);
    }

    fn open(&mut self, reason: Reason) {
        self.open.get_or_insert(reason);
    }
}

pub(crate) fn compare(delivery: &Delivery, image: &Image) -> Compared {
    let mut compared = Compared::default();
    let Some(run) = &delivery.spec().run else {
        compared.open(reason!("no-run-declared"));
        return compared;
    };
    let mut comparing = Comparing { delivery, image, run, out: compared, works: BTreeSet::new() };
    let arguments = comparing.program();
    if let Some(arguments) = &arguments {
        comparing.arguments(arguments);
    }
    comparing.environment(arguments.is_some());
    comparing.preloaded();
    comparing.health_check();
    comparing.user();
    comparing.files();
    if let Err(reason) = &image.whole {
        comparing.out.open(reason.clone());
    }
    comparing.out
}

struct Comparing<'a> {
    delivery: &'a Delivery,
    image: &'a Image,
    run: &'a RunSpec,
    out: Compared,
    /// What `{work}/PATH` is in the image, by arguments and environment: the path behind `{work}/`, and the folder.
    works: BTreeSet<(String, String)>,
}

impl Comparing<'_> {
    /// Compares the program, and gives the words behind it; `None` where a script chooses them.
    fn program(&mut self) -> Option<Vec<String>> {
        let config = &self.image.described.config;
        let words: Vec<String> = config.argv().iter().map(|w| (*w).to_string()).collect();
        let wanted = self.delivered_digests();
        let found = match started::started(self.image) {
            Ok(found) => found,
            Err(reason) => {
                self.out.open(reason);
                return Some(words.get(1..).unwrap_or_default().to_vec());
            }
        };
        let Some(Started { path, sha256 }) = found else {
            self.out.differs("entrypoint: none".into());
            return Some(Vec::new());
        };
        match wanted {
            Err(reason) => self.out.open(reason),
            Ok(wanted) if sha256.is_some_and(|digest| wanted.contains(&digest)) => {}
            Ok(wanted) => {
                if let Some(behind) = started::behind(&self.image.tree, config, &words, &wanted) {
                    self.out.open(reason!("image-starts-through", launcher = &path));
                    return match behind {
                        Behind::Program(arguments) => Some(arguments),
                        Behind::Script => None,
                    };
                }
                self.out.differs(format!("entrypoint: {path} is not the delivered {}", self.run.binary));
            }
        }
        Some(words[1..].to_vec())
    }

    /// The binary that `[run]` starts; in an image for another machine those of the same package that are delivered for that.
    fn delivered_digests(&self) -> Result<Vec<Digest>, Reason> {
        let binaries = self.delivery.declared_binaries();
        let run = binaries.iter().find(|b| b.name == self.run.binary);
        let run = run.ok_or_else(|| reason!("not-delivered", path = &self.run.binary))?;
        let machine = |path: &str| programs::machine(self.delivery, path);
        let package = |name: &str| self.delivery.spec().binaries.iter().find(|b| b.name == name)?.package.as_deref();
        let platform = self.image.described.platform.as_deref();
        let of_image = platform.and_then(|platform| platform.split_once('/')).map(|(_, machine)| machine.to_owned());
        let own = machine(&run.path);
        let mut paths: Vec<&str> = Vec::new();
        if own.is_some() && of_image.is_some() && own != of_image {
            let same =
                binaries.iter().filter(|b| package(&b.name) == package(&run.name) && machine(&b.path) == of_image);
            paths.extend(same.map(|binary| binary.path.as_str()));
        }
        if paths.is_empty() {
            paths.push(&run.path);
        }
        paths.into_iter().map(|path| self.delivery.digest(path)).collect()
    }

    fn arguments(&mut self, found: &[String]) {
        let wanted = &self.run.args;
        for number in 0..wanted.len().max(found.len()) {
            match (wanted.get(number), found.get(number)) {
                (Some(wanted), Some(found)) => {
                    self.works.extend(work_of(wanted, found));
                    if !fits(wanted, found) {
                        self.out.differs(format!("argument {}: {found:?} instead of {wanted:?}", number + 1));
                    }
                }
                (Some(wanted), None) => {
                    self.out.differs(format!("argument {}: none instead of {wanted:?}", number + 1))
                }
                (None, Some(found)) => self.out.differs(format!("argument {}: {found:?} is not in [run]", number + 1)),
                (None, None) => {}
            }
        }
    }

    /// What is not set where a script starts the program, that may set.
    fn environment(&mut self, is_final: bool) {
        let config = &self.image.described.config;
        for (name, wanted) in &self.run.env {
            match config.variable(name) {
                Some(found) => {
                    self.works.extend(work_of(wanted, found));
                    if !fits(wanted, found) {
                        self.out.differs(format!(
                            "environment: {name} is {} instead of {wanted:?}",
                            shown(self.run, name, found)
                        ));
                    }
                }
                // Addresses and the like are given where it is deployed.
                None if has_placeholder(wanted) || !is_final => {}
                None => self.out.differs(format!("environment: {name} is not set, instead of {wanted:?}")),
            }
        }
        let mut seen = BTreeSet::new();
        for line in &config.env {
            let name = line.split('=').next().unwrap_or_default();
            let ours = self.run.env.contains_key(name) || self.run.secret.iter().any(|s| s == name);
            let value = line.split_once('=').map(|(_, value)| value).unwrap_or_default();
            let of_launcher = !is_final && name.starts_with(OF_BUILDPACKS);
            let of_base = OF_BASE_IMAGES.contains(&name) || (name, value) == OF_KO || of_launcher;
            if !ours && !of_base && seen.insert(name) {
                let value = shown(self.run, name, value);
                self.out.differs(format!("environment: {name} is {value} and not in [run]"));
            }
        }
    }

    /// Libraries that the dynamic linker loads into every program (ld.so(8)); acceptance does not.
    fn preloaded(&mut self) {
        if let Some((at, content)) = self.image.tree.file("etc/ld.so.preload")
            && content.size > 0
        {
            self.out.differs(format!("file: /{at} preloads libraries"));
        }
    }

    fn health_check(&mut self) {
        let config = &self.image.described.config;
        let binaries = self.delivery.declared_binaries();
        let delivered: Vec<Digest> = binaries.iter().filter_map(|b| self.delivery.digest(&b.path).ok()).collect();
        if let Some(command) = health::unknown(&self.image.tree, config, &delivered) {
            self.out.open(reason!("image-health-check", command = command));
        }
    }

    fn user(&mut self) {
        let found = &self.image.described.config.user;
        if let Some(wanted) = &self.run.user
            && !user::is(&self.image.tree, wanted, found)
        {
            self.out.differs(format!("user: {found:?} instead of {wanted:?}"));
        }
    }

    fn files(&mut self) {
        for file in &self.run.files {
            let last = file.rsplit('/').next().unwrap_or(file);
            if self.delivery.entry(file).is_some() {
                self.file(file, last);
                continue;
            }
            for entry in self.delivery.under(file) {
                let rest = entry.path.strip_prefix(file.as_str()).unwrap_or_default();
                if entry.is_file() {
                    self.file(&entry.path, &format!("{last}{rest}"));
                }
            }
        }
    }

    /// One file of `[run]`, which the service finds as `{work}/NAME`.
    fn file(&mut self, path: &str, name: &str) {
        if self.is_credential(path) {
            return;
        }
        let (named, likely) = self.candidates(name);
        // Every place that a word names counts, for nobody knows which the program reads; else the first where there is one.
        let chosen = match named.is_empty() {
            true => {
                likely.iter().find(|at| self.image.tree.file(at).is_some()).or(likely.first()).into_iter().collect()
            }
            false => named.iter().collect::<Vec<_>>(),
        };
        for at in chosen {
            self.file_at(path, at);
        }
    }

    fn file_at(&mut self, path: &str, at: &str) {
        let Some((at, content)) = self.image.tree.file(at).map(|(at, content)| (at, content.clone())) else {
            return self.out.open(reason!("run-file-not-in-image", file = path, path = at));
        };
        if self.is_mounted(&at) {
            return self.out.open(reason!("run-file-behind-volume", file = path, path = format!("/{at}")));
        }
        let same = if self.run.templates.iter().any(|t| t == path) {
            let template = self.delivery.read(path);
            template.map(|t| content.text.as_ref().is_some_and(|text| fits_bytes(&t, text)))
        } else {
            self.delivery.digest(path).map(|digest| content.sha256.as_ref() == Some(&digest))
        };
        match same {
            Ok(true) => {}
            Ok(false) => self.out.differs(format!("file: /{at} is not {path}")),
            Err(reason) => self.out.open(reason),
        }
    }

    /// Where the file is by what `{work}` is in the words that name it, and where else it may be: by other words, and in the working directory.
    fn candidates(&self, name: &str) -> (BTreeSet<String>, Vec<String>) {
        let names_it = |rest: &str| {
            rest == name || name.starts_with(&format!("{rest}/")) || rest.starts_with(&format!("{}/", first(name)))
        };
        let (near, far): (Vec<_>, Vec<_>) = self.works.iter().partition(|(rest, _)| names_it(rest));
        let config = &self.image.described.config;
        let below = |(_, folder): &(String, String)| started::absolute(config, &format!("{folder}/{name}"));
        let mut likely: Vec<String> = far.into_iter().map(below).collect();
        likely.push(started::absolute(config, name));
        (near.into_iter().map(below).collect(), likely)
    }

    fn is_mounted(&self, path: &str) -> bool {
        let path = format!("/{path}");
        let below =
            |volume: &String| path == *volume || path.starts_with(&format!("{}/", volume.trim_end_matches('/')));
        self.image.described.config.volumes.iter().any(below)
    }

    /// Keys and certificates of acceptance are not those of production.
    fn is_credential(&self, path: &str) -> bool {
        let bytes = self.delivery.read(path).unwrap_or_default();
        let has = |mark: &[u8]| memchr::memmem::find(&bytes, mark).is_some();
        has(b"-----BEGIN CERTIFICATE-----") || has(b"PRIVATE KEY-----")
    }
}

fn first(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// A value for a person; a secret by its length.
pub(crate) fn shown(run: &RunSpec, name: &str, value: &str) -> String {
    if is_secret(run, name) { format!("({} bytes)", value.len()) } else { format!("{value:?}") }
}

pub(crate) fn is_secret(run: &RunSpec, name: &str) -> bool {
    let upper = name.to_uppercase();
    let speaks = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "API_KEY", "APIKEY", "ACCESS_KEY"];
    run.secret.iter().any(|s| s == name) || speaks.iter().any(|word| upper.contains(word))
}

/// The pieces between placeholders; `{{` is a brace (`deliverable.toml`).
fn pieces(pattern: &str) -> Vec<String> {
    let (mut all, mut rest) = (vec![String::new()], pattern);
    while let Some(c) = rest.chars().next() {
        let braces = ["{{", "}}"].iter().find(|b| rest.starts_with(**b));
        if let (Some(_), Some(piece)) = (braces, all.last_mut()) {
            piece.push(c);
            rest = &rest[2..];
        } else if let ('{', Some(end)) = (c, rest.find('}')) {
            all.push(String::new());
            rest = &rest[end + 1..];
        } else {
            all.last_mut().into_iter().for_each(|piece| piece.push(c));
            rest = &rest[c.len_utf8()..];
        }
    }
    all
}

fn has_placeholder(pattern: &str) -> bool {
    pieces(pattern).len() > 1
}

/// Whether a text is a declared one. What depends on ports and addresses is excepted; `{work}` is some folder.
fn fits(wanted: &str, found: &str) -> bool {
    let free = ["{port.", "{dep."].iter().filter_map(|placeholder| wanted.find(placeholder)).min();
    match free {
        Some(at) => fits_address(wanted, at, found),
        None => fits_pieces(&pieces(wanted), found) && is_folder(wanted, found),
    }
}

/// An address may be written in many ways, but an option stays the option that it is, and what is none becomes none.
fn fits_address(wanted: &str, at: usize, found: &str) -> bool {
    // Another host may be named, no other option.
    let value = match (wanted.starts_with('-'), wanted[..at].find('=')) {
        (true, Some(end)) => found.strip_prefix(&wanted[..=end]),
        (true, None) => found.strip_prefix(&wanted[..at]),
        (false, _) => Some(found).filter(|found| !found.starts_with('-')),
    };
    let is_port = |value: &str| value.contains(|c: char| c.is_ascii_digit() || matches!(c, ':' | '$'));
    value.is_some_and(|value| !wanted.contains("{port.") || is_port(value))
}

/// Whether what stands for `{work}` can be a folder, and is no option or other word.
fn is_folder(wanted: &str, found: &str) -> bool {
    let Some((before, behind)) = wanted.split_once("{work}") else { return true };
    let inner = found.strip_prefix(before).unwrap_or_default();
    match inner.chars().next() {
        None => false,
        Some('/' | '.') => true,
        // Below the working directory.
        Some(first) => first != '-' && behind.starts_with('/'),
    }
}

fn fits_bytes(template: &[u8], found: &[u8]) -> bool {
    match (std::str::from_utf8(template), std::str::from_utf8(found)) {
        (Ok(template), Ok(found)) => template_fits(template, found),
        _ => template == found,
    }
}

/// Templates know only their placeholders and no escapes: everything between them is as written.
fn template_fits(template: &str, found: &str) -> bool {
    let (mut all, mut rest) = (vec![String::new()], template);
    while let Some(c) = rest.chars().next() {
        let known = ["{work}", "{port.", "{dep."].iter().any(|p| rest.starts_with(p));
        if let (true, Some(end)) = (known, rest.find('}')) {
            all.push(String::new());
            rest = &rest[end + 1..];
        } else {
            all.last_mut().into_iter().for_each(|piece| piece.push(c));
            rest = &rest[c.len_utf8()..];
        }
    }
    fits_pieces(&all, found)
}

/// Pieces in their order, the first at the beginning and the last at the end.
fn fits_pieces(pieces: &[String], found: &str) -> bool {
    let [first, middle @ .., last] = pieces else { return pieces.first().is_some_and(|only| only == found) };
    let Some(mut rest) = found.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        match rest.find(piece.as_str()) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

/// What `{work}` stands for: of `-config={work}/app/config.json` against `-config=/etc/app/config.json` the pair `app/config.json`, `/etc`.
fn work_of(wanted: &str, found: &str) -> Option<(String, String)> {
    let (before, behind) = wanted.split_once("{work}")?;
    let inner = found.strip_prefix(before)?;
    let folder = inner.strip_suffix(behind)?;
    Some((behind.trim_start_matches('/').to_string(), folder.to_string()))
}
