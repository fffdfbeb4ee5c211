//! The ssh server's effective configuration, sshd_config(5): what holds after Includes, drop-ins,
//! Match blocks and defaults, each value with the line that gives it.
//!
//! On a running host sshd itself is asked too, and its word counts. Knows what sshd reads and
//! how; knows nothing of what is wanted.

mod dump;
mod effective;
mod options;
mod pattern;
mod values;
mod walk;
mod words;

use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Problem, Reading, Resource, Setting};

use self::dump::{Dump, comparable, dump, said};
use self::options::{Default, ServerOption, Takes, option};
use self::walk::{DROP_INS, MAIN, Walk, walk};
use super::{Answers, Asked, Collector};
use crate::reader::{Answer, Need};

/// Where distributions keep the server.
const PROGRAM: &str = "/usr/sbin/sshd";

/// The collector.
pub(super) struct Sshd;

static ABOUT: About = About {
    id: "host-sshd",
    title: "the ssh server's effective configuration",
    text: "Reads `/etc/ssh/sshd_config` as sshd does: Includes in place and sorted, the first \
           value wins, Match blocks each on its own, defaults of OpenSSH 9. On a running host \
           `sshd -T` is asked as well, and its word counts. The asked option `Include` is the \
           folder of drop-ins where these win over the main file.",
    file: file!(),
};

impl Collector for Sshd {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn needs(&self, asked: &Asked<'_>, so_far: &Answers) -> Vec<Need> {
        if asked_options(asked).next().is_none() {
            return Vec::new();
        }
        let mut needs: Vec<Need> = walk(so_far).needs.into_iter().collect();
        needs.push(Need::Stat(PROGRAM.into()));
        if asked.running {
            needs.push(command());
        }
        needs.retain(|need| so_far.get(need).is_none());
        needs
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers, out: &mut dyn FnMut(Fact)) {
        if asked_options(asked).next().is_none() {
            return;
        }
        let walk = walk(answers);
        for problem in &walk.problems {
            out(Fact::Problem(problem.clone()));
        }
        let known = known(&walk, answers);
        let dump = if asked.running { dump(answers.get(&command())) } else { Dump::Silent };
        if let (Known::Whole, Dump::Refuses(line)) = (&known, &dump) {
            let message = format!("sshd refuses its configuration: `{line}`");
            out(Fact::Problem(
                Problem::new("sshd-disagrees", message).help("run `sshd -t` as root"),
            ));
        }
        if let (Known::Broken(reason), Dump::Says(_)) = (&known, &dump) {
            let message = format!("sshd accepts what looks broken here: {reason}");
            out(Fact::Problem(
                Problem::new("sshd-disagrees", message).help("run `sshd -t` as root"),
            ));
        }
        let view = View { walk: &walk, known, dump };
        for (resource, name) in asked_options(asked) {
            view.one(resource, name, out);
        }
    }
}

fn command() -> Need {
    Need::Command(vec![PROGRAM.into(), "-T".into()])
}

fn asked_options<'a>(asked: &Asked<'a>) -> impl Iterator<Item = (&'a Resource, &'a str)> + use<'a> {
    asked.each(|resource| match resource {
        Resource::Sshd { option } => Some(option),
        _ => None,
    })
}

/// How much of the files is known.
enum Known {
    /// All.
    Whole,
    /// There is no ssh server.
    Nothing,
    /// Something could not be looked at: why, and what would help.
    Hidden(String, String),
    /// sshd would not start: why.
    Broken(String),
}

fn known(walk: &Walk, answers: &Answers) -> Known {
    match answers.get(&Need::File(MAIN.into())) {
        Some(Answer::Bytes(_)) => {}
        Some(Answer::Missing) => {
            return match answers.get(&Need::Stat(PROGRAM.into())) {
                Some(Answer::Stat(_)) => Known::Broken(format!(
                    "there is no `{MAIN}`, and without it sshd does not start"
                )),
                Some(Answer::Denied) => {
                    Known::Hidden(format!("`{PROGRAM}` may not be looked at"), "root".to_owned())
                }
                _ => Known::Nothing,
            };
        }
        Some(Answer::Denied) => {
            return Known::Hidden(format!("`{MAIN}` may not be read"), "root".to_owned());
        }
        Some(Answer::Unreadable(why)) => {
            let reason = format!("`{MAIN}` could not be read: {why}");
            return Known::Hidden(reason, "a file that can be read".to_owned());
        }
        _ => {
            let reason = format!("`{MAIN}` was not looked at");
            return Known::Hidden(reason, "another look".to_owned());
        }
    }
    if let Some(reason) = &walk.broken {
        return Known::Broken(reason.clone());
    }
    if let Some((reason, closes_with)) = &walk.hidden {
        return Known::Hidden(reason.clone(), (*closes_with).to_owned());
    }
    // Only Globs and Files are asked here; the drop-in folder may have been asked in vain.
    let open = walk.needs.iter().any(|need| *need != Need::Glob(DROP_INS.into()));
    if open {
        let reason = "the server's Includes lead too deep to be followed".to_owned();
        return Known::Hidden(reason, "Includes that are nested less deep".to_owned());
    }
    Known::Whole
}

/// Everything that settings are made from.
struct View<'w> {
    walk: &'w Walk,
    known: Known,
    dump: Dump,
}

impl View<'_> {
    fn one(&self, resource: &Resource, name: &str, out: &mut dyn FnMut(Fact)) {
        let setting = |scope, reading, place, default| {
            let resource = resource.clone();
            Fact::Setting(Setting {
                resource,
                aspect: Aspect::Value,
                scope,
                reading,
                place,
                default,
            })
        };
        let plain = |reading| setting(None, reading, None, false);
        match &self.known {
            Known::Nothing => return out(plain(Reading::Absent)),
            Known::Hidden(reason, closes_with) => {
                // What sshd itself says is said all the same, though without its blocks.
                if !matches!(self.dump, Dump::Says(_)) || name.eq_ignore_ascii_case("Include") {
                    let (reason, closes_with) = (reason.clone(), closes_with.clone());
                    return out(plain(Reading::Unknown { reason, closes_with }));
                }
            }
            Known::Broken(reason) => {
                if !matches!(self.dump, Dump::Says(_)) || name.eq_ignore_ascii_case("Include") {
                    return out(plain(Reading::Broken { reason: reason.clone() }));
                }
            }
            Known::Whole => {
                if let Dump::Refuses(line) = &self.dump {
                    let reason = format!("sshd refuses its configuration: `{line}`");
                    return out(plain(Reading::Broken { reason }));
                }
            }
        }
        if name.eq_ignore_ascii_case("Include") {
            return out(match &self.walk.drop_ins {
                Some(place) => {
                    setting(None, Reading::Is(DROP_INS.into()), Some(place.clone()), false)
                }
                None => plain(Reading::Absent),
            });
        }
        let Some(option) = option(name) else {
            let reason = format!("`{name}` is no option of sshd that is known here");
            let closes_with = "a name from sshd_config(5)".to_owned();
            return out(plain(Reading::Unknown { reason, closes_with }));
        };
        let (reading, place, default) = self.whole(option, out);
        out(setting(None, reading, Some(place), default));
        for (scope, held) in effective::blocks(option, &self.walk.sets) {
            let reading = plain_value(option, &held.value);
            out(setting(Some(scope), reading, Some(held.place), false));
        }
    }

    /// What holds for the server: reading, place, and whether it is the default.
    fn whole(&self, option: &ServerOption, out: &mut dyn FnMut(Fact)) -> (Reading, Place, bool) {
        let start = || Place::start_of(MAIN);
        let ours = effective::whole(option, &self.walk.sets);
        let theirs = match &self.dump {
            Dump::Says(lines) => said(option, lines).map(Arc::<str>::from),
            _ => None,
        };
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                if ours.value == theirs || !comparable(option, &ours.value) {
                    return (Reading::Is(theirs), ours.place, false);
                }
                out(disagreement(option, &format!("`{}`", ours.value), &theirs, &ours.place));
                (Reading::Is(theirs), start(), false)
            }
            (Some(ours), None) => (plain_value(option, &ours.value), ours.place, false),
            (None, Some(theirs)) => {
                let whole = matches!(self.known, Known::Whole);
                if let (Default::Is(value), true) = (option.default, whole)
                    && comparable(option, value)
                    && value != &*theirs
                {
                    out(disagreement(option, &format!("the default `{value}`"), &theirs, &start()));
                    return (Reading::Is(theirs), start(), false);
                }
                (Reading::Is(theirs), start(), whole)
            }
            (None, None) => {
                let reading = match option.default {
                    Default::Is(value) => Reading::Is(value.into()),
                    Default::Nothing => Reading::Absent,
                    Default::Build => Reading::Unknown {
                        reason: format!(
                            "what holds without `{}` depends on how sshd was built",
                            option.name
                        ),
                        closes_with: "root".to_owned(),
                    },
                };
                (reading, start(), true)
            }
        }
    }
}

/// A value as our own reading has it. A list that adds to the server's own is known only by it.
fn plain_value(option: &ServerOption, value: &Arc<str>) -> Reading {
    if option.takes == Takes::Algorithms && value.starts_with(['+', '-', '^']) {
        return Reading::Unknown {
            reason: format!(
                "`{value}` changes the list of `{}` that sshd was built with",
                option.name
            ),
            closes_with: "root".to_owned(),
        };
    }
    Reading::Is(Arc::clone(value))
}

fn disagreement(option: &ServerOption, ours: &str, theirs: &str, place: &Place) -> Fact {
    let name = option.name;
    let message = format!("the files say {ours} for `{name}`, and `sshd -T` says `{theirs}`");
    let problem = Problem::at("sshd-disagrees", place.clone(), message);
    Fact::Problem(problem.help("report it with the files; what `sshd -T` says was taken"))
}
