//! The tests inside an appetite: a finding in the words of the conditions, the line that has to
//! decide, and what has to be done.

use holdfast_model::{Do, Place, Problem};
use holdfast_rulefile::rule_tests::Given;
use holdfast_rulefile::{Decoder, Node};

use crate::appetite::{Appetite, Line};
use crate::fields::{SCHEMA, in_examples};
use crate::judge::decide;
use crate::read::wanted_deeds;

/// One example.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What it states; every other field has its usual value.
    pub given: Given,
    /// The line that has to decide.
    pub line: String,
    /// What has to be done.
    pub deeds: Vec<Do>,
    /// Where it stands.
    pub place: Place,
}

impl Example {
    pub(crate) fn read_all(decoder: &mut Decoder<'_>, node: &Node, lines: &[Line]) -> Vec<Self> {
        let nodes = decoder.list(node).unwrap_or_default();
        nodes.iter().filter_map(|node| Self::read(decoder, node, lines)).collect()
    }

    fn read(decoder: &mut Decoder<'_>, node: &Node, lines: &[Line]) -> Option<Self> {
        let mut table = decoder.map(node)?;
        let given = table.required(decoder, "given");
        let given = given.map(|node| Given::read(&SCHEMA, decoder, node));
        let line = table.required(decoder, "line").and_then(|node| {
            let name = decoder.text(node)?;
            if lines.iter().all(|line| line.name != name) {
                let names = lines.iter().map(|line| line.name.as_str());
                let help = holdfast_rulefile::suggest(name, names).map_or_else(
                    || "write the name of a line of this file".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                decoder.refuse("rule-value", node, format!("no line is called `{name}`"), help);
            }
            Some(name.to_owned())
        });
        let deeds = table.required(decoder, "do").map(|node| wanted_deeds(decoder, node));
        table.finish(decoder);
        Some(Self { given: given?, line: line?, deeds: deeds?, place: node.place.clone() })
    }

    /// What is wrong with what the lines make of it; `None` where it comes out as it says.
    fn run(&self, lines: &[Line]) -> Option<Problem> {
        let problem = |message: String| {
            let help = "change the example if the lines are right, or the lines if it is right";
            Some(Problem::at("rule-test", self.place.clone(), message).help(help))
        };
        let decided =
            decide(lines, &|name| self.given.get(name).cloned().or_else(|| in_examples(name)));
        let Some(line) = decided.line else {
            return problem("no line decides about this example".to_owned());
        };
        if line.name != self.line {
            let (found, wanted) = (&line.name, &self.line);
            return problem(format!(
                "the line `{found}` decides about this example, not `{wanted}`"
            ));
        }
        if line.deeds != self.deeds {
            let words =
                |deeds: &[Do]| deeds.iter().map(|deed| deed.word()).collect::<Vec<_>>().join(", ");
            let (found, wanted) = (words(&line.deeds), words(&self.deeds));
            return problem(format!("the line does [{found}], and the example says [{wanted}]"));
        }
        None
    }
}

/// Runs the examples of an appetite; one without examples is refused.
pub fn run_tests(appetite: &Appetite) -> Vec<Problem> {
    if appetite.examples.is_empty() {
        let message = format!("`{}` has no examples", appetite.name);
        let help = "add `tests:` with `{given: {finding.severity: now}, line: …, do: […]}`";
        return vec![Problem::new("appetite-untested", message).help(help)];
    }
    run(&appetite.lines, &appetite.examples)
}

/// Runs examples against other lines than their own, for mutation tests.
pub(crate) fn run(lines: &[Line], examples: &[Example]) -> Vec<Problem> {
    examples.iter().filter_map(|example| example.run(lines)).collect()
}
