//! Parameters of a clause: their types and values, as files write them, as facts record them, and as a person reads them.

use crate::Bilingual;
use crate::read::{Node, Reader, Value, did_you_mean, duration_ms, list_words, one_of};
use assize_facts::{Lang, TlsVersion, Type};
use serde_json::Value as Json;
use std::fmt;

/// The type that a clause file gives a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterType {
    Bool,
    Int,
    Number,
    Text,
    /// Written `"5s"`, `"300ms"`, `"2m"`, `"1h30m"`, `"7d"`.
    Duration,
    /// A calendar day, written `2026-01-17`.
    Date,
    TlsVersion,
    TlsGroup,
    GoVersion,
    List(Box<ParameterType>),
}

/// A value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterValue {
    Bool(bool),
    Int(i64),
    Number(f64),
    Text(String),
    /// Milliseconds.
    Duration(f64),
    /// `YYYY-MM-DD`.
    Date(String),
    TlsVersion(TlsVersion),
    TlsGroup(String),
    GoVersion(String),
    List(Vec<ParameterValue>),
}

/// A parameter as its clause declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub ty: ParameterType,
    pub default: ParameterValue,
    /// The only values it may have (for a list: its elements); empty: any of the type.
    pub choices: Vec<ParameterValue>,
    /// What it means, for whoever negotiates it.
    pub doc: Option<Bilingual>,
}

/// Key exchange groups by Go's names (crypto/tls `CurveID`, Go 1.26) and, where Go has none, those of the IANA registry "TLS Supported Groups".
pub(crate) const TLS_GROUPS: &[&str] = &[
    "X25519",
    "P256",
    "P384",
    "P521",
    "X448",
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
    "X25519Kyber768Draft00",
    "MLKEM512",
    "MLKEM768",
    "MLKEM1024",
    "ffdhe2048",
    "ffdhe3072",
    "ffdhe4096",
    "ffdhe6144",
    "ffdhe8192",
];

const PLAIN_TYPES: &[(&str, ParameterType)] = &[
    ("bool", ParameterType::Bool),
    ("int", ParameterType::Int),
    ("number", ParameterType::Number),
    ("text", ParameterType::Text),
    ("duration", ParameterType::Duration),
    ("date", ParameterType::Date),
    ("tls-version", ParameterType::TlsVersion),
    ("tls-group", ParameterType::TlsGroup),
    ("go-version", ParameterType::GoVersion),
];

impl ParameterType {
    pub fn parse(name: &str) -> Option<ParameterType> {
        if let Some(inner) = name.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
            let inner = PLAIN_TYPES.iter().find(|(n, _)| *n == inner.trim())?;
            return Some(ParameterType::List(Box::new(inner.1.clone())));
        }
        PLAIN_TYPES.iter().find(|(n, _)| *n == name).map(|(_, ty)| ty.clone())
    }

    /// Every name that [`ParameterType::parse`] takes.
    pub fn names() -> Vec<String> {
        let plain = PLAIN_TYPES.iter().map(|(name, _)| name.to_string());
        plain.chain(PLAIN_TYPES.iter().map(|(name, _)| format!("list<{name}>"))).collect()
    }

    /// The type of one value: of a list, its elements'.
    pub fn element(&self) -> &ParameterType {
        match self {
            ParameterType::List(inner) => inner,
            other => other,
        }
    }

    /// The type of a field that a value of this one can be compared with.
    pub fn field_type(&self) -> Type {
        match self {
            ParameterType::Bool => Type::Bool,
            ParameterType::Int => Type::Int,
            ParameterType::Number => Type::Number,
            ParameterType::Text => Type::Text,
            ParameterType::Duration => Type::Duration,
            ParameterType::Date => Type::Time,
            ParameterType::TlsVersion => Type::TlsVersion,
            ParameterType::TlsGroup => Type::TlsGroup,
            ParameterType::GoVersion => Type::GoVersion,
            ParameterType::List(inner) => Type::List(Box::new(inner.field_type())),
        }
    }

    /// How a value is written, for a message.
    fn written(&self) -> String {
        match self {
            ParameterType::Bool => "`true` or `false`".into(),
            ParameterType::Int => "an integer".into(),
            ParameterType::Number => "a number".into(),
            ParameterType::Text => "a string".into(),
            ParameterType::Duration => "a duration such as \"5s\"".into(),
            ParameterType::Date => "a day such as 2026-01-17".into(),
            ParameterType::TlsVersion => "a TLS version such as \"1.3\"".into(),
            ParameterType::TlsGroup => "a key exchange group such as \"X25519\"".into(),
            ParameterType::GoVersion => "a Go version such as \"1.26.8\"".into(),
            ParameterType::List(inner) => format!("a list, each {}", inner.written()),
        }
    }

    /// Reads a value; a mistake is reported.
    pub(crate) fn read(&self, reader: &Reader, node: &Node) -> Option<ParameterValue> {
        if let (ParameterType::List(inner), Value::List(nodes)) = (self, &node.value) {
            let values: Vec<_> = nodes.iter().map(|n| inner.read(reader, n)).collect();
            return values.into_iter().collect::<Option<_>>().map(ParameterValue::List);
        }
        let value = self.plain(node);
        if value.is_none() && !matches!(node.value, Value::Bad) {
            reader.report(self.refusal(reader, node));
        }
        value
    }

    fn plain(&self, node: &Node) -> Option<ParameterValue> {
        Some(match (self, &node.value) {
            (ParameterType::Bool, Value::Bool(yes)) => ParameterValue::Bool(*yes),
            (ParameterType::Int, Value::Int(number)) => ParameterValue::Int(*number),
            (ParameterType::Number, Value::Int(number)) => ParameterValue::Number(*number as f64),
            (ParameterType::Number, Value::Float(number)) => ParameterValue::Number(*number),
            (ParameterType::Text, Value::Text(text)) => ParameterValue::Text(text.clone()),
            (ParameterType::Duration, Value::Text(text)) => ParameterValue::Duration(duration_ms(text)?),
            (ParameterType::Date, Value::Date(date)) => ParameterValue::Date(day(&date.to_string())?),
            (ParameterType::Date, Value::Text(text)) => ParameterValue::Date(day(text)?),
            (ParameterType::TlsVersion, Value::Text(text)) => ParameterValue::TlsVersion(TlsVersion::parse(text)?),
            (ParameterType::TlsGroup, Value::Text(text)) if TLS_GROUPS.contains(&text.as_str()) => {
                ParameterValue::TlsGroup(text.clone())
            }
            (ParameterType::GoVersion, Value::Text(text)) if is_go_version(text) => {
                ParameterValue::GoVersion(text.clone())
            }
            _ => return None,
        })
    }

    fn refusal(&self, reader: &Reader, node: &Node) -> crate::Mistake {
        let Some(text) = node.text() else {
            let message = format!("{} is expected, not {}", self.written(), node.value.sort());
            return reader.at(&node.span, message);
        };
        let mistake = reader.at(&node.span, format!("`{text}` is not {}", self.written()));
        match self.help(text) {
            Some(help) => mistake.help(help),
            None => mistake,
        }
    }

    fn help(&self, text: &str) -> Option<String> {
        match self {
            ParameterType::TlsVersion => Some(one_of(&TlsVersion::ALL.map(TlsVersion::name))),
            ParameterType::TlsGroup => did_you_mean(text, TLS_GROUPS.iter().copied()),
            ParameterType::GoVersion if text.starts_with("go") => Some("without the `go` before it".into()),
            ParameterType::Duration => Some("units: us, ms, s, m, h, d, the larger first".into()),
            _ => None,
        }
    }
}

impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ParameterType::List(inner) = self {
            return write!(f, "list<{inner}>");
        }
        let name = PLAIN_TYPES.iter().find(|(_, ty)| ty == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// A calendar day that exists.
pub(crate) fn day(text: &str) -> Option<String> {
    let good = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    good.then(|| text.to_string())
}

/// `1.26.8`, `1.26`, `1.26rc1`: the form of a toolchain's version without `go` (golang.org/ref/mod#go-mod-file-go).
pub(crate) fn is_go_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.len() < 10 && part.bytes().all(|b| b.is_ascii_digit());
    let (numbers, pre) = match text.find(|c: char| c.is_ascii_lowercase()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let parts: Vec<&str> = numbers.split('.').collect();
    let pre_ok = pre.is_empty()
        || ["rc", "beta", "alpha"].iter().any(|word| pre.strip_prefix(word).is_some_and(digits)) && parts.len() == 2;
    (2..=3).contains(&parts.len()) && parts.iter().all(|p| digits(p)) && pre_ok
}

impl ParameterValue {
    /// As facts record such a value and as collectors get it in `with`: durations are milliseconds.
    pub fn json(&self) -> Json {
        match self {
            ParameterValue::Bool(value) => Json::Bool(*value),
            ParameterValue::Int(value) => Json::from(*value),
            ParameterValue::Number(value) | ParameterValue::Duration(value) => number(*value),
            ParameterValue::Text(value)
            | ParameterValue::Date(value)
            | ParameterValue::TlsGroup(value)
            | ParameterValue::GoVersion(value) => Json::from(value.as_str()),
            ParameterValue::TlsVersion(value) => Json::from(value.name()),
            ParameterValue::List(values) => values.iter().map(ParameterValue::json).collect(),
        }
    }

    /// As the contract's wording says it.
    pub fn shown(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        match self {
            ParameterValue::Bool(true) => if zh { "是" } else { "yes" }.into(),
            ParameterValue::Bool(false) => if zh { "否" } else { "no" }.into(),
            ParameterValue::Int(value) => value.to_string(),
            ParameterValue::Number(value) => value.to_string(),
            ParameterValue::Text(value) if value.is_empty() => if zh { "(空)" } else { "(empty)" }.into(),
            ParameterValue::Text(value)
            | ParameterValue::Date(value)
            | ParameterValue::TlsGroup(value)
            | ParameterValue::GoVersion(value) => value.clone(),
            ParameterValue::Duration(ms) => duration_shown(*ms, zh),
            ParameterValue::TlsVersion(value) => value.name().into(),
            ParameterValue::List(values) if values.is_empty() => if zh { "(无)" } else { "(none)" }.into(),
            ParameterValue::List(values) => {
                let shown: Vec<String> = values.iter().map(|v| v.shown(lang)).collect();
                let (comma, and) = if zh { ("、", " 和 ") } else { (", ", " and ") };
                list_words(&shown, comma, and)
            }
        }
    }

    /// The values that `choices` speak about.
    pub(crate) fn elements(&self) -> &[ParameterValue] {
        match self {
            ParameterValue::List(values) => values,
            one => std::slice::from_ref(one),
        }
    }
}

/// Whole numbers without a fraction, so that 5000 ms is `5000` in every record and digest.
pub(crate) fn number(value: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    if value.fract() == 0.0 && value.abs() <= EXACT { Json::from(value as i64) } else { Json::from(value) }
}

fn duration_shown(ms: f64, zh: bool) -> String {
    const UNITS: &[(f64, &str, &str)] = &[
        (86_400_000.0, " d", " 天"),
        (3_600_000.0, " h", " 小时"),
        (60_000.0, " min", " 分钟"),
        (1_000.0, " s", " 秒"),
        (1.0, " ms", " 毫秒"),
    ];
    let (mut rest, mut parts) = (ms, Vec::new());
    for (unit, en, cn) in UNITS {
        let word = if zh { cn } else { en };
        // What is less than a second, and the fraction of a millisecond, stays one number.
        let count = if *unit == 1.0 { (rest * 1_000.0).round() / 1_000.0 } else { (rest / unit).floor() };
        if count > 0.0 {
            parts.push(format!("{count}{word}"));
            rest -= count * unit;
        }
    }
    match parts.is_empty() {
        true => format!("0{}", if zh { " 秒" } else { " s" }),
        false => parts.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_name_that_reads_back() {
        for name in ParameterType::names() {
            let ty = ParameterType::parse(&name).expect("a listed name");
            assert_eq!(ty.to_string(), name);
        }
        for bad in ["", "string", "list", "list<list<int>>", "list<>", "Int"] {
            assert_eq!(ParameterType::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn values_read_naturally_in_both_languages() {
        let list =
            |words: &[&str]| ParameterValue::List(words.iter().map(|w| ParameterValue::Text(w.to_string())).collect());
        for (value, en, zh) in [
            (list(&["a"]), "a", "a"),
            (list(&["a", "b"]), "a and b", "a 和 b"),
            (list(&["a", "b", "c"]), "a, b and c", "a、b 和 c"),
            (list(&[]), "(none)", "(无)"),
            (ParameterValue::Text(String::new()), "(empty)", "(空)"),
            (ParameterValue::Duration(5_000.0), "5 s", "5 秒"),
            (ParameterValue::Duration(1_500.0), "1 s 500 ms", "1 秒 500 毫秒"),
            (ParameterValue::Duration(5_400_000.0), "1 h 30 min", "1 小时 30 分钟"),
            (ParameterValue::Duration(0.25), "0.25 ms", "0.25 毫秒"),
            (ParameterValue::Duration(0.0), "0 s", "0 秒"),
            (ParameterValue::Bool(true), "yes", "是"),
            (ParameterValue::TlsVersion(TlsVersion::Tls13), "1.3", "1.3"),
            (ParameterValue::Number(95.5), "95.5", "95.5"),
        ] {
            assert_eq!((value.shown(Lang::En), value.shown(Lang::Zh)), (en.to_string(), zh.to_string()));
        }
    }

    #[test]
    fn go_versions_are_told_from_other_words() {
        for good in ["1.26.8", "1.26", "1.26rc1", "1.9beta2"] {
            assert!(is_go_version(good), "{good}");
        }
        for bad in ["go1.26", "1", "1.26.8.1", "1.26.8rc1", "1.26rc", "v1.26", "", "1.", "devel", "1.26x1"] {
            assert!(!is_go_version(bad), "{bad}");
        }
    }

    #[test]
    fn whole_numbers_are_recorded_without_a_fraction() {
        assert_eq!(ParameterValue::Duration(5_000.0).json().to_string(), "5000");
        assert_eq!(ParameterValue::Duration(0.5).json().to_string(), "0.5");
        assert_eq!(ParameterValue::Number(95.0).json().to_string(), "95");
    }
}
