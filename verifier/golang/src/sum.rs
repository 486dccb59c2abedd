//! go.sum and go.work.sum, and the `h1:` hashes in them (cmd/go/internal/modfetch/fetch.go `readGoSum`, golang.org/x/mod/sumdb/dirhash).

use crate::modfile::{Mistake, Place};
use crate::module::Module;
use crate::text::lossy;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// What a line sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Summed {
    /// The module's zip, that is, its file tree.
    Zip,
    /// Its go.mod alone.
    GoMod,
}

/// A line of three fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumLine {
    /// Without `/go.mod`.
    pub module: Module,
    pub of: Summed,
    /// As written.
    pub sum: String,
    pub place: Place,
}

impl SumLine {
    /// `h1:` and the canonical base64 of 32 bytes. The Go command compares texts, so any other is a sum that nothing has.
    pub fn is_well_formed(&self) -> bool {
        is_h1(&self.sum)
    }

    /// Lines that an old bug wrote for modules without a go.mod; the Go command drops them.
    pub fn is_dropped(&self) -> bool {
        self.sum == EMPTY_GO_MOD
    }
}

/// The hash of a tree with one empty go.mod.
const EMPTY_GO_MOD: &str = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";

/// The lines of a sum file in order, and those that the Go command calls malformed (and then refuses to go on).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SumFile {
    pub lines: Vec<SumLine>,
    pub malformed: Vec<Mistake>,
}

/// Reads a go.sum. A byte order mark is part of the first path, as it is to the Go command, so that no module has that line's sum.
pub fn parse_go_sum(bytes: &[u8]) -> SumFile {
    const MOST_MISTAKES: usize = 100;
    let mut file = SumFile::default();
    let mut start = 0;
    for (number, raw) in (1u32..).zip(bytes.split(|&b| b == b'\n')) {
        let text = lossy(raw);
        let fields: Vec<&str> = text.split_whitespace().take(4).collect();
        let place = place(number, start, raw, &text);
        match fields.as_slice() {
            [] => {}
            [path, version, sum] => file.lines.push(line(path, version, sum, place)),
            _ if file.malformed.len() < MOST_MISTAKES => {
                file.malformed.push(Mistake::new(place, "wrong number of fields"));
            }
            _ => {}
        }
        start += raw.len() + 1;
    }
    file
}

fn line(path: &str, version: &str, sum: &str, place: Place) -> SumLine {
    let (version, of) = match version.strip_suffix("/go.mod") {
        Some(version) => (version, Summed::GoMod),
        None => (version, Summed::Zip),
    };
    SumLine { module: Module::new(path, version), of, sum: sum.into(), place }
}

/// The line without surrounding white space.
pub(crate) fn place(number: u32, start: usize, raw: &[u8], text: &str) -> Place {
    let before = raw.len() - raw.trim_ascii_start().len();
    let length = text.trim_ascii().chars().count();
    let column = 1 + u32::try_from(before).unwrap_or(u32::MAX - 1);
    let end_column = column.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
    Place {
        start: start + before,
        end: start + raw.trim_ascii_end().len().max(before),
        line: number,
        column,
        end_column,
    }
}

/// Whether a text is `h1:` and the canonical standard base64 of 32 bytes.
pub fn is_h1(sum: &str) -> bool {
    sum.strip_prefix("h1:").and_then(|text| STANDARD.decode(text).ok()).is_some_and(|bytes| bytes.len() == 32)
}

/// The directory hash of files given one by one: names as in a module zip (`path@version/dir/file`) and SHA-256 of the contents.
#[derive(Clone, Debug, Default)]
pub struct TreeHash {
    files: Vec<(Vec<u8>, [u8; 32])>,
}

/// Why a tree has no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeHashError {
    /// dirhash refuses names with line feeds.
    NewLine,
    /// Two files of one name: what a hash over both would mean depends on who unpacks, so there is none here.
    Duplicate,
}

impl TreeHash {
    pub fn new() -> TreeHash {
        TreeHash::default()
    }

    /// Adds a file; the order does not matter.
    pub fn add(&mut self, name: impl Into<Vec<u8>>, sha256: [u8; 32]) {
        self.files.push((name.into(), sha256));
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// `h1:` and the base64 of the SHA-256 over the sorted lines `<hex>  <name>\n`.
    pub fn h1(mut self) -> Result<String, TreeHashError> {
        self.files.sort_unstable();
        if self.files.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(TreeHashError::Duplicate);
        }
        let mut hash = Sha256::new();
        for (name, sha256) in &self.files {
            if name.contains(&b'\n') {
                return Err(TreeHashError::NewLine);
            }
            for byte in sha256 {
                hash.update(HEX[usize::from(*byte)]);
            }
            hash.update(b"  ");
            hash.update(name);
            hash.update(b"\n");
        }
        Ok(format!("h1:{}", STANDARD.encode(hash.finalize())))
    }
}

/// Two digits per byte.
const HEX: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    table
};

/// The sum of a go.mod file's bytes, as in a `/go.mod` line.
pub fn go_mod_h1(bytes: &[u8]) -> String {
    let mut tree = TreeHash::new();
    tree.add("go.mod", Sha256::digest(bytes).into());
    tree.h1().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_go_command_reads_them() {
        let text = "x.y/z v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n\n  x.y/z v1.0.0/go.mod\th1:x\nx.y/z v1\na b c d\n";
        let file = parse_go_sum(text.as_bytes());
        let shown: Vec<String> = file
            .lines
            .iter()
            .map(|l| {
                format!(
                    "{}:{} {} {:?} {} {}",
                    l.place.line,
                    l.place.column,
                    l.module,
                    l.of,
                    l.sum.len(),
                    l.is_well_formed()
                )
            })
            .collect();
        assert_eq!(shown, ["1:1 x.y/z@v1.0.0 Zip 47 true", "3:3 x.y/z@v1.0.0 GoMod 4 false"]);
        let lines: Vec<u32> = file.malformed.iter().map(|m| m.place.line).collect();
        assert_eq!(lines, [4, 5]);
        let marked = parse_go_sum("\u{feff}x.y/z v1.0.0 h1:x".as_bytes());
        assert_eq!(marked.lines[0].module.path, "\u{feff}x.y/z");
    }

    #[test]
    fn places_cover_the_line_without_blanks() {
        let text = "\n  a b c \r\n";
        let place = parse_go_sum(text.as_bytes()).lines[0].place;
        assert_eq!(&text[place.start..place.end], "a b c");
        assert_eq!((place.line, place.column, place.end_column), (2, 3, 8));
    }

    #[test]
    fn only_the_canonical_base64_of_32_bytes_is_well_formed() {
        for (sum, wanted) in [
            ("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", true),
            ("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", false),
            ("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", false),
            ("h1:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", false),
            ("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hS", false),
            ("h2:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", false),
            ("h1:", false),
        ] {
            assert_eq!(is_h1(sum), wanted, "{sum}");
        }
    }

    #[test]
    fn trees_hash_as_in_go() {
        // golang.org/x/mod/sumdb/dirhash/hash_test.go: abc and def with the contents "data for abc" and "data for def".
        let mut tree = TreeHash::new();
        for name in ["def", "abc"] {
            tree.add(name, Sha256::digest(format!("data for {name}")).into());
        }
        let lines: String = ["abc", "def"]
            .iter()
            .map(|n| {
                let hex: String = Sha256::digest(format!("data for {n}")).iter().map(|b| format!("{b:02x}")).collect();
                format!("{hex}  {n}\n")
            })
            .collect();
        let wanted = format!("h1:{}", STANDARD.encode(Sha256::digest(lines)));
        assert_eq!(tree.h1(), Ok(wanted));
        assert_eq!(go_mod_h1(b""), EMPTY_GO_MOD);
    }

    #[test]
    fn ambiguous_trees_have_no_hash() {
        let tree = |names: &[&str]| {
            let mut tree = TreeHash::new();
            names.iter().for_each(|name| tree.add(*name, [0; 32]));
            tree.h1()
        };
        assert_eq!(tree(&["a", "b", "a"]), Err(TreeHashError::Duplicate));
        assert_eq!(tree(&["a\nb"]), Err(TreeHashError::NewLine));
    }
}
