//! `farol.example.toml`: every setting with its default, as a comment one can uncomment.

use super::{Setting, sections, setting, settings};

/// Columns of the example's comments.
const WIDTH: usize = 100;

/// The text of `farol.example.toml`; `farol doctor --example` prints it.
pub fn example() -> String {
    let mut text = vec![comment(
        "Farol's settings with their defaults. Copy to farol.toml and uncomment what you change. \
         A flag wins over a variable, a variable over this file. Printed by: farol doctor --example",
    )];
    let settings = settings();
    for (section, about) in sections() {
        text.push(format!("\n{}[{section}]\n", comment(about)));
        text.extend(settings.iter().filter(|setting| setting.section() == section).map(entry));
    }
    text.concat()
}

fn entry(setting: &Setting) -> String {
    format!(
        "\n{}# {}, --{}\n# {} = {}\n",
        comment(&setting.doc),
        setting.variables().join(", "),
        setting.flag(),
        setting.name(),
        literal(setting.default)
    )
}

/// A default as TOML writes it.
fn literal(default: &str) -> String {
    let bare = default.parse::<u64>().is_ok() || default.parse::<bool>().is_ok();
    if bare { default.to_owned() } else { format!("{default:?}") }
}

/// Wraps a paragraph into comment lines.
fn comment(paragraph: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in setting::paragraph(&[paragraph]).split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("# {word}")),
        }
    }
    lines.join("\n") + "\n"
}
