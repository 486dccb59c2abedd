//! Takes back what a stop of ours does to a system call that sleeps.
//!
//! A call with a time-out that is interrupted (nanosleep, futex, poll) goes on by another call, `restart_syscall(2)`. A service whose filter ends
//! it for every call that it does not make itself would be ended by our looking at it. So the call is made anew instead, with its whole time.

/// `-ERESTART_RESTARTBLOCK` (include/linux/errno.h): the result of such a call until its thread runs.
pub(super) const RESTART_BLOCK: i64 = -516;

/// Of a thread that stands in a stop which we asked for. Where it cannot be done, the kernel goes on as it always does.
#[cfg(target_arch = "x86_64")]
pub(super) fn make_anew(tid: i32) {
    /// The length of `syscall` and of `int 0x80`.
    const INSTRUCTION: u64 = 2;
    // SAFETY: an all-zero struct of numbers is valid; the kernel writes and reads exactly this struct (ptrace(2)).
    unsafe {
        let mut registers: libc::user_regs_struct = std::mem::zeroed();
        let nothing = std::ptr::null_mut::<libc::c_void>();
        if libc::ptrace(libc::PTRACE_GETREGS, tid, nothing, &raw mut registers) == 0
            && registers.rax == RESTART_BLOCK.cast_unsigned()
        {
            registers.rax = registers.orig_rax;
            registers.rip = registers.rip.wrapping_sub(INSTRUCTION);
            libc::ptrace(libc::PTRACE_SETREGS, tid, nothing, &raw mut registers);
        }
    }
}

/// Elsewhere the kernel has decided on the restart before the stop.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn make_anew(_: i32) {}
