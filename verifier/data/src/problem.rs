//! Why dated data cannot be used: for the operator, who can mend it.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub help: Option<String>,
}

impl Problem {
    pub fn say(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), help: None }
    }

    pub fn help(self, help: impl Into<String>) -> Problem {
        Problem { help: Some(help.into()), ..self }
    }

    /// Names the place that it is about.
    pub fn at(self, place: impl fmt::Display) -> Problem {
        Problem { message: format!("{place}: {}", self.message), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
