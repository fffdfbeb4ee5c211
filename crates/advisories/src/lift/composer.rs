//! Composer's constraints (its documentation, "Versions and constraints"): alternatives separated
//! by `||` or `|`; within one, comparators separated by commas or spaces; a bare version means
//! exactly that one. `~1.2` lets the second number grow, `~1.2.3` the third.

use super::dotted_range::{Language, Op};

pub(super) static COMPOSER: Language = Language {
    operators: &[
        (">=", Op::GreaterEq),
        ("<=", Op::LessEq),
        ("!=", Op::NotEqual),
        ("<>", Op::NotEqual),
        ("==", Op::Equal),
        (">", Op::Greater),
        ("<", Op::Less),
        ("=", Op::Equal),
        ("^", Op::Caret),
        ("~", Op::Pessimistic),
    ],
    bare: Op::Equal,
    alternatives: true,
    branches: true,
    joint: " ",
    quoted: false,
};
