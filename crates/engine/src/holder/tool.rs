//! How each tool is run on a target: a script of the shell that gets the text of the change as its
//! argument, and an environment beside the plain one.
//!
//! Whatever is written down stands in a fresh folder, which goes away again, and is written from
//! inside the target, whose links lead nowhere else. The settings of the target's own would change
//! what was planned, so that each tool gets empty ones.

use holdfast_model::Tool;

/// Where a tool gets its folder; the first half of its script looks for the program, and is all of it
/// that is run where no text is given.
macro_rules! with_folder {
    ($find:literal, $run:literal) => {
        concat!(
            "set -eu\n",
            $find,
            "\n[ $# -gt 0 ] || exit 0\n",
            "umask 077\nmkdir -p /var/lib/holdfast\n",
            "folder=$(mktemp -d /var/lib/holdfast/play.XXXXXX)\n",
            "trap 'rm -rf \"$folder\"' EXIT\n",
            $run,
        )
    };
}

/// Plays a playbook.
const ANSIBLE: &str = with_folder!(
    "command -v ansible-playbook >/dev/null || {
    echo 'ansible-playbook is not installed there: plan with --as shell' >&2
    exit 127
}",
    r#"printf '%s' "$1" >"$folder/play.yml"
printf '[defaults]\n' >"$folder/ansible.cfg"
ANSIBLE_CONFIG=$folder/ansible.cfg ansible-playbook -i localhost, -c local "$folder/play.yml"
"#
);

/// Applies a manifest. The packages of its makers put `puppet` into a folder of their own. puppet-apply(8):
/// 0 says that nothing had to be done, 2 that something was, 4 and 6 that something failed.
const PUPPET: &str = with_folder!(
    "PATH=$PATH:/opt/puppetlabs/bin
command -v puppet >/dev/null || {
    echo 'puppet is not installed there: plan with --as shell' >&2
    exit 127
}",
    r#"printf '%s' "$1" >"$folder/change.pp"
mkdir "$folder/code" "$folder/conf"
{
    echo '[main]'
    for name in code var log run public ssl; do printf '%sdir = %s\n' "$name" "$folder/$name"; done
    echo 'report = false'
} >"$folder/conf/puppet.conf"
umask 022
status=0
puppet apply --detailed-exitcodes --color=false --confdir "$folder/conf" "$folder/change.pp" ||
    status=$?
case $status in
    0 | 2) ;;
    *) exit "$status" ;;
esac
"#
);

/// Converges a recipe, by Chef or by the distribution of it that is free. Neither comes with Debian.
const CHEF: &str = with_folder!(
    "PATH=$PATH:/opt/chef/bin:/opt/cinc/bin
client=
for program in chef-client cinc-client; do
    if [ -z \"$client\" ] && command -v \"$program\" >/dev/null; then client=$program; fi
done
if [ -z \"$client\" ]; then
    echo 'neither chef-client nor cinc-client is installed there: plan with --as shell' >&2
    exit 127
fi",
    r#"printf '%s' "$1" >"$folder/recipe.rb"
{
    printf 'chef_repo_path "%s"\n' "$folder"
    printf 'cache_path "%s/cache"\n' "$folder"
    printf 'node_name "holdfast"\n'
} >"$folder/client.rb"
umask 022
"$client" --local-mode --no-color --config "$folder/client.rb" "$folder/recipe.rb"
"#
);

/// How a tool is run.
pub(super) struct Runner {
    /// What `/bin/sh -c` is given; `None` where the text is itself what the shell runs. Without a text it
    /// fails where the tool is not installed, and does nothing else.
    pub(super) script: Option<&'static str>,
    /// What the text is called.
    pub(super) text: &'static str,
    /// Beside the plain environment.
    pub(super) environment: &'static [(&'static str, &'static str)],
}

/// How a tool is run.
pub(super) fn runner(tool: Tool) -> Runner {
    match tool {
        Tool::Shell => Runner { script: None, text: "script", environment: &[] },
        Tool::Ansible => Runner {
            script: Some(ANSIBLE),
            text: "playbook",
            environment: &[
                ("ANSIBLE_NOCOLOR", "1"),
                ("ANSIBLE_RETRY_FILES_ENABLED", "0"),
                ("ANSIBLE_LOCALHOST_WARNING", "0"),
                // What Holdfast itself runs on: asking for others first only costs time.
                ("ANSIBLE_PYTHON_INTERPRETER", "auto_silent"),
            ],
        },
        Tool::Puppet => Runner { script: Some(PUPPET), text: "manifest", environment: &[] },
        Tool::Chef => Runner { script: Some(CHEF), text: "recipe", environment: &[] },
    }
}

/// What a command of a manifest said before it failed: Puppet repeats it under the name of its
/// resource, and then says which command it was, in many lines.
pub(super) fn complaint(line: &str) -> Option<&str> {
    let (_, said) = line.strip_prefix("Notice: /Stage[")?.split_once("]/returns: ")?;
    (said != "executed successfully").then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_of_a_manifest_said_is_found() {
        let of = "Notice: /Stage[main]/Holdfast::Updates/Exec[updates: lift it]/returns: ";
        let said = "the package sources offer held only in version 1.0";
        assert_eq!(complaint(&format!("{of}{said}")), Some(said));
        assert_eq!(complaint(&format!("{of}executed successfully")), None);
        assert_eq!(complaint("Notice: Applied catalog in 0.10 seconds"), None);
        assert_eq!(complaint("failed: nobody else can log in"), None);
    }

    #[test]
    fn every_tool_but_the_shell_has_a_script_of_its_own() {
        let scripts: Vec<&str> =
            Tool::ALL.into_iter().filter_map(|one| runner(one).script).collect();
        assert_eq!(scripts.len(), Tool::ALL.len() - 1);
        for script in scripts {
            // What is written down goes away, and what is missing is named.
            assert!(
                script.contains("trap 'rm -rf \"$folder\"' EXIT") && script.contains("exit 127")
            );
        }
    }
}
