//! A Puppet module.

use std::fmt::Write as _;

use holdfast_model::Tool;

use super::super::puppet::declared;
use super::{Laid, MARK, Piece, comment, file};

pub(super) fn files(name: &str, pieces: &[Piece<'_>]) -> Vec<Laid> {
    let mut all = vec![Laid::once("metadata.json", metadata(name))];
    let mut init = comment(MARK);
    init.push_str("#\n");
    init.push_str(&comment("Makes a host as these controls want it, one after the other."));
    let _ = writeln!(init, "class {name} {{");
    for piece in pieces {
        let class = format!("{name}::{}", piece.stem);
        let _ = writeln!(init, "  # {}: {}\n  contain {class}", piece.id, piece.title);
        let code = declared(&class, &piece.id, &piece.steps, &piece.precheck);
        let text = format!("{}{code}", piece.comments());
        all.push(Laid::again(file(Tool::Puppet, piece), text));
    }
    init.push_str("}\n");
    all.push(Laid::again("manifests/init.pp", init));
    all
}

/// Puppet reads no module whose metadata lack one of these; `proprietary` is what a team's code is
/// until it says otherwise.
fn metadata(name: &str) -> String {
    format!(
        r#"{{
  "name": "holdfast-{name}",
  "version": "0.1.0",
  "author": "holdfast",
  "summary": "Makes a host as the controls of this module want it",
  "license": "proprietary",
  "source": "",
  "dependencies": [],
  "requirements": [
    {{
      "name": "puppet",
      "version_requirement": ">= 6.0.0"
    }}
  ]
}}
"#
    )
}
