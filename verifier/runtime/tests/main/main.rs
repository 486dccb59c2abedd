//! Starts real services in real sandboxes: as the user who runs the tests, and as an ordinary one.

mod confine;
mod end;
mod fixture;
mod misbehave;
mod standin;
