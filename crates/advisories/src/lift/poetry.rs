//! Poetry's own constraints, where they are no specifiers of PEP 440 (its documentation,
//! "Dependency specification"): `^1.2`, `~1.2`, `1.2.*`, a bare version, alternatives.

use super::dotted_range::{Language, Op};

pub(super) static POETRY: Language = Language {
    operators: &[
        ("~=", Op::Pessimistic),
        (">=", Op::GreaterEq),
        ("<=", Op::LessEq),
        ("!=", Op::NotEqual),
        ("==", Op::Equal),
        (">", Op::Greater),
        ("<", Op::Less),
        ("=", Op::Equal),
        ("^", Op::Caret),
        ("~", Op::Tilde),
    ],
    bare: Op::Equal,
    alternatives: true,
    branches: false,
    joint: ",",
    quoted: false,
};
