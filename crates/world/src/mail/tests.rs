//! SMTP against a server of our own on this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;

/// What the server says instead of what it should, to lines that begin so; an empty word hangs
/// up, and `silence` says nothing.
type Instead = &'static [(&'static str, &'static str)];

/// A server for any number of conversations; what it heard, line by line.
fn server(instead: Instead) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).is_ok();
            say("220 mail.example ESMTP");
            let (mut line, mut inside) = (String::new(), false);
            while {
                line.clear();
                lines.read_line(&mut line).unwrap_or(0) > 0
            } {
                let text = line.trim_end().to_owned();
                all.lock().unwrap().push(text.clone());
                if inside && text != "." {
                    continue;
                }
                let own = match text.split([' ', ':']).next().unwrap() {
                    "EHLO" => "250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
                    "AUTH" => "235 welcome",
                    "DATA" => "354 go on",
                    "QUIT" => "221 bye",
                    "." => "250 taken as 7",
                    _ => "250 fine",
                };
                let other = instead.iter().find(|(begin, _)| text.starts_with(begin));
                match other.map_or(own, |(_, say)| say) {
                    "" => break,
                    "silence" => {}
                    word => {
                        say(word);
                    }
                }
                inside = text == "DATA" && other.is_none();
            }
        }
    });
    (port, heard)
}

fn request(port: u16) -> MailRequest {
    MailRequest {
        host: "localhost".to_owned(),
        port,
        tls: MailTls::Plain,
        login: None,
        from: "holdfast@example.org".to_owned(),
        to: vec!["ops@example.org".to_owned(), "dev@example.org".to_owned()],
        message: b"Subject: hi\r\nMessage-ID: <k@example.org>\r\n\r\n.dot\r\nend\r\n".to_vec(),
        reach: Reach::default(),
        timeout: Duration::from_secs(20),
    }
}

#[test]
fn a_message_is_taken_with_its_envelope_and_login() {
    let (port, heard) = server(&[]);
    let login = Some(("me".to_owned(), Secret::new("pass").unwrap()));
    let reply = RealMail::new().send(&MailRequest { login, ..request(port) }).unwrap();
    assert_eq!(reply, MailReply { code: 250, text: "taken as 7".to_owned() });
    let heard = heard.lock().unwrap().join("\n");
    // base64 of NUL me NUL pass (RFC 4616).
    for line in [
        "AUTH PLAIN AG1lAHBhc3M=",
        "MAIL FROM:<holdfast@example.org>",
        "RCPT TO:<ops@example.org>",
        "RCPT TO:<dev@example.org>",
        "Message-ID: <k@example.org>",
        "\n..dot\nend\n.\n",
    ] {
        assert!(heard.contains(line), "{line} is missing in\n{heard}");
    }
}

#[test]
fn a_refusal_is_a_reply_with_its_code() {
    let cases: [(Instead, u16); 4] = [
        (&[("RCPT TO:<dev", "550 no such user")], 550),
        (&[("MAIL", "451 later")], 451),
        (&[(".", "554 spam")], 554),
        (&[("AUTH", "535 no")], 535),
    ];
    for (instead, code) in cases {
        let (port, _) = server(instead);
        let login = Some(("me".to_owned(), Secret::new("pass").unwrap()));
        let reply = RealMail::new().send(&MailRequest { login, ..request(port) }).unwrap();
        assert_eq!(reply.code, code, "{reply:?}");
    }
}

#[test]
fn silence_after_the_message_means_that_nobody_knows() {
    for instead in [[(".", "")], [(".", "silence")]] {
        let (port, heard) = server(Box::leak(Box::new(instead)));
        let timeout = Duration::from_millis(800);
        let error = RealMail::new().send(&MailRequest { timeout, ..request(port) }).unwrap_err();
        assert!(matches!(&error, SendError::Lost(why) if why.code == "mail-lost"), "{error:?}");
        let ends = heard.lock().unwrap().iter().filter(|line| *line == ".").count();
        assert_eq!(ends, 1, "sent twice");
    }
}

#[test]
fn a_server_that_cannot_be_spoken_to_got_nothing() {
    let (port, _) = server(&[("EHLO", ""), ("HELO", "")]);
    let error = RealMail::new().send(&request(port)).unwrap_err();
    assert!(matches!(error, SendError::NotSent(_)), "{error:?}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = RealMail::new().send(&request(closed)).unwrap_err();
    assert!(matches!(error, SendError::NotSent(_)), "{error:?}");
}

#[test]
fn without_encryption_nothing_is_said_to_others() {
    let (port, heard) = server(&[]);
    let starttls = MailRequest { tls: MailTls::StartTls, ..request(port) };
    let error = RealMail::new().send(&starttls).unwrap_err();
    assert!(
        matches!(&error, SendError::NotSent(why) if why.code == "mail-unencrypted"),
        "{error:?}"
    );
    assert!(heard.lock().unwrap().iter().all(|line| !line.starts_with("MAIL")));
    let open = MailRequest { host: "8.8.8.8".to_owned(), ..request(port) };
    let login = Some(("me".to_owned(), Secret::new("Z9Q8").unwrap()));
    let reach = Reach { private: true, loopback: false };
    for request in [open.clone(), MailRequest { login, reach, ..open }] {
        let error = RealMail::new().send(&request).unwrap_err();
        assert_eq!(error.problem().code, "mail-unencrypted");
        assert!(!format!("{request:?}{error:?}").contains("Z9Q8"));
    }
    let inner = MailRequest { host: "10.0.0.1".to_owned(), ..request(port) };
    assert_eq!(RealMail::new().send(&inner).unwrap_err().problem().code, "http-forbidden");
}

#[test]
fn recorded_replies_come_first() {
    let busy = MailReply { code: 451, text: "later".to_owned() };
    let mail = RecordedMail::new([Ok(busy)]);
    let codes = [0; 2].map(|_| mail.send(&request(25)).unwrap().code);
    assert_eq!((codes, mail.taken().len()), ([451, 250], 2));
}
