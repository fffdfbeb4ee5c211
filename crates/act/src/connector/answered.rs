//! What answers of partners mean, as far as it is the same for all of them.

use holdfast_model::Problem;
use serde_json::Value;

use super::{Again, Refusal, Response};

/// Longer words of partners are cut, in characters.
const LONGEST: usize = 300;

/// An answer in JSON that was as it should be.
pub(crate) type Document = Value;

/// Not before somebody changes something.
pub(crate) fn no(problem: Problem) -> Refusal {
    Refusal { problem: Box::new(problem), again: Again::No, maybe_done: false }
}

/// Once more, after some seconds.
pub(crate) fn later(problem: Problem, seconds: u32) -> Refusal {
    Refusal { problem: Box::new(problem), again: Again::After(seconds), maybe_done: false }
}

/// Once more, and this time it may be a repeat.
fn doubtful(problem: Problem) -> Refusal {
    Refusal { problem: Box::new(problem), again: Again::After(0), maybe_done: true }
}

/// No answer came.
pub(super) fn lost(partner: &str, told: bool) -> Refusal {
    let problem = Problem::new("partner-lost", format!("no answer came from {partner}"));
    let help = if told { "it may have been done; it is tried again" } else { "it is tried again" };
    Refusal { maybe_done: told, ..later(problem.help(help), 0) }
}

/// An answer that is not what the contract says.
pub(crate) fn garbled(partner: &str, what: &str, tells: bool) -> Refusal {
    let message = format!("{partner} answered with what it never should: {what}");
    let problem = Problem::new("partner-garbled", message)
        .help("see whether the account's address is that of the partner itself");
    Refusal { maybe_done: tells, ..doubtful(problem) }
}

/// The seconds of `Retry-After` (RFC 9110, section 10.2.3), if they are seconds; a day at most.
pub(crate) fn retry_after(response: &Response) -> u32 {
    let seconds = response.header("retry-after").and_then(|value| value.trim().parse().ok());
    seconds.unwrap_or(0).min(86_400)
}

/// What is said by statuses alone, the same everywhere; `None` for 2xx. Words of the partner are
/// shown where `words` finds some.
pub(crate) fn status(
    partner: &str,
    response: &Response,
    tells: bool,
    words: &str,
) -> Option<Refusal> {
    let said = if words.is_empty() { String::new() } else { format!(": {}", quoted(words)) };
    let code = response.status;
    Some(match code {
        200..=299 => return None,
        401 => no(Problem::new(
            "partner-denied",
            format!("{partner} does not accept the account's secret{said}"),
        )
        .help("put a new one where the account names it; the old one may have been revoked")),
        403 => no(Problem::new(
            "partner-denied",
            format!("{partner} does not let the account do that{said}"),
        )
        .help("give the account's token the permission, or name another place in the routes")),
        404 | 410 => no(Problem::new(
            "partner-absent",
            format!("{partner} knows no such place, or does not show it to the account{said}"),
        )
        .help("compare the name in the routes with the partner's")),
        429 => later(
            Problem::new("partner-busy", format!("{partner} was asked too often{said}"))
                .help("it is tried again when the partner allows it"),
            retry_after(response),
        ),
        300..=399 => no(Problem::new(
            "partner-elsewhere",
            format!("{partner} answers at another address (status {code})"),
        )
        .help("put the new address into the account: nothing that tells follows by itself")),
        500..=599 => {
            let problem = Problem::new(
                "partner-failed",
                format!("{partner} failed with status {code}{said}"),
            );
            // A gateway says 502 or 504 also where the server behind it did what it was told.
            Refusal {
                again: Again::After(retry_after(response)),
                maybe_done: tells,
                ..doubtful(problem.help("it is tried again"))
            }
        }
        400..=499 => no(Problem::new(
            "partner-refused",
            format!("{partner} refused it with status {code}{said}"),
        )
        .help("the message says what it dislikes; often a field that its settings demand")),
        _ => garbled(partner, &format!("the status {code}"), tells),
    })
}

/// Words of a partner for a message: bounded, on one line, in backticks.
pub(crate) fn quoted(words: &str) -> String {
    format!("`{}`", super::one_line(&words.replace('`', "'"), LONGEST))
}

/// The document of an answer of 2xx.
///
/// # Errors
///
/// What the status says; `partner-garbled` where it was cut, or is no JSON.
pub(crate) fn read(
    partner: &str,
    response: &Response,
    tells: bool,
    words: impl Fn(&Document) -> String,
) -> Result<Document, Refusal> {
    let document = serde_json::from_slice::<Document>(&response.body);
    let said = document.as_ref().map(words).unwrap_or_default();
    if let Some(refusal) = status(partner, response, tells, &said) {
        return Err(refusal);
    }
    if response.cut {
        return Err(garbled(partner, "a document that ends in the middle", tells));
    }
    document.map_err(|_| {
        let begin = String::from_utf8_lossy(&response.body);
        garbled(partner, &quoted(&super::cut(&begin, 60)), tells)
    })
}

/// A connector was given what it does not take.
pub(crate) fn unfit<T>(about: &holdfast_model::About, tell: &super::Tell) -> super::Next<T> {
    let message = format!("`{}` cannot carry {}", about.id, tell.word());
    let help = "name an account for it that can";
    super::Next::Refused(no(Problem::new("partner-unfit", message).help(help)))
}
