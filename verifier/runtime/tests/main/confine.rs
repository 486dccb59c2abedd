//! What a service sees of its surroundings, and what can be seen of it.

use crate::fixture::{Fixture, get, output};
use assize_facts::{Known, Sha256};
use assize_runtime::{Protocol, SandboxWish, ZONE_OFFSET};
use std::time::Duration;

fn field<'a>(look: &'a str, name: &str) -> &'a str {
    look.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_else(|| panic!("{name} in {look}"))
}

#[test]
fn a_confined_service_sees_nothing_but_its_sandbox() {
    let service = Fixture::new("serve").started();
    let look = get(&service, "/look");
    assert_eq!(field(&look, "dial"), "dial tcp 1.1.1.1:53: connect: network is unreachable");
    assert_eq!(field(&look, "write"), "open /etc/x: read-only file system");
    assert_eq!(field(&look, "files"), "[]");
    assert_eq!(field(&look, "zone"), "+05:45");
    assert_eq!((field(&look, "v6"), field(&look, "low")), ("<nil>", "<nil>"));
    assert_eq!(field(&look, "localhost"), "[127.0.0.1 ::1]");
    assert_eq!(field(&look, "root"), "[dev etc home opt proc run srv tmp usr var]");
    assert_eq!(field(&look, "processes"), format!("[1 {}]", service.main_pid()));
    assert_ne!(field(&look, "pid"), "1");
    assert!(field(&look, "uid").parse::<u32>().expect("a number") >= 1_000_000_000);
    for word in ["assize", "supervis", "sandbox", "service"] {
        assert!(!look.to_lowercase().contains(word), "{word} in {look}");
    }
    assert_eq!(field(&look, "1/comm"), r#""tini\n" <nil>"#);
    assert!(field(&look, "1/cmdline").starts_with(r#""/sbin/tini\x00"#), "{look}");
    assert!(field(&look, "init").contains("permission denied"), "{look}");
    assert_eq!(get(&service, "/"), "ok", "init does not end because a service wants it to");
    assert!(service.level().starts_with("namespaces+"), "{}", service.level());
}

#[test]
fn the_control_process_finds_no_way_out_and_shows_one_where_there_is() {
    let fixture = Fixture::new("serve");
    let confined = fixture.started();
    assert_eq!(confined.canary().holes(), Vec::<String>::new());
    assert_eq!((confined.canary().zone_offset, confined.canary().file_offset), (ZONE_OFFSET, ZONE_OFFSET));
    let free = fixture.start_with(|plan| plan.sandbox = SandboxWish::None).unwrap_or_else(|r| panic!("{r:?}"));
    assert_eq!(free.level(), "none");
    let holes = free.canary().holes().join("; ");
    assert!(holes.contains("saw ") && holes.contains("other processes"), "{holes}");
    assert_eq!(get(&free, "/"), "ok");
    let stopped = free.stop(Duration::from_secs(5)).expect("ended by itself");
    assert_eq!(stopped.signal, Some(libc::SIGTERM));
}

#[test]
fn run_files_are_copied_by_their_last_name_and_templates_filled_in() {
    let service = Fixture::new("serve").started();
    let work = service.work().to_string();
    let read = |name: &str| service.read_file(&format!("{work}/{name}"), 1000).expect("a file");
    assert_eq!(String::from_utf8_lossy(&read("config.json")), format!(r#"{{"work": "{work}", "other": "{{x}}"}}"#));
    assert_eq!(read("tls/key.pem"), b"key");
    assert_eq!(service.new_files().expect("listed"), []);
    service.write_file(&format!("{work}/new.log"), b"abc").expect("written");
    assert_eq!(service.new_files().expect("listed"), [(format!("{work}/new.log"), 3)]);
    assert_eq!(
        service.read_file(&format!("{work}/new.log"), 2).map_err(|e| e.kind()),
        Err(std::io::ErrorKind::FileTooLarge)
    );
}

#[test]
fn files_of_the_host_cannot_be_reached_through_links() {
    let service = Fixture::new("serve").started();
    for path in ["/proc/self/root/etc/passwd", "/proc/1/exe", "/dev/stdin", "/dev/null"] {
        assert!(service.read_file(path, 1000).is_err(), "{path}");
    }
    let passwd = service.read_file("/etc/passwd", 1000).expect("the sandbox's own");
    assert_eq!(String::from_utf8_lossy(&passwd).lines().count(), 2);
}

#[test]
fn a_file_is_exchanged_unseen_by_watchers() {
    let service = Fixture::new("watch").started();
    let config = format!("{}/config.json", service.work());
    service.bind_over(&config, b"one").expect("bound");
    assert_eq!(get(&service, "/file"), "one <nil>");
    service.bind_over(&config, b"two").expect("bound");
    assert_eq!(get(&service, "/file"), "two <nil>");
    service.unbind(&config).expect("unbound");
    assert!(get(&service, "/file").contains("other"));
    std::thread::sleep(Duration::from_millis(100));
    assert!(!output(&service).contains("inotify"), "{}", output(&service));
    // The watcher does see what is written the ordinary way.
    service.replace_file(&config, b"three").expect("replaced");
    assert_eq!(get(&service, "/file"), "three <nil>");
    let seen = service.output().wait_for(0, |l| l.text.starts_with(b"inotify"), Duration::from_secs(2));
    assert!(seen.is_some());
}

#[test]
fn processes_and_listeners_are_seen_with_their_owners() {
    let fixture = Fixture::new("many");
    let service = fixture.started();
    let processes = service.processes().expect("processes");
    let main = processes.iter().find(|p| p.pid == service.main_pid()).expect("the main process");
    let delivered = std::fs::read(fixture.folder.path().join("dist/server")).expect("the program");
    assert_eq!(main.exe_sha256, Known::Value(Sha256::of(&delivered)));
    assert_eq!(main.same_network, Known::Value(true));
    assert!(matches!(&main.preload, Known::Value(p) if p.is_empty()));
    assert!(matches!(&main.env_names, Known::Value(n) if n.contains(&"DB_PASSWORD".to_string())));
    let open = service.listeners().expect("listeners");
    let shown: Vec<String> = open
        .iter()
        .map(|l| match l.address {
            Some(a) => format!("{:?} {} {}", l.protocol, a.ip(), l.pids == [main.pid]),
            None => format!("{:?} {}", l.protocol, l.path.as_deref().unwrap_or_default().ends_with("/a.sock")),
        })
        .collect();
    let expected = ["Tcp 127.0.0.1 true", "Tcp 127.0.0.1 true", "Tcp :: true", "Udp 127.0.0.1 true", "Unix true"]
        .map(str::to_string);
    assert_eq!(shown, expected);
    assert_eq!(open.iter().filter(|l| l.protocol == Protocol::Udp).count(), 1, "a connected socket does not wait");
    let own = service.listen("127.0.0.1:0".parse().expect("an address")).expect("our own");
    assert_eq!(service.listeners().expect("listeners").len(), open.len());
    drop(own);
}

#[test]
fn a_process_in_another_network_is_noticed() {
    let service = Fixture::new("elsewhere").started();
    let seen: Vec<_> = service.processes().expect("processes").into_iter().map(|p| p.same_network).collect();
    assert_eq!(seen, [Known::Value(true), Known::Value(false)]);
}

#[test]
fn attempts_to_reach_out_are_counted_and_the_tools_own_are_not() {
    let quiet = Fixture::new("serve").started();
    for _ in 0..20 {
        get(&quiet, "/");
    }
    assert_eq!(quiet.outgoing_attempts().expect("counters"), 0);
    let curious = Fixture::new("curious").started();
    let first = curious.outgoing_attempts().expect("counters");
    assert!(first >= 3, "{first}");
    let asking = Fixture::new("serve").dependency("http").started();
    get(&asking, "/ask");
    assert_eq!(asking.outgoing_attempts().expect("counters"), 1);
}

#[test]
fn streams_can_be_reopened_by_name() {
    let service = Fixture::new("streams").started();
    let said = output(&service);
    assert!(said.contains("reopened /dev/stdout") && said.contains("reopened /dev/stderr"), "{said}");
}
