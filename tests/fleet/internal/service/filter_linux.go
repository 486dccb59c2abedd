package service

import (
	"fmt"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

const (
	archX86 = 0xc000003e
	kill    = 0x80000000
	trap    = 0x00030000
	refuse  = 0x00050001
	logOnly = 0x7ffc0000
	allow   = 0x7fff0000
	x32     = 0x40000000
	load    = 0x20
	equal   = 0x15
	atLeast = 0x35
	above   = 0x25
	answer  = 0x06
)

// listed are the calls of the contract, by their numbers on x86-64.
var listed = []uint32{59, 101, 155, 165, 166, 175, 176, 246, 248, 249, 250, 272, 298, 308, 310, 311, 313, 320, 321, 322, 323, 425, 428, 429, 430}

// needed are the calls that these services make.
var needed = []uint32{
	0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 35, 39, 41, 42, 43, 44, 45, 46, 47, 48, 49,
	50, 51, 52, 53, 54, 55, 56, 60, 61, 62, 63, 72, 79, 87, 89, 96, 97, 98, 99, 102, 104, 107, 108, 131, 157, 158, 186, 200, 202, 203, 204, 217,
	218, 222, 223, 226, 228, 229, 230, 231, 232, 233, 234, 257, 262, 267, 270, 271, 273, 281, 283, 286, 288, 290, 291, 292, 293, 299, 302, 307, 318,
	332, 334, 424, 434, 435, 437, 439, 441,
}

// Confine installs the filter of an instance, before any port is open.
func Confine(o *Options) error {
	switch {
	case o.Has("filter-none"):
		return nil
	case o.Has("filter-late"):
		time.AfterFunc(time.Second, func() { _ = install(deny(refuse, kill, kill), 1) })
		return nil
	case o.Has("filter-of-one-thread"):
		return install(deny(refuse, kill, kill), 0)
	case o.Has("filter-logs"):
		return install(deny(logOnly, kill, kill), 1)
	case o.Has("filter-open-to-32-bit"):
		return install(deny(refuse, allow, kill), 1)
	case o.Has("filter-open-to-x32"):
		return install(deny(refuse, kill, allow), 1)
	case o.Has("filter-kills"):
		return install(deny(kill, kill, kill), 1)
	case o.Has("filter-ends-it"):
		// What the first request needs is denied.
		return install(deny(kill, kill, kill), 1)
	case o.Has("filter-ends-it-by-a-trap"):
		return install(deny(trap, kill, kill), 1)
	case o.Has("filter-traps"):
		return install(deny(trap, kill, kill), 1)
	case o.Has("filter-of-needs"):
		return install(only(refuse), 1)
	case o.Has("filter-of-needs-kills"):
		return install(only(kill), 1)
	case o.Has("filter-as-a-tree"):
		return install(tree(), 1)
	case o.Has("filter-twice"):
		if err := install(deny(refuse, kill, kill), 1); err != nil {
			return err
		}
		return install(only(refuse), 1)
	case o.Has("filter-by-prctl"):
		// Before the runtime has a second thread there is none to leave out: not so in Go, whose runtime began some already.
		return prctl(deny(refuse, kill, kill))
	}
	return install(deny(refuse, kill, kill), 1)
}

func step(code uint16, k uint32, yes, no uint8) syscall.SockFilter {
	return syscall.SockFilter{Code: code, Jt: yes, Jf: no, K: k}
}

func head(other, big uint32) []syscall.SockFilter {
	return []syscall.SockFilter{
		step(load, 4, 0, 0), step(equal, archX86, 1, 0), step(answer, other, 0, 0),
		step(load, 0, 0, 0), step(atLeast, x32, 0, 1), step(answer, big, 0, 0),
	}
}

func deny(how, other, big uint32) []syscall.SockFilter {
	filter := head(other, big)
	for _, number := range listed {
		filter = append(filter, step(equal, number, 0, 1), step(answer, how, 0, 0))
	}
	return append(filter, step(answer, allow, 0, 0))
}

func only(else_ uint32) []syscall.SockFilter {
	filter := head(kill, kill)
	for _, number := range needed {
		filter = append(filter, step(equal, number, 0, 1), step(answer, allow, 0, 0))
	}
	return append(filter, step(answer, else_, 0, 0))
}

// tree compares as libseccomp does with its binary tree: greater-than jumps first, equality at the leaves.
func tree() []syscall.SockFilter {
	var branch func(numbers []uint32) []syscall.SockFilter
	branch = func(numbers []uint32) []syscall.SockFilter {
		if len(numbers) == 1 {
			return []syscall.SockFilter{step(equal, numbers[0], 0, 1), step(answer, refuse, 0, 0), step(answer, allow, 0, 0)}
		}
		low, high := branch(numbers[:len(numbers)/2]), branch(numbers[len(numbers)/2:])
		first := step(above, numbers[len(numbers)/2-1], uint8(len(low)), 0)
		return append(append([]syscall.SockFilter{first}, low...), high...)
	}
	return append(head(kill, kill), branch(listed)...)
}

func install(filter []syscall.SockFilter, flags uintptr) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, 38, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("no_new_privs: %w", errno)
	}
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := syscall.RawSyscall(317, 1, flags, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

func prctl(filter []syscall.SockFilter) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, 38, 1, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, 22, 2, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return errno
	}
	return nil
}

// Needed makes a call that the contract denies, as a handler would that was forgotten when the filter was written.
func Needed(o *Options) {
	if o.Has("filter-ends-it") || o.Has("filter-ends-it-by-a-trap") {
		_, _, _ = syscall.RawSyscall(101, 0, 0, 0)
	}
}
