//! Timestamps of a pack's signatures: which are wanted, their requests, and an answer put where it belongs.

use crate::pack::{Pack, PackError};
use crate::signed::{self, SeatState};
use crate::stamp::{self, Roots, Stamp, StampError};
use crate::statement::Seat;

/// Why there is no request, or an answer was not attached.
#[derive(Debug, thiserror::Error)]
pub enum StampingError {
    #[error(transparent)]
    Pack(#[from] PackError),
    #[error("nobody signed the pack yet: a timestamp is of a signature")]
    Unsigned,
    #[error("{0} is no signer of the pack; they are {1}")]
    NoSeat(String, String),
    #[error("the signed statement names no timestamp of {0}; sign with --timestamp")]
    NotNamed(String),
    #[error("{0} has not signed yet: a timestamp is of a signature")]
    NotSigned(String),
    #[error("the signature of {0} has its timestamp already")]
    Already(String),
    #[error("several signatures wait for a timestamp: say which by --seat ({0})")]
    Several(String),
    #[error("the answer {0}")]
    Stamp(#[from] StampError),
}

/// The request to send to an authority, DER of a `TimeStampReq`, and whose signature it is about.
pub fn stamp_request(pack: &Pack, seat: Option<&str>) -> Result<(Seat, Vec<u8>), StampingError> {
    let seat = waiting(pack, seat)?;
    let request = stamp::request(envelopes(pack, &seat));
    Ok((seat, request))
}

/// Puts an authority's answer, DER of a `TimeStampResp`, into the pack, in the one spelling that is accepted.
pub fn attach_stamp(
    pack: &mut Pack,
    seat: Option<&str>,
    response: &[u8],
    roots: &Roots,
) -> Result<(Seat, Stamp), StampingError> {
    let seat = waiting(pack, seat)?;
    let response = stamp::canonical(response)?;
    let stamp = stamp::check(&response, envelopes(pack, &seat), &seat.envelope())?;
    if !roots.is_empty() {
        stamp.trusted(roots)?;
    }
    pack.attach(seat.stamp(), response);
    Ok((seat, stamp))
}

fn envelopes<'p>(pack: &'p Pack, seat: &Seat) -> &'p [u8] {
    pack.attachment(&seat.envelope()).unwrap_or_default()
}

/// The signature that a timestamp is wanted of.
fn waiting(pack: &Pack, wanted: Option<&str>) -> Result<Seat, StampingError> {
    let signed = signed::open(pack)?.ok_or(StampingError::Unsigned)?;
    let all = || signed.seats.iter().zip(&signed.states);
    if let Some(name) = wanted {
        let names = || signed.seats.iter().map(|seat| seat.name.as_str()).collect::<Vec<_>>().join(", ");
        let found = all().find(|(seat, _)| seat.name == name);
        let (seat, state) = found.ok_or_else(|| StampingError::NoSeat(name.into(), names()))?;
        return one(seat, state);
    }
    let open: Vec<&Seat> = all().filter(|(_, state)| **state == SeatState::NoTimestamp).map(|(seat, _)| seat).collect();
    match open.as_slice() {
        [seat] => Ok((*seat).clone()),
        [] => match all().find(|(seat, _)| seat.timestamp).or_else(|| all().next()) {
            Some((seat, state)) => one(seat, state),
            None => Err(StampingError::Unsigned),
        },
        several => {
            let names: Vec<&str> = several.iter().map(|seat| seat.name.as_str()).collect();
            Err(StampingError::Several(names.join(", ")))
        }
    }
}

fn one(seat: &Seat, state: &SeatState) -> Result<Seat, StampingError> {
    match state {
        SeatState::NoTimestamp => Ok(seat.clone()),
        SeatState::Missing => Err(StampingError::NotSigned(seat.name.clone())),
        SeatState::Signed => Err(StampingError::NotNamed(seat.name.clone())),
        SeatState::Stamped(_) => Err(StampingError::Already(seat.name.clone())),
    }
}
