//! One row of a section's table, and the macro that turns a table into a section.

use std::ops::RangeInclusive;

use super::{error::Problem, layers::Layers};

/// One setting: what every spelling of it and every text about it is made from.
#[derive(Clone, Debug)]
pub struct Setting {
    /// `section.name`, as in the file.
    pub key: &'static str,
    /// A second name for the variable and the flag, for what is set most often (`listen`).
    pub alias: Option<&'static str>,
    /// What it is for, in one paragraph.
    pub doc: String,
    /// The default, as one would write it in a variable.
    pub default: &'static str,
    /// The numbers it may take; meaningless for a setting that is not a number.
    pub(super) limits: RangeInclusive<u64>,
    /// Shows a value without its secret parts.
    pub(super) show: fn(&str) -> String,
}

/// A section: a struct made by `settings!`.
pub(super) trait Section: Sized {
    /// The section's name in the file.
    const NAME: &'static str;
    /// What the section is about.
    const ABOUT: &'static str;

    /// The table.
    fn settings() -> Vec<Setting>;

    /// Takes every value from the layers. What cannot be read becomes a problem.
    fn read(layers: &Layers, problems: &mut Vec<Problem>) -> Option<Self>;
}

impl Setting {
    /// The variables it is read from: `FAROL_SECTION_NAME`, then the one of the alias.
    pub fn variables(&self) -> Vec<String> {
        let variable = |name: &str| format!("FAROL_{}", name.replace('.', "_").to_uppercase());
        [Some(self.key), self.alias].into_iter().flatten().map(variable).collect()
    }

    /// The flag's name without its dashes: `section-name`.
    pub fn flag(&self) -> String {
        self.key.replace(['.', '_'], "-")
    }

    pub(super) fn section(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(section, _)| section)
    }

    pub(super) fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }
}

/// Puts a doc comment's lines into one paragraph of plain text.
pub(super) fn paragraph(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").replace('`', "")
}

/// Turns a section's table into its struct and its [`Section`]. A row reads
/// `name: Type = default;`, with `, in LOW..=HIGH` for a number's limits and `, also "name"` for a
/// second name.
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        $Section:ident = $section:literal {
            $(
                $(#[doc = $doc:literal])+
                $name:ident: $Type:ty = $default:literal $(, in $limits:expr)? $(, also $alias:literal)?;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        pub struct $Section {
            $($(#[doc = $doc])+ pub $name: $Type,)+
        }

        impl $crate::config::setting::Section for $Section {
            const NAME: &'static str = $section;
            const ABOUT: &'static str = concat!($($about,)+);

            fn settings() -> Vec<$crate::config::Setting> {
                vec![$($crate::config::Setting {
                    key: concat!($section, ".", stringify!($name)),
                    alias: [$($alias,)? ""].first().copied().filter(|alias| !alias.is_empty()),
                    doc: $crate::config::setting::paragraph(&[$($doc,)+]),
                    default: concat!($default),
                    limits: [$($limits,)? 0..=u64::MAX][0].clone(),
                    show: <$Type as $crate::config::value::Value>::show,
                },)+]
            }

            fn read(
                layers: &$crate::config::layers::Layers,
                problems: &mut Vec<$crate::config::Problem>,
            ) -> Option<Self> {
                let mut table = Self::settings().into_iter();
                // The rows and the fields come from the same list, so they pair up in order.
                $(let $name = table.next().and_then(|setting| layers.value::<$Type>(&setting, problems));)+
                Some(Self { $($name: $name?,)+ })
            }
        }
    };
}
