//! Conditional requests: whether a client has already what it asks for (RFC 9110, 13.1.2).

use axum::http::{HeaderMap, header};

/// Whether `If-None-Match` names an entity tag, by the weak comparison that is right for GET and HEAD. `*`
/// names any.
pub(super) fn has(headers: &HeaderMap, entity_tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let wanted = opaque(entity_tag);
    lines.into_iter().any(|line| line.trim() == "*" || tags(line).any(|tag| opaque(tag) == wanted))
}

/// A tag without the mark of a weak one.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// The tags of a list. What is no tag ends it; a tag may hold commas.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let quoted = opaque(rest).strip_prefix('"')?;
        let (_, behind) = quoted.split_once('"')?;
        let tag = &rest[..rest.len() - behind.len()];
        rest = behind;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use proptest::prelude::proptest;

    use super::has;

    fn given(lines: &[&str], tag: &str) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_str(line).unwrap());
        }
        has(&headers, tag)
    }

    #[test]
    fn lists_are_read_and_compared_weakly() {
        for tag in ["\"a\"", "W/\"a\""] {
            for lines in [
                &["\"a\""][..],
                &["W/\"a\""],
                &["\"b\", W/\"a\""],
                &["\"b\" ,\t\"a\" , \"c\""],
                &["\"b\"", "\"a\""],
                &["*"],
                &[", \"a\""],
                &["\"x,y\",\"a\""],
            ] {
                assert!(given(lines, tag), "{lines:?} names {tag}");
            }
            for lines in [
                &[][..],
                &["\"b\""],
                &["a"],
                &["\"b\" nonsense \"a\""],
                &["\"*\""],
                &["\"b,\"a\""],
                &["w/\"a\""],
                &["\"a"],
            ] {
                assert!(!given(lines, tag), "{lines:?} does not name {tag}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_header_is_survived(text in "[ -~]{0,40}") {
            given(&[&text], "W/\"a\"");
        }
    }
}
