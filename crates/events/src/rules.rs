//! All rules together, and the evaluator that asks them of one record after the other.
//!
//! A record is asked only what can hold of it: rules are sorted by their log source, then by a
//! field that has to hold one of a few whole texts for the rule to match (of CloudTrail nearly
//! always `eventName`), and only those without such a field are asked of every record.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{Lines, LogSource, Place, Problem, Record};

use crate::detection::Mark;
use crate::field;
use crate::read;
use crate::rule::Rule;
use crate::tree::{Fault, Kind, Node, Tree};

#[cfg(test)]
mod tests;

/// Every rule that could be read, by their numbers.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
}

/// The number of a rule among [`Rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(u32);

impl Rules {
    /// Reads rules: path and text of each file. Those that cannot be read are left out and told
    /// of; of two with one id the first counts.
    pub fn read(files: &[(Arc<str>, &str)]) -> (Self, Vec<Problem>) {
        let (mut rules, mut problems) = (Vec::<Rule>::new(), Vec::new());
        let mut seen: HashMap<Arc<str>, Place> = HashMap::new();
        for (path, text) in files {
            let (rule, mut told) = read::read(path, text);
            problems.append(&mut told);
            let Some(rule) = rule else { continue };
            if let Some(first) = seen.get(&rule.id) {
                let message = format!("the rule `{}` stands in `{}` already", rule.id, first.path);
                let problem = Problem::at("event-rule-twice", rule.place.clone(), message);
                problems.push(problem.help("give one of them another `id`, or remove it"));
                continue;
            }
            seen.insert(Arc::clone(&rule.id), rule.place.clone());
            rules.push(rule);
        }
        (Self { rules }, problems)
    }

    /// A rule by its number; there is one for every number that an evaluator of these rules says.
    pub fn get(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(index.0 as usize)
    }

    /// Every rule, with its number.
    pub fn iter(&self) -> impl Iterator<Item = (RuleIndex, &Rule)> {
        (0..).map(RuleIndex).zip(&self.rules)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Begins to ask them. Each thread has its own.
    pub fn evaluator(&self) -> Evaluator<'_> {
        Evaluator {
            rules: self,
            indexed: true,
            plans: Vec::new(),
            nodes: Vec::new(),
            key: String::new(),
            asked: Vec::new(),
        }
    }
}

/// Asks rules of records. Keeps its memory from record to record.
#[derive(Debug)]
pub struct Evaluator<'r> {
    rules: &'r Rules,
    indexed: bool,
    plans: Vec<(LogSource, Plan)>,
    nodes: Vec<Node>,
    key: String,
    asked: Vec<u32>,
}

/// In what order the rules of one log source are found.
#[derive(Debug, Default)]
struct Plan {
    keys: Vec<Key>,
    /// Those that are asked of every record.
    rest: Vec<u32>,
}

#[derive(Debug)]
struct Key {
    path: Box<str>,
    /// Rules by a text, in lower case.
    rules: HashMap<String, Vec<u32>>,
}

impl Evaluator<'_> {
    /// With every rule of the log source asked of every record: the same, only slower. What the
    /// index leaves out is checked against this.
    #[must_use]
    pub fn without_index(self) -> Self {
        Self { indexed: false, ..self }
    }

    /// The rules that match a record, in their order; `hits` is cleared first. People and hours
    /// are not asked here but in [`Rule::alert`], since records do not say them by themselves.
    ///
    /// # Errors
    ///
    /// The record is no JSON object, too large or too deep; the path of the place is the caller's
    /// to set.
    pub fn evaluate(
        &mut self,
        record: &Record<'_>,
        hits: &mut Vec<RuleIndex>,
    ) -> Result<(), Problem> {
        hits.clear();
        let plan = self.plan(record.source);
        let tree =
            Tree::read(record.json, &mut self.nodes).map_err(|fault| problem(record, &fault))?;
        let Some((_, plan)) = self.plans.get(plan) else { return Ok(()) };
        self.asked.clear();
        self.asked.extend_from_slice(&plan.rest);
        for key in &plan.keys {
            let (asked, buffer) = (&mut self.asked, &mut self.key);
            field::any(&tree, &key.path, &mut |id| {
                field::each(&tree, id, &mut |id| {
                    if matches!(tree.kind(id), Kind::Text | Kind::Number | Kind::Truth) {
                        lower(&tree.text(id), buffer);
                        asked.extend(key.rules.get(buffer.as_str()).into_iter().flatten());
                    }
                    false
                })
            });
        }
        self.asked.sort_unstable();
        self.asked.dedup();
        let rules = &self.rules.rules;
        let holds = |at: &&u32| rules.get(**at as usize).is_some_and(|r| r.asked.holds(&tree));
        hits.extend(self.asked.iter().filter(holds).map(|at| RuleIndex(*at)));
        Ok(())
    }

    /// The number of the plan for a log source, which is made when it is first met.
    fn plan(&mut self, source: LogSource) -> usize {
        if let Some(at) = self.plans.iter().position(|(known, _)| *known == source) {
            return at;
        }
        let mut plan = Plan::default();
        for (at, rule) in self.rules.iter().filter(|(_, rule)| rule.source.takes(source)) {
            let mark = best(&rule.marks).filter(|_| self.indexed);
            plan.add(at.0, mark);
        }
        self.plans.push((source, plan));
        self.plans.len() - 1
    }
}

impl Plan {
    fn add(&mut self, rule: u32, mark: Option<&Mark>) {
        let Some(mark) = mark else {
            self.rest.push(rule);
            return;
        };
        let at = self.keys.iter().position(|key| key.path == mark.path).unwrap_or_else(|| {
            self.keys.push(Key { path: mark.path.clone(), rules: HashMap::new() });
            self.keys.len() - 1
        });
        let Some(key) = self.keys.get_mut(at) else { return };
        for text in &mark.texts {
            key.rules.entry(text.clone()).or_default().push(rule);
        }
    }
}

/// The mark to find a rule by: the field that tells most events apart, else the fewest texts.
fn best(marks: &[Mark]) -> Option<&Mark> {
    const FIRST: [&str; 2] = ["eventName", "eventType"];
    let known = FIRST.iter().find_map(|path| marks.iter().find(|mark| &*mark.path == *path));
    known.or_else(|| marks.iter().min_by_key(|mark| mark.texts.len()))
}

fn lower(text: &str, into: &mut String) {
    into.clear();
    if text.is_ascii() {
        into.push_str(text);
        into.make_ascii_lowercase();
    } else {
        into.push_str(&text.to_lowercase());
    }
}

/// How much of a line is shown with a problem, in characters.
const SHOWN: u32 = 400;

fn problem(record: &Record<'_>, fault: &Fault) -> Problem {
    let lines = Lines::new(record.json);
    let (line, column) = lines.at(fault.at);
    let before = if line == 1 { record.column.saturating_sub(1) } else { 0 };
    let place = Place {
        path: "".into(),
        line: record.line.saturating_add(line - 1),
        column: column.saturating_add(before),
    };
    let problem = Problem::at(fault.code, place, fault.message)
        .help("look at what wrote it, and fetch the log again if it was copied");
    // A column of the record alone points into the record's own text only.
    if column < SHOWN && before == 0 { problem.excerpt(&lines.text(line), 1) } else { problem }
}
