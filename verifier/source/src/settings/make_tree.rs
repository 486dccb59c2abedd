//! What makefiles see of the tree: the files that they take in, and the names that patterns mean (GNU make, 3.3 and 4.4).

use super::delivered::normal;
use super::library::{Library, folder};
use assize_golang::glob;
use std::rc::Rc;

pub(super) struct Tree<'l> {
    library: &'l Library<'l>,
    /// Of the makefile that make is called with.
    path: String,
}

impl<'l> Tree<'l> {
    pub fn new(library: &'l Library<'l>, path: &str) -> Tree<'l> {
        Tree { library, path: path.into() }
    }

    /// Counts so much of what is followed; whether anyone should go on.
    pub fn follow(&self, amount: usize) -> bool {
        self.library.follow(amount)
    }

    /// The makefile's own name, as make has it in its folder.
    pub fn own_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The file that a name means, and its text.
    pub fn find(&self, name: &str) -> Option<(String, Rc<str>)> {
        self.library.find(&[folder(&self.path), ""], name)
    }

    /// Whether a target is a file that was delivered.
    pub fn has(&self, target: &str) -> bool {
        self.library.paths.contains(&normal(&format!("{}/{target}", folder(&self.path))))
    }

    /// The files and folders that a pattern means, spelled as it spells them; from the root where it goes up.
    pub fn matching(&self, pattern: &str) -> Vec<String> {
        if pattern.contains('$') || pattern.starts_with('/') {
            return vec![];
        }
        let below = |base: &&str| {
            let whole = normal(&format!("{base}/{pattern}"));
            let spelled = |path: &String| match path.strip_prefix(*base).map(|rest| rest.trim_start_matches('/')) {
                Some(rest) if !pattern.contains("..") && pattern.starts_with("./") => format!("./{rest}"),
                Some(rest) if !pattern.contains("..") => rest.to_owned(),
                _ => format!("/{path}"),
            };
            self.matching_whole(&whole).iter().map(spelled).collect::<Vec<_>>()
        };
        [folder(&self.path), ""].iter().map(below).find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn matching_whole(&self, pattern: &str) -> Rc<Vec<String>> {
        if let Some(found) = self.library.matching.borrow().get(pattern) {
            return found.clone();
        }
        let found = Rc::new(self.sought(pattern));
        self.library.matching.borrow_mut().insert(pattern.to_owned(), found.clone());
        found
    }

    fn sought(&self, pattern: &str) -> Vec<String> {
        let elements = pattern.split('/').count();
        let literal = pattern.find(['*', '?', '[', '\\']).unwrap_or(pattern.len());
        let start = &pattern[..pattern[..literal].rfind('/').map_or(0, |end| end + 1)];
        let mut found: Vec<String> = Vec::new();
        for path in self.library.paths.range(start.to_owned()..).take_while(|path| path.starts_with(start)) {
            let end = path.match_indices('/').nth(elements - 1).map_or(path.len(), |(at, _)| at);
            let cut = &path[..end];
            if found.last().is_none_or(|last| last != cut) && glob::matches(pattern, cut) {
                found.push(cut.to_owned());
            }
        }
        found
    }
}
