//! Where fields and methods are selected (`x.name`), told by the bytes of files before anything of them is parsed.

use super::names::Place;
use crate::build::FileId;
use crate::go::outline::Decl;

/// Names that stand in more declarations are not followed.
pub(super) const MOST: usize = 200;

/// The declarations in which names are selected, of all names of some files: in their order, most of them once.
#[derive(Default)]
pub(crate) struct Selections {
    /// By a hash: where two share one, somebody looks at declarations in vain.
    names: Vec<u32>,
    /// Of each.
    decls: Vec<u32>,
    /// The files, and how many names there are up to the end of each.
    files: Vec<(FileId, usize)>,
}

impl Selections {
    /// `read` gives a file's bytes and its declarations.
    pub fn of<'o, B: AsRef<[u8]>>(files: &[FileId], read: impl Fn(FileId) -> Option<(B, &'o [Decl])>) -> Selections {
        const MET: usize = 1 << 10;
        let mut all = Selections::default();
        // Names that came last, and in which declaration: one that is selected again and again is told once.
        let (mut met, mut round) = (vec![(0, 0_u32); MET], 0);
        // By one thread: who waits for this while it is made may hold up work that would be shared out here.
        for file in files {
            let Some((bytes, decls)) = read(*file) else { continue };
            let mut last = None;
            for (decl, name) in selectors(bytes.as_ref(), decls) {
                round += u32::from(last.replace(decl) != Some(decl));
                let now = (hash(name), round);
                let slot = &mut met[now.0 as usize % MET];
                if std::mem::replace(slot, now) != now {
                    all.names.push(now.0);
                    all.decls.push(decl as u32);
                }
            }
            all.files.push((*file, all.names.len()));
        }
        all
    }

    /// Those in some of the files; `None` where they are too many.
    pub fn places(&self, name: &str, among: impl Fn(FileId) -> bool) -> Option<Vec<Place>> {
        let name = hash(name.as_bytes());
        let mut places: Vec<Place> = Vec::new();
        for (at, _) in self.names.iter().enumerate().filter(|(_, known)| **known == name) {
            let (file, _) = self.files[self.files.partition_point(|(_, end)| *end <= at)];
            if !among(file) {
                continue;
            }
            let place = Place { file, decl: self.decls[at] as usize };
            if places.last() != Some(&place) {
                places.push(place);
            }
            if places.len() > MOST {
                return None;
            }
        }
        Some(places)
    }
}

/// Eight bytes at a time.
fn hash(name: &[u8]) -> u32 {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let mix = |hash: u64, bytes: &[u8]| (hash ^ number(bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let hash = name.chunks(8).fold(name.len() as u64, mix);
    (hash ^ hash >> 32) as u32
}

/// Names behind a dot, each with the declaration in which it stands.
pub(super) fn selectors<'b>(bytes: &'b [u8], decls: &[Decl]) -> impl Iterator<Item = (usize, &'b [u8])> {
    let mut decl = 0;
    memchr::memchr_iter(b'.', bytes).filter_map(move |dot| {
        while decls.get(decl)?.end <= dot {
            decl += 1;
        }
        let name = name_at(bytes.get(dot + 1..)?);
        (decls[decl].start <= dot && !name.is_empty()).then_some((decl, name))
    })
}

/// The name that follows, white space and comments passed by (spec, "Tokens").
fn name_at(mut rest: &[u8]) -> &[u8] {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    while !rest.first().is_some_and(is_letter) {
        let blank = rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len());
        rest = &rest[blank..];
        let (from, end): (usize, &[u8]) = match rest {
            [b'/', b'/', ..] => (2, b"\n"),
            [b'/', b'*', ..] => (2, b"*/"),
            _ => break,
        };
        let Some(at) = memchr::memmem::find(&rest[from..], end) else { return &[] };
        rest = &rest[from + at + end.len()..];
    }
    let len = rest.iter().position(|byte| !is_letter(byte)).unwrap_or(rest.len());
    &rest[..len]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::outline::outline;

    #[test]
    fn names_are_found_behind_their_dots_whatever_stands_between() {
        let text = "package p\n\nvar a = x.One\n\nfunc f() {\n\ty.\n\t\tTwo(z./* not Four */Three)\n\tx. // Five\n\tSix()\n\tv.Größe()\n\t_ = 1.5\n\tw.\n}\n\nfunc g() { x.One() }\n";
        let decls = outline(text.as_bytes(), |_| 0).decls;
        let found: Vec<(usize, &str)> = selectors(text.as_bytes(), &decls)
            .map(|(decl, name)| (decl, std::str::from_utf8(name).expect("a name")))
            .collect();
        assert_eq!(found, [(0, "One"), (1, "Two"), (1, "Three"), (1, "Six"), (1, "Größe"), (1, "5"), (2, "One")]);
        let files = [FileId(3), FileId(4)];
        let all = Selections::of(&files, |_| Some((text, &decls[..])));
        let places = |name: &str| {
            all.places(name, |_| true).map(|places| places.iter().map(|p| (p.file.0, p.decl)).collect::<Vec<_>>())
        };
        assert_eq!(places("One"), Some(vec![(3, 0), (3, 2), (4, 0), (4, 2)]));
        assert_eq!((places("Six"), places("Seven")), (Some(vec![(3, 1), (4, 1)]), Some(vec![])));
        assert_eq!(all.places("Six", |file| file.0 == 4).map(|places| places.len()), Some(1));
        let many: Vec<FileId> = (0..=MOST as u32).map(FileId).collect();
        let all = Selections::of(&many, |_| Some((text, &decls[..])));
        assert!(all.places("Six", |_| true).is_none() && all.places("Seven", |_| true).is_some());
        assert!(all.places("Six", |file| file.0 > 0).is_some());
    }
}
