//! How a command ended: the exit statuses, and what is printed where it was not done.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use std::io::IsTerminal;
use std::process::ExitCode;

/// The thing checked is good, bad, or could not be told; not doing it at all is a [`NotDone`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Good,
    Bad,
    Incomplete,
}

impl From<Done> for ExitCode {
    fn from(done: Done) -> ExitCode {
        ExitCode::from(match done {
            Done::Good => 0,
            Done::Bad => 1,
            Done::Incomplete => 2,
        })
    }
}

/// Exit status 3: usage, a bad contract or clause file, unreadable input, a mistake of ours.
pub const NOT_DONE: u8 = 3;

/// Why a command was not done.
pub struct NotDone(Box<dyn Diagnostic + Send + Sync>);

impl NotDone {
    pub fn say(message: impl Into<String>) -> NotDone {
        NotDone(Box::new(Plain { message: message.into(), help: None }))
    }

    pub fn help(message: impl Into<String>, help: impl Into<String>) -> NotDone {
        NotDone(Box::new(Plain { message: message.into(), help: Some(help.into()) }))
    }

    /// Its words in one line, for a list.
    pub fn words(&self) -> String {
        self.0.to_string()
    }

    /// Prints it to standard error.
    pub fn show(&self) {
        let theme = if colour_on_stderr() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(crate::terminal::width());
        let mut text = String::new();
        if handler.render_report(&mut text, self.0.as_ref()).is_err() {
            text = self.0.to_string();
        }
        eprint!("{text}");
    }
}

fn colour_on_stderr() -> bool {
    std::io::stderr().is_terminal() && crate::terminal::colour_wanted()
}

impl From<assize_clause::Mistakes> for NotDone {
    fn from(mistakes: assize_clause::Mistakes) -> NotDone {
        NotDone(Box::new(mistakes))
    }
}

impl From<std::io::Error> for NotDone {
    fn from(error: std::io::Error) -> NotDone {
        NotDone::say(error.to_string())
    }
}

#[derive(Debug)]
struct Plain {
    message: String,
    help: Option<String>,
}

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::text::plain(&self.message))
    }
}

impl std::error::Error for Plain {}

impl Diagnostic for Plain {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }
}
