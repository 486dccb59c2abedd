//! Checks what is attached to a pack: every signature, and that nothing is attached that the signed statement does not name.

use crate::dsse;
use crate::key::PublicKey;
use crate::pack::{Pack, PackError};
use crate::replay;
use crate::sshsig;
use crate::stamp::{self, Roots, Stamp};
use crate::statement::{EVALUATION, Evaluation, Seat, Statement, seats, statements};

/// The signatures of a pack, all of them good.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Who may sign, in the statement's order.
    pub seats: Vec<Seat>,
    /// For each seat, what is there.
    pub states: Vec<SeatState>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatState {
    /// Has not signed (or the signature was taken away).
    Missing,
    /// Signed; the timestamp that belongs to it is not attached.
    NoTimestamp,
    Signed,
    /// Signed, and the timestamp is of this signature; whose it is is another question.
    Stamped(Stamp),
}

/// Whose signatures count.
#[derive(Clone, Debug)]
pub struct Trusted {
    pub key: PublicKey,
    /// The role that the contract gives the key; `None`: whatever the pack says (`--key`).
    pub role: Option<String>,
    /// How the one who asks names it.
    pub name: String,
}

/// What the signatures are worth to whoever trusts some keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everyone trusted and everyone whom the statement names has signed.
    Good,
    /// Nobody signed.
    Unsigned,
    /// Signed, and nobody said whom to trust.
    SignerUnknown,
    /// What is still missing, in words.
    Awaits(Vec<String>),
    /// Signed, but by nobody who is trusted, or in another's place.
    Stranger(String),
}

/// What one signer signed: the evaluation and its simple companion.
type Payloads = [Vec<u8>; 2];

/// `None`: nothing is attached. Every byte that is attached is checked, or it is an error.
pub fn open(pack: &Pack) -> Result<Option<Signed>, PackError> {
    if pack.attached().next().is_none() {
        return Ok(None);
    }
    let seats = seats_said(pack)?;
    let manifest = pack.manifest().bytes();
    let mut expected = Vec::new();
    let mut states = Vec::new();
    let mut said = Vec::new();
    for seat in &seats {
        let key = PublicKey::parse(&seat.key).map_err(|e| PackError::Statement(format!("{}: {e}", seat.name)))?;
        let (state, payloads) = state(pack, seat, &key, &manifest)?;
        states.push(state);
        said.extend(payloads.map(|payloads| (seat.envelope(), payloads)));
        expected.extend([seat.envelope(), seat.ssh()]);
        expected.extend(seat.timestamp.then(|| seat.stamp()));
    }
    if let Some((path, _)) = pack.attached().find(|(path, _)| !expected.iter().any(|e| e == path)) {
        return Err(PackError::NotExpected(path.into()));
    }
    same_words(pack, &seats, &said)?;
    Ok(Some(Signed { seats, states }))
}

/// Good signatures of other words are worth nothing: the seats have to be those of this pack, and every envelope says what the pack says.
fn same_words(pack: &Pack, seats: &[Seat], said: &[(String, Payloads)]) -> Result<(), PackError> {
    let contract = replay::contract(pack)?;
    let keys = |test: &dyn Fn(&Seat) -> bool| -> Vec<PublicKey> {
        seats.iter().filter(|s| test(s)).filter_map(|s| PublicKey::parse(&s.key).ok()).collect()
    };
    // The seats are those of the contract in the pack, then those whom it does not name.
    let (others, stamped) = (keys(&|s| s.role == "signer"), keys(&|s| s.timestamp));
    if self::seats(&contract, &others, &stamped) != seats {
        return Err(PackError::Statement("its signers are not those of the contract in the pack".into()));
    }
    let expected = statements(pack, &contract, seats)?;
    match said.iter().find(|(_, payloads)| *payloads != expected) {
        Some((path, _)) => Err(PackError::Statement(format!("what {path} says is not what the pack says"))),
        None => Ok(()),
    }
}

/// The seats that the first envelope speaks of. Nothing is trusted yet: their signatures are looked at next, then their words.
fn seats_said(pack: &Pack) -> Result<Vec<Seat>, PackError> {
    let Some((path, bytes)) = pack.attached().find(|(path, _)| path.ends_with(".intoto.jsonl")) else {
        let (path, _) = pack.attached().next().unwrap_or_default();
        return Err(PackError::NotExpected(path.into()));
    };
    let line = bytes.split_inclusive(|b| *b == b'\n').next().unwrap_or_default();
    let payload = dsse::unverified_payload(line).map_err(|e| signature(path, e))?;
    let said: Statement<Evaluation> =
        serde_json::from_slice(&payload).map_err(|e| signature(path, format!("holds no evaluation: {e}")))?;
    if said.predicate_type != EVALUATION {
        return Err(signature(path, "does not begin with an evaluation"));
    }
    Ok(said.predicate.signers)
}

fn signature(path: &str, error: impl ToString) -> PackError {
    PackError::Signature { path: path.into(), error: error.to_string() }
}

/// What of a seat is there, and the words that it signed.
fn state(
    pack: &Pack,
    seat: &Seat,
    key: &PublicKey,
    manifest: &[u8],
) -> Result<(SeatState, Option<Payloads>), PackError> {
    let (path, ssh_path) = (seat.envelope(), seat.ssh());
    let (envelopes, ssh) = match (pack.attachment(&path), pack.attachment(&ssh_path)) {
        (None, None) if pack.attachment(&seat.stamp()).is_some() => return Err(PackError::NotExpected(seat.stamp())),
        (None, None) => return Ok((SeatState::Missing, None)),
        (Some(envelopes), Some(ssh)) => (envelopes, ssh),
        // They are always written together.
        (None, Some(_)) => return Err(signature(&path, "is missing")),
        (Some(_), None) => return Err(signature(&ssh_path, "is missing")),
    };
    let lines: Vec<&[u8]> = envelopes.split_inclusive(|b| *b == b'\n').collect();
    let [evaluation, simple] = lines.as_slice() else {
        return Err(signature(&path, format!("has {} envelopes, not 2", lines.len())));
    };
    let open = |line: &[u8]| dsse::open(line, key).map_err(|e| signature(&path, e));
    let payloads = [open(evaluation)?, open(simple)?];
    if !sshsig::verify(manifest, ssh, key) {
        return Err(signature(&ssh_path, "is not that key's SSH signature of manifest.json"));
    }
    let state = match pack.attachment(&seat.stamp()) {
        _ if !seat.timestamp => SeatState::Signed,
        None => SeatState::NoTimestamp,
        Some(response) => {
            let stamp = stamp::check(response, envelopes, &path).map_err(|e| signature(&seat.stamp(), e))?;
            SeatState::Stamped(stamp)
        }
    };
    Ok((state, Some(payloads)))
}

/// What good signatures are worth. Where timestamps belong to the pack, `roots` says whose count.
pub fn standing(signed: Option<&Signed>, trusted: &[Trusted], roots: &Roots) -> Standing {
    let Some(signed) = signed else { return Standing::Unsigned };
    if trusted.is_empty() {
        return Standing::SignerUnknown;
    }
    let mut missing = Vec::new();
    let mut known = 0;
    for who in trusted {
        let place = signed.seats.iter().zip(&signed.states).find(|(seat, _)| seat.key == who.key.text());
        match place {
            Some((seat, _)) if who.role.as_ref().is_some_and(|role| *role != seat.role) => {
                let why = format!("the key of {} signs as {:?}", who.name, seat.role);
                return Standing::Stranger(why);
            }
            Some((_, SeatState::Missing)) => {}
            Some((_, SeatState::NoTimestamp | SeatState::Signed | SeatState::Stamped(_))) => known += 1,
            None => missing.push(format!("{} has no place among the signers", who.name)),
        }
    }
    if known == 0 {
        let signers: Vec<String> = signed.signers().map(|seat| seat.name.clone()).collect();
        return Standing::Stranger(format!("signed only by {}, whom nobody here trusts", signers.join(", ")));
    }
    if let Some(why) = signed.stamps().find_map(|(_, stamp)| stamp.trusted(roots).err()).filter(|_| !roots.is_empty()) {
        return Standing::Stranger(format!("a timestamp {why}"));
    }
    missing.extend(signed.missing());
    if roots.is_empty() {
        let unknown = |(seat, stamp): (&Seat, &Stamp)| {
            format!("nobody said whether timestamps by {} count for {}", stamp.authority, seat.name)
        };
        missing.extend(signed.stamps().map(unknown));
    }
    if missing.is_empty() { Standing::Good } else { Standing::Awaits(missing) }
}

impl Signed {
    /// Those who have signed.
    pub fn signers(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().zip(&self.states).filter(|(_, state)| **state != SeatState::Missing).map(|(seat, _)| seat)
    }

    /// Timestamps that are attached.
    pub fn stamps(&self) -> impl Iterator<Item = (&Seat, &Stamp)> {
        self.seats.iter().zip(&self.states).filter_map(|(seat, state)| match state {
            SeatState::Stamped(stamp) => Some((seat, stamp)),
            SeatState::Missing | SeatState::NoTimestamp | SeatState::Signed => None,
        })
    }

    /// What the statement names and is not there, in words.
    pub fn missing(&self) -> Vec<String> {
        let all = self.seats.iter().zip(&self.states);
        all.filter_map(|(seat, state)| match state {
            SeatState::Missing => Some(format!("{} has not signed", seat.name)),
            SeatState::NoTimestamp => Some(format!("the timestamp {} is not attached", seat.stamp())),
            SeatState::Signed | SeatState::Stamped(_) => None,
        })
        .collect()
    }
}
