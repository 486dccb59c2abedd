//! Tables, databases and what is kept of them: what is read, and what is refused.

use crate::*;
use assize_facts::Request;
use assize_facts::kinds::data::DataSource;
use assize_golang::advisory::{Affected, Entry};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

fn now() -> Timestamp {
    "2026-06-10T00:00:00Z".parse().expect("an instant")
}

const TABLE: &str = r#"as_of = 2026-06-05
releases = [
  { version = "1.26.4", date = 2026-06-02, security = true },
  { version = "1.26.0", date = 2026-02-10, security = false },
]
"#;

/// A stored (not deflated) zip.
fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut out = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, text) in files {
        let (mut entry, config) =
            out.new_file(name).compression_method(rawzip::CompressionMethod::STORE).start().expect("a member");
        let mut writer = config.wrap(&mut entry);
        writer.write_all(text.as_bytes()).expect("memory");
        let (_, descriptor) = writer.finish().expect("memory");
        entry.finish(descriptor).expect("memory");
    }
    out.finish().expect("memory")
}

fn osv(id: &str, module: &str, events: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"2026-06-01T00:00:00Z","affected":[{{"package":{{"name":"{module}","ecosystem":"Go"}},"ranges":[{{"type":"SEMVER","events":[{events}]}}]}}]}}"#
    )
}

fn refused(text: &str) -> String {
    Releases::parse(text.as_bytes()).expect_err(text).message
}

#[test]
fn a_table_is_read_and_written_again() {
    let table = Releases::parse(TABLE.as_bytes()).expect("a table");
    assert_eq!(Releases::parse(table.to_toml().as_bytes()), Ok(table));
}

#[test]
fn a_table_that_contradicts_itself_is_refused() {
    assert!(refused(&TABLE.replace("2026-06-02", "2026-06-06")).contains("newer than the table"));
    assert!(refused(&TABLE.replace("1.26.0", "1.26.4")).contains("twice"));
    assert!(refused(&TABLE.replace("1.26.0", "1.26rc1")).contains("no release"));
    assert!(refused(&TABLE.replace("1.26.0", "1.26")).contains("no release"));
    assert!(refused(&TABLE.replace("2026-06-05", "2026-06-05T00:00:00Z")).contains("a whole day"));
    assert!(refused(&TABLE.replace("security = true", "security = true, extra = 1")).contains("extra"));
    assert!(refused("as_of = 2026-06-05\nreleases = []").contains("empty"));
    assert!(refused("").contains("as_of"));
}

#[test]
fn the_built_in_table_is_sound() {
    let bytes = include_bytes!("../../../clauses/go-releases.toml");
    let table = Releases::parse(bytes).expect("our own table");
    assert!(table.all.len() > 250 && table.all.iter().any(|r| r.security));
}

fn range(events: &str) -> Affected {
    let text = osv("GO-1", "example.com/m", events);
    serde_json::from_str::<Entry>(&text).expect("an entry").affected.remove(0)
}

#[test]
fn ranges_are_left_closed_right_open_and_may_be_several() {
    let events = r#"{"introduced":"0"},{"fixed":"1.2.3"},{"introduced":"2.0.0-0"},{"fixed":"2.1.0"}"#;
    let affected = range(events);
    for (version, wanted) in [
        ("v0.0.1", true),
        ("v1.2.2", true),
        ("v1.2.3-rc.1", true),
        ("v1.2.3", false),
        ("v1.9.0", false),
        ("v2.0.0-beta.1", true),
        ("v2.0.9", true),
        ("v2.1.0", false),
        ("v2.1.0+incompatible", false),
        ("v1.2.3-0.20220412211240-33da011f77ad", true),
        ("v1.2.4-0.20220412211240-33da011f77ad", false),
        ("v0.0.0-20200101000000-aaaaaaaaaaaa", true),
    ] {
        assert_eq!(affected.has(version), Some(wanted), "{version}");
    }
    assert_eq!(affected.fixed_after("v1.0.0").as_deref(), Some("1.2.3"));
    assert_eq!(affected.fixed_after("v2.0.1").as_deref(), Some("2.1.0"));
    // The order in which events are written does not matter.
    let turned = range(r#"{"fixed":"2.1.0"},{"introduced":"2.0.0-0"},{"fixed":"1.2.3"},{"introduced":"0"}"#);
    assert_eq!(
        (turned.has("v1.0.0"), turned.has("v1.5.0"), turned.has("v2.0.5")),
        (Some(true), Some(false), Some(true))
    );
}

#[test]
fn a_version_that_is_none_is_known_to_be_affected_only_where_all_are() {
    assert_eq!(range(r#"{"introduced":"0"},{"fixed":"1.2.3"}"#).has("(devel)"), None);
    assert_eq!(range(r#"{"introduced":"0"}"#).has("(devel)"), Some(true));
    assert_eq!(range("").has(""), Some(true));
}

#[test]
fn a_database_is_read_from_a_zip_and_from_a_folder() {
    let entry = osv("GO-2022-0001", "example.com/m", r#"{"introduced":"0"}"#);
    let withdrawn =
        entry.replace("GO-2022-0001", "GO-2022-0002").replacen('{', r#"{"withdrawn":"2026-01-01T00:00:00Z","#, 1);
    let files = [
        ("ID/GO-2022-0001.json", entry.as_str()),
        ("ID/GO-2022-0002.json", withdrawn.as_str()),
        ("index/db.json", r#"{"modified":"2026-06-03T12:00:00Z"}"#),
        ("index/modules.json", "[]"),
    ];
    let place = tempfile::tempdir().expect("a folder");
    std::fs::write(place.path().join("db.zip"), zip(&files)).expect("a file");
    for (name, text) in files {
        let path = place.path().join("db").join(name);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    for name in ["db.zip", "db"] {
        let places = Places::default().naming(None, Some(place.path().join(name)));
        let found = places.vulnerabilities().expect("a database").expect("there");
        assert_eq!(found.set.as_of.map(|t| t.to_string()).as_deref(), Some("2026-06-03T12:00:00Z"), "{name}");
        assert_eq!(found.data.entries, 2);
        let of = |module| {
            let entries = found.data.of_module(module).expect("entries");
            entries.into_iter().map(|e| e.id).collect::<Vec<_>>()
        };
        assert_eq!(of("example.com/m"), ["GO-2022-0001"], "withdrawn entries do not count");
        assert!(of("example.com/other").is_empty());
    }
}

fn refused_database(files: &[(&str, &str)]) -> String {
    let kept = tempfile::tempdir().expect("a folder");
    let kept = Kept { folder: kept.path().join("data") };
    let problem = import_database(&kept, &zip(files), None, now()).expect_err("a broken database");
    assert!(!kept.folder.exists(), "nothing of it is kept");
    problem.message
}

#[test]
fn a_broken_database_is_refused_as_a_whole() {
    let good = osv("GO-2022-0001", "example.com/m", "");
    assert!(refused_database(&[]).contains("no entry"));
    assert!(refused_database(&[("index/db.json", "{}")]).contains("no entry"));
    assert!(refused_database(&[("ID/GO-2022-0001.json", "{")]).contains("GO-2022-0001.json"));
    assert!(refused_database(&[("ID/GO-2022-0009.json", &good)]).contains("holds the entry"));
    assert!(refused_database(&[("ID/GO-2022-0001.json", &good), ("osv/GO-2022-0001.json", &good)]).contains("twice"));
    assert!(refused_database(&[("ID/GO-2022-0001.json", &good), ("index/db.json", "{}")]).contains("db.json"));
    let broken = import_database(&Kept { folder: "nowhere".into() }, b"PK\x03\x04", None, now());
    assert!(broken.expect_err("no zip").message.contains("no zip"));
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

#[test]
fn what_is_imported_is_used_later_and_only_newer_data_replaces_it() {
    let place = tempfile::tempdir().expect("a folder");
    let kept = Kept { folder: place.path().join("kept") };
    let table = file(place.path(), "table.toml", TABLE.as_bytes());
    import(&kept, &table, None, now()).expect("imported");
    let older = TABLE.replace("as_of = 2026-06-05", "as_of = 2026-06-04");
    let older_file = file(place.path(), "older.toml", older.as_bytes());
    assert!(import(&kept, &older_file, None, now()).expect_err("older").message.contains("older"));
    let ahead = file(place.path(), "ahead.toml", TABLE.replace("2026-06-05", "2026-07-05").as_bytes());
    assert!(import(&kept, &ahead, None, now()).expect_err("from the future").message.contains("not come yet"));
    let used = |built_in: &str| {
        let places = Places::new(Some(built_in.as_bytes().to_vec()), Some(kept.clone()));
        let set = places.releases().expect("a table").expect("there").set;
        (set.source, set.as_of.map(|t| t.to_string()))
    };
    assert_eq!(used(&older), (DataSource::Imported, Some("2026-06-05T00:00:00Z".into())));
    let newer = TABLE.replace("as_of = 2026-06-05", "as_of = 2026-06-09");
    assert_eq!(used(&newer), (DataSource::BuiltIn, Some("2026-06-09T00:00:00Z".into())));
}

#[test]
fn a_database_is_as_old_as_its_last_change_unless_somebody_looked_later() {
    let place = tempfile::tempdir().expect("a folder");
    let kept = Kept { folder: place.path().join("kept") };
    let bytes = zip(&[("ID/GO-2022-0001.json", &osv("GO-2022-0001", "example.com/m", ""))]);
    let path = file(place.path(), "db.zip", &bytes);
    let as_of = |kept: &Kept| {
        let set = kept.vulnerabilities().expect("readable").expect("there").set;
        set.as_of.map(|t| t.to_string())
    };
    import(&kept, &path, None, now()).expect("imported");
    assert_eq!(as_of(&kept).as_deref(), Some("2026-06-01T00:00:00Z"));
    let looked: Timestamp = "2026-06-08T00:00:00Z".parse().expect("an instant");
    import(&kept, &path, Some(looked), now()).expect("imported");
    assert_eq!(as_of(&kept).as_deref(), Some("2026-06-08T00:00:00Z"));
    assert!(import(&kept, &path, None, now()).expect_err("older").message.contains("older"));
    let before: Timestamp = "2026-05-01T00:00:00Z".parse().expect("an instant");
    assert!(import(&kept, &path, Some(before), now()).expect_err("a wrong date").message.contains("changed on"));
    // A database put in place of the one that the note is about is not taken for it.
    let other = zip(&[("ID/GO-2022-0003.json", &osv("GO-2022-0003", "example.com/m", ""))]);
    file(&kept.folder, "vulndb.zip", &other);
    assert!(kept.vulnerabilities().expect_err("another").message.contains("another database"));
}

fn sheet(places: &Places, kind: &str) -> assize_facts::Sheet {
    collect(places, &[Request::new(kind, &BTreeMap::new())]).expect("sheets").remove(0)
}

#[test]
fn what_is_not_there_is_a_gap_and_what_has_no_date_is_unknown() {
    let nothing = Places::default();
    assert_eq!(sheet(&nothing, "data.go_releases").gaps[0].reason.code, "go-release-table-missing");
    let bare = osv("GO-2022-0001", "example.com/m", "").replace("2026-06-01", "0001-01-01");
    let place = tempfile::tempdir().expect("a folder");
    let path = file(place.path(), "db.zip", &zip(&[("osv/GO-2022-0001.json", &bare)]));
    let places = Places::new(Some(TABLE.into()), None).naming(None, Some(path));
    let found = sheet(&places, "data.snapshots");
    let shown: Vec<String> =
        found.items.iter().map(|i| serde_json::to_string(&i.fields["as_of"]).expect("plain data")).collect();
    assert_eq!(shown[0], "\"2026-06-05T00:00:00Z\"");
    assert!(shown[1].contains("data-undated"), "{}", shown[1]);
    assert_eq!(sheet(&places, "data.go_releases").items.len(), 2);
}

#[test]
fn data_that_was_named_and_cannot_be_read_ends_the_run() {
    let places = Places::default().naming(Some("no/such/file".into()), None);
    let requests = [Request::new("data.go_releases", &BTreeMap::new())];
    assert!(collect(&places, &requests).expect_err("a problem").message.starts_with("no/such/file"));
}

#[test]
fn the_prepared_form_says_what_the_database_says_and_is_used_only_for_the_database_it_was_made_from() {
    let place = tempfile::tempdir().expect("a folder");
    let kept = Kept { folder: place.path().join("kept") };
    let one = osv("GO-2022-0001", "example.com/m", r#"{"introduced":"0"},{"fixed":"1.2.3"}"#);
    let two = osv("GO-2022-0002", "example.com/m/v2", "");
    let bytes = zip(&[("ID/GO-2022-0001.json", &one), ("ID/GO-2022-0002.json", &two)]);
    import_database(&kept, &bytes, None, now()).expect("imported");
    let index = kept.folder.join("vulndb.index");
    let good = std::fs::read(&index).expect("the prepared form");
    let ask = |module: &str| {
        let found = kept.vulnerabilities().expect("readable").expect("there");
        let entries = found.data.of_module(module).expect("entries");
        entries.iter().map(|e| format!("{} {:?}", e.id, e.affected[0].has("v1.0.0"))).collect::<Vec<_>>()
    };
    let unused = || kept.vulnerabilities().expect("readable").expect("there").set.unprepared;
    let wanted = ["GO-2022-0001 Some(true)"];
    assert_eq!((ask("example.com/m"), unused()), (vec![wanted[0].to_owned()], None));
    assert_eq!((ask("example.com/m/v2").len(), ask("example.com/m/v3").len(), ask("a").len()), (1, 0, 0));
    // A line was changed: the digest of the lines no longer holds, and the zip is asked instead.
    let text = String::from_utf8(good.clone()).expect("text");
    std::fs::write(&index, text.replace("GO-2022-0001", "GO-2022-0009")).expect("a file");
    assert_eq!((ask("example.com/m"), unused()), (vec![wanted[0].to_owned()], Some(Unusable::Damaged)));
    std::fs::write(&index, text.replace("vulndb-index/2", "vulndb-index/1")).expect("a file");
    assert_eq!((ask("example.com/m"), unused()), (vec![wanted[0].to_owned()], Some(Unusable::OtherForm)));
    // Another database under the same prepared form is not asked through it.
    std::fs::write(&index, &good).expect("a file");
    file(&kept.folder, "vulndb.zip", &zip(&[("ID/GO-2022-0003.json", &osv("GO-2022-0003", "example.com/m", ""))]));
    assert_eq!(ask("example.com/m"), ["GO-2022-0003 Some(true)"]);
    assert_eq!(unused(), Some(Unusable::OtherDatabase));
    std::fs::write(&index, "").expect("a file");
    assert_eq!(ask("example.com/m"), ["GO-2022-0003 Some(true)"]);
    std::fs::remove_file(&index).expect("a file");
    assert_eq!(unused(), Some(Unusable::Missing));
    std::fs::create_dir(&index).expect("a folder");
    assert_eq!(ask("example.com/m"), ["GO-2022-0003 Some(true)"]);
    assert!(matches!(unused(), Some(Unusable::Unread(_))));
}
