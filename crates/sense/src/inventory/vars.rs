//! The variables that say how a host is reached.

use std::sync::Arc;

use holdfast_model::Span;

use super::build::shown;

/// The text of a variable, and where it stands. All hosts of a range or a group share the text.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) text: Arc<str>,
    /// In the inventory; of a variable of another file, where the host or group is named.
    pub(super) span: Span,
    /// The other file.
    pub(super) file: Option<Arc<str>>,
}

impl Said {
    /// One of the inventory itself.
    pub(super) fn new(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self { text: text.into(), span, file: None }
    }

    /// As a message shows it.
    pub(super) fn shown(&self) -> String {
        format!("`{}`{}", shown(&self.text), self.of_file())
    }

    /// Says which file is meant, where it is not the inventory.
    pub(super) fn of_file(&self) -> String {
        let file = self.file.as_ref();
        file.map(|file| format!(" (in {})", file.escape_debug())).unwrap_or_default()
    }
}

/// The variables that say how a host is reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Vars {
    pub(super) host: Option<Said>,
    pub(super) port: Option<Said>,
    pub(super) user: Option<Said>,
    pub(super) connection: Option<Said>,
}

impl Vars {
    /// Takes a variable in, if it is one of them.
    pub(super) fn set(&mut self, name: &str, said: Said) {
        let slot = match name {
            "ansible_host" | "ansible_ssh_host" => &mut self.host,
            "ansible_port" | "ansible_ssh_port" => &mut self.port,
            "ansible_user" | "ansible_ssh_user" => &mut self.user,
            "ansible_connection" => &mut self.connection,
            _ => return,
        };
        *slot = Some(said);
    }

    /// What the other one says counts.
    pub(super) fn under(&mut self, other: &Self) {
        let pairs = [
            (&mut self.host, &other.host),
            (&mut self.port, &other.port),
            (&mut self.user, &other.user),
            (&mut self.connection, &other.connection),
        ];
        for (slot, said) in pairs {
            if said.is_some() {
                slot.clone_from(said);
            }
        }
    }
}
