//! Reading one HTTP/1.1 answer (RFC 9112) from a peer that may want to harm or mislead.

use super::{Bounds, Failure};
use std::io;
use std::time::{Duration, SystemTime};

/// The header lines of an answer, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Whether a comma-separated list holds a token.
    fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name).flat_map(|v| v.split(',')).any(|t| t.trim().eq_ignore_ascii_case(token))
    }
}

/// A complete answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
    /// Whether the body went on past the bound.
    pub body_cut: bool,
    /// What was sent.
    pub sent: Vec<u8>,
    /// The status line and the header lines, as received.
    pub head: Vec<u8>,
    /// By the wall clock, before the first byte went out.
    pub sent_at: SystemTime,
    /// By the wall clock, after the last byte came in.
    pub received_at: SystemTime,
    pub took: Duration,
    close: bool,
}

impl Answer {
    /// An answer that nobody sent, for tests.
    #[cfg(test)]
    pub(crate) fn made(
        status: u16,
        headers: Headers,
        body: &[u8],
        sent_at: SystemTime,
        received_at: SystemTime,
    ) -> Answer {
        let took = received_at.duration_since(sent_at).unwrap_or_default();
        let (body, head, sent) = (body.to_vec(), Vec::new(), Vec::new());
        Answer { status, headers, body, body_cut: false, sent, head, sent_at, received_at, took, close: false }
    }

    /// Whether the connection can take another request.
    pub fn keeps_open(&self) -> bool {
        !self.close && !self.body_cut
    }

    /// The media type without parameters, in small letters; `several` where more than one line says it.
    pub fn media_type(&self) -> Option<String> {
        let mut all = self.headers.all("Content-Type");
        let first = all.next()?;
        if all.next().is_some() {
            return Some("several".into());
        }
        Some(first.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }
}

/// Reads from a source until one answer is whole.
pub(super) struct Reader {
    buffer: Vec<u8>,
    at: usize,
    bounds: Bounds,
    /// The answer to HEAD has no body, whatever its headers say.
    head_only: bool,
}

type Source<'a> = dyn FnMut(&mut [u8]) -> io::Result<usize> + 'a;

impl Reader {
    pub fn new(buffer: Vec<u8>, bounds: Bounds, head_only: bool) -> Reader {
        Reader { buffer, at: 0, bounds, head_only }
    }

    /// What came after the answer.
    pub fn rest(self) -> Vec<u8> {
        self.buffer.get(self.at..).unwrap_or_default().to_vec()
    }

    pub fn answer(&mut self, source: &mut Source<'_>) -> Result<Answer, Failure> {
        // Interim answers (100, 103) come before the real one; more than a few are mischief.
        for _ in 0..8 {
            let begin = self.at;
            let (status, minor, headers) = self.head(source, begin)?;
            let head = self.buffer.get(begin..self.at).unwrap_or_default().to_vec();
            if (100..200).contains(&status) && status != 101 {
                continue;
            }
            return self.finish(source, status, minor, headers, head);
        }
        Err(Failure::TooLong("interim answers".into()))
    }

    fn finish(
        &mut self,
        source: &mut Source<'_>,
        status: u16,
        minor: u8,
        headers: Headers,
        head: Vec<u8>,
    ) -> Result<Answer, Failure> {
        let mut close =
            headers.lists("Connection", "close") || (minor == 0 && !headers.lists("Connection", "keep-alive"));
        let (body, body_cut) = match self.framing(status, &headers)? {
            Framing::None => (Vec::new(), false),
            Framing::Length(length) => self.sized(source, length)?,
            Framing::Chunked => self.chunked(source)?,
            Framing::UntilClose => {
                close = true;
                self.until_close(source)?
            }
        };
        let now = SystemTime::now();
        Ok(Answer {
            status,
            headers,
            body,
            body_cut,
            head,
            close,
            sent: Vec::new(),
            sent_at: now,
            received_at: now,
            took: Duration::ZERO,
        })
    }

    /// RFC 9112 §6.3. Two framings that disagree are how answers are smuggled: refused.
    fn framing(&self, status: u16, headers: &Headers) -> Result<Framing, Failure> {
        if self.head_only || matches!(status, 101 | 204 | 304) {
            return Ok(Framing::None);
        }
        let lengths: Vec<&str> = headers.all("Content-Length").collect();
        let encodings: Vec<&str> = headers.all("Transfer-Encoding").collect();
        match (lengths.as_slice(), encodings.as_slice()) {
            ([], []) => Ok(Framing::UntilClose),
            ([], [encoding]) if encoding.trim().eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
            ([length], []) if !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()) => {
                length.parse().map(Framing::Length).map_err(|_| malformed("Content-Length"))
            }
            _ => Err(malformed("body framing")),
        }
    }

    fn more(&mut self, source: &mut Source<'_>) -> Result<usize, Failure> {
        let mut chunk = [0; 16 << 10];
        loop {
            match source(&mut chunk) {
                Ok(count) => {
                    self.buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::from_io(&error)),
            }
        }
    }

    /// A line up to CRLF or LF, without it.
    fn line(&mut self, source: &mut Source<'_>, longest: usize) -> Result<Vec<u8>, Failure> {
        let mut searched = self.at;
        loop {
            if let Some(end) = self.buffer.get(searched..).and_then(|b| b.iter().position(|b| *b == b'\n')) {
                let line = self.buffer.get(self.at..searched + end).unwrap_or_default();
                let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
                self.at = searched + end + 1;
                return Ok(line);
            }
            if self.buffer.len() - self.at > longest {
                return Err(Failure::TooLong("line".into()));
            }
            searched = self.buffer.len();
            if self.more(source)? == 0 {
                return Err(if self.buffer.is_empty() { Failure::Closed } else { Failure::Cut });
            }
        }
    }

    fn head(&mut self, source: &mut Source<'_>, begin: usize) -> Result<(u16, u8, Headers), Failure> {
        let line = self.line(source, self.bounds.head)?;
        let (status, minor) = status_line(&line)?;
        let mut headers = Headers::default();
        loop {
            let line = self.line(source, self.bounds.head)?;
            if line.is_empty() {
                return Ok((status, minor, headers));
            }
            if self.at - begin > self.bounds.head || headers.0.len() >= self.bounds.header_lines {
                return Err(Failure::TooLong("header".into()));
            }
            headers.0.push(header_line(&line)?);
        }
    }

    fn sized(&mut self, source: &mut Source<'_>, length: u64) -> Result<(Vec<u8>, bool), Failure> {
        let cut = length > self.bounds.body as u64;
        let wanted = if cut { self.bounds.body } else { length as usize };
        while self.buffer.len() - self.at < wanted {
            if self.more(source)? == 0 {
                return Err(Failure::Cut);
            }
        }
        let body = self.buffer.get(self.at..self.at + wanted).unwrap_or_default().to_vec();
        self.at += wanted;
        Ok((body, cut))
    }

    fn until_close(&mut self, source: &mut Source<'_>) -> Result<(Vec<u8>, bool), Failure> {
        while self.buffer.len() - self.at <= self.bounds.body {
            if self.more(source)? == 0 {
                let body = self.buffer.split_off(self.at);
                return Ok((body, false));
            }
        }
        let mut body = self.buffer.split_off(self.at);
        body.truncate(self.bounds.body);
        Ok((body, true))
    }

    /// RFC 9112 §7.1; chunk extensions and trailers are read and dropped.
    fn chunked(&mut self, source: &mut Source<'_>) -> Result<(Vec<u8>, bool), Failure> {
        let mut body = Vec::new();
        loop {
            let line = self.line(source, 4096)?;
            let digits = line.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
            let text =
                std::str::from_utf8(digits).ok().filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_hexdigit()));
            let size = text.and_then(|t| u64::from_str_radix(t, 16).ok()).ok_or_else(|| malformed("chunk size"))?;
            if size == 0 {
                return self.trailers(source).map(|()| (body, false));
            }
            if body.len() as u64 + size > self.bounds.body as u64 {
                return Ok((body, true));
            }
            body.extend(self.sized(source, size)?.0);
            if !self.line(source, 2)?.is_empty() {
                return Err(malformed("chunk end"));
            }
            // What was read is let go, so that an endless answer costs no more than its bound.
            self.buffer.drain(..self.at);
            self.at = 0;
        }
    }

    fn trailers(&mut self, source: &mut Source<'_>) -> Result<(), Failure> {
        for _ in 0..self.bounds.header_lines {
            if self.line(source, self.bounds.head)?.is_empty() {
                return Ok(());
            }
        }
        Err(Failure::TooLong("trailers".into()))
    }
}

enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

fn malformed(what: &str) -> Failure {
    Failure::Malformed(what.into())
}

/// `HTTP/1.1 200 OK`.
fn status_line(line: &[u8]) -> Result<(u16, u8), Failure> {
    let minor = match line {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0', b' ', ..] => 0,
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1', b' ', ..] => 1,
        _ => return Err(malformed("status line")),
    };
    let rest = line.get(9..).unwrap_or_default();
    let code = rest.get(..3).and_then(|c| std::str::from_utf8(c).ok()).and_then(|c| c.parse::<u16>().ok());
    match (code, rest.get(3)) {
        (Some(code), None | Some(b' ')) if (100..1000).contains(&code) => Ok((code, minor)),
        _ => Err(malformed("status code")),
    }
}

fn header_line(line: &[u8]) -> Result<(String, String), Failure> {
    let colon = line.iter().position(|b| *b == b':').ok_or_else(|| malformed("header line"))?;
    let (name, value) = (line.get(..colon).unwrap_or_default(), line.get(colon + 1..).unwrap_or_default());
    // White space in or before the name is a smuggling vector (RFC 9112 §5.1, §5.2).
    if name.is_empty() || name.iter().any(|b| b.is_ascii_whitespace() || b.is_ascii_control()) {
        return Err(malformed("header name"));
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
    Ok((text(name), text(value)))
}
