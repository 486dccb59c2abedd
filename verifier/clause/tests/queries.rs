//! Queries of `source.matches` at load: captures are fields, mistakes have their place, and a name cannot mean two things.

use assize_clause::{Clause, read_queries_with};

/// A reader that knows one node.
fn reader(query: &str) -> Result<Vec<String>, (usize, String)> {
    match query.find("(nothing)") {
        Some(at) => Err((at, "Go's grammar has no such node".into())),
        None => Ok(query.split('@').skip(1).map(|c| c.trim_end_matches([')', ' ']).to_string()).collect()),
    }
}

fn clause(query: &str, selects: &str) -> String {
    format!(
        "id = \"q\"\nchapter = \"1\"\nobligation = \"must\"\nwaiver_level = \"L1\"\n\n[title]\nen = \"T\"\nzh = \"题\"\n\n[text]\nen = \"W.\"\nzh = \"文。\"\n\n[[check]]\nid = \"a\"\nlayer = \"source\"\nnone = \"source.matches\"\n{query}\n{selects}\nfail = {{ en = \"has {{item.name}}\", zh = \"有 {{item.name}}\" }}\n"
    )
}

fn mistakes(query: &str, selects: &str) -> String {
    read_queries_with(reader);
    match Clause::parse("q/clause.toml", clause(query, selects).as_bytes(), Some("q")) {
        Ok(clause) => {
            assert!(clause.checks[0].with.contains_key("query"));
            String::new()
        }
        Err(mistakes) => mistakes.plain(100),
    }
}

#[test]
fn captures_are_fields_that_matchers_and_messages_may_name() {
    assert_eq!(mistakes("query = '(call) @name'", "where = { name = { matches = \"^x\" } }"), "");
    let said = mistakes("query = '(call) @name'", "where = { nam = \"x\" }");
    assert!(said.contains("`source.matches` has no field `nam`") && said.contains("did you mean `name`"), "{said}");
}

#[test]
fn a_query_that_can_match_nothing_is_a_mistake_with_its_place() {
    let said = mistakes("query = '''\n(call (nothing)) @name\n'''", "");
    assert!(said.contains("Go's grammar has no such node") && said.contains(":19:7"), "{said}");
    let said = mistakes("", "");
    assert!(said.contains("`source.matches` needs a tree-sitter query"), "{said}");
    let said = mistakes("with = { query = '(nothing) @name' }", "");
    assert!(said.contains("Go's grammar has no such node"), "{said}");
    assert_eq!(mistakes("with = { query = '(call) @name' }", "where = { name = \"x\" }"), "");
    let said = mistakes("query = '{name}'", "");
    assert!(said.contains("a query cannot be a parameter"), "{said}");
    let said = mistakes("query = '(call) @owner'", "");
    assert!(said.contains("a capture cannot be called `owner`"), "{said}");
    let said = mistakes("query = '(call) @name @at_least'", "");
    assert!(said.contains("a capture cannot be called `at_least`"), "{said}");
}
