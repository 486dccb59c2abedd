//! Sheets as files: `facts/<kind>.jsonl`, one item a line, and `facts/<kind>.head.json` with scope and gaps.

use crate::manifest::Role;
use crate::pack::{Pack, PackError};
use assize_facts::{Item, Sheet, SheetHead, kinds};
use std::io::Write;

/// Writes sheets into a pack. The line number (from 0) is the index that `kind#3` names.
pub fn record_sheets<'s>(pack: &mut Pack, sheets: impl IntoIterator<Item = &'s Sheet>) {
    for sheet in sheets {
        let mut lines = Vec::new();
        for item in &sheet.items {
            serde_json::to_writer(&mut lines, item).expect("an item is plain data");
            lines.write_all(b"\n").expect("memory takes bytes");
        }
        let mut head = serde_json::to_vec_pretty(&sheet.head()).expect("a sheet's head is plain data");
        head.push(b'\n');
        let stem = sheet.stem();
        pack.add(format!("facts/{stem}.head.json"), Role::SheetHead, head);
        pack.add(format!("facts/{stem}.jsonl"), Role::Facts, lines);
    }
}

/// Takes every sheet out of a pack, checked against the schema of its kind. Lines that were read are let go: of a million facts both would be much.
pub fn take_sheets(pack: &mut Pack) -> Result<Vec<Sheet>, PackError> {
    let heads: Vec<(String, Vec<u8>)> =
        pack.of_role(Role::SheetHead).map(|(path, bytes)| (path.to_string(), bytes.to_vec())).collect();
    heads.iter().map(|(path, bytes)| take_sheet(pack, path, bytes)).collect()
}

fn take_sheet(pack: &mut Pack, path: &str, bytes: &[u8]) -> Result<Sheet, PackError> {
    let content = |error: String| PackError::Content { path: path.into(), error };
    let head: SheetHead = serde_json::from_slice(bytes).map_err(|e| content(e.to_string()))?;
    let schema = kinds::schema(&head.kind).ok_or_else(|| content(format!("the kind {} is not known", head.kind)))?;
    let lines_path = path.replace(".head.json", ".jsonl");
    let sheet = Sheet::from_parts(head, read_items(&lines_path, pack.take(&lines_path)?)?);
    if format!("facts/{}.head.json", sheet.stem()) != path {
        return Err(content("its name is not that of its kind and arguments".into()));
    }
    sheet.check(schema).map_err(content)?;
    Ok(sheet)
}

/// Reads the items of lines, from the last to the first: what was read is let go on the way.
fn read_items(path: &str, mut bytes: Vec<u8>) -> Result<Vec<Item>, PackError> {
    /// After so many bytes memory is given back.
    const STEP: usize = 8 << 20;
    let mut number = bytes.split(|b| *b == b'\n').count();
    let mut items: Vec<Item> = Vec::with_capacity(number);
    let mut first_mistake = None;
    let mut kept = bytes.len();
    while !bytes.is_empty() {
        let start = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        let line = &bytes[start..];
        if !line.is_empty() {
            match serde_json::from_slice::<Item>(line) {
                Ok(mut item) => {
                    if let Some(last) = items.last() {
                        item.share(last);
                    }
                    items.push(item);
                }
                Err(e) => {
                    first_mistake = Some(PackError::Record { path: path.into(), line: number, error: e.to_string() });
                }
            }
        }
        bytes.truncate(start.saturating_sub(1));
        number -= 1;
        if kept - bytes.len() > STEP {
            bytes.shrink_to_fit();
            kept = bytes.len();
        }
    }
    items.reverse();
    first_mistake.map_or(Ok(items), Err)
}
