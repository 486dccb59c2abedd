//! From the text of a TOML file to typed values: the spanned tree, the walker that knows which keys were asked for, and small readers of plain values.

mod nearest;
mod reader;
mod scalar;
mod table;
mod tree;

pub(crate) use nearest::{did_you_mean, one_of};
pub(crate) use reader::Reader;
pub(crate) use scalar::{digest, duration_ms, list_words};
pub(crate) use table::Table;
pub(crate) use tree::{Entry, Node, Span, Value};
