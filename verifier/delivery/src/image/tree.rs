//! The file system that an image's layers make, one laid over the other (image-spec 1.1, layer.md): whiteouts, opaque folders, links among folders.

use crate::layer::{Content, Entry, Layer, What};
use assize_facts::{Reason, reason};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Links followed on the way to one file (Linux follows 40, path_resolution(7)).
const MOST_LINKS: u32 = 40;

#[derive(Clone)]
pub(crate) enum Node {
    Folder,
    Link(String),
    Special,
    File(Arc<Content>),
}

/// What stands at a path, and which layer brought it.
#[derive(Clone)]
pub(crate) struct Placed {
    pub node: Node,
    pub layer: usize,
}

/// A file that a higher layer deleted or replaced.
pub(crate) struct Hidden {
    pub path: String,
    pub layer: usize,
    pub content: Arc<Content>,
}

#[derive(Default)]
pub(crate) struct Tree {
    /// By path without a leading slash.
    pub nodes: BTreeMap<String, Placed>,
    pub hidden: Vec<Hidden>,
    pub gaps: Vec<Reason>,
}

const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

impl Tree {
    pub(crate) fn of<'a>(layers: impl Iterator<Item = &'a Layer>) -> Tree {
        let mut tree = Tree::default();
        for (number, layer) in layers.enumerate() {
            tree.apply(number, layer);
        }
        tree
    }

    /// What a layer takes away belongs to the layers below it, so that goes first, wherever it stands in the archive.
    fn apply(&mut self, number: usize, layer: &Layer) {
        for entry in &layer.entries {
            let (folder, name) = split(&entry.path);
            if names_nothing(name) {
                self.gaps.push(refused(number, entry, "it takes away what has no name"));
            } else if name == OPAQUE {
                if let Ok(folder) = self.resolve(folder, true) {
                    self.remove_below(&folder);
                }
            } else if let Some(name) = name.strip_prefix(WHITEOUT)
                && !name.starts_with(WHITEOUT)
                && let Ok(folder) = self.resolve(folder, true)
            {
                self.remove(&join(&folder, name));
            }
        }
        for entry in &layer.entries {
            match split(&entry.path).1.strip_prefix(WHITEOUT) {
                Some(name) => self.contradicts(number, entry, name),
                None => self.add(number, entry),
            }
        }
    }

    /// What one layer brings and then takes away, or something below it, is there for one runtime and not for another.
    fn contradicts(&mut self, number: usize, entry: &Entry, name: &str) {
        let brought = |path: &str| {
            let own = self.nodes.get(path).is_some_and(|placed| placed.layer == number);
            own || self.nodes.range(below(path)).any(|(_, placed)| placed.layer == number)
        };
        if self.resolve(split(&entry.path).0, true).is_ok_and(|folder| brought(&join(&folder, name))) {
            self.gaps.push(reason!("image-layer-contradicts", path = format!("/{}", entry.path), layer = number));
        }
    }

    fn add(&mut self, number: usize, entry: &Entry) {
        let (folder, name) = split(&entry.path);
        let refused = |detail: &str| refused(number, entry, detail);
        match (name, &entry.what) {
            // The root itself.
            ("", What::Folder) => return,
            ("", _) => return self.gaps.push(refused("it has no name")),
            _ => {}
        }
        let path = match self.resolve(folder, true) {
            Ok(folder) => join(&folder, name),
            Err(detail) => return self.gaps.push(refused(detail)),
        };
        let node = match &entry.what {
            What::Folder => Node::Folder,
            What::Link(target) => Node::Link(target.clone()),
            What::Special => Node::Special,
            What::File(content) => Node::File(Arc::new((**content).clone())),
            What::HardLink(target) => match self.resolve(target, false).ok().and_then(|t| self.nodes.get(&t)) {
                Some(placed) => placed.node.clone(),
                None => return self.gaps.push(refused("a hard link to what is not there")),
            },
        };
        if self.put(path, node, number) {
            self.gaps.push(refused("it is there twice"));
        }
    }

    /// Whether the same layer had brought something else there: another file, or the same with other rights.
    fn put(&mut self, path: String, node: Node, layer: usize) -> bool {
        let is_folder = |node: &Node| matches!(node, Node::Folder);
        let before = self.nodes.get(&path);
        let twice = before.is_some_and(|b| b.layer == layer && !is_same(&b.node, &node));
        if !is_folder(&node) || before.is_some_and(|b| !is_folder(&b.node)) {
            if !is_folder(&node) {
                self.remove_below(&path);
            }
            let same = |content: &Content| match (&node, &content.sha256) {
                (Node::File(new), Some(digest)) => new.sha256.as_ref() == Some(digest),
                _ => false,
            };
            if let Some(Placed { node: Node::File(old), layer }) = self.nodes.remove(&path)
                && !same(&old)
            {
                self.hide(path.clone(), layer, old);
            }
        }
        self.nodes.insert(path, Placed { node, layer });
        twice
    }

    fn remove(&mut self, path: &str) {
        self.remove_below(path);
        if let Some(Placed { node: Node::File(content), layer }) = self.nodes.remove(path) {
            self.hide(path.into(), layer, content);
        }
    }

    fn remove_below(&mut self, folder: &str) {
        let below: Vec<String> = match folder {
            "" => self.nodes.keys().cloned().collect(),
            _ => self.nodes.range(below(folder)).map(|(path, _)| path.clone()).collect(),
        };
        for path in below {
            if let Some(Placed { node: Node::File(content), layer }) = self.nodes.remove(&path) {
                self.hide(path, layer, content);
            }
        }
    }

    fn hide(&mut self, path: String, layer: usize, content: Arc<Content>) {
        if content.code || content.privileged() {
            self.hidden.push(Hidden { path, layer, content });
        }
    }

    /// The path behind all links among its folders, and behind its last part with `whole`.
    pub(crate) fn resolve(&self, path: &str, whole: bool) -> Result<String, &'static str> {
        self.resolve_past(path, whole, |_| false)
    }

    /// The same, where nothing may lead through some paths.
    fn resolve_past(&self, path: &str, whole: bool, is_closed: fn(&str) -> bool) -> Result<String, &'static str> {
        let mut todo: Vec<String> = parts(path);
        let (mut out, mut links) = (String::new(), 0);
        while let Some(part) = todo.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    up(&mut out);
                    continue;
                }
                _ if out.is_empty() => out.push_str(&part),
                _ => out.extend(["/", &part]),
            }
            if is_closed(&out) {
                return Err("a container has something else mounted there");
            }
            if todo.is_empty() && !whole {
                break;
            }
            match self.nodes.get(&out).map(|placed| &placed.node) {
                Some(Node::Link(target)) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err("links lead in a circle");
                    }
                    up(&mut out);
                    if target.starts_with('/') {
                        out.clear();
                    }
                    todo.extend(parts(target));
                }
                Some(Node::File(_) | Node::Special) if !todo.is_empty() => {
                    return Err("a file stands where a folder is wanted");
                }
                _ => {}
            }
        }
        Ok(out)
    }

    /// A file as a container sees it by its path, links followed: runtimes mount over some folders (runtime-spec 1.2, config-linux.md, Default
    /// Filesystems).
    pub(crate) fn file(&self, path: &str) -> Option<(String, &Arc<Content>)> {
        let is_mounted = |out: &str| matches!(out.split('/').next(), Some("proc" | "sys" | "dev"));
        let path = self.resolve_past(path, true, is_mounted).ok()?;
        match &self.nodes.get(&path)?.node {
            Node::File(content) => Some((path, content)),
            _ => None,
        }
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, usize, &Arc<Content>)> {
        self.nodes.iter().filter_map(|(path, placed)| match &placed.node {
            Node::File(content) => Some((path.as_str(), placed.layer, content)),
            _ => None,
        })
    }
}

fn is_same(a: &Node, b: &Node) -> bool {
    match (a, b) {
        (Node::Folder, Node::Folder) => true,
        (Node::Link(a), Node::Link(b)) => a == b,
        (Node::File(a), Node::File(b)) => {
            let rights = |content: &Content| (content.mode, content.capabilities);
            a.sha256.is_some() && a.sha256 == b.sha256 && rights(a) == rights(b)
        }
        _ => false,
    }
}

fn refused(layer: usize, entry: &Entry, detail: &str) -> Reason {
    reason!("image-entry-refused", path = format!("/{}", entry.path), layer = layer, detail = detail)
}

/// Everything that begins with a folder's path and a slash, which `0` follows.
fn below(folder: &str) -> Range<String> {
    format!("{folder}/")..format!("{folder}0")
}

/// Whiteouts of the folder itself or the one above it: some runtimes take that away, others refuse the layer.
fn names_nothing(whiteout: &str) -> bool {
    matches!(whiteout.strip_prefix(WHITEOUT), Some("" | "." | ".."))
}

/// To the folder above; the root's is the root.
fn up(path: &mut String) {
    path.truncate(path.rfind('/').unwrap_or_default());
}

/// Last part first.
fn parts(path: &str) -> Vec<String> {
    path.split('/').rev().map(str::to_string).collect()
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.into() } else { format!("{folder}/{name}") }
}
