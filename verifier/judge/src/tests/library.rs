//! Every example of the clause library comes out as its folder says.

#[test]
fn every_example_of_the_library_is_as_expected() {
    let library = assize_clause::Library::standard();
    let mut problems = Vec::new();
    let mut run = 0;
    for clause in library.clauses.values() {
        for example in library.examples(&clause.id).unwrap_or_else(|m| panic!("{}", m.plain(120))) {
            run += 1;
            let found = crate::run_example(clause, &example);
            problems.extend(found.into_iter().map(|p| format!("{}/{}: {p}", clause.id, example.file)));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(run > 0, "no example was run");
}
