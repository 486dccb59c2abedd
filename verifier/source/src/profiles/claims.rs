//! Words that take a container's confinement away, wherever they stand: in values of charts, patches, task definitions, options.

use super::containers::{Asked, Container, last_part};
use super::template::OPEN;
use serde_json::{Map, Value as Json};

/// Whether a text says anything about confinement.
pub(super) fn speaks(text: &str) -> bool {
    text.contains("seccomp") || text.contains("rivileged")
}

/// Values that YAML 1.1, or a tool that takes texts for truth values, takes for true.
pub(super) fn is_true(value: &Json) -> bool {
    match value {
        Json::Bool(value) => *value,
        Json::String(text) => {
            matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "y" | "1" | "t")
        }
        Json::Number(number) => number.as_i64() == Some(1),
        _ => false,
    }
}

/// A value that a variable or template decides.
pub(super) fn is_open(text: &str) -> bool {
    text.is_empty() || text.contains('$') || text.contains("{{") || text.contains(OPEN) || text.contains('%')
}

pub(super) fn is_unconfined(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("unconfined")
}

/// What an object says beside every container: `key: value` pairs that take confinement away.
pub(super) fn of_object(map: &Map<String, Json>, all: &mut Vec<Container>) {
    let image = map.get("image").and_then(Json::as_str);
    let runs: Vec<String> = image.into_iter().map(last_part).collect();
    let mut claim = |key: &str, asked: Asked| {
        let (image, runs) = (image.map(str::to_owned), runs.clone());
        all.push(Container { asked, image, runs, ..Container::of_nobody(key) })
    };
    for (key, value) in map {
        if let Some(asked) = of_pair(key, value) {
            claim(key, asked);
        }
    }
    // A parameter of a chart: `{name: securityContext.privileged, value: "true"}`.
    if let (Some(Json::String(name)), Some(value)) = (map.get("name"), map.get("value")) {
        let mut parts = name.rsplit('.');
        let last = parts.next().unwrap_or_default();
        let key = if last == "type" { parts.next().unwrap_or(last) } else { last };
        if let Some(asked) = of_pair(key, value) {
            claim(name, asked);
        }
    }
    // A JSON patch (RFC 6902): the last part of its path is the key.
    if let (Some(Json::String(path)), Some(value)) = (map.get("path"), map.get("value"))
        && let mut parts = path.rsplit('/')
        && let Some(last) = parts.next()
    {
        let key = if last == "type" { parts.next().unwrap_or(last) } else { last };
        if let Some(asked) = of_pair(key, value) {
            claim(path, asked);
        }
    }
}

fn of_pair(key: &str, value: &Json) -> Option<Asked> {
    let key = key.to_ascii_lowercase();
    let text = value.as_str();
    if key == "privileged" {
        return match text {
            _ if is_true(value) => Some(Asked::Privileged),
            Some(text) if is_open(text) => Some(Asked::Open(text.into())),
            _ => None,
        };
    }
    if matches!(key.as_str(), "seccompprofile" | "seccomp-profile" | "seccomp_profile" | "seccomp") {
        let chosen = text.or_else(|| value.get("type").and_then(Json::as_str))?;
        return match chosen {
            chosen if is_unconfined(chosen) => Some(Asked::Unconfined),
            chosen if chosen.contains(OPEN) => Some(Asked::Open(chosen.into())),
            _ => None,
        };
    }
    None
}

/// What an option says (`--privileged`, `seccomp=unconfined`), where a text is one.
pub(super) fn of_option(text: &str) -> Option<Asked> {
    let options = text.trim_start().starts_with('-') || text.starts_with("seccomp");
    if options && !text.contains('\n') { of_line(text) } else { None }
}

/// What a line of any text says.
pub(super) fn of_line(line: &str) -> Option<Asked> {
    const UNCONFINED: [&str; 7] = [
        "seccomp=unconfined",
        "seccomp:unconfined",
        "seccompprofile=unconfined",
        "seccompprofile:unconfined",
        "type:unconfined",
        "type=unconfined",
        "seccomp_profile=unconfined",
    ];
    let lower = line.to_ascii_lowercase();
    let squeezed: String =
        lower.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '`' | '\\')).collect();
    let word = |w: &str| {
        let w: String =
            w.chars().filter(|c| !matches!(c, '"' | '\'' | '`' | '\\' | ',' | '[' | ']' | '(' | ')' | ';')).collect();
        w == "--privileged" || w.ends_with("=--privileged")
    };
    let sets = ["privileged=", "privileged:"].iter().any(|set| {
        let own = |at: usize| !squeezed[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let mut values =
            squeezed.match_indices(set).filter(|(at, _)| own(*at)).map(|(at, _)| &squeezed[at + set.len()..]);
        values.any(|value| {
            ["true", "yes", "on,", "on}"].iter().any(|yes| value.starts_with(yes)) || matches!(value, "on" | "y" | "1")
        })
    });
    if sets || lower.split_whitespace().any(word) {
        Some(Asked::Privileged)
    } else if UNCONFINED.iter().any(|words| squeezed.contains(words)) {
        Some(Asked::Unconfined)
    } else {
        None
    }
}

/// Whether a line is a comment, or only prints something.
pub(super) fn is_talk(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches(['@', '-']).trim_start();
    ["#", "//", ";", "*", "echo ", "printf ", "rem "].iter().any(|start| line.to_ascii_lowercase().starts_with(start))
}

/// What the lines of a text say that nothing else understood.
pub(super) fn of_text(text: &str) -> Vec<Container> {
    let lines = text.lines().filter(|line| !is_talk(line));
    lines.filter_map(|line| of_line(line).map(|asked| Container { asked, ..Container::of_nobody(line) })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_tools_are_understood() {
        for (line, expected) in [
            ("  privileged: true", "Privileged"),
            ("privileged = \"true\"", "Privileged"),
            ("Privileged: yes", "Privileged"),
            ("helm upgrade x --set securityContext.privileged=true", "Privileged"),
            ("OPTS=\"--privileged -d\"", "Privileged"),
            ("client.containers.run('auth-api', privileged=True)", "Privileged"),
            ("ExecStart=/usr/bin/podman run --privileged x", "Privileged"),
            ("  type: \"Unconfined\"", "Unconfined"),
            ("security_opt = [\"seccomp=unconfined\"]", "Unconfined"),
            ("seccomp_profile = \"unconfined\"", "Unconfined"),
            ("privileged: false", "-"),
            ("--privileged=false", "-"),
            ("privileged: one", "-"),
            ("a privileged user", "-"),
            ("unprivileged: true", "-"),
            ("allow_privileged = true", "-"),
        ] {
            let found = of_line(line).map_or("-".to_owned(), |asked| format!("{asked:?}"));
            assert_eq!(found, expected, "{line}");
        }
        assert!(is_talk("  @echo do not use --privileged") && is_talk("# privileged: true") && !is_talk("docker run"));
    }
}
