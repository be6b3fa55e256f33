//! Reads amounts exactly, or not at all: nothing here passes through floating point or rounds.
//!
//! A number keeps its value whatever its notation (`1e3`, `12.50`, `-0`). A text may group its digits
//! where that can mean one thing only: `1,444,000`, `1.444,50`, `1 444.5` and `12,34,567.00` are read,
//! `1,444` is not: it may be a thousand or one and a half.

use rust_decimal::Decimal;

/// The largest number of digits after the point, and of digits at all, that a decimal holds exactly.
const MAX_SCALE: i64 = 28;

/// Reads an amount from the text of a number or of a string. None where it is no number, ambiguous, or
/// longer than a decimal holds exactly.
pub fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    plain(text).or_else(|| plain(&ungrouped(text)?))
}

/// Reads a number in the notation of JSON; a sign, zeros and a point at either end are let pass.
fn plain(text: &str) -> Option<Decimal> {
    let (text, negative) = sign(text);
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let mantissa = mantissa(whole.bytes().chain(fraction.bytes()))?;
    let scale = i64::try_from(fraction.len()).ok()? - i64::from(exponent);
    exact(if negative { -mantissa } else { mantissa }, scale)
}

fn sign(text: &str) -> (&str, bool) {
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (rest, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    }
}

fn mantissa(digits: impl Iterator<Item = u8>) -> Option<i128> {
    digits
        .map(|digit| i128::from(digit - b'0'))
        .try_fold(0_i128, |sum, digit| sum.checked_mul(10)?.checked_add(digit))
}

/// `mantissa / 10^scale`, in the shortest form, if a decimal holds it exactly.
fn exact(mut mantissa: i128, mut scale: i64) -> Option<Decimal> {
    if mantissa == 0 {
        return Some(Decimal::ZERO);
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    if scale < 0 {
        if scale < -MAX_SCALE {
            return None;
        }
        mantissa = mantissa.checked_mul(10_i128.checked_pow(u32::try_from(-scale).ok()?)?)?;
        scale = 0;
    }
    if scale > MAX_SCALE {
        return None;
    }
    Decimal::try_from_i128_with_scale(mantissa, u32::try_from(scale).ok()?).ok()
}

/// Takes the grouping out of `1,444,000.50`, where it is unambiguous.
fn ungrouped(text: &str) -> Option<String> {
    let (text, negative) = sign(text);
    let tokens = tidy(text)?;
    let separators: Vec<char> = tokens.chars().filter(|c| !c.is_ascii_digit()).collect();
    let last = *separators.last()?;
    let count = separators.iter().filter(|c| **c == last).count();
    let mixed = separators.iter().any(|c| *c != last);
    let after = tokens.len() - tokens.rfind(last)? - last.len_utf8();
    let decimal = match last {
        '.' | ',' if mixed => (count == 1).then_some(last),
        '.' | ',' if count == 1 && after != 3 => Some(last),
        '.' | ',' if count == 1 => return None,
        _ => None,
    };
    if mixed && decimal.is_none() {
        return None;
    }
    let (whole, fraction) = match decimal {
        Some(point) => tokens.rsplit_once(point)?,
        None => (tokens.as_str(), ""),
    };
    let whole = joined(whole)?;
    Some(format!("{}{whole}.{fraction}", if negative { "-" } else { "" }))
}

/// One separator between digits: the spaces beside a comma or point go, and every kind of space and
/// apostrophe becomes one. None where something else is in the text.
fn tidy(text: &str) -> Option<String> {
    let mut tidy = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || matches!(c, '\'' | '\u{2019}') {
            space = true;
            continue;
        }
        if !c.is_ascii_digit() && !matches!(c, '.' | ',') {
            return None;
        }
        let between_digits = c.is_ascii_digit() && tidy.ends_with(|last: char| last.is_ascii_digit());
        if space && between_digits {
            tidy.push(' ');
        }
        space = false;
        tidy.push(c);
    }
    Some(tidy)
}

/// The digits of groups of three (or of two before the last three, as in India), one kind of separator.
fn joined(text: &str) -> Option<String> {
    let Some(separator) = text.chars().find(|c| !c.is_ascii_digit()) else { return Some(text.to_owned()) };
    let groups: Vec<&str> = text.split(separator).collect();
    let (last, rest) = groups.split_last()?;
    let (first, middle) = rest.split_first()?;
    let threes = (1..=3).contains(&first.len()) && middle.iter().all(|group| group.len() == 3);
    let twos =
        separator == ',' && (1..=2).contains(&first.len()) && middle.iter().all(|group| group.len() == 2);
    let digits = groups.iter().all(|group| is_digits(group));
    (digits && last.len() == 3 && (threes || twos)).then(|| groups.concat())
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
