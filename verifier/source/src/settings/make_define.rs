//! Variables of several lines: `define NAME … endef` (GNU make, 6.8).

use super::make_text::assignment;
use super::makefile::{How, Make};

/// A variable of several lines.
pub(super) struct Defining {
    pub line: u32,
    pub name: String,
    how: How,
    lines: Vec<String>,
    /// How many are open inside of it.
    inner: u32,
}

impl Make<'_> {
    /// `define NAME … endef`, `override define NAME`: whether the line is of one.
    pub(super) fn define(&mut self, number: u32, line: &str) -> bool {
        let mut words = line.split_whitespace();
        let mut word = words.next().unwrap_or_default();
        // A line of a recipe in it is text.
        let of_recipe = self.defining.is_some() && line.starts_with('\t');
        while self.defining.is_none() && matches!(word, "override" | "export" | "private") {
            word = words.next().unwrap_or_default();
        }
        match (word, &mut self.defining) {
            ("define", None) => {
                let name = words.collect::<Vec<_>>().join(" ");
                let (name, _, how) = assignment(&format!("{}=", name.trim_end_matches('='))).unwrap_or((
                    name.trim_end_matches(['=', ':', '+', '?', '!', ' ']).to_owned(),
                    String::new(),
                    How::Set,
                ));
                if line.trim_start().starts_with("export") {
                    self.exported.push((number, name.clone()));
                }
                self.defining = Some(Defining { line: number, name, how, lines: Vec::new(), inner: 0 });
            }
            ("endef", Some(Defining { inner: 0, .. }) | None) if !of_recipe => {
                if let Some(Defining { line, name, how, lines, .. }) = self.defining.take() {
                    self.assign(line, &name, lines.join("\n"), how);
                }
            }
            (word, Some(defining)) => {
                // What it holds may define others in its turn (GNU make, 6.8).
                match word {
                    "define" if !of_recipe => defining.inner += 1,
                    "endef" if !of_recipe => defining.inner = defining.inner.saturating_sub(1),
                    _ => {}
                }
                defining.lines.push(line.to_owned());
            }
            (_, None) => return false,
        }
        true
    }
}
