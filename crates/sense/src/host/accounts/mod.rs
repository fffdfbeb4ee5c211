//! Accounts and groups: who there is, how they log in, and who belongs to what.
//!
//! Knows which accounts make up a set (login.defs(5)) and which file says what. What a password
//! is, is read in `entries` and goes no further than its kind.

mod entries;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource, Setting, Timestamp};

use self::entries::{Account, Entries, Group, Shadow};
use super::look::{Gap, Got, Look};
use super::{Answers, Asked, Collector};

/// The collector.
pub(super) struct Accounts;

static ABOUT: About = About {
    id: "host-accounts",
    title: "Accounts and groups",
    text: "`/etc/passwd`, `/etc/shadow` and `/etc/group`, as written there. Of a password no more \
        is told than whether it is set, empty, locked or nothing that anybody could enter, and by \
        which method it was hashed; the hash itself goes nowhere, not even into a message about a \
        line that cannot be read. Accounts of services are those with a number below `UID_MIN` of \
        `/etc/login.defs`, else of `/usr/etc/login.defs` (1000 where nothing is said), without \
        root, and `nobody`; the others are people. Members of a group are those that it or another \
        group of its number names, and those whose own entry names it. Accounts from elsewhere (LDAP, NIS, users made on the fly) \
        are not looked at; where a line with `+` brings such in, what is asked of all of them is \
        not assessed. A line that is no entry may be anybody's: then what is asked of all is an \
        error until it is mended.",
    file: file!(),
};

pub(super) const PASSWD: &str = "/etc/passwd";
pub(super) const GROUP: &str = "/etc/group";
const SHADOW: &str = "/etc/shadow";
const LOGIN_DEFS: &str = "/etc/login.defs";
/// What openSUSE ships, which counts where there is no other.
const LOGIN_DEFS_VENDOR: &str = "/usr/etc/login.defs";
/// useradd(8): where the numbers of people begin, if `UID_MIN` is not set.
const FIRST_PERSON: u32 = 1000;
/// The number of `nobody`, and the one below the highest: both are nobody's.
const NOBODY: [u32; 3] = [65_534, 65_535, u32::MAX];

/// What is told of each account.
const OF_ACCOUNT: [Aspect; 8] = [
    Aspect::Password,
    Aspect::Method,
    Aspect::Stored,
    Aspect::Shell,
    Aspect::Number,
    Aspect::MaxDays,
    Aspect::InactiveDays,
    Aspect::Expires,
];

impl Collector for Accounts {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let look = Look::new(answers);
        let of_files = |resource: &Resource| (!files_of(resource).is_empty()).then_some("");
        let wanted: Vec<&Resource> = asked.each(of_files).map(|(resource, _)| resource).collect();
        let files: BTreeSet<&str> =
            wanted.iter().flat_map(|resource| files_of(resource)).copied().collect();
        if files.is_empty() {
            return;
        }
        let book = Book::read(&look, &files, out);
        for resource in wanted {
            let mut say = Teller { resource, out: &mut *out };
            match resource {
                Resource::User { name } => book.user(name, &mut say),
                Resource::Users { set } => book.users(set, &mut say),
                Resource::Group { name } => book.group(name, &mut say),
                Resource::Groups { .. } => book.groups(&mut say),
                _ => {}
            }
        }
    }
}

/// Which files tell of a resource.
fn files_of(resource: &Resource) -> &'static [&'static str] {
    match resource {
        Resource::User { .. } => &[PASSWD, SHADOW],
        Resource::Users { .. } => &[PASSWD, SHADOW, LOGIN_DEFS],
        Resource::Group { .. } => &[GROUP, PASSWD],
        Resource::Groups { .. } => &[GROUP],
        _ => &[],
    }
}

/// The bytes of a file, or of that which counts where it is missing.
fn of_file<'a>(look: &Look<'a>, path: &str) -> Got<&'a [u8]> {
    match look.file(path) {
        Got::Missing if path == LOGIN_DEFS => look.file(LOGIN_DEFS_VENDOR),
        other => other,
    }
}

/// Says settings of one resource.
struct Teller<'t> {
    resource: &'t Resource,
    out: &'t mut dyn FnMut(Fact),
}

impl Teller<'_> {
    fn say(
        &mut self,
        scope: Option<&Arc<str>>,
        aspect: Aspect,
        reading: Reading,
        place: Option<Place>,
    ) {
        (self.out)(Fact::Setting(Setting {
            resource: self.resource.clone(),
            aspect,
            scope: scope.cloned(),
            reading,
            place,
            default: false,
        }));
    }

    /// What holds of the whole.
    fn whole(&mut self, reading: Reading) {
        self.say(None, Aspect::Value, reading, None);
    }
}

/// shadow(5).
struct Shadows {
    /// Of several entries of one name the first counts, as for getspnam(3).
    by_name: BTreeMap<Arc<str>, Shadow>,
    /// The first line that is no entry.
    broken: Option<u32>,
}

/// All files together.
struct Book {
    accounts: Got<Entries<Account>>,
    shadows: Got<Shadows>,
    groups: Got<Entries<Group>>,
    first_person: Got<u32>,
}

impl Book {
    fn read(look: &Look<'_>, files: &BTreeSet<&str>, out: &mut dyn FnMut(Fact)) -> Self {
        let bytes = |path| if files.contains(path) { of_file(look, path) } else { Got::Missing };
        let mut problems = Vec::new();
        let mut accounts = map(bytes(PASSWD), |bytes| entries::accounts(PASSWD, bytes));
        if let Got::Here(read) = &mut accounts {
            problems.append(&mut read.problems);
        }
        let shadows = map(bytes(SHADOW), |bytes| {
            let mut read = entries::shadows(SHADOW, bytes);
            problems.append(&mut read.problems);
            let mut by_name = BTreeMap::new();
            for (name, shadow) in read.all {
                by_name.entry(name).or_insert(shadow);
            }
            Shadows { by_name, broken: read.broken }
        });
        let mut groups = map(bytes(GROUP), |bytes| entries::groups(GROUP, bytes));
        if let Got::Here(read) = &mut groups {
            problems.append(&mut read.problems);
        }
        let first_person = map(bytes(LOGIN_DEFS), first_person);
        for problem in problems {
            out(Fact::Problem(problem));
        }
        Self { accounts, shadows, groups, first_person }
    }

    fn user(&self, name: &Arc<str>, say: &mut Teller<'_>) {
        let read = match &self.accounts {
            Got::Here(read) => read,
            Got::Missing => return say.whole(Reading::Absent),
            Got::Hidden(gap) => return say.whole(gap.clone().reading()),
        };
        let entries: Vec<&Account> =
            read.all.iter().filter(|account| account.name == *name).collect();
        for account in &entries {
            self.account(account, None, say);
        }
        let whole = match (entries.is_empty(), unseen(read, PASSWD)) {
            (false, _) => Reading::Is("present".into()),
            (true, Some(unseen)) => unseen,
            (true, None) => Reading::Absent,
        };
        say.whole(whole);
    }

    fn users(&self, set: &str, say: &mut Teller<'_>) {
        let read = match &self.accounts {
            Got::Here(read) => read,
            Got::Missing => return say.whole(Reading::Absent),
            Got::Hidden(gap) => return say.whole(gap.clone().reading()),
        };
        let first = match (&self.first_person, set) {
            // Who is root or any is known without it.
            (_, "all" | "root") | (Got::Missing, _) => FIRST_PERSON,
            (Got::Here(first), _) => *first,
            (Got::Hidden(gap), _) => return say.whole(gap.clone().reading()),
        };
        let in_set = |account: &&Account| match set {
            "root" => account.number == 0,
            "system" => is_service(account.number, first),
            "people" => account.number != 0 && !is_service(account.number, first),
            _ => true,
        };
        let mut count = 0_usize;
        for account in read.all.iter().filter(in_set) {
            count += 1;
            self.account(account, Some(&account.name), say);
        }
        let count = || Reading::Is(count.to_string().into());
        say.whole(unseen(read, PASSWD).unwrap_or_else(count));
    }

    fn account(&self, account: &Account, scope: Option<&Arc<str>>, say: &mut Teller<'_>) {
        for aspect in OF_ACCOUNT {
            let (reading, place) = self.of(account, aspect);
            say.say(scope, aspect, reading, place);
        }
    }

    fn of(&self, account: &Account, aspect: Aspect) -> (Reading, Option<Place>) {
        let here = |path: &str, line| Some(Place { path: path.into(), line, column: 1 });
        let own = here(PASSWD, account.line);
        let is = |text: &str| Reading::Is(text.into());
        match aspect {
            Aspect::Shell => return (Reading::Is(Arc::clone(&account.shell)), own),
            Aspect::Number => return (is(&account.number.to_string()), own),
            Aspect::Stored => {
                let reading = match account.secret {
                    Some(secret) if secret.method.is_some() => is("passwd"),
                    Some(_) => Reading::Absent,
                    None => is("shadow"),
                };
                return (reading, own);
            }
            _ => {}
        }
        let shadow = match &self.shadows {
            Got::Here(all) => match (all.by_name.get(&account.name), all.broken) {
                // Maybe that line was this one's.
                (None, Some(line)) if account.secret.is_none() => {
                    return (broken(SHADOW, line), here(SHADOW, line));
                }
                (shadow, _) => shadow,
            },
            Got::Missing => None,
            Got::Hidden(gap) => match (account.secret, aspect) {
                (Some(_), Aspect::Password | Aspect::Method) => None,
                _ => return (gap.clone().reading(), None),
            },
        };
        let place = shadow.map_or_else(|| own.clone(), |shadow| here(SHADOW, shadow.line));
        let number = |days: Option<u32>| match days {
            Some(days) => is(&days.to_string()),
            None => Reading::Absent,
        };
        let secret = account.secret.or_else(|| shadow.map(|shadow| shadow.secret));
        match aspect {
            Aspect::Password => {
                let place = if account.secret.is_some() { own } else { place };
                // `x` without an entry there is a password that nobody can enter.
                (is(secret.map_or("none", |secret| secret.state)), place)
            }
            Aspect::Method => {
                let place = if account.secret.is_some() { own } else { place };
                (secret.and_then(|secret| secret.method).map_or(Reading::Absent, is), place)
            }
            Aspect::MaxDays => (number(shadow.and_then(|shadow| shadow.max_days)), place),
            Aspect::InactiveDays => (number(shadow.and_then(|shadow| shadow.inactive_days)), place),
            _ => {
                let day = shadow.and_then(|shadow| shadow.expires);
                (day.map_or(Reading::Absent, |day| is(&date(day))), place)
            }
        }
    }

    fn group(&self, name: &Arc<str>, say: &mut Teller<'_>) {
        let read = match &self.groups {
            Got::Here(read) => read,
            Got::Missing => return say.whole(Reading::Absent),
            Got::Hidden(gap) => return say.whole(gap.clone().reading()),
        };
        let Some(first) = read.all.iter().find(|group| group.name == *name) else {
            return say.whole(unseen(read, GROUP).unwrap_or(Reading::Absent));
        };
        // The kernel knows the number: members of another name of it are members.
        let same = |group: &&Group| group.name == *name || group.number == first.number;
        let mut told: BTreeSet<&Arc<str>> = BTreeSet::new();
        for group in read.all.iter().filter(same) {
            let place = Place { path: GROUP.into(), line: group.line, column: 1 };
            for member in group.members.iter().filter(|member| told.insert(*member)) {
                let word = Reading::Is("member".into());
                say.say(Some(member), Aspect::Member, word, Some(place.clone()));
            }
        }
        let accounts = match &self.accounts {
            Got::Here(accounts) => accounts,
            Got::Missing => return say.whole(Reading::Is("present".into())),
            // Whose own entry names it cannot be told.
            Got::Hidden(gap) => return say.whole(gap.clone().reading()),
        };
        for account in accounts.all.iter().filter(|account| account.group == first.number) {
            if told.insert(&account.name) {
                let place = Place { path: PASSWD.into(), line: account.line, column: 1 };
                let word = Reading::Is("primary".into());
                say.say(Some(&account.name), Aspect::Member, word, Some(place));
            }
        }
        let unseen = unseen(read, GROUP).or_else(|| unseen(accounts, PASSWD));
        say.whole(unseen.unwrap_or_else(|| Reading::Is("present".into())));
    }

    fn groups(&self, say: &mut Teller<'_>) {
        let read = match &self.groups {
            Got::Here(read) => read,
            Got::Missing => return say.whole(Reading::Absent),
            Got::Hidden(gap) => return say.whole(gap.clone().reading()),
        };
        for group in &read.all {
            let place = Place { path: GROUP.into(), line: group.line, column: 1 };
            let number = Reading::Is(group.number.to_string().into());
            say.say(Some(&group.name), Aspect::Number, number, Some(place));
        }
        let count = Reading::Is(read.all.len().to_string().into());
        say.whole(unseen(read, GROUP).unwrap_or(count));
    }
}

fn map<T, U>(got: Got<T>, read: impl FnOnce(T) -> U) -> Got<U> {
    match got {
        Got::Here(value) => Got::Here(read(value)),
        Got::Missing => Got::Missing,
        Got::Hidden(gap) => Got::Hidden(gap),
    }
}

/// What is said of all entries of a file that does not tell of all of them; `None` where it does.
fn unseen<T>(read: &Entries<T>, path: &str) -> Option<Reading> {
    if let Some(line) = read.broken {
        return Some(broken(path, line));
    }
    if let Some(line) = read.elsewhere {
        let reason = format!("line {line} of `{path}` brings in entries from elsewhere");
        let closes_with = format!("`{path}` without lines that begin with `+`");
        return Some(Gap::new(reason, closes_with).reading());
    }
    let closes_with = "a file with fewer entries";
    read.cut.then(|| {
        Gap::new(format!("`{path}` has more entries than are read"), closes_with).reading()
    })
}

/// What is said of entries that may be meant by a line that is none.
fn broken(path: &str, line: u32) -> Reading {
    Reading::Broken { reason: format!("line {line} of `{path}` is no entry") }
}

fn is_service(number: u32, first_person: u32) -> bool {
    (number != 0 && number < first_person) || NOBODY.contains(&number)
}

/// `UID_MIN` of login.defs(5): the last line counts, and numbers may be octal or hexadecimal.
fn first_person(bytes: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(bytes);
    let said = text.lines().rev().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("UID_MIN")).then(|| words.next().unwrap_or_default())
    });
    said.and_then(|word| number_of(word.trim_matches('"'))).unwrap_or(FIRST_PERSON)
}

/// A number as strtol(3) reads it with base 0.
fn number_of(word: &str) -> Option<u32> {
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return u32::from_str_radix(digits, 16).ok();
    }
    match word.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => word.parse().ok(),
    }
}

/// The date of a day that is counted from 1970-01-01; a later one than dates can be written is as
/// good as the last.
fn date(day: u32) -> String {
    const LAST: u32 = 2_932_895;
    Timestamp(0).plus_days(day.min(LAST)).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (day, wanted) in [
            (0, "1970-01-01"),
            (31, "1970-02-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_818, "2026-12-31"),
            (u32::MAX, "9999-12-30"),
        ] {
            assert_eq!(date(day), wanted);
        }
    }

    #[test]
    fn people_begin_where_the_last_line_says() {
        for (text, wanted) in [
            ("", 1000),
            ("# UID_MIN 5\nUID_MIN\t500\n", 500),
            ("UID_MIN 500\nUID_MIN 2000\n", 2000),
            ("UID_MIN 01750\n", 1000),
            ("UID_MIN 0x3E8\n", 1000),
            ("UID_MIN many\n", 1000),
            ("SYS_UID_MIN 100\n", 1000),
        ] {
            assert_eq!(first_person(text.as_bytes()), wanted, "{text}");
        }
        assert!(is_service(65_534, 1000) && is_service(999, 1000) && !is_service(0, 1000));
    }
}
