//! All kinds of facts: one registration per kind, in the file of its area.

pub mod binary;
pub mod data;
pub mod endpoint;
pub mod image;
pub mod inventory;
pub mod link;
pub mod module;
pub mod process;
pub mod source;

use crate::KindSchema;
use std::sync::OnceLock;

pub use crate::fact::origin_fields;

/// The schemas of every kind, ordered by name.
pub fn all() -> &'static [KindSchema] {
    static ALL: OnceLock<Vec<KindSchema>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<KindSchema> = [
            inventory::schemas(),
            source::schemas(),
            module::schemas(),
            binary::schemas(),
            image::schemas(),
            data::schemas(),
            process::schemas(),
            endpoint::schemas(),
            link::schemas(),
        ]
        .concat();
        all.sort_by_key(|s| s.name);
        all
    })
}

/// The schema of a kind by name.
pub fn schema(kind: &str) -> Option<&'static KindSchema> {
    all().iter().find(|s| s.name == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Type;

    /// Names of matchers: no field may bear one (`interface`: reserved).
    const RESERVED: &[&str] = &[
        "at_least", "at_most", "below", "above", "one_of", "none_of", "matches", "not", "all", "any", "contains",
        "length", "present", "within",
    ];

    #[test]
    fn words_that_are_shown_are_those_of_a_field() {
        let shown = |code: &'static String| code.strip_prefix("shown.").and_then(|rest| rest.split_once('.'));
        for (field, word) in crate::words().keys().filter_map(shown) {
            let fields = all().iter().flat_map(|kind| &kind.fields).filter(|f| f.name == field);
            let has = |ty: &Type| matches!(ty.present(), Type::Enum(words) if word == "none" || words.contains(&word));
            assert!(fields.into_iter().any(|f| has(&f.ty)), "{field} has no word {word}");
        }
    }

    #[test]
    fn kinds_are_well_formed() {
        for kind in all() {
            assert!(!kind.doc.is_empty(), "{} has no documentation", kind.name);
            let subject = format!("subject.{}", kind.subjects);
            assert!(crate::words().contains_key(&subject), "{}: no words for {subject}", kind.name);
            for field in &kind.fields {
                assert!(!RESERVED.contains(&field.name), "{}.{} bears a matcher's name", kind.name, field.name);
                assert!(!field.doc.is_empty(), "{}.{} has no documentation", kind.name, field.name);
                let twins = kind.fields.iter().filter(|f| f.name == field.name).count();
                assert_eq!(twins, 1, "{}.{} is there twice", kind.name, field.name);
            }
        }
        for pair in all().windows(2) {
            assert_ne!(pair[0].name, pair[1].name, "a kind is registered twice");
        }
    }
}
