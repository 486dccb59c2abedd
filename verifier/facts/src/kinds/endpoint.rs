//! What the running service answers, and what it logs.

use crate::KindSchema;

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![]
}
