//! The `runtime` room: starts the deliverable in a sandbox of its own, stands in for what it depends on, and writes down what can be seen of it while it runs.
//!
//! Three processes take part. The *tool* (this library, many threads) probes and records. The *supervisor* (`assize __supervise`, one thread, on the host) makes the sandbox and clears it away whatever happens to the tool. The *init* (process 1 of the sandbox, one thread) starts and reaps the service, hands out sockets and files of the sandbox, and dies with the supervisor.

mod collect;
mod confinement;
#[cfg(test)]
mod go_fixture;
mod health;
mod http;
mod logs;
mod output;
mod plan;
mod process;
mod random;
mod rebuild;
mod recorder;
mod reload;
mod schedule;
mod seccomp;
mod service;
mod showing;
mod snapshot;
mod standin;
mod supervise;
pub mod tls;

pub use collect::{Collected, Event, collect};
pub use output::{Line, Lost, Output, Stream};
pub use plan::{Consent, Operator, PlannedStep, RunPlan, SandboxWish, Supervisor};
pub use random::salt;
pub use rebuild::rebuild;
pub use recorder::Recorder;
pub use schedule::steps;
pub use service::{Endpoint, ExitInfo, Service, StartOptions, usable_address, usable_url};
pub use snapshot::{Listener, Mapping, ProcessSnapshot, Protocol, ThreadStatus};
pub use standin::{Counters, Fault, StandIn};
pub use supervise::{CanaryReport, ZONE_OFFSET, is_supervisor, supervise_main};
