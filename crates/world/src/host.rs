//! This machine and this user: the identity of the host that we look at.

use std::path::Path;

use crate::Files;

/// Where the machine's identity was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdSource {
    /// `/etc/machine-id`, see machine-id(5).
    MachineId,
    /// `/var/lib/dbus/machine-id`, on systems without systemd.
    Dbus,
    /// The host name: there is no machine id. It changes when the machine is renamed, and two
    /// machines may share it.
    HostName,
}

/// What is known of the machine and of the user we run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The machine id, or `name:HOSTNAME` where there is none.
    pub id: String,
    /// Where the id comes from; whoever shows the id says so where it is the host name.
    pub id_source: IdSource,
    /// The host name.
    pub name: String,
    /// The name of the user.
    pub user: String,
    /// The number of the user.
    pub uid: u32,
}

impl Host {
    /// Reads them from the machine.
    pub(crate) fn of_this_machine(files: &dyn Files) -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self::read(files, name, uid)
    }

    fn read(files: &dyn Files, name: String, uid: u32) -> Self {
        let (id, id_source) = [
            ("/etc/machine-id", IdSource::MachineId),
            ("/var/lib/dbus/machine-id", IdSource::Dbus),
        ]
        .into_iter()
        .find_map(|(path, source)| Some((machine_id(&text(files, path)?)?, source)))
        .unwrap_or_else(|| (format!("name:{name}"), IdSource::HostName));
        // Not by what the environment says: a name is what somebody answers for.
        let user = Self::user_name(files, uid).unwrap_or_else(|| uid.to_string());
        Self { id, id_source, name, user, uid }
    }

    /// The name that `/etc/passwd` has for a user; no directory service is asked.
    pub fn user_name(files: &dyn Files, uid: u32) -> Option<String> {
        user_name(&text(files, "/etc/passwd")?, uid)
    }

    /// Whether we may read everything.
    pub fn is_root(&self) -> bool {
        self.uid == 0
    }
}

fn text(files: &dyn Files, path: &str) -> Option<String> {
    let bytes = files.read(Path::new("/"), Path::new(path), 1 << 20).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// machine-id(5): 32 lower-case hexadecimal digits; `uninitialized` and an empty file are none.
fn machine_id(text: &str) -> Option<String> {
    let id = text.trim();
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (id.len() == 32 && id.bytes().all(hexadecimal)).then(|| id.to_owned())
}

/// passwd(5): `name:password:uid:…`.
fn user_name(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Recorded, World};

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn host(recorded: Recorded) -> Host {
        let world = World::recorded(recorded);
        Host::read(world.files.as_ref(), "kestrel".to_owned(), 1000)
    }

    #[test]
    fn the_machine_id_comes_first() {
        let host = host(
            Recorded::new()
                .file("/etc/machine-id", format!("{ID}\n"))
                .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/home:/bin/sh\n"),
        );
        assert_eq!((host.id.as_str(), host.id_source), (ID, IdSource::MachineId));
        assert_eq!((host.user.as_str(), host.is_root()), ("ana", false));
    }

    #[test]
    fn an_uninitialised_machine_id_is_none() {
        let recorded = Recorded::new()
            .file("/etc/machine-id", "uninitialized\n")
            .file("/var/lib/dbus/machine-id", ID);
        assert_eq!(host(recorded).id_source, IdSource::Dbus);
    }

    #[test]
    fn without_any_the_host_name_stands_in() {
        let host = host(Recorded::new().denied("/etc/machine-id"));
        assert_eq!((host.id.as_str(), host.id_source), ("name:kestrel", IdSource::HostName));
    }

    #[test]
    fn a_user_without_a_name_is_a_number() {
        assert_eq!(host(Recorded::new()).user, "1000");
    }

    #[test]
    fn users_are_read_anew_and_broken_lines_are_none() {
        let users = "root:x:0:0::/root:/bin/sh\n:x:7:7\nhalf\nana:x:x:1\nben:x:7:7::/:/bin/sh\n";
        let world = World::recorded(Recorded::new().file("/etc/passwd", users));
        assert_eq!(world.user_name(0), "root");
        assert_eq!(world.user_name(7), "ben");
        assert_eq!(world.user_name(8), "8");
        let machine = world.machine();
        machine.write_atomic("/etc/passwd", b"cat:x:8:8::/:/bin/sh\n").unwrap();
        assert_eq!((world.user_name(8).as_str(), world.user_name(7).as_str()), ("cat", "7"));
    }
}
