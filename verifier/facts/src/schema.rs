//! What fields a kind of fact has and of which type: matchers in clause files are checked against it at load.

use std::fmt;

/// The three layers of a check; there are exactly three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    Source,
    Binary,
    Runtime,
}

impl Layer {
    pub const ALL: [Layer; 3] = [Layer::Source, Layer::Binary, Layer::Runtime];

    pub fn name(self) -> &'static str {
        match self {
            Layer::Source => "source",
            Layer::Binary => "binary",
            Layer::Runtime => "runtime",
        }
    }

    pub fn parse(name: &str) -> Option<Layer> {
        Layer::ALL.into_iter().find(|l| l.name() == name)
    }
}

/// The type of a field, which decides the matchers that fit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    Int,
    Number,
    Text,
    /// One of the listed words.
    Enum(&'static [&'static str]),
    /// Ordered: SSL3.0 < 1.0 < 1.1 < 1.2 < 1.3.
    TlsVersion,
    TlsGroup,
    /// Ordered as the Go command orders toolchains (`1.26rc1` < `1.26.0`).
    GoVersion,
    /// RFC 3339, ordered by instant.
    Time,
    /// Milliseconds as a number; clause files write `"5s"`, `"300ms"`, `"2m"`.
    Duration,
    /// `sha256:` and 64 hexadecimal digits.
    Digest,
    List(Box<Type>),
    /// May be known to be absent (recorded as `null`).
    Optional(Box<Type>),
}

impl Type {
    /// The type without the possibility of absence.
    pub fn present(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner.present(),
            other => other,
        }
    }

    /// Whether `at_least`, `at_most`, `below` and `above` fit.
    pub fn is_ordered(&self) -> bool {
        matches!(
            self.present(),
            Type::Int | Type::Number | Type::TlsVersion | Type::GoVersion | Type::Time | Type::Duration
        )
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Number => f.write_str("number"),
            Type::Text => f.write_str("text"),
            Type::Enum(words) => f.write_str(&words.join(" | ")),
            Type::TlsVersion => f.write_str("tls-version"),
            Type::TlsGroup => f.write_str("tls-group"),
            Type::GoVersion => f.write_str("go-version"),
            Type::Time => f.write_str("time"),
            Type::Duration => f.write_str("duration"),
            Type::Digest => f.write_str("digest"),
            Type::List(inner) => write!(f, "list<{inner}>"),
            Type::Optional(inner) => write!(f, "optional {inner}"),
        }
    }
}

/// One field of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSchema {
    pub name: &'static str,
    pub ty: Type,
    /// Whether a collector may record it as unknown.
    pub may_be_unknown: bool,
    pub doc: String,
}

/// One kind of fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindSchema {
    pub name: &'static str,
    /// The layers that have to be in force for the kind to be collected (a link has every layer that it joins).
    pub layers: &'static [Layer],
    /// What its scope counts, as a code of the word table (`subject.<what>`).
    pub subjects: &'static str,
    pub doc: String,
    pub fields: Vec<FieldSchema>,
    /// Names of the arguments that `with` may give to the collector.
    pub arguments: &'static [&'static str],
}

impl KindSchema {
    /// A field by name, those of the origin (`file`, `line`, `column`, `url`, `symbol`) included.
    pub fn field(&self, name: &str) -> Option<&FieldSchema> {
        self.fields.iter().find(|f| f.name == name)
    }
}
