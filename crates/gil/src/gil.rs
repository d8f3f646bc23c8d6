//! The lock: building it, registering threads with it.

use crate::lock::Core;
use crate::member::Member;
use crate::observer::{Observer, Watch};
use crate::policy::Policy;
use crate::stats::Stats;
use core::fmt;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::clock::Duration;

/// One lock for one interpreter. Clones are handles to the same lock.
#[derive(Clone, Debug)]
pub struct Gil {
    pub(crate) core: Arc<Core>,
}

/// Settings of a lock to be built; see [`Gil::builder`].
pub struct Builder {
    policy: Policy,
    interval: Duration,
    enabled: bool,
    histograms: bool,
    observer: Option<Box<dyn Observer>>,
}

impl Gil {
    /// The shortest switch interval.
    pub const SHORTEST_INTERVAL: Duration = Duration::from_micros(1);
    /// The switch interval unless another is set.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_millis(5);

    /// Starts building a lock: policy [`Policy::default`], interval
    /// [`DEFAULT_INTERVAL`](Self::DEFAULT_INTERVAL), enabled, no observer.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            policy: Policy::default(),
            interval: Self::DEFAULT_INTERVAL,
            enabled: true,
            histograms: false,
            observer: None,
        }
    }

    /// Registers the calling thread, which stays registered until the member is dropped.
    #[must_use]
    pub fn register(&self) -> Member {
        Member::new(Arc::clone(&self.core))
    }

    /// The policy the lock was built with.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.core.policy
    }

    /// What the threads have counted so far. Linear in the number of registered threads.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.queue.with(|queue| queue.stats())
    }

    /// How long a waiter waits before it has the holder asked to let go.
    #[must_use]
    pub fn switch_interval(&self) -> Duration {
        self.core.interval()
    }

    /// Changes the switch interval, for waits that begin from now on. [`Duration::MAX`] is never.
    ///
    /// # Panics
    /// If `interval` is below 1 µs.
    pub fn set_switch_interval(&self, interval: Duration) {
        self.core.set_interval(interval);
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("policy", &self.policy)
            .field("interval", &self.interval)
            .field("enabled", &self.enabled)
            .field("histograms", &self.histograms)
            .field("observed", &self.observer.is_some())
            .finish()
    }
}

impl Builder {
    /// How waiters are chosen and holders asked to let go.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The switch interval to begin with.
    #[must_use]
    pub fn switch_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Whether threads exclude each other, to begin with. If not, attaching only counts a thread
    /// in, for stopping the world and for finalisation.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Whether each thread keeps histograms of how long it holds and waits. That costs two looks
    /// at the clock for each hold.
    #[must_use]
    pub fn histograms(mut self, histograms: bool) -> Self {
        self.histograms = histograms;
        self
    }

    /// Who is told of every event.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Builds the lock.
    ///
    /// # Panics
    /// If the switch interval is below 1 µs.
    #[must_use]
    pub fn build(self) -> Gil {
        let watch = Watch::new(self.observer);
        Gil {
            core: Arc::new(Core::new(
                self.policy,
                self.enabled,
                self.interval,
                watch,
                self.histograms,
            )),
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;
    use crate::observer::Event;

    #[test]
    fn a_lock_has_the_policy_and_the_interval_it_was_built_with() {
        for policy in [
            Policy::Ticks(7),
            Policy::Interval,
            Policy::Fifo,
            Policy::Priority,
        ] {
            let interval = Duration::from_millis(3);
            let gil = Gil::builder()
                .policy(policy)
                .switch_interval(interval)
                .build();
            assert_eq!((gil.policy(), gil.switch_interval()), (policy, interval));
        }
        let usual = Gil::builder().build();
        assert_eq!(usual.policy(), Policy::Interval);
        assert_eq!(usual.switch_interval(), Gil::DEFAULT_INTERVAL);
    }

    #[test]
    fn an_interval_that_was_set_is_found_by_every_handle() {
        let gil = Gil::builder().build();
        let other = gil.clone();
        for interval in [Gil::SHORTEST_INTERVAL, Duration::from_secs(7)] {
            gil.set_switch_interval(interval);
            assert_eq!(other.switch_interval(), interval);
        }
    }

    #[test]
    fn a_builder_shows_what_it_would_build() {
        let builder = Gil::builder()
            .policy(Policy::Ticks(7))
            .switch_interval(Duration::from_micros(250))
            .enabled(false)
            .histograms(true);
        let shown = |observed: bool| {
            format!(
                "Builder {{ policy: Ticks(7), interval: 250µs, enabled: false, \
                 histograms: true, observed: {observed} }}"
            )
        };
        assert_eq!(format!("{builder:?}"), shown(false));
        assert_eq!(
            format!("{:?}", builder.observer(|_: Event| ())),
            shown(true)
        );
    }
}
