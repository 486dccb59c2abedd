//! What the judge derives from recorded facts of several layers.

use crate::{Fact, KindSchema, Known, fact, vocabulary};

fact! {
    /// A module of a binary's build information, held against the delivered module files.
    pub struct ModuleLink = "link.modules", layers [Source, Binary], counts "executables" {
        /// The binary's name.
        binary: String,
        /// Module path as the build information gives it.
        path: String,
        /// Version as the build information gives it; empty where it gives none.
        version: String,
        /// Whether it is the main module.
        is_main: bool,
        /// `path version` of the replacement in the build information, or null.
        replacement: Option<String>,
        /// Whether the delivered module files have this module: in the graph, or as the main module.
        in_graph: Known<bool>,
        /// Whether the delivered module files select this version. The main module's version is not compared.
        version_agrees: Known<bool>,
        /// Whether the build information and the delivered module files replace it alike.
        replacement_agrees: Known<bool>,
        /// Whether path, version and replacement all agree.
        agrees: Known<bool>,
        /// Whether a sum, or contents in its place, could be compared at all; false also where no sum can exist (main module, local folder).
        sum_compared: bool,
        /// Whether the sum in the build information is that of go.sum. A build from `vendor/` records none: then whether the vendored files equal the contents that go.sum sums.
        sum_agrees: Known<bool>,
    }
}

fact! {
    /// The functions of one package in a binary, held against the declarations in the delivered source: the main module, local replacements, and dependencies whose source is delivered.
    pub struct FunctionLink = "link.functions", layers [Source, Binary], counts "executables" {
        /// The binary's name.
        binary: String,
        /// Import path; of the main package its real one, not `main`.
        package: String,
        /// `main`, `local-replace` or `dependency`.
        module_owner: String,
        /// Whether the delivered source declares the package.
        declared: Known<bool>,
        /// Whether code of the package is in the binary.
        linked: Known<bool>,
        /// Functions of the binary whose declaration was found.
        matched: u64,
        /// Functions of the binary that the source does not declare, at most 50.
        undeclared: Vec<String>,
        /// Functions of the binary that stand in another file or on another line than their declaration, at most 50.
        misplaced: Vec<String>,
        /// Functions whose position cannot be compared (inlined from code that was not delivered, renamed by `//line`), at most 50.
        unlocated: Vec<String>,
        /// How many functions the source declares.
        declarations: u64,
        /// How many of them are not in the binary: unused or inlined everywhere, which is no disagreement.
        not_linked: u64,
        /// Whether every function of the package in the binary has its declaration, on its line.
        agrees: Known<bool>,
    }
}

fact! {
    /// A delivered binary as a whole against the delivered source.
    pub struct SourceBinary = "link.source_binary", layers [Source, Binary], counts "executables" {
        /// The binary's name.
        binary: String,
        /// Whether deliverable.toml names it.
        declared: Known<bool>,
        /// Whether main package and main module are those of the source.
        main_agrees: Known<bool>,
        /// Whether it was built with the tags that the source was examined under.
        tags_agree: Known<bool>,
        /// Whether it is for the platform that the source was examined for.
        platform_agrees: Known<bool>,
        /// Whether every module agrees (`link.modules`, sums apart).
        modules_agree: Known<bool>,
        /// Whether every package agrees (`link.functions`).
        functions_agree: Known<bool>,
        /// All of these together. It can refute that the binary was built from the source, and never prove it.
        structure_agrees: Known<bool>,
        /// Whether it was rebuilt from the source and compared byte by byte.
        bodies_compared: bool,
        /// Whether a rebuild from the source gives the same bytes; unknown where none was made.
        bodies_agree: Known<bool>,
        /// Both together.
        agrees: Known<bool>,
    }
}

fact! {
    /// An image for one platform, against the delivered binaries.
    pub struct ImageBinary = "link.image_binary", layers [Binary], counts "images" {
        /// Where the image is.
        image: String,
        /// Whether deliverable.toml names it.
        declared: bool,
        /// Whether it is another product's beside the delivered one: deliverable.toml does not name it or names an archive that also holds the delivered one under another name, it holds no delivered binary and no program of that name, and a second image holds the delivered one.
        beside: bool,
        /// `os/architecture`.
        platform: Known<Option<String>>,
        /// Whether it is for a platform that a binary was delivered for; an image for others only is looked at all the same.
        delivered_platform: Known<bool>,
        /// The delivered binary that it has to hold: the one that `[run]` starts, or another that the image starts where a second image holds that one.
        binary: Option<String>,
        /// Whether its final file system holds that binary, byte for byte.
        holds: Known<bool>,
        /// Where it holds it.
        paths: Vec<String>,
        /// Other programs of that binary's name, in any layer, as `path (layer N)`: older copies, at most 50.
        other_copies: Vec<String>,
        /// Machine code of the final file system that is no delivered binary, at most 50.
        undeclared: Vec<String>,
        /// Of these, what runs with more rights than its caller, at most 50.
        privileged: Vec<String>,
        /// Whether its parts have the digests by which they are referred to, and the image the digest that deliverable.toml declares.
        digests_agree: Known<bool>,
        /// Whether it holds the binary and its digests agree.
        agrees: Known<bool>,
    }
}

vocabulary! {
    /// What a run's configuration is held against.
    pub enum Basis { Image = "image", Contract = "contract", Supplier = "supplier", Beside = "beside" }
}

fact! {
    /// How acceptance starts the service against how it is delivered to be started: an item for each image, one without an image where there is none.
    pub struct RunConfiguration = "link.run_configuration", layers [Binary], counts "images" {
        /// Where the image is, or null.
        image: Option<String>,
        /// `os/architecture` of the image.
        platform: Known<Option<String>>,
        /// `contract` where the contract agreed its own `[run]`, `image` where an image was delivered, else `supplier`: the supplier's word alone.
        /// `beside`: deliverable.toml does not name the image, and another one that it names starts the service as `[run]` does, or this is another product's.
        basis: Basis,
        /// Whether the image starts the service as `[run]` does; without an image unknown.
        agrees: Known<bool>,
        /// What differs.
        differences: Vec<String>,
    }
}

fact! {
    /// A process of the running service against the delivered binary that the run names.
    pub struct ProcessBinary = "link.process_binary", layers [Binary, Runtime], counts "linked-processes" {
        /// As seen inside the sandbox.
        pid: Known<u64>,
        /// When: `ready` or `end`.
        moment: Known<String>,
        /// The binary that the run names; null where it names none and every delivered one is compared.
        binary: Option<String>,
        /// Whether the operator named the process: it is then the subject itself.
        by_operator: bool,
        /// Whether it holds a listening socket of the service.
        holds_listener: Known<bool>,
        /// Whether `/proc/PID/exe` has the bytes of the delivered binary.
        same_bytes: Known<bool>,
        /// Whether nothing is preloaded into it (`LD_PRELOAD` and its like).
        nothing_preloaded: Known<bool>,
        /// Whether it is the process that was there when the service was ready, not executed anew; true at that moment.
        unchanged: Known<bool>,
        /// All together.
        agrees: Known<bool>,
    }
}

fact! {
    /// A listening socket of the service against the processes that hold it.
    pub struct EndpointProcess = "link.endpoint_process", layers [Runtime], counts "linked-listeners" {
        /// `tcp`, `tcp6`, `udp`, …
        protocol: Known<String>,
        /// Local address.
        address: Known<String>,
        /// Local port; null where there is none.
        port: Known<Option<u64>>,
        /// When: `ready` or `end`.
        moment: Known<String>,
        /// Endpoints of deliverable.toml on that port.
        endpoints: Vec<String>,
        /// Whether every holder of the socket is a process of the service that runs what its main process runs.
        agrees: Known<bool>,
    }
}

vocabulary! {
    /// Whose filter decides a system call.
    pub enum PolicySource { Filter = "filter", Profile = "profile", Both = "both", Neither = "neither" }
}

fact! {
    /// What happens to one system call in one numbering: the strictest of the filter in the process and a delivered profile that is used.
    pub struct SyscallPolicy = "link.syscall_policy", layers [Source, Runtime], counts "policy-calls", with ["deny"] {
        /// The call, as in `execve`.
        syscall: String,
        /// Numbering: `x86_64`, `i386`, `x32`, `aarch64`.
        arch: String,
        /// Whether the numbering has the call. One without it has nothing to deny.
        exists: Known<bool>,
        /// The strictest action, as in `errno`, `kill`, `log`, `allow`.
        action: Known<String>,
        /// Whether that action denies the call.
        denied: Known<bool>,
        /// Which of them denies it.
        by: PolicySource,
    }
}

fact! {
    /// Something that the contract lists, against what was handed over.
    pub struct ContractItem = "link.items", layers [Source], counts "contract-items" {
        /// `source`, `binary`, `image`, `endpoint`, `dependency` or `document`.
        item_kind: String,
        /// Its name in the contract.
        name: String,
        /// Whether deliverable.toml names it.
        named: bool,
        /// The path that it names, or null.
        path: Option<String>,
        /// Whether it was handed over; unknown where it is neither named nor found.
        found: Known<bool>,
    }
}

fact! {
    /// A part that the supplier declared otherwise than the contract, which replaces it.
    pub struct Difference = "link.differences", layers [Source], counts "deliveries" {
        /// The key, as in `run.args`, `endpoint.public`.
        key: String,
        /// What the supplier declared.
        supplier: String,
        /// What is agreed.
        agreed: String,
    }
}

fact! {
    /// An entry of `binary.vulnerabilities`, its absence from the program held against the delivered source.
    pub struct VulnerabilityLink = "link.vulnerabilities", layers [Source, Binary], counts "asked-modules" {
        /// The binary's name.
        binary: String,
        /// The entry.
        id: String,
        /// The module's path.
        module: String,
        /// The module's version, or null.
        version: Option<String>,
        /// Whether vulnerable code is in the program. Unknown where it was not found, and a function of the program is not where the source declares it: renamed functions look absent.
        linked: Known<bool>,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![
        ModuleLink::schema(),
        FunctionLink::schema(),
        SourceBinary::schema(),
        ImageBinary::schema(),
        RunConfiguration::schema(),
        ProcessBinary::schema(),
        EndpointProcess::schema(),
        SyscallPolicy::schema(),
        ContractItem::schema(),
        Difference::schema(),
        VulnerabilityLink::schema(),
    ]
}
