//! Mends what is published as JSON and is not quite: half a character (`\ud83d` without its second half,
//! left where a text was cut by its UTF-16 length), a raw control character in a text, and the `NaN` and
//! `Infinity` that some programs write. A release is not given up for one of these.

/// What is reported of a release that was mended.
pub(super) const MESSAGE: &str = "not quite JSON: half characters in texts are now \\ufffd, raw control characters \
                                  are escaped, NaN and Infinity are null";

const NO_NUMBERS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];

/// The mended bytes; none when there is nothing to mend.
pub(super) fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended = Vec::with_capacity(json.len());
    let mut rest = json;
    let mut in_text = false;
    while let [byte, ..] = *rest {
        let (taken, written) = match byte {
            b'\\' if in_text => escape(rest),
            0..0x20 if in_text => {
                mended.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                (1, &[][..])
            }
            b'N' | b'I' | b'-' if !in_text => no_number(rest),
            _ => (1, &rest[..1]),
        };
        in_text ^= byte == b'"';
        mended.extend_from_slice(written);
        rest = &rest[taken..];
    }
    (mended != json).then_some(mended)
}

/// The escape at the start of some bytes: how long it is, and what to write for it.
fn escape(rest: &[u8]) -> (usize, &[u8]) {
    match (surrogate(rest), rest.get(6..).and_then(surrogate)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, &rest[..12]),
        (Some(_), _) => (6, b"\\ufffd"),
        (None, _) => (rest.len().min(2), &rest[..rest.len().min(2)]),
    }
}

/// The half character that an escape stands for.
fn surrogate(escape: &[u8]) -> Option<u16> {
    let digits = escape.get(..6)?.strip_prefix(b"\\u")?;
    let code = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (0xD800..=0xDFFF).contains(&code).then_some(code)
}

/// The word at the start of some bytes: how long it is, and what to write for it.
fn no_number(rest: &[u8]) -> (usize, &[u8]) {
    let word = NO_NUMBERS.iter().find(|word| rest.starts_with(word));
    word.map_or((1, &rest[..1]), |word| (word.len(), b"null"))
}
