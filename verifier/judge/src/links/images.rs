//! `link.image_binary`: images against the delivered binaries. Images are not opened yet, so the link is never known.

use crate::run::Declared;
use crate::seen;
use crate::sheets::Sheets;
use assize_facts::kinds::link::ImageBinary;
use assize_facts::{Known, Origin, Sheet, reason};
use std::collections::BTreeMap;

/// What `link.image_binary` is derived from.
pub const FROM: &[&str] = &["inventory.files"];

pub fn derive(sheets: &Sheets, declared: &Declared) -> Sheet {
    let mut sheet = Sheet::of::<ImageBinary>();
    let inventory = sheets.of("inventory.files");
    let mut images: BTreeMap<&str, bool> = declared.images.iter().map(|path| (path.as_str(), true)).collect();
    for item in &inventory.items {
        if let Err(reason) = seen::text(item, "format").and(seen::text(item, "path")) {
            sheet.gap(reason, item.origin.shown());
        }
        let is_image = matches!(item.text("format"), Some("oci-layout" | "docker-archive"));
        if let (true, Some(path)) = (is_image, item.text("path")) {
            let within = |declared: &str| {
                path.strip_prefix(declared).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if !images.keys().any(|declared| within(declared)) {
                images.insert(path, false);
            }
        }
    }
    for (image, declared) in images {
        let agrees = Known::Unknown(reason!("image-not-examined", image = image));
        sheet.push(ImageBinary { image: image.to_owned(), declared, agrees }, Origin::file(image));
    }
    sheet.examined(inventory.scope.count);
    sheet.settle();
    sheet
}
