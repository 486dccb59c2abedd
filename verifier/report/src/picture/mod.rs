//! Small pictures as SVG: the same case gives the same bytes, no font is measured, and everything drawn is also said in words beside it.

mod chain;
mod coverage;
mod timeline;

pub use chain::chain;
pub use coverage::coverage;
pub use timeline::timeline;

use crate::escape::xml;
use std::fmt::Write;

/// The width that all pictures are drawn for; they are scaled to what there is.
const WIDTH: u32 = 320;

struct Svg {
    out: String,
    height: u32,
}

impl Svg {
    fn new() -> Svg {
        Svg { out: String::new(), height: 0 }
    }

    fn reach(&mut self, y: u32) {
        self.height = self.height.max(y);
    }

    fn text(&mut self, x: u32, y: u32, anchor: &str, class: &str, words: &str) {
        self.reach(y + 6);
        let _ = write!(
            self.out,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" class=\"{class}\">{}</text>",
            xml(words)
        );
    }

    fn rect(&mut self, x: u32, y: u32, width: u32, height: u32, class: &str) {
        self.reach(y + height + 2);
        let _ = write!(
            self.out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\" class=\"{class}\"/>"
        );
    }

    fn line(&mut self, from: (u32, u32), to: (u32, u32), class: &str) {
        self.reach(from.1.max(to.1));
        let _ = write!(
            self.out,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{class}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    /// The whole picture; `title` is what a screen reader says of it.
    fn finish(self, title: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">{}</svg>",
            self.height,
            xml(title),
            self.out
        )
    }
}

/// At most so many characters, the last a dot line.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
