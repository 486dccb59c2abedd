//! Dated data that verdicts depend on beside the delivery: the table of Go releases and the vulnerability database, as this run used them.

use crate::{Digest, Fact, GoVersion, KindSchema, Known, Millis, Time, fact, vocabulary};

vocabulary! {
    pub enum DataSet { GoReleases = "go-releases", Vulnerabilities = "vulnerabilities" }
}

vocabulary! {
    /// Where dated data came from: inside the program, from `assize data`, or named for this run.
    pub enum DataSource { BuiltIn = "built-in", Imported = "imported", Given = "given" }
}

fact! {
    /// One set of dated data.
    pub struct Snapshot = "data.snapshots", layers [Binary], counts "data-sets" {
        /// Which.
        name: DataSet,
        /// Until when it is complete.
        as_of: Known<Time>,
        /// Where it came from.
        source: DataSource,
        /// SHA-256 of its file; of a folder, of its files' names and digests.
        sha256: Digest,
        /// How many releases or entries it has.
        entries: u64,
    }
}

fact! {
    /// One Go release of the table.
    pub struct GoRelease = "data.go_releases", layers [Binary], counts "releases" {
        /// As in `1.26.8`.
        version: GoVersion,
        /// The day on which it came out.
        date: Time,
        /// Whether it fixed a security problem.
        security: bool,
    }
}

fact! {
    /// A set of dated data at the date that is judged for.
    pub struct DataAge = "link.data_age", layers [Binary], counts "data-sets", with ["max_age"] {
        /// Which.
        name: DataSet,
        /// Until when it is complete.
        as_of: Known<Time>,
        /// From then to the date that is judged for; 0 where it is newer.
        age: Known<Millis>,
        /// True where it is at most `max_age` old. An older one is never known to be current, and never known to be wrong.
        fresh: Known<bool>,
    }
}

fact! {
    /// The toolchain of one delivered executable against the table of Go releases, at the date that is judged for.
    pub struct GoSupport = "link.go_support", layers [Binary], counts "executables", with ["accepted"] {
        /// The binary's name.
        binary: String,
        /// Whether it is a Go program.
        go_program: Known<bool>,
        /// The toolchain as the build information names it.
        toolchain: Known<String>,
        /// The release behind it; unknown for a development version, and for a toolchain that its vendor changed unless the contract accepts it.
        release: Known<GoVersion>,
        /// Experiments other than the release's defaults, as in `boringcrypto`.
        experiments: Vec<String>,
        /// Whether the contract accepts this toolchain by name.
        accepted: bool,
        /// Functions of the package `runtime` that the release line does not have, and with a `-` before them those of which it has at least one and the program none: the version is not that of the code.
        strange: Known<Vec<String>>,
        /// Whether fewer than two newer release lines are out; false for a release candidate.
        line_supported: Known<bool>,
        /// The newest release of its line; null where the table has none.
        newest: Known<Option<GoVersion>>,
        /// Releases of its line that fixed security problems and that it lacks, the first one first.
        missing: Known<Vec<String>>,
        /// Whole days since the first of those came out; 0 where it lacks none.
        days_behind: Known<u64>,
    }
}

fact! {
    /// What the module files and the main package's `//go:debug` lines demand of the toolchain, against the one that built the binary.
    pub struct GoDemand = "link.go_demands", layers [Source, Binary], counts "executables" {
        /// The binary's name.
        binary: String,
        /// `go`, `toolchain`, `godebug default`, `//go:debug default`; a `godebug` or `//go:debug` line that is refused for another reason as it is written.
        directive: String,
        /// The version that the line names, where it names one.
        demanded: Option<GoVersion>,
        /// The toolchain's release.
        built_with: Known<GoVersion>,
        /// Whether the line demands a newer one than built it: the binary was then not built from these files by the rules of the Go command.
        newer: Known<bool>,
        /// Why that toolchain refuses a line that names no version.
        refusal: Option<String>,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![Snapshot::schema(), GoRelease::schema(), DataAge::schema(), GoSupport::schema(), GoDemand::schema()]
}
