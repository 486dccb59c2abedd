//! `assize completions` and `assize manual`: what shells and readers get from the definitions of the command line.

use crate::args::Cli;
use crate::done::{Done, NotDone};
use crate::terminal;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use std::path::Path;

/// The script of a shell, on standard output.
pub fn completions(shell: Shell) -> Result<Done, NotDone> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "assize", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))?;
    Ok(Done::Good)
}

/// The program's own page on standard output, or every page as a file.
pub fn manual(into: Option<&Path>) -> Result<Done, NotDone> {
    match into {
        None => {
            let mut page = Vec::new();
            Man::new(command()).render(&mut page)?;
            terminal::print(&String::from_utf8_lossy(&page))?;
        }
        Some(folder) => {
            let failed = |e: std::io::Error| NotDone::say(format!("{}: {e}", folder.display()));
            std::fs::create_dir_all(folder).map_err(failed)?;
            clap_mangen::generate_to(command(), folder).map_err(failed)?;
        }
    }
    Ok(Done::Good)
}

fn command() -> clap::Command {
    Cli::command()
}
