//! `link.data_age`: how old the dated data is at the date that is judged for. What is too old is never known to be current.

use crate::run::RunRecord;
use crate::seen::{self, Seen};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::data::{DataAge, DataSet};
use assize_facts::{Item, Known, Millis, Request, Sheet, Time, reason};
use jiff::Timestamp;

/// What `link.data_age` is derived from.
pub const FROM: &[&str] = &["data.snapshots"];

const DAY: f64 = 86_400_000.0;
/// Clocks and time zones differ; what claims to be from later than that is not from this world.
const AHEAD: i64 = 2 * 86_400;

pub fn derive(sheets: &Sheets, request: &Request, run: &RunRecord) -> Sheet {
    let mut sheet = Sheet::of::<DataAge>();
    sheet.with = request.args();
    let limit = request.arg("max_age").and_then(|v| v.as_f64());
    let snapshots = sheets.of("data.snapshots");
    inherit(&mut sheet, &snapshots);
    for item in &snapshots.items {
        match age(item, limit, run) {
            Ok(age) => sheet.push(age, item.origin.clone()),
            Err(reason) => sheet.gap(reason, item.origin.shown()),
        }
    }
    sheet.examined(snapshots.scope.count);
    sheet.settle();
    sheet
}

fn age(item: &Item, limit: Option<f64>, run: &RunRecord) -> Seen<DataAge> {
    let word = seen::text(item, "name")?;
    let name = DataSet::parse(&word).ok_or_else(|| reason!("unexpected-value"))?;
    let as_of = seen::text(item, "as_of");
    let instant: Seen<Timestamp> = match &as_of {
        Ok(text) => text.parse().map_err(|_| reason!("unexpected-value")),
        Err(reason) => Err(reason.clone()),
    };
    let age = instant.map(|as_of| (run.judged_for.as_millisecond() - as_of.as_millisecond()).max(0) as f64);
    let fresh = match (&age, limit, &as_of) {
        (Err(reason), _, _) | (_, _, Err(reason)) => Known::Unknown(reason.clone()),
        (_, None, _) => Known::Unknown(reason!("data-age-without-limit", name = word)),
        (Ok(age), Some(limit), Ok(as_of)) => fresh(&word, as_of, *age, limit, run),
    };
    Ok(DataAge {
        name,
        as_of: as_of.map_or_else(Known::Unknown, |text| Known::Value(Time(text))),
        age: age.map_or_else(Known::Unknown, |age| Known::Value(Millis(age))),
        fresh,
    })
}

fn fresh(name: &str, as_of: &str, age: f64, limit: f64, run: &RunRecord) -> Known<bool> {
    let ahead = as_of.parse::<Timestamp>().is_ok_and(|t| t.as_second() > run.ran_at.as_second() + AHEAD);
    if ahead {
        return Known::Unknown(reason!("data-from-the-future", name = name, as_of = as_of));
    }
    if age <= limit {
        return Known::Value(true);
    }
    // Rounded up: what is a second too old is not as old as it may be.
    let (days, most) = ((age / DAY * 10.0).ceil() / 10.0, (limit / DAY * 10.0).round() / 10.0);
    Known::Unknown(reason!("data-too-old", name = name, days = days, most = most))
}
