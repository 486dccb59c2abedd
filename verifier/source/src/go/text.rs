//! A file's text with its lines: places for people, in Unicode code points.

use super::syntax::Span;
use assize_facts::Origin;
use std::sync::OnceLock;

/// A file's bytes and where its lines begin.
#[derive(Debug)]
pub(crate) struct Text {
    pub bytes: Vec<u8>,
    /// Found when a place is asked for: most texts are looked at without.
    starts: OnceLock<Box<[u32]>>,
    /// Code points before each block of bytes; counted when a line is long.
    blocks: OnceLock<Vec<usize>>,
}

const BLOCK: usize = 4096;

/// Code points begin with bytes that continue none.
fn points(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b & 0xc0 != 0x80).count()
}

/// Of an excerpt: lines, and characters of each.
const MOST_LINES: usize = 8;
const LONGEST_LINE: usize = 240;

impl Text {
    pub fn new(bytes: Vec<u8>) -> Text {
        Text { bytes, starts: OnceLock::new(), blocks: OnceLock::new() }
    }

    fn starts(&self, bytes: &[u8]) -> &[u32] {
        let behind = |at| u32::try_from(at + 1).unwrap_or(u32::MAX);
        self.starts.get_or_init(|| [0].into_iter().chain(memchr::memchr_iter(b'\n', bytes).map(behind)).collect())
    }

    /// 1-based line and column; the column counts code points.
    pub fn place(&self, offset: usize) -> (u32, u32) {
        self.place_in(&self.bytes, offset)
    }

    /// The same where the bytes are held elsewhere meanwhile.
    pub fn place_in(&self, bytes: &[u8], offset: usize) -> (u32, u32) {
        let offset = offset.min(bytes.len());
        let starts = self.starts(bytes);
        let line = starts.partition_point(|start| *start as usize <= offset);
        let start = starts[line - 1] as usize;
        let before = &bytes[start..offset];
        // A byte order mark is no character of the first line.
        let before = if line == 1 { before.strip_prefix(b"\xef\xbb\xbf").unwrap_or(before) } else { before };
        let column = match before.len() <= 2 * BLOCK {
            true => points(before),
            // On a line without end each place would else be counted for from its beginning.
            false => self.points_before(bytes, offset) - self.points_before(bytes, offset - before.len()),
        } + 1;
        (line as u32, u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// Code points before an offset.
    fn points_before(&self, bytes: &[u8], offset: usize) -> usize {
        let blocks = self.blocks.get_or_init(|| {
            let sum = |sum: &mut usize, block: &[u8]| {
                let before = *sum;
                *sum += points(block);
                Some(before)
            };
            bytes.chunks(BLOCK).scan(0, sum).collect()
        });
        let block = (offset / BLOCK).min(blocks.len().saturating_sub(1));
        let before = blocks.get(block).copied().unwrap_or(0);
        before + points(bytes.get(block * BLOCK..offset).unwrap_or_default())
    }

    fn line(&self, bytes: &[u8], number: u32) -> String {
        let index = number as usize - 1;
        let starts = self.starts(bytes);
        let start = starts[index] as usize;
        let end = starts.get(index + 1).map_or(bytes.len(), |next| *next as usize - 1);
        // No more of a line is read than can be shown of it.
        let end = end.min(start + 4 * LONGEST_LINE + 4);
        let text = String::from_utf8_lossy(&bytes[start..end]);
        let text = text.trim_end_matches('\r').trim_start_matches('\u{feff}');
        match text.char_indices().nth(LONGEST_LINE) {
            Some((cut, _)) => format!("{}…", &text[..cut]),
            None => text.to_string(),
        }
    }

    /// The origin of what stands between two offsets.
    pub fn origin(&self, file: &str, span: Span) -> Origin {
        self.origin_in(&self.bytes, file, span)
    }

    /// The same where the bytes are held elsewhere meanwhile.
    pub fn origin_in(&self, bytes: &[u8], file: &str, span: Span) -> Origin {
        let (line, column) = self.place_in(bytes, span.start as usize);
        let (end_line, end_column) = self.place_in(bytes, span.end as usize);
        let last = end_line.min(line + MOST_LINES as u32 - 1);
        let excerpt: Vec<String> = (line..=last).map(|n| self.line(bytes, n)).collect();
        Origin::span(file, (line, column), (end_line, end_column), excerpt.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_line_without_end_are_counted_by_blocks() {
        let text = Text::new(format!("x\n{}", "β1世".repeat(20_000)).into_bytes());
        for at in [0, 1, 2, 4_000, 31_415, 59_999] {
            let offset = 2 + (at / 3) * 6 + [0, 2, 3][at % 3];
            assert_eq!(text.place(offset), (2, at as u32 + 1), "{at}");
        }
    }

    #[test]
    fn columns_count_code_points_and_end_behind_the_last() {
        let text = Text::new("\u{feff}a\r\nβ世 x\nlast".as_bytes().to_vec());
        let at = |needle: &str| {
            let start = String::from_utf8_lossy(&text.bytes).find(needle).expect("there") as u32;
            let origin = text.origin("f", Span { start, end: start + needle.len() as u32 });
            (origin.line, origin.column, origin.end_line, origin.end_column, origin.excerpt.clone().unwrap_or_default())
        };
        assert_eq!(at("a"), (Some(1), Some(1), Some(1), Some(2), "a".into()));
        assert_eq!(at("x"), (Some(2), Some(4), Some(2), Some(5), "β世 x".into()));
        assert_eq!(at("x\nla"), (Some(2), Some(4), Some(3), Some(3), "β世 x\nlast".into()));
        assert_eq!(text.place(9_999), (3, 5));
    }
}
