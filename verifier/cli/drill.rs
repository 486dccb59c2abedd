//! `assize drill`: plays the attacks that stand beside the clauses against a compliant deliverable of one's own and says which were caught.

use crate::args::Drill;
use crate::done::{Done, NotDone};
use crate::{load, terminal, verify};
use assize_clause::{Attack, AttackVerdict, Clause, Contract, EditAction, Library};
use assize_facts::BinarySpec;
use assize_judge::{RunResult, Verdict};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

pub fn run(options: &Drill) -> Result<Done, NotDone> {
    let contract_file = options.deliverable.join("contract.toml");
    let contract = load::contract(Some(&contract_file), None)?;
    let spec = crate::examine::declared(&options.deliverable)?;
    let name = spec.name.clone().unwrap_or_default();
    let judged_for = verify::judged_for(options.at.as_deref(), verify::now())?;
    let plays = chosen(options, &name)?;
    let mut tally = Tally::default();
    let one = |(clause, attack): &Play| {
        at_most_twice(|| match play(options, judged_for, &contract, clause, attack) {
            Ok(result) => wrong(&result, clause, attack),
            Err(why) => Some(Miss { open: false, words: format!("could not be played: {why}") }),
        })
    };
    in_order(options.jobs, &plays, one, |(clause, attack), played| {
        let line = tally.take(&format!("{}/{}", clause.id, stem(attack)), played);
        if !options.quiet || !line.starts_with("ok") {
            terminal::print(&line)?;
        }
        Ok(())
    })?;
    terminal::print(&format!(
        "{} played, {} as expected, {} not\n",
        tally.played,
        tally.good,
        tally.played - tally.good
    ))?;
    match (tally.played, tally.played - tally.good) {
        (0, _) => Err(NotDone::say(format!("no attack is written for a deliverable named {name:?}"))),
        (_, 0) => Ok(Done::Good),
        _ => Ok(Done::Bad),
    }
}

/// An attack and the clause that it is on.
type Play = (std::sync::Arc<Clause>, Attack);

/// The attacks on the deliverable's kind that the options leave, in the order of clauses and names.
fn chosen(options: &Drill, name: &str) -> Result<Vec<Play>, NotDone> {
    let mut plays = Vec::new();
    for clause in Library::standard().clauses.values() {
        if options.clause.is_empty() || options.clause.contains(&clause.id) {
            let wanted = |a: &Attack| options.attack.is_empty() || options.attack.iter().any(|n| n == stem(a));
            let attacks = load::attacks(&clause.id)?.into_iter().filter(|a| a.sample == name && wanted(a));
            plays.extend(attacks.map(|attack| (clause.clone(), attack)));
        }
    }
    match options.attack.iter().find(|n| !plays.iter().any(|(_, a)| stem(a) == *n)) {
        Some(missing) => Err(NotDone::say(format!("no attack is named {missing:?}"))),
        None => Ok(plays),
    }
}

/// The name of an attack: its file's, without folder and ending.
fn stem(attack: &Attack) -> &str {
    let file = attack.file.rsplit('/').next().unwrap_or_default();
    file.strip_suffix(".toml").unwrap_or(file)
}

/// Plays by some threads; each outcome is taken in the order of the plays, as soon as it and those before it are there.
fn in_order<T: Sync, R: Send>(
    jobs: usize,
    plays: &[T],
    play: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<(), NotDone>,
) -> Result<(), NotDone> {
    let (next, (sender, receiver)) = (AtomicUsize::new(0), mpsc::channel());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, plays.len().max(1)) {
            let (next, play, sender) = (&next, &play, sender.clone());
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody listens any more where an outcome could not be printed.
                    let Some(one) = plays.get(at) else { return };
                    if sender.send((at, play(one))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let (mut early, mut rest) = (BTreeMap::new(), plays.iter().enumerate().peekable());
        for (at, outcome) in receiver {
            early.insert(at, outcome);
            while let Some((at, one)) = rest.next_if(|(at, _)| early.contains_key(at)) {
                if let Some(outcome) = early.remove(&at) {
                    take(one, outcome)?;
                }
            }
        }
        Ok(())
    })
}

/// How an attack ended other than its file says.
struct Miss {
    /// Something was left open that had to be decided: a busy machine does that too.
    open: bool,
    words: String,
}

/// What came of playing an attack.
#[derive(Default)]
struct Played {
    /// What was left open the first time.
    first: Option<String>,
    problem: Option<String>,
}

/// What is left open is played once more; what was decided wrongly is not.
fn at_most_twice(play: impl Fn() -> Option<Miss>) -> Played {
    match play() {
        None => Played::default(),
        Some(miss) if miss.open => Played { first: Some(miss.words), problem: play().map(|again| again.words) },
        Some(miss) => Played { first: None, problem: Some(miss.words) },
    }
}

#[derive(Default)]
struct Tally {
    played: usize,
    good: usize,
}

impl Tally {
    /// Counts an outcome, and gives the line for a person.
    fn take(&mut self, name: &str, outcome: Played) -> String {
        self.played += 1;
        let first = outcome.first.map(|words| format!(" (at the first try: {})", crate::text::plain(&words)));
        let first = first.unwrap_or_default();
        match outcome.problem {
            None => {
                self.good += 1;
                format!("ok   {name}{first}\n")
            }
            Some(problem) => format!("MISS {name}: {}{first}\n", crate::text::plain(&problem)),
        }
    }
}

/// What is not as the attack's file says, or nothing.
fn wrong(result: &RunResult, clause: &Clause, attack: &Attack) -> Option<Miss> {
    let missing = |words| Some(Miss { open: false, words });
    let Some(found) = result.clauses.iter().find(|c| c.id == clause.id) else {
        return missing("the contract does not have the clause".into());
    };
    let expected = match attack.expect.verdict {
        AttackVerdict::Fail => Verdict::Fail,
        AttackVerdict::Inconclusive => Verdict::Inconclusive,
        AttackVerdict::Pass => Verdict::Pass,
    };
    if found.verdict != expected {
        let open: Vec<String> = found
            .checks
            .iter()
            .filter(|c| c.verdict != Verdict::Pass)
            .map(|c| format!("{} {}{}", c.id, c.verdict.word(), first_words(c)))
            .collect();
        let words = format!("expected {}, found {} [{}]", expected.word(), found.verdict.word(), open.join("; "));
        return Some(Miss { open: found.verdict == Verdict::Inconclusive, words });
    }
    let check = attack.expect.check.as_ref()?;
    match found.checks.iter().find(|c| &c.id == check) {
        None => missing(format!("the clause has no check {check}")),
        Some(c) if c.verdict == expected => None,
        // A supporting check that speaks against what was observed leaves the clause open.
        Some(c) if expected == Verdict::Inconclusive && c.verdict == Verdict::Fail => None,
        Some(c) => {
            let words = format!("the check {check} says {}{}", c.verdict.word(), first_words(c));
            Some(Miss { open: c.verdict == Verdict::Inconclusive, words })
        }
    }
}

fn first_words(check: &assize_judge::CheckResult) -> String {
    let finding = check.findings.iter().find(|f| f.outcome != assize_judge::Outcome::Satisfied);
    let finding = finding.map(|f| f.message.en.clone());
    let words = finding.or_else(|| check.gaps.first().map(|g| g.message.en.clone()));
    words.map(|w| format!(" ({w})")).unwrap_or_default()
}

/// One attack on a copy of the deliverable.
fn play(
    options: &Drill,
    judged_for: Timestamp,
    contract: &Contract,
    clause: &Clause,
    attack: &Attack,
) -> Result<RunResult, String> {
    let copy = Copy::of(&options.deliverable)?;
    edit(&copy, attack, false)?;
    if attack.build {
        // The edits may change how it is built.
        let spec = crate::examine::declared(&copy.0).map_err(|why| why.words())?;
        let root = spec.source.as_ref().and_then(|s| s.root.clone()).unwrap_or_else(|| ".".into());
        for binary in &spec.binaries {
            build(&copy.0, &root, binary)?;
        }
    }
    edit(&copy, attack, true)?;
    verify::examine_clause(&copy.0, contract, &clause.id, &options.dated, judged_for).map_err(|why| why.words())
}

/// The attack's edits of before the build, or of after it.
fn edit(copy: &Copy, attack: &Attack, after_build: bool) -> Result<(), String> {
    for edit in attack.edits.iter().filter(|e| e.after_build == after_build) {
        apply(&copy.0, &edit.file, &edit.action).map_err(|why| format!("line {}: {}: {why}", edit.line, edit.file))?;
    }
    Ok(())
}

/// A private copy, removed when it goes.
struct Copy(PathBuf);

impl Copy {
    fn of(folder: &Path) -> Result<Copy, String> {
        let mut random = [0u8; 8];
        // SAFETY: getrandom(2) fills at most the given length.
        unsafe { libc::getrandom(random.as_mut_ptr().cast(), random.len(), 0) };
        let name = random.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let copy = Copy(std::env::temp_dir().join(name));
        copy_tree(folder, &copy.0).map_err(|e| e.to_string())?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn apply(root: &Path, file: &str, action: &EditAction) -> Result<(), String> {
    let path = root.join(file);
    let text = |error: std::io::Error| error.to_string();
    match action {
        EditAction::Replace { old, new } => {
            let before = fs::read_to_string(&path).map_err(text)?;
            match before.matches(old.as_str()).count() {
                1 => fs::write(&path, before.replacen(old.as_str(), new, 1)).map_err(text),
                found => Err(format!("the text to replace is there {found} times")),
            }
        }
        EditAction::ReplaceAll { old, new } => {
            let before = fs::read(&path).map_err(text)?;
            let after = replaced(&before, old.as_bytes(), new.as_bytes());
            let after = after.ok_or_else(|| "the text to replace is not there".to_string())?;
            fs::write(&path, after).map_err(text)
        }
        EditAction::Append(more) => append(&path, more.as_bytes()).map_err(text),
        EditAction::AppendFile { from } => {
            let more = fs::read(root.join(from)).map_err(text)?;
            append(&path, &more).map_err(text)
        }
        EditAction::Write(content) => {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(text)?;
            }
            fs::write(&path, content).map_err(text)
        }
        EditAction::Delete if path.is_dir() => fs::remove_dir_all(&path).map_err(text),
        EditAction::Delete => fs::remove_file(&path).map_err(text),
        EditAction::Copy { from } => {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(text)?;
            }
            fs::copy(root.join(from), &path).map(|_| ()).map_err(text)
        }
    }
}

fn append(path: &Path, more: &[u8]) -> std::io::Result<()> {
    let mut bytes = fs::read(path)?;
    bytes.extend_from_slice(more);
    fs::write(path, bytes)
}

/// Every place of some bytes; `None` where there is none.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut found) = (0, false);
    while at < bytes.len() {
        if bytes[at..].starts_with(old) {
            out.extend_from_slice(new);
            at += old.len();
            found = true;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    found.then_some(out)
}

/// Builds a binary as deliverable.toml says; the only place where a toolchain is run, on the operator's own deliverable and for the drill alone.
fn build(root: &Path, source: &str, binary: &BinarySpec) -> Result<(), String> {
    let how = binary.build.clone().unwrap_or_default();
    let out = root.canonicalize().map_err(|e| e.to_string())?.join(&binary.path);
    let mut go = Command::new("go");
    go.current_dir(root.join(source)).args(["build"]).args(&how.flags);
    if let Some(ldflags) = &how.ldflags {
        go.args(["-ldflags", ldflags]);
    }
    go.arg("-o").arg(&out).arg(binary.package.as_deref().unwrap_or("."));
    for (name, value) in [("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("GOWORK", "")] {
        go.env(name, value);
    }
    let done = go.envs(&how.env).output().map_err(|e| format!("go: {e}"))?;
    if done.status.success() { Ok(()) } else { Err(format!("go build: {}", String::from_utf8_lossy(&done.stderr))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_left_open_is_played_once_more() {
        let miss = |open, words: &str| Some(Miss { open, words: words.into() });
        let open = || miss(true, "open");
        let wrong = || miss(false, "wrong");
        for (outcomes, line, good) in [
            (vec![None], "ok   a/b\n", 1),
            (vec![wrong(), None], "MISS a/b: wrong\n", 0),
            (vec![open(), None], "ok   a/b (at the first try: open)\n", 1),
            (vec![open(), wrong(), None], "MISS a/b: wrong (at the first try: open)\n", 0),
            (vec![open(), open(), None], "MISS a/b: open (at the first try: open)\n", 0),
        ] {
            let outcomes = std::cell::RefCell::new(std::collections::VecDeque::from(outcomes));
            let mut tally = Tally::default();
            let played = at_most_twice(|| outcomes.borrow_mut().pop_front().expect("an outcome"));
            assert_eq!((tally.take("a/b", played).as_str(), tally.good), (line, good));
        }
    }
}
