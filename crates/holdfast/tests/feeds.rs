//! `advisories sync` over HTTPS, the whole way: the program, its TLS, a server of this machine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;
use support::{Ran, Stage, TILLER, cargo_lock, rows};

/// What is published: by path, a status and a body.
type Files = Arc<Mutex<BTreeMap<String, (u16, Vec<u8>)>>>;

/// A server that speaks TLS as `localhost`, until it is dropped.
struct Server {
    socket: SocketAddr,
    files: Files,
    heard: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    authority: String,
}

impl Server {
    fn start() -> Self {
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key.unwrap())
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = listener.local_addr().unwrap();
        let (files, heard) = (Files::default(), Arc::<Mutex<Vec<String>>>::default());
        let over = Arc::new(AtomicBool::new(false));
        let (all, told, ends) = (Arc::clone(&files), Arc::clone(&heard), Arc::clone(&over));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let (config, all, told) =
                    (Arc::clone(&config), Arc::clone(&all), Arc::clone(&told));
                std::thread::spawn(move || serve(stream.unwrap(), config, &all, &told));
            }
        });
        Self { socket, files, heard, over, authority: pem(own.cert.der()) }
    }

    fn address(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.socket.port())
    }

    fn put(&self, path: &str, status: u16, body: impl Into<Vec<u8>>) {
        self.files.lock().unwrap().insert(path.to_owned(), (status, body.into()));
    }

    /// The paths that were asked for since this was called last, sorted.
    fn heard(&self) -> Vec<String> {
        let mut heard = std::mem::take(&mut *self.heard.lock().unwrap());
        heard.sort();
        heard
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.socket));
    }
}

/// A certificate as files hold it (RFC 7468).
fn pem(der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// Answers one request; a client that does not believe us just leaves.
fn serve(
    stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
    files: &Mutex<BTreeMap<String, (u16, Vec<u8>)>>,
    heard: &Mutex<Vec<String>>,
) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let session = rustls::ServerConnection::new(config).unwrap();
    let mut stream = rustls::StreamOwned::new(session, stream);
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let path = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap().to_owned();
    heard.lock().unwrap().push(path.clone());
    let (status, body) = files.lock().unwrap().get(&path).cloned().unwrap_or((404, Vec::new()));
    let etag = format!(
        "\"{}\"",
        body.iter().fold(7_u64, |sum, byte| sum * 31 % 0xFFFF_FFFB + u64::from(*byte))
    );
    let known = head.contains(&format!("if-none-match: {etag}\r\n"));
    let (status, body) = if status == 200 && known { (304, Vec::new()) } else { (status, body) };
    let location = if status == 302 { "location: https://elsewhere.example/\r\n" } else { "" };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} Some\r\n{location}etag: {etag}\r\ncontent-length: {length}\r\n\r\n"
    );
    drop(stream.write_all(&[answer.as_bytes(), &body].concat()).and_then(|()| stream.flush()));
    stream.conn.send_close_notify();
    drop(stream.flush());
}

/// A record of `tiller`, and its zip.
fn record(fixed: &str, modified: &str) -> String {
    format!(
        r#"{{"id": "RUSTSEC-2026-9001", "modified": "{modified}", "aliases": ["{TILLER}"],
 "summary": "Rounding reads past the end of the price list",
 "affected": [{{"package": {{"ecosystem": "crates.example", "name": "tiller"}},
   "ranges": [{{"type": "SEMVER", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
    )
}

fn zipped(name: &str, text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// Runs the program, which believes this server.
fn run(stage: &Stage, server: &Server, arguments: &[&str]) -> Ran {
    let authority = stage.outer.path().join("authority.pem");
    std::fs::write(&authority, &server.authority).unwrap();
    let output = stage
        .command(arguments)
        .env("SSL_CERT_FILE", &authority)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn findings(stage: &Stage) -> usize {
    let report: Value =
        serde_json::from_str(&stage.run(&["check", "--format", "json"]).out).unwrap();
    rows(&report, "findings").len()
}

#[test]
fn a_feed_over_https_finds_and_its_delta_mends() {
    let (stage, server) = (Stage::new(), Server::start());
    stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    let first = record("1.0.3", "2026-11-01T00:00:00Z");
    let folder = "/osv/crates.example";
    server.put("/osv/ecosystems.txt", 200, "Go\ncrates.example\n");
    server.put(&format!("{folder}/all.zip"), 200, zipped("RUSTSEC-2026-9001.json", &first));
    let list = |time: &str| format!("{time},RUSTSEC-2026-9001\n");
    server.put(&format!("{folder}/modified_id.csv"), 200, list("2026-11-01T00:00:00Z"));
    server.put("/kev.json", 200, format!(r#"{{"vulnerabilities": [{{"cveID": "{TILLER}"}}]}}"#));
    let (root, kev) = (server.address("/osv"), server.address("/kev.json"));
    let sync =
        ["advisories", "sync", "--private", "--from", &root, "--kev", &kev, "--format", "json"];
    let report = run(&stage, &server, &sync).json(0);
    assert_eq!((&report["feeds"][0]["records"], &report["exploited"]), (&1.into(), &1.into()));
    assert_eq!(findings(&stage), 1);
    let all = ["all.zip", "modified_id.csv"].map(|name| format!("{folder}/{name}"));
    // Programs of this machine may be written in Go, whose feed is asked for then.
    let heard = server.heard().into_iter().filter(|path| !path.contains("/Go/"));
    assert_eq!(
        heard.collect::<Vec<_>>(),
        [&["/kev.json".to_owned()], &all[..], &["/osv/ecosystems.txt".to_owned()]].concat()
    );

    // It was not in this version after all, and one record says so.
    let second = record("0.9.0", "2026-11-02T00:00:00Z");
    server.put(&format!("{folder}/RUSTSEC-2026-9001.json"), 200, second);
    server.put(&format!("{folder}/modified_id.csv"), 200, list("2026-11-02T00:00:00Z"));
    let report = run(&stage, &server, &sync).json(0);
    assert_eq!(report["feeds"][0]["changed"], 1);
    assert!(!server.heard().contains(&all[0]), "the whole export was fetched again");
    assert_eq!(findings(&stage), 0);

    // The same out of the configuration, which may not speak for this machine.
    stage.write("holdfast.toml", format!("[advisories]\nsources = [\"{root}\"]\nprivate = true\n"));
    let refused = run(&stage, &server, &["advisories", "sync"]);
    refused.refuses(2, "http-forbidden");
    assert!(refused.err.contains("--private"), "{refused:?}");
    run(&stage, &server, &["advisories", "sync", "--private"]).exits(0);
    stage.run(&["advisories", "sync", "--offline"]).refuses(2, "offline");
}

#[test]
fn what_goes_wrong_has_its_place_and_changes_nothing() {
    let (stage, server) = (Stage::synced(), Server::start());
    let status = stage.json(0, &["advisories", "status"]);
    let address = server.address("/osv/PyPI");
    let sync = ["advisories", "sync", "--private", "--from", &address];
    // Nothing is there; it is somebody else's page; it leads elsewhere; it is broken.
    run(&stage, &server, &sync).refuses(1, "http-refused");
    server.put("/osv/PyPI/all.zip", 200, "<html>");
    run(&stage, &server, &sync).refuses(1, "export-unreadable");
    server.put("/osv/PyPI/all.zip", 302, "");
    run(&stage, &server, &sync).refuses(1, "http-redirects");
    server.put("/osv/PyPI/modified_id.csv", 503, "");
    let broken = run(&stage, &server, &sync);
    broken.refuses(1, "feed-refused");
    assert!(broken.err.contains(&format!("{address}/modified_id.csv")), "{broken:?}");
    // Nobody whom the system knows vouches for it.
    stage.run(&sync).refuses(1, "http-certificate");
    stage.run(&["advisories", "sync", "--from", "ftp://a.example"]).refuses(2, "source-unknown");
    assert_eq!(stage.json(0, &["advisories", "status"]), status);
}
