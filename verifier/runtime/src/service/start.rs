//! From a plan to a ready service: sandbox, furniture, stand-ins, control process, program, readiness.

use super::places::Places;
use super::ready::{self, Rule};
use super::sandbox::Sandbox;
use super::secrets::Secrets;
use super::{Inside, NotStarted, Program, Service, StartOptions, endpoint, furnish, program};
use crate::output::Output;
use crate::plan::{RunPlan, SandboxWish};
use crate::random;
use crate::recorder::Recorder;
use crate::snapshot::{Images, Outgoing, View, Who};
use crate::standin::{self, StandIn};
use crate::supervise::CanaryReport;
use crate::supervise::wire::{Ask, Setup, Spawn};
use assize_facts::{Progress, Reason, RunSpec, reason};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// The level of a run without a sandbox.
pub(super) const NO_SANDBOX: &str = "none";
/// The level of a run that started nothing.
pub(crate) const NOT_RUN: &str = "not-run";
/// Writable folders beside `{work}`.
pub(super) const WRITABLE: &[&str] = &["/tmp", "/var/tmp", "/run"];
/// Bytes of memory of everything in the sandbox.
const MEMORY: u64 = 3 << 30;
/// Bytes of each writable folder; a service that fills its disk meets ENOSPC here.
const WRITABLE_BYTES: u64 = 512 << 20;
/// Processes and threads of everything in the sandbox.
const PROCESSES: u64 = 1024;
/// How long init may take to hand over the trace.
const TRACE: Duration = Duration::from_secs(10);

/// What the service is called and where it lives, drawn anew for each instance.
struct Names {
    user: u32,
    hostname: String,
    address: Option<Ipv4Addr>,
    work: String,
    program: String,
    private: String,
    folder: Option<String>,
}

impl Names {
    /// Names that say nothing about the examiner. Numbers like the user's are those of container platforms.
    fn draw(sandbox: bool) -> io::Result<Names> {
        let folder = match sandbox {
            true => None,
            false => {
                let above = std::env::temp_dir().canonicalize()?;
                Some(above.join(format!("{}-{}", random::word(8)?, random::hex(4)?)).to_string_lossy().into_owned())
            }
        };
        let base = folder.clone().unwrap_or_default();
        Ok(Names {
            user: 1_000_000_000 + 10_000 * random::below(60_000)? as u32,
            hostname: format!("{}-{}-{}", random::word(6)?, random::hex(4)?, random::hex(3)?),
            // As pods have them. Without a sandbox the machine's own addresses are none of ours to change.
            address: sandbox.then(own_address).transpose()?,
            work: format!("{base}/srv/{}", random::word(8)?),
            program: format!("{base}/opt/{}/{}", random::word(6)?, random::word(7)?),
            private: format!("{base}/var/{}", random::word(8)?),
            folder,
        })
    }
}

fn own_address() -> io::Result<Ipv4Addr> {
    let part = |end| random::below(end).map(|n| n as u8 + 1);
    Ok(Ipv4Addr::new(10, part(200)?, part(200)?, part(200)?))
}

/// Starts an instance and waits until it is ready.
pub(super) fn start(plan: &RunPlan, options: StartOptions, progress: &dyn Progress) -> Result<Service, NotStarted> {
    let run = plan.delivery.spec().run.as_ref().ok_or_else(|| reason!("run-not-declared"))?;
    let delivered = binary(plan, run)?;
    let interpreter = program::open(&plan.delivery.host_path(&delivered))
        .and_then(|mut file| program::interpreter(&mut file))
        .map_err(|e| reason!("run-binary-unusable", path = delivered, detail = e))?;
    progress.step("preparing the sandbox");
    let host_libraries = interpreter.is_some() || run.dependencies.iter().any(|d| !d.command.is_empty());
    let (sandbox, names, confined) = open(plan, host_libraries)?;
    let furnished = furnish(plan, run, &sandbox, &names, &delivered, confined)?;
    let level = if confined { format!("namespaces+{}", sandbox.limits()) } else { NO_SANDBOX.to_string() };
    let Furnished { places, digest, files, dependencies } = furnished;
    let secrets = Secrets::new(run, &plan.secrets, &plan.salt)?;
    // Fails on unknown names before anything runs, and draws every port.
    let endpoints = endpoint::declared(plan, &places)?;
    let name = delivered.rsplit('/').next().unwrap_or_default().to_string();
    let program = Program { path: names.program.clone(), name, digest, interpreter };
    let inside = Arc::new(Inside::new(Some(sandbox)));
    let dependencies = standin::open(dependencies, &inside)?;
    let command = Command::new(run, &places, &secrets, &names, &options)?;
    let rule = run.ready.as_deref().map(|r| places.fill(r)).transpose()?;
    let shown = rule.clone().unwrap_or_else(|| "listening".into());
    let rule = Rule::parse(rule.as_deref(), &endpoints)?;
    let canary = canary(&inside, &command, confined)?;

    let (output, streams, reader) = Output::capture(plan.delivery.limits()).map_err(broken)?;
    let servers = standin::start(&dependencies, &inside, &command.env, &command.folder)?;
    progress.step("starting the service");
    let init = inside.sandbox().map_err(broken)?.init_pid();
    let view = view(init, confined);
    // Connections to dependencies' servers were begun by now; from here on the tool counts its own.
    let before = inside.between_connections(|ours| {
        let mut before = Outgoing::read(&view)?;
        before.begun = before.begun.saturating_sub(ours);
        Ok(before)
    });
    let before = before.map_err(broken)?;
    let main = spawn(&inside, &command, &program.path, options.trace, streams)?;
    let mut service = Service {
        dependencies,
        view,
        address: names.address,
        inside,
        reader: Some(reader),
        output,
        main,
        program: Some(program),
        servers,
        endpoints,
        canary,
        places,
        secrets,
        recorder: Recorder::new(),
        delivered: files,
        private: names.private,
        level,
        trace: None,
        made: AtomicU64::new(0),
        load: Ok(()),
        before,
    };
    let within = match run.ready_within_ms {
        0 => ready::DEFAULT_WITHIN,
        millis => Duration::from_millis(millis),
    };
    if let Err(reason) = ready::wait(&service, &rule, &shown, within) {
        // Whatever it still wanted to say: it ends with the sandbox.
        service.stop(Duration::ZERO);
        let secrets = service.secrets.iter().cloned().collect();
        return Err(NotStarted { reason, log: crate::showing::capture(&service), secrets });
    }
    if options.trace {
        let record = service.sandbox().and_then(|s| s.untrace(TRACE)).map_err(|e| e.to_string());
        service.trace = Some(record.and_then(|r| r.ok_or_else(|| "no record came".to_string())));
    }
    service.phase("ready");
    Ok(service)
}

fn broken(error: io::Error) -> Reason {
    reason!("sandbox-broken", detail = error)
}

/// The delivered path of the program that `[run]` names.
fn binary(plan: &RunPlan, run: &RunSpec) -> Result<String, Reason> {
    let declared = plan.delivery.spec().binaries.iter().find(|b| b.name == run.binary);
    declared.map(|b| b.path.clone()).ok_or_else(|| reason!("run-binary-unknown", name = run.binary))
}

/// Opens the sandbox that the contract wants, or none where it allows that.
fn open(plan: &RunPlan, host_libraries: bool) -> Result<(Sandbox, Names, bool), Reason> {
    let wish = if plan.trust_deliverable { SandboxWish::None } else { plan.sandbox };
    let attempt = |confined: bool| {
        let names = Names::draw(confined).map_err(broken)?;
        let setup = Setup {
            sandbox: confined,
            user: names.user,
            writable: [names.work.as_str()].iter().chain(WRITABLE).map(|f| f.to_string()).collect(),
            private: names.private.clone(),
            host_libraries,
            shown: vec![],
            writable_bytes: WRITABLE_BYTES,
            hostname: names.hostname.clone(),
            address: names.address,
            memory: MEMORY,
            processes: PROCESSES,
            folder: names.folder.clone(),
        };
        Ok((Sandbox::open(&plan.supervisor, &setup)?, names, confined))
    };
    match wish {
        SandboxWish::Required => attempt(true),
        SandboxWish::None => attempt(false),
        SandboxWish::Preferred => match attempt(true) {
            Err(reason) if reason.code == "sandbox-unavailable" => attempt(false),
            other => other,
        },
    }
}

/// What was put into the sandbox.
struct Furnished {
    places: Places,
    digest: assize_facts::Digest,
    files: Vec<String>,
    dependencies: Vec<standin::Prepared>,
}

fn furnish(
    plan: &RunPlan,
    run: &RunSpec,
    sandbox: &Sandbox,
    names: &Names,
    delivered: &str,
    confined: bool,
) -> Result<Furnished, Reason> {
    let mut places = Places::new(&names.work, !confined);
    if confined {
        furnish::basics(sandbox, &names.hostname, names.user, &names.work).map_err(broken)?;
    }
    let dependencies = standin::prepare(run, plan, sandbox, &mut places)?;
    let digest = furnish::program(plan, sandbox, delivered, &names.program)?;
    sandbox.folder(&names.work, 0o755, crate::supervise::wire::Owner::Service).map_err(broken)?;
    let files = furnish::files(plan, run, sandbox, &places)?;
    sandbox.ask(&Ask::Seal, &[]).map_err(broken)?;
    Ok(Furnished { places, digest, files, dependencies })
}

/// Arguments, environment and folder of the service.
struct Command {
    args: Vec<String>,
    env: BTreeMap<String, String>,
    folder: String,
}

impl Command {
    fn new(
        run: &RunSpec,
        places: &Places,
        secrets: &Secrets,
        names: &Names,
        options: &StartOptions,
    ) -> Result<Command, Reason> {
        let args = run.args.iter().map(|a| places.fill(a)).collect::<Result<_, Reason>>()?;
        let mut env = BTreeMap::from([
            ("PATH".to_string(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_string()),
            ("HOME".to_string(), names.work.clone()),
            ("HOSTNAME".to_string(), names.hostname.clone()),
            ("LANG".to_string(), "C.UTF-8".to_string()),
            ("TZ".to_string(), furnish::TIME_ZONE.to_string()),
        ]);
        for (name, value) in &run.env {
            env.insert(name.clone(), places.fill(value)?);
        }
        env.extend(secrets.iter().map(|secret| (secret.name.clone(), secret.value.clone())));
        env.extend(options.env.clone());
        if let Some(name) = env.keys().find(|n| n.is_empty() || n.contains(['=', '\0'])) {
            return Err(reason!("service-not-started", detail = format!("the environment has the name {name:?}")));
        }
        Ok(Command { args, env, folder: places.work.clone() })
    }
}

/// Runs the control process; a sandbox that does not hold runs nothing.
fn canary(inside: &Inside, command: &Command, confined: bool) -> Result<CanaryReport, Reason> {
    let zone = command.env.get("TZ").map(String::as_str);
    let report = inside.sandbox().and_then(|s| s.canary(zone)).map_err(broken)?;
    let holes = report.holes();
    match !confined || holes.is_empty() {
        true => Ok(report),
        false => Err(reason!("sandbox-leaks", holes = holes.join("; "))),
    }
}

fn spawn(inside: &Inside, command: &Command, path: &str, trace: bool, streams: [OwnedFd; 2]) -> Result<u32, Reason> {
    let ask = Ask::Spawn(Spawn {
        program: path.into(),
        args: command.args.clone(),
        env: command.env.clone(),
        folder: command.folder.clone(),
        trace,
    });
    let [output, errors] = streams;
    let started = inside.sandbox().and_then(|s| s.spawn(&ask, &output, &errors));
    let pid = started.map_err(|e| reason!("service-not-started", detail = e))?;
    u32::try_from(pid).map_err(|_| reason!("service-not-started", detail = "no process number"))
}

/// In a sandbox its own `/proc` is opened through init's root, so that numbers are those that the service sees.
fn view(init: i32, confined: bool) -> View {
    let images = Images::default();
    match confined {
        true => View {
            proc: format!("/proc/{init}/root/proc").into(),
            network_of: 1,
            reached_from: 1,
            who: Who::AllButInit,
            images,
        },
        false => {
            let init = init as u32;
            View { proc: "/proc".into(), network_of: init, reached_from: init, who: Who::Below(init), images }
        }
    }
}

/// What runs already: the operator's process and endpoints, looked at from outside.
pub(super) fn attach(plan: &RunPlan) -> Result<Service, Reason> {
    let own = std::process::id();
    let main = plan.operator.pid.unwrap_or(0);
    let who = Who::From(if main == 0 { u32::MAX } else { main });
    let (output, streams, reader) = Output::capture(plan.delivery.limits()).map_err(broken)?;
    drop(streams);
    let _ = reader.join();
    Ok(Service {
        dependencies: Vec::<StandIn>::new(),
        inside: Arc::new(Inside::new(None)),
        reader: None,
        output,
        main,
        address: None,
        view: View {
            proc: "/proc".into(),
            network_of: if main == 0 { own } else { main },
            // What it opens in a container's network cannot be asked from here.
            reached_from: own,
            who,
            images: Images::default(),
        },
        program: None,
        servers: BTreeSet::new(),
        endpoints: endpoint::deployed(plan)?,
        canary: CanaryReport::default(),
        places: Places::new("", true),
        secrets: Secrets::given(&plan.secrets, &plan.salt),
        recorder: Recorder::new(),
        delivered: Vec::new(),
        private: String::new(),
        level: NOT_RUN.into(),
        trace: None,
        made: AtomicU64::new(0),
        load: plan.may_disturb("load", plan.consent.load),
        before: Outgoing::default(),
    })
}
