//! A module file's text, and where in it something stands.

use assize_facts::Origin;
use assize_golang::modfile::Place;

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
