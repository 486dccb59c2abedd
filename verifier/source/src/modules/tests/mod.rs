//! What the collector finds in small deliverables, honest and otherwise.

mod consistent;
mod contents;
mod declared;
mod demands;
mod files;
mod fixture;
mod nested;
mod packages;
mod reach;
mod records;
mod vendor;
