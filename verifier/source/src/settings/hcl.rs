//! HCL as far as files of builds use it: blocks with attributes (HCL Native Syntax Specification).

use super::yaml;
use serde_json::Value as Json;

/// Brackets in brackets are followed so deep.
const DEEPEST: usize = 60;

/// A value; what a function or an operator decides is `Open`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// Parts of a template.
    Joined(Vec<Value>),
    Name(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    Null,
    Open,
}

/// `KIND "LABEL" { NAME = VALUE … }`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub kind: String,
    pub label: String,
    pub line: u32,
    attributes: Vec<(String, Value)>,
}

impl Block {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().rfind(|(known, _)| known == name).map(|(_, value)| value)
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(Value),
    Mark(char),
    End,
}

/// Blocks at the top of a file.
pub(super) fn read(text: &str) -> Result<Vec<Block>, String> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let mut blocks = Vec::new();
    while let Some((token, line)) = reader.next() {
        let Token::Word(kind) = token else { continue };
        let mut label = String::new();
        loop {
            match reader.next() {
                Some((Token::Text(Value::Text(text)), _)) => label = text,
                Some((Token::Word(word), _)) => label = word,
                Some((Token::Mark('{'), _)) => {
                    let attributes = reader.attributes(0)?;
                    blocks.push(Block { kind, label, line, attributes });
                    break;
                }
                // An attribute of the file itself, or nothing that is known.
                Some((Token::Mark('='), _)) => {
                    reader.value(0)?;
                    break;
                }
                _ => break,
            }
        }
    }
    Ok(blocks)
}

/// The same in JSON: blocks are objects by kind and label.
pub(super) fn of_json(text: &str) -> Result<Vec<Block>, String> {
    let file = yaml::parse(text)?;
    let all = file.as_object().into_iter().flatten();
    let of_kind = |(kind, all): (&String, &Json)| {
        let blocks = all.as_object().cloned().unwrap_or_default().into_iter();
        let kind = kind.clone();
        blocks
            .map(move |(label, block)| {
                let attributes = block.as_object().into_iter().flatten();
                let attributes = attributes.map(|(name, value)| (name.clone(), of_value(value))).collect();
                Block { kind: kind.clone(), line: yaml::line_of(text, &format!("\"{label}\"")), label, attributes }
            })
            .collect::<Vec<_>>()
    };
    Ok(all.flat_map(of_kind).collect())
}

fn of_value(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Text(value.to_string()),
        Json::Number(value) => Value::Text(value.to_string()),
        Json::String(text) => template(text),
        Json::Array(all) => Value::List(all.iter().map(of_value).collect()),
        Json::Object(all) => Value::Map(all.iter().map(|(name, value)| (name.clone(), of_value(value))).collect()),
    }
}

struct Reader {
    tokens: Vec<(Token, u32)>,
    at: usize,
}

impl Reader {
    fn next(&mut self) -> Option<(Token, u32)> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    /// `NAME = VALUE`, `NAME : VALUE` and blocks, up to the bracket that closes them.
    fn attributes(&mut self, depth: usize) -> Result<Vec<(String, Value)>, String> {
        let mut all = Vec::new();
        while let Some((token, _)) = self.next() {
            let name = match token {
                Token::Mark('}') => return Ok(all),
                Token::Word(name) | Token::Text(Value::Text(name)) => name,
                _ => continue,
            };
            match self.peek() {
                Some(Token::Mark('=' | ':')) => {
                    self.at += 1;
                    all.push((name, self.value(depth)?));
                }
                Some(Token::Mark('{')) => {
                    self.at += 1;
                    deeper(depth)?;
                    self.attributes(depth + 1)?;
                }
                _ => {}
            }
        }
        Err("a bracket is not closed".into())
    }

    /// A value up to the end of its line, a comma or a bracket that closes what is around it.
    fn value(&mut self, depth: usize) -> Result<Value, String> {
        deeper(depth)?;
        let first = match self.next() {
            Some((Token::Text(value), _)) => value,
            Some((Token::Word(word), _)) => match word.as_str() {
                "null" => Value::Null,
                "true" | "false" => Value::Text(word),
                _ if word.starts_with(|c: char| c.is_ascii_digit()) => Value::Text(word),
                _ => Value::Name(word),
            },
            Some((Token::Mark('{'), _)) => Value::Map(self.attributes(depth + 1)?),
            Some((Token::Mark('['), _)) => Value::List(self.list(depth + 1)?),
            Some((Token::Mark('('), _)) => {
                self.at -= 1;
                Value::Open
            }
            _ => Value::Open,
        };
        // Anything behind it makes an expression of it.
        let is_whole =
            |token: Option<&Token>| matches!(token, None | Some(Token::End | Token::Mark(',' | '}' | ']' | ')')));
        match is_whole(self.peek()) {
            true => Ok(first),
            false => {
                self.pass_by();
                Ok(Value::Open)
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Value>, String> {
        let mut all = Vec::new();
        loop {
            match self.peek() {
                None => return Err("a bracket is not closed".into()),
                Some(Token::Mark(']')) => {
                    self.at += 1;
                    return Ok(all);
                }
                Some(Token::End | Token::Mark(',')) => self.at += 1,
                Some(_) => all.push(self.value(depth)?),
            }
        }
    }

    /// The rest of an expression.
    fn pass_by(&mut self) {
        let mut open = 0u32;
        while let Some(token) = self.peek() {
            match token {
                Token::Mark('(' | '[' | '{') => open += 1,
                Token::Mark(')' | ']' | '}') if open == 0 => return,
                Token::Mark(')' | ']' | '}') => open -= 1,
                Token::End | Token::Mark(',') if open == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}

fn deeper(depth: usize) -> Result<(), String> {
    if depth < DEEPEST { Ok(()) } else { Err("brackets in brackets without end".into()) }
}

fn tokens(text: &str) -> Result<Vec<(Token, u32)>, String> {
    let mut all = Vec::new();
    let (mut rest, mut line) = (text, 1u32);
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let length = match first {
            '\n' => {
                all.push((Token::End, line));
                1
            }
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").ok_or("a comment is not closed")? + 2,
            '"' => {
                let end = string_end(rest).ok_or("a string is not closed")?;
                all.push((Token::Text(template(&unescaped(&rest[1..end]))), line));
                end + 1
            }
            '<' if rest.starts_with("<<") => {
                let (value, end) = document(rest);
                all.push((Token::Text(value), line));
                end
            }
            c if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                all.push((Token::Word(rest[..end].to_owned()), line));
                end
            }
            c if c.is_whitespace() => c.len_utf8(),
            c => {
                all.push((Token::Mark(c), line));
                c.len_utf8()
            }
        };
        line += rest[..length].matches('\n').count() as u32;
        rest = &rest[length..];
    }
    Ok(all)
}

/// Where the quote stands that ends a string; those in `${…}` are the expression's.
fn string_end(text: &str) -> Option<usize> {
    let (mut open, mut inside, mut chars) = (0u32, false, text.char_indices().skip(1).peekable());
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            '$' if open == 0 && chars.peek().is_some_and(|(_, c)| *c == '{') => {
                chars.next();
                open = 1;
            }
            '"' if open == 0 => return Some(at),
            '"' => inside = !inside,
            '{' if open > 0 && !inside => open += 1,
            '}' if open > 0 && !inside => open -= 1,
            _ => {}
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let (mut out, mut chars) = (String::with_capacity(text.len()), text.chars());
    while let Some(char) = chars.next() {
        match char {
            '\\' => out.extend(chars.next().map(|c| match c {
                'n' => '\n',
                't' => '\t',
                other => other,
            })),
            other => out.push(other),
        }
    }
    out
}

/// `<<WORD` or `<<-WORD` up to the line of that word, and how long it is.
fn document(text: &str) -> (Value, usize) {
    let first = text.lines().next().unwrap_or_default();
    let word = first.trim_start_matches("<<").trim_start_matches('-').trim();
    let mut at = (first.len() + 1).min(text.len());
    let begins = at;
    for line in text[begins..].split_inclusive('\n') {
        if line.trim() == word {
            break;
        }
        at += line.len();
    }
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    (template(&text[begins..at]), end)
}

/// A text with `${NAME}` in it; of other expressions no more is known.
fn template(text: &str) -> Value {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, behind)) = rest.split_once("${") {
        // `$${` is the text `${`.
        if let Some(before) = before.strip_suffix('$') {
            parts.push(Value::Text(format!("{before}${{")));
            rest = behind;
            continue;
        }
        let Some((inside, behind)) = behind.split_once('}') else { break };
        let is_name = inside.chars().all(|c| c.is_alphanumeric() || c == '_') && !inside.is_empty();
        parts.push(Value::Text(before.to_owned()));
        parts.push(if is_name { Value::Name(inside.to_owned()) } else { Value::Open });
        rest = behind;
    }
    match parts.is_empty() {
        true => Value::Text(rest.to_owned()),
        false => {
            parts.push(Value::Text(rest.to_owned()));
            Value::Joined(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_whatever_their_values_are() {
        let text = "a = 1\ngroup \"default\" { targets = [\"x\", y,] }\nfunction \"f\" {\n params = [n]\n result = \"${n}-x\"\n}\n\
            target \"x\" {\n  tags = [\"a:${V}\", \"b:${f(\"}\")}\"]\n  cache { to = \"z\" }\n  q = V != \"\" ? \"a\" : \"b\"\n  d = <<-EOT\nFROM x\nEOT\n  args = {\n    A = \"1\"\n    \"B\" = N\n    C = null }\n}\n";
        let blocks = read(text).expect("blocks");
        let names: Vec<String> = blocks.iter().map(|b| format!("{} {}:{}", b.kind, b.label, b.line)).collect();
        assert_eq!(names, ["group default:2", "function f:3", "target x:7"]);
        let target = &blocks[2];
        assert_eq!(target.get("q"), Some(&Value::Open));
        assert_eq!(target.get("d"), Some(&Value::Text("FROM x\n".into())));
        let args = |name: &str, value| (name.to_owned(), value);
        let all = vec![args("A", Value::Text("1".into())), args("B", Value::Name("N".into())), args("C", Value::Null)];
        assert_eq!(target.get("args"), Some(&Value::Map(all)));
    }

    #[test]
    fn what_never_ends_is_refused_and_nothing_panics() {
        for text in [
            "target \"x\" {",
            "target \"x",
            "/* ",
            "target \"x\" { a = [",
            "x = \"${\"",
            "<<",
            "<<E",
            "é = ü",
            "a = {{{",
        ] {
            let _ = read(text);
        }
        assert!(read(&format!("x \"y\" {{ a = {}", "[".repeat(100_000))).is_err());
    }
}
