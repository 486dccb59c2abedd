//! However and whenever the tool is ended, nothing of it is left.

use crate::run::{command, finish};
use crate::watched::{Around, Case, Place, Watch, name};
use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A service with children, and source in an archive that has to be unpacked.
fn place() -> Place {
    let place = Place::new(&Case::of("forks"));
    let source = place.path().join("source");
    fs::create_dir(&source).expect("a folder");
    fs::write(source.join("go.mod"), "module example.com/x\n\ngo 1.26\n").expect("written");
    fs::write(source.join("main.go"), "package main\n\nfunc main() {}\n").expect("written");
    let archive = place.deliverable().join("source.tar.gz");
    let packed = Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(&source).arg(".").status().expect("tar");
    assert!(packed.success());
    let declared = place.deliverable().join("deliverable.toml");
    let text = fs::read_to_string(&declared).expect("read");
    fs::write(declared, format!("{text}\n[source]\narchive = \"source.tar.gz\"\n")).expect("written");
    place
}

fn start(place: &Place) -> Child {
    let mut verify = place.verify();
    verify.arg("--pack").arg(place.path().join("pack"));
    verify.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

fn send(pid: i32, signal: i32) {
    // SAFETY: a process that this test started, by a number that is not zero.
    unsafe { libc::kill(pid, signal) };
}

/// Watches a run until a moment, or its end.
fn watched(child: &mut Child, until: Duration, enough: impl Fn(&Watch) -> bool) -> Watch {
    let (mut watch, begun) = (Watch::new(), Instant::now());
    while begun.elapsed() < until && child.try_wait().expect("its state").is_none() {
        watch.look(child.id() as i32);
        if enough(&watch) {
            break;
        }
        std::thread::sleep(Duration::from_millis(4).min(until.saturating_sub(begun.elapsed())));
    }
    watch
}

/// Within two seconds: no process, group, mount, temporary file or half a pack.
fn nothing_is_left(place: &Place, around: &Around, watch: &Watch) {
    watch.nothing_is_left();
    around.is_as_before_soon(place);
    let hidden = |name: &String| name.starts_with('.');
    let names =
        fs::read_dir(place.path()).expect("listed").flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    assert_eq!(names.filter(hidden).collect::<Vec<_>>(), Vec::<String>::new(), "half a pack is left");
}

/// Moments from all over a run, more of them in its first second, in which most is set up.
fn moments(count: u64) -> Vec<Duration> {
    let mut bytes = vec![0; 8 * count as usize];
    fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut bytes)).expect("random bytes");
    let numbers = bytes.chunks(8).map(|b| u64::from_ne_bytes(b.try_into().expect("eight")));
    let spread = |(at, number): (usize, u64)| number % if at % 3 == 0 { 5_000_000 } else { 1_200_000 };
    numbers.enumerate().map(spread).map(Duration::from_micros).collect()
}

fn kills(count: u64, at_once: usize) {
    let moments = moments(count);
    std::thread::scope(|scope| {
        for some in moments.chunks(moments.len().div_ceil(at_once)) {
            scope.spawn(move || {
                let place = place();
                let around = Around::look(&place);
                for moment in some {
                    let mut child = start(&place);
                    let watch = watched(&mut child, *moment, |_| false);
                    send(child.id() as i32, libc::SIGKILL);
                    let _ = child.wait();
                    println!("killed after {moment:?}");
                    nothing_is_left(&place, &around, &watch);
                }
            });
        }
    });
}

#[test]
fn a_tool_killed_at_a_random_moment_leaves_nothing() {
    kills(20, 4);
}

#[test]
#[ignore = "ten times as many; played by tests/long.sh kills"]
fn a_tool_killed_at_two_hundred_random_moments_leaves_nothing() {
    kills(200, 4);
}

#[test]
fn children_that_outlive_a_killed_run_without_a_sandbox_are_ended_by_the_next() {
    let place = place();
    let agreed = fs::read_to_string(place.contract()).expect("read").replace("\"required\"", "\"preferred\"");
    fs::write(place.contract(), agreed).expect("written");
    let around = Around::look(&place);
    let mut verify = place.verify();
    verify.arg("--trust-deliverable").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = verify.spawn().expect("the program starts");
    let watch = watched(&mut child, Duration::from_secs(60), is_up);
    end_at_once(&helpers(&watch));
    let _ = child.wait();
    let orphans: Vec<i32> = watch.alive().into_iter().filter(|pid| name(*pid).ends_with(" sleep ")).collect();
    assert_eq!(orphans.len(), 2, "without a sandbox nobody ends them");
    let mut next = command(["facts", "--kind=inventory.files"]);
    next.arg(place.deliverable()).env("TMPDIR", place.temporary());
    let next = finish(next, Duration::from_secs(60));
    assert!(next.stderr.contains("assize removed what a killed run had left: assize-run-"), "{}", next.all());
    around.is_as_before_soon(&place);
    assert!(orphans.iter().all(|pid| !watch.alive().contains(pid)), "{:?}", watch.alive());
}

/// The tool, its supervisor and its janitor; what is in a sandbox ends with its first process.
fn helpers(watch: &Watch) -> Vec<i32> {
    let helper = |pid: &i32| name(*pid).contains("__supervise") || name(*pid).contains(" verify ");
    let helpers: Vec<i32> = watch.alive().into_iter().filter(helper).collect();
    assert!(helpers.len() >= 3, "{helpers:?}");
    helpers
}

fn end_at_once(helpers: &[i32]) {
    for signal in [libc::SIGSTOP, libc::SIGKILL] {
        helpers.iter().for_each(|pid| send(*pid, signal));
    }
}

/// Whether the service itself runs, with its children.
fn is_up(watch: &Watch) -> bool {
    watch.alive().into_iter().filter(|pid| name(*pid).ends_with(" sleep ")).count() >= 2
}

#[test]
fn an_interrupted_run_ends_with_its_status_and_without_a_pack() {
    for (signal, status) in [(libc::SIGINT, 130), (libc::SIGTERM, 143)] {
        let place = place();
        let around = Around::look(&place);
        let mut child = start(&place);
        let watch = watched(&mut child, Duration::from_secs(60), is_up);
        send(child.id() as i32, signal);
        let output = child.wait_with_output().expect("its end");
        assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        nothing_is_left(&place, &around, &watch);
        assert!(!place.path().join("pack").exists());
    }
}

#[test]
fn what_a_run_left_that_was_killed_with_its_helpers_is_removed_by_the_next_which_says_so() {
    // Control groups are the machine's: a run of another test that begins in between removes them first, and says so there.
    assert!((0..5).any(|_| the_next_run_removes_and_names_its_groups()), "no run said that it removed a group");
}

fn the_next_run_removes_and_names_its_groups() -> bool {
    let place = place();
    let around = Around::look(&place);
    let mut child = start(&place);
    let watch = watched(&mut child, Duration::from_secs(60), is_up);
    end_at_once(&helpers(&watch));
    assert_eq!(child.wait().expect("its end").signal(), Some(libc::SIGKILL));
    let begun = Instant::now();
    while !watch.alive().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?} are left", watch.alive());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(fs::read_dir(place.temporary()).expect("listed").count(), 1, "the folder of the killed run");
    let groups = watch.groups();
    let next = finish(place.verify(), Duration::from_secs(120));
    assert!(next.stderr.contains("assize removed what a killed run had left: assize-run-"), "{}", next.all());
    nothing_is_left(&place, &around, &watch);
    groups.iter().all(|group| next.stderr.contains(group))
}
