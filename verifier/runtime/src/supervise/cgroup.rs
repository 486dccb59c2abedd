//! Control groups where they can be had: limits on memory and processes by version 1 or 2, removed again, also what killed runs left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What stands before our groups' names; the number of the supervisor and its start time follow, so that leftovers are told from groups in use.
const PREFIX: &str = "assize.";

/// The groups of one sandbox. Dropping does not remove them: [`Groups::remove`] does, once no process is left.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    folders: Vec<PathBuf>,
    version: Option<u8>,
    /// Names of groups of dead runs that were removed.
    pub removed: Vec<String>,
}

impl Groups {
    /// Makes a group for the sandbox in every usable hierarchy. Failures are no error: without groups the resource limits of each process stay.
    pub fn make(memory: u64, processes: u64) -> Groups {
        let mut groups = Groups::default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let name = format!("{PREFIX}{}.{}", std::process::id(), start_time(std::process::id()).unwrap_or(0));
        let wanted = [("memory", "memory.limit_in_bytes", memory), ("pids", "pids.max", processes)];
        let limited = wanted.into_iter().filter(|(controller, file, value)| {
            version_one(&mounts, &own, controller)
                .and_then(|parent| groups.folder(&parent, &name).ok())
                .is_some_and(|folder| fs::write(folder.join(file), value.to_string()).is_ok())
        });
        // One limit alone is not what `cgroup1` says.
        groups.version = (limited.count() == wanted.len()).then_some(1);
        if groups.version.is_none()
            && let Some(parent) = version_two(&mounts, &own)
            && let Ok(folder) = groups.folder(&parent, &name)
        {
            let memory = fs::write(folder.join("memory.max"), memory.to_string());
            let processes = fs::write(folder.join("pids.max"), processes.to_string());
            groups.version = (memory.is_ok() && processes.is_ok()).then_some(2);
        }
        groups
    }

    fn folder(&mut self, parent: &Path, name: &str) -> io::Result<PathBuf> {
        sweep(parent, &mut self.removed);
        let folder = parent.join(name);
        fs::create_dir(&folder)?;
        self.folders.push(folder.clone());
        Ok(folder)
    }

    /// What limits are in force.
    pub fn level(&self) -> &'static str {
        match self.version {
            Some(1) => "cgroup1",
            Some(_) => "cgroup2",
            None => "rlimits",
        }
    }

    /// Puts a process, and so all its later children, into the groups.
    pub fn enter(&mut self, pid: i32) {
        let entered = self.folders.iter().all(|f| fs::write(f.join("cgroup.procs"), pid.to_string()).is_ok());
        if !entered {
            self.version = None;
        }
    }

    /// Removes the groups; a group is busy for a moment after its last process was reaped.
    pub fn remove(&mut self) {
        let until = Instant::now() + Duration::from_secs(1);
        while !self.folders.is_empty() {
            self.folders.retain(|f| fs::remove_dir(f).is_err_and(|e| e.kind() != io::ErrorKind::NotFound));
            if self.folders.is_empty() || Instant::now() > until {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Removes the groups of supervisors that are no more.
fn sweep(parent: &Path, removed: &mut Vec<String>) {
    let Ok(listing) = fs::read_dir(parent) else { return };
    for entry in listing.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((pid, start)) = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')) else { continue };
        let same = |pid: &u32| start_time(*pid).is_some_and(|now| now.to_string() == start);
        // A zombie holds its number and nothing else.
        let alive = pid.parse().ok().filter(same).and_then(|pid| stat_field(pid, 3)).is_some_and(|state| state != "Z");
        if !alive && fs::remove_dir(entry.path()).is_ok() {
            removed.push(name);
        }
    }
}

/// A field of `/proc/PID/stat` (or of `self`) by its number in proc(5), from 3 on; they are counted after the name, which may hold anything.
pub(super) fn stat_field(process: impl std::fmt::Display, number: usize) -> Option<String> {
    let stat = fs::read(format!("/proc/{process}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let after = &stat[stat.rfind(')')? + 1..];
    after.split_whitespace().nth(number.checked_sub(3)?).map(str::to_string)
}

/// When a process began, in clock ticks since boot.
pub(super) fn start_time(pid: u32) -> Option<u64> {
    stat_field(pid, 22)?.parse().ok()
}

/// Where our own group of a version 1 controller is mounted.
fn version_one(mounts: &str, own: &str, controller: &str) -> Option<PathBuf> {
    let group = own.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, names, path) = (parts.next()?, parts.next()?, parts.next()?);
        names.split(',').any(|n| n == controller).then_some(path)
    })?;
    place(mounts, group, |kind, options| kind == "cgroup" && options.split(',').any(|o| o == controller))
}

fn version_two(mounts: &str, own: &str) -> Option<PathBuf> {
    let group = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    place(mounts, group, |kind, _| kind == "cgroup2")
}

/// Joins mount point and group: field 4 of mountinfo is the group that the mount point shows (proc(5)).
fn place(mounts: &str, group: &str, fits: impl Fn(&str, &str) -> bool) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut right = right.split(' ');
        let (kind, _, options) = (right.next()?, right.next()?, right.next()?);
        if !fits(kind, options) {
            return None;
        }
        let mut left = left.split(' ').skip(3);
        let (root, point) = (left.next()?, left.next()?);
        let below = if root == "/" { group } else { group.strip_prefix(root).unwrap_or("") };
        Some(Path::new(point).join(below.trim_start_matches('/')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
30 20 0:25 / /sys/fs/cgroup/memory rw,relatime shared:5 - cgroup cgroup rw,memory
31 20 0:26 /docker/ab /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
32 20 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";
    const OWN: &str = "9:name=systemd:/x\n8:pids:/docker/ab/c\n4:memory:/a/b\n0::/u\n";

    #[test]
    fn own_groups_are_found_below_their_mounts() {
        let path = |p: &str| Some(PathBuf::from(p));
        assert_eq!(version_one(MOUNTS, OWN, "memory"), path("/sys/fs/cgroup/memory/a/b"));
        assert_eq!(version_one(MOUNTS, OWN, "pids"), path("/sys/fs/cgroup/pids/c"));
        assert_eq!(version_one(MOUNTS, OWN, "cpu"), None);
        assert_eq!(version_two(MOUNTS, OWN), path("/sys/fs/cgroup/unified/u"));
    }

    #[test]
    fn groups_of_dead_supervisors_are_swept_and_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = std::process::id();
        let alive = format!("{PREFIX}{own}.{}", start_time(own).expect("our own start time"));
        let again = format!("{PREFIX}{own}.1");
        for name in [alive.as_str(), again.as_str(), "other"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let mut removed = Vec::new();
        sweep(folder.path(), &mut removed);
        assert_eq!(removed, [again]);
        assert!(folder.path().join(alive).exists() && folder.path().join("other").exists());
    }
}
