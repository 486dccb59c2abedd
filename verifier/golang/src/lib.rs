//! Go's own rules as pure functions: no file is opened here, and every parser is total on arbitrary bytes.

pub mod build;
mod text;
