//! What go.mod, go.sum, go.work and vendor/modules.txt say, and what the modules' contents are.

use crate::{Fact, GoVersion, Known, KindSchema, fact, vocabulary};

vocabulary! {
    pub enum ModuleFile { GoMod = "go.mod", GoSum = "go.sum", GoWork = "go.work", GoWorkSum = "go.work.sum", ModulesTxt = "modules.txt" }
}

fact! {
    /// One of the Go command's module files of the delivered build.
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
    }
}

fact! {
    /// A required module of the main module (or workspace) after replacement.
    pub struct Requirement = "module.requirements", layers [Source], counts "module-files" {
        /// Module path as required.
        path: String,
        /// Version as required.
        version: String,
        /// `// indirect`.
        indirect: bool,
        /// Path of the module whose contents are used (after `replace`); null for a local folder or workspace member.
        effective_path: Option<String>,
        /// Its version.
        effective_version: Option<String>,
        /// Whether go.sum must have the sum of the zip: a package of it is known to be in the build.
        zip_sum_needed: Known<bool>,
        /// Whether go.sum has the sum of the zip; null for a local folder.
        zip_sum_present: Option<bool>,
        /// Whether go.sum must have the sum of its go.mod.
        mod_sum_needed: Known<bool>,
        /// Whether go.sum has the sum of its go.mod; null for a local folder.
        mod_sum_present: Option<bool>,
        /// Whether every sum that is needed is there.
        sums_complete: Known<bool>,
        /// Whether the path is one of the contract's private modules.
        private: bool,
    }
}

vocabulary! {
    pub enum ReplaceKind { Local = "local", Remote = "remote" }
}

fact! {
    /// A `replace` line of go.mod or go.work, or a workspace member.
    pub struct Replacement = "module.replacements", layers [Source], counts "module-files" {
        /// Module path that is replaced.
        path: String,
        /// Version that is replaced; null for all.
        version: Option<String>,
        /// Whether the target is a folder or another module.
        target_kind: ReplaceKind,
        /// The target as written.
        target: String,
        /// The target's version for another module.
        target_version: Option<String>,
        /// Whether any requirement of the graph uses the replaced path.
        used: Known<bool>,
        /// Whether the target folder was delivered; null for another module.
        target_delivered: Known<Option<bool>>,
        /// Whether the target's go.mod declares exactly the replaced path; null for another module.
        target_declares_path: Known<Option<bool>>,
        /// Whether the path belongs to the main module's repository or is a workspace member.
        own_module: bool,
        /// Whether target and path are as `own-modules` asks: delivered inside the source, same path declared, own module.
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
    pub struct Sum = "module.sums", layers [Source], counts "sum-lines" {
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
        /// Whether the checksum database's record says the same; unknown without a record.
        database_agrees: Known<bool>,
        /// Whether the path is one of the contract's private modules.
        private: bool,
    }
}

vocabulary! {
    pub enum ContentForm { Zip = "zip", Folder = "folder", GoMod = "go.mod", Vendor = "vendor" }
}

fact! {
    /// The contents of a module as far as they can be compared with go.sum.
    pub struct Content = "module.contents", layers [Source], counts "modules" {
        /// Module path.
        path: String,
        /// Version.
        version: String,
        /// What was hashed; null where nothing was there.
        form: Option<ContentForm>,
        /// Whether the contents were at hand.
        examined: bool,
        /// The `h1:` computed from the bytes.
        computed: Known<Option<String>>,
        /// The sum in go.sum; null where it has none.
        recorded: Option<String>,
        /// Whether both are equal; unknown where contents or sum are missing.
        agrees: Known<bool>,
    }
}

fact! {
    /// A module, or an unexplained file, of the vendor folder.
    pub struct Vendor = "module.vendor", layers [Source], counts "vendored-modules" {
        /// Module path; empty for a file that no listed package explains.
        path: String,
        /// Version in modules.txt.
        version: Option<String>,
        /// Whether modules.txt and go.mod agree by the Go command's rules.
        consistent: Known<bool>,
        /// What disagrees, or null.
        mistake: Option<String>,
        /// Files of vendor/ that no listed package explains.
        unexplained: Vec<String>,
        /// Files that differ from the module's zip whose sum go.sum holds; unknown where that zip is not at hand.
        differing: Known<Vec<String>>,
        /// Whether every vendored file equals that of the zip.
        equals_contents: Known<bool>,
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
    ]
}
