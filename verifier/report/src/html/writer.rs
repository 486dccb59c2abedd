//! Writes elements whose text and attributes are always escaped; what comes out is also well-formed XML.

use crate::escape;
use crate::text;

/// Markup in the making.
#[derive(Default)]
pub struct Html {
    out: String,
}

impl Html {
    pub fn finish(self) -> String {
        self.out
    }

    /// An element around what `inside` writes.
    pub fn el(&mut self, tag: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Html)) {
        self.open(tag, attributes);
        self.out.push('>');
        inside(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
    }

    /// As [`Html::el`], on a line of its own.
    pub fn block(&mut self, tag: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Html)) {
        self.el(tag, attributes, inside);
        self.out.push('\n');
    }

    /// An element around words.
    pub fn leaf(&mut self, tag: &str, attributes: &[(&str, &str)], words: &str) {
        self.el(tag, attributes, |h| h.text(words));
    }

    /// An element around text that the delivery shaped: its direction of writing stays inside it.
    pub fn foreign(&mut self, tag: &str, attributes: &[(&str, &str)], words: &str) {
        self.el(tag, attributes, |h| h.leaf("bdi", &[], words));
    }

    pub fn void(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.open(tag, attributes);
        self.out.push_str(" />");
    }

    /// Words, made plain and cut where they are endless.
    pub fn text(&mut self, words: &str) {
        self.out.push_str(&escape::xml(words));
    }

    /// Words that are never cut: the wording of a clause.
    pub fn whole(&mut self, words: &str) {
        self.out.push_str(&escape::escape_xml(&text::whole(words)));
    }

    /// Markup of our own.
    pub fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    fn open(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.out.push_str(&escape::xml(value));
            self.out.push('"');
        }
    }
}
