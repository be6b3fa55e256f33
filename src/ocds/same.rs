//! Whether two JSON values are the same, however they are written.

use std::collections::BTreeMap;

use super::json::{Member, Value};

/// Whether two values are the same: the order of members does not matter, of repeated keys the last one counts,
/// and numbers are compared by their value (`100.00` is `1e2`), however long.
pub fn same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || number(left) == number(right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let (left, right) = (members(left), members(right));
            let pairs = left.iter().zip(&right);
            left.len() == right.len()
                && pairs
                    .into_iter()
                    .all(|((key, value), (other, of_other))| key == other && same(value, of_other))
        }
        (left, right) => left == right,
    }
}

/// Members by their keys; the last of those that repeat.
fn members<'v, 'a>(members: &'v [Member<'a>]) -> BTreeMap<&'v str, &'v Value<'a>> {
    members.iter().map(|(key, value)| (key.as_ref(), value)).collect()
}

/// A number as its sign, its digits from the first to the last that is not 0, and the power of ten behind them.
/// `None`, which equals only itself, where the exponent is beyond all measure.
#[derive(PartialEq, Eq)]
struct Number<'t> {
    negative: bool,
    digits: String,
    power: i64,
    /// The text, where it cannot be taken apart.
    text: &'t str,
}

fn number(text: &str) -> Number<'_> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0').trim_end_matches('0');
    if digits.is_empty() {
        return Number { negative: false, digits: String::new(), power: 0, text: "" };
    }
    let zeros = all.len() - all.trim_end_matches('0').len();
    let power = exponent.parse::<i64>().ok().and_then(|exponent| {
        exponent.checked_add(i64::try_from(zeros).ok()?)?.checked_sub(i64::try_from(fraction.len()).ok()?)
    });
    match power {
        Some(power) => Number { negative, digits: digits.to_owned(), power, text: "" },
        None => Number { negative, digits: digits.to_owned(), power: 0, text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_texts(left: &str, right: &str) -> bool {
        same(&Value::parse(left.as_bytes()).unwrap(), &Value::parse(right.as_bytes()).unwrap())
    }

    #[test]
    fn what_is_written_otherwise_is_the_same() {
        for (left, right) in [
            (r#"{"a":1,"b":[true,null]}"#, r#" { "b" : [ true , null ] , "a" : 1 } "#),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#""\u00e9""#, "\"é\""),
            ("100.00", "1e2"),
            ("0.001200", "1.2E-3"),
            ("-0.0", "0"),
            ("120e-1", "12"),
            ("9007199254740993.010", "9007199254740993.01"),
            ("1e99999999999999999999", "1e99999999999999999999"),
        ] {
            assert!(same_texts(left, right), "{left} {right}");
            assert!(same_texts(right, left), "{right} {left}");
        }
    }

    #[test]
    fn what_says_something_else_is_not() {
        for (left, right) in [
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            ("[1,2]", "[2,1]"),
            ("[1]", "[1,1]"),
            (r#""1""#, "1"),
            ("null", "false"),
            ("1", "-1"),
            ("9007199254740993", "9007199254740992"),
            ("10", "1"),
            ("0", "1"),
            ("1e99999999999999999999", "1e99999999999999999998"),
            ("{}", "[]"),
        ] {
            assert!(!same_texts(left, right), "{left} {right}");
            assert!(!same_texts(right, left), "{right} {left}");
        }
    }
}
