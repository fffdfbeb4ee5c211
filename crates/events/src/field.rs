//! Names of fields: a dot walks into objects, a key may itself hold dots, and in lists every
//! element counts.

use crate::tree::{Id, Kind, Tree};

/// The values a name leads to, until `see` says `true`. A list is handed over as it stands.
pub(crate) fn any(tree: &Tree<'_>, path: &str, see: &mut dyn FnMut(Id) -> bool) -> bool {
    within(tree, Tree::ROOT, path, see)
}

fn within(tree: &Tree<'_>, id: Id, path: &str, see: &mut dyn FnMut(Id) -> bool) -> bool {
    match tree.kind(id) {
        Kind::List => tree.children(id).any(|element| within(tree, element, path, see)),
        Kind::Object => {
            if let Some(value) = tree.member(id, path) {
                return see(value);
            }
            path.match_indices('.').any(|(dot, _)| {
                let (Some(head), Some(rest)) = (path.get(..dot), path.get(dot + 1..)) else {
                    return false;
                };
                tree.member(id, head).is_some_and(|inner| within(tree, inner, rest, see))
            })
        }
        Kind::Null | Kind::Truth | Kind::Number | Kind::Text => false,
    }
}

/// A value, or each element of it where it is a list, however deep.
pub(crate) fn each(tree: &Tree<'_>, id: Id, see: &mut dyn FnMut(Id) -> bool) -> bool {
    if tree.kind(id) == Kind::List {
        return tree.children(id).any(|element| each(tree, element, see));
    }
    see(id)
}
