//! The page of a layout: how it is used, and what each control is for.

use std::fmt::Write as _;

use holdfast_model::Tool;

use super::super::quote::one_line;
use super::{MARK, Piece, Remarks, file};
use crate::Seen;

/// What a page says of a tool.
struct Use {
    /// What the folder is.
    is: &'static str,
    /// How it is used, with `NAME` for its name.
    how: &'static str,
    /// How it only looks, and how one control alone is done, with `CONTROL` for its name.
    looks: &'static str,
    /// What is the team's, and left alone by a new run.
    yours: &'static str,
}

const ANSIBLE: Use = Use {
    is: "An Ansible role, for ansible-core 2.14 and later, of builtin modules alone.",
    how: "Put this folder where roles are looked for, and name it in a play:\n\n\
          ```yaml\n- hosts: all\n  become: true\n  gather_facts: false\n  roles:\n    - NAME\n```\n",
    looks: "With `ansible-playbook --check` it only looks, and with `--tags CONTROL` it does one \
            control alone. The ssh server reads its files anew as soon as a control changed them.",
    yours: "`meta/main.yml`",
};

const PUPPET: Use = Use {
    is: "A Puppet module, for Puppet 6 and later, of core types alone.",
    how: "Put this folder into a module path, and include its class:\n\n\
          ```puppet\ninclude NAME\n```\n",
    looks: "With `--noop` it only looks. Each control is a class of its own, such as \
            `NAME::CONTROL`.",
    yours: "`metadata.json`",
};

const CHEF: Use = Use {
    is: "A Chef cookbook, for Chef 14 and Cinc 14 and later, of core resources alone.",
    how: "Put this folder into a folder of cookbooks, and add it to a run list:\n\n\
          ```sh\nchef-client --runlist 'recipe[NAME]'\n```\n",
    looks: "With `--why-run` it only looks. Each control is a recipe of its own, such as \
            `NAME::CONTROL`.",
    yours: "`metadata.rb`",
};

const SHELL: Use = Use {
    is: "A folder of POSIX shell scripts, for dash and busybox alike.",
    how: "Bring this folder to the host, and run it there as root:\n\n```sh\nsh apply.sh\n```\n",
    looks: "`sh apply.sh CONTROL` does one control alone, and each file of `controls/` runs by \
            itself. The scripts cannot only look: `holdfast audit` can.",
    yours: "",
};

/// The whole page.
pub(super) fn page(
    name: &str,
    tool: Tool,
    pieces: &[Piece<'_>],
    seen: &Seen,
    remarks: &Remarks<'_>,
) -> String {
    let told = match tool {
        Tool::Shell => SHELL,
        Tool::Ansible => ANSIBLE,
        Tool::Puppet => PUPPET,
        Tool::Chef => CHEF,
    };
    // A tag is the control's own name; a class, a recipe or a script is called as its file is.
    let called = |piece: &Piece<'_>| {
        if tool == Tool::Ansible { piece.id.clone() } else { piece.stem.clone() }
    };
    let first = pieces.first().map(called).unwrap_or_default();
    let filled = |text: &str| text.replace("NAME", name).replace("CONTROL", &first);
    let mut out = format!("<!-- {MARK} -->\n\n# {name}\n\n{}\n\n", told.is);
    let _ = writeln!(out, "{}\n{}", filled(told.how), filled(told.looks));
    let _ = write!(out, "A second run changes nothing.\n\n{}", made_of(remarks));
    if seen.is_at_rest() {
        out.push_str(
            " That system did not run: services and the running kernel are left as they are, until \
             the next start.",
        );
    }
    out.push_str(
        "\n\n`holdfast fix … --into` writes it anew. It replaces the files that `holdfast.sha256` \
         lists, unless somebody changed them, and takes away those that are no longer needed; other \
         files it leaves alone.",
    );
    if !told.yours.is_empty() {
        let _ = write!(out, " {} is yours: it is written once.", told.yours);
    }
    out.push_str("\n\n## Controls\n");
    for piece in pieces {
        out.push_str(&section(tool, piece));
    }
    let of_pieces = pieces.iter().flat_map(|piece| &piece.by_hand);
    out.push_str(&list("To be done by hand", of_pieces.chain(remarks.by_hand)));
    out.push_str(&list("Not in here", remarks.left.iter()));
    out
}

/// Of what it was made, and what of that is not so elsewhere.
fn made_of(remarks: &Remarks<'_>) -> String {
    let Some(whole) = &remarks.whole else {
        return "It was made of what one host lacked: what held there is left out, and accounts, \
                lines of files and versions are those that were found there. Look at another host \
                before it gets this, with `holdfast audit`."
            .to_owned();
    };
    let by = match whole.baseline {
        Some(baseline) => format!("the baseline `{}` asks", one_line(baseline)),
        None => "every control asks".to_owned(),
    };
    format!(
        "It holds what {by} of `{}`, whether or not it was so there; what of that is not in here is \
         listed at the end, with the reason. Conditions of controls were judged for that host, and \
         accounts, values that are stricter than they have to be, and lines of other files that would \
         win are those that were found there. Look at another host before it gets this, with \
         `holdfast audit`.",
        one_line(whole.host)
    )
}

/// A section of lines, each once; empty for none.
fn list<'l>(title: &str, lines: impl Iterator<Item = &'l String>) -> String {
    let mut lines: Vec<String> = lines.map(|line| format!("- {}\n", one_line(line))).collect();
    lines.sort_unstable();
    lines.dedup();
    if lines.is_empty() { String::new() } else { format!("\n## {title}\n\n{}", lines.concat()) }
}

/// What one control is for.
fn section(tool: Tool, piece: &Piece<'_>) -> String {
    let mut out = format!("\n### {}: {}\n", piece.id, piece.title);
    if !piece.control.why.is_empty() {
        let _ = write!(out, "\n{}\n", one_line(&piece.control.why));
    }
    let _ = write!(out, "\n- file: `{}`\n", file(tool, piece));
    if let Some(when) = &piece.control.when {
        let _ = writeln!(out, "- only where: {}", one_line(&when.to_string()));
    }
    if !piece.control.refs.is_empty() {
        let refs = piece.control.refs.iter();
        let refs: Vec<String> =
            refs.map(|(list, numbers)| format!("{list} {}", numbers.join(", "))).collect();
        let _ = writeln!(out, "- asked for by: {}", one_line(&refs.join("; ")));
    }
    for (word, words) in piece.costs() {
        let _ = writeln!(out, "- {word}: {}", one_line(words));
    }
    out
}
