//! Exhibits: raw observations that facts rest on, numbered in the order in which they were handed over. Facts refer to them by path.

use crate::Sheet;
use std::fmt::Write;

/// Bytes kept beside the facts.
#[derive(Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// As in `exhibits/0001-tls-handshakes.jsonl`.
    pub path: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Exhibit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.path, self.bytes.len())
    }
}

/// The sink into which collectors hand what they observed. What goes in has no secrets any more: see [`crate::Neutral`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exhibits(Vec<Exhibit>);

impl Exhibits {
    /// Keeps an exhibit and says where it will stand. The name has an ending and no folder: `tls-handshakes.jsonl`.
    pub fn keep(&mut self, name: &str, bytes: Vec<u8>) -> String {
        let path = format!("exhibits/{:04}-{name}", self.0.len() + 1);
        self.0.push(Exhibit { path: path.clone(), bytes });
        path
    }

    pub fn iter(&self) -> impl Iterator<Item = &Exhibit> {
        self.0.iter()
    }

    /// One exhibit after the other, to be kept elsewhere.
    pub fn take(self) -> impl Iterator<Item = Exhibit> {
        self.0.into_iter()
    }

    /// One exhibit per sheet whose items have lines of source, with an entry per item. Items refer to it.
    pub fn keep_excerpts(&mut self, sheets: &mut [Sheet]) {
        for sheet in sheets {
            if let Some(text) = excerpts(sheet) {
                let path = self.keep(&format!("source-{}.txt", sheet.stem()), text.into_bytes());
                let quoted = sheet.items.iter_mut().filter(|item| item.origin.excerpt.is_some());
                quoted.for_each(|item| item.origin.exhibits.push(path.clone()));
            }
        }
    }
}

/// `source.tls_configs#3 src/x.go:14:2`, then the lines, each with its number.
fn excerpts(sheet: &Sheet) -> Option<String> {
    let mut text = String::new();
    for (index, item) in sheet.items.iter().enumerate() {
        let Some(excerpt) = &item.origin.excerpt else { continue };
        let _ = writeln!(text, "{}#{index} {}", sheet.stem(), item.origin.shown());
        let first = item.origin.line.unwrap_or(1);
        for (number, line) in (first..).zip(excerpt.lines()) {
            let _ = writeln!(text, "{number:>7} | {line}");
        }
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, Origin};

    #[test]
    fn lines_of_source_are_shown_with_their_numbers_and_facts_refer_to_them() {
        let mut sheet = Sheet::named("source.cgo_imports");
        let origin = Origin::place("a.go", 9, 1).with(|further| further.excerpt = Some("import \"C\"\nx".into()));
        sheet.items = vec![
            Item { fields: Default::default(), origin: Origin::file("b.go") },
            Item { fields: Default::default(), origin },
        ];
        let mut exhibits = Exhibits::default();
        exhibits.keep("first.bin", vec![1]);
        let mut sheets = [sheet];
        exhibits.keep_excerpts(&mut sheets);
        let all: Vec<_> = exhibits.iter().collect();
        assert_eq!(all[1].path, "exhibits/0002-source-source.cgo_imports.txt");
        assert_eq!(
            String::from_utf8_lossy(&all[1].bytes),
            "source.cgo_imports#1 a.go:9:1\n      9 | import \"C\"\n     10 | x\n"
        );
        assert_eq!(sheets[0].items[1].origin.exhibits, ["exhibits/0002-source-source.cgo_imports.txt"]);
        assert!(sheets[0].items[0].origin.exhibits.is_empty());
    }
}
