//! go.sum against records of the checksum database: real ones, and forgeries of them.

use super::fixture::Fixture;

const SUMS: &str = "path of database_agrees database_differs record tree_size";
const CHI: &str = "github.com/go-chi/chi/v5 v5.2.3 h1:WQIt9uxdsAbgIYgid+BpYc+liqQZGMHRaUwp0JUcvdE=\n\
                   github.com/go-chi/chi/v5 v5.2.3/go.mod h1:L2yAIGWB3H+phAw1NxKwWM+7eUH/lU8pOMm5hHcoops=\n";
const LOOKUP: &str = "modules/sumdb/sum.golang.org/lookup/github.com/go-chi/chi/v5@v5.2.3";
const TILES: &str = "modules/sumdb/sum.golang.org/tile/8";
const PROVED: &str = "github.com/go-chi/chi/v5 zip true false 42644101 66398721\n\
                      github.com/go-chi/chi/v5 go.mod true false 42644101 66398721\n";

/// One module with its two sums, and the database's folder as the Go command kept it.
fn fixture() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.write("src/go.mod", "module example.com/app\n\ngo 1.26.0\n\nrequire github.com/go-chi/chi/v5 v5.2.3\n");
    fixture.write("src/go.sum", CHI);
    fixture.spec.source.as_mut().expect("declared").modules = Some("modules".into());
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../golang/tests/sumdb");
    copy(&kept, &fixture.path("modules/sumdb/sum.golang.org"));
    fixture
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => std::fs::copy(entry.path(), target).map(|_| ()).expect("copied"),
        }
    }
}

/// What is said of the zip's sum.
fn said(fixture: &Fixture) -> String {
    let shown = fixture.show("module.sums", "database_agrees");
    shown.lines().next().expect("an item").to_string()
}

#[test]
fn sums_that_the_database_records_agree_and_the_head_is_kept() {
    let fixture = fixture();
    assert_eq!(fixture.show("module.sums", SUMS), PROVED);
    let heads = fixture.show("module.assurance", "public_sums unauthenticated sums_authenticated tree_heads");
    assert!(heads.starts_with("2 0 true [\"go.sum database tree\\n66398721\\n"), "{heads}");
    assert!(heads.contains("— sum.golang.org Az3gr"), "{heads}");
}

#[test]
fn a_sum_that_the_database_does_not_record_differs() {
    let fixture = fixture();
    fixture.edit("src/go.sum", "h1:WQIt9uxdsAbgIYgid", "h1:WQIt9uxdsAbgIYgie");
    assert!(
        fixture.show("module.sums", SUMS).starts_with("github.com/go-chi/chi/v5 zip false true 42644101 66398721\n")
    );
}

/// What is called how, what it changes, and what is then said of the sum.
type Forgery<'a> = (&'a str, &'a dyn Fn(&Fixture), &'a str);

#[test]
fn forged_records_prove_nothing() {
    let forge: &[Forgery] = &[
        (
            "sum written into the record",
            &|f| {
                f.edit("src/go.sum", "h1:WQIt9", "h1:WQIt8");
                f.edit(LOOKUP, "h1:WQIt9", "h1:WQIt8");
            },
            "?sumdb-record-refused",
        ),
        (
            "a line added to the record",
            &|f| f.edit(LOOKUP, "42644101\n", "42644101\ngithub.com/go-chi/chi/v5 v5.2.3 h1:x\n"),
            "?sumdb-record-refused",
        ),
        (
            "a line of another module",
            &|f| f.edit(LOOKUP, "42644101\n", "42644101\nx.y/z v5.2.3 h1:x\n"),
            "?sumdb-record-of-another",
        ),
        ("another number", &|f| f.edit(LOOKUP, "42644101\n", "42644102\n"), "?sumdb-record-refused"),
        ("a number beyond the tree", &|f| f.edit(LOOKUP, "42644101\n", "99999999\n"), "?sumdb-tree-too-small"),
        ("head of another size", &|f| f.edit(LOOKUP, "\n66398721\n", "\n66398722\n"), "?sumdb-signature"),
        ("signature of another text", &|f| f.edit(LOOKUP, "Az3gr", "Az3gs"), "?sumdb-signature"),
        ("another key", &|f| f.edit(LOOKUP, "sum.golang.org Az3gr", "sum.example.com Az3gr"), "?sumdb-signature"),
        ("no head", &|f| f.edit(LOOKUP, "\n\ngo.sum", "\ngo.sum"), "?sumdb-record-of-another"),
        (
            "the record of another version",
            &|f| {
                f.edit("src/go.sum", "v5.2.3 ", "v5.2.4 ");
                f.edit("src/go.sum", "v5.2.3/go.mod", "v5.2.4/go.mod");
                std::fs::rename(f.path(LOOKUP), f.path(&LOOKUP.replace("v5.2.3", "v5.2.4"))).expect("moved");
            },
            "?sumdb-record-of-another",
        ),
        (
            "the record of another module",
            &|f| {
                std::fs::copy(f.path("modules/sumdb/sum.golang.org/lookup/golang.org/x/sync@v0.17.0"), f.path(LOOKUP))
                    .expect("copied");
            },
            "?sumdb-record-of-another",
        ),
        ("no record", &|f| f.remove(LOOKUP), "?sumdb-no-record"),
        ("an empty record", &|f| f.write(LOOKUP, ""), "?sumdb-record-malformed"),
        ("a tile cut", &|f| f.bytes(&format!("{TILES}/0/x166/578"), &[0; 100]), "?sumdb-tile-refused"),
        ("a tile of others", &|f| f.bytes(&format!("{TILES}/0/x166/578"), &[0; 8192]), "?sumdb-tile-refused"),
        ("an edge of others", &|f| f.bytes(&format!("{TILES}/3/000.p/3"), &[0; 96]), "?sumdb-tree-refused"),
        ("no tile", &|f| f.remove(&format!("{TILES}/0/x166/578")), "?sumdb-tile-missing"),
        ("no edge", &|f| f.remove(&format!("{TILES}/3/000.p/3")), "?sumdb-tile-missing"),
        ("no tiles", &|f| f.remove(TILES), "?sumdb-tile-missing"),
        (
            "records for another database's name",
            &|f| {
                std::fs::rename(f.path("modules/sumdb/sum.golang.org"), f.path("modules/sumdb/sum.example.com"))
                    .expect("moved");
            },
            "?sumdb-no-record",
        ),
    ];
    for (name, change, wanted) in forge {
        let fixture = fixture();
        change(&fixture);
        assert_eq!(said(&fixture), *wanted, "{name}");
        assert_eq!(fixture.show("module.assurance", "sums_authenticated tree_heads"), "false []\n", "{name}");
    }
}

#[test]
fn records_are_found_where_the_go_command_keeps_them_and_where_proxies_have_them() {
    for layout in ["modules/cache/download", "modules/pkg/mod/cache/download", "modules/download"] {
        let fixture = fixture();
        std::fs::create_dir_all(fixture.path(layout)).expect("a folder");
        std::fs::rename(fixture.path("modules/sumdb"), fixture.path(layout).join("sumdb")).expect("moved");
        assert_eq!(fixture.show("module.sums", SUMS), PROVED, "{layout}");
    }
    // The newest head by itself: answers that were given under smaller or larger trees are proved by it.
    let fixture = fixture();
    let answer = std::fs::read_to_string(fixture.path(LOOKUP)).expect("text");
    assert!(answer.contains("\n66398721\n"));
    fixture.remove("modules/sumdb/sum.golang.org/lookup/golang.org");
    assert_eq!(fixture.show("module.sums", SUMS), PROVED);
}

#[test]
fn a_wider_tile_stands_for_a_narrower_one() {
    for to in ["1/x001/013.p/43", "1/x001/013"] {
        let fixture = fixture();
        let from = fixture.path(&format!("{TILES}/1/x001/013.p/42"));
        let mut bytes = std::fs::read(&from).expect("a tile");
        bytes.extend([7; 32]);
        std::fs::remove_file(from).expect("removed");
        std::fs::remove_dir(fixture.path(&format!("{TILES}/1/x001/013.p"))).expect("removed");
        fixture.bytes(&format!("{TILES}/{to}"), &bytes);
        assert_eq!(fixture.show("module.sums", SUMS), PROVED, "{to}");
    }
}

#[test]
fn the_buyers_records_count_whatever_was_delivered() {
    let mut fixture = fixture();
    let brought = tempfile::tempdir().expect("a folder");
    copy(&fixture.path("modules/sumdb"), &brought.path().join("sumdb"));
    fixture.bytes(&format!("{TILES}/3/000.p/3"), &[0; 96]);
    fixture.write(LOOKUP, "1\nforged\n\n");
    fixture.sources = vec![brought.path().to_path_buf()];
    assert_eq!(fixture.show("module.sums", SUMS), PROVED);
}

#[test]
fn lines_that_the_go_command_drops_are_marked_and_private_ones_counted_apart() {
    let mut fixture = fixture();
    let text = format!(
        "{CHI}x.y/old v1.0.0/go.mod h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=\ngit.corp.example/x v1.0.0 h1:x\n"
    );
    fixture.write("src/go.sum", &text);
    fixture.private = vec!["git.corp.example".into()];
    assert_eq!(
        fixture.show("module.sums", "path dropped private database_agrees"),
        "github.com/go-chi/chi/v5 false false true\ngithub.com/go-chi/chi/v5 false false true\n\
         x.y/old true false ?sumdb-no-record\ngit.corp.example/x false true ?sumdb-no-record\n"
    );
    assert_eq!(fixture.show("module.assurance", "public_sums unauthenticated sums_authenticated"), "2 0 true\n");
}
