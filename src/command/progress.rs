//! A progress bar on standard error, when that is a terminal.

use super::notice::Notice;
use crate::input::Source;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(100);
const FORM: &str = "{bar:30} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta} left";
const FORM_WITHOUT_END: &str = "{spinner} {bytes} {binary_bytes_per_sec}";

/// Watches a counter until dropped.
pub struct Progress {
    counter: Arc<AtomicU64>,
    watch: Option<(ProgressBar, JoinHandle<()>)>,
}

impl Progress {
    pub fn start(sources: &[Source], notice: Notice) -> Progress {
        let counter = Arc::new(AtomicU64::new(0));
        let wanted = !notice.is_quiet() && std::io::stderr().is_terminal();
        let watch = wanted.then(|| watch(bar(sources), Arc::clone(&counter)));
        Progress { counter, watch }
    }

    /// Where the bytes that were read are added up.
    pub fn counter(&self) -> &AtomicU64 {
        &self.counter
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((bar, thread)) = self.watch.take() {
            bar.finish_and_clear();
            // The watcher sees that the bar is finished; should it have panicked, the report still stands.
            let _ = thread.join();
        }
    }
}

fn bar(sources: &[Source]) -> ProgressBar {
    let total: Option<u64> = sources.iter().map(|source| source.size).sum();
    let (bar, form) = match total {
        Some(total) => (ProgressBar::new(total), FORM),
        None => (ProgressBar::no_length(), FORM_WITHOUT_END),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(form) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn watch(bar: ProgressBar, counter: Arc<AtomicU64>) -> (ProgressBar, JoinHandle<()>) {
    let watched = bar.clone();
    let thread = std::thread::spawn(move || {
        while !watched.is_finished() {
            watched.set_position(counter.load(Ordering::Relaxed));
            std::thread::park_timeout(INTERVAL);
        }
    });
    (bar, thread)
}
