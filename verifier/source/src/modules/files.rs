//! `module.file`.

use super::graph::{Graph, Read};
use assize_facts::kinds::module::File;
use assize_facts::{GoVersion, Origin, Sheet};

pub(super) fn sheet(graph: &Graph) -> Sheet {
    let mut sheet = Sheet::of::<File>();
    sheet.examined(graph.files.len() as u64);
    for read in &graph.files {
        sheet.push(fact(read), origin(read));
    }
    sheet
}

fn fact(read: &Read) -> File {
    File {
        name: read.kind,
        is_main: read.is_main,
        parsed: read.mistakes.is_empty(),
        mistake: read.mistakes.first().map(|m| m.message.clone()),
        module: read.module.clone(),
        go: read.go.clone().map(GoVersion),
        toolchain: read.toolchain.clone(),
        godebug: read.godebug.clone(),
    }
}

fn origin(read: &Read) -> Origin {
    match read.mistakes.first() {
        Some(mistake) => read.text.origin(mistake.place),
        None => Origin::file(read.text.shown.clone()),
    }
}
