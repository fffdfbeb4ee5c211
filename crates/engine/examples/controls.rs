//! What it costs to judge many hosts by every control: `controls [HOSTS]`.
//!
//! The script that a look over ssh sends is run by `sh` on this machine, once; what it leaves is
//! read, sorted and judged for each of the hosts anew, as if each had sent it. They differ in what
//! the files say and whose they are, and nine of ten are no containers, of which fewer controls ask.
//! Each figure is one line of `name value unit`, which `cargo xtask bench` reads; CPU is user plus
//! system time of this process.

#![expect(clippy::print_stdout, reason = "it reports")]
#![expect(clippy::cast_precision_loss, reason = "seconds stay below 2^53")]

use std::collections::{BTreeMap, BTreeSet};

use holdfast_advisories::version::compare;
use holdfast_engine::controls::Controls;
use holdfast_model::{Ecosystem, Fact, TraitValue};
use holdfast_posture::{Judgement, Seen, judge, resources};
use holdfast_sense::host::{Asked, collect};
use holdfast_sense::remote::{Request, STREAM_LIMIT};
use holdfast_sense::{Answer, FileStat, Need};
use holdfast_world::{Command, World};

/// Before each word of the stream.
const MARK: &str = "5d1c0a9e47b38f62";
/// What one host says first where it differs in it.
const OPTIONS: &[u8] = b"PermitRootLogin yes\nMaxAuthTries 9\n";

/// What was asked over one connection, and what came back.
type Exchange = (Request, Vec<u8>);

fn main() -> Result<(), String> {
    let hosts: usize = match std::env::args().nth(1) {
        Some(count) => count.parse().map_err(|_| format!("`{count}` is no number"))?,
        None => 1_000,
    };
    let world = World::real().map_err(|problem| problem.message)?;
    let controls = Controls::read(None);
    let resources = resources(controls.asked());
    let asked = Asked { resources: &resources, running: true };
    let exchanges = exchanges(&world, &asked)?;
    // The first one only warms the caches.
    evaluate(0, &exchanges, &asked, &controls);
    let (mut spent, mut verdicts, mut away) = ([0.0_f64; 3], 0, 0);
    let mut different = BTreeSet::new();
    for host in 0..hosts {
        let (took, words) = evaluate(host, &exchanges, &asked, &controls);
        spent.iter_mut().zip(took).for_each(|(sum, one)| *sum += one);
        verdicts += words.len();
        away += words.iter().filter(|word| **word == "not applicable").count();
        different.insert(words);
    }
    println!("hosts {hosts} hosts");
    println!("hosts-different {} hosts", different.len());
    println!("controls {} controls", controls.asked().count());
    println!("verdicts {verdicts} verdicts");
    println!("not-applicable {away} verdicts");
    println!("bytes {} bytes", exchanges.iter().map(|(_, stream)| stream.len()).sum::<usize>());
    for (name, seconds) in ["read", "sort", "judge"].iter().zip(spent) {
        println!("{name} {} ms", seconds * 1e3);
    }
    Ok(())
}

/// CPU seconds of this process so far, to the nanosecond.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Asks this machine as a host far away is asked: once, and again for what that leads to.
fn exchanges(world: &World, asked: &Asked<'_>) -> Result<Vec<Exchange>, String> {
    let first = Request::first(asked);
    let stream = answered(world, &first)?;
    let told = first.read(MARK, &stream);
    let mut open = Vec::new();
    collect(asked, &mut |need| {
        told.answer(need).unwrap_or_else(|| {
            open.push(need.clone());
            untold()
        })
    });
    let mut all = vec![(first, stream)];
    if !open.is_empty() {
        let more = Request::more(open);
        let stream = answered(world, &more)?;
        all.push((more, stream));
    }
    Ok(all)
}

fn untold() -> Answer {
    Answer::Unreadable("the host did not tell over the network".into())
}

fn answered(world: &World, request: &Request) -> Result<Vec<u8>, String> {
    let mut command = Command::new("sh", "/");
    command.stdin = Some(request.script(MARK).into_bytes());
    command.output_limit = STREAM_LIMIT;
    let output = world.run.run(&command).map_err(|error| format!("`sh`: {error}"))?;
    if request.read(MARK, &output.stdout).complete {
        return Ok(output.stdout);
    }
    Err(format!("`sh` did not come to the end of the script: {}", output.complaint()))
}

/// What each part of it took, and every verdict.
fn evaluate(
    host: usize,
    exchanges: &[Exchange],
    asked: &Asked<'_>,
    controls: &Controls,
) -> ([f64; 3], Vec<&'static str>) {
    let begun = cpu();
    let mut all = exchanges.iter().map(|(request, stream)| request.read(MARK, stream));
    let mut told = all.next().unwrap_or_default();
    all.for_each(|later| told.add(later));
    let read = cpu();
    let facts =
        collect(asked, &mut |need| varied(host, need, told.answer(need).unwrap_or_else(untold)));
    let seen = sorted(host, facts);
    let sorted = cpu();
    let ecosystem = Ecosystem::new(Ecosystem::DEBIAN);
    let order = |a: &str, b: &str| compare(&ecosystem, a, b);
    let judgements: Vec<Judgement> =
        controls.asked().flat_map(|control| judge(control, &seen, &order)).collect();
    let judged = cpu();
    let words = judgements.iter().map(|one| one.result.word()).collect();
    ([read - begun, sorted - read, judged - sorted], words)
}

/// What this host answers where another answers so.
fn varied(host: usize, need: &Need, answer: Answer) -> Answer {
    let (Need::File(path) | Need::Stat(path)) = need else { return answer };
    // Each bit of its number changes the files whose paths are so long.
    if (host >> (path.len() % 10)) & 1 == 0 {
        return answer;
    }
    match answer {
        Answer::Stat(stat) => Answer::Stat(FileStat { mode: stat.mode | 0o022, ..stat }),
        Answer::Bytes(bytes) => match &*bytes {
            b"0\n" => Answer::Bytes(b"1\n".as_slice().into()),
            b"1\n" => Answer::Bytes(b"0\n".as_slice().into()),
            text if path.ends_with("/sshd_config") => {
                Answer::Bytes([OPTIONS, text].concat().into())
            }
            _ => Answer::Bytes(bytes),
        },
        other => other,
    }
}

fn sorted(host: usize, facts: Vec<Fact>) -> Seen {
    let (mut settings, mut traits) = (Vec::new(), Vec::new());
    for fact in facts {
        match fact {
            Fact::Setting(setting) => settings.push(setting),
            Fact::Trait(mut one) => {
                if &*one.name == "container" && !host.is_multiple_of(10) {
                    one.value = Some(TraitValue::Truth(false));
                }
                traits.push(one);
            }
            _ => {}
        }
    }
    Seen::new(settings, traits, BTreeMap::new())
}
