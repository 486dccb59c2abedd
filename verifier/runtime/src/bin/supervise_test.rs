//! What `assize __supervise` is to the product, for this crate's tests; and a tool that starts a service and waits to be killed: `run FOLDER MODE`.

use assize_delivery::Delivery;
use assize_facts::{BinarySpec, Deliverable, EndpointSpec, Limits, Quiet, RunSpec};
use assize_runtime::{RunPlan, Service, StartOptions};
use std::process::ExitCode;

fn main() -> ExitCode {
    if assize_runtime::is_supervisor() {
        return assize_runtime::supervise_main();
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [run, folder, mode] if run == "run" => run_until_killed(folder, mode),
        _ => ExitCode::FAILURE,
    }
}

fn run_until_killed(folder: &str, mode: &str) -> ExitCode {
    let run = RunSpec {
        binary: "server".into(),
        args: vec![mode.into()],
        env: [("LISTEN", "127.0.0.1:{port.public}"), ("WORK", "{work}")].map(|(n, v)| (n.into(), v.into())).into(),
        ready: Some("http://127.0.0.1:{port.public}/".into()),
        ..RunSpec::default()
    };
    let binary = BinarySpec { name: "server".into(), path: "dist/server".into(), ..BinarySpec::default() };
    let url = "http://127.0.0.1:{port.public}".into();
    let endpoint = EndpointSpec { name: "public".into(), url, ..EndpointSpec::default() };
    let spec =
        Deliverable { binaries: vec![binary], run: Some(run), endpoints: vec![endpoint], ..Deliverable::default() };
    let delivery = match Delivery::open(folder.as_ref(), spec, Limits::default()) {
        Ok(delivery) => delivery,
        Err(error) => return failed(&error.to_string()),
    };
    let service = match Service::start(&RunPlan::new(&delivery, &[]), StartOptions::default(), &Quiet) {
        Ok(service) => service,
        Err(reason) => return failed(&format!("{reason:?}")),
    };
    let processes = service.processes().unwrap_or_default();
    println!(
        "ready {} holes {:?} zone {} processes {} listeners {}",
        service.level(),
        service.canary().holes(),
        service.canary().zone_offset,
        processes.len(),
        service.listeners().map_or(0, |l| l.len()),
    );
    let numbers = processes.iter().filter_map(|p| service.host_pid(p.pid)).chain(service.host_pid(1));
    let supervisor = service.host_pid(1).and_then(parent).unwrap_or(0);
    let all: Vec<String> = [supervisor].into_iter().chain(numbers).map(|n| n.to_string()).collect();
    println!("{}", all.join(" "));
    std::thread::sleep(std::time::Duration::from_secs(60));
    ExitCode::SUCCESS
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn failed(why: &str) -> ExitCode {
    println!("failed {why}");
    ExitCode::FAILURE
}
