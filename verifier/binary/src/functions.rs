//! The function table of a Go program by package: names, files and first lines, and what stands only in inline trees.

use gobin::GoBinary;
use std::collections::{BTreeMap, BTreeSet};

/// The functions of one package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Name without the package, source file, first line (0 where the table says none).
    pub functions: Vec<(String, String, u32)>,
    pub inlined: BTreeSet<String>,
}

/// The table; `None` where it is missing or cannot be read to its end.
pub fn read(binary: &GoBinary<'_>) -> Option<BTreeMap<String, Package>> {
    let table = binary.pclntab()?;
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    let mut inlined: BTreeSet<&str> = BTreeSet::new();
    let entries = table.func_entries();
    let announced = entries.len();
    let mut read = 0;
    let trees: Vec<_> = entries.filter_map(|(_, offset)| table.parse_func(offset)).collect();
    for function in &trees {
        let name = u32::try_from(function.name_off).ok().and_then(|offset| table.func_name(offset))?;
        let file = table.resolve_source_file(function).unwrap_or_default();
        let (package, rest) = split(name);
        let line = u32::try_from(function.start_line).unwrap_or_default();
        packages.entry(package.into()).or_default().functions.push((rest.into(), file.into(), line));
        inlined.extend(binary.inline_tree(function).map(|entry| entry.function_name));
        read += 1;
    }
    // A table that announces more functions than it holds was cut or forged.
    if read == 0 || read != announced {
        return None;
    }
    for name in inlined {
        let (package, rest) = split(name);
        let package = packages.entry(package.into()).or_default();
        if !package.functions.iter().any(|(known, _, _)| known == rest) {
            package.inlined.insert(rest.into());
        }
    }
    for package in packages.values_mut() {
        package.functions.sort();
    }
    Some(packages)
}

/// Package path and the rest of a linker's name: the package ends at the first dot after the last slash that stands before any bracket
/// (`cmd/internal/objabi`, PathToPrefix: dots in the last element are escaped). Names that the linker makes itself have no package.
pub fn split(name: &str) -> (&str, &str) {
    if name.starts_with("type:") || name.starts_with("go:") {
        return ("", name);
    }
    let plain = &name[..name.find(['[', '(']).unwrap_or(name.len())];
    let from = plain.rfind('/').map_or(0, |slash| slash + 1);
    match plain[from..].find('.') {
        Some(dot) => (&name[..from + dot], &name[from + dot + 1..]),
        None => ("", name),
    }
}
