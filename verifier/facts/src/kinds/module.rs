//! What go.mod, go.sum, go.work and vendor/modules.txt say, and what the modules' contents are.

use super::inventory::ToldBy;
use crate::{Fact, GoVersion, KindSchema, Known, fact, vocabulary};

vocabulary! {
    pub enum ModuleFile { GoMod = "go.mod", GoSum = "go.sum", GoWork = "go.work", GoWorkSum = "go.work.sum", ModulesTxt = "modules.txt" }
}

fact! {
    /// One of the Go command's module files of the delivered build: of the main module or workspace, and of modules that a folder replaces.
    pub struct File = "module.file", layers [Source], counts "module-files" {
        /// Which file.
        name: ModuleFile,
        /// Whether it is the main module's (or the workspace's), not that of a replacement or nested module.
        is_main: bool,
        /// Whether it parses by the Go command's rules.
        parsed: bool,
        /// The first mistake, or null.
        mistake: Option<String>,
        /// The module path that it declares, or null.
        module: Option<String>,
        /// Its `go` line, or null.
        go: Option<GoVersion>,
        /// Its `toolchain` line, or null.
        toolchain: Option<String>,
        /// Its `godebug` settings, as in `tls10server=1`.
        godebug: Vec<String>,
    }
}

fact! {
    /// A module that a main module requires, after replacement; one item per `require` line of a version that no main module excludes.
    pub struct Requirement = "module.requirements", layers [Source], counts "module-files", with ["private_modules"] {
        /// Module path as required.
        path: String,
        /// Version as required.
        version: String,
        /// `// indirect`.
        indirect: bool,
        /// Path of the main module that requires it.
        required_by: String,
        /// Whether a folder stands for it: a replacement, or a member of the workspace. There is no sum for those.
        local: bool,
        /// Path of the module whose contents are used (after `replace`); null for a folder.
        effective_path: Option<String>,
        /// Its version.
        effective_version: Option<String>,
        /// Whether the build needs its contents: a package of it is known to be in the build, or known not to be.
        zip_sum_needed: Known<bool>,
        /// Whether go.sum has the sum of its contents; null for a folder.
        zip_sum_present: Option<bool>,
        /// Whether the build needs its go.mod.
        mod_sum_needed: Known<bool>,
        /// Whether go.sum has the sum of its go.mod; null for a folder.
        mod_sum_present: Option<bool>,
        /// Whether no sum is missing that is known to be needed.
        sums_complete: Known<bool>,
        /// Whether both sums are there, needed or not (true for a folder): nothing is left that the checksum database would be asked for.
        sums_recorded: bool,
        /// Whether the path is one of the contract's private modules.
        private: bool,
        /// What it asks for that the main module's go.mod does not have, so that the Go command builds nothing: a higher version of a module or of Go, a module for what it imports, another path for itself; null where nothing of the kind is known.
        demands: Option<String>,
    }
}

vocabulary! {
    pub enum ReplaceKind { Local = "local", Remote = "remote" }
}

vocabulary! {
    /// By which line another place stands for a module.
    pub enum ReplaceLine { Replace = "replace", Use = "use" }
}

fact! {
    /// A `replace` line of go.mod or go.work, or a workspace member (`use`).
    pub struct Replacement = "module.replacements", layers [Source], counts "module-files", with ["private_modules"] {
        /// Module path that is replaced; of a member, the path that its go.mod declares, empty where that was not delivered.
        path: String,
        /// Version that is replaced; null for all.
        version: Option<String>,
        /// `replace`, or `use` for a member of the workspace.
        directive: ReplaceLine,
        /// Whether the target is a folder or another module.
        target_kind: ReplaceKind,
        /// The target as written.
        target: String,
        /// The target's version for another module.
        target_version: Option<String>,
        /// Whether the target is the same module in another version: that pins a version and brings in nobody else's code.
        same_module: bool,
        /// Whether the graph of the build uses the replaced path. A member of the workspace is used where another member requires it.
        used: Known<bool>,
        /// Whether the path is a member of the workspace, which then stands for it whatever a `replace` says.
        member: bool,
        /// Whether the target folder was delivered inside the source; null for another module.
        target_delivered: Known<Option<bool>>,
        /// Whether the target's go.mod declares exactly the replaced path; null for another module.
        target_declares_path: Known<Option<bool>>,
        /// Whether the path is the supplier's own: of the main module's repository (of its organisation for a workspace member), private by the contract, or one that nobody can publish.
        own_module: bool,
        /// Whether target and path are as `own-modules` asks: delivered inside the source, same path declared, own module. Unknown where the target was not delivered.
        own_replacement: Known<bool>,
        /// `path => target target_version`, as the contract's `allowed_replacements` spells it.
        spelled: String,
    }
}

vocabulary! {
    pub enum SumKind { Zip = "zip", GoMod = "go.mod" }
}

fact! {
    /// A line of go.sum or go.work.sum.
    pub struct Sum = "module.sums", layers [Source], counts "sum-lines", with ["private_modules"] {
        /// Module path.
        path: String,
        /// Version, without `/go.mod`.
        version: String,
        /// What is summed.
        of: SumKind,
        /// The sum as written, `h1:…`.
        sum: String,
        /// `h1:` and 32 bytes of standard base64.
        well_formed: bool,
        /// Whether another line gives the same module and kind another sum.
        conflicting: bool,
        /// Whether it is the line of an old bug, for a module without a go.mod, that the Go command drops when it reads the file.
        dropped: bool,
        /// Whether the checksum database's record says the same; unknown without a record that a signed tree of the database proves.
        database_agrees: Known<bool>,
        /// Whether such a record is known to say another sum.
        database_differs: bool,
        /// The sum in that record, or null.
        database_sum: Option<String>,
        /// The record's number in the database, or null.
        record: Option<u64>,
        /// The size of the signed tree that proves it (one of `tree_heads` of `module.assurance`), or null.
        tree_size: Option<u64>,
        /// Whether the path is one of the contract's private modules.
        private: bool,
    }
}

vocabulary! {
    pub enum ContentForm { Zip = "zip", Folder = "folder", GoMod = "go.mod", Vendor = "vendor" }
}

fact! {
    /// The contents of a module against go.sum: one item per form at hand (zip, extracted folder, go.mod), one without a form where a module of the build has none.
    pub struct Content = "module.contents", layers [Source], counts "modules" {
        /// Module path.
        path: String,
        /// Version.
        version: String,
        /// What was hashed; null where nothing was there.
        form: Option<ContentForm>,
        /// Whether go.sum has a sum of it. Contents without a sum are of no module that the build is known to use.
        summed: bool,
        /// Whether it was there and its hash could be computed.
        examined: bool,
        /// The `h1:` computed from the bytes.
        computed: Known<Option<String>>,
        /// The sum in go.sum; null where it has none.
        recorded: Option<String>,
        /// Whether both are equal; unknown where contents or sum are missing.
        agrees: Known<bool>,
        /// Whether they are known to differ, or the contents are none that a module can have (a name twice, a link, a file outside its folder).
        differs: bool,
        /// Why they are none that a module can have, or null.
        mistake: Option<String>,
    }
}

fact! {
    /// A module of vendor/modules.txt, or (with an empty path) what no listed package explains.
    pub struct Vendor = "module.vendor", layers [Source], counts "vendored-modules" {
        /// Module path as listed; empty for files that no listed package explains.
        path: String,
        /// Version in modules.txt; null for a replacement of all versions.
        version: Option<String>,
        /// Its replacement in modules.txt (`path version` or a folder), or null.
        replacement: Option<String>,
        /// How many of its packages are listed.
        packages: u64,
        /// Whether modules.txt and go.mod agree by the Go command's rules, and the list by itself makes sense.
        consistent: Known<bool>,
        /// What disagrees, or null.
        mistake: Option<String>,
        /// Listed packages without a Go file, at most 50.
        missing_packages: Vec<String>,
        /// Files of vendor/ that no listed package explains, at most 50.
        unexplained: Vec<String>,
        /// Files that differ from the contents whose sum go.sum holds (or, for a folder, from that folder), that are not there, or that are missing (also what a package embeds), at most 50; and modules.txt where its `go` version is not that of the module's own go.mod. Unknown where those contents are not at hand.
        differing: Known<Vec<String>>,
        /// Whether every vendored file equals that of the contents, none is missing, and the language version is the module's own.
        equals_contents: Known<bool>,
        /// Whether a file is known to differ.
        differs: bool,
    }
}

fact! {
    /// What the sum lines are worth: how much of them was held against the checksum database and against contents. One item for the delivery.
    pub struct Assurance = "module.assurance", layers [Source], counts "module-files", with ["private_modules"] {
        /// Sum lines of modules that are not private.
        public_sums: u64,
        /// Of these, lines without a record of the checksum database.
        unauthenticated: u64,
        /// Whether there is none of those: without it, go.sum is the supplier's word.
        sums_authenticated: bool,
        /// The database's signed tree heads by which records were proved, each as it was signed.
        tree_heads: Vec<String>,
        /// Modules whose contents the build takes, as far as the module files tell.
        expected_contents: u64,
        /// Of these, modules whose contents were not at hand.
        unexamined: u64,
        /// Whether there is none of those.
        contents_examined: bool,
        /// Zips, folders and go.mod files of modules that were at hand.
        forms: u64,
    }
}

fact! {
    /// A setting in build files that keeps the Go command from asking the checksum database (`GOSUMDB`, `GONOSUMDB`, `GOPRIVATE`, `GOFLAGS=-insecure`), against what go.sum lacks.
    pub struct ChecksumSetting = "module.checksum_settings", layers [Source], counts "build-files", with ["private_modules"] {
        /// The setting's name.
        setting: String,
        /// Its value.
        value: Known<Option<String>>,
        /// Whether it is in force for a command that builds a delivered main package.
        delivered: Known<bool>,
        /// By what the package of that command is known to be a delivered one; null where `delivered` is not true.
        told_by: Option<ToldBy>,
        /// Modules outside the contract's private ones that it exempts and for which go.sum lacks a sum, at most 50. With a complete go.sum, or a build from vendor/, the database is not asked at all.
        reaches: Known<Vec<String>>,
        /// Whether it reaches any.
        reaches_any: Known<bool>,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![
        File::schema(),
        Requirement::schema(),
        Replacement::schema(),
        Sum::schema(),
        Content::schema(),
        Vendor::schema(),
        Assurance::schema(),
        ChecksumSetting::schema(),
    ]
}
