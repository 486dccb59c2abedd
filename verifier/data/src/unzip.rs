//! The members of a zip in memory, bounded.

use crate::Problem;
use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};
use std::io::Read;

const MOST_MEMBERS: usize = 200_000;
const LARGEST: u64 = 16 << 20;
const MOST_BYTES: u64 = 512 << 20;

/// Every file with its contents, in the order of names.
pub fn members(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let broken = |e: rawzip::Error| Problem::say(format!("no zip, or a damaged one: {e}"));
    let archive = ZipArchive::from_slice(bytes).map_err(broken)?;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut total = 0;
    for header in archive.entries() {
        let header = header.map_err(broken)?;
        if header.is_dir() {
            continue;
        }
        let name = String::from_utf8_lossy(header.file_path().as_bytes()).into_owned();
        if files.len() >= MOST_MEMBERS {
            return Err(Problem::say(format!("more than {MOST_MEMBERS} members")));
        }
        let member = archive.get_entry(header.wayfinder()).map_err(broken)?;
        let mut content = Vec::new();
        let read = match header.compression_method() {
            CompressionMethod::STORE => {
                member.verifying_reader(member.data()).take(LARGEST + 1).read_to_end(&mut content)
            }
            CompressionMethod::DEFLATE => {
                member.verifying_reader(DeflateDecoder::new(member.data())).take(LARGEST + 1).read_to_end(&mut content)
            }
            other => return Err(Problem::say(format!("{name} is packed by a method that is not read ({other:?})"))),
        };
        read.map_err(|e| Problem::say(format!("{name}: {e}")))?;
        total += content.len() as u64;
        if content.len() as u64 > LARGEST || total > MOST_BYTES {
            return Err(Problem::say(format!("{name} is too large")));
        }
        files.push((name, content));
    }
    files.sort();
    if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Problem::say(format!("{} is there twice", pair[0].0)));
    }
    Ok(files)
}
