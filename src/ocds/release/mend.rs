//! Half characters: `\ud83d` without its second half, left where a text was cut by its UTF-16 length.
//!
//! They are not JSON, yet published; a release is not given up for one.

/// What is reported of a release that was mended.
pub(super) const MESSAGE: &str = "half a character in a text (a lone surrogate); replaced by \\ufffd";

/// The bytes with every lone surrogate escape replaced by `\ufffd`; none when there is none to mend.
pub(super) fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = json.get(at..)?.iter().position(|&byte| byte == b'\\') {
        at += found;
        match (surrogate(json, at), surrogate(json, at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at += 12,
            (Some(_), _) => {
                mended.get_or_insert_with(|| json.to_vec())[at..at + 6].copy_from_slice(b"\\ufffd");
                at += 6;
            }
            (None, _) => at += 2,
        }
    }
    mended
}

/// The half character that an escape at this place stands for.
fn surrogate(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let code = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (0xD800..=0xDFFF).contains(&code).then_some(code)
}
