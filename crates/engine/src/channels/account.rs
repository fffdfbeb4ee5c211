//! Who is reached how: `channels.toml` in the data folder, with what each partner wants.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_act::connector::{AccountId, Connector, Form, connector, connectors};
use holdfast_model::Problem;
use holdfast_rulefile::channels::{self, ChannelConfig, ReachConfig, SecretConfig};
use holdfast_world::{MailTls, Reach, ReadError, SecretSource, World};

/// The file in the data folder. A repository cannot hold it: whoever may write it can send a secret
/// to an address.
pub const FILE: &str = "channels.toml";

/// The longest file, in bytes.
const LONGEST: u64 = 1 << 20;

/// A way to reach teams.
#[derive(Clone)]
pub(crate) struct Channel {
    /// Its name, by which the record knows it.
    pub(crate) account: AccountId,
    pub(crate) connector: &'static dyn Connector,
    pub(crate) to: Vec<String>,
    pub(crate) teams: Vec<String>,
    pub(crate) from: String,
    pub(super) user: Option<String>,
    pub(super) address: Address,
    pub(super) secret: Option<SecretSource>,
    pub(super) reach: Reach,
}

/// Where a partner is.
#[derive(Clone)]
pub(super) enum Address {
    /// Of the web, without a slash behind; empty where the secret is the address.
    Web(String),
    /// A mail server.
    Mail { host: String, port: u16, tls: MailTls },
}

impl Channel {
    pub(crate) fn name(&self) -> &str {
        &self.account.0
    }

    pub(crate) fn form(&self) -> Form {
        self.connector.form()
    }

    fn reaches(&self, team: &str) -> bool {
        self.teams.iter().any(|known| known == team)
    }
}

/// Every channel.
#[derive(Clone, Default)]
pub(crate) struct Channels {
    /// Where others reach the console.
    pub(crate) console: Option<String>,
    pub(crate) all: Vec<Channel>,
}

impl Channels {
    /// The channel of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&Channel> {
        self.all.iter().find(|channel| channel.name() == name)
    }

    /// The one that makes tickets for a team: one decision is one ticket.
    pub(crate) fn tickets(&self, team: &str) -> Option<&Channel> {
        self.of(team, |form| form == Form::Ticket).next()
    }

    /// Those that say something to a team.
    pub(crate) fn messages(&self, team: &str) -> Vec<&Channel> {
        self.of(team, |form| form != Form::Ticket).collect()
    }

    /// Those of a sort that name the team, else those that name none.
    fn of<'a>(
        &'a self,
        team: &str,
        fits: impl Fn(Form) -> bool + Copy + 'a,
    ) -> impl Iterator<Item = &'a Channel> {
        let named = self.all.iter().any(|one| fits(one.form()) && one.reaches(team));
        let team = team.to_owned();
        self.all.iter().filter(move |one| {
            fits(one.form()) && if named { one.reaches(&team) } else { one.teams.is_empty() }
        })
    }
}

/// Reads `channels.toml`; without one nobody is told anything.
pub(crate) fn read(world: &World, data: &Path) -> (Channels, Vec<Problem>) {
    let path: PathBuf = data.join(FILE);
    let shown: Arc<str> = path.display().to_string().into();
    let bytes = match world.files.read(Path::new("/"), &path, LONGEST) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing) => return (Channels::default(), Vec::new()),
        Err(error) => {
            let problem = Problem::new("cannot-read", format!("`{shown}` cannot be read: {error}"));
            let problem = problem.help("nobody is told anything meanwhile");
            return (Channels::default(), vec![problem]);
        }
    };
    let Ok(text) = std::str::from_utf8(&bytes) else {
        let problem = Problem::new("not-text", format!("`{shown}` is no UTF-8 text"));
        return (Channels::default(), vec![problem.help("save it as UTF-8")]);
    };
    let known: Vec<&'static str> = connectors().iter().map(|one| one.about().id).collect();
    let (config, mut problems) = channels::read(&shown, text, &known);
    let mut all = Vec::new();
    for config in config.channels {
        let place = config.place.clone();
        match channel(config) {
            Ok(channel) => all.push(channel),
            Err((message, help)) => {
                problems.push(Problem::at("channel", place, message).help(help));
            }
        }
    }
    (Channels { console: config.console, all }, problems)
}

/// A channel with everything that its partner wants.
fn channel(config: ChannelConfig) -> Result<Channel, (String, String)> {
    let name = config.name.clone();
    let through = config.through.as_str();
    let Some(connector) = connector(through) else {
        return Err((format!("`{through}` is no connector"), "look at the reference".to_owned()));
    };
    let needs = |key: &str, help: &str| {
        Err((format!("the channel `{name}` needs `{key}`"), help.to_owned()))
    };
    let address = match (connector.form(), &config.address) {
        (Form::Mail, Some(address)) => mail(address)?,
        (Form::Mail, None) => return needs("address", "name the server: \"smtp://mail.example\""),
        (_, Some(address)) => Address::Web(address.clone()),
        (_, None) => match through {
            "github" => Address::Web("https://api.github.com".to_owned()),
            "slack" => Address::Web("https://slack.com".to_owned()),
            // Its secret is the whole address.
            "slack-webhook" => Address::Web(String::new()),
            _ => return needs("address", "name where the partner is: \"https://partner.example\""),
        },
    };
    if connector.form() != Form::Mail && config.secret.is_none() {
        return needs("secret_file", "name a file that only you may read, or `secret_variable`");
    }
    if through == "jira" && config.user.is_none() {
        return needs("user", "name the address of the account whose token it is");
    }
    if connector.form() == Form::Mail && config.from.is_none() {
        return needs("from", "name the address that the mail comes from");
    }
    let several = connector.form() == Form::Mail;
    let wants_to = !matches!(through, "slack-webhook" | "webhook");
    if wants_to && config.to.is_empty() {
        let help = "name a channel, `owner/repository`, a project's key, or addresses of mail";
        return needs("to", help);
    }
    if !several && config.to.len() > 1 {
        let help = "make one channel for each";
        return Err((format!("the channel `{name}` leads to several places"), help.to_owned()));
    }
    let secret = config.secret.map(|secret| match secret {
        SecretConfig::File(path) => SecretSource::File(path.into()),
        SecretConfig::Variable(name) => SecretSource::Variable(name),
    });
    let reach = Reach {
        private: config.reach == ReachConfig::Private,
        loopback: config.reach == ReachConfig::Loopback,
    };
    Ok(Channel {
        account: AccountId(config.name.into()),
        connector,
        to: config.to,
        // As CODEOWNERS writes a team, or without its sign.
        teams: config.teams.iter().map(|team| team.trim_start_matches('@').to_owned()).collect(),
        from: config.from.unwrap_or_default(),
        user: config.user,
        address,
        secret,
        reach,
    })
}

/// `smtps://HOST[:PORT]` speaks TLS from the first byte, `smtp://` after STARTTLS, and
/// `smtp+plain://` not at all, which is for this machine and the own network.
fn mail(address: &str) -> Result<Address, (String, String)> {
    let wrong = || {
        let help = "write \"smtp://HOST\", \"smtps://HOST\" or, for this machine, \
                    \"smtp+plain://localhost:25\"";
        (format!("`{address}` is no address of a mail server"), help.to_owned())
    };
    let (scheme, rest) = address.split_once("://").ok_or_else(wrong)?;
    let (tls, usual) = match scheme {
        "smtps" => (MailTls::Wrapped, 465),
        "smtp" => (MailTls::StartTls, 587),
        "smtp+plain" => (MailTls::Plain, 25),
        _ => return Err(wrong()),
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') => (host, port.parse().map_err(|_| wrong())?),
        _ => (rest, usual),
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(fits) {
        return Err(wrong());
    }
    Ok(Address::Mail { host: host.to_owned(), port, tls })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Channel, (String, String)> {
        let known: Vec<&'static str> = connectors().iter().map(|one| one.about().id).collect();
        let (config, problems) = channels::read(&"channels.toml".into(), text, &known);
        assert_eq!(problems, []);
        channel(config.channels.into_iter().next().unwrap())
    }

    /// What the README says is enough for each.
    #[test]
    fn every_connector_can_be_a_channel() {
        for (through, rest) in [
            ("github", "to = \"acme/shop\"\nsecret_variable = \"A\""),
            (
                "jira",
                "to = \"SHOP\"\naddress = \"https://jira.example\"\nuser = \"a@b.example\"\n\
                 secret_variable = \"A\"",
            ),
            (
                "mail",
                "to = [\"a@b.example\"]\naddress = \"smtp://mail.example\"\n\
                 from = \"h@b.example\"",
            ),
            ("slack", "to = \"#ops\"\nsecret_file = \"/etc/a\""),
            ("slack-webhook", "secret_file = \"/etc/a\""),
            ("webhook", "address = \"https://hook.example\"\nsecret_file = \"/etc/a\""),
        ] {
            let text = format!("[channels.one]\nthrough = \"{through}\"\n{rest}\n");
            let channel = read(&text).map_err(|why| format!("{through}: {why:?}")).unwrap();
            assert_eq!(channel.connector.about().id, through);
        }
        assert_eq!(connectors().len(), 6, "a new one needs a line here");
    }

    #[test]
    fn servers_of_mail_have_a_scheme_and_a_usual_port() {
        let port = |address: &str| match mail(address) {
            Ok(Address::Mail { port, tls, .. }) => Some((port, tls)),
            _ => None,
        };
        assert_eq!(port("smtp://mail.example"), Some((587, MailTls::StartTls)));
        assert_eq!(port("smtps://mail.example"), Some((465, MailTls::Wrapped)));
        assert_eq!(port("smtp+plain://localhost:2525"), Some((2525, MailTls::Plain)));
        for wrong in ["mail.example", "https://mail.example", "smtp://", "smtp://a b", "smtp://a:x"]
        {
            assert_eq!(port(wrong), None, "{wrong}");
        }
    }
}
