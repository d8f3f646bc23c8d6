//! The lock: building it, registering threads with it.

use crate::lock::Core;
use crate::member::Member;
use crate::policy::Policy;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::clock::Duration;

/// One lock for one interpreter. Clones are handles to the same lock.
#[derive(Clone, Debug)]
pub struct Gil {
    pub(crate) core: Arc<Core>,
}

/// Settings of a lock to be built; see [`Gil::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    policy: Policy,
    interval: Duration,
    enabled: bool,
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
        }
    }

    /// Registers the calling thread, which stays registered until the member is dropped.
    #[must_use]
    pub fn register(&self) -> Member {
        Member::new(Arc::clone(&self.core))
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

    /// Builds the lock.
    ///
    /// # Panics
    /// If the switch interval is below 1 µs.
    #[must_use]
    pub fn build(self) -> Gil {
        Gil {
            core: Arc::new(Core::new(self.policy, self.enabled, self.interval)),
        }
    }
}
