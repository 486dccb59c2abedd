//! Where fields and methods are selected (`x.name`), told by the bytes of files before anything of them is parsed.

use super::names::Place;
use crate::build::FileId;
use crate::go::outline::Decl;

/// Names that stand in more declarations are not followed.
pub(super) const MOST: usize = 200;

/// The declarations in which names are selected, of all names of some files.
pub(crate) struct Selections(Vec<Row>);

/// Names by a hash: where two share one, somebody looks at declarations in vain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    name: u32,
    file: FileId,
    decl: u32,
}

impl Selections {
    /// `read` gives a file's bytes and its declarations.
    pub fn of<'o, B: AsRef<[u8]>>(files: &[FileId], read: impl Fn(FileId) -> Option<(B, &'o [Decl])>) -> Selections {
        let of_file = |file: &FileId| {
            let Some((bytes, decls)) = read(*file) else { return Vec::new() };
            let row = |(decl, name): (usize, &[u8])| Row { name: hash(name), file: *file, decl: decl as u32 };
            let mut rows: Vec<Row> = selectors(bytes.as_ref(), decls).map(row).collect();
            rows.sort_unstable();
            rows.dedup();
            rows
        };
        // By one thread: who waits for this while it is made may hold up work that would be shared out here.
        let mut rows: Vec<Row> = files.iter().flat_map(of_file).collect();
        rows.sort_unstable();
        // Of a name that stands everywhere it is enough to know that.
        let few = rows.chunk_by(|a, b| a.name == b.name).flat_map(|of_name| &of_name[..of_name.len().min(MOST + 1)]);
        Selections(few.copied().collect())
    }

    /// `None` where they are too many.
    pub fn places(&self, name: &str) -> Option<Vec<Place>> {
        let name = hash(name.as_bytes());
        let from = self.0.partition_point(|row| row.name < name);
        let rows = self.0[from..].iter().take_while(|row| row.name == name);
        let places: Vec<Place> = rows.map(|row| Place { file: row.file, decl: row.decl as usize }).collect();
        (places.len() <= MOST).then_some(places)
    }
}

/// FNV-1a.
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
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
    loop {
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
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
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
        let places =
            |name: &str| all.places(name).map(|places| places.iter().map(|p| (p.file.0, p.decl)).collect::<Vec<_>>());
        assert_eq!(places("One"), Some(vec![(3, 0), (3, 2), (4, 0), (4, 2)]));
        assert_eq!((places("Six"), places("Seven")), (Some(vec![(3, 1), (4, 1)]), Some(vec![])));
        let many: Vec<FileId> = (0..=MOST as u32).map(FileId).collect();
        let all = Selections::of(&many, |_| Some((text, &decls[..])));
        assert!(all.places("Six").is_none() && all.places("Seven").is_some());
    }
}
