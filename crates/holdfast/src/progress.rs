//! One line on standard error about what is being looked at, which disappears.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::render::style::on_one_line;

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

    /// Says what is being looked at, or what something says that runs on another host.
    pub fn say(&self, what: &str) {
        self.0.set_message(on_one_line(what));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_said_moves_a_cursor() {
        let progress = Progress::start();
        progress.say("far-note: \u{1b}]0;gone\u{7}\rok\nnext\u{202e}");
        let shown = progress.0.message();
        assert!(shown.starts_with("far-note: ") && shown.ends_with('\u{fffd}'), "{shown:?}");
        assert!(!shown.chars().any(|letter| letter.is_control() || letter == '\u{202e}'));
    }
}
