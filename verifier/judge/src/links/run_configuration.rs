//! `link.run_configuration`: how acceptance starts the service against how it is delivered to be started.

use super::images::{All, known_text};
use crate::run::Declared;
use crate::seen::{self, known};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::{Basis, RunConfiguration};
use assize_facts::{Known, Origin, Sheet, reason};

/// What `link.run_configuration` is derived from.
pub const FROM: &[&str] = super::images::FROM;

pub fn derive(sheets: &Sheets, declared: &Declared) -> Sheet {
    let mut sheet = Sheet::of::<RunConfiguration>();
    let all = All::of(sheets, declared);
    inherit(&mut sheet, &all.manifests);
    for manifest in all.judged() {
        let link = RunConfiguration {
            image: manifest.text("image").map(str::to_owned),
            platform: known_text(manifest, "platform"),
            basis: match declared.run_agreed {
                true => Basis::Contract,
                false if all.is_beside(manifest) || all.runs_elsewhere(manifest) => Basis::Beside,
                false => Basis::Image,
            },
            agrees: known(seen::flag(manifest, "run_agrees")),
            differences: seen::texts(manifest, "run_differences").unwrap_or_default(),
        };
        sheet.push(link, manifest.text("image").map_or_else(Origin::default, Origin::file));
    }
    if all.manifests.items.is_empty() {
        let link = RunConfiguration {
            image: None,
            platform: None.into(),
            basis: if declared.run_agreed { Basis::Contract } else { Basis::Supplier },
            agrees: Known::Unknown(reason!("no-image")),
            differences: Vec::new(),
        };
        sheet.push(link, Origin::default());
    }
    sheet.examined(1.max(all.manifests.scope.count));
    sheet.settle();
    sheet
}
