//! Notes, records and proofs: real ones of the public database, trees made here, and forgeries of both.

use super::tile::FULL;
use super::*;
use crate::module::Module;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A folder of the public database, kept by the Go command while it downloaded two modules.
fn kept(path: &str) -> Option<Vec<u8>> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sumdb").join(path)).ok()
}

struct Kept;

impl Tiles for Kept {
    fn tile(&self, at: TileAt) -> Option<Vec<u8>> {
        kept(&at.to_string())
    }
}

const LOOKUPS: &[(&str, &str, &str)] = &[
    ("github.com/go-chi/chi/v5", "v5.2.3", "h1:WQIt9uxdsAbgIYgid+BpYc+liqQZGMHRaUwp0JUcvdE="),
    ("golang.org/x/sync", "v0.17.0", "h1:l60nONMj9l5drqw6jlhIELNv9I0A4OFgRsG9k2oT9Ug="),
];

#[test]
fn real_records_are_proved_by_real_tiles_and_the_known_key() {
    let key = Key::parse(KEY).expect("the key");
    let latest = kept("latest").expect("a head");
    let head = parse_tree(open(&latest, &key).expect("signed")).expect("a head");
    let mut tree = Tree::open(head, &Kept).expect("tiles of the edge");
    for (path, version, zip) in LOOKUPS {
        let answer = kept(&format!("lookup/{path}@{version}")).expect("an answer");
        let record = parse_record(&answer).expect("a record");
        let sums = record.sums(&Module::new(*path, *version)).expect("of this module");
        assert_eq!(sums.zip.as_deref(), Some(*zip));
        assert_eq!(tree.prove(record.number, record_hash(record.text), &Kept), Ok(()), "{path}");
        assert!(open(record.note, &key).is_ok());
        let other = tree.prove(record.number, record_hash(&record.text.replace("h1:", "h1:A")), &Kept);
        assert_eq!(other, Err(ProofError::OtherRecord));
        assert_eq!(tree.prove(record.number + 1, record_hash(record.text), &Kept), Err(ProofError::OtherRecord));
    }
}

#[test]
fn keys_are_what_their_hash_says() {
    for (text, good) in [
        (KEY, true),
        ("sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", false),
        ("sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", false),
        ("sum.golang.org+33de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", false),
        ("sum.golang.org+033de0ae+", false),
        ("sum.golang.org", false),
        ("+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", false),
    ] {
        assert_eq!(Key::parse(text).is_some(), good, "{text}");
    }
}

/// A database of one's own.
struct Own {
    name: &'static str,
    secret: SigningKey,
}

impl Own {
    fn new(name: &'static str, seed: u8) -> Own {
        Own { name, secret: SigningKey::from_bytes(&[seed; 32]) }
    }

    fn public(&self) -> Vec<u8> {
        [&[1], self.secret.verifying_key().as_bytes().as_slice()].concat()
    }

    fn hash(&self) -> [u8; 4] {
        let text = [self.name.as_bytes(), b"\n", &self.public()].concat();
        Sha256::digest(text)[..4].try_into().expect("four bytes")
    }

    fn key(&self) -> Key {
        let hash: String = self.hash().iter().map(|b| format!("{b:02x}")).collect();
        Key::parse(&format!("{}+{hash}+{}", self.name, B64.encode(self.public()))).expect("a key")
    }

    fn line(&self, text: &str) -> String {
        let signature = self.secret.sign(text.as_bytes()).to_bytes();
        format!("— {} {}\n", self.name, B64.encode([self.hash().as_slice(), &signature].concat()))
    }
}

#[test]
fn only_the_keys_own_signature_makes_a_note_good() {
    let (db, stranger) = (Own::new("db.test", 1), Own::new("db.test", 2));
    let other = Own::new("witness.test", 3);
    let text = "go.sum database tree\n1\nAAAA\n";
    let (good, bad) = (db.line(text), db.line("another text\n"));
    let cases: &[(&str, String, Result<&str, Refusal>)] = &[
        ("signed", format!("{text}\n{good}"), Ok(text)),
        ("a witness before", format!("{text}\n{}{good}", other.line(text)), Ok(text)),
        ("a witness behind, of another text", format!("{text}\n{good}{}", other.line("x\n")), Ok(text)),
        ("twice", format!("{text}\n{good}{good}"), Ok(text)),
        ("good, then bad", format!("{text}\n{good}{bad}"), Ok(text)),
        ("bad, then good", format!("{text}\n{bad}{good}"), Err(Refusal::BadSignature)),
        ("of another text", format!("{text}\n{bad}"), Err(Refusal::BadSignature)),
        ("text changed", format!("{}\n{good}", text.replace('1', "2")), Err(Refusal::BadSignature)),
        ("line added to the text", format!("{text}more\n\n{good}"), Err(Refusal::BadSignature)),
        ("another key under the name", format!("{text}\n{}", stranger.line(text)), Err(Refusal::OtherSigners)),
        ("only a witness", format!("{text}\n{}", other.line(text)), Err(Refusal::OtherSigners)),
        ("no signature", format!("{text}\n"), Err(Refusal::Malformed)),
        ("no blank line", format!("{text}{good}"), Err(Refusal::Malformed)),
        ("no end of line", format!("{text}\n{}", good.trim_end()), Err(Refusal::Malformed)),
        ("a line that is none", format!("{text}\n{good}hello\n"), Err(Refusal::Malformed)),
        ("a hyphen for the dash", format!("{text}\n{}", good.replace('—', "-")), Err(Refusal::Malformed)),
        ("a tab", format!("a\tb\n\n{}", db.line("a\tb\n")), Err(Refusal::Malformed)),
        ("carriage returns", format!("{text}\n{good}").replace('\n', "\r\n"), Err(Refusal::Malformed)),
        ("a short signature", format!("{text}\n— db.test AAAA\n"), Err(Refusal::Malformed)),
        ("a hundred and one", format!("{text}\n{}", other.line(text).repeat(100) + &good), Err(Refusal::Malformed)),
    ];
    for (name, note, wanted) in cases {
        assert_eq!(open(note.as_bytes(), &db.key()), *wanted, "{name}");
    }
    assert_eq!(open(b"\xff\n\n", &db.key()), Err(Refusal::Malformed));
    // The hash of the key of one, the signature of the other.
    let mut forged = B64.decode(stranger.line(text).trim_end().rsplit(' ').next().expect("base64")).expect("bytes");
    forged[..4].copy_from_slice(&db.hash());
    let forged = format!("{text}\n— db.test {}\n", B64.encode(forged));
    assert_eq!(open(forged.as_bytes(), &db.key()), Err(Refusal::BadSignature));
}

#[test]
fn records_are_of_one_module_and_say_two_sums() {
    let text = "x.y/z v1.0.0 h1:a\nx.y/z v1.0.0/go.mod h1:b\n";
    let record = |answer: &str| parse_record(answer.as_bytes()).map(|r| (r.number, r.text.to_string()));
    assert_eq!(record(&format!("7\n{text}\nnote")), Some((7, text.into())));
    for bad in
        ["", "7", "7\n", "-7\nx\n\n", "+7\nx\n\n", "7x\nx\n\n", "7\nx\n", "7\na\tb\n\n", "99999999999999999999\nx\n\n"]
    {
        assert_eq!(record(bad), None, "{bad:?}");
    }
    let sums = |text: &str, version: &str| {
        let answer = format!("7\n{text}\nnote");
        parse_record(answer.as_bytes()).expect("a record").sums(&Module::new("x.y/z", version))
    };
    let found = sums(text, "v1.0.0").expect("sums");
    assert_eq!((found.zip.as_deref(), found.go_mod.as_deref()), (Some("h1:a"), Some("h1:b")));
    assert_eq!(sums(text, "v1.0.1"), None);
    assert_eq!(sums("x.y/z v1.0.0 h1:a\nx.y/w v1.0.0 h1:b\n", "v1.0.0"), None);
    assert_eq!(sums("x.y/z v1.0.0\n", "v1.0.0"), None);
    assert_eq!(sums("x.y/z v1.0.0 h1:a\n", "v1.0.0").expect("sums").go_mod, None);
}

#[test]
fn tree_heads_are_read_as_in_go() {
    let hash = B64.encode([7; 32]);
    let head = |text: String| parse_tree(&text).map(|head| head.size);
    assert_eq!(head(format!("go.sum database tree\n5\n{hash}\n")), Some(5));
    assert_eq!(head(format!("go.sum database tree\n5\n{hash}\nmore\n")), Some(5));
    for bad in ["05", "-5", "+5", "", "5 ", "9223372036854775808"] {
        assert_eq!(head(format!("go.sum database tree\n{bad}\n{hash}\n")), None, "{bad}");
    }
    for bad in [
        format!("another tree\n5\n{hash}\n"),
        format!("go.sum database tree\n5\n{hash}"),
        "go.sum database tree\n5\nAAAA\n".into(),
    ] {
        assert_eq!(head(bad.clone()), None, "{bad}");
    }
}

#[test]
fn tiles_are_named_and_chosen_as_in_go() {
    let tile = |level, index, width| TileAt { level, index, width }.to_string();
    assert_eq!(tile(0, 5, 256), "tile/8/0/005");
    assert_eq!(tile(1, 1234, 17), "tile/8/1/x001/234.p/17");
    assert_eq!(tile(0, 1_234_067, 256), "tile/8/0/x001/x234/067");
    let names = |tiles: Vec<TileAt>| tiles.iter().map(TileAt::to_string).collect::<Vec<_>>();
    assert_eq!(
        names(root_tiles(256 * 256 * 3 + 256 * 2 + 1)),
        ["tile/8/0/770.p/1", "tile/8/1/003.p/2", "tile/8/2/000.p/3"]
    );
    assert_eq!(names(root_tiles(256)), ["tile/8/1/000.p/1"]);
    assert_eq!(names(path_tiles(256 * 256 * 3 + 1, 5)), ["tile/8/0/000", "tile/8/1/000"]);
    assert!(path_tiles(255, 5).is_empty() && root_tiles(0).is_empty());
    assert_eq!(path_tiles(i64::MAX as u64, 0).len(), 7);
    assert_eq!(root_tiles(u64::MAX).len(), 8);
}

/// All tiles of a tree of so many records, and what was asked for.
struct Made {
    tiles: BTreeMap<TileAt, Vec<u8>>,
    asked: RefCell<BTreeSet<TileAt>>,
}

impl Tiles for Made {
    fn tile(&self, at: TileAt) -> Option<Vec<u8>> {
        self.asked.borrow_mut().insert(at);
        self.tiles.get(&at).cloned()
    }
}

fn leaf(number: u64) -> Hash {
    record_hash(&format!("record {number}\n"))
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// MTH of RFC 6962 section 2.1, word for word.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            node(&mth(&leaves[..split]), &mth(&leaves[split..]))
        }
    }
}

fn made(size: u64) -> (TreeHead, Made) {
    let leaves: Vec<Hash> = (0..size).map(leaf).collect();
    let head = TreeHead { size, hash: mth(&leaves) };
    let mut tiles = BTreeMap::new();
    let (mut hashes, mut level) = (leaves, 0);
    while !hashes.is_empty() {
        for (index, chunk) in (0..).zip(hashes.chunks(FULL.into())) {
            tiles.insert(TileAt { level, index, width: chunk.len() as u16 }, chunk.concat());
        }
        hashes = hashes.chunks_exact(FULL.into()).map(mth).collect();
        level += 1;
    }
    (head, Made { tiles, asked: RefCell::default() })
}

#[test]
fn every_record_of_trees_of_many_sizes_is_proved_and_no_other() {
    for size in (1..40).chain([255, 256, 257, 511, 512, 700, 65_536, 66_049]) {
        let (head, tiles) = made(size);
        let mut tree = Tree::open(head, &tiles).expect("the edge");
        let step = (size / 97).max(1);
        for number in (0..size).step_by(step as usize).chain([size - 1]) {
            assert_eq!(tree.prove(number, leaf(number), &tiles), Ok(()), "{number} of {size}");
            assert_eq!(tree.prove(number, leaf(number + 1), &tiles), Err(ProofError::OtherRecord));
        }
        assert_eq!(tree.prove(size, leaf(size), &tiles), Err(ProofError::TooSmall));
        let other = TreeHead { size: size + 1, ..head };
        assert!(Tree::open(other, &tiles).is_err(), "{size}");
    }
    assert_eq!(Tree::open(TreeHead { size: 0, hash: mth(&[]) }, &made(0).1).err(), Some(ProofError::OtherTree));
}

#[test]
fn what_is_asked_for_is_what_was_said_to_be_needed() {
    for (size, number) in [(70_000, 3), (70_000, 69_999), (65_536, 65_535), (300, 299), (66_049, 65_900)] {
        let (head, tiles) = made(size);
        Tree::open(head, &tiles).expect("the edge").prove(number, leaf(number), &tiles).expect("proved");
        let said: BTreeSet<TileAt> = root_tiles(size).into_iter().chain(path_tiles(size, number)).collect();
        assert_eq!(*tiles.asked.borrow(), said, "{number} of {size}");
    }
}

#[test]
fn no_changed_tile_is_taken() {
    let (size, number) = (66_049, 300);
    let (head, whole) = made(size);
    let needed: Vec<TileAt> = root_tiles(size).into_iter().chain(path_tiles(size, number)).collect();
    let prove = |tiles: &Made| Tree::open(head, tiles).and_then(|mut tree| tree.prove(number, leaf(number), tiles));
    assert_eq!(prove(&whole), Ok(()));
    for at in needed {
        let without = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut tiles = whole.tiles.clone();
            change(tiles.get_mut(&at).expect("there"));
            prove(&Made { tiles, asked: RefCell::default() })
        };
        for place in [0, 31, 32 * usize::from(at.width) - 1] {
            let changed = without(&|bytes| bytes[place] ^= 1);
            assert!(matches!(changed, Err(ProofError::OtherTree | ProofError::Differs(_))), "{at} {place} {changed:?}");
        }
        for length in [0, 31, 32 * usize::from(at.width) - 1] {
            assert_eq!(without(&|bytes| bytes.truncate(length)), Err(ProofError::Length(at)), "{at}");
        }
        assert_eq!(without(&|bytes| bytes.resize(257 * 32, 0)), Err(ProofError::Length(at)), "{at}");
        let mut tiles = whole.tiles.clone();
        tiles.remove(&at);
        assert_eq!(prove(&Made { tiles, asked: RefCell::default() }), Err(ProofError::Missing(at)));
    }
    // A wider tile stands for a narrower one: the tree has grown meanwhile.
    let mut tiles = whole.tiles.clone();
    for (at, bytes) in &mut tiles {
        if !at.is_full() {
            bytes.extend([7; 32]);
        }
    }
    assert_eq!(prove(&Made { tiles, asked: RefCell::default() }), Ok(()));
}
