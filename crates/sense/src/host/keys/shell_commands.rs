//! The simple commands of a shell script, with what they depend on: POSIX XCU 2.9. Nothing is run.
//!
//! Knows compound commands and functions. Must not know what any command does.

use super::shell_scan::{Token, Word, tokens};

/// So much of a condition is shown, in characters.
pub(super) const CONDITION: usize = 200;

/// A simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    /// The conditions around it, the outermost first, in the script's words.
    pub(super) under: Vec<String>,
    /// Whether it is run elsewhere or later, in a function, a subshell or a pipe: what it sets does
    /// not last here.
    pub(super) aside: bool,
    /// The function whose body it is part of, the outermost one.
    pub(super) of: Option<String>,
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
    /// The function whose body it is.
    function: Option<String>,
}

#[derive(Default)]
struct Reader {
    out: Vec<Command>,
    open: Vec<Open>,
    words: Vec<Word>,
    /// What the next command depends on: the one before it.
    after: Option<String>,
    piped: bool,
    /// The function whose body the next compound command is.
    function: Option<String>,
    /// How many words stand before the list of an array that is being read.
    array: Option<usize>,
    unsound: bool,
}

/// The simple commands of a script in their order, and whether all of it could be followed.
pub(super) fn commands(text: &str) -> (Vec<Command>, bool) {
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
                self.function = self.words.last().map(|name| name.text.clone());
                self.words.clear();
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
        self.function = match self.words.as_slice() {
            [name] => Some(name.text.clone()),
            [head, name] if head.text == "function" => Some(name.text.clone()),
            _ => None,
        };
        if self.function.is_none() {
            self.command(false);
            self.push(")", true);
        }
    }

    fn closes(&mut self) {
        if let Some(before) = self.array.take() {
            self.words.truncate(before);
        } else if self.function.is_some() {
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
        let function = self.function.take();
        let aside = aside || function.is_some();
        // What depends on the command before it depends on that to its end.
        let condition = self.after.take().unwrap_or_default();
        self.open.push(Open { until, condition, asking: until != ")", aside, function });
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
        let of = self.open.iter().find_map(|open| open.function.clone());
        self.out.push(Command { words, under, aside, of });
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
    fn what_stands_in_a_function_is_known_by_its_name() {
        let text = "f () {\n  if a; then A=1; fi\n}\nfunction g { A=2; }\n\
                    function h () { A=3; }\ni() ( A=4 )\nA=5\n";
        let (commands, sound) = commands(text);
        let of = |command: &Command| (shown(&command.words), command.of.clone());
        let told: Vec<_> = commands.iter().map(of).collect();
        let told: Vec<_> = told.iter().map(|(words, of)| (&**words, of.as_deref())).collect();
        let wanted = [
            ("a", Some("f")),
            ("A=1", Some("f")),
            ("A=2", Some("g")),
            ("A=3", Some("h")),
            ("A=4", None),
            ("A=5", None),
        ];
        assert_eq!(told, wanted);
        assert!(sound);
        assert!(commands.iter().all(|command| command.aside != (shown(&command.words) == "A=5")));
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
