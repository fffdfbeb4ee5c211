//! What tools run where they have no resource of their own: for each deed two shell texts, whether
//! it is done already and what does it. Both read what they speak of from their environment, so
//! that a manifest holds each text once.
//!
//! Knows the shell. Must not know which tool runs it.

use super::manager::Manager;
use super::steps::Boot;

/// Something that is done by the shell unless it is done already.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Deed {
    /// The variable that holds `act`; that of `done` is called so with `_done` behind it.
    pub(super) name: &'static str,
    /// Does it; ends with another status than 0 where it could not.
    pub(super) act: &'static str,
    /// Ends with 0 if nothing is left to do. Changes nothing.
    pub(super) done: &'static str,
}

/// An awk program that changes lines: what it prints is the file as it should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// The variable that holds it.
    pub(super) name: &'static str,
    /// The program.
    pub(super) text: &'static str,
}

/// What words of lines are; the programs for lines begin with it.
pub(super) const WORDS: Program = Program { name: "words", text: include_str!("awk/words.awk") };
/// Every line of a key says a value.
pub(super) const LINE: Program = Program { name: "line", text: include_str!("awk/line.awk") };
/// Lines that say something else become comments.
pub(super) const SILENCE: Program =
    Program { name: "silence", text: include_str!("awk/silence.awk") };
/// An option in a `Match` block says a value.
pub(super) const MATCH: Program = Program { name: "match", text: include_str!("awk/match.awk") };
/// What these three kept comes back.
pub(super) const RESTORE: Program =
    Program { name: "restore", text: include_str!("awk/restore.awk") };
/// What stands between our marks at the top.
pub(super) const TOP: Program = Program { name: "top", text: include_str!("awk/top.awk") };

/// `FILE` is what `PROGRAM` makes of it. A link stays a link: what it points to is changed.
pub(super) const EDIT: Deed = Deed {
    name: "edit",
    act: r#"set -e
[ -e "$FILE" ] || { echo "$FILE is not there" >&2; exit 1; }
target=$(readlink -f "$FILE")
aside=${target%/*}/.holdfast.$$
trap 'rm -f "$aside"' EXIT
cp -p "$target" "$aside"
LC_ALL=C awk "$PROGRAM" "$target" >"$aside"
mv -f "$aside" "$target"
"#,
    done: r#"LC_ALL=C awk "$PROGRAM" "$FILE" 2>/dev/null | cmp -s - "$FILE"
"#,
};

/// The same of a file of the ssh server, which has to accept it first, with all that it includes.
pub(super) const EDIT_SSHD: Deed = Deed {
    name: "edit_sshd",
    act: r#"set -e
[ -e "$FILE" ] || { echo "$FILE is not there" >&2; exit 1; }
target=$(readlink -f "$FILE")
aside=${target%/*}/.holdfast.$$
trap 'rm -f "$aside"' EXIT
cp -p "$target" "$aside"
LC_ALL=C awk "$PROGRAM" "$target" >"$aside"
/usr/sbin/sshd -t -f "$aside"
mv -f "$aside" "$target"
"#,
    done: EDIT.done,
};

/// The running kernel parameter `FILE` is `VALUE`, where it is known and can be written: some shells
/// say yes to `test -w` even on a read-only mount, so it is opened for writing without writing.
pub(super) const SET_KERNEL: Deed = Deed {
    name: "set_kernel",
    act: r#"printf '%s\n' "$VALUE" >"$FILE" && [ "$(tr -s '\t ' '  ' <"$FILE")" = "$VALUE" ] ||
    { echo "the kernel does not take $VALUE for $FILE" >&2; exit 1; }
"#,
    done: r#"[ ! -e "$FILE" ] || [ ! -w "$FILE" ] || ! (: >>"$FILE") 2>/dev/null ||
    [ "$(tr -s '\t ' '  ' <"$FILE")" = "$VALUE" ]
"#,
};

/// `FILE` is no link. Nothing makes it so: it is refused.
pub(super) const NO_LINK: Deed = Deed {
    name: "refuse_link",
    act: r#"echo "$FILE is a symbolic link; nothing was changed" >&2
exit 1
"#,
    done: r#"[ ! -L "$FILE" ]
"#,
};

/// `FILE`, where it is there, has `OWNER`, `GROUP` and the bits `MODE` (as chmod reads them), which
/// find(1) is asked by `SUCH`. Owner before bits: changing the owner clears setuid and setgid.
pub(super) const SET_META: Deed = Deed {
    name: "set_meta",
    act: r#"set -e
[ -z "${OWNER-}" ] || chown -h "$OWNER" "$FILE"
[ -z "${GROUP-}" ] || chgrp -h "$GROUP" "$FILE"
[ -z "${MODE-}" ] || chmod "$MODE" "$FILE"
"#,
    done: r#"[ ! -e "$FILE" ] || [ -n "$(find "$FILE" -maxdepth 0 $SUCH)" ]
"#,
};

/// What is at `FROM` goes to `TO`, unless nothing is there.
pub(super) const MOVE: Deed = Deed {
    name: "move",
    act: r#"set -e
[ ! -d "$TO" ] || { echo "$TO is in the way" >&2; exit 1; }
folder=${TO%/*}
if [ ! -d "$folder" ]; then
    mkdir -p "$folder"
    case $folder in /var/lib/holdfast/*) chmod 0700 "$folder" ;; esac
fi
mv -f "$FROM" "$TO"
"#,
    done: r#"[ ! -e "$FROM" ] && [ ! -L "$FROM" ]
"#,
};

/// sshd accepts its configuration. Without its folder it judges nothing: then somebody only looks.
pub(super) const SSHD_ACCEPTS: &str = "[ ! -d /run/sshd ] || /usr/sbin/sshd -t";

/// The package `PACKAGE` can be installed: with the lists that are there, or with new ones.
pub(super) const FETCH: Deed = Deed {
    name: "fetch",
    act: r#"export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
get() { apt-get -y -q --download-only --no-install-recommends install "$PACKAGE"; }
get || { apt-get -qq update && get; }
"#,
    done: r#"dpkg-query -W -f '${db:Status-Status}\n' "$PACKAGE" 2>/dev/null | grep -qx installed
"#,
};

/// Nothing goes with `PACKAGE` but what is named in `AGREED`. Nothing makes it so: it is refused.
pub(super) const ALONE: Deed = Deed {
    name: "refuse_others",
    act: r#"echo "other packages need $PACKAGE and would go with it; nothing was removed" >&2
exit 1
"#,
    done: r#"dpkg-query -W -f '${db:Status-Status}\n' "$PACKAGE" 2>/dev/null | grep -qx installed || exit 0
would=$(apt-get -s -q remove "$PACKAGE") || exit 1
printf '%s\n' "$would" | awk '
$1 == "Remv" {
    sub(/:.*/, "", $2)
    if (!index(" " ENVIRON["AGREED"] " ", " " $2 " ")) others = 1
}
END { exit others }'
"#,
};

const UPGRADE_DEB: Deed = Deed {
    name: "upgrade",
    act: r#"export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
apt-get -qq update || :
apt-get -y -q -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    install --no-install-recommends --no-remove --only-upgrade "$PACKAGE" || exit 1
found=$(dpkg-query -W -f '${Version}\n' "$PACKAGE" | head -n 1)
dpkg --compare-versions "$found" ge "$VERSION" ||
    { echo "the package sources offer $PACKAGE only in version $found" >&2; exit 1; }
"#,
    done: r#"found=$(dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$PACKAGE" 2>/dev/null | head -n 1)
case $found in
    'installed '*) dpkg --compare-versions "${found#installed }" ge "$VERSION" ;;
esac
"#,
};

const UPGRADE_RPM: Deed = Deed {
    name: "upgrade",
    act: concat!(
        include_str!("shell/rpm-order.sh"),
        r#"
if command -v dnf >/dev/null; then
    dnf upgrade -y --refresh "$PACKAGE"
elif command -v zypper >/dev/null; then
    zypper --non-interactive update "$PACKAGE"
else
    for manager in yum microdnf tdnf; do
        if command -v "$manager" >/dev/null; then break; fi
    done
    "$manager" upgrade -y "$PACKAGE"
fi || exit 1
found=$(rpm_installed "$PACKAGE")
rpm_at_least "$found" "$VERSION" ||
    { echo "the package sources offer $PACKAGE only in version $found" >&2; exit 1; }
"#
    ),
    done: concat!(
        include_str!("shell/rpm-order.sh"),
        r#"
! rpm -q --quiet "$PACKAGE" || rpm_at_least "$(rpm_installed "$PACKAGE")" "$VERSION"
"#
    ),
};

const UPGRADE_APK: Deed = Deed {
    name: "upgrade",
    act: concat!(
        include_str!("shell/world-apk.sh"),
        r#"
why=$(world_admits "$PACKAGE" "$VERSION") || { echo "$why" >&2; exit 1; }
apk update || :
# shellcheck disable=SC2046 # what is asked for has no blanks
world_kept apk add --upgrade $(world_asks "$PACKAGE") || exit 1
found=$(apk info -e -v "$PACKAGE")
[ "$(apk version -t "${found#"$PACKAGE-"}" "$VERSION")" != '<' ] ||
    { echo "the package sources offer only $found" >&2; exit 1; }
"#
    ),
    done: r#"found=$(apk info -e -v "$PACKAGE") || exit 0
[ -z "$found" ] || [ "$(apk version -t "${found#"$PACKAGE-"}" "$VERSION")" != '<' ]
"#,
};

/// What brings packages to just one version, by shell functions of one family of managers: `$ask` says
/// which of them are not in it yet, `$tell` what is on offer, and brings them. A script has `$order`
/// already.
macro_rules! exact {
    ($path:literal, [$($order:literal)?], $ask:literal, $tell:literal) => {
        Exact {
            functions: concat!(
                include_str!($ask),
                "\n",
                include_str!($tell),
                "\n",
                include_str!("shell/exact-go.sh"),
            ),
            upgrade: Deed {
                name: "upgrade_to",
                act: concat!(
                    $path,
                    $(include_str!($order), "\n",)?
                    include_str!($ask),
                    "\n",
                    include_str!($tell),
                    "\n",
                    include_str!("shell/exact-go.sh"),
                    r#"
exact_ready || { echo "what looks after packages like $PACKAGE is not here" >&2; exit 1; }
why=$(exact_go upgrade "$PACKAGE=$VERSION" $WITH) || { echo "$why" >&2; exit 1; }
"#
                ),
                done: concat!(
                    $path,
                    $(include_str!($order), "\n",)?
                    include_str!($ask),
                    "\n",
                    r#"[ -z "$(exact_behind lt "$PACKAGE=$VERSION")" ]
"#
                ),
            },
            downgrade: Deed {
                name: "downgrade",
                act: concat!(
                    $path,
                    $(include_str!($order), "\n",)?
                    include_str!($ask),
                    "\n",
                    include_str!($tell),
                    "\n",
                    include_str!("shell/exact-go.sh"),
                    r#"
exact_ready || { echo "what looks after packages like $PACKAGE is not here" >&2; exit 1; }
why=$(exact_go downgrade "$PACKAGE=$VERSION" $WITH) || { echo "$why" >&2; exit 1; }
"#
                ),
                done: concat!(
                    $path,
                    $(include_str!($order), "\n",)?
                    include_str!($ask),
                    "\n",
                    r#"[ -z "$(exact_behind ne "$PACKAGE=$VERSION" $WITH)" ]
"#
                ),
            },
        }
    };
}

/// How packages of one family of managers are brought to just one version.
struct Exact {
    /// The functions, for scripts.
    functions: &'static str,
    upgrade: Deed,
    downgrade: Deed,
}

static EXACT_DEB: Exact = exact!(
    "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\n",
    [],
    "shell/behind-deb.sh",
    "shell/exact-deb.sh"
);
static EXACT_RPM: Exact =
    exact!("", ["shell/rpm-order.sh"], "shell/behind-rpm.sh", "shell/exact-rpm.sh");
static EXACT_APK: Exact =
    exact!("", ["shell/world-apk.sh"], "shell/behind-apk.sh", "shell/exact-apk.sh");

fn to_just_one(manager: Manager) -> &'static Exact {
    match manager {
        Manager::Deb => &EXACT_DEB,
        Manager::Rpm => &EXACT_RPM,
        Manager::Apk => &EXACT_APK,
    }
}

/// The functions for scripts that bring packages to just one version.
pub(super) fn exact(manager: Manager) -> &'static str {
    to_just_one(manager).functions
}

/// `PACKAGE`, where it is installed, is at least `VERSION`. Nothing is removed for it, and nothing
/// goes back.
pub(super) fn upgrade(manager: Manager) -> &'static Deed {
    match manager {
        Manager::Deb => &UPGRADE_DEB,
        Manager::Rpm => &UPGRADE_RPM,
        Manager::Apk => &UPGRADE_APK,
    }
}

/// `PACKAGE`, where it is installed in an earlier version, is just `VERSION`; those of `WITH` that are
/// installed in an earlier one come along.
pub(super) fn upgrade_to(manager: Manager) -> &'static Deed {
    &to_just_one(manager).upgrade
}

/// `PACKAGE` and those of `WITH`, where they are installed, are just in these versions.
pub(super) fn downgrade(manager: Manager) -> &'static Deed {
    &to_just_one(manager).downgrade
}

/// Shell functions that ask whether a unit starts with the system, and let it.
pub(super) const ON_AT_BOOT: &str =
    concat!(include_str!("shell/boot-is-on.sh"), "\n", include_str!("shell/boot-on.sh"));
/// The same for a unit that is to stay down.
pub(super) const OFF_AT_BOOT: &str =
    concat!(include_str!("shell/boot-is-off.sh"), "\n", include_str!("shell/boot-off.sh"));

/// `UNIT` starts with the system; static units, which others start, count as such.
const BOOT_ON: Deed = Deed {
    name: "boot_on",
    act: concat!(
        include_str!("shell/boot-is-on.sh"),
        "\n",
        include_str!("shell/boot-on.sh"),
        "\nboot_go_on \"$UNIT\"\n"
    ),
    done: concat!(include_str!("shell/boot-is-on.sh"), "\nboot_is_on \"$UNIT\"\n"),
};

/// `UNIT` starts only if somebody asks for it; what cannot be disabled is masked.
const BOOT_OFF: Deed = Deed {
    name: "boot_off",
    act: concat!(
        include_str!("shell/boot-is-off.sh"),
        "\n",
        include_str!("shell/boot-off.sh"),
        "\nboot_go_off \"$UNIT\"\n"
    ),
    done: concat!(include_str!("shell/boot-is-off.sh"), "\nboot_is_off \"$UNIT\"\n"),
};

/// Nothing may start `UNIT`.
const BOOT_MASKED: Deed = Deed {
    name: "boot_masked",
    act: r#"set -e
[ "$(systemctl is-enabled "$UNIT" 2>/dev/null)" != enabled ] || systemctl disable "$UNIT"
systemctl mask "$UNIT"
"#,
    done: r#"[ "$(systemctl is-enabled "$UNIT" 2>/dev/null)" = masked ]
"#,
};

/// `UNIT` may be started again.
const BOOT_UNMASKED: Deed = Deed {
    name: "boot_unmasked",
    act: r#"systemctl unmask "$UNIT"
"#,
    done: r#"[ "$(systemctl is-enabled "$UNIT" 2>/dev/null)" != masked ]
"#,
};

/// What makes a unit start so.
pub(super) fn boot(boot: Boot) -> &'static Deed {
    match boot {
        Boot::On => &BOOT_ON,
        Boot::Off => &BOOT_OFF,
        Boot::Masked => &BOOT_MASKED,
        Boot::Unmasked => &BOOT_UNMASKED,
    }
}
