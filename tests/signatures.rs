//! Signed packs end to end: what the program writes is checked by OpenSSL and ssh-keygen, and what it says of a pack by its exit status.

use crate::run::{assize, folder, root, sample};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A place with two key pairs and a contract that names both.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: folder(&[]) };
        let mut contract = fs::read_to_string(sample("incomplete-handover").join("contract.toml")).expect("a contract");
        for role in ["buyer", "supplier"] {
            let ran = assize(["keygen".as_ref(), place.path(role).as_os_str()]);
            assert_eq!(ran.status, Some(0), "{}", ran.all());
            let line = ran.stdout.lines().find_map(|line| line.strip_prefix("for a contract:  ")).expect("the key");
            contract = format!("[[party]]\nrole = \"{role}\"\nname = \"The {role}\"\n{line}\n\n{contract}");
            let line = ran.stdout.lines().find_map(|line| line.strip_prefix("for ssh-keygen:  ")).expect("the key");
            fs::write(place.path(&format!("{role}.allowed")), format!("{line}\n")).expect("a file");
        }
        fs::write(place.path("contract.toml"), contract).expect("a contract");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A pack signed by the buyer.
    fn pack(&self, name: &str) -> PathBuf {
        let pack = self.path(name);
        let ran = assize([
            "verify".as_ref(),
            sample("incomplete-handover").as_os_str(),
            "--contract".as_ref(),
            self.path("contract.toml").as_os_str(),
            "--layer=source".as_ref(),
            "--at=2026-11-01T00:00:00Z".as_ref(),
            "--pack".as_ref(),
            pack.as_os_str(),
            "--sign".as_ref(),
            self.path("buyer").as_os_str(),
        ]);
        assert_eq!(ran.status, Some(2), "{}", ran.all());
        pack
    }
}

fn evidence(command: &str, args: &[&Path]) -> crate::run::Ran {
    assize(["evidence".as_ref(), command.as_ref()].into_iter().chain(args.iter().map(|a| a.as_os_str())))
}

#[track_caller]
fn says(pack: &Path, with: &[&Path], status: i32, words: &str) {
    let args: Vec<&Path> = [pack].into_iter().chain(with.iter().copied()).collect();
    let ran = evidence("verify", &args);
    assert_eq!(ran.status, Some(status), "{}", ran.all());
    assert!(ran.stdout.contains(words), "{words:?} is not in\n{}", ran.all());
}

#[test]
fn a_pack_is_signed_by_both_parties_and_worth_what_its_signatures_are() {
    let place = Place::new();
    let (pack, contract) = (place.pack("pack"), place.path("contract.toml"));
    let with_contract: &[&Path] = &[Path::new("--contract"), &contract];
    says(&pack, &[], 2, "intact, signer unknown");
    says(&pack, with_contract, 2, "sound, not complete: supplier has not signed");
    // The supplier holds the archive and signs that.
    let archive = place.path("pack.tar");
    assert_eq!(evidence("copy", &[&pack, &archive]).status, Some(0));
    let ran = evidence("sign", &[&archive, &place.path("supplier")]);
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    says(&archive, with_contract, 0, "sound: everyone who is to sign has signed");
    says(&archive, &[Path::new("--key"), &place.path("buyer.pub")], 0, "sound");
    says(&archive, &[Path::new("--key"), &place.path("buyer.allowed")], 3, "");
    let again = evidence("sign", &[&archive, &place.path("supplier")]);
    assert_eq!(again.status, Some(3), "{}", again.all());
    let stranger = place.path("stranger");
    assert_eq!(assize(["keygen".as_ref(), stranger.as_os_str()]).status, Some(0));
    says(&archive, &[Path::new("--key"), &place.path("stranger.pub")], 1, "NOT SOUND");
    assert_eq!(evidence("sign", &[&pack, &stranger]).status, Some(3));
    // Another contract than the one that the pack was judged by.
    let other = place.path("other.toml");
    let text = fs::read_to_string(&contract)
        .expect("the contract")
        .replace("obligation = \"must\"", "obligation = \"should\"");
    fs::write(&other, format!("{text}\n[execution]\nsandbox = \"none\"\n")).expect("a contract");
    says(&archive, &[Path::new("--contract"), &other], 1, "it was judged by the contract");
    assert_eq!(evidence("replay", &[&archive]).status, Some(0));
    assert_eq!(evidence("show", &[&archive]).status, Some(0));
    // tar reads it as any other archive.
    let out = Command::new("tar").arg("-xOf").arg(&archive).arg("result.json").output().expect("tar runs");
    assert_eq!(out.stdout, fs::read(pack.join("result.json")).expect("a result"));
}

#[test]
fn a_private_key_is_for_its_owner_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt;
    let place = folder(&[]);
    let file = place.path().join("key");
    assert_eq!(assize(["keygen".as_ref(), file.as_os_str()]).status, Some(0));
    assert_eq!(fs::metadata(&file).expect("a key").permissions().mode() & 0o777, 0o600);
    let before = fs::read(&file).expect("a key");
    assert_eq!(assize(["keygen".as_ref(), file.as_os_str()]).status, Some(3));
    assert_eq!(fs::read(&file).expect("a key"), before);
    // OpenSSL reads both halves, and they belong together.
    let public = |args: &[&str]| {
        let out = Command::new("openssl").args(args).current_dir(place.path()).output().expect("OpenSSL runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    let read = public(&["pkey", "-in", "key", "-pubout"]);
    assert_eq!(read, fs::read(place.path().join("key.pub")).expect("the public half"));
    // And a key that OpenSSL made signs.
    public(&["genpkey", "-algorithm", "ed25519", "-out", "theirs"]);
    let pack = place.path().join("pack");
    let ran = assize([
        "verify".as_ref(),
        sample("incomplete-handover").as_os_str(),
        "--layer=source".as_ref(),
        "--clause=go-mod-integrity".as_ref(),
        "--pack".as_ref(),
        pack.as_os_str(),
        "--sign".as_ref(),
        place.path().join("theirs").as_os_str(),
    ]);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert!(pack.join("attestations/signer.sshsig").exists());
}

#[test]
fn ssh_keygen_alone_can_check_a_pack() {
    let place = Place::new();
    let pack = place.pack("pack");
    let check = |manifest: Vec<u8>| {
        let file = place.path("checked");
        fs::write(&file, manifest).expect("a file");
        let out = Command::new("ssh-keygen")
            .args(["-Y", "verify", "-n", "assize-pack", "-I", "buyer"])
            .arg("-f")
            .arg(place.path("buyer.allowed"))
            .arg("-s")
            .arg(pack.join("attestations/buyer.sshsig"))
            .stdin(fs::File::open(&file).expect("just written"))
            .output()
            .expect("ssh-keygen is installed");
        out.status.success()
    };
    let manifest = fs::read(pack.join("manifest.json")).expect("a manifest");
    assert!(check(manifest.clone()));
    let mut changed = manifest;
    changed[40] ^= 1;
    assert!(!check(changed));
}

/// The envelope taken apart with nothing of ours: OpenSSL checks the Ed25519 signature over DSSE's signed bytes.
#[test]
fn openssl_accepts_the_signatures_of_the_statements() {
    let place = Place::new();
    let pack = place.pack("pack");
    let text = fs::read_to_string(pack.join("attestations/buyer.intoto.jsonl")).expect("envelopes");
    let mut types = Vec::new();
    for line in text.lines() {
        let envelope: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let payload = base64(envelope["payload"].as_str().expect("text"));
        let signature = base64(envelope["signatures"][0]["sig"].as_str().expect("text"));
        let kind = envelope["payloadType"].as_str().expect("text");
        let mut signed = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
        signed.extend(&payload);
        assert!(openssl_verifies(&place, &signed, &signature));
        signed.push(b' ');
        assert!(!openssl_verifies(&place, &signed, &signature));
        let statement: serde_json::Value = serde_json::from_slice(&payload).expect("a statement");
        assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
        let manifest = Command::new("sha256sum").arg(pack.join("manifest.json")).output().expect("sha256sum runs");
        let digest = statement["subject"][0]["digest"]["sha256"].as_str().expect("a digest");
        assert!(String::from_utf8_lossy(&manifest.stdout).starts_with(digest));
        types.push(statement["predicateType"].as_str().expect("text").to_string());
    }
    assert_eq!(types, ["urn:assize:attestation:clause-evaluation:v1", "https://in-toto.io/attestation/svr/v0.2"]);
}

fn base64(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut child =
        Command::new("base64").arg("-d").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("base64 runs");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("its input");
    let out = child.wait_with_output().expect("it ends");
    assert!(out.status.success());
    out.stdout
}

fn openssl_verifies(place: &Place, message: &[u8], signature: &[u8]) -> bool {
    let (message_file, signature_file) = (place.path("message"), place.path("signature"));
    fs::write(&message_file, message).expect("a file");
    fs::write(&signature_file, signature).expect("a file");
    let out = Command::new("openssl")
        .args(["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey"])
        .arg(place.path("buyer.pub"))
        .arg("-in")
        .arg(&message_file)
        .arg("-sigfile")
        .arg(&signature_file)
        .current_dir(root())
        .output()
        .expect("OpenSSL runs");
    out.status.success()
}
