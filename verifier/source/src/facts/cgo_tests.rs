//! `source.cgo_imports` as tables: disguises of C, and honest files that only speak of it.

use super::table::{built, cgo_off, check, collect, collect_from, shown};
use crate::build::Memory;

const FIELDS: &[&str] = &["form", "in_build", "detail"];

#[test]
fn import_c_is_found_in_every_disguise() {
    let table = [
        ("plain", "-- m.go --\npackage main\n\nimport \"C\"\n", "m.go:3:8 import-c true import \"C\""),
        (
            "in a block",
            "-- m.go --\npackage main\nimport (\n\t\"fmt\"\n\n\t\"C\"\n)\n",
            "m.go:5:2 import-c true import \"C\"",
        ),
        (
            "on one line",
            "-- m.go --\npackage main; import \"fmt\"; import \"C\"\n",
            "m.go:1:36 import-c true import \"C\"",
        ),
        ("raw string", "-- m.go --\npackage main\nimport `C`\n", "m.go:2:8 import-c true import \"C\""),
        ("escaped", "-- m.go --\npackage main\nimport \"\\x43\"\n", "m.go:2:8 import-c true import \"C\""),
        (
            "behind a comment",
            "-- m.go --\npackage main\nimport /* \"fmt\" */\n// x\n\"C\"\n",
            "m.go:4:1 import-c true import \"C\"",
        ),
        ("blank and dot", "-- m.go --\npackage main\nimport _ \"C\"\n", "m.go:2:8 import-c true import \"C\""),
        ("byte order mark", "-- m.go --\n\u{feff}package main;import\"C\"\n", "m.go:1:20 import-c true import \"C\""),
        (
            "behind a tag that is not set",
            "-- m.go --\npackage main\n-- c.go --\n//go:build special\n\npackage main\nimport \"C\"\n",
            "c.go:4:8 import-c false import \"C\"",
        ),
        (
            "in a package that nobody imports",
            "-- m.go --\npackage main\n-- sub/c.go --\npackage sub\nimport \"C\"\n",
            "sub/c.go:2:8 import-c false import \"C\"",
        ),
        (
            "in a test",
            "-- m.go --\npackage main\n-- c_test.go --\npackage main\nimport \"C\"\n",
            "c_test.go:2:8 import-c false import \"C\"",
        ),
    ];
    check("source.cgo_imports", FIELDS, &cgo_off(), &table);
}

#[test]
fn what_only_speaks_of_cgo_is_not_reported() {
    let table = [
        ("comment", "-- m.go --\npackage main\n\n// import \"C\"\nfunc main() {}\n", ""),
        ("block comment", "-- m.go --\npackage main\n\n/*\nimport \"C\"\n*/\nfunc main() {}\n", ""),
        ("string", "-- m.go --\npackage main\n\nvar s = \"import \\\"C\\\"\"\n", ""),
        ("raw string", "-- m.go --\npackage main\n\nvar s = `\npackage x\nimport \"C\"\n`\n", ""),
        (
            "a package called C",
            "-- m.go --\npackage main\nimport C \"example.com/app/c\"\n-- c/c.go --\npackage c\n",
            "",
        ),
        ("headers and Go assembly", "-- m.go --\npackage main\n-- a.h --\n#define X\n", ""),
        (
            "a linkname to something else",
            "-- m.go --\npackage main\n\nimport _ \"unsafe\"\n\n//go:linkname now time.now\nfunc now()\n",
            "",
        ),
        ("a pragma in a string", "-- m.go --\npackage main\n\nvar s = `\n//go:cgo_import_dynamic a b \"c\"\n`\n", ""),
        ("a pragma in a block comment", "-- m.go --\npackage main\n\n/*\n//go:cgo_import_dynamic a b \"c\"\n*/\n", ""),
        (
            "gccgo's C of a vendored package",
            "
-- go.mod --
module example.com/app

go 1.26

require golang.org/x/sys v0.1.0
-- main.go --
package main

import _ \"golang.org/x/sys/unix\"
-- vendor/modules.txt --
# golang.org/x/sys v0.1.0
## explicit
golang.org/x/sys/unix
-- vendor/golang.org/x/sys/unix/gccgo_c.c --
// +build gccgo

int x;
-- vendor/golang.org/x/sys/unix/u.go --
package unix
",
            "vendor/golang.org/x/sys/unix/gccgo_c.c c-file false gccgo_c.c",
        ),
    ];
    check("source.cgo_imports", FIELDS, &cgo_off(), &table);
}

const OPTIONAL: &str = "
-- m.go --
package main
-- fast.go --
package main
import \"C\"
-- fast.c --
int x;
-- slow.go --
//go:build !cgo

package main
";

#[test]
fn a_file_with_a_stand_in_follows_the_setting_of_cgo() {
    for (env, expected) in [
        (&["CGO_ENABLED=0"][..], "fast.c c-file false fast.c\nfast.go:2:8 import-c false import \"C\""),
        (&["CGO_ENABLED=1"], "fast.c c-file true fast.c\nfast.go:2:8 import-c true import \"C\""),
        (
            &[],
            "fast.c c-file ?cgo-setting-not-declared fast.c\nfast.go:2:8 import-c ?cgo-setting-not-declared import \"C\"",
        ),
    ] {
        let found = shown(&collect("source.cgo_imports", OPTIONAL, &built(None, &[], env)), FIELDS);
        assert_eq!(found, expected, "{env:?}");
    }
    let asked = "-- m.go --\npackage main\n-- fast.go --\n//go:build cgo && linux\n\npackage main\nimport \"C\"\n";
    let found = shown(&collect("source.cgo_imports", asked, &cgo_off()), FIELDS);
    assert_eq!(found, "fast.go:4:8 import-c false import \"C\"");
}

#[test]
fn a_tag_that_the_build_sets_brings_the_file_in() {
    let tree = "-- m.go --\npackage main\n-- c.go --\n//go:build special\n\npackage main\nimport \"C\"\n";
    let found = shown(&collect("source.cgo_imports", tree, &built(None, &["special"], &["CGO_ENABLED=0"])), FIELDS);
    assert_eq!(found, "c.go:4:8 import-c true import \"C\"");
}

#[test]
fn a_chain_of_included_files_may_be_as_long_as_there_are_files() {
    const LONG: usize = 20_000;
    let chain: String = (0..LONG).map(|n| format!("-- {n}.h --\n#include \"{}.h\"\n", n + 1)).collect();
    let tree = format!(
        "-- m.go --\npackage main\n-- a.s --\n#include \"0.h\"\n{chain}-- {LONG}.h --\nCALL runtime\u{b7}cgocall(SB)\n"
    );
    let found = shown(&collect("source.cgo_imports", &tree, &cgo_off()), FIELDS);
    assert!(found.contains("a.s:1:2 linkname-runtime-cgo true runtime.cgocall"), "{:?}", found.lines().next());
}

#[test]
fn c_without_cgo_is_found() {
    let table = [
        (
            "a syso of the platform",
            "-- m.go --\npackage main\n-- x_linux_amd64.syso --\nx\n-- y_windows.syso --\ny\n",
            "x_linux_amd64.syso syso true x_linux_amd64.syso\ny_windows.syso syso false y_windows.syso",
        ),
        (
            "assembly that calls C by the runtime",
            "-- m.go --\npackage main\n-- a.s --\n#include \"textflag.h\"\nTEXT \u{b7}call(SB), NOSPLIT, $0\n\tCALL runtime\u{b7}asmcgocall(SB)\n\tRET\n",
            "a.s assembly true a.s\na.s:3:7 linkname-runtime-cgo true runtime.asmcgocall",
        ),
        (
            "by a macro of a file that it includes",
            "-- m.go --\npackage main\n-- a.s --\n#include \"textflag.h\"\n#include \"../x/b.txt\"\n#include \"x/a.inc\"\nTEXT \u{b7}call(SB), NOSPLIT, $0\n\tCALL_IT\n\tRET\n-- x/a.inc --\n#include \"x/a.inc\"\n# include \"c.h\"\n-- c.h --\n#define CALL_IT CALL runtime\u{b7}cgocall(SB)\n",
            "a.s assembly true a.s\na.s:3:2 linkname-runtime-cgo true runtime.cgocall",
        ),
        (
            "assembly",
            "-- m.go --\npackage main\n-- a_amd64.s --\nTEXT x\n-- a_arm64.s --\nTEXT x\n",
            "a_amd64.s assembly true a_amd64.s\na_arm64.s assembly false a_arm64.s",
        ),
        (
            "a pragma",
            "-- m.go --\npackage main\n\n//go:cgo_import_dynamic x dlopen \"libdl.so.2\"\n",
            "m.go:3:1 cgo-pragma true go:cgo_import_dynamic x dlopen \"libdl.so.2\"",
        ),
        (
            "an indented pragma",
            "-- m.go --\npackage main\n\n\t//go:cgo_import_dynamic _ _ \"libc.so.6\"\n",
            "m.go:3:2 cgo-pragma true go:cgo_import_dynamic _ _ \"libc.so.6\"",
        ),
        (
            "a linkname",
            "-- m.go --\npackage main\n\nimport _ \"unsafe\"\n\n//go:linkname call runtime.cgocall\nfunc call()\n",
            "m.go:5:1 linkname-runtime-cgo true runtime.cgocall",
        ),
        ("plugins", "-- m.go --\npackage main\n\nimport p \"plugin\"\n", "m.go:3:8 run-time-loader true plugin"),
        (
            "a loader, vendored",
            "
-- go.mod --
module example.com/app

go 1.26

require github.com/ebitengine/purego v0.8.0
-- main.go --
package main

import _ \"github.com/ebitengine/purego\"
-- vendor/modules.txt --
# github.com/ebitengine/purego v0.8.0
## explicit
github.com/ebitengine/purego
-- vendor/github.com/ebitengine/purego/p.go --
package purego

import _ \"unsafe\"

//go:linkname runtime_cgocall runtime.cgocall
func runtime_cgocall()
",
            "main.go:3:8 run-time-loader true github.com/ebitengine/purego\nvendor/github.com/ebitengine/purego/p.go:5:1 linkname-runtime-cgo true runtime.cgocall",
        ),
    ];
    check("source.cgo_imports", FIELDS, &cgo_off(), &table);
}

#[test]
fn embedded_executables_are_found_and_what_cannot_be_told_is_unknown() {
    let text = "-- m.go --\npackage main\n\nimport _ \"embed\"\n\n//go:embed helper assets/*.txt\nvar x []byte\n\n//go:embed \"blob\" probe.o\nvar y []byte\n\n//go:embed gone\nvar z []byte\n-- assets/a.txt --\ntext\n-- unused --\n";
    let mut files = Memory::new(text);
    files.add("go.mod", b"module example.com/app\n\ngo 1.26\n");
    files.add("helper", b"\x7fELF...");
    files.add("blob", b"\xff\x01...");
    files.add("probe.o", b"\x7fELF...\xf7");
    files.add("unused.elf", b"\x7fELF...");
    let found = shown(&collect_from("source.cgo_imports", &files, &cgo_off()), FIELDS);
    let expected = "m.go:5:1 embedded-executable true helper (elf)\nm.go:8:1 embedded-executable ?embedded-file-opaque blob\nm.go:8:1 embedded-executable ?bpf-object-embedded probe.o\ngap embedded-file-not-delivered m.go";
    assert_eq!(found, expected);
    let literal = format!("-- m.go --\npackage main\n\nvar x = \"\\x7fELF{}\"\n", "\\x00".repeat(500));
    let found = shown(&collect("source.cgo_imports", &literal, &cgo_off()), &["form", "in_build"]);
    assert_eq!(found, "m.go:3:9 embedded-executable true");
}

#[test]
fn executables_that_are_embedded_as_text_are_executables() {
    use super::encoded::tests::{elf, gzip, hex};
    let text =
        "-- m.go --\npackage main\n\nimport _ \"embed\"\n\n//go:embed plain.hex packed.hex data.hex\nvar x embed.FS\n";
    let mut files = Memory::new(&format!("{text}-- go.mod --\nmodule example.com/app\n\ngo 1.26\n"));
    files.add("plain.hex", hex(&elf()).as_bytes());
    files.add("packed.hex", format!("{}\n", hex(&gzip(&elf()))).as_bytes());
    files.add("data.hex", hex(&gzip(b"text")).as_bytes());
    let sheet = collect_from("source.cgo_imports", &files, &cgo_off());
    assert_eq!(
        shown(&sheet, &["form", "detail"]),
        "m.go:5:1 embedded-executable plain.hex (ELF as text)\nm.go:5:1 embedded-executable packed.hex (ELF as text)"
    );
}

#[test]
fn folders_that_are_modules_of_their_own_are_not_embedded() {
    let text = "-- m.go --\npackage main\n\nimport _ \"embed\"\n\n//go:embed d\nvar x embed.FS\n-- d/a.txt --\na\n-- d/n/go.mod --\nmodule n\n";
    let mut files = Memory::new(&format!("{text}-- go.mod --\nmodule example.com/app\n\ngo 1.26\n"));
    files.add("d/n/h", b"\x7fELF");
    assert_eq!(shown(&collect_from("source.cgo_imports", &files, &cgo_off()), &["form"]), "");
    files.add("d/m/h", b"\x7fELF");
    assert_eq!(shown(&collect_from("source.cgo_imports", &files, &cgo_off()), &["detail"]), "m.go:5:1 d/m/h (elf)");
}
