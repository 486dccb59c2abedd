//! Seccomp: what a service may still do, from the installation of its filters (traced) and from the kernel (read back as root), evaluated call by call.

mod action;
mod bpf;
mod calls;
mod explore;
mod policy;
mod read_back;
mod record;
mod restart;
mod sheets;
mod solve;
mod status;
mod table;
#[cfg(test)]
mod tests;
mod trace;

pub use bpf::Program;
pub use read_back::{ReadThread, Refused, read_back};
pub use record::{Baseline, TraceRecord};
pub use sheets::{Seen, SeenThread, Untraced, sheet, still_possible};
pub use trace::{Tracer, Whose};
