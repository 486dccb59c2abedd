//! Folders and files that words of the shell mean.

use super::delivered::normal;
use super::state::Shell;

impl Shell {
    /// The folder that a path means, relative to the source root. `script` is the folder of the script that names it.
    pub fn path(&self, text: &str, script: &str) -> Option<String> {
        let text = text.trim().trim_matches('"');
        if let Some(inner) = text.strip_prefix("$(") {
            let end = closing(inner)?;
            let base = self.command_path(&inner[..end], script)?;
            return Some(normal(&format!("{base}/{}", &inner[end + 1..])));
        }
        for own in ["${0%/*}", "${BASH_SOURCE%/*}", "${BASH_SOURCE[0]%/*}", "$SCRIPT_DIR", "${SCRIPT_DIR}"] {
            if let Some(rest) = text.strip_prefix(own) {
                return Some(normal(&format!("{script}/{rest}")));
            }
        }
        for root in ["$PWD", "${PWD}"] {
            if let Some(rest) = text.strip_prefix(root) {
                return Some(normal(&format!("{}/{rest}", self.folder()?)));
            }
        }
        for root in ["$GITHUB_WORKSPACE", "${GITHUB_WORKSPACE}", "$CI_PROJECT_DIR", "${CI_PROJECT_DIR}"] {
            if let Some(rest) = text.strip_prefix(root) {
                return Some(normal(rest));
            }
        }
        if text.starts_with(['/', '~', '-']) || text.contains('$') || text.is_empty() {
            return None;
        }
        Some(normal(&format!("{}/{text}", self.folder()?)))
    }

    /// `cd X && pwd`, `dirname "$0"`, `git rev-parse --show-toplevel`: what the usual ones print.
    fn command_path(&self, command: &str, script: &str) -> Option<String> {
        let words = super::shell::words(command);
        let last = words.last()?;
        let own = |word: &str| word.contains("$0") || word.contains("BASH_SOURCE") || word.contains("${0");
        match words.first()?.as_str() {
            "git" if command.contains("--show-toplevel") => Some(String::new()),
            "pwd" => self.folder().map(str::to_owned),
            "cd" => self.path(words.iter().skip(1).find(|w| !w.starts_with('-'))?, script),
            "dirname" if own(last) && !last.starts_with("$(") => Some(script.to_owned()),
            // `dirname "$(readlink -f "$0")"`
            "dirname" if own(last) && !last.contains("dirname") => Some(script.to_owned()),
            "dirname" => Some(super::library::folder(&self.path(last, script)?).to_owned()),
            "realpath" | "readlink" if own(last) => None,
            "realpath" | "readlink" => self.path(last, script),
            _ => None,
        }
    }
}

/// Where the bracket closes that was opened before this text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}
