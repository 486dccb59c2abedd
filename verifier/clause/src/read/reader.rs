//! One file being read: its name, its text, and the mistakes found in it so far.

use crate::mistake::quiet;
use crate::read::{Node, Span, tree};
use crate::{Mistake, Mistakes};
use std::cell::RefCell;
use std::sync::Arc;

/// More mistakes than this in one file help nobody; the rest is counted.
const MOST: usize = 100;

/// Files of ours are a few kilobytes; a larger one is not parsed.
const LARGEST: usize = 1 << 20;

pub(crate) struct Reader {
    file: String,
    text: Arc<str>,
    /// The text as diagnostics may show it.
    shown: Arc<str>,
    found: RefCell<Found>,
}

#[derive(Default)]
struct Found {
    mistakes: Vec<Mistake>,
    /// Lines with syntax errors: what was recovered there means nothing.
    broken: Vec<u32>,
    omitted: usize,
}

impl Reader {
    /// Reads a file's bytes into a tree; `Err` where there is nothing to walk.
    pub fn open(file: &str, bytes: &[u8]) -> Result<(Reader, Node), Mistakes> {
        if bytes.len() > LARGEST {
            let message = format!("{file} is too large: {} bytes", bytes.len());
            return Err(Mistake::whole(message).help(format!("at most {LARGEST} bytes")).into());
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let message = format!("{file} is not UTF-8: byte {} cannot be read", error.valid_up_to());
            Mistakes::from(Mistake::whole(message).help("TOML files are UTF-8"))
        })?;
        let text: Arc<str> = text.into();
        let reader = Reader { file: file.into(), shown: quiet(&text), text, found: RefCell::default() };
        let root = tree::parse(&reader);
        Ok((reader, root))
    }

    /// Whether further mistakes are only counted.
    pub fn is_full(&self) -> bool {
        self.found.borrow().mistakes.len() >= MOST
    }

    /// Counts a mistake that nobody would read.
    pub fn count(&self) {
        self.found.borrow_mut().omitted += 1;
    }

    pub fn file(&self) -> &str {
        &self.file
    }

    pub fn text(&self) -> Arc<str> {
        self.text.clone()
    }

    /// A mistake at a place of this file, not yet reported.
    pub fn at(&self, span: &Span, message: impl Into<String>) -> Mistake {
        Mistake::at(&self.file, self.shown.clone(), span.clone(), message)
    }

    /// Reports a mistake about something that is there.
    pub fn report(&self, mistake: Mistake) {
        let mut found = self.found.borrow_mut();
        if found.broken.is_empty() || !self.is_beside(&mistake, &found.broken) {
            found.add(mistake);
        }
    }

    /// Whether a mistake stands on or next to a broken line.
    fn is_beside(&self, mistake: &Mistake, broken: &[u32]) -> bool {
        let line = mistake.labels.first().map(|(span, _)| self.line(span));
        line.is_some_and(|line| broken.iter().any(|b| b.abs_diff(line) <= 1))
    }

    /// Reports a mistake about something that is missing; silent where the file is broken, since it may stand in the broken part.
    pub fn absent(&self, mistake: Mistake) {
        let mut found = self.found.borrow_mut();
        if found.broken.is_empty() {
            found.add(mistake);
        }
    }

    pub fn syntax(&self, mistake: Mistake) {
        let mut found = self.found.borrow_mut();
        if found.broken.len() < MOST {
            let line = mistake.labels.first().map_or(1, |(span, _)| self.line(span));
            found.broken.push(line);
        }
        found.add(mistake);
    }

    /// The 1-based line of a place.
    pub fn line(&self, span: &Span) -> u32 {
        let before = self.text.as_bytes().get(..span.start).unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|b| **b == b'\n').count() as u32
    }

    /// The part of a string's place where some text stands, where that can be told; else the whole place.
    pub fn inside(&self, span: &Span, part: &str) -> Span {
        match self.text.get(span.clone()).and_then(|raw| raw.find(part)) {
            Some(start) => span.start + start..span.start + start + part.len(),
            None => span.clone(),
        }
    }

    /// All mistakes, in the order of the file.
    pub fn finish(self) -> Mistakes {
        let Found { mut mistakes, omitted, .. } = self.found.into_inner();
        mistakes.sort_by_key(|m| m.labels.first().map(|(span, _)| span.start));
        if omitted > 0 {
            mistakes.push(Mistake::whole(format!("{}: {omitted} more mistakes are not shown", self.file)));
        }
        Mistakes(mistakes)
    }
}

impl Found {
    fn add(&mut self, mistake: Mistake) {
        if self.mistakes.len() < MOST {
            self.mistakes.push(mistake);
        } else {
            self.omitted += 1;
        }
    }
}
