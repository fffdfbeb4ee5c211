//! A record of CloudTrail as an event.
//!
//! Knows the user guide's record contents and `userIdentity` element.

use std::sync::Arc;

use holdfast_model::{Actor, Event, Place, Record, Timestamp, Went};

use super::aws_targets::targets_of;
use super::{digest, text};
use crate::text::json::Value;

/// Makes the event, or says which member is missing.
pub(super) fn event(
    value: &Value<'_>,
    record: &Record<'_>,
    place: Place,
) -> Result<Event, &'static str> {
    let at = Timestamp::parse(text(value, &["eventTime"])).ok_or("eventTime")?;
    let (source, name) = (text(value, &["eventSource"]), text(value, &["eventName"]));
    if source.is_empty() {
        return Err("eventSource");
    }
    if name.is_empty() {
        return Err("eventName");
    }
    let id = match text(value, &["eventID"]) {
        "" => digest(record),
        id => id.into(),
    };
    let account = match text(value, &["recipientAccountId"]) {
        "" => text(value, &["userIdentity", "accountId"]),
        account => account,
    };
    Ok(Event {
        id,
        at,
        log: record.source.to_string().into(),
        actor: actor(value, account),
        action: format!("{source}:{name}").into(),
        targets: targets_of(value),
        account: account.into(),
        region: text(value, &["awsRegion"]).into(),
        from: text(value, &["sourceIPAddress"]).into(),
        agent: text(value, &["userAgent"]).into(),
        went: went(value),
        place,
    })
}

/// A record without error code went well, but for logins to the console, which say otherwise.
fn went(value: &Value<'_>) -> Went {
    let (code, why) = (text(value, &["errorCode"]), text(value, &["errorMessage"]));
    let login = text(value, &["responseElements", "ConsoleLogin"]);
    match (code, why) {
        ("", "") if login == "Failure" => Went::Failed(login.into()),
        ("", "") => Went::Done,
        ("", why) => Went::Failed(why.into()),
        (code, _) => Went::Failed(code.into()),
    }
}

/// Who it was, by what stays when keys and sessions change.
fn actor(value: &Value<'_>, account: &str) -> Actor {
    let Some(identity) = value.get("userIdentity") else { return named("unknown", "", false) };
    let of = |name: &str| text(identity, &[name]);
    let issuer = text(identity, &["sessionContext", "sessionIssuer", "arn"]);
    let (arn, invoked_by) = (of("arn"), of("invokedBy"));
    let own = match of("accountId") {
        "" => account,
        own => own,
    };
    // A service that acts for somebody says so; what it does is not that person's doing.
    let itself = invoked_by.is_empty();
    match of("type") {
        "Root" => Actor {
            key: format!("{own}:Root").into(),
            session: "".into(),
            name: "Root".into(),
            person: itself,
        },
        "IAMUser" => named(&user_key(identity, own), "", itself),
        "AssumedRole" => {
            let (role, session) = session_of(arn);
            let key = if issuer.is_empty() { role } else { issuer };
            let sso = issuer.contains(":role/aws-reserved/sso.amazonaws.com/");
            named(first_of(&[key, of("principalId")]), session, sso && itself)
        }
        "FederatedUser" => {
            let user = text(identity, &["sessionContext", "sessionIssuer", "type"]);
            let (name, session) = session_of(arn);
            let key = first_of(&[issuer, name, of("principalId")]);
            named(key, session, itself && matches!(user, "IAMUser" | "Root"))
        }
        "WebIdentityUser" | "SAMLUser" => {
            let federation = ["sessionContext", "webIdFederationData", "federatedProvider"];
            let provider = text(identity, &federation);
            let key = first_of(&[issuer, provider, of("identityProvider"), of("principalId")]);
            named(key, of("userName"), false)
        }
        "IdentityCenterUser" => {
            let store = text(identity, &["onBehalfOf", "identityStoreArn"]);
            let user = text(identity, &["onBehalfOf", "userId"]);
            named(&format!("{store}/{user}"), "", itself)
        }
        _ if !itself && arn.is_empty() => named(invoked_by, "", false),
        // Other accounts show no more than the stable part of `AROA…:session`.
        _ => {
            let principal = of("principalId");
            let (principal, session) = principal.split_once(':').unwrap_or((principal, ""));
            let (role, within) = session_of(arn);
            let key = first_of(&[issuer, role, principal, of("userName"), own, "unknown"]);
            named(key, first_of(&[within, session]), false)
        }
    }
}

/// The ARN of an IAM user; failed logins tell only the account and the name, or not even that.
fn user_key(identity: &Value<'_>, account: &str) -> String {
    let of = |name: &str| text(identity, &[name]);
    match (of("arn"), of("userName")) {
        ("", "") => first_of(&[of("principalId"), "unknown"]).to_owned(),
        ("", user) => format!("arn:aws:iam::{account}:user/{user}"),
        (arn, _) => arn.to_owned(),
    }
}

/// `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION` taken apart; other ARNs have no session.
fn session_of(arn: &str) -> (&str, &str) {
    let sts = arn.contains(":assumed-role/") || arn.contains(":federated-user/");
    match arn.rsplit_once('/') {
        Some((role, session)) if sts => (role, session),
        _ => (arn, ""),
    }
}

fn first_of<'t>(texts: &[&'t str]) -> &'t str {
    texts.iter().find(|text| !text.is_empty()).copied().unwrap_or_default()
}

/// With the name for people: the last part of the key, and the session.
fn named(key: &str, session: &str, person: bool) -> Actor {
    let last = key.rsplit(['/', ':']).next().unwrap_or(key);
    let name: Arc<str> = match session {
        "" => last.into(),
        session => format!("{last}/{session}").into(),
    };
    Actor { key: key.into(), session: session.into(), name, person }
}
