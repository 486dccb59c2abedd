//! The files of a database folder, two levels deep.

use crate::Problem;
use std::path::Path;

const MOST: usize = 200_000;

/// Path inside the folder and contents, in the order of paths; hidden files and whatever is not JSON are left out.
pub fn read_folder(root: &Path) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let mut files = Vec::new();
    level(root, "", &mut files)?;
    files.sort();
    Ok(files)
}

fn level(folder: &Path, inside: &str, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Problem> {
    let failed = |e: std::io::Error| Problem::say(e.to_string()).at(folder.display());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{inside}{name}");
        if files.len() >= MOST {
            return Err(Problem::say(format!("more than {MOST} files")).at(folder.display()));
        }
        if entry.path().is_dir() && inside.is_empty() && !name.starts_with('.') {
            level(&entry.path(), &format!("{path}/"), files)?;
        } else if name.ends_with(".json") && entry.path().is_file() {
            files.push((path, std::fs::read(entry.path()).map_err(failed)?));
        }
    }
    Ok(())
}
