//! What the command line names: files, directories, standard input.

use std::{
    fs::{self, File},
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
};

use crate::ocds::generate::Generator;

/// One input, opened when its turn comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Standard,
    /// Made-up data, a compiled release per line.
    Generated {
        /// How many processes.
        processes: u64,
        /// Which of the possible data sets.
        seed: u64,
    },
}

/// A path that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {error}")]
pub struct SourceError {
    /// The path as given.
    pub path: String,
    /// What the system said.
    #[source]
    pub error: io::Error,
}

impl Input {
    /// The name used in reports.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Standard => "-".to_owned(),
            Self::Generated { seed, .. } => format!("generated from seed {seed}"),
        }
    }

    /// Its size in bytes, where the system tells.
    pub fn size(&self) -> u64 {
        match self {
            Self::File(path) => fs::metadata(path).map_or(0, |metadata| metadata.len()),
            Self::Standard | Self::Generated { .. } => 0,
        }
    }

    pub(super) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Self::File(path) => Ok(Box::new(File::open(path)?)),
            Self::Standard => Ok(Box::new(io::stdin())),
            Self::Generated { processes, seed } => {
                Ok(Box::new(Lines::new(Generator::new(*seed, *processes))))
            }
        }
    }

    /// The dataset's name when none is given: that of the file or directory, without its endings.
    pub fn dataset_name(path: &Path) -> String {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.trim_start_matches('-').split('.').next().unwrap_or_default();
        if stem.is_empty() { "default".to_owned() } else { stem.to_owned() }
    }
}

/// Generated releases as the bytes of a file of lines.
struct Lines {
    generator: Generator,
    line: Cursor<Vec<u8>>,
}

impl Lines {
    fn new(generator: Generator) -> Self {
        Self { generator, line: Cursor::default() }
    }
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.line.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        let Some(release) = self.generator.next() else { return Ok(0) };
        self.line = Cursor::new((release + "\n").into_bytes());
        self.line.read(buffer)
    }
}

/// The inputs behind the paths: `-` is standard input, a directory its files and those below it, by name.
/// Hidden files are passed over, and links to directories are not followed: they could lead in circles.
/// Only a path that is named and not there is an error; of what lies in a directory, each file answers
/// for itself when it is opened.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<Input>, SourceError> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.push(Input::Standard);
            continue;
        }
        let named = |error| SourceError { path: path.display().to_string(), error };
        if fs::metadata(path).map_err(named)?.is_dir() {
            expand_directory(path, &mut inputs).map_err(named)?;
        } else {
            inputs.push(Input::File(path.clone()));
        }
    }
    Ok(inputs)
}

fn expand_directory(directory: &Path, inputs: &mut Vec<Input>) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries.iter().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')) {
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            expand_directory(&path, inputs)?;
        } else if !(kind.is_symlink() && path.is_dir()) {
            inputs.push(Input::File(path));
        }
    }
    Ok(())
}
