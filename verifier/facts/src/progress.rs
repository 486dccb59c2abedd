//! The one small sink through which collectors report progress; they never print.

/// Told what is being done, from any thread.
pub trait Progress: Sync {
    /// A step began: a short sentence for a person, such as `reading 5,649 Go files`.
    fn step(&self, what: &str);
}

/// Says nothing.
pub struct Quiet;

impl Progress for Quiet {
    fn step(&self, _: &str) {}
}
