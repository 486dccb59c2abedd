//! The `clause` room.
