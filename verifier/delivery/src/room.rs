//! Room for large stretches of a file.

use std::alloc::{self, Layout};

/// Pages of x86-64 and of arm64 with small pages (Linux, Documentation/admin-guide/mm/transhuge.rst).
const LARGE: usize = 2 << 20;

/// Room for exactly so many bytes, without any in it; `None` where there is none.
pub(crate) fn of(len: usize) -> Option<Vec<u8>> {
    zeros(len).map(|mut room| {
        room.clear();
        room
    })
}

/// So many zeros; `None` where there is no room. Memory is only taken where something is written to it.
///
/// Large pages are asked for (madvise(2), MADV_HUGEPAGE): without them, making room takes longer than filling it. Where there are none, nothing is lost.
pub(crate) fn zeros(len: usize) -> Option<Vec<u8>> {
    let layout = Layout::array::<u8>(len).ok().filter(|_| len > 0);
    let Some(layout) = layout else { return (len == 0).then(Vec::new) };
    // SAFETY: the layout is not empty.
    let start = unsafe { alloc::alloc_zeroed(layout) };
    if start.is_null() {
        return None;
    }
    // SAFETY: just made by the allocator that a Vec uses, for as many bytes, which are all nought.
    let mut room = unsafe { Vec::from_raw_parts(start, len, len) };
    let skipped = start.align_offset(LARGE);
    if let Some(rest) = len.checked_sub(skipped).map(|rest| rest / LARGE * LARGE).filter(|rest| *rest > 0) {
        // SAFETY: whole pages of our own allocation; the advice leaves their content as it is.
        unsafe { libc::madvise(room.as_mut_ptr().add(skipped).cast(), rest, libc::MADV_HUGEPAGE) };
    }
    Some(room)
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_room_for_as_many_bytes_as_were_asked_for_or_none() {
        for len in [0, 1, 4096, super::LARGE - 1, 3 * super::LARGE, 5 * super::LARGE + 77] {
            assert_eq!(super::zeros(len).expect("there is"), vec![0; len]);
            let mut room = super::of(len).expect("there is");
            assert!(room.is_empty());
            let begins = room.as_ptr();
            room.resize(len, 7);
            assert!(room.as_ptr() == begins && room.iter().all(|byte| *byte == 7));
        }
        assert!([usize::MAX, isize::MAX as usize].iter().all(|len| super::of(*len).is_none()));
    }
}
