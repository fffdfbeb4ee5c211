//! The doors to others behind faults: requests that never leave, answers that are lost, cut or
//! late, and requests that come twice.

use std::sync::Arc;

use holdfast_model::Problem;

use super::{Fate, Faults};
use crate::{
    Downloaded, Http, HttpGet, HttpMethod, HttpRequest, HttpResponse, HttpSecret, Mail, MailReply,
    MailRequest, SendError,
};

#[derive(Debug)]
pub(super) struct Partner<T: ?Sized> {
    pub(super) faults: Arc<Faults>,
    pub(super) inner: Arc<T>,
}

fn not_sent() -> SendError {
    SendError::NotSent(Problem::new("injected-fault", "the request was not sent"))
}

fn lost() -> SendError {
    SendError::Lost(Problem::new("injected-fault", "the answer was lost"))
}

impl<T: ?Sized> Partner<T> {
    /// One call. A failing one was made in every second case: the number of the call decides.
    fn call<V>(
        &self,
        repeatable: bool,
        call: impl Fn(&T) -> Result<V, SendError>,
        short: impl FnOnce(V, u8) -> V,
    ) -> Result<V, SendError> {
        match self.faults.next() {
            Fate::Pass => call(&self.inner),
            // Whatever stands between sends again what took too long, where that is harmless
            // (RFC 9110, section 9.2.2); the second answer is the one that arrives.
            Fate::Late(_) => {
                if repeatable {
                    drop(call(&self.inner));
                }
                call(&self.inner)
            }
            Fate::Short(share) => call(&self.inner).map(|value| short(value, share)),
            Fate::Fail if self.faults.calls().is_multiple_of(2) => {
                drop(call(&self.inner));
                Err(lost())
            }
            Fate::Fail | Fate::Gone => Err(not_sent()),
            Fate::Crash(done) => {
                if done {
                    drop(call(&self.inner));
                }
                Err(lost())
            }
        }
    }
}

impl Http for Partner<dyn Http> {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, SendError> {
        let signed = matches!(request.secret, HttpSecret::Signature { .. });
        let repeatable = request.method == HttpMethod::Get || signed;
        self.call(
            repeatable,
            |http| http.send(request),
            |mut answer, share| {
                let length = answer.body.len().saturating_mul(usize::from(share)) / 256;
                answer.body.truncate(length);
                answer.cut = true;
                answer
            },
        )
    }

    fn download(&self, get: &HttpGet) -> Result<Downloaded, Problem> {
        let got = self.call(true, |http| http.download(get).map_err(SendError::Lost), |got, _| got);
        got.map_err(|error| error.problem().clone())
    }
}

impl Mail for Partner<dyn Mail> {
    fn send(&self, request: &MailRequest) -> Result<MailReply, SendError> {
        self.call(false, |mail| mail.send(request), |reply, _| reply)
    }
}
