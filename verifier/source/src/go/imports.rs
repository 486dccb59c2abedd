//! The lines of import declarations.

use super::lexer::{Fault, Mark, Token};
use super::literal::unquote_text;
use super::outline::Reader;
use crate::hashed::HashSet;
use std::cell::RefCell;
use std::sync::Arc;

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// The name given to it: an identifier, `.` or `_`.
    pub name: Option<Box<str>>,
    /// Large trees import the same again and again.
    pub path: Arc<str>,
    pub start: usize,
    pub end: usize,
}

thread_local! {
    /// Paths that this thread has met in imports.
    static PATHS: RefCell<HashSet<Arc<str>>> = RefCell::default();
}

/// One text for all imports of a path.
fn shared(path: &str) -> Arc<str> {
    PATHS.with_borrow_mut(|paths| match paths.get(path) {
        Some(known) => known.clone(),
        None => {
            let path: Arc<str> = path.into();
            paths.insert(path.clone());
            path
        }
    })
}

impl Reader<'_> {
    /// A name, if there is one, and a path: what else stands on the line, the compiler refuses.
    pub(super) fn import(&mut self, imports: &mut Vec<Import>) -> Result<(), Fault> {
        let start = self.token.start;
        let mut name = None;
        if matches!(self.token.mark, Mark::Name | Mark::Dot) {
            name = Some(self.owned());
            self.bump()?;
        }
        let Token { mark: Mark::Text, end, .. } = self.token else { return Err(self.no_import()) };
        let path = std::str::from_utf8(self.word()).ok().and_then(unquote_text);
        imports.push(Import { name, path: shared(&path.unwrap_or_default()), start, end });
        self.bump()?;
        match self.token.mark {
            Mark::Semi | Mark::Close(_) | Mark::End => Ok(()),
            _ => Err(self.no_import()),
        }
    }

    fn no_import(&self) -> Fault {
        Fault { at: self.token.start, what: "no Go import looks like this" }
    }
}
