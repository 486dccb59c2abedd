//! A small builder of images: tar, SHA-256 and JSON, nothing else.

use crate::archive::tests::gzip_of;
use assize_facts::sha256_hex;
use serde_json::{Value, json};

/// One member of a layer.
#[derive(Clone, Copy)]
pub(crate) enum M<'a> {
    File(&'a str, &'a [u8]),
    Mode(&'a str, &'a [u8], u32),
    Folder(&'a str),
    Link(&'a str, &'a str),
    Hard(&'a str, &'a str),
    /// A whiteout or another empty file.
    Empty(&'a str),
}

/// A tar of members, names as given, be they odd.
pub(crate) fn layer(members: &[M<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for member in members {
        let (name, kind, content, mode, link) = match member {
            M::File(name, content) => (*name, b'0', *content, 0o755, ""),
            M::Mode(name, content, mode) => (*name, b'0', *content, *mode, ""),
            M::Folder(name) => (*name, b'5', &b""[..], 0o755, ""),
            M::Link(name, to) => (*name, b'2', &b""[..], 0o777, *to),
            M::Hard(name, to) => (*name, b'1', &b""[..], 0o644, *to),
            M::Empty(name) => (*name, b'0', &b""[..], 0o600, ""),
        };
        out.extend(member_of(name, kind, content, mode, link));
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// One member of any kind, without the zeros that end an archive.
pub(crate) fn member_of(name: &str, kind: u8, content: &[u8], mode: u32, link: &str) -> Vec<u8> {
    let mut out = [&header(name, kind, content.len() as u64, mode, link), content].concat();
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn header(name: &str, kind: u8, size: u64, mode: u32, link: &str) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, format!("{mode:07o}").as_bytes());
    put(108, b"0000000\x000000000\0");
    put(124, format!("{size:011o}").as_bytes());
    put(136, b"00000000000");
    put(148, b"        ");
    put(156, &[kind]);
    put(157, link.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// Files of a layout as one tar.
pub(crate) fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let members: Vec<M> = files.iter().map(|(name, content)| M::File(name, content)).collect();
    layer(&members)
}

/// An image in the making.
#[derive(Clone)]
pub(crate) struct Build {
    pub layers: Vec<Vec<u8>>,
    /// `config` of the configuration.
    pub config: Value,
    pub platform: (&'static str, &'static str),
    /// Of the index, where it is another one.
    pub index_platform: Option<(&'static str, &'static str)>,
    pub gzip: bool,
    pub name: &'static str,
}

type Files = Vec<(String, Vec<u8>)>;

impl Build {
    pub(crate) fn of(layers: Vec<Vec<u8>>) -> Build {
        let config = json!({"Entrypoint": ["/app/api"], "Env": ["PATH=/usr/bin:/bin"]});
        Build { layers, config, platform: ("linux", "amd64"), index_platform: None, gzip: true, name: "api:1" }
    }

    pub(crate) fn with(mut self, config: Value) -> Build {
        self.config = config;
        self
    }

    fn configuration(&self) -> Vec<u8> {
        let diff_ids: Vec<String> = self.layers.iter().map(|l| format!("sha256:{}", sha256_hex(l))).collect();
        let (os, architecture) = self.platform;
        let rootfs = json!({"type": "layers", "diff_ids": diff_ids});
        json!({"os": os, "architecture": architecture, "config": self.config, "rootfs": rootfs})
            .to_string()
            .into_bytes()
    }

    /// Its blobs, and its descriptor for an index.
    pub(crate) fn blobs(&self) -> (Files, Value) {
        let mut files = Files::new();
        let mut blob = |bytes: Vec<u8>, media: &str| {
            let hex = sha256_hex(&bytes);
            let descriptor = json!({"mediaType": media, "digest": format!("sha256:{hex}"), "size": bytes.len()});
            files.push((format!("blobs/sha256/{hex}"), bytes));
            descriptor
        };
        let config = blob(self.configuration(), "application/vnd.oci.image.config.v1+json");
        let pack = |layer: &Vec<u8>| if self.gzip { gzip_of(layer) } else { layer.clone() };
        let layers: Vec<Value> =
            self.layers.iter().map(|l| blob(pack(l), "application/vnd.oci.image.layer.v1.tar+gzip")).collect();
        let media = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({"schemaVersion": 2, "mediaType": media, "config": config, "layers": layers});
        let mut descriptor = blob(manifest.to_string().into_bytes(), media);
        let (os, architecture) = self.index_platform.unwrap_or(self.platform);
        descriptor["platform"] = json!({"os": os, "architecture": architecture});
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": self.name});
        (files, descriptor)
    }

    /// The files of an OCI layout.
    pub(crate) fn oci(&self) -> Files {
        oci(std::slice::from_ref(self))
    }

    /// The files that `docker save` wrote before it wrote OCI layouts.
    pub(crate) fn docker(&self) -> Files {
        let config = self.configuration();
        let name = format!("{}.json", sha256_hex(&config));
        let layers: Vec<String> = (0..self.layers.len()).map(|n| format!("layer{n}/layer.tar")).collect();
        let manifest = json!([{"Config": name, "RepoTags": [self.name], "Layers": layers}]);
        let mut files = vec![(name, config)];
        files.extend(layers.into_iter().zip(self.layers.clone()));
        files.push(("manifest.json".into(), manifest.to_string().into_bytes()));
        files
    }
}

/// The files of an OCI layout of several images.
pub(crate) fn oci(images: &[Build]) -> Files {
    let mut files = vec![("oci-layout".to_string(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec())];
    let mut manifests = Vec::new();
    for image in images {
        let (blobs, descriptor) = image.blobs();
        files.extend(blobs.into_iter().filter(|(name, _)| files.iter().all(|(n, _)| n != name)).collect::<Vec<_>>());
        manifests.push(descriptor);
    }
    files.push(("index.json".into(), json!({"schemaVersion": 2, "manifests": manifests}).to_string().into_bytes()));
    files
}
