//! The words of a text: how search reads both what is stored and what is asked for.
//!
//! One function for both and for both databases, so that they find the same rows: letters lose their
//! case and their diacritics (Unicode's compatibility decomposition without its combining marks; `ß`,
//! `ø` and their like are spelled out), and everything but letters and digits parts words. A Chinese or
//! Japanese character is a word by itself, for those languages write none between words. Marks that are
//! letters of their script, as India's vowel signs, stay.

use std::ops::ControlFlow;

use serde::Serialize;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Letters of a word that count; the rest of a longer one is left out on both sides.
const LONGEST: usize = 64;
/// Bytes of words that are kept of one row: PostgreSQL's `tsvector` ends at 1 MB.
const MOST_BYTES: usize = 256 * 1024;
/// Letters of a text that its place in an order depends on: an index entry must fit a page.
const KEY_LETTERS: usize = 100;

/// What a search demands: every word, the last of them as a beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Search(Vec<String>);

impl Search {
    /// Reads what somebody typed. Any text is valid; one without a letter or digit demands nothing.
    pub fn new(text: &str) -> Self {
        let mut words = Vec::new();
        split(text, |word| words.push(word.to_owned()));
        Self(words)
    }

    /// Whether it demands nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many words it has.
    pub fn words(&self) -> usize {
        self.0.len()
    }

    /// The memory that it has allocated beside its own size, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        // A small allocation takes 16 bytes more than asked for, about.
        let words = self.0.iter().map(|word| word.capacity() + 16).sum::<usize>();
        self.0.capacity() * size_of::<String>() + words
    }

    /// Whether it finds a row by its words: those that [`of`] gives, sorted, with blanks between.
    pub(super) fn is_in(&self, words: &str) -> bool {
        let Some((beginning, whole)) = self.0.split_last() else { return true };
        let first = |word: &str| from(words, word).split(|byte| *byte == b' ').next();
        whole.iter().all(|word| first(word) == Some(word.as_bytes()))
            && from(words, beginning).starts_with(beginning.as_bytes())
    }

    /// As a `tsquery` of PostgreSQL. Words are letters and digits only: nothing needs an escape.
    pub(super) fn tsquery(&self) -> String {
        self.join(" & ", |word| format!("'{word}'"), ":*")
    }

    /// As an expression of SQLite's FTS5.
    pub(super) fn fts5(&self) -> String {
        self.join(" ", |word| format!("\"{word}\""), "*")
    }

    fn join(&self, and: &str, quote: impl Fn(&String) -> String, beginning: &str) -> String {
        let quoted: Vec<String> = self.0.iter().map(quote).collect();
        format!("{}{beginning}", quoted.join(and))
    }
}

/// How many words a text has, without keeping them; stops at `max`.
pub fn count(text: &str, max: u64) -> u64 {
    let mut words = 0;
    try_split(text, |_| {
        words += 1;
        if words < max { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    words.min(max)
}

/// The words of a row's texts as its index keeps them: sorted, each once, with blanks between. `None`
/// when there are none.
pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // One buffer for all words: an import reads millions.
    let (mut letters, mut words, mut bytes) = (String::new(), Vec::new(), 0);
    for text in texts {
        split(text, |word| {
            bytes += word.len() + 1;
            if bytes <= MOST_BYTES {
                words.push(letters.len()..letters.len() + word.len());
                letters.push_str(word);
            }
        });
    }
    let mut words: Vec<&str> = words.into_iter().map(|word| &letters[word]).collect();
    words.sort_unstable();
    words.dedup();
    (!words.is_empty()).then(|| words.join(" "))
}

/// What is left of sorted words without those that are less than `word`. In bytes, which order as the texts
/// do: a blank is never a part of a letter.
fn from<'a>(words: &'a str, word: &str) -> &'a [u8] {
    let words = words.as_bytes();
    let (mut low, mut high) = (0, words.len());
    while low < high {
        let middle = low.midpoint(high);
        let begin = words[low..middle].iter().rposition(|byte| *byte == b' ').map_or(low, |at| low + at + 1);
        let length = words[begin..].iter().position(|byte| *byte == b' ');
        let end = length.map_or(words.len(), |length| begin + length);
        if &words[begin..end] < word.as_bytes() {
            low = (end + 1).min(words.len());
        } else {
            high = begin;
        }
    }
    &words[low..]
}

/// Where a text stands among others: the beginning of its words, in their own order.
pub fn sort_key(text: &str) -> String {
    let mut key = String::new();
    split(text, |word| {
        key.push_str(if key.is_empty() { "" } else { " " });
        key.push_str(word);
    });
    if let Some((end, _)) = key.char_indices().nth(KEY_LETTERS) {
        key.truncate(end);
    }
    key
}

/// Hands every word of a text to `each`.
fn split(text: &str, mut each: impl FnMut(&str)) {
    try_split(text, |word| {
        each(word);
        ControlFlow::Continue(())
    });
}

/// Hands the words of a text to `each` until it breaks.
fn try_split(text: &str, mut each: impl FnMut(&str) -> ControlFlow<()>) {
    let _ = if text.is_ascii() { split_ascii(text, &mut each) } else { split_unicode(text, &mut each) };
}

fn split_ascii(text: &str, each: &mut impl FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
    let lower = text.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).try_for_each(|word| each(&word[..word.len().min(LONGEST)]))
}

fn split_unicode(text: &str, each: &mut impl FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
    let (mut word, mut letters) = (String::new(), 0);
    for c in text.nfkd().flat_map(char::to_lowercase) {
        if is_diacritic(c) {
            continue;
        }
        let alone = is_word_by_itself(c) && c.is_alphanumeric();
        let inside = c.is_alphanumeric() || is_combining_mark(c);
        if (alone || !inside) && !word.is_empty() {
            each(&word)?;
            word.clear();
            letters = 0;
        }
        if alone {
            each(c.encode_utf8(&mut [0; 4]))?;
        } else if inside {
            let room = LONGEST - letters;
            let before = word.len();
            match spelled_out(c) {
                Some(spelled) => word.extend(spelled.chars().take(room)),
                None => word.extend(Some(c).filter(|_| room > 0)),
            }
            letters += word[before..].chars().count();
        }
    }
    if word.is_empty() { ControlFlow::Continue(()) } else { each(&word) }
}

/// The blocks of combining diacritical marks, and the voicing marks of kana.
fn is_diacritic(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}' | '\u{3099}' | '\u{309A}')
}

/// Ideographs and kana.
fn is_word_by_itself(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Letters that Unicode does not take apart.
fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ı' => "i",
        'þ' => "th",
        'ς' => "σ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        Search::new(text).0
    }

    #[test]
    fn words_have_neither_case_nor_diacritics() {
        for (text, expected) in [
            ("Construção de Estradas, BR-116", "construcao de estradas br 116"),
            ("ŁÓDŹ Straße Ærø İstanbul ΟΔΟΣ", "lodz strasse aero istanbul οδοσ"),
            ("e\u{301}te\u{301} 2024/05 n°7 ½ m²", "ete 2024 05 n 7 1 2 m2"),
            ("臺北市 Taipei工程", "臺 北 市 taipei 工 程"),
            ("किताब की", "किताब की"),
            ("  --  ", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn long_words_and_many_words_are_cut() {
        assert_eq!(words(&"a".repeat(100)), ["a".repeat(64)]);
        assert_eq!(words(&"é".repeat(100)), ["e".repeat(64)]);
        let many: Vec<String> = (0..100_000).map(|n| format!("{n:06}")).collect();
        assert!(of(many.iter().map(String::as_str)).unwrap().len() <= MOST_BYTES);
        assert_eq!(sort_key(&"word ".repeat(100)).chars().count(), 100);
    }

    /// One character that is written out as eighteen, four words of them.
    #[test]
    fn counting_stops_at_its_bound() {
        let text = "\u{FDFA}".repeat(300_000);
        let mut words = 0;
        try_split(&text, |_| {
            words += 1;
            if words < 100 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        assert_eq!((words, count(&text, 100), count(&text[..3_000], u64::MAX)), (100, 100, 3_001));
        assert_eq!((count("a b c", 2), count("a b", 2), count("é è", 9), count("", 9)), (2, 2, 2, 0));
    }

    #[test]
    fn a_search_is_written_for_each_database() {
        let search = Search::new("Road; \"works\" br'");
        assert_eq!(search.tsquery(), "'road' & 'works' & 'br':*");
        assert_eq!(search.fts5(), "\"road\" \"works\" \"br\"*");
        assert!(Search::new("?!").is_empty());
    }

    /// Words that share beginnings, of one byte and of several a letter.
    fn alike() -> impl Strategy<Value = String> {
        proptest::collection::vec("[ab臺é]{1,3}", 0..12).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn a_row_is_found_by_its_words(text in alike(), search in alike()) {
            let (row, search) = (of([text.as_str()]).unwrap_or_default(), Search::new(&search));
            let there: Vec<&str> = row.split_whitespace().collect();
            let found = search.0.split_last().is_none_or(|(beginning, whole)| {
                whole.iter().all(|word| there.contains(&word.as_str()))
                    && there.iter().any(|word| word.starts_with(beginning.as_str()))
            });
            prop_assert_eq!(search.is_in(&row), found, "{:?} in {:?}", search, row);
        }

        #[test]
        fn words_are_letters_and_digits_and_read_alike_again(text in ".*") {
            let once = words(&text);
            for word in &once {
                prop_assert!(word.chars().all(|c| c.is_alphanumeric() || is_combining_mark(c)), "{word:?}");
            }
            prop_assert_eq!(words(&once.join(" ")), once);
        }

        #[test]
        fn ascii_is_read_as_any_other_text(text in "[ -~]*") {
            let other = words(&format!("{text} é"));
            let mut once = words(&text);
            once.push("e".to_owned());
            prop_assert_eq!(other, once);
        }
    }
}
