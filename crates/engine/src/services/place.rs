//! What the service of an asset says of it where nothing nearer does: whose it is, who can reach it and
//! how much hangs on it.
//!
//! Knows what is nearer. Must not know how an asset came to its service.

use std::path::Path;

use holdfast_model::{Asset, Target};
use holdfast_rulefile::Config;
use holdfast_rulefile::config::AssetConfig;
use holdfast_rulefile::services::ServiceConfig;
use holdfast_world::World;

use super::{Inventory, read};
use crate::look::Look;
use crate::{host, settings};

impl Inventory {
    /// Completes what is known of an asset that was looked at.
    pub(crate) fn place(&self, look: &mut Look, config: &Config) {
        let nothing = AssetConfig::default();
        let said = match look.sensor {
            // What `[host]` says is about this machine.
            "host" if !look.asset.id.0.starts_with("ssh://") => &config.host.asset,
            "folder" => &config.asset,
            // The folder that we stand in is not what an image is.
            _ => &nothing,
        };
        self.complete(&mut look.asset, said);
    }

    /// Fills in what an asset does not say itself. The owner of a path is nearer still, and decides
    /// where a finding has one.
    pub(crate) fn complete(&self, asset: &mut Asset, said: &AssetConfig) {
        let Some(service) = self.config_of(asset) else { return };
        if let (false, Some(team)) = (settings::names_team(said), &service.team) {
            team.trim().clone_into(&mut asset.team);
        }
        if said.exposure.is_none() {
            asset.exposure = service.exposure.unwrap_or(asset.exposure);
        }
        if said.tier.is_none() {
            asset.tier = service.tier.unwrap_or(asset.tier);
        }
    }

    fn config_of(&self, asset: &Asset) -> Option<&ServiceConfig> {
        let name = self.service_of(asset, &[])?;
        self.services.iter().find(|service| service.name.as_str() == &*name)
    }
}

/// The team of this machine, which hears of what happens on it.
pub(crate) fn team_here(world: &World, data: &Path, config: &Config) -> String {
    let mut asset = host::identify(world, &Target::Local, config);
    read(world, data).0.complete(&mut asset, &config.host.asset);
    asset.team
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use holdfast_model::{AssetId, AssetKind, Exposure};

    use super::*;

    const TEXT: &str = "[[service]]\nname = \"shop\"\nteam = \"payments\"\nexposure = \"internal\"\n\
                        tier = 1\nhosts = [\"web-1\"]\n\n[[service]]\nname = \"till\"\n\
                        hosts = [\"web-2\"]\n";

    /// Team, exposure and tier of a host that says this much itself.
    fn placed(name: &str, said: &AssetConfig) -> (String, Exposure, u8) {
        let path: Arc<str> = super::super::FILE.into();
        let (services, problems) = holdfast_rulefile::services::read(&path, TEXT);
        assert_eq!(problems, []);
        let team = settings::team(said, "sam");
        let mut asset = Asset::new(AssetId("host:4f".into()), AssetKind::Host, name, team);
        asset.exposure = said.exposure.unwrap_or(asset.exposure);
        asset.tier = said.tier.unwrap_or(asset.tier);
        asset.labels.clone_from(&said.labels);
        Inventory { services }.complete(&mut asset, said);
        (asset.team, asset.exposure, asset.tier)
    }

    #[test]
    fn the_service_says_what_nothing_nearer_does() {
        use Exposure::{Internal, Internet, Unknown};
        let nothing = AssetConfig::default();
        let labelled =
            |label: &str| AssetConfig { labels: vec![label.to_owned()], ..nothing.clone() };
        let team = AssetConfig { team: Some("operations".into()), ..nothing.clone() };
        let exposure = AssetConfig { exposure: Some(Exposure::Internet), ..nothing.clone() };
        let tier = AssetConfig { tier: Some(3), ..nothing.clone() };
        for (name, said, wanted) in [
            ("web-1", nothing.clone(), ("payments", Internal, 1)),
            ("web-1", team, ("operations", Internal, 1)),
            ("web-1", labelled("team:operations"), ("operations", Internal, 1)),
            ("web-1", exposure, ("payments", Internet, 1)),
            ("web-1", tier, ("payments", Internal, 3)),
            // Whoever names its service itself is of that one; whoever is in none is as it was.
            ("db-1", labelled("service:shop"), ("payments", Internal, 1)),
            ("web-1", labelled("service:till"), ("sam", Unknown, 2)),
            ("web-2", nothing.clone(), ("sam", Unknown, 2)),
            ("db-1", nothing.clone(), ("sam", Unknown, 2)),
            ("db-1", labelled("service:nobody-knows"), ("sam", Unknown, 2)),
        ] {
            let (team, exposure, tier) = placed(name, &said);
            assert_eq!((team.as_str(), exposure, tier), wanted, "{name} {said:?}");
        }
    }
}
