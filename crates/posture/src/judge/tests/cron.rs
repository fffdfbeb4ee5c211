//! Jobs of cron: one line at the right time is enough.

use holdfast_model::CronWanted;

use super::*;

fn job(wanted: CronWanted) -> Desired {
    Desired::Cron { user: "root".into(), command: "/usr/bin/a".into(), wanted }
}

fn with(wanted: CronWanted, readings: &[Reading]) -> Judgement {
    let desired = job(wanted);
    let place =
        |reading: &Reading| matches!(reading, Reading::Is(_)).then_some(("/etc/crontab", 7));
    let settings = readings
        .iter()
        .map(|reading| set(&desired, Aspect::Value, reading.clone(), place(reading)))
        .collect();
    judged(&desired, settings)
}

#[test]
fn a_job_is_judged_by_its_lines() {
    let daily = || CronWanted::At(Wanted::Is("@daily".into()));
    let (absent, present) = (CronWanted::Absent, CronWanted::Present);
    for (readings, results) in [
        (vec![is("0 0 * * *")], [Pass, Pass, Fail]),
        (vec![is("00 0 * * *")], [Pass, Pass, Fail]),
        (vec![is("5 4 * * *")], [Fail, Pass, Fail]),
        (vec![is("5 4 * * *"), is("@midnight")], [Pass, Pass, Fail]),
        (vec![Reading::Absent], [Fail, Fail, Pass]),
        (vec![unknown()], [NotAssessed, NotAssessed, NotAssessed]),
        (vec![is("5 4 * * *"), unknown()], [NotAssessed, Pass, Fail]),
        (vec![is("@daily"), unknown()], [Pass, Pass, Fail]),
        (vec![], [NotAssessed, NotAssessed, NotAssessed]),
    ] {
        let judged =
            [daily(), present.clone(), absent.clone()].map(|wanted| with(wanted, &readings).result);
        assert_eq!(judged, results, "{readings:?}");
    }
}

#[test]
fn the_sentence_names_time_and_line() {
    let daily = CronWanted::At(Wanted::Is("@daily".into()));
    let late = with(daily.clone(), &[is("5 4 * * *")]);
    assert_eq!(late.reason, "it runs at `5 4 * * *` at `/etc/crontab:7`, wanted at @daily");
    assert_eq!(
        (&*late.resource, &*late.wanted, late.found.as_deref()),
        ("cron /usr/bin/a of root", "at @daily", Some("5 4 * * *"))
    );
    assert_eq!(with(daily, &[Reading::Absent]).reason, "no table of cron has it, wanted at @daily");
}
