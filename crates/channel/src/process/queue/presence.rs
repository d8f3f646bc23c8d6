//! Being counted at an end of a queue.

use selvedge_sync::process::TooMany;

use super::control::Control;
use super::peers::Peers;

/// An end of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// Where items go in.
    Send,
    /// Where items come out.
    Recv,
}

/// This process is counted at an end of a queue while this lives, and it does.
#[derive(Debug)]
#[must_use = "a process is counted while this lives"]
pub struct Presence<'a> {
    peers: &'a Peers,
    slot: usize,
}

impl<'a> Presence<'a> {
    pub(super) fn begin(control: &'a Control, end: End) -> Result<Self, TooMany> {
        let peers = match end {
            End::Send => &control.sending,
            End::Recv => &control.receiving,
        };
        let slot = peers.enlist()?;
        Ok(Self { peers, slot })
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.peers.leave(self.slot);
    }
}
