//! The one integration-test binary: end to end through the program, and the rules of the house.

mod attacks;
mod bad_input;
mod bad_services;
mod binaries;
mod canaries;
mod commands;
mod data;
mod dependencies;
mod deployed;
mod diffs;
mod fleet;
mod house;
mod images;
mod kills;
mod layout;
mod mutants;
mod packs;
mod pipelines;
mod public;
mod readers;
mod reports;
mod run;
mod samples;
mod signatures;
mod watched;
