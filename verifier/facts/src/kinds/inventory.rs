//! What was handed over, found by content.

use crate::{Digest, Fact, KindSchema, Known, fact, vocabulary};

vocabulary! {
    /// What a file is by its bytes.
    pub enum Format {
        Elf = "elf", MachO = "macho", Pe = "pe", Coff = "coff", Wasm = "wasm", GoObject = "go-object", Bitcode = "llvm-bitcode",
        BpfObject = "bpf-object",
        StaticArchive = "static-archive",
        Tar = "tar", Gzip = "gzip", Zstd = "zstd", Xz = "xz", Zip = "zip", OtherArchive = "other-archive",
        OciLayout = "oci-layout", DockerArchive = "docker-archive",
        Script = "script", Text = "text", Empty = "empty", HighEntropy = "high-entropy", OtherBinary = "other-binary",
        VersionControl = "version-control", Link = "link", Special = "special",
    }
}

fact! {
    /// One delivered file, also inside archives and other files; every file has a line, whatever its name or mode. Version-control metadata is one line.
    pub struct File = "inventory.files", layers [Source], counts "files" {
        /// Path relative to the deliverable; inside an archive `archive!inner/path`, inside any other file `file!@0x1f00` by its offset.
        path: String,
        /// Size in bytes.
        size: u64,
        /// SHA-256 of the content; of a link, of its target's text; of version-control metadata, of its files' digests.
        sha256: Known<Digest>,
        /// What it is, by its first bytes and structure.
        format: Known<Format>,
        /// Whether it is machine code that can be executed or loaded (ELF, Mach-O, PE, object files, WebAssembly).
        executable_content: Known<bool>,
        /// Whether it is a Go program by the sections, build information or function table of Go's linker.
        go_program: Known<bool>,
        /// Name of a packer (`upx`) or null.
        packer: Known<Option<String>>,
        /// Whether deliverable.toml names it, or a folder around it. Below the source root machine code does not count as named.
        declared: bool,
        /// Permission bits, as in 493 for 0755.
        mode: u64,
    }
}

fact! {
    /// A path that deliverable.toml names.
    pub struct Declared = "inventory.declared", layers [Source], counts "declared-paths" {
        /// The key that names it, as in `binary.path`.
        role: String,
        /// The path as declared.
        path: String,
        /// Whether the inventory has it.
        found: Known<bool>,
    }
}

fact! {
    /// A suppression or tool configuration addressed to another checker; listed, never obeyed.
    /// Comments in the Go files of the main modules and local replacements, tests included; configuration files by their names, anywhere below the source root.
    pub struct Suppression = "inventory.suppressions", layers [Source], counts "files" {
        /// The tool it speaks to, as in `gosec`.
        tool: String,
        /// The rules that it names, as in `G402`; empty where it names none.
        rules: Vec<String>,
        /// The text, cut at 200 characters.
        text: String,
    }
}

vocabulary! {
    /// The sort of build file.
    pub enum BuildFile {
        Dockerfile = "dockerfile", Makefile = "makefile", Shell = "shell", Taskfile = "taskfile", Goreleaser = "goreleaser",
        GithubActions = "github-actions", GitlabCi = "gitlab-ci", GoEnv = "go-env", Envrc = "envrc", Deliverable = "deliverable",
        Other = "other",
    }
}

vocabulary! {
    /// What says of which package a delivered program is: deliverable.toml, the program's build information, or a tree with one program alone.
    pub enum ToldBy {
        Deliverable = "deliverable", BuildInformation = "build-information", OnlyProgram = "only-program",
    }
}

fact! {
    /// A setting in a build file that changes what a Go build makes, or changes sources before a build.
    pub struct BuildSetting = "inventory.build_settings", layers [Source], counts "build-files" {
        /// The sort of file it stands in.
        tool: BuildFile,
        /// The setting's name: a flag (`-mod`, `-overlay`, `-tags`), a variable (`CGO_ENABLED`, `GOSUMDB`) a source-changing command (`go mod edit`, `sed -i`), or what stands in another's place (`another go command`, `another workspace`).
        setting: String,
        /// Its value; of a Go command that changes the module graph its arguments; null for a flag without one.
        value: Known<Option<String>>,
        /// The command line it is in force for, cut at 400 characters; null where none is known.
        command: Option<String>,
        /// Whether it is in force for a command that builds a delivered main package.
        delivered: Known<bool>,
        /// By what the package of that command is known to be a delivered one; null where `delivered` is not true.
        told_by: Option<ToldBy>,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![File::schema(), Declared::schema(), Suppression::schema(), BuildSetting::schema()]
}
