//! A folder of scripts: one for each control, which needs no other file, and one that runs them.

use std::fmt::Write as _;

use holdfast_model::Tool;

use super::super::Heading;
use super::super::shell::script;
use super::{Laid, MARK, Piece, comment, file};

/// What runs them: a control whose precheck does not succeed is left out, and so told.
const APPLY: &str = r#"#
# Makes this host as these controls want it, one after the other. Run as root:
#   sh apply.sh             all of them
#   sh apply.sh CONTROL...  only these
# Ends with 0 only if everything is as wanted. What one cannot do stops none of the others.
set -u
cd "$(dirname "$0")" || exit 1
bad=0

control() {
    if [ ! -f "controls/$1.sh" ]; then
        printf 'failed: there is no control %s here\n' "$1" >&2
        bad=1
    elif [ -f "controls/$1.precheck.sh" ] && ! sh "controls/$1.precheck.sh" >&2; then
        printf 'failed: %s: no other administrator can log in afterwards\n' "$1" >&2
        bad=1
    elif ! sh "controls/$1.sh"; then
        printf 'failed: %s\n' "$1" >&2
        bad=1
    fi
}

"#;

pub(super) fn files(pieces: &[Piece<'_>]) -> Vec<Laid> {
    let mut all = Vec::new();
    let mut apply = format!("#!/bin/sh\n{}{APPLY}if [ $# = 0 ]; then\n    set --", comment(MARK));
    for piece in pieces {
        let _ = write!(apply, " \\\n        {}", piece.stem);
        let heading = Heading { id: &piece.id, title: &piece.title, undo: false, manual: &[] };
        let code = script(&heading, &piece.steps);
        // Its own heading is shorter than ours.
        let ends = format!("# {}. Run as root.\n", heading.purpose());
        let code = code.split_once(&ends).map_or(code.as_str(), |(_, rest)| rest);
        let text = format!("#!/bin/sh\n{}{code}", piece.comments());
        all.push(Laid::again(file(Tool::Shell, piece), text));
        if !piece.precheck.is_empty() {
            let path = format!("controls/{}.precheck.sh", piece.stem);
            all.push(Laid::again(path, piece.precheck.as_str()));
        }
    }
    apply.push_str("\nfi\nfor one; do\n    control \"$one\"\ndone\nexit \"$bad\"\n");
    all.push(Laid::again("apply.sh", apply));
    all
}
