//! Tree-sitter queries of clause files: compiled against Go's grammar, and every mistake in them with its place.

use tree_sitter::{Query, QueryErrorKind};

/// A compiled query.
pub(crate) struct Queried {
    pub query: Query,
    /// By index; those that begin with `_` are the query's own and no fields.
    pub captures: Vec<String>,
}

/// Why a query cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryMistake {
    /// Byte offset in the query.
    pub at: usize,
    pub message: String,
}

/// The fields that a query's captures make; or why it matches nothing that Go's grammar has, or says what nothing here evaluates.
pub fn query_fields(text: &str) -> Result<Vec<String>, QueryMistake> {
    let query = compile(text)?;
    Ok(query.captures.into_iter().filter(|name| !name.starts_with('_')).collect())
}

pub(crate) fn compile(text: &str) -> Result<Queried, QueryMistake> {
    let query = Query::new(&tree_sitter_go::LANGUAGE.into(), text).map_err(|error| {
        let what = match error.kind {
            QueryErrorKind::Syntax => "this is no tree-sitter query",
            QueryErrorKind::NodeType => "Go's grammar has no such node",
            QueryErrorKind::Field => "Go's grammar has no such field",
            QueryErrorKind::Capture => "no capture has this name",
            QueryErrorKind::Predicate => "this predicate cannot be evaluated",
            QueryErrorKind::Structure => "nothing in Go's grammar can match this",
            QueryErrorKind::Language => "the grammar and the parser do not fit together",
        };
        let said = error.message.lines().next().unwrap_or_default().trim().to_string();
        let message = if said.is_empty() { what.to_string() } else { format!("{what}: {said}") };
        QueryMistake { at: error.offset.min(text.len()), message }
    })?;
    let captures: Vec<String> = query.capture_names().iter().map(|name| name.to_string()).collect();
    let whole = |message: String| Err(QueryMistake { at: 0, message });
    if query.pattern_count() == 0 {
        return whole("the query has no pattern".into());
    }
    if captures.iter().all(|name| name.starts_with('_')) {
        return whole("the query captures nothing: `@name` behind a node makes a field of it".into());
    }
    for name in &captures {
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !plain {
            let at = text.find(&format!("@{name}")).unwrap_or(0);
            let message = format!("`@{name}` cannot be a field: small letters, digits and `_` can");
            return Err(QueryMistake { at, message });
        }
    }
    for pattern in 0..query.pattern_count() {
        let start = query.start_byte_for_pattern(pattern);
        if text[start.min(text.len())..].trim_start_matches('(').trim_start().starts_with('#') {
            let message =
                "a predicate outside of a pattern filters nothing: put it before the pattern's last parenthesis";
            return Err(QueryMistake { at: start, message: message.into() });
        }
        // The library keeps predicates that it does not know and passes over them: the query would match more than it says.
        let unknown = query.general_predicates(pattern).first().map(|p| p.operator.to_string());
        let property = query.property_predicates(pattern).first().map(|_| "is?".to_string());
        if let Some(name) = unknown.or(property) {
            let at = text.find(&format!("#{name}")).unwrap_or_else(|| query.start_byte_for_pattern(pattern));
            let message = format!("`#{name}` is not evaluated: `#eq?`, `#match?`, `#any-of?` and their opposites are");
            return Err(QueryMistake { at, message });
        }
    }
    Ok(Queried { query, captures })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_cannot_match_is_refused_with_its_place() {
        for (text, expected) in [
            ("(call_expression) @call", Ok(vec!["call"])),
            (
                "(call_expression function: (_) @_f) @call (#eq? @_f \"x\")",
                Err((42, "a predicate outside of a pattern")),
            ),
            ("(call_expression function: (_) @_f (#eq? @_f \"x\")) @call", Ok(vec!["call"])),
            ("(call_expresion) @call", Err((1, "Go's grammar has no such node"))),
            ("(call_expression name: (_)) @call", Err((17, "nothing in Go's grammar can match this"))),
            ("(call_expression nam: (_)) @call", Err((17, "Go's grammar has no such field"))),
            ("(call_expression (import_declaration)) @call", Err((17, "nothing in Go's grammar can match this"))),
            ("(call_expression", Err((16, "this is no tree-sitter query"))),
            ("", Err((0, "the query has no pattern"))),
            ("(call_expression)", Err((0, "the query captures nothing"))),
            ("(call_expression) @The.call", Err((18, "`@The.call` cannot be a field"))),
            ("((identifier) @x (#lua-match? @x \"y\"))", Err((18, "`#lua-match?` is not evaluated"))),
            ("((identifier) @x (#match? @x \"[\"))", Err((0, "this predicate cannot be evaluated"))),
            ("((identifier) @x (#eq? @y \"a\"))", Err((24, "no capture has this name"))),
        ] {
            match (query_fields(text), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(found), Err((at, words))) => {
                    assert!(found.message.starts_with(words), "{text}: {found:?}");
                    // A predicate's place is told by its line alone.
                    assert!(found.at == at || words.contains("this predicate"), "{text}: {found:?}");
                }
                (found, expected) => panic!("{text}: {found:?}, expected {expected:?}"),
            }
        }
    }
}
