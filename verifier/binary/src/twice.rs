//! Whether what is read of Go is the running program's, where a file holds the tables of several: section headers say where they stand, and no loader
//! looks at those.

use crate::headers::Headers;
use crate::image::Image;
use crate::pclntab::Layout;
use crate::program::{Inventory, Read};
use assize_delivery::{Bytes, Delivery, Executable, GoSigns};
use assize_facts::{Known, Reason, reason};
use std::ops::Range;

/// Why what was read may be another program's.
pub fn doubt(
    delivery: &Delivery,
    binary: &Executable,
    inventory: &Inventory,
    read: &Read,
    file: &Bytes,
) -> Option<Reason> {
    let signs = match delivery.go_signs(binary) {
        Err(reason) => return Some(reason),
        Ok(GoSigns { function_tables: 0..=1, build_infos: 0..=1 }) => return None,
        Ok(signs) => signs,
    };
    let GoSigns { function_tables, build_infos } = signs;
    let twice = reason!("go-twice", binary = binary.name, tables = function_tables, infos = build_infos);
    match is_own(delivery, binary, inventory, read, file, signs) {
        Ok(true) => None,
        Ok(false) => Some(twice),
        Err(reason) => Some(reason),
    }
}

/// Whether all other tables are those of whole Go programs that the file carries as data (`//go:embed agent`), and the program's own record leads to the one
/// that was read and to none of theirs: the runtime finds its table by that record (`runtime/symtab.go`, moduledata), whatever any header says.
fn is_own(
    delivery: &Delivery,
    binary: &Executable,
    inventory: &Inventory,
    read: &Read,
    file: &Bytes,
    signs: GoSigns,
) -> Result<bool, Reason> {
    let Headers { format: "elf", build_info: Some(info), image, .. } = &read.headers else { return Ok(false) };
    let ([table], true) = (image.tables.as_slice(), image.named) else { return Ok(false) };
    if read.functions.is_err() || !matches!(read.build_info, Known::Value(Some(_))) {
        return Ok(false);
    }
    let carried = inventory.go_programs_within(&binary.place);
    let (mut tables, mut infos) = (0, 0);
    for (path, extent) in &carried {
        let signs = delivery.go_signs(&binary.carried(path))?;
        (tables, infos) = (tables + signs.function_tables, infos + signs.build_infos);
        let overlaps = |own: &Range<usize>| own.start < extent.end && extent.start < own.end;
        if overlaps(table) || overlaps(info) || extent.end > file.len() {
            return Ok(false);
        }
    }
    if (signs.function_tables.checked_sub(tables), signs.build_infos.checked_sub(infos)) != (Some(1), Some(1)) {
        return Ok(false);
    }
    let leads_to =
        |place: usize| image.address(place).map_or(Ok(false), |address| is_referred_to(image, file, address));
    for (_, extent) in carried {
        for place in tables_within(image, file, extent)? {
            if leads_to(place)? {
                return Ok(false);
            }
        }
    }
    leads_to(table.start)
}

/// Whether an address stands in what the program may write to, or is written there by the loader.
fn is_referred_to(image: &Image, file: &Bytes, address: u64) -> Result<bool, Reason> {
    let pattern = image.written(address);
    for range in image.data.iter().filter(|range| range.start <= file.len()) {
        let part = file.range(range.start..range.end.min(file.len()))?;
        if memchr::memmem::find_iter(&part, &pattern).any(|hit| hit % image.pointer == 0) {
            return Ok(true);
        }
    }
    Ok(image.relocated_to(address).next().is_some())
}

/// Where function tables can begin, by their first word and the noughts behind it.
fn tables_within(image: &Image, file: &Bytes, extent: Range<usize>) -> Result<Vec<usize>, Reason> {
    const PIECE: usize = 4 << 20;
    const HEAD: usize = 6;
    let mut found = Vec::new();
    let mut at = extent.start;
    while at < extent.end {
        let end = extent.end.min(at.saturating_add(PIECE));
        let bytes = file.range(at..extent.end.min(end + HEAD))?;
        let first = |place: &usize| image.u32(&bytes, *place).and_then(Layout::of).is_some();
        let noughts = memchr::memmem::find_iter(&bytes, b"\0\0").filter_map(|hit| hit.checked_sub(4));
        found.extend(noughts.filter(|place| *place < end - at).filter(first).map(|place| at + place));
        at = end;
    }
    Ok(found)
}
