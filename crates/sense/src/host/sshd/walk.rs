//! All lines of a configuration of ssh in the order in which its program reads them: Includes
//! expanded in place, each line with the conditions under which it counts.
//!
//! Knows files, Includes and the blocks of either side. It must not know which of several values
//! wins.

use std::sync::Arc;

use holdfast_model::{Place, Problem, Span};

use super::super::Answers;
use super::client::{self, Conditions};
use super::options::{Keyword, SshOption};
use super::pattern::Pattern;
use super::side::Side;
use super::started;
use super::values::{Criterion, Wrong, conditions, value};
use super::words::{Cut, Line, Word, arguments, criteria, cut};
use crate::reader::{Answer, Need};
use crate::text::{Document, Mistake};

/// Relative Includes begin here.
const FOLDER: &str = "/etc/ssh";
/// Both programs give up at deeper Includes.
const DEPTH: usize = 16;
/// So many files are read, each as often as it is included.
const FILES: usize = 256;
/// So many bytes of them.
const BYTES: usize = 4 << 20;
/// So many problems are told.
const PROBLEMS: usize = 100;

/// When a line counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    /// For the server as such: not below a condition. Never so for the client, which knows one
    /// order of lines alone.
    pub base: bool,
    /// For connections that fulfil all of these, above what counts for the server; `None`
    /// outside of the server's Match blocks.
    pub when: Option<Vec<Criterion>>,
}

/// An option that a line sets.
#[derive(Debug)]
pub(super) struct Set {
    /// Which.
    pub option: &'static SshOption,
    /// The normal form of its value.
    pub value: String,
    /// When it counts.
    pub context: Context,
    /// The keyword.
    pub place: Place,
    /// Whether it is no line, but a flag with which the program is started.
    pub by_flag: bool,
}

/// What all files together say.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Every option that is set, in order.
    pub sets: Vec<Set>,
    /// What is written wrongly.
    pub problems: Vec<Problem>,
    /// Why the program would not start: the first such problem, with its place.
    pub broken: Option<String>,
    /// What only versions before 9.5 refuse, each with the sentence for `broken`.
    before_9_5: Vec<(Problem, String)>,
    /// What could not be looked at, and what would help.
    pub hidden: Option<(String, String)>,
    /// Whether the program is started with other files than these.
    pub elsewhere: bool,
    /// Ports on which a socket of systemd listens in place of the program, each with a sentence.
    pub listens: Vec<(String, String)>,
    /// Where the main file includes the drop-in folder before it says anything else.
    pub drop_ins: Option<Place>,
    /// Whether what `ssh -G` says of a name that nobody has would not hold for everybody, or running
    /// it would run more.
    pub special: bool,
    /// Unknown options that the client was told to pass over.
    ignored: Vec<String>,
    side: Side,
    /// Whether the main file has said anything.
    spoken: bool,
    files: usize,
    bytes: usize,
    stack: Vec<Arc<str>>,
}

/// Walks from the main file to all that it includes.
pub(super) fn walk(side: Side, answers: &Answers<'_>) -> Walk {
    let mut walk = Walk { side, ..Walk::default() };
    let main = side.first(answers);
    if side == Side::Server {
        started::walk(&mut walk, main, answers);
        // Nothing of that is said by the main file.
        walk.spoken = false;
    }
    if let Answer::Bytes(bytes) = answers.get(Need::File(main.into())) {
        let everybody = match side {
            Side::Server => Context { base: true, when: None },
            Side::Client => Context { base: false, when: Some(Vec::new()) },
        };
        walk.file(answers, &main.into(), bytes, &everybody);
    }
    walk
}

impl Walk {
    fn file(&mut self, answers: &Answers<'_>, path: &Arc<str>, bytes: &[u8], given: &Context) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.files > FILES || self.bytes > BYTES {
            let reason =
                format!("{} configuration has too many or too large files", self.side.whose());
            self.hide(reason, "fewer and smaller files");
            return;
        }
        let document = Document::open(path, bytes);
        for mistake in document.mistakes(true) {
            self.fatal(&document, &mistake);
        }
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            let mistake = Mistake::loss(
                self.side.code("sshd-byte-order-mark"),
                Span { start: 0, end: 0 },
                format!(
                    "this file begins with a byte order mark, which {} takes for a keyword",
                    self.side.name()
                ),
            );
            self.fatal(&document, &mistake.help("save it as UTF-8 without a mark"));
        }
        self.stack.push(Arc::clone(path));
        let mut context = given.clone();
        let mut at = 0;
        for raw in document.text().split_inclusive('\n') {
            let line = raw.strip_suffix('\n').unwrap_or(raw);
            match cut(line, at) {
                Cut::Nothing => {}
                Cut::OpenKeyword(span) => {
                    let mistake = Mistake::slip(
                        self.side.code("sshd-line-ignored"),
                        span,
                        format!(
                            "{} passes over this line: its first quote does not end",
                            self.side.name()
                        ),
                    );
                    self.tell(&document, &mistake.help("end the quote"));
                }
                Cut::Line(line) => self.line(answers, &document, &line, given, &mut context),
            }
            at += raw.len();
        }
        self.stack.pop();
    }

    pub(super) fn line(
        &mut self,
        answers: &Answers<'_>,
        document: &Document<'_>,
        line: &Line<'_>,
        given: &Context,
        context: &mut Context,
    ) {
        let first = !self.spoken;
        self.spoken = true;
        let shown: String = line.keyword.text.chars().take(80).collect();
        let Some(keyword) = self.side.keyword(&line.keyword.text) else {
            self.unknown(document, line, &shown);
            return;
        };
        if line.rest.is_empty() {
            let message = format!("`{shown}` has no value");
            let code = self.side.code("sshd-value-missing");
            let mistake = Mistake::loss(code, line.keyword.span, message);
            let help = format!("write it as `{shown} VALUE`, or take the line out");
            self.fatal(document, &mistake.help(help));
            return;
        }
        let words = match arguments(line.rest, line.rest_at) {
            Ok(words) => words,
            Err(span) => {
                let code = self.side.code("sshd-quote");
                let mistake = Mistake::loss(code, span, "this quote does not end");
                self.fatal(document, &mistake.help("end it with the same sign"));
                return;
            }
        };
        match keyword {
            Keyword::Include => self.include(answers, document, line, &words, (context, first)),
            Keyword::Match => *context = self.block(document, line, given),
            Keyword::Host => *context = self.within(given, client::hosts(&words)),
            Keyword::Ignored { in_match } => self.allowed(document, line, context, in_match),
            Keyword::Option(option) => {
                self.allowed(document, line, context, option.in_match);
                match value(option, &words, line.rest) {
                    Ok(value) => {
                        if option.name == "IgnoreUnknown" && self.ignored.is_empty() {
                            let names = value.split(',').map(str::to_ascii_lowercase);
                            self.ignored = names.collect();
                        }
                        self.special |= self.side.is_special(option, &value);
                        let place = document.place(line.keyword.span.start);
                        self.set(
                            document,
                            line,
                            Set { option, value, context: context.clone(), place, by_flag: false },
                        );
                    }
                    Err(wrong) => {
                        let code =
                            if wrong.span.is_some() { "sshd-value" } else { "sshd-value-missing" };
                        self.refuse(document, code, line.keyword.span, wrong);
                    }
                }
            }
        }
    }

    fn unknown(&mut self, document: &Document<'_>, line: &Line<'_>, shown: &str) {
        let lower = line.keyword.text.to_ascii_lowercase();
        if self.ignored.iter().any(|pattern| Pattern::new(pattern).matches(&lower)) {
            return;
        }
        let side = self.side;
        let mistake = Mistake::loss(
            side.code("sshd-option-unknown"),
            line.keyword.span,
            format!("{} knows no option `{shown}`", side.name()),
        );
        let help = side.nearest(shown).map_or_else(
            || format!("see {} for its options, or take the line out", side.manual()),
            |near| format!("did you mean `{near}`?"),
        );
        self.fatal(document, &mistake.help(help));
    }

    /// The context behind a `Host` or `Match` line of the client.
    fn within(&mut self, given: &Context, conditions: Conditions) -> Context {
        self.special |= conditions.special;
        let mut when = given.when.clone().unwrap_or_default();
        when.extend(conditions.criteria);
        Context { base: false, when: Some(when) }
    }

    fn set(&mut self, document: &Document<'_>, line: &Line<'_>, set: Set) {
        // Of all options, a subsystem alone may not be said twice, before 9.5.
        let name = |set: &Set| set.value.split(' ').next().unwrap_or_default().to_owned();
        let before =
            |s: &Set| s.option.name == "Subsystem" && s.context.base && name(s) == name(&set);
        let twice = set.option.name == "Subsystem" && set.context.base;
        if twice && self.sets.iter().any(before) {
            let message = format!("the subsystem `{}` is there already", name(&set));
            let mistake = Mistake::loss("sshd-value", line.keyword.span, message);
            self.fatal_before_9_5(document, &mistake.help("keep one of its lines"));
        }
        self.sets.push(set);
    }

    /// The server does not start where what is for all of it stands below a condition.
    fn allowed(&mut self, document: &Document<'_>, line: &Line<'_>, at: &Context, in_match: bool) {
        if at.base || in_match {
            return;
        }
        let shown: String = line.keyword.text.chars().take(80).collect();
        let mistake = Mistake::loss(
            "sshd-not-in-match",
            line.keyword.span,
            format!("`{shown}` holds for the whole server and cannot stand in a `Match` block"),
        );
        let mistake = mistake.help("write it above the first `Match`");
        if line.keyword.text.eq_ignore_ascii_case("Subsystem") {
            self.fatal_before_9_5(document, &mistake);
        } else {
            self.fatal(document, &mistake);
        }
    }

    /// The context behind a `Match` line. The conditions of the line that included this file
    /// stay; a `Match all` takes only those of this file back.
    fn block(&mut self, document: &Document<'_>, line: &Line<'_>, given: &Context) -> Context {
        let rest = Span { start: line.rest_at, end: line.rest_at + line.rest.len() };
        let read = criteria(line.rest, line.rest_at)
            .map_err(|span| Wrong {
                span: Some(span),
                message: "this is no condition of `Match`".to_owned(),
                help: "write pairs such as `User backup`".to_owned(),
            })
            .and_then(|words| match self.side {
                Side::Server => conditions(&words, rest).map(Conditions::plain),
                Side::Client => client::conditions(&words, rest),
            });
        let (own, all) = match read {
            Ok(own) if self.side == Side::Client => return self.within(given, own),
            Ok(own) => {
                let all = own.criteria.is_empty();
                (own.criteria, all)
            }
            Err(wrong) => {
                self.refuse(document, "sshd-match", line.keyword.span, wrong);
                (Vec::new(), false)
            }
        };
        let mut when = given.when.clone().unwrap_or_default();
        when.extend(own);
        Context { base: all && given.base, when: Some(when) }
    }

    fn include(
        &mut self,
        answers: &Answers<'_>,
        document: &Document<'_>,
        line: &Line<'_>,
        words: &[Word],
        (context, first): (&Context, bool),
    ) {
        if words.iter().all(|word| word.text.is_empty()) {
            let code = self.side.code("sshd-value-missing");
            let mistake = Mistake::loss(code, line.keyword.span, "`Include` names no file");
            self.fatal(document, &mistake.help("write a path or a pattern behind it"));
        }
        for (index, word) in words.iter().filter(|word| !word.text.is_empty()).enumerate() {
            let path = if word.text.starts_with('/') {
                word.text.clone()
            } else {
                // `ssh -G` would look for it at the home of whoever asks.
                self.special = true;
                format!("{FOLDER}/{}", word.text)
            };
            if first && index == 0 && path == self.side.drop_ins() {
                self.drop_ins = Some(document.place(line.keyword.span.start));
            }
            // Beyond the bound nothing is read, so nothing needs to be looked for.
            if self.files > FILES {
                return;
            }
            for path in self.matching(answers, document, word, &path) {
                self.included(answers, document, word, &path, context);
            }
        }
    }

    /// The files of a pattern, sorted as sshd sorts them: by their bytes.
    fn matching(
        &mut self,
        answers: &Answers<'_>,
        document: &Document<'_>,
        word: &Word,
        path: &str,
    ) -> Vec<Arc<str>> {
        let pattern = Pattern::new(path);
        let Some(wide) = pattern.wide() else {
            if *answers.get(Need::File(pattern.plain().into())) == Answer::Missing {
                let shown: String = word.text.chars().take(80).collect();
                let mistake = Mistake::slip(
                    self.side.code("sshd-include-missing"),
                    word.span,
                    format!("`{shown}` is included here and is not there"),
                )
                .help("restore the file, or take the line out");
                self.tell(document, &mistake);
                return Vec::new();
            }
            return vec![pattern.plain().into()];
        };
        let mut paths: Vec<Arc<str>> = match answers.get(Need::Glob(wide.into())) {
            Answer::Paths(paths) => {
                paths.iter().filter(|path| pattern.matches(path)).cloned().collect()
            }
            Answer::Denied => {
                let folder = crate::text::folder(path);
                self.hide(format!("the folder `{folder}` may not be read"), "root");
                Vec::new()
            }
            // A list that nobody has is no list of nothing.
            Answer::Unreadable(why) => {
                let folder = crate::text::folder(path);
                let reason = format!("the folder `{folder}` could not be read: {why}");
                self.hide(reason, "a folder that can be read");
                Vec::new()
            }
            _ => Vec::new(),
        };
        paths.sort();
        paths
    }

    fn included(
        &mut self,
        answers: &Answers<'_>,
        document: &Document<'_>,
        word: &Word,
        path: &Arc<str>,
        context: &Context,
    ) {
        let circle = self.stack.contains(path);
        if circle || self.stack.len() > DEPTH {
            let message = if circle {
                format!("`{path}` is included here and includes this file: a circle")
            } else {
                format!("`{path}` is included more than {DEPTH} files deep")
            };
            let mistake = Mistake::loss(self.side.code("sshd-include-circle"), word.span, message);
            self.fatal(document, &mistake.help("take one of the `Include` lines out"));
            return;
        }
        match answers.get(Need::File(Arc::clone(path))) {
            Answer::Bytes(bytes) => {
                let bytes = Arc::clone(bytes);
                self.file(answers, path, &bytes, context);
            }
            Answer::Denied => self.hide(format!("`{path}` may not be read"), "root"),
            Answer::Unreadable(why) => {
                let reason = format!("`{path}` could not be read: {why}");
                self.hide(reason, "a file that can be read");
            }
            // It went away, or is a link to nothing: the program does not start then.
            _ => {
                let mistake = Mistake::loss(
                    self.side.code("sshd-include-missing"),
                    word.span,
                    format!("`{path}` is included here and cannot be opened"),
                );
                self.fatal(document, &mistake.help("restore the file, or remove the link"));
            }
        }
    }

    fn refuse(&mut self, document: &Document<'_>, code: &'static str, line: Span, wrong: Wrong) {
        let code = self.side.code(code);
        let mistake = Mistake::loss(code, wrong.span.unwrap_or(line), wrong.message);
        self.fatal(document, &mistake.help(wrong.help));
    }

    /// A mistake for which the program does not start.
    fn fatal(&mut self, document: &Document<'_>, mistake: &Mistake) {
        if self.broken.is_none() {
            let place = document.place(mistake.span.start);
            self.broken = Some(format!("{} at {place}", mistake.message));
        }
        self.tell(document, mistake);
    }

    /// The same, if the program is older than 9.5.
    fn fatal_before_9_5(&mut self, document: &Document<'_>, mistake: &Mistake) {
        if self.before_9_5.len() < PROBLEMS {
            let place = document.place(mistake.span.start);
            let reason = format!("{} at {place}", mistake.message);
            self.before_9_5.push((document.problem(mistake), reason));
        }
    }

    /// Takes for broken what only versions before 9.5 refuse, since such a one is installed.
    pub(super) fn refuse_as_before_9_5(&mut self) {
        for (problem, reason) in std::mem::take(&mut self.before_9_5) {
            self.broken.get_or_insert(reason);
            if self.problems.len() < PROBLEMS && !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }

    fn tell(&mut self, document: &Document<'_>, mistake: &Mistake) {
        let problem = document.problem(mistake);
        // A file that is included twice tells its problems once.
        if self.problems.len() < PROBLEMS && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn hide(&mut self, reason: String, closes_with: &'static str) {
        if self.hidden.is_none() {
            self.hidden = Some((reason, closes_with.to_owned()));
        }
    }
}
