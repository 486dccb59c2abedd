//! The Go reader: tokens, outlines of files, and declarations as trees.

pub(crate) mod dense;
pub(crate) mod directive;
pub(crate) mod imports;
pub(crate) mod lexer;
pub(crate) mod literal;
mod lower;
mod lower_stmt;
pub(crate) mod normal;
pub(crate) mod outline;
pub(crate) mod parse;
mod parser;
mod skim;
pub(crate) mod syntax;
pub(crate) mod text;

#[cfg(test)]
pub(crate) mod corpus_tests;
