//! A strict reader of RFC 3339 instants: the general parsers accept brackets, missing parts and spaces that the agreed form does not have.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How the text says that it is UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// `Z`.
    Zulu,
    /// `+00:00`, and `-00:00`, which RFC 3339 §4.3 reads as UTC with an unknown local offset.
    Zero,
    /// Any other offset, in minutes east.
    Offset(i32),
}

/// An instant as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant3339 {
    /// Seconds since 1970-01-01T00:00:00Z; a leap second is the second after it.
    pub seconds: i64,
    pub nanos: u32,
    pub zone: Zone,
}

/// Longest text that is read: a fraction may have any number of digits (RFC 3339 §5.6), but not any amount of memory.
const LONGEST: usize = 96;

/// Reads `date-time` of RFC 3339 §5.6; `None` for everything else, also for dates that the calendar does not have.
pub(crate) fn parse(text: &str) -> Option<Instant3339> {
    let bytes = text.as_bytes();
    if bytes.len() > LONGEST || !bytes.is_ascii() {
        return None;
    }
    let mut at = Cursor { bytes, at: 0 };
    let date = (at.digits(4)?, at.after(b"-", 2)?, at.after(b"-", 2)?);
    at.one_of(b"Tt")?;
    let time = (at.digits(2)?, at.after(b":", 2)?, at.after(b":", 2)?);
    let nanos = at.fraction()?;
    let zone = at.zone()?;
    if at.at != bytes.len() {
        return None;
    }
    let (year, month, day) = date;
    let (hour, minute, second) = time;
    if !(1..=12).contains(&month) || day < 1 || day > days(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let east = match zone {
        Zone::Zulu | Zone::Zero => 0,
        Zone::Offset(minutes) => i64::from(minutes),
    };
    let minutes = days_since_1970(year, month, day) * 1440 + i64::from(hour) * 60 + i64::from(minute) - east;
    if second == 60 && !may_leap(minutes) {
        return None;
    }
    Some(Instant3339 { seconds: minutes * 60 + i64::from(second), nanos, zone })
}

impl Instant3339 {
    pub fn is_utc(&self) -> bool {
        match self.zone {
            Zone::Zulu | Zone::Zero => true,
            Zone::Offset(_) => false,
        }
    }

    /// Milliseconds from `moment` to this instant; negative where it lies before.
    pub fn millis_after(&self, moment: SystemTime) -> f64 {
        self.since_epoch() - millis_since_epoch(moment)
    }

    fn since_epoch(&self) -> f64 {
        self.seconds as f64 * 1000.0 + f64::from(self.nanos) / 1e6
    }

    /// Order by instant.
    pub fn key(&self) -> (i64, u32) {
        (self.seconds, self.nanos)
    }
}

/// Milliseconds since 1970 by the wall clock; exact to a microsecond until far beyond any test.
pub(crate) fn millis_since_epoch(moment: SystemTime) -> f64 {
    match moment.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs_f64() * 1000.0,
        Err(before) => -Duration::as_secs_f64(&before.duration()) * 1000.0,
    }
}

/// A leap second is inserted at the end of a month, UTC (ITU-R TF.460-6).
fn may_leap(minutes: i64) -> bool {
    let (_, _, today) = civil(minutes.div_euclid(1440));
    let (_, _, tomorrow) = civil(minutes.div_euclid(1440) + 1);
    minutes.rem_euclid(1440) == 1439 && tomorrow == 1 && today > 1
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days_since_1970(year: u32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted = (i64::from(month) + 9) % 12;
    let of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01: the inverse of the above.
fn civil(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month as u32, day as u32)
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn one_of(&mut self, set: &[u8]) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        set.contains(&byte).then(|| self.at += 1)?;
        Some(byte)
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let text = self.bytes.get(self.at..self.at + count)?;
        let mut value = 0;
        for byte in text {
            value = value * 10 + u32::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        self.at += count;
        Some(value)
    }

    fn after(&mut self, separator: &[u8], count: usize) -> Option<u32> {
        self.one_of(separator)?;
        self.digits(count)
    }

    /// Nanoseconds of `time-secfrac`; finer digits are read and dropped.
    fn fraction(&mut self) -> Option<u32> {
        if self.one_of(b".").is_none() {
            return Some(0);
        }
        let (mut nanos, mut count) = (0, 0);
        while let Some(digit) = self.digits(1) {
            if count < 9 {
                nanos = nanos * 10 + digit;
            }
            count += 1;
        }
        (count > 0).then(|| nanos * 10u32.pow(9 - count.min(9)))
    }

    fn zone(&mut self) -> Option<Zone> {
        if self.one_of(b"Zz").is_some() {
            return Some(Zone::Zulu);
        }
        let sign = if self.one_of(b"+-")? == b'+' { 1 } else { -1 };
        let (hours, minutes) = (self.digits(2)?, self.after(b":", 2)?);
        if hours > 23 || minutes > 59 {
            return None;
        }
        Some(match sign * (hours * 60 + minutes) as i32 {
            0 => Zone::Zero,
            east => Zone::Offset(east),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        parse(text).map(|i| i.seconds)
    }

    #[test]
    fn instants_are_read() {
        for (text, want) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-23T23:52:24Z", 1_795_477_944),
            ("2026-11-23T23:52:24.967618582Z", 1_795_477_944),
            ("2026-11-24T05:37:24+05:45", 1_795_477_944),
            ("2000-02-29T00:00:00+00:00", 951_782_400),
            ("1969-12-31T23:59:59z", -1),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("2016-12-31T23:59:60Z", 1_483_228_800),
            ("2017-01-01T05:44:60+05:45", 1_483_228_800),
        ] {
            assert_eq!(seconds(text), Some(want), "{text}");
        }
        assert_eq!(parse("1970-01-01T00:00:00.5Z").map(|i| i.nanos), Some(500_000_000));
        assert_eq!(parse("1970-01-01T00:00:00.1234567899999Z").map(|i| i.nanos), Some(123_456_789));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "2026-11-23",
            "2026-11-23T23:52:24",
            "2026-11-23 23:52:24Z",
            "2026-11-23T23:52Z",
            "2026-11-23T23:52:24.Z",
            "2026-11-23T23:52:24,5Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-06-15T23:59:60Z",
            "2026-06-30T22:59:60Z",
            "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00+0000",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00Z[UTC]",
            " 2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z ",
            "26-01-01T00:00:00Z",
            "12026-01-01T00:00:00Z",
            "2026-1-1T0:0:0Z",
            "２０２６-01-01T00:00:00Z",
            "2026-01-01T00:00:00 UTC",
            "Mon, 23 Nov 2026 23:52:24 GMT",
            "1795477944",
            "1900-02-29T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn utc_is_told_from_other_offsets() {
        for (text, utc) in [
            ("2026-01-01T00:00:00Z", true),
            ("2026-01-01T00:00:00+00:00", true),
            ("2026-01-01T00:00:00-00:00", true),
            ("2026-01-01T05:45:00+05:45", false),
        ] {
            assert_eq!(parse(text).map(|i| i.is_utc()), Some(utc), "{text}");
        }
        let zulu = |text| parse(text).map(|i| i.zone == Zone::Zulu);
        assert_eq!((zulu("2026-01-01T00:00:00Z"), zulu("2026-01-01T00:00:00+00:00")), (Some(true), Some(false)));
    }

    #[test]
    fn the_calendar_goes_both_ways() {
        for day in (-800_000..3_000_000).step_by(97) {
            let (year, month, of_month) = civil(day);
            if let Ok(year) = u32::try_from(year) {
                assert_eq!(days_since_1970(year, month, of_month), day);
            }
        }
    }
}
