//! Measuring contestants in turns, so that what disturbs one disturbs all.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// One way to do the same thing; returns how long its measured part took.
pub(crate) struct Contestant<'a> {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut() -> Duration + 'a>,
}

/// The processor time that this process has used: other processes do not show in it.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A contestant whose `run` is measured as a whole, in processor time.
pub(crate) fn whole<'a>(name: &'static str, mut run: impl FnMut() + 'a) -> Contestant<'a> {
    part(name, move || {
        let start = processor_time();
        run();
        processor_time().saturating_sub(start)
    })
}

/// A contestant that measures itself.
pub(crate) fn part<'a>(name: &'static str, run: impl FnMut() -> Duration + 'a) -> Contestant<'a> {
    Contestant {
        name,
        run: Box::new(run),
    }
}

/// The median time of each contestant over `rounds` rounds, after one to warm up.
pub(crate) fn medians(contestants: &mut [Contestant<'_>], rounds: usize) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    for round in 0..=rounds {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let time = (contestant.run)();
            if round > 0 {
                times.push(time);
            }
        }
    }
    times
        .into_iter()
        .map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2]
        })
        .collect()
}
