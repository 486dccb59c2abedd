//! `source.matches`: what a tree-sitter query of a clause file matches in the Go files of the build.
//!
//! A file is parsed whole, comments and imports included. Declarations that the grammar does not understand as they stand are spelt
//! anew and parsed alone, as every other kind does it; one that is not understood even so is a gap.

use super::search::{empty, files};
use super::source::gap_owner;
use crate::build::FileId;
use crate::go::normal::{Normal, normal};
use crate::go::outline::{Decl, DeclKind};
use crate::go::parse::{LARGEST, first_error, tree};
use crate::go::syntax::Span;
use crate::go::text::Text;
use crate::meaning::{Lens, Place};
use crate::query::{Queried, compile};
use assize_facts::kinds::source::Match;
use assize_facts::{Fact, Field, Gap, Item, Reason, Request, Sheet, reason};
use rayon::prelude::*;
use std::ops::Range;
use tree_sitter::{Node, QueryCursor, StreamingIterator};

/// Matches that are kept of one file.
const MOST: usize = 20_000;
/// Bytes of a capture that are kept.
const LONGEST: usize = 64 << 10;

pub(super) fn sheet(lens: &Lens, request: &Request) -> Sheet {
    let mut sheet = empty::<Match>(lens.source, true);
    let text = request.arg("query").and_then(|query| query.as_str().map(String::from)).unwrap_or_default();
    let query = match compile(&text) {
        Ok(query) => query,
        Err(mistake) => {
            let gap =
                Gap { reason: reason!("query-refused", detail = mistake.message), place: String::new(), owner: None };
            sheet.gaps.push(gap);
            return sheet;
        }
    };
    let found: Vec<(Vec<Item>, Vec<Gap>)> =
        files(lens.source, true).par_iter().map(|file| of_file(lens, &query, *file)).collect();
    for (items, gaps) in found {
        sheet.items.extend(items);
        sheet.gaps.extend(gaps);
    }
    sheet
}

/// One file on its way through the query.
struct File<'f, 's> {
    lens: &'f Lens<'s>,
    query: &'f Queried,
    file: FileId,
    text: Text,
    shown: String,
    items: Vec<(u32, Item)>,
    gaps: Vec<Gap>,
}

fn of_file(lens: &Lens, query: &Queried, file: FileId) -> (Vec<Item>, Vec<Gap>) {
    let Some(bytes) = lens.source.bytes(file) else { return (Vec::new(), Vec::new()) };
    let text = Text::new(bytes.to_vec());
    let shown = lens.source.program.shown(file);
    let mut of = File { lens, query, file, text, shown, items: Vec::new(), gaps: Vec::new() };
    of.whole();
    of.items.sort_by_key(|(at, _)| *at);
    (of.items.into_iter().map(|(_, item)| item).collect(), of.gaps)
}

impl File<'_, '_> {
    fn whole(&mut self) {
        let decls = self.lens.outline(self.file);
        let bytes = std::mem::take(&mut self.text.bytes);
        let parsed = (bytes.len() <= LARGEST).then(|| tree(&bytes)).flatten();
        let broken: Vec<&Decl> = match &parsed {
            Some(tree) => {
                let errors = errors(tree.root_node());
                let apart =
                    |e: &&Range<usize>| !decls.iter().any(|d| d.start < e.end.max(e.start + 1) && e.start <= d.end);
                // Between declarations stand comments, imports and semicolons: Go accepts some that the grammar does not.
                let stray = errors.iter().any(|e| apart(&e));
                if stray && self.lens.source.program.head(self.file).is_some_and(|h| h.outline.fault.is_some()) {
                    self.gap(&bytes, 0, "brackets or text that are no Go");
                }
                decls
                    .iter()
                    .filter(|d| errors.iter().any(|e| d.start < e.end.max(e.start + 1) && e.start <= d.end))
                    .collect()
            }
            None => decls.iter().collect(),
        };
        if let Some(tree) = &parsed {
            let in_broken = |at: usize| broken.iter().any(|d| (d.start..d.end).contains(&at));
            self.run(&bytes, tree.root_node(), &|offset| offset, &in_broken);
        }
        for decl in broken {
            self.alone(&bytes, decl);
        }
        self.text.bytes = bytes;
    }

    /// A declaration that was not understood where it stands.
    fn alone(&mut self, bytes: &[u8], decl: &Decl) {
        let known = (decl.kind != DeclKind::Broken && decl.end - decl.start <= LARGEST)
            .then(|| normal(bytes, decl).ok())
            .flatten();
        let Some(spelt) = known else { return self.gap(bytes, decl.start, "no Go declaration that can be read") };
        let Some(tree) = tree(&spelt.text) else { return self.gap(bytes, decl.start, "the parser gave up") };
        if let Some(error) = first_error(tree.root_node()) {
            return self.gap(bytes, spelt.place(error.start_byte()), "not understood by the grammar");
        }
        let place = |offset: usize| Normal::place(&spelt, offset);
        self.run(bytes, tree.root_node(), &place, &|_| false);
    }

    fn gap(&mut self, bytes: &[u8], at: usize, what: &str) {
        let line = self.text.place_in(bytes, at).0;
        let reason = reason!("declaration-not-understood", file = &self.shown, line = line, detail = what);
        let owner = gap_owner(self.lens.owner(self.file));
        self.gaps.push(Gap { reason, place: format!("{}:{line}", self.shown), owner });
    }

    /// Runs the query over a tree; `place` leads from its text to the file, `skip` knows places that are looked at otherwise.
    fn run(&mut self, bytes: &[u8], root: Node, place: &dyn Fn(usize) -> usize, skip: &dyn Fn(usize) -> bool) {
        let part = |node: Node| {
            let (start, end) = (place(node.start_byte()), place(node.end_byte()));
            bytes.get(start..end.min(bytes.len())).unwrap_or_default()
        };
        let mut cursor = QueryCursor::new();
        cursor.set_match_limit(u32::from(u16::MAX));
        let mut matches = cursor.matches(&self.query.query, root, |node: Node| std::iter::once(part(node)));
        let mut too_many = false;
        while let Some(found) = matches.next() {
            let Some(first) = found.captures().iter().map(|c| c.node.start_byte()).min() else { continue };
            let last = found.captures().iter().map(|c| c.node.end_byte()).max().unwrap_or(first);
            let (start, end) = (place(first), place(last));
            if skip(start) {
                continue;
            }
            if self.items.len() >= MOST {
                too_many = true;
                break;
            }
            let fields = found.captures().iter().map(|c| (c.index, part(c.node)));
            let fields = captured(self.query, fields);
            let item = self.item(bytes, start, end, found.pattern_index as u32, fields);
            self.items.push((start as u32, item));
        }
        drop(matches);
        if too_many || cursor.did_exceed_match_limit() {
            let reason = reason!("query-gave-up", file = &self.shown, limit = MOST);
            let owner = gap_owner(self.lens.owner(self.file));
            self.gaps.push(Gap { reason, place: self.shown.clone(), owner });
        }
    }

    fn item(&self, bytes: &[u8], start: usize, end: usize, pattern: u32, captures: Vec<(String, Field)>) -> Item {
        let decl = self.lens.outline(self.file).iter().position(|d| (d.start..d.end).contains(&start));
        let fact = Match {
            package: self.lens.package(self.file).to_string(),
            function: decl.and_then(|decl| self.lens.function_name(Place { file: self.file, decl })),
            owner: self.lens.owner(self.file),
            pattern,
        };
        let number = |n| u32::try_from(n).unwrap_or(u32::MAX);
        let origin = self.text.origin_in(bytes, &self.shown, Span { start: number(start), end: number(end) });
        let mut fields = fact.fields();
        fields.extend(captures);
        Item { fields, origin }
    }
}

/// The captures of a match as fields, those that captured nothing as null.
fn captured<'a>(query: &Queried, found: impl Iterator<Item = (u32, &'a [u8])>) -> Vec<(String, Field)> {
    let mut texts: Vec<Option<Result<&[u8], Reason>>> = query.captures.iter().map(|_| None).collect();
    for (index, text) in found {
        let Some(slot) = texts.get_mut(index as usize) else { continue };
        *slot = Some(match slot {
            None => Ok(text),
            Some(_) => Err(reason!("capture-repeated", capture = query.captures[index as usize])),
        });
    }
    let named = query.captures.iter().zip(texts).filter(|(name, _)| !name.starts_with('_'));
    let field = |name: &str, text: Option<Result<&[u8], Reason>>| match text {
        None => Field::Known(serde_json::Value::Null),
        Some(Ok(text)) if text.len() <= LONGEST => Field::Known(String::from_utf8_lossy(text).into()),
        Some(Ok(text)) => {
            Field::Unknown(reason!("capture-too-long", capture = name, size = text.len(), limit = LONGEST))
        }
        Some(Err(reason)) => Field::Unknown(reason),
    };
    named.map(|(name, text)| (name.clone(), field(name, text))).collect()
}

/// Where a tree has errors or nodes that the parser made up.
fn errors(root: Node) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            out.push(node.byte_range());
        } else if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return out;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{cgo_off, collect_with, shown};
    use serde_json::json;

    fn found(query: &str, tree: &str, fields: &[&str]) -> String {
        let with = std::collections::BTreeMap::from([("query".to_string(), json!(query))]);
        shown(&collect_with("source.matches", tree, &cgo_off(), &with), fields)
    }

    const CALLS: &str = "(call_expression function: (selector_expression operand: (identifier) @package field: (field_identifier) @name) (#eq? @package \"md5\"))";

    #[test]
    fn captures_are_fields_and_places_are_the_files() {
        let tree = "-- m.go --\npackage main\n\nimport \"crypto/md5\"\n\nfunc main() {\n\t_ = md5.New() // md5.New()\n\tother.New()\n}\n";
        assert_eq!(found(CALLS, tree, &["function", "package", "name", "pattern"]), "m.go:6:6 main md5 New 0");
        assert_eq!(found("(import_spec path: (_) @path)", tree, &["path"]), "m.go:3:8 \"crypto/md5\"");
        assert_eq!(found("(comment) @text", tree, &["text"]), "m.go:6:16 // md5.New()");
    }

    #[test]
    fn what_the_grammar_does_not_know_yet_is_searched_too() {
        let tree = "-- m.go --\npackage main\n\nfunc main() {\n\tx := new(md5.New())\n\t_ = new(42)\n}\n\nfunc (t T) M[P any]() { md5.Sum(nil) }\n\nfunc after() { md5.Sum(new) }\n";
        assert_eq!(
            found(CALLS, tree, &["function", "name"]),
            "m.go:4:11 main New\nm.go:8:25 T.M Sum\nm.go:10:16 after Sum"
        );
        let news = "(call_expression function: (identifier) @f (#eq? @f \"new\"))";
        assert_eq!(found(news, tree, &["f"]), "m.go:4:7 new\nm.go:5:6 new");
    }

    #[test]
    fn files_outside_the_build_are_not_searched_and_what_cannot_be_read_is_a_gap() {
        let tree = "-- m.go --\npackage main\nfunc main() { md5.New() }\n-- m_windows.go --\npackage main\nfunc w() { md5.New() }\n-- m_test.go --\npackage main\nfunc t() { md5.New() }\n";
        assert_eq!(found(CALLS, tree, &["name"]), "m.go:2:15 New");
        let tree = "-- m.go --\npackage main\nfunc main() { md5.New() }\nfunc bad() { x = = 1 }\n";
        assert_eq!(found(CALLS, tree, &["name"]), "m.go:2:15 New\ngap declaration-not-understood m.go:3");
    }

    #[test]
    fn a_capture_that_may_repeat_or_be_absent_is_told_as_such() {
        let tree = "-- m.go --\npackage main\nvar a, b int\nvar c string\n";
        let query = "(var_spec name: (identifier)+ @name type: (type_identifier) @ty)";
        let said = found(query, tree, &["name", "ty"]);
        assert!(said.contains("m.go:3:5 c string"), "{said}");
        let optional = "(function_declaration name: (identifier) @name result: (_)? @result)";
        let tree = "-- m.go --\npackage main\nfunc main() {}\nfunc f() int { return 1 }\n";
        let said = found(optional, tree, &["name", "result"]);
        assert!(said.contains("f int") && said.contains("main -"), "{said}");
    }
}
