//! Variants of a condition, for tests of rules: an example must notice each missing clause.

use super::{Condition, Expr};

impl Condition {
    /// Every condition that lacks exactly one clause, with the text of what was deleted. `None`
    /// where nothing is left, which always holds.
    pub fn mutants(&self) -> Vec<(String, Option<Self>)> {
        self.clauses()
            .iter()
            .enumerate()
            .map(|(n, clause)| {
                let mut count = 0;
                let left = without(&self.expr, n, &mut count);
                (clause.to_string(), left.map(|expr| Self { expr }))
            })
            .collect()
    }
}

fn without(expr: &Expr, doomed: usize, count: &mut usize) -> Option<Expr> {
    match expr {
        Expr::Clause(_) => {
            let here = *count;
            *count += 1;
            (here != doomed).then(|| expr.clone())
        }
        Expr::Not(inner) => without(inner, doomed, count).map(|inner| Expr::Not(Box::new(inner))),
        Expr::All(parts) => {
            Expr::all(parts.iter().filter_map(|part| without(part, doomed, count)).collect())
        }
        Expr::Any(parts) => {
            Expr::any(parts.iter().filter_map(|part| without(part, doomed, count)).collect())
        }
    }
}
