//! The `golang` room.
