//! The `postgres` stand-in: enough of the frontend/backend protocol (version 3.0) for drivers to connect, ping and run statements, all of which return nothing or one row with 1.

use super::Counts;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::atomic::Ordering;

/// Bytes of one message.
const LONGEST: u32 = 16 << 20;
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL: u32 = 80_877_102;
/// Prepared statements of one connection.
const STATEMENTS: usize = 1000;
/// int4 (pg_type.dat).
const INT4: i32 = 23;

/// Serves one connection until it ends or speaks something else.
pub(super) fn serve(mut stream: impl Read + Write, counts: &Counts) {
    let _ = session(&mut stream, counts);
}

/// The request for TLS that stands before the handshake in this protocol, and its answer. Clients that begin with the handshake at once
/// (`sslnegotiation=direct`) are taken too; what was read of it comes first in the returned stream.
pub(super) fn upgrade<S: Read + Write>(mut stream: S) -> io::Result<Ahead<S>> {
    const HANDSHAKE: u8 = 0x16;
    let mut first = [0];
    stream.read_exact(&mut first)?;
    if first[0] == HANDSHAKE {
        return Ok(Ahead { first: Some(HANDSHAKE), stream });
    }
    let mut rest = [0; 7];
    loop {
        stream.read_exact(&mut rest)?;
        let asked = [first[0], rest[0], rest[1], rest[2]] == [0, 0, 0, 8];
        match u32::from_be_bytes([rest[3], rest[4], rest[5], rest[6]]) {
            SSL_REQUEST if asked => {
                stream.write_all(b"S")?;
                return Ok(Ahead { first: None, stream });
            }
            GSS_REQUEST if asked => {
                stream.write_all(b"N")?;
                stream.read_exact(&mut first)?;
            }
            _ => return Err(bad()),
        }
    }
}

/// A stream of which one byte was read already.
pub(super) struct Ahead<S> {
    first: Option<u8>,
    stream: S,
}

impl<S: Read> Read for Ahead<S> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match (self.first, to.first_mut()) {
            (Some(byte), Some(place)) => {
                *place = byte;
                self.first = None;
                Ok(1)
            }
            _ => self.stream.read(to),
        }
    }
}

impl<S: Write> Write for Ahead<S> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.stream.write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn session(stream: &mut (impl Read + Write), counts: &Counts) -> io::Result<()> {
    greet(stream)?;
    let mut talk = Talk::default();
    loop {
        let mut kind = [0];
        stream.read_exact(&mut kind)?;
        let body = body(stream)?;
        if kind[0] == b'X' {
            return Ok(());
        }
        let out = talk.answer(kind[0], &body, counts)?;
        stream.write_all(&out)?;
        stream.flush()?;
    }
}

/// What one connection prepared and bound.
#[derive(Default)]
struct Talk {
    prepared: BTreeMap<String, String>,
    bound: String,
    /// Whether the bound statement's rows are wanted in binary form.
    binary: bool,
}

impl Talk {
    fn answer(&mut self, kind: u8, body: &[u8], counts: &Counts) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        match kind {
            b'Q' => {
                counts.requests.fetch_add(1, Ordering::Relaxed);
                let statement = texts(body).next().unwrap_or_default();
                match statement.trim().trim_end_matches(';').is_empty() {
                    true => message(&mut out, b'I', &[]),
                    false => {
                        if returns_rows(&statement) {
                            message(&mut out, b'T', &row_description(false));
                        }
                        result(&mut out, &statement, false);
                    }
                }
                idle(&mut out);
            }
            b'P' => {
                let mut texts = texts(body);
                if self.prepared.len() < STATEMENTS {
                    self.prepared.insert(texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
                }
                message(&mut out, b'1', &[]);
            }
            b'B' => {
                let name = texts(body).nth(1).unwrap_or_default();
                self.bound = self.prepared.get(&name).cloned().unwrap_or_default();
                self.binary = wants_binary(body).ok_or_else(bad)?;
                message(&mut out, b'2', &[]);
            }
            b'D' => {
                let of_statement = body.first() == Some(&b'S');
                let name = texts(body.get(1..).unwrap_or_default()).next().unwrap_or_default();
                let statement =
                    if of_statement { self.prepared.get(&name).unwrap_or(&self.bound) } else { &self.bound };
                if of_statement {
                    message(&mut out, b't', &parameters(statement));
                }
                match returns_rows(statement) {
                    true => message(&mut out, b'T', &row_description(!of_statement && self.binary)),
                    false => message(&mut out, b'n', &[]),
                }
            }
            b'E' => {
                counts.requests.fetch_add(1, Ordering::Relaxed);
                result(&mut out, &self.bound, self.binary);
            }
            b'C' => message(&mut out, b'3', &[]),
            b'S' => idle(&mut out),
            b'H' => {}
            _ => return Err(bad()),
        }
        Ok(out)
    }
}

/// The first format code for results in a Bind message: two names, formats and values of parameters come before.
fn wants_binary(body: &[u8]) -> Option<bool> {
    let names = body.iter().enumerate().filter(|(_, b)| **b == 0).map(|(at, _)| at + 1);
    let mut rest = body.get(names.take(2).last()?..)?;
    let mut take = |count: usize| {
        let (part, after) = rest.split_at_checked(count)?;
        rest = after;
        Some(part)
    };
    let short = |part: &[u8]| Some(u16::from_be_bytes(part.try_into().ok()?));
    let formats = short(take(2)?)?;
    take(usize::from(formats) * 2)?;
    for _ in 0..short(take(2)?)? {
        let length = i32::from_be_bytes(take(4)?.try_into().ok()?);
        // -1 is NULL and has no bytes.
        take(usize::try_from(length).unwrap_or(0))?;
    }
    match short(take(2)?)? {
        0 => Some(false),
        _ => Some(short(take(2)?)? == 1),
    }
}

/// Startup: requests for encryption are declined, any user and password do.
fn greet(stream: &mut (impl Read + Write)) -> io::Result<()> {
    loop {
        let startup = body(stream)?;
        let code = startup.get(..4).and_then(|c| c.try_into().ok()).map(u32::from_be_bytes);
        match code {
            Some(SSL_REQUEST | GSS_REQUEST) => {
                stream.write_all(b"N")?;
                stream.flush()?;
            }
            Some(CANCEL) | None => return Err(bad()),
            Some(version) if version >> 16 == 3 => break,
            Some(_) => return Err(bad()),
        }
    }
    let mut out = Vec::new();
    message(&mut out, b'R', &0u32.to_be_bytes());
    for (name, value) in [
        ("server_version", "14.9"),
        ("server_encoding", "UTF8"),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO, MDY"),
        ("TimeZone", "UTC"),
        ("integer_datetimes", "on"),
        ("standard_conforming_strings", "on"),
    ] {
        message(&mut out, b'S', format!("{name}\0{value}\0").as_bytes());
    }
    message(&mut out, b'K', &[0, 0, 0, 7, 0, 0, 0, 9]);
    idle(&mut out);
    stream.write_all(&out)?;
    stream.flush()
}

/// The rest of a message: a length that counts itself, and as many bytes less four.
fn body(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if !(4..=LONGEST).contains(&length) {
        return Err(bad());
    }
    let mut body = Vec::new();
    let wanted = u64::from(length - 4);
    stream.take(wanted).read_to_end(&mut body)?;
    if body.len() as u64 == wanted { Ok(body) } else { Err(bad()) }
}

fn bad() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not the PostgreSQL protocol")
}

fn message(out: &mut Vec<u8>, kind: u8, body: &[u8]) {
    out.push(kind);
    out.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    out.extend_from_slice(body);
}

fn idle(out: &mut Vec<u8>) {
    message(out, b'Z', b"I");
}

fn texts(body: &[u8]) -> impl Iterator<Item = String> {
    body.split(|b| *b == 0).map(|t| String::from_utf8_lossy(t).into_owned())
}

fn word(statement: &str) -> String {
    statement.split_whitespace().next().unwrap_or_default().trim_end_matches(';').to_ascii_uppercase()
}

fn returns_rows(statement: &str) -> bool {
    matches!(word(statement).as_str(), "SELECT" | "WITH" | "SHOW" | "VALUES" | "TABLE")
}

/// One column of type int4.
fn row_description(binary: bool) -> Vec<u8> {
    let mut body = vec![0, 1];
    body.extend_from_slice(b"?column?\0");
    body.extend_from_slice(&[0; 6]);
    body.extend_from_slice(&INT4.to_be_bytes());
    body.extend_from_slice(&4i16.to_be_bytes());
    body.extend_from_slice(&(-1i32).to_be_bytes());
    body.extend_from_slice(&u16::from(binary).to_be_bytes());
    body
}

/// As many text parameters as the highest `$N` says.
fn parameters(statement: &str) -> Vec<u8> {
    const TEXT: i32 = 25;
    let numbers = statement.split('$').skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).take(3).collect();
        digits.parse::<u16>().unwrap_or(0)
    });
    let count = numbers.max().unwrap_or(0);
    let mut body = count.to_be_bytes().to_vec();
    (0..count).for_each(|_| body.extend_from_slice(&TEXT.to_be_bytes()));
    body
}

fn result(out: &mut Vec<u8>, statement: &str, binary: bool) {
    let tag = match returns_rows(statement) {
        true => {
            let value: &[u8] = if binary { &[0, 0, 0, 1] } else { b"1" };
            let row = [&[0, 1, 0, 0, 0, value.len() as u8], value].concat();
            message(out, b'D', &row);
            "SELECT 1".to_string()
        }
        false => match word(statement).as_str() {
            "INSERT" => "INSERT 0 1".into(),
            word @ ("UPDATE" | "DELETE") => format!("{word} 1"),
            "CREATE" => "CREATE TABLE".into(),
            word => word.to_string(),
        },
    };
    message(out, b'C', format!("{tag}\0").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Both<'a>(&'a [u8], Vec<u8>);
    impl Read for Both<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0.read(to)
        }
    }
    impl Write for Both<'_> {
        fn write(&mut self, from: &[u8]) -> io::Result<usize> {
            self.1.write(from)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The kinds of the messages that came after the greeting.
    fn talk(parts: &[&[u8]]) -> (u64, String) {
        let startup = [&[0, 0, 0, 8][..], &SSL_REQUEST.to_be_bytes(), &[0, 0, 0, 9, 0, 3, 0, 0, 0]].concat();
        let all = [&[startup.as_slice()], parts].concat().concat();
        let counts = Counts::default();
        let mut both = Both(&all, Vec::new());
        serve(&mut both, &counts);
        let mut kinds = String::new();
        let mut rest = both.1.strip_prefix(b"N").expect("no encryption");
        while let [kind, a, b, c, d, ..] = *rest {
            kinds.push(kind as char);
            rest = &rest[1 + u32::from_be_bytes([a, b, c, d]) as usize..];
        }
        (counts.requests.load(Ordering::Relaxed), kinds.split_once('Z').expect("a greeting").1.to_string())
    }

    fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        message(&mut out, kind, body);
        out
    }

    #[test]
    fn simple_and_extended_statements_are_answered() {
        assert_eq!(talk(&[&framed(b'Q', b"-- ping\0")]), (1, "CZ".into()));
        assert_eq!(talk(&[&framed(b'Q', b";\0"), &framed(b'Q', b"select 1\0")]), (2, "IZTDCZ".into()));
        let extended = [
            framed(b'P', b"s\0insert into t values ($1,$2)\0\0\0"),
            framed(b'D', b"Ss\0"),
            framed(b'S', b""),
            framed(b'B', b"\0s\0\0\0\0\0\0\0"),
            framed(b'E', b"\0\0\0\0\0"),
            framed(b'S', b""),
        ];
        let parts: Vec<&[u8]> = extended.iter().map(Vec::as_slice).collect();
        assert_eq!(talk(&parts), (1, "1tnZ2CZ".into()));
    }

    #[test]
    fn results_come_in_the_form_that_was_bound() {
        let bind = |format: &[u8]| [b"\0s\0\0\x01\0\x01\0\x01\0\0\0\x02ab".as_slice(), format].concat();
        assert_eq!(wants_binary(&bind(&[0, 0])), Some(false));
        assert_eq!(wants_binary(&bind(&[0, 1, 0, 1])), Some(true));
        assert_eq!(wants_binary(&bind(&[0, 1, 0, 0])), Some(false));
        assert_eq!(wants_binary(&bind(&[0])), None);
        assert_eq!(wants_binary(b"\0"), None);
    }

    #[test]
    fn tls_is_agreed_on_before_its_handshake_or_begun_at_once() {
        let request = |code: u32| [&[0, 0, 0, 8][..], &code.to_be_bytes()].concat();
        let talk = |sent: &[u8]| {
            let mut ahead = upgrade(Both(sent, Vec::new())).ok()?;
            let mut rest = Vec::new();
            ahead.read_to_end(&mut rest).ok()?;
            Some((rest, ahead.stream.1))
        };
        assert_eq!(talk(b"\x16\x03\x01").expect("direct"), (b"\x16\x03\x01".to_vec(), vec![]));
        let asked = [request(SSL_REQUEST), b"\x16\x03".to_vec()].concat();
        assert_eq!(talk(&asked).expect("asked"), (b"\x16\x03".to_vec(), b"S".to_vec()));
        let twice = [request(GSS_REQUEST), asked].concat();
        assert_eq!(talk(&twice).expect("asked"), (b"\x16\x03".to_vec(), b"NS".to_vec()));
        assert!(talk(&request(CANCEL)).is_none() && talk(&[0, 0, 0, 9, 0, 3, 0, 0, 0]).is_none());
    }

    #[test]
    fn hostile_lengths_end_the_connection() {
        assert_eq!(talk(&[&[b'Q', 0xff, 0xff, 0xff, 0xff]]), (0, String::new()));
        assert_eq!(talk(&[&[b'Q', 0, 0, 0, 1]]), (0, String::new()));
    }
}
