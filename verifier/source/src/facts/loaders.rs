//! Ways to run C without cgo: packages that load shared objects, pragmas for the dynamic linker, names of the cgo runtime.

/// Import paths of packages that call C or load machine code at run time, themselves or through one another.
const LOADERS: &[&str] = &[
    "github.com/ebitengine/purego",
    "github.com/notti/nocgo",
    "github.com/go-webgpu/goffi",
    "github.com/jupiterrider/ffi",
    "github.com/JupiterRider/ffi",
    "github.com/pkujhd/goloader",
    "github.com/dearplain/goloader",
    "github.com/eh-steve/goloader",
    "github.com/rainycape/dl",
    "github.com/coreos/pkg/dlopen",
    "github.com/coreos/go-systemd/v22/internal/dlopen",
    "github.com/hajimehoshi/ebiten/v2/internal/purego",
    "github.com/samber/go-amsi",
    "github.com/amenzhinsky/go-memexec",
    "github.com/rsjethani/go-memexec",
    // Go's own: it needs cgo, and loads what was built apart.
    "plugin",
];

/// Whether an import path is a loader's or below one.
pub(super) fn is_loader(path: &str) -> bool {
    LOADERS.iter().any(|loader| path == *loader || path.strip_prefix(loader).is_some_and(|rest| rest.starts_with('/')))
}

/// `//go:cgo_…`. Outside the standard library the compiler takes `cgo_import_dynamic` alone (cmd/compile/internal/noder, Go 1.26); the others are listed too, for compilers that were changed.
pub(super) fn is_pragma(directive: &str) -> bool {
    directive.starts_with("go:cgo_")
}

/// Libraries through which a pure Go program speaks to its system where system calls are no stable interface.
const SYSTEM_LIBRARIES: &[(&str, &[&str])] = &[
    ("darwin", &["/usr/lib/libSystem.B.dylib", "/usr/lib/libresolv.9.dylib", "/System/Library/Frameworks/"]),
    ("ios", &["/usr/lib/libSystem.B.dylib", "/usr/lib/libresolv.9.dylib", "/System/Library/Frameworks/"]),
    ("openbsd", &["libc.so", "libpthread.so"]),
    ("solaris", &["libc.so", "libsocket.so", "libsendfile.so", "libnsl.so"]),
    ("illumos", &["libc.so", "libsocket.so", "libsendfile.so", "libnsl.so"]),
    ("aix", &["libc.a/shr_64.o", "libpthread.a/shr_xpg5_64.o", "libperfstat.a/shr_64.o"]),
];

/// Whether a pragma in a package of the Go project binds the platform's own C library.
pub(super) fn is_system_binding(directive: &str, package: &str, os: &str) -> bool {
    let of_go_project =
        ["golang.org/x/sys/", "golang.org/x/crypto/", "golang.org/x/net/"].iter().any(|p| package.starts_with(p));
    let Some((_, libraries)) = SYSTEM_LIBRARIES.iter().find(|(system, _)| *system == os) else { return false };
    // `//go:cgo_import_dynamic local remote "library"`; `_ _ "library"` asks for the library alone.
    let library = directive.split('"').nth(1).unwrap_or_default();
    of_go_project
        && directive.starts_with("go:cgo_import_dynamic ")
        && libraries.iter().any(|known| library.starts_with(known))
}

/// Names of the runtime through which C is called, or that stand in for cgo's own runtime.
const CGO_NAMES: &[&str] = &[
    "runtime.cgo",
    "runtime/cgo.",
    "runtime._cgo",
    "runtime.asmcgocall",
    "runtime.libcCall",
    "runtime.iscgo",
    "_cgo_",
    "x_cgo_",
    "crosscall",
    "_runtime_cgo",
];

/// The name of the cgo runtime that a `//go:linkname` binds, as target or under its own name.
pub(super) fn cgo_linkname(directive: &str) -> Option<&str> {
    let mut names = directive.strip_prefix("go:linkname")?.split_whitespace();
    let reaches = |name: &&str| CGO_NAMES.iter().any(|known| name.starts_with(known));
    names.next_back().filter(reaches).or_else(|| names.find(reaches))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cgo_runtime_is_known_by_its_names() {
        for (directive, expected) in [
            ("go:linkname runtime_cgocall runtime.cgocall", Some("runtime.cgocall")),
            ("go:linkname _cgo_init _cgo_init", Some("_cgo_init")),
            ("go:linkname x_cgo_setenv_trampoline", Some("x_cgo_setenv_trampoline")),
            ("go:linkname _iscgo runtime.iscgo", Some("runtime.iscgo")),
            ("go:linkname asmcgocall runtime.asmcgocall", Some("runtime.asmcgocall")),
            ("go:linkname now time.now", None),
            ("go:linkname cgofree main.free", None),
            ("go:linkname", None),
            ("go:noescape", None),
        ] {
            assert_eq!(cgo_linkname(directive), expected, "{directive}");
        }
    }

    #[test]
    fn only_the_go_projects_bindings_of_the_systems_own_library_are_passed_over() {
        let libc = "go:cgo_import_dynamic libc_open open \"/usr/lib/libSystem.B.dylib\"";
        assert!(is_system_binding(libc, "golang.org/x/sys/unix", "darwin"));
        assert!(!is_system_binding(libc, "example.com/x", "darwin"));
        assert!(!is_system_binding(libc, "golang.org/x/sys/unix", "linux"));
        assert!(!is_system_binding("go:cgo_import_dynamic a b \"evil.so\"", "golang.org/x/sys/unix", "darwin"));
    }
}
