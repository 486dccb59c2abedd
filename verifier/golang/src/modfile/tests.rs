//! What the module files say, in tables.

use super::*;

fn shown(text: &str) -> String {
    let parsed = parse_go_mod(text.as_bytes(), Strictness::Main);
    let file = parsed.file;
    let mut out = Vec::new();
    if let Some(m) = &file.module {
        out.push(format!("module {}", m.path));
        out.extend(m.deprecated.iter().map(|d| format!("deprecated {d:?}")));
    }
    out.extend(file.go.iter().map(|g| format!("go {}", g.version)));
    out.extend(file.toolchain.iter().map(|t| format!("toolchain {}", t.version)));
    out.extend(file.godebug.iter().map(|g| format!("godebug {}={}", g.key, g.value)));
    out.extend(
        file.require.iter().map(|r| format!("require {}{}", r.module, if r.indirect { " indirect" } else { "" })),
    );
    out.extend(file.exclude.iter().map(|e| format!("exclude {}", e.module)));
    out.extend(file.replace.iter().map(|r| format!("replace {} => {}", r.old, r.new)));
    out.extend(
        file.retract.iter().map(|r| format!("retract [{}, {}] {:?}", r.interval.low, r.interval.high, r.rationale)),
    );
    out.extend(file.tool.iter().map(|t| format!("tool {}", t.path)));
    out.extend(file.ignore.iter().map(|i| format!("ignore {}", i.path)));
    out.extend(parsed.mistakes.iter().map(|m| format!("{}:{}: {}", m.place.line, m.place.column, m.message)));
    out.join("\n")
}

#[test]
fn a_full_file_is_read() {
    let text = "// Deprecated: use v2.\r\nmodule \"example.com/\\x61\" // c\r\n\ngo 1.26.0\ntoolchain go1.26.8\n\
        godebug default=go1.21\ngodebug (\n\ttls10server=1\n)\n\
        require x.y/z v1.2 // indirect; why\nrequire (\n\tx.y/a v1.0.0 // indirect\n\n\t// note\n\t\"x.y/b\" v2.0.0+incompatible\n\tx.y/c/v3 v3.0.1 // not indirect\n)\n\
        exclude x.y/a v1.0.1\nreplace x.y/a => ./a\nreplace (\n\tx.y/b v2.0.0+incompatible => x.y/fork v1.0.0\n\tx.y/c/v3 => ../c c\n)\n\
        // bad\nretract v1.0.0\nretract [v1.1.0, v1.2.0] // worse\ntool (\n\tx.y/a/cmd/t\n)\nignore ./x\n";
    let wanted = "module example.com/a\ndeprecated \"use v2.\\nc\"\ngo 1.26.0\ntoolchain go1.26.8\ngodebug default=go1.21\ngodebug tls10server=1\n\
        require x.y/z@v1.2.0 indirect\nrequire x.y/a@v1.0.0 indirect\nrequire x.y/b@v2.0.0+incompatible\nrequire x.y/c/v3@v3.0.1\n\
        exclude x.y/a@v1.0.1\nreplace x.y/a => ./a\nreplace x.y/b@v2.0.0+incompatible => x.y/fork@v1.0.0\n\
        retract [v1.0.0, v1.0.0] \"bad\"\nretract [v1.1.0, v1.2.0] \"worse\"\ntool x.y/a/cmd/t\nignore ./x\n\
        22:2: replacement module directory path \"../c\" cannot have version";
    assert_eq!(shown(text), wanted);
}

#[test]
fn what_go_refuses_is_a_mistake() {
    for (text, wanted) in [
        ("\u{feff}module m", "1:1: unexpected input character '\\u{feff}'"),
        ("/* x */", "1:1: mod files must use // comments (not /* */ comments)"),
        ("module m/*x*/", "1:9: mod files must use // comments (not /* */ comments)"),
        ("module `m`", "module \n1:1: invalid quoted string: unquoted string cannot contain quote"),
        ("module 'm'", "module \n1:1: invalid quoted string: unquoted string cannot contain quote"),
        ("module \"m", "1:8: unexpected EOF in string"),
        ("module \"m\n\"", "1:10: unexpected newline in string"),
        ("module m\nmodule n", "module m\n2:1: repeated module statement"),
        ("module", "module \n1:1: usage: module module/path"),
        ("go 1", "1:1: invalid go version '1': must match format 1.23.0"),
        ("go \"1.21\"", "1:1: invalid go version '\"1.21\"': must match format 1.23.0"),
        ("go 1.21rc", "1:1: invalid go version '1.21rc': must match format 1.23.0"),
        ("go 1.21rc2", "go 1.21rc2"),
        ("go 1.21.0rc2", "go 1.21.0rc2"),
        ("go 1.21\ngo 1.22", "go 1.21\n2:1: repeated go statement"),
        ("go (\n1.21\n)", "1:1: unknown block type: go"),
        ("toolchain go2", "1:1: invalid toolchain version 'go2': must match format go1.23.0 or default"),
        ("toolchain default", "toolchain default"),
        ("require x.y/z", "1:1: usage: require module/path v1.2.3"),
        ("require x.y/z master", "1:1: version \"master\" invalid: must be of the form v1.2.3"),
        ("require x.y/z v2.0.0", "1:1: require x.y/z: version \"v2.0.0\" invalid: should be v0 or v1, not v2"),
        ("require x.y/z/v1 v1.0.0", "1:1: invalid module path"),
        ("require (\nx.y/z v1.0.0", "2:13: unterminated block started at line 1"),
        ("require ( x.y/z v1.0.0 )", "1:1: usage: require module/path v1.2.3"),
        ("require x (\n)", "1:1: unknown block type: require x"),
        ("require ()", ""),
        ("require (\n) x", "2:3: expected newline after closing paren"),
        (
            "replace x.y/z => x.y/w",
            "1:1: replacement module without version must be directory path (rooted or starting with . or ..)",
        ),
        ("replace x.y/z => x.y/w@v1", "1:1: replacement module must match format 'path version', not 'path@version'"),
        ("replace x.y/z => ..\\w", "1:1: replacement directory appears to be Windows path (on a non-windows system)"),
        ("replace x.y/z =>", "1:1: usage: replace module/path [v1.2.3] => other/module v1.4, or => ../local/directory"),
        ("replace x.y/z v1.0.0 => /abs/path", "replace x.y/z@v1.0.0 => /abs/path"),
        (
            "replace x.y/z=>./w",
            "1:1: usage: replace module/path [v1.2.3] => other/module v1.4, or => ../local/directory",
        ),
        ("godebug a=b,c=d", "1:1: usage: godebug key=value"),
        ("retract [v1.0.0, v1.1.0", "1:1: expected a closed interval [v1.2.3, v1.2.4]"),
        ("retract v1.0.0 x", "1:1: unexpected token after version: \"x\""),
        ("frob x", "1:1: unknown directive: frob"),
        ("module m // a\r\n// b\r\ngo 1.21\r", "module m\ngo 1.21"),
        ("  \t", ""),
        ("module\u{a0}m", "1:7: unexpected input character '\\u{a0}'"),
        ("module m\u{0}", "1:9: unexpected input character '\\0'"),
    ] {
        assert_eq!(shown(text), wanted, "{text:?}");
    }
}

#[test]
fn a_dependency_is_read_leniently() {
    let text = "module x.y/z\ngo v1.18.bad\nfrob x\nreplace broken\nretract whatever now\nrequire x.y/w v1.0.0\n";
    let parsed = parse_go_mod(text.as_bytes(), Strictness::Dependency);
    assert_eq!(parsed.mistakes, []);
    assert_eq!(parsed.file.go.map(|g| g.version).as_deref(), Some("1.18"));
    assert_eq!(parsed.file.require.len(), 1);
}

#[test]
fn places_count_code_points_and_bytes() {
    let text = "// größe\nrequire (\n\tx.y/z v1.0.0 // indirect\n)\n";
    let require = &parse_go_mod(text.as_bytes(), Strictness::Main).file.require[0];
    let place = require.place;
    assert_eq!(&text[place.start..place.end], "x.y/z v1.0.0");
    assert_eq!((place.line, place.column, place.end_column), (3, 2, 14));
}

#[test]
fn workspaces_are_read() {
    let text = "go 1.26\ntoolchain go1.26.8\nuse ./a\nuse (\n\t./b\n\t\"./c d\"\n)\nreplace x.y/z => ./z\ngodebug tls10server=1\nrequire x.y/z v1.0.0\n";
    let parsed = parse_go_work(text.as_bytes());
    let uses: Vec<&str> = parsed.file.uses.iter().map(|u| u.path.as_str()).collect();
    assert_eq!(uses, ["./a", "./b", "./c d"]);
    assert_eq!(parsed.file.replace.len(), 1);
    assert_eq!(parsed.file.godebug.len(), 1);
    let messages: Vec<&str> = parsed.mistakes.iter().map(|m| m.message.as_str()).collect();
    assert_eq!(messages, ["unknown directive: require"]);
}

#[test]
fn arbitrary_bytes_are_survived_and_mistakes_bounded() {
    let mut state = 1u64;
    let alphabet: &[u8] = b"()[]{},\"`\\/*\n\r\t =>v1.abrequiregomodule\xff\xc3\xa9\0";
    for _ in 0..2000 {
        let bytes: Vec<u8> = (0..60)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                alphabet[(state >> 33) as usize % alphabet.len()]
            })
            .collect();
        let _ = (parse_go_mod(&bytes, Strictness::Main), parse_go_work(&bytes));
    }
    let many = "frob x\n".repeat(10_000);
    assert_eq!(parse_go_mod(many.as_bytes(), Strictness::Main).mistakes.len(), 100);
}

#[test]
fn ignored_folders_are_those_of_the_go_command() {
    let text = "module m\nignore (\n\t./a\n\tb/c\n\t./d/\n\te\n)\n";
    let file = parse_go_mod(text.as_bytes(), Strictness::Main).file;
    for (folder, ignored) in [
        ("", false),
        ("a", true),
        ("a/x", true),
        ("ab", false),
        ("x/a", false),
        ("b/c", true),
        ("x/b/c/y", true),
        ("b", false),
        ("xb/c", false),
        ("d", true),
        ("e", true),
        ("x/e/y", true),
    ] {
        assert_eq!(file.ignores(folder), ignored, "{folder}");
    }
}
