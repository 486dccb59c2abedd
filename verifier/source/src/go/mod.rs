//! The Go reader: tokens, outlines of files, and declarations as trees.

mod lexer;
mod literal;
mod lower;
mod lower_stmt;
mod normal;
mod outline;
mod parse;
pub(crate) mod syntax;

#[cfg(test)]
mod corpus_tests;
