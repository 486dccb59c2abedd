//! Templates of charts (`text/template` of Go, Jinja): what stands in them literally, with everything that they insert left open.

use super::claims;
use super::containers::{Asked, Container};

/// What stands for an inserted value.
pub(super) const OPEN: &str = "inserted-by-a-template";

/// A template as YAML: lines of actions alone are left out, inserted values are [`OPEN`]; a dangerous value under a condition is open too. `None` where a text is no template.
pub(super) fn plain(text: &str) -> Option<String> {
    if !text.contains("{{") && !text.contains("{%") {
        return None;
    }
    let (mut plain, mut depth, mut rest) = (String::new(), 0usize, text);
    while !rest.is_empty() {
        let (line, inside, after) = logical_line(rest);
        rest = after;
        for action in &inside {
            match action.trim_matches(|c: char| c == '-' || c.is_whitespace()).split_whitespace().next() {
                Some("if" | "with" | "range" | "for" | "define" | "block") => depth += 1,
                Some("end" | "endif" | "endfor") => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let bare = line.replace(OPEN, "");
        if !inside.is_empty() && bare.trim().trim_matches(['"', '\'']).is_empty() {
            continue;
        }
        let dangerous = depth > 0 && claims::of_line(&line).is_some();
        match line.split_once(':') {
            Some((key, _)) if dangerous => plain.push_str(&format!("{key}: {OPEN}")),
            _ => plain.push_str(&line),
        }
        plain.push('\n');
    }
    Some(plain)
}

/// A line with [`OPEN`] for its actions, which may go over several lines; the actions; what follows.
fn logical_line(text: &str) -> (String, Vec<&str>, &str) {
    let (mut line, mut actions, mut rest) = (String::new(), Vec::new(), text);
    loop {
        let end = rest.find('\n').unwrap_or(rest.len());
        let opening = ["{{", "{%", "{#"].iter().filter_map(|o| rest.find(o).map(|at| (at, *o))).min();
        match opening {
            Some((at, mark)) if at < end => {
                let close = match mark {
                    "{{" => "}}",
                    "{%" => "%}",
                    _ => "#}",
                };
                line.push_str(&rest[..at]);
                let inner = &rest[at + 2..];
                let stop = inner.find(close).unwrap_or(inner.len());
                actions.push(&inner[..stop]);
                line.push_str(OPEN);
                rest = inner.get(stop + 2..).unwrap_or("");
            }
            _ => {
                line.push_str(&rest[..end]);
                return (line, actions, rest.get(end + 1..).unwrap_or(""));
            }
        }
    }
}

/// What a template says that is no YAML either way: its words, and that the rest is open.
pub(super) fn unread(text: &str) -> Vec<Container> {
    let mut all = claims::of_text(text);
    if all.is_empty() && claims::speaks(text) {
        all.push(Container { asked: Asked::Open("{{ … }}".into()), ..Container::of_nobody("a template") });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_leave_open_values_and_conditions_make_dangerous_ones_open() {
        let text = "name: {{ .Chart.Name }}\n{{- if .Values.x }}\nprivileged: true\nother: 1\n{{- end }}\n{{/* a\nb */}}\nsecurityContext:\n  {{- toYaml .y | nindent 4 }}\n  image: \"{{ .r }}:{{ .t }}\"\nprivileged: true\n";
        let expected = "name: inserted-by-a-template\nprivileged: inserted-by-a-template\nother: 1\nsecurityContext:\n  image: \"inserted-by-a-template:inserted-by-a-template\"\nprivileged: true\n";
        assert_eq!(plain(text).as_deref(), Some(expected));
        assert_eq!(plain("a: 1\n"), None);
        assert_eq!(plain("{{ never closed").as_deref(), Some(""));
    }
}
