//! What is known of the builds besides their declaration, once all of the program is read: what is missing beside them, and what build files decide.

use super::config::with_tags;
use super::program::Program;
use assize_facts::{Gap, reason};
use std::collections::BTreeSet;

impl Program<'_> {
    /// Takes in what is missing beside the builds.
    pub fn lack(&mut self, gaps: Vec<Gap>) {
        self.lacks.extend(gaps.iter().cloned());
        self.gaps.extend(gaps);
    }

    /// Takes in that whatever builds a delivered program switches cgo off, where that is not declared otherwise.
    pub fn switch_cgo_off(&mut self) {
        let open: Vec<bool> = self.configs.iter().map(|config| config.cgo.is_none()).collect();
        if !open.contains(&true) {
            return;
        }
        self.configs.iter_mut().for_each(|config| config.cgo = config.cgo.or(Some(false)));
        self.builds.retain(|build| !(build.cgo && open[build.config]));
        self.gaps = self.lacks.clone();
        self.packages.clear();
        self.by_folder.clear();
        self.conclude();
    }

    /// Takes in tags that build files set for a delivered program (`-tags`) and nobody declared: what only they bring into the build may be in it.
    pub fn widen(&mut self, tags: &BTreeSet<String>, private: &[String]) {
        // Each is a build of its own; nobody has as many.
        const MOST: usize = 16;
        if let Some(tags) = tags.iter().nth(MOST) {
            self.gaps.push(Gap { reason: reason!("tags-too-many", tags = tags), place: String::new(), owner: None });
        }
        let declared = self.configs.clone();
        for config in tags.iter().take(MOST).flat_map(|tags| with_tags(&declared, tags)) {
            self.configs.push(config);
            self.config(self.configs.len() - 1, private);
        }
        if self.configs.len() > declared.len() {
            self.packages.clear();
            self.conclude();
        }
    }
}
