//! What a reader says, numbered and bounded.
//!
//! Knows facts; must not know formats.

use holdfast_model::{Component, Edge, Fact, Problem, Requirement, Span};

use super::{Document, number};

/// So many problems are told of one document; one more says that there are others.
pub const MAX_PROBLEMS: usize = 100;

/// Something written wrongly in a text, before it has a place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The problem's code.
    pub code: &'static str,
    /// The bytes that are meant.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Whether something may have been lost, so that absence proves nothing.
    pub loses: bool,
}

impl Mistake {
    /// A mistake through which something may have been lost.
    pub fn loss(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), help: String::new(), loses: true }
    }

    /// A mistake that loses nothing.
    pub fn slip(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), help: String::new(), loses: false }
    }

    /// The same with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

/// The way out for facts.
pub struct Report<'o> {
    out: &'o mut dyn FnMut(Fact),
    components: u32,
    problems: usize,
    partial: bool,
}

impl<'o> Report<'o> {
    /// A report that has said nothing yet.
    pub fn new(out: &'o mut dyn FnMut(Fact)) -> Self {
        Self { out, components: 0, problems: 0, partial: false }
    }

    /// Says what was wrong with a file as a file.
    pub fn open(&mut self, document: &Document<'_>) {
        for mistake in document.mistakes(false) {
            self.mistake(document, &mistake);
        }
    }

    /// Says a component and gives its index, which edges use.
    pub fn component(&mut self, component: Component) -> u32 {
        let index = self.components;
        self.components = index.saturating_add(1);
        (self.out)(Fact::Component(component));
        index
    }

    /// Says an edge.
    pub fn edge(&mut self, edge: Edge) {
        (self.out)(Fact::Edge(edge));
    }

    /// Says a requirement of a document; it can be lifted only where the file's bytes are its text.
    pub fn requirement(&mut self, document: &Document<'_>, mut requirement: Requirement) {
        requirement.liftable &= document.is_verbatim(requirement.span, &requirement.range);
        (self.out)(Fact::Requirement(requirement));
    }

    /// Says any other fact.
    pub fn fact(&mut self, fact: Fact) {
        (self.out)(fact);
    }

    /// Says what is written wrongly.
    pub fn mistake(&mut self, document: &Document<'_>, mistake: &Mistake) {
        self.partial |= mistake.loses;
        self.problems += 1;
        if self.problems <= MAX_PROBLEMS {
            (self.out)(Fact::Problem(document.problem(mistake)));
        } else if self.problems == MAX_PROBLEMS + 1 {
            let more = Mistake::loss(
                "too-many-problems",
                mistake.span,
                format!(
                    "there are more than {} problems; the others are not told",
                    number(MAX_PROBLEMS)
                ),
            )
            .help("mend the first ones, or replace the file with one that its tool writes");
            (self.out)(Fact::Problem(document.problem(&more)));
        }
    }

    /// Says a problem that has no place in a text.
    pub fn problem(&mut self, problem: Problem, loses: bool) {
        self.partial |= loses;
        self.problems += 1;
        if self.problems <= MAX_PROBLEMS {
            (self.out)(Fact::Problem(problem));
        }
    }

    /// Notes that something was left out.
    pub fn partial(&mut self) {
        self.partial = true;
    }

    /// Ends the report.
    pub fn finish(self) {
        if self.partial {
            (self.out)(Fact::Partial);
        }
    }
}
