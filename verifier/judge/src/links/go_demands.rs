//! `link.go_demands`: the `go` and `toolchain` lines of the module files, and what their `godebug` and the main package's `//go:debug` lines say, against
//! the toolchain that built each binary.

use super::go_support::release_of;
use crate::seen::{self, Seen};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::data::GoDemand;
use assize_facts::{GoVersion, Item, Known, Reason, Sheet};
use assize_golang::{godebug, release};

/// What `link.go_demands` is derived from.
pub const FROM: &[&str] = &["binary.info", "module.file", "source.runtime_settings"];

pub fn derive(sheets: &Sheets) -> Sheet {
    let mut sheet = Sheet::of::<GoDemand>();
    let (info, files) = (sheets.of("binary.info"), sheets.of("module.file"));
    inherit(&mut sheet, &info);
    // Where no source was delivered, nothing that was delivered demands anything; that it should have been is another clause's matter.
    let mut files = files.into_owned();
    files.gaps.retain(|gap| gap.reason.code != "no-source");
    inherit(&mut sheet, &files);
    // What of the source could not be read is the matter of the clauses that rest on it.
    let settings = sheets.of("source.runtime_settings");
    for binary in &info.items {
        if seen::is_beside(binary) || seen::flag(binary, "go_program").is_false() {
            continue;
        }
        for file in files.items.iter().filter(|file| concerns(file, binary)) {
            match demands(binary, file) {
                Ok(all) => all.into_iter().for_each(|demand| sheet.push(demand, file.origin.clone())),
                Err(reason) => sheet.gap(reason, file.origin.shown()),
            }
        }
        for setting in settings.items.iter().filter(|setting| is_directive_of(setting, binary)) {
            match directive(binary, setting) {
                Ok(found) => found.into_iter().for_each(|demand| sheet.push(demand, setting.origin.clone())),
                Err(reason) => sheet.gap(reason, setting.origin.shown()),
            }
        }
    }
    sheet.examined(info.scope.count);
    sheet.settle();
    sheet
}

/// The main module's go.mod, and a go.work, which speaks for all of its members.
fn concerns(file: &Item, binary: &Item) -> bool {
    match file.text("name") {
        Some("go.mod") => file.text("module").is_some() && file.text("module") == binary.text("main_module"),
        Some("go.work") => true,
        _ => false,
    }
}

fn demands(binary: &Item, file: &Item) -> Seen<Vec<GoDemand>> {
    let built_with = release_of(binary);
    let toolchain = seen::maybe_text(file, "toolchain")?;
    let toolchain = toolchain.as_deref().and_then(|name| release::toolchain(name).version.map(str::to_owned));
    let lines = [("go", seen::maybe_text(file, "go")?), ("toolchain", toolchain)];
    let name = seen::text(binary, "binary")?;
    let lines = lines.into_iter().filter_map(|(directive, version)| Some((directive, version?)));
    let mut all: Vec<GoDemand> =
        lines.map(|(directive, demanded)| demand(&name, directive, demanded, &built_with)).collect();
    let godebug = seen::texts(file, "godebug")?;
    let stated = godebug.iter().filter_map(|line| line.split_once('='));
    all.extend(stated.filter_map(|(key, value)| setting(&name, "godebug", (key, value), &built_with)));
    Ok(all)
}

/// Whether it is a `//go:debug` line of the package that the binary was built of.
fn is_directive_of(item: &Item, binary: &Item) -> bool {
    item.text("from") == Some("go:debug")
        && item.text("package").is_some()
        && item.text("package") == binary.text("main_package")
}

fn directive(binary: &Item, item: &Item) -> Seen<Option<GoDemand>> {
    let (key, value) = (seen::text(item, "name")?, seen::text(item, "value")?);
    Ok(setting(&seen::text(binary, "binary")?, "//go:debug", (&key, &value), &release_of(binary)))
}

/// A setting that a toolchain may refuse: one that defaults to what is newer than itself, or that it does not know (cmd/go/internal/modload,
/// `CheckGodebug`, Go 1.26).
fn setting(name: &str, word: &str, (key, value): (&str, &str), built_with: &Seen<String>) -> Option<GoDemand> {
    let minor = built_with.as_ref().ok().and_then(|version| release::minor(version));
    let version = value.strip_prefix("go").filter(|version| key == "default" && release::parse(version).is_some());
    if let Some(version) = version {
        return Some(demand(name, &format!("{word} default"), version.to_owned(), built_with));
    }
    let refusal = godebug::refusal(key, value, minor?)?;
    Some(GoDemand {
        binary: name.to_owned(),
        directive: format!("{word} {key}={value}"),
        demanded: None,
        built_with: of(built_with.as_ref().map(|v| GoVersion(v.clone()))),
        newer: Known::Value(false),
        refusal: Some(refusal),
    })
}

fn demand(binary: &str, directive: &str, demanded: String, built_with: &Seen<String>) -> GoDemand {
    let newer = |built: &String| release::compare(&demanded, built).is_gt();
    GoDemand {
        binary: binary.to_owned(),
        directive: directive.to_owned(),
        newer: of(built_with.as_ref().map(newer)),
        demanded: Some(GoVersion(demanded.clone())),
        built_with: of(built_with.as_ref().map(|v| GoVersion(v.clone()))),
        refusal: None,
    }
}

fn of<T>(seen: Result<T, &Reason>) -> Known<T> {
    seen.map_or_else(|reason| Known::Unknown(reason.clone()), Known::Value)
}
