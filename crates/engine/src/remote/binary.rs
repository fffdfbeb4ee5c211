//! The program of ours that goes along to other hosts, where the settings or a command name one.
//!
//! It runs there as root, so that a tree that is looked at may name it but not bring it, and nobody else
//! may be able to write it, or to put something else in its place.

use std::path::Path;

use holdfast_model::Problem;
use holdfast_rulefile::Config;
use holdfast_sense::remote::Carried;
use holdfast_world::{Kind, ReadError, Root, Stat, World};

use crate::settings::CONFIG;

/// The largest program that goes along, in bytes.
const LARGEST: u64 = 256 << 20;
/// The mode bits by which others may write.
const OTHERS_WRITE: u32 = 0o022;
/// The mode bit of a folder in which everybody may write, and take away only what is their own.
const STICKY: u32 = 0o1000;

/// Reads the program, if one is named.
///
/// # Errors
///
/// Where it cannot be used.
pub(crate) fn binary(world: &World, config: &Config) -> Result<Option<Carried>, Problem> {
    let Some(name) = &config.hosts.binary else { return Ok(None) };
    let refuse = |why: &str, help: &str| {
        let message = format!("`{}` does not go along: {why}", name.escape_debug());
        Problem::new("host-binary", message).help(help)
    };
    let from_archive = "name the program that came in the archive";
    let unread = |error: ReadError| match error {
        ReadError::NotAFile => {
            refuse("it is no file", "name the file itself, not what leads to it")
        }
        other => refuse(&other.to_string(), from_archive),
    };
    let path = Path::new(name);
    let (Some(parent), Some(file)) = (path.parent(), path.file_name()) else {
        return Err(unread(ReadError::NotAFile));
    };
    let machine = world.machine();
    let folder = world.files.folder(parent).map_err(unread)?;
    if let Some(open) = open_folder(&machine, &folder, world.host.uid).map_err(unread)? {
        let why = format!("others may put another in its place, in `{}`", open.display());
        let help = "every folder above it has to belong to root or to you, and others may not write \
                    them: chmod go-w";
        return Err(refuse(&why, help));
    }
    let is_tree =
        |folder: &Path| [".git", CONFIG].iter().any(|name| machine.stat(folder.join(name)).is_ok());
    if folder.ancestors().any(is_tree) {
        let help = "keep it outside of trees that are looked at: what runs on other hosts is not for \
                    them to bring";
        return Err(refuse("it stands in a tree", help));
    }
    // It is opened once: what is said of it is said of the bytes that go along.
    let (found, bytes) = machine.opened(folder.join(file), LARGEST).map_err(unread)?;
    if found.mode & OTHERS_WRITE != 0 || !is_ours(&found, world.host.uid) {
        let help = "it has to belong to root or to you, and others may not write it: chmod go-w";
        return Err(refuse("others may write it", help));
    }
    let carried = Carried::new(bytes.into()).map_err(|why| refuse(why, from_archive))?;
    Ok(Some(carried))
}

/// Whether something belongs to root or to us.
fn is_ours(stat: &Stat, uid: u32) -> bool {
    [0, uid].contains(&stat.uid)
}

/// The first folder from the root on in which others may put something else in the place of what leads to
/// the program; `folder` is a real path. In one that they cannot change nothing moves while we look on.
fn open_folder<'a>(
    machine: &Root,
    folder: &'a Path,
    uid: u32,
) -> Result<Option<&'a Path>, ReadError> {
    let mut above: Vec<&Path> = folder.ancestors().collect();
    above.reverse();
    for one in above {
        let stat = machine.stat(one)?;
        let shared = stat.mode & OTHERS_WRITE != 0 && stat.mode & STICKY == 0;
        if stat.kind != Kind::Folder || shared || !is_ours(&stat, uid) {
            return Ok(Some(one));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use holdfast_world::{Host, IdSource, Recorded};

    use super::*;

    const PROGRAM: &str = "/opt/ours/holdfast";
    const ME: u32 = 1000;

    /// As little as is taken for a program: its head, and a byte behind it.
    fn program() -> Vec<u8> {
        let mut bytes = vec![0; 65];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (bytes[16], bytes[54], bytes[56]) = (2, 56, 1);
        bytes
    }

    fn machine() -> Recorded {
        Recorded::new().file(PROGRAM, program())
    }

    fn carried(recorded: Recorded, name: &str) -> Result<usize, String> {
        let mut config = Config::default();
        config.hosts.binary = Some(name.into());
        let carried = binary(&World::recorded(recorded), &config);
        let length = |carried: Option<Carried>| carried.map_or(0, |one| one.bytes().len());
        carried.map(length).map_err(|problem| {
            assert!(problem.code == "host-binary" && !problem.help.is_empty(), "{problem}");
            problem.message
        })
    }

    #[track_caller]
    fn refused(recorded: Recorded, why: &str) {
        let message = carried(recorded, PROGRAM).unwrap_err();
        assert!(message.contains(why), "{message}");
    }

    #[test]
    fn what_only_we_and_root_can_write_goes_along() {
        assert_eq!(carried(machine(), PROGRAM), Ok(65));
        assert_eq!(carried(machine().owned(PROGRAM, 0, 0, 0o755), PROGRAM), Ok(65));
        // By a link of a folder, too, and from a folder of ours where everybody may write.
        let linked = machine().link("/usr/ours", "/opt/ours");
        assert_eq!(carried(linked, "/usr/ours/holdfast"), Ok(65));
        assert_eq!(carried(machine().owned("/opt", 0, 0, 0o1777), PROGRAM), Ok(65));
    }

    #[test]
    fn what_others_may_write_does_not() {
        for (uid, mode) in [(ME, 0o757), (ME, 0o775), (0, 0o777), (1001, 0o755), (1001, 0o4755)] {
            refused(machine().owned(PROGRAM, uid, ME, mode), "others may write it");
        }
        refused(machine().denied(PROGRAM), "it may not be read");
        refused(machine().link(PROGRAM, "/bin/sh").file("/bin/sh", program()), "it is no file");
    }

    #[test]
    fn what_stands_where_others_may_write_does_not() {
        for folder in ["/opt/ours", "/opt", "/"] {
            for (uid, mode) in [(0, 0o777), (ME, 0o775), (ME, 0o757), (1001, 0o755), (1001, 0o1777)]
            {
                let machine = machine().owned(folder, uid, 0, mode);
                refused(machine, &format!("put another in its place, in `{folder}`"));
            }
        }
        // A link leads there as well.
        let machine = machine().owned("/opt", 0, 0, 0o777).link("/usr/ours", "/opt/ours");
        let message = carried(machine, "/usr/ours/holdfast").unwrap_err();
        assert!(message.contains("in `/opt`"), "{message}");
    }

    #[test]
    fn root_takes_nothing_from_a_user() {
        let root = || {
            let host = Host {
                id: "00000000000000000000000000000001".to_owned(),
                id_source: IdSource::MachineId,
                name: "recorded".to_owned(),
                user: "root".to_owned(),
                uid: 0,
            };
            ["/", "/opt", "/opt/ours", PROGRAM]
                .into_iter()
                .fold(machine().host(host), |machine, path| machine.owned(path, 0, 0, 0o755))
        };
        assert_eq!(carried(root(), PROGRAM), Ok(65));
        refused(root().owned(PROGRAM, ME, ME, 0o755), "others may write it");
        refused(root().owned("/opt", ME, ME, 0o755), "in `/opt`");
    }
}
