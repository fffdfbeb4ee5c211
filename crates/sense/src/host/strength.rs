//! How strong keys at rest are: those of the ssh server, those by which people log in over ssh, the
//! moduli that ssh agrees on keys by, and the certificates of a file.
//!
//! Reads public halves only. Knows where they lie and how they are written; knows nothing of which
//! length is enough.

mod certificate;
mod ssh;

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{About, Aspect, Digest, Fact, Place, Problem, Reading, Resource, Setting};

use super::look::{Gap, Got, Look, MAX_FILES, setting};
use super::{Answers, Asked, Collector, sshd};
use crate::Sieve;
use crate::text::number;

/// The collector.
pub(super) struct Strength;

static ABOUT: About = About {
    id: "host-strength",
    title: "How strong keys are",
    text: "The public halves of the ssh server's keys (`/etc/ssh/ssh_host_*_key.pub`, and of those \
        that `HostKey` of sshd names elsewhere); the lines of `.ssh/authorized_keys` and \
        `authorized_keys2` in the homes that `/etc/passwd` names; and the X.509 certificates of a \
        file, in PEM or DER; and the lengths of the numbers in `/etc/ssh/moduli`, or in the file that \
        `ModuliFile` of sshd names, by which keys of a connection are agreed on. Of each is told its \
        algorithm, of RSA the length of its modulus, and of a certificate what was hashed to sign \
        it, unless it signed itself. No private key is read. Other keys by which people log in are \
        not looked at: where a file of sshd has `AuthorizedKeysFile` with other files, \
        `AuthorizedKeysCommand`, `TrustedUserCAKeys` or another `Include`, that these are all is not \
        assessed.",
    file: file!(),
};

const HOST_KEYS: &str = "/etc/ssh/ssh_host_*_key";
/// How the paths of those begin.
const HOST_KEY: &str = "/etc/ssh/ssh_host_";
const SSHD: &str = "/etc/ssh/sshd_config";
/// What openSUSE ships, which counts where there is no other.
const SSHD_VENDOR: &str = "/usr/etc/ssh/sshd_config";
const SSHD_PARTS: [&str; 2] =
    ["/etc/ssh/sshd_config.d/*.conf", "/usr/etc/ssh/sshd_config.d/*.conf"];
const MODULI: &str = "/etc/ssh/moduli";
/// The size of a modulus stands before it, within so many bytes; what stands behind is not asked for.
const BEFORE_MODULUS: usize = 64;
const PASSWD: &str = "/etc/passwd";
/// sshd_config(5), AuthorizedKeysFile: where it looks unless it is told otherwise.
const AUTHORIZED: [&str; 2] = [".ssh/authorized_keys", ".ssh/authorized_keys2"];
/// So many keys are told of one set.
const MOST: usize = 4096;
/// So many problems are told of one set.
const PROBLEMS: usize = 16;

/// One public key.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    /// Its algorithm: `ssh-rsa` as ssh writes it, `rsa` of a certificate.
    kind: String,
    /// How long the modulus is, of RSA.
    bits: Option<usize>,
    /// What was hashed to sign a certificate; `None` where it signed itself.
    signature: Option<&'static str>,
}

impl Collector for Strength {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let look = Look::new(answers);
        for (resource, name) in asked.each(set_of) {
            let set = Set::read(&look, answers, name);
            for problem in &set.problems {
                out(Fact::Problem(problem.clone()));
            }
            set.tell(resource, out);
        }
    }
}

fn set_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Keys { set } => Some(set),
        _ => None,
    }
}

/// The option in a file of sshd by which keys are taken from elsewhere; an include of another file
/// may have one. Under `Match` it counts for some, which is enough.
fn source(text: &str) -> Option<&'static str> {
    text.lines().find_map(|line| {
        let line = line.trim().replace(['=', '"', '\t'], " ");
        let (name, rest) = line.split_once(' ')?;
        let mut values = rest.split_whitespace();
        let elsewhere = |value: &str| !AUTHORIZED.contains(&value.trim_start_matches("%h/"));
        match name.to_ascii_lowercase().as_str() {
            "authorizedkeysfile" => values
                .any(|value| value != "none" && elsewhere(value))
                .then_some("AuthorizedKeysFile"),
            "authorizedkeyscommand" => {
                values.any(|value| value != "none").then_some("AuthorizedKeysCommand")
            }
            "trustedusercakeys" => {
                values.any(|value| value != "none").then_some("TrustedUserCAKeys")
            }
            "include" => values.any(|value| !SSHD_PARTS.contains(&value)).then_some("Include"),
            _ => None,
        }
    })
}

/// The size in a line of moduli: time, type, tests, tries, size, generator, modulus. The last is not
/// looked at, however long it is.
fn modulus_size(line: &[u8]) -> Option<u16> {
    let mut fields: [&[u8]; 6] = [&[]; 6];
    let mut rest = line;
    for field in &mut fields {
        let end = rest.iter().position(u8::is_ascii_whitespace)?;
        (*field, rest) = rest.split_at(end);
        rest = rest.trim_ascii_start();
    }
    let [_, _, _, _, size, _] = fields;
    let alone = memchr::memchr3(b' ', b'\t', b'\r', rest).is_none();
    std::str::from_utf8(size).ok()?.parse().ok().filter(|_| alone)
}

/// An algorithm that is not known here is no word that could be compared.
fn told(value: Arc<str>) -> Reading {
    if *value == *certificate::UNKNOWN {
        return Gap::new("its algorithm is not known here", "look at it by hand").reading();
    }
    Reading::Is(value)
}

/// The keys of a set.
#[derive(Debug, Default)]
struct Set {
    /// Each with the name by which findings know it, and where it stands.
    keys: Vec<(Arc<str>, Key, Place)>,
    problems: Vec<Problem>,
    /// Why there may be more: the first reason.
    gap: Option<Gap>,
    /// What is no key although only keys stand there: the first reason.
    broken: Option<String>,
}

impl Set {
    fn read(look: &Look<'_>, answers: &Answers<'_>, name: &str) -> Self {
        let mut set = Self::default();
        match name {
            "ssh-host" => set.host(look, answers),
            "authorized" => set.authorized(look),
            "ssh-moduli" => set.moduli(look, answers),
            path => set.certificates(look, path),
        }
        set
    }

    fn host(&mut self, look: &Look<'_>, answers: &Answers<'_>) {
        match look.paths(HOST_KEYS) {
            Got::Here(paths) => {
                self.hide_behind(paths.len(), HOST_KEYS);
                for path in paths.iter().take(MAX_FILES) {
                    self.half(look, path);
                }
            }
            Got::Missing => {}
            Got::Hidden(gap) => self.hide(gap),
        }
        let named = self.named(answers, "HostKey");
        self.hide_behind(named.len(), "HostKey");
        for path in named.iter().take(MAX_FILES) {
            let name = path.strip_prefix(HOST_KEY).and_then(|rest| rest.strip_suffix("_key"));
            if name.is_none_or(|name| name.contains('/')) && path != "none" {
                self.half(look, path);
            }
        }
    }

    /// The public half of a key of the server. One that an agent holds is named by that alone.
    fn half(&mut self, look: &Look<'_>, path: &str) {
        let stem = path.strip_suffix(".pub").unwrap_or(path);
        let public: Arc<str> = format!("{stem}.pub").into();
        let place = Place::start_of(Arc::clone(&public));
        match look.file(&public) {
            Got::Here(bytes) => match ssh::public(&String::from_utf8_lossy(bytes)) {
                Some((key, _)) => self.add(public, key, place),
                None => self.refuse(place, "this is no public key of ssh", true),
            },
            Got::Missing => {
                let reason = format!("`{path}` has no public half beside it");
                self.hide(Gap::new(reason, format!("ssh-keygen -y -f {path} >{public}")));
            }
            Got::Hidden(gap) => self.hide(gap),
        }
    }

    /// The files that an option of sshd names, by their whole paths.
    fn named(&mut self, answers: &Answers<'_>, option: &str) -> Vec<String> {
        let (all, gap) = sshd::said_of_server(answers, option);
        if let Some(gap) = gap {
            self.hide(gap);
        }
        let mut out = Vec::new();
        for (path, place) in all {
            if path.starts_with('/') || path == "none" {
                out.push(path);
            } else {
                let reason = format!("`{option}` names `{path}` ({place}), which is no whole path");
                self.hide(Gap::new(reason, "a path that begins with `/`"));
            }
        }
        out
    }

    fn authorized(&mut self, look: &Look<'_>) {
        self.elsewhere(look);
        let passwd = match look.file(PASSWD) {
            Got::Here(bytes) => String::from_utf8_lossy(bytes),
            Got::Missing => return,
            Got::Hidden(gap) => return self.hide(gap),
        };
        let entry = |line: &str| -> Option<(String, String)> {
            let mut fields = line.split(':');
            let (name, home) = (fields.next()?, fields.nth(4)?);
            let home = home.trim_end_matches('/');
            let good = !name.is_empty() && (home.is_empty() || home.starts_with('/'));
            (good && home != "/nonexistent").then(|| (name.to_owned(), home.to_owned()))
        };
        let people: Vec<(String, String)> = passwd.lines().filter_map(entry).collect();
        if people.len() > MAX_FILES {
            let reason = format!("`{PASSWD}` has more than {MAX_FILES} accounts");
            self.hide(Gap::new(reason, "fewer accounts"));
        }
        for (name, home) in people.into_iter().take(MAX_FILES) {
            for file in AUTHORIZED {
                let path: Arc<str> = format!("{home}/{file}").into();
                match look.file(&path) {
                    Got::Here(bytes) => self.lines(&name, &path, bytes),
                    Got::Missing => {}
                    Got::Hidden(gap) => self.hide(gap),
                }
            }
        }
    }

    /// Whether sshd may take keys from elsewhere: a word of any of its files is enough.
    fn elsewhere(&mut self, look: &Look<'_>) {
        let mut paths: Vec<Arc<str>> = vec![SSHD.into()];
        if look.file(SSHD) == Got::Missing {
            paths.push(SSHD_VENDOR.into());
        }
        for pattern in SSHD_PARTS {
            match look.paths(pattern) {
                Got::Here(parts) => {
                    self.hide_behind(parts.len(), pattern);
                    paths.extend(parts.iter().take(MAX_FILES).cloned());
                }
                Got::Missing => {}
                Got::Hidden(gap) => self.hide(gap),
            }
        }
        for path in paths {
            match look.file(&path) {
                Got::Here(bytes) => {
                    if let Some(word) = source(&String::from_utf8_lossy(bytes)) {
                        let reason =
                            format!("`{path}` has `{word}`, by which keys stand elsewhere");
                        self.hide(Gap::new(reason, "look at those keys by hand"));
                    }
                }
                Got::Missing => {}
                Got::Hidden(gap) => self.hide(gap),
            }
        }
    }

    /// The lines of a file of keys. One that is no key lets nobody in.
    fn lines(&mut self, name: &str, path: &Arc<str>, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line_number = number(index).saturating_add(1);
            let place = Place { path: Arc::clone(path), line: line_number, column: 1 };
            match ssh::authorized(line) {
                Some((key, digest)) => self.add(format!("{name} {digest}").into(), key, place),
                None => self.refuse(place, "this line is no public key of ssh", false),
            }
        }
    }

    /// The lengths of the moduli, each once, where the first of them stands. Their size is said
    /// without the highest bit.
    fn moduli(&mut self, look: &Look<'_>, answers: &Answers<'_>) {
        let named = self.named(answers, "ModuliFile");
        if named.is_empty() && self.gap.is_some() {
            // Which file counts is not known.
            return;
        }
        let path: Arc<str> = named.first().map_or(MODULI, String::as_str).into();
        let bytes = match look.sieved(&path, Sieve::Beginnings(BEFORE_MODULUS)) {
            Got::Here(bytes) => bytes,
            Got::Missing => return,
            Got::Hidden(gap) => return self.hide(gap),
        };
        let ends = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
        let (mut start, mut known) = (0, BTreeSet::new());
        for (index, end) in ends.enumerate() {
            let line = bytes.get(start..end).unwrap_or_default().trim_ascii();
            start = end + 1;
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let line_number = number(index).saturating_add(1);
            let place = Place { path: Arc::clone(&path), line: line_number, column: 1 };
            match modulus_size(line) {
                Some(size) if !known.insert(size) => {}
                Some(size) => {
                    let bits = Some(usize::from(size) + 1);
                    let key = Key { kind: "diffie-hellman".to_owned(), bits, signature: None };
                    self.add(format!("size {size}").into(), key, place);
                }
                // sshd passes over it as well.
                None => self.refuse(place, "this line is no modulus of ssh", false),
            }
        }
    }

    fn certificates(&mut self, look: &Look<'_>, path: &str) {
        let bytes = match look.file(path) {
            Got::Here(bytes) => bytes,
            Got::Missing => return,
            Got::Hidden(gap) => return self.hide(gap),
        };
        let all = certificate::all(bytes);
        if all.is_empty() {
            self.refuse(Place::start_of(path), "this file holds no certificate", true);
        }
        if all.len() > certificate::MOST {
            let reason = format!("`{path}` has more than {} certificates", certificate::MOST);
            self.hide(Gap::new(reason, "fewer certificates in one file"));
        }
        for (line, der) in all.into_iter().take(certificate::MOST) {
            let place = Place { path: path.into(), line, column: 1 };
            match der.as_deref().and_then(|der| Some((certificate::key(der)?, Digest::of(der)))) {
                Some((key, digest)) => self.add(format!("SHA256:{digest}").into(), key, place),
                None => self.refuse(place, "this is no X.509 certificate", true),
            }
        }
    }

    fn add(&mut self, name: Arc<str>, key: Key, place: Place) {
        if self.keys.len() >= MOST {
            self.hide(Gap::new(format!("there are more than {MOST} keys"), "fewer keys"));
        } else if self.keys.iter().all(|(known, ..)| *known != name) {
            self.keys.push((name, key, place));
        }
    }

    fn hide(&mut self, gap: Gap) {
        self.gap.get_or_insert(gap);
    }

    /// Notes that of so many files not all are read.
    fn hide_behind(&mut self, count: usize, pattern: &str) {
        if count > MAX_FILES {
            let reason = format!("more than {MAX_FILES} files match `{pattern}`");
            self.hide(Gap::new(reason, "fewer files"));
        }
    }

    fn refuse(&mut self, place: Place, message: &str, counts: bool) {
        if counts && self.broken.is_none() {
            self.broken = Some(format!("{message} at {place}"));
        }
        if self.problems.len() < PROBLEMS {
            let problem = Problem::at("key-line", place, message);
            self.problems.push(problem.help("write the key anew, or take it out"));
        }
    }

    fn tell(&self, resource: &Resource, out: &mut dyn FnMut(Fact)) {
        for (name, key, place) in &self.keys {
            // Of a key that is not known nobody can say that its length does not count.
            let open = (key.kind == certificate::UNKNOWN).then(|| certificate::UNKNOWN.into());
            let bits = key.bits.map(|bits| bits.to_string().into()).or(open);
            let sides = [
                (Aspect::Type, Some(key.kind.as_str().into())),
                (Aspect::Bits, bits),
                (Aspect::Method, key.signature.map(Into::into)),
            ];
            for (aspect, value) in sides {
                out(Fact::Setting(Setting {
                    resource: resource.clone(),
                    aspect,
                    scope: Some(Arc::clone(name)),
                    reading: value.map_or(Reading::Absent, told),
                    place: Some(place.clone()),
                    default: false,
                }));
            }
        }
        let reading = match (&self.broken, &self.gap) {
            (Some(reason), _) => Reading::Broken { reason: reason.clone() },
            (None, Some(gap)) => gap.clone().reading(),
            (None, None) if self.keys.is_empty() => Reading::Absent,
            (None, None) => Reading::Is(self.keys.len().to_string().into()),
        };
        out(setting(resource, Aspect::Value, reading, None));
    }
}
