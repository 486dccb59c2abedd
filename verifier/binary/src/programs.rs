//! What delivered programs say of their build, as a supplier would declare it.

use assize_facts::kinds::binary::{Info, Setting};
use assize_facts::{BinarySpec, BuildSpec, Fact, Item, Sheet};

/// Of the programs that are delivered as the product's, from the sheets of this room.
pub fn programs(sheets: &[Sheet]) -> Vec<BinarySpec> {
    let of =
        |kind: &str| sheets.iter().find(|sheet| sheet.kind == kind).map_or(&[][..], |sheet| sheet.items.as_slice());
    let (infos, settings) = (of(Info::KIND), of(Setting::KIND));
    let is_program = |info: &&Item| info.bool("beside") == Some(false) && info.bool("go_program") == Some(true);
    infos.iter().filter(is_program).filter_map(|info| program(info, settings)).collect()
}

fn program(info: &Item, settings: &[Item]) -> Option<BinarySpec> {
    let name = info.text("binary")?;
    let mut build = BuildSpec::default();
    for setting in settings.iter().filter(|setting| setting.text("binary") == Some(name)) {
        let (Some(key), Some(value)) = (setting.text("key"), setting.text("value")) else { continue };
        match key.strip_prefix('-') {
            Some(_) => build.flags.push(format!("{key}={value}")),
            None => _ = build.env.insert(key.to_owned(), value.to_owned()),
        }
    }
    Some(BinarySpec {
        name: name.to_owned(),
        path: info.text("path")?.to_owned(),
        package: Some(info.text("main_package")?.to_owned()),
        build: (!build.env.is_empty()).then_some(build),
    })
}
