//! HTTP on this machine, by ureq: every request on a connection of its own, which goes to an
//! address that was judged. No proxy is asked, no cookie kept, nothing decoded.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_model::Problem;
use rustls::pki_types::CertificateDer;
use ureq::config::Config;
use ureq::http::{Request, Response, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Error, Timeout};

use super::{
    Address, Downloaded, Http, HttpGet, HttpMethod, HttpRequest, HttpResponse, HttpSecret,
    MAX_BODY, MAX_HEAD, Reach, SendError, download, pinned, sign,
};

/// How often a GET is led on.
const MOST_REDIRECTS: usize = 5;
/// What we call ourselves.
const AGENT: &str = concat!("holdfast/", env!("CARGO_PKG_VERSION"));

/// The network of this machine.
#[derive(Debug, Default)]
pub struct RealHttp {
    authorities: OnceLock<RootCerts>,
    further: Vec<CertificateDer<'static>>,
}

impl RealHttp {
    /// Believes the authorities that the system believes; they are read when first needed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Believes one more, given as DER: for tests, and networks with an authority of their own.
    #[must_use]
    pub fn believing(mut self, authority: Vec<u8>) -> Self {
        self.further.push(CertificateDer::from(authority));
        self
    }

    fn authorities(&self) -> RootCerts {
        let read = || {
            let system = certificates();
            let all = system.iter().chain(&self.further);
            let all: Vec<_> = all.map(|one| Certificate::from_der(one).to_owned()).collect();
            RootCerts::new_with_certs(&all)
        };
        self.authorities.get_or_init(read).clone()
    }

    /// The head of the answer, and its body to be read, until `deadline`.
    pub(super) fn open(&self, ask: &Ask<'_>) -> Result<Response<Body>, SendError> {
        let mut address = ask.address.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.once(ask, &address)?;
            let elsewhere = ask.method == HttpMethod::Get
                && matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
            let location = response.headers().get("location").and_then(|to| to.to_str().ok());
            let (true, Some(location)) = (elsewhere, location) else { return Ok(response) };
            address = led_on(&address, location).map_err(SendError::Lost)?;
        }
        let problem = Problem::new("http-redirects", "the address leads on and on")
            .help("name the address that it ends at");
        Err(SendError::Lost(problem))
    }

    fn once(&self, ask: &Ask<'_>, address: &str) -> Result<Response<Body>, SendError> {
        let read = Address::read(address, ask.reach).map_err(SendError::NotSent)?;
        let found =
            pinned(&read.host, read.port, ask.reach, ask.left()).map_err(SendError::NotSent)?;
        let mut config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(AGENT)
            .max_idle_connections(0)
            .max_response_header_size(MAX_HEAD)
            .timeout_global(Some(ask.left()));
        if read.tls {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let tls = TlsConfig::builder()
                .provider(TlsProvider::Rustls)
                .root_certs(self.authorities())
                .unversioned_rustls_crypto_provider(provider)
                .build();
            config = config.tls_config(tls);
        }
        let agent = Agent::with_parts(config.build(), DefaultConnector::default(), Pinned(found));
        let mut request = Request::builder().uri(address);
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        let sent = match ask.method {
            HttpMethod::Get => request.method("GET").body(()).map(|request| agent.run(request)),
            HttpMethod::Post => {
                request.method("POST").body(ask.body).map(|request| agent.run(request))
            }
        };
        match sent {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(failed(&read.host, &error)),
            Err(_) => {
                Err(SendError::NotSent(unfit("a header or the address has a character too much")))
            }
        }
    }
}

/// What is asked, with its secret put in; never shown.
pub(super) struct Ask<'a> {
    pub(super) method: HttpMethod,
    pub(super) address: &'a str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: &'a [u8],
    pub(super) reach: Reach,
    pub(super) deadline: Instant,
}

impl Ask<'_> {
    /// What is left of the time; never nothing, which would mean no limit to some.
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
    }
}

impl Http for RealHttp {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, SendError> {
        let mut headers = request.headers.clone();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        let mut address = request.address.as_str();
        match &request.secret {
            HttpSecret::None => {}
            HttpSecret::Bearer(token) => {
                add("authorization", format!("Bearer {}", token.reveal()));
            }
            HttpSecret::Basic { user, password } => {
                let both = format!("{user}:{}", password.reveal());
                add("authorization", format!("Basic {}", STANDARD.encode(both)));
            }
            HttpSecret::Address(whole) => address = whole.reveal(),
            HttpSecret::Signature { id, at, secrets } => {
                let signed = sign::headers(id, *at, &request.body, secrets);
                for (name, value) in signed.map_err(SendError::NotSent)? {
                    add(name, value);
                }
            }
        }
        let deadline = Instant::now() + request.timeout;
        let (method, reach) = (request.method, request.reach);
        let ask = Ask { method, address, headers, body: &request.body, reach, deadline };
        let response = self.open(&ask)?;
        let mut answer =
            HttpResponse { status: response.status().as_u16(), ..HttpResponse::default() };
        for (name, value) in response.headers() {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            answer.headers.push((name.as_str().to_owned(), value));
        }
        let mut reader = response.into_body().into_reader().take(MAX_BODY + 1);
        // What came before the end that was none is kept: it may say what is wrong.
        answer.cut = reader.read_to_end(&mut answer.body).is_err();
        let most = usize::try_from(MAX_BODY).unwrap_or(usize::MAX);
        if answer.body.len() > most {
            answer.body.truncate(most);
            answer.cut = true;
        }
        Ok(answer)
    }

    fn download(&self, get: &HttpGet) -> Result<Downloaded, Problem> {
        download::download(self, get)
    }
}

/// Where a redirect leads: only elsewhere on the same host.
fn led_on(from: &str, location: &str) -> Result<String, Problem> {
    let elsewhere = || {
        Problem::new("http-redirects", "the address leads to another host")
            .help("name the address that it ends at, if you trust it")
    };
    let parse = |text: &str| text.parse::<Uri>().map_err(|_| elsewhere());
    let (from, to) = (parse(from)?, parse(location)?);
    let (Some(scheme), Some(authority)) = (from.scheme_str(), from.authority()) else {
        return Err(elsewhere());
    };
    let same = match (to.scheme_str(), to.authority()) {
        (None, None) => location.starts_with('/'),
        (Some(own), Some(host)) => own == scheme && host == authority,
        _ => false,
    };
    let path = to.path_and_query().map_or("/", |path| path.as_str());
    if same { Ok(format!("{scheme}://{authority}{path}")) } else { Err(elsewhere()) }
}

fn unfit(what: &str) -> Problem {
    Problem::new("http-address", format!("the request cannot be sent: {what}"))
        .help("look at the account's address")
}

/// What became of a request that was not answered. Only what certainly happened before anything
/// was sent counts as not sent.
fn failed(host: &str, error: &Error) -> SendError {
    use std::io::ErrorKind as Kind;

    if let Some(why) = certificate(error) {
        let message = format!("`{host}` cannot prove that it is `{host}`: {why}");
        return SendError::NotSent(Problem::new("http-certificate", message).help(
            "see whether the address is right; a company's own authority has to be known to the system",
        ));
    }
    let unreachable = |why: &str| {
        let message = format!("`{host}` cannot be reached: {why}");
        let problem = Problem::new("http-unreachable", message);
        SendError::NotSent(
            problem.help("see whether it runs, and whether a firewall lets us through"),
        )
    };
    let lost = |why: &str| {
        let message = format!("`{host}` did not answer: {why}");
        SendError::Lost(Problem::new("http-lost", message).help("it is tried again"))
    };
    match error {
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => unreachable("no connection in time"),
        Error::HostNotFound | Error::ConnectionFailed => unreachable("no connection"),
        Error::BadUri(_) | Error::Http(_) | Error::RequireHttpsOnly(_) => {
            SendError::NotSent(unfit("the address is none"))
        }
        Error::Io(io) if io.kind() == Kind::ConnectionRefused => {
            unreachable("nobody listens there")
        }
        Error::Io(io) if matches!(io.kind(), Kind::HostUnreachable | Kind::NetworkUnreachable) => {
            unreachable("there is no way to it")
        }
        Error::Timeout(_) => lost("the time is over"),
        Error::LargeResponseHeader(..) => lost("the head of its answer is too long"),
        Error::Protocol(_) => lost("what it said is no HTTP"),
        Error::Io(_) => lost("the connection ended"),
        _ => lost("the connection failed"),
    }
}

/// Whether TLS failed over who the other one is, before a word was said.
fn certificate(error: &Error) -> Option<String> {
    let found = match error {
        Error::Rustls(found) => Some(found),
        Error::Io(io) => io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
        _ => None,
    };
    match found {
        Some(rustls::Error::InvalidCertificate(why)) => Some(why.to_string()),
        _ => None,
    }
}

/// The addresses that were judged, whatever is asked for.
#[derive(Debug)]
struct Pinned(Vec<SocketAddr>);

impl Resolver for Pinned {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut found = self.empty();
        for address in self.0.iter().take(16) {
            found.push(*address);
        }
        if found.is_empty() { Err(Error::HostNotFound) } else { Ok(found) }
    }
}

/// The authorities that the system believes; those that cannot be read are left out.
pub(crate) fn certificates() -> Vec<CertificateDer<'static>> {
    let usable =
        |one: &CertificateDer<'static>| rustls::RootCertStore::empty().add(one.clone()).is_ok();
    rustls_native_certs::load_native_certs().certs.into_iter().filter(usable).collect()
}
