//! A run that is killed while it writes a pack leaves the old pack or the new one, never a broken one and never nothing of the old.

use crate::run::command;
use assize_evidence::{Pack, Role, read_pack, write_pack};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A pack that takes a while to write: many files, and some megabytes that are all different.
fn pack(seed: u64) -> Pack {
    let mut pack = Pack::new();
    let mut state = seed;
    for number in 0..60 {
        let bytes: Vec<u8> = (0..100_000)
            .map(|_| {
                // Knuth's linear congruential generator; that no two files are alike is all that matters.
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        pack.add(format!("exhibits/{number:04}-noise.bin"), Role::Exhibit, bytes);
    }
    pack
}

fn copy(from: &Path, to: &Path) -> std::process::Child {
    let mut copy = command(["evidence".as_ref(), "copy".as_ref(), from.as_os_str(), to.as_os_str()]);
    copy.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

/// How long an undisturbed copy takes.
fn whole(from: &Path, to: &Path) -> Duration {
    let begun = Instant::now();
    assert!(copy(from, to).wait().expect("it ends").success());
    begun.elapsed()
}

/// Kills `count` copies in each form at moments spread over the time that one takes; what is there afterwards is one of the two packs.
fn kill(count: u32) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let sources = ["one", "two"].map(|name| place.path().join(name));
    for (source, seed) in sources.iter().zip([1, 2]) {
        write_pack(source, &pack(seed), &|| false).expect("a pack");
    }
    let both = sources.clone().map(|source| read_pack(&source).expect("sound").1.digest());
    for form in ["pack", "pack.tar"] {
        let target = place.path().join(form);
        let takes = whole(&sources[0], &target).max(whole(&sources[1], &target));
        let (mut killed, mut replaced) = (0, 0);
        for number in 0..count {
            let before = read_pack(&target).expect("sound").1.digest();
            let newer = usize::from(before == both[0]);
            let mut child = copy(&sources[newer], &target);
            // Golden-ratio steps spread the moments evenly however many there are.
            let part = (f64::from(number) * 0.618_033_988_749_895).fract();
            std::thread::sleep(takes.mul_f64(part));
            let _ = child.kill();
            killed += u32::from(!child.wait().expect("it ends").success());
            let after = match read_pack(&target) {
                Ok((_, manifest)) => manifest.digest(),
                Err(error) => panic!("{form}, kill {number} after {:.0} % of {takes:?}: {error}", part * 100.0),
            };
            assert!(both.contains(&after), "{form}: neither pack");
            replaced += u32::from(after != before);
        }
        assert!(killed > count / 4, "{form}: of {count} only {killed} were killed at work");
        println!("{form}: {count} kills, {killed} at work, {replaced} packs replaced, none broken");
    }
}

#[test]
fn a_kill_at_any_moment_leaves_no_broken_pack() {
    kill(20);
}

#[test]
#[ignore = "200 kills in each form; played by tests/long.sh pack-kills"]
fn two_hundred_kills_leave_no_broken_pack() {
    kill(200);
}
