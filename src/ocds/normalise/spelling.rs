//! Which key a publisher meant by a misspelt one.

/// The length from which one wrong letter is taken for a slip: shorter keys have real neighbours.
const MIN_SLIP_LENGTH: usize = 8;

/// The known key that `key` is a misspelling of: another case, spaces or underscores, a singular for a
/// plural or the reverse, or one wrong letter in a long key.
pub(super) fn meant(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let first = letters(key).next()?;
    let near = || known.iter().copied().filter(|name| letters(name).next() == Some(first));
    near()
        .find(|name| letters(key).eq(letters(name)))
        .or_else(|| near().find(|name| is_plural(key, name) || is_plural(name, key)))
        .or_else(|| near().find(|name| name.len() >= MIN_SLIP_LENGTH && is_one_slip(key, name)))
}

fn letters(key: &str) -> impl Iterator<Item = char> + Clone {
    key.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase())
}

fn is_plural(many: &str, one: &str) -> bool {
    one.len() > 2 && many.len() > one.len() && letters(many).eq(letters(one).chain(['s']))
}

/// Whether one letter is missing, added, wrong, or swapped with the next.
fn is_one_slip(key: &str, name: &str) -> bool {
    if key.len().abs_diff(name.len()) > 1 {
        return false;
    }
    let (key, name): (Vec<char>, Vec<char>) = (letters(key).collect(), letters(name).collect());
    let same = key.iter().zip(&name).take_while(|(written, meant)| written == meant).count();
    match (&key[same..], &name[same..]) {
        ([], [_]) | ([_], []) => true,
        (written @ [first, rest @ ..], meant @ [due, due_rest @ ..]) => {
            let swapped =
                matches!((rest, due_rest), ([second, ..], [next, ..]) if first == next && second == due);
            rest == due_rest
                || rest == meant
                || written == due_rest
                || (swapped && rest[1..] == due_rest[1..])
        }
        _ => false,
    }
}
