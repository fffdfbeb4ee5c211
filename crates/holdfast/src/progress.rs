//! One line on standard error about what is being looked at, which disappears.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// The line; nothing at all where standard error is no terminal.
pub struct Progress(ProgressBar);

impl Progress {
    /// Starts it. It shows itself only after 300 ms, so that quick commands stay quiet.
    pub fn start() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(300));
        Self(bar)
    }

    /// Says what is being looked at.
    pub fn say(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
