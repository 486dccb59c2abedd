//! The hash of a module's contents, computed from the bytes by streaming them (golang.org/x/mod/sumdb/dirhash, golang.org/x/mod/zip).

use super::store::{Form, Store};
use crate::hashed::HashMap;
use assize_delivery::{EntryKind, Member, MemberKind, Twin};
use assize_facts::{Digest, Reason, Sha256, reason};
use assize_golang::fold::to_fold;
use assize_golang::module::{Module, check_file_path};
use assize_golang::sum::{TreeHash, TreeHashError, go_mod_h1};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher, Hash, Hasher};
use std::io::Read;

/// The Go command refuses larger module zips and contents (golang.org/x/mod/zip `MaxZipFile`).
const LARGEST: u64 = 500 << 20;

/// SHA-256 by path inside the module.
pub(super) type Files = BTreeMap<String, [u8; 32]>;

/// What came of hashing.
#[derive(Clone)]
pub(super) enum Hashed {
    Sum {
        h1: String,
        /// Empty for a go.mod, and where nobody asks.
        files: Files,
    },
    /// The contents are none that a module can have; the Go command would refuse them, or readers would differ on them.
    Mistake(String),
    /// They could not be seen.
    Unseen(Reason),
}

impl Hashed {
    /// The same without its files: of a large graph they are most of what there is to keep.
    pub fn bare(&self) -> Hashed {
        match self {
            Hashed::Sum { h1, .. } => Hashed::Sum { h1: h1.clone(), files: Files::new() },
            Hashed::Mistake(_) | Hashed::Unseen(_) => self.clone(),
        }
    }
}

/// Hashes one form of a module's contents.
pub(super) fn hash(store: &Store, module: &Module, form: &Form) -> Hashed {
    match form {
        Form::Zip(path) => zip(store, module, path, None),
        Form::Folder(path) => folder(store, module, path),
        Form::GoMod(path) => match store.delivery.read(path) {
            Ok(bytes) => Hashed::Sum { h1: go_mod_h1(&bytes), files: Files::new() },
            Err(reason) => Hashed::Unseen(reason),
        },
    }
}

/// Hashes all forms of a module's contents that a store has. A file that is the same in the zip and in the folder extracted from it is
/// hashed once.
pub(super) fn hash_all(store: &Store, module: &Module, forms: &[Form]) -> Vec<Hashed> {
    let extracted = forms.iter().find_map(|form| match form {
        Form::Folder(path) => Some(path.as_str()),
        _ => None,
    });
    let one = |form: &Form| match form {
        Form::Zip(path) => zip(store, module, path, extracted),
        _ => hash(store, module, form),
    };
    forms.iter().map(one).collect()
}

/// Names of files and of the folders that they lie in, without regard to case (golang.org/x/mod/zip `collisionChecker`). Of each no more is
/// kept than hashes that nobody outside of this run can aim at: a name may be deep, and each of its folders is a name.
#[derive(Default)]
struct Names {
    state: RandomState,
    /// By the folded name: the name as it is, and whether it is a folder's.
    known: HashMap<u64, (u64, bool)>,
}

impl Names {
    /// The error says why the name cannot stand beside those that are there already.
    fn add(&mut self, path: &str) -> Result<(), &'static str> {
        let (mut folded, mut plain) = (self.state.build_hasher(), self.state.build_hasher());
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let is_folder = parts.peek().is_some();
            (to_fold(part), '/').hash(&mut folded);
            (part, '/').hash(&mut plain);
            let own = (plain.finish(), is_folder);
            match self.known.entry(folded.finish()) {
                Entry::Vacant(free) => drop(free.insert(own)),
                Entry::Occupied(known) if is_folder && *known.get() == own => {}
                Entry::Occupied(known) if known.get().0 == own.0 => {
                    return Err("is there twice, or as a file and as a folder");
                }
                Entry::Occupied(_) => return Err("differs from another name in case alone"),
            }
        }
        Ok(())
    }
}

/// Checks names as they come, and hashes.
struct Tree {
    prefix: String,
    hash: TreeHash,
    files: Files,
    names: Names,
    size: u64,
}

impl Tree {
    fn new(module: &Module) -> Tree {
        Tree {
            prefix: format!("{}@{}/", module.path, module.version),
            hash: TreeHash::new(),
            files: Files::new(),
            names: Names::default(),
            size: 0,
        }
    }

    /// The path inside the module, by the rules for module zips (`checkZip`).
    fn inner<'a>(&mut self, name: &'a str) -> Result<&'a str, String> {
        let Some(inner) = name.strip_prefix(&self.prefix) else {
            return Err(format!("{name} lies outside {}", self.prefix));
        };
        check_file_path(inner).map_err(|why| format!("{name}: {why}"))?;
        self.names.add(inner).map_err(|why| format!("{name} {why}"))?;
        let last = inner.rsplit('/').next().unwrap_or(inner);
        if last.eq_ignore_ascii_case("go.mod") && inner != "go.mod" {
            return Err(format!("{name}: a go.mod that is not the module's own"));
        }
        Ok(inner)
    }

    fn add(&mut self, name: &str, inner: &str, sha256: [u8; 32]) {
        self.hash.add(name, sha256);
        self.files.insert(inner.into(), sha256);
    }

    fn finish(self) -> Hashed {
        if self.hash.is_empty() {
            return Hashed::Mistake("it holds no file".into());
        }
        match self.hash.h1() {
            Ok(h1) => Hashed::Sum { h1, files: self.files },
            Err(TreeHashError::Duplicate) => Hashed::Mistake("a name is there twice".into()),
            Err(TreeHashError::NewLine) => Hashed::Mistake("a name holds a line break".into()),
        }
    }
}

fn zip(store: &Store, module: &Module, path: &str, extracted: Option<&str>) -> Hashed {
    if store.delivery.entry(path).is_some_and(|e| e.size > LARGEST) {
        return Hashed::Mistake(format!("larger than {LARGEST} bytes"));
    }
    let mut tree = Tree::new(module);
    let mut mistake = None;
    let twin = |inner: &str| {
        let entry = store.delivery.entry(&format!("{}{inner}", extracted?))?;
        store.delivery.twin(entry)
    };
    let read = store.delivery.members(path, &mut |member, content| match zipped(&mut tree, member, content, &twin)? {
        Ok(()) => Ok(()),
        Err(why) => {
            mistake = Some(why.clone());
            Err(reason!("contents-not-authentic", module = module))
        }
    });
    match (mistake, read) {
        (Some(why), _) => Hashed::Mistake(why),
        (None, Err(reason)) => Hashed::Unseen(reason),
        (None, Ok(gaps)) => match gaps.into_iter().next() {
            Some(gap) if gap.code == "archive-duplicate" => Hashed::Mistake("a name is there twice".into()),
            Some(gap) => Hashed::Unseen(gap),
            None => tree.finish(),
        },
    }
}

/// One member, and the extracted file of its name; the inner error says why the zip is none of a module.
fn zipped<'d>(
    tree: &mut Tree,
    member: &Member,
    content: &mut dyn Read,
    twin: &dyn Fn(&str) -> Option<Twin<'d>>,
) -> Result<Result<(), String>, Reason> {
    let name = member.name.as_str();
    match &member.kind {
        MemberKind::File => {}
        MemberKind::Folder => {
            // dirhash takes a folder's entry for an empty file of that name.
            tree.hash.add(name, Sha256::new().bytes());
            return Ok(Ok(()));
        }
        MemberKind::Link(_) | MemberKind::HardLink(_) | MemberKind::Special(_) => {
            return Ok(Err(format!("{name} is no regular file")));
        }
    }
    let inner = match tree.inner(name) {
        Ok(inner) => inner.to_string(),
        Err(why) => return Ok(Err(why)),
    };
    let mut twin = twin(&inner);
    let read = stream(content, LARGEST - tree.size, |piece| {
        if let Some(twin) = &mut twin {
            twin.update(piece);
        }
    });
    let sha256 = match read {
        Ok((sha256, size)) => {
            tree.size += size;
            sha256
        }
        Err(Stopped::TooLarge) => return Ok(Err(format!("unpacks to more than {LARGEST} bytes"))),
        Err(Stopped::Unread(error)) => return Err(damaged(name, &error)),
    };
    if let Some(twin) = twin {
        twin.end(&Digest::sha256(sha256))?;
    }
    tree.add(name, &inner, sha256);
    Ok(Ok(()))
}

fn damaged(name: &str, error: &std::io::Error) -> Reason {
    reason!("archive-damaged", detail = format!("{name}: {error}"))
}

enum Stopped {
    TooLarge,
    Unread(std::io::Error),
}

thread_local! {
    /// One for all members that a thread hashes.
    static CHUNK: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 << 10]);
}

/// SHA-256 and size of what a reader gives; `look` sees it too.
fn stream(content: &mut dyn Read, most: u64, look: impl FnMut(&[u8])) -> Result<([u8; 32], u64), Stopped> {
    CHUNK.with_borrow_mut(|chunk| hashed(content, most, chunk, look))
}

fn hashed(
    content: &mut dyn Read,
    most: u64,
    chunk: &mut [u8],
    mut look: impl FnMut(&[u8]),
) -> Result<([u8; 32], u64), Stopped> {
    let mut hash = Sha256::new();
    let mut size = 0u64;
    loop {
        match content.read(chunk) {
            Ok(0) => return Ok((hash.bytes(), size)),
            Ok(n) => {
                size += n as u64;
                if size > most {
                    return Err(Stopped::TooLarge);
                }
                hash.update(&chunk[..n]);
                look(&chunk[..n]);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Stopped::Unread(error)),
        }
    }
}

fn folder(store: &Store, module: &Module, path: &str) -> Hashed {
    let mut tree = Tree::new(module);
    for entry in store.delivery.under(path) {
        let inner = &entry.path[path.len()..];
        let name = format!("{}{inner}", tree.prefix);
        if entry.kind != EntryKind::File {
            return Hashed::Mistake(format!("{inner} is no regular file"));
        }
        tree.size += entry.size;
        if tree.size > LARGEST {
            return Hashed::Mistake(format!("larger than {LARGEST} bytes"));
        }
        if let Err(why) = tree.inner(&name) {
            return Hashed::Mistake(why);
        }
        match store.delivery.digest_of(entry) {
            Ok(digest) => match raw(&digest) {
                Some(sha256) => tree.add(&name, inner, sha256),
                None => return Hashed::Unseen(reason!("file-unreadable", path = &entry.path, detail = "digest")),
            },
            Err(reason) => return Hashed::Unseen(reason),
        }
    }
    tree.finish()
}

/// The bytes of a digest in its recorded form.
pub(super) fn raw(digest: &Digest) -> Option<[u8; 32]> {
    let hex = digest.0.strip_prefix("sha256:")?.as_bytes();
    let mut out = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(hex.chunks(2)) {
        let digit = |b: u8| char::from(b).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(out)
}

/// As much of a file as any honest head comment takes.
pub(super) fn beginning(content: &mut dyn Read) -> Result<Vec<u8>, Reason> {
    const LONGEST: u64 = 1 << 20;
    let mut bytes = Vec::new();
    let read = content.take(LONGEST).read_to_end(&mut bytes);
    read.map_err(|error| reason!("archive-damaged", detail = error))?;
    Ok(bytes)
}
