//! A Chef cookbook.

use std::fmt::Write as _;

use holdfast_model::Tool;

use super::super::chef::declared;
use super::super::quote::single_quoted;
use super::{Laid, MARK, Piece, comment, file};

pub(super) fn files(name: &str, pieces: &[Piece<'_>]) -> Vec<Laid> {
    let mut all = vec![Laid::once("metadata.rb", metadata(name))];
    let mut default = comment(MARK);
    default.push_str("#\n");
    default.push_str(&comment("Makes a host as these controls want it, one after the other."));
    for piece in pieces {
        let recipe = single_quoted(&format!("{name}::{}", piece.stem));
        let _ = write!(default, "\n# {}: {}\ninclude_recipe {recipe}\n", piece.id, piece.title);
        let code = declared(&piece.id, &piece.steps, &piece.precheck);
        let text = format!("{}{code}", piece.comments());
        all.push(Laid::again(file(Tool::Chef, piece), text));
    }
    all.push(Laid::again("recipes/default.rb", default));
    all
}

/// Without a licence: Chef then says that all rights are reserved, until the team says otherwise.
fn metadata(name: &str) -> String {
    format!(
        "name {}\nversion '0.1.0'\ndescription 'Makes a host as the controls of this cookbook want \
         it'\nchef_version '>= 14.0'\n",
        single_quoted(name)
    )
}
