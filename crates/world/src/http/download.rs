//! A file over HTTP: asked for only where it has changed (RFC 9110, section 13), kept whole or not
//! at all.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use holdfast_model::{Digest, Problem};
use ring::digest::{Context, SHA256};
use ureq::{Body, http::Response};

use super::real::{Ask, RealHttp};
use super::{Downloaded, HttpGet, HttpMethod, MAX_DOWNLOAD, SendError};

pub(super) fn download(http: &RealHttp, get: &HttpGet) -> Result<Downloaded, Problem> {
    let ask = Ask {
        method: HttpMethod::Get,
        address: &get.address,
        headers: conditions(get),
        body: &[],
        reach: get.reach,
        deadline: Instant::now() + get.timeout,
    };
    let response = http.open(&ask).map_err(|error| match error {
        SendError::NotSent(problem) | SendError::Lost(problem) => problem,
    })?;
    let status = response.status().as_u16();
    if !new(status, get)? {
        return Ok(Downloaded::Unchanged);
    }
    let header = |name| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned)
    };
    let (etag, modified) = (header("etag"), header("last-modified"));
    let part = part_of(&get.into)?;
    let kept = keep(response, get, &part).and_then(|(bytes, digest)| {
        std::fs::rename(&part, &get.into).map_err(|error| unwritten(&get.into, &error))?;
        Ok(Downloaded::New { bytes, digest, etag, modified })
    });
    if kept.is_err() {
        drop(std::fs::remove_file(&part));
    }
    kept
}

/// The conditions under which there is something to send.
pub(super) fn conditions(get: &HttpGet) -> Vec<(String, String)> {
    let etag = get.etag.iter().map(|etag| ("if-none-match".to_owned(), etag.clone()));
    let since = get.modified.iter().map(|at| ("if-modified-since".to_owned(), at.clone()));
    etag.chain(since).collect()
}

/// Whether the answer brings a new copy.
pub(super) fn new(status: u16, get: &HttpGet) -> Result<bool, Problem> {
    match status {
        200 => Ok(true),
        304 if get.etag.is_some() || get.modified.is_some() => Ok(false),
        _ => {
            let message = format!("the server answers with status {status} instead of the file");
            Err(Problem::new("http-refused", message)
                .help("see whether the address is still the right one"))
        }
    }
}

pub(super) fn too_large(limit: u64) -> Problem {
    Problem::new("http-too-large", format!("the file is longer than {limit} bytes"))
        .help("see whether the address is the right one; nothing was kept")
}

pub(super) fn limit(get: &HttpGet) -> u64 {
    get.limit.min(MAX_DOWNLOAD)
}

fn keep(response: Response<Body>, get: &HttpGet, part: &Path) -> Result<(u64, Digest), Problem> {
    let limit = limit(get);
    let body = response.into_body();
    if body.content_length().is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .open(part)
        .map_err(|error| unwritten(part, &error))?;
    let mut reader = body.into_reader();
    let (mut digest, mut bytes) = (Context::new(&SHA256), 0_u64);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let cut = |_| {
            Problem::new("http-cut", format!("the file ended early, after {bytes} bytes"))
                .help("it is tried again; the copy that was there stays")
        };
        let read = reader.read(&mut buffer).map_err(cut)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else { break };
        bytes += read as u64;
        if bytes > limit {
            return Err(too_large(limit));
        }
        digest.update(chunk);
        file.write_all(chunk).map_err(|error| unwritten(part, &error))?;
    }
    file.sync_all().map_err(|error| unwritten(part, &error))?;
    let mut sum = [0; 32];
    for (to, from) in sum.iter_mut().zip(digest.finish().as_ref()) {
        *to = *from;
    }
    Ok((bytes, Digest(sum)))
}

/// The name under which it grows. One that a crash left is removed.
fn part_of(into: &Path) -> Result<PathBuf, Problem> {
    let Some(name) = into.file_name().filter(|_| into.is_absolute()) else {
        return Err(Problem::new("http-unwritten", "the file to be written has no name")
            .help("name it absolutely"));
    };
    let mut part = name.to_owned();
    part.push(".part");
    let part = into.with_file_name(part);
    drop(std::fs::remove_file(&part));
    Ok(part)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Problem {
    let message = format!("`{}` cannot be written: {}", path.display(), error.kind());
    Problem::new("http-unwritten", message).help("see whether there is room, and whether it may be")
}
