//! What programs of a host say of a path: type, mode, owner and group.
//!
//! Knows how they write it; must not know what was asked.

use crate::{FileStat, FileType};

/// `81a4 0 0`: mode in hexadecimal with the type in it (inode(7)), owner, group.
pub(super) fn stat(line: &str) -> Option<FileStat> {
    let mut words = line.split(' ');
    let bits = u32::from_str_radix(words.next()?, 16).ok()?;
    let (uid, gid) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let kind = match bits >> 12 {
        0o10 => FileType::File,
        0o04 => FileType::Folder,
        0o12 => FileType::Link,
        _ => FileType::Other,
    };
    Some(FileStat { uid, gid, mode: bits & 0o7777, kind, link: None })
}

/// The same from `ls -ldn` (XCU, ls), where there is no `stat`: `-rw-r--r-- 1 0 0 …`.
pub(super) fn listed(body: &[u8]) -> Option<FileStat> {
    let line = body.split(|byte| *byte == b'\n').next()?;
    let text = String::from_utf8_lossy(line);
    let mut words = text.split_ascii_whitespace();
    let signs: Vec<char> = words.next()?.chars().take(10).collect();
    let (uid, gid) = (words.nth(1)?.parse().ok()?, words.next()?.parse().ok()?);
    let (kind, signs) = signs.split_first()?;
    let kind = match kind {
        '-' => FileType::File,
        'd' => FileType::Folder,
        'l' => FileType::Link,
        _ => FileType::Other,
    };
    let mut mode = 0;
    for (at, sign) in signs.iter().enumerate() {
        let class = at / 3;
        let special = 0o4000 >> class;
        let bit = 0o400 >> at;
        mode |= match (at % 3, *sign) {
            (_, '-') => 0,
            (0, 'r') | (1, 'w') | (2, 'x') => bit,
            (2, 's' | 't') => bit | special,
            (2, 'S' | 'T') => special,
            _ => return None,
        };
    }
    (signs.len() == 9).then_some(FileStat { uid, gid, mode, kind, link: None })
}
