//! Looks at images, while the data folder is held.

use holdfast_advisories::Index;
use holdfast_world::World;

use super::{Holder, blocking, view};
use crate::failure::Failure;
use crate::lineage::{self, Asked, Noted};
use crate::{check, index_file};

impl Holder {
    /// Looks at an image and writes it down.
    ///
    /// # Errors
    ///
    /// Where it is no image, or cannot be read, or settings or record cannot be used.
    pub async fn record_image(&self, asked: Asked) -> Result<Noted, Failure> {
        let _work = self.work.lock().await;
        let world = World { here: asked.here, ..self.world.clone() };
        let (data, appetite) = (self.data.clone(), self.options.appetite.clone());
        let options = check::Options { path: asked.path, appetite, ..check::Options::default() };
        let judged = blocking(move || {
            let (file, _) = index_file::open(&world, &data);
            let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
            check::judge(&world, &data, &index, &options)
        })
        .await??;
        lineage::only_images(&judged)?;
        let (look, settings) = (judged.look, judged.settings);
        let written = lineage::record(&self.world, &self.data, &self.store, look, &settings).await;
        if let Ok(written) = &written {
            let id = written.look.asset.id.to_string();
            let detail = view::asset(&written.look, &written.assessment);
            self.write_state().details.insert(id, detail);
        }
        // Also after an error: something may have been recorded before it.
        let mut beside = match &written {
            Ok(_) => self.ask_beside(&settings).await,
            Err(_) => Vec::new(),
        };
        if let Err(failure) = self.refresh_now().await {
            beside.extend(self.tell_beside(&failure));
        }
        let mut noted = written?.noted;
        noted.problems.extend(beside);
        Ok(noted)
    }
}
