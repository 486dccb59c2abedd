//! A module file's text, and where in it something stands.

use assize_delivery::{EntryKind, SourceTree};
use assize_facts::{Origin, Reason, reason};
use assize_golang::modfile::Place;
use assize_golang::vendor::clean;

/// A file that was read, with the name that reports show.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub shown: String,
    pub bytes: Vec<u8>,
}

impl Text {
    /// The origin of something in this file, with its line as the excerpt.
    pub fn origin(&self, place: Place) -> Origin {
        let (from, to) = ((place.line, place.column), (place.line, place.end_column));
        Origin::span(&self.shown, from, to, self.line(place.start))
    }

    /// The line around an offset, cut at 240 characters.
    fn line(&self, at: usize) -> String {
        let before = self.bytes.get(..at).unwrap_or_default();
        let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |n| n + 1);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let end = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        // Four bytes a character at most: a long line is not decoded whole.
        let line = String::from_utf8_lossy(&rest[..end.min(960)]);
        line.trim_end_matches('\r').chars().take(240).collect()
    }
}

/// Where a file of the tree is, links inside of the tree followed by their text; `None` where they lead to none of its files.
pub(super) fn linked(tree: &SourceTree, path: &str) -> Option<String> {
    const MOST_LINKS: usize = 16;
    let mut path = path.to_string();
    for _ in 0..MOST_LINKS {
        let target = match &tree.entry(&path)?.kind {
            EntryKind::File => return Some(path),
            EntryKind::Link(target) if !target.starts_with('/') => target,
            EntryKind::Link(_) | EntryKind::Special(_) => return None,
        };
        let folder = path.rfind('/').map_or(".", |at| &path[..at]);
        path = clean(&format!("{folder}/{target}"));
    }
    None
}

/// Reads a module file, which the Go command takes wherever a link leads.
pub(super) fn read(tree: &SourceTree, path: &str) -> Result<Vec<u8>, Reason> {
    let place = linked(tree, path).ok_or_else(|| match tree.entry(path) {
        Some(_) => reason!("link-out-of-tree", path = tree.shown(path)),
        None => reason!("not-delivered", path = tree.shown(path)),
    })?;
    tree.read(&place)
}
