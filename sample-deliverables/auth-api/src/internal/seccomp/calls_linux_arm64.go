package seccomp

const (
	auditArch  = 0xc00000b7 // AUDIT_ARCH_AARCH64
	sysSeccomp = 277
)

// denied is the contract's list, by the numbers of arm64 (include/uapi/asm-generic/unistd.h).
var denied = []uint32{
	221, // execve
	281, // execveat
	117, // ptrace
	270, // process_vm_readv
	271, // process_vm_writev
	40,  // mount
	39,  // umount2
	41,  // pivot_root
	429, // move_mount
	428, // open_tree
	430, // fsopen
	268, // setns
	97,  // unshare
	105, // init_module
	273, // finit_module
	106, // delete_module
	104, // kexec_load
	294, // kexec_file_load
	280, // bpf
	241, // perf_event_open
	282, // userfaultfd
	219, // keyctl
	217, // add_key
	218, // request_key
	425, // io_uring_setup
}
