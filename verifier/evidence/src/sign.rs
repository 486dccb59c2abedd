//! Signs a pack: the first signer lays down who may sign, everyone later signs the same words.

use crate::dsse;
use crate::key::{PrivateKey, PublicKey};
use crate::pack::{Pack, PackError};
use crate::replay;
use crate::signed;
use crate::sshsig;
use crate::statement::{Seat, seats, statements};
use assize_clause::Contract;

/// Why a pack was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error(transparent)]
    Pack(#[from] PackError),
    #[error("the statement that is already signed has no place for the key {0}; it names {1}")]
    NoSeat(String, String),
    #[error("{0} has signed already")]
    Already(String),
    #[error("who is to sign was laid down by the first signature; it cannot be changed any more")]
    LaidDown,
}

/// Who is to sign beside the contract's parties, and whose signature gets a timestamp. Only the first signature decides it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub others: Vec<PublicKey>,
    pub stamping: Stamping,
}

/// Which signatures will get a timestamp; until it is attached, the pack is not complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamping {
    #[default]
    None,
    /// The first.
    First,
    /// Everyone's.
    All,
}

/// Adds the signatures of `key`; the seat that it took.
pub fn sign(pack: &mut Pack, key: &PrivateKey, plan: &Plan) -> Result<Seat, SignError> {
    let public = key.public();
    let contract = replay::contract(pack)?;
    let seats = match signed::open(pack)? {
        None => first(&contract, &public, plan),
        Some(_) if !plan.others.is_empty() || plan.stamping != Stamping::None => return Err(SignError::LaidDown),
        Some(signed) => signed.seats,
    };
    let Some(seat) = seats.iter().find(|seat| seat.key == public.text()) else {
        let named: Vec<&str> = seats.iter().map(|seat| seat.name.as_str()).collect();
        return Err(SignError::NoSeat(public.fingerprint(), named.join(", ")));
    };
    if pack.attachment(&seat.envelope()).is_some() {
        return Err(SignError::Already(seat.name.clone()));
    }
    let lines: Vec<u8> =
        statements(pack, &contract, &seats)?.iter().flat_map(|payload| dsse::seal(payload, key)).collect();
    let manifest = pack.manifest().bytes();
    pack.attach(seat.envelope(), lines);
    pack.attach(seat.ssh(), sshsig::sign(&manifest, key));
    Ok(seat.clone())
}

fn first(contract: &Contract, key: &PublicKey, plan: &Plan) -> Vec<Seat> {
    let mut others = vec![*key];
    others.extend(&plan.others);
    let mut seats = seats(contract, &others, &[]);
    for seat in &mut seats {
        seat.timestamp = match plan.stamping {
            Stamping::None => false,
            Stamping::First => seat.key == key.text(),
            Stamping::All => true,
        };
    }
    seats
}
