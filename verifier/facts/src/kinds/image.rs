//! What delivered images hold, read without a daemon.

use crate::kinds::inventory::Format;
use crate::{Digest, Fact, KindSchema, Known, fact, vocabulary};

vocabulary! {
    /// How an image is laid out on disk.
    pub enum Layout { Oci = "oci-layout", Docker = "docker-archive" }
}

fact! {
    /// One image for one platform. An image layout that holds several (an index of platforms, several tags) has an item for each; attestations beside them have none.
    /// Images that deliverable.toml names, and those found by content outside the source, modules and test data.
    pub struct Manifest = "image.manifest", layers [Binary], counts "files" {
        /// Where the layout is: a folder or an archive of the delivery.
        image: String,
        /// Whether deliverable.toml names it.
        declared: bool,
        /// The layout it was read from.
        layout: Layout,
        /// SHA-256 of the manifest's bytes; of a docker-archive, which has none, of the configuration's (the image ID).
        digest: Known<Digest>,
        /// Whether this is the digest that deliverable.toml declares, be it of the manifest, of an index around it or of the configuration; null where it declares none.
        declared_digest_agrees: Known<Option<bool>>,
        /// Names and tags that the layout gives it.
        names: Vec<String>,
        /// `os/architecture`.
        platform: Known<Option<String>>,
        /// Whether index and configuration name the same platform.
        platform_agrees: bool,
        /// How many layers it has.
        layers: u64,
        /// Whether manifest, configuration and every layer have the digests and sizes by which they are referred to, layers also unpacked.
        digests_agree: Known<bool>,
        /// What has another digest or size, at most 50.
        wrong: Vec<String>,
        /// User as configured; empty: root.
        user: String,
        /// Entrypoint as configured.
        entrypoint: Vec<String>,
        /// Arguments as configured (`Cmd`).
        cmd: Vec<String>,
        /// Environment as configured; values of `[run] secret` and of variables whose names speak of secrets are replaced by their length.
        env: Vec<String>,
        /// `GODEBUG` in that environment, or null.
        godebug: Option<String>,
        /// Working directory.
        working_dir: String,
        /// Exposed ports, as in `8443/tcp`.
        exposed_ports: Vec<String>,
        /// Labels as `key=value`.
        labels: Vec<String>,
        /// Volumes: what is mounted there hides the image's own files.
        volumes: Vec<String>,
        /// The file that the image starts, found in its final file system through `PATH` and links; null where it names none.
        starts: Known<Option<String>>,
        /// SHA-256 of that file.
        starts_sha256: Known<Option<Digest>>,
        /// Whether the image starts the binary of `[run]` as `[run]` does: program, arguments, environment, user and files, placeholders and secrets excepted. Unknown where there is no `[run]`.
        run_agrees: Known<bool>,
        /// What differs from `[run]`, at most 50.
        run_differences: Vec<String>,
        /// Files of the final file system.
        files: u64,
    }
}

fact! {
    /// A file of an image that matters: machine code in any layer, also where a higher layer replaces or deletes it, files with special rights, scripts that the image starts, copies of delivered binaries and of files of `[run]`.
    pub struct File = "image.files", layers [Binary], counts "files" {
        /// Where the image is.
        image: String,
        /// Digest of its manifest (`image.manifest`).
        digest: Known<Digest>,
        /// `os/architecture` of the image.
        platform: Known<Option<String>>,
        /// Absolute path in the image, links among its folders resolved.
        path: String,
        /// The layer that brings it, counted from 0 at the bottom.
        layer: u64,
        /// Size in bytes.
        size: u64,
        /// SHA-256 of the content.
        sha256: Known<Digest>,
        /// What it is, by its first bytes.
        format: Format,
        /// Whether it is machine code.
        executable_content: bool,
        /// Whether it is a Go program.
        go_program: Known<bool>,
        /// Name of a packer (`upx`) or null.
        packer: Known<Option<String>>,
        /// Permission bits with set-user-ID, set-group-ID and sticky.
        mode: u64,
        /// Whether it runs with more rights than its caller: set-user-ID, set-group-ID or file capabilities.
        privileged: bool,
        /// Whether the final file system has it; false where a higher layer deleted or replaced it.
        visible: bool,
        /// Name of the delivered binary with the same bytes, or null.
        delivered_as: Known<Option<String>>,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![Manifest::schema(), File::schema()]
}
