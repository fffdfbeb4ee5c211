//! A server of this machine that does as it is told, and remembers what it heard.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What it does with a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Does {
    /// Answers: status, headers, body.
    Answer(u16, &'static str, &'static str),
    /// Says this and hangs up.
    Raw(&'static str),
    /// Answers with so many bytes.
    Long(usize),
    /// Answers with a head that is too long.
    LongHead,
    /// Answers a byte at a time, and never comes to the end.
    Drip,
    /// Hears and hangs up.
    HangUp,
    /// Hears and says nothing, until the other one leaves.
    Nothing,
}

type Play = dyn Fn(&str, &str) -> Does + Send + Sync;

pub(super) struct Server {
    pub(super) address: String,
    socket: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
}

impl Server {
    /// One that asks what to do by path and head (in lower case).
    pub(super) fn of(play: impl Fn(&str, &str) -> Does + Send + Sync + 'static) -> Self {
        Self::start("http", None, Arc::new(play))
    }

    /// One that speaks TLS with a certificate of a name, and says `ok`; and its authority.
    pub(super) fn encrypted(name: &str) -> (Self, Vec<u8>) {
        let own = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key.unwrap())
            .unwrap();
        let play = Arc::new(|_: &str, _: &str| Does::Answer(200, "", "ok"));
        (Self::start("https", Some(Arc::new(config)), play), own.cert.der().to_vec())
    }

    fn start(scheme: &str, tls: Option<Arc<rustls::ServerConfig>>, play: Arc<Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (all, ends) = (Arc::clone(&heard), Arc::clone(&over));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { return };
                let (all, play, tls) = (Arc::clone(&all), Arc::clone(&play), tls.clone());
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    match tls {
                        None => serve(stream, play.as_ref(), &all),
                        Some(config) => {
                            let session = rustls::ServerConnection::new(config).unwrap();
                            serve(rustls::StreamOwned::new(session, stream), play.as_ref(), &all);
                        }
                    }
                });
            }
        });
        Self { address: format!("{scheme}://{socket}"), socket, heard, over }
    }

    /// Every request so far.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// An address at which nobody listens any more.
pub(super) fn of_nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.socket));
    }
}

fn serve(mut stream: impl Read + Write, play: &Play, all: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let whole = |request: &[u8]| {
        let text = String::from_utf8_lossy(request).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        (body.len() >= length).then(|| (format!("{head}\r\n"), text.clone()))
    };
    let (head, text) = loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
        if let Some(found) = whole(&request) {
            break found;
        }
    };
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    all.lock().unwrap().push(text);
    let mut say = |bytes: &[u8]| stream.write_all(bytes).and_then(|()| stream.flush()).is_ok();
    match play(&path, &head) {
        Does::Answer(status, headers, body) => {
            let headers = if headers.is_empty() { String::new() } else { format!("{headers}\r\n") };
            let length = body.len();
            say(format!(
                "HTTP/1.1 {status} Some\r\n{headers}content-length: {length}\r\n\r\n{body}"
            )
            .as_bytes());
        }
        Does::Raw(text) => {
            say(text.as_bytes());
        }
        Does::Long(length) => {
            say(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").as_bytes());
            say(&vec![b'x'; length]);
        }
        Does::LongHead => {
            say(format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "y".repeat(1 << 20)).as_bytes());
        }
        Does::Drip => {
            say(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
            while say(b"x") {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Does::HangUp => {}
        Does::Nothing => {
            drop(stream.read(&mut buffer));
        }
    }
}
