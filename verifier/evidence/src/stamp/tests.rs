//! Timestamps by authorities that OpenSSL makes: what is accepted, and what is not.

use super::*;
use std::path::Path;
use std::process::Command;

/// OpenSSL's own programs, in a folder of their own.
pub(crate) struct Authority {
    folder: tempfile::TempDir,
}

const CONFIG: &str = "
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[lax]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = timeStamping
[both]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = critical,timeStamping,clientAuth
[ts]
default_tsa = here
[here]
serial = serial
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
signer_digest = sha256
accuracy = secs:1
tsa_name = yes
";

impl Authority {
    pub fn new() -> Authority {
        let authority = Authority { folder: tempfile::tempdir().expect("a temporary folder") };
        authority.put("config", CONFIG.as_bytes());
        authority.put("serial", b"01\n");
        authority.key("root", "P-256");
        let request =
            "req -x509 -new -key root.key -config config -extensions root -subj /CN=Root -days 3650 -out root.pem";
        authority.openssl(request);
        authority
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path().join(name), bytes).expect("a file");
    }

    pub fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).expect("a file")
    }

    fn try_openssl(&self, line: &str) -> Result<(), String> {
        let out = Command::new("openssl")
            .args(line.split_whitespace())
            .current_dir(self.path())
            .output()
            .expect("OpenSSL is installed");
        if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
    }

    #[track_caller]
    pub fn openssl(&self, line: &str) {
        self.try_openssl(line).unwrap_or_else(|error| panic!("openssl {line}\n{error}"));
    }

    fn key(&self, name: &str, kind: &str) {
        match kind {
            "RSA" => self.openssl(&format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out {name}.key")),
            curve => self.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -out {name}.key")),
        }
    }

    /// A certificate below another.
    pub fn certificate(&self, name: &str, below: &str, kind: &str, section: &str) {
        self.key(name, kind);
        self.openssl(&format!("req -new -key {name}.key -config config -subj /CN={name} -out {name}.csr"));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA {below}.pem -CAkey {below}.key -CAcreateserial -extfile config -extensions {section} -days 3650 -out {name}.pem"
        ));
    }

    /// The answer to a request, with `chain` beside the signer's certificate.
    pub fn answer(&self, request: &[u8], signer: &str, chain: &str) -> Vec<u8> {
        self.put("request", request);
        let chain = if chain.is_empty() { String::new() } else { format!("-chain {chain}.pem") };
        self.openssl(&format!(
            "ts -reply -config config -section here -queryfile request -signer {signer}.pem -inkey {signer}.key {chain} -out answer"
        ));
        self.get("answer")
    }

    pub fn roots(&self, name: &str) -> Roots {
        let mut roots = Roots::default();
        assert_eq!(roots.add(&self.get(name)), Ok(1));
        roots
    }
}

const MESSAGE: &[u8] = b"a signature";

/// Canonical, and what it says.
fn checked(answer: &[u8]) -> Result<(Vec<u8>, Stamp), StampError> {
    let answer = canonical(answer)?;
    let stamp = check(&answer, MESSAGE, "the message")?;
    Ok((answer, stamp))
}

#[test]
fn the_request_is_the_one_that_openssl_writes() {
    let authority = Authority::new();
    authority.put("message", MESSAGE);
    authority.openssl("ts -query -data message -sha256 -cert -no_nonce -out query");
    assert_eq!(request(MESSAGE), authority.get("query"));
}

#[test]
fn timestamps_of_every_kind_of_key_are_accepted_here_and_by_openssl() {
    let authority = Authority::new();
    authority.put("message", MESSAGE);
    authority.certificate("middle", "root", "P-384", "root");
    let roots = authority.roots("root.pem");
    for (name, below, kind, chain) in [
        ("ec", "root", "P-256", ""),
        ("wide", "root", "P-384", ""),
        ("rsa", "root", "RSA", ""),
        ("deep", "middle", "RSA", "middle"),
    ] {
        authority.certificate(name, below, kind, "tsa");
        let before = jiff::Timestamp::now().as_second();
        let answer = authority.answer(&request(MESSAGE), name, chain);
        let (kept, stamp) = checked(&answer).unwrap_or_else(|e| panic!("{name}: {e}"));
        stamp.trusted(&roots).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(stamp.authority, format!("CN={name}"));
        assert!((before - 2..=before + 60).contains(&stamp.at.as_second()), "{}", stamp.at);
        // Twice is as once, and OpenSSL accepts the spelling that is kept.
        assert_eq!(canonical(&kept).as_ref(), Ok(&kept));
        authority.put("kept", &kept);
        authority.openssl("ts -verify -in kept -data message -CAfile root.pem");
        authority.put("other", b"another message");
        assert!(authority.try_openssl("ts -verify -in kept -data other -CAfile root.pem").is_err());
    }
}

#[test]
fn every_changed_bit_is_noticed() {
    let authority = Authority::new();
    authority.certificate("middle", "root", "P-256", "root");
    authority.certificate("tsa", "middle", "P-256", "tsa");
    let (good, stamp) = checked(&authority.answer(&request(MESSAGE), "tsa", "middle")).expect("a good one");
    let roots = authority.roots("root.pem");
    assert_eq!(stamp.trusted(&roots), Ok(()));
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let noticed = check(&bad, MESSAGE, "the message").and_then(|stamp| stamp.trusted(&roots));
            assert!(noticed.is_err(), "byte {at}, bit {bit}");
        }
    }
    for bad in [&good[1..], &good[..good.len() - 1], &[&good[..], b"\0"].concat()] {
        assert!(check(bad, MESSAGE, "the message").is_err());
    }
}

#[test]
fn what_does_not_prove_anything_is_refused_and_says_why() {
    let authority = Authority::new();
    authority.certificate("tsa", "root", "P-256", "tsa");
    let answer = authority.answer(&request(MESSAGE), "tsa", "");
    let (kept, stamp) = checked(&answer).expect("a good one");
    assert_eq!(check(&kept, b"another", "the message"), Err(StampError::Imprint("the message".into())));
    assert_eq!(check(&answer, MESSAGE, "the message"), Err(StampError::NotCanonical));
    // An authority under a root that nobody trusts.
    let stranger = Authority::new().roots("root.pem");
    assert!(matches!(stamp.trusted(&stranger), Err(StampError::Untrusted(_))));
    assert!(matches!(stamp.trusted(&Roots::default()), Err(StampError::Untrusted(_))));
    // Without its certificate nobody can tell who signed.
    authority.put("message", MESSAGE);
    authority.openssl("ts -query -data message -sha256 -no_nonce -out bare");
    let bare = authority.answer(&authority.get("bare"), "tsa", "");
    assert!(matches!(canonical(&bare), Err(StampError::Form(_))));
    // A refusal is no timestamp.
    authority.openssl("ts -query -data message -sha1 -cert -out refused");
    authority.put("request", &authority.get("refused"));
    let refusing =
        "ts -reply -config config -section here -queryfile request -signer tsa.pem -inkey tsa.key -out answer";
    authority.openssl(refusing);
    let refused = canonical(&authority.get("answer"));
    assert_eq!(refused, Err(StampError::Form(NotDer("the authority granted no timestamp"))));
    for noise in [&b""[..], b"<html>", &[0x30, 0x80], &[0x30, 3, 2, 1, 0]] {
        assert!(matches!(canonical(noise), Err(StampError::Form(_))), "{noise:?}");
    }
}

/// OpenSSL's `ts` signs with no certificate that is not for timestamps; `cms` signs with any.
#[test]
fn a_certificate_with_another_purpose_is_not_for_timestamps() {
    let authority = Authority::new();
    authority.certificate("tsa", "root", "P-256", "tsa");
    let answer = authority.answer(&request(MESSAGE), "tsa", "");
    authority.put("content", Token::read(&answer).expect("a token").content);
    for (name, section, why) in
        [("lax", "lax", "not marked critical"), ("both", "both", "another purpose"), ("plain", "root", "")]
    {
        authority.certificate(name, "root", "P-256", section);
        authority.openssl(&format!(
            "cms -sign -binary -in content -outform DER -nodetach -econtent_type 1.2.840.113549.1.9.16.1.4 -signer {name}.pem -inkey {name}.key -md sha256 -cades -out forged"
        ));
        let granted = der::write(SEQUENCE, &[&der::write(INTEGER, &[&[0]])]);
        let response = der::write(SEQUENCE, &[&granted, &authority.get("forged")]);
        match checked(&response) {
            Err(StampError::Purpose(said)) => assert!(said.contains(why), "{name}: {said}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn times_are_read_to_the_fraction_and_only_in_utc() {
    assert_eq!(time(b"20261128030405Z").map(|t| t.to_string()), Ok("2026-11-28T03:04:05Z".into()));
    assert_eq!(time(b"20261128030405.25Z").map(|t| t.to_string()), Ok("2026-11-28T03:04:05.25Z".into()));
    for bad in ["20261128030405", "20261128030405+0100", "20261328030405Z", "2611280304Z", "20261128030405.Zx", "now"] {
        assert!(time(bad.as_bytes()).is_err(), "{bad}");
    }
}
