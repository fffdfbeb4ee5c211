//! A record of a Linux log as an event, by the members in the table of `event`.

use std::sync::Arc;

use holdfast_model::{Actor, Event, Place, Record, Timestamp, Went};

use super::super::secret::mask;
use super::{digest, targets, text};
use crate::text::json::Value;

/// Makes the event, or says which member is missing.
pub(super) fn event(
    value: &Value<'_>,
    record: &Record<'_>,
    place: Place,
) -> Result<Event, &'static str> {
    let of = |name: &str| text(value, &[name]);
    let at = Timestamp::parse(of("time")).ok_or("time")?;
    let id = match of("__CURSOR") {
        "" => digest(record),
        cursor => cursor.into(),
    };
    let action = match of("action") {
        "" => "message",
        action => action,
    };
    let went = match (of("outcome"), of("reason")) {
        ("failed", why) => Went::Failed(why.into()),
        _ => Went::Done,
    };
    let actor = actor(value, action, went == Went::Done);
    Ok(Event {
        id,
        at,
        log: record.source.to_string().into(),
        actor,
        action: action.into(),
        targets: targets_of(value),
        account: of("host").into(),
        region: "".into(),
        from: of("src_ip").into(),
        agent: of("process").into(),
        went,
        place,
    })
}

/// A user of a host, or the program where no user is named.
fn actor(value: &Value<'_>, action: &str, done: bool) -> Actor {
    let of = |name: &str| text(value, &[name]);
    let user = of("user");
    let name = match (user, of("process")) {
        ("", "") => "unknown",
        ("", process) => process,
        (user, _) => user,
    };
    let key: Arc<str> = match of("host") {
        "" => name.into(),
        host => format!("{name}@{host}").into(),
    };
    let person = !user.is_empty()
        && match action {
            // Whoever failed to come in did not show who they are.
            "login" => done,
            "sudo" | "su" | "crontab" => true,
            "session-open" | "session-close" => is_for_people(of("service"), of("process")),
            // apt writes who asked for it only where somebody did so through sudo or pkexec.
            action => action.starts_with("package-"),
        };
    Actor { key, session: of("session").into(), name: name.into(), person }
}

/// Services whose sessions are those of people; cron and systemd open some for users, too.
fn is_for_people(service: &str, process: &str) -> bool {
    const SERVICES: [&str; 9] =
        ["sshd", "login", "su", "su-l", "sudo", "sudo-i", "lightdm", "gdm-password", "sddm"];
    SERVICES.contains(&service) || (service.is_empty() && process == "systemd-logind")
}

fn targets_of(value: &Value<'_>) -> Vec<Arc<str>> {
    let mut out: Vec<Arc<str>> = Vec::new();
    // gpasswd names several users at once.
    out.extend(text(value, &["target_user"]).split(',').map(Arc::from));
    out.extend(["group", "package", "file"].iter().map(|name| Arc::from(text(value, &[name]))));
    let packages = value.get("packages").and_then(Value::as_array).unwrap_or_default();
    out.extend(packages.iter().filter_map(Value::as_str).map(Arc::from));
    out.push(Arc::from(&*mask(text(value, &["command"]))));
    targets(out)
}
