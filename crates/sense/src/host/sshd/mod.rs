//! The effective configuration of the ssh server, sshd_config(5), and of the ssh client,
//! ssh_config(5): what holds after Includes, drop-ins, blocks and defaults, each value with the line
//! that gives it.
//!
//! On a running host the program itself is asked too, and its word counts. Knows what both read and
//! how; knows nothing of what is wanted.

mod client;
mod defaults;
mod dump;
mod effective;
mod installed;
mod options;
mod pattern;
mod side;
mod started;
mod values;
mod walk;
mod words;

use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Problem, Reading, Resource, Setting};

use self::dump::{Dump, comparable, dump, said};
use self::installed::Installed;
use self::options::{SshOption, Takes};
use self::side::Side;
use self::walk::{Set, Walk, walk};
use super::look::{Gap, Look};
use super::{Answers, Asked, Collector};
use crate::reader::{Answer, Need};

/// The collector of the server's configuration.
pub(super) struct Sshd;

/// The collector of the client's.
pub(super) struct Ssh;

static ABOUT: About = About {
    id: "host-sshd",
    title: "the ssh server's effective configuration",
    text: "Reads `/etc/ssh/sshd_config`, else `/usr/etc/ssh/sshd_config` of openSUSE, as sshd does: \
           Includes in place and sorted, the first value wins, Match blocks each on its own, \
           defaults and lists of algorithms of the version that dpkg, apk or rpm installed (7.4 to \
           10.2; where it is not known, what all of these share). Options among the flags with which \
           `ssh.service` or `sshd.service` starts it count before all lines, those in variables \
           of the unit and its files too (`SSHD_OPTS` of `/etc/default/ssh`); where a flag names \
           another file, or a shell starts it, nothing is assessed. Where `ssh.socket` or \
           `sshd.socket` is switched on and accepts connections, the flags are those of \
           `ssh@.service` or `sshd@.service`; `Port` is not assessed where a socket or \
           `ListenAddress` has another port. Where `DisableForwarding` is on for everybody it counts \
           for what it switches off: ports and sockets, and since 10.0 agents and X11, which older \
           servers forward all the same. On a running host `sshd -T` is \
           asked as well, and its word counts. The asked option `Include` is the folder of drop-ins \
           where these win over the main file, and beside it which options a flag or `Match all` sets.",
    file: file!(),
};

static ABOUT_CLIENT: About = About {
    id: "host-ssh",
    title: "the ssh client's effective configuration",
    text: "Reads `/etc/ssh/ssh_config`, else `/usr/etc/ssh/ssh_config` of openSUSE, as ssh does for \
           users who have nothing of their own at home: Includes in place and sorted, the first \
           value wins, `Host` and `Match` blocks each on its own, defaults of the installed version \
           as for the server. On a running host `ssh -G` is asked once about a name that nobody has, \
           and its word counts; it is not asked where the answer would not be everybody's, as with \
           `Match exec`. The asked option `Include` is the folder of drop-ins where these win over \
           the main file.",
    file: file!(),
};

impl Collector for Sshd {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        read(Side::Server, asked, answers, out);
    }
}

impl Collector for Ssh {
    fn about(&self) -> &'static About {
        &ABOUT_CLIENT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        read(Side::Client, asked, answers, out);
    }
}

/// Whether the program may be asked. Of the client it has to be known first that nothing in its
/// files makes the answer another one, or runs a program of its own.
fn can_be_asked(side: Side, walk: &Walk, answers: &Answers<'_>) -> bool {
    match side {
        Side::Server => true,
        Side::Client => {
            let there = matches!(answers.get(Need::File(side.main().into())), Answer::Bytes(_));
            there && walk.broken.is_none() && walk.hidden.is_none() && !walk.special
        }
    }
}

fn read(side: Side, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
    if asked_options(side, asked).next().is_none() {
        return;
    }
    let mut walk = walk(side, answers);
    let installed = installed::installed(side, &Look::new(answers), asked.running);
    if matches!(&installed, Installed::Version { version, .. } if *version < (9, 5)) {
        walk.refuse_as_before_9_5();
    }
    for problem in &walk.problems {
        out(Fact::Problem(problem.clone()));
    }
    let known = known(side, &walk, answers);
    // Far away the client was perhaps asked before its files were known.
    let ask = asked.running && can_be_asked(side, &walk, answers);
    // What it says of a file that it is not started with is nobody's.
    let dump =
        if ask && !walk.elsewhere { dump(answers.get(side.command())) } else { Dump::Silent };
    let differ = |message: String| {
        let problem = Problem::new(side.code("sshd-disagrees"), message);
        Fact::Problem(problem.help(side.tried()))
    };
    let name = side.name();
    if let (Known::Whole, Dump::Refuses(line)) = (&known, &dump) {
        out(differ(format!("{name} refuses its configuration: `{line}`")));
    }
    if let (Known::Broken(reason), Dump::Says(_)) = (&known, &dump) {
        out(differ(format!("{name} accepts what looks broken here: {reason}")));
    }
    let main = side.first(answers);
    let known_by = if asked.running { side.known_by() } else { Side::Client.known_by() };
    let view = View { side, main, walk: &walk, known, dump, installed, known_by };
    for (resource, name) in asked_options(side, asked) {
        view.one(resource, name, out);
    }
}

fn asked_options<'a>(
    side: Side,
    asked: &Asked<'a>,
) -> impl Iterator<Item = (&'a Resource, &'a str)> + use<'a> {
    asked.each(match side {
        Side::Server => of_server,
        Side::Client => of_client,
    })
}

fn of_server(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Sshd { option } => Some(option),
        _ => None,
    }
}

fn of_client(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Ssh { option } => Some(option),
        _ => None,
    }
}

/// How much of the files is known.
enum Known {
    /// All.
    Whole,
    /// There is no such program.
    Nothing,
    /// Something could not be looked at: why, and what would help.
    Hidden(String, String),
    /// The program would not start: why.
    Broken(String),
}

fn known(side: Side, walk: &Walk, answers: &Answers<'_>) -> Known {
    let (main, program) = (side.first(answers), side.program());
    match answers.get(Need::File(main.into())) {
        Answer::Bytes(_) => {}
        Answer::Missing => {
            return match answers.get(Need::Stat(program.into())) {
                // Without its file the client has its defaults.
                Answer::Stat(_) if side == Side::Client => Known::Whole,
                Answer::Stat(_) => Known::Broken(format!(
                    "there is no `{main}`, and without it sshd does not start"
                )),
                Answer::Denied => {
                    Known::Hidden(format!("`{program}` may not be looked at"), "root".to_owned())
                }
                _ => Known::Nothing,
            };
        }
        Answer::Denied => {
            return Known::Hidden(format!("`{main}` may not be read"), "root".to_owned());
        }
        Answer::Unreadable(why) => {
            let reason = format!("`{main}` could not be read: {why}");
            return Known::Hidden(reason, "a file that can be read".to_owned());
        }
        _ => {
            let reason = format!("`{main}` was not looked at");
            return Known::Hidden(reason, "another look".to_owned());
        }
    }
    if let Some(reason) = &walk.broken {
        return Known::Broken(reason.clone());
    }
    if let Some((reason, closes_with)) = &walk.hidden {
        return Known::Hidden(reason.clone(), closes_with.clone());
    }
    Known::Whole
}

/// What is said of an option for the whole server, by flags and by lines, each with its place; and
/// why there may be more.
pub(super) fn said_of_server(
    answers: &Answers<'_>,
    option: &str,
) -> (Vec<(String, Place)>, Option<Gap>) {
    let walk = walk(Side::Server, answers);
    let gap = match known(Side::Server, &walk, answers) {
        Known::Hidden(reason, closes_with) => Some(Gap { reason, closes_with }),
        Known::Whole | Known::Nothing | Known::Broken(_) => None,
    };
    let sets = walk.sets.into_iter().filter(|set| set.context.base && set.option.name == option);
    (sets.map(|set| (set.value, set.place)).collect(), gap)
}

/// Everything that settings are made from.
struct View<'w> {
    side: Side,
    /// The file that is read first.
    main: &'static str,
    walk: &'w Walk,
    known: Known,
    dump: Dump,
    installed: Installed,
    /// What would tell what a build was given: of a root, that it runs.
    known_by: &'static str,
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
                    let name = self.side.name();
                    let reason = format!("{name} refuses its configuration: `{line}`");
                    return out(plain(Reading::Broken { reason }));
                }
            }
        }
        if name.eq_ignore_ascii_case("Include") {
            for (scope, option, place) in self.above() {
                let option = Reading::Is(option.into());
                out(setting(Some(scope.into()), option, Some(place), false));
            }
            return out(match &self.walk.drop_ins {
                Some(place) => {
                    let folder = self.side.drop_ins().into();
                    setting(None, Reading::Is(folder), Some(place.clone()), false)
                }
                None => plain(Reading::Absent),
            });
        }
        let Some(option) = self.side.option(name) else {
            let program = self.side.name();
            let reason = format!("`{name}` is no option of {program} that is known here");
            let closes_with = format!("a name from {}", self.side.manual());
            return out(plain(Reading::Unknown { reason, closes_with }));
        };
        if let Some(place) = self.switched_off(option) {
            return out(setting(None, Reading::Is("no".into()), Some(place), false));
        }
        let (reading, place, default) = self.whole(option, out);
        let reading = self.subsystems(option, self.listened(option, reading));
        out(setting(None, reading, Some(place), default));
        for (scope, held) in effective::blocks(option, &self.walk.sets) {
            let reading = self.plain_value(option, &held.value);
            out(setting(Some(scope), reading, Some(held.place), false));
        }
    }

    /// The options whose value no line outside of blocks can change, with what sets them: a flag, or
    /// `Match all`.
    fn above(&self) -> Vec<(&'static str, &'static str, Place)> {
        let sets = &self.walk.sets;
        let for_all = |set: &Set| {
            let everybody = set.context.when.as_ref().is_some_and(Vec::is_empty);
            self.side == Side::Server && set.option.in_match && everybody
        };
        let mut done: Vec<&str> = Vec::new();
        let mut out = Vec::new();
        for set in sets.iter().filter(|set| set.by_flag || for_all(set)) {
            let name = set.option.name;
            if done.contains(&name) {
                continue;
            }
            done.push(name);
            let Some(held) = effective::whole(set.option, sets) else { continue };
            let is_it = |one: &&Set| one.option.name == name && one.place == held.place;
            let from = sets.iter().find(is_it);
            match from {
                Some(from) if from.by_flag => out.push(("flag", name, held.place)),
                Some(from) if for_all(from) => out.push(("all", name, held.place)),
                _ => {}
            }
        }
        out
    }

    /// What holds for the server: reading, place, and whether it is the default.
    fn whole(&self, option: &SshOption, out: &mut dyn FnMut(Fact)) -> (Reading, Place, bool) {
        let start = || Place::start_of(self.main);
        let ours = effective::whole(option, &self.walk.sets);
        // Who asks it starts it without the flags.
        let by_flag =
            self.walk.sets.iter().any(|set| set.by_flag && set.option.name == option.name);
        let theirs = match &self.dump {
            Dump::Says(lines) if !by_flag => said(option, lines).map(Arc::<str>::from),
            _ => None,
        };
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                if ours.value == theirs || !comparable(option, &ours.value) {
                    return (Reading::Is(theirs), ours.place, false);
                }
                out(self.disagreement(option, &format!("`{}`", ours.value), &theirs, &ours.place));
                (Reading::Is(theirs), start(), false)
            }
            (Some(ours), None) => (self.plain_value(option, &ours.value), ours.place, false),
            (None, Some(theirs)) => {
                let whole = matches!(self.known, Known::Whole);
                if let (Reading::Is(value), true) = (self.default(option), whole)
                    && comparable(option, &value)
                    && value != theirs
                {
                    out(self.disagreement(
                        option,
                        &format!("the default `{value}`"),
                        &theirs,
                        &start(),
                    ));
                    return (Reading::Is(theirs), start(), false);
                }
                (Reading::Is(theirs), start(), whole)
            }
            (None, None) => (self.default(option), start(), true),
        }
    }

    /// The ports are not those of `Port` where an address or a socket has another one.
    fn listened(&self, option: &SshOption, reading: Reading) -> Reading {
        let Reading::Is(ports) = &reading else { return reading };
        if self.side != Side::Server || option.name != "Port" {
            return reading;
        }
        let addresses = self.walk.sets.iter().filter(|set| set.option.name == "ListenAddress");
        let of_addresses = addresses.filter_map(|set| {
            let port = values::port_of(&set.value)?;
            let (value, place) = (&set.value, &set.place);
            let why = format!("`ListenAddress` has a port of its own, `{value}` ({place})");
            Some((port.to_owned(), why))
        });
        let mut all = self.walk.listens.iter().cloned().chain(of_addresses);
        match all.find(|(port, _)| ports.split(' ').all(|own| own != port)) {
            Some((_, reason)) => {
                let closes_with = "say the port by `Port` alone".to_owned();
                Reading::Unknown { reason, closes_with }
            }
            None => reading,
        }
    }

    /// Where `DisableForwarding` makes an option `no`, in all blocks: it says so outside of them, and
    /// none of them speaks of it.
    fn switched_off(&self, option: &SshOption) -> Option<Place> {
        // Until 10.0 it left these on, although the manual said otherwise.
        let since_10 = ["AllowAgentForwarding", "X11Forwarding"].contains(&option.name);
        let always = ["AllowStreamLocalForwarding", "AllowTcpForwarding"].contains(&option.name);
        let works = |version: &(u16, u16)| *version >= (10, 0);
        let counts = match &self.installed {
            Installed::Version { version, .. } => always || (since_10 && works(version)),
            Installed::Unknown(_) => always,
        };
        if !counts || self.side != Side::Server || !matches!(self.known, Known::Whole) {
            return None;
        }
        let switch = self.side.option("DisableForwarding")?;
        let mut sets = self.walk.sets.iter().filter(|set| set.option.name == switch.name);
        if sets.any(|set| !set.context.base || set.context.when.is_some()) {
            return None;
        }
        let (reading, place, _) = self.whole(switch, &mut |_| {});
        matches!(&reading, Reading::Is(value) if &**value == "yes").then_some(place)
    }

    /// Subsystems of a block are laid over those of the server one by one, since 9.5.
    fn subsystems(&self, option: &SshOption, reading: Reading) -> Reading {
        let own = self.walk.sets.iter().find(|set| {
            option.name == "Subsystem" && set.option.name == option.name && !set.context.base
        });
        match own {
            Some(set) => {
                let reason =
                    format!("a `Match` block has `{}` of its own ({})", set.value, set.place);
                let closes_with = "say subsystems above the first `Match` alone".to_owned();
                Reading::Unknown { reason, closes_with }
            }
            None => reading,
        }
    }

    /// What holds where nobody writes it.
    fn default(&self, option: &SshOption) -> Reading {
        match defaults::default(self.side, option, &self.installed) {
            Reading::Unknown { reason, closes_with } if closes_with == self.side.known_by() => {
                Reading::Unknown { reason, closes_with: self.known_by.to_owned() }
            }
            other => other,
        }
    }

    /// A value as our own reading has it. A list that adds to the program's own is known where that
    /// is.
    fn plain_value(&self, option: &SshOption, value: &Arc<str>) -> Reading {
        if option.takes == Takes::Algorithms && value.starts_with(['+', '-', '^']) {
            if let Reading::Is(own) = self.default(option)
                && let Some(list) = defaults::changed(&own, value)
            {
                return Reading::Is(list.into());
            }
            return Reading::Unknown {
                reason: format!(
                    "`{value}` changes the list of `{}` that {} was built with",
                    option.name,
                    self.side.name()
                ),
                closes_with: self.known_by.to_owned(),
            };
        }
        Reading::Is(Arc::clone(value))
    }

    fn disagreement(&self, option: &SshOption, ours: &str, theirs: &str, place: &Place) -> Fact {
        let (name, asked) = (option.name, self.side.asked());
        let message = format!("the files say {ours} for `{name}`, and `{asked}` says `{theirs}`");
        let code = self.side.code("sshd-disagrees");
        let problem = Problem::at(code, place.clone(), message);
        let help = format!("report it with the files; what `{asked}` says was taken");
        Fact::Problem(problem.help(help))
    }
}
