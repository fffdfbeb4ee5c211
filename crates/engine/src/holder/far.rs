//! Looks at the hosts that are reached over the network, as each is due, and who they are.

use holdfast_model::{ManagedHost, Timestamp};
use holdfast_store::PlanRecord;

use super::{Holder, Say, blocking, view};
use crate::cycle::{self, Gathered};
use crate::desk::{Done, Person};
use crate::failure::Failure;
use crate::hosts::{self, Seen, Way};
use crate::record;

/// After so many looks pages are made anew, and at the end.
const PAGES: usize = 25;

/// Has hosts looked at from now on.
pub(super) async fn add(
    holder: &Holder,
    who: &Person,
    added: &[ManagedHost],
    because: &str,
) -> Result<Done, Failure> {
    for host in added {
        hosts::check(host)?;
    }
    let known = holder.store.hosts().await.map_err(|error| record::ours(&error))?;
    let described = added.iter().map(|host| {
        let before = known.iter().find(|one| one.host.address == host.address);
        before.map_or_else(|| host.clone(), |before| hosts::described(&before.host, host))
    });
    let described: Vec<ManagedHost> = described.collect();
    let now = holder.world.clock.now();
    let mut random = record::random(&holder.world)?;
    let put = holder.store.hosts_put(&described, &who.name, because, now, &mut random).await;
    let (new, changed) = put.map_err(|error| record::ours(&error))?;
    let count = |n: usize| if n == 1 { "1 host".to_owned() } else { format!("{n} hosts") };
    let message = match (new, changed) {
        (0, 0) => "Nothing is new.".to_owned(),
        (new, 0) => format!("{} added.", count(new)),
        (0, changed) => format!("{} described anew.", count(changed)),
        (new, changed) => format!("{} added, {} described anew.", count(new), count(changed)),
    };
    Ok(Done { message, ..Done::default() })
}

/// Has a host looked at no more. What was found there stays in the record as it is.
pub(super) async fn remove(
    holder: &Holder,
    who: &Person,
    address: &str,
    because: &str,
) -> Result<Done, Failure> {
    let now = holder.world.clock.now();
    let mut random = record::random(&holder.world)?;
    let gone = holder.store.host_remove(address, &who.name, because, now, &mut random).await;
    let message = if gone.map_err(|error| record::ours(&error))? {
        format!("{address} is not looked at any more; what was found there stays in the record.")
    } else {
        format!("{address} was not looked at.")
    };
    Ok(Done { message, ..Done::default() })
}

impl Holder {
    /// Looks at the hosts that are due, side by side; how many there were. A host that cannot be
    /// reached keeps none of the others waiting.
    ///
    /// # Errors
    ///
    /// Where settings or record cannot be used; what was recorded stays.
    pub async fn look_far(&self, say: &Say) -> Result<usize, Failure> {
        if self.store.hosts().await.map_err(|error| record::ours(&error))?.is_empty() {
            return Ok(0);
        }
        let mut gathered = self.prepared().await?;
        let config = gathered.settings.config.clone();
        let due = hosts::due_now(&self.store, &config, self.world.clock.now()).await?;
        let all = due.len();
        if all == 0 {
            return Ok(0);
        }
        let way = Way::new(&self.world, &gathered, self.options.at_once);
        let mut coming = hosts::look_at(&way, due);
        let mut done = 0;
        while let Some(seen) = coming.recv().await {
            done += 1;
            say(&format!("{done} of {all} hosts: {}", seen.words()));
            self.take_far(&mut gathered, seen).await?;
            if done % PAGES == 0 {
                self.refresh_now().await?;
            }
        }
        self.ask_channels(&gathered.settings).await?;
        self.refresh_now().await?;
        Ok(done)
    }

    /// What looks at other hosts are judged by. What is wrong with it is told by the looks at this
    /// machine.
    pub(crate) async fn prepared(&self) -> Result<Gathered, Failure> {
        let (world, data, options) = (self.world.clone(), self.data.clone(), self.options.clone());
        let mut gathered = blocking(move || cycle::prepare(&world, &data, &options)).await??;
        gathered.problems.clear();
        Ok(gathered)
    }

    /// Writes one look down, unless something was done there meanwhile: what is looked at after that
    /// counts.
    pub(crate) async fn take_far(
        &self,
        gathered: &mut Gathered,
        seen: Seen,
    ) -> Result<(), Failure> {
        let _work = self.work.lock().await;
        if self.was_changed(&seen.host, seen.started).await? {
            return Ok(());
        }
        let recorded = hosts::record_one(&self.world, &self.store, gathered, seen).await?;
        // Why nothing came of it was said already.
        if let Ok((_, look, assessment)) = recorded {
            let detail = view::asset(&look, &assessment);
            self.write_state().details.insert(look.asset.id.to_string(), detail);
        }
        Ok(())
    }

    /// Whether a plan was carried out or taken back on a host since then.
    async fn was_changed(&self, host: &ManagedHost, since: Timestamp) -> Result<bool, Failure> {
        let plans = self.store.plans().await.map_err(|error| record::ours(&error))?;
        let asset = |plan: &PlanRecord| {
            let asset = plan.document.get("asset").and_then(serde_json::Value::as_str);
            asset == Some(&*host.address)
        };
        let mut acts = plans.iter().filter(|plan| asset(plan)).flat_map(|plan| &plan.acts);
        Ok(acts.any(|act| act.at > since))
    }
}
