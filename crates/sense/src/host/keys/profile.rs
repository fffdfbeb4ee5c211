//! What shells read when somebody logs in: `/etc/profile`, the scripts that it reads from
//! `/etc/profile.d`, and others that it names; and before all of them what `pam_env` hands to them from
//! `/etc/environment`. Of interest are variables and `umask`.
//!
//! Knows the shell's compound commands, and that a value may hold only under a condition, which
//! becomes its scope. Nothing is run. Must not know which values are good.

use std::sync::Arc;

use holdfast_model::{Place, Reading};

use super::shell_scan::{Token, Word, tokens};
use super::{Family, Said};
use crate::text::extension;

const ENVIRONMENT: &str = "/etc/environment";
const MAIN: &str = "/etc/profile";
const FOLDER: &str = "/etc/profile.d";

/// So long may a value become by naming itself, in bytes.
const VALUE: usize = 4096;
/// So much of a condition is shown, in characters.
const CONDITION: usize = 200;

/// Reads what a shell begins with, and then the main file and what it reads.
pub(super) fn read(family: &mut Family<'_>) {
    environment(family);
    file(family, &MAIN.into(), &[]);
}

/// Reads variables as pam_env(8) does: `KEY=value`, of which quotes around the value alone are the
/// shell's. What is empty sets nothing, and the umask is no variable.
fn environment(family: &mut Family<'_>) {
    let path: Arc<str> = ENVIRONMENT.into();
    let Some(bytes) = family.bytes_of(&path) else { return };
    let document = family.open(&path, bytes);
    let mut at = 0;
    for line in document.text().split_inclusive('\n') {
        let body = line.split('#').next().unwrap_or_default();
        let start = at + (body.len() - body.trim_start().len());
        let body = body.trim();
        let body = body.strip_prefix("export ").unwrap_or(body);
        if let Some((key, value)) = assignment(body).filter(|(key, _)| *key != "umask") {
            let inner = value.strip_prefix(['"', '\'']);
            let inner = inner.map(|rest| rest.strip_suffix(['"', '\'']).unwrap_or(rest));
            let value = inner.unwrap_or(value);
            if !value.is_empty() {
                family.hold(key.to_owned(), value.to_owned(), document.place(start));
            }
        }
        at += line.len();
    }
}

fn file(family: &mut Family<'_>, path: &Arc<str>, under: &[String]) {
    // One that is not there is tested for before it is read; one that reads itself never ends.
    if family.hidden.is_some() || family.enter(path).is_err() {
        return;
    }
    if let Some(bytes) = family.bytes_of(path) {
        let document = family.open(path, bytes);
        family.begins(path);
        let (commands, sound) = commands(document.text());
        if !sound || !document.readable() {
            let reason = format!("`{path}` is a script that could not be followed to its end");
            family.hide(reason, "a script with whole quotes and commands");
        }
        for command in commands {
            let place = command.words.first().map(|word| document.place(word.at));
            let Some(place) = place else { continue };
            one(family, &command, under, place);
        }
    }
    family.leave();
}

/// A simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Command {
    words: Vec<Word>,
    /// The conditions around it, the outermost first, in the script's words.
    under: Vec<String>,
    /// Whether it is run elsewhere or later, in a function, a subshell or a pipe: what it sets does
    /// not last here.
    aside: bool,
}

fn one(family: &mut Family<'_>, command: &Command, outer: &[String], place: Place) {
    if command.aside {
        return;
    }
    let texts: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    let Some((first, rest)) = texts.split_first() else { return };
    let under = || [outer, command.under.as_slice()].concat();
    match (*first, rest) {
        ("." | "source", [script, ..]) => source(family, command, outer, script),
        ("umask", [mask, ..]) if !mask.starts_with('-') => {
            set(family, "umask", mask, &under(), place);
        }
        ("unset", names) if under().is_empty() => {
            for name in names {
                family.values.remove(*name);
                family.scoped.retain(|(key, _)| key != name);
            }
        }
        ("export" | "readonly" | "declare" | "typeset", words) => {
            assignments(family, words, &under(), &place);
        }
        // With a command behind them they hold for that command alone.
        _ if texts.iter().all(|word| assignment(word).is_some()) => {
            assignments(family, &texts, &under(), &place);
        }
        _ => {}
    }
}

/// Reads a script that is named, or in a loop those of the folder.
fn source(family: &mut Family<'_>, command: &Command, outer: &[String], script: &str) {
    let in_folder = command.under.iter().any(|c| c.starts_with("for ") && c.contains(FOLDER));
    let inner = command.under.iter().filter(|condition| !is_about_files(condition));
    let under: Vec<String> = outer.iter().chain(inner).cloned().collect();
    if script.starts_with('/') && !script.contains(['$', '*']) {
        file(family, &script.into(), &under);
    } else if in_folder {
        for script in family.folder(FOLDER, |name| extension(name) == Some("sh")) {
            file(family, &script, &under);
        }
    }
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let good = name.starts_with(|c: char| !c.is_ascii_digit()) && name.chars().all(letter);
    good.then_some((name, value))
}

fn assignments(family: &mut Family<'_>, words: &[&str], under: &[String], place: &Place) {
    for (name, value) in words.iter().filter_map(|word| assignment(word)) {
        set(family, name, value, under, place.clone());
    }
}

/// A value takes the place of what was said before, unless it names itself: then it adds to it.
fn set(family: &mut Family<'_>, key: &str, value: &str, under: &[String], place: Place) {
    let (short, long) = (format!("${key}"), format!("${{{key}}}"));
    let adds = value.contains(&short) || value.contains(&long);
    let before = family.values.get(key).map(|held| held.value.clone());
    let whole = match before.filter(|before| adds && before.len() + value.len() < VALUE) {
        Some(before) => value.replace(&long, &before).replace(&short, &before),
        None => value.to_owned(),
    };
    let same = |said: &Said, scope: &str| said.scope.as_deref() == Some(scope);
    if under.is_empty() {
        if !adds {
            family.scoped.retain(|(its, _)| its != key);
        }
        family.hold(key.to_owned(), whole, place);
    } else {
        let scope: String = under.join(", ").chars().take(CONDITION).collect();
        if !adds {
            family.scoped.retain(|(its, said)| its != key || !same(said, &scope));
        }
        let scope = Some(scope.into());
        let said =
            Said { scope, reading: Reading::Is(whole.into()), place: Some(place), default: false };
        family.scoped.push((key.to_owned(), said));
    }
}

/// Whether a condition only looks whether a file is there: it says nothing of whom a script that is
/// read under it is for. So it is of a loop through files.
fn is_about_files(condition: &str) -> bool {
    let condition = condition.trim_start_matches("not ");
    let tests = ["-r", "-f", "-d", "-e", "-s", "-x"];
    let mut words = condition.split(' ');
    let first = words.next().unwrap_or_default();
    let tested = words.next().is_some_and(|word| tests.contains(&word));
    first == "for" || (matches!(first, "[" | "test" | "[[") && tested)
}

/// A compound command that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    /// The word that ends it.
    until: &'static str,
    /// What its part that is being read depends on, in the script's words.
    condition: String,
    /// Whether its condition itself is being read.
    asking: bool,
    aside: bool,
}

#[derive(Default)]
struct Reader {
    out: Vec<Command>,
    open: Vec<Open>,
    words: Vec<Word>,
    /// What the next command depends on: the one before it.
    after: Option<String>,
    piped: bool,
    /// Whether the next compound command is the body of a function.
    function: bool,
    /// How many words stand before the list of an array that is being read.
    array: Option<usize>,
    unsound: bool,
}

/// The simple commands of a script in their order, and whether all of it could be followed.
fn commands(text: &str) -> (Vec<Command>, bool) {
    let (tokens, sound) = tokens(text);
    let mut reader = Reader::default();
    for token in tokens {
        reader.take(token);
    }
    reader.end();
    let sound = sound && !reader.unsound && reader.open.is_empty();
    (reader.out, sound)
}

impl Reader {
    fn take(&mut self, token: Token) {
        match token {
            Token::Word(word) if self.words.is_empty() && self.reserved(&word.text) => {}
            // `case WORD in` and `function NAME {` need no end of a line behind them.
            Token::Word(word) if self.is_head("case", "in", &word) => self.command(false),
            Token::Word(word) if self.is_head("function", "{", &word) => {
                self.words.clear();
                self.function = true;
                self.push("}", false);
                self.settle();
            }
            Token::Word(word) => self.words.push(word),
            Token::End => self.end(),
            Token::Sign("&&" | "||") if self.words.is_empty() => {}
            Token::Sign(sign @ ("&&" | "||")) => {
                let said = shown(&self.words);
                let said = if sign == "||" { format!("not {said}") } else { said };
                self.command(false);
                self.after = Some(said);
            }
            Token::Sign("|" | "&") => {
                // In the patterns of `case` it stands between two.
                if !self.in_pattern() {
                    self.command(true);
                    self.piped = true;
                }
            }
            Token::Sign(";;") => {
                self.end();
                if let Some(open) = self.open.last_mut().filter(|open| open.until == "esac") {
                    open.asking = true;
                }
            }
            Token::Sign("(") => self.opens(),
            Token::Sign(_) => self.closes(),
        }
    }

    fn is_head(&self, first: &str, last: &str, word: &Word) -> bool {
        word.text == last && matches!(self.words.as_slice(), [head, _] if head.text == first)
    }

    fn in_pattern(&self) -> bool {
        self.open.last().is_some_and(|open| open.until == "esac" && open.asking)
    }

    fn opens(&mut self) {
        if self.in_pattern() {
            return;
        }
        if self.words.last().is_some_and(|word| word.text.ends_with('=')) {
            self.array = Some(self.words.len());
            return;
        }
        self.function = self.words.len() == 1;
        if !self.function {
            self.command(false);
            self.push(")", true);
        }
    }

    fn closes(&mut self) {
        if let Some(before) = self.array.take() {
            self.words.truncate(before);
        } else if self.function {
            self.words.clear();
        } else if self.in_pattern() {
            let pattern = shown(&self.words);
            self.words.clear();
            if let Some(open) = self.open.last_mut() {
                let subject = open.condition.split(" is ").next().unwrap_or_default().to_owned();
                open.condition = format!("{subject} is {pattern}");
                open.asking = false;
            }
        } else {
            self.command(false);
            self.pop(")");
        }
    }

    /// Takes a word of the shell's own where a command may begin.
    fn reserved(&mut self, word: &str) -> bool {
        if self.in_pattern() && word != "esac" {
            return false;
        }
        match word {
            "if" => self.push("fi", false),
            "while" | "until" => self.push("done", false),
            "then" | "do" => self.settle(),
            "elif" | "else" => {
                if let Some(open) = self.open.last_mut() {
                    open.asking = word == "elif";
                    if !open.condition.starts_with("not ") {
                        open.condition = format!("not {}", open.condition);
                    }
                }
            }
            "fi" | "done" | "esac" | "}" => self.pop(word),
            "{" => {
                self.push("}", false);
                self.settle();
            }
            "!" => {}
            _ => return false,
        }
        true
    }

    fn push(&mut self, until: &'static str, aside: bool) {
        let aside = aside || std::mem::take(&mut self.function);
        // What depends on the command before it depends on that to its end.
        let condition = self.after.take().unwrap_or_default();
        self.open.push(Open { until, condition, asking: until != ")", aside });
    }

    fn pop(&mut self, until: &str) {
        match self.open.pop() {
            Some(open) if open.until == until => {}
            _ => self.unsound = true,
        }
    }

    fn settle(&mut self) {
        match self.open.last_mut() {
            Some(open) => open.asking = false,
            None => self.unsound = true,
        }
    }

    fn end(&mut self) {
        self.command(false);
        self.after = None;
        self.piped = false;
    }

    /// A command is over.
    fn command(&mut self, piped: bool) {
        if self.words.is_empty() {
            return;
        }
        let words = std::mem::take(&mut self.words);
        let said = shown(&words);
        let first = words.first().map_or("", |word| word.text.as_str());
        if matches!(first, "for" | "select" | "case") {
            let until = if first == "case" { "esac" } else { "done" };
            self.push(until, false);
            if let Some(open) = self.open.last_mut() {
                said.trim_end_matches(" in").clone_into(&mut open.condition);
            }
            return;
        }
        let under = self
            .open
            .iter()
            .filter(|open| !open.asking && !open.condition.is_empty())
            .map(|open| open.condition.clone())
            .chain(self.after.clone())
            .collect();
        let aside = piped || self.piped || self.open.iter().any(|open| open.aside);
        if let Some(open) = self.open.last_mut().filter(|open| open.asking) {
            let joined = if open.condition.is_empty() {
                said
            } else {
                format!("{}, {said}", open.condition)
            };
            open.condition = joined.chars().take(CONDITION).collect();
        }
        self.out.push(Command { words, under, aside });
    }
}

/// Words as they would be written.
fn shown(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let (commands, sound) = commands(text);
        assert!(sound, "{text}");
        let one = |command: &Command| {
            let aside = if command.aside { "aside: " } else { "" };
            format!("{aside}{} under {:?}", shown(&command.words), command.under)
        };
        commands.iter().map(one).collect()
    }

    #[test]
    fn conditions_are_known() {
        let text =
            "if [ \"$(id -u)\" -eq 0 ]; then # root\n  PATH=/sbin\nelse\n  PATH='/bin'\nfi\nA=1\n";
        assert_eq!(
            said(text),
            [
                "[ $(id -u) -eq 0 ] under []",
                "PATH=/sbin under [\"[ $(id -u) -eq 0 ]\"]",
                "PATH=/bin under [\"not [ $(id -u) -eq 0 ]\"]",
                "A=1 under []",
            ]
        );
        assert_eq!(
            said("[ -n \"$A\" ] && umask 002 || umask 022\nx\n")[1..],
            [
                "umask 002 under [\"[ -n $A ]\"]",
                "umask 022 under [\"not umask 002\"]",
                "x under []"
            ]
        );
        assert_eq!(
            said("case $- in *i*) A=1;; *) B=2;; esac"),
            ["A=1 under [\"case $- is *i*\"]", "B=2 under [\"case $- is *\"]",]
        );
        assert_eq!(
            said("case \"$A\" in\n a|b) A=1 ;;\n *) A=2\nesac\nB=1"),
            ["A=1 under [\"case $A is a b\"]", "A=2 under [\"case $A is *\"]", "B=1 under []"]
        );
    }

    #[test]
    fn what_is_run_elsewhere_is_aside() {
        assert_eq!(
            said("a=(1 2)\nif b; then A=1; fi"),
            ["a= under []", "b under []", "A=1 under [\"b\"]",]
        );
        assert_eq!(
            said("f () {\n  A=1\n}\n( A=2 )\necho x | A=3\nA=4"),
            [
                "aside: A=1 under []",
                "aside: A=2 under []",
                "aside: echo x under []",
                "aside: A=3 under []",
                "A=4 under []",
            ]
        );
    }

    #[test]
    fn quotes_documents_and_redirections_are_no_commands() {
        assert_eq!(
            said(
                "cat <<END >/dev/null 2>&1\nA=1\nEND\nA=\"a b\"\\\n'c' # A=2\n. x 2>/dev/null;B=${C:+$C:}/x\n"
            ),
            ["cat under []", "A=a bc under []", ". x under []", "B=${C}/x under []"]
        );
    }

    #[test]
    fn what_does_not_end_is_not_sound() {
        for text in ["if a; then b", "a 'b", "a \"b", "fi", "cat <<END\nx\n", "a $(b", "x() { a"] {
            assert!(!commands(text).1, "{text}");
        }
    }
}
