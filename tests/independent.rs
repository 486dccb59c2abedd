//! Programs that know nothing of ours check what we write: OpenSSL's timestamps, DSSE's own implementation in Go, and every command of the pack's README.

use crate::run::{Ran, assize, folder, root, sample};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CONFIG: &str = "[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = unused\n[root]\nbasicConstraints = critical,CA:TRUE\n\
keyUsage = critical,keyCertSign\n[tsa]\nbasicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature\n\
extendedKeyUsage = critical,timeStamping\n[ts]\ndefault_tsa = here\n[here]\nserial = serial\ndefault_policy = 1.2.3.4\n\
digests = sha256\nsigner_digest = sha256\n";

/// A place with the buyer's key, a contract that names it, and an authority made by OpenSSL.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(folder(&[("authority/config", CONFIG), ("authority/serial", "01\n")]));
        let made = assize(["keygen".as_ref(), place.at("buyer").as_os_str()]);
        assert_eq!(made.status, Some(0), "{}", made.all());
        let line = |begin: &str| made.stdout.lines().find_map(|l| l.strip_prefix(begin)).expect("a line").to_string();
        fs::write(place.at("allowed"), format!("{}\n", line("for ssh-keygen:  "))).expect("a file");
        let contract = fs::read_to_string(sample("incomplete-handover").join("contract.toml")).expect("a contract");
        let party = format!("[[party]]\nrole = \"buyer\"\nname = \"The buyer\"\n{}\n\n", line("for a contract:  "));
        fs::write(place.at("contract.toml"), party + &contract).expect("a file");
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A pack that the buyer signed, whose signature is to be timestamped.
    fn pack(&self, name: &str) -> PathBuf {
        let pack = self.at(name);
        let mut args: Vec<std::ffi::OsString> = vec!["verify".into(), sample("incomplete-handover").into()];
        args.extend(["--contract".into(), self.at("contract.toml").into(), "--layer=source".into()]);
        args.extend(["--at=2026-11-01T00:00:00Z".into(), "--timestamp".into()]);
        args.extend(["--pack".into(), pack.clone().into(), "--sign".into(), self.at("buyer").into()]);
        let ran = assize(args);
        assert_eq!(ran.status, Some(2), "{}", ran.all());
        pack
    }

    #[track_caller]
    fn openssl(&self, line: &str) {
        let out = Command::new("openssl").args(line.split_whitespace()).current_dir(self.at("authority")).output();
        let out = out.expect("OpenSSL is installed");
        assert!(out.status.success(), "openssl {line}\n{}", String::from_utf8_lossy(&out.stderr));
    }

    fn make_authority(&self) {
        for name in ["root", "tsa"] {
            self.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
        }
        self.openssl(
            "req -x509 -new -key root.key -config config -extensions root -subj /CN=Root -days 9 -out root.pem",
        );
        self.openssl("req -new -key tsa.key -config config -subj /CN=Authority -out tsa.csr");
        self.openssl("x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -extfile config -extensions tsa -days 9 -out tsa.pem");
    }

    /// Asks the authority with the request that the program writes, and attaches its answer.
    fn stamp(&self, pack: &Path) -> Ran {
        let (request, answer) = (self.at("authority/query"), self.at("authority/answer"));
        let ran = stamp(pack, &["--request".as_ref(), request.as_os_str()]);
        assert_eq!(ran.status, Some(0), "{}", ran.all());
        self.openssl(
            "ts -reply -config config -section here -queryfile query -signer tsa.pem -inkey tsa.key -out answer",
        );
        let roots = self.at("authority/root.pem");
        stamp(pack, &["--attach".as_ref(), answer.as_os_str(), "--timestamp-root".as_ref(), roots.as_os_str()])
    }
}

fn stamp(pack: &Path, more: &[&std::ffi::OsStr]) -> Ran {
    let mut args = vec!["evidence".as_ref(), "timestamp".as_ref(), pack.as_os_str()];
    args.extend(more);
    assize(args)
}

#[track_caller]
fn says(pack: &Path, with: &[(&str, &Path)], status: i32, words: &str) {
    let mut args: Vec<std::ffi::OsString> = vec!["evidence".into(), "verify".into(), pack.into()];
    for (name, path) in with {
        args.extend([(*name).into(), path.as_os_str().into()]);
    }
    let ran = assize(args);
    assert_eq!(ran.status, Some(status), "{}", ran.all());
    assert!(ran.stdout.contains(words), "{words:?} is not in\n{}", ran.all());
}

#[test]
fn a_timestamp_is_asked_for_attached_and_worth_what_its_root_is() {
    let place = Place::new();
    place.make_authority();
    let (pack, contract, root) = (place.pack("pack"), place.at("contract.toml"), place.at("authority/root.pem"));
    let by_contract = ("--contract", contract.as_path());
    says(&pack, &[by_contract], 2, "the timestamp timestamps/buyer.tsr is not attached");
    let attached = place.stamp(&pack);
    assert_eq!(attached.status, Some(0), "{}", attached.all());
    assert!(attached.stdout.contains("CN=Authority"), "{}", attached.all());
    says(&pack, &[by_contract, ("--timestamp-root", &root)], 0, "sound: everyone who is to sign has signed");
    says(&pack, &[by_contract], 2, "nobody said whether timestamps by CN=Authority count");
    let stranger = Place::new();
    stranger.make_authority();
    let strange = stranger.at("authority/root.pem");
    says(&pack, &[by_contract, ("--timestamp-root", &strange)], 1, "not below a trusted root");
    // A second one has no place, and one of another pack does not fit.
    let answer = place.at("authority/answer");
    let again = stamp(&pack, &["--attach".as_ref(), answer.as_os_str()]);
    assert_eq!(again.status, Some(3), "{}", again.all());
    let other = place.pack("other");
    let ran = stamp(&other, &["--attach".as_ref(), answer.as_os_str()]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    fs::create_dir(other.join("timestamps")).expect("a folder");
    fs::copy(pack.join("timestamps/buyer.tsr"), other.join("timestamps/buyer.tsr")).expect("a copy");
    says(&other, &[by_contract], 1, "timestamps/buyer.tsr is a timestamp of something else");
    // The archive holds it too.
    let archive = place.at("pack.tar");
    let ran = assize(["evidence".as_ref(), "copy".as_ref(), pack.as_os_str(), archive.as_os_str()]);
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    says(&archive, &[by_contract, ("--timestamp-root", &root)], 0, "timestamped ");
}

#[test]
fn nothing_is_timestamped_that_the_first_signature_did_not_name() {
    let place = Place::new();
    let pack = place.at("pack");
    let ran = assize([
        "verify".as_ref(),
        sample("incomplete-handover").as_os_str(),
        "--layer=source".as_ref(),
        "--pack".as_ref(),
        pack.as_os_str(),
    ]);
    assert!(matches!(ran.status, Some(1 | 2)), "{}", ran.all());
    let query = place.at("query");
    let request: &[&std::ffi::OsStr] = &["--request".as_ref(), query.as_os_str()];
    let ran = stamp(&pack, request);
    assert!(ran.status == Some(3) && ran.stderr.contains("nobody signed"), "{}", ran.all());
    let signed = assize(["evidence".as_ref(), "sign".as_ref(), pack.as_os_str(), place.at("buyer").as_os_str()]);
    assert_eq!(signed.status, Some(0), "{}", signed.all());
    let ran = stamp(&pack, request);
    assert!(ran.status == Some(3) && ran.stderr.contains("names no timestamp"), "{}", ran.all());
}

#[test]
fn every_command_of_the_packs_readme_holds_and_notices_a_change() {
    let place = Place::new();
    place.make_authority();
    let pack = place.pack("pack");
    assert_eq!(place.stamp(&pack).status, Some(0));
    let readme = fs::read_to_string(root().join("verifier/evidence/README.md")).expect("the README");
    let blocks: Vec<&str> =
        readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
    assert_eq!(blocks.len(), 6);
    let run = |block: &str| -> Output {
        let script = format!("set -euo pipefail\n{block}");
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(script).env("PACK", &pack).env("KEY", place.at("buyer.pub"));
        bash.env("ALLOWED", place.at("allowed")).env("ROOT", place.at("authority/root.pem"));
        bash.env("DELIVERY", sample("incomplete-handover")).output().expect("bash runs")
    };
    let shown = |out: &Output| String::from_utf8_lossy(&[&out.stdout[..], &out.stderr].concat()).into_owned();
    // The last block uses what the third one left.
    let joined = format!("{}\n{}", blocks[2], blocks[5]);
    let all = [blocks[0], blocks[1], blocks[2], blocks[3], blocks[4], &joined];
    for block in all {
        let out = run(block);
        assert!(out.status.success(), "{block}\n{}", shown(&out));
    }
    for (file, noticed) in [
        ("result.json", &all[..1]),
        ("manifest.json", &all[..3]),
        ("attestations/buyer.sshsig", &all[1..2]),
        ("attestations/buyer.intoto.jsonl", &all[2..4]),
        ("timestamps/buyer.tsr", &all[3..4]),
        ("inventory.txt", &all[4..5]),
    ] {
        let path = pack.join(file);
        let good = fs::read(&path).expect("a file");
        let mut bad = good.clone();
        let at = bad.len() / 2;
        bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
        fs::write(&path, bad).expect("a change");
        for block in noticed {
            let out = run(block);
            assert!(!out.status.success(), "a change of {file} is not noticed by\n{block}\n{}", shown(&out));
        }
        fs::write(&path, good).expect("the old bytes");
    }
    fs::write(pack.join("facts/extra.jsonl"), "").expect("a file");
    assert!(!run(all[0]).status.success(), "an added file is not noticed");
}

/// secure-systems-lab/go-securesystemslib at a pinned version.
#[test]
fn the_envelopes_are_accepted_by_dsses_implementation_in_go() {
    let place = Place::new();
    let pack = place.pack("pack");
    let program = place.at("dsse-check");
    let go = [
        ("GOENV", "off"),
        ("GOTOOLCHAIN", "local"),
        ("GOFLAGS", "-mod=readonly"),
        ("GOWORK", "off"),
        ("CGO_ENABLED", "0"),
    ];
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(root().join("tests/dsse"))
        .envs(go)
        .output()
        .expect("go is installed");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let envelopes = pack.join("attestations/buyer.intoto.jsonl");
    let check = |key: &Path, file: &Path| {
        let out = Command::new(&program).arg(key).arg(file).output().expect("it runs");
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let kind = "application/vnd.in-toto+json https://in-toto.io/Statement/v1";
    assert_eq!(
        check(&place.at("buyer.pub"), &envelopes),
        Some(format!(
            "{kind} urn:assize:attestation:clause-evaluation:v1\n{kind} https://in-toto.io/attestation/svr/v0.2\n"
        ))
    );
    let stranger = Place::new();
    assert_eq!(check(&stranger.at("buyer.pub"), &envelopes), None);
    // The payload with one letter changed.
    let text = fs::read_to_string(&envelopes).expect("envelopes");
    let at = text.find("\"payload\":\"").expect("a payload") + 200;
    let changed = place.at("changed");
    let letter = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    fs::write(&changed, format!("{}{letter}{}", &text[..at], &text[at + 1..])).expect("a file");
    assert_eq!(check(&place.at("buyer.pub"), &changed), None);
}
