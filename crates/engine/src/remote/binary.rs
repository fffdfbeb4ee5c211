//! The program of ours that goes along to other hosts, where the settings or a command name one.
//!
//! It runs there as root, so that a tree that is looked at may name it but not bring it, and nobody else
//! may be able to write it.

use std::path::Path;

use holdfast_model::Problem;
use holdfast_rulefile::Config;
use holdfast_sense::remote::Carried;
use holdfast_world::{Kind, World};

use crate::settings::CONFIG;

/// The largest program that goes along, in bytes.
const LARGEST: u64 = 256 << 20;
/// The mode bits by which others may write.
const OTHERS_WRITE: u32 = 0o022;

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
    let path = Path::new(name);
    let machine = world.machine();
    let found = machine
        .stat(path)
        .map_err(|error| refuse(&error.to_string(), "name the program that came in the archive"))?;
    if found.kind != Kind::File {
        return Err(refuse("it is no file", "name the file itself, not what leads to it"));
    }
    if found.mode & OTHERS_WRITE != 0 || ![0, world.host.uid].contains(&found.uid) {
        let help = "it has to belong to root or to you, and others may not write it: chmod go-w";
        return Err(refuse("others may write it", help));
    }
    let parent = path.parent().unwrap_or(Path::new("/"));
    let folder =
        world.files.folder(parent).map_err(|error| refuse(&error.to_string(), "see its folder"))?;
    let is_tree =
        |folder: &Path| [".git", CONFIG].iter().any(|name| machine.stat(folder.join(name)).is_ok());
    if folder.ancestors().any(is_tree) {
        let help = "keep it outside of trees that are looked at: what runs on other hosts is not for \
                    them to bring";
        return Err(refuse("it stands in a tree", help));
    }
    let bytes = machine
        .read(path, LARGEST)
        .map_err(|error| refuse(&error.to_string(), "name the program that came in the archive"))?;
    let carried = Carried::new(bytes.into())
        .map_err(|why| refuse(why, "name the program that came in the archive"))?;
    Ok(Some(carried))
}
