//! The pack that the report stands in: its exhibits and other files, each with its digest, and how anyone checks them.

use super::Page;
use super::writer::Html;
use crate::case::KeptFile;

/// Where raw observations lie in a pack.
const EXHIBITS: &str = "exhibits/";

impl Page<'_> {
    pub(super) fn evidence(&self, h: &mut Html) {
        self.section(h, "evidence", "chapter-evidence", |h| {
            let Some(kept) = self.case.kept else {
                h.leaf("p", &[], &self.say("not-kept", &[]));
                return;
            };
            h.el("p", &[], |h| {
                h.text(&self.say("evidence-manifest", &[]));
                h.text(" ");
                h.leaf("code", &[], &kept.digest);
            });
            h.leaf("p", &[], &self.say("evidence-check", &[]));
            let (exhibits, others): (Vec<_>, Vec<_>) = kept.files.iter().partition(|f| f.path.starts_with(EXHIBITS));
            self.files(h, "evidence-exhibits", &exhibits);
            self.files(h, "evidence-files", &others);
        });
    }

    fn files(&self, h: &mut Html, key: &str, files: &[&KeptFile]) {
        if files.is_empty() {
            return;
        }
        let label = self.say(key, &[("count", &files.len().to_string())]);
        h.el("details", &[], |h| {
            h.leaf("summary", &[], &label);
            h.block("table", &[("class", "files"), ("aria-label", &label)], |h| {
                h.el("thead", &[], |h| {
                    h.el("tr", &[], |h| {
                        for key in ["column-file", "column-bytes", "column-digest"] {
                            h.leaf("th", &[("scope", "col")], &self.say(key, &[]));
                        }
                    });
                });
                h.el("tbody", &[], |h| {
                    for file in files {
                        let id = self.file(&file.path).map(|(id, _)| id).unwrap_or_default();
                        h.block("tr", &[("id", &id)], |h| {
                            h.el("th", &[("scope", "row")], |h| h.leaf("code", &[], &file.path));
                            h.leaf("td", &[], &file.size.to_string());
                            h.el("td", &[], |h| h.leaf("code", &[], &file.digest));
                        });
                    }
                });
            });
        });
    }

    /// The anchor of a file of the pack, with the file; none where the pack does not have it.
    fn file(&self, path: &str) -> Option<(String, &KeptFile)> {
        let index = *self.files.get(path)?;
        Some((self.id(&format!("file-{}", index + 1)), self.case.kept?.files.get(index)?))
    }

    /// A file of the pack that shows something, with its digest; the text stands for it where the pack does not have it.
    pub(super) fn exhibit(&self, h: &mut Html, path: &str, text: &str) {
        match self.file(path) {
            None => h.leaf("code", &[], text),
            Some((id, file)) => {
                h.el("a", &[("href", &format!("#{id}"))], |h| h.leaf("code", &[], text));
                h.text(" ");
                h.leaf("code", &[], &short(&file.digest));
            }
        }
    }
}

/// So much of a digest as tells files of one pack apart; the table has the whole of it.
fn short(digest: &str) -> String {
    let end = digest.char_indices().nth(19).map_or(digest.len(), |(at, _)| at);
    format!("{}…", &digest[..end])
}
