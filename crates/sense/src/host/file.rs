//! Owner, group, mode and type of files and folders.
//!
//! Knows `stat` and the two files that give numbers their names (passwd(5), group(5)).

use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource};

use super::look::{End, Got, Look, setting};
use super::{Answers, Asked, Collector};
use crate::{FileStat, FileType};

/// The collector.
pub(super) struct File;

static ABOUT: About = About {
    id: "host-file",
    title: "Owner, group, mode and type of files",
    text: "A link is said to be one, and its owner, group and mode are those of what it leads \
        to, inside the same root; where it leads nowhere they are absent. Names come from \
        `/etc/passwd` and `/etc/group` of the same root; a number that has no name there \
        (directories such as LDAP, users made on the fly) stays a number. Access lists, \
        capabilities and attributes such as `immutable` are not looked at.",
    file: file!(),
};

const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";
const LOOK_THROUGH: [Aspect; 3] = [Aspect::Owner, Aspect::Group, Aspect::Mode];

fn path_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::File { path } => Some(path),
        _ => None,
    }
}

impl Collector for File {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let look = Look::new(answers);
        for (resource, path) in asked.each(path_of) {
            let mut say = |aspect, reading, place| out(setting(resource, aspect, reading, place));
            let here = |path: &str| Some(Place::start_of(path));
            match look.stat(path) {
                Got::Here(stat) => say(Aspect::Type, word(stat), here(path)),
                Got::Missing => say(Aspect::Type, Reading::Absent, None),
                Got::Hidden(gap) => say(Aspect::Type, gap.reading(), None),
            }
            let end = end(&look, path);
            for aspect in LOOK_THROUGH {
                match &end {
                    End::At(end, stat) => say(aspect, of(&look, aspect, stat), here(end)),
                    End::Null | End::Nowhere => say(aspect, Reading::Absent, None),
                    End::Circle => {
                        let reason = "its links lead in a circle, or through too many".to_owned();
                        say(aspect, Reading::Broken { reason }, here(path));
                    }
                    End::Hidden(gap) => say(aspect, gap.clone().reading(), None),
                }
            }
        }
    }
}

/// Where a path leads; here the null device is a device, which a root need not have.
fn end<'a>(look: &Look<'a>, path: &str) -> End<'a> {
    match look.follow(path) {
        End::Null => match look.stat("/dev/null") {
            Got::Here(stat) => End::At("/dev/null".into(), stat),
            Got::Missing => End::Nowhere,
            Got::Hidden(gap) => End::Hidden(gap),
        },
        other => other,
    }
}

fn word(stat: &FileStat) -> Reading {
    let word = match stat.kind {
        FileType::File => "file",
        FileType::Folder => "folder",
        FileType::Link => "link",
        FileType::Other => "other",
    };
    Reading::Is(word.into())
}

fn of(look: &Look<'_>, aspect: Aspect, stat: &FileStat) -> Reading {
    match aspect {
        Aspect::Owner => named(look.file(USERS), stat.uid),
        Aspect::Group => named(look.file(GROUPS), stat.gid),
        _ => Reading::Is(format!("{:04o}", stat.mode & 0o7777).into()),
    }
}

/// The name of a number; a file that is there and may not be read leaves it open.
fn named(names: Got<&[u8]>, id: u32) -> Reading {
    match names {
        Got::Here(bytes) => Reading::Is(name_of(bytes, id).unwrap_or_else(|| number(id))),
        Got::Missing => Reading::Is(number(id)),
        Got::Hidden(gap) => gap.reading(),
    }
}

/// A number that nobody named. To the kernel 0 is root, whatever the files say (credentials(7)).
fn number(id: u32) -> Arc<str> {
    if id == 0 { "root".into() } else { id.to_string().into() }
}

/// The first name that a number has: `name:password:number:…`, passwd(5) and group(5).
fn name_of(bytes: &[u8], id: u32) -> Option<Arc<str>> {
    bytes.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        let number: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
        let name = std::str::from_utf8(name).ok()?;
        let sound = !name.is_empty() && !name.contains(|c: char| c.is_control());
        (number == id && sound).then(|| name.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_of_a_number_counts() {
        let text =
            b"broken\n\xff:x:7:\nroot:x:0:0::/root:/bin/sh\ntoor:x:0:0\n+::::\n:x:5:\ndaemon:x:1";
        assert_eq!(name_of(text, 0).as_deref(), Some("root"));
        assert_eq!(name_of(text, 1).as_deref(), Some("daemon"));
        assert_eq!(name_of(text, 5), None);
        assert_eq!(name_of(text, 7), None);
        assert_eq!(name_of(b"", 0), None);
        // `+0` is a number to Rust, and is written by nobody.
        assert_eq!(name_of(b"root:x:0\r\n", 0), None);
        assert_eq!(name_of(b"root:x:0:\r\n", 0).as_deref(), Some("root"));
    }
}
