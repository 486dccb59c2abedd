//! The `redis` stand-in: enough of RESP2 for clients to connect, authenticate, ping, and keep a few keys; it stores strings for the life of the stand-in.

use super::Counts;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

/// Words of one command, and bytes of one word.
const WORDS: usize = 1024;
const WORD: usize = 1 << 20;
/// Keys that are kept.
const KEYS: usize = 10_000;

/// What the connections share.
#[derive(Default)]
pub(super) struct Store(Mutex<BTreeMap<Vec<u8>, Vec<u8>>>);

/// Serves one connection until it ends or speaks something else.
pub(super) fn serve(stream: impl Read + Write, store: &Store, counts: &Counts) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(command)) = command(&mut stream) {
        counts.requests.fetch_add(1, Ordering::Relaxed);
        let quits = command.first().is_some_and(|c| c.eq_ignore_ascii_case(b"QUIT"));
        let answer = answer(&command, store);
        let sent = stream.get_mut().write_all(&answer).and_then(|()| stream.get_mut().flush());
        if sent.is_err() || quits {
            return;
        }
    }
}

/// One command: an array of bulk strings, or an inline line (redis.io, protocol specification).
fn command<S: Read>(stream: &mut BufReader<S>) -> io::Result<Option<Vec<Vec<u8>>>> {
    let Some(line) = line(stream)? else { return Ok(None) };
    let Some(count) = line.strip_prefix(b"*") else {
        return Ok(Some(line.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).map(<[u8]>::to_vec).collect()));
    };
    let count = number(count).filter(|c| *c <= WORDS).ok_or_else(bad)?;
    (0..count).map(|_| bulk(stream)).collect::<io::Result<_>>().map(Some)
}

fn bulk<S: Read>(stream: &mut BufReader<S>) -> io::Result<Vec<u8>> {
    let line = line(stream)?.ok_or_else(bad)?;
    let length = line.strip_prefix(b"$").and_then(number).filter(|l| *l <= WORD).ok_or_else(bad)?;
    let mut word = vec![0; length + 2];
    stream.read_exact(&mut word)?;
    word.truncate(length);
    Ok(word)
}

fn line<S: Read>(stream: &mut BufReader<S>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if stream.by_ref().take(WORD as u64).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_ascii_end().to_vec()))
}

fn number(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn bad() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not RESP")
}

fn text(value: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", value.len()).as_bytes(), value, b"\r\n"].concat()
}

fn answer(command: &[Vec<u8>], store: &Store) -> Vec<u8> {
    let name = command.first().map(|c| c.to_ascii_uppercase()).unwrap_or_default();
    let mut keys = store.0.lock().unwrap_or_else(PoisonError::into_inner);
    match (name.as_slice(), &command[command.len().min(1)..]) {
        (b"PING", []) => b"+PONG\r\n".to_vec(),
        (b"PING" | b"ECHO", [word]) => text(word),
        // A server before version 6: clients then stay with RESP2.
        (b"HELLO", _) => b"-ERR unknown command 'HELLO'\r\n".to_vec(),
        (b"AUTH" | b"SELECT" | b"CLIENT" | b"QUIT" | b"READONLY" | b"FLUSHDB" | b"EXPIRE", _) => b"+OK\r\n".to_vec(),
        (b"SET", [key, value, ..]) => {
            if keys.len() < KEYS {
                keys.insert(key.clone(), value.clone());
            }
            b"+OK\r\n".to_vec()
        }
        (b"GET", [key]) => keys.get(key).map_or(b"$-1\r\n".to_vec(), |v| text(v)),
        (b"EXISTS", some) => format!(":{}\r\n", some.iter().filter(|k| keys.contains_key(*k)).count()).into_bytes(),
        (b"DEL" | b"UNLINK", some) => {
            let gone = some.iter().filter(|k| keys.remove(*k).is_some()).count();
            format!(":{gone}\r\n").into_bytes()
        }
        (b"DBSIZE", []) => format!(":{}\r\n", keys.len()).into_bytes(),
        (b"INFO", _) => text(b"# Server\r\nredis_version:5.0.14\r\nredis_mode:standalone\r\nrole:master\r\n"),
        (b"ROLE", []) => b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n".to_vec(),
        (b"COMMAND", _) => b"*0\r\n".to_vec(),
        (other, _) => {
            format!("-ERR unknown command '{}'\r\n", String::from_utf8_lossy(other).escape_default()).into_bytes()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(text: &[u8]) -> (u64, String) {
        let (counts, store) = (Counts::default(), Store::default());
        let mut out = Vec::new();
        let mut input = BufReader::new(text);
        while let Ok(Some(command)) = command(&mut input) {
            counts.requests.fetch_add(1, Ordering::Relaxed);
            out.extend(answer(&command, &store));
        }
        (counts.requests.load(Ordering::Relaxed), String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn a_client_can_connect_ping_and_keep_keys() {
        let said = talk(
            b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\na\n\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n",
        );
        assert_eq!(said, (5, "-ERR unknown command 'HELLO'\r\n+PONG\r\n+OK\r\n$2\r\na\n\r\n+PONG\r\n".to_string()));
    }

    #[test]
    fn hostile_lengths_end_the_connection() {
        for text in [&b"*99999999\r\n"[..], b"*1\r\n$99999999999\r\n", b"*1\r\n$-5\r\n", b"*1\r\n:3\r\n"] {
            assert_eq!(talk(text).0, 0);
        }
    }
}
