//! One sentence for the page that follows a form: what was just done. Kept here, shown once, and
//! never in an address, which others could write.
//!
//! Knows for which session and page a sentence is meant. Must not know what it says.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use holdfast_model::Digest;

/// How many wait at most; the oldest goes first.
const MOST: usize = 256;

/// Sentences that wait for their pages.
#[derive(Debug, Default)]
pub(crate) struct Notices(Mutex<VecDeque<Notice>>);

#[derive(Debug)]
struct Notice {
    /// The digest of the session's secret.
    session: Digest,
    /// The page, without what is asked of it.
    path: String,
    words: String,
}

impl Notices {
    /// Keeps a sentence for the next time that this session opens this page.
    pub(crate) fn put(&self, secret: &str, to: &str, words: String) {
        let session = Digest::of(secret.as_bytes());
        let path = path(to).to_owned();
        let mut all = self.all();
        all.retain(|notice| notice.session != session || notice.path != path);
        if all.len() >= MOST {
            all.pop_front();
        }
        all.push_back(Notice { session, path, words });
    }

    /// Takes the sentence for a page.
    pub(crate) fn take(&self, secret: &str, to: &str) -> Option<String> {
        let mut all = self.all();
        if all.is_empty() {
            return None;
        }
        let (session, path) = (Digest::of(secret.as_bytes()), path(to));
        let at = all.iter().position(|notice| notice.session == session && notice.path == path)?;
        all.remove(at).map(|notice| notice.words)
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Notice>> {
        // Every change is one call: what a panic left behind is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn path(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_shown_once_to_one_session_on_one_page() {
        let notices = Notices::default();
        notices.put("a", "/plans/1?x=y", "approved".to_owned());
        assert_eq!(notices.take("b", "/plans/1"), None);
        assert_eq!(notices.take("a", "/plans/2"), None);
        assert_eq!(notices.take("a", "/plans/1").as_deref(), Some("approved"));
        assert_eq!(notices.take("a", "/plans/1"), None);
    }

    #[test]
    fn the_last_of_too_many_are_kept() {
        let notices = Notices::default();
        for number in 0..=MOST {
            notices.put("a", &format!("/plans/{number}"), number.to_string());
        }
        assert_eq!(notices.take("a", "/plans/0"), None);
        assert_eq!(notices.take("a", "/plans/1").as_deref(), Some("1"));
        assert_eq!(notices.all().len(), MOST - 1);
    }
}
