//! The options of the ssh client, ssh_config(5) of OpenSSH 9.2 and later, and the conditions of its
//! `Host` and `Match` blocks.
//!
//! Knows tables and single lines only. It must not know files or which value wins: of all lines
//! that count for a connection, the first.

use holdfast_model::Span;

use super::options::{
    Default, FACILITY, FAMILY, HASH, Keyword, LEVEL, SshOption, Takes, both, built, gathers, unset,
};
use super::pattern::Pattern;
use super::values::{Criterion, Wrong};
use super::words::Word;

/// A name that no host has, RFC 2606: what holds for it holds for every host without a block.
pub(super) const NOBODY: &str = "holdfast.invalid";

/// The conditions of a block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Conditions {
    /// All of these; none for everybody.
    pub criteria: Vec<Criterion>,
    /// Whether asking `ssh -G` would answer for more than [`NOBODY`] or run a program.
    pub special: bool,
}

impl Conditions {
    /// Conditions about which there is nothing special.
    pub(super) fn plain(criteria: Vec<Criterion>) -> Self {
        Self { criteria, special: false }
    }
}

/// The conditions of a `Host` line: one of its patterns matches, and none that begins with `!`.
pub(super) fn hosts(words: &[Word]) -> Conditions {
    let patterns: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    of_patterns("Host", &patterns)
}

fn of_patterns(attribute: &'static str, patterns: &[&str]) -> Conditions {
    let negated = patterns.iter().any(|pattern| pattern.starts_with('!'));
    if !negated && patterns.contains(&"*") {
        return Conditions::plain(Vec::new());
    }
    let special = negated || patterns.iter().any(|pattern| Pattern::new(pattern).matches(NOBODY));
    let pattern = patterns.join(",");
    Conditions { criteria: vec![Criterion { attribute, pattern }], special }
}

/// What may stand behind `Match`, with and without `!` before it.
static CRITERIA: [(&str, &str); 10] = [
    ("command", "!command"),
    ("exec", "!exec"),
    ("host", "!host"),
    ("localnetwork", "!localnetwork"),
    ("localuser", "!localuser"),
    ("originalhost", "!originalhost"),
    ("sessiontype", "!sessiontype"),
    ("tagged", "!tagged"),
    ("user", "!user"),
    ("version", "!version"),
];

/// Those that take no pattern.
static PASSES: [(&str, &str); 2] = [("canonical", "!canonical"), ("final", "!final")];

/// The conditions of a `Match` line; none for `Match all`.
pub(super) fn conditions(words: &[Word], line: Span) -> Result<Conditions, Wrong> {
    let refuse = |span: Span, message: String, help: &str| Wrong {
        span: Some(span),
        message,
        help: help.to_owned(),
    };
    let mut out = Conditions::plain(Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let text = word.text.as_str();
        let named = |(plain, not): &&(&str, &str)| {
            plain.eq_ignore_ascii_case(text) || not.eq_ignore_ascii_case(text)
        };
        if text.eq_ignore_ascii_case("all") {
            let passes = |one: &Criterion| PASSES.iter().any(|(plain, _)| *plain == one.attribute);
            if rest.next().is_some() || !out.criteria.iter().all(passes) {
                return Err(refuse(
                    word.span,
                    "`all` cannot stand beside other conditions".to_owned(),
                    "write `Match all` alone",
                ));
            }
            return Ok(out);
        }
        if let Some(pass) = PASSES.iter().find(named) {
            out.criteria.push(Criterion { attribute: spelled(pass, text), pattern: String::new() });
            out.special = true;
            continue;
        }
        let Some(known) = CRITERIA.iter().find(named) else {
            let shown: String = text.chars().take(80).collect();
            return Err(refuse(
                word.span,
                format!("`{shown}` is no condition of `Match`"),
                "write `all`, `host`, `originalhost`, `user`, `localuser` or another one of ssh_config(5)",
            ));
        };
        let attribute = spelled(known, text);
        let Some(pattern) = rest.next() else {
            return Err(refuse(
                word.span,
                format!("`{attribute}` has no pattern"),
                "write what it has to match behind it",
            ));
        };
        if matches!(attribute, "host" | "originalhost") {
            let patterns: Vec<&str> = pattern.text.split(',').collect();
            let of_host = of_patterns(attribute, &patterns);
            out.special |= of_host.special;
            out.criteria.extend(of_host.criteria);
        } else {
            out.special = true;
            out.criteria.push(Criterion { attribute, pattern: pattern.text.clone() });
        }
    }
    if words.is_empty() {
        return Err(refuse(
            line,
            "`Match` has no condition".to_owned(),
            "write `Match all`, or the condition behind it",
        ));
    }
    Ok(out)
}

/// The word for a condition as it is kept.
fn spelled((plain, not): &(&'static str, &'static str), text: &str) -> &'static str {
    if text.starts_with('!') { not } else { plain }
}

/// The meaning of a keyword, in any case.
pub(super) fn keyword(word: &str) -> Option<Keyword> {
    let is = |known: &str| known.eq_ignore_ascii_case(word);
    if is("Host") {
        return Some(Keyword::Host);
    }
    if is("Include") {
        return Some(Keyword::Include);
    }
    if is("Match") {
        return Some(Keyword::Match);
    }
    if let Some(option) = option(word) {
        return Some(Keyword::Option(option));
    }
    IGNORED.iter().any(|known| is(known)).then_some(Keyword::Ignored { in_match: true })
}

/// The option of that name or former name, in any case.
pub(super) fn option(word: &str) -> Option<&'static SshOption> {
    let known = |name: &str| OPTIONS.iter().find(|option| option.name.eq_ignore_ascii_case(name));
    known(word).or_else(|| {
        let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(word))?;
        known(alias.1)
    })
}

const YES_NO: Takes =
    Takes::Choice(&[("yes", "yes"), ("no", "no"), ("true", "yes"), ("false", "no")]);
const YES_NO_ASK: Takes = Takes::Choice(&[
    ("yes", "yes"),
    ("no", "no"),
    ("ask", "ask"),
    ("true", "yes"),
    ("false", "no"),
]);
const CANONICAL: Takes = Takes::Choice(&[
    ("yes", "yes"),
    ("no", "no"),
    ("always", "always"),
    ("true", "yes"),
    ("false", "no"),
]);
const MASTER: Takes = Takes::Choice(&[
    ("yes", "yes"),
    ("no", "no"),
    ("ask", "ask"),
    ("auto", "auto"),
    ("autoask", "autoask"),
    ("true", "yes"),
    ("false", "no"),
]);
const PUBLIC_KEYS: Takes = Takes::Choice(&[
    ("yes", "yes"),
    ("no", "no"),
    ("unbound", "unbound"),
    ("host-bound", "host-bound"),
    ("true", "yes"),
    ("false", "no"),
]);
const TERMINAL: Takes = Takes::Choice(&[
    ("yes", "yes"),
    ("no", "no"),
    ("force", "force"),
    ("auto", "auto"),
    ("true", "yes"),
    ("false", "no"),
]);
const SESSION: Takes =
    Takes::Choice(&[("none", "none"), ("subsystem", "subsystem"), ("default", "default")]);
const STRICT: Takes = Takes::Choice(&[
    ("yes", "yes"),
    ("no", "no"),
    ("ask", "ask"),
    ("accept-new", "accept-new"),
    ("off", "no"),
    ("true", "yes"),
    ("false", "no"),
]);
const TUNNEL: Takes = Takes::Choice(&[
    ("yes", "point-to-point"),
    ("no", "no"),
    ("point-to-point", "point-to-point"),
    ("ethernet", "ethernet"),
    ("true", "point-to-point"),
    ("false", "no"),
]);

/// Every option. All of them may stand in a block, and the first line counts.
pub(super) static OPTIONS: &[SshOption] = &[
    both("AddKeysToAgent", Takes::FlagOrText, "no"),
    both("AddressFamily", FAMILY, "any"),
    both("BatchMode", YES_NO, "no"),
    unset("BindAddress", Takes::Loose, true),
    unset("BindInterface", Takes::Loose, true),
    unset("CanonicalDomains", Takes::Loose, true),
    both("CanonicalizeFallbackLocal", YES_NO, "yes"),
    both("CanonicalizeHostname", CANONICAL, "no"),
    both("CanonicalizeMaxDots", Takes::Number, "1"),
    unset("CanonicalizePermittedCNAMEs", Takes::Loose, true),
    built("CASignatureAlgorithms", Takes::Algorithms, true),
    gathers("CertificateFile", Takes::Loose, true, Default::Nothing),
    // Since 9.6.
    unset("ChannelTimeout", Takes::Loose, true),
    both("CheckHostIP", YES_NO, "no"),
    built("Ciphers", Takes::Algorithms, true),
    both("ClearAllForwardings", YES_NO, "no"),
    both("Compression", YES_NO, "no"),
    both("ConnectionAttempts", Takes::Number, "1"),
    both("ConnectTimeout", Takes::TimeOrNone, "none"),
    both("ControlMaster", MASTER, "no"),
    unset("ControlPath", Takes::Loose, true),
    both("ControlPersist", Takes::FlagOrText, "no"),
    gathers("DynamicForward", Takes::Loose, true, Default::Nothing),
    both("EnableEscapeCommandline", YES_NO, "no"),
    both("EnableSSHKeysign", YES_NO, "no"),
    both("EscapeChar", Takes::Text, "~"),
    both("ExitOnForwardFailure", YES_NO, "no"),
    both("FingerprintHash", HASH, "SHA256"),
    both("ForkAfterAuthentication", YES_NO, "no"),
    both("ForwardAgent", Takes::FlagOrText, "no"),
    both("ForwardX11", YES_NO, "no"),
    both("ForwardX11Timeout", Takes::TimeOrNone, "1200"),
    // Debian's build says yes.
    built("ForwardX11Trusted", YES_NO, true),
    both("GatewayPorts", YES_NO, "no"),
    both(
        "GlobalKnownHostsFile",
        Takes::Texts,
        "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2",
    ),
    both("GSSAPIAuthentication", YES_NO, "no"),
    // These of the key exchange and of names are patches of Debian and Red Hat.
    unset("GSSAPIClientIdentity", Takes::Loose, true),
    both("GSSAPIDelegateCredentials", YES_NO, "no"),
    built("GSSAPIKexAlgorithms", Takes::Algorithms, true),
    both("GSSAPIKeyExchange", YES_NO, "no"),
    both("GSSAPIRenewalForcesRekey", YES_NO, "no"),
    unset("GSSAPIServerIdentity", Takes::Loose, true),
    both("GSSAPITrustDns", YES_NO, "no"),
    both("HashKnownHosts", YES_NO, "no"),
    built("HostbasedAcceptedAlgorithms", Takes::Algorithms, true),
    both("HostbasedAuthentication", YES_NO, "no"),
    built("HostKeyAlgorithms", Takes::Algorithms, true),
    unset("HostKeyAlias", Takes::Loose, true),
    unset("HostName", Takes::Loose, true),
    both("IdentitiesOnly", YES_NO, "no"),
    unset("IdentityAgent", Takes::Loose, true),
    gathers("IdentityFile", Takes::Loose, true, Default::Build),
    unset("IgnoreUnknown", Takes::Text, true),
    built("IPQoS", Takes::Loose, true),
    both("KbdInteractiveAuthentication", YES_NO, "yes"),
    unset("KbdInteractiveDevices", Takes::Loose, true),
    built("KexAlgorithms", Takes::Algorithms, true),
    unset("KnownHostsCommand", Takes::Rest, true),
    unset("LocalCommand", Takes::Rest, true),
    gathers("LocalForward", Takes::Loose, true, Default::Nothing),
    both("LogLevel", LEVEL, "INFO"),
    unset("LogVerbose", Takes::Loose, true),
    built("MACs", Takes::Algorithms, true),
    both("NoHostAuthenticationForLocalhost", YES_NO, "no"),
    both("NumberOfPasswordPrompts", Takes::Number, "3"),
    // Since 9.5.
    built("ObscureKeystrokeTiming", Takes::Loose, true),
    both("PasswordAuthentication", YES_NO, "yes"),
    both("PermitLocalCommand", YES_NO, "no"),
    built("PermitRemoteOpen", Takes::Loose, true),
    unset("PKCS11Provider", Takes::Text, true),
    both("Port", Takes::Port, "22"),
    unset("PreferredAuthentications", Takes::Text, true),
    unset("ProxyCommand", Takes::Rest, true),
    unset("ProxyJump", Takes::Loose, true),
    both("ProxyUseFdpass", YES_NO, "no"),
    built("PubkeyAcceptedAlgorithms", Takes::Algorithms, true),
    both("PubkeyAuthentication", PUBLIC_KEYS, "yes"),
    // Since 10.0.
    unset("RefuseConnection", Takes::Loose, true),
    built("RekeyLimit", Takes::Loose, true),
    unset("RemoteCommand", Takes::Rest, true),
    gathers("RemoteForward", Takes::Loose, true, Default::Nothing),
    both("RequestTTY", TERMINAL, "auto"),
    both("RequiredRSASize", Takes::Number, "1024"),
    unset("RevokedHostKeys", Takes::Text, true),
    built("SecurityKeyProvider", Takes::Text, true),
    gathers("SendEnv", Takes::Variables, true, Default::Nothing),
    both("ServerAliveCountMax", Takes::Number, "3"),
    // Debian's build asks every five minutes in batch mode.
    built("ServerAliveInterval", Takes::TimeOrNone, true),
    both("SessionType", SESSION, "default"),
    gathers("SetEnv", Takes::Loose, true, Default::Nothing),
    both("StdinNull", YES_NO, "no"),
    both("StreamLocalBindMask", Takes::Loose, "0177"),
    both("StreamLocalBindUnlink", YES_NO, "no"),
    both("StrictHostKeyChecking", STRICT, "ask"),
    both("SyslogFacility", FACILITY, "USER"),
    // Since 9.4.
    unset("Tag", Takes::Loose, true),
    both("TCPKeepAlive", YES_NO, "yes"),
    both("Tunnel", TUNNEL, "no"),
    both("TunnelDevice", Takes::Loose, "any:any"),
    built("UpdateHostKeys", YES_NO_ASK, true),
    unset("User", Takes::Loose, true),
    built("UserKnownHostsFile", Takes::Loose, true),
    both("VerifyHostKeyDNS", YES_NO_ASK, "no"),
    // Since 10.0.
    unset("VersionAddendum", Takes::Rest, true),
    both("VisualHostKey", YES_NO, "no"),
    // Since 10.1.
    unset("WarnWeakCrypto", Takes::Loose, true),
    built("XAuthLocation", Takes::Text, true),
];

/// Other names of the same option.
static ALIASES: &[(&str, &str)] = &[
    ("ChallengeResponseAuthentication", "KbdInteractiveAuthentication"),
    ("DSAAuthentication", "PubkeyAuthentication"),
    ("HostbasedAcceptedKeyTypes", "HostbasedAcceptedAlgorithms"),
    ("HostbasedKeyTypes", "HostbasedAcceptedAlgorithms"),
    ("IdentityFile2", "IdentityFile"),
    ("KeepAlive", "TCPKeepAlive"),
    ("PubkeyAcceptedKeyTypes", "PubkeyAcceptedAlgorithms"),
    ("SkeyAuthentication", "KbdInteractiveAuthentication"),
    ("SmartcardDevice", "PKCS11Provider"),
    ("TISAuthentication", "KbdInteractiveAuthentication"),
];

/// Keywords that do nothing any more, or that were not built in.
static IGNORED: &[&str] = &[
    "AFSTokenPassing",
    "Cipher",
    "CompressionLevel",
    "FallBackToRsh",
    "GlobalKnownHostsFile2",
    "KerberosAuthentication",
    "KerberosTGTPassing",
    "Protocol",
    "RhostsAuthentication",
    "RhostsRSAAuthentication",
    "RSAAuthentication",
    "UsePrivilegedPort",
    "UserKnownHostsFile2",
    "UseRoaming",
    "UseRsh",
];

#[cfg(test)]
mod tests {
    use super::super::words::{arguments, criteria};
    use super::*;

    #[test]
    fn names_are_unique_and_aliases_lead_somewhere() {
        for (index, one) in OPTIONS.iter().enumerate() {
            assert!(OPTIONS[..index].iter().all(|o| !o.name.eq_ignore_ascii_case(one.name)));
            assert!(one.in_match, "{}", one.name);
        }
        for (alias, name) in ALIASES {
            assert_eq!(option(alias).unwrap().name, *name);
        }
    }

    fn host(text: &str) -> (Vec<String>, bool) {
        shown(hosts(&arguments(text, 0).unwrap()))
    }

    fn block(text: &str) -> Result<(Vec<String>, bool), String> {
        let line = Span { start: 0, end: text.len() };
        conditions(&criteria(text, 0).unwrap(), line).map(shown).map_err(|wrong| wrong.message)
    }

    fn shown(conditions: Conditions) -> (Vec<String>, bool) {
        let one = |one: Criterion| format!("{} {}", one.attribute, one.pattern);
        (conditions.criteria.into_iter().map(one).collect(), conditions.special)
    }

    #[test]
    fn a_star_is_everybody_and_an_exception_is_not() {
        assert_eq!(host("*"), (vec![], false));
        assert_eq!(host("a *"), (vec![], false));
        assert_eq!(host("*.example b"), (vec!["Host *.example,b".to_owned()], false));
        assert_eq!(host("* !a"), (vec!["Host *,!a".to_owned()], true));
        // It would be asked about.
        assert_eq!(host("*.invalid"), (vec!["Host *.invalid".to_owned()], true));
    }

    #[test]
    fn conditions_of_match_are_those_of_the_manual() {
        assert_eq!(block("all"), Ok((vec![], false)));
        assert_eq!(block("host a,b"), Ok((vec!["host a,b".to_owned()], false)));
        assert_eq!(block("host *"), Ok((vec![], false)));
        let exec = vec!["host a".to_owned(), "exec test -f /x".to_owned()];
        assert_eq!(block("Host a exec \"test -f /x\""), Ok((exec, true)));
        assert_eq!(block("final all"), Ok((vec!["final ".to_owned()], true)));
        assert_eq!(block("!localuser root"), Ok((vec!["!localuser root".to_owned()], true)));
        for bad in ["", "host", "all host a", "host a all", "group wheel"] {
            assert!(block(bad).is_err(), "{bad}");
        }
    }
}
