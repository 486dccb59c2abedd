//! Random bytes, words and ports of one run, from the kernel, so that a service cannot know its examiner by them.

use std::io;

/// Fills a buffer from getrandom(2), which never fails for so few bytes once the machine is up.
pub(crate) fn fill(bytes: &mut [u8]) -> io::Result<()> {
    let mut at = 0;
    while at < bytes.len() {
        // SAFETY: writes at most the length that is left of our own buffer.
        let got = unsafe { libc::getrandom(bytes[at..].as_mut_ptr().cast(), bytes.len() - at, 0) };
        match usize::try_from(got) {
            Ok(got) => at += got,
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

/// Bytes that nobody else knows: what is hashed together with them cannot be guessed from its hash.
pub fn salt() -> Vec<u8> {
    let mut bytes = vec![0; 16];
    // It never fails for so few bytes; were it to, digests would only be easier to guess.
    let _ = fill(&mut bytes);
    bytes
}

/// A number below `end`; the bias of the remainder is of no matter here.
pub(crate) fn below(end: u64) -> io::Result<u64> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes) % end.max(1))
}

/// A word that could be a name: consonants and vowels in turn.
pub(crate) fn word(length: usize) -> io::Result<String> {
    const SOUNDS: [&[u8]; 2] = [b"bcdfghklmnprstvz", b"aeiou"];
    let mut bytes = vec![0; length];
    fill(&mut bytes)?;
    let letter = |(at, byte): (usize, &u8)| {
        let sounds = SOUNDS[at % 2];
        char::from(sounds[*byte as usize % sounds.len()])
    };
    Ok(bytes.iter().enumerate().map(letter).collect())
}

/// Lower-case hexadecimal digits, two for each byte.
pub(crate) fn hex(bytes: usize) -> io::Result<String> {
    let mut raw = vec![0; bytes];
    fill(&mut raw)?;
    Ok(raw.iter().map(|b| format!("{b:02x}")).collect())
}
