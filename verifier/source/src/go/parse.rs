//! One declaration as a tree: by the parser; what it refuses once more by tree-sitter, which keeps what can be understood of it.

use super::lexer::Fault;
use super::lower::Lower;
use super::normal::{Normal, normal};
use super::outline::{Decl, DeclKind};
use super::parser;
use super::syntax::{Item, NOT_UNDERSTOOD};
use std::cell::RefCell;
use std::ops::ControlFlow;
use tree_sitter::{Node, ParseOptions, Parser, Tree};

/// A parsed declaration. With a fault its item holds `Bad` parts and its facts have a gap.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub item: Option<Item>,
    pub fault: Option<Fault>,
}

/// Larger declarations are generated tables; parsing one would cost gigabytes.
pub(crate) const LARGEST: usize = 8 << 20;

/// The parser counts its operations by the hundred; text that is Go takes less than one of them a byte, text that is none can take
/// thousands while the parser looks for a way to go on.
const STEPS: usize = 20_000;

thread_local! {
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// Parses one declaration of a file.
pub(crate) fn parse(file: &[u8], decl: &Decl) -> Parsed {
    let refused = |fault| Parsed { item: None, fault: Some(fault) };
    if decl.kind == DeclKind::Broken {
        return refused(Fault { at: decl.start, what: "no Go declaration begins like this" });
    }
    if decl.end - decl.start > LARGEST {
        return refused(Fault { at: decl.start, what: "declaration larger than 8 MiB" });
    }
    match parser::item(file, decl) {
        Ok(item) => Parsed { item: Some(item), fault: None },
        Err(fault) => Parsed { fault: Some(fault), ..by_grammar(file, decl) },
    }
}

/// Parses one declaration with tree-sitter: tokens spelt anew, its nodes lowered to our syntax.
pub(super) fn by_grammar(file: &[u8], decl: &Decl) -> Parsed {
    let refused = |fault| Parsed { item: None, fault: Some(fault) };
    let normal = match normal(file, decl) {
        Ok(normal) => normal,
        Err(fault) => return refused(fault),
    };
    let Some(tree) = tree(&normal.text) else {
        return refused(Fault { at: decl.start, what: "the parser gave up" });
    };
    let root = tree.root_node();
    let grammar = first_error(root).map(|node| Fault { at: normal.place(node.start_byte()), what: NOT_UNDERSTOOD });
    lowered(file, decl, &normal, root, grammar)
}

pub(crate) fn tree(text: &[u8]) -> Option<Tree> {
    PARSER.with_borrow_mut(|slot| {
        let parser = slot.get_or_insert_with(|| {
            let mut parser = Parser::new();
            parser
                .set_language(&tree_sitter_go::LANGUAGE.into())
                .expect("the grammar and the library are of matching versions");
            parser
        });
        let mut steps = 0usize;
        let most = STEPS + text.len();
        let mut count = |_: &tree_sitter::ParseState| {
            steps += 1;
            if steps > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut count);
        let mut read = |at: usize, _| text.get(at..).unwrap_or_default();
        let tree = parser.parse_with_options(&mut read, None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}

fn lowered(file: &[u8], decl: &Decl, normal: &Normal, root: Node, fault: Option<Fault>) -> Parsed {
    let mut cursor = root.walk();
    let nodes: Vec<Node> = root.named_children(&mut cursor).collect();
    let expected: &[&str] = match decl.kind {
        DeclKind::Func => &["function_declaration"],
        DeclKind::Method => &["method_declaration"],
        DeclKind::Type => &["type_declaration"],
        DeclKind::Var => &["var_declaration"],
        DeclKind::Const => &["const_declaration"],
        DeclKind::Broken => &[],
    };
    let [node] = nodes.as_slice() else {
        return Parsed { item: None, fault: fault.or(Some(Fault { at: decl.start, what: NOT_UNDERSTOOD })) };
    };
    if !expected.contains(&node.kind()) {
        return Parsed { item: None, fault: fault.or(Some(Fault { at: decl.start, what: NOT_UNDERSTOOD })) };
    }
    let mut lower = Lower::new(file, normal);
    let item = lower.item(*node);
    Parsed { item, fault: fault.or(lower.fault) }
}

/// The first node that is an error or was made up by the parser.
pub(crate) fn first_error(root: Node) -> Option<Node> {
    if !root.has_error() {
        return None;
    }
    let mut node = root;
    loop {
        if node.is_error() || node.is_missing() {
            return Some(node);
        }
        let mut cursor = node.walk();
        let inside = node.children(&mut cursor).find(|child| child.has_error() || child.is_missing());
        match inside {
            Some(child) => node = child,
            None => return Some(node),
        }
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
