//! A table of a file while it is walked: it remembers which keys were asked for, and reports the others when it is dropped.

use crate::Bilingual;
use crate::read::{Entry, Node, Reader, Span, Value, did_you_mean};
use std::cell::{Cell, RefCell};

pub(crate) struct Table<'a> {
    reader: &'a Reader,
    node: &'a Node,
    /// What it is called in messages: `[contract]`, `[[check]]`.
    name: String,
    asked: RefCell<Vec<&'a str>>,
    /// Whether its keys are names, so that each is welcome.
    open: Cell<bool>,
    /// Extra words for particular unknown keys.
    hints: &'static [(&'static str, &'static str)],
}

impl<'a> Table<'a> {
    pub fn root(reader: &'a Reader, node: &'a Node) -> Table<'a> {
        Table { reader, node, name: "the file".into(), asked: RefCell::default(), open: Cell::new(false), hints: &[] }
    }

    /// A table, or `None` after saying that something else stands there.
    pub fn of(reader: &'a Reader, node: &'a Node, name: impl Into<String>) -> Option<Table<'a>> {
        let name = name.into();
        match &node.value {
            Value::Table(_) => {
                Some(Table { reader, node, name, asked: RefCell::default(), open: Cell::new(false), hints: &[] })
            }
            Value::Bad => None,
            other => {
                reader.report(reader.at(&node.span, format!("{name} is a table, not {}", other.sort())));
                None
            }
        }
    }

    pub fn hints(mut self, hints: &'static [(&'static str, &'static str)]) -> Table<'a> {
        self.hints = hints;
        self
    }

    pub fn reader(&self) -> &'a Reader {
        self.reader
    }

    pub fn span(&self) -> &'a Span {
        &self.node.span
    }

    pub fn line(&self) -> u32 {
        self.reader.line(&self.node.span)
    }

    /// All entries, for tables whose keys are names.
    pub fn entries(&self) -> &'a [Entry] {
        self.open.set(true);
        self.node.entries()
    }

    pub fn get(&self, key: &'a str) -> Option<&'a Node> {
        self.asked.borrow_mut().push(key);
        self.node.get(key)
    }

    /// Where a key stands, for messages about the key itself.
    pub fn key_span(&self, key: &str) -> Span {
        let entry = self.node.entries().iter().find(|e| e.key == key);
        entry.map_or(self.node.span.clone(), |e| e.key_span.clone())
    }

    fn wrong(&self, node: &Node, key: &str, wanted: &str) {
        if !matches!(node.value, Value::Bad) {
            let message = format!("`{key}` is {wanted}, not {}", node.value.sort());
            self.reader.report(self.reader.at(&node.span, message));
        }
    }

    pub fn missing(&self, key: &str, help: &str) {
        let mistake = self.reader.at(&self.node.span, format!("{} has no `{key}`", self.name));
        self.reader.absent(if help.is_empty() { mistake } else { mistake.help(help) });
    }

    /// A key that must be there.
    pub fn need(&self, key: &'a str, help: &str) -> Option<&'a Node> {
        let node = self.get(key);
        if node.is_none() {
            self.missing(key, help);
        }
        node
    }

    pub fn text(&self, key: &'a str) -> Option<(&'a str, &'a Span)> {
        let node = self.get(key)?;
        match &node.value {
            Value::Text(text) => Some((text, &node.span)),
            _ => {
                self.wrong(node, key, "a string");
                None
            }
        }
    }

    pub fn need_text(&self, key: &'a str, help: &str) -> Option<(&'a str, &'a Span)> {
        self.need(key, help)?;
        self.text(key)
    }

    /// The text of an entry, for tables whose keys are names.
    pub fn entry_text<'e>(&self, entry: &'e Entry) -> Option<(&'e str, &'e Span)> {
        match &entry.node.value {
            Value::Text(text) => Some((text, &entry.node.span)),
            _ => {
                self.wrong(&entry.node, &entry.key, "a string");
                None
            }
        }
    }

    /// A text, owned.
    pub fn string(&self, key: &'a str) -> Option<String> {
        self.text(key).map(|(text, _)| text.to_string())
    }

    pub fn bool(&self, key: &'a str) -> Option<bool> {
        let node = self.get(key)?;
        match &node.value {
            Value::Bool(yes) => Some(*yes),
            _ => {
                self.wrong(node, key, "`true` or `false`");
                None
            }
        }
    }

    pub fn int(&self, key: &'a str) -> Option<(i64, &'a Span)> {
        let node = self.get(key)?;
        match &node.value {
            Value::Int(number) => Some((*number, &node.span)),
            _ => {
                self.wrong(node, key, "an integer");
                None
            }
        }
    }

    /// A list of strings with their places; absent is empty.
    pub fn texts(&self, key: &'a str) -> Vec<(&'a str, &'a Span)> {
        self.list(key, "a list of strings")
            .iter()
            .filter_map(|node| match &node.value {
                Value::Text(text) => Some((text.as_str(), &node.span)),
                _ => {
                    self.wrong(node, key, "a list of strings");
                    None
                }
            })
            .collect()
    }

    pub fn list(&self, key: &'a str, wanted: &str) -> &'a [Node] {
        match self.get(key) {
            None => &[],
            Some(Node { value: Value::List(nodes), .. }) => nodes,
            Some(node) => {
                self.wrong(node, key, wanted);
                &[]
            }
        }
    }

    pub fn table(&self, key: &'a str) -> Option<Table<'a>> {
        Table::of(self.reader, self.get(key)?, format!("[{}]", self.below(key)))
    }

    /// The tables of `[[key]]`.
    pub fn tables(&self, key: &'a str) -> Vec<Table<'a>> {
        let nodes = match self.get(key) {
            None => &[],
            Some(Node { value: Value::List(nodes), .. }) => nodes.as_slice(),
            Some(node) => {
                if !matches!(node.value, Value::Bad) {
                    let message = format!("`{key}` is a list of tables, not {}", node.value.sort());
                    self.reader
                        .report(self.reader.at(&node.span, message).help(format!("write `[[{}]]`", self.below(key))));
                }
                &[]
            }
        };
        let name = format!("[[{}]]", self.below(key));
        nodes.iter().filter_map(|node| Table::of(self.reader, node, name.clone())).collect()
    }

    /// The name of a table below this one, as its header writes it.
    fn below(&self, key: &str) -> String {
        match self.name.strip_prefix('[') {
            Some(name) => format!("{}.{key}", name.trim_matches(['[', ']'])),
            None => key.into(),
        }
    }

    /// One of a few words.
    pub fn word<T>(&self, key: &'a str, words: &[&str], parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (text, span) = self.text(key)?;
        let value = parse(text);
        if value.is_none() {
            let mistake = self.reader.at(span, format!("`{key}` cannot be `{text}`"));
            self.reader.report(match did_you_mean(text, words.iter().copied()) {
                Some(help) => mistake.help(help),
                None => mistake,
            });
        }
        value
    }

    /// A text in both languages.
    pub fn both(&self, key: &'a str) -> Option<Bilingual> {
        let node = self.get(key)?;
        if let Value::Text(_) = node.value {
            let help = format!("`{key} = {{ en = \"…\", zh = \"…\" }}`");
            self.reader.report(self.reader.at(&node.span, format!("`{key}` is needed in both languages")).help(help));
            return None;
        }
        let table = Table::of(self.reader, node, format!("`{key}`"))?;
        let (en, zh) = (table.language("en"), table.language("zh"));
        Some(Bilingual { en: en?, zh: zh? })
    }

    pub fn need_both(&self, key: &'a str) -> Option<Bilingual> {
        self.need(key, "a text in both languages: `en` and `zh`")?;
        self.both(key)
    }

    fn language(&self, key: &'a str) -> Option<String> {
        let (text, span) = self.need_text(key, "every text is there in both languages")?;
        if text.trim().is_empty() {
            self.reader.report(self.reader.at(span, format!("the `{key}` text is empty")));
            return None;
        }
        Some(text.to_string())
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        if self.open.get() {
            return;
        }
        let asked = self.asked.borrow();
        for entry in self.node.entries() {
            if asked.contains(&entry.key.as_str()) {
                continue;
            }
            if self.reader.is_full() {
                self.reader.count();
                continue;
            }
            let mistake = self.reader.at(&entry.key_span, format!("{} has no key `{}`", self.name, entry.key));
            let hint = self.hints.iter().find(|(key, _)| *key == entry.key).map(|(_, hint)| hint.to_string());
            self.reader.report(match hint.or_else(|| did_you_mean(&entry.key, asked.iter().copied())) {
                Some(help) => mistake.help(help),
                None => mistake,
            });
        }
    }
}
