//! HTTP against a server of our own on this machine, which does as each test says.

mod server;

use std::time::Duration;

use holdfast_model::{Digest, Timestamp};

use super::*;
use server::{Does, Server};

const REACH: Reach = Reach { private: false, loopback: true };

fn to(server: &Server, path: &str) -> HttpRequest {
    let address = format!("{}{path}", server.address);
    HttpRequest {
        reach: REACH,
        timeout: Duration::from_secs(20),
        ..HttpRequest::new(HttpMethod::Post, address)
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

#[test]
fn what_is_sent_is_what_was_asked_with_the_secret_put_in() {
    let server = Server::of(|_, _| Does::Answer(201, "x-own: 1", "{}"));
    let mut request = to(&server, "/api/chat.postMessage?a=1");
    request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
    request.body = b"{\"text\":\"hi\"}".to_vec();
    request.secret = HttpSecret::Bearer(secret("xoxb-1"));
    let answer = RealHttp::new().send(&request).unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.cut), (201, &b"{}"[..], false));
    assert!(answer.headers.contains(&("x-own".to_owned(), "1".to_owned())));
    let heard = server.heard();
    assert_eq!(heard.len(), 1);
    let said = heard[0].to_lowercase();
    assert!(said.starts_with("post /api/chat.postmessage?a=1 http/1.1\r\n"), "{said}");
    for part in [
        "authorization: bearer xoxb-1\r\n",
        "content-type: application/json\r\n",
        "content-length: 13\r\n",
        "user-agent: holdfast/",
        "\r\n\r\n{\"text\":\"hi\"}",
    ] {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    assert!(!said.contains("cookie") && !said.contains("accept-encoding: g"), "{said}");
}

#[test]
fn every_kind_of_secret_goes_where_it_belongs() {
    let server = Server::of(|_, _| Does::Answer(200, "", "ok"));
    let http = RealHttp::new();
    let mut request = to(&server, "/jira");
    let user = "me@example.org".to_owned();
    request.secret = HttpSecret::Basic { user, password: secret("token") };
    http.send(&request).unwrap();
    let address = format!("{}/services/T0/B0/word", server.address);
    request.address = String::new();
    request.secret = HttpSecret::Address(secret(&address));
    http.send(&request).unwrap();
    request.address = format!("{}/hook", server.address);
    request.body = br#"{"test": 2432232314}"#.to_vec();
    request.secret = HttpSecret::Signature {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
        at: Timestamp(1_614_265_330_000),
        secrets: vec![secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
    };
    http.send(&request).unwrap();
    let heard = server.heard();
    assert!(heard[0].contains("Basic bWVAZXhhbXBsZS5vcmc6dG9rZW4="), "{}", heard[0]);
    assert!(heard[1].starts_with("POST /services/T0/B0/word "), "{}", heard[1]);
    for header in [
        "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\n",
        "webhook-timestamp: 1614265330\r\n",
        "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\r\n",
    ] {
        assert!(heard[2].contains(header), "{}", heard[2]);
    }
}

#[test]
fn no_secret_is_shown_by_anything_that_holds_or_lost_one() {
    let server = Server::of(|_, _| Does::HangUp);
    let http = RealHttp::new();
    let word = "Z9Q8X7W6V5";
    let address = format!("{}/services/{word}", server.address);
    let kinds = [
        HttpSecret::Bearer(secret(word)),
        HttpSecret::Basic { user: "me".to_owned(), password: secret(word) },
        HttpSecret::Address(secret(&address)),
        HttpSecret::Address(secret(&format!("https://[{word}/"))),
        HttpSecret::Address(secret(&format!("ftp://host.example/{word}"))),
        HttpSecret::Signature {
            id: "1".to_owned(),
            at: Timestamp(0),
            secrets: vec![secret(&format!("whsec_{word}"))],
        },
    ];
    for kind in kinds {
        let shown = format!("{kind:?}");
        let mut request = to(&server, "/");
        request.secret = kind;
        let error = http.send(&request).unwrap_err();
        let recorded = RecordedHttp::new().send(&request).unwrap_err();
        for text in [
            shown,
            format!("{request:?}"),
            format!("{error:?}"),
            format!("{recorded:?}"),
            error.problem().to_string(),
        ] {
            assert!(!text.contains(word), "{text}");
        }
    }
}

#[test]
fn a_partner_that_never_answers_is_left_in_time_and_may_have_done_it() {
    let server = Server::of(|_, _| Does::Nothing);
    let mut request = to(&server, "/");
    request.timeout = Duration::from_millis(300);
    let error = RealHttp::new().send(&request).unwrap_err();
    assert!(matches!(&error, SendError::Lost(problem) if problem.code == "http-lost"), "{error:?}");
    assert_eq!(server.heard().len(), 1);
}

#[test]
fn a_partner_that_drips_is_left_in_time() {
    let server = Server::of(|_, _| Does::Drip);
    let mut request = to(&server, "/");
    request.timeout = Duration::from_millis(300);
    let answer = RealHttp::new().send(&request);
    assert!(
        matches!(&answer, Ok(answer) if answer.cut) || matches!(answer, Err(SendError::Lost(_)))
    );
}

#[test]
fn a_partner_that_hangs_up_or_talks_nonsense_may_have_done_it() {
    for does in
        [Does::HangUp, Does::Raw("SSH-2.0-OpenSSH_9.2\r\n"), Does::Raw("HTTP/1.1 2\r\n\r\n")]
    {
        let server = Server::of(move |_, _| does);
        let error = RealHttp::new().send(&to(&server, "/")).unwrap_err();
        assert!(matches!(error, SendError::Lost(_)), "{does:?}: {error:?}");
        assert_eq!(server.heard().len(), 1, "sent twice: {does:?}");
    }
}

#[test]
fn nobody_there_means_nothing_was_sent() {
    let gone = server::of_nobody();
    let request = HttpRequest { reach: REACH, ..HttpRequest::new(HttpMethod::Post, gone) };
    let error = RealHttp::new().send(&request).unwrap_err();
    assert!(
        matches!(&error, SendError::NotSent(why) if why.code == "http-unreachable"),
        "{error:?}"
    );
}

#[test]
fn an_answer_is_bounded_and_one_that_ends_early_says_so() {
    let server = Server::of(|path, _| match path {
        "/long" => Does::Long(3 << 20),
        "/head" => Does::LongHead,
        "/cut" => Does::Raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":tr"),
        _ => Does::Raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    });
    let http = RealHttp::new();
    let long = http.send(&to(&server, "/long")).unwrap();
    assert_eq!((long.body.len() as u64, long.cut), (MAX_BODY, true));
    let cut = http.send(&to(&server, "/cut")).unwrap();
    assert_eq!((cut.body.as_slice(), cut.cut), (&b"{\"ok\":tr"[..], true));
    let chunked = http.send(&to(&server, "/chunked")).unwrap();
    assert!(chunked.cut && chunked.body == b"hello", "{chunked:?}");
    assert!(matches!(http.send(&to(&server, "/head")), Err(SendError::Lost(_))));
}

#[test]
fn a_post_is_never_led_on_and_a_get_only_on_its_host() {
    let server = Server::of(|path, _| match path {
        "/here" => Does::Answer(200, "", "here"),
        "/moved" => Does::Answer(302, "location: /here", ""),
        "/away" => Does::Answer(302, "location: http://localhost:1/here", ""),
        "/inner" => Does::Answer(301, "location: http://169.254.169.254/", ""),
        "/port" => Does::Answer(308, "location: http://127.0.0.1:1/here", ""),
        _ => Does::Answer(307, "location: /round", ""),
    });
    let http = RealHttp::new();
    let post = http.send(&to(&server, "/moved")).unwrap();
    assert_eq!(post.status, 302);
    assert_eq!(server.heard().len(), 1);
    let get = |path| http.send(&HttpRequest { method: HttpMethod::Get, ..to(&server, path) });
    assert_eq!(get("/moved").unwrap().body, b"here");
    for path in ["/away", "/inner", "/port", "/round"] {
        assert_eq!(get(path).unwrap_err().problem().code, "http-redirects", "{path}");
    }
}

#[test]
fn what_people_enter_does_not_reach_this_machine() {
    let server = Server::of(|_, _| Does::Answer(200, "", "secret"));
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    let private = Reach { private: true, loopback: false };
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1"] {
        for (scheme, reach) in [("https", Reach::default()), ("http", private)] {
            let address = format!("{scheme}://{host}:{port}/");
            let request = HttpRequest { reach, ..HttpRequest::new(HttpMethod::Get, address) };
            let error = RealHttp::new().send(&request).unwrap_err();
            assert!(matches!(error, SendError::NotSent(_)), "{host}: {error:?}");
        }
    }
    assert_eq!(server.heard().len(), 0);
}

#[test]
fn a_certificate_has_to_be_of_a_known_authority_and_of_that_name() {
    let (server, authority) = Server::encrypted("localhost");
    let ask = |http: &RealHttp, host: &str| {
        let port = server.address.rsplit(':').next().unwrap();
        let address = format!("https://{host}:{port}/");
        let request = HttpRequest { reach: REACH, ..HttpRequest::new(HttpMethod::Post, address) };
        http.send(&request)
    };
    let believing = RealHttp::new().believing(authority);
    assert_eq!(ask(&believing, "localhost").unwrap().body, b"ok");
    for (http, host) in [(&RealHttp::new(), "localhost"), (&believing, "127.0.0.1")] {
        let error = ask(http, host).unwrap_err();
        let not_sent = matches!(&error, SendError::NotSent(why) if why.code == "http-certificate");
        assert!(not_sent, "{host}: {error:?}");
    }
    assert_eq!(server.heard().len(), 1);
}

#[test]
fn a_file_is_had_only_when_it_changed_and_is_whole_or_not_there() {
    let server = Server::of(|path, head| match path {
        "/feed" if head.contains("if-none-match: \"v1\"\r\n") => Does::Answer(304, "", ""),
        "/feed" => Does::Answer(
            200,
            "etag: \"v1\"\r\nlast-modified: Sat, 21 Nov 2026 08:00:00 GMT",
            "feed",
        ),
        "/long" => Does::Long(3 << 20),
        "/cut" => Does::Raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
        _ => Does::Answer(404, "", "no"),
    });
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("osv.zip");
    let http = RealHttp::new();
    let get = |path: &str, etag: Option<&str>| HttpGet {
        address: format!("{}{path}", server.address),
        etag: etag.map(str::to_owned),
        modified: None,
        reach: REACH,
        timeout: Duration::from_secs(20),
        limit: 1 << 20,
        into: into.clone(),
    };
    std::fs::write(folder.path().join("osv.zip.part"), "left by a crash").unwrap();
    let new = http.download(&get("/feed", None)).unwrap();
    let modified = Some("Sat, 21 Nov 2026 08:00:00 GMT".to_owned());
    let digest = Digest::of(b"feed");
    let etag = Some("\"v1\"".to_owned());
    assert_eq!(new, Downloaded::New { bytes: 4, digest, etag, modified });
    assert_eq!(http.download(&get("/feed", Some("\"v1\""))), Ok(Downloaded::Unchanged));
    for (path, code) in [("/long", "http-too-large"), ("/cut", "http-cut"), ("/no", "http-refused")]
    {
        assert_eq!(http.download(&get(path, None)).unwrap_err().code, code);
        assert_eq!(std::fs::read(&into).unwrap(), b"feed", "{path}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{path} left something");
    }
    let nowhere = HttpGet { into: folder.path().join("no/such"), ..get("/feed", None) };
    assert_eq!(http.download(&nowhere).unwrap_err().code, "http-unwritten");
}

#[test]
fn recorded_answers_come_in_their_order_and_keep_files() {
    use crate::{Recorded, World};

    let files = World::recorded(Recorded::new().folder("/data")).files;
    let page = |text: &str| Ok(HttpResponse::of(200, text).header("ETag", "v"));
    let http = RecordedHttp::new()
        .keeping(std::sync::Arc::clone(&files))
        .answer(HttpMethod::Get, "https://feeds.example/a", page("one"))
        .answer(HttpMethod::Get, "https://feeds.example/a", page("two"));
    let ask = |address: &str| http.send(&HttpRequest::new(HttpMethod::Get, address));
    assert_eq!(ask("https://feeds.example/a").unwrap().body, b"one");
    assert_eq!(ask("https://feeds.example/a").unwrap().body, b"two");
    assert!(matches!(ask("https://feeds.example/b"), Err(SendError::NotSent(_))));
    let get = HttpGet {
        address: "https://feeds.example/a".to_owned(),
        etag: None,
        modified: None,
        reach: Reach::default(),
        timeout: Duration::from_secs(1),
        limit: 3,
        into: "/data/a".into(),
    };
    let got = http.download(&get).unwrap();
    assert!(matches!(got, Downloaded::New { bytes: 3, .. }));
    let kept = files.read(std::path::Path::new("/data"), std::path::Path::new("a"), 9).unwrap();
    assert_eq!(kept, b"two");
    assert_eq!(http.download(&HttpGet { limit: 2, ..get }).unwrap_err().code, "http-too-large");
    assert_eq!(http.asked().len(), 5);
}

#[test]
fn faults_lose_cut_and_hold_back_but_repeat_only_what_is_harmless() {
    use crate::{Faults, Odds, Recorded, World};
    use std::sync::Arc;

    let (mut lost, mut held, mut cut, mut doubled) = (0, 0, 0, 0);
    for seed in 0..200 {
        for method in [HttpMethod::Get, HttpMethod::Post] {
            let address = "https://a.example/";
            let http =
                RecordedHttp::new().answer(method, address, Ok(HttpResponse::of(200, "body")));
            let http = Arc::new(http);
            let odds = Odds { errors: 250, short: 250, delays: 250, crash_at: None };
            let door = Arc::clone(&http);
            let world =
                Faults::new(seed, odds).around(&World::recorded(Recorded::new().http(door)));
            let answer = world.http.send(&HttpRequest::new(method, address));
            let done = http.asked().len();
            match answer {
                Ok(answer) if answer.cut => cut += 1,
                Ok(_) if done == 2 => doubled += 1,
                Ok(_) => {}
                Err(SendError::Lost(_)) => lost += 1,
                Err(SendError::NotSent(_)) => held += usize::from(done == 0),
            }
            assert!(done <= 1 || method == HttpMethod::Get, "a POST was repeated");
        }
    }
    assert!(lost + held > 0 && cut > 0 && doubled > 0, "{lost} {held} {cut} {doubled}");
}
