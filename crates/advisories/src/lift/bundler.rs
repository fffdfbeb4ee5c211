//! Bundler's requirements (guides of RubyGems, "Declaring dependencies"): comparators of which all
//! must hold, each in its own quotes; a bare version means exactly that one.

use super::dotted_range::{Language, Op};

pub(super) static BUNDLER: Language = Language {
    operators: &[
        ("~>", Op::Pessimistic),
        (">=", Op::GreaterEq),
        ("<=", Op::LessEq),
        ("!=", Op::NotEqual),
        (">", Op::Greater),
        ("<", Op::Less),
        ("=", Op::Equal),
    ],
    bare: Op::Equal,
    alternatives: false,
    branches: false,
    joint: ", ",
    quoted: true,
};
