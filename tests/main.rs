//! The one integration-test binary: end to end through the program, and the rules of the house.

mod house;
