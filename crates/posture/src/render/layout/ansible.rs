//! An Ansible role.

use holdfast_model::Tool;

use super::super::ansible::{handlers, tasks};
use super::super::yaml::{self, Arg, Task};
use super::{Laid, MARK, Piece, comment, file};

/// What only the team can say of a role, which nothing needs to run it.
const META: &str = "---
# For Ansible Galaxy, say under `galaxy_info` who made it, and under which licence.
dependencies: []
";

pub(super) fn files(name: &str, pieces: &[Piece<'_>]) -> Vec<Laid> {
    let mut all = vec![Laid::once("meta/main.yml", META)];
    let mut main = Vec::new();
    for piece in pieces {
        // Each by its name as a tag: `--tags root-login`.
        let task = Task::module(
            format!("{}: {}", piece.id, piece.title),
            "import_tasks",
            vec![("file", Arg::text(format!("{}.yml", piece.stem)))],
        );
        main.push(task.with("tags", Arg::list(&[&piece.id])));
        let own = tasks(name, &piece.id, &piece.steps, &piece.precheck);
        let text = yaml::tasks(&piece.comments(), &own);
        all.push(Laid::again(file(Tool::Ansible, piece), text));
    }
    all.push(Laid::again("tasks/main.yml", yaml::tasks(&comment(MARK), &main)));
    let handlers = handlers(name, pieces.iter().flat_map(|piece| &piece.steps));
    if !handlers.is_empty() {
        let text = yaml::tasks(&comment(MARK), &handlers);
        all.push(Laid::again("handlers/main.yml", text));
    }
    all
}
