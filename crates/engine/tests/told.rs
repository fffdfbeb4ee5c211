//! Who is told what: each decision once, whatever crashes; what became of it; cases until somebody
//! answered. Partners are played in memory, from their documented contracts.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

#[path = "told/beside.rs"]
mod beside;
#[path = "told/partner.rs"]
mod partner;
#[path = "told/renewed.rs"]
mod renewed;
mod support;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use holdfast_engine::cycle::{self, Options, up_once};
use holdfast_engine::desk::{Action, Desk as _, Person};
use holdfast_engine::holder::Holder;
use holdfast_engine::{Failure, record};
use holdfast_model::{Answer, Timestamp};
use holdfast_store::{Fault, StoreOptions, TellFilter, TellState};
use holdfast_world::{Fate, Faults, Odds, Recorded, Secret, SecretSource, World};
use partner::Partner;
use support::{HOUR, NOW, cargo_lock, recorded};

static INDEX: LazyLock<Vec<u8>> = LazyLock::new(support::index);

const MINUTE: i64 = 60_000;
const TICKETS: &str = "[channels.work]\nthrough = \"github\"\nto = \"acme/shop\"\n\
                       secret_variable = \"GITHUB\"\n";
const CHAT: &str = "console = \"https://holdfast.example\"\n[channels.chat]\nthrough = \"slack\"\n\
                    to = \"#ops\"\nsecret_variable = \"SLACK\"\n";

/// The shop with this version of what has a hole, under rules that ask for tickets.
fn shop(data: &Path, partner: &Arc<Partner>, channels: &str, version: &str, at: i64) -> Recorded {
    let lock = cargo_lock(&[("tiller", version), ("quiet", "1.2.0")]);
    let files: [(&str, &[u8]); 2] =
        [("Cargo.lock", lock.as_bytes()), ("holdfast.toml", b"appetite = \"standard\"\n")];
    recorded(data, &INDEX, &files)
        .file(data.join("channels.toml"), channels)
        .secret(SecretSource::Variable("GITHUB".to_owned()), Secret::new("github-hush").unwrap())
        .secret(SecretSource::Variable("SLACK".to_owned()), Secret::new("slack-hush").unwrap())
        .http(Arc::<Partner>::clone(partner))
        .now(Timestamp(at))
}

async fn up(world: &World, data: &Path, store: StoreOptions) -> Result<(), Failure> {
    let options = Options { store, ..cycle::Options::default() };
    up_once(world, data, &options, &|_| {}).await.map(|_| ())
}

async fn look(data: &Path, partner: &Arc<Partner>, channels: &str, version: &str, at: i64) {
    let world = World::recorded(shop(data, partner, channels, version, at));
    up(&world, data, StoreOptions::default()).await.unwrap();
}

#[tokio::test]
async fn a_decision_is_one_ticket_and_its_end_is_said_there() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    look(&data, &partner, TICKETS, "1.0.0", NOW).await;
    let titles = partner.titles();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles.iter().any(|title| title.contains("tiller")), "{titles:?}");
    // An hour later nothing changed, and nobody is told again.
    look(&data, &partner, TICKETS, "1.0.0", NOW + HOUR).await;
    assert_eq!((partner.titles().len(), partner.comments().len()), (2, 0));
    look(&data, &partner, TICKETS, "1.0.4", NOW + 2 * HOUR).await;
    let [comment] = partner.comments().try_into().unwrap();
    assert!(comment.contains("Mended") && comment.contains("tiller"), "{comment}");
    assert!(comment.contains("The same check passes now"), "{comment}");
    // It comes back: the same ticket says so.
    look(&data, &partner, TICKETS, "1.0.1", NOW + 3 * HOUR).await;
    assert_eq!(partner.titles().len(), 2);
    assert!(partner.comments()[1].contains("Back again"), "{:?}", partner.comments());
    assert!(partner.commented().iter().all(|title| title.contains("tiller")));
    let store = record::reader(&data).await.unwrap().unwrap();
    let told = store.tells(&TellFilter::default()).await.unwrap();
    assert_eq!(told.len(), 4);
    assert!(told.iter().all(|one| one.state == TellState::Sent && one.attempts == 1), "{told:?}");
    let report = store.verify(None).await.unwrap();
    assert_eq!(report.broken, []);
    // The page of the finding leads to its ticket.
    drop(store);
    let world = World::recorded(shop(&data, &partner, TICKETS, "1.0.1", NOW + 3 * HOUR));
    let holder = Holder::open(&world, &data, Options::default()).await.unwrap();
    let view = holder.view();
    let tiller = view.findings.iter().find(|one| one.row.title.contains("tiller")).unwrap();
    let detail = holder.finding(tiller.key).await.unwrap().unwrap();
    let [told] = detail.told.as_slice() else { panic!("{:?}", detail.told) };
    assert!(told.address.starts_with("https://github.example/acme/shop/issues/"), "{told:?}");
    assert_eq!((told.channel.as_str(), told.words.as_str()), ("work", "it arrived"));
    let store = record::reader(&data).await.unwrap().unwrap();
    // The secret went to the partner and nowhere else.
    assert!(partner.saw_secret("github-hush"));
    let mut lines = Vec::new();
    store
        .export(&mut |line| {
            lines.push(line.to_owned());
            true
        })
        .await
        .unwrap();
    assert!(!lines.iter().any(|line| line.contains("hush")));
}

/// Somebody closes the ticket and mends nothing: the ticket says so, once.
#[tokio::test]
async fn a_closed_ticket_is_a_claim() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    look(&data, &partner, TICKETS, "1.0.0", NOW).await;
    look(&data, &partner, TICKETS, "1.0.0", NOW + HOUR).await;
    assert_eq!(partner.comments(), Vec::<String>::new());
    partner.close("tiller");
    for hours in [8, 16, 24] {
        look(&data, &partner, TICKETS, "1.0.0", NOW + hours * HOUR).await;
    }
    let [comment] = partner.comments().try_into().unwrap();
    assert!(comment.contains("Still there: tiller") && comment.contains("`closed"), "{comment}");
    assert!(partner.commented()[0].contains("tiller"));
    let world = World::recorded(shop(&data, &partner, TICKETS, "1.0.0", NOW + 25 * HOUR));
    let holder = Holder::open(&world, &data, Options::default()).await.unwrap();
    let view = holder.view();
    let tiller = view.findings.iter().find(|one| one.row.title.contains("tiller")).unwrap();
    let told = holder.finding(tiller.key).await.unwrap().unwrap().told;
    assert!(told[0].words.contains("it is `closed"), "{told:?}");
}

#[tokio::test]
async fn many_at_once_are_one_ticket() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    let world = |count: usize, at: i64| {
        let mut recorded = shop(&data, &partner, TICKETS, "1.0.0", at);
        for number in 0..count {
            let lock = cargo_lock(&[("tiller", "1.0.0")]);
            recorded = recorded.file(format!("/shop/part-{number}/Cargo.lock"), lock);
        }
        World::recorded(recorded)
    };
    up(&world(30, NOW), &data, StoreOptions::default()).await.unwrap();
    let [title] = partner.titles().try_into().unwrap();
    assert_eq!(title, "32 things to look at");
    up(&world(30, NOW + HOUR), &data, StoreOptions::default()).await.unwrap();
    assert_eq!((partner.titles().len(), partner.comments().len()), (1, 0));
    // Parts of the list go: one comment for all of them.
    up(&world(20, NOW + 2 * HOUR), &data, StoreOptions::default()).await.unwrap();
    let [comment] = partner.comments().try_into().unwrap();
    assert!(comment.contains("10 of the list are done with"), "{comment}");
}

#[tokio::test]
async fn one_message_is_rewritten_as_things_change() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    look(&data, &partner, CHAT, "1.0.0", NOW).await;
    assert_eq!(partner.messages().len(), 2);
    assert!(
        partner.messages().iter().any(|text| text.contains("https://holdfast.example/findings/"))
    );
    look(&data, &partner, CHAT, "1.0.4", NOW + HOUR).await;
    let messages = partner.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages.iter().filter(|text| text.contains("Mended: ")).count(), 1, "{messages:?}");
}

/// Whoever is not told, nobody is: a channel of another team, a copy that nobody shipped.
#[tokio::test]
async fn a_channel_of_another_team_hears_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    let other = TICKETS.to_owned() + "teams = [\"@acme/payments\"]\n";
    look(&data, &partner, &other, "1.0.0", NOW).await;
    assert_eq!(partner.titles(), Vec::<String>::new());
    let world = World::recorded(
        shop(&data, &partner, &other, "1.0.0", NOW + HOUR)
            .file("/shop/CODEOWNERS", "Cargo.lock @acme/payments\n"),
    );
    up(&world, &data, StoreOptions::default()).await.unwrap();
    assert_eq!(partner.titles().len(), 2);
}

/// The store's steps meet the same fates as the world's calls.
fn behind(faults: &Arc<Faults>) -> StoreOptions {
    let faults = Arc::clone(faults);
    let step = move |_: &'static str| match faults.next() {
        Fate::Pass | Fate::Late(_) | Fate::Short(_) => Ok(()),
        Fate::Fail | Fate::Crash(_) | Fate::Gone => Err(Fault::Crash),
    };
    StoreOptions { faults: Some(Arc::new(step)), ..StoreOptions::default() }
}

/// Ends one look somewhere, most often between the request of a ticket and its receipt, and goes on
/// until everything is told.
async fn crashed(seed: u64, calls: u64) {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    // Messages are the last thing that a look does.
    let crash_at = calls.saturating_sub(seed % 100);
    let errors = [0, 10, 40][usize::try_from(seed % 3).unwrap()];
    let faults =
        Faults::new(seed, Odds { errors, short: errors, delays: 0, crash_at: Some(crash_at) });
    let world = World::recorded(shop(&data, &partner, TICKETS, "1.0.0", NOW));
    let came = up(&faults.around(&world), &data, behind(&faults)).await;
    assert!(
        came.is_err() || !faults.crashed(),
        "seed {seed}: a process that ended told of success"
    );
    // Later rounds: what is on lease, or waits, gets its turn.
    for round in 1..8 {
        look(&data, &partner, TICKETS, "1.0.0", NOW + round * 12 * HOUR + MINUTE).await;
    }
    let titles = partner.titles();
    assert_eq!(titles.len(), 2, "seed {seed}: {titles:?}");
    let store = record::reader(&data).await.unwrap().unwrap();
    let told = store.tells(&TellFilter::default()).await.unwrap();
    assert!(told.iter().all(|one| one.state == TellState::Sent), "seed {seed}: {told:?}");
    assert_eq!(store.verify(None).await.unwrap().broken, [], "seed {seed}");
}

async fn seeds(range: std::ops::Range<u64>) {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    let faults = Faults::new(0, Odds::default());
    let world = World::recorded(shop(&data, &partner, TICKETS, "1.0.0", NOW));
    up(&faults.around(&world), &data, behind(&faults)).await.unwrap();
    assert_eq!(partner.titles().len(), 2);
    assert!(faults.calls() > 100, "{} calls", faults.calls());
    for seed in range {
        crashed(seed, faults.calls()).await;
    }
}

#[tokio::test]
async fn a_crash_makes_no_second_ticket_0_to_99() {
    Box::pin(seeds(0..100)).await;
}

#[tokio::test]
async fn a_crash_makes_no_second_ticket_100_to_199() {
    Box::pin(seeds(100..200)).await;
}

/// Who became an administrator, as the log of a host says it.
const LOG: &str =
    "2026-11-21T08:59:00.000000+00:00 web-1 usermod[2310]: add 'ben' to group 'sudo'\n";

fn person(name: &str) -> Person {
    Person { name: name.to_owned() }
}

#[tokio::test]
async fn a_case_is_asked_about_reminded_of_and_closed_in_its_message() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    std::fs::create_dir(&data).unwrap();
    let clock = Arc::new(holdfast_world::FixedClock::at(Timestamp(NOW)));
    let world = World::recorded(
        shop(&data, &partner, CHAT, "1.0.4", NOW).clock(Arc::clone(&clock)).folder("/var/log"),
    );
    let root = Path::new("/");
    world.files.write_atomic(root, Path::new("var/log/auth.log"), LOG.as_bytes()).unwrap();
    let holder = Holder::open(&world, &data, Options::default()).await.unwrap();
    let quiet: holdfast_engine::holder::Say = Arc::new(|_| {});
    holder.look(&quiet).await.unwrap();
    while holder.deliver().await.unwrap() > 0 {}
    let view = holder.view();
    let [case] = view.cases.as_slice() else { panic!("{:?}", view.cases) };
    let asked = |partner: &Partner| {
        let all = partner.messages();
        all.into_iter().filter(|text| text.contains("/cases/")).collect::<Vec<_>>()
    };
    let [first] = asked(&partner).try_into().unwrap();
    assert!(first.contains("Was this expected?"), "{first}");
    // A quarter of an hour of silence.
    clock.set(Timestamp(NOW + 16 * MINUTE));
    holder.deliver().await.unwrap();
    let two = asked(&partner);
    assert!(two.len() == 2 && two[1].contains("Nobody has answered yet"), "{two:?}");
    let answer = Action::AnswerCase {
        id: case.case.id.to_string(),
        answer: Answer::Expected,
        because: "ben takes over the on-call".to_owned(),
    };
    holder.act(person("ana"), answer).await.unwrap();
    holder.deliver().await.unwrap();
    let two = asked(&partner);
    assert!(two.len() == 2 && two[0].contains("Expected:"), "{two:?}");
    // The page says what became of it.
    let channels = holder.view().channels.clone();
    let [chat] = channels.as_slice() else { panic!("{channels:?}") };
    assert_eq!((chat.name.as_str(), chat.waiting), ("chat", 0));
    assert!(chat.last.as_ref().unwrap().1.contains("it arrived"), "{chat:?}");
    assert!(!chat.preview.is_empty());
}

#[tokio::test]
async fn an_answered_case_needs_no_reminder() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    let clock = Arc::new(holdfast_world::FixedClock::at(Timestamp(NOW)));
    let world = World::recorded(
        shop(&data, &partner, CHAT, "1.0.4", NOW).clock(Arc::clone(&clock)).folder("/var/log"),
    );
    let root = Path::new("/");
    world.files.write_atomic(root, Path::new("var/log/auth.log"), LOG.as_bytes()).unwrap();
    let holder = Holder::open(&world, &data, Options::default()).await.unwrap();
    let quiet: holdfast_engine::holder::Say = Arc::new(|_| {});
    holder.look(&quiet).await.unwrap();
    let id = holder.view().cases[0].case.id.to_string();
    let answer =
        Action::AnswerCase { id, answer: Answer::Benign, because: "a new colleague".to_owned() };
    holder.act(person("ana"), answer).await.unwrap();
    clock.set(Timestamp(NOW + HOUR));
    while holder.deliver().await.unwrap() > 0 {}
    let reminders =
        partner.messages().into_iter().filter(|text| text.contains("Nobody has answered"));
    assert_eq!(reminders.count(), 0);
}

#[tokio::test]
async fn a_test_says_what_the_partner_said() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    let clock = Arc::new(holdfast_world::FixedClock::at(Timestamp(NOW)));
    let world =
        World::recorded(shop(&data, &partner, CHAT, "1.0.4", NOW).clock(Arc::clone(&clock)));
    let holder = Holder::open(&world, &data, Options::default()).await.unwrap();
    let try_it = |name: &str| {
        let action = Action::TestChannel { name: name.to_owned() };
        let holder = Arc::clone(&holder);
        async move { holder.act(person("ana"), action).await }
    };
    let done = try_it("chat").await.unwrap();
    assert!(done.message.starts_with("Sent to chat"), "{done:?}");
    assert!(partner.messages()[0].contains("A test of Holdfast"));
    let unknown = try_it("chatt").await.unwrap_err();
    assert_eq!(unknown.code, "unknown-channel");
    partner.refuse();
    clock.set(Timestamp(NOW + MINUTE));
    let refused = try_it("chat").await.unwrap_err();
    assert!(refused.message.contains("Slack does not accept the token"), "{refused}");
}

/// A channel with a mistake reaches nobody, and is named.
#[tokio::test]
async fn a_wrong_channel_is_a_problem_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    let wrong = "[channels.work]\nthrough = \"jira\"\nto = \"SHOP\"\n";
    let world = World::recorded(shop(&data, &partner, wrong, "1.0.0", NOW));
    let report = up_once(&world, &data, &Options::default(), &|_| {}).await.unwrap();
    let problem = report.details.iter().find(|one| one.code == "channel").unwrap();
    assert!(problem.message.contains("needs `address`"), "{problem}");
    assert_eq!(problem.place.as_ref().unwrap().line, 1);
}

/// A server on this machine that hangs up, fails, and then takes what it is told; the heads and
/// bodies of the requests.
fn program() -> (std::net::SocketAddr, std::thread::JoinHandle<Vec<(String, String)>>) {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = move || {
        let mut seen = Vec::new();
        for answer in
            ["", "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 204 OK\r\n\r\n"]
        {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
            }
            let header = |name: &str| {
                let line = head.lines().find(|line| line.to_lowercase().starts_with(name));
                line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned())
            };
            let mut body = vec![0; header("content-length").unwrap().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let id = header("webhook-id").unwrap();
            assert!(header("webhook-signature").unwrap().starts_with("v1,"), "{head}");
            seen.push((id, String::from_utf8(body).unwrap()));
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
        }
        seen
    };
    (address, std::thread::spawn(serve))
}

/// Over a real connection: what was lost or failed comes again, under the same id.
#[tokio::test]
async fn a_program_hears_the_same_again_until_it_takes_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (address, server) = program();
    let channels = format!(
        "[channels.program]\nthrough = \"webhook\"\naddress = \"http://{address}/holdfast\"\n\
         reach = \"loopback\"\nsecret_variable = \"HOOK\"\n"
    );
    let clock = Arc::new(holdfast_world::FixedClock::at(Timestamp(NOW)));
    let hook = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let lock = cargo_lock(&[("tiller", "1.0.0")]);
    let files: [(&str, &[u8]); 2] =
        [("Cargo.lock", lock.as_bytes()), ("holdfast.toml", b"appetite = \"standard\"\n")];
    let world = World::recorded(
        recorded(&data, &INDEX, &files)
            .file(data.join("channels.toml"), channels)
            .secret(SecretSource::Variable("HOOK".to_owned()), hook)
            .http(Arc::new(holdfast_world::RealHttp::new()))
            .clock(Arc::clone(&clock)),
    );
    for hour in 0..3 {
        clock.set(Timestamp(NOW + hour * HOUR));
        up(&world, &data, StoreOptions::default()).await.unwrap();
    }
    let seen = server.join().unwrap();
    assert!(seen.windows(2).all(|two| two[0] == two[1]), "{seen:?}");
    assert!(seen[0].1.contains("\"type\":\"decision.made\""), "{}", seen[0].1);
    let store = record::reader(&data).await.unwrap().unwrap();
    let [told] = store.tells(&TellFilter::default()).await.unwrap().try_into().unwrap();
    assert_eq!((told.state, told.attempts, told.unsure), (TellState::Sent, 3, true));
}
