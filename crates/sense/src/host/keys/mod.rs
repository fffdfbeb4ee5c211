//! Keys that have values in families of configuration files: login.defs(5), sudoers(5),
//! limits.conf(5), apt.conf(5). Each is read as the program that it is for reads it.
//!
//! Knows what holds after Includes and repetitions, and where it is written; knows nothing of
//! what is wanted, nor of defaults that no file says.

mod apt;
mod apt_words;
mod limits;
mod login_defs;
mod sudoers;
mod sudoers_scan;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{About, Aspect, Dialect, Fact, Place, Problem, Reading, Resource, Setting};

use super::{Answers, Asked, Collector};
use crate::reader::{Answer, Need};
use crate::text::{Document, Mistake};

/// So many files of one family are read, each as often as it is included.
const FILES: usize = 256;
/// So many bytes of them.
const BYTES: usize = 4 << 20;
/// Files that include files, so deep.
const DEPTH: usize = 16;
/// So many problems are told of one family.
const PROBLEMS: usize = 100;

/// The collector.
pub(super) struct Keys;

static ABOUT: About = About {
    id: "host-keys",
    title: "values of keys in login.defs, sudoers, limits.conf and apt.conf",
    text: "Reads each family of files in the order of the program that it is for, Includes \
           followed. Of sudoers only `Defaults` that hold for everybody count. What no file says \
           is absent, whatever the program's own default.",
    file: file!(),
};

impl Collector for Keys {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn needs(&self, asked: &Asked<'_>, so_far: &Answers) -> Vec<Need> {
        let dialects: BTreeSet<Dialect> = keys(asked).map(|(_, dialect, _)| dialect).collect();
        let mut needs = BTreeSet::new();
        for dialect in dialects {
            needs.extend(family(dialect, so_far).needs);
        }
        needs.retain(|need| so_far.get(need).is_none());
        needs.into_iter().collect()
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers, out: &mut dyn FnMut(Fact)) {
        let mut families: BTreeMap<Dialect, Family<'_>> = BTreeMap::new();
        for (resource, dialect, key) in keys(asked) {
            let family = families.entry(dialect).or_insert_with(|| {
                let family = family(dialect, answers);
                for problem in &family.problems {
                    out(Fact::Problem(problem.clone()));
                }
                family
            });
            let key = normal_key(dialect, key);
            let (reading, place) = family.reading(&key);
            out(Fact::Setting(Setting {
                resource: resource.clone(),
                aspect: Aspect::Value,
                scope: None,
                reading,
                place,
                default: false,
            }));
        }
    }
}

fn keys<'a>(asked: &Asked<'a>) -> impl Iterator<Item = (&'a Resource, Dialect, &'a str)> + use<'a> {
    let keys = asked.each(|resource| match resource {
        Resource::Key { key, .. } => Some(key),
        _ => None,
    });
    keys.filter_map(|(resource, key)| match resource {
        Resource::Key { dialect, .. } => Some((resource, *dialect, key)),
        _ => None,
    })
}

fn family(dialect: Dialect, answers: &Answers) -> Family<'_> {
    let mut family = Family::new(answers);
    match dialect {
        Dialect::LoginDefs => login_defs::read(&mut family),
        Dialect::Sudoers => sudoers::read(&mut family),
        Dialect::Limits => limits::read(&mut family),
        Dialect::Apt => apt::read(&mut family),
    }
    family
}

/// A key as the maps of a family hold it.
fn normal_key(dialect: Dialect, key: &str) -> String {
    match dialect {
        Dialect::LoginDefs | Dialect::Sudoers => key.trim().to_owned(),
        Dialect::Limits => limits::normal(key),
        Dialect::Apt => key.trim().to_ascii_lowercase(),
    }
}

/// A value and where its key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    value: String,
    place: Place,
}

/// What the files of one family say together.
struct Family<'a> {
    answers: &'a Answers,
    /// By normal key.
    values: BTreeMap<String, Held>,
    needs: BTreeSet<Need>,
    problems: Vec<Problem>,
    /// What could not be looked at, and what would help.
    hidden: Option<(String, String)>,
    files: usize,
    bytes: usize,
    /// The files that are being read, the outermost first.
    stack: Vec<Arc<str>>,
}

impl<'a> Family<'a> {
    fn new(answers: &'a Answers) -> Self {
        Self {
            answers,
            values: BTreeMap::new(),
            needs: BTreeSet::new(),
            problems: Vec::new(),
            hidden: None,
            files: 0,
            bytes: 0,
            stack: Vec::new(),
        }
    }

    fn reading(&self, key: &str) -> (Reading, Option<Place>) {
        if let Some((reason, closes_with)) = &self.hidden {
            let (reason, closes_with) = (reason.clone(), closes_with.clone());
            return (Reading::Unknown { reason, closes_with }, None);
        }
        if !self.needs.is_empty() {
            let reason = "the files lead too deep to be followed".to_owned();
            let closes_with = "files that include each other less deep".to_owned();
            return (Reading::Unknown { reason, closes_with }, None);
        }
        match self.values.get(key) {
            Some(held) => (Reading::Is(held.value.as_str().into()), Some(held.place.clone())),
            None => (Reading::Absent, None),
        }
    }

    /// The files of a folder that match, sorted by their bytes. What is no file is passed over.
    fn folder(&mut self, folder: &str, takes: fn(&str) -> bool) -> Vec<Arc<str>> {
        let need = Need::Glob(format!("{}/*", folder.trim_end_matches('/')).into());
        match self.answers.get(&need) {
            Some(Answer::Paths(paths)) => {
                let mut paths: Vec<Arc<str>> = paths
                    .iter()
                    .filter(|path| takes(crate::text::file_name(path)))
                    .cloned()
                    .collect();
                paths.sort();
                paths
            }
            Some(Answer::Denied) => {
                self.hide(format!("the folder `{folder}` may not be read"), "root");
                Vec::new()
            }
            Some(_) => Vec::new(),
            None => {
                self.needs.insert(need);
                Vec::new()
            }
        }
    }

    /// The bytes of a file; what is denied hides the family. `None` where it is not there.
    fn bytes_of(&mut self, path: &Arc<str>) -> Option<&'a [u8]> {
        let need = Need::File(Arc::clone(path));
        match self.answers.get(&need) {
            Some(Answer::Bytes(bytes)) => {
                self.files += 1;
                self.bytes = self.bytes.saturating_add(bytes.len());
                if self.files > FILES || self.bytes > BYTES {
                    let reason = format!("`{path}` is one of too many or too large files");
                    self.hide(reason, "fewer and smaller files");
                    return None;
                }
                Some(bytes)
            }
            Some(Answer::Denied) => {
                self.hide(format!("`{path}` may not be read"), "root");
                None
            }
            Some(Answer::Unreadable(why)) => {
                self.hide(format!("`{path}` could not be read: {why}"), "a file that can be read");
                None
            }
            Some(_) => None,
            None => {
                self.needs.insert(need);
                None
            }
        }
    }

    /// Whether a file was asked for and is not there.
    fn missing(&self, path: &Arc<str>) -> bool {
        self.answers.get(&Need::File(Arc::clone(path))) == Some(&Answer::Missing)
    }

    /// Whether a file may be read inside those that are being read; else its name tells why not.
    fn enter(&mut self, path: &Arc<str>) -> Result<(), &'static str> {
        if self.stack.contains(path) {
            return Err("includes this file: a circle");
        }
        if self.stack.len() >= DEPTH {
            return Err("is included too deep");
        }
        self.stack.push(Arc::clone(path));
        Ok(())
    }

    fn leave(&mut self) {
        self.stack.pop();
    }

    fn open(&mut self, path: &Arc<str>, bytes: &'a [u8]) -> Document<'a> {
        let document = Document::open(path, bytes);
        for mistake in document.mistakes(false) {
            self.tell(&document, &mistake);
        }
        document
    }

    fn hold(&mut self, key: String, value: String, place: Place) {
        self.values.insert(key, Held { value, place });
    }

    fn tell(&mut self, document: &Document<'_>, mistake: &Mistake) {
        let problem = document.problem(mistake);
        if self.problems.len() < PROBLEMS && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn hide(&mut self, reason: String, closes_with: &str) {
        if self.hidden.is_none() {
            self.hidden = Some((reason, closes_with.to_owned()));
        }
    }
}

/// What a message shows of input.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
