//! The `postgres` stand-in: enough of the frontend/backend protocol (version 3.0) for drivers to connect, ping and run statements, all of which return nothing or one row with 1.

use super::Counts;
use std::io::{self, Read, Write};
use std::sync::atomic::Ordering;

/// Bytes of one message.
const LONGEST: u32 = 16 << 20;
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL: u32 = 80_877_102;
/// int4 (pg_type.dat).
const INT4: i32 = 23;

/// Serves one connection until it ends or speaks something else.
pub(super) fn serve(mut stream: impl Read + Write, counts: &Counts) {
    let _ = session(&mut stream, counts);
}

fn session(stream: &mut (impl Read + Write), counts: &Counts) -> io::Result<()> {
    greet(stream)?;
    let mut last = String::new();
    loop {
        let mut kind = [0];
        stream.read_exact(&mut kind)?;
        let body = body(stream)?;
        let mut out = Vec::new();
        match kind[0] {
            b'Q' => {
                counts.requests.fetch_add(1, Ordering::Relaxed);
                let statement = first_text(&body);
                match statement.trim().trim_end_matches(';').is_empty() {
                    true => message(&mut out, b'I', &[]),
                    false => result(&mut out, &statement, true),
                }
                idle(&mut out);
            }
            b'P' => {
                last = texts(&body).nth(1).unwrap_or_default();
                message(&mut out, b'1', &[]);
            }
            b'B' => message(&mut out, b'2', &[]),
            b'D' => {
                if body.first() == Some(&b'S') {
                    message(&mut out, b't', &parameters(&last));
                }
                match returns_rows(&last) {
                    true => message(&mut out, b'T', &row_description()),
                    false => message(&mut out, b'n', &[]),
                }
            }
            b'E' => {
                counts.requests.fetch_add(1, Ordering::Relaxed);
                result(&mut out, &last, false);
            }
            b'C' => message(&mut out, b'3', &[]),
            b'S' => idle(&mut out),
            b'H' => {}
            b'X' => return Ok(()),
            _ => return Err(bad()),
        }
        stream.write_all(&out)?;
        stream.flush()?;
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

fn first_text(body: &[u8]) -> String {
    texts(body).next().unwrap_or_default()
}

fn word(statement: &str) -> String {
    statement.split_whitespace().next().unwrap_or_default().trim_end_matches(';').to_ascii_uppercase()
}

fn returns_rows(statement: &str) -> bool {
    matches!(word(statement).as_str(), "SELECT" | "WITH" | "SHOW" | "VALUES" | "TABLE")
}

/// One column of type int4.
fn row_description() -> Vec<u8> {
    let mut body = vec![0, 1];
    body.extend_from_slice(b"?column?\0");
    body.extend_from_slice(&[0; 6]);
    body.extend_from_slice(&INT4.to_be_bytes());
    body.extend_from_slice(&4i16.to_be_bytes());
    body.extend_from_slice(&(-1i32).to_be_bytes());
    body.extend_from_slice(&[0, 0]);
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

fn result(out: &mut Vec<u8>, statement: &str, described: bool) {
    let tag = match returns_rows(statement) {
        true => {
            if described {
                message(out, b'T', &row_description());
            }
            message(out, b'D', &[0, 1, 0, 0, 0, 1, b'1']);
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
    fn hostile_lengths_end_the_connection() {
        assert_eq!(talk(&[&[b'Q', 0xff, 0xff, 0xff, 0xff]]), (0, String::new()));
        assert_eq!(talk(&[&[b'Q', 0, 0, 0, 1]]), (0, String::new()));
    }
}
