//! Showing what is going on: a bar on a terminal, plain lines anywhere else.

use indicatif::{ProgressBar, ProgressStyle};
use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::clock::{Duration, Instant};
use std::io::{IsTerminal as _, Write as _};

/// How long a log may stay silent while work goes on.
const SILENCE: Duration = Duration::from_secs(30);

/// Progress of one piece of work. It can be shared by the threads that do the work.
pub(crate) struct Progress {
    bar: ProgressBar,
    plain: Option<Plain>,
}

struct Plain {
    total: Option<u64>,
    started: Instant,
    state: Mutex<PlainState>,
}

struct PlainState {
    done: u64,
    printed: Instant,
}

impl Progress {
    /// Progress through `total` pieces, with an estimate of when it ends.
    pub(crate) fn counted(total: u64) -> Self {
        let style = ProgressStyle::with_template(
            "{bar:30} {pos}/{len}  {elapsed} elapsed, {eta} left  {wide_msg}",
        );
        Self::new(Some(total), style)
    }

    /// Progress of something whose length is not known.
    pub(crate) fn endless() -> Self {
        Self::new(
            None,
            ProgressStyle::with_template("{spinner} {elapsed}  {wide_msg}"),
        )
    }

    fn new(
        total: Option<u64>,
        style: Result<ProgressStyle, indicatif::style::TemplateError>,
    ) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = match (terminal, total) {
            (false, _) => ProgressBar::hidden(),
            (true, Some(total)) => ProgressBar::new(total),
            (true, None) => ProgressBar::new_spinner(),
        };
        bar.set_style(style.expect("the templates above are well formed"));
        if terminal {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        let now = Instant::now();
        let plain = (!terminal).then(|| Plain {
            total,
            started: now,
            state: Mutex::new(PlainState {
                done: 0,
                printed: now,
            }),
        });
        Self { bar, plain }
    }

    /// Prints a line that stays.
    pub(crate) fn line(&self, text: &str) {
        if let Some(plain) = &self.plain {
            plain.state.lock().printed = Instant::now();
        }
        self.bar.suspend(|| {
            println!("{text}");
            // Nothing depends on a closed standard output.
            let _ = std::io::stdout().flush();
        });
    }

    /// Says what is being done now: shown at once on a terminal, and from time to time in a log.
    pub(crate) fn at(&self, text: &str) {
        self.bar.set_message(text.to_owned());
        let Some(plain) = &self.plain else {
            return;
        };
        let mut state = plain.state.lock();
        if state.printed.elapsed() >= SILENCE {
            state.printed = Instant::now();
            println!("   … {}{text}", plain.position(state.done));
        }
    }

    /// One more piece is done.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
        if let Some(plain) = &self.plain {
            plain.state.lock().done += 1;
        }
    }

    /// Takes the bar off the screen.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Plain {
    /// How far the work is and when it may end, as far as that is known.
    fn position(&self, done: u64) -> String {
        let Some(total) = self.total else {
            return format!("{} s: ", self.started.elapsed().as_secs());
        };
        if done == 0 {
            return format!("{done}/{total}: ");
        }
        let left =
            self.started.elapsed().as_secs_f64() / done as f64 * total.saturating_sub(done) as f64;
        format!("{done}/{total}, about {} left: ", minutes(left))
    }
}

/// Seconds as minutes and seconds.
pub(crate) fn minutes(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    format!("{}:{:02} min", whole / 60, whole % 60)
}
