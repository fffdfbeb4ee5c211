//! Answers as values, played in their order; and secrets from a list.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_model::{Digest, Problem};

use super::secret::absent;
use super::{
    Downloaded, Http, HttpGet, HttpMethod, HttpRequest, HttpResponse, HttpSecret, Secret,
    SecretSource, Secrets, SendError, download,
};
use crate::Files;

type Key = (HttpMethod, String);
type Answers = VecDeque<Result<HttpResponse, SendError>>;

/// Recorded answers, by method and address. Several for the same are played one after the other,
/// and the last again and again.
#[derive(Debug, Default)]
pub struct RecordedHttp {
    answers: Mutex<BTreeMap<Key, Answers>>,
    asked: Mutex<Vec<HttpRequest>>,
    files: Option<Arc<dyn Files>>,
}

impl RecordedHttp {
    /// Nobody answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Downloads are kept there.
    #[must_use]
    pub fn keeping(mut self, files: Arc<dyn Files>) -> Self {
        self.files = Some(files);
        self
    }

    /// One more answer. Where the address is the secret, it is that.
    #[must_use]
    pub fn answer(
        self,
        method: HttpMethod,
        address: &str,
        answer: Result<HttpResponse, SendError>,
    ) -> Self {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry((method, address.to_owned())).or_default().push_back(answer);
        drop(answers);
        self
    }

    /// What was asked so far, as it was asked: secrets are not put in.
    pub fn asked(&self) -> Vec<HttpRequest> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Http for RecordedHttp {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, SendError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let (address, shown) = match &request.secret {
            HttpSecret::Address(secret) => (secret.reveal(), "the secret address"),
            _ => (request.address.as_str(), request.address.as_str()),
        };
        let mut all = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = all.get_mut(&(request.method, address.to_owned()));
        let next = answers.and_then(|answers| {
            if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
        });
        next.unwrap_or_else(|| {
            let message = format!("no answer is recorded for `{shown}`");
            Err(SendError::NotSent(Problem::new("http-unreachable", message)))
        })
    }

    fn download(&self, get: &HttpGet) -> Result<Downloaded, Problem> {
        let mut request = HttpRequest::new(HttpMethod::Get, &get.address);
        request.headers = download::conditions(get);
        let answer = self.send(&request).map_err(|error| error.problem().clone())?;
        if !download::new(answer.status, get)? {
            return Ok(Downloaded::Unchanged);
        }
        let bytes = answer.body.len() as u64;
        if answer.cut {
            let message = format!("the file ended early, after {bytes} bytes");
            return Err(Problem::new("http-cut", message));
        }
        if bytes > download::limit(get) {
            return Err(download::too_large(download::limit(get)));
        }
        let path = get.into.strip_prefix("/").unwrap_or(&get.into);
        let wrote =
            self.files.as_ref().map(|files| files.write_atomic(Path::new("/"), path, &answer.body));
        if !matches!(wrote, Some(Ok(()))) {
            let message = format!("`{}` cannot be written", get.into.display());
            return Err(Problem::new("http-unwritten", message));
        }
        let header = |name: &str| {
            let found = answer.headers.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        let digest = Digest::of(&answer.body);
        Ok(Downloaded::New {
            bytes,
            digest,
            etag: header("etag"),
            modified: header("last-modified"),
        })
    }
}

/// Secrets as values.
#[derive(Debug, Default)]
pub struct RecordedSecrets(BTreeMap<SecretSource, Secret>);

impl RecordedSecrets {
    /// These.
    pub fn new(secrets: BTreeMap<SecretSource, Secret>) -> Self {
        Self(secrets)
    }
}

impl Secrets for RecordedSecrets {
    fn get(&self, source: &SecretSource) -> Result<Secret, Problem> {
        self.0.get(source).cloned().ok_or_else(|| absent(source))
    }
}
