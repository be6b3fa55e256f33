//! Reads the dates publishers write, and refuses to guess.
//!
//! Read are RFC 3339 and its looser kin (a space for the `T`, no seconds, no colon in the offset), local
//! times without an offset (taken as UTC), dates alone (their first moment), `31/03/2017`,
//! `31.03.2017`, `31-MAR-2017`, `20170331`, and two-digit years. Where day, month and year could be told apart in two
//! ways, the date is unreadable: a wrong date is worse than none.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};

use super::model::Time;

/// Years outside these are slips of the keyboard (`0216`, `20177`).
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// The years that a two-digit year may stand for, where the order of its parts must be guessed.
const NEAR_YEARS: std::ops::RangeInclusive<i32> = 1990..=2030;

/// Reads a date or a date and time, to the millisecond. None where it is unreadable or ambiguous.
pub fn parse(text: &str) -> Option<Time> {
    let text = text.trim();
    let after_digit =
        |at: &usize| at.checked_sub(1).is_some_and(|before| text.as_bytes()[before].is_ascii_digit());
    let end = text.match_indices(['T', 't', ' ']).map(|(at, _)| at).find(after_digit).unwrap_or(text.len());
    let (date, rest) = text.split_at(end);
    let clock = rest.get(1..).unwrap_or_default().trim();
    let date = parse_date(date, !clock.is_empty() && !rest.starts_with(' '))?;
    let (time, carry, offset) = if rest.is_empty() { (NaiveTime::MIN, 0, 0) } else { parse_clock(clock)? };
    let local = date.and_time(time).and_utc();
    let moment = local.checked_add_signed(TimeDelta::seconds(carry - offset))?;
    in_range(moment)
}

fn in_range(moment: Time) -> Option<Time> {
    use chrono::Datelike;
    // One day to either side: an offset may carry a date over the edge.
    let year = moment.year();
    YEARS.contains(&year).then(|| DateTime::from_timestamp_millis(moment.timestamp_millis())).flatten()
}

/// `iso` says that the date is followed by a `T`, so that its year comes first.
fn parse_date(text: &str, iso: bool) -> Option<NaiveDate> {
    if text.len() == 8 && is_digits(text) {
        return date(&text[..4], &text[4..6], &text[6..]);
    }
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let mut parts = text.split(separator);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !is_digits(a) || !is_digits(c) {
        return None;
    }
    if let Some(month) = month_number(b) {
        return with_month(a, month, c);
    }
    if !is_digits(b) {
        return None;
    }
    match (a.len(), c.len()) {
        (4, 1..=2) => date(a, b, c),
        (1..=2, 4) if separator == '.' => date(c, b, a),
        (1..=2, 4) => only_one([date(c, b, a), date(c, a, b)]),
        (2, 2) if iso => date(&century(a), b, c),
        (2, 2) if separator == '.' => date(&century(c), b, a),
        (2, 2) if separator == '/' => only_one([date(&century(c), b, a), date(&century(c), a, b)]),
        (2, 2) => only_one([near(date(&century(a), b, c)), near(date(&century(c), b, a))]),
        _ => None,
    }
}

/// `12-MAY-17`, `12-May-2017`, `2017-May-12`.
fn with_month(a: &str, month: &str, c: &str) -> Option<NaiveDate> {
    match (a.len(), c.len()) {
        (4, 1..=2) => date(a, month, c),
        (1..=2, 4) => date(c, month, a),
        (1..=2, 2) => date(&century(c), month, a),
        _ => None,
    }
}

/// The number of the month of that English name or abbreviation.
fn month_number(name: &str) -> Option<&'static str> {
    let abbreviation = name.get(..3)?.to_ascii_lowercase();
    let at = "jan feb mar apr may jun jul aug sep oct nov dec"
        .split(' ')
        .position(|month| month == abbreviation)?;
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"].get(at).copied()
}

fn date(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    if month.len() > 2 || day.len() > 2 {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn century(year: &str) -> String {
    format!("{}{year}", if year < "70" { "20" } else { "19" })
}

fn near(date: Option<NaiveDate>) -> Option<NaiveDate> {
    use chrono::Datelike;
    date.filter(|date| NEAR_YEARS.contains(&date.year()))
}

/// The one reading there is, if there is one only.
fn only_one([a, b]: [Option<NaiveDate>; 2]) -> Option<NaiveDate> {
    match (a, b) {
        (Some(a), Some(b)) => (a == b).then_some(a),
        (a, b) => a.or(b),
    }
}

/// A time of day with its offset from UTC: the time, seconds to add, and the offset in seconds.
fn parse_clock(text: &str) -> Option<(NaiveTime, i64, i64)> {
    let (clock, offset) = split_offset(text)?;
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    if !fraction.is_empty() && !is_digits(fraction) {
        return None;
    }
    let mut parts = clock.split(':');
    let (hour, minute) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let second = parts.next().map_or(Some(0), two_digits)?;
    if parts.next().is_some() {
        return None;
    }
    let millis =
        fraction.bytes().chain(*b"000").take(3).fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let (time, carry) = match (hour, minute, second) {
        // Midnight at the end of a day.
        (24, 0, 0) if millis == 0 => (NaiveTime::MIN, 86_400),
        // A leap second is the first moment of the next minute.
        (_, _, 60) => (NaiveTime::from_hms_milli_opt(hour, minute, 59, 0)?, 1),
        _ => (NaiveTime::from_hms_milli_opt(hour, minute, second, millis)?, 0),
    };
    Some((time, carry, offset))
}

/// Splits off `Z`, `+05:30`, `+0530` or `+05`; nothing is UTC.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']).or_else(|| text.strip_suffix("UTC")) {
        return Some((clock.trim_end(), 0));
    }
    let Some(at) = text.rfind(['+', '-', '\u{2212}']) else { return Some((text, 0)) };
    let (clock, offset) = text.split_at(at);
    let sign = if offset.starts_with('+') { 1 } else { -1 };
    let offset = offset.strip_prefix(['+', '-', '\u{2212}'])?;
    let (hours, minutes) = match offset.split_once(':') {
        Some(parts) => parts,
        None if offset.len() == 4 && is_digits(offset) => offset.split_at(2),
        None => (offset, "00"),
    };
    let whole = hours.len() == 2 && minutes.len() == 2;
    let (hours, minutes) = (i64::from(two_digits(hours)?), i64::from(two_digits(minutes)?));
    (whole && hours < 24 && minutes < 60).then(|| (clock.trim_end(), sign * (hours * 3600 + minutes * 60)))
}

fn two_digits(text: &str) -> Option<u32> {
    if is_digits(text) && text.len() <= 2 { text.parse().ok() } else { None }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
