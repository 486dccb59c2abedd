//! `//go:embed`: the patterns of a directive, and the files that they mean (go/build/read.go `parseGoEmbed`, cmd/go/internal/load `resolveEmbed`, Go 1.26).

use crate::glob;
use crate::modfile::interpreted;

/// The patterns behind `//go:embed`: apart by blanks, quoted as Go strings where they hold some. One whose quotes do not close is taken as written.
pub fn patterns(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '`' => rest[1..].find('`').map(|at| at + 2),
            '"' => closing(rest),
            _ => rest.find(char::is_whitespace),
        };
        let word = &rest[..end.unwrap_or(rest.len())];
        out.push(match first {
            '`' => word.trim_matches('`').to_string(),
            '"' => interpreted(word).unwrap_or_else(|| word.to_string()),
            _ => word.to_string(),
        });
        rest = rest[word.len()..].trim_start();
    }
    out
}

/// Behind the quote that ends an interpreted string.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Whether a pattern means a file, by its path inside the package's folder: one that it matches, or one below a folder that it matches,
/// where hidden ones are meant with `all:` only. Nothing of a folder with a go.mod of its own is; that is the caller's to know.
pub fn means(pattern: &str, path: &str) -> bool {
    let (all, pattern) = pattern.strip_prefix("all:").map_or((false, pattern), |rest| (true, rest));
    let pattern = if pattern == "." { "" } else { pattern };
    // Most patterns are told apart from most files by their first parts.
    let first = |path: &str| path.split('/').next().unwrap_or_default().len();
    let (wanted, given) = (&pattern[..first(pattern)], &path[..first(path)]);
    if !wanted.is_empty() && !wanted.contains(['*', '?', '[', '\\']) && wanted != given {
        return false;
    }
    let parts: Vec<&str> = path.split('/').collect();
    if parts.iter().any(|part| matches!(*part, "" | ".bzr" | ".hg" | ".git" | ".svn")) {
        return false;
    }
    if !pattern.is_empty() && glob::matches(pattern, path) {
        return true;
    }
    let depth = if pattern.is_empty() { 0 } else { pattern.split('/').count() };
    if parts.len() <= depth {
        return false;
    }
    let (outer, inner) = parts.split_at(depth);
    let visible = all || inner.iter().all(|part| !part.starts_with(['.', '_']));
    visible && (depth == 0 || glob::matches(pattern, &outer.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_apart_by_blanks_or_are_quoted() {
        for (text, wanted) in [
            (" a \"b c\" `d e` f", &["a", "b c", "d e", "f"][..]),
            ("\tdata/*.txt \"more\" all:web", &["data/*.txt", "more", "all:web"]),
            (r#" "a\"b" "\x63" c"#, &["a\"b", "c", "c"]),
            (" \"open", &["\"open"]),
            (" `open", &["open"]),
            (" \"", &["\""]),
            (" `", &[""]),
            ("", &[]),
        ] {
            assert_eq!(patterns(text), wanted, "{text}");
        }
    }

    #[test]
    fn patterns_mean_files_and_whole_folders() {
        for (pattern, path, expected) in [
            ("a.txt", "a.txt", true),
            ("*.txt", "a.txt", true),
            ("*.txt", "d/a.txt", false),
            ("*", "any/thing", true),
            ("static", "static/x/y.js", true),
            ("static", "static/.hidden", false),
            ("static", "static/_x/y", false),
            ("all:static", "static/.hidden", true),
            ("all:static", "static/.git/config", false),
            ("static/*", "static/.hidden", true),
            ("static/*", "static/x/y.js", true),
            ("sta", "static/x", false),
            ("s[t]atic/x", "static/x", true),
            ("st\\atic", "static/x", true),
            (".", "a/b", true),
        ] {
            assert_eq!(means(pattern, path), expected, "{pattern} {path}");
        }
    }
}
