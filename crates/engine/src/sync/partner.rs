//! Asks a server for files, and says of everything that goes wrong where and what to do.
//!
//! Knows HTTP's answers; knows no feed.

use std::path::Path;
use std::time::Duration;

use holdfast_model::{Digest, Place, Problem};
use holdfast_world::{Downloaded, HttpGet, HttpMethod, HttpRequest, MAX_DOWNLOAD, Reach, World};

use super::kept::Validators;
use crate::failure::Failure;

/// How long a list or a record may take; a server that drips is given up.
const SHORT: Duration = Duration::from_mins(1);
/// How long a list may take that is longer than an answer usually is.
const LONGER: Duration = Duration::from_mins(5);
/// How long a whole export may take: the largest have some hundred megabytes, and lines are slow.
const LONG: Duration = Duration::from_mins(15);

/// Whoever answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Partner<'a> {
    pub(super) world: &'a World,
    pub(super) reach: Reach,
}

/// An answer.
#[derive(Debug)]
pub(super) enum Got {
    /// The copy that is here is still the newest.
    Unchanged,
    /// There is no such file, or it is not shown to us, which some servers do not tell apart.
    Absent,
    /// This is it.
    Body(Vec<u8>, Validators),
}

/// What a download came to.
#[derive(Debug)]
pub(super) enum Came {
    Unchanged,
    New {
        digest: Digest,
        /// In bytes.
        size: u64,
        validators: Validators,
    },
}

impl Partner<'_> {
    /// Gets a file into memory. One that is longer than an answer may be grows in `spill` first,
    /// up to `limit` bytes.
    ///
    /// # Errors
    ///
    /// Where there is no answer, or another one than 200, 304, 403, 404 and 410.
    pub(super) fn get(
        &self,
        address: &str,
        known: &Validators,
        limit: u64,
        spill: &Path,
    ) -> Result<Got, Failure> {
        let pairs = [("if-none-match", &known.etag), ("if-modified-since", &known.modified)];
        let headers: Vec<(String, String)> = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
            .collect();
        let conditional = !headers.is_empty();
        let request = HttpRequest {
            headers,
            reach: self.reach,
            timeout: SHORT,
            ..HttpRequest::new(HttpMethod::Get, address)
        };
        let answer = self.world.http.send(&request);
        let answer = answer.map_err(|error| failed(address, error.problem().clone()))?;
        match answer.status {
            304 if conditional => Ok(Got::Unchanged),
            403 | 404 | 410 => Ok(Got::Absent),
            200 if answer.cut => self.longer(address, limit, spill),
            200 => {
                let header = |name: &str| {
                    let found = answer.headers.iter().find(|(known, _)| known == name);
                    found.map(|(_, value)| value.clone())
                };
                let validators =
                    Validators { etag: header("etag"), modified: header("last-modified") };
                Ok(Got::Body(answer.body, validators))
            }
            status => {
                let message = format!("the server answers with status {status}");
                let place = Place::start_of(super::source::without_user(address));
                let help = if status == 429 || status >= 500 {
                    "it is busy or broken: try again later; what was there stays"
                } else {
                    "see whether the address is the right one; what was there stays"
                };
                Err(Failure::NotDone(Problem::at("feed-refused", place, message).help(help)))
            }
        }
    }

    fn longer(&self, address: &str, limit: u64, spill: &Path) -> Result<Got, Failure> {
        let came = self.download(address, &Validators::default(), limit, LONGER, spill)?;
        let bytes = self.world.files.read(Path::new("/"), spill, limit);
        drop(self.world.files.remove(Path::new("/"), spill));
        let bytes = bytes.map_err(|error| {
            let message = format!("`{}` cannot be read: {error}", spill.display());
            Failure::Ours(Problem::new("cannot-read", message))
        })?;
        Ok(match came {
            Came::Unchanged => Got::Unchanged,
            Came::New { validators, .. } => Got::Body(bytes, validators),
        })
    }

    /// Gets a whole file, where it changed.
    ///
    /// # Errors
    ///
    /// Where it cannot be had; `into` is as before then.
    pub(super) fn whole(
        &self,
        address: &str,
        known: &Validators,
        into: &Path,
    ) -> Result<Came, Failure> {
        self.download(address, known, MAX_DOWNLOAD, LONG, into)
    }

    fn download(
        &self,
        address: &str,
        known: &Validators,
        limit: u64,
        timeout: Duration,
        into: &Path,
    ) -> Result<Came, Failure> {
        let get = HttpGet {
            address: address.to_owned(),
            etag: known.etag.clone(),
            modified: known.modified.clone(),
            reach: self.reach,
            timeout,
            limit,
            into: into.to_owned(),
        };
        match self.world.http.download(&get).map_err(|problem| failed(address, problem))? {
            Downloaded::Unchanged => Ok(Came::Unchanged),
            Downloaded::New { bytes: size, digest, etag, modified } => {
                Ok(Came::New { digest, size, validators: Validators { etag, modified } })
            }
        }
    }
}

/// A problem of HTTP, with its place; what was named wrongly is told from what a server does.
fn failed(address: &str, mut problem: Problem) -> Failure {
    problem.place = Some(Place::start_of(super::source::without_user(address)));
    match problem.code.as_str() {
        "http-forbidden" => {
            "where it is meant, set `private = true` under [advisories] for your own network, or \
             give --private for this machine too"
                .clone_into(&mut problem.help);
            problem.into()
        }
        "http-address" => {
            "write it as `https://host/path`; within your own network, `private = true` under \
             [advisories] permits `http`"
                .clone_into(&mut problem.help);
            problem.into()
        }
        "http-unwritten" => problem.into(),
        _ => {
            if problem.help.is_empty() || matches!(&*problem.code, "http-lost" | "http-cut") {
                "sync again later; what was there stays".clone_into(&mut problem.help);
            }
            Failure::NotDone(problem)
        }
    }
}
