//! The one integration-test binary: end to end through the program, and the rules of the house.

mod attacks;
mod bad_input;
mod commands;
mod data;
mod diffs;
mod house;
mod packs;
mod pipelines;
mod public;
mod reports;
mod run;
mod samples;
mod signatures;
