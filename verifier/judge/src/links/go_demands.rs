//! `link.go_demands`: the `go` and `toolchain` lines of the module files, and what their `godebug` lines default to, against the toolchain that built each binary.

use super::go_support::release_of;
use crate::seen::{self, Seen};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::data::GoDemand;
use assize_facts::{GoVersion, Item, Known, Reason, Sheet};
use assize_golang::release;

/// What `link.go_demands` is derived from.
pub const FROM: &[&str] = &["binary.info", "module.file"];

pub fn derive(sheets: &Sheets) -> Sheet {
    let mut sheet = Sheet::of::<GoDemand>();
    let (info, files) = (sheets.of("binary.info"), sheets.of("module.file"));
    inherit(&mut sheet, &info);
    // Where no source was delivered, nothing that was delivered demands anything; that it should have been is another clause's matter.
    let mut files = files.into_owned();
    files.gaps.retain(|gap| gap.reason.code != "no-source");
    inherit(&mut sheet, &files);
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
    // A toolchain refuses defaults that are newer than itself (cmd/go/internal/modload, `CheckGodebug`, Go 1.26).
    let godebug = seen::texts(file, "godebug")?;
    let default = godebug.iter().find_map(|line| line.strip_prefix("default=go")).map(str::to_owned);
    let lines = [("go", seen::maybe_text(file, "go")?), ("toolchain", toolchain), ("godebug default", default)];
    let name = seen::text(binary, "binary")?;
    let lines = lines.into_iter().filter_map(|(directive, version)| Some((directive, version?)));
    Ok(lines.map(|(directive, demanded)| demand(&name, directive, demanded, &built_with)).collect())
}

fn demand(binary: &str, directive: &str, demanded: String, built_with: &Seen<String>) -> GoDemand {
    let newer = |built: &String| release::compare(&demanded, built).is_gt();
    GoDemand {
        binary: binary.to_owned(),
        directive: directive.to_owned(),
        newer: of(built_with.as_ref().map(newer)),
        demanded: GoVersion(demanded.clone()),
        built_with: of(built_with.as_ref().map(|v| GoVersion(v.clone()))),
    }
}

fn of<T>(seen: Result<T, &Reason>) -> Known<T> {
    seen.map_or_else(|reason| Known::Unknown(reason.clone()), Known::Value)
}
