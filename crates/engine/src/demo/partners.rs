//! Those who are told in the demonstration: partners that take everything and keep nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use holdfast_model::Problem;
use holdfast_world::{
    HttpMethod, HttpResponse, RecordedHttp, RecordedMail, RecordedSecrets, Secret, SecretSource,
    World,
};

use crate::channels;
use crate::failure::Failure;

/// The channels of the three teams.
const CHANNELS: &str = r##"console = "https://holdfast.example"

[channels.payments-chat]
through = "slack"
to = "#payments"
secret_variable = "DEMO_SLACK"
teams = ["payments"]

[channels.platform-tickets]
through = "jira"
address = "https://tracker.example"
to = "PLAT"
user = "holdfast@platform.example"
secret_variable = "DEMO_TRACKER"
teams = ["platform"]

[channels.storefront-mail]
through = "mail"
address = "smtps://mail.example"
from = "holdfast@storefront.example"
to = ["storefront@storefront.example"]
teams = ["storefront"]
"##;
/// More tickets than the demonstration makes.
const TICKETS: u32 = 200;

/// Puts partners behind the doors of a world, and the channels into its data folder.
pub(super) fn behind(world: &mut World, data: &Path) -> Result<(), Failure> {
    let chat = r#"{"ok":true,"channel":"C0PAYMENTS","ts":"1700000000.000100"}"#;
    let mut http = RecordedHttp::new();
    for call in ["postMessage", "update"] {
        let address = format!("https://slack.com/api/chat.{call}");
        http = http.answer(HttpMethod::Post, &address, Ok(HttpResponse::of(200, chat)));
    }
    let tracker = "https://tracker.example/rest/api/3";
    let none = HttpResponse::of(200, r#"{"issues":[],"isLast":true}"#);
    http = http.answer(HttpMethod::Post, &format!("{tracker}/search/jql"), Ok(none));
    for number in 1..TICKETS {
        let made = format!(
            r#"{{"id":"{number}","key":"PLAT-{number}","self":"{tracker}/issue/{number}"}}"#
        );
        let made = Ok(HttpResponse::of(201, made));
        http = http.answer(HttpMethod::Post, &format!("{tracker}/issue"), made);
    }
    world.http = Arc::new(http);
    world.mail = Arc::new(RecordedMail::new([]));
    world.secrets = Arc::new(RecordedSecrets::new(secrets()?));
    let path = data.join(channels::FILE);
    world.files.write_atomic(Path::new("/"), &path, CHANNELS.as_bytes()).map_err(|error| {
        Failure::Ours(Problem::new("cannot-write", format!("the channels cannot be kept: {error}")))
    })
}

fn secrets() -> Result<BTreeMap<SecretSource, Secret>, Failure> {
    let names = ["DEMO_SLACK", "DEMO_TRACKER"];
    let secret = |name: &str| {
        let secret = Secret::new("of-the-demonstration").map_err(Failure::Ours)?;
        Ok((SecretSource::Variable(name.to_owned()), secret))
    };
    names.into_iter().map(secret).collect()
}
