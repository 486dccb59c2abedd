package seccomp

import (
	"syscall"
	"testing"
)

// run interprets the few instructions that program uses.
func run(filter []syscall.SockFilter, arch, number uint32) uint32 {
	var word uint32
	for at := 0; at < len(filter); at++ {
		step := filter[at]
		jump := func(taken bool) {
			if taken {
				at += int(step.Jt)
			} else {
				at += int(step.Jf)
			}
		}
		switch step.Code {
		case loadWord:
			word = map[uint32]uint32{offsetArch: arch, offsetNumber: number}[step.K]
		case jumpEqual:
			jump(word == step.K)
		case jumpAtLeast:
			jump(word >= step.K)
		case returnConstant:
			return step.K
		}
	}
	return retAllow
}

func TestDeniedCallsAreDeniedUnderEveryNumbering(t *testing.T) {
	filter := program()
	for _, number := range denied {
		if got := run(filter, auditArch, number); got != retErrno|uint32(syscall.EPERM) {
			t.Errorf("call %d: %#x", number, got)
		}
		if got := run(filter, auditArch, number|0x40000000); got == retAllow {
			t.Errorf("x32 call %d is allowed", number)
		}
	}
	if got := run(filter, 0x40000003, 11); got != retKillProcess { // AUDIT_ARCH_I386
		t.Errorf("a 32-bit call: %#x", got)
	}
	if got := run(filter, auditArch, syscall.SYS_READ); got != retAllow {
		t.Errorf("read: %#x", got)
	}
}
