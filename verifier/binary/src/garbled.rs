//! Whether the names of a program's functions look garbled: the rule of gobin (0.6, `GoBinary::obfuscation`), over names that are read anyway.
//!
//! The library decodes every table of every function before it looks at the name, which takes longer than all the rest.

use gobin::metadata::is_internal_path;
use std::collections::BTreeSet;

/// The packages of a program's functions as the library tells them, less those of the runtime and such.
#[derive(Default)]
pub struct Packages<'n> {
    all: BTreeSet<&'n str>,
    /// Functions of a package stand together.
    last: &'n str,
}

impl<'n> Packages<'n> {
    pub fn add(&mut self, name: &'n [u8]) {
        if self.is_of_last(name) {
            return;
        }
        let Ok(name) = std::str::from_utf8(name) else { return };
        let Some(package) = package(name).filter(|package| *package != self.last) else { return };
        self.last = package;
        if !name.starts_with("runtime.") && !is_internal_path(package) {
            self.all.insert(package);
        }
    }

    /// Whether a look at the beginning already tells that it is of the last package.
    fn is_of_last(&self, name: &[u8]) -> bool {
        let behind = name.strip_prefix(self.last.as_bytes()).and_then(|rest| rest.strip_prefix(b"."));
        // A version is a part of the package, and a slash begins another path.
        behind.is_some_and(|rest| !self.last.is_empty() && !rest.starts_with(b"v") && !rest.contains(&b'/'))
    }

    /// With those of other functions.
    pub fn join(&mut self, others: Packages<'n>) {
        self.all.extend(others.all);
    }

    /// Whether one in five or more looks like a name that garble makes.
    pub fn look_garbled(&self) -> bool {
        let garbled = self.all.iter().filter(|package| is_token(package)).count();
        !self.all.is_empty() && garbled as f32 / self.all.len() as f32 >= 0.2
    }
}

/// Up to the first dot behind the last slash, and a version behind it (`gopkg.in/yaml.v3`).
fn package(name: &str) -> Option<&str> {
    let from = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = from + name[from..].find('.')?;
    let Some(rest) = name[dot + 1..].strip_prefix('v') else { return Some(&name[..dot]) };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let versioned = digits > 0 && rest.as_bytes().get(digits) == Some(&b'.');
    Some(&name[..if versioned { dot + 2 + digits } else { dot }])
}

fn is_token(package: &str) -> bool {
    let plain = package.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    plain && (8..=16).contains(&package.len()) && package.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_looks_garbled_where_many_packages_have_such_names() {
        let look = |names: &[&str]| {
            let mut packages = Packages::default();
            names.iter().for_each(|name| packages.add(name.as_bytes()));
            packages.look_garbled()
        };
        assert!(!look(&[]));
        assert!(!look(&["runtime.main", "internal/abi.F", "vendor/x.F", "type:.eq.x"]));
        assert!(!look(&["main.main", "net/http.Serve", "example.com/a1b2c3d4.F"]));
        assert!(look(&["main.main", "net/http.Serve", "os.Open", "io.Copy", "aB3dE6gH.F"]));
        assert!(!look(&["a.main", "a.b", "a.b/c.D", "a.b/d.E", "a.b/e.F", "aB3dE6gH.F", "a.b/f.G"]));
        assert!(!look(&["main.main", "net/http.Serve", "os.Open", "io.Copy", "a.F", "aB3dE6gH.F"]));
        assert!(!look(&["main.main", "abcdefgh.F", "a1.F", "a1b2c3d4e5f6g7h8i.F", "aB3-E6gH.F"]));
    }

    #[test]
    fn packages_end_where_the_library_ends_them() {
        for (name, wanted) in [
            ("main.main", Some("main")),
            ("github.com/a/b.(*C).D", Some("github.com/a/b")),
            ("gopkg.in/yaml.v3.Marshal", Some("gopkg.in/yaml.v3")),
            ("gopkg.in/yaml.v3x.Marshal", Some("gopkg.in/yaml")),
            ("a.v.b", Some("a")),
            ("memeqbody", None),
        ] {
            assert_eq!(package(name), wanted, "{name}");
        }
    }
}
