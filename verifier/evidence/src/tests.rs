//! Signed packs: what of them may be changed (nothing), by whom they may be signed, and what that is worth.

use crate::statement::{seats, statements};
use crate::*;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const BUYER: [u8; 32] = [1; 32];
pub(crate) const SUPPLIER: [u8; 32] = [2; 32];
const STRANGER: [u8; 32] = [3; 32];

pub(crate) fn key(seed: [u8; 32]) -> PrivateKey {
    PrivateKey::from_seed(&seed)
}

pub(crate) fn contract() -> String {
    let party = |role: &str, seed| {
        format!("[[party]]\nrole = \"{role}\"\nname = \"The {role}\"\nkey = \"{}\"\n", key(seed).public().text())
    };
    format!(
        "[contract]\nid = \"C-1\"\ntitle = {{ en = \"Delivery\", zh = \"交付\" }}\nlibraries = [\"standard\"]\n{}{}[[clause]]\nuse = \"no-cgo\"\n",
        party("buyer", BUYER),
        party("supplier", SUPPLIER)
    )
}

const CLAUSE: &str = r#"
id = "no-cgo"
chapter = "1"
obligation = "must"
waiver_level = "L1"
title = { en = "No cgo", zh = "禁用 cgo" }
text = { en = "No file imports C.", zh = "任何文件不得导入 C。" }
[[check]]
id = "imports"
layer = "source"
none = "source.cgo_imports"
fail = { en = "imports C", zh = "导入 C" }
"#;

const RUN: &str = r#"{"schema":"assize/run/1","deliverable":{"name":"x","version":null,"digest":"DIGEST"},"declared":{},
"judged_for":"2026-11-01T00:00:00Z","ran_at":"2026-11-01T00:00:00Z","tool":{"name":"assize","version":"0","clauses_digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"},
"sandbox":{"level":"none"},"gate":"incomplete","layers":["source"]}"#;

fn pack_with(contract: &str) -> Pack {
    pack_of(contract, CLAUSE, Vec::new())
}

/// A pack of some facts, judged by one clause.
pub(crate) fn pack_of(contract: &str, clause: &str, sheets: Vec<assize_facts::Sheet>) -> Pack {
    let mut pack = Pack::new();
    let inventory = "sha256:00 4 go.mod\n";
    pack.add("contract.toml", Role::Contract, contract.as_bytes());
    pack.add("clauses/standard/no-cgo/clause.toml", Role::Clause, clause.as_bytes());
    pack.add(INVENTORY, Role::Inventory, inventory.as_bytes());
    let digest = assize_facts::Sha256::of(inventory.as_bytes()).0;
    pack.add("run.json", Role::Run, RUN.replace("DIGEST", &digest).into_bytes());
    let contract = contract_of(&pack, "contract.toml", contract.as_bytes()).expect("a good contract");
    let record = serde_json::from_slice(pack.get("run.json").expect("just added")).expect("a run");
    record_sheets(&mut pack, &sheets);
    let result = assize_judge::judge(&contract, &assize_judge::Sheets::new(sheets), &record);
    let mut bytes = serde_json::to_vec_pretty(&result).expect("plain data");
    bytes.push(b'\n');
    pack.add("result.json", Role::Result, bytes);
    pack
}

pub(crate) fn pack() -> Pack {
    pack_with(&contract())
}

fn signed_by(seeds: &[[u8; 32]]) -> Pack {
    let mut pack = pack();
    for seed in seeds {
        sign(&mut pack, &key(*seed), &Plan::default()).expect("a party signs");
    }
    pack
}

pub(crate) fn trust(seed: [u8; 32], role: Option<&str>) -> Trusted {
    Trusted { key: key(seed).public(), role: role.map(Into::into), name: "the key".into() }
}

/// What a checker with the contract in hand finds.
fn standing_of(pack: &Pack) -> Result<Standing, PackError> {
    let trusted = [trust(BUYER, Some("buyer")), trust(SUPPLIER, Some("supplier"))];
    Ok(standing(open_signatures(pack)?.as_ref(), &trusted, &Roots::default()))
}

fn written(pack: &Pack) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let target = folder.path().join("pack");
    write_folder(&target, pack, &|| false).expect("a fresh folder takes a pack");
    (folder, target)
}

fn read(target: &Path) -> Result<Standing, PackError> {
    standing_of(&read_pack(target)?.0)
}

#[test]
fn a_pack_is_good_when_all_parties_have_signed_and_not_before() {
    assert_eq!(standing_of(&pack()).expect("sound"), Standing::Unsigned);
    let half = signed_by(&[BUYER]);
    assert_eq!(standing_of(&half).expect("sound"), Standing::Awaits(vec!["supplier has not signed".into()]));
    let whole = signed_by(&[SUPPLIER, BUYER]);
    assert_eq!(standing_of(&whole).expect("sound"), Standing::Good);
    let signed = open_signatures(&whole).expect("sound");
    assert_eq!(standing(signed.as_ref(), &[], &Roots::default()), Standing::SignerUnknown);
    assert_eq!(standing(signed.as_ref(), &[trust(BUYER, None)], &Roots::default()), Standing::Good);
    assert!(matches!(standing(signed.as_ref(), &[trust(STRANGER, None)], &Roots::default()), Standing::Stranger(_)));
    assert!(matches!(
        standing(signed.as_ref(), &[trust(BUYER, Some("supplier"))], &Roots::default()),
        Standing::Stranger(_)
    ));
    let (_keep, target) = written(&whole);
    assert_eq!(read_folder(&target).expect("sound").0, whole);
}

#[test]
fn only_those_whom_the_first_signature_names_can_sign() {
    let mut pack = signed_by(&[BUYER]);
    assert!(matches!(sign(&mut pack, &key(BUYER), &Plan::default()), Err(SignError::Already(_))));
    assert!(matches!(sign(&mut pack, &key(STRANGER), &Plan::default()), Err(SignError::NoSeat(..))));
    let late = Plan { others: vec![key(STRANGER).public()], ..Plan::default() };
    assert!(matches!(sign(&mut pack, &key(SUPPLIER), &late), Err(SignError::LaidDown)));
    let mut pack = self::pack();
    let early = Plan { others: vec![key(STRANGER).public()], ..Plan::default() };
    sign(&mut pack, &key(BUYER), &early).expect("the first");
    let seat = sign(&mut pack, &key(STRANGER), &Plan::default()).expect("named by the first");
    assert_eq!((seat.name.as_str(), seat.role.as_str()), ("signer", "signer"));
}

/// Whoever changes the pack and signs it anew has another key, or none.
#[test]
fn a_pack_that_was_changed_and_signed_anew_is_not_good() {
    let mut other = pack_with(&contract().replace("C-1", "C-2"));
    sign(&mut other, &key(STRANGER), &Plan::default()).expect("anyone can sign what is theirs");
    assert!(matches!(standing_of(&other).expect("sound in itself"), Standing::Stranger(_)));
    // The signatures of one pack do not fit another.
    let good = signed_by(&[BUYER, SUPPLIER]);
    let mut forged = pack_with(&contract().replace("C-1", "C-2"));
    for (path, bytes) in good.attached() {
        forged.attach(path, bytes);
    }
    assert!(open_signatures(&forged).is_err());
    // Nor can a stranger sit down in a party's place.
    let mut forged = pack();
    let agreed = contract_of(&forged, "contract.toml", contract().as_bytes()).expect("a good contract");
    let mut seats = seats(&agreed, &[], &[]);
    seats[0].key = key(STRANGER).public().text();
    let lines =
        statements(&forged, &agreed, &seats).expect("statements").map(|p| crate::dsse::seal(&p, &key(STRANGER)));
    forged.attach(seats[0].envelope(), lines.concat());
    forged.attach(seats[0].ssh(), crate::sshsig::sign(&forged.manifest().bytes(), &key(STRANGER)));
    assert!(matches!(open_signatures(&forged), Err(PackError::Statement(_))));
}

/// Whole members: what an archive tool can do to it.
#[test]
fn every_removed_added_renamed_and_swapped_member_of_an_archive_is_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let target = folder.path().join("pack.tar");
    write_pack(&target, &signed_by(&[BUYER, SUPPLIER]), &|| false).expect("one file");
    let good = fs::read(&target).expect("its bytes");
    let members = members_of(&good);
    assert_eq!(members.concat(), good[..good.len() - 1024]);
    let noticed = |members: &[Vec<u8>], what: &str| {
        fs::write(&target, [members.concat(), vec![0; 1024]].concat()).expect("a change");
        assert!(!matches!(read(&target), Ok(Standing::Good)), "{what}");
    };
    for one in 0..members.len() {
        let mut bad = members.clone();
        let taken = bad.remove(one);
        noticed(&bad, "removed");
        bad.push(taken.clone());
        if one + 1 < members.len() {
            noticed(&bad, "another order");
        }
        bad.push(taken.clone());
        noticed(&bad, "twice");
        let mut bad = members.clone();
        bad[one][0] = b'z';
        checksum(&mut bad[one]);
        noticed(&bad, "renamed");
        for other in one + 1..members.len() {
            let mut bad = members.clone();
            bad.swap(one, other);
            noticed(&bad, "swapped places");
            let (names, rest) = (members[one][..100].to_vec(), members[other][..100].to_vec());
            bad[one][..100].copy_from_slice(&names);
            bad[other][..100].copy_from_slice(&rest);
            checksum(&mut bad[one]);
            checksum(&mut bad[other]);
            noticed(&bad, "swapped contents");
        }
    }
    fs::write(&target, &good).expect("the old bytes");
    assert_eq!(read(&target).expect("sound again"), Standing::Good);
}

fn members_of(archive: &[u8]) -> Vec<Vec<u8>> {
    let mut members = Vec::new();
    let mut at = 0;
    while archive[at] != 0 {
        let size = std::str::from_utf8(&archive[at + 124..at + 135]).expect("octal digits");
        let end = at + 512 + usize::from_str_radix(size, 8).expect("a size").next_multiple_of(512);
        members.push(archive[at..end].to_vec());
        at = end;
    }
    members
}

fn checksum(member: &mut [u8]) {
    member[148..156].copy_from_slice(b"        ");
    let sum: u32 = member[..512].iter().map(|b| u32::from(*b)).sum();
    member[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// What is signed and what is listed is what the published schemas say.
#[test]
fn statements_and_manifest_have_the_form_that_their_schemas_publish() {
    let pack = signed_by(&[BUYER, SUPPLIER]);
    let valid = |name: &str, json: &serde_json::Value| {
        let validator = jsonschema::validator_for(&schema(name).expect("a schema")).expect("a good schema");
        let errors: Vec<String> = validator.iter_errors(json).map(|e| e.to_string()).collect();
        errors
    };
    let manifest: serde_json::Value = serde_json::from_slice(&pack.manifest().bytes()).expect("JSON");
    assert_eq!(valid("pack", &manifest), [""; 0]);
    let agreed = contract_of(&pack, "contract.toml", contract().as_bytes()).expect("a good contract");
    let [evaluation, simple] = statements(&pack, &agreed, &seats(&agreed, &[], &[])).expect("statements");
    let mut statement: serde_json::Value = serde_json::from_slice(&evaluation).expect("JSON");
    assert_eq!(valid("evaluation", &statement), [""; 0]);
    // SVR 0.2: what its specification requires.
    let simple: serde_json::Value = serde_json::from_slice(&simple).expect("JSON");
    let predicate = &simple["predicate"];
    assert!(predicate["verifier"]["id"].is_string() && predicate["verifier"]["policies"].is_array(), "{simple}");
    assert!(predicate["timeCreated"].is_string() && predicate["properties"].is_array(), "{simple}");
    assert_eq!(simple["subject"], statement["subject"]);
    for (place, bad) in [
        ("/predicate/verdict", serde_json::json!("fine")),
        ("/predicate/verdicts/0/wordingDigest", serde_json::json!("sha256:1")),
        ("/predicate/signers/0/key", serde_json::json!("ed25519:AA==")),
        ("/subject/0/name", serde_json::json!("other.json")),
        ("/predicate/summary", serde_json::json!({})),
    ] {
        let good = statement.pointer(place).expect("it is there").clone();
        *statement.pointer_mut(place).expect("it is there") = bad;
        assert!(!valid("evaluation", &statement).is_empty(), "{place}");
        *statement.pointer_mut(place).expect("it is there") = good;
    }
}

#[test]
fn both_forms_hold_the_same_pack() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (one, two) = (folder.path().join("pack.tar"), folder.path().join("again.tar"));
    let pack = signed_by(&[BUYER]);
    let (_keep, target) = written(&pack);
    write_pack(&one, &read_pack(&target).expect("a folder").0, &|| false).expect("one file");
    write_pack(&two, &read_pack(&one).expect("an archive").0, &|| false).expect("one file");
    assert_eq!(fs::read(&one).expect("bytes"), fs::read(&two).expect("bytes"));
    assert_eq!(read_pack(&two).expect("an archive").0, pack);
}

#[test]
fn every_removed_added_renamed_and_swapped_file_is_noticed() {
    let (_keep, target) = written(&signed_by(&[BUYER, SUPPLIER]));
    let good = |target: &Path| matches!(read(target), Ok(Standing::Good));
    let files = all_files(&target);
    assert_eq!(files.len(), 10);
    let aside = target.with_extension("aside");
    for (number, path) in files.iter().enumerate() {
        fs::rename(path, &aside).expect("away");
        assert!(!good(&target), "{} removed", path.display());
        let renamed = path.with_extension("renamed");
        fs::rename(&aside, &renamed).expect("back");
        assert!(!good(&target), "{} renamed", path.display());
        fs::rename(&renamed, path).expect("back");
        for other in &files[number + 1..] {
            for (from, to) in [(path, &aside), (other, path), (&aside, other)] {
                fs::rename(from, to).expect("a swap");
            }
            assert!(!good(&target), "{} and {} swapped", path.display(), other.display());
            for (from, to) in [(path, &aside), (other, path), (&aside, other)] {
                fs::rename(from, to).expect("swapped back");
            }
        }
    }
    for name in ["extra", "facts/extra", "attestations/x.intoto.jsonl", "attestations/x", "timestamps/buyer.tsr"] {
        let path = target.join(name);
        let parent = path.parent().expect("inside");
        let made = !parent.exists();
        fs::create_dir_all(parent).expect("a folder");
        fs::copy(&files[0], &path).expect("one more file");
        assert!(!good(&target), "{name} added");
        fs::remove_file(&path).expect("gone");
        if made {
            assert!(!good(&target), "an empty folder added");
            fs::remove_dir(parent).expect("gone");
        }
    }
    assert!(good(&target));
}

fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(all_files(&path)),
            path => found.push(path),
        }
    }
    found.sort();
    found
}
