//! Exact amounts on SQLite, which knows only floating point: texts that order as their numbers do.
//!
//! A text is a sign (`1`, or `0` for less than zero), a letter for the number of integer digits (`a` for
//! none), the integer digits, then the fraction's without trailing zeros: 700000000 is `1j700000000`,
//! 0.05 is `1a05`. Below zero the letter is mirrored, digits are complemented to nine and `~` closes the
//! text, so that order turns round. Comparing bytes compares numbers; decoding is exact for all of
//! [`Decimal`]'s range. PostgreSQL stores the same values as NUMERIC.

use rust_decimal::Decimal;

/// Encodes an amount so that texts compare as the amounts do.
pub fn encode(amount: Decimal) -> String {
    let amount = amount.normalize();
    let digits = amount.abs().to_string();
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let whole = whole.trim_start_matches('0');
    let length = u8::try_from(whole.len()).unwrap_or(u8::MAX);
    if amount.is_sign_negative() && !amount.is_zero() {
        let complement = |digit: char| char::from(b'9' - (digit as u8 - b'0'));
        let body: String = whole.chars().chain(fraction.chars()).map(complement).collect();
        format!("0{}{body}~", char::from(b'~' - 1 - length))
    } else {
        format!("1{}{whole}{fraction}", char::from(b'a' + length))
    }
}

/// Decodes [`encode`]'s text; `None` for any other.
pub fn decode(text: &str) -> Option<Decimal> {
    let bytes = text.as_bytes();
    let (sign, letter) = (*bytes.first()?, *bytes.get(1)?);
    let body = text.get(2..)?;
    let (length, digits): (u8, String) = match sign {
        b'1' => (letter.checked_sub(b'a')?, body.to_owned()),
        b'0' => {
            let complement = |digit: u8| b'9'.checked_sub(digit).map(|value| char::from(b'0' + value));
            let digits = body.strip_suffix('~')?.bytes().map(complement).collect::<Option<_>>()?;
            ((b'~' - 1).checked_sub(letter)?, digits)
        }
        _ => return None,
    };
    let (whole, fraction) = digits.split_at_checked(usize::from(length))?;
    let sign = if sign == b'0' { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    let number = format!("{sign}{whole}{point}{fraction}");
    Decimal::from_str_exact(&number).ok().map(|amount| amount.normalize())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal() -> impl Strategy<Value = Decimal> {
        let whole = (any::<i64>(), 0..=18_u32).prop_map(|(n, scale)| Decimal::new(n, scale));
        let small = (-2000..2000_i64, 0..=3_u32).prop_map(|(n, scale)| Decimal::new(n, scale));
        let edge =
            prop_oneof![Just(Decimal::MAX), Just(Decimal::MIN), Just(Decimal::ZERO), Just(-Decimal::ZERO)];
        prop_oneof![4 => whole, 4 => small, 1 => edge]
    }

    #[test]
    fn an_amount_beyond_floating_point_is_exact() {
        let amount = Decimal::from_str_exact("9007199254740993.01").unwrap();
        assert_eq!(encode(amount), "1q900719925474099301");
        assert_eq!(decode("1q900719925474099301"), Some(amount));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1", "2a", "1c1", "0z", "0|9", "1b/", "1É", "0}8"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn texts_round_trip(amount in decimal()) {
            prop_assert_eq!(decode(&encode(amount)), Some(amount.normalize()));
        }

        #[test]
        fn texts_order_as_their_amounts(a in decimal(), b in decimal()) {
            prop_assert_eq!(encode(a).cmp(&encode(b)), a.cmp(&b));
        }
    }
}
