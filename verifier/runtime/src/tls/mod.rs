//! The TLS prober: asks every open listener for every protocol version with its own bytes, and shows each time that it could have seen the opposite.
//!
//! Only the alert `protocol_version` refuses a version. It counts between two handshakes that the same listener completed, and after the prober
//! negotiated that version with a server of its own in the same network. Every other answer leaves the version undetermined.

mod again;
#[cfg(test)]
mod against;
mod answer;
mod canary;
mod certificate;
mod collect;
mod full;
mod hello;
mod interview;
mod item;
mod line;
mod numbers;
mod quic;
mod scene;
mod stream;
#[cfg(test)]
mod tests;

pub use again::again;
pub use canary::Canary;
pub use collect::collect;
pub use scene::{Declared, Scene, Socket};
pub use stream::{Direct, Network};
