//! What the running service's processes are and do.

use crate::KindSchema;

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![]
}
