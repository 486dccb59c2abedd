//! Images made byte by byte, and what is read of them.

mod build;
mod hostile;
mod layers;
mod layouts;
mod programs;
mod runs;

use crate::Delivery;
use assize_facts::{Deliverable, Field, Item, Limits, Quiet, Request, Sheet};
use build::{Build, tar};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A delivery of these files.
fn folder(files: &[(String, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), files);
    folder
}

fn write(root: &Path, files: &[(String, Vec<u8>)]) {
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
}

fn sheet(root: &Path, spec: &Deliverable, kind: &str) -> Sheet {
    let delivery = Delivery::open(root, spec.clone(), Limits::default()).expect("it opens");
    delivery.collect(&[Request::new(kind, &Default::default())], &Quiet).remove(0)
}

/// A delivery that holds one image as a tar file.
fn of_image(image: &[u8]) -> TempDir {
    folder(&[("image.tar".to_string(), image.to_vec())])
}

fn shown(item: &Item, name: &str) -> String {
    match &item.fields[name] {
        Field::Known(serde_json::Value::String(text)) => text.clone(),
        Field::Known(value) => value.to_string(),
        Field::Possible(_) => "possible".into(),
        Field::Unknown(reason) => format!("?{}", reason.code),
    }
}

/// Rows of these fields, then the gaps.
fn rows(sheet: &Sheet, fields: &[&str]) -> Vec<String> {
    let row = |item: &Item| fields.iter().map(|f| shown(item, f)).collect::<Vec<_>>().join(" ");
    let gaps = sheet.gaps.iter().map(|gap| format!("gap {} at {}", gap.reason.code, gap.place));
    sheet.items.iter().map(row).chain(gaps).collect()
}

/// Machine code and the like of an image made of these layers: path, layer, whether it is visible.
fn code_in(layers: Vec<Vec<u8>>) -> Vec<String> {
    let place = of_image(&tar(&Build::of(layers).oci()));
    rows(&sheet(place.path(), &Deliverable::default(), "image.files"), &["path", "layer", "visible"])
}
