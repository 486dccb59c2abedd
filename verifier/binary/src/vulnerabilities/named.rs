//! Which import paths stand among a program's data as those of packages: a length, and the path (`internal/abi/type.go`, Name).

use crate::image::Image;
use assize_delivery::Bytes;
use assize_facts::Reason;
use memchr::memmem::Finder;
use std::collections::BTreeSet;

/// Longer paths have two bytes of length, and are taken for named.
const LONGEST: usize = 0x7f;
/// Bytes of what has passed that are looked at again with what comes: all but the last of the longest name.
const AGAIN: usize = LONGEST + 1;

/// Those of some paths that are named, sought in everything in which descriptions of types can stand.
pub fn among(image: &Image, file: &Bytes, paths: BTreeSet<String>) -> Result<BTreeSet<String>, Reason> {
    let (short, mut named): (BTreeSet<_>, BTreeSet<_>) = paths.into_iter().partition(|path| path.len() <= LONGEST);
    if short.is_empty() {
        return Ok(named);
    }
    let names: Vec<Name> = short.into_iter().map(Name::of).collect();
    let end = file.len();
    let whole = 0..end;
    let places = image.types.as_deref().unwrap_or(std::slice::from_ref(&whole));
    for place in places.iter().map(|place| place.start.min(end)..place.end.min(end)) {
        let stretches = file.stretches(place, |bytes| Seen::of(&names, bytes))?;
        named.extend(together(&names, &stretches).cloned());
    }
    Ok(named)
}

/// A path as it is looked for.
struct Name {
    path: String,
    finder: Finder<'static>,
}

impl Name {
    fn of(path: String) -> Name {
        let written = [&[0, path.len() as u8], path.as_bytes()].concat();
        Name { finder: Finder::new(&written).into_owned(), path }
    }
}

fn those_in<'n>(names: &'n [Name], bytes: &[u8]) -> impl Iterator<Item = &'n String> {
    names.iter().filter(|name| name.finder.find(bytes).is_some()).map(|name| &name.path)
}

/// Those in stretches that follow each other, and across their borders.
fn together<'n>(names: &'n [Name], stretches: &[Seen<'n>]) -> impl Iterator<Item = &'n String> {
    let (mut found, mut before) = (Vec::new(), Vec::new());
    for seen in stretches {
        let joint = [before.as_slice(), seen.begins.as_slice()].concat();
        found.extend(seen.found.iter().copied().chain(those_in(names, &joint)));
        let passed = if seen.ends.len() < AGAIN { joint } else { seen.ends.clone() };
        before = passed[passed.len().saturating_sub(AGAIN)..].to_vec();
    }
    found.into_iter()
}

/// What one stretch holds, and how it begins and ends.
struct Seen<'n> {
    found: Vec<&'n String>,
    begins: Vec<u8>,
    ends: Vec<u8>,
}

impl<'n> Seen<'n> {
    fn of(names: &'n [Name], bytes: &[u8]) -> Seen<'n> {
        Seen {
            found: those_in(names, bytes).collect(),
            begins: bytes[..bytes.len().min(AGAIN)].to_vec(),
            ends: bytes[bytes.len().saturating_sub(AGAIN)..].to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in a text that is cut in pieces of a length.
    fn found(paths: &[&str], bytes: &[u8], length: usize) -> Vec<String> {
        let names: Vec<Name> = paths.iter().map(|path| Name::of((*path).to_owned())).collect();
        let stretches: Vec<Seen<'_>> = bytes.chunks(length).map(|chunk| Seen::of(&names, chunk)).collect();
        together(&names, &stretches).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    #[test]
    fn a_path_is_found_wherever_it_stands_and_however_it_is_cut() {
        let long = "x".repeat(LONGEST);
        let paths = ["example.com/a", "example.com/a/b", &long];
        for path in paths {
            let written = [&[0, path.len() as u8], path.as_bytes()].concat();
            for at in [0, 1, 100, 128, 300 - written.len()] {
                let mut bytes = vec![b'.'; 300];
                bytes[at..at + written.len()].copy_from_slice(&written);
                for length in [1, 2, 7, 64, 127, 128, 129, 299, 300] {
                    assert_eq!(found(&paths, &bytes, length), [path], "at {at}, cut at {length}");
                }
                bytes[at] = b'.';
                assert!(found(&paths, &bytes, 64).is_empty());
            }
        }
        assert_eq!(found(&paths, b"\0\x0dexample.com/a\0\x0fexample.com/a/b", 9), paths[..2]);
        // Another length: a longer path that begins so.
        assert!(found(&paths, b"\0\x0eexample.com/ab", 9).is_empty());
    }
}
