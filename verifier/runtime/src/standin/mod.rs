//! Stand-ins for what the service depends on: the tool's own listener inside the sandbox, which counts, passes on, and can fail in every way asked for.

use std::time::Duration;

/// What a dependency does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Works.
    Pass,
    /// Open connections are reset, new ones refused.
    Cut,
    /// Connections are taken, nothing is answered on any.
    BlackHole,
    /// Every answer is this much later.
    Slow(Duration),
    /// Cut and working in turn, each this long.
    Flap(Duration),
}

/// What was seen at a stand-in since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Of those, open now.
    pub open: u64,
    /// Bytes from the service.
    pub received: u64,
    /// Bytes to the service.
    pub sent: u64,
    /// Requests understood (HTTP requests, Redis commands, PostgreSQL queries); 0 of a plain `tcp` or `proxy`.
    pub requests: u64,
    /// Connections that a fault turned away after they were accepted.
    pub turned_away: u64,
}

/// One dependency of the service.
pub struct StandIn {
    name: String,
    kind: String,
    required: bool,
}

impl StandIn {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As declared: `tcp`, `http`, `postgres`, `redis` or `proxy`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether losing it must unready the service.
    pub fn required(&self) -> bool {
        self.required
    }

    /// Makes it fail, or work again with [`Fault::Pass`]. Takes effect before it returns.
    pub fn set(&self, _fault: Fault) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    pub fn counters(&self) -> Counters {
        Counters::default()
    }
}
