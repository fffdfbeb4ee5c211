//! Secrets: from a file that only its owner reads, or from a variable of the environment that
//! the configuration names. Outside of this crate nobody can look into one.

use std::collections::BTreeSet;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use holdfast_model::Problem;
use rustix::fs::OFlags;

/// The longest secret, in bytes.
const LONGEST: u64 = 16 << 10;

/// A secret. Shows nothing of itself, and is compared only in tests of what is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// From its text, without what surrounds it.
    ///
    /// # Errors
    ///
    /// `secret-unusable`: it is empty, or holds what no header may hold.
    pub fn new(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(Problem::new("secret-unusable", "the secret is empty, or is more than one word")
            .help("write it as one line of ASCII, without blanks"))
    }

    /// The text, for this crate alone.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretSource {
    /// A file that nobody but its owner may read or write.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file `{}`", path.display()),
            Self::Variable(name) => write!(f, "the variable `{name}`"),
        }
    }
}

/// The door to secrets.
pub trait Secrets: Send + Sync + fmt::Debug {
    /// Reads a secret, anew each time: they are changed while we run.
    ///
    /// # Errors
    ///
    /// `secret-absent`, `secret-open` (others may read the file), `secret-unusable`.
    fn get(&self, source: &SecretSource) -> Result<Secret, Problem>;
}

/// The secrets of this machine.
#[derive(Debug, Clone, Copy)]
pub struct RealSecrets;

impl Secrets for RealSecrets {
    fn get(&self, source: &SecretSource) -> Result<Secret, Problem> {
        let text = match source {
            SecretSource::Variable(name) => std::env::var(name).map_err(|_| absent(source))?,
            SecretSource::File(path) => file(path, source)?,
        };
        Secret::new(&text).map_err(|problem| {
            Problem::new("secret-unusable", format!("{source}: {}", problem.message))
                .help(problem.help)
        })
    }
}

pub(super) fn absent(source: &SecretSource) -> Problem {
    Problem::new("secret-absent", format!("{source} cannot be read"))
        .help("put the secret there, or name another place in the account")
}

fn file(path: &PathBuf, source: &SecretSource) -> Result<String, Problem> {
    use std::io::Read;
    use std::os::unix::fs::OpenOptionsExt;

    // Judged and read through one descriptor, so that it cannot be exchanged in between; a pipe
    // in its place would never end.
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    let mut options = std::fs::File::options();
    let file = options.read(true).custom_flags(flags).open(path).map_err(|_| absent(source))?;
    let metadata = file.metadata().map_err(|_| absent(source))?;
    if !metadata.is_file() {
        return Err(absent(source));
    }
    let us = rustix::process::geteuid().as_raw();
    let owners = BTreeSet::from([us, 0]);
    if metadata.mode() & 0o077 != 0 || !owners.contains(&metadata.uid()) {
        let message = format!("{source} can be read or written by others");
        return Err(Problem::new("secret-open", message)
            .help(format!("`chmod 600 '{}'`, and change the secret", path.display())));
    }
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(|_| absent(source))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_others_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "xoxb-Z9\n").unwrap();
        let get = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            RealSecrets.get(&SecretSource::File(path.clone()))
        };
        assert_eq!(get(0o600).unwrap().reveal(), "xoxb-Z9");
        assert_eq!(get(0o400).unwrap().reveal(), "xoxb-Z9");
        for mode in [0o640, 0o604, 0o622] {
            assert_eq!(get(mode).unwrap_err().code, "secret-open", "{mode:o}");
        }
    }

    #[test]
    fn what_is_not_there_or_no_word_is_said_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let source = SecretSource::File(path.clone());
        assert_eq!(RealSecrets.get(&source).unwrap_err().code, "secret-absent");
        assert_eq!(
            RealSecrets.get(&SecretSource::File(folder.path().to_owned())).unwrap_err().code,
            "secret-absent"
        );
        std::fs::write(&path, "Z9Z9 Z9Z9").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let problem = RealSecrets.get(&source).unwrap_err();
        assert_eq!(problem.code, "secret-unusable");
        assert!(!format!("{problem:?}").contains("Z9"), "{problem:?}");
        let variable = SecretSource::Variable("HOLDFAST_NO_SUCH_VARIABLE".to_owned());
        assert_eq!(RealSecrets.get(&variable).unwrap_err().code, "secret-absent");
    }
}
