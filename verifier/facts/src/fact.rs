//! The trait that a typed fact has, and the macros that declare one with its documentation as its reference.

use crate::{FieldSchema, Fields, KindSchema, Type};

/// A typed fact: exists to be written; what is read back is an [`crate::Item`].
pub trait Fact: Sized {
    const KIND: &'static str;
    fn schema() -> KindSchema;
    fn fields(self) -> Fields;
}

/// Fields that every item has by its origin, and that matchers may name.
pub(crate) const ORIGIN_FIELDS: &[&str] = &["file", "line", "column", "url", "symbol"];

pub fn origin_fields() -> Vec<FieldSchema> {
    let field = |name, ty, doc: &str| FieldSchema {
        name,
        ty: Type::Optional(Box::new(ty)),
        may_be_unknown: false,
        doc: doc.into(),
    };
    vec![
        field("file", Type::Text, "The file, relative to the deliverable."),
        field("line", Type::Int, "1-based line."),
        field("column", Type::Int, "1-based column in Unicode code points."),
        field("url", Type::Text, "The URL or address that was asked."),
        field("symbol", Type::Text, "The symbol inside a binary."),
    ]
}

/// Declares an enumeration of recorded words.
#[macro_export]
macro_rules! vocabulary {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),* }
        impl $name {
            pub const WORDS: &'static [&'static str] = &[$($word),*];
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
            pub fn parse(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }
        }
        impl $crate::FieldType for $name {
            fn ty() -> $crate::Type { $crate::Type::Enum(Self::WORDS) }
            fn record(self) -> $crate::Field { $crate::Field::Known(self.word().into()) }
        }
    };
}

/// Declares a kind of fact: its struct, its schema and how it is recorded.
///
/// ```ignore
/// fact! {
///     /// What it says, one item per …
///     pub struct Files = "inventory.files", layers [Source], counts "files" {
///         /// Relative path.
///         path: String,
///     }
/// }
/// ```
/// `with [a, b]` after `counts` names the arguments a clause may give the collector.
#[macro_export]
macro_rules! fact {
    ($(#[doc = $kdoc:literal])* pub struct $name:ident = $kind:literal, layers [$($layer:ident),*], counts $subjects:literal $(, with [$($arg:literal),*])? {
        $($(#[doc = $fdoc:literal])* $field:ident : $ty:ty),* $(,)?
    }) => {
        $(#[doc = $kdoc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[doc = $fdoc])* pub $field: $ty),* }
        impl $crate::Fact for $name {
            const KIND: &'static str = $kind;
            fn schema() -> $crate::KindSchema {
                #[allow(unused_mut)]
                let mut fields = vec![$($crate::FieldSchema {
                    name: stringify!($field),
                    ty: <$ty as $crate::FieldType>::ty(),
                    may_be_unknown: <$ty as $crate::FieldType>::may_be_unknown(),
                    doc: [$($fdoc),*].concat().trim().to_string(),
                }),*];
                fields.extend($crate::kinds::origin_fields());
                $crate::KindSchema {
                    name: $kind,
                    layers: &[$($crate::Layer::$layer),*],
                    subjects: $subjects,
                    doc: [$($kdoc),*].concat().trim().to_string(),
                    fields,
                    arguments: &[$($($arg),*)?],
                }
            }
            fn fields(self) -> $crate::Fields {
                [$((stringify!($field), $crate::FieldType::record(self.$field))),*].into_iter().collect()
            }
        }
    };
}
