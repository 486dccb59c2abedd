//! Build files that have no end for whoever follows all of them: what is left out is said, and soon.

use super::delivered::Targets;
use super::evaluate::State;
use super::library::Library;
use super::{of_file, sort};
use assize_facts::Deliverable;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Whether each file of a tree is said to call more than is followed.
fn cut(files: &[(&str, &str)]) -> Vec<bool> {
    let all: BTreeMap<String, String> = files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    let library = Library::of(&all);
    let targets = Targets::of(&Deliverable::default(), "module example.com/m\n", &library.paths);
    let mut state = State::new(&library, &targets);
    let of = |(path, text): (&String, &String)| {
        of_file(&mut state, sort(path).expect("a build file"), path, path, text).expect("it reads")
    };
    all.iter().map(of).collect()
}

#[test]
fn what_grows_with_its_square_or_faster_is_cut_and_so_is_everything_behind_it() {
    let many = |one: &dyn Fn(usize) -> String| (0..3_000).map(one).collect::<String>();
    let stages = many(&|n| format!("FROM s{n} AS s{}\nRUN go build .\n", n + 1));
    let targets = many(&|n| format!("t{n}: t{} t{}\n\tgo build .\n", n + 1, n + 2));
    let patterns = many(&|n| format!("%.{n}: %.{}\n\tgo build .\n", n + 1));
    let doubling = many(&|n| format!("f{}() {{ f{n}; f{n}; }}\n", n + 1)) + "f0() { go build .; }\nf3000\n";
    for (path, text) in [("Dockerfile", stages), ("Makefile", targets), ("Makefile", patterns), ("build.sh", doubling)]
    {
        let begun = Instant::now();
        // What is too long for one scope leaves others as they are.
        let behind = path != "build.sh";
        assert_eq!(cut(&[(path, &text), ("z.sh", "go build .\n")]), [true, behind], "{path}");
        assert!(begun.elapsed() < Duration::from_secs(120), "{path}: {:?}", begun.elapsed());
    }
    assert_eq!(cut(&[("Makefile", "all:\n\tgo build .\n"), ("z.sh", "go build .\n")]), [false, false]);
}

#[test]
fn a_line_that_is_continued_for_ever_is_read_once() {
    let begun = Instant::now();
    cut(&[("Dockerfile", &format!("FROM x\nRUN a {}", "\\\n".repeat(500_000)))]);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}
