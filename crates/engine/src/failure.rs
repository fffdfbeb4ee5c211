//! Why a command could not be carried out at all. Bad files are problems and never end here.

use holdfast_model::Problem;

/// What ends a command.
#[derive(Debug)]
pub enum Failure {
    /// The arguments or the configuration: exit code 2.
    Usage(Vec<Problem>),
    /// What was asked could not be brought about, by another tool's word: exit code 1.
    NotDone(Problem),
    /// Our own: exit code 3.
    Ours(Problem),
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Usage(problems)
    }
}

impl From<Box<Problem>> for Failure {
    fn from(problem: Box<Problem>) -> Self {
        Self::Usage(vec![*problem])
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Usage(vec![problem])
    }
}

impl Failure {
    /// What went wrong: at least one where the arguments or the configuration were.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Usage(problems) => problems,
            Self::NotDone(problem) | Self::Ours(problem) => std::slice::from_ref(problem),
        }
    }
}
