//! What delivered executables say about themselves, and what their code says.

use crate::{Digest, Fact, GoVersion, KindSchema, Known, fact};

fact! {
    /// One delivered executable.
    pub struct Info = "binary.info", layers [Binary], counts "executables" {
        /// Its name in deliverable.toml, else its path.
        binary: String,
        /// Path relative to the deliverable.
        path: String,
        /// SHA-256 of the file.
        sha256: Known<Digest>,
        /// `elf`, `macho` or `pe`; `other` where its headers are not read.
        format: String,
        /// GOOS that the format and headers speak for.
        os: Known<String>,
        /// GOARCH.
        arch: Known<String>,
        /// Whether it is a Go program (build information or function table).
        go_program: Known<bool>,
        /// Toolchain version of the build information, null where there is none.
        go_version: Known<Option<GoVersion>>,
        /// Import path of the main package.
        main_package: Known<Option<String>>,
        /// Path of the main module.
        main_module: Known<Option<String>>,
        /// Version of the main module as recorded.
        main_version: Known<Option<String>>,
        /// Whether our own reader of the build information and the library's agree with each other.
        readers_agree: Known<bool>,
        /// Whether symbol tables were removed (`-s`).
        stripped: bool,
        /// Whether functions are garbled or renamed beyond recognition.
        obfuscated: Known<bool>,
        /// A packer's name or null.
        packer: Known<Option<String>>,
        /// The compiler's version as the debugging information has it, `go1.26.8`; null where that was removed or names none.
        compiler: Option<String>,
        /// `DefaultGODEBUG` of the build information.
        default_godebug: Known<Option<String>>,
        /// `vcs.revision`.
        vcs_revision: Known<Option<String>>,
        /// `vcs.modified`.
        vcs_modified: Known<Option<bool>>,
        /// Whether deliverable.toml names it as `[[binary]]`.
        declared: bool,
        /// Whether it stands beside the programs that are delivered as the product's: deliverable.toml names others, or it is in an archive or an image.
        /// Which source it was built from nobody says; of its modules, settings and functions only those of the runtime are facts.
        beside: bool,
    }
}

fact! {
    /// One `build` line of the build information.
    pub struct Setting = "binary.settings", layers [Binary], counts "executables" {
        /// The binary's name.
        binary: String,
        /// Key, as in `CGO_ENABLED`, `-tags`.
        key: String,
        /// Value.
        value: String,
    }
}

fact! {
    /// One module of the build information.
    pub struct Module = "binary.modules", layers [Binary], counts "executables" {
        /// The binary's name.
        binary: String,
        /// Module path.
        path: String,
        /// Version.
        version: String,
        /// `h1:` sum; null where none is recorded (a build from `vendor/`).
        sum: Option<String>,
        /// Path of the replacement, or null.
        replace_path: Option<String>,
        /// Version of the replacement, or null.
        replace_version: Option<String>,
        /// Sum of the replacement, or null.
        replace_sum: Option<String>,
        /// Whether it is the main module.
        is_main: bool,
    }
}

fact! {
    /// The functions of one package in the function table (pclntab) of a binary.
    pub struct Functions = "binary.functions", layers [Binary], counts "executables" {
        /// The binary's name.
        binary: String,
        /// Import path of the package as the linker names it.
        package: String,
        /// Functions without the package prefix, `(*Server).Start.func1` and wrappers included.
        names: Vec<String>,
        /// The source file that the table gives for each, as written into the binary.
        files: Vec<String>,
        /// The first line of each.
        lines: Vec<u32>,
        /// Names of functions of the package that are only in inline trees.
        inlined: Vec<String>,
    }
}

fact! {
    /// How an executable is linked.
    pub struct Linkage = "binary.linkage", layers [Binary], counts "executables" {
        /// The binary's name.
        binary: String,
        /// Whether it is a Go program.
        go_program: Known<bool>,
        /// Program interpreter, or null.
        interpreter: Option<String>,
        /// Needed shared libraries.
        needed: Vec<String>,
        /// Whether the needed libraries are only those that a pure Go build has on that system (none on ELF).
        needed_by_pure_go: Known<bool>,
        /// `CGO_ENABLED` of the build information; unknown where it says nothing.
        cgo_setting: Known<Option<bool>>,
        /// Functions of `runtime/cgo` and `_cgo_*` in the function table (functions only), at most 20.
        cgo_functions: Known<Vec<String>>,
        /// Whether there are any such functions.
        has_cgo_functions: Known<bool>,
        /// Packages that load C at run time (purego and its like), by the function table.
        run_time_loaders: Known<Vec<String>>,
        /// Whether build information and function table say the same about cgo.
        consistent: Known<bool>,
        /// Executables embedded in it or appended to it: `offset format`.
        embedded: Known<Vec<String>>,
        /// `exe`, `pie`, `c-shared`, `plugin`, … by headers and settings.
        build_mode: Known<String>,
        /// RPATH or RUNPATH.
        rpath: Vec<String>,
        /// Position independent.
        pie: bool,
        /// `none`, `partial` or `full`.
        relro: String,
        /// Whether the stack is not executable.
        nx: bool,
        /// Segments that are writable and executable at once.
        writable_executable: u32,
        /// Whether its C parts check their stacks (`__stack_chk_fail`); null where it has none.
        stack_protector: Known<Option<bool>>,
        /// Shared objects that texts in it name, as `libcrypto.so.3`, at most 20, ascending. On Windows none is told.
        named_libraries: Vec<String>,
    }
}

fact! {
    /// One entry of the Go vulnerability database about a module of a delivered program. Only entries are listed whose range of versions has the module's, or may have it.
    pub struct Vulnerability = "binary.vulnerabilities", layers [Binary], counts "asked-modules" {
        /// The binary's name.
        binary: String,
        /// The entry, as in `GO-2022-1059`.
        id: String,
        /// Its other names, as in `CVE-2022-32149`.
        aliases: Vec<String>,
        /// Its summary, as the database words it.
        summary: String,
        /// The module's path in the database; `stdlib` and `toolchain` for Go itself.
        module: String,
        /// The module's version; null where nothing says one.
        version: Option<String>,
        /// `build-information`, `go.mod`, or `package-paths` where a package's path holds the module's.
        said_by: String,
        /// What stands in for the module, or null.
        replaced_by: Option<String>,
        /// The first later version with a fix; null where there is none.
        fixed: Option<String>,
        /// Whether the module's version is in the entry's range.
        affected: Known<bool>,
        /// Whether vulnerable code is in the program: a function that the entry names (any of the package or module where it names none) is in the function table or in an inline tree.
        linked: Known<bool>,
        /// The vulnerable functions that were found, at most 20; packages where the entry names none.
        symbols: Vec<String>,
    }
}

fact! {
    /// A delivered binary, built again from the delivered source in the sandbox, without network, as `[[binary]] build` says.
    pub struct Rebuild = "binary.rebuild", layers [Source, Binary], counts "executables", with ["how"] {
        /// The binary's name.
        binary: String,
        /// The version of Go that `build` names, or null.
        go: Option<String>,
        /// What was called, without places of this machine; empty where nothing was.
        command: Vec<String>,
        /// SHA-256 of what came out.
        sha256: Known<Digest>,
        /// Whether it is byte for byte what was delivered.
        same: Known<bool>,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![
        Info::schema(),
        Setting::schema(),
        Module::schema(),
        Functions::schema(),
        Linkage::schema(),
        Rebuild::schema(),
        Vulnerability::schema(),
    ]
}
