//! Mistakes of whoever wrote a file, as diagnostics: the place underlined, the nearest valid word named, all of a run together.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// One mistake in one file.
#[derive(Clone, Debug)]
pub struct Mistake {
    pub message: String,
    pub help: Option<String>,
    /// Byte ranges of the file with a few words each (which may be empty); the first is the place itself.
    pub labels: Vec<(Range<usize>, String)>,
    source: Option<NamedSource<Arc<str>>>,
}

impl Mistake {
    /// A mistake at a place in a file, whose text must be [`quiet`].
    pub(crate) fn at(file: &str, text: Arc<str>, span: Range<usize>, message: impl Into<String>) -> Mistake {
        let mut message = visible(&message.into());
        let drawable = is_drawable(&text, &span);
        if !drawable {
            let (line, column) = place(&text, &span);
            message.push_str(&format!(" ({}:{line}:{column})", visible(file)));
        }
        let source = drawable.then(|| NamedSource::new(visible(file), text));
        Mistake { message, help: None, labels: vec![(span, String::new())], source }
    }

    /// A mistake that has no place: a file that cannot be read, a library that does not exist.
    pub fn whole(message: impl Into<String>) -> Mistake {
        Mistake { message: visible(&message.into()), help: None, labels: vec![], source: None }
    }

    pub fn help(mut self, help: impl Into<String>) -> Mistake {
        self.help = Some(visible(&help.into()));
        self
    }

    /// Words under the place itself.
    pub fn label(mut self, words: impl Into<String>) -> Mistake {
        if let Some(first) = self.labels.first_mut() {
            first.1 = words.into();
        }
        self
    }

    /// Another place of the same file.
    pub fn also(mut self, span: Range<usize>, words: impl Into<String>) -> Mistake {
        if self.source.as_ref().is_some_and(|source| !is_drawable(source.inner(), &span)) {
            return self;
        }
        self.labels.push((span, words.into()));
        self
    }

    /// The file's name, where it has one.
    pub fn file(&self) -> Option<&str> {
        self.source.as_ref().map(|s| s.name())
    }
}

/// Whether the lines that a diagnostic would draw are of a sane length: a megabyte on one line helps nobody.
fn is_drawable(text: &str, span: &Range<usize>) -> bool {
    const LONGEST: usize = 2_000;
    let bytes = text.as_bytes();
    let (start, end) = (span.start.min(bytes.len()), span.end.clamp(span.start.min(bytes.len()), bytes.len()));
    // One line before and one after are drawn too.
    let newline = |byte: &&u8| **byte == b'\n';
    let before = bytes[..start].iter().rev().take(LONGEST).filter(newline).take(2).count();
    let after = bytes[end..].iter().take(LONGEST).filter(newline).take(2).count();
    let whole = |found: usize, rest: usize| found >= 2 || rest < LONGEST;
    end - start < LONGEST && whole(before, start) && whole(after, bytes.len() - end)
}

/// 1-based line and column; columns count characters.
fn place(text: &str, span: &Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    (1 + before.matches('\n').count(), 1 + line.chars().count())
}

/// Whether a terminal would obey a character instead of showing it: controls, and marks that turn the direction of text (Unicode UAX #9).
fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}');
    turns || (c.is_control() && c != '\n' && c != '\t')
}

/// A message whose quoted words cannot steer a terminal, cut to a sane length.
fn visible(text: &str) -> String {
    const LONGEST: usize = 1_000;
    let mut out = String::new();
    for c in text.chars().take(LONGEST) {
        match c {
            '\n' | '\t' => out.extend(c.escape_default()),
            c if is_obeyed(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

/// The file with such characters replaced by marks of the same number of bytes, so that places stay right.
pub(crate) fn quiet(text: &Arc<str>) -> Arc<str> {
    if !text.chars().any(is_obeyed) {
        return text.clone();
    }
    let mark = |c: char| match c.len_utf8() {
        _ if !is_obeyed(c) => c,
        1 => '?',
        2 => '¿',
        _ => '\u{fffd}',
    };
    text.chars().map(mark).collect::<String>().into()
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl Diagnostic for Mistake {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() || self.source.is_none() {
            return None;
        }
        Some(Box::new(self.labels.iter().map(|(span, words)| {
            let words = (!words.is_empty()).then(|| words.clone());
            LabeledSpan::new_with_span(words, span.clone())
        })))
    }
}

/// All mistakes of a run.
#[derive(Clone, Debug, Default)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistakes {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn push(&mut self, mistake: Mistake) {
        self.0.push(mistake);
    }

    pub fn extend(&mut self, others: Mistakes) {
        self.0.extend(others.0);
    }

    /// Drawn for a terminal of a width; the words of a message are never broken inside.
    pub fn drawn(&self, width: usize, colour: bool) -> String {
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_links(false)
            .with_break_words(false)
            .without_syntax_highlighting();
        let mut out = String::new();
        for mistake in &self.0 {
            // Writing to a string cannot fail; what would be lost otherwise is only the drawing.
            let _ = handler.render_report(&mut out, mistake);
        }
        out
    }

    /// Drawn without colour.
    pub fn plain(&self, width: usize) -> String {
        self.drawn(width, false)
    }

    /// `Ok` with the value where there are none.
    pub fn or<T>(self, value: T) -> Result<T, Mistakes> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Mistakes {
        Mistakes(vec![mistake])
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("1 mistake"),
            n => write!(f, "{n} mistakes"),
        }
    }
}

impl std::error::Error for Mistakes {}

impl Diagnostic for Mistakes {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|m| m as &dyn Diagnostic)))
    }
}
