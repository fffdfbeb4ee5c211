//! A deed is done, also where nobody can be told of what came of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use holdfast_engine::cycle::Options;
use holdfast_engine::desk::{Action, Desk as _};
use holdfast_engine::holder::{Holder, Say};
use holdfast_store::{Fault, StoreOptions};
use holdfast_world::World;

use super::partner::Partner;
use super::support::NOW;
use super::{TICKETS, person, shop};

/// The secret of a token is kept nowhere: it is lost where its answer is.
#[tokio::test]
async fn a_token_is_handed_over_where_channels_cannot_be_asked() {
    let dir = tempfile::tempdir().unwrap();
    let (data, partner) = (dir.path().join("data"), Arc::<Partner>::default());
    let refuses = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&refuses);
    let step = move |name: &'static str| match name {
        "tell_put" if asked.load(Ordering::Relaxed) => Err(Fault::Crash),
        _ => Ok(()),
    };
    let store = StoreOptions { faults: Some(Arc::new(step)), ..StoreOptions::default() };
    let world = World::recorded(shop(&data, &partner, "", "1.0.0", NOW));
    let options = Options { store, ..Options::default() };
    let holder = Holder::open(&world, &data, options).await.unwrap();
    let say: Say = Arc::new(|_| {});
    holder.look(&say).await.unwrap();
    // Only now somebody is to be told of what was decided.
    let path = data.join("channels.toml");
    world.files.write_atomic(Path::new("/"), &path, TICKETS.as_bytes()).unwrap();
    refuses.store(true, Ordering::Relaxed);

    let holds = person(&world.host.user);
    for name in ["ben", "cat"] {
        let issue = Action::IssueToken { name: name.to_owned() };
        let done = holder.do_it(&holds, issue, &say, true).await.unwrap();
        let whose = holder.bearer(done.secret.clone().unwrap()).await.unwrap();
        assert_eq!(whose, Some(person(name)));
        let message = &done.message;
        assert!(message.contains(" It is done, but behind it: "), "{message}");
        assert_eq!(message.matches("tell_put").count(), 1, "{message}");
        let problems = holder.view().problems.clone();
        let failed = problems.iter().filter(|one| one.message.contains("tell_put"));
        assert_eq!(failed.count(), 1, "{problems:?}");
    }

    refuses.store(false, Ordering::Relaxed);
    holder.renew().await.unwrap();
    while holder.deliver().await.unwrap() > 0 {}
    assert_eq!(partner.titles().len(), 2, "nothing of it is lost");
}
