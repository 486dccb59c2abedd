//! What declarations mean: names bound, types and values told as far as source alone decides them.

mod arithmetic;
mod bind;
pub(crate) mod body;
mod converted;
mod errors;
mod fields;
mod flow;
mod hidden;
mod indexed;
mod items;
mod list;
pub(crate) mod names;
mod own;
mod params;
mod reflected;
mod selected;
pub(crate) mod std;
mod types;
pub(crate) mod unseen;
mod value;

pub(crate) use body::{Node, NodeId, Use, bare};
pub(crate) use fields::Given;
pub(crate) use names::{Decls, Lens, Place, Site, Symbol};
pub(crate) use own::Own;
pub(crate) use selected::Selections;
pub(crate) use types::Type;
pub(crate) use value::{Const, Value};

#[cfg(test)]
mod fields_tests;
