//! Is this as it should be? Desired states of hosts: controls, their comparison with what was
//! seen, and their rendering to shell and Ansible.
//!
//! Knows what is wanted and how each tool says it. Must not know where settings are read from,
//! how a change is carried out, or what becomes of a finding.
