//! Names as the Go linker writes them into a program: package paths, functions, and what belongs to the standard library.

/// Takes type arguments and calling-convention marks off a name: `(*Set[go.shape.int]).Add` is `(*Set).Add`, `F.abi0` is `F`.
pub fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut depth = 0_usize;
    for c in name.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    for mark in [".abi0", ".abiinternal"] {
        if let Some(rest) = out.strip_suffix(mark) {
            out = rest.to_owned();
        }
    }
    // A trampoline to a far function: `F+0-tramp0` (cmd/link, arm and ppc64).
    match out.find('+') {
        Some(plus) if out[plus..].contains("-tramp") => out[..plus].to_owned(),
        _ => out,
    }
}

/// Undoes the linker's escapes in package paths: `gopkg.in/yaml%2ev3` (`cmd/internal/objabi/path.go`).
pub fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code =
            (first == b'%').then(|| after.get(..2)).flatten().filter(|code| code.iter().all(u8::is_ascii_hexdigit));
        match code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a path is one of the standard library: its first part is a folder of `GOROOT/src` (Go 1.16 to 1.27).
pub fn is_standard(path: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "archive",
        "arena",
        "bufio",
        "bytes",
        "cmp",
        "compress",
        "container",
        "context",
        "crypto",
        "database",
        "debug",
        "embed",
        "encoding",
        "errors",
        "expvar",
        "flag",
        "fmt",
        "go",
        "hash",
        "html",
        "image",
        "index",
        "internal",
        "io",
        "iter",
        "log",
        "maps",
        "math",
        "mime",
        "net",
        "os",
        "path",
        "plugin",
        "reflect",
        "regexp",
        "runtime",
        "simd",
        "slices",
        "sort",
        "strconv",
        "strings",
        "structs",
        "sync",
        "syscall",
        "testing",
        "text",
        "time",
        "unicode",
        "unique",
        "unsafe",
        "uuid",
        "vendor",
        "weak",
    ];
    FOLDERS.contains(&path.split('/').next().unwrap_or(path))
}

/// What the Go command calls the package of files that were named one by one (`go build main.go`).
pub const OF_FILES: &str = "command-line-arguments";

/// Whether a package belongs to a module by its path.
pub fn in_module(module: &str, package: &str) -> bool {
    !module.is_empty() && package.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Package path and the rest of a linker's name: the package ends at the first dot after the last slash that stands before any bracket
/// (`cmd/internal/objabi`, PathToPrefix: dots in the last element are escaped). Names that the linker makes itself have no package.
pub fn split(name: &str) -> (&str, &str) {
    let (package, rest) = split_bytes(name.as_bytes());
    // It is cut at dots alone, so between characters.
    (&name[..package.len()], &name[name.len() - rest.len()..])
}

/// The same of a name that need not be text.
pub fn split_bytes(name: &[u8]) -> (&[u8], &[u8]) {
    if name.starts_with(b"type:") || name.starts_with(b"go:") {
        return (b"", name);
    }
    let plain = name.iter().position(|b| matches!(b, b'[' | b'(')).map_or(name, |end| &name[..end]);
    let from = plain.iter().rposition(|b| *b == b'/').map_or(0, |slash| slash + 1);
    match plain[from..].iter().position(|b| *b == b'.') {
        Some(dot) => (&name[..from + dot], &name[from + dot + 1..]),
        None => (b"", name),
    }
}

/// The names under which the vulnerability database would know a function: itself, and the functions that it is a part of.
/// `(*T).M.func1` is a part of `T.M`; type arguments and pointers do not matter (golang.org/x/vuln, internal/vulncheck).
pub fn symbols(name: &str) -> Vec<String> {
    let plain: String = plain(name).chars().filter(|c| !matches!(c, '(' | ')' | '*')).collect();
    let mut found = Vec::new();
    for (at, _) in plain.char_indices().filter(|(_, c)| matches!(c, '.' | '-')) {
        let last = plain[at..].rsplit(['.', '-']).next().unwrap_or_default();
        if at > 0 && is_inner(last) {
            found.push(plain[..at].to_owned());
        }
    }
    found.push(plain);
    found
}

/// What the compiler calls a closure, a range body, a deferred or started call, or a method value.
pub fn is_inner(part: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let numbered = ["func", "range", "gowrap", "deferwrap", ""];
    part == "fm" || numbered.iter().any(|start| part.strip_prefix(start).is_some_and(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_into_package_and_rest() {
        for (name, package, rest) in [
            ("main.main", "main", "main"),
            ("net/http.(*Server).Serve", "net/http", "(*Server).Serve"),
            ("example.com/a%2eb.F[go.shape.struct { x/y.Z }]", "example.com/a%2eb", "F[go.shape.struct { x/y.Z }]"),
            ("type:.eq.[2]a/b.T", "", "type:.eq.[2]a/b.T"),
            ("gopkg.in/yaml%2ev3.(*node).x.func1", "gopkg.in/yaml%2ev3", "(*node).x.func1"),
            ("memeqbody", "", "memeqbody"),
        ] {
            assert_eq!(split(name), (package, rest), "{name}");
        }
    }

    #[test]
    fn functions_are_known_to_the_database_by_what_they_are_a_part_of() {
        for (name, wanted) in [
            ("Parse", &["Parse"][..]),
            ("(*Decoder).Decode", &["Decoder.Decode"]),
            (
                "(*Decoder).Decode.func1.2",
                &["Decoder", "Decoder.Decode", "Decoder.Decode.func1", "Decoder.Decode.func1.2"],
            ),
            ("T.String-fm", &["T", "T.String", "T.String-fm"]),
            ("(*Set[go.shape.int]).Add", &["Set.Add"]),
            ("Map[...]", &["Map"]),
            ("walk.deferwrap1", &["walk", "walk.deferwrap1"]),
            ("T.func", &["T.func"]),
        ] {
            assert_eq!(symbols(name), wanted, "{name}");
        }
    }

    #[test]
    fn escapes_of_package_paths_are_undone() {
        assert_eq!(unescaped("gopkg.in/yaml%2ev3"), "gopkg.in/yaml.v3");
        assert_eq!(unescaped("a/100%"), "a/100%");
        assert_eq!(unescaped("a%zz"), "a%zz");
        assert_eq!(unescaped("a%+1"), "a%+1");
    }
}
