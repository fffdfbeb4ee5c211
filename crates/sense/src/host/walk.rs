//! What is found nowhere but by looking at every file: programs that run as somebody else, what
//! everybody may write to, what belongs to nobody, and files of some names.
//!
//! Knows one walk for all of them, and which numbers are somebody's. Must not know which of these
//! files are as they should be, nor how a walk goes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource, Setting};

use super::accounts::{GROUP, PASSWD};
use super::look::{Gap, Got, Look};
use super::{Answers, Asked, Collector};
use crate::{Answer, FileStat, FileType, Need, Walked};

/// The collector.
pub(super) struct Walk;

static ABOUT: About = About {
    id: "host-walk",
    title: "Files that only a walk through all of them finds",
    text: "One walk for all that is asked: files with the bits for setuid or setgid, files that \
        everybody may write to and such folders without the sticky bit, files of some names, and \
        the owners of everything. It enters each file system that is stored on this machine once, \
        follows no link, and leaves out what the kernel makes up (`/proc`, `/sys` and their like), \
        network file systems, those that users bring along (FUSE), and images that nobody can \
        change (squashfs and its like). What containers are made of (`/var/lib/docker` and others) \
        is left out too: nobody but root gets there, and images are looked at by themselves. A \
        folder that could not be entered makes the answer *not assessed*, whatever was found \
        elsewhere. A number belongs to somebody if `/etc/passwd` or `/etc/group` has it, or \
        `/etc/subuid` or `/etc/subgid` hands it to containers; where `/etc/nsswitch.conf` names \
        further sources of accounts, nobody knows here whose the others are.",
    file: file!(),
};

/// Where container engines keep the files of containers and images.
const STORES: [&str; 5] = [
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/kubelet/pods",
    "/var/lib/rancher",
];

const NSSWITCH: &str = "/etc/nsswitch.conf";
/// What hands numbers to containers of ordinary users, subuid(5) and subgid(5).
const HANDED_OUT: [&str; 2] = ["/etc/subuid", "/etc/subgid"];
/// Numbers that systemd gives to services while they run, systemd.exec(5), `DynamicUser=`.
const DYNAMIC: RangeInclusive<u32> = 61_184..=65_519;
/// So many files are told of one kind.
const MOST: usize = 512;

fn which_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Files { which } => Some(which),
        _ => None,
    }
}

/// The one walk that answers all that is asked; `None` where nothing is.
fn need(asked: &Asked<'_>) -> Option<Need> {
    let mut names = BTreeSet::new();
    let mut any = false;
    for (_, which) in asked.each(which_of) {
        any = true;
        names.extend(which.strip_prefix("named ").map(Arc::from));
    }
    let skip = STORES.map(Arc::from).to_vec();
    any.then(|| Need::Walk { names: names.into_iter().collect(), skip })
}

impl Collector for Walk {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let Some(need) = need(asked) else { return };
        let look = Look::new(answers);
        let walked = match look.ask(need) {
            Answer::Walked(walked) => Ok(walked),
            Answer::Unreadable(why) => Err(unwalked(why)),
            _ => Err(unwalked("nobody may")),
        };
        for (resource, which) in asked.each(which_of) {
            let mut say = |scope: Option<&str>, aspect, reading, place| {
                out(Fact::Setting(Setting {
                    resource: resource.clone(),
                    aspect,
                    scope: scope.map(Arc::from),
                    reading,
                    place,
                    default: false,
                }));
            };
            let walked = match &walked {
                Ok(walked) => walked,
                Err(gap) => {
                    say(None, Aspect::Value, gap.clone().reading(), None);
                    continue;
                }
            };
            let count = if which == "unowned" {
                match Known::read(&look) {
                    Ok(known) => unowned(walked, &known, &mut say),
                    Err(gap) => Err(gap),
                }
            } else {
                Ok(of_kind(walked, which, &mut say))
            };
            let whole = match (count, missed(walked)) {
                (Err(gap), _) | (Ok(_), Some(gap)) => gap.reading(),
                (Ok(count), None) if count > MOST => {
                    let reason = format!("{count} of them are there, and {MOST} are told");
                    Gap::new(reason, "fewer of them").reading()
                }
                (Ok(count), None) => Reading::Is(count.to_string().into()),
            };
            say(None, Aspect::Value, whole, None);
        }
    }
}

fn unwalked(why: &str) -> Gap {
    let reason = format!("nobody walked through all files: {why}");
    Gap::new(reason, "a look that walks through all files")
}

/// Why a walk has not seen everything, if it has not.
fn missed(walked: &Walked) -> Option<Gap> {
    if let Some((path, why)) = walked.unread.first() {
        let reason = match walked.unread_count {
            0 | 1 => format!("`{path}` could not be entered: {why}"),
            count => format!("{count} folders could not be entered, `{path}` among them: {why}"),
        };
        return Some(Gap::new(reason, "root"));
    }
    walked.cut.then(|| {
        let reason = "there are more files than a walk looks at";
        Gap::new(reason, "a host with fewer files")
    })
}

type Say<'s> = dyn FnMut(Option<&str>, Aspect, Reading, Option<Place>) + 's;

/// Says each file of a kind; how many there are.
fn of_kind(walked: &Walked, which: &str, say: &mut Say<'_>) -> usize {
    let mut count = 0;
    for (path, stat) in walked.found.iter().filter(|(path, stat)| fits(which, path, stat)) {
        count += 1;
        if count <= MOST {
            let mode = Reading::Is(format!("{:04o}", stat.mode & 0o7777).into());
            say(Some(path), Aspect::Mode, mode, Some(Place::start_of(Arc::clone(path))));
        }
    }
    count
}

fn fits(which: &str, path: &str, stat: &FileStat) -> bool {
    match (which, stat.kind) {
        ("setuid", FileType::File) => stat.mode & 0o6000 != 0,
        ("world-writable", FileType::File) => stat.mode & 0o002 != 0,
        ("world-writable", FileType::Folder) => stat.mode & 0o1002 == 0o002,
        (_, FileType::Folder) => false,
        _ => which.strip_prefix("named ") == Some(crate::text::file_name(path)),
    }
}

/// Says each number that is nobody's, with how much belongs to it; how many numbers there are.
fn unowned(walked: &Walked, known: &Known, say: &mut Say<'_>) -> Result<usize, Gap> {
    let mut nobodys: BTreeMap<(&str, u32), (u64, &Arc<str>)> = BTreeMap::new();
    for owned in &walked.owners {
        let numbers = [("user", owned.uid, &known.users), ("group", owned.gid, &known.groups)];
        for (word, number, numbers) in numbers {
            if !numbers.have(number) {
                let (count, _) = nobodys.entry((word, number)).or_insert((0, &owned.example));
                *count += owned.count;
            }
        }
    }
    if let (Some(source), false) = (&known.elsewhere, nobodys.is_empty()) {
        let reason = format!(
            "{} numbers own files and are not in `{PASSWD}` or `{GROUP}`, and `{NSSWITCH}` also \
             asks `{source}`",
            nobodys.len()
        );
        return Err(Gap::new(reason, "a look with `getent` at whose they are"));
    }
    for ((word, number), (count, example)) in nobodys.iter().take(MOST) {
        let found = match count {
            1 => format!("1 file: {example}"),
            _ => format!("{count} files, such as {example}"),
        };
        let place = Place::start_of(Arc::clone(example));
        say(
            Some(&format!("{word} {number}")),
            Aspect::Value,
            Reading::Is(found.into()),
            Some(place),
        );
    }
    Ok(nobodys.len())
}

/// Numbers that are somebody's.
#[derive(Debug, Default)]
struct Numbers {
    single: BTreeSet<u32>,
    ranges: Vec<RangeInclusive<u32>>,
}

impl Numbers {
    fn have(&self, number: u32) -> bool {
        self.single.contains(&number) || self.ranges.iter().any(|range| range.contains(&number))
    }
}

/// Whose numbers are whose.
#[derive(Debug, Default)]
struct Known {
    users: Numbers,
    groups: Numbers,
    /// A source of accounts that is not looked at.
    elsewhere: Option<String>,
}

impl Known {
    fn read(look: &Look<'_>) -> Result<Self, Gap> {
        let [for_users, for_groups] = HANDED_OUT;
        let files = [PASSWD, GROUP, NSSWITCH, for_users, for_groups];
        // All of them are asked for before the first gap is told.
        let [users, groups, switch, user_ranges, group_ranges] = files.map(|path| look.file(path));
        let text = |got: Got<&[u8]>| match got {
            Got::Here(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
            Got::Missing => Ok(String::new()),
            Got::Hidden(gap) => Err(gap),
        };
        let (users, user_ranges) = (text(users)?, text(user_ranges)?);
        let (groups, group_ranges) = (text(groups)?, text(group_ranges)?);
        // What a line with `+` brings in under `compat` is not written here.
        let more = users.lines().chain(groups.lines()).any(|line| line.starts_with('+'));
        let mut known = Self {
            users: Numbers { single: singles(&users), ranges: ranges(&user_ranges) },
            groups: Numbers { single: singles(&groups), ranges: ranges(&group_ranges) },
            elsewhere: None,
        };
        for source in sources(&text(switch)?) {
            match source.as_str() {
                "compat" if more => known.elsewhere = Some(source),
                "files" | "compat" | "db" => {}
                "systemd" => {
                    known.users.ranges.push(DYNAMIC);
                    known.groups.ranges.push(DYNAMIC);
                }
                _ => known.elsewhere = Some(source),
            }
        }
        Ok(known)
    }
}

/// The numbers of passwd(5) and group(5): both have theirs in the third field.
fn singles(text: &str) -> BTreeSet<u32> {
    text.lines().filter_map(|line| line.split(':').nth(2)?.parse().ok()).collect()
}

/// `name:first:count`, subuid(5).
fn ranges(text: &str) -> Vec<RangeInclusive<u32>> {
    let range = |line: &str| {
        let mut numbers = line.split(':').skip(1).map(|number| number.trim().parse::<u32>().ok());
        let (first, count) = (numbers.next()??, numbers.next()??);
        Some(first..=first.saturating_add(count.checked_sub(1)?))
    };
    text.lines().filter_map(range).collect()
}

/// The sources of accounts and groups, nsswitch.conf(5); what is to be done in which case aside.
fn sources(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let Some((name, rest)) = line.split_once(':') else { continue };
        if matches!(name.trim(), "passwd" | "group") {
            let mut actions = false;
            for word in rest.split_whitespace() {
                let inside = actions || word.starts_with('[');
                actions = inside && !word.ends_with(']');
                if !inside {
                    out.insert(word.to_owned());
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_from_actions() {
        let text = "# passwd: nis\npasswd: files [NOTFOUND=return success=continue] sss\n\
            group:compat systemd # ldap\nhosts: dns\n";
        let all: Vec<String> = sources(text).into_iter().collect();
        assert_eq!(all, ["compat", "files", "sss", "systemd"]);
    }

    #[test]
    fn ranges_end_where_they_end() {
        let all = ranges("ann:100000:65536\nbob:5:0\nbroken\nx:1\ny:4294967295:9\n");
        assert_eq!(all, [100_000..=165_535, u32::MAX..=u32::MAX]);
    }
}
