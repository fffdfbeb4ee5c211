//! What is reloaded where the ssh server reads its files anew.

use holdfast_model::Tool;

use super::{of_family, own_part, render, root_login};

#[test]
fn the_ssh_server_is_told_by_the_name_that_it_has_there() {
    let (control, before) = root_login();
    for tool in Tool::ALL {
        let reloads = |family: &str| {
            let seen = of_family(before.settings().to_vec(), family);
            let rendered = render(&control, &[0], &seen, tool);
            let code = own_part(&rendered.code);
            (rendered.restart, code.contains("ssh.service"), code.contains("sshd.service"))
        };
        let is = |unit: &str| format!("{unit} is reloaded");
        assert_eq!(reloads("debian"), (is("ssh.service"), true, false), "{tool:?}");
        assert_eq!(reloads("rhel"), (is("sshd.service"), false, true), "{tool:?}");
        assert_eq!(reloads("own"), (is("the ssh server"), true, true), "{tool:?}");
    }
}
