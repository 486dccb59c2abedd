//! The little of DER (ITU-T X.690) that timestamps need: values read strictly, one spelling each, and written.

/// Bytes that are not DER, or not what stands in this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not written in DER as RFC 3161 asks: {0}")]
pub struct NotDer(pub &'static str);

pub const INTEGER: u8 = 0x02;
pub const OCTETS: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OID: u8 = 0x06;
pub const TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// A context-specific constructed tag, `[n]`.
pub const fn tagged(number: u8) -> u8 {
    0xa0 | number
}

/// One value: its tag, what is inside, and all of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    pub tag: u8,
    pub body: &'a [u8],
    pub whole: &'a [u8],
}

/// Values that stand behind one another.
#[derive(Clone, Copy, Debug)]
pub struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    pub fn new(bytes: &'a [u8]) -> Der<'a> {
        Der(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next value. Lengths are as short as they can be, tags have one byte.
    pub fn value(&mut self) -> Result<Value<'a>, NotDer> {
        let bytes = self.0;
        let (&tag, rest) = bytes.split_first().ok_or(NotDer("a value is missing"))?;
        if tag & 0x1f == 0x1f {
            return Err(NotDer("a tag is too long"));
        }
        let (&first, rest) = rest.split_first().ok_or(NotDer("a length is missing"))?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) =
                    rest.split_at_checked(usize::from(first & 0x7f)).ok_or(NotDer("a length is missing"))?;
                let length = digits.iter().fold(0usize, |sum, digit| sum << 8 | usize::from(*digit));
                if length < 0x80 || digits.first() == Some(&0) {
                    return Err(NotDer("a length is longer than it needs to be"));
                }
                (length, rest)
            }
            _ => return Err(NotDer("a length is indefinite or too long")),
        };
        let (body, rest) = rest.split_at_checked(length).ok_or(NotDer("a value ends too early"))?;
        self.0 = rest;
        Ok(Value { tag, body, whole: &bytes[..bytes.len() - rest.len()] })
    }

    /// The next value, which has this tag.
    pub fn take(&mut self, tag: u8, what: &'static str) -> Result<Value<'a>, NotDer> {
        let value = self.value()?;
        if value.tag == tag { Ok(value) } else { Err(NotDer(what)) }
    }

    /// The next value where it has this tag.
    pub fn take_if(&mut self, tag: u8) -> Result<Option<Value<'a>>, NotDer> {
        match self.0.first() {
            Some(next) if *next == tag => self.value().map(Some),
            _ => Ok(None),
        }
    }

    /// Nothing more may follow.
    pub fn end(&self) -> Result<(), NotDer> {
        if self.0.is_empty() { Ok(()) } else { Err(NotDer("something follows that does not belong there")) }
    }
}

impl<'a> Value<'a> {
    pub fn inside(&self) -> Der<'a> {
        Der(self.body)
    }
}

/// One value.
pub fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let digits = length.to_be_bytes();
        let digits = &digits[digits.iter().position(|d| *d != 0).unwrap_or(0)..];
        out.push(0x80 | digits.len() as u8);
        out.extend_from_slice(digits);
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_other_spellings_are_not() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1_0000] {
            let bytes = write(OCTETS, &[&vec![7; length]]);
            let mut der = Der::new(&bytes);
            let value = der.value().expect("its own writing");
            assert_eq!((value.tag, value.body.len(), value.whole), (OCTETS, length, bytes.as_slice()));
            der.end().expect("nothing more");
            for cut in 0..bytes.len().min(300) {
                assert!(Der::new(&bytes[..cut]).value().is_err());
            }
        }
        for bad in [
            &[4, 0x81, 1, 0][..],
            &[4, 0x80, 0, 0],
            &[4, 0x82, 0, 0x80],
            &[0x1f, 0x20, 0],
            &[4, 0x85, 0, 0, 0, 0, 1, 9],
        ] {
            assert!(Der::new(bad).value().is_err(), "{bad:?}");
        }
    }
}
