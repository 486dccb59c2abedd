//! The program: parses the command line and calls the command.

mod allocator;
mod annex;
mod args;
mod clause;
mod data;
mod diff;
mod done;
mod drill;
mod evidence;
mod examine;
mod facts;
mod fetch;
mod init;
mod interrupt;
mod janitor;
mod load;
mod manual;
mod operator;
mod output;
mod pdf;
mod progress;
mod record;
mod sign;
mod terminal;
mod text;
mod verify;

use args::{ClauseCommand, Cli, Command, DataCommand, EvidenceCommand};
use clap::Parser;
use done::{Done, NOT_DONE, NotDone};
use std::process::ExitCode;

fn main() -> ExitCode {
    // The supervisor is this program again, and has to be at work before any thread begins.
    if assize_runtime::is_supervisor() {
        return assize_runtime::supervise_main();
    }
    allocator::settle();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Clap's own status for wrong usage is 2, which here means `could not tell`.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { NOT_DONE } else { 0 });
        }
    };
    if opens_deliverables(&cli.command) {
        left_behind(&janitor::start());
    }
    assize_clause::read_queries_with(|query| assize_source::query_fields(query).map_err(|m| (m.at, m.message)));
    interrupt::watch();
    let ended = end(cli.command);
    janitor::finish();
    ended
}

fn opens_deliverables(command: &Command) -> bool {
    matches!(command, Command::Verify(_) | Command::Facts(_) | Command::Drill(_) | Command::Init(_))
}

/// Says what killed runs had left and this one removed.
fn left_behind(names: &[String]) {
    if !names.is_empty() {
        eprintln!("assize removed what a killed run had left: {}", names.join(", "));
    }
}

fn end(command: Command) -> ExitCode {
    match std::panic::catch_unwind(|| run(command)) {
        Ok(Ok(done)) => done.into(),
        Ok(Err(why)) => {
            why.show();
            ExitCode::from(NOT_DONE)
        }
        Err(_) => {
            eprintln!("assize made a mistake of its own (above); nothing was decided");
            ExitCode::from(NOT_DONE)
        }
    }
}

fn run(command: Command) -> Result<Done, NotDone> {
    match command {
        Command::Verify(options) => verify::run(&options),
        Command::Init(options) => init::run(&options),
        Command::Clause(ClauseCommand::List(output)) => clause::list(output.format),
        Command::Clause(ClauseCommand::Show(which)) => clause::show(&which),
        Command::Clause(ClauseCommand::Explain(which)) => clause::explain(&which),
        Command::Clause(ClauseCommand::Check { path }) => clause::check(path.as_deref()),
        Command::Clause(ClauseCommand::Test { path, output }) => clause::test(path.as_deref(), output.format),
        Command::Clause(ClauseCommand::New { id, into }) => clause::new(&id, &into),
        Command::Clause(ClauseCommand::Schema { name }) => clause::schema(&name),
        Command::Annex(options) => annex::run(&options),
        Command::Facts(options) => facts::run(&options),
        Command::Evidence(EvidenceCommand::Verify { pack, trusting }) => sign::verify(&pack, &trusting),
        Command::Evidence(EvidenceCommand::Timestamp(options)) => sign::timestamp(&options),
        Command::Evidence(EvidenceCommand::Copy { pack, to }) => sign::copy(&pack, &to),
        Command::Evidence(EvidenceCommand::Sign { pack, key, beside }) => sign::add(&pack, &key, &beside),
        Command::Keygen { file } => sign::keygen(&file),
        Command::Evidence(EvidenceCommand::Show { pack, format, lang }) => evidence::show(&pack, &format, lang),
        Command::Evidence(EvidenceCommand::Replay { pack, format }) => evidence::replay(&pack, format),
        Command::Evidence(EvidenceCommand::Diff { first, second, output }) => diff::run(&first, &second, output.format),
        Command::Data(DataCommand::List(output)) => data::list(output.format),
        Command::Data(DataCommand::Import { file, as_of }) => data::import(&file, as_of.as_deref()),
        Command::Data(DataCommand::Fetch { deliverable, into, quiet }) => fetch::run(&deliverable, &into, quiet),
        Command::Data(DataCommand::Update { go_releases_url, vulndb_url }) => {
            data::update(&go_releases_url, &vulndb_url)
        }
        Command::Drill(options) => drill::run(&options),
        Command::Completions { shell } => manual::completions(shell),
        Command::Manual { into } => manual::manual(into.as_deref()),
    }
}
