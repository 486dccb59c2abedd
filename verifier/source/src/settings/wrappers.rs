//! Programs that run another one, and where in their words that begins.

/// Programs that run the program named behind them.
pub(super) const WRAPPERS: &[&str] = &[
    "sudo",
    "doas",
    "time",
    "nice",
    "ionice",
    "exec",
    "command",
    "builtin",
    "env",
    "timeout",
    "xargs",
    "nohup",
    "stdbuf",
    "setsid",
    "chronic",
    "retry",
    "trap",
    "flock",
    "su",
    "runuser",
    "gosu",
    "su-exec",
    "fakeroot",
    "strace",
    "systemd-run",
    "parallel",
    "coproc",
    "script",
    "direnv",
    "mise",
    "busybox",
    "setpriv",
    "unbuffer",
    "caffeinate",
    "nix-shell",
    "nix",
    "chroot",
    "taskset",
    "proxychains",
    "nsenter",
    "unshare",
    "firejail",
    "dumb-init",
    "tini",
    "numactl",
    "chrt",
];

/// Their options of one letter that take the next word.
const VALUED: &[(&str, &str)] = &[
    ("env", "uC"),
    ("sudo", "ughpCTrtDR"),
    ("doas", "uC"),
    ("timeout", "sk"),
    ("xargs", "IdnPLsEa"),
    ("time", "fo"),
    ("exec", "a"),
    ("ionice", "cnpPu"),
    ("nice", "n"),
    ("stdbuf", "ioe"),
    ("flock", "wE"),
    ("runuser", "ugG"),
    ("strace", "oeEpPsuabOSX"),
    ("systemd-run", "puEtMH"),
    ("taskset", "p"),
    ("parallel", "jIN"),
    ("nsenter", "tSG"),
];

/// Their words before the program: a user, a lock, a folder.
const BEFORE: &[(&str, usize)] =
    &[("flock", 1), ("gosu", 1), ("su-exec", 1), ("chroot", 1), ("taskset", 1), ("direnv", 2), ("mise", 1)];

/// What a wrapper runs.
pub(super) enum Wrapped<'w> {
    Words(&'w [String]),
    Script(String),
}

pub(super) fn wrapped<'w>(name: &str, words: &'w [String]) -> Wrapped<'w> {
    let of = |table: &[(&str, usize)]| table.iter().find(|row| row.0 == name).map_or(0, |row| row.1);
    let valued = VALUED.iter().find(|row| row.0 == name).map_or("", |row| row.1);
    let takes_script = |word: &str| match name {
        "su" | "runuser" | "script" | "flock" => matches!(word, "-c" | "--command"),
        "nix-shell" => matches!(word, "--run" | "--command"),
        "nix" => matches!(word, "-c" | "--command"),
        "env" => matches!(word, "-S" | "--split-string"),
        _ => false,
    };
    let (mut at, mut before) = (1, of(BEFORE));
    while let Some(word) = words.get(at) {
        at += 1;
        let whole = word.strip_prefix("--split-string=").or_else(|| word.strip_prefix("--command="));
        if let Some(text) =
            whole.filter(|_| matches!(name, "env" | "su" | "runuser" | "script" | "flock" | "nix-shell"))
        {
            return Wrapped::Script([&[text.to_owned()], words.get(at..).unwrap_or_default()].concat().join(" "));
        }
        if takes_script(word)
            || name == "script" && word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
        {
            return match name {
                // Nix takes the words of a command.
                "nix" => Wrapped::Words(words.get(at..).unwrap_or_default()),
                // Behind it stands the file of the record.
                "script" => Wrapped::Script(words.get(at).cloned().unwrap_or_default()),
                _ => Wrapped::Script(words.get(at..).unwrap_or_default().join(" ")),
            };
        }
        // `-iS TEXT`, `-STEXT`: letters before it take no value.
        let letters = word.strip_prefix('-').filter(|letters| name == "env" && !letters.starts_with('-'));
        if let Some((switches, text)) = letters.and_then(|letters| letters.split_once('S'))
            && switches.chars().all(|letter| "iv0".contains(letter))
        {
            let rest = words.get(at..).unwrap_or_default();
            let first = (!text.is_empty()).then(|| text.to_owned());
            return Wrapped::Script(first.into_iter().chain(rest.iter().cloned()).collect::<Vec<_>>().join(" "));
        }
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        match word.strip_prefix('-') {
            Some("-") => break,
            Some(letters) => at += usize::from(letters.len() == 1 && valued.contains(letters)),
            None if before > 0 => before -= 1,
            None if is_number && before == 0 => {}
            None if matches!(name, "su" | "nix" | "nix-shell" | "script") => {}
            None => return Wrapped::Words(&words[at - 1..]),
        }
    }
    Wrapped::Words(words.get(at..).unwrap_or_default())
}
