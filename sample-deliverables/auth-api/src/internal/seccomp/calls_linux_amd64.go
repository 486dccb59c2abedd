package seccomp

const (
	auditArch  = 0xc000003e // AUDIT_ARCH_X86_64
	sysSeccomp = 317
)

// denied is the contract's list, by the numbers of x86-64 (syscall_64.tbl).
var denied = []uint32{
	59,  // execve
	322, // execveat
	101, // ptrace
	310, // process_vm_readv
	311, // process_vm_writev
	165, // mount
	166, // umount2
	155, // pivot_root
	429, // move_mount
	428, // open_tree
	430, // fsopen
	308, // setns
	272, // unshare
	175, // init_module
	313, // finit_module
	176, // delete_module
	246, // kexec_load
	320, // kexec_file_load
	321, // bpf
	298, // perf_event_open
	323, // userfaultfd
	250, // keyctl
	248, // add_key
	249, // request_key
	425, // io_uring_setup
}
