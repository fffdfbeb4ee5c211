//! The rules of PAM that name a module: the stacks of a service with all that they include,
//! pam.d(5).
//!
//! Knows the files and their order; knows nothing of what a module does.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Problem, Reading, Resource, Setting};

use super::look::{Gap, Got, Look, setting};
use super::{Answers, Asked, Collector};
use crate::text::{file_name, number};

/// The collector.
pub(super) struct Pam;

static ABOUT: About = About {
    id: "host-pam",
    title: "Rules of PAM",
    text: "The file of a service in `/etc/pam.d`, else in `/usr/lib/pam.d`, with `@include`, \
        `include` and `substack` followed in place. Of a module that is asked about, each rule is \
        told by its stack, with its control and arguments. A rule of `password` behind one that may \
        jump over it or end the stack is told to be uncertain; of other stacks that is not worked \
        out, and a rule counts where it stands. A service without a file, which the file `other` \
        speaks for, is absent.",
    file: file!(),
};

/// Where files are looked for, the first one first.
const FOLDERS: [&str; 2] = ["/etc/pam.d", "/usr/lib/pam.d"];
/// The stacks, pam.conf(5).
const STACKS: [&str; 4] = ["auth", "account", "password", "session"];
/// So deep files include one another; Linux-PAM itself gives up there.
const DEPTH: usize = 16;
/// So many files of one service are read, each as often as it is included.
const FILES: usize = 64;
/// So many rules are told of one service.
const RULES: usize = 1024;
/// The stack whose rules refuse what somebody chose: one that is left out refuses nothing.
const CHOSEN: &str = "password";

impl Collector for Pam {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let look = Look::new(answers);
        let mut services: BTreeMap<&str, Service> = BTreeMap::new();
        for (resource, name) in asked.each(service_of) {
            let Resource::Pam { module, .. } = resource else { continue };
            let service = services.entry(name).or_insert_with(|| {
                let service = Service::read(&look, name);
                for problem in &service.problems {
                    out(Fact::Problem(problem.clone()));
                }
                service
            });
            service.tell(resource, module, out);
        }
    }
}

fn service_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Pam { service, .. } => Some(service),
        _ => None,
    }
}

/// One rule.
#[derive(Debug)]
struct Rule {
    stack: &'static str,
    module: String,
    /// Control and arguments, with one blank between two words.
    says: String,
    place: Place,
}

/// What the files of a service say.
#[derive(Debug, Default)]
struct Service {
    rules: Vec<Rule>,
    problems: Vec<Problem>,
    /// Whether it has a file of its own.
    there: bool,
    /// Why there may be more rules: the first reason.
    gap: Option<Gap>,
    /// Why PAM lets nobody in by it: the first reason.
    broken: Option<String>,
    files: usize,
}

impl Service {
    fn read(look: &Look<'_>, name: &str) -> Self {
        let mut service = Self::default();
        match find(look, name) {
            Got::Here((path, bytes)) => {
                service.there = true;
                service.file(look, (&path, bytes), None, 1);
            }
            Got::Missing => {}
            Got::Hidden(gap) => service.hide(gap),
        }
        service
    }

    /// Reads one file; of an included one perhaps only the rules of one stack count.
    fn file(
        &mut self,
        look: &Look<'_>,
        (path, bytes): (&Arc<str>, &[u8]),
        only: Option<&'static str>,
        depth: usize,
    ) {
        self.files += 1;
        if self.files > FILES || self.rules.len() > RULES {
            let reason = format!("`{path}` and what it includes has too many files or rules");
            return self.hide(Gap::new(reason, "fewer of them"));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split('\n').enumerate();
        while let Some((index, line)) = lines.next() {
            let here = line.chars().count();
            let line = self.joined(line, path, lines.by_ref().map(|(_, more)| more));
            let blanks = line.chars().take_while(|sign| sign.is_whitespace()).count();
            // What begins only on a later line is told where the rule begins.
            let column = if blanks < here { number(blanks).saturating_add(1) } else { 1 };
            let line_number = number(index).saturating_add(1);
            let place = Place { path: Arc::clone(path), line: line_number, column };
            match words(&line).as_deref() {
                Some([]) => {}
                Some(words) => self.line(look, words, place, (only, depth)),
                None => self.refuse(place, "a bracket does not end here", "end it with `]`"),
            }
        }
    }

    /// A line with those that a backslash at its end joins to it, without comments. A comment ends
    /// with its line, whatever its last sign is.
    fn joined<'t>(
        &mut self,
        first: &'t str,
        path: &str,
        mut more: impl Iterator<Item = &'t str>,
    ) -> String {
        let mut line = String::new();
        let mut piece = first;
        loop {
            if let Some((before, _)) = piece.split_once('#') {
                if !line.is_empty() && before.trim().is_empty() {
                    self.unsure(path, "a comment in a rule of several lines");
                }
                return line + before;
            }
            let Some(before) = piece.strip_suffix('\\') else {
                if piece.trim_end().ends_with('\\') {
                    self.unsure(path, "blanks behind a backslash");
                }
                return line + piece;
            };
            line.push_str(before);
            line.push(' ');
            let Some(next) = more.next() else { return line };
            piece = next;
        }
    }

    /// What one version of PAM reads in another way than the next.
    fn unsure(&mut self, path: &str, what: &str) {
        let reason = format!("`{path}` has {what}, which not every PAM reads alike");
        self.hide(Gap::new(reason, "write each rule on one line"));
    }

    fn line(
        &mut self,
        look: &Look<'_>,
        words: &[String],
        place: Place,
        (only, depth): (Option<&'static str>, usize),
    ) {
        let Some((first, rest)) = words.split_first() else { return };
        if first == "@include" {
            return match rest.first() {
                Some(name) => self.include(look, name, only, (depth, place)),
                None => self.refuse(place, "`@include` names no file", "write its name behind it"),
            };
        }
        // With `-` before it a module that is missing is not told to the log.
        let plain = first.strip_prefix('-').unwrap_or(first).to_ascii_lowercase();
        let Some(stack) = STACKS.into_iter().find(|stack| *stack == plain) else {
            let shown: String = first.chars().take(60).collect();
            let help = "begin it with `auth`, `account`, `password` or `session`";
            return self.refuse(place, &format!("`{shown}` is no stack of PAM"), help);
        };
        let [control, module, arguments @ ..] = rest else {
            let help = "write control and module behind the stack, such as `required pam_unix.so`";
            return self.refuse(place, "this rule names no module", help);
        };
        if only.is_some_and(|only| only != stack) {
            return;
        }
        if matches!(control.as_str(), "include" | "substack") {
            return self.include(look, module, Some(stack), (depth, place));
        }
        let says: Vec<&str> =
            std::iter::once(control).chain(arguments).map(String::as_str).collect();
        let (says, module) = (says.join(" "), file_name(module).to_owned());
        self.rules.push(Rule { stack, module, says, place });
    }

    fn include(
        &mut self,
        look: &Look<'_>,
        name: &str,
        only: Option<&'static str>,
        (depth, place): (usize, Place),
    ) {
        let shown: String = name.chars().take(80).collect();
        if depth > DEPTH {
            let message = format!("`{shown}` is included more than {DEPTH} files deep");
            return self.refuse(place, &message, "take one of the includes out");
        }
        match find(look, name) {
            Got::Here((path, bytes)) => self.file(look, (&path, bytes), only, depth + 1),
            Got::Missing => {
                let message = format!("`{shown}` is included here and is not there");
                self.refuse(place, &message, "restore the file, or take the line out");
            }
            Got::Hidden(gap) => self.hide(gap),
        }
    }

    fn hide(&mut self, gap: Gap) {
        self.gap.get_or_insert(gap);
    }

    /// A mistake for which PAM refuses whoever comes this way. One that stands in a file which is
    /// included twice is told once.
    fn refuse(&mut self, place: Place, message: &str, help: &str) {
        self.broken.get_or_insert_with(|| format!("{message} at {place}"));
        let problem = Problem::at("pam-line", place, message).help(help);
        if self.problems.len() < FILES && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Where a rule stands that comes before one of [`CHOSEN`] and may jump over it or end the stack
    /// without a refusal. How far a jump leads out of a file is not worked out.
    fn leaving_out(&self, at: usize) -> Option<&Place> {
        let (rule, before) = (self.rules.get(at)?, self.rules.get(..at)?);
        if rule.stack != CHOSEN {
            return None;
        }
        let before = before.iter().rev().filter(|other| other.stack == CHOSEN);
        let mut distances = before.zip(1_usize..);
        let left_out = distances.find(|(other, distance)| {
            let far = passes_over(&other.says);
            far >= *distance || (far > 0 && other.place.path != rule.place.path)
        });
        left_out.map(|(other, _)| &other.place)
    }

    /// Says every rule of a module, and whether there is one.
    fn tell(&self, resource: &Resource, module: &str, out: &mut dyn FnMut(Fact)) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.module == module) {
            let count = counts.entry(rule.stack).or_default();
            *count += 1;
            let scope = match *count {
                1 => rule.stack.to_owned(),
                count => format!("{} {count}", rule.stack),
            };
            let scope: Arc<str> = scope.into();
            let mut tell = |reading: Reading| {
                out(Fact::Setting(Setting {
                    resource: resource.clone(),
                    aspect: Aspect::Value,
                    scope: Some(Arc::clone(&scope)),
                    reading,
                    place: Some(rule.place.clone()),
                    default: false,
                }));
            };
            tell(Reading::Is(rule.says.as_str().into()));
            if let Some(before) = self.leaving_out(at) {
                let reason = format!("the rule at {before} may leave out that at {}", rule.place);
                tell(Gap::new(reason, "put the rule that is asked about first").reading());
            }
        }
        let reading = match (&self.broken, &self.gap) {
            (Some(reason), _) => Reading::Broken { reason: reason.clone() },
            (None, Some(gap)) => gap.clone().reading(),
            (None, None) if counts.is_empty() => Reading::Absent,
            (None, None) => Reading::Is("present".into()),
        };
        let Fact::Setting(told) = setting(resource, Aspect::Value, reading, None) else { return };
        // Nobody names the module, which is not the same as no service.
        let default = told.reading == Reading::Absent && self.there;
        out(Fact::Setting(Setting { default, ..told }));
    }
}

/// The arguments of one rule, and where it stands.
pub(super) type Arguments = (Vec<String>, Place);

/// The arguments with which the rules of a service ask a module about a password that somebody chose,
/// or why they are not known.
pub(super) fn of_passwords(
    look: &Look<'_>,
    service: &str,
    module: &str,
) -> Result<Vec<Arguments>, Gap> {
    let service = Service::read(look, service);
    if let Some(reason) = service.broken {
        return Err(Gap::new(reason, "rules that PAM can read"));
    }
    if let Some(gap) = service.gap {
        return Err(gap);
    }
    let rules = service.rules.into_iter();
    let rules = rules.filter(|rule| rule.stack == CHOSEN && rule.module == module);
    let behind = |says: &str| words(says).unwrap_or_default().into_iter().skip(1).collect();
    Ok(rules.map(|rule| (behind(&rule.says), rule.place)).collect())
}

/// The file of that name, in the first folder that has it.
fn find<'a>(look: &Look<'a>, name: &str) -> Got<(Arc<str>, &'a [u8])> {
    let paths: Vec<Arc<str>> = if name.starts_with('/') {
        vec![name.into()]
    } else {
        FOLDERS.iter().map(|folder| format!("{folder}/{name}").into()).collect()
    };
    for path in paths {
        match look.file(&path) {
            Got::Here(bytes) => return Got::Here((path, bytes)),
            Got::Missing => {}
            Got::Hidden(gap) => return Got::Hidden(gap),
        }
    }
    Got::Missing
}

/// How many of the rules behind it a rule may leave out at most, by its control.
fn passes_over(says: &str) -> usize {
    let says = says.to_ascii_lowercase();
    let Some(actions) = says.strip_prefix('[') else {
        return if says.split(' ').next() == Some("sufficient") { usize::MAX } else { 0 };
    };
    let actions = actions.split(']').next().unwrap_or_default();
    let far =
        |action: &str| if action == "done" { usize::MAX } else { action.parse().unwrap_or(0) };
    actions.split([' ', '=']).map(far).max().unwrap_or(0)
}

/// The words of a line; what stands in brackets is one, with one blank between its parts. `None`
/// where a bracket does not end.
fn words(line: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let end = if rest.starts_with('[') {
            let closing = |(at, _): &(usize, &str)| !rest.get(..*at).unwrap_or("").ends_with('\\');
            rest.match_indices(']').find(closing)?.0 + 1
        } else {
            rest.find(char::is_whitespace).unwrap_or(rest.len())
        };
        let (word, behind) = rest.split_at_checked(end)?;
        out.push(word.split_whitespace().collect::<Vec<_>>().join(" "));
        rest = behind.trim_start();
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_tells_how_many_rules_it_may_leave_out() {
        for (says, far) in [
            ("required", 0),
            ("requisite sufficient", 0),
            ("optional use_authtok", 0),
            ("Sufficient", usize::MAX),
            ("[success=2 new_authtok_reqd=1 default=ignore] minlen=9", 2),
            ("[success = 1 default=die]", 1),
            ("[success=ok default=bad]", 0),
            ("[success=done default=ignore] use_authtok", usize::MAX),
        ] {
            assert_eq!(passes_over(says), far, "{says}");
        }
    }

    #[test]
    fn what_stands_in_brackets_is_one_word() {
        let all = words(" auth\t[success=1   default=ignore] pam_unix.so nullok ").unwrap();
        assert_eq!(all, ["auth", "[success=1 default=ignore]", "pam_unix.so", "nullok"]);
        assert_eq!(words("a [b\\]c] d").unwrap(), ["a", "[b\\]c]", "d"]);
        assert_eq!(words("a [b"), None);
        assert_eq!(words("  "), Some(Vec::new()));
    }
}
