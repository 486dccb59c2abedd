//! The program's allocator: jemalloc for the millions of small pieces that trees and names are made of, the system's for large ones.
//!
//! The handed-out program is linked with musl, whose allocator is slow and knows one thread; glibc's takes a seventh of a source layer's
//! time. Large pieces are few, and the system's allocator gives them back at once ([`settle`]).

use std::alloc::{GlobalAlloc, Layout, System};
use tikv_jemallocator::Jemalloc;

/// The size from which on the system's allocators map pages for a piece of its own.
const LARGE: usize = 128 << 10;

/// Keeps glibc from raising that size whenever a large piece is given back: the next ones would stay in heaps of each thread (mallopt(3),
/// `M_MMAP_THRESHOLD`). musl has none of that.
pub(super) fn settle() {
    #[cfg(target_env = "gnu")]
    // SAFETY: no other thread has begun yet; a refusal leaves things as they are.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE as libc::c_int);
    }
}

#[global_allocator]
static ALLOCATOR: BySize = BySize;

/// One arena for all threads (jemalloc(3), `opt.narenas`): each of its own keeps pages that the others could use, and small pieces are
/// mostly taken from what a thread has at hand. Pages that nobody uses go back within a tenth of a second (`opt.dirty_decay_ms`).
// SAFETY: jemalloc reads this name and no other code has it; the text ends in NUL and stays.
#[unsafe(export_name = "_rjem_malloc_conf")]
static CONFIGURATION: &std::ffi::c_char = unsafe { &*c"narenas:1,dirty_decay_ms:100".as_ptr() };

struct BySize;

// SAFETY: a piece goes back to the allocator that its size chose when it was made, for the layout is that of then.
unsafe impl GlobalAlloc for BySize {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: what the caller promises is passed on.
        unsafe { if layout.size() < LARGE { Jemalloc.alloc(layout) } else { System.alloc(layout) } }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: what the caller promises is passed on.
        unsafe { if layout.size() < LARGE { Jemalloc.alloc_zeroed(layout) } else { System.alloc_zeroed(layout) } }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: what the caller promises is passed on.
        unsafe { if layout.size() < LARGE { Jemalloc.dealloc(piece, layout) } else { System.dealloc(piece, layout) } }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: what the caller promises is passed on; a piece that changes sides is copied as far as both reach.
        unsafe {
            match (layout.size() < LARGE, size < LARGE) {
                (true, true) => Jemalloc.realloc(piece, layout, size),
                (false, false) => System.realloc(piece, layout, size),
                _ => {
                    let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                    if !new.is_null() {
                        new.copy_from_nonoverlapping(piece, layout.size().min(size));
                        self.dealloc(piece, layout);
                    }
                    new
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn pieces_keep_what_they_hold_when_they_change_sides() {
        let mut bytes: Vec<u8> = Vec::new();
        let byte = |at: usize| (at * 31 % 251) as u8;
        for at in 0..3 * super::LARGE {
            bytes.push(byte(at));
        }
        for len in [2 * super::LARGE, super::LARGE, super::LARGE - 1, 17] {
            bytes.truncate(len);
            bytes.shrink_to_fit();
            assert!(bytes.iter().enumerate().all(|(at, found)| *found == byte(at)), "{len}");
        }
        assert_eq!(vec![0_u8; super::LARGE + 1], [0; super::LARGE + 1]);
    }
}
