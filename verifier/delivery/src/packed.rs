//! Members of a delivered zip that are read one by one, each by where it lies; and what the inventory says of bytes that it never met.

use crate::archive::{self, Packed};
use crate::delivery::Delivery;
use crate::examine::{self, Keep};
use crate::inventory;
use crate::store::Store;
use assize_facts::{Reason, Sheet, reason};

impl Delivery {
    /// The regular files in a zip, each with where it lies: no reader unpacks anything for that.
    pub fn packed(&self, path: &str) -> Result<Vec<(String, Packed)>, Reason> {
        archive::places_in_zip(self.store(path)?.whole(), self.limits())
    }

    /// A member of a zip, of at most `limits.text_file` bytes. The zip may be another by now: who knows the member's hash compares it.
    pub fn unpacked(&self, path: &str, place: &Packed) -> Result<Vec<u8>, Reason> {
        let limit = self.limits().text_file;
        let too_large = |size: u64| reason!("file-too-large", path = path, size = size, limit = limit);
        if place.size() > limit {
            return Err(too_large(place.size()));
        }
        let bytes = archive::unpacked_from_zip(self.store(path)?.whole(), place, limit)?;
        if bytes.len() as u64 > limit { Err(too_large(bytes.len() as u64)) } else { Ok(bytes) }
    }

    /// The lines that the inventory would have on a file of these bytes and on what is inside of it.
    pub fn look_at(&self, shown: &str, bytes: Vec<u8>) -> Sheet {
        let budget = self.budget();
        let look = |store: &Store| examine::examine(store, shown, 0, &budget, Keep::default(), self.texts(), None);
        let (_, found) = Store::over(bytes, look);
        inventory::lines(self, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::zip_of;
    use crate::exe::tests::elf_of;
    use assize_facts::Limits;

    #[test]
    fn members_of_a_zip_are_read_one_by_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (long, longer) = ("x".repeat(3 << 20), "y".repeat(5 << 20));
        let zip = zip_of(&[("a/b", b"one"), ("long", long.as_bytes()), ("longer", longer.as_bytes()), ("none", b"")]);
        std::fs::write(folder.path().join("a.zip"), zip).expect("a file");
        std::fs::write(folder.path().join("b.zip"), "PK").expect("a file");
        let limits = Limits { text_file: 4 << 20, ..Limits::default() };
        let delivery = Delivery::open_beside(folder.path(), limits).expect("opened");
        let places = delivery.packed("a.zip").expect("a zip");
        let of =
            |name: &str| places.iter().find(|(n, _)| n == name).map(|(_, place)| delivery.unpacked("a.zip", place));
        assert_eq!(of("a/b"), Some(Ok(b"one".to_vec())));
        assert_eq!(of("none"), Some(Ok(Vec::new())));
        assert_eq!(of("long"), Some(Ok(long.into_bytes())));
        assert_eq!(of("longer").expect("named").expect_err("too large").code, "file-too-large");
        assert_eq!(delivery.packed("b.zip").expect_err("no zip").code, "archive-damaged");
    }

    #[test]
    fn bytes_are_looked_at_as_the_inventory_looks_at_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let delivery = Delivery::open_beside(folder.path(), Limits::default()).expect("opened");
        let inner = zip_of(&[("tool", &elf_of(b"code"))]);
        let lines = |bytes: Vec<u8>| -> Vec<String> {
            let sheet = delivery.look_at("m.zip!m@v1/data", bytes);
            sheet.items.iter().map(|i| format!("{:?} {:?}", i.text("path"), i.text("format"))).collect()
        };
        assert_eq!(lines(b"words".to_vec()), [r#"Some("m.zip!m@v1/data") Some("text")"#]);
        let found = [r#"Some("m.zip!m@v1/data") Some("zip")"#, r#"Some("m.zip!m@v1/data!tool") Some("elf")"#];
        assert_eq!(lines(inner), found);
    }
}
