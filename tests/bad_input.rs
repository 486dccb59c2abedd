//! Bad input: a clear verdict or diagnostic within bounded time, nothing of the user's changed, no process left.

use crate::run::{Ran, assize, command, finish, folder, write};
use crate::watched::{Case, Place};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn verify(folder: &Path) -> Ran {
    let args = ["verify".as_ref(), folder.as_os_str(), "--format=json".as_ref()];
    finish(command(args), Duration::from_secs(120))
}

/// A verdict that is not `accepted`, or a diagnostic; never a crash, a hang or a signal.
fn not_accepted(ran: &Ran) {
    assert!(matches!(ran.status, Some(1..=3)), "{}", ran.all());
    assert!(!ran.stderr.contains("panicked"), "{}", ran.all());
    if ran.status != Some(3) {
        assert_ne!(ran.json()["verdict"], "accepted", "{}", ran.all());
    }
}

const GO_MOD: (&str, &str) = ("go.mod", "module example.com/x\n\ngo 1.26\n");
const MAIN: (&str, &str) = ("main.go", "package main\n\nfunc main() {}\n");

#[test]
fn an_empty_folder_and_one_without_go_pass_nothing() {
    for files in [&[][..], &[("README.md", "hello")][..]] {
        let place = folder(files);
        let ran = verify(place.path());
        not_accepted(&ran);
        let result = ran.json();
        for clause in result["clauses"].as_array().expect("clauses") {
            assert_ne!(clause["verdict"], "pass", "{}", clause["id"]);
        }
    }
}

#[test]
fn a_deliverable_that_points_outside_or_names_a_process_or_a_foreign_address_is_refused() {
    for text in [
        "[source]\nroot = \"../elsewhere\"\n",
        "[source]\nroot = \"/etc\"\n",
        "[[binary]]\nname = \"x\"\npath = \"dist/../../x\"\n",
        "[run]\nbinary = \"x\"\npid = 1\n",
        "[[endpoint]]\nname = \"e\"\nurl = \"https://203.0.113.7:443\"\n",
        "[[endpoint]]\nname = \"e\"\nurl = \"https://example.com\"\n",
    ] {
        let place = folder(&[GO_MOD, MAIN, ("deliverable.toml", text)]);
        let ran = verify(place.path());
        assert_eq!(ran.status, Some(3), "{text}\n{}", ran.all());
        assert!(ran.stderr.contains("deliverable.toml"), "{}", ran.stderr);
    }
}

#[test]
fn links_out_of_the_tree_loops_and_fifos_are_not_followed() {
    let place = folder(&[GO_MOD, MAIN]);
    std::os::unix::fs::symlink("loop", place.path().join("loop")).expect("a link");
    std::os::unix::fs::symlink(".", place.path().join("self")).expect("a link");
    std::os::unix::fs::symlink("/etc/passwd", place.path().join("users.go")).expect("a link");
    let fifo = std::ffi::CString::new(place.path().join("pipe.go").to_str().expect("a path")).expect("no NUL");
    // SAFETY: the path is NUL-terminated.
    assert_eq!(unsafe { libc::mkfifo(fifo.as_ptr(), 0o644) }, 0);
    let ran = verify(place.path());
    not_accepted(&ran);
    assert!(!ran.stdout.contains("root:x:0"), "a file outside of the tree was read");
}

#[test]
fn a_sparse_file_of_two_gibibytes_costs_neither_memory_nor_much_time() {
    let place = folder(&[GO_MOD, MAIN]);
    let file = fs::File::create(place.path().join("big.bin")).expect("a file");
    file.set_len(2 << 30).expect("a sparse file");
    not_accepted(&verify(place.path()));
}

#[test]
fn a_source_file_of_two_hundred_megabytes_is_a_gap_of_every_kind_that_reads_it_with_its_size() {
    let place = folder(&[GO_MOD, MAIN, ("large.go", "package main\n\nimport \"C\"\n")]);
    let file = fs::File::options().write(true).open(place.path().join("large.go")).expect("a file");
    file.set_len(200_000_000).expect("a sparse file");
    let kinds = ["source.cgo_imports", "source.tls_configs", "source.listeners", "source.log_calls"];
    let asked = kinds.iter().flat_map(|kind| ["--kind", *kind]);
    let ran = assize(
        ["facts", "--quiet"].into_iter().chain(asked).map(std::ffi::OsString::from).chain([place.path().into()]),
    );
    let sheets = ran.json()["facts"].as_array().expect("sheets").clone();
    for kind in kinds {
        let sheet = sheets.iter().find(|sheet| sheet["kind"] == kind).expect("every kind answers");
        let gap = sheet["gaps"].as_array().expect("gaps").iter().find(|gap| gap["place"] == "large.go");
        let reason = &gap.unwrap_or_else(|| panic!("{kind}: {sheet}"))["reason"];
        assert_eq!(
            (&reason["code"], &reason["args"]["size"]),
            (&"file-too-large".into(), &"200000000".into()),
            "{kind}"
        );
    }
}

#[test]
fn an_unreadable_file_of_the_build_is_a_gap() {
    let place = folder(&[GO_MOD, MAIN, ("other.go", "package main\n")]);
    fs::set_permissions(place.path().join("other.go"), fs::Permissions::from_mode(0o0)).expect("its mode");
    // SAFETY: geteuid(2) cannot fail. Root reads everything, so there is nothing to see as root.
    let root = unsafe { libc::geteuid() } == 0;
    let ran = verify(place.path());
    not_accepted(&ran);
    if !root {
        assert!(ran.stdout.contains("file-unreadable"), "{}", ran.all());
    }
}

#[test]
fn module_files_of_fifty_megabytes_and_files_that_do_not_parse_are_gaps() {
    let place = folder(&[MAIN, ("broken.go", "package main\n\nfunc f() {\n")]);
    write(place.path(), "go.mod", &format!("module example.com/x\n\ngo 1.26\n{}", "// padding\n".repeat(5_000_000)));
    let ran = verify(place.path());
    not_accepted(&ran);
    let result = ran.json();
    let clause = |id: &str| {
        result["clauses"].as_array().expect("clauses").iter().find(|c| c["id"] == id).map(|c| c["verdict"].clone())
    };
    assert_eq!(clause("go-mod-integrity"), Some("inconclusive".into()), "{}", ran.stderr);
    assert_eq!(clause("cgo-disabled"), Some("inconclusive".into()));
}

#[test]
fn a_deliverable_toml_that_is_a_device_a_link_or_not_toml_is_refused() {
    let place = folder(&[GO_MOD, MAIN]);
    std::os::unix::fs::symlink("/dev/zero", place.path().join("deliverable.toml")).expect("a link");
    assert_eq!(verify(place.path()).status, Some(3));
    let place = folder(&[GO_MOD, MAIN, ("deliverable.toml", "[deliverable\n")]);
    assert_eq!(verify(place.path()).status, Some(3));
}

#[test]
fn where_user_namespaces_are_forbidden_nothing_is_run_and_how_to_allow_them_is_said() {
    let place = Place::new(&Case::default());
    // Inside a user namespace of its own, in which no further one may be made and no privilege is left.
    let script = "echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"";
    let mut inside = Command::new("unshare");
    inside.args(["--user", "--map-root-user", "sh", "-c", script, "sh"]);
    let verify = place.verify();
    inside.arg(verify.get_program()).args(verify.get_args().filter(|arg| *arg != "--format=json"));
    inside.env("NO_COLOR", "1").env("TMPDIR", place.temporary());
    let ran = finish(inside, Duration::from_secs(60));
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert!(ran.stdout.contains("no sandbox could be made on this machine"), "{}", ran.all());
    assert!(ran.stdout.contains("user.max_user_namespaces"), "{}", ran.all());
}
