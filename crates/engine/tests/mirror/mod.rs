//! A server that holds an export, as a value: what it answers follows from its records, and tests
//! make it late, wrong or gone. Knows no expectation.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

use holdfast_engine::Failure;
use holdfast_engine::sync::{self, Request, Source, Sources, SyncReport};
use holdfast_model::{Digest, Problem, Timestamp};
use holdfast_world::{
    Downloaded, Files, Http, HttpGet, HttpMethod, HttpRequest, HttpResponse, Reach, Recorded,
    SendError, World,
};

/// Where the export is.
pub const ROOT: &str = "https://mirror.example/osv";
/// Where data is kept.
pub const DATA: &str = "/data";
/// 2026-11-21T09:00:00Z.
pub const NOW: i64 = 1_795_251_600_000;

/// What a file becomes instead of what it is.
#[derive(Debug, Clone)]
pub enum Wrong {
    /// Another status.
    Status(u16),
    /// Another content.
    Says(Vec<u8>),
    /// It ends in the middle.
    Cut,
    /// Nobody answers.
    Never,
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<String, Vec<u8>>,
    wrong: BTreeMap<String, Wrong>,
    asked: Vec<String>,
}

/// The server.
#[derive(Debug)]
pub struct Mirror {
    inner: Mutex<Inner>,
    keeps: Arc<dyn Files>,
}

impl Mirror {
    /// A server of nothing, and a world in which it answers.
    pub fn new(recorded: Recorded) -> (Arc<Self>, World) {
        let mut world = World::recorded(recorded.now(Timestamp(NOW)));
        let mirror = Self { inner: Mutex::default(), keeps: Arc::clone(&world.files) };
        let mirror = Arc::new(mirror);
        world.http = Arc::<Self>::clone(&mirror);
        (mirror, world)
    }

    /// The files of the world that it answers.
    pub fn files(&self) -> Arc<dyn Files> {
        Arc::clone(&self.keeps)
    }

    /// Puts a file below the root.
    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        let address = format!("{ROOT}/{path}");
        self.inner.lock().unwrap().files.insert(address, bytes.into());
    }

    /// Takes one away.
    pub fn remove(&self, path: &str) {
        self.inner.lock().unwrap().files.remove(&format!("{ROOT}/{path}"));
    }

    /// From now on this file is answered wrongly, or rightly again.
    pub fn goes(&self, path: &str, wrong: Option<Wrong>) {
        let address = format!("{ROOT}/{path}");
        let all = &mut self.inner.lock().unwrap().wrong;
        match wrong {
            Some(wrong) => all.insert(address, wrong),
            None => all.remove(&address),
        };
    }

    /// What was asked since this was asked last, below the root, sorted.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut self.inner.lock().unwrap().asked);
        asked.sort();
        let below = format!("{ROOT}/");
        asked.iter().map(|one| one.strip_prefix(&below).unwrap_or(one).to_owned()).collect()
    }

    /// Publishes the list and the single records of an ecosystem.
    pub fn list(&self, ecosystem: &str, records: &BTreeMap<String, String>) {
        let own = format!("{ROOT}/{ecosystem}/");
        let is_record = |path: &str| {
            path.starts_with(&own)
                && std::path::Path::new(path).extension().is_some_and(|one| one == "json")
        };
        self.inner.lock().unwrap().files.retain(|path, _| !is_record(path));
        let mut lines = Vec::new();
        for (id, text) in records {
            let record: serde_json::Value = serde_json::from_str(text).unwrap();
            lines.push(format!("{},{id}", record["modified"].as_str().unwrap()));
            self.put(&format!("{ecosystem}/{id}.json"), text.as_str());
        }
        lines.sort();
        lines.reverse();
        self.put(&format!("{ecosystem}/modified_id.csv"), lines.join("\n"));
    }

    /// Publishes the whole export of an ecosystem.
    pub fn export(&self, ecosystem: &str, records: &BTreeMap<String, String>) {
        self.put(&format!("{ecosystem}/all.zip"), zipped(records));
    }

    fn answer(&self, address: &str, etag: Option<&str>) -> Result<HttpResponse, SendError> {
        let mut inner = self.inner.lock().unwrap();
        inner.asked.push(address.to_owned());
        let there = inner.files.get(address).cloned();
        let body = match (inner.wrong.get(address), there) {
            (Some(Wrong::Never), _) => {
                let problem = Problem::new("http-lost", "`mirror.example` did not answer");
                return Err(SendError::Lost(problem));
            }
            (Some(Wrong::Status(status)), _) => return Ok(HttpResponse::of(*status, "no")),
            (Some(Wrong::Says(bytes)), _) => bytes.clone(),
            (Some(Wrong::Cut), Some(mut bytes)) => {
                bytes.truncate(bytes.len() / 2);
                return Ok(HttpResponse { cut: true, ..HttpResponse::of(200, bytes) });
            }
            (_, None) => return Ok(HttpResponse::of(404, "no")),
            (None, Some(bytes)) => bytes,
        };
        let own = format!("\"{}\"", Digest::of(&body));
        if etag == Some(&own) {
            return Ok(HttpResponse::of(304, ""));
        }
        Ok(HttpResponse::of(200, body).header("etag", &own))
    }
}

impl Http for Mirror {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, SendError> {
        assert_eq!(request.method, HttpMethod::Get);
        let etag = request.headers.iter().find(|(name, _)| name == "if-none-match");
        let mut answer = self.answer(&request.address, etag.map(|(_, etag)| etag.as_str()))?;
        if answer.body.len() as u64 > holdfast_world::MAX_BODY {
            answer.body.truncate(usize::try_from(holdfast_world::MAX_BODY).unwrap());
            answer.cut = true;
        }
        Ok(answer)
    }

    fn download(&self, get: &HttpGet) -> Result<Downloaded, Problem> {
        let answer = self.answer(&get.address, get.etag.as_deref());
        let answer = answer.map_err(|error| error.problem().clone())?;
        match answer.status {
            304 => return Ok(Downloaded::Unchanged),
            200 if answer.cut => return Err(Problem::new("http-cut", "the file ended early")),
            200 => {}
            status => {
                return Err(Problem::new("http-refused", format!("it answers with {status}")));
            }
        }
        assert!(answer.body.len() as u64 <= get.limit);
        self.keeps.write_atomic(Path::new("/"), &get.into, &answer.body).unwrap();
        let etag = answer.headers.iter().find(|(name, _)| name == "etag");
        Ok(Downloaded::New {
            bytes: answer.body.len() as u64,
            digest: Digest::of(&answer.body),
            etag: etag.map(|(_, etag)| etag.clone()),
            modified: None,
        })
    }
}

/// A zip of records, each under its name.
pub fn zipped(records: &BTreeMap<String, String>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (id, text) in records {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{id}.json"), options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A record of a package, changed at a second of 2026, perhaps withdrawn.
pub fn record(id: &str, ecosystem: &str, fixed: u32, second: u32, withdrawn: bool) -> String {
    let modified =
        format!("2026-10-01T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60);
    let withdrawn =
        if withdrawn { format!("\"withdrawn\": \"{modified}\", ") } else { String::new() };
    format!(
        r#"{{"id": "{id}", "modified": "{modified}", {withdrawn}"published": "2026-10-01T00:00:00Z",
 "summary": "Rounding reads past the end of the price list",
 "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{}"}},
   "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}.0"}}]}}]}}]}}"#,
        id.to_lowercase()
    )
}

/// Syncs these sources into [`DATA`].
pub fn synced(world: &World, from: &[&str], kev: Option<&str>) -> Result<SyncReport, Failure> {
    let source = |text: &str| Source::read(text, Path::new("/")).unwrap();
    let sources = Sources {
        from: from.iter().copied().map(source).collect(),
        kev: kev.map(source),
        epss: None,
    };
    let request = Request { sources, reach: Reach::default(), offline: false };
    sync::sync(world, Path::new(DATA), &request, &|_| {})
}

/// The problem of a sync that failed over what a server did.
#[track_caller]
pub fn not_done(outcome: Result<SyncReport, Failure>) -> Problem {
    match outcome {
        Err(Failure::NotDone(problem)) => {
            assert!(problem.place.is_some() && !problem.help.is_empty(), "{problem:?}");
            problem
        }
        other => panic!("{other:?}"),
    }
}
