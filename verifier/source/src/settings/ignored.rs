//! `.dockerignore`: what a build's context leaves out of the image (Docker, Build context; moby/patternmatcher).

use assize_golang::glob;

/// Whether a file of the context does not come into the image. Of the lines that fit the last counts.
pub(super) fn is_ignored(text: &str, path: &str) -> bool {
    let mut ignored = false;
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (pattern, takes_back) = match line.strip_prefix('!') {
            Some(pattern) => (pattern.trim(), true),
            None => (line, false),
        };
        let mut pattern: Vec<&str> = pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        // Several behind one another fit what one does; every other part takes one of the path, so that no line goes deeper than that.
        pattern.dedup_by(|part, before| *part == "**" && *before == "**");
        let parts: Vec<&str> = path.split('/').collect();
        // What fits a folder fits all that is in it.
        if !pattern.is_empty() && (1..=parts.len()).any(|end| fits(&pattern, &parts[..end])) {
            ignored = !takes_back;
        }
    }
    ignored
}

fn fits(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=path.len()).any(|at| fits(rest, &path[at..])),
        (Some((first, rest)), Some((part, behind))) => glob::matches(first, part) && fits(rest, behind),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_fits_counts() {
        for (text, path, expected) in [
            ("vendor\n", "vendor/modules.txt", true),
            ("/vendor/\n", "vendor/modules.txt", true),
            ("# vendor\n\n", "vendor/modules.txt", false),
            ("*/vendor\n", "vendor/modules.txt", false),
            ("**/vendor\n", "vendor/modules.txt", true),
            ("**/modules.txt\n", "vendor/modules.txt", true),
            ("*\n!vendor\n!go.*\n", "vendor/modules.txt", false),
            ("*\n!vendor\n!go.mod\n", "go.sum", true),
            ("vendor\n!vendor\n", "vendor/modules.txt", false),
            ("go.s?m\n", "go.sum", true),
            ("sub/go.sum\n", "go.sum", false),
        ] {
            assert_eq!(is_ignored(text, path), expected, "{text:?} {path}");
        }
        let long = "**/".repeat(200_000);
        assert!(is_ignored(&format!("{long}go.sum"), "go.sum"));
        assert!(!is_ignored(&format!("{long}go.mod"), "go.sum"));
    }
}
