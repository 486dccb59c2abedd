//! go.mod and go.work (golang.org/x/mod/modfile, as vendored in Go 1.26.8): everything a file says, with its place, and every mistake.
//!
//! What the Go command does with a byte order mark, CRLF, back quotes, block comments or odd spaces follows from its lexer and is the
//! same here: CRLF is fine, the others are mistakes. A version that is not canonical but valid (`v1.2`) is filled in as `modfile.Parse` does.

mod directive;
mod lex;
mod syntax;
mod unquote;
mod work;

pub use directive::{
    Exclude, GoMod, GoVersionLine, Godebug, Ignore, Interval, ModuleLine, Replace, Require, Retract, Strictness, Tool,
    is_directory_path, parse_go_mod,
};
pub use lex::Place;
pub(crate) use unquote::interpreted;
pub use work::{GoWork, Use, parse_go_work};

/// Something that the Go command refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub place: Place,
    pub message: String,
}

impl Mistake {
    pub(crate) fn new(place: Place, message: &str) -> Mistake {
        const LONGEST: usize = 300;
        Mistake { place, message: message.chars().take(LONGEST).collect() }
    }
}

/// A file as far as it could be read, and what is wrong with it. With any mistake the Go command refuses the whole file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed<T> {
    pub file: T,
    pub mistakes: Vec<Mistake>,
}

/// How many mistakes are kept; the rest only repeats that the file is refused.
const MOST_MISTAKES: usize = 100;

impl<T> Parsed<T> {
    fn mistake(&mut self, place: Place, message: &str) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(Mistake::new(place, message));
        }
    }
}

#[cfg(test)]
mod tests;
