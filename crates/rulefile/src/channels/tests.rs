use std::sync::Arc;

use holdfast_model::Problem;
use proptest::prelude::*;

use super::{ChannelsConfig, ReachConfig, SecretConfig, read};

const CONNECTORS: [&str; 3] = ["jira", "mail", "slack"];

fn shown(text: &str) -> (ChannelsConfig, Vec<String>) {
    let (config, problems) = read(&Arc::from("channels.toml"), text, &CONNECTORS);
    let told = |one: &Problem| format!("{} {} | {}", one.code, one.message, one.help);
    (config, problems.iter().map(told).collect())
}

#[test]
fn everything_that_can_be_said() {
    let (config, problems) = shown(
        r##"
console = "https://holdfast.example/"

[channels.payments]
through = "slack"
to = "#payments"
secret_file = "/etc/holdfast/slack"
teams = ["payments", "checkout"]

[channels.everybody]
through = "mail"
address = "smtps://mail.example"
user = "holdfast"
secret_variable = "MAIL_PASSWORD"
from = "holdfast@shop.example"
to = ["ops@shop.example", "sec@shop.example"]
reach = "private"
"##,
    );
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(config.console.as_deref(), Some("https://holdfast.example"));
    let [everybody, payments] = config.channels.as_slice() else { panic!("{config:?}") };
    assert_eq!((everybody.name.as_str(), everybody.through.as_str()), ("everybody", "mail"));
    assert_eq!(everybody.secret, Some(SecretConfig::Variable("MAIL_PASSWORD".to_owned())));
    assert_eq!(everybody.to.len(), 2);
    assert_eq!(everybody.reach, ReachConfig::Private);
    assert_eq!((everybody.user.as_deref(), everybody.teams.len()), (Some("holdfast"), 0));
    assert_eq!(payments.to, ["#payments"]);
    assert_eq!(payments.teams, ["payments", "checkout"]);
    assert_eq!(payments.secret, Some(SecretConfig::File("/etc/holdfast/slack".to_owned())));
    assert_eq!((payments.reach, payments.place.line), (ReachConfig::Public, 4));
}

#[test]
fn a_channel_with_a_mistake_is_left_out_and_the_others_count() {
    let (config, problems) = shown(
        "console = \"holdfast\"\n[channels.a]\nthrough = \"slak\"\n[channels.b]\nto = \"x\"\n\
         [channels.c]\nthrough = \"jira\"\nsecret_file = \"token\"\n[channels.d]\n\
         through = \"jira\"\nteam = \"x\"\n[channels.e]\nthrough = \"mail\"\n\
         [channels.\"a b\"]\nthrough = \"mail\"\n",
    );
    let names: Vec<&str> = config.channels.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["e"]);
    assert_eq!(config.console, None);
    let said = |part: &str| problems.iter().filter(|one| one.contains(part)).count();
    assert_eq!(problems.len(), 6, "{problems:#?}");
    assert_eq!(said("`holdfast` is no address of the web"), 1);
    assert_eq!(said("did you mean `slack`?"), 1);
    assert_eq!(said("the key `through` is missing"), 1);
    assert_eq!(said("`token` does not say where the file is"), 1);
    assert_eq!(said("the key `team` is not known"), 1);
    assert_eq!(said("`a b` is no name of a channel"), 1);
}

/// Somebody who writes the secret itself into the file does not find it in a message.
#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    for line in ["secret = \"xoxb-17-hush\"", "secret_variable = \"xoxb-17-hush\""] {
        let text = format!("[channels.a]\nthrough = \"slack\"\n{line}\n");
        let (config, problems) = read(&Arc::from("channels.toml"), &text, &CONNECTORS);
        assert_eq!(config.channels, []);
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert!(!format!("{problem:?}").contains("hush"), "{problem:?}");
    }
}

proptest! {
    #[test]
    fn whatever_is_written_is_read(text in "[ -~\n]{0,200}") {
        let _ = read(&Arc::from("channels.toml"), &text, &CONNECTORS);
    }
}
