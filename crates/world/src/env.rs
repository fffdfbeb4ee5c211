//! The one declaration of the environment variables that the program reads.
//!
//! A variable that is not listed here cannot be read: pages, `doctor` and tests iterate the list.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdfast_model::Problem;

/// A variable of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, one sentence.
    pub text: &'static str,
}

/// Every variable that is read.
pub static VARIABLES: &[Variable] = &[
    Variable { name: "CI", text: "Set by build services: no progress line is drawn." },
    Variable {
        name: "COLUMNS",
        text: "The width of the terminal, where the terminal does not tell it.",
    },
    Variable {
        name: "HOLDFAST_DATA",
        text: "The folder of the store and the advisory index; `--data` comes before it.",
    },
    Variable {
        name: "HOLDFAST_NOW",
        text: "Pins the clock to one moment, written as RFC 3339; for tests and for looking back.",
    },
    Variable {
        name: "HOLDFAST_SSH_CONFIG",
        text: "A configuration for `ssh` in place of the user's and the system's, ssh_config(5).",
    },
    Variable {
        name: "HOLDFAST_TOKEN",
        text: "The token of somebody else than the user of this machine, for commands that act.",
    },
    Variable { name: "HOME", text: "Your home, under which data is kept by default." },
    Variable { name: "NO_COLOR", text: "Set to anything: no colour, see no-color.org." },
    Variable { name: "PATH", text: "Where `git` and the package managers are looked for." },
    Variable { name: "TERM", text: "`dumb` means neither colour nor progress." },
    Variable { name: "TMPDIR", text: "Where `demo` keeps its data, if nothing names a folder." },
    Variable { name: "TZ", text: "The time zone in which dates are read and shown." },
    Variable {
        name: "XDG_CONFIG_HOME",
        text: "Where `git` finds your own configuration; handed on to it.",
    },
    Variable {
        name: "XDG_STATE_HOME",
        text: "The folder in which `holdfast` is the data folder, if nothing else names one.",
    },
];

/// The declared variables and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// From this process. Values that are not UTF-8 count as not set.
    pub fn of_this_process() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// From a function that knows values.
    pub fn of(value: impl Fn(&str) -> Option<String>) -> Self {
        Self(
            VARIABLES
                .iter()
                .filter_map(|variable| Some((variable.name, value(variable.name)?)))
                .collect(),
        )
    }

    /// The value of a declared variable; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// See [`crate::World::data_folder`].
    pub(crate) fn data_folder(
        &self,
        explicit: Option<&Path>,
        here: &Path,
    ) -> Result<PathBuf, Problem> {
        if let Some(folder) = explicit {
            return Ok(here.join(folder));
        }
        if let Some(folder) = self.get("HOLDFAST_DATA") {
            return Ok(here.join(folder));
        }
        // The XDG base directory specification: relative paths are invalid and are ignored.
        let absolute = |name| self.get(name).map(Path::new).filter(|path| path.is_absolute());
        if let Some(state) = absolute("XDG_STATE_HOME") {
            return Ok(state.join("holdfast"));
        }
        if let Some(home) = absolute("HOME") {
            return Ok(home.join(".local/state/holdfast"));
        }
        Err(Problem::new("no-data-folder", "there is no folder to keep data in: `HOME` is not set")
            .help("name one with `--data DIR` or `HOLDFAST_DATA`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(set: &'static [(&'static str, &'static str)]) -> Environment {
        Environment::of(|name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_list_is_sorted_and_each_has_its_sentence() {
        assert!(VARIABLES.windows(2).all(|pair| pair[0].name < pair[1].name));
        for variable in VARIABLES {
            assert!(variable.text.ends_with('.'), "{}", variable.name);
        }
    }

    #[test]
    fn a_variable_that_is_not_declared_is_not_read() {
        let all = Environment::of(|_| Some("x".to_owned()));
        assert_eq!(all.get("HOME"), Some("x"));
        assert_eq!(all.get("LD_PRELOAD"), None);
    }

    #[test]
    fn the_data_folder_has_an_order_of_precedence() {
        let here = Path::new("/here");
        let folder = |environment: &Environment, explicit: Option<&str>| {
            environment.data_folder(explicit.map(Path::new), here).unwrap()
        };
        let all = environment(&[("HOLDFAST_DATA", "/d"), ("XDG_STATE_HOME", "/s"), ("HOME", "/h")]);
        assert_eq!(folder(&all, Some("/e")), Path::new("/e"));
        assert_eq!(folder(&all, Some("e")), Path::new("/here/e"));
        assert_eq!(folder(&all, None), Path::new("/d"));
        let xdg = environment(&[("HOLDFAST_DATA", ""), ("XDG_STATE_HOME", "/s"), ("HOME", "/h")]);
        assert_eq!(folder(&xdg, None), Path::new("/s/holdfast"));
        let relative = environment(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")]);
        assert_eq!(folder(&relative, None), Path::new("/h/.local/state/holdfast"));
        let none = environment(&[]).data_folder(None, here).unwrap_err();
        assert_eq!(none.code, "no-data-folder");
    }
}
