//! The `http` stand-in: answers every well-formed request with 200 and a small JSON body, on kept connections.

use super::Counts;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::atomic::Ordering;

/// Bytes of the request line and headers together.
const HEAD: u64 = 64 << 10;
/// Bytes of a request's body.
const BODY: u64 = 64 << 20;
const ANSWER: &str = "{\"status\":\"ok\"}\n";

/// Serves one connection until it ends or speaks something else.
pub(super) fn serve(stream: impl Read + Write, counts: &Counts) {
    let mut stream = BufReader::new(stream);
    while let Ok(true) = one(&mut stream, counts) {}
}

/// One request and its answer; whether another may follow.
fn one<S: Read + Write>(stream: &mut BufReader<S>, counts: &Counts) -> io::Result<bool> {
    let Some(head) = head(stream)? else { return Ok(false) };
    if head.expects {
        stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    match head.length {
        Some(length) if length > BODY => return refuse(stream, "413 Content Too Large"),
        Some(length) => drop(io::copy(&mut stream.by_ref().take(length), &mut io::sink())?),
        None if head.chunked => chunks(stream)?,
        None => {}
    }
    counts.requests.fetch_add(1, Ordering::Relaxed);
    let connection = if head.close { "Connection: close\r\n" } else { "" };
    let body = if head.method == "HEAD" { "" } else { ANSWER };
    let length = ANSWER.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{connection}\r\n{body}"
    );
    // In one piece: a fault that is set after a client has seen the answer's beginning finds nothing of it under way.
    stream.get_mut().write_all(answer.as_bytes())?;
    stream.get_mut().flush()?;
    Ok(!head.close)
}

fn refuse<S: Read + Write>(stream: &mut BufReader<S>, status: &str) -> io::Result<bool> {
    write!(stream.get_mut(), "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    stream.get_mut().flush()?;
    Ok(false)
}

struct Head {
    method: String,
    length: Option<u64>,
    chunked: bool,
    close: bool,
    expects: bool,
}

/// `None` at the end of the connection or where it is not HTTP/1.
fn head<S: Read + Write>(stream: &mut BufReader<S>) -> io::Result<Option<Head>> {
    let mut limited = stream.by_ref().take(HEAD);
    let mut line = String::new();
    limited.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, version) =
        (words.next().unwrap_or_default().to_string(), words.nth(1).unwrap_or_default().to_string());
    if !version.starts_with("HTTP/1.") {
        return Ok(None);
    }
    let mut head = Head { method, length: None, chunked: false, close: version == "HTTP/1.0", expects: false };
    loop {
        line.clear();
        if limited.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let text = line.trim_end();
        if text.is_empty() {
            return Ok(Some(head));
        }
        let Some((name, value)) = text.split_once(':') else { return Ok(None) };
        let value = value.trim().to_ascii_lowercase();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.length = value.parse().ok(),
            "transfer-encoding" => head.chunked = value.contains("chunked"),
            "connection" => head.close |= value.contains("close"),
            "expect" => head.expects = value.contains("100-continue"),
            _ => {}
        }
    }
}

/// Reads a chunked body away (RFC 9112 §7.1).
fn chunks<S: Read + Write>(stream: &mut BufReader<S>) -> io::Result<()> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "chunks");
    let mut total = 0;
    loop {
        let mut line = String::new();
        stream.by_ref().take(HEAD).read_line(&mut line)?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(digits, 16).map_err(|_| bad())?;
        total += size;
        if total > BODY {
            return Err(bad());
        }
        if size == 0 {
            break;
        }
        io::copy(&mut stream.by_ref().take(size), &mut io::sink())?;
        stream.by_ref().take(4).read_line(&mut String::new())?;
    }
    // Trailers, up to the empty line.
    let mut limited = stream.by_ref().take(HEAD);
    loop {
        let mut line = String::new();
        if limited.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Both(io::Cursor<Vec<u8>>, Vec<u8>);
    impl Read for Both {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0.read(to)
        }
    }
    impl Write for Both {
        fn write(&mut self, from: &[u8]) -> io::Result<usize> {
            self.1.write(from)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn talk(text: &str) -> (u64, String) {
        let counts = Counts::default();
        let mut both = Both(io::Cursor::new(text.as_bytes().to_vec()), Vec::new());
        serve(&mut both, &counts);
        (counts.requests.load(Ordering::Relaxed), String::from_utf8(both.1).expect("text"))
    }

    #[test]
    fn requests_on_one_connection_are_answered_in_turn() {
        let (requests, said) = talk(concat!(
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
            "PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n",
            "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n",
            "GET /never HTTP/1.1\r\n\r\n",
        ));
        assert_eq!(requests, 4);
        assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 4);
        assert_eq!(said.matches(ANSWER).count(), 3);
        assert!(said.ends_with("Connection: close\r\n\r\n"));
    }

    #[test]
    fn what_is_not_http_is_not_answered() {
        for text in ["", "\0\0\0\x08\x04\x16\x2f", "GET /\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"] {
            assert_eq!(talk(text), (0, String::new()), "{text:?}");
        }
        assert!(talk("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n").1.contains("413"));
    }
}
