//! From accounts that are not as wanted to steps, and back.
//!
//! Only what was seen to be wrong is touched: to lock an account of which nothing is known could
//! lock somebody out. Knows which side of an account which step changes. Must not know how any tool
//! says it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_model::{Aspect, Desired, Reading, Resource, Setting, Timestamp, Wanted};

use super::holds::holds;
use super::manager::Manager;
use super::plan::Plan;
use super::quote::one_line;
use super::resources::{Maker, Value};
use super::steps::{Account, Days, Step};
use super::{deeds, resources};
use crate::judge::accounts::suits;
use crate::{Control, Seen};

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// Adds what mends a state of an account, and says what people have to mend themselves.
pub(super) fn plan(plan: &mut Plan, control: &Control, desired: &Desired, seen: &Seen) {
    // Where all is said, what is right needs nobody.
    let right = plan.whole && holds(control, desired, seen);
    if let (true, Some(why)) = (desired.is_checked_only() && !right, &control.manual) {
        plan.manual.push(format!("see to `{}`: {}", desired.subject(), one_line(why)));
    }
    let (Desired::User { wanted, .. } | Desired::Users { wanted, .. }) = desired else { return };
    let Some(resource) = desired.resource() else { return };
    for (name, settings) in entries(&resource, seen) {
        for (aspect, wanted) in wanted {
            if is_wrong(&settings, *aspect, wanted) {
                one(plan, &name, *aspect, &wanted.to_set(), seen);
            } else if let Some(kept) = kept(&settings, *aspect, wanted).filter(|_| plan.whole) {
                one(plan, &name, *aspect, kept, seen);
            }
        }
    }
}

/// Every account of a resource, with all that was seen of it.
fn entries<'s>(resource: &Resource, seen: &'s Seen) -> BTreeMap<Arc<str>, Vec<&'s Setting>> {
    let mut all: BTreeMap<Arc<str>, Vec<&Setting>> = BTreeMap::new();
    for setting in seen.all_of(resource) {
        let ((Resource::User { name }, None) | (Resource::Users { .. }, Some(name))) =
            (resource, &setting.scope)
        else {
            continue;
        };
        all.entry(Arc::clone(name)).or_default().push(setting);
    }
    all
}

/// Whether one side was seen and is not as wanted.
fn is_wrong(settings: &[&Setting], aspect: Aspect, wanted: &Wanted) -> bool {
    let password = settings.iter().find_map(|setting| match &setting.reading {
        Reading::Is(state) if setting.aspect == Aspect::Password => Some(&**state),
        _ => None,
    });
    settings.iter().any(|setting| {
        let known = matches!(setting.reading, Reading::Is(_) | Reading::Absent);
        setting.aspect == aspect && known && !suits(aspect, &setting.reading, password, wanted)
    })
}

/// What is right already and a step can say again. On another host the account may have a password:
/// nothing is said that would be wrong there, and no password is locked where one may be set. One that
/// opens nothing without being locked is left as it is.
fn kept<'s>(settings: &[&'s Setting], aspect: Aspect, wanted: &Wanted) -> Option<&'s str> {
    let right = |reading: &Reading| suits(aspect, reading, Some("set"), wanted);
    settings.iter().find_map(|setting| match &setting.reading {
        Reading::Is(found) if setting.aspect == aspect => {
            let says = match aspect {
                Aspect::Password => **found == *"locked" && !right(&Reading::Is("set".into())),
                _ => right(&setting.reading),
            };
            says.then_some(&**found)
        }
        _ => None,
    })
}

fn one(plan: &mut Plan, name: &str, aspect: Aspect, to_set: &str, seen: &Seen) {
    let days = to_set.parse::<u32>().map(i64::from);
    let what = match (aspect, to_set) {
        (Aspect::Password, "locked") => Account::Lock,
        (Aspect::Password, _) => {
            plan.manual.push(format!("give `{name}` a password, or lock the account"));
            return;
        }
        (Aspect::Shell, "none") => Account::Shell(no_shell(seen).to_owned()),
        (Aspect::Shell, shell) => Account::Shell(one_line(shell)),
        (Aspect::MaxDays, _) => match days {
            Ok(days) => Account::Days(Days::Max, days),
            Err(_) => return,
        },
        (Aspect::InactiveDays, _) => match days {
            Ok(days) => Account::Days(Days::Inactive, days),
            Err(_) => return,
        },
        (Aspect::Expires, day) => match day_of(day) {
            Some(day) => Account::Days(Days::Expires, day),
            None => return,
        },
        _ => return,
    };
    plan.steps.push(Step::Account { name: one_line(name), what });
}

/// nologin(8), where the distribution has it.
fn no_shell(seen: &Seen) -> &'static str {
    match Manager::of(seen) {
        Manager::Apk => "/sbin/nologin",
        Manager::Deb | Manager::Rpm => "/usr/sbin/nologin",
    }
}

/// A date as shadow(5) counts it; -1 for `never`.
fn day_of(text: &str) -> Option<i64> {
    if text == "never" { Some(-1) } else { Some(Timestamp::parse(text)?.0.div_euclid(DAY)) }
}

/// What takes a step back, from what was seen before.
pub(super) fn undo(
    name: &str,
    what: &Account,
    seen: &Seen,
    notes: &mut Vec<String>,
) -> Option<Step> {
    let aspect = match what {
        Account::Lock | Account::Unlock => Aspect::Password,
        Account::Shell(_) => Aspect::Shell,
        Account::Days(Days::Max, _) => Aspect::MaxDays,
        Account::Days(Days::Inactive, _) => Aspect::InactiveDays,
        Account::Days(Days::Expires, _) => Aspect::Expires,
    };
    let of_account = |setting: &&Setting| match (&setting.resource, &setting.scope) {
        (Resource::User { name: its }, None) => **its == *name,
        (Resource::Users { .. }, Some(scope)) => **scope == *name,
        _ => false,
    };
    let mut settings = seen.settings().iter().filter(of_account);
    let setting = settings.find(|setting| setting.aspect == aspect)?;
    let found = match &setting.reading {
        Reading::Is(found) => Some(&**found),
        Reading::Absent => None,
        Reading::Unknown { .. } | Reading::Broken { .. } => {
            notes.push(format!("the {} of {name} is not known: the undo leaves it", aspect.word()));
            return None;
        }
    };
    let what = match (what, found) {
        (Account::Lock, Some("set")) => Account::Unlock,
        (Account::Lock, Some("empty")) => {
            notes.push(format!("{name} had no password: the undo leaves it locked"));
            return None;
        }
        (Account::Unlock, Some("locked")) => Account::Lock,
        (Account::Shell(_), Some(shell)) => Account::Shell(one_line(shell)),
        (Account::Days(Days::Expires, _), day) => {
            Account::Days(Days::Expires, day_of(day.unwrap_or("never"))?)
        }
        (Account::Days(days, _), number) => {
            let before = number.map_or(Ok(-1), str::parse).ok()?;
            Account::Days(*days, before)
        }
        _ => return None,
    };
    Some(Step::Account { name: name.to_owned(), what })
}

/// What Puppet and Chef run: `user` of their own would make an account that is not there, or set a
/// password instead of locking it.
pub(super) fn resource(
    maker: &Maker<'_>,
    says: &str,
    name: &str,
    what: &Account,
) -> resources::Resource {
    let (deed, environment) = deed(name, what);
    let value = |(key, text): (&'static str, String)| (key, Value::Text(text));
    maker.command(says, deed, environment.into_iter().map(value).collect())
}

/// The deed of a step, and what it reads.
pub(super) fn deed(
    name: &str,
    what: &Account,
) -> (&'static deeds::Deed, Vec<(&'static str, String)>) {
    let account = ("ACCOUNT", name.to_owned());
    match what {
        Account::Lock => (&LOCK, vec![account]),
        Account::Unlock => (&UNLOCK, vec![account]),
        Account::Shell(shell) => (&SHELL, vec![account, ("LOGIN_SHELL", shell.clone())]),
        Account::Days(days, number) => {
            let (option, field) = days.option();
            let texts = [("DAYS_OPTION", option), ("DAYS_FIELD", field)];
            let mut all = vec![account, ("DAYS", number.to_string())];
            all.extend(texts.map(|(key, text)| (key, text.to_owned())));
            (&DAYS, all)
        }
    }
}

/// The password of `ACCOUNT`, where it is there, opens nothing.
const LOCK: deeds::Deed = deeds::Deed {
    name: "lock_password",
    act: r#"if command -v usermod >/dev/null; then
    usermod -L "$ACCOUNT"
else
    passwd -l "$ACCOUNT"
fi
"#,
    done: include_str!("shell/locked.sh"),
};

/// The password of `ACCOUNT`, where it is there, opens what it did before it was locked.
const UNLOCK: deeds::Deed = deeds::Deed {
    name: "unlock_password",
    act: r#"if command -v usermod >/dev/null; then
    usermod -U "$ACCOUNT"
else
    passwd -u "$ACCOUNT"
fi
"#,
    done: include_str!("shell/unlocked.sh"),
};

/// Logins of `ACCOUNT`, where it is there, start `LOGIN_SHELL`.
const SHELL: deeds::Deed = deeds::Deed {
    name: "set_shell",
    act: r#"command -v usermod >/dev/null || { echo "usermod is not installed" >&2; exit 1; }
usermod -s "$LOGIN_SHELL" "$ACCOUNT"
"#,
    done: include_str!("shell/shell-is.sh"),
};

/// The field `DAYS_FIELD` of `ACCOUNT`, where it is there, says `DAYS`; -1 says nothing.
const DAYS: deeds::Deed = deeds::Deed {
    name: "set_days",
    act: r#"command -v chage >/dev/null || { echo "chage is not installed" >&2; exit 1; }
chage "$DAYS_OPTION" "$DAYS" "$ACCOUNT"
"#,
    done: include_str!("shell/days-are.sh"),
};

/// What a script needs for these steps: each deed as two functions, and what calls them.
pub(super) fn pieces<'s>(steps: impl Iterator<Item = &'s Account>) -> Option<String> {
    let mut needed: Vec<&'static deeds::Deed> = Vec::new();
    for what in steps {
        let (deed, _) = deed("", what);
        if needed.iter().all(|known| known.name != deed.name) {
            needed.push(deed);
        }
    }
    if needed.is_empty() {
        return None;
    }
    needed.sort_by_key(|deed| deed.name);
    let mut out = include_str!("shell/account.sh").to_owned();
    for deed in needed {
        for (name, text) in
            [(deed.name.to_owned(), deed.act), (format!("{}_done", deed.name), deed.done)]
        {
            let _ = writeln!(out, "\n{name}() {{");
            for line in text.lines() {
                let _ = writeln!(out, "    {line}");
            }
            out.push_str("}\n");
        }
    }
    Some(out)
}

/// The call of a script.
pub(super) fn call(name: &str, what: &Account) -> (&'static str, Vec<String>) {
    let (deed, environment) = deed(name, what);
    let texts = environment.into_iter().map(|(key, text)| format!("{key}={text}"));
    (deed.name, texts.collect())
}
