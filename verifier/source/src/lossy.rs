//! Bytes as text, odd ones replaced: as the standard library does it, but bytes that are all text are told so by one quick look.

use std::borrow::Cow;

pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
