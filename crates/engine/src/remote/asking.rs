//! What hosts are asked first: worked out once for all of which the same is wanted, since that costs
//! more than to judge one of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_model::Resource;
use holdfast_sense::Need;
use holdfast_sense::host::Asked;
use holdfast_sense::remote::{Along, Request};

use super::{APK, DOCUMENTS, FOLDER, MACHINE_ID};

/// So many different questions are kept: roles and rings are few.
const MOST: usize = 16;

/// What was worked out, the latest first.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    known: Mutex<VecDeque<(Vec<Resource>, Arc<Request>)>>,
}

impl Asking {
    /// What a host is asked of which these resources are to be known, and its packages.
    pub(super) fn of(&self, resources: &[Resource]) -> Arc<Request> {
        // Whoever wants the same meanwhile waits for it.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, request)) = known.iter().find(|(of, _)| of == resources) {
            return Arc::clone(request);
        }
        let request = Arc::new(whole(resources));
        known.truncate(MOST - 1);
        known.push_front((resources.to_vec(), Arc::clone(&request)));
        request
    }
}

fn whole(resources: &[Resource]) -> Request {
    let mut request = Request::first(&Asked { resources, running: true });
    for path in DOCUMENTS.into_iter().chain(MACHINE_ID).chain(APK) {
        request.add(Need::File(path.into()), Along::default());
    }
    request.add(Need::Glob(FOLDER.into()), Along { stat: false, read: true });
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sysctl(key: &str) -> Vec<Resource> {
        vec![Resource::Sysctl { key: key.into() }]
    }

    #[test]
    fn the_same_is_worked_out_once_and_something_else_anew() {
        let asking = Asking::default();
        let first = asking.of(&sysctl("kernel.sysrq"));
        assert!(Arc::ptr_eq(&first, &asking.of(&sysctl("kernel.sysrq"))));
        let other = asking.of(&sysctl("net.ipv4.ip_forward"));
        let (mark, path) = ("a".repeat(64), "/proc/sys/net/ipv4/ip_forward");
        assert!(other.script(&mark).contains(path) && !first.script(&mark).contains(path));
        for number in 0..MOST {
            asking.of(&sysctl(&format!("kernel.number{number}")));
        }
        assert_eq!(asking.known.lock().unwrap().len(), MOST);
        assert!(!Arc::ptr_eq(&first, &asking.of(&sysctl("kernel.sysrq"))), "it was the oldest");
    }
}
