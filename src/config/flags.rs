//! The settings as flags, made from the table: `database.url` is `--database-url`.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, builder::ValueParser};

use super::{Setting, settings};

/// The id, and the flag, of the settings file.
const CONFIG: &str = "config";

/// What the command line says about settings. Every subcommand takes these flags.
// No `Debug`: the texts may hold a password.
#[derive(Clone, Default)]
pub struct Flags {
    /// `--config FILE`
    pub(super) config: Option<PathBuf>,
    /// Key, flag and text of each setting given.
    pub(super) given: Vec<(&'static str, String, String)>,
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new(CONFIG)
            .long(CONFIG)
            .global(true)
            .value_name("FILE")
            .value_parser(ValueParser::path_buf())
            .help("Read the settings from FILE [env: FAROL_CONFIG] [default: farol.toml, if there is one]");
        command.arg(config).args(settings().iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.config = matches.get_one::<PathBuf>(CONFIG).cloned();
        self.given = settings()
            .iter()
            .filter_map(|setting| {
                let text = matches.get_one::<String>(setting.key)?;
                Some((setting.key, setting.flag(), text.clone()))
            })
            .collect();
        Ok(())
    }
}

/// The text is taken as it is: the setting judges it with its key and origin, whatever the layer.
fn flag(setting: &Setting) -> Arg {
    let mut arg = Arg::new(setting.key)
        .long(setting.flag())
        .global(true)
        .value_name("VALUE")
        .allow_hyphen_values(true)
        .help_heading(format!("Settings: {}", setting.section()))
        // `-h` fits a screen; `--help` has them all.
        .hide_short_help(true)
        .help(format!(
            "{} [env: {}] [default: {}]",
            setting.doc,
            setting.variables().join(", "),
            setting.default
        ));
    if let Some(alias) = setting.alias {
        arg = arg.visible_alias(alias);
    }
    arg
}
