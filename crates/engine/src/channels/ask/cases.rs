//! Cases: asked about once, reminded of once where nobody answers, and closed where they were asked.

use std::sync::Arc;

use holdfast_act::connector::{OnceKey, Subject, Text};
use holdfast_model::{Case, Digest, Severity, Timestamp};

use super::{Asking, MOST_AT_ONCE, New, Wanted, rewrites};
use crate::channels::account::Channel;
use crate::channels::errand::Errand;
use crate::channels::said;

/// A case that nobody answers is said once more after so long, in milliseconds.
const SILENCE: i64 = 15 * 60_000;
/// What kind of message that is; it waits, and is most often not needed.
pub(in crate::channels) const REMINDER: &str = "case.waiting";
/// What happened longer ago is not news to a channel, in milliseconds.
const NEWS: i64 = 86_400_000;

impl Asking<'_> {
    /// Tells the channels of the team that answers for this machine.
    pub(super) fn cases(&mut self, cases: &[Case], team: &str) {
        let console = self.channels.console.clone();
        for channel in self.channels.messages(team) {
            let mut new = Vec::new();
            let mut opened = Vec::new();
            for case in cases {
                let name = name(case);
                let words = said::words_of_case(case, rewrites(channel));
                let text = || said::case(case, page(console.as_deref(), case).as_deref());
                if let Some(before) = self.said(channel.name(), &name) {
                    if before.words != words {
                        self.case_again(channel, case, text(), words);
                    }
                    continue;
                }
                if !said::is_news(case, self.now.0.saturating_sub(NEWS)) {
                    continue;
                }
                opened.push(case);
                new.push(New {
                    name,
                    about: Subject::Case(Arc::clone(&case.id)),
                    key: OnceKey::new(&channel.account, ["case", &*case.id]),
                    urgent: case.severity == Severity::Now,
                    words,
                    text: text(),
                    data: said::data_of_case(case),
                    kind: "case.opened",
                    team: team.to_owned(),
                    why: case.title.clone(),
                });
            }
            self.first(channel, &new, said::all_cases(console.as_deref()));
            opened.retain(|case| new.len() <= MOST_AT_ONCE && case.severity >= Severity::Soon);
            for case in opened {
                self.reminder(channel, case, page(console.as_deref(), case).as_deref());
            }
        }
    }

    /// Says it once more where nobody answers.
    fn reminder(&mut self, channel: &Channel, case: &Case, page: Option<&str>) {
        let key = OnceKey::new(&channel.account, ["case", &*case.id, "waiting"]);
        let about = Subject::Case(Arc::clone(&case.id));
        let errand = self.errand(channel, REMINDER, key, about, said::waiting(case, page));
        let unless_answered = Some(Arc::clone(&case.id));
        self.tells.push(Wanted {
            channel: channel.name().to_owned(),
            // Apart from the first message: the answer is said there.
            thread: format!("{}:waiting", name(case)),
            errand: Errand { data: said::data_of_case(case), unless_answered, ..errand },
            not_before: Timestamp(self.now.0.saturating_add(SILENCE)),
            why: "nobody has answered yet".to_owned(),
        });
    }

    fn case_again(&mut self, channel: &Channel, case: &Case, text: Text, words: Digest) {
        let open = case.answer.is_none();
        let kind = if open { "case.changed" } else { "case.answered" };
        let at = self.now.0.to_string();
        let key = OnceKey::new(&channel.account, ["case", &*case.id, kind, &at]);
        let errand = self.errand(channel, kind, key, Subject::Case(Arc::clone(&case.id)), text);
        let name = name(case);
        self.remember(channel.name(), &name, &name, words, open);
        let errand = Errand { data: said::data_of_case(case), again: true, ..errand };
        self.want(channel, &name, errand, format!("the case `{}` changed", case.id));
    }
}

/// By what a case is remembered, and the thread of what was told of it.
fn name(case: &Case) -> String {
    format!("case:{}", case.id)
}

fn page(console: Option<&str>, case: &Case) -> Option<String> {
    console.map(|console| format!("{console}/cases/{}", case.id))
}
