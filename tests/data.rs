//! `assize data` end to end: what is kept, what is refused, that `update` takes only what the Go project's pages would give, and that what
//! `fetch` brings needs no network afterwards.

use crate::run::{Ran, command, finish, root, sample};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

fn data(kept: &Path, args: &[&str]) -> Ran {
    let mut run = command(["data"].iter().chain(args));
    run.env("ASSIZE_DATA", kept);
    finish(run, Duration::from_secs(60))
}

fn entry(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"name":"example.com/m","ecosystem":"Go"}}}}]}}"#
    )
}

/// A zip of one stored member (APPNOTE.TXT 4.3), as the smallest database.
fn zip(name: &str, text: &str) -> Vec<u8> {
    let crc = text.bytes().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    let size = text.len() as u32;
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    for number in [!crc, size, size, name.len() as u32] {
        common.extend_from_slice(&number.to_le_bytes());
    }
    let mut out = [b"PK\x03\x04".as_slice(), &common, name.as_bytes(), text.as_bytes()].concat();
    let directory = out.len() as u32;
    let central = [b"PK\x01\x02\x14\x00".as_slice(), &common, &[0; 14], name.as_bytes()].concat();
    out.extend_from_slice(&central);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&(central.len() as u32).to_le_bytes());
    out.extend_from_slice(&directory.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

fn shown(kept: &Path) -> serde_json::Value {
    data(kept, &["list", "--format=json"]).json()["data"].clone()
}

#[test]
fn imported_data_is_listed_and_broken_data_is_refused() {
    let place = tempfile::tempdir().expect("a folder");
    let kept = place.path().join("kept");
    assert_eq!(shown(&kept)[0]["source"], "built-in");
    assert_eq!(shown(&kept)[1]["source"], serde_json::Value::Null);
    let table = place.path().join("table.toml");
    let day = "as_of = 2026-10-01\nreleases = [{ version = \"1.27.0\", date = 2026-08-19, security = false }]\n";
    std::fs::write(&table, day).expect("a file");
    let database = place.path().join("db.zip");
    std::fs::write(&database, zip("ID/GO-2026-0001.json", &entry("GO-2026-0001"))).expect("a file");
    for file in [&table, &database] {
        let ran = data(&kept, &["import", &file.display().to_string()]);
        assert_eq!(ran.status, Some(0), "{}", ran.all());
    }
    let list = shown(&kept);
    assert_eq!((&list[0]["source"], &list[0]["as_of"]), (&"imported".into(), &"2026-10-01T00:00:00Z".into()));
    assert_eq!((&list[1]["entries"], &list[1]["as_of"]), (&1.into(), &"2026-01-01T00:00:00Z".into()));
    let broken = place.path().join("broken.toml");
    std::fs::write(&broken, "as_of = 2026-10-02\nreleases = []\n").expect("a file");
    for wrong in [broken.display().to_string(), place.path().join("nothing").display().to_string()] {
        let ran = data(&kept, &["import", &wrong]);
        assert_eq!(ran.status, Some(3), "{}", ran.all());
    }
    assert_eq!(shown(&kept), list, "what was kept stays");
    // What was kept and is damaged is said, not passed over.
    std::fs::write(kept.join("vulndb.zip"), "PK").expect("a file");
    let ran = data(&kept, &["list"]);
    assert_eq!(ran.status, Some(3), "{}", ran.all());
    assert!(ran.stderr.contains("import or update it again"), "{}", ran.stderr);
}

/// Answers so many requests by path, then ends.
fn server(answers: Vec<(&'static str, Vec<u8>)>, requests: usize) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let thread = std::thread::spawn(move || {
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).expect("a request") == 1 {
                request.push(byte[0]);
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let found = answers.iter().find(|(known, _)| *known == path);
            let (status, body) = found.map_or(("404 Not Found", &[][..]), |(_, body)| ("200 OK", body));
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("an answer");
        }
    });
    (url, thread)
}

/// The release history in the form of the project's page, from the built-in table.
fn history() -> String {
    let table: toml::Table =
        std::fs::read_to_string(root().join("clauses/go-releases.toml")).expect("a file").parse().expect("TOML");
    let rows = table["releases"].as_array().expect("releases").iter().map(|row| {
        let security = if row["security"].as_bool() == Some(true) { "security " } else { "" };
        let version = row["version"].as_str().expect("a version");
        format!("<p>go{version}\n(released {}) includes {security}fixes to <code>net</code>.</p>\n", row["date"])
    });
    rows.collect()
}

fn update(kept: &Path, page: &str, zip: Vec<u8>) -> Ran {
    let (url, server) = server(vec![("/release", page.as_bytes().to_vec()), ("/vulndb.zip", zip)], 2);
    let (releases, database) = (format!("{url}/release"), format!("{url}/vulndb.zip"));
    let ran = data(kept, &["update", "--go-releases-url", &releases, "--vulndb-url", &database]);
    server.join().expect("the server");
    ran
}

#[test]
fn an_update_keeps_both_sets_as_of_the_moment_it_was_made() {
    let place = tempfile::tempdir().expect("a folder");
    let kept = place.path().join("kept");
    let newer = "<p>go1.27.2 (released 2026-10-08) includes security fixes to the <code>net</code> package.</p>";
    let page = format!("{newer}{}", history());
    let ran = update(&kept, &page, zip("ID/GO-2026-0001.json", &entry("GO-2026-0001")));
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    let list = shown(&kept);
    assert_eq!((&list[0]["source"], &list[1]["source"]), (&"imported".into(), &"imported".into()));
    let text = std::fs::read_to_string(kept.join("go-releases.toml")).expect("the table");
    assert!(text.contains(r#"{ version = "1.27.2", date = 2026-10-08, security = true }"#), "{text}");
    // The entry itself is older: nobody changed anything since.
    assert!(list[1]["as_of"].as_str() > Some("2026-01-02"), "{list}");
}

#[test]
fn an_update_from_something_else_changes_nothing() {
    let place = tempfile::tempdir().expect("a folder");
    let kept = place.path().join("kept");
    // Security fixes have been made ordinary ones, and the database is a page for signing in.
    let page = history().replace("includes security", "includes");
    let ran = update(&kept, &page, b"<html>sign in</html>".to_vec());
    assert_eq!(ran.status, Some(3), "{}", ran.all());
    assert!(!kept.join("go-releases.toml").exists() && !kept.join("vulndb.zip").exists(), "{}", ran.all());
    let ran = data(
        &kept,
        &["update", "--vulndb-url", "http://example.invalid/x", "--go-releases-url", "https://127.0.0.1:1/"],
    );
    assert_eq!(ran.status, Some(3), "{}", ran.all());
}

/// The compliant sample without its modules, and a fetch of them.
fn fetch(into: &Path, proxies: &str, private: &str) -> (tempfile::TempDir, Ran) {
    let delivery = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(delivery.path().join("src")).expect("a folder");
    for name in ["src/go.mod", "src/go.sum"] {
        std::fs::copy(sample("auth-api").join(name), delivery.path().join(name)).expect("copied");
    }
    let mut run = command(["data".as_ref(), "fetch".as_ref(), delivery.path().as_os_str()]);
    run.arg("--into").arg(into).env("GOPROXY", proxies).env("GOPRIVATE", private);
    run.env_remove("GONOPROXY").env_remove("GONOSUMDB");
    let ran = finish(run, Duration::from_secs(60));
    (delivery, ran)
}

/// What is known of the modules of a delivery with what was brought for it.
fn assurance(delivery: &Path, modules: &Path) -> serde_json::Value {
    let mut run = command(["facts", "--layer=source", "--kind=module.assurance", "--modules"]);
    run.arg(modules).arg(delivery);
    let ran = finish(run, Duration::from_secs(60));
    ran.json()["facts"][0]["items"][0]["fields"].clone()
}

#[test]
fn what_a_deliverable_names_is_fetched_and_proved_without_a_network() {
    let place = tempfile::tempdir().expect("a folder");
    let (into, nothing) = (place.path().join("modules"), place.path().join("nothing"));
    std::fs::create_dir(&nothing).expect("a folder");
    let proxies = format!("file://{},file://{}", nothing.display(), sample("auth-api").join("modules").display());
    let (delivery, ran) = fetch(&into, &proxies, "");
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    assert!(
        ran.stdout.starts_with("3 of 3 module contents, 3 of 3 go.mod files, 3 of 3 checksum-database records"),
        "{}",
        ran.all()
    );
    let facts = assurance(delivery.path(), &into);
    assert_eq!((&facts["sums_authenticated"], &facts["contents_examined"]), (&true.into(), &true.into()), "{facts}");
    // What is there is not fetched again; what was cut is.
    let lookup = into.join("sumdb/sum.golang.org/lookup/github.com/google/uuid@v1.6.0");
    std::fs::write(&lookup, "42\n").expect("written");
    let (_, ran) = fetch(&into, &format!("file://{}", nothing.display()), "");
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert!(
        ran.stdout.contains("not to be had: github.com/google/uuid@v1.6.0 (record): no proxy has it\n"),
        "{}",
        ran.all()
    );
    let (_, ran) = fetch(&into, &proxies, "");
    assert_eq!(ran.status, Some(0), "{}", ran.all());
}

#[test]
fn what_is_not_to_be_had_is_said_and_private_modules_are_not_asked_for() {
    let place = tempfile::tempdir().expect("a folder");
    let (_, ran) = fetch(&place.path().join("a"), &format!("file://{},off", place.path().display()), "");
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert!(ran.stdout.contains("not to be had: golang.org/x/sync@v0.24.0 (zip): GOPROXY has `off`"), "{}", ran.all());
    let (_, ran) = fetch(&place.path().join("b"), "off", "github.com,golang.org/x/sync");
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    assert!(ran.stdout.contains("not asked for (private): golang.org/x/sync@v0.24.0\n"), "{}", ran.all());
    // A server that redirects nowhere and has nothing.
    let (url, server) = server(Vec::new(), 1 + 3 * 3);
    let (delivery, ran) = fetch(&place.path().join("c"), &url, "");
    server.join().expect("the server");
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    let facts = assurance(delivery.path(), &place.path().join("c"));
    assert_eq!((&facts["sums_authenticated"], &facts["unexamined"]), (&false.into(), &3.into()), "{facts}");
}
