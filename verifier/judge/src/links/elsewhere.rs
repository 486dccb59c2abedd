//! Whether a binary is of another build than the source was examined for: platform, tags, experiments, levels of the architecture, release.

use super::package::Elsewhere;
use super::source_binary::rebuilt;
use super::table::Binary;
use crate::Truth;
use crate::run::Declared;
use assize_facts::{Item, Reason, reason};
use assize_golang::build::Context;
use assize_golang::release;
use std::collections::BTreeSet;

/// The release whose tags the source is examined under where no toolchain is declared, as in `source`.
const EXAMINED_RELEASE: u32 = 26;

/// `settings` are those of the build information of all binaries.
pub fn elsewhere(binary: &Binary, declared: &Declared, settings: &[Item], rebuilds: &[Item]) -> Option<Elsewhere> {
    let reason = other(binary, declared, settings)?;
    Some(match rebuilt(rebuilds, &binary.name) {
        Truth::True => Ok(()),
        _ => Err(reason),
    })
}

fn other(binary: &Binary, declared: &Declared, settings: &[Item]) -> Option<Reason> {
    let examined = examined_platform(binary, declared);
    if let Some(platform) = binary.platform.as_deref().filter(|platform| *platform != examined) {
        return Some(reason!("other-platform", platform = platform, examined = examined));
    }
    let (os, arch) = examined.split_once('/')?;
    let spec = binary.declared_in(declared);
    let toolchain = spec.and_then(|spec| spec.toolchain.as_deref());
    let wanted = toolchain.and_then(release::minor).unwrap_or(EXAMINED_RELEASE);
    if let Some(built) = binary.go_version.as_deref().filter(|built| release::minor(built).is_some_and(|n| n != wanted))
    {
        let examined = toolchain.map_or_else(|| format!("1.{wanted}"), str::to_owned);
        return Some(reason!("other-toolchain", toolchain = built, examined = examined));
    }
    let mine = settings.iter().filter(|item| item.text("binary") == Some(&binary.name));
    let recorded: Vec<(&str, &str)> = mine.filter_map(|item| Some((item.text("key")?, item.text("value")?))).collect();
    if recorded.is_empty() {
        return None;
    }
    let said = spec.into_iter().flat_map(|spec| &spec.settings).map(|(name, value)| (name.as_str(), value.as_str()));
    let built = Context::of(os, arch, wanted, recorded).tags;
    let tags = declared.tags.iter().map(String::as_str);
    let examined = Context::of(os, arch, wanted, said).with_tags(tags).tags;
    let shown = |tags: BTreeSet<&String>| match tags.is_empty() {
        true => "-".to_owned(),
        false => tags.into_iter().map(String::as_str).collect::<Vec<_>>().join(","),
    };
    let (more, less) = (built.difference(&examined).collect(), examined.difference(&built).collect());
    (built != examined).then(|| reason!("other-build", built = shown(more), examined = shown(less)))
}

/// `os/arch` that the source was examined for on behalf of a binary.
pub fn examined_platform(binary: &Binary, declared: &Declared) -> String {
    let platform = declared.examined_platform();
    let (os, arch) = platform.split_once('/').unwrap_or((platform, "amd64"));
    let said = |name: &str| binary.declared_in(declared).and_then(|spec| spec.settings.get(name)).map(String::as_str);
    format!("{}/{}", said("GOOS").unwrap_or(os), said("GOARCH").unwrap_or(arch))
}
