//! The programs of a host of the demonstration: systemd, and a shell that does what mending a
//! control does. Nothing is ever started.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_world::{Arm, Armed, ArmedState, Command, Files, Output, Run, RunError, Stream};

use super::machine::{UNIT_FILES, running};

/// A file and what stands in it then; `None`: it is taken away.
type Effect = (String, Option<String>);

/// Runs what was planned, in memory.
#[derive(Debug)]
pub(super) struct Hand {
    inner: Arc<dyn Run>,
    files: Arc<dyn Files>,
    scripts: Mutex<BTreeMap<String, Vec<Effect>>>,
}

/// What mending a control changes, and what taking that back does; `None` for a control that
/// nobody mends in the demonstration.
pub(super) fn effects(control: &str) -> Option<(Vec<Effect>, Vec<Effect>)> {
    let drop_in = |path: &str, text: &str| {
        (vec![(path.to_owned(), Some(text.to_owned()))], vec![(path.to_owned(), None)])
    };
    match control {
        "kernel-pointers" => {
            let (mut forth, mut back) = drop_in(
                "/etc/sysctl.d/zz-holdfast-kernel-pointers.conf",
                "kernel.dmesg_restrict = 1\n",
            );
            let now = running("kernel.dmesg_restrict");
            forth.push((now.clone(), Some("1\n".to_owned())));
            back.push((now, Some("0\n".to_owned())));
            Some((forth, back))
        }
        "root-login" => Some(drop_in(
            "/etc/ssh/sshd_config.d/00-holdfast-root-login.conf",
            "PermitRootLogin no\n",
        )),
        _ => None,
    }
}

impl Hand {
    pub(super) fn over(inner: Arc<dyn Run>, files: Arc<dyn Files>) -> Self {
        Self { inner, files, scripts: Mutex::default() }
    }

    /// From now on, a script does this.
    pub(super) fn learns(&self, script: &str, effects: Vec<Effect>) {
        let mut scripts = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        scripts.insert(script.to_owned(), effects);
    }

    fn script(&self, code: &str) -> Result<Output, RunError> {
        let scripts = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = || RunError::Other("nothing is carried out in the demonstration".to_owned());
        let effects = scripts.get(code).ok_or_else(unknown)?;
        for (path, text) in effects {
            put(self.files.as_ref(), path, text.as_deref())
                .map_err(|error| RunError::Other(error.to_string()))?;
        }
        Ok(Output { status: Some(0), ..Output::default() })
    }

    /// What `systemctl show` says of units: those whose file is there run.
    fn units(&self, args: &[String]) -> Output {
        let mut text = String::new();
        for unit in args.iter().skip_while(|arg| *arg != "--").skip(1) {
            let file = format!("{UNIT_FILES}/{unit}");
            let there = self.files.metadata(Path::new("/"), Path::new(&file)).is_ok();
            let state = if there {
                "LoadState=loaded\nActiveState=active\nUnitFileState=enabled"
            } else {
                "LoadState=not-found\nActiveState=inactive\nUnitFileState="
            };
            let _ = write!(text, "Id={unit}\n{state}\n\n");
        }
        Output { status: Some(0), stdout: text.into_bytes(), ..Output::default() }
    }
}

/// Writes a file of a host or takes it away.
pub(super) fn put(
    files: &dyn Files,
    path: &str,
    text: Option<&str>,
) -> Result<(), holdfast_world::WriteError> {
    let (root, path) = (Path::new("/"), Path::new(path));
    match text {
        Some(text) => {
            if let Some(folder) = path.parent() {
                files.make_folder(folder)?;
            }
            files.write_atomic(root, path, text.as_bytes())
        }
        None if files.metadata(root, path).is_ok() => files.remove(root, path),
        None => Ok(()),
    }
}

impl Run for Hand {
    fn run(&self, command: &Command) -> Result<Output, RunError> {
        match (command.program.as_str(), command.args.as_slice()) {
            ("/bin/sh", [dash, code]) if dash == "-c" => self.script(code),
            ("systemctl", args) => Ok(self.units(args)),
            _ => self.inner.run(command),
        }
    }

    fn run_streamed(
        &self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Output, RunError> {
        let output = self.run(command)?;
        String::from_utf8_lossy(&output.stdout).lines().for_each(|text| line(Stream::Stdout, text));
        Ok(output)
    }

    fn installed(&self, program: &str) -> bool {
        matches!(program, "/bin/sh" | "systemctl") || self.inner.installed(program)
    }

    fn arm(&self, arm: &Arm) -> Result<Armed, RunError> {
        self.inner.arm(arm)
    }

    fn disarm(&self, armed: &Armed) -> Result<bool, RunError> {
        self.inner.disarm(armed)
    }

    fn armed_state(&self, armed: &Armed) -> Result<ArmedState, RunError> {
        self.inner.armed_state(armed)
    }

    fn forget(&self, armed: &Armed) -> Result<(), RunError> {
        self.inner.forget(armed)
    }
}
