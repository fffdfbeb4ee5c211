//! What is said stays within the partners' limits, whatever it is made of.

use proptest::prelude::*;

use super::outbox::{Flood, LONGEST, MOST_ATTEMPTS, Pending, digest, retry, wait};
use super::*;
use crate::{chat, mail, ticket};
use holdfast_model::Timestamp;

/// Words that mean something to one partner or another.
fn words() -> impl Strategy<Value = String> {
    let sharp = prop::sample::select(vec![
        "<!channel>",
        "@all",
        "#12",
        "&amp;",
        "```",
        "~~~",
        "|",
        "](http://x)",
        "<script>",
        "\r\n",
        "=?utf-8?",
        "\u{202E}",
        "é",
        "日本",
        "*_~`",
        "-->",
        "<!--",
        "1.",
        "- ",
        "\0",
        "",
    ]);
    let piece = prop_oneof![sharp.prop_map(str::to_owned), "\\PC{0,12}", "[a-z ]{0,400}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn block() -> impl Strategy<Value = Block> {
    prop_oneof![
        words().prop_map(Block::Paragraph),
        words().prop_map(Block::Code),
        prop::collection::vec(words(), 0..40).prop_map(Block::List),
        prop::collection::vec((words(), words()), 0..20).prop_map(Block::Facts),
    ]
}

fn text() -> impl Strategy<Value = Text> {
    let link =
        (words(), prop_oneof![Just("https://holdfast.example/k?a=1&b=2".to_owned()), words()])
            .prop_map(|(text, address)| Link { text, address })
            .boxed();
    let action = prop_oneof![
        Just(Action::Command("holdfast fix K7".to_owned())),
        link.clone().prop_map(Action::Link),
    ];
    (words(), prop::collection::vec(block(), 0..70), action, prop::option::of(link))
        .prop_map(|(headline, blocks, action, details)| Text { headline, blocks, action, details })
}

fn message(text: Text) -> Message {
    Message { channel: "C1".to_owned(), about: Subject::Trial, text }
}

/// The document that a connector sends.
fn sent(id: &str, tell: &Tell) -> serde_json::Value {
    let account = AccountId("a".into());
    let key = OnceKey::new(&account, ["x"]);
    let next = connector(id).unwrap().next(tell, &key, &account, &[]);
    let Next::Send(Request { carried: Carried::Http(call), .. }) = next else {
        panic!("{next:?}");
    };
    serde_json::from_str(&call.body).unwrap()
}

/// The ADF nodes of a document, with what the format demands of them.
fn sound(node: &serde_json::Value) {
    let kind = node["type"].as_str().unwrap();
    let content = node["content"].as_array();
    match kind {
        "text" => assert!(!node["text"].as_str().unwrap().is_empty()),
        "bulletList" => assert!(content.is_some_and(|items| !items.is_empty())),
        "doc" | "listItem" | "paragraph" | "codeBlock" => assert!(content.is_some()),
        other => panic!("what is `{other}`?"),
    }
    content.into_iter().flatten().for_each(sound);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_message_of_slack_is_within_its_limits(text in text()) {
        let command = matches!(text.action, Action::Command(_));
        let body = sent("slack", &Tell::Message(message(text)));
        let blocks = body["blocks"].as_array().unwrap();
        prop_assert!(blocks.len() <= 50);
        prop_assert!(body["blocks"].to_string().chars().count() < 10_000);
        for block in blocks {
            let (text, most) = match block["type"].as_str().unwrap() {
                "header" => (&block["text"]["text"], 150),
                _ => (&block["text"]["text"], 3_000),
            };
            let text = text.as_str().unwrap();
            prop_assert!(text.chars().count() <= most);
            if most == 3_000 {
                // Only our own links are links.
                let ours = text.replace("<https://holdfast.example/k?a=1&amp;b=2|", "");
                prop_assert!(!ours.contains('<'), "{}", text);
            }
        }
        if command {
            prop_assert!(body["blocks"].to_string().contains("```holdfast fix K7```"));
        }
    }

    #[test]
    fn a_ticket_of_jira_is_within_its_limits(text in text()) {
        let ticket = Ticket {
            within: "SHOP".to_owned(), text, labels: Vec::new(), decided: Timestamp(0),
        };
        let document = ticket::description(&ticket.text);
        prop_assert!(document.to_string().chars().count() < 32_767);
        sound(&document);
        let title = ticket::title(&ticket.text);
        prop_assert!(!title.is_empty() && title.chars().count() <= 255 && !title.contains('\n'));
    }

    #[test]
    fn a_ticket_of_github_is_within_its_limits_and_calls_nobody(text in text()) {
        let markdown = ticket::markdown(&text, ticket::GITHUB_BODY);
        prop_assert!(markdown.chars().count() < 65_536);
        let mut fenced = None;
        for line in markdown.lines() {
            let ticks = line.chars().take_while(|letter| *letter == '`').count();
            match fenced {
                None if ticks >= 3 => fenced = Some(ticks),
                Some(open) if ticks >= open && line.len() == ticks => fenced = None,
                Some(_) => {}
                None => {
                    prop_assert!(!line.replace("@\u{200B}", "").contains('@'), "{}", line);
                    let ours = line.replace("](<https://holdfast.example/k?a=1&b=2>)", "");
                    prop_assert!(!ours.contains('<'), "{}", line);
                }
            }
        }
        prop_assert_eq!(fenced, None, "a fence is open");
    }

    #[test]
    fn a_mail_is_ascii_in_short_lines_and_reads_as_it_was_written(text in text()) {
        let letter = Letter {
            from: "holdfast@example.org".to_owned(),
            to: vec!["ops@example.org".to_owned()],
            text,
            at: Timestamp(0),
            follows: None,
        };
        let account = AccountId("a".into());
        let key = OnceKey::new(&account, ["x"]);
        let tell = Tell::Mail(letter);
        let next = connector("mail").unwrap().next(&tell, &key, &account, &[]);
        let Next::Send(Request { carried: Carried::Mail(envelope), .. }) = next else {
            panic!("{next:?}");
        };
        let (head, body) = envelope.message.split_once("\r\n\r\n").unwrap();
        prop_assert!(envelope.message.is_ascii());
        prop_assert!(!envelope.message.replace("\r\n", "").contains(['\r', '\n']));
        prop_assert!(body.split("\r\n").all(|line| line.len() <= 76));
        // Every line of the head is a header of ours or goes on with one.
        let names = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
            "MIME-Version", "Content-Type", "Content-Transfer-Encoding"];
        for line in head.split("\r\n") {
            let ours = names.iter().any(|name| line.starts_with(&format!("{name}: ")));
            prop_assert!(ours || line.starts_with(' '), "{}", line);
        }
    }

    #[test]
    fn quoted_printable_gives_back_what_it_was_given(text in words()) {
        let coded = mail::quoted_printable(&text);
        let mut bytes = Vec::new();
        let mut rest = coded.replace("=\r\n", "").replace("\r\n", "\n").into_bytes().into_iter();
        while let Some(byte) = rest.next() {
            if byte == b'=' {
                let pair = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&pair).unwrap().to_owned();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        prop_assert_eq!(String::from_utf8(bytes).unwrap(), format!("{text}\n"));
    }

    #[test]
    fn words_of_a_header_give_back_what_they_were_given(text in words()) {
        let text = one_line(&text, 200);
        let coded = mail::encoded_words(&text);
        prop_assert!(coded.is_ascii() && coded.split("\r\n ").all(|word| word.len() <= 75 || coded == text));
        let mut bytes = Vec::new();
        for word in coded.split("\r\n ") {
            let Some(inner) = word.strip_prefix("=?utf-8?Q?").and_then(|w| w.strip_suffix("?=")) else {
                bytes.extend_from_slice(word.as_bytes());
                continue;
            };
            let mut rest = inner.bytes();
            while let Some(byte) = rest.next() {
                let hex = |byte: u8| char::from(byte).to_digit(16).unwrap();
                match byte {
                    b'=' => {
                        let (high, low) = (hex(rest.next().unwrap()), hex(rest.next().unwrap()));
                        bytes.push(u8::try_from(high * 16 + low).unwrap());
                    }
                    byte => bytes.push(byte),
                }
            }
        }
        prop_assert_eq!(String::from_utf8(bytes).unwrap(), text);
    }

    #[test]
    fn plain_text_always_says_what_to_do(text in text()) {
        let plain = plain(&text, 2_000);
        prop_assert!(plain.contains("Do this next"));
        prop_assert!(plain.chars().count() <= 10_000);
        let hidden = plain.contains(['\0', '\u{202E}']);
        prop_assert!(!hidden);
    }

    #[test]
    fn waits_are_bounded_and_spread(attempt in 1_u32..200, seed: u64) {
        let bound = 2_000_u64.saturating_mul(1_u64.checked_shl(attempt - 1).unwrap_or(u64::MAX));
        prop_assert!(retry(attempt, seed) <= bound.min(LONGEST));
        prop_assert_eq!(retry(attempt, seed), retry(attempt, seed));
    }

    #[test]
    fn a_wait_is_at_least_what_the_partner_asked_for(
        attempt in 1_u32..30, seed: u64, seconds in 0_u32..200_000, maybe: bool,
    ) {
        for once in [Once::Key, Once::Lookup, Once::None] {
            let waited = wait(Again::After(seconds), maybe, once, attempt, seed);
            prop_assert_eq!(waited.is_none(), attempt > MOST_ATTEMPTS);
            prop_assert_eq!(wait(Again::No, maybe, once, attempt, seed), None);
            let Some(waited) = waited else { continue };
            let asked = u64::from(seconds) * 1000;
            prop_assert!(waited >= asked && waited <= LONGEST.max(asked));
            prop_assert!(!(maybe && once == Once::Lookup) || waited >= 60_000);
        }
    }

    #[test]
    fn a_digest_loses_nothing_and_is_never_more(
        all in prop::collection::vec((0_u8..3, 0_i64..5_000, any::<bool>()), 0..120),
        most in 1_usize..8,
    ) {
        let account = AccountId("a".into());
        let pending: Vec<Pending> = all.iter().enumerate().map(|(index, (channel, at, urgent))| {
            let headline = format!("message {index}");
            let text = Text::new(headline, Action::Command("holdfast findings".to_owned()));
            Pending {
                key: OnceKey::new(&account, [index.to_string().as_str()]),
                since: Timestamp(*at),
                urgent: *urgent,
                rank: index % 3,
                message: Message { channel: channel.to_string(), ..message(text) },
            }
        }).collect();
        let mut keys: Vec<OnceKey> = pending.iter().map(|one| one.key.clone()).collect();
        let action = Action::Command("holdfast findings".to_owned());
        let flood = Flood { most, window: 1_000, action };
        let channel_of = |key: &OnceKey| {
            pending.iter().find(|one| one.key == *key).unwrap().message.channel.clone()
        };
        let posted = digest(pending.clone(), &flood);
        let mut of: Vec<OnceKey> = posted.iter().flat_map(|one| one.of.clone()).collect();
        keys.sort();
        of.sort();
        prop_assert_eq!(&of, &keys);
        for one in &posted {
            prop_assert!(one.of.iter().all(|key| channel_of(key) == one.message.channel));
        }
        // Three channels and five windows.
        prop_assert!(posted.len() <= 15 * (most + 1));
        let mut turned = pending;
        turned.reverse();
        prop_assert_eq!(digest(turned, &flood), posted);
    }
}

#[test]
fn a_list_tells_first_what_comes_first() {
    let account = AccountId("a".into());
    let pending = |rank: usize| Pending {
        key: OnceKey::new(&account, [rank.to_string().as_str()]),
        since: Timestamp(0),
        urgent: false,
        rank,
        message: message(Text::new(format!("message {rank}"), Action::Command("x".to_owned()))),
    };
    let flood = Flood { most: 1, window: 1_000, action: Action::Command("x".to_owned()) };
    let posted = digest([2, 0, 3, 1].map(pending).to_vec(), &flood);
    let wanted = ["message 0", "message 1", "message 2", "message 3"].map(str::to_owned);
    assert_eq!(posted[0].message.text.blocks, [Block::List(wanted.to_vec())]);
}

#[test]
fn jitter_is_full_and_grows() {
    let mean = |attempt| (0..2_000).map(|seed| retry(attempt, seed)).sum::<u64>() / 2_000;
    let means: Vec<u64> = (1..=10).map(mean).collect();
    for (index, mean) in means.iter().enumerate() {
        let bound = 2_000_u64 << index;
        assert!((bound * 45 / 100..bound * 55 / 100).contains(mean), "{index}: {mean} of {bound}");
    }
}

#[test]
fn previews_show_what_would_be_sent() {
    let text = Text {
        blocks: vec![Block::Facts(vec![("Where".to_owned(), "a < b".to_owned())])],
        ..Text::new("Soon: x & y", Action::Command("holdfast fix K7".to_owned()))
    };
    let shown = preview(&Tell::Message(message(text.clone())));
    assert_eq!(shown, "Soon: x & y\n\n*Where:* a < b\n\n*Do this next*\n```holdfast fix K7```\n\n");
    let ticket = Ticket {
        within: "a/b".to_owned(),
        text: text.clone(),
        labels: Vec::new(),
        decided: Timestamp(0),
    };
    let shown = preview(&Tell::Ticket(ticket));
    assert!(shown.starts_with("Soon: x & y\n\n- **Where:** a &lt; b\n"), "{shown}");
    let letter = Letter {
        from: "holdfast@example.org".to_owned(),
        to: vec!["ops@example.org".to_owned()],
        text,
        at: Timestamp(0),
        follows: None,
    };
    let shown = preview(&Tell::Mail(letter));
    assert!(shown.contains("Subject: Soon: x & y\n\nSoon: x & y\n\nWhere: a < b\n"), "{shown}");
    assert!(
        chat::readable(&Text::new("", Action::Command("x".to_owned())), true).contains("repeat")
    );
}
