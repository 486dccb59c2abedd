//! Writes images as container tools do: tar by hand, SHA-256 and JSON.

use assize_facts::sha256_hex;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;

/// A member of a layer.
#[derive(Clone)]
pub struct Member {
    name: String,
    content: Vec<u8>,
    mode: u32,
    link: Option<String>,
}

impl Member {
    pub fn file(name: &str, content: &[u8], mode: u32) -> Member {
        Member { name: name.into(), content: content.to_vec(), mode, link: None }
    }

    pub fn link(name: &str, target: &str) -> Member {
        Member { name: name.into(), content: Vec::new(), mode: 0o777, link: Some(target.into()) }
    }
}

#[derive(Clone, Copy, PartialEq)]
pub enum Packing {
    Plain,
    Gzip,
}

#[derive(Clone)]
pub struct Image {
    pub layers: Vec<Vec<Member>>,
    /// `config` of the image's configuration.
    pub config: Value,
    pub platform: &'static str,
    pub packing: Packing,
}

/// A tar archive (ustar).
pub fn tar(members: &[Member]) -> Vec<u8> {
    let mut out = Vec::new();
    for member in members {
        let kind = if member.link.is_some() { b'2' } else { b'0' };
        out.extend(header(member, kind));
        out.extend(&member.content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn header(member: &Member, kind: u8) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, member.name.as_bytes());
    put(100, format!("{:07o}\0{:07o}\0{:07o}\0", member.mode, 0, 0).as_bytes());
    put(124, format!("{:011o}\0{:011o}\0        ", member.content.len(), 0).as_bytes());
    put(156, &[kind]);
    put(157, member.link.as_deref().unwrap_or_default().as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

struct Blobs(Vec<Member>);

impl Blobs {
    fn add(&mut self, bytes: Vec<u8>, media: &str) -> Value {
        let hex = sha256_hex(&bytes);
        let size = bytes.len();
        self.0.push(Member::file(&format!("blobs/sha256/{hex}"), &bytes, 0o644));
        json!({"mediaType": media, "digest": format!("sha256:{hex}"), "size": size})
    }
}

impl Image {
    fn tars(&self) -> Vec<Vec<u8>> {
        self.layers.iter().map(|layer| tar(layer)).collect()
    }

    fn configuration(&self) -> Vec<u8> {
        let diff_ids: Vec<String> = self.tars().iter().map(|l| format!("sha256:{}", sha256_hex(l))).collect();
        let (os, architecture) = self.platform.split_once('/').expect("os/architecture");
        let rootfs = json!({"type": "layers", "diff_ids": diff_ids});
        let all = json!({"os": os, "architecture": architecture, "config": self.config, "rootfs": rootfs});
        all.to_string().into_bytes()
    }

    fn packed(&self, layer: &[u8]) -> Vec<u8> {
        if self.packing == Packing::Gzip { gzip(layer) } else { layer.to_vec() }
    }

    fn manifest(&self, blobs: &mut Blobs) -> Value {
        let config = blobs.add(self.configuration(), "application/vnd.oci.image.config.v1+json");
        let media = "application/vnd.oci.image.layer.v1.tar";
        let layers: Vec<Value> = self.tars().iter().map(|l| blobs.add(self.packed(l), media)).collect();
        let media = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({"schemaVersion": 2, "mediaType": media, "config": config, "layers": layers});
        blobs.add(manifest.to_string().into_bytes(), media)
    }

    pub fn manifest_digest(&self) -> String {
        self.manifest(&mut Blobs(Vec::new()))["digest"].as_str().expect("a digest").to_string()
    }

    /// The files of an OCI layout; the index labels it with a platform.
    pub fn layout(&self, platform: &str) -> Vec<Member> {
        let mut blobs = Blobs(vec![Member::file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#, 0o644)]);
        let mut descriptor = self.manifest(&mut blobs);
        let (os, architecture) = platform.split_once('/').expect("os/architecture");
        descriptor["platform"] = json!({"os": os, "architecture": architecture});
        descriptor["annotations"] = json!({"org.opencontainers.image.ref.name": "latest"});
        let index = json!({"schemaVersion": 2, "manifests": [descriptor]}).to_string();
        blobs.0.push(Member::file("index.json", index.as_bytes(), 0o644));
        blobs.0
    }

    pub fn oci_tar(&self) -> Vec<u8> {
        self.oci_tar_labelled(self.platform)
    }

    pub fn oci_tar_labelled(&self, platform: &str) -> Vec<u8> {
        tar(&self.layout(platform))
    }

    /// What `docker save` wrote before version 25.
    pub fn docker_tar(&self) -> Vec<u8> {
        let config = self.configuration();
        let name = format!("{}.json", sha256_hex(&config));
        let layers: Vec<String> = (0..self.layers.len()).map(|n| format!("{n}/layer.tar")).collect();
        let manifest = json!([{"Config": name, "RepoTags": ["auth-api:1.4.2"], "Layers": layers}]).to_string();
        let mut members = vec![Member::file(&name, &config, 0o644)];
        let tars = self.tars();
        members.extend(layers.iter().zip(&tars).map(|(name, layer)| Member::file(name, layer, 0o644)));
        members.push(Member::file("manifest.json", manifest.as_bytes(), 0o644));
        tar(&members)
    }
}
