//! What the ssh server is told when it is started, sshd(8): it counts before every line of its files.
//!
//! Knows the server's flags; must not know who starts it.

use holdfast_model::Place;

use super::walk::{Context, Walk};
use super::words::{Cut, cut};
use crate::host::look::{Gap, Got, Look};
use crate::host::{Answers, keys};
use crate::text::Document;

/// As Debian calls its unit, and as others do.
const UNITS: [&str; 2] = ["ssh.service", "sshd.service"];
/// Read by what starts it without systemd: of Debian, and of Alpine.
const FILES: [&str; 2] = ["/etc/default/ssh", "/etc/conf.d/sshd"];
const VARIABLE: &str = "SSHD_OPTS";
/// Sockets that may start it, and what they start for each connection where they are told to.
const SOCKETS: [(&str, &str); 2] =
    [("ssh.socket", "ssh@.service"), ("sshd.socket", "sshd@.service")];
const WANTED: &str = "/etc/systemd/system/sockets.target.wants";
/// With this of Ubuntu, what its own unit listens on is what `Port` says.
const GENERATOR: &str = "/usr/lib/systemd/system-generators/sshd-socket-generator";
/// Flags with a value, of all versions since 7.4.
const WITH_VALUE: &str = "CEbcfghkopu";

/// Puts what its flags say in front of what its files say.
pub(super) fn walk(walk: &mut Walk, main: &str, answers: &Answers<'_>) {
    let mut started = keys::started(answers, &UNITS, "sshd", &FILES, VARIABLE);
    for (unit, template) in SOCKETS {
        let accepts = socket(walk, unit, answers);
        // Whatever the socket says, so that it is asked far away at once.
        if let Some(accepts) = accepts {
            let own = keys::started(answers, &[template], "sshd", &[], VARIABLE);
            if accepts {
                started = own;
            }
        }
    }
    walk.problems.extend(started.problems);
    if let Some((reason, closes_with)) = started.hidden {
        walk.hidden.get_or_insert((format!("with which flags sshd starts: {reason}"), closes_with));
    }
    for Flag { letter, value, place } in flags(started.words) {
        match letter {
            'o' => told(walk, &value, &place, answers),
            'p' => told(walk, &format!("Port {value}"), &place, answers),
            'h' => told(walk, &format!("HostKey {value}"), &place, answers),
            'f' if value != main => {
                walk.elsewhere = true;
                let reason = format!("sshd is started with another file, `{value}` ({place})");
                let closes_with = format!("its options in `{main}`, and no flag `-f`");
                walk.hidden.get_or_insert((reason, closes_with));
            }
            _ => {}
        }
    }
}

/// Notes on which ports a socket listens that is switched on, and tells whether it starts a program
/// for each connection; `None` where it is not switched on.
fn socket(walk: &mut Walk, unit: &str, answers: &Answers<'_>) -> Option<bool> {
    let look = Look::new(answers);
    match look.stat(&format!("{WANTED}/{unit}")) {
        Got::Here(_) => {}
        Got::Missing => return None,
        Got::Hidden(Gap { reason, closes_with }) => {
            walk.hidden.get_or_insert((reason, closes_with));
            return None;
        }
    }
    let socket = keys::socket(answers, unit);
    walk.problems.extend(socket.problems);
    if let Some((reason, closes_with)) = socket.hidden {
        walk.hidden.get_or_insert((format!("how {unit} starts sshd: {reason}"), closes_with));
    }
    let generated = look.stat(GENERATOR) != Got::Missing;
    for (address, place) in socket.streams {
        let own = ["/usr/lib/", "/lib/"].iter().any(|folder| place.path.starts_with(folder));
        let port = address.rsplit(':').next().unwrap_or_default();
        if generated && own || port.parse::<u16>().is_err() {
            continue;
        }
        let why = format!("`{unit}` listens in place of sshd, on `{address}` ({place})");
        walk.listens.push((port.to_owned(), why));
    }
    Some(socket.accept)
}

/// One option, as a line of its own.
fn told(walk: &mut Walk, line: &str, place: &Place, answers: &Answers<'_>) {
    let (sets, problems) = (walk.sets.len(), walk.problems.len());
    let document = Document::open(&place.path, line.as_bytes());
    let everybody = Context { base: true, when: None };
    if let Cut::Line(cut) = cut(line, 0) {
        walk.line(answers, &document, &cut, &everybody, &mut everybody.clone());
    }
    for set in walk.sets.iter_mut().skip(sets) {
        set.place = place.clone();
        set.by_flag = true;
    }
    for problem in walk.problems.iter_mut().skip(problems) {
        problem.place = Some(place.clone());
        problem.excerpt = None;
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Flag {
    letter: char,
    value: String,
    place: Place,
}

/// Words as getopt(3) takes them apart: letters of flags that have no value may share a word, and a value
/// may stand in the word of its flag.
fn flags(words: Vec<(String, Place)>) -> Vec<Flag> {
    let mut out = Vec::new();
    let mut words = words.into_iter();
    while let Some((word, place)) = words.next() {
        let Some(letters) = word.strip_prefix('-') else { continue };
        for (at, letter) in letters.char_indices() {
            let mut value = String::new();
            if WITH_VALUE.contains(letter) {
                letters.get(at + 1..).unwrap_or_default().clone_into(&mut value);
                if value.is_empty() {
                    value = words.next().map(|(next, _)| next).unwrap_or_default();
                }
                out.push(Flag { letter, value, place });
                break;
            }
            out.push(Flag { letter, value, place: place.clone() });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_share_words_and_have_values() {
        let of = |line: &str| {
            let place = Place::start_of("u");
            let words = line.split(' ').map(|word| (word.to_owned(), place.clone())).collect();
            let said = flags(words).into_iter();
            said.map(|flag| format!("{}={}", flag.letter, flag.value)).collect::<Vec<_>>()
        };
        assert_eq!(of("-D"), ["D="]);
        assert_eq!(of("-Dep 22 stray -u0"), ["D=", "e=", "p=22", "u=0"]);
        assert_eq!(of("-oPort=1 -o UsePAM=no -f"), ["o=Port=1", "o=UsePAM=no", "f="]);
    }
}
