//! Tests of `link.syscall_policy` and `link.items`.

use super::super::derive;
use super::{link, row};
use crate::run::{Declared, DeclaredBinary, DeclaredEndpoint};
use crate::sheets::Sheets;
use crate::tests::court::{run, sheet};
use assize_clause::{ContractItem, ItemKind};
use assize_facts::{Gap, Request, reason};
use serde_json::{Value as Json, json};

#[test]
fn the_strictest_of_filter_and_used_profile_decides() {
    let call = |syscall: &str, denied: Json, action: &str| json!({"syscall": syscall, "arch": "x86_64", "exists": true, "denied": denied, "action": action});
    let profile = |syscall: &str, used: bool| json!({"syscall": syscall, "arch": "x86_64", "denied": true, "action": "kill-process", "used": used});
    let sheets = vec![
        sheet(
            "process.syscalls",
            5,
            &[
                call("mount", json!(false), "log"),
                call("bpf", json!(false), "allow"),
                call("execve", json!(false), "allow"),
                call("ptrace", json!(true), "errno"),
                call("setns", json!("?"), "allow"),
            ],
        ),
        sheet(
            "source.seccomp_profiles",
            1,
            &[profile("mount", true), profile("bpf", false), profile("execve", true), profile("setns", true)],
        ),
    ];
    let sheet = link("link.syscall_policy", sheets, Declared::default());
    let rows: Vec<String> = sheet.items.iter().map(|item| row(item, &["syscall", "action", "denied", "by"])).collect();
    assert_eq!(
        rows,
        [
            "mount kill-process true profile",
            "bpf allow false neither",
            "execve allow false neither",
            "ptrace errno true filter",
            "setns kill-process true profile"
        ]
    );
}

#[test]
fn of_two_containers_that_are_called_alike_the_weaker_decides() {
    let good = json!({"syscall": "bpf", "arch": "x86_64", "denied": true, "action": "errno", "used": true, "container": "Pod p, container a"});
    let none = json!({"syscall": null, "arch": null, "denied": false, "action": null, "used": true, "container": "Pod p, container a"});
    let call = json!({"syscall": "bpf", "arch": "x86_64", "exists": true, "denied": false, "action": "allow"});
    for (profiles, denied) in [(vec![good.clone()], "true"), (vec![good, none], "false")] {
        let sheets = vec![
            sheet("process.syscalls", 1, std::slice::from_ref(&call)),
            sheet("source.seccomp_profiles", 1, &profiles),
        ];
        let sheet = link("link.syscall_policy", sheets, Declared::default());
        assert_eq!(row(&sheet.items[0], &["denied"]), denied);
    }
}

#[test]
fn items_of_the_contract_are_found_named_or_missing() {
    let file = |path: &str, executable: Json| json!({"path": path, "executable_content": executable, "format": "text"});
    let mut inventory = sheet(
        "inventory.files",
        9,
        &[
            file("bin/api", json!(true)),
            file("bin/notes", json!(false)),
            file("docs/manual.pdf", json!(false)),
            file("src/go.mod", json!(false)),
            json!({"path": "img.tar", "executable_content": false, "format": "docker-archive"}),
            json!({"path": "layout/oci-layout", "executable_content": false, "format": "text"}),
            file("fake.tar", json!(false)),
            file("tool", json!(true)),
            file("src/vendor/example.com/x/CHANGELOG.md", json!(false)),
            file("src/testdata/worker.elf", json!(true)),
            file("src/worker.syso", json!(true)),
            file("src/NOTES.go", json!(false)),
            json!({"path": "LICENCE", "executable_content": false, "format": "link", "size": 9}),
            json!({"path": "EMPTY.md", "executable_content": false, "format": "text", "size": 0}),
            json!({"path": "bin/linked", "executable_content": false, "format": "link", "size": 9}),
            file("bin/cut", json!(true)),
            file("dist/release.tar.gz!packed", json!(true)),
            file("docs.zip!guide.txt", json!(false)),
            file("bin/one.tgz", json!(false)),
            file("bin/one.tgz!x/README", json!(false)),
            file("bin/one.tgz!x/anything", json!(true)),
            file("bin/two.tgz", json!(false)),
            file("bin/two.tgz!a", json!(true)),
            file("bin/two.tgz!b", json!(true)),
            file("bin/none.tgz", json!(false)),
            file("bin/none.tgz!README", json!(false)),
            file("bin/closed.7z", json!(false)),
            file("bin/server-linux-amd64", json!(true)),
            file("images/found/oci-layout", json!(false)),
            file("images/found/blobs/sha256/00", json!(false)),
            file("images/bare/oci-layout", json!(false)),
            file("empty/oci-layout", json!(false)),
        ],
    );
    let reason = reason!("executable-malformed", path = "bin/cut", detail = "cut off");
    inventory.gaps.push(Gap { reason, place: "bin/cut".into(), owner: None });
    let reason = reason!("archive-not-opened", path = "bin/closed.7z", format = "7z");
    inventory.gaps.push(Gap { reason, place: "bin/closed.7z".into(), owner: None });
    let sheets = Sheets::new([
        inventory,
        sheet(
            "inventory.declared",
            3,
            &[
                json!({"role": "binary.path", "path": "bin/gone", "found": false}),
                json!({"role": "image.path", "path": "img.tar", "found": true}),
                json!({"role": "image.path", "path": "lost.tar", "found": false}),
                json!({"role": "image.path", "path": "empty", "found": false}),
                json!({"role": "binary.path", "path": "bin/two.tgz!c", "found": false}),
            ],
        ),
    ]);
    let binary = |name: &str, path: &str| DeclaredBinary {
        name: name.into(),
        path: path.into(),
        package: None,
        ..DeclaredBinary::default()
    };
    let packed = ["one.tgz", "two.tgz", "none.tgz", "closed.7z", "two.tgz!a", "two.tgz!c"];
    let plain = ["api", "gone", "notes", "linked", "cut"];
    let declared = Declared {
        source: Some("src".into()),
        binaries: plain.iter().chain(&packed).map(|name| binary(name, &format!("bin/{name}"))).collect(),
        images: ["img.tar", "layout", "fake.tar", "lost.tar", "empty"].map(String::from).to_vec(),
        endpoints: vec![DeclaredEndpoint { name: "public".into(), port: None }],
        ..Declared::default()
    };
    let run = crate::run::RunRecord { declared, ..run() };
    use ItemKind::{Binary, Dependency, Document, Endpoint, Image, Source};
    let cases = [
        (Binary, "api", "true bin/api true"),
        (Binary, "gone", "true bin/gone false"),
        (Binary, "notes", "true bin/notes false"),
        (Binary, "tool", "false tool true"),
        (Binary, "nothing", "false null ?neither-named-nor-found"),
        (Source, "source", "true src true"),
        (Image, "img", "true img.tar true"),
        (Image, "layout", "true layout true"),
        (Image, "fake", "true fake.tar false"),
        (Image, "lost", "true lost.tar false"),
        (Image, "other", "false null ?neither-named-nor-found"),
        (Endpoint, "public", "true null true"),
        (Endpoint, "admin", "false null ?neither-named-nor-found"),
        (Dependency, "db", "false null ?neither-named-nor-found"),
        (Document, "manual.pdf", "false docs/manual.pdf true"),
        (Binary, "packed", "false dist/release.tar.gz!packed true"),
        (Document, "guide", "false docs.zip!guide.txt true"),
        (Document, "licence", "false null ?neither-named-nor-found"),
        // Not of the product, nothing at all, or not known to be what it should be.
        (Document, "CHANGELOG", "false null ?neither-named-nor-found"),
        (Document, "NOTES", "false null ?neither-named-nor-found"),
        (Document, "src/NOTES.go", "false src/NOTES.go true"),
        (Document, "LICENCE", "false null ?neither-named-nor-found"),
        (Document, "EMPTY", "false null ?neither-named-nor-found"),
        (Binary, "worker", "false null ?neither-named-nor-found"),
        (Binary, "linked", "true bin/linked ?file-not-regular"),
        (Binary, "cut", "true bin/cut ?executable-malformed"),
        // In an archive that is named itself, or whose member is.
        (Binary, "one.tgz", "true bin/one.tgz true"),
        (Binary, "two.tgz", "true bin/two.tgz ?neither-named-nor-found"),
        (Binary, "none.tgz", "true bin/none.tgz false"),
        (Binary, "closed.7z", "true bin/closed.7z ?archive-not-opened"),
        (Binary, "two.tgz!a", "true bin/two.tgz!a true"),
        (Binary, "two.tgz!c", "true bin/two.tgz!c false"),
        (Binary, "server", "false bin/server-linux-amd64 true"),
        (Image, "found", "false images/found true"),
        (Image, "bare", "false null ?neither-named-nor-found"),
        (Image, "empty", "true empty false"),
    ];
    let items: Vec<ContractItem> =
        cases.iter().map(|(kind, name, _)| ContractItem { kind: *kind, name: (*name).into(), line: 1 }).collect();
    let sheet = derive(&Request::new("link.items", &Default::default()), &sheets, &items, &run);
    for (item, (_, name, expected)) in sheet.items.iter().zip(&cases) {
        assert_eq!(row(item, &["named", "path", "found"]), *expected, "{name}");
    }
}

#[test]
fn a_source_that_was_packed_from_its_own_folder_is_there() {
    for (path, root, expected) in [
        ("src.tgz!go.mod", Some("src.tgz"), "true src.tgz true"),
        ("src.tgz!./go.mod", Some("src.tgz"), "true src.tgz true"),
        ("src.tgz!app-1.0/go.mod", Some("src.tgz"), "true src.tgz true"),
        ("src.tgz!go.mod", None, "false src.tgz!go.mod true"),
        ("src.tgz!x.go.mod", None, "false null ?neither-named-nor-found"),
    ] {
        let sheets = Sheets::new([
            sheet("inventory.files", 1, &[json!({"path": path, "executable_content": false, "format": "text"})]),
            sheet("inventory.declared", 1, &[json!({"role": "source.archive", "path": "src.tgz", "found": true})]),
        ]);
        let declared = Declared { source: root.map(String::from), ..Declared::default() };
        let run = crate::run::RunRecord { declared, ..run() };
        let items = [ContractItem { kind: ItemKind::Source, name: "app".into(), line: 1 }];
        let sheet = derive(&Request::new("link.items", &Default::default()), &sheets, &items, &run);
        assert_eq!(row(&sheet.items[0], &["named", "path", "found"]), expected, "{path}");
    }
}
