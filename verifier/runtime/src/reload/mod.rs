//! SIGUSR2: whether it, and nothing else, makes a changed configuration take effect, whole, without losing a request or the process.

mod decide;
mod load;
mod observe;
mod probe;
mod variants;

pub(crate) use probe::duration;
pub use probe::probe;

#[cfg(test)]
mod tests;
