// Package seccomp takes away the system calls that this service never needs.
package seccomp

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"
)

// Numbers of <linux/seccomp.h>, <linux/prctl.h> and <linux/filter.h>.
const (
	prSetNoNewPrivs       = 38
	seccompSetModeFilter  = 1
	seccompFilterFlagSync = 1

	retAllow       = 0x7fff0000
	retErrno       = 0x00050000
	retKillProcess = 0x80000000

	loadWord       = 0x20 // BPF_LD | BPF_W | BPF_ABS
	jumpEqual      = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	jumpAtLeast    = 0x35 // BPF_JMP | BPF_JGE | BPF_K
	returnConstant = 0x06 // BPF_RET | BPF_K

	offsetNumber = 0 // struct seccomp_data
	offsetArch   = 4
)

// Load installs the filter on every thread of the process; it cannot be undone.
func Load() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("no_new_privs: %w", errno)
	}
	filter := program()
	bytecode := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	thread, _, errno := syscall.RawSyscall(sysSeccomp, seccompSetModeFilter, seccompFilterFlagSync, uintptr(unsafe.Pointer(&bytecode)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	if thread != 0 {
		return fmt.Errorf("seccomp: thread %d could not be synchronised", thread)
	}
	return nil
}

// program refuses the denied calls with EPERM. A call of another architecture (a 32-bit call by int 0x80)
// ends the process: its numbers mean something else, and this program makes none.
func program() []syscall.SockFilter {
	const x32Bit = 0x40000000 // numbers of the x32 ABI share the architecture of x86-64
	filter := []syscall.SockFilter{
		{Code: loadWord, K: offsetArch},
		{Code: jumpEqual, K: auditArch, Jt: 1},
		{Code: returnConstant, K: retKillProcess},
		{Code: loadWord, K: offsetNumber},
		{Code: jumpAtLeast, K: x32Bit, Jf: 1},
		{Code: returnConstant, K: retErrno | uint32(syscall.EPERM)},
	}
	for _, number := range denied {
		filter = append(filter,
			syscall.SockFilter{Code: jumpEqual, K: number, Jf: 1},
			syscall.SockFilter{Code: returnConstant, K: retErrno | uint32(syscall.EPERM)},
		)
	}
	return append(filter, syscall.SockFilter{Code: returnConstant, K: retAllow})
}
