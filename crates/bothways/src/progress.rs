//! A progress bar for people at a terminal; nothing for scripts.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, hidden when that is no terminal.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar of yet unknown length.
    pub fn new(what: &'static str) -> Self {
        let bar = ProgressBar::new(0).with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// So much is done.
    pub fn set(&mut self, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
