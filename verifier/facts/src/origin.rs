//! Where an item was seen.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Where an item was seen. Only the parts that apply are present; those that few items have are [`Further`].
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Relative to the deliverable, `/`-separated.
    pub file: Option<Arc<str>>,
    /// 1-based; columns count Unicode code points, the end column is exclusive.
    pub line: Option<u32>,
    pub column: Option<u32>,
    further: Option<Arc<Further>>,
}

/// What few origins have: read and written as if it were the origin's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Further {
    pub end_line: Option<u32>,
    pub end_column: Option<u32>,
    /// The source lines that the span touches, at most eight, each cut at 240 characters.
    pub excerpt: Option<String>,
    /// Byte offset inside a binary.
    pub offset: Option<u64>,
    pub symbol: Option<String>,
    pub url: Option<String>,
    /// As seen inside the sandbox, so that two runs agree.
    pub pid: Option<u32>,
    /// Paths of the exhibits in the pack that show it, as in `exhibits/0001-tls-handshakes.jsonl`.
    pub exhibits: Vec<String>,
}

const NOTHING: &Further = &Further {
    end_line: None,
    end_column: None,
    excerpt: None,
    offset: None,
    symbol: None,
    url: None,
    pid: None,
    exhibits: Vec::new(),
};

impl Deref for Origin {
    type Target = Further;

    fn deref(&self) -> &Further {
        self.further.as_deref().unwrap_or(NOTHING)
    }
}

impl DerefMut for Origin {
    fn deref_mut(&mut self) -> &mut Further {
        Arc::make_mut(self.further.get_or_insert_default())
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Origin) -> bool {
        (&self.file, self.line, self.column, &**self) == (&other.file, other.line, other.column, &**other)
    }
}

impl Eq for Origin {}

impl Origin {
    pub fn file(file: impl AsRef<str>) -> Origin {
        Origin { file: Some(file.as_ref().into()), ..Origin::default() }
    }

    pub fn line(file: impl AsRef<str>, line: u32) -> Origin {
        Origin { line: Some(line), ..Origin::file(file) }
    }

    /// A place in a file, line and column.
    pub fn place(file: impl AsRef<str>, line: u32, column: u32) -> Origin {
        Origin { column: Some(column), ..Origin::line(file, line) }
    }

    /// From one place of a file to another, with the lines between.
    pub fn span(file: impl AsRef<str>, from: (u32, u32), to: (u32, u32), excerpt: String) -> Origin {
        Origin::place(file, from.0, from.1).with(|further| {
            (further.end_line, further.end_column) = (Some(to.0), Some(to.1));
            further.excerpt = Some(excerpt);
        })
    }

    pub fn url(url: impl Into<String>) -> Origin {
        Origin::default().with(|further| further.url = Some(url.into()))
    }

    pub fn pid(pid: u32) -> Origin {
        Origin::default().with(|further| further.pid = Some(pid))
    }

    pub fn symbol(self, symbol: impl Into<String>) -> Origin {
        self.with(|further| further.symbol = Some(symbol.into()))
    }

    /// The same with more of what few have.
    pub fn with(mut self, change: impl FnOnce(&mut Further)) -> Origin {
        change(&mut self);
        self
    }

    /// One line for a person: `file:line:column`, a URL, a symbol.
    pub fn shown(&self) -> String {
        let mut out = self.file.as_deref().or(self.url.as_deref()).unwrap_or_default().to_owned();
        for number in [self.line, self.column].into_iter().flatten() {
            out.push_str(&format!(":{number}"));
        }
        if let Some(symbol) = &self.symbol {
            out.push_str(if out.is_empty() { "" } else { " " });
            out.push_str(symbol);
        }
        if out.is_empty()
            && let Some(pid) = self.pid
        {
            out = format!("pid {pid}");
        }
        out
    }

    /// Holds what another origin says too only once.
    pub(crate) fn share(&mut self, other: &Origin) {
        if self.file == other.file {
            self.file.clone_from(&other.file);
        }
        if self.further == other.further {
            self.further.clone_from(&other.further);
        }
    }
}

/// The recorded form, names in order; texts are borrowed where it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded<F, T, L> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    excerpt: Option<T>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    exhibits: Option<L>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    file: Option<F>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    symbol: Option<T>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    url: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let recorded: Recorded<&str, &str, &[String]> = Recorded {
            file: self.file.as_deref(),
            line: self.line,
            column: self.column,
            end_line: self.end_line,
            end_column: self.end_column,
            excerpt: self.excerpt.as_deref(),
            offset: self.offset,
            symbol: self.symbol.as_deref(),
            url: self.url.as_deref(),
            pid: self.pid,
            exhibits: Some(self.exhibits.as_slice()).filter(|all| !all.is_empty()),
        };
        recorded.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Origin, D::Error> {
        let recorded: Recorded<Box<str>, String, Vec<String>> = Recorded::deserialize(deserializer)?;
        let further = Further {
            end_line: recorded.end_line,
            end_column: recorded.end_column,
            excerpt: recorded.excerpt,
            offset: recorded.offset,
            symbol: recorded.symbol,
            url: recorded.url,
            pid: recorded.pid,
            exhibits: recorded.exhibits.unwrap_or_default(),
        };
        let further = (further != *NOTHING).then(|| Arc::new(further));
        let file = recorded.file.map(Arc::from);
        Ok(Origin { file, line: recorded.line, column: recorded.column, further })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_form_has_what_there_is_in_order() {
        for text in [
            "{}",
            r#"{"file":"a.go","line":3}"#,
            r#"{"column":1,"end_column":2,"end_line":4,"excerpt":"x","exhibits":["exhibits/1"],"file":"a.go","line":3,"offset":7,"pid":2,"symbol":"s","url":"u"}"#,
        ] {
            let origin: Origin = serde_json::from_str(text).expect("it reads");
            assert_eq!(serde_json::to_string(&origin).expect("plain data"), text);
        }
        assert!(serde_json::from_str::<Origin>(r#"{"fiel":"a.go"}"#).is_err());
    }

    #[test]
    fn what_is_absent_equals_what_is_empty() {
        let plain = Origin::line("a.go", 3);
        assert_eq!(plain, plain.clone().with(|further| further.exhibits.clear()));
        assert_ne!(plain, plain.clone().with(|further| further.pid = Some(1)));
    }
}
