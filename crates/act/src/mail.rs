//! Mail: a message of RFC 5322 as plain text (RFC 2045, quoted-printable), whose `Message-ID` is
//! made of the once key, so that a repeat is recognised by those who look.

use holdfast_model::{About, Problem};

use crate::connector::{
    AccountId, Again, Answer, Authority, Carried, Connector, Credential, Envelope, Exchange, Form,
    Letter, Next, Once, OnceKey, Receipt, Refusal, Request, Response, Tell, answered, maybe_told,
    one_line, plain,
};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mail;

static ABOUT: About = About {
    id: "mail",
    title: "the mail server",
    text: "Sends mail as plain text over SMTP. The message's id is made of the once key and is the \
           same when it is sent again; mail servers do not look for repeats, so that a second copy \
           says that it may be one. Later mail about the same thing names the first, and is shown \
           with it.",
    file: file!(),
};

/// Characters of a body.
const BODY: usize = 20_000;
/// More recipients are refused.
const MOST_RECIPIENTS: usize = 50;

impl Connector for Mail {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn once(&self) -> Once {
        Once::None
    }

    fn form(&self) -> Form {
        Form::Mail
    }

    fn takes(&self, tell: &Tell) -> bool {
        matches!(tell, Tell::Mail(_))
    }

    fn next(
        &self,
        tell: &Tell,
        key: &OnceKey,
        account: &AccountId,
        so_far: &[Exchange],
    ) -> Next<Receipt> {
        let Tell::Mail(letter) = tell else { return answered::unfit(&ABOUT, tell) };
        if let Some(refusal) = unfit(letter) {
            return Next::Refused(refusal);
        }
        let id = message_id(key, &letter.from);
        if let Some(Exchange { answer: Answer::Got(response), .. }) = so_far.last() {
            return match judged(response) {
                Some(refusal) => Next::Refused(refusal),
                None => Next::Done(Receipt::new("", id)),
            };
        }
        let repeat = maybe_told(so_far);
        Next::Send(Request {
            account: account.clone(),
            authority: Authority::Tell,
            credential: Credential::Login,
            carried: Carried::Mail(Envelope {
                from: letter.from.clone(),
                to: letter.to.clone(),
                message: message(letter, &id, repeat),
            }),
        })
    }
}

/// Reply codes of RFC 5321, section 4.2.1.
fn judged(response: &Response) -> Option<Refusal> {
    let words = answered::quoted(&String::from_utf8_lossy(&response.body));
    let code = response.status;
    match code {
        200..=299 => None,
        400..=499 => Some(answered::later(
            Problem::new("partner-busy", format!("the mail server cannot take it now: {words}"))
                .help("it is tried again"),
            60,
        )),
        530 | 534 | 535 | 538 => Some(answered::no(
            Problem::new(
                "partner-denied",
                format!("the mail server does not accept the login: {words}"),
            )
            .help("put the user and a new password where the account names them"),
        )),
        500..=599 => Some(answered::no(
            Problem::new("partner-refused", format!("the mail server refused it: {words}"))
                .help("often a recipient that does not exist, or a sender it does not allow"),
        )),
        _ => Some(Refusal {
            again: Again::After(0),
            ..answered::garbled(ABOUT.title, &format!("the code {code}"), true)
        }),
    }
}

fn unfit(letter: &Letter) -> Option<Refusal> {
    let refuse = |message: String, help: &str| {
        Some(answered::no(Problem::new("partner-unfit", message).help(help.to_owned())))
    };
    if letter.to.is_empty() || letter.to.len() > MOST_RECIPIENTS {
        let message = format!("a mail goes to {} addresses", letter.to.len());
        return refuse(message, "name between 1 and 50, or the address of a list");
    }
    let wrong =
        std::iter::once(&letter.from).chain(&letter.to).find(|address| !is_address(address));
    let wrong = wrong.map(|address| answered::quoted(address));
    wrong.and_then(|address| {
        let help = "write it as `name@example.org`, without a name in front";
        refuse(format!("{address} is no mail address"), help)
    })
}

/// The addresses that people have: printable ASCII without what would need quoting (RFC 5321,
/// section 4.1.2, dot-atoms), and a domain of letters, digits, `-` and `.`.
pub(crate) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-.".contains(&byte);
    let host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let dotted = |part: &str| !part.split('.').any(str::is_empty);
    (1..=64).contains(&local.len())
        && (1..=255).contains(&domain.len())
        && local.bytes().all(atom)
        && domain.bytes().all(host)
        && dotted(local)
        && dotted(domain)
}

/// The once key at the sender's domain.
fn message_id(key: &OnceKey, from: &str) -> String {
    let domain = from.rsplit_once('@').map_or("holdfast.invalid", |(_, domain)| domain);
    format!("<{key}@{domain}>")
}

fn message(letter: &Letter, id: &str, repeat: bool) -> String {
    let mut out = String::new();
    let mut header = |name: &str, value: &str| {
        out.push_str(&format_args!("{name}: {value}\r\n").to_string());
    };
    header("From", &format!("Holdfast <{}>", letter.from));
    // One a line: lines of headers end at 998 octets.
    header("To", &letter.to.join(",\r\n "));
    header("Subject", &encoded_words(&one_line(&letter.text.headline, 200)));
    header("Date", &date(letter.at));
    header("Message-ID", id);
    if let Some(first) = letter.follows.as_ref().filter(|first| is_message_id(&first.id)) {
        header("In-Reply-To", &first.id);
        header("References", &first.id);
    }
    // RFC 3834: nobody's holiday notice shall answer.
    header("Auto-Submitted", "auto-generated");
    header("MIME-Version", "1.0");
    header("Content-Type", "text/plain; charset=utf-8");
    header("Content-Transfer-Encoding", "quoted-printable");
    out.push_str("\r\n");
    out.push_str(&quoted_printable(&body(letter, repeat)));
    out
}

fn is_message_id(id: &str) -> bool {
    id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).is_some_and(is_address)
}

fn body(letter: &Letter, repeat: bool) -> String {
    let text = plain(&letter.text, BODY);
    if repeat {
        format!("This may be a repeat: no answer came the last time.\n\n{text}")
    } else {
        text
    }
}

/// The letter as it reads, with the headers that people see.
pub(crate) fn readable(letter: &Letter) -> String {
    let subject = one_line(&letter.text.headline, 200);
    let to = letter.to.join(", ");
    format!("From: {}\nTo: {to}\nSubject: {subject}\n\n{}", letter.from, body(letter, false))
}

/// RFC 5322, section 3.3, in UTC.
fn date(at: holdfast_model::Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// Words of RFC 2047, each of at most 75 characters and of whole characters; plain ASCII stays.
pub(crate) fn encoded_words(text: &str) -> String {
    let plain = text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
    if plain && !text.contains("=?") && text.len() <= 900 {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars() {
        let mut piece = String::new();
        for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
            if byte.is_ascii_alphanumeric() {
                piece.push(char::from(byte));
            } else {
                piece.push_str(&format_args!("={byte:02X}").to_string());
            }
        }
        if word.len() + piece.len() > 60 {
            words.push(std::mem::take(&mut word));
        }
        word.push_str(&piece);
    }
    words.push(word);
    let words: Vec<String> = words.iter().map(|word| format!("=?utf-8?Q?{word}?=")).collect();
    words.join("\r\n ")
}

/// RFC 2045, section 6.7: lines of at most 76 characters, ended by `\r\n`.
pub(crate) fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.split('\n') {
        let mut used = 0;
        let bytes = line.len();
        for (index, byte) in line.bytes().enumerate() {
            let last = index + 1 == bytes;
            let plain = (b'!'..=b'~').contains(&byte) && byte != b'='
                || (byte == b' ' || byte == b'\t') && !last;
            let size = if plain { 1 } else { 3 };
            // Room for the `=` that ends a soft line.
            if used + size > 75 {
                out.push_str("=\r\n");
                used = 0;
            }
            // A dot alone is the end to some servers; "From " is changed by others.
            if plain && !(used == 0 && (byte == b'.' || byte == b'F')) {
                out.push(char::from(byte));
                used += 1;
            } else {
                out.push_str(&format_args!("={byte:02X}").to_string());
                used += 3;
            }
        }
        out.push_str("\r\n");
    }
    out
}
